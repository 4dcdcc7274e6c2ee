"""A contact sheet: what a set or a clip looks like, in one picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from vbr_core.errors import InputError, OutputError
from vbr_core.train.svb.clip_file import read_clip
from vbr_core.train.svb.make import clips_in

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from vbr_core.train.svb.clip_file import Clip

CELL_LINES = 160
"""Height of each small picture."""

CAPTION_LINES = 16
GAP_PX = 8
GREY = 40


def contact_sheet(folder_or_clip: Path, path: Path, clips: int = 8) -> int:
    """Write a PNG with a row per clip: first, middle and last frame, each sharp, with bokeh, and as disparity.

    Args:
        folder_or_clip: A set, of which clips from the first to the last are shown, or one clip.
        path: The PNG to write.
        clips: Most rows.

    Returns:
        Number of clips shown.

    Raises:
        InputError: There is no clip, or one cannot be read, or the name does not end in ``.png``.
        OutputError: The picture cannot be written.
    """
    if path.suffix.lower() != ".png":
        raise InputError(f"The contact sheet '{path}' is not a .png file.", "Choose a name that ends in .png.")
    if clips < 1:
        raise InputError(f"clips = {clips} is less than 1.")
    if not folder_or_clip.exists():
        raise InputError(f"There is no '{folder_or_clip}'.", "Give a folder with SVB clips, or one clip.")
    files = [folder_or_clip] if folder_or_clip.is_file() else clips_in(folder_or_clip)
    chosen = np.unique(np.linspace(0, len(files) - 1, min(clips, len(files))).round().astype(int))
    rows = [_row(files[index].stem, read_clip(files[index])) for index in chosen]
    width = max(row.shape[1] for row in rows)
    sheet = np.concatenate(
        [np.pad(row, ((0, GAP_PX), (0, width - row.shape[1]), (0, 0)), constant_values=GREY) for row in rows]
    )
    data = cv2.imencode(".png", sheet[..., ::-1])[1].tobytes()
    part = path.with_name(path.name + ".part")
    try:
        part.write_bytes(data)
        part.replace(path)
    except OSError as error:
        raise OutputError(f"'{path}' cannot be written: {error.strerror}.", "Choose another place.") from error
    return len(rows)


def _row(name: str, clip: Clip) -> NDArray[np.uint8]:
    """One clip: (CAPTION_LINES + CELL_LINES, width, 3) uint8."""
    frames = len(clip.sharp)
    parts = []
    for t in sorted({0, frames // 2, frames - 1}):
        grey = (clip.disparity[t] >> 8).astype(np.uint8)
        pictures = [clip.sharp[t], clip.bokeh[t], np.repeat(grey[..., None], 3, axis=2)]
        cells = np.concatenate([_small(picture) for picture in pictures], axis=1)
        text = f"{name}  {clip.program}  frame {t}  K {clip.k_px[t]:.1f}  d_f {clip.d_f[t]:.2f}"
        block = np.concatenate([_caption(text, cells.shape[1]), cells])
        parts.append(np.pad(block, ((0, 0), (0, GAP_PX), (0, 0)), constant_values=GREY))
    return np.concatenate(parts, axis=1)


def _small(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    height, width = picture.shape[:2]
    size = (max(1, round(width * CELL_LINES / height)), CELL_LINES)
    interpolation = cv2.INTER_AREA if height > CELL_LINES else cv2.INTER_NEAREST
    return np.asarray(cv2.resize(np.ascontiguousarray(picture), size, interpolation=interpolation), np.uint8)


def _caption(text: str, width: int) -> NDArray[np.uint8]:
    strip = np.full((CAPTION_LINES, width, 3), GREY, np.uint8)
    cv2.putText(strip, text, (3, CAPTION_LINES - 5), cv2.FONT_HERSHEY_SIMPLEX, 0.38, (230, 230, 230), 1, cv2.LINE_AA)
    return strip
