"""Makes an SVB set: random scenes, photographed and stored, clip by clip."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from vbr_core.errors import InputError
from vbr_core.train.svb.clip_file import SUFFIX, Clip, boundary_band, read_info, write_clip
from vbr_core.train.svb.scene import TRACER_VERSION, random_scene

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from vbr_core.jobs import JobContext
    from vbr_core.train.svb.picture_library import Library
    from vbr_core.train.svb.scene import Scene
    from vbr_core.train.svb.tracer_cpu import Photograph

    Tracer = Callable[[Scene, int, int], Photograph]

INFO_FILE = "dataset.json"


class DatasetSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a set is.

    Attributes:
        clips: Number of clips.
        objects: Cut-outs in each: 4 for training, 9 for testing (paper, section 5).
        frames: Frames in each.
        height: Lines.
        width: Columns.
        rays: Most rays per pixel; up to eight times as many where light of lamps arrives.
        seed: Clip i of seed s is always the same, whatever the number of clips.
    """

    clips: int = 60
    objects: int = 4
    frames: int = 16
    height: int = 256
    width: int = 256
    rays: int = 128
    seed: int = 0

    def __post_init__(self) -> None:
        limits = {
            "clips": (1, 1_000_000),
            "objects": (0, 64),
            "frames": (1, 99),
            "height": (32, 4320),
            "width": (32, 7680),
            "rays": (16, 4096),
            "seed": (0, 2**31),
        }
        for name, (least, most) in limits.items():
            value = getattr(self, name)
            if not least <= value <= most:
                raise InputError(f"{name} = {value} is outside {least} to {most}.")


def clip_path(folder: Path, index: int) -> Path:
    """File of clip ``index``."""
    return folder / f"{index:05d}{SUFFIX}"


def clips_in(folder: Path) -> list[Path]:
    """The finished clips of a set, in order.

    Raises:
        InputError: There are none.
    """
    found = sorted(folder.glob(f"*{SUFFIX}")) if folder.is_dir() else []
    if not found:
        raise InputError(f"'{folder}' holds no SVB clips.", "Make some with `vbr dataset make`.")
    return found


def pick_tracer(device: str) -> Tracer:
    """The tracer for a device: compiled on the CPU, batched on CUDA."""
    if device.startswith("cuda"):
        from vbr_core.train.svb.tracer_torch import TorchTracer

        return TorchTracer(device)
    from vbr_core.train.svb.tracer_cpu import photograph

    return photograph


def make_clip(
    library: Library, settings: DatasetSettings, index: int, tracer: Tracer, context: JobContext | None = None
) -> Clip:
    """Draw and photograph clip ``index``; ``context`` hears of every frame and may stop before it."""
    scene = draw_scene(library, settings, index)
    sharp, bokeh, disparity, band = [], [], [], []
    for t in range(scene.frames):
        if context is not None:
            context.step(index * settings.frames + t, settings.clips * settings.frames, "Ray tracing")
        shot = tracer(scene, t, settings.rays)
        sharp.append(to_srgb8(shot.sharp))
        bokeh.append(to_srgb8(shot.bokeh))
        disparity.append(np.round(shot.disparity * 65535.0).astype(np.uint16))
        band.append(boundary_band(shot.plane))
    return Clip(
        np.stack(sharp),
        np.stack(bokeh),
        np.stack(disparity),
        np.stack(band),
        scene.d_f,
        scene.k_px,
        scene.program,
        scene.sources,
    )


def draw_scene(library: Library, settings: DatasetSettings, index: int) -> Scene:
    """The scene of clip ``index``."""
    rng = np.random.default_rng([settings.seed, index])
    return random_scene(library, rng, settings.objects, settings.frames, settings.height, settings.width)


def make_dataset(
    folder: Path, library: Library, settings: DatasetSettings, context: JobContext, device: str = "cpu"
) -> int:
    """Make all clips that are not there yet.

    Args:
        folder: Where the clips go. A set that was begun with the same settings is continued.
        library: Photographs and cut-outs of one split.
        settings: What the set is.
        context: Progress and stop.
        device: ``cpu`` or ``cuda``.

    Returns:
        Number of clips made now.

    Raises:
        InputError: The folder holds a set with other settings or from other pictures.
    """
    folder.mkdir(parents=True, exist_ok=True)
    check_same_set(folder, library, settings)
    tracer = pick_tracer(device)
    made = 0
    for index in range(settings.clips):
        context.step(index * settings.frames, settings.clips * settings.frames, "Ray tracing")
        path = clip_path(folder, index)
        if path.exists() and _is_whole(path):
            continue
        clip = make_clip(library, settings, index, tracer, context)
        write_clip(path, clip, {"seed": settings.seed, "rays": settings.rays})
        made += 1
    context.step(settings.clips * settings.frames, settings.clips * settings.frames, "Ray tracing")
    return made


def check_same_set(folder: Path, library: Library, settings: DatasetSettings) -> None:
    """Write ``dataset.json``, or compare with the one that is there (the number of clips may change).

    Raises:
        InputError: It is a different set.
    """
    path = folder / INFO_FILE
    known = {
        **{key: value for key, value in msgspec.to_builtins(settings).items() if key != "clips"},
        "split": library.split,
        "tracer": TRACER_VERSION,
        "photographs": sorted(file.name for file in library.photographs),
        "cutouts": sorted(file.name for file in library.cutouts),
    }
    if path.exists():
        try:
            before = json.loads(path.read_text(encoding="utf-8"))
            if not isinstance(before, dict):
                raise ValueError("it holds no fields")
        except ValueError as error:
            raise InputError(f"'{path}' is damaged: {error}.", "Delete the folder, or choose another.") from error
        for key, value in known.items():
            found = before.get(key, 1 if key == "tracer" else None)  # the first one was not written down
            if found != value:
                what = f"{key} = {found}" if isinstance(value, (int, str)) else f"other {key}"
                raise InputError(
                    f"'{folder}' holds a set that was made with {what}.", "Choose another folder, or the same settings."
                )
        return
    part = path.with_name(path.name + ".part")
    part.write_text(json.dumps(known, indent=1, sort_keys=True), encoding="utf-8")
    os.replace(part, path)


def _is_whole(path: Path) -> bool:
    try:
        read_info(path)
    except InputError:
        return False
    return True


def to_srgb8(linear: np.ndarray) -> np.ndarray:
    """Linear light 0..1 -> 8-bit sRGB (IEC 61966-2-1)."""
    value = np.clip(linear, 0.0, 1.0)
    encoded = np.where(value <= 0.0031308, value * 12.92, 1.055 * np.maximum(value, 1e-12) ** (1 / 2.4) - 0.055)
    return np.round(encoded * 255.0).astype(np.uint8)
