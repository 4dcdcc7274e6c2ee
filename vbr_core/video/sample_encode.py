"""How many bytes a few pictures take when they are encoded: for estimates; no file is written."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any, cast

import av
import av.error
import numpy as np

from vbr_core.errors import OutputError
from vbr_core.video.color import FromRgb, nearest_matrix

if TYPE_CHECKING:
    from collections.abc import Sequence

    from av.video.codeccontext import VideoCodecContext
    from numpy.typing import NDArray

    from vbr_core.video.encode_settings import EncodeSettings
    from vbr_core.video.info import ClipInfo


def coded_sizes(
    pictures: Sequence[NDArray[Any]], source: ClipInfo, settings: EncodeSettings
) -> tuple[list[int], list[int]]:
    """Bytes of pictures as the writer's encoder would code them.

    Args:
        pictures: Consecutive frames, (H, W, 3) uint8 or uint16, all of one size.
        source: The clip that they come from.
        settings: How to encode.

    Returns:
        Sizes of the frames that stand alone, and of those that build on others.

    Raises:
        OutputError: The encoder refuses them.
    """
    height, width = (side // 2 * 2 for side in pictures[0].shape[:2])
    color = replace(source.color, matrix=nearest_matrix(source.color.matrix))
    if source.color.matrix == "gbr":
        color = replace(color, full_range=False)
    from_rgb = FromRgb(color, settings.pixel_format)
    rate = source.frame_rate.limit_denominator(10_000) or Fraction(25)
    alone: list[int] = []
    others: list[int] = []
    try:
        context = cast("VideoCodecContext", av.CodecContext.create(settings.encoder, "w"))
        context.width, context.height, context.pix_fmt = width, height, settings.pixel_format
        context.time_base, context.framerate = 1 / rate, rate
        context.thread_count = settings.threads
        context.gop_size = gop_frames(source)
        context.options = settings.encoder_options(source)
        for number, picture in enumerate(pictures):
            frame = from_rgb.convert(np.ascontiguousarray(picture[:height, :width]))
            frame.pts, frame.time_base = number, 1 / rate
            for packet in context.encode(frame):
                (alone if packet.is_keyframe else others).append(packet.size)
        for packet in context.encode(None):
            (alone if packet.is_keyframe else others).append(packet.size)
    except (ValueError, av.error.FFmpegError) as error:
        raise OutputError(f"The encoder cannot take this picture: {error}.") from error
    return alone, others


def gop_frames(source: ClipInfo) -> int:
    """Most frames from one that stands alone to the next, as the writer sets it."""
    return max(12, round(2 * source.frame_rate.limit_denominator(10_000)))
