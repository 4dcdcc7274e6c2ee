"""The fields of the export dialog: which there are, and which of them each kind of export shows."""

from __future__ import annotations

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

from app import theme
from vbr_core.settings import RENDERERS

if TYPE_CHECKING:
    from app.export_presets import Kind

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


class ExportFields(QWidget):
    """Boxes and their titles. What they mean together is the form's business."""

    field_changed = Signal(object)
    """The box that was changed."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.kind: Kind = "video"
        self._build_boxes()

    def _lay_out(self, save: QPushButton, delete: QPushButton, choose: QPushButton) -> None:
        """Put everything into its row."""
        self.form = form = QFormLayout(self)
        form.setContentsMargins(0, 0, 0, 0)
        form.setHorizontalSpacing(16)
        form.setVerticalSpacing(8)
        form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        preset_row = _row(self.preset_box, save, delete)
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
        self.show_rows()

    def _on_field(self, *_: object) -> None:
        self.field_changed.emit(self.sender())

    def _button(self, text: str, act: object) -> QPushButton:
        button = QPushButton(text)
        button.setAutoDefault(False)
        button.clicked.connect(act)
        return button

    def _box(self, *choices: tuple[str, object]) -> QComboBox:
        box = QComboBox()
        for text, value in choices:
            box.addItem(text, value)
        box.currentIndexChanged.connect(self._on_field)
        return box

    def _build_boxes(self) -> None:
        self.preset_box = QComboBox()
        self.path_edit = QLineEdit()
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
        self.audio_check.toggled.connect(self._on_field)

    def show_rows(self) -> None:
        """Show what the kind of export needs."""
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

    def title_width(self) -> int:
        """Width of the widest title, so that others can line up with it."""
        labels = (self.form.itemAt(row, QFormLayout.ItemRole.LabelRole) for row in range(self.form.rowCount()))
        return max((item.widget().sizeHint().width() for item in labels if item and item.widget()), default=0)
