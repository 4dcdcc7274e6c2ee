"""``results.json`` of an evaluation: scores by row, level and clip, with what they were measured from."""

from __future__ import annotations

import json
import math
import os
import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from vbr_core.errors import InputError, OutputError
from vbr_core.train.metrics import Scores

if TYPE_CHECKING:
    from pathlib import Path

VERSION = 6
"""Rises when the metrics or a classical row change, so that older scores are not used."""

RESULTS_FILE = "results.json"
SAVE_EVERY_SECONDS = 5.0


class ScoreStore:
    """The scores that are known, kept in a file.

    Attributes:
        records: By ``row|level|clip``.
        pictures: By clip: what its pictures were drawn from.
        means: By row and level, over the clips of the last finished evaluation.

    Raises:
        InputError: The file is damaged.
        OutputError: The file cannot be read.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / RESULTS_FILE
        self.records: dict[str, dict[str, Any]] = {}
        self.pictures: dict[str, str] = {}
        self.means: dict[str, dict[str, dict[str, float | None]]] = {}
        self._saved = time.monotonic()
        try:
            if self._path.exists():
                before = json.loads(self._path.read_text(encoding="utf-8"))
                self.records, self.pictures = dict(before["records"]), dict(before["pictures"])
                self.means = dict(before["means"])
        except OSError as error:
            raise OutputError(f"'{self._path}' cannot be read: {error}.", "Choose another folder.") from error
        except (ValueError, KeyError, TypeError) as error:
            raise InputError(f"'{self._path}' is damaged: {error}.", "Delete it, or choose another folder.") from error

    def make_folder(self) -> None:
        """Make the folder for the results.

        Raises:
            OutputError: It cannot be written.
        """
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self.save()
        except OSError as error:
            raise OutputError(
                f"The results cannot be kept in '{self._path.parent}': {error}.", "Choose another folder."
            ) from error

    def get(self, key: str, fingerprint: str) -> Scores | None:
        """A stored score, if it was measured from the same things."""
        record = self.records.get(key)
        if record is None or record.get("fingerprint") != fingerprint:
            return None
        return Scores(*(math.nan if record[name] is None else float(record[name]) for name in Scores.__annotations__))

    def put(self, key: str, fingerprint: str, scores: Scores, seconds: float) -> None:
        """Store a score; the file is written every few seconds."""
        self.records[key] = {**jsonable(scores), "seconds": round(seconds, 2), "fingerprint": fingerprint}
        if time.monotonic() - self._saved > SAVE_EVERY_SECONDS:
            self.save()

    def save(self) -> None:
        """Write the file; an unfinished one never has its name."""
        content = {"version": VERSION, "means": self.means, "pictures": self.pictures, "records": self.records}
        part = self._path.with_name(self._path.name + ".part")
        part.write_text(json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False), encoding="utf-8")
        os.replace(part, self._path)
        self._saved = time.monotonic()


def jsonable(scores: Scores) -> dict[str, float | None]:
    """A score for JSON, which has no NaN."""
    return {name: round(value, 6) if math.isfinite(value) else None for name, value in asdict(scores).items()}
