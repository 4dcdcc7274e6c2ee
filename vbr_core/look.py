"""How the blur looks: the shape of the aperture, the blur before and behind the focal plane, the highlights.

Also the one mapping between the blur amount K and an f-number.
"""

from __future__ import annotations

import math
from typing import Literal, get_args

import msgspec

from vbr_core.errors import InputError

LookName = Literal[
    "near",
    "far",
    "blades",
    "roundness",
    "rotation",
    "cat_eye",
    "anamorphic",
    "highlight_threshold",
    "highlight_gain",
]
LOOK_NAMES: tuple[LookName, ...] = get_args(LookName)

LOOK_LIMITS: dict[LookName, tuple[float, float]] = {
    "near": (0.0, 2.0),
    "far": (0.0, 2.0),
    "blades": (0, 11),
    "roundness": (0.0, 1.0),
    "rotation": (-180.0, 180.0),
    "cat_eye": (0.0, 1.0),
    "anamorphic": (0.5, 2.0),
    "highlight_threshold": (0.5, 0.99),
    "highlight_gain": (0.0, 5.0),
}
BLADE_COUNTS = (0, *range(3, 12))
"""0 is a circle; otherwise the corners of the aperture."""

KEYED_NAMES: tuple[LookName, ...] = tuple(name for name in LOOK_NAMES if name != "blades")
"""What may change over time. The number of blades is a whole number of the lens: it stays for the clip."""

FOCAL_LENGTH_MM = 50.0
SENSOR_HEIGHT_MM = 20.25
"""Of a 16:9 picture on full frame, 36 mm wide."""
NEAREST_METRES = 1.0
"""Disparity 1 is assumed to lie here, disparity 0 at infinity."""
K_TIMES_F_NUMBER = 1080.0 / SENSOR_HEIGHT_MM * FOCAL_LENGTH_MM**2 / 2.0 / (NEAREST_METRES * 1000.0)
"""66.67: K of a lens at f/1."""
F_NUMBER_LIMITS = (0.1, 999.0)


class Look(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the blur looks at one moment. The default is a plain thin lens with a round aperture.

    Attributes:
        near: Factor on the radius of the circle of confusion in front of the focal plane, 0..2.
        far: The same behind the focal plane.
        blades: Corners of the aperture, 3 to 11; 0 is a circle.
        roundness: 0: straight blades, 1: a circle.
        rotation: Of the aperture, degrees clockwise as one sees the blur behind the focal plane. At 0 a corner points
            up. Before the focal plane the shape stands on its head, as it does behind a lens.
        cat_eye: How far the barrel cuts the aperture off toward the corners of the picture: 0 not at all; 1: in the
            very corner, what is left of a circle is the lens between two circles one radius apart (39 % of its area).
        anamorphic: Height over width of the blur: 2 is the upright oval of a 2x anamorphic lens. The area stays.
        highlight_threshold: Level from which a blurred highlight gets more light, sRGB-encoded, of its largest channel.
        highlight_gain: How much more: stops (factors of 2) at white, less below, none at the threshold.

    Raises:
        ValueError: A value is out of range.
    """

    near: float = 1.0
    far: float = 1.0
    blades: int = 0
    roundness: float = 0.0
    rotation: float = 0.0
    cat_eye: float = 0.0
    anamorphic: float = 1.0
    highlight_threshold: float = 0.9
    highlight_gain: float = 0.0

    def __post_init__(self) -> None:
        for name in LOOK_NAMES:
            try:
                check_look_value(name, getattr(self, name))
            except InputError as error:
                raise ValueError(error.message.rstrip(".")) from error

    @property
    def is_round(self) -> bool:
        """Whether the aperture is a full circle everywhere in the picture."""
        return (self.blades == 0 or self.roundness == 1.0) and self.cat_eye == 0.0 and self.anamorphic == 1.0

    @property
    def is_plain(self) -> bool:
        """Whether a renderer has nothing to do about it: near and far are dealt with before one is called."""
        return self.is_round and self.highlight_gain == 0.0


LOOK_WORDS: dict[LookName, str] = {
    "near": "near blur",
    "far": "far blur",
    "blades": "number of aperture blades",
    "roundness": "roundness of the aperture",
    "rotation": "rotation of the aperture",
    "cat_eye": "cat-eye",
    "anamorphic": "anamorphic ratio",
    "highlight_threshold": "highlight threshold",
    "highlight_gain": "highlight gain",
}


def check_look_value(name: LookName, value: float) -> float:
    """Return ``value`` if it is in the range of the look's field ``name``.

    Raises:
        InputError: It is not.
    """
    low, high = LOOK_LIMITS[name]
    if not (math.isfinite(value) and low <= value <= high):
        raise InputError(f"The {LOOK_WORDS[name]} {value:g} is outside {low:g} to {high:g}.", "")
    if name == "blades" and value not in BLADE_COUNTS:
        raise InputError(f"An aperture cannot have {value:g} blades.", "Give 0 for a circle, or 3 to 11.")
    return value


def clamp_look_value(name: LookName, value: float) -> float:
    """``value`` brought into the range of the look's field ``name``; blades become a possible number of them."""
    low, high = LOOK_LIMITS[name]
    value = min(high, max(low, float(value)))
    if name == "blades":
        return 0 if value < 1.5 else max(3, round(value))
    return value


def f_number_of(k: float) -> float:
    """The f-number that stands for a blur amount: ``N = 66.67 / K``; infinite for K = 0.

    A thin lens of focal length f at aperture f/N, focused at distance s_f, draws a point at distance s as a disc of
    diameter ``c = f^2 / N * |1/s_f - 1/s|`` on the sensor (f small against s_f). Assumed: f = 50 mm, a full-frame
    sensor (36 mm wide, 20.25 mm high at 16:9), disparity 1 at 1 m and disparity 0 at infinity, so that
    ``1/s = D / 1000 mm``. The radius in pixels at 1080 lines per unit of disparity is then
    ``K = 1080 / 20.25 mm * (50 mm)^2 / (2 N * 1000 mm) = 66.67 / N``. Disparity is not metric in general: the
    f-number compares settings of one clip, it measures nothing.

    Args:
        k: Blur amount at 1080 lines, >= 0.
    """
    return K_TIMES_F_NUMBER / k if k > 0 else math.inf


def k_of_f_number(f_number: float) -> float:
    """The blur amount that an f-number stands for: ``K = 66.67 / N``; see :func:`f_number_of`.

    Raises:
        InputError: It is not a positive number.
    """
    low, high = F_NUMBER_LIMITS
    if not low <= f_number <= high:
        raise InputError(f"The f-number {f_number:g} is outside {low:g} to {high:g}.", "f/1.4 is a strong blur.")
    return K_TIMES_F_NUMBER / f_number


DEFAULT_LOOK = Look()

LOOKS: dict[str, Look] = {
    "clean": DEFAULT_LOOK,
    "vintage": Look(blades=8, roundness=0.6, cat_eye=0.7, highlight_gain=1.0),
    "anamorphic": Look(anamorphic=2.0, cat_eye=0.3),
    "hexagon": Look(blades=6, rotation=15.0),
    "dreamy": Look(highlight_threshold=0.8, highlight_gain=2.5),
}
"""Looks that ship, by the names of the command line."""


def parse_look(text: str, look: Look = DEFAULT_LOOK) -> Look:
    """``look`` with what a user wrote: the name of one of :data:`LOOKS`, or ``NAME=VALUE`` for a field.

    Raises:
        InputError: There is no such look or field, or the value is out of range.
    """
    name, equals, number = text.partition("=")
    name = name.strip().replace("-", "_")
    if not equals:
        if name not in LOOKS:
            raise InputError(
                f"There is no look called '{text}'.", f"Looks: {', '.join(LOOKS)}; or NAME=VALUE, such as blades=6."
            )
        return LOOKS[name]
    field = next((one for one in LOOK_NAMES if one == name), None)
    if field is None:
        raise InputError(f"A look has no value called '{name}'.", f"Values: {', '.join(LOOK_NAMES)}.")
    try:
        value = float(number)
    except ValueError:
        raise InputError(f"'{number}' is not a number for {name}.", f"For example {name}=1.") from None
    check_look_value(field, value)
    return msgspec.structs.replace(look, **{field: round(value) if field == "blades" else value})
