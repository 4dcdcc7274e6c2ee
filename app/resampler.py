"""Samples clicked focus keys again when the disparity under them became another one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from vbr_core import edits
from vbr_core.focus.resampling import anchors_of, depth_of, with_samples

if TYPE_CHECKING:
    from app.depth_controller import DepthController
    from app.focus_controller import FocusController
    from app.frame_worker import FrameWorker
    from app.session import Session
    from vbr_core.project import FocusAnchor, Project
    from vbr_core.render.request import FocusSample

CALM_MS = 250
"""Clicked keys are sampled again when levels and repairs have been left alone for so long."""


@dataclass(frozen=True, slots=True)
class _Token:
    batch: int
    anchor: FocusAnchor


class Resampler(QObject):
    """Keeps the keys that were clicked true to what was clicked.

    While depth comes in, its range is that of the frames known so far: a key that was set then is corrected when the
    depth is complete, in the history too. When the user chose another depth, repaired it or changed its levels, all
    clicked keys follow it, as a part of that undo step (or as a step of their own if something else was done since).
    So they do when a document is opened whose depth is not what it was when it was saved.
    Undo and redo bring the values back that belong to the depth, so nothing is sampled then.
    """

    noted = Signal(str)
    """A sentence that says how many keys changed."""

    def __init__(
        self,
        session: Session,
        worker: FrameWorker,
        depth: DepthController,
        focus: FocusController,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._worker = worker
        self._depth = depth
        self._is_fresh = False
        self._early: dict[FocusAnchor, float] = {}
        self._follow = False
        self._batch = 0
        self._as_step = False
        self._missing: set[FocusAnchor] = set()
        self._found: dict[FocusAnchor, float] = {}
        self._calm_timer = QTimer(self)
        self._calm_timer.setSingleShot(True)
        self._calm_timer.setInterval(CALM_MS)
        self._calm_timer.timeout.connect(self._sample)
        focus.sampled_early.connect(self._on_early)
        depth.settled.connect(self._on_settled, Qt.ConnectionType.QueuedConnection)  # after everybody saw the change
        worker.sampled.connect(self._on_sampled)
        session.clip_opened.connect(self._forget)
        session.changed.connect(self._on_changed)

    def _forget(self, *_: object) -> None:
        self._early.clear()
        self._missing.clear()
        self._follow = False
        self._is_fresh = True
        self._calm_timer.stop()
        self._batch += 1

    def _on_early(self, anchor: FocusAnchor, value: float) -> None:
        self._early[anchor] = value

    def _on_changed(self, old: Project, new: Project) -> None:
        if depth_of(old) != depth_of(new):
            self._batch += 1  # what is under way was sampled from a disparity that is gone
            self._calm_timer.stop()
            self._is_fresh = False
            self._follow = self._session.is_applying and bool(anchors_of(new))

    def _on_settled(self) -> None:
        project, fingerprint = self._session.project, getattr(self._depth.source, "fingerprint", "")
        if self._is_fresh and project.depth_fingerprint not in ("", fingerprint) and anchors_of(project):
            self._follow = True  # other weights under the same name, or files that were written again since
        self._is_fresh = False
        self._session.replace_quietly(edits.set_depth_fingerprint(project, fingerprint))
        if self._follow or self._early:
            self._calm_timer.start()

    def _sample(self) -> None:
        self._as_step = self._follow
        anchors = set(anchors_of(self._session.project)) if self._follow else set(self._early)
        self._batch += 1
        self._found = {}
        self._missing = anchors
        for anchor in anchors:
            self._worker.post_sample(_Token(self._batch, anchor), anchor.frame, anchor.x, anchor.y)

    def _on_sampled(self, epoch: int, token: object, sample: FocusSample | None) -> None:
        if epoch != self._worker.epoch or not isinstance(token, _Token) or token.batch != self._batch:
            return
        self._missing.discard(token.anchor)
        if sample is not None:
            self._found[token.anchor] = sample.disparity
        if self._missing:
            return
        early, self._early = self._early, {}
        self._follow = False
        if not self._as_step:
            self._session.rewrite(lambda project: with_samples(project, self._found, early)[0])
            return
        now = self._session.project
        new, count = with_samples(now, self._found)
        if not count:
            return
        step = self._session.latest_step
        if step is not None and step[1] == now and depth_of(step[0]) != depth_of(now):
            self._session.amend(new)
        else:
            self._session.apply(new, self.tr("Clicked focus follows the new depth"))
        self.noted.emit(
            self.tr("One clicked focus key follows the new depth.")
            if count == 1
            else self.tr("{count} clicked focus keys follow the new depth.").format(count=count)
        )
