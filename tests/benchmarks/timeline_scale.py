"""How smooth the timeline and the graph editor stay with very many keys on a very long clip.

    QT_QPA_PLATFORM=offscreen python tests/benchmarks/timeline_scale.py [--keys 10000] [--hours 2] [--repeats 7]

A project with many keys and shots on a long clip, and one with 10 keys on the same clip, run side by side without a
video file. For each: painting everything anew, a step of the playhead, a zoom, a step of dragging one key and one of
dragging all of them, a selection of all keys, and the same for the graph editor; and 500 edits, undone and redone.
Prints one JSON line: milliseconds (processor time, the median of the repeats) and the ratios large to small. A ratio
near 1 means that only what can be seen costs; steps that change a document of many keys have to cost more.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from PySide6.QtWidgets import QApplication  # noqa: E402

from app import theme  # noqa: E402
from app.curves import CurveEditor  # noqa: E402
from app.timeline import TimelineView  # noqa: E402
from app.timeline.key_drag import KeyDrag  # noqa: E402
from tests.app.session_stub import make_session  # noqa: E402
from vbr_core import edits  # noqa: E402
from vbr_core.project import Keyframe  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable


class Bench:
    """A session of a size, with both views on it."""

    def __init__(self, keys: int, frame_count: int, repeats: int, undo_steps: int) -> None:
        gap = frame_count // keys
        easings = ("smooth", "linear", "bezier", "hold")
        focus = tuple(Keyframe(gap * n, (n * 37 % 100) / 100, easings[n % 4]) for n in range(keys))
        blur = tuple(Keyframe(gap * n + gap // 2, float(n * 53 % 100), easings[n % 4]) for n in range(keys))
        cuts = tuple(range(100, frame_count, 100)) if keys > 100 else (100,)
        self.session = make_session(frame_count, focus, blur, cuts)
        self.repeats = repeats
        self.undo_steps = undo_steps
        self.gap = gap
        self.timeline = TimelineView(self.session)
        self.timeline.resize(1900, 300)
        self.graph = CurveEditor(self.session, viewport=self.timeline.viewport)
        self.graph.resize(1900, 260)
        for widget in (self.timeline, self.graph):
            widget.show()
        QApplication.processEvents()

    def milliseconds(self, step: Callable[[int], object]) -> float:
        """Median processor time of ``step(n)`` with the painting that follows from it."""
        times = []
        for number in range(self.repeats):
            QApplication.processEvents()
            start = time.process_time()
            step(number)
            QApplication.processEvents()
            times.append((time.process_time() - start) * 1000)
        return statistics.median(times)

    def run(self) -> dict[str, float]:
        """All timings, in milliseconds."""
        session, view = self.session, self.timeline.viewport
        found = {}
        self.graph.hide()
        found["paint"] = self.milliseconds(lambda _n: (self.timeline.key_rows._invalidate(), self.timeline.repaint()))
        found["playhead"] = self.milliseconds(lambda n: session.set_playhead(500 + 37 * n))
        found["zoom"] = self.milliseconds(lambda n: view.zoom(1.4 if n % 2 else 1 / 1.4, 600.0))
        view.fit()
        key = ("focus", session.project.focus.keys[5].frame)
        session.set_selection({key})
        drag = KeyDrag(session, key, "Move keys")
        found["drag one"] = self.milliseconds(lambda n: drag.move(key[1] + n + 1, view.axis, False))
        drag.cancel()
        found["select all"] = self.milliseconds(
            lambda n: session.set_selection(
                (name, one.frame) for name in ("focus", "blur") for one in session.project.track(name).keys[n:]
            )
        )
        drag = KeyDrag(session, min(session.selection), "Move keys")
        found["drag all"] = self.milliseconds(lambda n: drag.move(drag.pressed_frame + n + 1, view.axis, False))
        drag.cancel()
        session.set_selection(())
        self.graph.show()
        self.timeline.hide()
        QApplication.processEvents()
        found["graph paint"] = self.milliseconds(lambda _n: (self.graph._redraw(), self.graph.repaint()))
        found["graph zoom"] = self.milliseconds(lambda n: view.zoom(1.4 if n % 2 else 1 / 1.4, 600.0))
        view.fit()
        session.set_selection({key})
        drag = KeyDrag(session, key, "Move keys")
        self.graph.plot.set_ghost(drag.start)
        found["graph drag"] = self.milliseconds(lambda n: drag.move(key[1] + n + 1, view.axis, False, 0.001 * n))
        self.graph.plot.set_ghost(None)
        drag.cancel()
        return found | self.history()

    def history(self) -> dict[str, float]:
        """Milliseconds of one edit, one undo and one redo, over many of them with both views shown."""
        session = self.session
        self.timeline.show()
        session.undo_stack.clear()
        frames = [one.frame for one in session.project.focus.keys]

        def edit(number: int) -> None:
            frame = frames[number % len(frames)]
            session.apply(edits.set_values(session.project, "focus", {frame}, (number % 97) / 97 + 0.001), "Set")

        found = {}
        for name, step in (
            ("edit", edit),
            ("undo", lambda _n: session.undo_stack.undo()),
            ("redo", lambda _n: session.undo_stack.redo()),
        ):
            start = time.process_time()
            for number in range(self.undo_steps):
                step(number)
                QApplication.processEvents()
            found[name] = (time.process_time() - start) * 1000 / self.undo_steps
        if session.undo_stack.count() != self.undo_steps:
            raise SystemExit(f"{session.undo_stack.count()} undo steps instead of {self.undo_steps}")
        return found


def main() -> None:
    """Run both sizes, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keys", type=int, default=10_000)
    parser.add_argument("--hours", type=float, default=2.0)
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--undo-steps", type=int, default=500)
    arguments = parser.parse_args()
    app = QApplication([])
    theme.apply_theme(app, "dark")
    frame_count = round(arguments.hours * 3600 * 24)
    results = {}
    for name, keys in (("small", 10), ("large", arguments.keys)):
        bench = Bench(keys, frame_count, arguments.repeats, arguments.undo_steps)
        results[name] = {step: round(value, 2) for step, value in bench.run().items()}
        for widget in (bench.timeline, bench.graph):
            widget.hide()
    ratios = {step: round(value / max(0.01, results["small"][step]), 2) for step, value in results["large"].items()}
    commit = subprocess.run(["git", "-C", ROOT, "rev-parse", "--short", "HEAD"], capture_output=True, text=True).stdout
    print(
        json.dumps(
            {
                "keys": arguments.keys,
                "frames": frame_count,
                **results,
                "ratio": ratios,
                "machine": f"{platform.machine()}, {os.cpu_count()} cores",
                "commit": commit.strip(),
            }
        )
    )


if __name__ == "__main__":
    main()
