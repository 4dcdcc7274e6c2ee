"""The network as a renderer: shots, cuts, identity, bad input, bad weights."""

from __future__ import annotations

import contextlib
import pickle
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch

from tests.model.test_network import PURE, TINY, random_network
from vbr_core.errors import InputError, OutOfMemoryError
from vbr_core.jobs import Cancelled
from vbr_core.model.network import Stage
from vbr_core.model.weights import load_network, save_network
from vbr_core.render.color_range import surrounding_range, within_range
from vbr_core.render.engine import EngineStream, RenderEngine
from vbr_core.render.neural import NeuralRenderer
from vbr_core.settings import RenderSettings

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from vbr_core.model.config import NetworkConfig


def window(frames: int, height: int = 32, width: int = 40, seed: int = 0) -> tuple[NDArray[np.float32], ...]:
    rng = np.random.default_rng(seed)
    pictures = rng.random((1, height, width, 3), np.float32).repeat(frames, axis=0)
    pictures = np.clip(pictures + 0.02 * rng.standard_normal(pictures.shape).astype(np.float32), 0, 1)
    disparity = np.clip(rng.random((frames, height, width), np.float32), 0, 1)
    return pictures, disparity, np.full(frames, 0.4, np.float32), np.full(frames, 12.0, np.float32)


@pytest.fixture(params=[TINY, PURE], ids=["hybrid", "no-base"])
def renderer(request: pytest.FixtureRequest) -> NeuralRenderer:
    return NeuralRenderer(random_network(request.param))


def test_every_frame_comes_out_once_and_in_order(renderer: NeuralRenderer) -> None:
    frames, disparity, d_f, k = window(5)
    out = renderer.render(frames, disparity, d_f, k)
    assert out.shape == frames.shape
    assert out.dtype == np.float32
    assert float(out.min()) >= 0 <= 1 >= float(out.max())
    # where the disparity does not jump, frame t depends on frames t-1..t+1 only: the last one leaves the first three
    other = frames.copy()
    other[4] = 0.5
    disparity[:] = disparity[0]
    out = renderer.render(frames, disparity, d_f, k)
    changed = renderer.render(other, disparity, d_f, k)
    assert np.array_equal(out[:3], changed[:3])
    assert not np.array_equal(out[4], changed[4])


def test_a_frame_that_did_not_fit_into_memory_can_be_pushed_again(
    renderer: NeuralRenderer, monkeypatch: pytest.MonkeyPatch
) -> None:
    frames, disparity, d_f, k = window(6)
    wanted = renderer.render(frames, disparity, d_f, k)
    stream = renderer.stream(float(k.max()))
    real, calls = stream._stream.push, []

    def sometimes(*given: object) -> object:
        calls.append(given)
        if len(calls) % 2:
            raise MemoryError
        return real(*given)

    monkeypatch.setattr(stream._stream, "push", sometimes)
    got: list[NDArray[np.float32]] = []
    for t in range(6):
        try:
            got += stream.push(frames[t], disparity[t], float(d_f[t]), float(k[t]))
        except MemoryError:
            got += stream.push(frames[t], disparity[t], float(d_f[t]), float(k[t]))
    for _ in range(3):
        with contextlib.suppress(MemoryError):
            got += stream.finish()
    assert np.array_equal(np.stack(got), wanted)


@pytest.mark.parametrize("count", [1, 2])
def test_one_and_two_frames(renderer: NeuralRenderer, count: int) -> None:
    frames, disparity, d_f, k = window(count)
    assert renderer.render(frames, disparity, d_f, k).shape == frames.shape


def test_a_tensor_comes_back_as_a_tensor(renderer: NeuralRenderer) -> None:
    frames, disparity, d_f, k = window(2)
    out = renderer.render(torch.from_numpy(frames), torch.from_numpy(disparity), d_f, k)
    assert isinstance(out, torch.Tensor)
    assert np.array_equal(out.numpy(), renderer.render(frames, disparity, d_f, k))


def test_nothing_crosses_a_cut_within_the_window(renderer: NeuralRenderer) -> None:
    frames, disparity, d_f, k = window(6)
    frames[3:, ..., 0] *= 0.1
    frames[3:, ..., 1:] = 1.0 - 0.2 * frames[3:, ..., 1:]
    out = renderer.render(frames, disparity, d_f, k)
    apart = [renderer.render(frames[s], disparity[s], d_f[s], k[s]) for s in (slice(0, 3), slice(3, 6))]
    assert np.array_equal(out, np.concatenate(apart))


def test_without_blur_frames_come_back_exactly(renderer: NeuralRenderer) -> None:
    frames, disparity, d_f, k = window(3)
    assert np.array_equal(renderer.render(frames, disparity, d_f, 0.0 * k), frames)
    equal = np.full_like(disparity, 0.4)
    assert np.array_equal(renderer.render(frames, equal, d_f, k), frames)
    k[1] = 0.0
    out = renderer.render(frames, disparity, d_f, k)
    assert np.array_equal(out[1], frames[1])
    assert not np.array_equal(out[0], frames[0])


def test_blur_that_begins_from_nothing_does_not_jump(renderer: NeuralRenderer) -> None:
    frames, disparity, d_f, _ = window(1)
    reach = float(np.abs(disparity - 0.4).max())
    steps = [renderer.render(frames, disparity, d_f, np.array([r / reach])) for r in (0.5, 0.52, 0.55, 0.6)]
    changes = [float(np.abs(after - before).max()) for before, after in pairwise(steps)]
    assert max(changes) < 0.12


def test_huge_blur_takes_more_steps_not_forever(renderer: NeuralRenderer) -> None:
    frames, disparity, d_f, k = window(2)
    out = renderer.render(frames, disparity, d_f, 0.0 * k + 900.0)
    assert np.isfinite(out).all()


@pytest.mark.parametrize("what", ["nan disparity", "shape", "nan frame", "negative k", "disparity range", "focus"])
def test_bad_input_is_one_sentence(renderer: NeuralRenderer, what: str) -> None:
    frames, disparity, d_f, k = window(2)
    if what == "nan disparity":
        disparity[1, 3, 3] = np.nan
    elif what == "nan frame":
        frames[0, 0, 0, 0] = np.inf
    elif what == "shape":
        disparity = disparity[:, :-1]
    elif what == "negative k":
        k[1] = -1.0
    elif what == "disparity range":
        disparity = disparity * 3.0
    else:
        d_f[0] = 1.5
    with pytest.raises(InputError):
        renderer.render(frames, disparity, d_f, k)


# --- weights ---------------------------------------------------------------------------------------------------------


class Bomb:
    """Unpickling this would write a file."""

    def __reduce__(self) -> tuple[object, tuple[str, str]]:
        return open, ("exploded", "w")


def test_weights_round_trip(tmp_path: Path) -> None:
    network = random_network(TINY)
    save_network(network, tmp_path / "a.safetensors", {"step": "7"})
    again = load_network(tmp_path / "a.safetensors")
    assert again.config == network.config
    for name, value in network.state_dict().items():
        assert torch.equal(value, again.state_dict()[name])
    save_network(network, tmp_path / "half.safetensors", half=True)
    assert (tmp_path / "half.safetensors").stat().st_size < 0.6 * (tmp_path / "a.safetensors").stat().st_size
    assert not list(tmp_path.glob("*.part"))


@pytest.mark.parametrize("damage", ["missing", "truncated", "empty", "pickle", "foreign", "other shape", "nan"])
def test_wrong_weights_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damage: str) -> None:
    from safetensors.torch import save_file

    monkeypatch.chdir(tmp_path)
    path = tmp_path / "w.safetensors"
    network = random_network(TINY)
    save_network(network, path)
    if damage == "missing":
        path.unlink()
    elif damage == "truncated":
        path.write_bytes(path.read_bytes()[:-1000])
    elif damage == "empty":
        path.write_bytes(b"")
    elif damage == "pickle":
        path.write_bytes(pickle.dumps(Bomb()))
    elif damage == "foreign":
        save_file({"x": torch.zeros(3)}, path)
    elif damage == "nan":
        network.coarse.stem.bias.data[0] = float("nan")
        save_network(network, path)
    else:
        other: NetworkConfig = TINY
        tensors = {name: value[:1].contiguous() for name, value in network.state_dict().items()}
        import msgspec

        save_file(
            tensors, path, {"format": "vbr-network", "version": "1", "config": msgspec.json.encode(other).decode()}
        )
    with pytest.raises(InputError) as caught:
        NeuralRenderer.from_file(path)
    assert "w.safetensors" in str(caught.value)
    assert not (tmp_path / "exploded").exists()


# --- within the engine -----------------------------------------------------------------------------------------------


def engine_with(network_config: NetworkConfig, monkeypatch: pytest.MonkeyPatch) -> RenderEngine:
    network = random_network(network_config)
    monkeypatch.setattr("vbr_core.render.engine.load_renderer", lambda name, device: NeuralRenderer(network))
    return RenderEngine(RenderSettings("scatter"))


def test_engine_stream_gives_every_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = engine_with(TINY, monkeypatch)
    frames, disparity, _, _ = window(4, 36, 40)
    rgb = np.round(frames * 255).astype(np.uint8)
    shot = engine.begin_shot(400.0 * 0.6)
    out = [picture for t in range(4) for picture in shot.push(rgb[t], disparity[t], 0.4, 400.0 if t != 2 else 0.0)]
    out += shot.finish()
    assert [picture.dtype for picture in out] == [np.uint8] * 4
    assert out[2] is rgb[2] or np.array_equal(out[2], rgb[2])
    assert not np.array_equal(out[1], rgb[1])


def test_the_end_of_a_shot_can_be_stopped_between_its_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = engine_with(TINY, monkeypatch)
    frames, disparity, _, _ = window(6, 36, 40)
    rgb = np.round(frames * 255).astype(np.uint8)

    def begun() -> tuple[EngineStream, list[NDArray[Any]]]:
        shot = engine.begin_shot(240.0)
        return shot, [picture for t in range(6) for picture in shot.push(rgb[t], disparity[t], 0.4, 400.0)]

    shot, whole = begun()
    whole += shot.finish()
    shot, stopped = begun()
    calls = []

    def stop() -> None:
        calls.append(len(calls))
        if len(calls) == 2:
            raise Cancelled

    with pytest.raises(Cancelled):
        shot.finish(stop)
    assert len(calls) == 2
    stopped += shot.finish()
    np.testing.assert_array_equal(np.stack(stopped), np.stack(whole))


def test_a_shot_that_does_not_fit_is_tiled_with_the_same_result(monkeypatch: pytest.MonkeyPatch) -> None:
    frames, disparity, _, _ = window(3, 288, 320)
    rgb = np.round(frames * 255).astype(np.uint8)

    def render(engine: RenderEngine) -> list[NDArray[np.uint8]]:
        shot = engine.begin_shot(60.0)
        out = [picture for t in range(3) for picture in shot.push(rgb[t], disparity[t], 0.4, 60.0)]
        return [np.asarray(picture) for picture in [*out, *shot.finish()]]

    expected = render(engine_with(TINY, monkeypatch))
    original = Stage.decode

    def small_only(self: Stage, before: object, current: object, after: object, pictures: torch.Tensor) -> torch.Tensor:
        if pictures.shape[-1] * pictures.shape[-2] > 280 * 310:
            raise RuntimeError("CUDA out of memory")
        return original(self, before, current, after, pictures)  # type: ignore[arg-type]

    monkeypatch.setattr(Stage, "decode", small_only)
    engine = engine_with(TINY, monkeypatch)
    got = render(engine)
    assert "tiles" in engine.note
    for mine, wanted in zip(got, expected, strict=True):
        assert np.abs(mine.astype(int) - wanted).max() <= 1

    def never(self: Stage, *arguments: object) -> torch.Tensor:
        raise RuntimeError("CUDA out of memory")

    monkeypatch.setattr(Stage, "decode", never)
    with pytest.raises(OutOfMemoryError):
        render(engine_with(TINY, monkeypatch))


def test_no_colour_is_made_up_that_neither_frame_nor_base_show_nearby():
    frame, base = torch.zeros(1, 3, 50, 120), torch.zeros(1, 3, 50, 120)
    frame[..., 70:] = 0.5
    base[..., 60:] = 0.4
    bounds = surrounding_range(frame, base, 3.0)
    kept = within_range(torch.rand(1, 3, 50, 120), bounds)
    assert kept.shape == frame.shape
    assert float(kept[..., :32].max()) == 0.0  # plain black far from everything else
    assert float(kept[..., 104:].min()) == pytest.approx(0.4)
    assert float(kept.max()) <= 0.5
    between = 0.1 + 0.3 * torch.rand(1, 3, 50, 120)  # where both are near, anything between them may be
    np.testing.assert_allclose(within_range(between, bounds)[..., 64:72].numpy(), between[..., 64:72].numpy())


@pytest.mark.parametrize("size", [(1, 1), (7, 9), (8, 8), (65, 130)])
@pytest.mark.parametrize("radius", [0.0, 5.0, 1e6])
def test_the_range_fits_any_size_and_radius(size, radius):
    frame = torch.rand(1, 3, *size)
    kept = within_range(frame, surrounding_range(frame, frame, radius))
    np.testing.assert_allclose(kept.numpy(), frame.numpy(), atol=1e-6)
