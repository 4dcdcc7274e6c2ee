"""What was last made of some arrays, kept for when the same ones come again.

While a person tries out focus and blur on one frame, everything that depends on the frame alone stays as it was.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

Result = TypeVar("Result")


class Recollection:
    """Remembers one result of each kind. Nobody may change what was given or what was made of it."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[tuple[NDArray[Any], ...], Any]] = {}

    def of(self, kind: str, given: tuple[NDArray[Any], ...], make: Callable[[], Result]) -> Result:
        """What was made of equal arrays the last time, or what is made now.

        Args:
            kind: Name of what is made.
            given: All that it depends on.
            make: Makes it.
        """
        if kind in self._kept:
            before, result = self._kept[kind]
            if len(before) == len(given) and all(map(_is_same, before, given)):
                kept: Result = result
                return kept
        made = make()
        self._kept[kind] = (given, made)
        return made

    def forget(self) -> None:
        """Keep nothing: memory is short."""
        self._kept.clear()


def _is_same(a: NDArray[Any], b: NDArray[Any]) -> bool:
    return a is b or (a.dtype == b.dtype and np.array_equal(a, b))
