"""Single pictures on request: what the preview, the click and the histogram need.

A server holds one open clip. It is used from one thread only (the preview worker's).
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import cv2
import numpy as np

from vbr_core.depth.subjects import find_subjects
from vbr_core.depth.upsample import guided_upsample
from vbr_core.focus.sampling import patch_outline, sample_disparity, sample_patch
from vbr_core.render.engine import RenderEngine
from vbr_core.render.optics import defocus_map, k_in_pixels, with_near_far, with_sharp_zone
from vbr_core.render.overlays import (
    defocus_picture,
    disparity_picture,
    grey_picture,
    overlay_picture,
    peaking_picture,
    zone_picture,
)
from vbr_core.render.request import FocusSample, RenderedFrame, RenderRequest
from vbr_core.settings import RenderSettings
from vbr_core.video.frame_cache import FrameCache
from vbr_core.video.reader import VideoReader

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from vbr_core.depth.source import DisparitySource
    from vbr_core.depth.subjects import Subject
    from vbr_core.video.info import ClipInfo


class FrameServer:
    """Decodes, refocuses and explains single frames of one clip.

    Attributes:
        info: Facts of the clip.
    """

    def __init__(self, clip_path: str | Path, cache_bytes: int = 400 << 20) -> None:
        """Open a clip.

        Args:
            clip_path: The video file.
            cache_bytes: Bound on the decoded pictures that are kept.

        Raises:
            ClipError: The clip cannot be opened.
        """
        self._reader = VideoReader(clip_path)
        self.info: ClipInfo = self._reader.info
        self._cache = FrameCache(cache_bytes)
        self._disparity: DisparitySource | None = None
        self._engines: dict[tuple[str, str], RenderEngine] = {}

    def close(self) -> None:
        """Close the clip."""
        self._reader.close()

    def set_disparity(self, source: DisparitySource | None) -> None:
        """Take disparity from ``source``, which may still be filling; None for no disparity."""
        self._disparity = source

    def render(self, request: RenderRequest) -> RenderedFrame:
        """Make the picture that ``request`` asks for.

        Without disparity of that frame the source picture is shown, and the note says so. So it does of a depth
        repair that was not carried to the frame yet.

        Raises:
            ClipError: The frame cannot be decoded.
            InputError: A value of the request is out of range.
        """
        started = time.perf_counter()
        rgb = self._picture(request.frame_index, request.lines)
        disparity = None if request.view == "source" else self._disparity_of(request.frame_index)
        shown, note = rgb, ""
        if request.view != "source" and disparity is None:
            note = "No depth for this frame yet: the source is shown."
        elif disparity is not None:
            shown, note = self._view(request, rgb, disparity)
            is_waiting = getattr(self._disparity, "is_waiting", None)
            if is_waiting is not None and is_waiting(request.frame_index):
                note = note or "A depth repair is not on this frame yet."
        beside = None
        if request.beside == "source":
            beside = rgb
        elif request.beside == "unrepaired":
            plain = None if disparity is None else self._disparity_of(request.frame_index, repaired=False)
            beside = rgb if plain is None else self._view(request, rgb, plain)[0]
        has_depth = disparity is not None or (request.view == "source" and self._disparity is not None)
        seconds = time.perf_counter() - started
        return RenderedFrame(request, shown, seconds, self.info.height, has_depth, note, beside)

    def _view(
        self, request: RenderRequest, rgb: NDArray[np.uint8], disparity: NDArray[np.float32]
    ) -> tuple[NDArray[np.uint8], str]:
        """The view that a request asks for (not ``source``), made of a picture and its disparity; and a note."""
        if request.view in ("result", "peaking"):
            engine = self._engine(request.renderer, request.device)
            picture = engine.render(
                rgb, disparity, request.d_f, request.k, request.sharp_zone, request.largest_radius, request.look
            )
            result = np.asarray(picture, dtype=np.uint8)
            return (peaking_picture(rgb, result) if request.view == "peaking" else result), engine.note
        full = guided_upsample(disparity, rgb)
        if request.view == "disparity":
            return disparity_picture(full), ""
        if request.view == "grey":
            return grey_picture(full), ""
        if request.view == "overlay":
            return overlay_picture(rgb, full), ""
        full = with_sharp_zone(full, request.d_f, request.sharp_zone)
        if request.look is not None:
            full = with_near_far(full, request.d_f, request.look.near, request.look.far)
        if request.view == "zone":
            return zone_picture(rgb, defocus_map(full, request.d_f, k_in_pixels(request.k, self.info.height))), ""
        return defocus_picture(rgb, defocus_map(full, request.d_f, k_in_pixels(request.k, rgb.shape[0]))), ""

    def sample(self, frame_index: int, x: float, y: float) -> FocusSample | None:
        """Disparity under a point of the upright picture (pixels of the clip); None if it is not there yet.

        Raises:
            InputError: The point lies outside the picture.
        """
        disparity = self._disparity_of(frame_index)
        if disparity is None:
            return None
        value, patch_px = sample_point(disparity, x, y, self.info)
        scale_x, scale_y = self.info.width / disparity.shape[1], self.info.height / disparity.shape[0]
        _, mask, origin = sample_patch(
            disparity, min(disparity.shape[1] - 1.0, x / scale_x), min(disparity.shape[0] - 1.0, y / scale_y)
        )
        outline = patch_outline(mask, origin, scale_x, scale_y)
        return FocusSample(frame_index, x, y, value, patch_px, outline)

    def histogram(self, frame_index: int, bins: int = 64) -> NDArray[np.float32] | None:
        """How often each disparity occurs in a frame: (bins,) float32 over 0..1, largest 1; None if not there yet."""
        disparity = self._disparity_of(frame_index)
        if disparity is None:
            return None
        counts = np.histogram(disparity, bins=bins, range=(0.0, 1.0))[0].astype(np.float32)
        return np.asarray(counts / max(1.0, float(counts.max())), dtype=np.float32)

    def subjects(self, frame_index: int) -> tuple[Subject, ...] | None:
        """What could be focused in a frame, nearest first, places in parts of the picture; None if not there yet."""
        disparity = self._disparity_of(frame_index)
        return None if disparity is None else find_subjects(disparity)

    def _disparity_of(self, frame_index: int, *, repaired: bool = True) -> NDArray[np.float32] | None:
        """Disparity of a frame, with the project's repairs or without; None if it is not there yet."""
        if self._disparity is None:
            return None
        source = self._disparity if repaired else getattr(self._disparity, "source", self._disparity)
        ready = getattr(source, "read_if_ready", None)
        if ready is not None:
            result: NDArray[np.float32] | None = ready(frame_index)
            return result
        found: NDArray[np.float32] = source.read(frame_index)
        return found

    def _engine(self, renderer: str, device: str) -> RenderEngine:
        key = (renderer, device)
        if key not in self._engines:
            self._engines[key] = RenderEngine(RenderSettings(renderer, device))
        return self._engines[key]

    def _picture(self, frame_index: int, lines: int) -> NDArray[np.uint8]:
        """The frame as uint8, reduced to ``lines`` (0: not reduced)."""
        key = (frame_index, lines)
        cached = self._cache.get(key)
        if cached is not None:
            return np.asarray(cached, dtype=np.uint8)
        rgb = self._reader.frame(frame_index).rgb
        if rgb.dtype == np.uint16:
            rgb = ((rgb.astype(np.uint32) + 128) // 257).astype(np.uint8)
        height, width = rgb.shape[:2]
        if 0 < lines < height:
            size = (max(1, round(width * lines / height)), lines)
            rgb = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA)
        picture: NDArray[np.uint8] = np.ascontiguousarray(rgb, dtype=np.uint8)
        self._cache.put(key, picture)
        return picture


def sample_point(disparity: NDArray[np.float32], x: float, y: float, info: ClipInfo) -> tuple[float, int]:
    """Disparity under a point given in pixels of the clip, from a map of any size.

    Returns:
        The value 0..1 and the patch in pixels of the clip.

    Raises:
        InputError: The point lies outside the picture.
    """
    height, width = disparity.shape
    if 0 <= x < info.width and 0 <= y < info.height:
        scale_x, scale_y = width / info.width, height / info.height
        value, count = sample_disparity(disparity, min(width - 1.0, x * scale_x), min(height - 1.0, y * scale_y))
        return value, round(count / (scale_x * scale_y))
    # let the one place that words the error do so, in the clip's own pixels
    return sample_disparity(np.zeros((info.height, info.width), np.float32), x, y)
