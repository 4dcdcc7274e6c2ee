"""The form of the export dialog: preset, file, and what is written. It knows no job and no estimate."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal

from app import export_presets, preferences, theme
from app.disk_look import DiskLook
from app.export_fields import ExportFields
from app.export_presets import DEPTH_SUFFIXES, VIDEO_SUFFIXES, Preset
from app.export_target import known_suffixes, look_at_name, look_at_place, with_suffix
from vbr_core.errors import VbrError
from vbr_core.settings import (
    AnyExport,
    DepthSettings,
    ExportSettings,
    RenderSettings,
    StillSettings,
    result_size,
)

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from app.dialogs import Dialogs
    from app.session import Session


class ExportForm(ExportFields):
    """What to write, and where."""

    changed = Signal()
    """Something that an estimate depends on."""
    checked = Signal(bool)
    """Whether what is filled in can be written, as far as it can be told without trying."""
    failed = Signal(object)
    """An exception."""

    def __init__(self, session: Session, dialogs: Dialogs, sample_path: Path, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._dialogs = dialogs
        self._sample_path = sample_path
        self._suggested = ""
        self._is_filling = False
        self._disk = DiskLook(self)
        self._disk.answered.connect(self._on_looked)
        self.save_preset_button = self._button(self.tr("&Save…"), self.save_preset)
        self.save_preset_button.setToolTip(self.tr("Keep these choices under a name of your own"))
        self.delete_preset_button = self._button(self.tr("Delete"), self._delete_preset)
        self.choose_button = self._button(self.tr("C&hoose…"), self._choose)
        self._lay_out(self.save_preset_button, self.delete_preset_button, self.choose_button)
        self.preset_box.activated.connect(self._on_preset)
        self.path_edit.textChanged.connect(self.check)
        self.field_changed.connect(self._on_choice)

    # --- filling ----------------------------------------------------------------------------------------------------

    def fill(self) -> None:
        """Begin for the open document. A file that the user named stays."""
        start, stop = self._session.range
        count = self._session.frame_count
        self._is_filling = True
        self.range_box.clear()
        self.range_box.addItem(self.tr("Whole clip ({count} frames)").format(count=count), (0, None))
        if (start, stop) != (0, count):
            text = self.tr("Marked range, {start} to {last} ({count} frames)")
            self.range_box.addItem(text.format(start=start, last=stop - 1, count=stop - start), (start, stop))
            self.range_box.setCurrentIndex(1)
        self.frame_label.setText(self.tr("{frame}, where the playhead is").format(frame=self._session.playhead))
        self.renderer_box.setCurrentIndex(max(0, self.renderer_box.findData(self._session.project.renderer)))
        self._is_filling = False
        if self.preset_box.count() == 0:
            self._fill_presets(export_presets.last_name())
            self.apply_preset(self.preset_box.currentData() or export_presets.built_in()[0])
        if self.path_edit.text() in ("", self._suggested):
            self._suggest_path()
        self._refresh()

    def forget_path(self) -> None:
        """Another document: the file of the earlier one is not for it."""
        self.path_edit.clear()
        self._suggested = ""

    def _fill_presets(self, name: str) -> None:
        self.preset_box.clear()
        for preset in (*export_presets.built_in(), *export_presets.own_presets()):
            self.preset_box.addItem(preset.name, preset)
        self.preset_box.addItem(self.tr("Own choices"), None)
        self.preset_box.setCurrentIndex(max(0, self.preset_box.findText(name)))
        self._refresh_preset_buttons()

    def _suggest_path(self) -> None:
        """A name beside the clip that says what it is."""
        clip_path = self._session.clip_path
        if clip_path is None:
            return
        stem = (self._session.path or clip_path).stem
        folder = clip_path.parent
        if clip_path == self._sample_path:  # not into the program's own folder
            folder = Path(preferences.last_folder())
        word = {
            "video": self.tr("refocused"),
            "depth": self.tr("depth"),
            "still": f"{self._session.playhead:05d}",
        }[self.kind]
        self._suggested = str(folder / f"{stem} {word}{self._suffix()}")
        self.path_edit.setText(self._suggested)

    def _suffix(self) -> str:
        """The ending that the file gets by itself."""
        if self.kind == "depth":
            return (*DEPTH_SUFFIXES[self.form_box.currentData()], "")[0]
        preset = self.preset_box.currentData()
        wanted = preset.suffix if preset is not None and preset.kind == self.kind else ""
        if self.kind == "still":
            return wanted or ".png"
        clip_path = self._session.clip_path
        own = clip_path.suffix.lower() if clip_path is not None else ""
        return wanted or (own if own in VIDEO_SUFFIXES else ".mp4")

    def _known_suffixes(self) -> tuple[str, ...]:
        return known_suffixes(self.kind, self.form_box.currentData())

    def _fit_suffix(self) -> None:
        """Give the name of the user an ending that fits what is written now."""
        text = with_suffix(self.path_edit.text(), self._known_suffixes(), self._suffix())
        if text != self.path_edit.text():
            self.path_edit.setText(text)

    # --- presets ----------------------------------------------------------------------------------------------------

    def apply_preset(self, preset: Preset) -> None:
        """Set everything that a preset says."""
        self._is_filling = True
        self.kind = preset.kind
        for box, value in (
            (self.codec_box, preset.codec),
            (self.quality_box, preset.quality),
            (self.size_box, preset.short_side_px),
            (self.bits_box, preset.bit_depth if preset.kind == "video" else None),
            (self.still_bits_box, preset.bit_depth if preset.kind == "still" else None),
            (self.form_box, preset.form),
        ):
            at = next((row for row in range(box.count()) if box.itemData(row) == value), -1)
            if at < 0:  # a value of an own preset that the list does not offer
                box.addItem(str(value), value)
                at = box.count() - 1
            box.setCurrentIndex(at)
        self.audio_check.setChecked(preset.audio)
        self._is_filling = False
        self.show_rows()
        at = self.preset_box.findText(preset.name)
        if at >= 0:
            self.preset_box.setCurrentIndex(at)
        if self.path_edit.text() == self._suggested or not self.path_edit.text():
            self._suggest_path()
        else:
            wanted = preset.suffix if preset.kind == "video" else ""
            path = Path(self.path_edit.text().strip())
            if wanted and path.suffix.lower() in VIDEO_SUFFIXES and path.suffix.lower() != wanted:
                self.path_edit.setText(str(path.with_suffix(wanted)))
            self._fit_suffix()
        self._refresh()

    def choices(self, name: str = "") -> Preset:
        """What is set now, as a preset."""
        bits = self.bits_box if self.kind == "video" else self.still_bits_box
        return Preset(
            name,
            self.kind,
            self.codec_box.currentData(),
            self.quality_box.currentData(),
            self.size_box.currentData(),
            None if self.kind == "depth" else bits.currentData(),
            self.audio_check.isChecked(),
            self.form_box.currentData(),
            Path(self.path_edit.text().strip()).suffix.lower() if self.kind != "depth" else self._suffix(),
        )

    def save_preset(self) -> None:
        """Ask for a name and keep what is set."""
        current = self.preset_box.currentData()
        name = self._dialogs.ask_preset_name(current.name if current is not None and current.own else "")
        if name is None:
            return
        try:
            kept = export_presets.save_preset(self.choices(name))
        except VbrError as error:
            self.failed.emit(error)
            return
        self._fill_presets(kept.name)
        export_presets.remember_last(kept.name)

    def _delete_preset(self) -> None:
        preset = self.preset_box.currentData()
        if preset is not None and preset.own:
            export_presets.delete_preset(preset.name)
            self._fill_presets("")
            self.preset_box.setCurrentIndex(self.preset_box.count() - 1)
            self._refresh_preset_buttons()

    def _on_preset(self, _row: int) -> None:
        preset = self.preset_box.currentData()
        if preset is not None:
            self.apply_preset(preset)
            export_presets.remember_last(preset.name)
        self._refresh_preset_buttons()

    def _refresh_preset_buttons(self) -> None:
        preset = self.preset_box.currentData()
        self.delete_preset_button.setVisible(preset is not None and preset.own)

    def _on_choice(self, field: object) -> None:
        if self._is_filling or self.preset_box.count() == 0:
            return
        if self.codec_box.currentData() == "h264" and self.bits_box.currentData() == 10:  # they do not go together
            if field is self.bits_box:
                self.codec_box.setCurrentIndex(self.codec_box.findData("hevc"))
            else:
                self.bits_box.setCurrentIndex(0)
        if field is self.form_box:
            self._fit_suffix()
        preset = self.preset_box.currentData()
        if preset is not None and not self._fits(preset):
            self.preset_box.setCurrentIndex(self.preset_box.count() - 1)
        self._refresh()

    def _fits(self, preset: Preset) -> bool:
        """Whether the choices are still those of a preset. Its ending is a suggestion only."""
        now = self.choices()
        return now.same_choices(
            Preset(
                preset.name,
                preset.kind,
                preset.codec,
                preset.quality,
                preset.short_side_px,
                preset.bit_depth,
                preset.audio,
                preset.form,
                now.suffix,
            )
        )

    # --- what it says -----------------------------------------------------------------------------------------------

    def settings(self) -> AnyExport:
        """What the form says.

        Raises:
            InputError: Something in it cannot be.
        """
        start, stop = self.range_box.currentData() or (0, None)
        output = self.path_edit.text().strip()
        render = RenderSettings(renderer=self.renderer_box.currentData())
        if self.kind == "depth":
            return DepthSettings(output, start, stop, self.form_box.currentData(), render)
        if self.kind == "still":
            return StillSettings(output, self._session.playhead, self.still_bits_box.currentData(), render)
        return ExportSettings(
            output=output,
            start=start,
            stop=stop,
            codec=self.codec_box.currentData(),
            quality=self.quality_box.currentData(),
            audio=self.audio_check.isChecked(),
            render=render,
            short_side_px=self.size_box.currentData(),
            bit_depth=self.bits_box.currentData(),
        )

    def _refresh(self) -> None:
        info = self._session.clip_info
        if info is not None:
            width, height = result_size((info.width, info.height), self.size_box.currentData())
            self.size_note.setText(f"{width} × {height}")
        self._refresh_preset_buttons()
        self.check()
        self.changed.emit()

    def check(self, *_: object) -> None:
        """Say beside the path what is wrong with it; the core has the last word."""
        text, endings = self.path_edit.text().strip(), self._known_suffixes()
        problem = look_at_name(text, endings, self._session.clip_path)
        if problem:
            self._disk.forget()
            self._say(problem)
        else:
            self._disk.ask(lambda: look_at_place(text, endings))

    def _on_looked(self, found: tuple[str, str] | None) -> None:
        self._say(*(found or ("", "")))

    def _say(self, problem: str, note: str = "") -> None:
        self.path_note.setText(problem or note)
        self.form.setRowVisible(self.path_note, bool(problem or note))
        theme.set_property(self.path_note, "error", bool(problem))
        theme.set_property(self.path_edit, "error", bool(problem))
        self.checked.emit(not problem)

    def _choose(self) -> None:
        suggestion = Path(self.path_edit.text())
        if self.kind == "video":
            path = self._dialogs.choose_export_target(suggestion)
        elif self.kind == "still":
            path = self._dialogs.choose_still_target(suggestion)
        else:
            path = self._dialogs.choose_depth_target(suggestion, self._known_suffixes())
        if path is not None:
            suffix = self._suffix()
            self.path_edit.setText(str(path if path.suffix or not suffix else path.with_name(path.name + suffix)))
