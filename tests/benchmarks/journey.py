"""The way of a person through the window, by real mouse and key events, with a picture of the screen at each step.

    xvfb-run -s "-screen 0 1280x720x24" python tests/benchmarks/journey.py CLIP -o FOLDER --size 1280x720
    QT_SCALE_FACTOR=2 xvfb-run -s "-screen 0 2560x1440x24" python tests/benchmarks/journey.py CLIP -o FOLDER

Opens the clip, waits for its depth, clicks two things (``--click FRAME,X,Y``, in pixels of the clip), drags both keys,
bends the curve, sets the blur, wipes, looks at all views, repairs the depth of what was clicked last, cuts the shot in
two, undoes all, redoes all, saves, closes, opens the project from the first page, exports, cancels, exports again.
Every event goes to the widget that is under that place on the screen; what it should have done is checked, and the
script ends with status 1 where it did not. The pictures are there to be looked at: nothing clipped, misaligned,
unreadable or unexplained. Only the choice of files is answered by the script.
A window manager should run on the display (any; without one, key events are lost after a dialog).
"""

from __future__ import annotations

import argparse
import math
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from PySide6.QtCore import QEvent, QEventLoop, QPoint, QPointF, Qt, QTimer  # noqa: E402
from PySide6.QtGui import QMouseEvent  # noqa: E402
from PySide6.QtTest import QTest  # noqa: E402
from PySide6.QtWidgets import QApplication, QToolButton, QWidget  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.main_window import MainWindow

LEFT, NO_BUTTON, NONE = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier
CONTROL, SHIFT, ALT = (
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.AltModifier,
)
VIEWS = {"1": "result", "2": "source", "3": "disparity", "4": "defocus", "5": "overlay", "7": "zone", "8": "peaking"}


class Journey:
    """Hands, eyes and a camera.

    Attributes:
        failures: What did not happen.
    """

    def __init__(self, window: MainWindow, folder: Path) -> None:
        self.window = window
        self.failures: list[str] = []
        self._folder = folder
        self._number = 0

    def picture(self, name: str) -> None:
        """Keep what is on the screen."""
        self.pause(0.3)
        self._number += 1
        screen = self.window.screen()
        shot = screen.grabWindow(0)
        if shot.isNull():  # a platform without a screen
            shot = (QApplication.activeModalWidget() or self.window).grab()
        path = self._folder / f"{self._number:02d}-{name}.png"
        shot.save(str(path))
        print(f"{time.strftime('%H:%M:%S')} {path.name}", flush=True)

    def pause(self, seconds: float) -> None:
        """Let the window live."""
        loop = QEventLoop()
        QTimer.singleShot(round(1000 * seconds), loop.quit)
        loop.exec()

    def wait(self, what: str, condition: Callable[[], object], seconds: float = 60.0) -> bool:
        """Until the condition holds; remember it as a failure if it does not."""
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end:
                self.failures.append(f"{what}: not within {seconds:g} s")
                print(f"FAILED {self.failures[-1]}", flush=True)
                return False
            self.pause(0.05)
        return True

    def key(self, key: Qt.Key, modifiers: Qt.KeyboardModifier = NONE) -> None:
        """A key press where the keyboard is."""
        target = QApplication.focusWidget() or QApplication.activeWindow() or self.window
        QTest.keyClick(target, key, modifiers)
        self.pause(0.1)

    def type(self, text: str) -> None:
        """Letters where the keyboard is."""
        QTest.keyClicks(QApplication.focusWidget() or self.window, text)
        self.pause(0.1)

    def click(self, widget: QWidget, place: QPointF | None = None, modifiers: Qt.KeyboardModifier = NONE) -> None:
        """A click on what lies there on the screen; a widget that is covered or hidden is a failure."""
        spot = QPoint(widget.rect().center()) if place is None else place.toPoint()
        target = QApplication.widgetAt(widget.mapToGlobal(spot))
        inside = target is not None and (target is widget or widget.isAncestorOf(target))
        if not inside or not widget.isEnabled():
            self.failures.append(f"{type(widget).__name__} {widget.objectName()} cannot be clicked")
            print(f"FAILED {self.failures[-1]}", flush=True)
        QTest.mouseClick(widget, LEFT, modifiers, spot)
        self.pause(0.15)

    def drag(self, widget: QWidget, start: QPointF, stop: QPointF, steps: int = 12, on_the_way: str = "") -> None:
        """Press, move in steps, release; with a picture before the release if it has a name."""
        places = [start + (stop - start) * (step / steps) for step in range(steps + 1)]
        self.draw(widget, places, on_the_way)

    def draw(self, widget: QWidget, places: list[QPointF], on_the_way: str = "") -> None:
        """Press at the first place, move over the others, release; with a picture before that if it has a name."""

        def send(kind: QEvent.Type, place: QPointF, held: Qt.MouseButton) -> None:
            button = NO_BUTTON if kind == QEvent.Type.MouseMove else LEFT
            event = QMouseEvent(kind, place, widget.mapToGlobal(place), button, held, NONE)
            QApplication.sendEvent(widget, event)

        send(QEvent.Type.MouseMove, places[0], NO_BUTTON)
        send(QEvent.Type.MouseButtonPress, places[0], LEFT)
        for place in places[1:]:
            send(QEvent.Type.MouseMove, place, LEFT)
            self.pause(0.02)
        if on_the_way:
            self.picture(on_the_way)
        send(QEvent.Type.MouseButtonRelease, places[-1], NO_BUTTON)
        self.pause(0.2)

    def go_to(self, frame: int) -> None:
        """Move the playhead by the keys that step from the first frame."""
        self.key(Qt.Key.Key_Home)
        for _ in range(frame // 10):
            self.key(Qt.Key.Key_Right, SHIFT)
        for _ in range(frame % 10):
            self.key(Qt.Key.Key_Right)
        self.wait(f"the playhead is at {frame}", lambda: self.window.session.playhead == frame)

    def final(self) -> None:
        """Wait until the picture is the full one of what the document says."""
        preview, session = self.window.preview, self.window.session

        def is_final() -> bool:
            shown = preview.shown
            here = shown is not None and shown.request.frame_index == session.playhead
            return here and not shown.is_draft and not preview.is_behind

        self.wait("a final picture", is_final)


def clicked(text: str) -> tuple[int, float, float]:
    frame, x, y = text.split(",")
    return int(frame), float(x), float(y)


def go(journey: Journey, clip: Path, work: Path, arguments: argparse.Namespace) -> None:
    """All steps."""
    window = journey.window
    session, viewer, dialog = window.session, window.viewer, window.export_dialog
    answers = window.dialogs
    journey.picture("first-page")

    # open, wait for the depth
    answers.document = clip  # type: ignore[attr-defined]
    journey.key(Qt.Key.Key_O, CONTROL)
    journey.wait("the clip is open", lambda: session.clip_info is not None)
    journey.wait("a first picture", lambda: window.preview.shown is not None)
    journey.pause(2.0)
    journey.picture("depth-begins")
    journey.wait("depth", lambda: window.depth.state == "ready", 1200)
    journey.picture("depth-ready")

    # click two things
    for number, (frame, x, y) in enumerate(arguments.click):
        journey.go_to(frame)
        journey.click(viewer, viewer.clip_to_widget(x, y))
        journey.wait(f"{number + 1} keys", lambda number=number: len(session.project.focus.keys) == number + 1)
        journey.final()
        journey.picture(f"clicked-{number + 1}")

    # drag both keys
    rows = window.timeline.key_rows
    axis = window.timeline.viewport.axis
    for frame, by in ((arguments.click[0][0], 18), (arguments.click[1][0], -20)):
        start = rows.key_center(("focus", frame))
        stop = start + QPointF(axis.x(frame + by) - axis.x(frame), 0.0)
        journey.drag(rows, start, stop, on_the_way=f"dragging-{frame}")
    moved = [key.frame for key in session.project.focus.keys]
    journey.wait("both keys have moved", lambda: moved != [click[0] for click in arguments.click], 1)

    # bend the curve
    journey.key(Qt.Key.Key_G)
    journey.wait("the graph editor", lambda: window.curves is not None and window.curves.isVisible())
    plot = window.curves.plot  # type: ignore[union-attr]
    first, second = session.project.focus.keys[:2]
    spot = plot.pixel(first.frame, plot.part("focus", first.value))
    journey.click(plot.viewport(), spot)
    journey.picture("graph-editor")
    if first.easing != "bezier":
        box = window.inspector.easing_box
        index = next(i for i in range(box.count()) if box.itemData(i) == "bezier")
        while session.playhead != first.frame and session.playhead > 0:
            journey.key(Qt.Key.Key_BracketLeft)
        box.setFocus()
        while box.currentIndex() < index:
            journey.key(Qt.Key.Key_Down)
        while box.currentIndex() > index:
            journey.key(Qt.Key.Key_Up)
        journey.click(plot.viewport(), plot.pixel(first.frame, plot.part("focus", first.value)))
    journey.wait("a handle", lambda: plot.handles())
    handles = plot.handles()
    if handles:
        frame, part = next(iter(handles.values()))
        start = plot.pixel(frame, part)
        rise = plot.part("focus", second.value) - plot.part("focus", first.value)
        stop = plot.pixel(frame + 0.2 * (second.frame - first.frame), part + 0.8 * rise)
        journey.drag(plot.viewport(), start, stop, on_the_way="bending")
        journey.wait("the curve is bent", lambda: session.project.focus.keys[0].out_handle is not None, 1)
    journey.key(Qt.Key.Key_G)

    # blur
    spin = window.inspector.blur_spin
    journey.click(spin, QPointF(20, spin.height() / 2))
    journey.key(Qt.Key.Key_A, CONTROL)
    journey.type("36")
    journey.key(Qt.Key.Key_Return)
    journey.wait("K is 36", lambda: session.project.blur.keys or session.project.blur.base == 36.0)
    journey.final()
    journey.picture("blur")

    # wipe, compare, views
    journey.key(Qt.Key.Key_W, SHIFT)
    journey.final()
    middle = viewer.view_geometry.rect  # left, top, width, height
    line = QPointF(middle[0] + middle[2] * viewer.divider, middle[1] + middle[3] / 2)
    journey.drag(viewer, line, line + QPointF(-middle[2] * 0.2, 0), on_the_way="wiping")
    journey.wait("the wipe has moved", lambda: viewer.divider < 0.45, 1)
    journey.key(Qt.Key.Key_W, SHIFT)
    journey.key(Qt.Key.Key_W, ALT)
    journey.final()
    journey.picture("side-by-side")
    journey.key(Qt.Key.Key_W, ALT)
    for key, name in VIEWS.items():
        journey.type(key)
        journey.wait(f"view {name}", lambda name=name: window.preview.view == name, 5)
        journey.final()
        journey.pause(0.5)
        journey.picture(f"view-{name}")
    repair(journey, *arguments.click[1])
    cut(journey)
    journey.type("1")
    journey.final()

    # undo all, redo all
    last, steps = session.project, session.undo_stack.index()
    for _ in range(steps):
        journey.key(Qt.Key.Key_Z, CONTROL)
    journey.wait("all is undone", lambda: session.undo_stack.index() == 0, 5)
    journey.final()
    journey.picture("undone")
    for _ in range(steps):
        journey.key(Qt.Key.Key_Y, CONTROL)
    journey.wait("all is redone", lambda: session.project == last, 5)

    # play for a moment, and the pages around the document
    journey.key(Qt.Key.Key_Home)
    journey.key(Qt.Key.Key_Space)
    journey.pause(2.0)
    journey.picture("playing")
    journey.key(Qt.Key.Key_Space)
    for name, key, modifiers in (
        ("palette", Qt.Key.Key_K, CONTROL),
        ("shortcuts", Qt.Key.Key_F1, NONE),
        ("preferences", Qt.Key.Key_Comma, CONTROL),
        ("models", Qt.Key.Key_M, CONTROL | SHIFT),
    ):
        journey.key(key, modifiers)
        journey.pause(1.0)
        journey.picture(name)
        journey.key(Qt.Key.Key_Escape)
        journey.pause(0.3)

    # save, close, open again from the first page
    project = work / "journey.vbr"
    answers.project = project  # type: ignore[attr-defined]
    journey.key(Qt.Key.Key_S, CONTROL)
    journey.wait("saved", lambda: project.exists() and not session.is_dirty, 20)
    journey.picture("saved")
    journey.key(Qt.Key.Key_W, CONTROL)
    journey.wait("closed", lambda: session.clip_info is None, 20)
    journey.pause(1.0)
    journey.picture("first-page-again")
    journey.click(next(b for b in window.welcome.findChildren(QToolButton) if b.toolTip() == str(project)))
    journey.wait("open again", lambda: session.clip_info is not None, 30)
    journey.wait("the same document", lambda: session.project.focus == last.focus, 5)
    journey.wait("depth again", lambda: window.depth.state == "ready", 60)
    journey.final()
    journey.picture("opened-again")

    # export, cancel, export again
    journey.key(Qt.Key.Key_Home)
    journey.key(Qt.Key.Key_I)
    for _ in range(arguments.export_frames // 10):
        journey.key(Qt.Key.Key_Right, SHIFT)
    journey.key(Qt.Key.Key_O)
    output = work / "journey.mp4"
    journey.key(Qt.Key.Key_E, CONTROL)
    journey.wait("the dialog", dialog.isVisible, 5)
    dialog.path_edit.setFocus()
    journey.key(Qt.Key.Key_A, CONTROL)
    journey.type(str(output))
    journey.wait("an estimate", lambda: dialog.estimate.estimate is not None, 120)
    journey.picture("export")
    journey.click(dialog.export_button)
    journey.wait("progress", lambda: dialog.progress_bar.value() > 0, 120)
    journey.pause(1.0)
    journey.picture("exporting")
    journey.click(dialog.cancel_button)
    journey.wait("cancelled", lambda: not dialog.is_exporting, 30)
    journey.wait("no half-written file", lambda: not output.exists(), 1)
    journey.picture("cancelled")
    journey.click(dialog.export_button)
    journey.wait("exported", output.exists, 900)
    journey.wait("its page", lambda: dialog.pages.currentIndex() == 2, 10)
    journey.picture("exported")
    journey.click(dialog.done_page.close_button)
    journey.picture("end")


def repair(journey: Journey, frame: int, x: float, y: float) -> None:
    """A lasso around a place, what is in it pushed behind and made flat; undone and done again, over the overlay."""
    window = journey.window
    session, viewer = window.session, window.viewer
    journey.go_to(frame)
    journey.type("5")
    journey.final()
    journey.picture("repair-before")
    reach = session.clip_info.height / 6  # type: ignore[union-attr]
    turns = [2 * math.pi * step / 24 for step in range(24)]
    around = [viewer.clip_to_widget(x + reach * math.cos(turn), y + reach * math.sin(turn)) for turn in turns]
    for key, name in ((Qt.Key.Key_P, "push_behind"), (Qt.Key.Key_F, "flatten")):
        before = session.project.depth_edits
        if viewer.tool.mode == "off":
            journey.key(Qt.Key.Key_L, SHIFT)
        journey.draw(viewer, around, on_the_way=f"lasso-{name}")
        journey.wait("a part is marked", lambda: viewer.tool.strokes, 5)
        journey.picture(f"marked-{name}")
        journey.key(key, SHIFT)
        journey.wait(name, lambda name=name: [edit.kind for edit in session.project.depth_edits[-1:]] == [name], 5)
        journey.wait("the repair is on all frames", lambda: not window.depth.is_carrying, 300)
        journey.final()
        journey.picture(f"repaired-{name}")
        after = session.project.depth_edits
        journey.key(Qt.Key.Key_Z, CONTROL)
        journey.wait("the repair is undone", lambda before=before: session.project.depth_edits == before, 5)
        journey.final()
        if name == "push_behind":
            journey.key(Qt.Key.Key_Y, CONTROL)
            journey.wait("the repair is done again", lambda after=after: session.project.depth_edits == after, 5)
    journey.key(Qt.Key.Key_Escape)
    journey.key(Qt.Key.Key_Escape)
    journey.wait("the lasso is laid down", lambda: viewer.tool.mode == "off", 5)


def cut(journey: Journey) -> None:
    """A cut at the playhead, and away with it."""
    window = journey.window
    session = window.session
    here = session.playhead
    journey.key(Qt.Key.Key_X, SHIFT)
    journey.wait("a cut", lambda: here in session.project.cuts, 5)
    journey.wait("depth of two shots", lambda: window.depth.state == "ready", 600)
    journey.final()
    journey.picture("cut-here")
    journey.key(Qt.Key.Key_Z, CONTROL)
    journey.wait("no cut", lambda: here not in session.project.cuts, 5)
    journey.wait("depth of one shot", lambda: window.depth.state == "ready", 600)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clip", type=Path)
    parser.add_argument("-o", "--output", type=Path, required=True, help="folder for the pictures")
    parser.add_argument("--size", default="1280x720", help="of the window, in units of the scaled screen")
    parser.add_argument(
        "--click", type=clicked, action="append", default=[], help="FRAME,X,Y; twice", metavar="FRAME,X,Y"
    )
    parser.add_argument("--export-frames", type=int, default=20)
    arguments = parser.parse_args()
    if len(arguments.click) != 2:
        arguments.click = [(60, 345.0, 195.0), (150, 620.0, 190.0)]
    arguments.output.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        os.environ["VBR_CONFIG_DIR"] = str(work / "config")
        os.environ.setdefault("VBR_CACHE_DIR", str(work / "cache"))

        from app import theme
        from app.collector import GuiCollector
        from app.dialogs import Dialogs
        from app.main_window import MainWindow
        from app.quick_turns import take_quick_turns

        class Answers(Dialogs):
            """The window's own questions, with the choice of files answered."""

            document: Path | None = None
            project: Path | None = None

            def choose_document(self) -> Path | None:
                return self.document

            def choose_project_target(self, suggestion: Path) -> Path | None:
                return self.project

        application = QApplication.instance() or QApplication(sys.argv[:1])
        assert isinstance(application, QApplication)
        take_quick_turns()
        theme.apply_theme(application)
        collector = GuiCollector(application)
        answers = Answers()
        window = MainWindow(dialogs=answers)
        answers._window = window
        width, height = (int(part) for part in arguments.size.split("x"))
        window.resize(width, height)
        window.show()
        window.move(0, 0)
        QTest.qWaitForWindowActive(window, 5000)
        journey = Journey(window, arguments.output)
        journey.pause(1.0)
        try:
            go(journey, arguments.clip, work, arguments)
        finally:
            answers.ask_unsaved = lambda _name: "discard"  # type: ignore[method-assign]
            window.close()
            journey.wait("the window is closed", lambda: not window.isVisible(), 60)
            window.worker.stop()
            collector.stop()
    for failure in journey.failures:
        print(f"FAILED {failure}")
    print(f"{len(journey.failures)} failures")
    return 1 if journey.failures else 0


if __name__ == "__main__":
    sys.exit(main())
