"""The user's own depth: pictures in a folder, an iw3 folder, or a grey video."""

from __future__ import annotations

import threading
from collections import Counter, OrderedDict
from typing import TYPE_CHECKING

import numpy as np

from vbr_core.depth.grey_video import LOSSLESS_CODECS, GreyReader
from vbr_core.depth.import_checks import bits_text, check_aspect, check_same_size, listed, missing_numbers, refuse_count
from vbr_core.depth.import_rules import RawMap, Reading, Survey, decide, needs_all_frames
from vbr_core.depth.iw3 import apply_mapper, check_mapper, find_iw3
from vbr_core.depth.pictures import PICTURE_SUFFIXES, calm_compression, natural_order, picture_size, read_map
from vbr_core.errors import DepthError, VbrError
from vbr_core.jobs import JobContext
from vbr_core.settings import DEPTH_READINGS, check_choice

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from vbr_core.depth.iw3 import Iw3Folder

PHASE = "Reading depth"
ASPECT_TOLERANCE = 0.02
IW3_ASPECT_TOLERANCE = 0.06
"""iw3 keeps depth at the size of its network, whose sides are rounded to multiples of 14 or 32."""
KEPT_MAPS = 24
KEPT_BYTES = 256 << 20
"""Bounds on the maps that are kept; one of 8K alone has 133 MB."""
SURVEYED_FRAMES = 9
COLOURED = 0.07
"""Chroma of a video from which on it is no grey one."""
LOSSY_SUFFIXES = {".jpg", ".jpeg", ".webp"}
SAME_SUFFIX = {".jpeg": ".jpg", ".tiff": ".tif"}


class ImportedDisparity:
    """Shared by the imports: a few maps are kept, and one range serves the whole clip. Safe to use from threads.

    Attributes:
        frame_count: Frames of the clip.
        fingerprint: Changes when the values do.
        cuts: First frame of every shot but the first: what the files say, or what was found in the clip since.
        cuts_are_known: Whether the clip was looked through for them, if the files do not say.
        reading: How the files' numbers become disparity.
        note: Sentences on what the user should know; empty if nothing.
    """

    def __init__(self, frame_count: int, fingerprint: str) -> None:
        self.frame_count = frame_count
        self.fingerprint = fingerprint
        self.cuts: tuple[int, ...] = ()
        self.cuts_are_known = False
        self.reading = Reading("disparity")
        self.note = ""
        self._maps: OrderedDict[int, NDArray[np.float32]] = OrderedDict()
        self._lock = threading.RLock()

    def read(self, frame_index: int) -> NDArray[np.float32]:
        """Disparity of a frame: (h, w) float32 0..1.

        Raises:
            DepthError: The frame is not there or cannot be read.
        """
        if not 0 <= frame_index < self.frame_count:
            raise DepthError(f"There is no disparity for frame {frame_index}.")
        with self._lock:
            found = self._maps.get(frame_index)
            if found is None:
                found = self._finish(self.reading.to_disparity(self.raw(frame_index).values))
                self._maps[frame_index] = found
                most = max(1, min(KEPT_MAPS, KEPT_BYTES // max(1, found.nbytes)))
                while len(self._maps) > most:
                    self._maps.popitem(last=False)
            return found

    def close(self) -> None:
        """Let go of files and memory; reading afterwards opens them again."""
        with self._lock:
            self._maps.clear()

    def raw(self, frame_index: int) -> RawMap:
        """The numbers of a frame as the file has them."""
        raise NotImplementedError

    def survey_frames(self) -> list[int]:
        """A few frames over the whole clip that are quick to read, the first among them."""
        return sorted({round(at) for at in np.linspace(0, self.frame_count - 1, SURVEYED_FRAMES)})

    def decide(self, meaning: str, name: str, ctx: JobContext) -> None:
        """Find out what the numbers mean. A few frames are looked at, all of them where the range is not known."""
        survey = Survey()
        for frame_index in self.survey_frames():
            ctx.token.raise_if_cancelled()
            survey.add(self.raw(frame_index))
        if needs_all_frames(survey, meaning):
            survey = Survey()
            for frame_index in range(self.frame_count):
                survey.add(self.raw(frame_index))
                ctx.step(frame_index + 1, self.frame_count, PHASE)
        self.reading = decide(survey, meaning, name)
        self.note = " ".join(text for text in (self.note, self.reading.note) if text)
        self.fingerprint += f"-{self.reading.meaning}-{self.reading.low:g}-{self.reading.high:g}"

    def _finish(self, disparity: NDArray[np.float32]) -> NDArray[np.float32]:
        return disparity


class FolderDisparity(ImportedDisparity):
    """A folder of grey pictures of one size, one a frame, in natural order."""

    def __init__(self, files: list[Path], size: tuple[int, int], fingerprint: str, mapper: str = "none") -> None:
        super().__init__(len(files), fingerprint)
        self._files = files
        self._size = size
        self._mapper = mapper
        self._top: int | None = None
        self._lossy = files[0].suffix.lower() in LOSSY_SUFFIXES

    def raw(self, frame_index: int) -> RawMap:
        """The numbers of a frame as the file has them.

        Raises:
            DepthError: The file cannot be read, or is of another kind than the first one.
        """
        file = self._files[frame_index]
        found = read_map(file)
        check_same_size(file.name, (found.values.shape[0], found.values.shape[1]), self._size)
        if self._top is None:
            self._top = found.top
        if found.top != self._top:
            kinds = bits_text(found.top), bits_text(self._top)
            raise DepthError(
                f"The disparity pictures differ: '{file.name}' has {kinds[0]}, others {kinds[1]}.",
                "Export them again in one format.",
            )
        return found

    def _finish(self, disparity: NDArray[np.float32]) -> NDArray[np.float32]:
        mapped = disparity if self._mapper == "none" else apply_mapper(disparity, self._mapper)
        return calm_compression(mapped) if self._lossy else mapped


class VideoDisparity(ImportedDisparity):
    """A grey video."""

    def __init__(self, reader: GreyReader, size: tuple[int, int], fingerprint: str) -> None:
        super().__init__(reader.info.frame_count, fingerprint)
        self._path = reader.info.path
        self._reader: GreyReader | None = reader
        info = reader.info
        self._lossy = info.bit_depth == 8 and info.codec not in LOSSLESS_CODECS
        # a clip of odd size is padded by one for most codecs
        padded = (info.height - size[0], info.width - size[1])
        self._crop = size if set(padded) <= {0, 1} else (info.height, info.width)

    def close(self) -> None:
        """Close the file; reading afterwards opens it again."""
        with self._lock:
            super().close()
            if self._reader is not None:
                self._reader.close()
                self._reader = None

    def raw(self, frame_index: int) -> RawMap:
        """The numbers of a frame as the file has them.

        Raises:
            DepthError: The frame cannot be read.
        """
        with self._lock:
            try:
                if self._reader is None:
                    self._reader = GreyReader(self._path)
                found = self._reader.grey(frame_index)
            except VbrError as error:
                raise DepthError(f"The disparity video cannot be used: {error.message}", error.hint) from error
        return RawMap(np.ascontiguousarray(found.values[: self._crop[0], : self._crop[1]]), found.top)

    def survey_frames(self) -> list[int]:
        """The keyframes next to those: they cost one decoded picture each."""
        assert self._reader is not None
        index = self._reader.index
        return sorted({index.keyframes[index.keyframe_number(at)] for at in super().survey_frames()} | {0})

    def _finish(self, disparity: NDArray[np.float32]) -> NDArray[np.float32]:
        return calm_compression(disparity) if self._lossy else disparity


def open_disparity(
    path: Path, frame_count: int, size: tuple[int, int], meaning: str = "auto", ctx: JobContext | None = None
) -> FolderDisparity | VideoDisparity:
    """Open the user's own depth: a folder of pictures, an iw3 folder (or its ``iw3_export.yml``), or a grey video.

    What the numbers mean is decided once for the whole clip by the rules of :mod:`vbr_core.depth.import_rules`; the
    answer is in ``reading`` of the result. One range serves the whole clip, never one frame.

    Args:
        path: The folder or file.
        frame_count: Frames of the clip.
        size: (height, width) of the clip.
        meaning: One of :data:`~vbr_core.settings.DEPTH_READINGS`.
        ctx: Progress and cancel: floating-point pictures are read once from end to end.

    Raises:
        DepthError: Too few or too many pictures, sizes that differ, another aspect than the clip's, colours, a file
            that cannot be read.
        InputError: There is no such meaning.
        Cancelled: By the context.
    """
    check_choice(meaning, DEPTH_READINGS, "depth meaning")
    ctx = ctx or JobContext()
    iw3 = find_iw3(path)
    source: FolderDisparity | VideoDisparity
    if iw3 is not None:
        check_mapper(iw3.mapper)
        source = _open_folder(iw3.depth, path.name, frame_count, size, iw3)
        meaning = "disparity" if meaning == "auto" else meaning
    elif path.is_dir():
        source = _open_folder(path, path.name, frame_count, size)
    else:
        source = _open_video(path, frame_count, size)
    try:
        source.decide(meaning, path.name, ctx)
    except BaseException:
        source.close()
        raise
    return source


def _open_folder(
    folder: Path, name: str, frame_count: int, size: tuple[int, int], iw3: Iw3Folder | None = None
) -> FolderDisparity:
    try:
        files = sorted(
            (file for file in folder.iterdir() if file.suffix.lower() in PICTURE_SUFFIXES and file.name[0] != "."),
            key=natural_order,
        )
    except OSError as error:
        raise DepthError(f"The folder '{folder}' cannot be read: {error.strerror or error}.") from error
    if not files:
        raise DepthError(f"The folder '{folder}' holds no pictures.", f"Give {', '.join(PICTURE_SUFFIXES)} files.")
    kinds = Counter(SAME_SUFFIX.get(file.suffix.lower(), file.suffix.lower()) for file in files)
    if len(kinds) > 1:
        found = " and ".join(f"{count} {suffix}" for suffix, count in sorted(kinds.items()))
        raise DepthError(f"The folder '{name}' mixes pictures of several kinds: {found}.", "Keep one kind in it.")
    gaps = missing_numbers(files)
    if len(files) != frame_count:
        refuse_count(len(files), frame_count, name, files, gaps)
    first = picture_size(files[0])
    check_aspect(first, size, name, ASPECT_TOLERANCE if iw3 is None else IW3_ASPECT_TOLERANCE)
    for file in files[1:]:
        check_same_size(file.name, picture_size(file), first)
    newest = max(file.stat().st_mtime_ns for file in files)
    mapper = "none" if iw3 is None else iw3.mapper
    source = FolderDisparity(files, first, f"{folder.absolute()}-{len(files)}-{newest}-{mapper}", mapper)
    if gaps:
        source.note = f"The names in '{name}' skip number {listed(gaps)}; the pictures are taken one after the other."
    if iw3 is not None:
        ends = (at + 1 for at, file in enumerate(files) if file.stem in iw3.boundaries)
        source.cuts = tuple(cut for cut in ends if cut < frame_count)
    return source


def _open_video(path: Path, frame_count: int, size: tuple[int, int]) -> VideoDisparity:
    try:
        reader = GreyReader(path)
    except VbrError as error:
        raise DepthError(f"The disparity video cannot be used: {error.message}", error.hint) from error
    try:
        if reader.info.frame_count != frame_count:
            refuse_count(reader.info.frame_count, frame_count, path.name)
        check_aspect((reader.info.height, reader.info.width), size, path.name, ASPECT_TOLERANCE)
        if reader.chroma > COLOURED:
            raise DepthError(f"The disparity video '{path.name}' is coloured.", "Give a grey video, white nearest.")
        return VideoDisparity(reader, size, f"{path.absolute()}-{path.stat().st_mtime_ns}")
    except BaseException:
        reader.close()
        raise
