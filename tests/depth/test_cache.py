"""The disk cache: what is damaged is never given back, what is whole survives."""

from __future__ import annotations

import os
import threading
import time
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from vbr_core.depth.cache import (
    CHUNK_FRAMES,
    ChunkState,
    DisparityCache,
    cache_key,
    decode_chunk,
    default_cache_root,
    encode_chunk,
    evict,
    size_limit_bytes,
)
from vbr_core.depth.ranges import robust_range
from vbr_core.depth.source import CachedDisparity
from vbr_core.errors import DepthError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

FINITE = st.floats(-50.0, 50.0, width=32)
MAPS = arrays(np.float32, st.tuples(st.integers(1, 3), st.integers(1, 6), st.integers(1, 7)), elements=FINITE)


def ramp(count: int, seed: int = 0) -> NDArray[np.float32]:
    return np.random.default_rng(seed).random((count, 6, 8), dtype=np.float32) * 3 - 1


@given(MAPS)
@settings(max_examples=60, deadline=None)
def test_a_chunk_comes_back_to_16_bits(raw: NDArray[np.float32]) -> None:
    chunk = decode_chunk(encode_chunk(32, raw, (33,)))
    assert chunk is not None
    assert chunk.first == 32
    assert chunk.cuts == (33,)
    step = max(float(raw.max() - raw.min()), 1e-9) / 65535
    np.testing.assert_allclose(chunk.raw, raw, atol=step + 1e-5)


@given(st.data())
@settings(max_examples=80, deadline=None)
def test_any_damaged_or_cut_chunk_counts_as_missing(data: st.DataObject) -> None:
    whole = encode_chunk(0, ramp(2), ())
    if data.draw(st.booleans()):
        damaged = bytearray(whole)
        damaged[data.draw(st.integers(0, len(whole) - 1))] ^= 1 << data.draw(st.integers(0, 7))
        assert decode_chunk(bytes(damaged)) is None
    else:
        assert decode_chunk(whole[: data.draw(st.integers(0, len(whole) - 1))]) is None


def fill(root: Path, frames: int, skip: tuple[int, ...] = ()) -> DisparityCache:
    cache = DisparityCache(root, "clip", frames)
    for number in range(cache.chunk_count):
        if number not in skip:
            first, stop = cache.chunk_span(number)
            cache.write(number, ramp(stop - first, number), ())
    return cache


def test_what_was_written_is_there_after_a_restart(tmp_path: Path) -> None:
    fill(tmp_path, 40, skip=(1,))
    again = DisparityCache(tmp_path, "clip", 40)
    assert again.scan() == {0, 2}
    chunk = again.read(2)
    assert chunk is not None
    assert chunk.raw.shape == (40 - 2 * CHUNK_FRAMES, 6, 8)
    assert again.read(1) is None
    assert not list(tmp_path.rglob("*.part"))


def test_a_damaged_chunk_is_missing_and_can_be_written_again(tmp_path: Path) -> None:
    path = fill(tmp_path, 20)._path(0)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0x10
    path.write_bytes(data)
    cache = DisparityCache(tmp_path, "clip", 20)
    assert cache.scan() == {1}
    source = CachedDisparity(cache, "x")
    assert source.read_if_ready(3) is None
    with pytest.raises(DepthError, match="frame 3 is missing"):
        source.read(3)
    cache.write(0, ramp(CHUNK_FRAMES), ())
    assert DisparityCache(tmp_path, "clip", 20).scan() == {0, 1}


def test_a_chunk_of_another_place_or_length_is_missing(tmp_path: Path) -> None:
    cache = fill(tmp_path, 48)
    cache._path(1).write_bytes(cache._path(2).read_bytes())
    cache._path(2).write_bytes(encode_chunk(32, ramp(3), ()))
    assert DisparityCache(tmp_path, "clip", 48).scan() == {0}


def test_a_part_file_of_a_kill_is_not_a_chunk(tmp_path: Path) -> None:
    cache = DisparityCache(tmp_path, "clip", 16)
    cache._path(0).with_suffix(".part").write_bytes(encode_chunk(0, ramp(16), ()))
    assert cache.scan() == set()


def test_one_range_per_shot(tmp_path: Path) -> None:
    cache = DisparityCache(tmp_path, "clip", 32)
    dark, bright = ramp(32), ramp(32) * 10 + 100
    raw = np.concatenate([dark[:20], bright[20:]])
    cache.write(0, raw[:16], ())
    cache.write(1, raw[16:], (20,))
    source = CachedDisparity(cache, "x")
    assert source.cuts == (20,)
    for shot in (range(20), range(20, 32)):
        maps = np.stack([source.read(frame_index) for frame_index in shot])
        truth = raw[shot.start : shot.stop]
        inside = (maps > 0) & (maps < 1)
        # one scale and one shift for every pixel of every frame of the shot
        slope, offset = np.polyfit(truth[inside], maps[inside], 1)
        np.testing.assert_allclose(maps[inside], slope * truth[inside] + offset, atol=2e-3)
        assert maps.min() == 0.0
        assert maps.max() == 1.0


def test_reading_goes_on_while_another_thread_writes(tmp_path: Path) -> None:
    cache = DisparityCache(tmp_path, "clip", 160)
    source = CachedDisparity(cache, "x")
    seen, failures, done = set(), [], threading.Event()

    def look() -> None:
        rng = np.random.default_rng(0)
        while not done.is_set():
            frame_index = int(rng.integers(160))
            try:
                found = source.read_if_ready(frame_index)
            except (DepthError, OSError, KeyError, ValueError, RuntimeError) as error:
                failures.append(error)
                return
            if found is not None:
                seen.add(frame_index)
                if not (np.isfinite(found).all() and found.min() >= 0 and found.max() <= 1):
                    failures.append(ValueError("out of range"))

    threads = [threading.Thread(target=look) for _ in range(2)]
    for thread in threads:
        thread.start()
    for number in range(cache.chunk_count):
        cache.write(number, ramp(16, number), ())
    deadline = time.monotonic() + 10
    while len(seen) < 100 and not failures and time.monotonic() < deadline:
        time.sleep(0.01)
    done.set()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(seen) >= 100
    assert source.ready_ranges() == [(0, 160)]


def test_a_full_disk_is_said_and_leaves_nothing_half(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = fill(tmp_path, 40, skip=(2,))

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(DepthError, match="No space left") as caught:
        cache.write(2, ramp(8), ())
    assert caught.value.hint
    assert DisparityCache(tmp_path, "clip", 40).scan() == {0, 1}
    assert not list(tmp_path.rglob("*.part"))


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DepthError, match="cannot be used"):
        DisparityCache(tmp_path / "file", "clip", 3)


def test_the_key_changes_with_each_part() -> None:
    keys = {cache_key("a", "b", "c"), cache_key("ab", "", "c"), cache_key("a", "b2", "c"), cache_key("a", "b", "c2")}
    assert len(keys) == 4


def test_the_oldest_clips_are_dropped_first(tmp_path: Path) -> None:
    folders = []
    for age, name in enumerate(["new", "middle", "old"]):
        folder = DisparityCache(tmp_path, name, 16).folder
        (folder / "chunk_000000.bin").write_bytes(bytes(1000))
        used = time.time() - 1000 * (age + 1)
        os.utime(folder, (used, used))
        folders.append(folder)
    assert evict(tmp_path, keep=folders[2], limit_bytes=2000) == [folders[1]]
    assert folders[0].is_dir()
    assert folders[2].is_dir()
    assert evict(tmp_path / "none", keep=tmp_path) == []


@pytest.mark.parametrize(
    ("text", "limit"),
    [("2", 2 << 30), ("0.5", 1 << 29), ("", 20 << 30), ("0", 20 << 30), ("-1", 20 << 30), ("nan", 20 << 30)],
)
def test_the_size_can_be_chosen(monkeypatch: pytest.MonkeyPatch, text: str, limit: int) -> None:
    monkeypatch.setenv("VBR_CACHE_GIB", text)
    assert size_limit_bytes() == limit


def test_the_chosen_size_decides_what_is_dropped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in (1, 2):
        (tmp_path / f"{number}").mkdir()
        (tmp_path / f"{number}" / "chunk").write_bytes(bytes(600))
        os.utime(tmp_path / f"{number}", (1000 + number, 1000 + number))
    assert evict(tmp_path, keep=tmp_path / "2") == []
    monkeypatch.setenv("VBR_CACHE_GIB", str(1000 / 2**30))
    assert evict(tmp_path, keep=tmp_path / "2") == [tmp_path / "1"]


def test_the_place_can_be_chosen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VBR_CACHE_DIR", str(tmp_path))
    assert default_cache_root() == tmp_path / "disparity"
    monkeypatch.delenv("VBR_CACHE_DIR")
    assert "vbr-studio" in str(default_cache_root())


def test_the_state_comes_back_to_the_bit() -> None:
    rng = np.random.default_rng(0)
    arrays = {"map": rng.random((5, 7), dtype=np.float32), "colour": rng.random((2, 3, 3), dtype=np.float32)}
    chunk = decode_chunk(encode_chunk(16, ramp(2), (), (17,), ChunkState({"scale": 0.1 + 0.2}, arrays)))
    assert chunk is not None
    assert chunk.state is not None
    assert chunk.state.numbers == {"scale": 0.1 + 0.2}
    assert chunk.state.arrays.keys() == arrays.keys()
    for name, values in arrays.items():
        np.testing.assert_array_equal(chunk.state.arrays[name], values)
    assert decode_chunk(encode_chunk(16, ramp(2), ())).state is None  # type: ignore[union-attr]


def test_frames_that_show_nothing_and_wild_pixels_do_not_widen_the_range() -> None:
    maps = np.tile(np.linspace(1, 2, 4000, dtype=np.float32).reshape(1, 40, 100), (4, 1, 1))
    maps[2] = 50.0
    maps[:, 0, :3] = -30.0
    chunk = decode_chunk(encode_chunk(0, maps, (), (2,)))
    assert chunk is not None
    assert robust_range(list(chunk.quantiles)) == pytest.approx((1.01, 1.99), abs=0.01)
    assert robust_range([chunk.quantiles[2]]) == (0.0, 0.0)
