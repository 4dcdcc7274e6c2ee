"""Every renderer on the same clips with the same disparity: ``vbr eval``.

Scores are stored per row, level and clip in ``results.json`` and used again as long as the clip, the weights and the
way of measuring are the same, so an evaluation that was stopped goes on where it was.
"""

from __future__ import annotations

import hashlib
import time
import zipfile
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from vbr_core.errors import InputError, ModelError
from vbr_core.train import evaluation_pictures as pictures_of
from vbr_core.train.evaluation_report import BASELINE, EvaluationResult, markdown
from vbr_core.train.evaluation_rows import ALL_IN_FOCUS, open_row, parse_rows
from vbr_core.train.evaluation_store import VERSION, ScoreStore, jsonable
from vbr_core.train.metrics import Scores, score
from vbr_core.train.svb.clip_file import read_clip, read_info
from vbr_core.train.svb.corruption import EVALUATION, LEVELS, corrupt
from vbr_core.train.svb.make import INFO_FILE, clips_in

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from vbr_core.jobs import JobContext
    from vbr_core.train.evaluation_rows import OpenRow, Row, RowRenderer
    from vbr_core.train.svb.clip_file import Clip

TABLE_FILE, PICTURES_FOLDER = "table.md", "pictures"
WORST_LEVEL = "IV"


def evaluate(
    data: Path,
    rows: list[str],
    levels: list[str],
    out: Path,
    context: JobContext,
    device: str = "cpu",
    checkpoints: dict[str, Path] | None = None,
    clips: int | None = None,
    pictures: int = 4,
    seed: int = 0,
    open_row: OpenRow = open_row,
) -> EvaluationResult:
    """Measure rows on a set of clips and write ``results.json``, ``table.md`` and ``pictures`` into a folder.

    Args:
        data: Folder with SVB clips.
        rows: ``all-in-focus``, ``rvr``, ``sterefo``, ``scatter``, ``vbr``, ``vbr-hybrid``, or a
            trained network as ``NAME=FILE.safetensors``.
        levels: Of disparity corruption, some of ``0``, ``I`` .. ``IV``.
        out: Folder for the results; those of an earlier run in it are used again.
        context: Progress and stop.
        device: ``auto``, ``cpu``, ``cuda`` or ``mps``.
        checkpoints: Further networks: name to safetensors file.
        clips: Only so many clips, the first ones; None for all.
        pictures: Pictures of so many clips, the first ones.
        seed: Of the corruption: clip i at a level is always spoiled in the same way.
        open_row: Opens a row's renderer.

    Raises:
        InputError: No clips, an unknown row or level, files that do not fit.
        ModelError: A network gives values that are not numbers.
        OutputError: The results cannot be written.
    """
    chosen = parse_rows(rows, checkpoints)
    for level in levels:
        if level not in LEVELS:
            raise InputError(f"There is no level '{level}'.", f"Give some of {', '.join(LEVELS)}.")
    if not levels:
        raise InputError("No level was given.", f"Give some of {', '.join(LEVELS)}.")
    if clips is not None and clips < 1:
        raise InputError(f"{clips} clips cannot be evaluated.", "Give 1 or more.")
    paths = clips_in(data)[:clips]
    run = _Run(data, chosen, sorted(set(levels), key=LEVELS.index), out, device, seed, open_row)
    return run.all(paths, pictures, context)


@dataclass(frozen=True)
class _Task:
    """A clip and where it stands in the set."""

    path: Path
    index: int
    frames: int
    fingerprint: str


class _Run:
    """One evaluation: what is stored, what is missing."""

    def __init__(
        self, data: Path, rows: list[Row], levels: list[str], out: Path, device: str, seed: int, open_row: OpenRow
    ) -> None:
        self.data, self.rows, self.levels, self.out, self.device, self.seed = data, rows, levels, out, device, seed
        self._open_row = open_row
        self._renderers: dict[str, RowRenderer] = {}
        self._weights = {row.name: _file_hash(row.weights) for row in rows if row.weights is not None}
        self._store = ScoreStore(out)
        self._rendered = 0

    def all(self, paths: list[Path], pictures: int, context: JobContext) -> EvaluationResult:
        """Render and measure what is missing, then write the tables."""
        infos = [read_info(path) for path in paths]
        tasks = [
            _Task(path, _number(path, place), int(info["frames"]), _clip_fingerprint(self.data, path))
            for place, (path, info) in enumerate(zip(paths, infos, strict=True))
        ]
        shown = {task.path for task in tasks[:pictures]}
        missing = {task.path: self._missing(task, task.path in shown) for task in tasks}
        total = sum(len(missing[task.path]) * task.frames for task in tasks)
        if total:
            for row in self.rows:  # before the work begins, so that a bad file does not end it in the middle
                self._renderer(row)
        self._store.make_folder()
        done = 0
        try:
            for task in tasks:
                if missing[task.path]:
                    done = self._clip(task, missing[task.path], task.path in shown, context, done, total)
            if total:
                context.step(done, total, "Evaluating")
        finally:
            self._store.save()
        result = self._result(tasks, infos[0])
        self._store.means = {
            row: {level: jsonable(result.mean(row, level)) for level in result.levels} for row in result.rows
        }
        self._store.save()
        (self.out / TABLE_FILE).write_text(markdown(result), encoding="utf-8")
        return result

    def _clip(
        self, task: _Task, missing: list[tuple[str, Row]], shown: bool, context: JobContext, done: int, total: int
    ) -> int:
        """Render one clip's missing levels and rows; the number of frames done so far."""
        clip = read_clip(task.path)
        rendered: dict[tuple[str, str], NDArray[np.uint8]] = {}
        spoiled: dict[str, NDArray[np.float32]] = {}
        truth = clip.bokeh.astype(np.float32) / np.float32(255.0)
        for level, row in missing:
            context.step(done, total, "Evaluating")
            if level not in spoiled:
                spoiled = {level: self._disparity(clip, task, level)}
            began = time.monotonic()
            picture = self._render(clip, spoiled[level], row, task)
            seconds = time.monotonic() - began
            if shown:
                rendered[level, row.name] = picture
            scores = score(picture.astype(np.float32) / np.float32(255.0), truth, clip.band)
            self._store.put(self._key(row, level, task), self._fingerprint(row, level, task), scores, seconds)
            self._rendered += 1
            done += task.frames
        if shown:
            self._pictures(task, clip, rendered)
        return done

    def _missing(self, task: _Task, shown: bool) -> list[tuple[str, Row]]:
        """Levels and rows of a clip to render: what has no stored score, and all that is in pictures to be drawn."""
        drawn: set[str] = set()
        if shown and self._store.pictures.get(task.path.stem) != self._picture_fingerprint(task):
            drawn = set(self._picture_levels())
        return [
            (level, row)
            for level in self.levels
            for row in self.rows
            if level in drawn
            or self._store.get(self._key(row, level, task), self._fingerprint(row, level, task)) is None
        ]

    def _disparity(self, clip: Clip, task: _Task, level: str) -> NDArray[np.float32]:
        rng = np.random.default_rng([self.seed, task.index, LEVELS.index(level)])
        return corrupt(clip.disparity.astype(np.float32) / np.float32(65535.0), level, rng)

    def _render(self, clip: Clip, disparity: NDArray[np.float32], row: Row, task: _Task) -> NDArray[np.uint8]:
        """A row's result, rounded to 8 bits as an export would be."""
        frames = clip.sharp.astype(np.float32) / np.float32(255.0)
        result = np.asarray(self._renderer(row).render(frames, disparity, clip.d_f, clip.k_px))
        if result.shape != frames.shape or not np.isfinite(result).all():
            raise ModelError(f"The row '{row.name}' gave no whole picture for the clip '{task.path.name}'.")
        return np.asarray(np.round(np.clip(result, 0.0, 1.0) * 255.0), np.uint8)

    def _renderer(self, row: Row) -> RowRenderer:
        if row.name not in self._renderers:
            self._renderers[row.name] = self._open_row(row, self.device)
        return self._renderers[row.name]

    # --- pictures -----------------------------------------------------------------------------------------------------

    def _picture_levels(self) -> tuple[str, str]:
        """Level of the crops, level of the slices through time."""
        return ("0" if "0" in self.levels else self.levels[0]), (
            WORST_LEVEL if WORST_LEVEL in self.levels else self.levels[0]
        )

    def _pictures(self, task: _Task, clip: Clip, rendered: dict[tuple[str, str], NDArray[np.uint8]]) -> None:
        crops, slices = self._picture_levels()
        names = [row.name for row in self.rows]
        if any((level, name) not in rendered for level in (crops, slices) for name in names):
            return  # they are there already
        candidates = [BASELINE, *(name for name in names if name != ALL_IN_FOCUS), *names]
        judged = next(name for name in candidates if name in names)
        folder, stem = self.out / PICTURES_FOLDER, task.path.stem
        for level, ending in ((crops, "crops"), (slices, "xt")):
            results = {name: rendered[level, name] for name in names} | {pictures_of.TRUTH: clip.bokeh}
            place = pictures_of.worst_place(rendered[level, judged], clip.bokeh, clip.band)
            path = folder / f"{stem}_{ending}.png"
            if ending == "crops":
                pictures_of.write_crops(path, results, place)
            else:
                pictures_of.write_slices(path, results, place[1])
        self._store.pictures[stem] = self._picture_fingerprint(task)

    def _picture_fingerprint(self, task: _Task) -> str:
        levels = self._picture_levels()
        return _hash(*(self._fingerprint(row, level, task) for row in self.rows for level in levels))

    # --- what is stored -----------------------------------------------------------------------------------------------

    @staticmethod
    def _key(row: Row, level: str, task: _Task) -> str:
        return f"{row.name}|{level}|{task.path.stem}"

    def _fingerprint(self, row: Row, level: str, task: _Task) -> str:
        """Changes when a stored score does not hold any more."""
        weights = self._weights.get(row.name, "")
        return _hash(VERSION, row.name, weights, level, self.seed, EVALUATION, task.index, task.fingerprint)

    def _result(self, tasks: list[_Task], info: dict[str, Any]) -> EvaluationResult:
        scores: dict[tuple[str, str], list[Scores]] = defaultdict(list)
        for row in self.rows:
            for level in self.levels:
                for task in tasks:
                    stored = self._store.get(self._key(row, level, task), self._fingerprint(row, level, task))
                    assert stored is not None
                    scores[row.name, level].append(stored)
        return EvaluationResult(
            self.out,
            tuple(row.name for row in self.rows),
            tuple(row.name for row in self.rows if row.weights is not None),
            tuple(self.levels),
            len(tasks),
            sum(task.frames for task in tasks),
            int(info["height"]),
            int(info["width"]),
            self._rendered,
            dict(scores),
        )


def _number(path: Path, place: int) -> int:
    """The clip's number in its set: its file's name, so that it stays when other clips come or go."""
    return int(path.stem) if path.stem.isdecimal() else place


def _clip_fingerprint(data: Path, path: Path) -> str:
    """Of ``dataset.json`` and of the checksums in the clip's archive: quick, and changes with any picture."""
    info = data / INFO_FILE
    with zipfile.ZipFile(path) as archive:
        sums = [(entry.filename, entry.CRC) for entry in archive.infolist()]
    return _hash(info.read_text(encoding="utf-8") if info.exists() else "", *sums)


def _file_hash(path: Path) -> str:
    from vbr_core.depth.registry import file_sha256

    return file_sha256(path) if path.exists() else ""


def _hash(*parts: Any) -> str:
    return hashlib.sha256("\n".join(str(part) for part in parts).encode()).hexdigest()[:16]
