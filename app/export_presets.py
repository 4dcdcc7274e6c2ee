"""What an export can be set to in one go: the presets that ship, and the user's own."""

from __future__ import annotations

import json
import logging
from dataclasses import asdict, dataclass, fields, replace
from typing import Literal, get_args

from PySide6.QtCore import QCoreApplication

from app import preferences
from vbr_core.errors import InputError

translate = QCoreApplication.translate

log = logging.getLogger(__name__)

Kind = Literal["video", "depth", "still"]
VIDEO_SUFFIXES = (".mp4", ".mov", ".mkv")
STILL_SUFFIXES = (".png", ".tif", ".tiff", ".jpg", ".jpeg")
DEPTH_SUFFIXES: dict[str, tuple[str, ...]] = {
    "png16": (),
    "exr": (),
    "iw3": (),
    "ffv1": (".mkv",),
    "hevc10": (".mp4", ".mov"),
}
"""Form of the disparity -> endings of its file; none for a folder. The same as in ``vbr_core.depth.export``."""
CODECS = ("auto", "h264", "hevc")
KEY = "export/presets"
LAST_KEY = "export/preset"
NAME_LENGTH = 60


@dataclass(frozen=True, slots=True)
class Preset:
    """One set of choices. What belongs to another kind of export is ignored.

    Attributes:
        name: As the user reads it; the user's own are known by it.
        kind: What is written.
        codec: Of a video: ``auto``, ``h264`` or ``hevc``.
        quality: Of a video: constant rate factor, None for the codec's default.
        short_side_px: Of a video: its largest shorter side; None for the clip's own size.
        bit_depth: Of a video (8, 10) or a still (8, 16); None for the clip's own.
        audio: Of a video: whether all sound tracks are carried.
        form: Of disparity.
        suffix: Of the file; empty for a folder.
        own: Whether the user made it.
    """

    name: str
    kind: Kind = "video"
    codec: str = "auto"
    quality: int | None = None
    short_side_px: int | None = None
    bit_depth: int | None = None
    audio: bool = True
    form: str = "png16"
    suffix: str = ".mp4"
    own: bool = False

    def same_choices(self, other: Preset) -> bool:
        """Whether both mean the same, whatever they are called."""
        return replace(self, name="", own=False) == replace(other, name="", own=False)


def built_in() -> tuple[Preset, ...]:
    """The presets that ship; the first one is the one to begin with."""
    return (
        Preset(translate("ExportPresets", "Like the clip"), suffix=""),
        Preset(translate("ExportPresets", "Share (small, plays everywhere)"), "video", "h264", 23, 1080, 8),
        Preset(translate("ExportPresets", "Master (full size, 10 bit)"), "video", "hevc", 12, None, 10, suffix=".mov"),
        Preset(translate("ExportPresets", "Depth only"), "depth", suffix=""),
        Preset(translate("ExportPresets", "Still (this frame)"), "still", bit_depth=16, suffix=".png"),
    )


def own_presets() -> tuple[Preset, ...]:
    """What the user saved, by name; what cannot be read is left out."""
    text = preferences.preferences().value(KEY, "")
    if not text:
        return ()
    try:
        entries = json.loads(str(text))
    except ValueError:
        log.info("the stored export presets are damaged and left out")
        return ()
    found = [_read(entry) for entry in entries] if isinstance(entries, list) else []
    return tuple(sorted((preset for preset in found if preset is not None), key=lambda preset: preset.name.lower()))


def _read(entry: object) -> Preset | None:
    """A stored preset, or None if it is not one that can be used."""
    if not isinstance(entry, dict):
        return None
    values = {field.name: entry[field.name] for field in fields(Preset) if field.name in entry}
    try:
        preset = Preset(**values | {"own": True})
    except TypeError:
        return None
    quality, side = preset.quality, preset.short_side_px
    depths = {"video": (None, 8, 10), "still": (None, 8, 16)}.get(preset.kind, (None, 8, 10, 16))
    fits = (
        isinstance(preset.name, str)
        and 0 < len(preset.name) <= NAME_LENGTH
        and preset.kind in get_args(Kind)
        and preset.codec in CODECS
        and (quality is None or (isinstance(quality, int) and 0 <= quality <= 51))
        and (side is None or (isinstance(side, int) and 16 <= side <= 8640))
        and preset.bit_depth in depths
        and isinstance(preset.audio, bool)
        and preset.form in DEPTH_SUFFIXES
        and isinstance(preset.suffix, str)
    )
    return preset if fits else None


def save_preset(preset: Preset) -> Preset:
    """Keep a preset under its name; an own one of that name is replaced.

    Raises:
        InputError: The name is empty, too long, or one that ships.
    """
    name = " ".join(preset.name.split())
    if not name:
        raise InputError(
            translate("ExportPresets", "The preset has no name."), translate("ExportPresets", "Give it one.")
        )
    if len(name) > NAME_LENGTH:
        raise InputError(
            translate("ExportPresets", "The name of the preset is too long."),
            translate("ExportPresets", "Choose a shorter one."),
        )
    if any(name.lower() == other.name.lower() for other in built_in()):
        raise InputError(
            translate("ExportPresets", "“{name}” is a preset that comes with the program.").format(name=name),
            translate("ExportPresets", "Choose another name."),
        )
    kept = replace(preset, name=name, own=True)
    _store([*(other for other in own_presets() if other.name.lower() != name.lower()), kept])
    return kept


def delete_preset(name: str) -> None:
    """Forget an own preset; nothing happens if there is none of that name."""
    _store([other for other in own_presets() if other.name != name])


def _store(presets: list[Preset]) -> None:
    entries = [{key: value for key, value in asdict(preset).items() if key != "own"} for preset in presets]
    preferences.preferences().setValue(KEY, json.dumps(entries, ensure_ascii=False))


def last_name() -> str:
    """Name of the preset that was used last; empty if none was."""
    return str(preferences.preferences().value(LAST_KEY, ""))


def remember_last(name: str) -> None:
    preferences.preferences().setValue(LAST_KEY, name)
