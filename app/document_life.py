"""What keeps a document safe and gets it out: autosave, recovery, recent files, the export queue, stills, closing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMenu

from app import preferences
from app.autosave import Autosaver
from app.disk_look import DiskLook
from app.export_queue import ExportQueue
from app.recovery import Recovery
from vbr_core.command_line import render_command
from vbr_core.errors import VbrError
from vbr_core.settings import AnyExport, ExportSettings, RenderSettings

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtGui import QAction
    from PySide6.QtWidgets import QWidget

    from app.core_access import Core
    from app.depth_controller import DepthController
    from app.dialogs import Dialogs
    from app.document_controller import DocumentController
    from app.export_dialog import ExportDialog
    from app.job_runner import JobRunner
    from app.session import Session
    from vbr_core.project import Project


class DocumentLife(QObject):
    """Puts the parts together that only look after the document, and answers for them when the window closes."""

    noted = Signal(str)
    """A sentence for the user."""
    failed = Signal(object)
    """An exception that the user must see now."""
    failed_aside = Signal(object)
    """An exception that can wait until the user looks."""
    recent_found = Signal(object)
    """The recent files that are still there, newest first."""

    def __init__(
        self,
        session: Session,
        core: Core,
        runner: JobRunner,
        dialogs: Dialogs,
        document: DocumentController,
        depth: DepthController,
        export_dialog: ExportDialog,
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._session = session
        self._core = core
        self._runner = runner
        self._dialogs = dialogs
        self._document = document
        self._depth = depth
        self._export_dialog = export_dialog
        self._window = window
        self.autosave = Autosaver(session, self)
        self.recovery = Recovery(document, self.autosave, runner, dialogs, window)
        self.queue = ExportQueue(core, runner, self)
        self.queue.may_begin = lambda item: depth.state != "running" or item.clip_path != session.clip_path
        depth.state_changed.connect(lambda _state: self.queue.go_on())  # its depth is in the store now
        self.queue_panel: QWidget | None = None
        self.recent_menu: QMenu | None = None
        self._recent_look = DiskLook(self)
        self._recent_look.answered.connect(self.recent_found)
        session.clip_opened.connect(self._look_for_recent)
        self._look_for_recent()
        self.autosave.failed.connect(self.failed_aside)
        self.recovery.noted.connect(self.noted)
        self.queue.failed.connect(self.failed_aside)
        self.queue.exported.connect(lambda result: self.noted.emit(self.tr("Written: {path}").format(path=result.path)))
        export_dialog.queued.connect(self.enqueue)
        self.queue.emptied.connect(self._on_queue_emptied)

    def handlers(self) -> dict[str, Callable[..., object]]:
        """What the commands of this part do."""
        return {
            "save_copy": self._document.save_copy,
            "recover": lambda: self.recovery.look(tell_if_none=True),
            "relink": self._document.relink,
            "export_still": self.export_still,
            "export_queue": self.show_queue,
            "copy_command": self.copy_command,
        }

    # --- recent files -----------------------------------------------------------------------------------------------

    def add_recent_menu(self, menu: QMenu, before: QAction) -> None:
        """Put the list of recent files into a menu. It is filled when it is opened."""
        self.recent_menu = QMenu(self.tr("Open &recent"), menu)
        self.recent_menu.aboutToShow.connect(self._fill_recent)
        menu.insertMenu(before, self.recent_menu)
        menu.aboutToShow.connect(self._look_for_recent)

    def _look_for_recent(self, *_: object) -> None:
        """Show what is known, and see what is still there, for the next time."""
        if self.recent_menu is not None:
            self.recent_menu.setEnabled(bool(preferences.recent_files()))
        self._recent_look.ask(preferences.find_gone)

    def _fill_recent(self) -> None:
        menu = self.recent_menu
        if menu is None:
            return
        menu.clear()
        for number, path in enumerate(preferences.recent_files(), start=1):
            name, folder = Path(path).name, str(Path(path).parent)
            text = f"{name}   ({folder})".replace("&", "&&")
            action = menu.addAction(f"&{number}  {text}")
            action.triggered.connect(lambda _checked=False, path=path: self._document.open_path(path))
        menu.addSeparator()
        menu.addAction(self.tr("&Clear this list")).triggered.connect(lambda _checked=False: self._clear_recent())

    def _clear_recent(self) -> None:
        preferences.forget_recent_file()
        self.noted.emit(self.tr("The list of recent files is empty; the files are untouched."))

    # --- getting it out ---------------------------------------------------------------------------------------------

    def enqueue(self, project: Project, clip_path: Path, settings: AnyExport) -> bool:
        """Put an export into the queue. Returns whether it is in it."""
        try:
            item = self.queue.add(project, clip_path, settings)
        except VbrError as error:
            self.failed.emit(error)
            return False
        waiting = self.queue.open_count
        self.noted.emit(self.tr("Queued: {name} ({count} in all)").format(name=item.output.name, count=waiting))
        return True

    def _on_queue_emptied(self) -> None:
        if self.queue.is_shut:
            return
        failed = sum(item.state == "failed" for item in self.queue.items)
        text = self.tr("{count} of them failed.").format(count=failed) if failed else ""
        self._export_dialog.notice.tell(self.tr("The queued exports are done"), text)

    def show_queue(self) -> None:
        """Show the list of queued exports."""
        from app.export_queue_panel import ExportQueuePanel

        if not isinstance(self.queue_panel, ExportQueuePanel):
            self.queue_panel = ExportQueuePanel(self.queue, self._window)
        self.queue_panel.open_page()

    def export_still(self) -> None:
        """Ask where, and write the frame at the playhead as a picture."""
        clip_path = self._session.clip_path
        if clip_path is None:
            return
        frame = self._session.playhead
        stem = (self._session.path or clip_path).stem
        folder = Path(preferences.last_folder())
        output = self._dialogs.choose_still_target(folder / f"{stem} {frame:05d}.png")
        if output is None:
            return
        project, disparity = self._session.project, self._depth.source
        title = self.tr("Saving frame {frame}").format(frame=frame)
        job = self._runner.start(
            title, lambda ctx: self._core.export_still(project, clip_path, frame, output, ctx, disparity)
        )
        job.finished.connect(lambda path: self.noted.emit(self.tr("Written: {path}").format(path=path)))
        job.failed.connect(self.failed)

    def copy_command(self) -> None:
        """Put the command that does what the export dialog says onto the clipboard."""
        clip_path = self._session.clip_path
        if clip_path is None:
            return
        try:
            command = render_command(
                self._session.project, clip_path, self._export_settings(clip_path), self._session.path,
                is_saved=not self._session.is_dirty,
            )  # fmt: skip
        except VbrError as error:
            self.failed.emit(error)
            return
        QGuiApplication.clipboard().setText(command.text())
        self.noted.emit(command.note or self.tr("Copied: {command}").format(command=command.text()))

    def _export_settings(self, clip_path: Path) -> AnyExport:
        """What the export dialog says; what it would say at first if it was not opened yet."""
        if self._export_dialog.path_edit.text():
            return self._export_dialog.settings()
        stem = (self._session.path or clip_path).stem
        start, stop = self._session.range
        whole = (start, stop) == (0, self._session.frame_count)
        return ExportSettings(
            output=str(clip_path.with_name(f"{stem} refocused.mp4")),
            start=0 if whole else start,
            stop=None if whole else stop,
            render=RenderSettings(renderer=self._session.project.renderer),
        )

    # --- closing ----------------------------------------------------------------------------------------------------

    def may_close(self) -> bool:
        """Ask about exports that are not finished. Returns whether the window may close."""
        count = self.queue.open_count + self._export_dialog.is_exporting
        if not count:
            return True
        if count == 1:
            sentence = self.tr("An export is not finished.")
        else:
            sentence = self.tr("{count} exports are not finished.").format(count=count)
        return self._dialogs.ask_stop_exports(sentence)

    def shut(self) -> None:
        """The window closes: nothing new begins, and what was kept for a crash goes."""
        self.recovery.shut()
        self.queue.shut()
        self.autosave.shut()
