"""The form of the export dialog: preset, file, and what is written. It knows no job and no estimate."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QWidget,
)

from app import export_presets, preferences, theme
from app.export_presets import DEPTH_SUFFIXES, STILL_SUFFIXES, VIDEO_SUFFIXES, Preset
from vbr_core.errors import VbrError
from vbr_core.settings import (
    RENDERERS,
    AnyExport,
    DepthSettings,
    ExportSettings,
    RenderSettings,
    StillSettings,
    result_size,
)

if TYPE_CHECKING:
    from app.dialogs import Dialogs
    from app.session import Session

SIZES = (2160, 1440, 1080, 720, 540)


def quiet_label(text: str = "", quiet: bool = True) -> QLabel:
    """A label that wraps and shows its text as it is."""
    label = QLabel(text)
    label.setWordWrap(True)
    label.setTextFormat(Qt.TextFormat.PlainText)
    if quiet:
        theme.set_property(label, "quiet", True)
    return label


def _row(*widgets: QWidget) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(8)
    for widget in widgets:
        row.addWidget(widget)
    return row


class ExportForm(QWidget):
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
        self.kind: export_presets.Kind = "video"
        self._build_boxes()
        self.save_preset_button = self._button(self.tr("&Save…"), self.save_preset)
        self.save_preset_button.setToolTip(self.tr("Keep these choices under a name of your own"))
        self.delete_preset_button = self._button(self.tr("Delete"), self._delete_preset)
        choose = self._button(self.tr("C&hoose…"), self._choose)
        self.form = form = QFormLayout(self)
        form.setContentsMargins(0, 0, 0, 0)
        form.setHorizontalSpacing(16)
        form.setVerticalSpacing(8)
        form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        preset_row = _row(self.preset_box, self.save_preset_button, self.delete_preset_button)
        preset_row.setStretch(0, 1)
        path_row = _row(self.path_edit, choose)
        path_row.setStretch(0, 1)
        size_row = _row(self.size_box, self.size_note)
        size_row.setStretch(0, 1)
        self._rows: dict[str, QWidget | QHBoxLayout] = {
            "path_note": self.path_note,
            "range": self.range_box,
            "frame": self.frame_label,
            "codec": self.codec_box,
            "quality": self.quality_box,
            "size": size_row,
            "bits": self.bits_box,
            "form": self.form_box,
            "still_bits": self.still_bits_box,
            "renderer": self.renderer_box,
            "audio": self.audio_check,
        }
        for text, field, buddy in (
            (self.tr("&Preset"), preset_row, self.preset_box),
            (self.tr("&File"), path_row, self.path_edit),
            ("", self.path_note, None),
            (self.tr("F&rames"), self.range_box, self.range_box),
            (self.tr("Frame"), self.frame_label, None),
            (self.tr("&Codec"), self.codec_box, self.codec_box),
            (self.tr("&Quality"), self.quality_box, self.quality_box),
            (self.tr("Picture si&ze"), size_row, self.size_box),
            (self.tr("&Bits"), self.bits_box, self.bits_box),
            (self.tr("For&mat"), self.form_box, self.form_box),
            (self.tr("&Bits"), self.still_bits_box, self.still_bits_box),
            (self.tr("Ren&derer"), self.renderer_box, self.renderer_box),
            (self.tr("Sound"), self.audio_check, None),
        ):
            label = QLabel(text)
            if buddy is not None:
                label.setBuddy(buddy)
                buddy.setAccessibleName(text.replace("&", ""))
            form.addRow(label, field)  # type: ignore[arg-type]
        width = self.title_width()
        for row in range(form.rowCount()):  # the titles keep their column when others are hidden
            form.itemAt(row, QFormLayout.ItemRole.LabelRole).widget().setMinimumWidth(width)
        self._show_rows()

    def _button(self, text: str, act: object) -> QPushButton:
        button = QPushButton(text)
        button.setAutoDefault(False)
        button.clicked.connect(act)
        return button

    def _box(self, *choices: tuple[str, object]) -> QComboBox:
        box = QComboBox()
        for text, value in choices:
            box.addItem(text, value)
        box.currentIndexChanged.connect(self._on_choice)
        return box

    def _build_boxes(self) -> None:
        self.preset_box = QComboBox()
        self.preset_box.activated.connect(self._on_preset)
        self.path_edit = QLineEdit()
        self.path_edit.textChanged.connect(self.check)
        self.path_note = quiet_label()
        self.range_box = self._box()
        self.frame_label = quiet_label()
        self.codec_box = self._box(
            (self.tr("Automatic"), "auto"),
            (self.tr("H.264 (plays everywhere)"), "h264"),
            (self.tr("HEVC (smaller, 10 bit)"), "hevc"),
        )
        self.quality_box = self._box(
            (self.tr("Automatic"), None),
            (self.tr("Finest (12)"), 12),
            (self.tr("Like the source (18)"), 18),
            (self.tr("Small (23)"), 23),
            (self.tr("Smallest (28)"), 28),
            (self.tr("Lossless (0)"), 0),
        )
        sizes = [(self.tr("At most {lines} lines").format(lines=lines), lines) for lines in SIZES]
        self.size_box = self._box((self.tr("Like the clip"), None), *sizes)
        self.size_note = QLabel()
        self.size_note.setFont(theme.tabular_font())
        theme.set_property(self.size_note, "quiet", True)
        self.bits_box = self._box(
            (self.tr("Like the clip"), None), (self.tr("8 bit"), 8), (self.tr("10 bit (HEVC only)"), 10)
        )
        self.form_box = self._box(
            (self.tr("Folder of 16-bit PNG pictures"), "png16"),
            (self.tr("Folder of EXR pictures (half precision)"), "exr"),
            (self.tr("Folder for iw3"), "iw3"),
            (self.tr("Lossless grey video (FFV1, .mkv)"), "ffv1"),
            (self.tr("Grey HEVC video, 10 bit (.mp4)"), "hevc10"),
        )
        self.still_bits_box = self._box(
            (self.tr("Like the clip"), None), (self.tr("8 bit"), 8), (self.tr("16 bit (PNG, TIFF)"), 16)
        )
        names = [(name.upper() if name == "vbr" else name.capitalize(), name) for name in RENDERERS]
        self.renderer_box = self._box(*names)
        self.audio_check = QCheckBox(self.tr("All sound tracks"))
        self.audio_check.setChecked(True)
        self.audio_check.toggled.connect(self._on_choice)

    def _show_rows(self) -> None:
        kinds = {
            "range": ("video", "depth"),
            "frame": ("still",),
            "form": ("depth",),
            "still_bits": ("still",),
            "renderer": ("video", "still"),
        }
        for name, field in self._rows.items():
            if name != "path_note":
                self.form.setRowVisible(field, self.kind in kinds.get(name, ("video",)))  # type: ignore[arg-type]

    # --- filling ----------------------------------------------------------------------------------------------------

    def fill(self, keep_path: bool) -> None:
        """Begin for the open document; with ``keep_path``, the file stays as it was chosen."""
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
        elif not keep_path:
            self.path_edit.clear()
        if not keep_path or self.path_edit.text() in ("", self._suggested):
            self._suggest_path()
        self._refresh()

    def title_width(self) -> int:
        """Width of the widest title, so that others can line up with it."""
        labels = (self.form.itemAt(row, QFormLayout.ItemRole.LabelRole) for row in range(self.form.rowCount()))
        return max((item.widget().sizeHint().width() for item in labels if item and item.widget()), default=0)

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
        if self.kind == "depth":
            return DEPTH_SUFFIXES[self.form_box.currentData()]
        return STILL_SUFFIXES if self.kind == "still" else VIDEO_SUFFIXES

    def _fit_suffix(self) -> None:
        """Give the name of the user an ending that fits what is written now."""
        path = Path(self.path_edit.text().strip())
        every = {*VIDEO_SUFFIXES, *STILL_SUFFIXES}
        if not path.name or path.suffix.lower() in self._known_suffixes() or self._session.clip_path is None:
            return
        stem = path.stem if path.suffix.lower() in every else path.name
        if stem + self._suffix() != path.name:
            self.path_edit.setText(str(path.with_name(stem + self._suffix())))

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
        self._show_rows()
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

    def _on_choice(self, *_: object) -> None:
        if self._is_filling or self.preset_box.count() == 0:
            return
        if self.codec_box.currentData() == "h264" and self.bits_box.currentData() == 10:  # they do not go together
            if self.sender() is self.bits_box:
                self.codec_box.setCurrentIndex(self.codec_box.findData("hevc"))
            else:
                self.bits_box.setCurrentIndex(0)
        if self.sender() is self.form_box:
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
        problem, note = self._look_at_path()
        self.path_note.setText(problem or note)
        self.form.setRowVisible(self.path_note, bool(problem or note))
        theme.set_property(self.path_note, "error", bool(problem))
        theme.set_property(self.path_edit, "error", bool(problem))
        self.checked.emit(not problem)

    def _look_at_path(self) -> tuple[str, str]:
        """What is wrong with the path, and what should be known of it."""
        text = self.path_edit.text().strip()
        path, clip_path = Path(text), self._session.clip_path
        endings = self._known_suffixes()
        if not text:
            return self.tr("Choose a file to write."), ""
        if endings and path.suffix.lower() not in endings:
            return self.tr("The name must end in {endings}.").format(endings=", ".join(endings)), ""
        if clip_path is not None and os.path.abspath(text) == os.path.abspath(clip_path):
            return self.tr("This is the clip itself. Choose another name."), ""
        if not path.parent.is_dir():
            return self.tr("This folder does not exist."), ""
        if not endings:
            if path.is_file():
                return self.tr("A file of this name exists, and pictures need a folder."), ""
            if path.is_dir() and any(path.iterdir()):
                return self.tr("This folder is not empty."), ""
            return "", self.tr("The pictures go into this folder.")
        if path.is_dir():
            return self.tr("This is a folder."), ""
        return "", self.tr("A file of this name exists and will be replaced.") if path.exists() else ""

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
