"""What lies under the mouse: disparity, and how far it will be blurred in the export."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from vbr_core.render.request import blur_radius_px

if TYPE_CHECKING:
    from app.depth_controller import DepthController
    from app.frame_worker import FrameWorker
    from app.preview import PreviewController
    from app.session import Session
    from app.viewer import Viewer
    from vbr_core.render.request import FocusSample

SHARP_PX = 0.5
"""Up to this radius a pixel keeps to itself."""


@dataclass(frozen=True, slots=True)
class Hover:
    """A place under the mouse: frame, and pixels of the upright picture."""

    frame: int
    x: float
    y: float


class HoverReadout(QObject):
    """Asks the worker for the disparity under the mouse and words the answer.

    The value is that which a click would take. Only the newest place is asked for; an answer for another place or
    frame is dropped. While the clip plays, nothing is read.
    """

    text_changed = Signal(str)
    """Empty if there is nothing to tell."""

    def __init__(
        self,
        session: Session,
        worker: FrameWorker,
        depth: DepthController,
        preview: PreviewController,
        viewer: Viewer,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._worker = worker
        self._depth = depth
        self._place: tuple[float, float] | None = None
        self._wanted: Hover | None = None
        self._sample: FocusSample | None = None
        self._text = ""
        viewer.hovered.connect(self._on_hovered)
        worker.hovered.connect(self._on_sampled)
        session.playhead_changed.connect(self._ask)
        session.playing_changed.connect(self._ask)
        session.changed.connect(self._word)
        session.clip_opened.connect(lambda _info: self._on_hovered(None))
        depth.filled.connect(self._ask_if_missing)
        depth.state_changed.connect(self._ask)
        preview.frame_shown.connect(self._ask)  # also after a depth repair

    @property
    def text(self) -> str:
        return self._text

    def _on_hovered(self, place: tuple[float, float] | None) -> None:
        self._place = place
        self._ask()

    def _ask_if_missing(self) -> None:
        if self._sample is None:
            self._ask()

    def _ask(self, *_: object) -> None:
        if self._place is None or self._session.clip_info is None or self._session.playing:
            self._wanted = self._sample = None
            self._tell("")
            return
        self._wanted = Hover(self._session.playhead, *self._place)
        self._worker.post_hover(self._wanted, self._wanted.frame, self._wanted.x, self._wanted.y)

    def _on_sampled(self, epoch: int, token: object, sample: FocusSample | None) -> None:
        if epoch == self._worker.epoch and token == self._wanted:
            self._sample = sample
            self._word()

    def _word(self, *_: object) -> None:
        info = self._session.clip_info
        if self._wanted is None or info is None:
            return
        if self._sample is None:
            waits = self._depth.state == "running"
            self._tell(self.tr("Depth is on its way") if waits else self.tr("No depth here"))
            return
        disparity = self._sample.disparity
        radius = blur_radius_px(self._session.project, self._sample.frame_index, disparity, info.height)
        if abs(radius) <= SHARP_PX:
            blur = self.tr("sharp")
        elif radius > 0:
            blur = self.tr("blur {radius:.1f} px, in front").format(radius=radius)
        else:
            blur = self.tr("blur {radius:.1f} px, behind").format(radius=-radius)
        self._tell(self.tr("Disparity {value:.3f} · {blur}").format(value=disparity, blur=blur))

    def _tell(self, text: str) -> None:
        if text != self._text:
            self._text = text
            self.text_changed.emit(text)
