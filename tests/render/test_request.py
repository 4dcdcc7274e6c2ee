from __future__ import annotations

import pytest

from vbr_core import edits
from vbr_core.project import Clip, Keyframe, Project, Track
from vbr_core.render import load_renderer
from vbr_core.render.request import NETWORK_RADIUS_PX, RenderRequest, resolve, without_idle_bound


def request_of(k: float, renderer: str = "vbr", lines: int = 0) -> RenderRequest:
    project = Project(clip=Clip("a.mp4", frame_count=9), focus=Track(0.5), blur=Track(k), renderer=renderer)
    project = edits.add_key(edits.add_key(project, "focus", 0, 0.5), "focus", 8, 1.0)
    return resolve(project, 0, lines=lines)


def test_the_radius_is_that_of_the_network_that_ships() -> None:
    assert load_renderer("vbr", "cpu").network.config.max_radius_px == NETWORK_RADIUS_PX


@pytest.mark.parametrize(
    ("k", "renderer", "lines", "height", "kept"),
    [
        (40.0, "vbr", 0, 1080, False),
        (41.0, "vbr", 0, 1080, True),
        (60.0, "vbr", 540, 1080, False),
        (40.0, "vbr", 0, 2160, True),
        (400.0, "scatter", 0, 2160, False),
        (60.0, "vbr", 2160, 540, False),
    ],
)
def test_the_bound_of_the_shot_stays_only_where_the_network_works_in_steps(
    k: float, renderer: str, lines: int, height: int, kept: bool
) -> None:
    request = request_of(k, renderer, lines)
    assert request.largest_radius == pytest.approx(k)
    assert without_idle_bound(request, height).largest_radius == (request.largest_radius if kept else 0.0)


def test_an_edit_of_another_frame_leaves_a_picture_good() -> None:
    near = Project(clip=Clip("a.mp4", frame_count=9), focus=Track(0.5, (Keyframe(0, 0.5), Keyframe(4, 0.5))))
    far = edits.add_key(near, "focus", 8, 0.9)
    before, after = resolve(near, 2), resolve(far, 2)
    assert before != after
    assert without_idle_bound(before, 1080) == without_idle_bound(after, 1080)
