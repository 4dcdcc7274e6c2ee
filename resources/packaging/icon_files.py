"""The program's mark as the icon files of Windows (``.ico``) and macOS (``.icns``), drawn from the SVG."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from PySide6.QtCore import QBuffer, QByteArray, QIODevice
from PySide6.QtGui import QImage, QPainter
from PySide6.QtSvg import QSvgRenderer

if TYPE_CHECKING:
    from pathlib import Path

ICO_SIZES_PX = (16, 24, 32, 48, 64, 128, 256)

ICNS_TYPES = {
    b"icp4": 16,
    b"icp5": 32,
    b"ic07": 128,
    b"ic08": 256,
    b"ic09": 512,
    b"ic10": 1024,
    b"ic11": 32,
    b"ic12": 64,
    b"ic13": 256,
    b"ic14": 512,
}
"""Type of an entry -> its side in pixels; the last four are those of screens with two pixels a point."""


def draw_png(svg: Path, side_px: int) -> bytes:
    """The drawing as a square PNG with transparent ground.

    Raises:
        ValueError: The file is not an SVG drawing.
    """
    renderer = QSvgRenderer(QByteArray(svg.read_bytes()))
    if not renderer.isValid():
        raise ValueError(f"'{svg}' is not an SVG drawing")
    image = QImage(side_px, side_px, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(0)
    painter = QPainter(image)
    renderer.render(painter)
    painter.end()
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")
    return bytes(buffer.data().data())


def ico_bytes(svg: Path) -> bytes:
    """A Windows icon: a table of contents, then a PNG for each size."""
    pictures = [draw_png(svg, side_px) for side_px in ICO_SIZES_PX]
    head = struct.pack("<HHH", 0, 1, len(pictures))
    offset = len(head) + 16 * len(pictures)
    table = b""
    for side_px, picture in zip(ICO_SIZES_PX, pictures, strict=True):
        side = side_px % 256  # 0 stands for 256
        table += struct.pack("<BBBBHHII", side, side, 0, 0, 1, 32, len(picture), offset)
        offset += len(picture)
    return head + table + b"".join(pictures)


def icns_bytes(svg: Path) -> bytes:
    """A macOS icon: chunks of type, length and PNG."""
    chunks = b""
    for kind, side_px in ICNS_TYPES.items():
        picture = draw_png(svg, side_px)
        chunks += kind + struct.pack(">I", len(picture) + 8) + picture
    return b"icns" + struct.pack(">I", len(chunks) + 8) + chunks


def write_icon(svg: Path, folder: Path, platform: str) -> Path | None:
    """Write the icon file that programs of ``platform`` (as ``sys.platform``) carry; None where they carry none."""
    if platform == "win32":
        path, content = folder / "app.ico", ico_bytes(svg)
    elif platform == "darwin":
        path, content = folder / "app.icns", icns_bytes(svg)
    else:
        return None
    folder.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path
