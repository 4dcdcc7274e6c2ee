"""Finds the clip of a project again when it is not where it was."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from vbr_core.clip_search import describe_clip

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.core_access import Core
    from app.dialogs import Dialogs
    from app.job_runner import JobRunner
    from vbr_core.project import Clip


class Relinker(QObject):
    """Asks where a clip is: the file itself, or a folder that is searched for its content."""

    failed = Signal(object)
    """An exception."""

    def __init__(self, core: Core, runner: JobRunner, dialogs: Dialogs, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._core = core
        self._runner = runner
        self._dialogs = dialogs

    def ask(
        self, clip: Clip | None, sentence: str, chosen: Callable[[Path], object], given_up: Callable[[], object]
    ) -> None:
        """Ask, and search if need be.

        Args:
            clip: What the project says about it; None if nothing.
            sentence: Why it is asked.
            chosen: Called with the file.
            given_up: Called if the user backs out.
        """
        detail = self.tr("It was: {clip}").format(clip=describe_clip(clip)) if clip is not None else ""
        answer = self._dialogs.ask_relink(sentence, detail, clip is not None)
        path = None
        if answer == "folder" and clip is not None:
            folder = self._dialogs.choose_search_folder()
            if folder is not None:
                self._search(clip, folder, sentence, chosen, given_up)
                return
        elif answer == "file":
            path = self._dialogs.locate_clip(sentence)
        if path is None:
            given_up()
        else:
            chosen(path)

    def _search(
        self,
        clip: Clip,
        folder: Path,
        sentence: str,
        chosen: Callable[[Path], object],
        given_up: Callable[[], object],
    ) -> None:
        title = self.tr("Searching “{folder}”").format(folder=folder.name or str(folder))
        job = self._runner.start(title, lambda ctx: self._core.search_clip(clip, folder, ctx), courteous=False)

        def on_searched(found: Path | None) -> None:
            if found is not None:
                chosen(found)
                return
            name = Path(clip.path).name
            nothing = self.tr("“{name}” is not in “{folder}”.").format(name=name, folder=folder)
            self.ask(clip, nothing, chosen, given_up)

        def on_failed(error: Exception) -> None:
            given_up()
            self.failed.emit(error)

        job.finished.connect(on_searched)
        job.failed.connect(on_failed)
        job.cancelled.connect(given_up)
