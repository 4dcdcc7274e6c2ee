"""When each frame of a clip is shown. Pure: integers and fractions inside, floats only for display."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from vbr_core.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

Int64Array = npt.NDArray[np.int64]


class FrameIndex:
    """The presentation times of all frames of a clip, in presentation order. Immutable.

    A *pts* is an integer count of ``time_base`` seconds. Frame ``n`` is shown from ``pts[n]`` to ``pts[n + 1]``, the
    last one until ``end_pts``.

    Args:
        pts: (N,) integers, strictly increasing, N >= 1; units of ``time_base``.
        time_base: Seconds in one unit, positive.
        end_pts: When the last frame ends, units of ``time_base``; later than ``pts[-1]``. None: the last frame lasts
            as long as the one before it, or 1 unit if it is the only one.
        keyframes: Frame indices from which decoding can start, increasing; frame 0 always counts as one.
        seek_dts: One decoding time for every entry of ``keyframes``: where a demuxer has to seek for it. Its first
            entry belongs to the first of ``keyframes``. None: the presentation times.

    Raises:
        InputError: The values break one of these rules.
    """

    def __init__(
        self,
        pts: Sequence[int] | Int64Array,
        time_base: Fraction,
        *,
        end_pts: int | None = None,
        keyframes: Sequence[int] | Int64Array = (0,),
        seek_dts: Sequence[int] | Int64Array | None = None,
    ) -> None:
        table: Int64Array = np.array(pts, dtype=np.int64)
        if table.ndim != 1 or len(table) == 0:
            raise InputError("A frame index needs at least one frame.")
        if time_base <= 0:
            raise InputError(f"The time base {time_base} is not positive.")
        if len(table) > 1 and bool(np.any(np.diff(table) <= 0)):
            raise InputError("The presentation times of a frame index have to increase.")
        last = int(table[-1])
        if end_pts is None:
            end_pts = last + (last - int(table[-2]) if len(table) > 1 else 1)
        if end_pts <= last:
            raise InputError(f"The end {end_pts} of the last frame is not after its start {last}.")
        keys = [int(key) for key in keyframes]
        dts = [int(table[key]) for key in keys] if seek_dts is None else [int(value) for value in seek_dts]
        if len(dts) != len(keys):
            raise InputError("Keyframes and their decoding times differ in number.")
        if not keys or keys[0] != 0:
            keys, dts = [0, *keys], [min(int(table[0]), *dts) if dts else int(table[0]), *dts]
        table.setflags(write=False)
        self._pts = table
        self._time_base = Fraction(time_base)
        self._end_pts = int(end_pts)
        self._keys = keys
        self._seek_dts = dts

    def __len__(self) -> int:
        return len(self._pts)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, FrameIndex):
            return NotImplemented
        return (
            self._time_base == other._time_base
            and self._end_pts == other._end_pts
            and bool(np.array_equal(self._pts, other._pts))
        )

    __hash__ = None  # type: ignore[assignment]

    @property
    def pts(self) -> Int64Array:
        """(N,) int64, read-only, strictly increasing; units of :attr:`time_base`."""
        return self._pts

    @property
    def time_base(self) -> Fraction:
        """Seconds in one unit of pts."""
        return self._time_base

    @property
    def end_pts(self) -> int:
        """When the last frame ends, units of :attr:`time_base`."""
        return self._end_pts

    @property
    def keyframes(self) -> tuple[int, ...]:
        """Frame indices from which decoding can start; the first one is 0."""
        return tuple(self._keys)

    def check(self, frame_index: int) -> int:
        """Return ``frame_index`` if the clip has it.

        Raises:
            InputError: It is outside the clip.
        """
        if not 0 <= frame_index < len(self._pts):
            raise InputError(
                f"Frame {frame_index} is outside the clip, which has {len(self._pts)} frames.",
                f"Give a frame from 0 to {len(self._pts) - 1}.",
            )
        return int(frame_index)

    def pts_of(self, frame_index: int) -> int:
        """Presentation time of a frame, units of :attr:`time_base`. Raises InputError outside the clip."""
        return int(self._pts[self.check(frame_index)])

    def find(self, pts: int) -> int | None:
        """Index of the frame that starts exactly at ``pts`` (units of :attr:`time_base`); None if there is none."""
        at = int(np.searchsorted(self._pts, pts))
        return at if at < len(self._pts) and int(self._pts[at]) == pts else None

    def duration_of(self, frame_index: int) -> int:
        """How long a frame is shown, units of :attr:`time_base`. Raises InputError outside the clip."""
        frame_index = self.check(frame_index)
        following = self._pts[frame_index + 1] if frame_index + 1 < len(self._pts) else self._end_pts
        return int(following) - int(self._pts[frame_index])

    def time_of(self, frame_index: int) -> Fraction:
        """Presentation time of a frame in seconds on the clip's own clock, exact."""
        return self.pts_of(frame_index) * self._time_base

    def seconds_of(self, frame_index: int) -> float:
        """Seconds from the start of the first frame to the start of this one: what a timeline shows."""
        return float((self.pts_of(frame_index) - int(self._pts[0])) * self._time_base)

    def shown_at(self, seconds: float | Fraction) -> int:
        """Index of the frame on screen ``seconds`` after the start of the first frame, held to the clip's ends."""
        pts = int(self._pts[0]) + math.floor(Fraction(seconds) / self._time_base)
        return max(0, int(np.searchsorted(self._pts, pts, side="right")) - 1)

    def nearest(self, seconds: float | Fraction) -> int:
        """Index of the frame that starts nearest to ``seconds`` after the start of the first frame; ties go down."""
        pts = int(self._pts[0]) + Fraction(seconds) / self._time_base
        after = int(np.searchsorted(self._pts, math.ceil(pts)))
        if after == 0:
            return 0
        if after == len(self._pts):
            return after - 1
        return after if int(self._pts[after]) - pts < pts - int(self._pts[after - 1]) else after - 1

    @property
    def start(self) -> Fraction:
        """Presentation time of the first frame in seconds on the clip's own clock."""
        return int(self._pts[0]) * self._time_base

    @property
    def duration(self) -> Fraction:
        """Seconds from the start of the first frame to the end of the last one."""
        return (self._end_pts - int(self._pts[0])) * self._time_base

    @property
    def average_rate(self) -> Fraction:
        """Frames divided by duration, frames a second."""
        return len(self._pts) / self.duration

    def keyframe_number(self, frame_index: int) -> int:
        """Position in :attr:`keyframes` of the last one at or before ``frame_index``."""
        return bisect_right(self._keys, self.check(frame_index)) - 1

    def next_keyframe(self, frame_index: int) -> int | None:
        """The first keyframe at or after ``frame_index``; None after the last one."""
        at = bisect_left(self._keys, frame_index)
        return self._keys[at] if at < len(self._keys) else None

    def seek_dts_of(self, keyframe_number: int) -> int:
        """Decoding time to seek to for an entry of :attr:`keyframes`, units of :attr:`time_base`."""
        return self._seek_dts[keyframe_number]

    def steady_rate(self, candidates: Sequence[Fraction] = ()) -> Fraction | None:
        """The constant frame rate, if the frames follow one to within one unit of the time base; else None.

        Args:
            candidates: Rates to prefer (frames a second), such as the one that the container states.
        """
        count = len(self._pts)
        if count < 2:
            return next((rate for rate in candidates if rate > 0), None)
        span = int(self._pts[-1]) - int(self._pts[0])
        measured = Fraction(count - 1) / (span * self._time_base)
        common = [Fraction(n) for n in (24, 25, 30, 48, 50, 60)]
        common += [Fraction(n * 1000, 1001) for n in (24, 30, 48, 60, 120)]
        for rate in (*candidates, *common, measured.limit_denominator(1001), measured):
            if rate > 0 and self._follows(rate):
                return rate
        return None

    def _follows(self, rate: Fraction) -> bool:
        step = float(1 / (rate * self._time_base))
        ideal: npt.NDArray[Any] = np.arange(len(self._pts)) * step
        away = (self._pts - self._pts[0]) - ideal
        return bool(away.max() - away.min() <= 1.0 + 1e-6)


def format_timecode(seconds: float | Fraction, *, decimals: int = 3) -> str:
    """``hours:minutes:seconds`` with decimals, cut off (not rounded up): 61.5 gives ``0:01:01.500``.

    Args:
        seconds: Time in seconds; a negative one gets a minus sign.
        decimals: Digits after the point, 0 for none.
    """
    sign = "-" if seconds < 0 else ""
    scale = 10**decimals
    ticks = math.floor(abs(Fraction(seconds)) * scale + Fraction(1, 10**6))
    whole, part = divmod(ticks, scale)
    minutes, second = divmod(whole, 60)
    hours, minute = divmod(minutes, 60)
    tail = f".{part:0{decimals}d}" if decimals else ""
    return f"{sign}{hours}:{minute:02d}:{second:02d}{tail}"
