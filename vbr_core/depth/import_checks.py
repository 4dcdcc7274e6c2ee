"""What is wrong with a folder of depth pictures, in a sentence that says which file and what to do."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NoReturn

from vbr_core.errors import DepthError

if TYPE_CHECKING:
    from pathlib import Path


def missing_numbers(files: list[Path]) -> list[int]:
    """Numbers that are left out in names that otherwise count by one; empty where names count in another way."""
    numbers = [int(groups[-1]) for file in files if (groups := re.findall(r"\d+", file.stem))]
    if len(numbers) != len(files) or len(numbers) < 2:
        return []
    present = set(numbers)
    span = max(present) - min(present) + 1
    if len(present) != len(numbers) or span > 2 * len(present):
        return []
    return sorted(set(range(min(present), max(present) + 1)) - present)


def listed(numbers: list[int]) -> str:
    """A few numbers in words."""
    shown = ", ".join(str(number) for number in numbers[:6])
    return shown + (f" and {len(numbers) - 6} more" if len(numbers) > 6 else "")


def refuse_count(
    found: int, wanted: int, name: str, files: list[Path] | None = None, gaps: list[int] | None = None
) -> NoReturn:
    """Say that the number of pictures is not the clip's, and what is missing where the names tell.

    Raises:
        DepthError: Always.
    """
    few = "only " if found < wanted else ""
    message = f"'{name}' has {few}{found} disparity pictures for {wanted} frames of the clip"
    hint = "Give exactly one for every frame."
    if files and gaps:
        message += f": number {listed(gaps)} is missing" if len(gaps) == 1 else f": numbers {listed(gaps)} are missing"
        hint = "Export them again; or fill each gap with a copy of the picture before it, which stands still there."
    elif files and found < wanted and re.search(r"\d", files[-1].stem):
        message += f": they end with '{files[-1].name}'"
    raise DepthError(message + ".", hint)


def check_aspect(found: tuple[int, int], size: tuple[int, int], name: str, tolerance: float) -> None:
    """Let a size pass that has the clip's shape.

    Args:
        found: (height, width) of the depth.
        size: (height, width) of the clip.
        name: What to call the files.
        tolerance: Largest relative difference of the aspect ratios.

    Raises:
        DepthError: It has another one.
    """
    ratio = (found[1] / found[0]) / (size[1] / size[0])
    if abs(ratio - 1.0) > tolerance:
        raise DepthError(
            f"The disparity in '{name}' is {found[1]} x {found[0]}, another shape than the clip's {size[1]} x "
            f"{size[0]}.",
            "It must show the same picture, at any scale.",
        )


def check_same_size(name: str, found: tuple[int, int], first: tuple[int, int]) -> None:
    """Let a size (height, width) pass that is the one of the first picture.

    Raises:
        DepthError: It is another one.
    """
    if found != first:
        raise DepthError(
            f"The disparity pictures differ in size: '{name}' is {found[1]} x {found[0]}, the first one {first[1]} x "
            f"{first[0]}.",
            "Export them again in one size.",
        )


def bits_text(top: int) -> str:
    """The kind of numbers whose largest one is ``top``; 0 for floating point."""
    return f"{top.bit_length()} bits" if top else "numbers with a fraction"
