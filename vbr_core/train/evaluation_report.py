"""What an evaluation found, and its tables in Markdown."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np

from vbr_core.train.metrics import Scores

if TYPE_CHECKING:
    from pathlib import Path

METRICS = ("psnr", "ssim", "psnr_ob", "ssim_ob", "consistency")
TITLES = {
    "psnr": "PSNR ↑",
    "ssim": "SSIM ↑",
    "psnr_ob": "PSNR_ob ↑",
    "ssim_ob": "SSIM_ob ↑",
    "consistency": "consistency ↓",
}
DIGITS = {"psnr": 2, "ssim": 4, "psnr_ob": 2, "ssim_ob": 4, "consistency": 3}
LEVEL_METRICS = ("psnr", "psnr_ob", "consistency")

BASELINE, SINGLE_FRAME = "scatter", "single-frame"
"""Rows that the networks are compared with."""

PAPER = (
    ("RVR", Scores(23.8, 0.859, 22.3, 0.878, 0.540)),
    ("SteReFo", Scores(27.5, 0.923, 25.6, 0.882, 0.294)),
    ("DeepLens", Scores(24.6, 0.857, 27.0, 0.944, 0.361)),
    ("DeepFocus", Scores(32.3, 0.958, 28.2, 0.939, 0.143)),
    ("MPIB", Scores(27.5, 0.934, 23.6, 0.875, 0.284)),
    ("BokehMe", Scores(34.7, 0.975, 28.9, 0.925, 0.084)),
    ("VBR w/o TFB and L_r", Scores(34.8, 0.975, 29.9, 0.946, 0.069)),
    ("VBR w/o TFB", Scores(34.9, 0.975, 30.1, 0.947, 0.066)),
    ("VBR w/o L_r", Scores(35.4, 0.977, 30.5, 0.950, 0.059)),
    ("VBR w/o DCN", Scores(34.7, 0.973, 29.7, 0.943, 0.072)),
    ("VBR", Scores(35.6, 0.978, 30.6, 0.951, 0.056)),
)
"""The paper's tables 1 and 4."""


@dataclass(frozen=True)
class EvaluationResult:
    """What an evaluation found.

    Attributes:
        out: Folder with ``results.json``, ``table.md`` and ``pictures``.
        rows: Names, in order.
        networks: Those of them that are networks.
        levels: Levels of disparity corruption, in order.
        clips: Number of clips.
        frames: Frames of all clips together.
        height: Lines.
        width: Columns.
        rendered: Clips rendered now; the others were stored by an earlier run.
        scores: By row and level: one a clip.
    """

    out: Path
    rows: tuple[str, ...]
    networks: tuple[str, ...]
    levels: tuple[str, ...]
    clips: int
    frames: int
    height: int
    width: int
    rendered: int
    scores: dict[tuple[str, str], list[Scores]]

    @property
    def main_level(self) -> str:
        """The level of the main table: no corruption if that was evaluated."""
        return "0" if "0" in self.levels else self.levels[0]

    def mean(self, row: str, level: str) -> Scores:
        """Mean over the clips; clips where a metric is NaN do not count in it."""
        return mean_scores(self.scores[row, level])


def mean_scores(scores: list[Scores]) -> Scores:
    """Metric by metric, the mean of those that are numbers; NaN if none is."""
    means = []
    for field in fields(Scores):
        values = [getattr(each, field.name) for each in scores if np.isfinite(getattr(each, field.name))]
        means.append(float(np.mean(values)) if values else float("nan"))
    return Scores(*means)


def markdown(result: EvaluationResult) -> str:
    """The tables as a page of Markdown."""
    level = result.main_level
    parts = [
        "# Evaluation\n",
        f"{result.clips} clips, {result.frames} frames in all, {result.width} x {result.height} pixels. "
        "PSNR in dB, mean over the frames, then over the clips. PSNR_ob and SSIM_ob are measured near object "
        "boundaries. Consistency is the paper's equation 10 as a mean over pixels and channels, in 8-bit units. "
        "Every row was given the same disparity; results were rounded to 8 bits first.\n",
        f"## {_level_name(level)}\n",
        main_table(result),
    ]
    if len(result.levels) > 1:
        for metric in LEVEL_METRICS:
            parts += [
                f"## {TITLES[metric]} by level of disparity corruption\n",
                _table(
                    ["row", *result.levels],
                    [[row, *(_cell(metric, result.mean(row, each)) for each in result.levels)] for row in result.rows],
                ),
            ]
    margin_rows = margins(result)
    if margin_rows:
        parts += [
            "## margins\n",
            "Differences in dB and in SSIM (more is better), and the ratio of consistency (less is better).\n",
            _table(["row", "against", "level", "PSNR", "SSIM", "PSNR_ob", "SSIM_ob", "consistency"], margin_rows),
        ]
    parts += [
        "## The paper's figures\n",
        "Tables 1 and 4 of the paper: measured on the paper's own data set, and with a scale of consistency that it "
        "does not state; not comparable line by line.\n",
        _table(
            ["method", *(TITLES[metric] for metric in METRICS)],
            [
                [name, f"{s.psnr:.1f}", f"{s.ssim:.3f}", f"{s.psnr_ob:.1f}", f"{s.ssim_ob:.3f}", f"{s.consistency:.3f}"]
                for name, s in PAPER
            ],
        ),
    ]
    return "\n".join(parts)


def main_table(result: EvaluationResult) -> str:
    """The table of all metrics, in Markdown."""
    return _table(
        ["row", *(TITLES[metric] for metric in METRICS)],
        [[row, *_cells(result.mean(row, result.main_level))] for row in result.rows],
    )


def margins(result: EvaluationResult) -> list[list[str]]:
    """Each network against scatter and against the single-frame network: cells of table rows."""
    rows = []
    for network in result.networks:
        for other in (BASELINE, SINGLE_FRAME):
            if other not in result.rows or other == network:
                continue
            for level in result.levels:
                ours, theirs = result.mean(network, level), result.mean(other, level)
                cells = [network, other, level]
                for metric in ("psnr", "ssim", "psnr_ob", "ssim_ob"):
                    difference = getattr(ours, metric) - getattr(theirs, metric)
                    cells.append(f"{difference:+.{DIGITS[metric]}f}" if np.isfinite(difference) else "–")
                ratio = ours.consistency / theirs.consistency if theirs.consistency > 0 else float("nan")
                cells.append(f"{ratio:.2f} x" if np.isfinite(ratio) else "–")
                rows.append(cells)
    return rows


def _level_name(level: str) -> str:
    return "True disparity" if level == "0" else f"Disparity corrupted to level {level}"


def _cell(metric: str, scores: Scores) -> str:
    value = getattr(scores, metric)
    return f"{value:.{DIGITS[metric]}f}" if np.isfinite(value) else "–"


def _cells(scores: Scores) -> list[str]:
    return [_cell(metric, scores) for metric in METRICS]


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] + ["---:"] * (len(head) - 1), *rows]
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)
