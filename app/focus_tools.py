"""Follows a point of the picture through its shot, and racks focus from one clicked thing to another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Qt, Signal

from app.timecode import timecode
from app.viewer import Reticle
from vbr_core.errors import VbrError
from vbr_core.focus.baking import bake_track
from vbr_core.focus.rack import RackCurve, RackPoint, longest_rack, make_rack
from vbr_core.project import FocusAnchor

if TYPE_CHECKING:
    from app.core_access import Core
    from app.depth_controller import DepthController
    from app.focus_controller import FocusController
    from app.frame_worker import FrameWorker
    from app.job_runner import Job, JobRunner
    from app.session import Session
    from vbr_core.focus.tracking import Followed
    from vbr_core.jobs import JobContext
    from vbr_core.project import Project
    from vbr_core.render.request import FocusSample

SMOOTHING_FRAMES = 4.0
RACK_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class _RackClick:
    number: int
    frame: int
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class _Rack:
    base: Project
    start: int
    first: RackPoint
    second: RackPoint


class FocusTools(QObject):
    """What a double-click and the rack tool do. Each result is one undo step.

    Smoothing, offset, length and curve may be changed as long as the result is the latest step: it is made again.
    """

    noted = Signal(str)
    """A sentence for the status bar."""
    failed = Signal(object)
    """The exception."""
    state_changed = Signal()
    """What the tools wait for, or one of their settings, changed."""

    def __init__(
        self,
        session: Session,
        core: Core,
        runner: JobRunner,
        worker: FrameWorker,
        depth: DepthController,
        focus: FocusController,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._core = core
        self._runner = runner
        self._worker = worker
        self._depth = depth
        self._focus = focus
        self.smoothing_frames = SMOOTHING_FRAMES
        self.offset = 0.0
        self.rack_length_frames = 0
        """Of the next rack; 0 until a clip says how long a second is."""
        self.rack_curve: RackCurve = "smooth"
        self._job: Job | None = None
        self._waiting: tuple[int, float, float, tuple[float, float] | None] | None = None
        self._followed: tuple[Project, Followed] | None = None
        self._is_armed = False
        self._first: tuple[int, RackPoint] | None = None
        self._rack: _Rack | None = None
        self._made: Project | None = None
        self._count = 0
        worker.sampled.connect(self._on_sampled)
        depth.state_changed.connect(self._on_depth_state)
        session.clip_opened.connect(self._forget)

    def _forget(self, info: Any) -> None:
        if self._job is not None:
            self._job.cancel()
        self._job = self._waiting = self._followed = self._rack = self._made = self._first = None
        self._is_armed = False
        if info is not None:
            self.rack_length_frames = max(1, round(RACK_SECONDS * float(info.frame_rate)))
        self.state_changed.emit()

    # --- following --------------------------------------------------------------------------------------------------

    @property
    def is_following(self) -> bool:
        """Whether something is being followed, or waits for its depth."""
        return self._job is not None or self._waiting is not None

    def double_click(self, x: float, y: float) -> None:
        """The picture was double-clicked at ``x, y`` (pixels of the upright picture)."""
        if self._is_armed:
            self.click(x, y)
        else:
            self.follow(x, y)

    def follow_key(self) -> None:
        """Follow the point that the focus key at the playhead was clicked at."""
        frame = self._session.playhead
        for key in self._session.project.focus.keys:
            if key.frame == frame and key.anchor is not None and key.anchor.frame == frame:
                self.follow(key.anchor.x, key.anchor.y)
                return
        self.noted.emit(self.tr("Double-click in the picture what is to be followed."))

    def follow_box(self, x: float, y: float, width: float, height: float) -> None:
        """Follow what is in a box around ``x, y``."""
        self.follow(x, y, (width, height))

    def follow(self, x: float, y: float, box: tuple[float, float] | None = None) -> None:
        """Follow what lies at ``x, y`` of the frame at the playhead, and let the focus go with it.

        ``box`` is the width and height of the thing, if they are known. It is followed to the end of the shot (or of
        the marked range); and to its beginning too, unless focus keys lie there before the playhead: they stay.
        """
        if self._job is not None:
            self._job.cancel()
            self._job = None
        self._focus.drop_pending()
        self._session.set_playing(0.0)
        frame = self._session.playhead
        self._waiting = (frame, x, y, box)
        if self._depth.state == "running":
            self.noted.emit(self.tr("It will be followed when the depth of the clip is complete."))
        else:
            self._begin()
        self.state_changed.emit()

    def _on_depth_state(self, state: str) -> None:
        if self._waiting is not None and state != "running":
            self._begin()

    def _begin(self) -> None:
        assert self._waiting is not None
        (frame, x, y, box), self._waiting = self._waiting, None
        clip_path = self._session.clip_path
        source = self._depth.present_source()
        if clip_path is None or source is None:
            self.noted.emit(self.tr("Without depth nothing can be followed."))
            self.state_changed.emit()
            return
        cuts, span = self._session.project.cuts, self._span(frame)
        core = self._core

        def work(ctx: JobContext) -> Followed:
            return core.follow_point(clip_path, source, (frame, x, y, box), span, ctx, cuts)

        job = self._runner.start(self.tr("Following"), work)
        self._job = job
        anchor = FocusAnchor(frame, x, y)
        job.finished.connect(lambda found: self._on_followed(job, anchor, found))
        job.failed.connect(lambda error: self._on_failed(job, error))
        job.cancelled.connect(lambda: self._on_cancelled(job))
        self.state_changed.emit()

    def _span(self, frame: int) -> tuple[int, int]:
        """Frames that something is followed over: the marked range, from ``frame`` on if keys lie before it."""
        start, stop = self._session.range
        if not start <= frame < stop:
            start, stop = 0, self._session.frame_count
        shot = max([start, *(cut for cut in self._session.project.cuts if cut <= frame)])
        if any(shot <= key.frame < frame for key in self._session.project.focus.keys):
            start = frame
        return start, stop

    def _on_failed(self, job: Job, error: Exception) -> None:
        if job is self._job:
            self._job = None
            self.failed.emit(error)
            self.state_changed.emit()

    def _on_cancelled(self, job: Job) -> None:
        if job is self._job:
            self._job = None
            self.noted.emit(self.tr("Following was cancelled. Nothing was changed."))
            self.state_changed.emit()

    def _on_followed(self, job: Job, anchor: FocusAnchor, found: Followed) -> None:
        if job is not self._job:
            return
        self._job = None
        step = self._session.latest_step
        if step is not None and step[1] == self._session.project and _is_click(step, anchor):
            self._session.undo_stack.undo()  # the first half of the double-click; it is a part of this step
        base = self._session.project
        self._followed, self._rack = (base, found), None
        try:
            new = bake_track(base, found.samples, self.smoothing_frames, self.offset)
        except VbrError as error:
            self.failed.emit(error)
        else:
            self._apply(new, self.tr("Follow a point"))
            self.noted.emit(self._outcome(found))
        self.state_changed.emit()

    def _outcome(self, found: Followed) -> str:
        info = self._session.clip_info
        text = self.tr("Followed {done} of {total} frames").format(
            done=len(found.samples), total=found.stop - found.start
        )
        words = {"left": self.tr("left the picture"), "no_depth": self.tr("no depth")}
        for why, frame, place in (
            (found.end, found.lost_frame, self.tr("{what} at {time}")),
            (found.begin, found.lost_frame_before, self.tr("going back {what} at {time}")),
        ):
            if frame is not None and info is not None:
                what = words.get(why, self.tr("lost"))
                text += ", " + place.format(what=what, time=timecode(frame, info.frame_rate))
        return f"{text}."

    # --- rack -------------------------------------------------------------------------------------------------------

    @property
    def rack_step(self) -> int:
        """What the rack tool waits for: 0 nothing, 1 the first click, 2 the second one."""
        return 0 if not self._is_armed else 1 if self._first is None else 2

    def take_up_rack(self) -> None:
        """Take up the rack tool, or lay it down if it is in hand."""
        if self._is_armed:
            self.lay_down_rack()
            return
        self._is_armed, self._first = True, None
        self._session.set_playing(0.0)
        self.noted.emit(self.tr("Rack: click what is sharp first. Esc: not now."))
        self.state_changed.emit()

    def lay_down_rack(self) -> bool:
        """Lay the rack tool down. Returns whether it was in hand."""
        was_armed, self._is_armed, self._first = self._is_armed, False, None
        if was_armed:
            self._focus.show_candidate(None)
            self.state_changed.emit()
        return was_armed

    def click(self, x: float, y: float, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        """The picture was clicked; without the rack tool in hand that sets focus."""
        if not self._is_armed:
            self._focus.click(x, y, modifiers)
            return
        self._count += 1
        click = _RackClick(self._count, self._session.playhead, x, y)
        self._worker.post_sample(click, click.frame, x, y)

    def _on_sampled(self, epoch: int, click: object, sample: FocusSample | None) -> None:
        if epoch != self._worker.epoch or not isinstance(click, _RackClick) or not self._is_armed:
            return
        if sample is None:
            self.noted.emit(self.tr("There is no depth of this frame yet. Click again when it is there."))
            return
        point = RackPoint(sample.disparity, FocusAnchor(click.frame, click.x, click.y))
        if self._first is None:
            if longest_rack(self._session.project, click.frame) < 1:
                self.noted.emit(self.tr("No rack can begin on the last frame of a shot."))
                return
            self._first = (click.frame, point)
            self._focus.show_candidate(click.frame, Reticle(click.x, click.y, "candidate", f"A {point.disparity:.3f}"))
            self.noted.emit(self.tr("Rack: click what becomes sharp, here or on a later frame. Esc: not now."))
            self.state_changed.emit()
            return
        start, first = self._first
        if click.frame > start:
            self.rack_length_frames = click.frame - start
        self._rack, self._followed = _Rack(self._session.project, start, first, point), None
        self.lay_down_rack()
        self._apply(self._racked(), self.tr("Rack focus"))
        length = min(self.rack_length_frames, longest_rack(self._session.project, start))
        note = self.tr("Rack from {first:.3f} to {second:.3f} over {count} frames.").format(
            first=first.disparity, second=point.disparity, count=length
        )
        if length < self.rack_length_frames:
            note += " " + self.tr("It ends with the shot.")
        self.noted.emit(note)

    def _racked(self) -> Project:
        assert self._rack is not None
        rack = self._rack
        return make_rack(rack.base, rack.start, self.rack_length_frames, rack.first, rack.second, self.rack_curve)

    # --- settings ---------------------------------------------------------------------------------------------------

    def set_follow(self, smoothing_frames: float | None = None, offset: float | None = None) -> None:
        """Smoothing (standard deviation in frames) and offset (disparity) of the latest and the next track."""
        self.smoothing_frames = self.smoothing_frames if smoothing_frames is None else smoothing_frames
        self.offset = self.offset if offset is None else offset
        if self._followed is not None and self._is_latest():
            base, found = self._followed
            self._amend(bake_track(base, found.samples, self.smoothing_frames, self.offset))
        self.state_changed.emit()

    def set_rack(self, length_frames: int | None = None, curve: RackCurve | None = None) -> None:
        """Length and curve of the latest and the next rack."""
        self.rack_length_frames = self.rack_length_frames if length_frames is None else length_frames
        self.rack_curve = self.rack_curve if curve is None else curve
        if self._rack is not None and self._is_latest():
            self._amend(self._racked())
        self.state_changed.emit()

    def _apply(self, new: Project, text: str) -> None:
        self._session.apply(new, text)
        self._made = new

    def _amend(self, new: Project) -> None:
        self._made = new
        self._session.amend(new)

    def _is_latest(self) -> bool:
        """Whether what was made last is still the latest undo step, as it was made."""
        step = self._session.latest_step
        return step is not None and step[1] == self._made == self._session.project


def _is_click(step: tuple[Project, Project], anchor: FocusAnchor) -> bool:
    """Whether all that a step did was to set the focus by a click at (almost) the same place."""
    old, new = step
    if new.with_track("focus", old.focus) != old:
        return False
    before = {key.frame: key for key in old.focus.keys}
    changed = [key for key in new.focus.keys if before.get(key.frame) != key]
    if len(changed) != 1 or changed[0].anchor is None or changed[0].frame != anchor.frame:
        return False
    place = changed[0].anchor
    return place.frame == anchor.frame and abs(place.x - anchor.x) + abs(place.y - anchor.y) <= 32.0
