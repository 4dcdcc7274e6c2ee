"""The viewer with its bar: which view, compare, what is on screen, zoom."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence, QShortcut
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
from app.elided_label import ElidedLabel
from app.icons import icon
from app.spoken_state import SpokenState
from app.viewer import Viewer
from vbr_core.render.request import BESIDES, VIEWS

if TYPE_CHECKING:
    from app.actions import Actions
    from app.player import Player
    from app.preview import PreviewController
    from app.session import Session
    from vbr_core.render.request import RenderedFrame


class HoldKey(QObject):
    """Tells when a key is held in a window, unless text is being typed.

    It listens where the keys go. A filter of the whole application would see every event of every widget, and each
    would have to wait for Python's lock while a worker holds it.
    """

    def __init__(self, key: Qt.Key, window: QWidget, held: object) -> None:
        super().__init__(window)
        self._key = key
        self._window = window
        self._tell = held
        self._is_held = False
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        application.focusChanged.connect(self._follow)
        window.installEventFilter(self)

    def _follow(self, old: QWidget | None, new: QWidget | None) -> None:
        if old is not None and old is not self._window:
            old.removeEventFilter(self)
        if new is not None and new.window() is self._window:
            new.installEventFilter(self)

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
        self._side_action = actions.get("side_by_side")
        self._rate_text = ""
        self._depth_runs = False
        self._brought_source = False
        self.viewer = Viewer()
        SpokenState(session, self.viewer)
        for key, command in ((Qt.Key.Key_Up, "focus_nearer"), (Qt.Key.Key_Down, "focus_farther")):
            nudge = QShortcut(QKeySequence(key), self.viewer)
            nudge.setContext(Qt.ShortcutContext.WidgetShortcut)
            nudge.activated.connect(actions.get(command).trigger)
        self.view_box = QComboBox()
        self.view_box.setAccessibleName(self.tr("View"))
        self.view_box.setToolTip(
            self.tr("What is shown (keys 1 to 8; D for disparity over the picture, P for peaking)")
        )
        self._words = {
            "result": self.tr("Result"),
            "source": self.tr("Source"),
            "disparity": self.tr("Disparity, false colour"),
            "defocus": self.tr("Defocus map"),
            "overlay": self.tr("Disparity over the picture"),
            "grey": self.tr("Disparity, grey"),
            "zone": self.tr("Sharp zone"),
            "peaking": self.tr("Focus peaking"),
        }
        tips = {
            "zone": self.tr("Amber: what stays sharp in the export (circle of confusion up to half a pixel)"),
            "peaking": self.tr("Amber: edges of the result that are as sharp as in the source"),
            "defocus": self.tr("Orange: blurred in front of the focal plane; blue: behind it"),
            "disparity": self.tr("Bright: near; dark: far"),
            "overlay": self.tr("Bright: near; dark: far"),
            "grey": self.tr("White: near; black: far"),
        }
        for index, name in enumerate(VIEWS):
            self.view_box.addItem(self._words[name], name)
            self.view_box.setItemData(index, tips.get(name, ""), Qt.ItemDataRole.ToolTipRole)
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
        self.side_button = QToolButton()
        self.side_button.setDefaultAction(self._side_action)
        self.side_button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.side_button.setAccessibleName(self._side_action.toolTip())
        self.readout = QLabel()
        self.readout.setFont(theme.tabular_font(small=True))
        self.readout.setAccessibleName(self.tr("Under the mouse"))
        self.readout.setToolTip(
            self.tr(
                "Under the mouse: disparity (1 is near) and radius of the circle of confusion, in pixels of the export"
            )
        )
        self.badge = ElidedLabel()
        self.badge.setFont(theme.tabular_font(small=True))
        self.badge.setAccessibleName(self.tr("What is on screen"))
        theme.set_property(self.badge, "quiet", True)
        self.zoom_label = QLabel()
        self.zoom_label.setFont(theme.tabular_font(small=True))
        self.zoom_label.setAccessibleName(self.tr("Zoom"))
        widest = self.tr("Fit {percent}").format(percent="888 %")  # so that the row does not jump while zooming
        self.zoom_label.setMinimumWidth(self.zoom_label.fontMetrics().horizontalAdvance(widest) + theme.SPACE_PX)
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
        row.addWidget(self.side_button)
        row.addSpacing(8)
        row.addWidget(self.readout)
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
        preview.beside_changed.connect(self._on_beside)
        player.rate_measured.connect(self._on_rate)
        session.playing_changed.connect(self._on_playing)
        session.playhead_changed.connect(self._refresh_badge)
        session.changed.connect(self._refresh_badge)
        session.clip_opened.connect(self._on_clip_opened)
        self.viewer.zoom_changed.connect(self._on_zoom)
        self.viewer.display_lines_changed.connect(preview.set_display_lines)
        self.viewer.space_tapped.connect(player.toggle)

    def set_side_by_side(self, on: bool) -> None:
        """Show both pictures of a split view side by side; where nothing is split, the source comes beside."""
        self.viewer.set_side_by_side(on)
        if on and self._preview.beside == "none":
            self._preview.set_beside("source")
            self._brought_source = True
        elif not on and self._brought_source and self._preview.beside == "source":
            self._preview.set_beside("none")

    def _on_beside(self, beside: str) -> None:
        self._brought_source = False
        if beside == "none":
            self._side_action.setChecked(False)

    def show_readout(self, text: str) -> None:
        """What lies under the mouse."""
        self.readout.setText(text)

    def set_depth_running(self, runs: bool) -> None:
        """Whether disparity may still change."""
        self._depth_runs = runs
        self._refresh_badge()

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
        # a picture in full size is no final one while its depth may still change
        unsettled = self._depth_runs and frame.request.view != "source"
        is_draft = frame.is_draft or unsettled
        parts.append(
            self.tr("{kind} {lines}p").format(
                kind=self.tr("Draft") if is_draft else self.tr("Final"), lines=frame.rgb.shape[0]
            )
        )
        parts.append(self.tr("{ms:.0f} ms").format(ms=frame.seconds * 1000))
        if frame.request.frame_index != self._session.playhead and not self._session.playing:
            parts.insert(
                0, self.tr("Rendering… frame {number} is still shown").format(number=frame.request.frame_index)
            )
        elif self._preview.is_behind and not self._session.playing:
            parts.insert(0, self.tr("Rendering…"))
        if self._rate_text:
            parts.append(self._rate_text)
        if frame.note:
            parts.insert(0, frame.note.rstrip("."))
        elif frame.request.view != "source" and not frame.has_depth:
            parts.insert(0, self.tr("No depth yet: the source is shown"))
        elif unsettled:
            parts.insert(0, self.tr("Depth is not final"))
        self.badge.setText(" · ".join(parts))

    def _refresh_badge(self, *_: object) -> None:
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
