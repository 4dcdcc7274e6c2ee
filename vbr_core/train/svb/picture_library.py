"""The photographs and cut-outs that SVB scenes are made of, and their split."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

import cv2
import numpy as np

from vbr_core.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

Split = Literal["train", "validation", "test", "all"]

PICTURE_SUFFIXES = {".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".bmp"}
TEST_SHARE = 0.15
VALIDATION_SHARE = 0.05

_VIEW = re.compile(r"[-_]\d$")


def identity(path: Path) -> str:
    """Who or what a picture shows: its name without a last ``-0`` or ``_0``, which numbers views of one thing."""
    return _VIEW.sub("", path.stem)


def split_of(path: Path) -> str:
    """``train``, ``validation`` or ``test``: a function of the identity alone, so it never changes as files come."""
    digest = hashlib.sha256(identity(path).encode()).digest()
    place = int.from_bytes(digest[:8], "big") / 2**64
    if place < TEST_SHARE:
        return "test"
    return "validation" if place < TEST_SHARE + VALIDATION_SHARE else "train"


@dataclass(frozen=True)
class Library:
    """Pictures of one split.

    Attributes:
        photographs: Files used as backgrounds.
        cutouts: Files with an alpha channel used as objects.
        split: The split they were chosen for.
    """

    photographs: tuple[Path, ...]
    cutouts: tuple[Path, ...]
    split: str


def open_library(photographs: list[Path], cutouts: list[Path], split: str = "all") -> Library:
    """List the pictures of a split.

    Args:
        photographs: Folders with photographs (searched with their sub-folders).
        cutouts: Folders with pictures that have an alpha channel.
        split: ``train``, ``validation``, ``test``, or ``all``. No picture, and no other view of the same thing
            (see :func:`identity`), is in two of the first three.

    Raises:
        InputError: A folder is missing, or the split holds no photograph or no cut-out.
    """
    if split not in get_args(Split):
        raise InputError(f"There is no split called '{split}'.", f"Choose one of: {', '.join(get_args(Split))}.")
    found = []
    for what, folders in (("photographs", photographs), ("cut-outs", cutouts)):
        files = [file for folder in folders for file in _pictures(folder)]
        chosen = tuple(sorted(file for file in files if split in ("all", split_of(file))))
        if not chosen:
            raise InputError(
                f"There are no {what} for the split '{split}': {len(files)} pictures were found in "
                f"{', '.join(str(folder) for folder in folders)}.",
                "Give folders with JPEG, PNG, WebP or TIFF files.",
            )
        found.append(chosen)
    return Library(found[0], found[1], split)


def _pictures(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise InputError(f"'{folder}' is not a folder.", "Give a folder with pictures.")
    return [file for file in folder.rglob("*") if file.suffix.lower() in PICTURE_SUFFIXES]


def read_picture(path: Path, alpha: bool) -> NDArray[np.float32]:
    """A picture as float32, sRGB-encoded, 0..1: (H, W, 3), or with ``alpha`` (H, W, 4), not premultiplied.

    Raises:
        InputError: It cannot be read, or has no alpha channel where one is needed.
    """
    data = np.frombuffer(path.read_bytes(), np.uint8)
    picture = cv2.imdecode(data, cv2.IMREAD_UNCHANGED) if len(data) else None
    if picture is None:
        raise InputError(f"'{path}' is not a picture that can be read.", "Take it out of the folder.")
    if picture.ndim == 2:
        picture = cv2.cvtColor(picture, cv2.COLOR_GRAY2BGR)
    scale = 65535.0 if picture.dtype == np.uint16 else 255.0
    if alpha:
        if picture.shape[2] != 4:
            raise InputError(f"'{path}' has no alpha channel.", "Cut-outs need one; photographs go into other folders.")
        picture = cv2.cvtColor(picture, cv2.COLOR_BGRA2RGBA)
    else:
        picture = cv2.cvtColor(picture[..., :3], cv2.COLOR_BGR2RGB)
    result: NDArray[np.float32] = np.asarray(picture, np.float32) / np.float32(scale)
    return result
