"""Follows a point of the picture through its shot, and the disparity under it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from vbr_core.errors import InputError
from vbr_core.focus.sampling import sample_disparity
from vbr_core.jobs import JobContext

if TYPE_CHECKING:
    from pathlib import Path

Picture = NDArray[np.uint8]
Points = NDArray[np.float32]
ReadPicture = Callable[[int], NDArray[Any]]
ReadDisparity = Callable[[int], NDArray[np.float32] | None]
End = Literal["span", "cut", "lost", "left", "no_depth"]

WORK_LINES = 480
"""Pictures are looked at with no more lines than this."""

BOX_PART = 0.06
"""Without a box, a clicked point stands for what reaches so far around it, as a part of the picture's height."""

MOST_POINTS = 80
LEAST_POINTS = 5
LEAST_PART = 0.3
"""A step counts if so many points, and so much of them, came back to where they began and moved together."""

BACK_PX = 0.8
"""A point that is followed there and back again may land so far from where it began, in pixels looked at."""

TOGETHER_PX = 2.0
JUMP = 0.06
"""From one frame to the next the disparity may change by so much, and by what growing or shrinking explains."""

PATIENCE_FRAMES = 3
"""So many frames in a row may fail before the track counts as lost."""

LIKENESS = 0.85
"""A patch that correlates so well with an earlier one shows the same thing."""

CACHE_BYTES = 192 << 20


@dataclass(frozen=True, slots=True)
class FollowStart:
    """What is to be followed.

    Attributes:
        frame: 0-based index.
        x: Pixels from the left of the upright picture, of the point or of the middle of the box.
        y: Pixels from the top.
        box: Width and height of the box in the same pixels; None for a point.
    """

    frame: int
    x: float
    y: float
    box: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class FollowSample:
    """Where the thing is in a frame.

    Attributes:
        frame: 0-based index.
        x: Pixels from the left of the upright picture.
        y: Pixels from the top.
        disparity: 0..1; None where it could not be told and is to be bridged.
        scale: Its size relative to the start.
    """

    frame: int
    x: float
    y: float
    disparity: float | None
    scale: float = 1.0


@dataclass(frozen=True, slots=True)
class Followed:
    """A track.

    Attributes:
        samples: One for each frame that was followed, by frame, without holes.
        start: First frame that was asked for.
        stop: One past the last that was asked for.
        end: Why it ends behind its last sample: ``span`` (nothing more was asked for), ``cut`` (the shot ends),
            ``lost`` (the thing is covered, or looks like nothing seen before), ``left`` (it is out of the picture), or
            ``no_depth``.
        begin: Why it begins at its first sample, in the same words.
    """

    samples: tuple[FollowSample, ...]
    start: int
    stop: int
    end: End
    begin: End

    @property
    def lost_frame(self) -> int | None:
        """First frame after the last sample, if the thing was lost there or left; else None."""
        return self.samples[-1].frame + 1 if self.end in ("lost", "left", "no_depth") else None

    @property
    def lost_frame_before(self) -> int | None:
        """Last frame before the first sample, if the thing was lost there, going backwards; else None."""
        return self.samples[0].frame - 1 if self.begin in ("lost", "left", "no_depth") else None


class DisparityLike(Protocol):
    """Where disparity is read from."""

    def read(self, frame_index: int) -> NDArray[np.float32]: ...


def follow_in_clip(
    clip_path: str | Path,
    disparity: DisparityLike,
    start: FollowStart,
    span: tuple[int, int],
    ctx: JobContext | None = None,
    cuts: tuple[int, ...] = (),
) -> Followed:
    """:func:`follow` in a video file.

    Args:
        clip_path: The file.
        disparity: Of its frames; where a source fills up, frames that are not there yet end the track.
        start: What is to be followed.
        span: First frame and one past the last.
        ctx: Progress and cancel.
        cuts: First frame of every shot but the first.

    Raises:
        ClipError: The file cannot be read.
        InputError: The frame or the point lies outside the clip.
        DepthError: The disparity cannot be read.
        Cancelled: By the context.
    """
    from vbr_core.video.reader import VideoReader

    read_if_ready = getattr(disparity, "read_if_ready", disparity.read)
    with VideoReader(clip_path, CACHE_BYTES) as reader:
        return follow(lambda frame: reader.frame(frame).rgb, read_if_ready, start, span, ctx, cuts)


def follow(
    read_picture: ReadPicture,
    read_disparity: ReadDisparity,
    start: FollowStart,
    span: tuple[int, int],
    ctx: JobContext | None = None,
    cuts: tuple[int, ...] = (),
) -> Followed:
    """Follow a point or a box forwards and backwards from where it was marked, at most to the ends of its shot.

    The points of a patch are followed from frame to frame by pyramidal optical flow, there and back again; those that
    do not come back, or move otherwise than most, do not count (as in Kalal et al., "Forward-Backward Error", 2010).
    Every frame is then aligned with an earlier one that looks alike, so that small errors do not add up. The disparity
    must go on steadily too. Memory does not depend on the length.

    Args:
        read_picture: Frame index -> (H, W, 3) uint8 or uint16, sRGB-encoded.
        read_disparity: Frame index -> (h, w) float32 0..1, or None if it is not there.
        start: What is to be followed.
        span: First frame and one past the last.
        ctx: Progress and cancel.
        cuts: First frame of every shot but the first, sorted.

    Raises:
        InputError: The start lies outside the span or the picture, or has no disparity.
        Cancelled: By the context.
    """
    ctx = ctx or JobContext()
    if not span[0] <= start.frame < span[1]:
        raise InputError(
            f"Frame {start.frame} is not among the frames {span[0]} to {span[1] - 1} that are to be followed.",
            "Mark the point on one of them.",
        )
    first = max([span[0], *(cut for cut in cuts if cut <= start.frame)])
    stop = min([span[1], *(cut for cut in cuts if cut > start.frame)])
    total, done = stop - first, 1
    tracker = _Tracker(read_picture, read_disparity, start)
    ctx.step(done, total, "Following")
    origin = tracker.begin()
    samples = {start.frame: origin}
    ends: list[End] = []
    for step, limit, edge in ((1, stop, span[1]), (-1, first - 1, span[0] - 1)):
        if step == -1 and limit != start.frame - 1:
            tracker.begin()
        end: End = "span" if limit == edge else "cut"
        waiting: list[FollowSample] = []
        for frame in range(start.frame + step, limit, step):
            ctx.step(done, total, "Following")
            done += 1
            found = tracker.go_to(frame)
            if not isinstance(found, FollowSample):
                if found != "miss":
                    end = found
                    break
                found = tracker.guess(frame)
            waiting.append(found)
            if found.disparity is not None:
                samples.update((sample.frame, sample) for sample in waiting)
                waiting.clear()
            elif len(waiting) >= PATIENCE_FRAMES:
                end = "lost"
                break
        else:
            if waiting:
                end = "lost"
        ends.append(end)
        done = stop - start.frame
    ctx.step(total, total, "Following")
    return Followed(tuple(samples[frame] for frame in sorted(samples)), first, stop, ends[0], ends[1])


@dataclass
class _View:
    """A picture that something was found in: ``points`` (N, 2) at pixel centres, around ``middle``."""

    grey: Picture
    points: Points
    middle: Points
    scale: float


class _Tracker:
    """One track. Positions are pixels of the reduced picture, counted at pixel centres, unless they say otherwise."""

    def __init__(self, read_picture: ReadPicture, read_disparity: ReadDisparity, start: FollowStart) -> None:
        self._read_picture = read_picture
        self._read_disparity = read_disparity
        self._start = start
        self._factor = 1.0
        self._clip_size = (0, 0)  # width, height
        self._reach = (0.0, 0.0)

    def begin(self) -> FollowSample:
        """(Re)start at the marked frame."""
        start = self._start
        grey = self._grey(start.frame)
        width, height = self._clip_size
        if not (0 <= start.x < width and 0 <= start.y < height):
            raise InputError(
                f"The point {start.x:g},{start.y:g} lies outside the picture of {width} x {height} pixels.",
                "Give pixels of the upright picture, counted from its top left corner.",
            )
        disparity = self._read_disparity(start.frame)
        if disparity is None:
            raise InputError(
                f"There is no depth for frame {start.frame} yet.", "Wait until the depth of this frame is there."
            )
        self._middle = np.array([start.x, start.y], np.float32) * self._factor - 0.5
        self._scale, self._velocity = 1.0, np.zeros(2, np.float32)
        box = start.box or (2 * BOX_PART * height, 2 * BOX_PART * height)
        self._reach = (max(4.0, 0.5 * box[0] * self._factor), max(4.0, 0.5 * box[1] * self._factor))
        self._disparity = self._level = self._sample(disparity, self._middle)
        self._last = self._look(grey, disparity)
        if start.box is None and len(self._last.points) < 2 * LEAST_POINTS:  # hardly any detail: look around wider
            self._reach = (2 * self._reach[0], 2 * self._reach[1])
            self._last = self._look(grey, disparity)
        self._reference = self._last
        self._missed = self._jumps = 0
        self._before: _View | None = None
        return FollowSample(start.frame, start.x, start.y, self._disparity)

    def go_to(self, frame: int) -> FollowSample | End | Literal["miss"]:
        """Look for the thing in a neighbouring frame. Its disparity is None if it is there but does not fit."""
        grey = self._grey(frame)
        disparity = self._read_disparity(frame)
        if disparity is None:
            return "no_depth"
        last = self._last
        moved = self._step(last, grey)
        if moved is None:
            self._missed += 1
            expected = self._middle + self._velocity * self._missed
            return "miss" if self._is_inside(expected) else "left"
        middle, growth = moved
        middle = self._align(grey, middle, last.scale * growth)
        if not self._is_inside(middle):
            return "left"
        frames = self._missed + 1
        self._velocity = np.asarray((middle - last.middle) / frames, np.float32)
        self._middle, self._scale, self._missed = middle, last.scale * growth, 0
        value = self._judge(disparity, grey, growth, frames)
        view = self._look(grey, disparity)
        if len(view.points) < LEAST_POINTS:
            view = _View(grey, last.points + (middle - last.middle), middle, self._scale)
        self._last = view
        return self._tell(frame, value)

    def guess(self, frame: int) -> FollowSample:
        """Where it should be in a frame that it was not found in."""
        return self._tell(frame, None, self._middle + self._velocity * self._missed)

    def _tell(self, frame: int, value: float | None, middle: Points | None = None) -> FollowSample:
        x, y = ((self._middle if middle is None else middle) + 0.5) / self._factor
        return FollowSample(frame, float(x), float(y), value, self._scale)

    # --- the picture ------------------------------------------------------------------------------------------------

    def _grey(self, frame: int) -> Picture:
        rgb = self._read_picture(frame)
        height, width = rgb.shape[:2]
        self._clip_size = (width, height)
        self._factor = min(1.0, WORK_LINES / height)
        if rgb.dtype == np.uint16:
            rgb = (rgb >> 8).astype(np.uint8)
        grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
        if self._factor < 1.0:
            size = (max(1, round(width * self._factor)), WORK_LINES)
            grey = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
        return np.asarray(grey, dtype=np.uint8)

    def _is_inside(self, middle: Points) -> bool:
        x, y = (middle + 0.5) / self._factor
        return bool(0 <= x < self._clip_size[0] and 0 <= y < self._clip_size[1])

    def _look(self, grey: Picture, disparity: NDArray[np.float32]) -> _View:
        """Points of the patch to go on from: corners that lie at the disparity of the thing."""
        half_x, half_y = (reach * self._scale for reach in self._reach)
        x, y = self._middle
        left, top = max(0, round(x - half_x)), max(0, round(y - half_y))
        window = grey[top : round(y + half_y) + 1, left : round(x + half_x) + 1]
        none = np.zeros((0, 2), np.float32)
        if min(window.shape) < 3 or float(window.std()) < 1.0:
            return _View(grey, none, self._middle, self._scale)
        found = cv2.goodFeaturesToTrack(np.ascontiguousarray(window), MOST_POINTS, 0.02, 3)
        if found is None:
            return _View(grey, none, self._middle, self._scale)
        points = found.reshape(-1, 2).astype(np.float32) + np.array([left, top], np.float32)
        near = np.abs(self._at(disparity, points) - self._disparity) <= JUMP
        return _View(grey, points[near], self._middle, self._scale)

    def _step(self, last: _View, grey: Picture) -> tuple[Points, float] | None:
        """Where the middle of a patch went, and by what factor it grew; None if that cannot be told."""
        if len(last.points) < LEAST_POINTS:
            return None
        guess = last.points + self._velocity * (self._missed + 1)
        there, good = _flow(last.grey, grey, last.points, guess)
        back, good_back = _flow(grey, last.grey, there, there - self._velocity * (self._missed + 1))
        good &= good_back & (np.linalg.norm(back - last.points, axis=1) <= BACK_PX)
        if good.sum() < max(LEAST_POINTS, LEAST_PART * len(good)):
            return None
        before, after = last.points[good], there[good]
        motion = np.median(after - before, axis=0)
        growth = _growth(before, after)
        shift = after - (motion + (before - last.middle) * growth + last.middle)
        together = np.linalg.norm(shift - np.median(shift, axis=0), axis=1) <= TOGETHER_PX
        if together.sum() < max(LEAST_POINTS, LEAST_PART * len(good)):
            return None
        before, after = before[together], after[together]
        growth = _growth(before, after)
        moved = np.median(after - (last.middle + (before - last.middle) * growth), axis=0)
        return np.asarray(last.middle + moved, np.float32), growth

    def _align(self, grey: Picture, middle: Points, scale: float) -> Points:
        """Correct the middle by looking at an earlier picture directly, if what it shows still looks the same."""
        reference = self._reference
        if len(reference.points) >= LEAST_POINTS:
            guess = middle + (reference.points - reference.middle) * (scale / reference.scale)
            there, good = _flow(reference.grey, grey, reference.points, guess.astype(np.float32))
            error = there - guess
            good &= np.linalg.norm(error, axis=1) <= 2 * TOGETHER_PX
            if good.sum() >= max(LEAST_POINTS, 0.5 * len(good)):
                moved = np.asarray(middle + np.median(error[good], axis=0), np.float32)
                if self._likeness(reference, grey, moved, scale) >= LIKENESS:
                    return moved
        self._reference = self._last
        return middle

    def _likeness(self, reference: _View, grey: Picture, middle: Points, scale: float) -> float:
        """Correlation of the patch with that of an earlier picture, -1..1."""
        here, there = (
            _cut_out(picture, at, size, self._reach)
            for picture, at, size in (
                (reference.grey, reference.middle, reference.scale),
                (grey, middle, scale),
            )
        )
        here, there = here - here.mean(), there - there.mean()
        return float((here * there).sum() / max(1e-6, float(np.sqrt((here**2).sum() * (there**2).sum()))))

    # --- the disparity ----------------------------------------------------------------------------------------------

    def _at(self, disparity: NDArray[np.float32], points: Points) -> NDArray[np.float32]:
        """Disparity at points, (N,)."""
        height, width = disparity.shape
        scale = np.array([width / self._clip_size[0], height / self._clip_size[1]], np.float32) / self._factor
        at = ((points + 0.5) * scale).astype(np.int32)
        return disparity[np.clip(at[:, 1], 0, height - 1), np.clip(at[:, 0], 0, width - 1)]

    def _sample(self, disparity: NDArray[np.float32], middle: Points) -> float:
        height, width = disparity.shape
        x, y = (middle + 0.5) / self._factor
        x, y = x * width / self._clip_size[0], y * height / self._clip_size[1]
        return sample_disparity(disparity, min(width - 1.0, float(x)), min(height - 1.0, float(y)))[0]

    def _judge(self, disparity: NDArray[np.float32], grey: Picture, growth: float, frames: int) -> float | None:
        """The disparity of the thing; None if it is that of something else.

        A jump counts only if it lasts and the picture shows the same thing before and after: then the depth itself
        jumped, and the focus has to go with it.
        """
        value = self._sample(disparity, self._middle)
        allowed = JUMP * frames + abs(growth - 1.0) * self._disparity
        if abs(value - self._disparity) <= allowed:
            self._disparity = self._level = value
            self._jumps, self._before = 0, None
            return value
        steady = abs(value - self._level) <= JUMP
        self._jumps = self._jumps + 1 if steady else 1
        self._level = value
        if self._before is None:
            self._before = self._last  # still the frame before the jump
        is_same = self._likeness(self._before, grey, self._middle, self._scale) >= LIKENESS
        if self._jumps >= PATIENCE_FRAMES and is_same:
            self._disparity, self._jumps, self._before = value, 0, None
            return value
        return None


def _flow(here: Picture, there: Picture, points: Points, guess: Points) -> tuple[Points, NDArray[np.bool_]]:
    """Where points of one picture are in another, (N, 2), and which of them were found, (N,)."""
    found, status, _ = cv2.calcOpticalFlowPyrLK(
        here,
        there,
        points.reshape(-1, 1, 2).astype(np.float32),
        guess.reshape(-1, 1, 2).astype(np.float32),
        winSize=(15, 15),
        maxLevel=3,
        criteria=(cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 20, 0.01),
        flags=cv2.OPTFLOW_USE_INITIAL_FLOW,
    )
    result = np.asarray(found, np.float32).reshape(-1, 2)
    good = status.reshape(-1) > 0
    height, width = there.shape
    good &= (result >= 0).all(axis=1) & (result[:, 0] <= width - 1) & (result[:, 1] <= height - 1)
    return result, good


def _growth(before: Points, after: Points) -> float:
    """By what factor the distances between points grew: the median over all pairs that are some way apart."""
    first, second = np.triu_indices(len(before), 1)
    old = np.linalg.norm(before[first] - before[second], axis=1)
    new = np.linalg.norm(after[first] - after[second], axis=1)
    far = old >= 4.0
    return float(np.clip(np.median(new[far] / old[far]), 0.85, 1.18)) if far.sum() >= LEAST_POINTS else 1.0


def _cut_out(grey: Picture, middle: Points, scale: float, reach: tuple[float, float]) -> NDArray[np.float32]:
    """What lies around a point, brought to 24 x 24 pixels: float32."""
    side = 24
    step_x, step_y = 2 * reach[0] * scale / (side - 1), 2 * reach[1] * scale / (side - 1)
    matrix = np.array(
        [[step_x, 0, middle[0] - reach[0] * scale], [0, step_y, middle[1] - reach[1] * scale]], np.float32
    )
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    cut = cv2.warpAffine(grey, matrix, (side, side), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(cut, np.float32)
