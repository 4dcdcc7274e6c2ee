"""Pictures kept for scrubbing, bounded in bytes."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from vbr_core.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Hashable

Array = npt.NDArray[Any]


class FrameCache:
    """Least-recently-used cache of arrays that never holds more than ``limit_bytes``. Any thread may call it.

    Arrays are handed out as they were put in: whoever gets one must not write into it.

    Args:
        limit_bytes: Upper bound of the sum of the arrays' sizes; 0 keeps nothing.

    Raises:
        InputError: The limit is negative.
    """

    def __init__(self, limit_bytes: int) -> None:
        if limit_bytes < 0:
            raise InputError(f"The cache size {limit_bytes} is negative.")
        self._limit = int(limit_bytes)
        self._items: OrderedDict[Hashable, Array] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    @property
    def limit_bytes(self) -> int:
        """Upper bound of :attr:`used_bytes`."""
        return self._limit

    @property
    def used_bytes(self) -> int:
        """Sum of the sizes of the arrays held."""
        with self._lock:
            return self._bytes

    def __len__(self) -> int:
        with self._lock:
            return len(self._items)

    def __contains__(self, key: Hashable) -> bool:
        with self._lock:
            return key in self._items

    def get(self, key: Hashable) -> Array | None:
        """The array under ``key``, which becomes the most recently used one; None if there is none."""
        with self._lock:
            found = self._items.get(key)
            if found is not None:
                self._items.move_to_end(key)
            return found

    def put(self, key: Hashable, array: Array) -> bool:
        """Keep ``array`` under ``key``, dropping the least recently used ones to make room.

        A view is copied if it would keep a larger array alive.

        Returns:
            Whether it is held: False if it alone is larger than the limit (an older one under ``key`` goes either way).
        """
        base = array.base
        if isinstance(base, np.ndarray) and base.nbytes > array.nbytes:
            array = array.copy()
        with self._lock:
            self._drop(key)
            if array.nbytes > self._limit:
                return False
            while self._bytes + array.nbytes > self._limit:
                self._drop(next(iter(self._items)))
            self._items[key] = array
            self._bytes += array.nbytes
            return True

    def discard(self, key: Hashable) -> None:
        """Drop ``key`` if it is held."""
        with self._lock:
            self._drop(key)

    def clear(self) -> None:
        """Drop everything."""
        with self._lock:
            self._items.clear()
            self._bytes = 0

    def _drop(self, key: Hashable) -> None:
        old = self._items.pop(key, None)
        if old is not None:
            self._bytes -= old.nbytes
