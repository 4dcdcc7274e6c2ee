"""The bundled sample clip is what the demonstration and the tests take it for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

import resources

FOLDER = Path(next(iter(resources.__path__))) / "sample"
CLIP, DISPARITY, CREDITS = FOLDER / "sample.mp4", FOLDER / "disparity.mp4", FOLDER.parent / "CREDITS.md"
AAC_FRAME = 1024 / 48_000


@pytest.fixture(scope="module")
def facts() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((FOLDER / "sample.json").read_text("utf-8"))
    return loaded


@pytest.fixture(scope="module")
def grey() -> list[np.ndarray]:
    with av.open(str(DISPARITY)) as container:
        return [frame.to_ndarray(format="gray") for frame in container.decode(video=0)]


def test_clip_has_its_size_rate_colour_and_length(facts: dict[str, Any]) -> None:
    assert CLIP.stat().st_size < 6_000_000
    with av.open(str(CLIP)) as container:
        stream = container.streams.video[0]
        context = stream.codec_context
        assert (context.name, context.pix_fmt) == ("h264", "yuv420p")
        assert (context.width, context.height) == (facts["width"], facts["height"])
        assert stream.average_rate == facts["rate"]
        assert (context.colorspace, context.color_primaries, context.color_trc, context.color_range) == (1, 1, 1, 1)
        frames = list(container.decode(stream))
    assert len(frames) == facts["frames"]
    times = [float(frame.time) for frame in frames if frame.time is not None]
    np.testing.assert_allclose(times, np.arange(facts["frames"]) / facts["rate"], atol=1e-3)
    keys = [number for number, frame in enumerate(frames) if frame.key_frame]
    assert max(np.diff([*keys, len(frames)])) <= facts["rate"]  # seeking decodes a second at most
    assert 4 <= len(frames) / facts["rate"] <= 6


def test_clip_has_stereo_sound_as_long_as_the_picture(facts: dict[str, Any]) -> None:
    with av.open(str(CLIP)) as container:
        (stream,) = container.streams.audio
        assert (stream.codec_context.name, stream.codec_context.layout.name) == ("aac", "stereo")
        assert stream.duration is not None
        assert stream.time_base is not None
        seconds = float(stream.duration * stream.time_base)
        blocks = [frame.to_ndarray() for frame in container.decode(stream)]
    assert abs(seconds - facts["frames"] / facts["rate"]) <= AAC_FRAME + 1e-6
    sound = np.concatenate(blocks, axis=1)
    assert 0.05 < np.abs(sound).max() < 0.9  # there is something to hear, and nothing clips


def test_points_and_boxes_lie_in_the_picture(facts: dict[str, Any]) -> None:
    points = [point for subject in facts["focus_points"].values() for point in subject.values()]
    assert len(points) == 4
    for point in points:
        assert 0 <= point["frame"] < facts["frames"]
        assert 0 <= point["x"] < facts["width"]
        assert 0 <= point["y"] < facts["height"]
        assert 0 <= point["disparity"] <= 1
    for boxes in facts["boxes"]:
        assert 0 <= boxes["frame"] < facts["frames"]
        for name in ("near", "far", "near_inside", "far_inside", "background"):
            left, top, right, bottom = boxes[name]
            assert 0 <= left < right <= facts["width"]
            assert 0 <= top < bottom <= facts["height"]
    leave, arrive = facts["rack_frames"]
    assert 0 <= leave < arrive < facts["frames"]


def test_subjects_are_clearly_apart_in_depth(facts: dict[str, Any]) -> None:
    for when in ("first", "last"):
        near, far = (facts["focus_points"][subject][when]["disparity"] for subject in ("near", "far"))
        assert near - far > 0.2


def test_true_disparity_fits_the_clip(facts: dict[str, Any], grey: list[np.ndarray]) -> None:
    assert DISPARITY.stat().st_size < 400_000
    assert len(grey) == facts["frames"]
    assert grey[0].shape == (facts["height"] // 2, facts["width"] // 2)
    for subject in facts["focus_points"].values():
        for point in subject.values():
            seen = grey[point["frame"]][point["y"] // 2, point["x"] // 2] / 255
            assert seen == pytest.approx(point["disparity"], abs=0.03)
    for boxes in facts["boxes"]:
        left, top, right, bottom = (value // 2 for value in boxes["background"])
        assert grey[boxes["frame"]][top:bottom, left:right].max() / 255 < 0.15


def test_subjects_and_background_have_detail_to_lose(facts: dict[str, Any]) -> None:
    with av.open(str(CLIP)) as container:
        frames = [frame.to_ndarray(format="gray").astype(float) for frame in container.decode(video=0)]
    for boxes in facts["boxes"]:
        for name in ("near_inside", "far_inside", "background"):
            left, top, right, bottom = boxes[name]
            part = frames[boxes["frame"]][top:bottom, left:right]
            around = part[:-2, 1:-1] + part[2:, 1:-1] + part[1:-1, :-2] + part[1:-1, 2:]
            assert (around - 4 * part[1:-1, 1:-1]).var() > 20, (boxes["frame"], name)


def test_credits_name_every_model() -> None:
    text = CREDITS.read_text("utf-8")
    script = (FOLDER / "make_sample_clip.py").read_text("utf-8")
    models = {part.split('"')[0] for part in script.split('model("')[1:]}
    assert models
    for model in models:
        assert f"`{model.removesuffix('.obj')}`" in text
