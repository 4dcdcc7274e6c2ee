"""Pictures of an evaluation: enlarged crops side by side, and slices through time that show flicker."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from vbr_core.errors import OutputError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

ZOOM = 3
CROPS_A_LINE = 6
LABEL_LINES = 18
TRUTH = "truth"


def worst_place(result: NDArray[np.uint8], truth: NDArray[np.uint8], band: NDArray[np.bool_]) -> tuple[int, int, int]:
    """Where a result is farthest from the truth, near an object boundary if there is one: frame, row, column.

    Args:
        result: (T, H, W, 3) uint8, sRGB.
        truth: The same.
        band: (T, H, W) bool.
    """
    error = np.abs(result.astype(np.float32) - truth).mean(axis=-1)
    error = np.stack([cv2.blur(frame, (9, 9)) for frame in error])
    if band.any():
        error = np.where(band, error, -1.0)
    frame, row, column = np.unravel_index(int(error.argmax()), error.shape)
    return int(frame), int(row), int(column)


def write_crops(path: Path, results: dict[str, NDArray[np.uint8]], place: tuple[int, int, int]) -> None:
    """Crops around ``place``, enlarged three times without smoothing, with names; six a line.

    Args:
        path: PNG file.
        results: By name, the truth among them: (T, H, W, 3) uint8, sRGB.
        place: Frame, row, column.
    """
    frame, row, column = place
    height, width = next(iter(results.values())).shape[1:3]
    size = min(height, width, max(48, height // 4))
    top, left = (int(np.clip(at - size // 2, 0, most - size)) for at, most in ((row, height), (column, width)))
    cells = []
    for name, clip in results.items():
        crop = clip[frame, top : top + size, left : left + size]
        cells.append(_labelled(name, crop.repeat(ZOOM, axis=0).repeat(ZOOM, axis=1)))
    while len(cells) > CROPS_A_LINE and len(cells) % CROPS_A_LINE:
        cells.append(np.zeros_like(cells[0]))
    lines = [np.hstack(cells[first : first + CROPS_A_LINE]) for first in range(0, len(cells), CROPS_A_LINE)]
    _write(path, np.vstack(lines))


def write_slices(path: Path, results: dict[str, NDArray[np.uint8]], row: int) -> None:
    """One line of the picture over time (time runs down), for every result, with names.

    Args:
        path: PNG file.
        results: By name, the truth among them: (T, H, W, 3) uint8, sRGB.
        row: Which line.
    """
    strips = [
        _labelled(name, clip[:, row].repeat(2 * ZOOM, axis=0).repeat(ZOOM, axis=1)) for name, clip in results.items()
    ]
    _write(path, np.vstack(strips))


def _labelled(name: str, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The picture (h, w, 3) under a line with its name."""
    label = np.zeros((LABEL_LINES, picture.shape[1], 3), np.uint8)
    cv2.putText(label, name, (3, LABEL_LINES - 5), cv2.FONT_HERSHEY_SIMPLEX, 0.45, (255, 255, 255), 1, cv2.LINE_AA)
    return np.vstack([label, picture])


def _write(path: Path, picture: NDArray[np.uint8]) -> None:
    done, data = cv2.imencode(".png", np.ascontiguousarray(picture[..., ::-1]))
    if not done:
        raise OutputError(f"The picture '{path}' could not be encoded.")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(bytes(data))
