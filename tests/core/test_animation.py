"""Values of tracks at frames."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vbr_core.animation import default_handles, ease, sample_track, value_at, values_at
from vbr_core.project import EASINGS, Keyframe, Track

values = st.floats(0, 1)


def track(*keys):
    return Track(base=0.3, keys=tuple(keys))


def test_base_without_keys():
    assert value_at(track(), 17) == 0.3


def test_before_the_first_and_after_the_last_key_the_value_holds():
    t = track(Keyframe(10, 0.2), Keyframe(20, 0.8))
    assert value_at(t, 0) == 0.2
    assert value_at(t, 99) == 0.8


@pytest.mark.parametrize(
    ("easing", "quarter", "half"), [("hold", 0.0, 0.0), ("linear", 0.25, 0.5), ("smooth", 0.15625, 0.5)]
)
def test_easings(easing, quarter, half):
    t = track(Keyframe(0, 0.0, easing), Keyframe(100, 1.0))
    assert value_at(t, 25) == pytest.approx(quarter)
    assert value_at(t, 50) == pytest.approx(half)
    assert value_at(t, 100) == 1.0


@given(st.sampled_from(EASINGS), values, values, st.integers(1, 300), st.floats(0, 1))
def test_every_easing_stays_between_its_keys_and_meets_them(easing, first, last, span, part):
    left, right = Keyframe(5, first, easing), Keyframe(5 + span, last)
    assert ease(left, right, 5) == pytest.approx(first, abs=1e-9)
    assert ease(left, right, 5 + span) == pytest.approx(last, abs=1e-9)
    middle = ease(left, right, 5 + part * span)
    assert min(first, last) - 1e-9 <= middle <= max(first, last) + 1e-9


@given(st.floats(0, 100), st.floats(0, 100))
def test_bezier_time_never_runs_back(out, into):
    left = Keyframe(0, 0.0, "bezier", out_handle=(out, 0.0))
    right = Keyframe(40, 1.0, in_handle=(into, 0.0))
    curve = [ease(left, right, frame) for frame in np.linspace(0, 40, 81)]
    assert all(b >= a - 1e-6 for a, b in itertools.pairwise(curve))


def test_default_handles_equal_smooth():
    plain = Keyframe(0, 0.1, "smooth"), Keyframe(30, 0.9)
    out, into = default_handles(*plain)
    bent = Keyframe(0, 0.1, "bezier", out_handle=out), Keyframe(30, 0.9, in_handle=into)
    for frame in range(31):
        assert ease(*bent, frame) == pytest.approx(ease(*plain, frame), abs=1e-6)


def test_bezier_may_overshoot_and_sampling_clips():
    t = track(Keyframe(0, 0.0, "bezier", out_handle=(10, 2.0)), Keyframe(30, 1.0, in_handle=(10, 2.0)))
    assert max(value_at(t, frame) for frame in range(31)) > 1.2
    assert sample_track(t, 0, 31, limits=(0.0, 1.0)).max() == 1.0


def test_nothing_is_eased_across_a_cut():
    t = track(Keyframe(0, 0.0, "linear"), Keyframe(100, 1.0))
    assert value_at(t, 49, cuts=(50,)) == 0.0
    assert value_at(t, 50, cuts=(50,)) == 1.0
    assert value_at(t, 50, cuts=(120,)) == pytest.approx(0.5)


def test_a_shot_without_keys_keeps_the_value_before_it():
    t = track(Keyframe(0, 0.0, "linear"), Keyframe(10, 0.4, "linear"), Keyframe(100, 1.0))
    assert value_at(t, 45, cuts=(40, 60)) == 0.4


def test_sampling_has_one_value_a_frame():
    out = sample_track(track(Keyframe(0, 0.0, "linear"), Keyframe(10, 1.0)), 2, 5)
    assert out.dtype == np.float32
    np.testing.assert_allclose(out, [0.2, 0.3, 0.4], atol=1e-6)


@pytest.mark.parametrize("seed", range(20))
def test_many_values_are_those_of_one_at_a_time(seed: int) -> None:
    rng = np.random.default_rng(seed)
    frames = np.unique(rng.integers(0, 200, rng.integers(0, 12)))
    keys = tuple(
        Keyframe(
            int(frame),
            float(rng.random()),
            str(rng.choice(["hold", "linear", "smooth", "bezier"])),  # type: ignore[arg-type]
            in_handle=(float(30 * rng.random()), float(rng.normal())) if rng.random() < 0.5 else None,
            out_handle=(float(30 * rng.random()), float(rng.normal())) if rng.random() < 0.5 else None,
        )
        for frame in frames
    )
    track = Track(base=0.25, keys=keys)
    cuts = tuple(np.unique(rng.integers(1, 200, rng.integers(0, 5))).tolist())
    wanted = np.concatenate((rng.uniform(-5, 210, 100), frames, cuts, frames - 1e-3))
    one_by_one = [value_at(track, frame, cuts) for frame in wanted.tolist()]
    np.testing.assert_allclose(values_at(track, wanted, cuts), one_by_one, rtol=0, atol=1e-12)
