"""Whether the window ever stands still while the real core works on a clip.

    QT_QPA_PLATFORM=offscreen python tests/benchmarks/window_stalls.py [CLIP] [--lines 1080] [--frames 40] [--phases ..]

Opens the real window on a clip (by default one that is made here: a moving picture of the asked size), then estimates
its depth, moves the playhead and the blur as a hand would, plays, and exports. All the while a timer of the GUI thread
ticks every 5 ms; a tick that comes more than 50 ms late is a stall, and the place in which the GUI thread was then is
kept (of a long stall, the place in which it was found most often). Prints one JSON line: for each phase its ticks, the
latest one, how many were late, and where the latest three were. ``start`` is the making of the window, before anything
is on screen. On a machine whose cores are all busy a tick may also be late because the thread was not given one: the
share of the processor that others took is printed with it.
"""

from __future__ import annotations

import argparse
import faulthandler
import json
import os
import re
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from PySide6.QtCore import QEventLoop, Qt, QTimer  # noqa: E402
from PySide6.QtWidgets import QApplication  # noqa: E402

from app import theme  # noqa: E402
from app.collector import GuiCollector  # noqa: E402
from app.main_window import MainWindow  # noqa: E402
from app.quick_turns import take_quick_turns  # noqa: E402
from tests.helpers.fakes import FakeDialogs  # noqa: E402
from vbr_core import edits  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable

TICK_S = 0.005
LATE_S = 0.05
PHASES = ("depth", "preview", "play", "export")
"""Of those after the opening, which always comes first."""


class Watchdog:
    """Ticks on the GUI thread; a second thread looks where that thread is when a tick is late."""

    def __init__(self) -> None:
        self.phase = "start"
        self.delays: dict[str, list[float]] = {}
        self.places: dict[str, list[tuple[float, str]]] = {}
        self._last = time.perf_counter()
        self._places: Counter[str] = Counter()
        self._gui = threading.get_ident()
        self._timer = QTimer()
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._tick)
        self._timer.start(round(1000 * TICK_S))
        self._over = threading.Event()
        threading.Thread(target=self._look, name="watchdog", daemon=True).start()

    def _tick(self) -> None:
        now = time.perf_counter()
        delay = now - self._last - TICK_S
        self._last = now
        self.delays.setdefault(self.phase, []).append(delay)
        if delay > LATE_S:
            place, count = (self._places.most_common(1) or [("", 0)])[0]
            text = f"{place} ({count} of {self._places.total()} looks)" if count else "idle, or too short to be seen"
            self.places.setdefault(self.phase, []).append((delay, text))
        self._places = Counter()

    def _look(self) -> None:
        while not self._over.wait(0.01):
            if time.perf_counter() - self._last > LATE_S:
                self._places[self._gui_stack()] += 1

    def _gui_stack(self) -> str:
        """Innermost calls of the GUI thread. Its frames must not be held: Qt objects in them would end here."""
        with tempfile.TemporaryFile("w+") as file:
            faulthandler.dump_traceback(file, all_threads=True)
            file.seek(0)
            stacks = file.read().split("\n\n")
        mine = next((stack for stack in stacks if f"{self._gui:#018x}" in stack), "")
        calls = re.findall(r'File ".*?([^/\\"]+)", line (\d+) in (\S+)', mine)
        return " < ".join(f"{name}:{line} {function}" for name, line, function in calls[:6])

    def stop(self) -> None:
        """No more ticks."""
        self._over.set()
        self._timer.stop()

    def report(self) -> dict[str, object]:
        """Figures of each phase."""
        return {
            phase: {
                "ticks": len(delays),
                "latest_ms": round(1000 * max(delays), 1),
                "late": sum(delay > LATE_S for delay in delays),
                "where": [f"{1000 * d:.0f} ms: {p}" for d, p in sorted(self.places.get(phase, []), reverse=True)[:3]],
            }
            for phase, delays in self.delays.items()
        }


def make_clip(path: Path, lines: int, frames: int) -> Path:
    """A clip of noise-textured stripes that move, 16:9."""
    import av
    import numpy as np

    width = lines * 16 // 9 // 2 * 2
    texture = np.random.default_rng(0).integers(0, 255, (lines // 8, width // 8, 3), np.uint8)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = width, lines, "yuv420p"
        for number in range(frames):
            small = np.roll(texture, number, axis=1)
            picture = small.repeat(8, axis=0).repeat(8, axis=1)
            for packet in stream.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")):
                container.mux(packet)
        for packet in stream.encode():
            container.mux(packet)
    return path


def wait_for(condition: Callable[[], object], seconds: float) -> bool:
    """Let the window live until the condition holds."""
    loop, end = QEventLoop(), time.monotonic() + seconds
    check = QTimer()
    check.timeout.connect(lambda: loop.quit() if condition() or time.monotonic() > end else None)
    check.start(20)
    loop.exec()
    return bool(condition())


def busy_seconds() -> float:
    """Processor time that the whole machine has used so far; 0 where it does not tell."""
    try:
        fields = [int(part) for part in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]]
    except OSError:
        return 0.0
    return (sum(fields) - fields[3] - fields[4]) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("clip", nargs="?", type=Path)
    parser.add_argument("--lines", type=int, default=1080)
    parser.add_argument("--frames", type=int, default=40)
    parser.add_argument("--minutes", type=float, default=10.0, help="longest that one phase may take")
    parser.add_argument("--export-frames", type=int, default=6, help="frames from the start on that are exported")
    parser.add_argument("--phases", nargs="+", default=PHASES, choices=PHASES, metavar="PHASE", help=" ".join(PHASES))
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for name in ("XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME"):
            os.environ[name] = folder
        clip = arguments.clip or make_clip(Path(folder) / "made.mp4", arguments.lines, arguments.frames)
        began, others = time.process_time(), busy_seconds()
        application = QApplication.instance() or QApplication(sys.argv[:1])
        assert isinstance(application, QApplication)
        take_quick_turns()
        theme.apply_theme(application)
        collector = GuiCollector(application)
        watchdog = Watchdog()
        window = MainWindow(dialogs=FakeDialogs())  # type: ignore[arg-type]  # nothing is asked
        window.resize(1600, 900)
        window.show()
        wait_for(lambda: False, 1.0)
        complete = run(window, watchdog, clip, Path(folder), arguments)
        watchdog.stop()
        window.dialogs.unsaved = "discard"  # type: ignore[attr-defined]
        window.close()
        wait_for(lambda: not window.isVisible(), 30)
        window.worker.stop()
        collector.stop()
        own = time.process_time() - began
        share = {"own_cpu_s": round(own, 1), "others_cpu_s": round(max(0.0, busy_seconds() - others - own), 1)}
        print(json.dumps({"clip": clip.name, "finished": complete, **share, "phases": watchdog.report()}))


def run(
    window: MainWindow, watchdog: Watchdog, clip: Path, folder: Path, arguments: argparse.Namespace
) -> dict[str, bool]:
    """The phases; says of each whether it came to its end in time."""
    session, preview = window.session, window.preview
    done: dict[str, bool] = {}

    def phase(name: str, act: Callable[[], None], until: Callable[[], object]) -> None:
        if name not in ("open", *arguments.phases):
            return
        watchdog.phase = name
        act()
        done[name] = wait_for(until, 60.0 * arguments.minutes)

    phase("open", lambda: window.open_path(clip), lambda: preview.shown is not None)
    phase("depth", lambda: None, lambda: window.depth.state == "ready")
    steps = iter(range(12))

    def by_hand() -> None:
        step = next(steps, None)
        if step is None:
            hand.stop()
            return
        session.set_playhead(step * session.frame_count // 12)
        session.apply(edits.set_value(session.project, "blur", session.playhead, 10.0 + 5 * step), "Blur")

    def final() -> bool:
        return preview.shown is not None and not preview.shown.is_draft

    hand = QTimer()
    hand.timeout.connect(by_hand)
    phase("preview", lambda: hand.start(250), lambda: not hand.isActive() and final())

    def play() -> None:
        session.set_playhead(0)
        window.player.toggle()

    phase("play", play, lambda: session.playhead >= session.frame_count - 1)
    window.player.stop()
    dialog = window.export_dialog
    output = folder / "out.mp4"

    def start_export() -> None:
        session.set_range(0, min(arguments.export_frames, session.frame_count))
        dialog.open_for_document()
        dialog.path_edit.setText(str(output))
        wait_for(lambda: dialog.estimate.estimate is not None, 60.0 * arguments.minutes)
        dialog.export_button.click()

    phase("export", start_export, lambda: dialog.pages.currentIndex() == 2 and output.exists())
    return done


if __name__ == "__main__":
    main()
