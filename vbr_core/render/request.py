"""What the preview asks for, as a value: frozen, hashable, and so its own cache key."""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from vbr_core.animation import look_at, track_range, value_at
from vbr_core.look import LOOK_LIMITS
from vbr_core.project import TRACK_LIMITS

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from vbr_core.look import Look
    from vbr_core.project import LookTracks, Project, Track

View = Literal["result", "source", "disparity", "defocus", "overlay", "grey", "zone", "peaking"]
VIEWS: tuple[View, ...] = ("result", "source", "disparity", "defocus", "overlay", "grey", "zone", "peaking")
Beside = Literal["none", "source", "unrepaired"]
BESIDES: tuple[Beside, ...] = ("none", "source", "unrepaired")

WITHOUT_BLUR: tuple[View, ...] = ("source", "disparity", "overlay", "grey")
"""Views that do not depend on the blur."""

NETWORK_RADIUS_PX = 40.0
"""``max_radius_px`` of the network that ships; a larger blur radius makes it work in steps (paper, eq. 3)."""


@dataclass(frozen=True, slots=True)
class RenderRequest:
    """One picture to render.

    Attributes:
        frame_index: 0-based index on the clip's own frames.
        d_f: Disparity of the focal plane, 0..1.
        k: Blur amount at a picture height of 1080.
        view: What to show: the result, the source, the disparity (in false colour, over the picture, or in grey),
            the signed defocus map, what is sharp (``zone``), or the sharp edges of the result (``peaking``).
        lines: Height of the picture in pixels; 0 for the clip's own. Never more than the clip's own.
        renderer: Name of the renderer.
        device: Name of the device.
        sharp_zone: Disparity on either side of the focal plane that stays sharp.
        largest_radius: Bound of the blur radius over the shot at 1080 lines; see :func:`shot_bound`.
        depth_revision: Counts up whenever better disparity may be there, so that old answers are not reused.
        beside: What else to make of the same frame, for a split view: the source, or the same view by the disparity
            without repairs.
        look: How the blur looks; None for a plain thin lens.
    """

    frame_index: int
    d_f: float
    k: float
    view: View = "result"
    lines: int = 0
    renderer: str = "vbr"
    device: str = "auto"
    depth_revision: int = 0
    sharp_zone: float = 0.0
    largest_radius: float = 0.0
    beside: Beside = "none"
    look: Look | None = None


@dataclass(frozen=True, slots=True)
class RenderedFrame:
    """The answer to a request.

    Attributes:
        request: What was asked for.
        rgb: (h, w, 3) uint8, sRGB-encoded.
        seconds: Time it took.
        full_height: Lines of the clip itself, so that one can tell a draft from the final size.
        has_depth: Whether disparity of this frame was there (for the source: of the clip); without it the result is
            the source.
        note: One sentence for the user; empty if all is as asked.
        beside: (h, w, 3) uint8, the other picture of a split view; None if none was asked for.
    """

    request: RenderRequest
    rgb: NDArray[np.uint8]
    seconds: float
    full_height: int
    has_depth: bool
    note: str = ""
    beside: NDArray[np.uint8] | None = None

    @property
    def is_draft(self) -> bool:
        """Whether the picture has fewer lines than the clip."""
        return int(self.rgb.shape[0]) < self.full_height


@dataclass(frozen=True, slots=True)
class FocusSample:
    """Disparity under a point of the picture.

    Attributes:
        frame_index: Where it was sampled.
        x: Pixels from the left of the upright picture.
        y: Pixels from the top.
        disparity: Median over the connected patch around the point, 0..1.
        patch_px: Number of pixels (of the picture) in the patch.
        outline: Corners of the patch's outline, (x, y) in pixels of the upright picture.
    """

    frame_index: int
    x: float
    y: float
    disparity: float
    patch_px: int
    outline: tuple[tuple[float, float], ...] = ()


def without_idle_bound(request: RenderRequest, full_height: int) -> RenderRequest:
    """The same picture by a request that says no more about its shot than the picture depends on.

    The bound of the shot only matters to the network, and only where it exceeds :data:`NETWORK_RADIUS_PX`. Left out, a
    picture that was made stays good when another frame of its shot is edited.

    Args:
        request: The request.
        full_height: Lines of the clip.
    """
    lines = min(request.lines or full_height, full_height)
    without = request.view in (*WITHOUT_BLUR, "defocus", "zone")
    if without or request.renderer != "vbr" or request.largest_radius * lines / 1080 <= NETWORK_RADIUS_PX:
        return replace(request, largest_radius=0.0, look=None if request.view in WITHOUT_BLUR else request.look)
    return request


def blur_radius_px(project: Project, frame_index: int, disparity: float, lines: int) -> float:
    """Radius of the circle of confusion that a disparity gets at a frame, in a picture of ``lines`` lines.

    Pixels; positive in front of the focal plane (paper, eq. 1 and 2), 0 within the sharp zone.
    """
    request = resolve(project, frame_index)
    away = disparity - request.d_f
    beyond = max(0.0, abs(away) - request.sharp_zone)
    if request.look is not None:
        beyond *= request.look.near if away > 0 else request.look.far
    return math.copysign(beyond, away) * request.k * lines / 1080 if beyond else 0.0


def shot_bound(project: Project, frame_index: int, cuts: Sequence[int], frame_count: int = 0) -> float:
    """Bound of the blur radius over the shot that holds a frame, in pixels at 1080 lines: ``K max(d_f, 1 - d_f)``,
    times the look's largest factors for far and near.

    The network works at a size that depends on it (paper, eq. 3), so it must not change within a shot.

    Args:
        project: Its curves say d_f and K.
        frame_index: Any frame of the shot.
        cuts: First frame of every shot but the first.
        frame_count: Frames of the clip; 0 for as many as the curves have keys for.
    """
    global _last_bound
    shot = bisect_right(cuts, frame_index)
    # tracks are values: the same objects have the same bound. Scrubbing asks for it again and again.
    key = (project.focus, project.blur, project.look, shot, tuple(cuts), frame_count)
    known, value = _last_bound
    if known[0] is not key[0] or known[1] is not key[1] or known[2:] != key[2:]:
        value = _bound_of_shot(project, frame_index, cuts, frame_count)
        _last_bound = (key, value)
    return value


_last_bound: tuple[tuple[Track | None, Track | None, LookTracks | None, int, tuple[int, ...], int], float]
_last_bound = ((None, None, None, 0, (), -1), 0.0)


def _bound_of_shot(project: Project, frame_index: int, cuts: Sequence[int], frame_count: int) -> float:
    shot = bisect_right(cuts, frame_index)
    start = cuts[shot - 1] if shot else 0
    tracks = (project.focus, project.blur, project.look.near, project.look.far)
    keys = [key.frame for track in tracks for key in track.keys]
    end = max([frame_count, frame_index + 1, start + 1, *(frame + 1 for frame in keys)])
    stop = cuts[shot] if shot < len(cuts) else end
    low, high = track_range(project.focus, start, stop, cuts, TRACK_LIMITS["focus"])
    most = track_range(project.blur, start, stop, cuts, TRACK_LIMITS["blur"])[1]
    factors = [
        track_range(project.look.track(name), start, stop, cuts, LOOK_LIMITS[name])[1] for name in ("far", "near")
    ]
    return most * max(high * factors[0], (1.0 - low) * factors[1])


def resolve(
    project: Project,
    frame_index: int,
    *,
    view: View = "result",
    lines: int = 0,
    device: str = "auto",
    depth_revision: int = 0,
) -> RenderRequest:
    """The request that shows ``project`` at ``frame_index``. Pure: equal arguments give equal requests."""
    low, high = TRACK_LIMITS["focus"]
    d_f = min(high, max(low, value_at(project.focus, frame_index, project.cuts)))
    low, high = TRACK_LIMITS["blur"]
    k = min(high, max(low, value_at(project.blur, frame_index, project.cuts)))
    frame_count = project.clip.frame_count if project.clip else 0
    return RenderRequest(
        frame_index,
        d_f,
        k,
        view,
        lines,
        project.renderer,
        device,
        depth_revision,
        project.sharp_zone,
        shot_bound(project, frame_index, project.cuts, frame_count),
        look=look_at(project.look, frame_index, project.cuts),
    )
