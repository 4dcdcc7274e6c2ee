"""Samples clicked focus keys again when the disparity under them became another one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec
from PySide6.QtCore import QObject

if TYPE_CHECKING:
    from app.depth_controller import DepthController
    from app.focus_controller import FocusController
    from app.frame_worker import FrameWorker
    from app.session import Session
    from vbr_core.project import FocusAnchor, Keyframe, Project
    from vbr_core.render.request import FocusSample


@dataclass(frozen=True, slots=True)
class _Token:
    batch: int
    anchor: FocusAnchor


class Resampler(QObject):
    """Keeps the keys that were clicked true to what was clicked.

    While depth comes in, its range is that of the frames known so far: a key that was set then is corrected when the
    depth is complete, in the history too. When the user chose another depth, all clicked keys follow it, as one undo
    step.
    """

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
        self._early: dict[FocusAnchor, float] = {}
        self._ready_depth: str | None = None
        self._batch = 0
        self._as_step = False
        self._missing: set[FocusAnchor] = set()
        self._found: dict[FocusAnchor, float] = {}
        focus.sampled_early.connect(self._on_early)
        depth.state_changed.connect(self._on_depth_state)
        worker.sampled.connect(self._on_sampled)
        session.clip_opened.connect(self._forget)

    def _forget(self, *_: object) -> None:
        self._early.clear()
        self._missing.clear()
        self._ready_depth = None
        self._batch += 1

    def _on_early(self, anchor: FocusAnchor, value: float) -> None:
        self._early[anchor] = value

    def _on_depth_state(self, state: str) -> None:
        if state != "ready":
            return
        chosen = self._session.project.depth
        self._as_step = self._ready_depth is not None and self._ready_depth != chosen
        self._ready_depth = chosen
        keys = self._session.project.focus.keys
        anchors = {key.anchor for key in keys if key.anchor is not None} if self._as_step else set(self._early)
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
        if self._as_step:
            project = self._corrected(self._session.project, None)
            self._session.apply(project, self.tr("Clicked focus follows the new depth"))
        else:
            self._session.rewrite(lambda project: self._corrected(project, early))

    def _corrected(self, project: Project, only: dict[FocusAnchor, float] | None) -> Project:
        """The document with the values that were found; with ``only``, just where the value given there still is."""

        def correct(key: Keyframe) -> Keyframe:
            anchor = key.anchor
            if anchor is None or anchor not in self._found or (only is not None and key.value != only.get(anchor)):
                return key
            return msgspec.structs.replace(key, value=self._found[anchor])

        keys = tuple(correct(key) for key in project.focus.keys)
        return project.with_track("focus", msgspec.structs.replace(project.focus, keys=keys))
