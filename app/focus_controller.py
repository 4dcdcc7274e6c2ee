"""Clicks on the picture become focus keys."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import QObject, Qt, Signal

from app.viewer import Reticle
from vbr_core import edits
from vbr_core.project import FocusAnchor

if TYPE_CHECKING:
    from app.depth_controller import DepthController
    from app.frame_worker import FrameWorker
    from app.session import Session
    from vbr_core.project import Project
    from vbr_core.render.request import FocusSample

ClickMode = Literal["focus", "hold", "look"]


@dataclass(frozen=True, slots=True)
class Click:
    """A click that waits for its disparity.

    Attributes:
        number: Counts clicks.
        frame: Where the playhead was.
        x: Pixels from the left of the upright picture.
        y: Pixels from the top.
        mode: ``focus`` sets a key, ``hold`` one without easing before it, ``look`` only tells.
    """

    number: int
    frame: int
    x: float
    y: float
    mode: ClickMode


class FocusController(QObject):
    """Samples the disparity under a click and sets the key.

    Where the depth of the frame is not there yet, the click is kept and tried again whenever more depth came in. A
    later click that sets focus replaces one that waits.
    """

    reticle_changed = Signal(object)
    """Reticle or None."""
    sampled_early = Signal(object, float)
    """FocusAnchor and value of a key that was set while the depth was still coming in."""
    marker_changed = Signal(object)
    """Disparity to be marked in the histogram, or None."""

    def __init__(
        self, session: Session, worker: FrameWorker, depth: DepthController, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._worker = worker
        self._depth = depth
        self._count = 0
        self._pending: Click | None = None
        self._asked: set[int] = set()
        self._candidate: tuple[int, Reticle] | None = None
        self._outlines: dict[tuple[int, float, float], tuple[tuple[float, float], ...]] = {}
        worker.sampled.connect(self._on_sampled)
        worker.failed.connect(self._on_sample_failed)
        depth.filled.connect(self._retry)
        depth.state_changed.connect(self._on_depth_state)
        session.clip_opened.connect(self._forget)
        session.changed.connect(self._on_changed)
        session.playhead_changed.connect(self._refresh)

    @property
    def pending(self) -> Click | None:
        """The click that waits for depth."""
        return self._pending

    def click(self, x: float, y: float, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        """The picture was clicked at ``x, y`` (pixels of the upright picture)."""
        mode: ClickMode = "focus"
        if modifiers & Qt.KeyboardModifier.AltModifier:
            mode = "look"
        elif modifiers & Qt.KeyboardModifier.ShiftModifier:
            mode = "hold"
        self._count += 1
        click = Click(self._count, self._session.playhead, x, y, mode)
        if mode != "look":
            self._pending = click
        self._candidate = (click.frame, Reticle(x, y, "candidate", ""))
        self._ask(click)
        self._refresh()

    def drop_pending(self) -> None:
        """Forget a click that waits for its disparity."""
        if self._pending is not None:
            self._forget()

    def show_candidate(self, frame: int | None, reticle: Reticle | None = None) -> None:
        """Mark a point of a frame without setting focus; None takes the mark away."""
        self._candidate = None if frame is None or reticle is None else (frame, reticle)
        self._refresh()

    def _ask(self, click: Click) -> None:
        if click.number not in self._asked:
            self._asked.add(click.number)
            self._worker.post_sample(click, click.frame, click.x, click.y)

    def _retry(self) -> None:
        if self._pending is not None:
            self._ask(self._pending)

    def _forget(self, *_: object) -> None:
        self._pending = self._candidate = None
        self._asked.clear()
        self._outlines.clear()
        self._refresh()

    # --- answers ----------------------------------------------------------------------------------------------------

    def _on_sampled(self, epoch: int, click: object, sample: FocusSample | None) -> None:
        if epoch != self._worker.epoch or not isinstance(click, Click):
            return
        self._asked.discard(click.number)
        if click.mode == "look":
            if click.number == self._count:
                text = f"d_f {sample.disparity:.3f}" if sample is not None else self._waiting_text()
                outline = () if sample is None else sample.outline
                self._candidate = (click.frame, Reticle(click.x, click.y, "candidate", text, outline))
                self.marker_changed.emit(None if sample is None else sample.disparity)
                self._refresh()
            return
        if click != self._pending:
            return
        if sample is None:
            self._candidate = (click.frame, Reticle(click.x, click.y, "waiting", self._waiting_text()))
            self._refresh()
            return
        self._pending = self._candidate = None
        anchor = FocusAnchor(click.frame, click.x, click.y)
        self._outlines[click.frame, click.x, click.y] = sample.outline
        if self._depth.state == "running":
            self.sampled_early.emit(anchor, sample.disparity)
        self._session.apply(
            edits.set_focus_at(
                self._session.project,
                click.frame,
                sample.disparity,
                anchor,
                hold=click.mode == "hold",
            ),
            self.tr("Focus here") if click.mode == "focus" else self.tr("Focus here, without easing"),
        )
        self.marker_changed.emit(sample.disparity)
        self._refresh()

    def _on_sample_failed(self, epoch: int, what: str, _error: Exception) -> None:
        if what == "sample" and epoch == self._worker.epoch:
            self._forget()

    def _waiting_text(self) -> str:
        if self._depth.state == "running":
            return self.tr("waiting for the depth of this frame")
        if self._depth.state == "failed":
            return self.tr("no depth: it failed")
        if self._depth.state == "cancelled":
            return self.tr("no depth: it was cancelled")
        return self.tr("no depth here")

    def _on_depth_state(self, _state: str) -> None:
        if self._pending is not None and self._candidate is not None and self._candidate[1].kind == "waiting":
            click = self._pending
            self._candidate = (click.frame, Reticle(click.x, click.y, "waiting", self._waiting_text()))
            self._refresh()

    # --- what is shown ----------------------------------------------------------------------------------------------

    def _on_changed(self, old: Project, new: Project) -> None:
        if old.focus is not new.focus:
            self._refresh()

    def _refresh(self, *_: object) -> None:
        self.reticle_changed.emit(self._reticle())

    def _reticle(self) -> Reticle | None:
        frame = self._session.playhead
        if self._candidate is not None and self._candidate[0] == frame:
            return self._candidate[1]
        key = edits.key_at(self._session.project.focus, frame)
        if key is not None and key.anchor is not None and key.anchor.frame == frame:
            anchor = key.anchor
            outline = self._outlines.get((frame, anchor.x, anchor.y), ())
            return Reticle(anchor.x, anchor.y, "focus", f"d_f {key.value:.3f}", outline)
        return None
