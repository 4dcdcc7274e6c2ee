"""More light for blurred highlights, as far as a person asks for it.

What a camera clipped spreads too little light when it is blurred. The look's gain gives it more: stops above white,
less below, none at the threshold. What is in focus is shown as it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from vbr_core.look import Look

FOCUSED_PX, BLURRED_PX = 0.75, 1.5
"""A highlight gets its light from the first radius on, all of it from the second one on."""


def light_share(radius_px: Any) -> Any:
    """How much of its light a highlight gets, 0..1, by its blur radius: an array or a tensor of any shape."""
    return ((radius_px - FOCUSED_PX) / (BLURRED_PX - FOCUSED_PX)).clip(0.0, 1.0)


def only_where_blurred(
    frame: NDArray[np.float32], bright: NDArray[np.float32], disparity: NDArray[np.float32], d_f: float, k_px: float
) -> NDArray[np.float32]:
    """``bright`` where the picture is blurred, ``frame`` where it is in focus: (H, W, 3) sRGB each."""
    blurred = light_share(np.abs(disparity - np.float32(d_f)) * np.float32(k_px))
    result: NDArray[np.float32] = frame + blurred[..., None] * (bright - frame)
    return result


def with_gain(frame: NDArray[np.float32], look: Look | None) -> NDArray[np.float32]:
    """The picture with more light in its highlights.

    The gain of a pixel's linear light is ``2^(gain * s)`` with ``s`` rising smoothly (smoothstep) from 0 at the
    threshold to 1 at white, by its largest channel: the same for all channels, so that the colour stays.

    Args:
        frame: (H, W, 3) float32, sRGB 0..1, or on the sRGB curve continued above 1.
        look: None, or a gain of 0, changes nothing.

    Returns:
        (H, W, 3) float32 on the sRGB curve continued above 1; ``frame`` itself if nothing changes.
    """
    if look is None or look.highlight_gain == 0.0:
        return frame
    largest = frame.max(axis=-1)
    rows, columns = np.nonzero(largest > look.highlight_threshold)
    if len(rows) == 0:
        return frame
    place = (largest[rows, columns] - look.highlight_threshold) / (1.0 - look.highlight_threshold)
    place = np.clip(place, 0.0, 1.0)
    gain = np.exp2(look.highlight_gain * place * place * (3.0 - 2.0 * place))
    encoded = frame[rows, columns]
    # IEC 61966-2-1 and back, for these pixels only
    linear = np.where(encoded <= 0.04045, encoded / 12.92, ((np.maximum(encoded, 0.0) + 0.055) / 1.055) ** 2.4)
    linear = linear * gain[:, None]
    result = frame.copy()
    result[rows, columns] = np.where(
        linear <= 0.0031308, linear * 12.92, 1.055 * np.maximum(linear, 1e-12) ** (1 / 2.4) - 0.055
    )
    return result
