"""Disparity with the project's levels and repairs: a source that wraps another one."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from typing import TYPE_CHECKING

import cv2
import msgspec
import numpy as np

from vbr_core.depth.mask_carrier import at_map, inside
from vbr_core.depth.repair_masks import RepairMasks, masks_of_clip
from vbr_core.depth_edits import levels_at, shot_span
from vbr_core.focus.sampling import sample_disparity

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from vbr_core.depth.source import DisparitySource
    from vbr_core.jobs import JobContext
    from vbr_core.project import DepthEdit, DepthLevels, Project

PHASE = "Carrying depth repairs"
FEATHER_PX = 2.0
"""The repair fades in over so many pixels of the map, inside its outline: outside nothing changes."""

RING_PART = 0.025
"""What is around a part: so far from its outline, as a part of the map's height."""

RING_PERCENTILE = 10.0
"""``push_behind`` goes behind the farthest of what is around: this percentile of its disparity."""

POINT_LOST = 0.2
"""The point of ``same_as`` is out of sight when less than this part of its patch is left."""

KEPT_MAPS = 8


# --- what each kind does ---------------------------------------------------------------------------------------------


def apply_levels(disparity: NDArray[np.float32], levels: DepthLevels | None) -> NDArray[np.float32]:
    """Stretch disparity, (h, w) float32 0..1, as :class:`~vbr_core.project.DepthLevels` says."""
    if levels is None or levels.is_neutral:
        return disparity
    place = np.clip((disparity - np.float32(levels.far)) / np.float32(levels.near - levels.far), 0.0, 1.0)
    return np.asarray(place ** np.float32(1.0 / levels.gamma), np.float32)


def fade(region: NDArray[np.bool_]) -> NDArray[np.float32]:
    """How much of a repair there is at each pixel: 0 outside, rising to 1 within :data:`FEATHER_PX` of the outline."""
    far = cv2.distanceTransform(region.astype(np.uint8), cv2.DIST_L2, 3)
    return np.clip(np.asarray(far, np.float32) / np.float32(FEATHER_PX), 0.0, 1.0)


def same_as(disparity: NDArray[np.float32], region: NDArray[np.bool_], value: float) -> NDArray[np.float32]:
    """Give a region one disparity: (h, w) float32 and (h, w) bool -> (h, w) float32."""
    return _blend(disparity, region, np.full_like(disparity, value))


def push_behind(disparity: NDArray[np.float32], region: NDArray[np.bool_], amount: float) -> NDArray[np.float32]:
    """Put a region behind what is around it: nothing in it is nearer than the farthest around less ``amount``.

    Args:
        disparity: (h, w) float32, 0..1.
        region: (h, w) bool.
        amount: In disparity, 0..1.

    Returns:
        (h, w) float32, 0..1. A region with nothing around it (the whole picture) stays as it is.
    """
    reach = max(3, round(RING_PART * disparity.shape[0]))
    whole = region.astype(np.uint8)
    around = _dilate(whole, reach) & ~_dilate(whole, 1)
    if not around.any():
        return disparity
    target = max(0.0, float(np.percentile(disparity[around], RING_PERCENTILE)) - amount)
    return _blend(disparity, region, np.minimum(disparity, np.float32(target)))


def flatten(disparity: NDArray[np.float32], region: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Make a region one plane, fitted so that half of its pixels lie on either side: (h, w) -> (h, w) float32.

    The fit minimises absolute differences (by weights, repeated), so that holes and specks do not tilt it. It stays
    within what the middle nine tenths of the region have.
    """
    rows, columns = np.nonzero(region)
    if len(rows) == 0:
        return disparity
    step = max(1, len(rows) // 4000)
    y, x = rows[::step].astype(np.float64), columns[::step].astype(np.float64)
    values = disparity[rows[::step], columns[::step]].astype(np.float64)
    middle_x, middle_y, scale = x.mean(), y.mean(), max(1.0, float(max(np.ptp(x), np.ptp(y))))
    terms = np.stack([(x - middle_x) / scale, (y - middle_y) / scale, np.ones_like(x)], axis=1)
    plane = np.array([0.0, 0.0, float(np.median(values))])
    if len(values) >= 24:
        for _ in range(12):
            weight = 1.0 / np.maximum(np.abs(values - terms @ plane), 0.004)
            normal = (terms * weight[:, None]).T @ terms + 1e-6 * len(values) * np.diag([1.0, 1.0, 0.0])
            plane = np.linalg.solve(normal, (terms * weight[:, None]).T @ values)
    low, high = np.percentile(values, (5.0, 95.0))
    target = disparity.copy()
    along = plane[0] * (columns - middle_x) / scale + plane[1] * (rows - middle_y) / scale + plane[2]
    target[rows, columns] = np.clip(along, low, high)
    return _blend(disparity, region, target)


def _blend(
    disparity: NDArray[np.float32], region: NDArray[np.bool_], target: NDArray[np.float32]
) -> NDArray[np.float32]:
    return np.asarray(disparity + fade(region) * (target - disparity), np.float32)


def _dilate(mask: NDArray[np.uint8], radius: int) -> NDArray[np.bool_]:
    element = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    return np.asarray(cv2.dilate(mask, element)) > 0


# --- the source ------------------------------------------------------------------------------------------------------


class RepairedDisparity:
    """Disparity of another source, with levels and then the repairs in their order. Safe to use from several threads.

    Attributes:
        source: The disparity without repairs.
        frame_count: Frames of the clip.
        fingerprint: Changes with the source's, with every repair and with the levels.
    """

    def __init__(
        self,
        source: DisparitySource,
        edits: Iterable[DepthEdit],
        levels: Sequence[DepthLevels],
        masks: RepairMasks,
        cuts: Iterable[int] = (),
    ) -> None:
        """Wrap a source. Nothing is read yet.

        Args:
            source: Complete, or still filling.
            edits: Those that are not enabled are left out.
            levels: Of shots.
            masks: Of the same clip.
            cuts: Starts of shots that the source does not know (imported disparity knows none).
        """
        self.source = source
        self.frame_count = source.frame_count
        self._edits = tuple(edit for edit in edits if edit.enabled)
        self._levels = tuple(levels)
        self._masks = masks
        self._cuts = tuple(cuts)
        self._keys = tuple(masks.key(edit, source) for edit in self._edits)
        self._maps: OrderedDict[int, tuple[NDArray[np.float32], NDArray[np.float32]]] = OrderedDict()
        self._lock = threading.Lock()
        text = msgspec.json.encode((source.fingerprint, self._edits, self._levels, self._cuts))
        self.fingerprint = f"repaired-{hashlib.sha256(text).hexdigest()[:40]}"

    @property
    def cuts(self) -> tuple[int, ...]:
        """First frame of every shot but the first, as far as the source knows."""
        return self.source.cuts

    def read(self, frame_index: int) -> NDArray[np.float32]:
        """Disparity of a frame with all its repairs: (h, w) float32 0..1.

        A repair that is not on this frame yet is carried there first, which may take long; see :meth:`prepare`.

        Raises:
            DepthError: The disparity is not there.
            ClipError: The clip cannot be decoded.
        """
        return self._repaired(self.source.read(frame_index), frame_index, len(self._edits), wait=True)

    def read_if_ready(self, frame_index: int) -> NDArray[np.float32] | None:
        """Disparity of a frame with those repairs that are there at once, or None if there is no disparity yet."""
        ready = getattr(self.source, "read_if_ready", self.source.read)
        found: NDArray[np.float32] | None = ready(frame_index)
        return None if found is None else self._repaired(found, frame_index, len(self._edits), wait=False)

    def close(self) -> None:
        """Let go of files; reading afterwards opens them again."""
        self._masks.close()
        self.source.close()

    def is_waiting(self, frame_index: int) -> bool:
        """Whether a repair holds for a frame but was not carried there yet."""
        return any(not self._masks.has(self._keys[at], frame_index) for at in self._active(frame_index))

    def is_prepared(self) -> bool:
        """Whether every repair is on all of its frames."""
        return not any(self._masks.lacks(key, self._frames_of(edit)) for key, edit in self._pairs())

    def lost_frames(self) -> dict[DepthEdit, tuple[int | None, int | None]]:
        """Of every repair whose part went out of sight for good: see :meth:`RepairMasks.lost`."""
        found = {edit: self._masks.lost(key, edit.frame, self._frames_of(edit)) for key, edit in self._pairs()}
        return {edit: frames for edit, frames in found.items() if frames != (None, None)}

    def prepare(self, ctx: JobContext, start: int = 0, stop: int | None = None) -> None:
        """Carry every repair to all of its frames within ``start`` to ``stop - 1``.

        Raises:
            Cancelled: By the context. What was carried stays.
            ClipError: The clip cannot be decoded.
        """
        stop = self.frame_count if stop is None else stop
        work = []
        for key, edit in self._pairs():
            wanted = [frame for frame in self._frames_of(edit) if start <= frame < stop]
            # outwards from the frame it was drawn on, so that what is looked at is there soon
            work += [(key, edit, frame) for frame in wanted if frame >= edit.frame]
            work += [(key, edit, frame) for frame in reversed(wanted) if frame < edit.frame]
        missing = [item for item in work if not self._masks.has(item[0], item[2])]
        if not missing:
            return
        try:
            ctx.step(0, len(missing), PHASE)
            for done, (key, edit, frame) in enumerate(missing, start=1):
                self._masks.ensure(key, edit, frame, self.source)
                ctx.step(done, len(missing), PHASE)
        finally:
            self._masks.close()

    # --- inside -----------------------------------------------------------------------------------------------------

    def _pairs(self) -> list[tuple[str, DepthEdit]]:
        return list(zip(self._keys, self._edits, strict=True))

    def _all_cuts(self) -> tuple[int, ...]:
        return tuple(sorted({*self._cuts, *self.source.cuts}))

    def _frames_of(self, edit: DepthEdit) -> range:
        """The frames that a repair holds for: its range within the clip and within the shot it was drawn in."""
        start, stop = shot_span(self._all_cuts(), edit.frame, self.frame_count)
        return range(max(start, edit.start), min(stop, edit.stop, self.frame_count))

    def _active(self, frame_index: int) -> list[int]:
        """Places of the repairs that hold for a frame."""
        return [
            at
            for at, edit in enumerate(self._edits)
            if edit.start <= frame_index < edit.stop and frame_index in self._frames_of(edit)
        ]

    def _repaired(self, found: NDArray[np.float32], frame_index: int, count: int, *, wait: bool) -> NDArray[np.float32]:
        """The first ``count`` repairs on ``found``, which is the source's disparity of the frame."""
        whole = count == len(self._edits)
        if whole:
            with self._lock:
                kept = self._maps.get(frame_index)
            # while the source fills, its range moves, and so do all its values
            if kept is not None and np.array_equal(kept[0], found):
                return kept[1]
        out = apply_levels(found, levels_at(self._levels, self._all_cuts(), frame_index))
        complete = True
        for at in self._active(frame_index):
            if at >= count:
                break
            edit, key = self._edits[at], self._keys[at]
            masks = (
                self._masks.ensure(key, edit, frame_index, self.source) if wait else self._masks.known(key, frame_index)
            )
            if masks is None:
                complete = False
                continue
            out = self._one(out, at, frame_index, masks)
        if whole and complete:
            with self._lock:
                self._maps[frame_index] = (found, out)
                while len(self._maps) > KEPT_MAPS:
                    self._maps.popitem(last=False)
        return out

    def _one(
        self, disparity: NDArray[np.float32], at: int, frame_index: int, masks: NDArray[np.uint8]
    ) -> NDArray[np.float32]:
        edit = self._edits[at]
        region = at_map(masks[0], disparity, to_edges=edit.snap != "none")
        if not region.any():
            return disparity
        if edit.kind == "flatten":
            return flatten(disparity, region)
        if edit.kind == "push_behind":
            return push_behind(disparity, region, edit.amount)
        value = self._value_at_point(at, frame_index, disparity)
        return disparity if value is None else same_as(disparity, region, value)

    def _value_at_point(self, at: int, frame_index: int, disparity: NDArray[np.float32]) -> float | None:
        """Disparity under the carried point of a ``same_as``; where it is out of sight, of the last frame it was in."""
        edit, key = self._edits[at], self._keys[at]
        step = 1 if frame_index >= edit.frame else -1
        drawn = self._masks.known(key, edit.frame)
        if drawn is None:
            return None
        least = POINT_LOST * int(inside(drawn[1]).sum())
        frame = frame_index
        while True:
            masks = self._masks.known(key, frame)
            if masks is None:
                return None
            patch = inside(masks[1])
            if patch.sum() >= max(1.0, least):
                break
            if frame == edit.frame:
                return None
            frame -= step
        if frame != frame_index:
            ready = getattr(self.source, "read_if_ready", self.source.read)
            elsewhere: NDArray[np.float32] | None = ready(frame)
            if elsewhere is None:
                return None
            disparity = self._repaired(elsewhere, frame, at, wait=False)
        rows, columns = np.nonzero(patch)
        # the middle of the patch, or the pixel of it that is nearest to there
        nearest = int(np.argmin(np.square(rows - rows.mean()) + np.square(columns - columns.mean())))
        height, width = disparity.shape
        x = (columns[nearest] + 0.5) * width / patch.shape[1]
        y = (rows[nearest] + 0.5) * height / patch.shape[0]
        return sample_disparity(disparity, min(width - 1.0, x), min(height - 1.0, y))[0]


def repaired(source: DisparitySource, project: Project, clip_path: Path) -> DisparitySource:
    """The disparity that a project wants: ``source`` with its levels and repairs, or ``source`` itself without any.

    A source that is repaired already is taken apart first, so that nothing is done twice. Opens and reads nothing.
    """
    if isinstance(source, RepairedDisparity):
        source = source.source
    if not any(edit.enabled for edit in project.depth_edits) and not project.depth_levels:
        return source
    fingerprint = project.clip.fingerprint if project.clip is not None else None
    masks = masks_of_clip(clip_path, fingerprint.sha256 if fingerprint is not None else "")
    return RepairedDisparity(source, project.depth_edits, project.depth_levels, masks, project.cuts)
