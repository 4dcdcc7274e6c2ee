"""What must hold for every renderer, and what more for the classical ones."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tests.helpers.slow_scatter import slow_layered
from vbr_core.errors import InputError
from vbr_core.render import load_renderer
from vbr_core.render.layered import layer_spacing
from vbr_core.render.optics import linear_to_srgb, srgb_to_linear
from vbr_core.settings import RENDERERS

every = pytest.mark.parametrize("name", RENDERERS)
names = pytest.mark.parametrize("name", [name for name in RENDERERS if name != "vbr"])  # exact by construction


def window(count=1, height=24, width=32, seed=0):
    rng = np.random.default_rng(seed)
    frames = rng.random((count, height, width, 3), dtype=np.float32)
    disparity = rng.random((count, height, width), dtype=np.float32)
    return frames, disparity


@every
def test_zero_blur_is_the_identity_to_the_bit(name):
    frames, disparity = window(2)
    out = load_renderer(name).render(frames, disparity, np.array([0.3, 0.6]), np.array([0.0, 0.0]))
    np.testing.assert_array_equal(out, frames)


@every
def test_equal_disparity_in_focus_is_the_identity(name):
    frames, _ = window()
    out = load_renderer(name).render(frames, np.full(frames.shape[:3], 0.4, np.float32), 0.4, 200.0)
    np.testing.assert_array_equal(out, frames)


@names
def test_in_focus_plane_stays_sharp(name):
    frames, _ = window(1, 40, 60)
    disparity = np.full((1, 40, 60), 0.1, np.float32)
    disparity[:, 10:30, 15:45] = 0.7
    out = load_renderer(name).render(frames, disparity, 0.7, 15.0)
    np.testing.assert_allclose(out[0, 12:28, 17:43], frames[0, 12:28, 17:43], atol=1e-3)
    assert out[0, :6].std() < 0.5 * frames[0, :6].std()


@every
@pytest.mark.parametrize(("height", "width"), [(1, 1), (1, 17), (16, 16), (37, 53), (20, 90)])
@pytest.mark.parametrize("k", [3.0, 60.0, 200.0])
def test_any_size_and_any_blur(name, height, width, k):
    frames, disparity = window(1, height, width)
    out = load_renderer(name).render(frames, disparity, 0.5, k)
    assert out.shape == frames.shape
    assert out.dtype == np.float32
    assert np.isfinite(out).all()
    assert out.min() >= 0
    assert out.max() <= 1


@names
@pytest.mark.parametrize("value", [0.0, 0.25, 1.0])
def test_flat_colour_stays_what_it_is(name, value):
    """Kernels sum to 1, borders and edges included."""
    _, disparity = window(1, 30, 40)
    frames = np.full((1, 30, 40, 3), value, np.float32)
    out = load_renderer(name).render(frames, disparity, 0.4, 25.0)
    np.testing.assert_allclose(out, frames, atol=2e-4)


@pytest.mark.weights
@pytest.mark.parametrize("value", [0.0, 0.25, 1.0])
def test_the_network_leaves_flat_colour_alone(value):
    _, disparity = window(1, 48, 48)
    disparity[:, 12:36, 12:36] = 0.9
    frames = np.full((1, 48, 48, 3), value, np.float32)
    out = load_renderer("vbr").render(frames, disparity, 0.4, 25.0)
    np.testing.assert_allclose(out, frames, atol=2e-4)


@pytest.mark.weights
def test_the_network_leaves_the_middle_of_a_focused_thing_alone():
    frames, _ = window(3, 60, 80)
    disparity = np.full((3, 60, 80), 0.1, np.float32)
    disparity[:, 10:50, 15:65] = 0.7
    out = load_renderer("vbr").render(frames, disparity, 0.7, 15.0)
    np.testing.assert_allclose(out[:, 18:42, 23:57], frames[:, 18:42, 23:57], atol=1e-5)
    assert out[0, :6].std() < 0.5 * frames[0, :6].std()


@names
def test_bands_give_the_same_picture(name):
    frames, disparity = window(1, 45, 50, seed=3)
    disparity = np.round(disparity * 3) / 3
    whole = load_renderer(name)
    banded = load_renderer(name)
    banded.band_rows = 16
    np.testing.assert_allclose(
        banded.render(frames, disparity, 0.3, 12.0), whole.render(frames, disparity, 0.3, 12.0), atol=1e-4
    )


@names
def test_frames_do_not_touch_each_other(name):
    frames, disparity = window(3)
    renderer = load_renderer(name)
    together = renderer.render(frames, disparity, np.array([0.1, 0.5, 0.9]), np.array([5.0, 0.0, 20.0]))
    for t, (d_f, k) in enumerate([(0.1, 5.0), (0.5, 0.0), (0.9, 20.0)]):
        alone = renderer.render(frames[t : t + 1], disparity[t : t + 1], d_f, k)
        np.testing.assert_array_equal(together[t], alone[0])


@every
def test_tensors_give_tensors(name):
    frames, disparity = window()
    arrays = load_renderer(name).render(frames, disparity, 0.5, 8.0)
    tensors = load_renderer(name).render(
        torch.from_numpy(frames), torch.from_numpy(disparity), torch.tensor([0.5]), torch.tensor([8.0])
    )
    assert isinstance(tensors, torch.Tensor)
    np.testing.assert_array_equal(tensors.numpy(), arrays)


@names
@settings(max_examples=15, deadline=None)
@given(
    disparity=hnp.arrays(np.float32, (1, 9, 11), elements=st.floats(0, 1, width=32)),
    d_f=st.floats(0, 1),
    k=st.floats(0, 30),
)
def test_output_never_leaves_the_range_of_its_input(name, disparity, d_f, k):
    frames = window(1, 9, 11)[0] * 0.5 + 0.25
    out = load_renderer(name).render(frames, disparity, d_f, k)
    assert out.min() >= frames.min() - 1e-3
    assert out.max() <= frames.max() + 1e-3


def test_layered_matches_plain_loops():
    frames, disparity = window(1, 14, 18)
    linear = srgb_to_linear(torch.from_numpy(frames[0])).numpy().astype(np.float64)
    slow = slow_layered(linear, disparity[0], 0.4, 6.0, layer_spacing(6.0))
    fast = load_renderer("layered").render(frames, disparity, 0.4, 6.0)[0]
    np.testing.assert_allclose(fast, linear_to_srgb(torch.from_numpy(slow.astype(np.float32))).numpy(), atol=3e-3)


def _bad(**changes):
    frames, disparity = window(2)
    arguments = {"frames": frames, "disparity": disparity, "d_f": np.full(2, 0.5), "k_px": np.full(2, 5.0)}
    return arguments | changes


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (_bad(frames=np.zeros((2, 24, 32), np.float32)), "shape"),
        (_bad(disparity=np.zeros((2, 24, 31), np.float32)), "shape"),
        (_bad(disparity=np.full((2, 24, 32), np.nan, np.float32)), "not finite"),
        (_bad(disparity=np.full((2, 24, 32), 255.0, np.float32)), "runs from"),
        (_bad(d_f=np.array([0.5, 1.5])), "d_f"),
        (_bad(d_f=np.array([0.5, np.nan])), "d_f"),
        (_bad(k_px=np.array([5.0, -1.0])), "negative"),
        (_bad(k_px=np.array([5.0, 5.0, 5.0])), "shape"),
        (_bad(k_px=1e9), "above"),
    ],
)
@every
def test_bad_input_is_refused_in_words(name, arguments, words):
    with pytest.raises(InputError, match=words):
        load_renderer(name).render(**arguments)


def test_unknown_names_are_refused():
    with pytest.raises(InputError, match="renderer"):
        load_renderer("gaussian")
    with pytest.raises(InputError, match="device"):
        load_renderer("scatter", "tpu")
