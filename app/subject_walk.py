"""Focusing without a mouse: Tab goes from thing to thing in the picture, Return focuses there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt

from app.viewer_marks import Reticle

if TYPE_CHECKING:
    from app.depth_controller import DepthController
    from app.focus_controller import FocusController
    from app.frame_worker import FrameWorker
    from app.session import Session
    from app.viewer import Viewer
    from vbr_core.depth.subjects import Subject


class SubjectWalk(QObject):
    """What the viewer does with Tab, Return and Escape.

    The first Tab asks for the subjects of the frame and shows the nearest as a white mark, further ones go from near to
    far, and after the last one the keyboard goes on to the next control: nobody is trapped in the picture. Without
    depth Tab goes on at once.
    """

    def __init__(
        self,
        session: Session,
        worker: FrameWorker,
        depth: DepthController,
        focus: FocusController,
        viewer: Viewer,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._worker = worker
        self._depth = depth
        self._focus = focus
        self._viewer = viewer
        self._frame: int | None = None
        self._subjects: tuple[Subject, ...] | None = None
        self._place = 0
        self._is_shown = False
        self._description = ""
        self._step = 1
        viewer.keyboard = self
        viewer.pressed.connect(self.forget)
        worker.found.connect(self._on_found)
        worker.failed.connect(self._on_failed)
        session.playhead_changed.connect(self.forget)
        session.changed.connect(self.forget)
        session.clip_opened.connect(self.forget)
        depth.state_changed.connect(self.forget)

    @property
    def subject(self) -> Subject | None:
        """The thing that the keyboard is at."""
        if self._subjects is None or not 0 <= self._place < len(self._subjects):
            return None
        return self._subjects[self._place]

    def tab(self, step: int) -> bool:
        """Tab (1) or Shift+Tab (-1); False where the keyboard should go to the next control."""
        session = self._session
        if session.clip_info is None or session.playing or (self._depth.source or self._depth.filling) is None:
            return False
        self._step = step
        if self._frame is None:
            self._frame = session.playhead
            self._worker.post_subjects(session.playhead)
            return True
        if self._subjects is None:  # on its way
            return True
        self._place += step
        if self.subject is None:
            self.forget()
            return False
        self._show()
        return True

    def enter(self, modifiers: Qt.KeyboardModifier) -> bool:
        """Return: focus there, with Shift without easing. False where nothing is marked."""
        subject, info = self.subject, self._session.clip_info
        if subject is None or info is None:
            return False
        self.forget()
        self._focus.click(subject.x * info.width, subject.y * info.height, modifiers)
        return True

    def leave(self) -> bool:
        """Escape: take the mark away. False where there is none."""
        was_there = self._frame is not None
        self.forget()
        return was_there

    def forget(self, *_: object) -> None:
        """Another frame, another document, the mouse: begin again at the next Tab."""
        if self._frame is None:
            return
        shown, self._is_shown = self._is_shown, False
        self._frame, self._subjects = None, None
        if shown:
            self._focus.show_candidate(None)
            self._viewer.setAccessibleDescription(self._description)

    def _on_found(self, epoch: int, frame: int, subjects: tuple[Subject, ...] | None) -> None:
        if epoch != self._worker.epoch or frame != self._frame or self._subjects is not None:
            return
        self._subjects = subjects or ()
        self._place = 0 if self._step > 0 else len(self._subjects) - 1
        if self._subjects:
            self._show()
        else:
            self.forget()
            self._viewer.move_on(self._step)

    def _on_failed(self, epoch: int, what: str, _error: object) -> None:
        if what == "subjects" and epoch == self._worker.epoch:
            self.forget()

    def _show(self) -> None:
        subject, info = self.subject, self._session.clip_info
        assert subject is not None
        assert info is not None
        assert self._subjects is not None
        place = self.tr("{number} of {count}").format(number=self._place + 1, count=len(self._subjects))
        text = self.tr("{place}: d_f {disparity}, Return focuses here").format(
            place=place, disparity=f"{subject.disparity:.3f}"
        )
        mark = Reticle(subject.x * info.width, subject.y * info.height, "candidate", text)
        if not self._is_shown:
            self._description = self._viewer.accessibleDescription()
        self._is_shown = True
        self._focus.show_candidate(self._session.playhead, mark)
        self._viewer.setAccessibleDescription(text)
