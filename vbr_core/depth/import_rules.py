"""What imported depth means: disparity or depth, white near or white far, and over which range.

Files seldom say what their numbers mean. The rules, in this order:

1. What the user says counts (:data:`~vbr_core.settings.DEPTH_READINGS`).
2. What the file says counts: an iw3 folder, an EXR file of this program, a channel called ``disparity``.
3. Whole numbers (PNG, TIFF, video) are disparity, white nearest, over the full range of their bit depth. A picture of
   16 bits that holds no more than 8, 10 or 12 is taken over those.
4. Numbers with a fraction that lie in 0..1 are disparity as well; in a channel called Z or depth, the pictures decide
   (rule 6).
5. Numbers with a fraction beyond 1, or infinite, are depth: disparity is one over them. All negative numbers are depth
   along a camera's negative axis. They are brought to 0..1 over one robust range of the whole clip.
6. The pictures are a witness: what is at the bottom usually is nearer than what is at the top. Where they contradict
   what the rules say, the reading counts as unsure, and somebody should be asked.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from vbr_core.depth.ranges import RANGE_PERCENTILES
from vbr_core.settings import DEPTH_READINGS, check_choice

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

DEPTH_CHANNELS: Final = ("z", "depth")
DISPARITY_CHANNELS: Final = ("disparity", "disp", "inversedepth", "invdepth")
SMALL_TOPS: Final = (255, 1023, 4095)
"""Largest values of 8, 10 and 12 bits, looked for in 16-bit files."""

CONTRADICTION: Final = 0.5
"""Mean correlation of the value with the row, from which on the pictures count against a rule. Of 184 rendered rooms
and landscapes, 95 % are noticed if their sign is wrong, and 0.5 % are doubted although it is right."""
HINT_OF_SIGN: Final = 0.3
"""The same, from which on it decides where there is no rule."""

_QUANTILES: Final = np.linspace(0.0, 1.0, 65)
_PIXELS_LOOKED_AT: Final = 20_000


@dataclass(frozen=True)
class RawMap:
    """One picture of depth as its file has it.

    Attributes:
        values: (h, w) float32, in the file's own unit; may hold NaN and infinities if ``top`` is 0.
        top: Largest value of the bit depth (255, 1023, 65535); 0 if the file holds numbers with a fraction.
        channel: Name of the channel they come from, in lower case and without its layer; empty if it has none.
        stated: One of those of :data:`DEPTH_READINGS` if the file says what it means, else empty.
    """

    values: NDArray[np.float32]
    top: int
    channel: str = ""
    stated: str = ""


@dataclass
class Survey:
    """What is known of the numbers in a clip's depth, gathered frame by frame in constant memory a frame.

    Attributes:
        top: As of :class:`RawMap`.
        channel: As of :class:`RawMap`.
        stated: As of :class:`RawMap`.
        low: Least finite value.
        high: Greatest finite value.
        infinite: Whether +inf occurs.
        undefined: Whether NaN or -inf occurs.
    """

    top: int = 0
    channel: str = ""
    stated: str = ""
    low: float = np.inf
    high: float = -np.inf
    infinite: bool = False
    undefined: bool = False
    _slopes: list[float] = field(default_factory=list)
    _rows: list[NDArray[np.float32]] = field(default_factory=list)

    def add(self, raw: RawMap) -> None:
        """Take one frame into account."""
        self.top, self.channel, self.stated = raw.top, raw.channel, raw.stated
        values = raw.values
        finite = np.isfinite(values)
        if not finite.all():
            self.infinite |= bool(np.isposinf(values).any())
            self.undefined |= bool((np.isnan(values) | np.isneginf(values)).any())
        if not finite.any():
            return
        known = values[finite]
        self.low, self.high = min(self.low, float(known.min())), max(self.high, float(known.max()))
        self._slopes.append(slope(values))
        step = max(1, values.size // _PIXELS_LOOKED_AT)
        # infinities belong to the range (a sky is far, not unknown): they stay, NaN go
        sample = values.ravel()[::step]
        sample = sample[~np.isnan(sample)]
        if sample.size:
            self._rows.append(np.quantile(sample, _QUANTILES, method="lower").astype(np.float32))

    @property
    def flat(self) -> bool:
        """Whether nothing is nearer than anything else, as far as was looked at."""
        return not self.high > self.low and not (self.infinite and np.isfinite(self.low))

    @property
    def slope(self) -> float:
        """Mean correlation of the values with the row, -1..1: positive where larger values are further down."""
        return float(np.mean(self._slopes)) if self._slopes else 0.0

    def range_of(self, convert: Callable[[NDArray[np.float32]], NDArray[np.float32]]) -> tuple[float, float]:
        """Robust range of all frames' values after ``convert``, which has to be monotone."""
        if not self._rows:
            return 0.0, 0.0
        converted = convert(np.concatenate(self._rows))
        converted = converted[np.isfinite(converted)]
        if not converted.size:
            return 0.0, 0.0
        low, high = np.percentile(converted, RANGE_PERCENTILES)
        return float(low), float(high)


def slope(values: NDArray[np.float32]) -> float:
    """Correlation (-1..1) of the rows' medians with the row number; 0 if nothing can be told.

    Medians are ranked, so that a few huge distances do not outvote the rest; infinity ranks as the largest.
    """
    rows = values[:: max(1, values.shape[0] // 64), :: max(1, values.shape[1] // 64)]
    if rows.shape[0] < 3:
        return 0.0
    rows = np.where(np.isnan(rows), -np.inf, rows)
    medians = np.sort(rows, axis=1)[:, rows.shape[1] // 2]
    _, ranks, counts = np.unique(medians, return_inverse=True, return_counts=True)
    if counts.size < 3:
        return 0.0
    middles = np.cumsum(counts) - (counts - 1) / 2  # equal medians share the middle of their ranks
    return float(np.corrcoef(middles[ranks], np.arange(medians.size))[0, 1])


@dataclass(frozen=True)
class Reading:
    """How a clip's imported depth is turned into disparity 0..1.

    Attributes:
        meaning: ``disparity``, ``depth`` or ``inverted``.
        sure: False if the pictures contradict, or nothing tells; then ``question`` says what.
        question: One sentence for the user, empty if sure.
        low: Value of the disparity that becomes 0, before the range is applied.
        high: Value of it that becomes 1.
        note: Sentences on what the user should know: 8 bits, holes, a flat clip.
    """

    meaning: str
    sure: bool = True
    question: str = ""
    low: float = 0.0
    high: float = 1.0
    note: str = ""

    def to_disparity(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """Values of a file as disparity: (h, w) float32 0..1. What is not known (NaN) is farthest."""
        signed = signed_disparity(values, self.meaning)
        span = self.high - self.low
        if not span > 0:
            return np.full_like(values, 0.5)
        if (self.low, span) != (0.0, 1.0):
            signed = (signed - np.float32(self.low)) / np.float32(span)
        return np.clip(np.nan_to_num(signed, nan=0.0, posinf=1.0, neginf=0.0), 0.0, 1.0).astype(np.float32, copy=False)


def signed_disparity(values: NDArray[np.float32], meaning: str) -> NDArray[np.float32]:
    """Something that grows towards the camera, of any scale; NaN where nothing is known.

    Args:
        values: Any shape, float32.
        meaning: ``disparity``, ``depth`` or ``inverted``. Of depth, zero means "not measured"; negative depth is that
            of a camera that looks along its negative axis.
    """
    if meaning == "disparity":
        return values
    if meaning == "inverted":
        return -values
    distance = np.abs(values)
    with np.errstate(divide="ignore"):
        return np.where(distance > 0, np.float32(1.0) / distance, np.float32(np.nan)).astype(np.float32)


def needs_all_frames(survey: Survey, asked: str) -> bool:
    """Whether a few frames do not suffice: the range of the whole clip decides."""
    return survey.top == 0 or asked == "depth" or (survey.top > 255 and survey.high <= SMALL_TOPS[-1])


def decide(survey: Survey, asked: str = "auto", name: str = "The depth") -> Reading:
    """Read the numbers of a clip by the rules at the top of this module.

    Args:
        survey: Of a few frames; of all frames if :func:`needs_all_frames`.
        asked: One of :data:`DEPTH_READINGS`; anything but ``auto`` is not doubted.
        name: What to call the files.
    """
    check_choice(asked, DEPTH_READINGS, "depth meaning")
    meaning, doubt = (asked, "") if asked != "auto" else _guess(survey)
    reading = Reading(meaning, sure=not doubt, question=f"'{name}' {doubt}" if doubt else "")
    reading = _with_range(reading, survey)
    return replace(reading, note=" ".join(_notes(reading, survey, name)))


def _guess(survey: Survey) -> tuple[str, str]:
    """The meaning, and a doubt, empty if there is none."""
    if survey.stated:
        return survey.stated, ""
    if survey.channel in DISPARITY_CHANNELS:
        return "disparity", ""
    if survey.top:
        return _doubted("disparity", "whole numbers, white nearest", survey)
    is_depth_channel = survey.channel in DEPTH_CHANNELS
    if survey.infinite or (survey.high <= 0 and survey.low < 0):
        return "depth", ""
    if survey.low >= 0 and survey.high <= 1:
        if not is_depth_channel:
            return _doubted("disparity", "numbers from 0 to 1, white nearest", survey)
        if abs(survey.slope) >= HINT_OF_SIGN:
            return ("disparity" if survey.slope > 0 else "inverted"), ""
        return "disparity", (
            f"has a channel '{survey.channel}' with numbers from 0 to 1, which may be depth or disparity: it is read "
            f"as disparity, white nearest."
        )
    if survey.low >= 0:
        if is_depth_channel:
            return "depth", ""
        return _doubted("depth", f"distances up to {survey.high:g}", survey)
    return _doubted("disparity", "numbers of either sign, largest nearest", survey)


def _doubted(meaning: str, how: str, survey: Survey) -> tuple[str, str]:
    against = survey.slope if meaning == "depth" else -survey.slope
    if against < CONTRADICTION:
        return meaning, ""
    return meaning, (
        f"is read as {meaning} ({how}), but then the top of the pictures would be nearer than the bottom, which is "
        f"unusual."
    )


def _with_range(reading: Reading, survey: Survey) -> Reading:
    if survey.top and reading.meaning != "depth":
        top = float(survey.top)
        if survey.top > SMALL_TOPS[-1]:
            top = float(next((small for small in SMALL_TOPS if survey.high <= small), survey.top))
        low, high = (0.0, top) if reading.meaning == "disparity" else (-top, 0.0)
    elif reading.meaning != "depth" and survey.low >= 0 and survey.high <= 1:
        low, high = (0.0, 1.0) if reading.meaning == "disparity" else (-1.0, 0.0)
    else:
        low, high = survey.range_of(lambda values: signed_disparity(values, reading.meaning))
    return replace(reading, low=low, high=high)


def _notes(reading: Reading, survey: Survey, name: str) -> list[str]:
    notes = []
    if survey.flat:
        notes.append(f"All values of '{name}' that were looked at are equal: nothing is nearer than anything else.")
    elif survey.top == 255:
        notes.append(f"'{name}' has 8 bits, 256 steps of disparity: strong blur may show them as bands.")
    if survey.undefined:
        notes.append(f"'{name}' has pixels without a number (NaN): they count as farthest.")
    return notes
