"""One SVB clip on disk: a ZIP archive (stored, not compressed again) that any tool opens.

``clip.json``            version, size, programme, seed, sources, and per frame ``d_f`` and ``k_px``
``sharp/00.webp`` ...    all-in-focus frame, 8-bit sRGB, lossless
``bokeh/00.webp`` ...    ray-traced frame, 8-bit sRGB, lossless
``disparity/00.png`` ... 16-bit grey, 0 (farthest) .. 65535 (nearest)
``band/00.png`` ...      1-bit: pixels near an object's boundary, where PSNR_ob and SSIM_ob are measured
"""

from __future__ import annotations

import json
import zipfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from vbr_core.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

FORMAT_VERSION = 1
SUFFIX = ".svb"
BAND_LINES = 32
"""The band reaches this part of the picture's height to either side of a boundary: 8 pixels at 256 lines."""


@dataclass(frozen=True)
class Clip:
    """A clip in memory.

    Attributes:
        sharp: (T, H, W, 3) uint8, sRGB: all in focus.
        bokeh: (T, H, W, 3) uint8, sRGB: the ray-traced truth.
        disparity: (T, H, W) uint16, 0 (farthest) .. 65535 (nearest).
        band: (T, H, W) bool: near an object's boundary.
        d_f: (T,) float32, disparity of the focal plane.
        k_px: (T,) float32, blur radius in pixels per unit of disparity.
        program: What the camera changes; see ``scene.PROGRAMS``.
        sources: Names of the pictures it is made of, the background first.
    """

    sharp: NDArray[np.uint8]
    bokeh: NDArray[np.uint8]
    disparity: NDArray[np.uint16]
    band: NDArray[np.bool_]
    d_f: NDArray[np.float32]
    k_px: NDArray[np.float32]
    program: str
    sources: tuple[str, ...]


def boundary_band(plane: NDArray[np.int16]) -> NDArray[np.bool_]:
    """Pixels near the boundary of an object: (H, W) plane numbers -> (H, W) bool (the band of PSNR_ob, MPIB)."""
    labels = plane.astype(np.int16)
    square = np.ones((3, 3), np.uint8)
    edge = cv2.dilate(labels, square) != cv2.erode(labels, square)
    reach = max(1, plane.shape[0] // BAND_LINES)
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    band: NDArray[np.bool_] = np.asarray(cv2.dilate(edge.astype(np.uint8), disc)) > 0
    return band


def write_clip(path: Path, clip: Clip, notes: dict[str, Any] | None = None) -> None:
    """Write a clip; an unfinished file never has the final name.

    Args:
        path: File to write.
        clip: What to write.
        notes: More for ``clip.json`` (seed, rays).
    """
    part = path.with_name(path.name + ".part")
    info = {
        "version": FORMAT_VERSION,
        "frames": len(clip.sharp),
        "height": int(clip.sharp.shape[1]),
        "width": int(clip.sharp.shape[2]),
        "d_f": [float(value) for value in clip.d_f],
        "k_px": [float(value) for value in clip.k_px],
        "program": clip.program,
        "sources": list(clip.sources),
        **(notes or {}),
    }
    pictures: dict[str, tuple[NDArray[Any], list[int]]] = {}
    lossless = [cv2.IMWRITE_WEBP_QUALITY, 101]
    for t in range(len(clip.sharp)):
        pictures[f"sharp/{t:02d}.webp"] = (clip.sharp[t][..., ::-1], lossless)
        pictures[f"bokeh/{t:02d}.webp"] = (clip.bokeh[t][..., ::-1], lossless)
        pictures[f"disparity/{t:02d}.png"] = (clip.disparity[t], [cv2.IMWRITE_PNG_COMPRESSION, 6])
        pictures[f"band/{t:02d}.png"] = (clip.band[t].astype(np.uint8) * 255, [cv2.IMWRITE_PNG_BILEVEL, 1])
    with zipfile.ZipFile(part, "w", zipfile.ZIP_STORED) as archive, ThreadPoolExecutor(2) as pool:
        archive.writestr("clip.json", json.dumps(info, indent=1, sort_keys=True))
        encoded = pool.map(lambda item: _encode(item[0], *item[1]), pictures.items())
        for name, data in zip(pictures, encoded, strict=True):
            archive.writestr(name, data)
    part.replace(path)


def read_clip(path: Path) -> Clip:
    """Read a clip.

    Raises:
        InputError: The file is not a whole SVB clip of a version known here.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            info = _facts(archive)
            if info.get("version") != FORMAT_VERSION:
                raise InputError(
                    f"'{path}' has format version {info.get('version')}, this program reads {FORMAT_VERSION}.",
                    "Make the set again with `vbr dataset make`.",
                )
            frames = range(int(info["frames"]))
            sharp = np.stack([_decode(archive.read(f"sharp/{t:02d}.webp"))[..., ::-1] for t in frames])
            bokeh = np.stack([_decode(archive.read(f"bokeh/{t:02d}.webp"))[..., ::-1] for t in frames])
            disparity = np.stack([_decode(archive.read(f"disparity/{t:02d}.png")) for t in frames])
            band = np.stack([_decode(archive.read(f"band/{t:02d}.png")) > 0 for t in frames])
        return Clip(
            np.ascontiguousarray(sharp),
            np.ascontiguousarray(bokeh),
            disparity,
            band,
            np.asarray(info["d_f"], np.float32),
            np.asarray(info["k_px"], np.float32),
            str(info["program"]),
            tuple(info["sources"]),
        )
    except (OSError, zipfile.BadZipFile, KeyError, ValueError, TypeError, cv2.error) as error:
        raise InputError(
            f"'{path}' is not a whole SVB clip: {error}.", "Delete it and run `vbr dataset make` again."
        ) from error


def read_info(path: Path) -> dict[str, Any]:
    """Only ``clip.json`` of a clip.

    Raises:
        InputError: The file is not an SVB clip.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            return _facts(archive)
    except (OSError, zipfile.BadZipFile, KeyError, ValueError) as error:
        raise InputError(f"'{path}' is not an SVB clip: {error}.", "Delete it and make it again.") from error


def _facts(archive: zipfile.ZipFile) -> dict[str, Any]:
    info = json.loads(archive.read("clip.json"))
    if not isinstance(info, dict):
        raise ValueError("its clip.json holds no fields")
    return info


def _encode(name: str, picture: NDArray[Any], options: list[int]) -> bytes:
    done, data = cv2.imencode(name[name.rindex(".") :], np.ascontiguousarray(picture), options)
    if not done:
        raise InputError(f"The frame '{name}' could not be encoded.")
    return bytes(data)


def _decode(data: bytes) -> NDArray[Any]:
    picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if picture is None:
        raise ValueError("a picture in it is damaged")
    return np.asarray(picture)
