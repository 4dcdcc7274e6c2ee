"""Where the depth repairs of a clip lie on every frame: carried along once, kept in little memory."""

from __future__ import annotations

import hashlib
import threading
import zlib
from collections import OrderedDict
from typing import TYPE_CHECKING, Protocol

import cv2
import msgspec
import numpy as np

from vbr_core.depth.mask_carrier import carry_masks, carry_size, draw_strokes, inside, snap_to_depth, snap_to_picture
from vbr_core.depth.shots import CutDetector
from vbr_core.project import Stroke
from vbr_core.video.reader import VideoReader, to_float

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from vbr_core.depth.source import DisparitySource
    from vbr_core.project import DepthEdit
    from vbr_core.video.info import ClipInfo
    from vbr_core.video.reader import DecodedFrame

CARRY_VERSION = 1
KEPT_BYTES = 128 << 20
PICTURE_BLOCK = 32
KEPT_BLOCKS = 3
POINT_RADIUS = 0.018
"""The patch around the point of ``same_as`` that is carried, as a part of the picture's height."""


class ClipReader(Protocol):
    """What of :class:`vbr_core.video.reader.VideoReader` is used here."""

    @property
    def info(self) -> ClipInfo:
        """Facts of the clip."""

    def frames(self, start: int = 0, stop: int | None = None) -> Iterator[DecodedFrame]:
        """Frames in order."""

    def close(self) -> None:
        """Close the clip."""


class SmallPictures:
    """Reduced pictures of a clip by index, in blocks, so that going backwards is not a seek for every frame."""

    def __init__(self, open_reader: Callable[[], ClipReader]) -> None:
        self._open_reader = open_reader
        self._reader: ClipReader | None = None
        self._blocks: OrderedDict[int, list[NDArray[np.uint8]]] = OrderedDict()

    def _opened(self) -> ClipReader:
        if self._reader is None:
            self._reader = self._open_reader()
        return self._reader

    @property
    def clip_size(self) -> tuple[int, int]:
        """Width and height of the clip."""
        info = self._opened().info
        return info.width, info.height

    def read(self, frame_index: int) -> NDArray[np.uint8]:
        """A picture (h, w, 3) uint8 at the size that masks are carried at.

        Raises:
            ClipError: It cannot be decoded.
        """
        number = frame_index // PICTURE_BLOCK
        if number not in self._blocks:
            reader = self._opened()
            size = carry_size(*self.clip_size)
            stop = min(reader.info.frame_count, (number + 1) * PICTURE_BLOCK)
            self._blocks[number] = [_small(frame, size) for frame in reader.frames(number * PICTURE_BLOCK, stop)]
            while len(self._blocks) > KEPT_BLOCKS:
                self._blocks.popitem(last=False)
        self._blocks.move_to_end(number)
        return self._blocks[number][frame_index % PICTURE_BLOCK]

    def close(self) -> None:
        """Close the clip and forget the pictures; the next read opens it again."""
        self._blocks.clear()
        reader, self._reader = self._reader, None
        if reader is not None:
            reader.close()


def _small(frame: DecodedFrame, size: tuple[int, int]) -> NDArray[np.uint8]:
    rgb = np.asarray(cv2.resize(frame.rgb, size, interpolation=cv2.INTER_AREA))
    return rgb if rgb.dtype == np.uint8 else (rgb // 257).astype(np.uint8)


class RepairMasks:
    """The masks of all repairs of one clip. Safe to use from several threads; carrying is done by one at a time.

    A mask depends on what was drawn and on the pictures between, never on the order in which frames are asked for, on
    the range of the repair, or on the depth model (unless the repair snaps to depth). So the same masks serve every
    range, level and model.
    """

    def __init__(self, open_reader: Callable[[], ClipReader]) -> None:
        """Nothing is opened before the first mask is needed.

        Args:
            open_reader: Opens the clip.
        """
        self._pictures = SmallPictures(open_reader)
        self._carrying = threading.Lock()
        self._lock = threading.Lock()
        self._masks: OrderedDict[str, dict[int, bytes]] = OrderedDict()
        self._shapes: dict[str, tuple[int, int, int]] = {}
        self._empty: dict[str, set[int]] = {}
        self._bytes = 0

    def key(self, edit: DepthEdit, source: DisparitySource) -> str:
        """Names the masks of a repair: equal keys have equal masks."""
        depth = source.fingerprint if edit.snap == "depth" else ""
        point = edit.point if edit.kind == "same_as" else None
        text = msgspec.json.encode((CARRY_VERSION, edit.strokes, edit.frame, point, edit.snap, depth))
        return hashlib.sha256(text).hexdigest()

    def known(self, key: str, frame_index: int) -> NDArray[np.uint8] | None:
        """Masks (n, h, w) uint8 of a repair on a frame if they are there: of its part and, second, of its point."""
        with self._lock:
            data = self._masks.get(key, {}).get(frame_index)
            if data is None:
                return None
            self._masks.move_to_end(key)
            shape = self._shapes[key]
        return np.frombuffer(zlib.decompress(data), np.uint8).reshape(shape)

    def has(self, key: str, frame_index: int) -> bool:
        """Whether the masks of a repair on a frame are there."""
        with self._lock:
            return frame_index in self._masks.get(key, {})

    def lacks(self, key: str, frames: range) -> bool:
        """Whether the masks of a repair are missing on any of ``frames``."""
        with self._lock:
            known = self._masks.get(key, {})
            return any(frame not in known for frame in frames)

    def lost(self, key: str, drawn: int, frames: range) -> tuple[int | None, int | None]:
        """Where the part went out of sight for good, as far as it was carried.

        Args:
            key: Of the repair.
            drawn: Frame it was drawn on.
            frames: Those it holds for.

        Returns:
            The first frame after ``drawn`` and the last one before it from which on nothing of the part is left to the
            end of ``frames``; None where it never is.
        """
        after = before = None
        with self._lock:
            empty = self._empty.get(key, set())
            for frame in range(frames.stop - 1, drawn, -1):
                if frame not in empty:
                    break
                after = frame
            for frame in range(frames.start, drawn):
                if frame not in empty:
                    break
                before = frame
        return after, before

    def ensure(self, key: str, edit: DepthEdit, frame_index: int, source: DisparitySource) -> NDArray[np.uint8]:
        """Masks as :meth:`known`, carried there from the nearest frame that has them.

        They are empty beyond a cut, and after the part went out of sight.

        Raises:
            ClipError: The clip cannot be decoded.
            DepthError: A repair snaps to depth, and the depth of its frame is not there.
        """
        with self._carrying:
            found = self.known(key, frame_index)
            if found is not None:
                return found
            step = 1 if frame_index > edit.frame else -1
            at = frame_index
            while at != edit.frame and not self.has(key, at):
                at -= step
            masks = self.known(key, at)
            if masks is None:
                masks = self._draw(edit, source)
                at = edit.frame
                self._keep(key, at, masks)
            while at != frame_index:
                masks = self._carried(masks, at, at + step)
                at += step
                self._keep(key, at, masks)
            return masks

    def close(self) -> None:
        """Close the clip; the masks stay, and more may be asked for."""
        with self._carrying:
            self._pictures.close()

    def _draw(self, edit: DepthEdit, source: DisparitySource) -> NDArray[np.uint8]:
        clip_size = self._pictures.clip_size
        size = carry_size(*clip_size)
        mask = draw_strokes(edit.strokes, clip_size, size)
        if edit.snap == "picture":
            mask = snap_to_picture(mask, self._pictures.read(edit.frame))
        elif edit.snap == "depth":
            mask = snap_to_depth(mask, source.read(edit.frame))
        if edit.kind != "same_as" or edit.point is None:
            return mask[None]
        patch = Stroke((edit.point,), max(2.0, POINT_RADIUS * clip_size[1]))
        return np.stack([mask, draw_strokes((patch,), clip_size, size)])

    def _carried(self, masks: NDArray[np.uint8], here: int, there: int) -> NDArray[np.uint8]:
        if not masks.any():
            return masks
        first, second = self._pictures.read(here), self._pictures.read(there)
        detector = CutDetector()
        detector.is_cut(to_float(first))
        if detector.is_cut(to_float(second)):
            return np.zeros_like(masks)
        return carry_masks(masks, first, second)

    def _keep(self, key: str, frame_index: int, masks: NDArray[np.uint8]) -> None:
        """Store masks; those of repairs that were not used for longest are dropped as memory runs out."""
        data = zlib.compress(masks.tobytes(), 1)
        with self._lock:
            self._shapes[key] = (masks.shape[0], masks.shape[1], masks.shape[2])
            self._masks.setdefault(key, {})[frame_index] = data
            self._masks.move_to_end(key)
            if not inside(masks[0]).any():
                self._empty.setdefault(key, set()).add(frame_index)
            self._bytes += len(data)
            while self._bytes > KEPT_BYTES and len(self._masks) > 1:
                dropped, frames = self._masks.popitem(last=False)
                self._bytes -= sum(len(each) for each in frames.values())
                del self._shapes[dropped]
                self._empty.pop(dropped, None)


_recent: OrderedDict[str, RepairMasks] = OrderedDict()
_recent_lock = threading.Lock()


def masks_of_clip(clip_path: Path, content: str) -> RepairMasks:
    """The masks of a clip, kept over changes of the project: those of the last two clips stay in memory.

    Args:
        clip_path: The clip; not opened here.
        content: What tells it from another clip that lay at the same place.
    """
    name = f"{clip_path}\n{content}"
    with _recent_lock:
        masks = _recent.pop(name, None) or RepairMasks(lambda: VideoReader(clip_path))
        _recent[name] = masks
        while len(_recent) > 2:
            _recent.popitem(last=False)
        return masks
