"""The cache never holds more than it may, whatever is asked of it."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from vbr_core.errors import InputError
from vbr_core.video.frame_cache import FrameCache

LIMIT = 1000


class CacheAgainstModel(RuleBasedStateMachine):
    """The cache behaves as a list of keys in order of use, trimmed from the front."""

    def __init__(self) -> None:
        super().__init__()
        self.cache = FrameCache(LIMIT)
        self.model: list[tuple[int, int]] = []  # key, bytes; least recently used first

    @rule(key=st.integers(0, 9), size=st.integers(0, 1300))
    def put(self, key: int, size: int) -> None:
        held = self.cache.put(key, np.full(size, key, np.uint8))
        self.model = [item for item in self.model if item[0] != key]
        assert held == (size <= LIMIT)
        if held:
            self.model.append((key, size))
            while sum(item[1] for item in self.model) > LIMIT:
                self.model.pop(0)

    @rule(key=st.integers(0, 9))
    def get(self, key: int) -> None:
        found = self.cache.get(key)
        known = [item for item in self.model if item[0] == key]
        assert (found is not None) == bool(known)
        if found is not None:
            assert found.nbytes == known[0][1]
            assert bool((found == key).all())
            self.model.remove(known[0])
            self.model.append(known[0])

    @rule(key=st.integers(0, 9))
    def discard(self, key: int) -> None:
        self.cache.discard(key)
        self.model = [item for item in self.model if item[0] != key]

    @rule()
    def clear(self) -> None:
        self.cache.clear()
        self.model = []

    @invariant()
    def bounded_and_equal(self) -> None:
        assert self.cache.used_bytes == sum(item[1] for item in self.model) <= LIMIT
        assert len(self.cache) == len(self.model)
        assert all(key in self.cache for key, _ in self.model)


TestCacheAgainstModel = CacheAgainstModel.TestCase


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(1, 400)), max_size=40), st.integers(0, 500))
def test_never_above_the_limit(puts: list[tuple[int, int]], limit: int) -> None:
    cache = FrameCache(limit)
    for key, size in puts:
        cache.put(key, np.zeros(size, np.uint8))
        assert cache.used_bytes <= limit


def test_a_view_does_not_keep_its_base_alive() -> None:
    cache = FrameCache(10_000)
    large = np.zeros((1000, 1000), np.uint8)
    cache.put("a", large[:10, :10])
    found = cache.get("a")
    assert found is not None
    assert found.base is None
    assert cache.used_bytes == 100


def test_a_negative_limit_is_refused() -> None:
    with pytest.raises(InputError):
        FrameCache(-1)


def test_many_threads() -> None:
    cache = FrameCache(5_000)
    failures: list[str] = []

    def work(seed: int) -> None:
        rng = np.random.default_rng(seed)
        for _ in range(400):
            key = int(rng.integers(30))
            cache.put(key, np.full(int(rng.integers(1, 900)), key, np.uint8))
            found = cache.get(int(rng.integers(30)))
            if found is not None and len(set(found.tolist())) > 1:
                failures.append("mixed")
            if cache.used_bytes > 5_000:
                failures.append("too large")

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
