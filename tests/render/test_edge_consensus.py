"""Edges of disparity that the frames of a shot agree on."""

from __future__ import annotations

import numpy as np
import pytest

from tests.render.test_hidden_light import shot
from vbr_core.kernels.median import weighted_median
from vbr_core.model.config import NetworkConfig
from vbr_core.model.network import VbrNetwork
from vbr_core.render.edge_consensus import (
    REACH_FRAMES,
    Agreed,
    EdgeConsensus,
    agreed_shot,
    edge_move,
)
from vbr_core.render.neural import NeuralRenderer

FRAMES = 9


def grown(disparity: np.ndarray, by: int) -> np.ndarray:
    """The near square larger (or smaller) by some pixels on each side."""
    near = disparity > 0.5
    rows, columns = (np.flatnonzero(near.any(axis=axis)) for axis in (1, 0))
    result = np.full_like(disparity, 0.1)
    result[rows[0] - by : rows[-1] + 1 + by, columns[0] - by : columns[-1] + 1 + by] = 0.8
    return result


def spoiled(disparity: np.ndarray) -> np.ndarray:
    """Every frame wrong along its edges, each otherwise."""
    return np.stack([grown(each, by) for each, by in zip(disparity, (0, 3, 0, -3, 3, 0, -3, 0, 3), strict=True)])


def through(frames: np.ndarray, disparity: np.ndarray, move: float) -> list[Agreed[int]]:
    consensus: EdgeConsensus[int] = EdgeConsensus()
    out: list[Agreed[int]] = []
    for t, (frame, each) in enumerate(zip(frames, disparity, strict=True)):
        out += consensus.push(frame, each, move, t)
        assert len(out) == max(0, t + 1 - REACH_FRAMES)
    out += consensus.finish()
    assert [each.given for each in out] == list(range(len(frames)))
    return out


def test_a_median_against_samples_counted_one_by_one() -> None:
    rng = np.random.default_rng(0)
    samples = rng.random((5, 4, 6)).astype(np.float32)
    weights = rng.integers(0, 4, (5, 4, 6)).astype(np.float32)
    weights[0] = 1.0
    result = weighted_median(samples, weights)
    for y in range(4):
        for x in range(6):
            every = np.sort(np.repeat(samples[:, y, x], weights[:, y, x].astype(int)))
            assert result[y, x] == every[(len(every) - 1) // 2]


def test_the_move_of_an_edge_is_a_share_of_its_step() -> None:
    given = np.full((40, 60), 0.2, np.float32)
    given[:, 30:] = 0.6
    assert edge_move(given, given) == 0.0
    moved = given.copy()
    moved[:, 28:30] = 0.6
    # two of the sixteen columns that see the edge were moved, by the whole of the step
    assert edge_move(given, moved) == pytest.approx(2 / 16)
    assert edge_move(np.full((8, 8), 0.3, np.float32), np.full((8, 8), 0.4, np.float32)) == 0.0


def test_wrong_edges_are_put_right_by_their_neighbours() -> None:
    frames, disparity, _ = shot(FRAMES, 2)
    wrong = spoiled(disparity)
    out = through(frames, wrong, 0.05)
    before = np.abs(wrong - disparity).mean(axis=(1, 2))
    after = np.array([np.abs(each.disparity - truth).mean() for each, truth in zip(out, disparity, strict=True)])
    assert after[2:7].mean() < 0.4 * before[2:7].mean()
    assert all(each.changed for each in out)


def test_disparity_that_mending_did_not_move_is_left_alone() -> None:
    frames, disparity, _ = shot(FRAMES, 2)
    for each, given in zip(through(frames, disparity, 0.001), disparity, strict=True):
        assert not each.changed
        assert each.disparity is given or np.array_equal(each.disparity, given)


def test_one_frame_has_nobody_to_ask() -> None:
    frames, disparity, _ = shot(1, 0)
    (only,) = through(frames, disparity, 0.5)
    assert not only.changed
    assert only.between is None
    assert np.array_equal(only.disparity, disparity[0])


def test_frames_whose_disparity_means_nothing_are_not_asked() -> None:
    frames, disparity, _ = shot(FRAMES, 2)
    flat = disparity.copy()
    flat[2:5] = 0.3
    consensus: EdgeConsensus[int] = EdgeConsensus()
    out: list[Agreed[int]] = []
    for t, frame in enumerate(frames):
        out += consensus.push(frame, flat[t], None if 2 <= t < 5 else 0.05, t)
    out += consensus.finish()
    for t in (1, 5, 6):
        assert np.abs(out[t].disparity - disparity[t]).mean() < 0.01
    assert np.array_equal(out[3].disparity, flat[3])


def test_a_whole_shot_is_as_frame_by_frame_and_mends_again() -> None:
    frames, disparity, _ = shot(FRAMES, 2)
    wrong = spoiled(disparity)
    seen: list[np.ndarray] = []

    def mend(frame: np.ndarray, each: np.ndarray) -> np.ndarray:
        seen.append(frame)
        return each + np.float32(0.01)

    whole = agreed_shot(frames, disparity, wrong, mend).disparity  # "given" and "mended" differ: edges were moved
    one_by_one = np.stack([each.disparity for each in through(frames, wrong, edge_move(disparity[1], wrong[1]))])
    assert len(seen) == FRAMES
    assert np.allclose(whole, one_by_one + 0.01, atol=1e-6)


def test_state_can_be_restored() -> None:
    frames, disparity, _ = shot(FRAMES, 2)
    wrong = spoiled(disparity)
    consensus: EdgeConsensus[int] = EdgeConsensus()
    for t in range(5):
        consensus.push(frames[t], wrong[t], 0.05, t)
    state = consensus.state()
    first = consensus.push(frames[5], wrong[5], 0.05, 5)
    consensus.restore(state)
    again = consensus.push(frames[5], wrong[5], 0.05, 5)
    assert np.array_equal(first[0].disparity, again[0].disparity)


def test_a_shot_flickers_less_by_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Through the renderer: with wrong edges the picture is nearer to that by the true disparity."""
    frames, disparity, _ = shot(FRAMES, 2)
    network = VbrNetwork(
        NetworkConfig(
            widths=(8, 8, 8), blocks=(1, 1, 1), offset_groups=2, mending_widths=(8, 8, 8), separation_widths=(8, 8, 8)
        )
    )
    renderer = NeuralRenderer(network.eval().requires_grad_(False))
    d_f, k = np.full(FRAMES, 0.1, np.float32), np.full(FRAMES, 12.0, np.float32)
    truth = renderer.render(frames, disparity, d_f, k)
    monkeypatch.setattr("vbr_core.render.neural.edge_move", lambda given, mended: 0.0)
    without = renderer.render(frames, spoiled(disparity), d_f, k)
    monkeypatch.setattr("vbr_core.render.neural.edge_move", lambda given, mended: 0.05)
    agreed = renderer.render(frames, spoiled(disparity), d_f, k)
    assert np.abs(agreed - truth)[2:7].mean() < 0.6 * np.abs(without - truth)[2:7].mean()
