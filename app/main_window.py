"""The main window: puts the parts together. What they do is in the controllers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, QCoreApplication, Qt, QTimer
from PySide6.QtWidgets import (
    QDialog,
    QMainWindow,
    QMenu,
    QPushButton,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app import preferences, theme
from app.actions import MENUS, Actions, show_tool_tip
from app.core_access import Core
from app.depth_controller import DepthController
from app.depth_import import DepthQuestion
from app.depth_panel import DepthPanel
from app.dialogs import Dialogs
from app.document_controller import DocumentController
from app.document_life import DocumentLife
from app.errors import ErrorReporter, open_log
from app.export_dialog import ExportDialog
from app.focus_controller import FocusController
from app.focus_tools import FocusTools
from app.focus_tools_panel import FocusToolsPanel
from app.frame_worker import FrameWorker
from app.help_desk import HelpDesk
from app.icons import icon
from app.inspector import Inspector
from app.job_runner import JobRunner
from app.key_controller import KeyController
from app.look_panel import LookPanel
from app.models_controller import ModelsController
from app.playback import Playback
from app.player import Player
from app.preview import PreviewController
from app.repair_controller import RepairController
from app.resampler import Resampler
from app.session import Session
from app.shot_controller import ShotController
from app.sound_feeder import SoundFeeder
from app.status_bar import StatusBar
from app.subject_walk import SubjectWalk
from app.thumbnails import ThumbnailFeeder
from app.timeline import TimelineView
from app.transport import TransportBar
from app.user_desk import UserDesk
from app.viewer_panel import HoldKey, ViewerPanel
from app.viewer_readout import HoverReadout
from app.welcome import Welcome

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from PySide6.QtCore import QPoint
    from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent

    from vbr_core.render.request import Beside, View

LAYOUT_VERSION = 1
COURTESY_SECONDS = 1.0
"""How long a job waits between two steps for a picture that somebody waits for."""


class MainWindow(QMainWindow):
    """One document in one window."""

    def __init__(self, core: Core | None = None, dialogs: Dialogs | None = None) -> None:
        super().__init__()
        self.core = core or Core()
        self.dialogs = dialogs or Dialogs(self)
        self.session = Session(self)
        self.runner = JobRunner(self)
        self.errors = ErrorReporter(self)
        self.worker = FrameWorker(self.core.open_frames, self)
        self.runner.courtesy = lambda: self.worker.wait_until_calm(COURTESY_SECONDS)
        self.preview = PreviewController(self.session, self.worker, self)
        self.player = Player(self.session, self)
        self.keys = KeyController(self.session, self)
        self.depth = DepthController(self.session, self.core, self.runner, self.worker, self.preview, self)
        self.depth_question = DepthQuestion(self.session, self.depth, self)
        self.models = ModelsController(self.core, self.runner, self)
        self.focus = FocusController(self.session, self.worker, self.depth, self)
        self.focus_tools = FocusTools(self.session, self.core, self.runner, self.worker, self.depth, self.focus, self)
        self.shots = ShotController(self.session, self)
        self.resampler = Resampler(self.session, self.worker, self.depth, self.focus, self)
        self.document = DocumentController(self.session, self.core, self.runner, self.dialogs, self)
        self.actions_ = Actions(self.session, self)
        self._is_closing = False
        self._device_asked = ""
        self.setObjectName("MainWindow")
        self.setMinimumSize(960, 600)
        self.setAcceptDrops(True)
        self._build_widgets()
        self._build_menus()
        self._bind_actions()
        self._connect()
        self._show_title()
        self._restore_layout()

    # --- building ---------------------------------------------------------------------------------------------------

    def _build_widgets(self) -> None:
        column = self._build_frame()
        self.panel = ViewerPanel(self.session, self.preview, self.player, self.actions_)
        self.viewer = self.panel.viewer
        self.transport = TransportBar(self.session, self.actions_)
        self.inspector = Inspector(
            self.session, self.keys, self.preview, self.focus, self.depth, self.dialogs, self.models
        )
        self.readout = HoverReadout(self.session, self.worker, self.depth, self.preview, self.viewer, self)
        SubjectWalk(self.session, self.worker, self.depth, self.focus, self.viewer, self)
        self.readout.text_changed.connect(self.panel.show_readout)
        self.depth.state_changed.connect(lambda state: self.panel.set_depth_running(state == "running"))
        self.repairs = RepairController(self.session, self.viewer.tool, self)
        self.depth_panel = DepthPanel(self.session, self.repairs, self.viewer.tool, self.actions_, self.depth)
        self.focus_panel = FocusToolsPanel(self.session, self.focus_tools, self.actions_)
        self.look_panel = LookPanel(self.session, self.dialogs)
        self.inspector.add_section(self.tr("LOOK"), self.look_panel)
        self.inspector.add_section(self.tr("FOLLOW AND RACK"), self.focus_panel)
        self.inspector.add_section(self.tr("DEPTH REPAIR"), self.depth_panel, self.viewer.tool.mode_changed)
        self.timeline = TimelineView(self.session, self.actions_)
        self.sound = SoundFeeder(self.session, self.core, self.runner, self.timeline, self)
        self.thumbnails = ThumbnailFeeder(self.session, self.worker, self.depth, self.timeline, self)
        self.playback = Playback(
            self.session,
            self.core,
            self.runner,
            self.player,
            self.transport,
            self.actions_,
            self.worker,
            self.preview,
            self,
        )
        self.curves: QWidget | None = None
        self.models_page: QWidget | None = None
        self.status = StatusBar(self.runner)
        self.setStatusBar(self.status)
        self.help = HelpDesk(self.core, self.runner, self.errors, self.status, self)
        common = self.session, self.core, self.runner, self.depth
        self.export_dialog = ExportDialog(*common, self.models, self.dialogs, self)
        self.life = DocumentLife(
            self.session,
            self.core,
            self.runner,
            self.dialogs,
            self.document,
            self.depth,
            self.export_dialog,
            self,
        )
        self.desk = UserDesk(self.session, self.core, self.runner, self.actions_, self.preview, self.viewer, self)
        column.addWidget(self.panel, 1)
        column.addWidget(self.transport)
        self.upper.addWidget(self.inspector)
        self.upper.setStretchFactor(0, 1)
        self.upper.setCollapsible(0, False)
        self.upper.setSizes([960, 312])
        self.split.addWidget(self.timeline)
        self.split.setStretchFactor(0, 1)
        self.split.setCollapsible(0, False)
        self.split.setSizes([520, 184])
        self.compare_key = HoldKey(Qt.Key.Key_W, self, self.preview.set_compare)

    def _build_frame(self) -> QVBoxLayout:
        """What the widgets are put into, before there are any: with every move into another one all that is inside is
        styled anew. Returns where the picture goes."""
        self.welcome = Welcome()
        self.stack = QStackedWidget()
        self.setCentralWidget(self.stack)
        self.split = QSplitter(Qt.Orientation.Vertical)
        self.stack.addWidget(self.welcome)
        self.stack.addWidget(self.split)
        self.upper = QSplitter(Qt.Orientation.Horizontal)
        self.split.addWidget(self.upper)
        left = QWidget()
        self.upper.addWidget(left)
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        return column

    def _build_menus(self) -> None:
        for name, title in MENUS:
            menu = self.menuBar().addMenu(QCoreApplication.translate("Actions", title))
            for spec, action in self.actions_.in_menu(name):
                if spec.separator:
                    menu.addSeparator()
                menu.addAction(action)
            if name == "file":
                self.life.add_recent_menu(menu, before=self.actions_.get("open_sample"))
        self.addActions(self.actions_.all())
        export = QPushButton(icon("export", role="on_accent"), self.tr("Export"))
        export.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        show_tool_tip(export, self.actions_.get("export"))
        theme.set_property(export, "primary", True)
        export.clicked.connect(self.actions_.get("export").trigger)
        self.actions_.get("export").enabledChanged.connect(export.setEnabled)
        export.setEnabled(False)
        self.export_button = export
        self.menuBar().setCornerWidget(export, Qt.Corner.TopRightCorner)

    def _bind_actions(self) -> None:
        session, player, keys, viewer = self.session, self.player, self.keys, self.viewer
        handlers: dict[str, Callable[..., object]] = {
            "open": self.document.open_dialog,
            "open_sample": self.document.open_sample,
            "save": self.document.save,
            "save_as": self.document.save_as,
            "close_document": self.document.close_document,
            "quit": self.close,
            "undo": session.undo_stack.undo,
            "redo": session.undo_stack.redo,
            "delete_keys": keys.delete_selected,
            "cut_keys": keys.cut,
            "copy_keys": keys.copy,
            "paste_keys": keys.paste,
            "duplicate_keys": keys.duplicate,
            "select_all_keys": keys.select_all,
            "nudge_back": lambda: keys.nudge_selected(-1),
            "nudge_on": lambda: keys.nudge_selected(1),
            "nudge_up": lambda: keys.nudge_selected(0, 1),
            "nudge_down": lambda: keys.nudge_selected(0, -1),
            "play_pause": player.toggle,
            "shuttle_back": player.shuttle_back,
            "shuttle_stop": player.stop,
            "shuttle_forward": player.shuttle_forward,
            "step_back": lambda: player.step(-1),
            "step_forward": lambda: player.step(1),
            "jump_back": lambda: player.step(-10),
            "jump_forward": lambda: player.step(10),
            "go_start": lambda: player.go_to(0),
            "go_end": lambda: player.go_to(session.frame_count - 1),
            "range_start": lambda: session.set_range(session.playhead, max(session.range[1], session.playhead + 1)),
            "range_end": lambda: session.set_range(min(session.range[0], session.playhead), session.playhead + 1),
            "range_clear": lambda: session.set_range(0, session.frame_count),
            "loop": player.set_loop,
            "key_focus_here": lambda: keys.key_here("focus"),
            "key_blur_here": lambda: keys.key_here("blur"),
            "hold_here": keys.hold_until_here,
            "previous_key": lambda: keys.go_to_next(-1),
            "next_key": lambda: keys.go_to_next(1),
            "focus_farther": lambda: keys.nudge_focus(-1),
            "focus_nearer": lambda: keys.nudge_focus(1),
            "estimate_depth": self.depth.start,
            "models": self._show_models,
            "view_result": lambda: self.preview.set_view("result"),
            "view_source": lambda: self.preview.set_view("source"),
            "view_disparity": lambda: self._toggle_view("disparity"),
            "view_defocus": lambda: self._toggle_view("defocus"),
            "view_overlay": lambda: self._toggle_view("overlay"),
            "view_grey": lambda: self._toggle_view("grey"),
            "view_zone": lambda: self._toggle_view("zone"),
            "view_peaking": lambda: self._toggle_view("peaking"),
            "side_by_side": self.panel.set_side_by_side,
            "split_source": lambda: self._toggle_split("source"),
            "split_unrepaired": lambda: self._toggle_split("unrepaired"),
            "repair_lasso": lambda: self.repairs.take_up("lasso"),
            "repair_brush": lambda: self.repairs.take_up("brush"),
            "repair_same": lambda: self.repairs.repair("same_as"),
            "repair_behind": lambda: self.repairs.repair("push_behind"),
            "repair_flatten": lambda: self.repairs.repair("flatten"),
            "repair_back": lambda: self.focus_tools.lay_down_rack() or viewer.tool.back(),
            "follow_point": self.focus_tools.follow_key,
            "rack_focus": self.focus_tools.take_up_rack,
            "zoom_fit": viewer.zoom_fit,
            "zoom_full": viewer.zoom_full,
            "zoom_in": viewer.zoom_in,
            "zoom_out": viewer.zoom_out,
            "graph_editor": self._show_curves,
            "full_screen": self._set_full_screen,
            "export": self.export_dialog.open_for_document,
            "open_log": open_log,
        }
        for more in (self.shots, self.life, self.help, self.desk):
            handlers |= more.handlers()
        self.actions_.bind(handlers)

    def _connect(self) -> None:
        self.welcome.open_requested.connect(self.document.open_dialog)
        self.welcome.sample_requested.connect(self.document.open_sample)
        self.welcome.path_dropped.connect(self.document.open_path)
        self.welcome.recent_requested.connect(self.document.open_path)
        self.welcome.command_requested.connect(lambda name: self.actions_.get(name).trigger())
        self.welcome.set_recent(preferences.recent_files())
        self.life.recent_found.connect(self.welcome.set_recent)
        self.viewer.clicked.connect(self.focus_tools.click)
        self.viewer.double_clicked.connect(self.focus_tools.double_click)
        self.viewer.boxed.connect(self.focus_tools.follow_box)
        self.focus_tools.noted.connect(self.status.show_note)
        self.shots.noted.connect(self.status.show_note)
        self.focus_tools.failed.connect(self.status.show_failure)
        self.focus_tools.state_changed.connect(self._on_rack)
        self.focus_panel.typing_finished.connect(self.viewer.setFocus)
        self.look_panel.typing_finished.connect(self.viewer.setFocus)
        self.look_panel.failed.connect(self.status.show_failure)
        self.viewer.menu_requested.connect(self._show_picture_menu)
        self.inspector.typing_finished.connect(self.viewer.setFocus)
        self.focus.reticle_changed.connect(self.viewer.set_reticle)
        self.viewer.tool.mode_changed.connect(self._on_tool)
        self._on_tool("off")
        self.repairs.noted.connect(self.status.show_note)
        self.keys.noted.connect(self.status.show_note)
        self.resampler.noted.connect(self.status.show_note)
        self.depth_panel.typing_finished.connect(self.viewer.setFocus)
        self.preview.frame_shown.connect(self.player.note_shown)
        self.life.noted.connect(self.status.show_note)
        self.life.failed_aside.connect(self.status.show_failure)
        for source in (self.document, self.export_dialog, self.life):
            source.failed.connect(self.errors.report)
        self.preview.failed.connect(self._on_preview_failed)
        self.depth.failed.connect(self.status.show_failure)
        self.depth_question.noted.connect(self.status.show_note)
        self.models.failed.connect(self._on_models_failed)
        self.models.arrived.connect(self._on_model_arrived)
        self.inspector.models_asked.connect(self._show_models)
        self.export_dialog.exported.connect(
            lambda result: self.status.show_note(self.tr("Written: {path}").format(path=result.path))
        )
        self.transport.as_frames_changed.connect(self.timeline.set_as_frames)
        self.timeline.as_frames_asked.connect(self.transport.set_as_frames)
        self.preview.cached_changed.connect(self.timeline.set_cached)
        self.playback.prerender.failed.connect(self.status.show_failure)
        self.status.failure_clicked.connect(self.errors.report)
        self.document.noted.connect(self.status.show_note)
        self.document.saved.connect(lambda _path: self.status.show_saved(True))
        self.session.clip_opened.connect(self._on_clip_opened)
        self.session.changed.connect(self._show_title)
        self.session.path_changed.connect(self._show_title)
        for over in (self.runner.idle, self.worker.stopped):
            over.connect(self._on_idle)

    # --- small reactions --------------------------------------------------------------------------------------------

    def open_path(self, path: str | Path) -> None:
        """Open a clip or a project."""
        self.document.open_path(path)

    def _on_clip_opened(self, info: object) -> None:
        self.stack.setCurrentWidget(self.welcome if info is None else self.split)
        self.welcome.set_recent(preferences.recent_files())
        self.status.show_saved(False)
        if info is None:
            return
        self.viewer.setFocus()
        self.models.refresh()
        device = preferences.choice("device")
        if self._device_asked != device:  # asking imports the core, which the preview needs now anyway
            self._device_asked = device
            job = self.runner.start("", lambda _ctx: self.core.describe_device())
            job.finished.connect(self.status.show_device)

    def _on_preview_failed(self, error: Exception) -> None:
        self.viewer.set_message(str(error))
        self.status.show_failure(error)

    def _show_title(self, *_: object) -> None:
        has_document = self.session.clip_info is not None
        self.setWindowTitle(f"{self.document.name}[*] — VBR Studio" if has_document else "VBR Studio")
        self.setWindowModified(self.session.is_dirty)

    def _toggle_view(self, view: View) -> None:
        self.preview.set_view("result" if self.preview.view == view else view)

    def _toggle_split(self, beside: Beside) -> None:
        self.preview.set_beside("none" if self.preview.beside == beside else beside)

    def _on_tool(self, mode: str) -> None:
        self.actions_.get("repair_back").setEnabled(mode != "off" or self.focus_tools.rack_step > 0)
        if mode != "off":
            self.focus_tools.lay_down_rack()
            self.player.stop()
            self.viewer.setFocus()

    def _on_rack(self) -> None:
        is_armed = self.focus_tools.rack_step > 0
        if is_armed and self.viewer.tool.mode != "off":
            self.viewer.tool.set_mode("off")
        self.actions_.get("repair_back").setEnabled(is_armed or self.viewer.tool.mode != "off")

    def _show_picture_menu(self, x: float, y: float, place: QPoint) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for text, modifiers in (
            (self.tr("Focus here"), Qt.KeyboardModifier.NoModifier),
            (self.tr("Focus here, without easing"), Qt.KeyboardModifier.ShiftModifier),
            (self.tr("Only show what lies there"), Qt.KeyboardModifier.AltModifier),
        ):
            menu.addAction(text).triggered.connect(
                lambda _checked=False, modifiers=modifiers: self.focus.click(x, y, modifiers)
            )
        follow = menu.addAction(self.tr("Follow this point"))
        follow.triggered.connect(lambda _checked=False: self.focus_tools.follow(x, y))
        menu.addSeparator()
        menu.addActions([self.actions_.get(name) for name in ("rack_focus", "key_focus_here", "key_blur_here")])
        menu.popup(place)

    def _show_curves(self, shown: bool) -> None:
        if self.curves is None:
            from app.curves import CurveEditor  # pyqtgraph takes a moment to import

            self.curves = CurveEditor(self.session, viewport=self.timeline.viewport, preview=self.preview)
            self.curves.setMinimumHeight(144)
            self.split.addWidget(self.curves)
            self.split.setStretchFactor(2, 0)
        self.curves.setVisible(shown)
        if shown:  # as much as it needs, the rest stays with the picture
            graph = max(self.curves.minimumHeight(), self.split.height() // 5)
            timeline = self.timeline.minimumSizeHint().height()
            self.split.setSizes([self.split.height() - graph - timeline, timeline, graph])

    def _show_models(self) -> None:
        from app.models_page import ModelsPage

        if self.models_page is None:
            self.models_page = ModelsPage(self.session, self.models, self.dialogs, self)
        self.models_page.open_page()

    def _on_models_failed(self, error: Exception) -> None:
        if self.models_page is None or not self.models_page.isVisible():  # its row says so
            self.status.show_failure(error)

    def _on_model_arrived(self, name: str) -> None:
        if self.depth.state == "failed" and self.session.project.depth == name:
            self.depth.start()

    def _set_full_screen(self, full: bool) -> None:
        if full:
            self.showFullScreen()
        else:
            self.showNormal()

    # --- drop -------------------------------------------------------------------------------------------------------

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        paths = [url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile()]
        if paths:
            event.acceptProposedAction()
            self.document.open_path(paths[0])

    # --- closing ----------------------------------------------------------------------------------------------------

    def closeEvent(self, event: QCloseEvent) -> None:
        if not self._is_closing:
            if not self.life.may_close() or not self.document.may_discard():
                event.ignore()
                return
            self._is_closing = True
            self.player.stop()
            self.playback.shut()
            self._save_layout()
            self.export_dialog.shut()
            self.life.shut()
            self.errors.shut()
            for dialog in self.findChildren(QDialog):  # a dialog of a window that is gone keeps the program alive
                dialog.reject()
            for menu in self.findChildren(QMenu):
                menu.close()
            self.runner.shut()
        if self.runner.jobs or not self.worker.stop(0.02):  # at their next frame; the window waits without freezing
            self.status.show_note(self.tr("Stopping what is running…"))
            self.setEnabled(False)  # its commands too
            event.ignore()
            return
        for timer in self.findChildren(QTimer):
            timer.stop()
        super().closeEvent(event)

    def _on_idle(self) -> None:
        if self._is_closing:
            self.close()

    def _save_layout(self) -> None:
        settings = preferences.preferences()
        settings.setValue("layout/version", LAYOUT_VERSION)
        settings.setValue("layout/geometry", self.saveGeometry())
        settings.setValue("layout/upper", self.upper.saveState())
        settings.setValue("layout/split", self.split.saveState())

    def _restore_layout(self) -> None:
        settings = preferences.preferences()
        screen = self.screen().availableSize()
        self.resize(min(1440, screen.width()), min(900, screen.height()))
        if str(settings.value("layout/version", "")) != str(LAYOUT_VERSION):
            return
        for name, restore in (
            ("geometry", self.restoreGeometry),
            ("upper", self.upper.restoreState),
            ("split", self.split.restoreState),
        ):
            state = settings.value(f"layout/{name}")
            if isinstance(state, QByteArray):
                restore(state)
