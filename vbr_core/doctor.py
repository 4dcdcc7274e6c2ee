"""A look at the machine: what the program needs and whether it is there, and a self-test against a stored reference."""

from __future__ import annotations

import ctypes
import importlib.metadata
import os
import platform
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np

from resources import resource_path
from vbr_core.errors import VbrError
from vbr_core.memory import total_bytes

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

WINDOW_LIBRARIES = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-randr.so.0": "libxcb-randr0",
}
"""Shared library -> Debian/Ubuntu package: what Qt needs for a window on Linux."""

REFERENCE_TOLERANCE = 2e-3
"""Largest difference (sRGB 0..1) from the stored pictures: other processors round differently."""


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the report.

    Attributes:
        name: What was looked at.
        ok: Whether it is as it should be.
        found: What was found.
        hint: What to do if it is not.
        needed: Whether rendering does not work without it.
    """

    name: str
    ok: bool
    found: str
    hint: str = ""
    needed: bool = True


def examine() -> list[Check]:
    """All checks, the self-test last."""
    return [
        Check("Python", sys.version_info >= (3, 11), platform.python_version(), "Use Python 3.11 or newer."),
        *_packages(),
        *_devices(),
        _encoders(),
        _window(),
        _cache(),
        *_models(),
        *self_test(),
    ]


def machine() -> list[Check]:
    """What the program runs on: libraries, devices, encoders. Names no file and no folder."""
    return [*_packages(), *_devices(), _encoders()]


def _packages() -> list[Check]:
    checks = []
    for name in ("torch", "av", "numba", "opencv-python", "timm", "PySide6", "pyqtgraph"):
        try:
            checks.append(
                Check(name, True, importlib.metadata.version(name), needed=name not in {"PySide6", "pyqtgraph"})
            )
        except importlib.metadata.PackageNotFoundError:
            checks.append(Check(name, False, "not installed", f"pip install {name}"))
    return checks


def _devices() -> list[Check]:
    import torch

    memory = f", {total_bytes() / 2**30:.1f} GiB of memory" if total_bytes() else ""
    checks = [Check("CPU", True, f"{os.cpu_count()} cores{memory}")]
    if torch.cuda.is_available():
        from vbr_core.kernels.scatter_cuda import uses_triton

        properties = torch.cuda.get_device_properties(0)
        form = "Triton" if uses_triton("cuda:0") else "torch (slower; Triton needs Linux and a C compiler)"
        detail = f"{properties.name}, {properties.total_memory / 2**30:.1f} GiB; scatter by {form}"
        checks.append(Check("CUDA", True, detail, needed=False))
    else:
        checks.append(Check("CUDA", False, "no device", "The CPU is used: all works, only slower.", needed=False))
    if sys.platform == "darwin":
        checks.append(Check("Apple GPU", torch.backends.mps.is_available(), "mps", needed=False))
    return checks


def _encoders() -> Check:
    import av

    missing = [name for name in ("libx264", "libx265", "aac") if name not in av.codecs_available]
    found = f"FFmpeg in PyAV {av.__version__}: H.264, HEVC, AAC"
    if missing:
        return Check("Encoders", False, f"missing: {', '.join(missing)}", "Reinstall the PyAV wheel: pip install av")
    return Check("Encoders", True, found)


def _window() -> Check:
    """Whether the system libraries of the window are there (Linux only: elsewhere they come with PySide6)."""
    if not sys.platform.startswith("linux"):
        return Check("Window libraries", True, "come with PySide6", needed=False)
    missing = [package for library, package in WINDOW_LIBRARIES.items() if not _loads(library)]
    if missing:
        return Check(
            "Window libraries",
            False,
            f"missing: {', '.join(missing)}",
            f"For the window: sudo apt-get install {' '.join(missing)}",
            needed=False,
        )
    screen = os.environ.get("WAYLAND_DISPLAY") or os.environ.get("DISPLAY")
    return Check("Window libraries", True, f"all there; screen: {screen or 'none'}", needed=False)


def _loads(library: str) -> bool:
    """Whether a shared library can be loaded."""
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def _cache() -> Check:
    from vbr_core.depth.cache import default_cache_root

    root = default_cache_root()
    try:
        root.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=root):
            pass
    except OSError as error:
        return Check("Disparity cache", False, f"{root}: {error.strerror}", "Set VBR_CACHE_DIR to a writable folder.")
    return Check("Disparity cache", True, f"{root}, {shutil.disk_usage(root).free / 1e9:.1f} GB free")


def _models() -> list[Check]:
    from vbr_core.depth.model_files import model_status
    from vbr_core.depth.registry import list_models, verify_model

    checks = []
    for entry in list_models():
        if not entry.bundled and model_status(entry).state in ("absent", "partial"):
            continue
        try:
            verify_model(entry.name)
        except VbrError as error:
            checks.append(Check(f"Model {entry.name}", False, error.message, error.hint, needed=entry.bundled))
        else:
            checks.append(Check(f"Model {entry.name}", True, f"{entry.size_bytes / 1e6:.1f} MB, hash is right"))
    return checks


# --- self-test -------------------------------------------------------------------------------------------------------


def reference_scene() -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """A small scene made by formula: frame (48, 64, 3) sRGB 0..1 and disparity (48, 64) 0..1."""
    y, x = np.mgrid[0:48, 0:64].astype(np.float32)
    stripes = 0.5 + 0.45 * np.sin(x * 0.9 + 0.3 * y)
    frame = np.stack([stripes, 0.5 + 0.4 * np.cos(y * 0.7), 0.2 + 0.01 * x], axis=-1)
    disparity = 0.2 + 0.004 * y
    near = (x - 40) ** 2 + (y - 22) ** 2 < 144
    disparity[near] = 0.8
    frame[near] = frame[near][:, ::-1]
    frame[5:7, 10:12] = 1.0
    return np.clip(frame, 0, 1).astype(np.float32), disparity.astype(np.float32)


def render_reference(renderer: str, device: str) -> NDArray[np.float32]:
    """The reference scene through a renderer, focused far and near: (2, 48, 64, 3)."""
    from vbr_core.render import load_renderer

    frame, disparity = reference_scene()
    pair = np.stack([frame, frame]), np.stack([disparity, disparity])
    result: NDArray[np.float32] = load_renderer(renderer, device).render(*pair, np.array([0.25, 0.8]), 12.0)
    return result


def reference_path() -> Path:
    """The stored pictures."""
    return resource_path("self_test.npz")


def store_reference() -> Path:
    """Render the reference scene anew on the CPU and store it: after a renderer was changed on purpose.

    ``python -c "from vbr_core.doctor import store_reference; store_reference()"``
    """
    from vbr_core.settings import RENDERERS

    np.savez_compressed(reference_path(), **{name: render_reference(name, "cpu") for name in RENDERERS})  # type: ignore[arg-type]
    return reference_path()


def self_test(devices: tuple[str, ...] | None = None) -> list[Check]:
    """Render a small scene on every device and compare with the stored pictures; encode and decode a short clip."""
    import torch

    from vbr_core.settings import RENDERERS

    if devices is None:
        devices = ("cpu", "cuda") if torch.cuda.is_available() else ("cpu",)
    checks = []
    with np.load(reference_path(), allow_pickle=False) as stored:
        for device in devices:
            for renderer in RENDERERS:
                checks.append(
                    _run(f"Self-test {renderer} {device}", lambda r=renderer, d=device: _compare(r, d, stored[r]))  # type: ignore[misc]
                )
    checks.append(_run("Self-test video", _video_round_trip))
    return checks


def _run(name: str, test: Callable[[], str]) -> Check:
    try:
        return Check(name, True, test())
    except Exception as error:  # noqa: BLE001 - a self-test reports whatever goes wrong
        return Check(name, False, f"{type(error).__name__}: {error}", "Reinstall the program, or report this line.")


def _compare(renderer: str, device: str, stored: NDArray[np.float32]) -> str:
    difference = float(np.abs(render_reference(renderer, device) - stored).max())
    if not difference <= REFERENCE_TOLERANCE:
        raise AssertionError(f"differs from the stored picture by {difference:.4f} (allowed {REFERENCE_TOLERANCE})")
    return f"differs from the stored picture by at most {difference:.1e}"


def _video_round_trip() -> str:
    from vbr_core.pipeline import sample_clip_path
    from vbr_core.video.reader import VideoReader
    from vbr_core.video.writer import EncodeSettings, VideoWriter

    with TemporaryDirectory() as folder, VideoReader(sample_clip_path()) as reader:
        target = Path(folder) / "self-test.mp4"
        info = reader.info
        encoding = EncodeSettings(codec="h264", quality=None, bit_depth=8)
        span = (0, 4)
        with VideoWriter(
            target, info, encoding, width=info.width, height=info.height, frame_range=span, index=reader.index
        ) as writer:
            for frame in reader.frames(*span):
                writer.write(frame.frame_index, frame.rgb)
            writer.finish()
        with VideoReader(target) as again:
            difference = np.abs(again.frame(3).rgb.astype(np.float32) - reader.frame(3).rgb.astype(np.float32)).mean()
            count = again.info.frame_count
    if count != 4 or difference > 8:
        raise AssertionError(f"{count} of 4 frames came back, mean difference {difference:.1f} of 255")
    return f"4 frames written and read back, mean difference {difference:.2f} of 255"
