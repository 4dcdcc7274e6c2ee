"""The viewer with its bar: which view, compare, what is on screen, zoom."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app import theme
from app.icons import icon
from app.viewer import Viewer
from vbr_core.render.request import BESIDES, VIEWS

if TYPE_CHECKING:
    from app.actions import Actions
    from app.player import Player
    from app.preview import PreviewController
    from app.session import Session
    from vbr_core.render.request import RenderedFrame


class HoldKey(QObject):
    """Tells when a key is held in a window, unless text is being typed."""

    def __init__(self, key: Qt.Key, window: QWidget, held: object) -> None:
        super().__init__(window)
        self._key = key
        self._window = window
        self._tell = held
        self._is_held = False
        application = QApplication.instance()
        assert application is not None
        application.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kind = event.type()
        if kind == QEvent.Type.WindowDeactivate and watched is self._window:
            self._set(False)
        elif kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease) and isinstance(event, QKeyEvent):
            if event.key() != self._key or event.isAutoRepeat() or not isinstance(watched, QWidget):
                return False
            typing = isinstance(watched, (QLineEdit, QAbstractSpinBox, QPlainTextEdit))
            if kind == QEvent.Type.KeyRelease:
                self._set(False)
            elif not event.modifiers() and not typing and watched.window() is self._window:
                self._set(True)
        return False

    def _set(self, held: bool) -> None:
        if held != self._is_held:
            self._is_held = held
            self._tell(held)  # type: ignore[operator]


class ViewerPanel(QWidget):
    """Picture and bar."""

    def __init__(
        self,
        session: Session,
        preview: PreviewController,
        player: Player,
        actions: Actions,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._preview = preview
        self._rate_text = ""
        self.viewer = Viewer()
        self.view_box = QComboBox()
        self.view_box.setAccessibleName(self.tr("View"))
        self.view_box.setToolTip(self.tr("What is shown (keys 1 to 6; D for disparity over the picture)"))
        self._words = {
            "result": self.tr("Result"),
            "source": self.tr("Source"),
            "disparity": self.tr("Disparity, false colour"),
            "defocus": self.tr("Defocus map"),
            "overlay": self.tr("Disparity over the picture"),
            "grey": self.tr("Disparity, grey"),
        }
        for name in VIEWS:
            self.view_box.addItem(self._words[name], name)
        self.view_box.activated.connect(lambda index: preview.set_view(self.view_box.itemData(index)))
        self.split_box = QComboBox()
        self.split_box.setAccessibleName(self.tr("Split view"))
        self.split_box.setToolTip(self.tr("Split the picture: what is on the left of the divider (Shift+W)"))
        sides = {
            "none": self.tr("No split"),
            "source": self.tr("Split: source"),
            "unrepaired": self.tr("Split: before repair"),
        }
        for name in BESIDES:
            self.split_box.addItem(sides[name], name)
        self.split_box.activated.connect(lambda index: preview.set_beside(self.split_box.itemData(index)))
        self.compare_button = QToolButton()
        self.compare_button.setIcon(icon("compare"))
        self.compare_button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.compare_button.setToolTip(self.tr("Hold to compare with the source (hold W)"))
        self.compare_button.setAccessibleName(self.tr("Hold to compare with the source"))
        self.compare_button.pressed.connect(lambda: preview.set_compare(True))
        self.compare_button.released.connect(lambda: preview.set_compare(False))
        self.badge = QLabel()
        self.badge.setFont(theme.tabular_font(small=True))
        self.badge.setAccessibleName(self.tr("What is on screen"))
        theme.set_property(self.badge, "quiet", True)
        self.zoom_label = QLabel()
        self.zoom_label.setFont(theme.tabular_font(small=True))
        self.zoom_label.setAccessibleName(self.tr("Zoom"))
        self.zoom_label.setMinimumWidth(48)
        self.zoom_label.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        theme.set_property(self.zoom_label, "quiet", True)
        bar = QFrame()
        bar.setObjectName("viewerBar")
        row = QHBoxLayout(bar)
        row.setContentsMargins(8, 4, 8, 4)
        row.setSpacing(8)
        row.addWidget(self.view_box)
        row.addWidget(self.split_box)
        row.addWidget(self.compare_button)
        row.addStretch(1)
        row.addWidget(self.badge)
        row.addSpacing(8)
        row.addWidget(self.zoom_label)
        for name in ("zoom_fit", "zoom_full"):
            button = QToolButton()
            button.setDefaultAction(actions.get(name))
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            button.setAccessibleName(actions.get(name).toolTip())
            row.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.viewer, 1)
        layout.addWidget(bar)
        preview.frame_shown.connect(self._on_frame)
        preview.view_changed.connect(lambda name: self.view_box.setCurrentIndex(self.view_box.findData(name)))
        preview.view_changed.connect(lambda _name: self._name_sides())
        preview.beside_changed.connect(lambda name: self.split_box.setCurrentIndex(self.split_box.findData(name)))
        preview.beside_changed.connect(lambda _name: self._name_sides())
        player.rate_measured.connect(self._on_rate)
        session.playing_changed.connect(self._on_playing)
        session.playhead_changed.connect(self._on_playhead)
        session.clip_opened.connect(self._on_clip_opened)
        self.viewer.zoom_changed.connect(self._on_zoom)
        self.viewer.display_lines_changed.connect(preview.set_display_lines)
        self.viewer.space_tapped.connect(player.toggle)

    def _name_sides(self) -> None:
        right = self._words[self._preview.view]
        left = self._words["source"] if self._preview.beside == "source" else self.tr("{view}, before repair")
        self.viewer.set_side_names(left.format(view=right), right)

    def _on_clip_opened(self, info: object) -> None:
        self.badge.clear()
        self.zoom_label.clear()
        if info is None:
            self.viewer.set_clip_size(0, 0)
        else:
            aspect = float(getattr(info, "sample_aspect_ratio", 1) or 1)
            self.viewer.set_clip_size(info.width, info.height, aspect)  # type: ignore[attr-defined]
            self.viewer.set_message(self.tr("Reading the clip…"))

    def _on_frame(self, frame: RenderedFrame) -> None:
        self.viewer.show_frame(frame)
        self.viewer.set_message("")
        self._show_badge(frame)

    def _show_badge(self, frame: RenderedFrame) -> None:
        parts = []
        if self._preview.is_comparing:
            parts.append(self.tr("Source"))
        parts.append(
            self.tr("{kind} {lines}p").format(
                kind=self.tr("Draft") if frame.is_draft else self.tr("Final"), lines=frame.rgb.shape[0]
            )
        )
        parts.append(self.tr("{ms:.0f} ms").format(ms=frame.seconds * 1000))
        if frame.request.frame_index != self._session.playhead and not self._session.playing:
            parts.insert(
                0, self.tr("Rendering… frame {number} is still shown").format(number=frame.request.frame_index)
            )
        if self._rate_text:
            parts.append(self._rate_text)
        if frame.note:
            parts.insert(0, frame.note.rstrip("."))
        elif frame.request.view != "source" and not frame.has_depth:
            parts.insert(0, self.tr("No depth yet: the source is shown"))
        self.badge.setText(" · ".join(parts))

    def _on_playhead(self, _frame: int) -> None:
        if self._preview.shown is not None and not self._session.playing:
            self._show_badge(self._preview.shown)

    def _on_rate(self, shown: float, asked: float) -> None:
        self._rate_text = self.tr("{shown:.0f} of {asked:.0f} frames/s").format(shown=shown, asked=asked)

    def _on_playing(self, speed: float) -> None:
        if not speed:
            self._rate_text = ""
            if self._preview.shown is not None:
                self._show_badge(self._preview.shown)

    def _on_zoom(self, zoom: float, fitting: bool) -> None:
        percent = f"{zoom * 100:.0f} %"
        self.zoom_label.setText(self.tr("Fit {percent}").format(percent=percent) if fitting else percent)
