"""Disparity on disk: 16 bit, in small chunks, each with a checksum.

A chunk file holds up to :data:`CHUNK_FRAMES` raw maps::

    b"VBRDISP1"  uint32 length of the header  header (JSON)  maps (uint16, zlib)  state (float32, zlib)
    SHA-256 of all before (32 bytes)

The header has the size, the range that the 16 bits span, the quantiles of every frame, which frames begin a shot and
which show nothing. The state is what the processing over time has to remember to go on after this chunk.
A chunk is written beside its place, flushed and renamed, so it is whole or not there; a chunk that is damaged later
does not pass its checksum and counts as missing. So an estimation that was stopped goes on where it was.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import struct
import threading
import time
import zlib
from collections import OrderedDict
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import platformdirs

from vbr_core.errors import DepthError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

CHUNK_FRAMES = 16
MAGIC = b"VBRDISP1"
QUANTILES = (np.arange(100) + 0.5) / 100
"""Kept of every map, each standing for a hundredth of its pixels: neither the least nor the largest value, so that one
wild pixel is not in them."""

KEPT_CHUNKS = 4
SIZE_LIMIT_BYTES = 20 << 30
SIZE_VARIABLE = "VBR_CACHE_GIB"
"""Environment variable: how many GiB of disparity are kept; the window's preferences set it."""
FORMAT = 1


def default_cache_root() -> Path:
    """Folder of all cached disparity: ``VBR_CACHE_DIR`` if set, else the user's cache folder."""
    given = os.environ.get("VBR_CACHE_DIR")
    return Path(given) / "disparity" if given else Path(platformdirs.user_cache_dir("vbr-studio")) / "disparity"


def size_limit_bytes() -> int:
    """How much disparity is kept: ``VBR_CACHE_GIB`` if it is a number above 0, else 20 GiB."""
    try:
        gib = float(os.environ.get(SIZE_VARIABLE, ""))
    except ValueError:
        return SIZE_LIMIT_BYTES
    return int(gib * 2**30) if 0 < gib < 2**20 else SIZE_LIMIT_BYTES


def cache_key(clip_key: str, model_fingerprint: str, settings: str) -> str:
    """Name of a clip's folder in the cache: another clip, model or setting gives another name."""
    text = json.dumps([FORMAT, clip_key, model_fingerprint, settings])
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:40]


@dataclass(frozen=True)
class ChunkState:
    """What the processing remembers from chunk to chunk: numbers and arrays (float32) by name."""

    numbers: dict[str, float] = field(default_factory=dict)
    arrays: dict[str, NDArray[np.float32]] = field(default_factory=dict)


@dataclass(frozen=True)
class Chunk:
    """Maps of consecutive frames.

    Attributes:
        first: Index of the first frame.
        raw: (n, h, w) float32.
        quantiles: (n, 100) float32, of every map; NaN for frames that show nothing.
        cuts: Frames in the chunk that begin a shot.
        state: For going on after the chunk; None if there is nothing to remember.
    """

    first: int
    raw: NDArray[np.float32]
    quantiles: NDArray[np.float32]
    cuts: tuple[int, ...]
    state: ChunkState | None = None


def encode_chunk(
    first: int,
    raw: NDArray[np.float32],
    cuts: tuple[int, ...],
    flat: tuple[int, ...] = (),
    state: ChunkState | None = None,
) -> bytes:
    """The bytes of a chunk file for maps (n, h, w). ``flat`` are the frames (as ``cuts``) that show nothing."""
    low, high = float(raw.min()), float(raw.max())
    span = max(high - low, 1e-9)
    levels = np.round((raw - low) * (65535.0 / span)).astype("<u2")
    quantiles = np.quantile(raw.reshape(len(raw), -1), QUANTILES, axis=1).T
    # differences along rows compress far better than the levels themselves
    steps = np.diff(levels, axis=2, prepend=np.zeros((*levels.shape[:2], 1), "<u2")).astype("<u2")
    maps = zlib.compress(steps.tobytes(), 1)
    arrays = state.arrays if state is not None else {}
    header = json.dumps(
        {
            "first": first,
            "shape": list(raw.shape),
            "low": low,
            "high": low + span,
            "quantiles": [[round(float(value), 6) for value in row] for row in quantiles],
            "cuts": list(cuts),
            "flat": list(flat),
            "maps_bytes": len(maps),
            "numbers": state.numbers if state is not None else None,
            "arrays": [[name, list(values.shape)] for name, values in arrays.items()],
        }
    ).encode("utf-8")
    kept = zlib.compress(b"".join(values.astype("<f4").tobytes() for values in arrays.values()), 1)
    body = MAGIC + struct.pack("<I", len(header)) + header + maps + kept
    return body + hashlib.sha256(body).digest()


def decode_chunk(data: bytes) -> Chunk | None:
    """Read a chunk file; None if a single bit of it is wrong."""
    if len(data) < len(MAGIC) + 36 or data[: len(MAGIC)] != MAGIC:
        return None
    body, digest = data[:-32], data[-32:]
    if hashlib.sha256(body).digest() != digest:
        return None
    (length,) = struct.unpack_from("<I", body, len(MAGIC))
    start = len(MAGIC) + 4
    header = json.loads(body[start : start + length])
    end = start + length + header["maps_bytes"]
    steps = np.frombuffer(zlib.decompress(body[start + length : end]), "<u2").reshape(header["shape"])
    levels = np.cumsum(steps, axis=2, dtype=np.uint16)
    low, high = header["low"], header["high"]
    raw = (levels.astype(np.float32) * np.float32((high - low) / 65535.0) + np.float32(low)).astype(np.float32)
    quantiles = np.asarray(header["quantiles"], np.float32)
    quantiles[[frame_index - header["first"] for frame_index in header["flat"]]] = np.nan
    state = None
    if header["numbers"] is not None:
        values, at, arrays = np.frombuffer(zlib.decompress(body[end:]), "<f4"), 0, {}
        for name, shape in header["arrays"]:
            count = int(np.prod(shape))
            arrays[name] = values[at : at + count].reshape(shape).astype(np.float32)
            at += count
        state = ChunkState(header["numbers"], arrays)
    return Chunk(header["first"], raw, quantiles, tuple(header["cuts"]), state)


class DisparityCache:
    """The cached maps of one clip by one model. Safe to read from other threads while one writes."""

    def __init__(self, root: Path, key: str, frame_count: int) -> None:
        """Open or make the folder.

        Raises:
            DepthError: The folder cannot be made.
        """
        self.folder = root / key
        self.frame_count = frame_count
        self._lock = threading.Lock()
        self._recent: OrderedDict[int, Chunk] = OrderedDict()
        self._quantiles: dict[int, NDArray[np.float32]] = {}
        self._cuts: dict[int, tuple[int, ...]] = {}
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            os.utime(self.folder)  # the least recently used clip is dropped first
        except OSError as error:
            raise DepthError(
                f"The disparity cache '{self.folder}' cannot be used: {error.strerror}.",
                "Set VBR_CACHE_DIR to a folder that you may write to.",
            ) from error

    @property
    def chunk_count(self) -> int:
        """Chunks of a complete clip."""
        return -(-self.frame_count // CHUNK_FRAMES)

    def chunk_span(self, number: int) -> tuple[int, int]:
        """First frame of a chunk and one past its last."""
        return number * CHUNK_FRAMES, min(self.frame_count, (number + 1) * CHUNK_FRAMES)

    def _path(self, number: int) -> Path:
        return self.folder / f"chunk_{number:06d}.bin"

    def write(
        self,
        number: int,
        raw: NDArray[np.float32],
        cuts: tuple[int, ...],
        flat: tuple[int, ...] = (),
        state: ChunkState | None = None,
    ) -> None:
        """Store a chunk: maps (n, h, w) of its frames, which of them begin a shot, which show nothing, and the state.

        Raises:
            DepthError: The disk is full or not writable. Earlier chunks stay.
        """
        first, stop = self.chunk_span(number)
        if len(raw) != stop - first:
            raise ValueError(f"chunk {number} has {stop - first} frames, not {len(raw)}")
        data = encode_chunk(first, raw, cuts, flat, state)
        path = self._path(number)
        temporary = path.with_suffix(".part")
        try:
            with temporary.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, path)
        except OSError as error:
            temporary.unlink(missing_ok=True)
            raise DepthError(
                f"Disparity cannot be cached in '{self.folder}': {error.strerror}.",
                "Free some space, or set VBR_CACHE_DIR to a folder on another disk.",
            ) from error
        chunk = decode_chunk(data)
        assert chunk is not None
        with self._lock:
            self._remember(number, chunk)

    def read(self, number: int) -> Chunk | None:
        """A chunk, or None if it is not there or damaged."""
        with self._lock:
            if number in self._recent:
                self._recent.move_to_end(number)
                return self._recent[number]
        try:
            chunk = decode_chunk(self._path(number).read_bytes())
        except OSError:
            return None
        first, stop = self.chunk_span(number)
        if chunk is None or chunk.first != first or len(chunk.raw) != stop - first:
            return None
        with self._lock:
            self._remember(number, chunk)
        return chunk

    def take_from(self, other: DisparityCache, numbers: Iterable[int]) -> None:
        """Take over chunks of another cache of the same clip; those that are here stay, and a failure is no error."""
        for number in numbers:
            target = self._path(number)
            temporary = target.with_suffix(".part")
            try:
                if not target.exists():
                    shutil.copyfile(other._path(number), temporary)
                    os.replace(temporary, target)
            except OSError:
                temporary.unlink(missing_ok=True)

    def _remember(self, number: int, chunk: Chunk) -> None:
        """Keep the last few chunks, and the small facts of all of them. The lock is held."""
        self._recent[number] = chunk
        self._recent.move_to_end(number)
        while len(self._recent) > KEPT_CHUNKS:
            self._recent.popitem(last=False)
        self._quantiles[number] = chunk.quantiles
        self._cuts[number] = chunk.cuts

    def scan(self) -> set[int]:
        """Read every chunk once; numbers of those that are there and whole."""
        return {number for number in range(self.chunk_count) if self.read(number) is not None}

    def facts(self) -> tuple[dict[int, NDArray[np.float32]], tuple[int, ...]]:
        """Quantiles of all known chunks by number, and all known cuts, sorted."""
        with self._lock:
            return dict(self._quantiles), tuple(sorted(cut for cuts in self._cuts.values() for cut in cuts))


def evict(root: Path, keep: Path, limit_bytes: int | None = None) -> list[Path]:
    """Drop the least recently used clips until the cache is under ``limit_bytes``; ``keep`` stays.

    Args:
        root: Folder of all cached disparity.
        keep: Folder of the clip that is open.
        limit_bytes: None for :func:`size_limit_bytes`.

    Returns:
        The folders that were removed.
    """
    limit = size_limit_bytes() if limit_bytes is None else limit_bytes
    clips = []
    for folder in root.iterdir() if root.is_dir() else ():
        if folder.is_dir():
            size = sum(file.stat().st_size for file in folder.iterdir() if file.is_file())
            clips.append((folder.stat().st_mtime, size, folder))
    total = sum(size for _, size, _ in clips)
    removed = []
    for used, size, folder in sorted(clips):
        if total <= limit:
            break
        if folder != keep and time.time() - used > 60:
            shutil.rmtree(folder, ignore_errors=True)
            total -= size
            removed.append(folder)
    return removed
