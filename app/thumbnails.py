"""Feeds the timeline: small pictures for the film strip, and for which frames depth is ready."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtGui import QImage

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from app.depth_controller import DepthController
    from app.frame_worker import FrameWorker
    from app.session import Session
    from app.timeline import TimelineView
    from vbr_core.jobs import Progress


class ThumbnailFeeder(QObject):
    """Answers the timeline's wishes from the preview worker, when that has nothing better to do."""

    def __init__(
        self,
        session: Session,
        worker: FrameWorker,
        depth: DepthController,
        timeline: TimelineView,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._worker = worker
        self._depth = depth
        self._timeline = timeline
        timeline.thumbnails_wanted.connect(self._on_wanted)
        worker.thumbnail.connect(self._on_thumbnail)
        depth.progressed.connect(self._on_depth_progress)
        depth.state_changed.connect(self._on_depth_state)

    def _on_wanted(self, frames: list[int]) -> None:
        self._worker.post_thumbnails(list(frames))

    def _on_thumbnail(self, epoch: int, frame_index: int, rgb: NDArray[np.uint8]) -> None:
        if epoch == self._worker.epoch:
            h, w, _ = rgb.shape
            image = QImage(rgb.tobytes(), w, h, 3 * w, QImage.Format.Format_RGB888).copy()
            self._timeline.set_thumbnail(frame_index, image)

    def _on_depth_progress(self, progress: Progress) -> None:
        ready_ranges = getattr(self._depth.filling, "ready_ranges", None)
        if ready_ranges is not None:
            self._timeline.set_progress_ranges(ready_ranges())
        elif progress.total == self._session.frame_count:
            self._timeline.set_progress_ranges([(0, progress.done)] if progress.done else [])

    def _on_depth_state(self, state: str) -> None:
        if state == "ready":
            self._timeline.set_progress_ranges([(0, self._session.frame_count)])
        elif state in ("running", "none"):
            self._timeline.set_progress_ranges([])
