"""The context menu of the keyframe rows and of the graph editor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QMenu

from app.icons import icon
from app.timeline import key_clipboard
from app.timeline.key_clipboard import delete_selection
from vbr_core import edits
from vbr_core.project import EASINGS, TRACKS

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from app.session import Session
    from vbr_core.project import Easing, TrackName

translate = QCoreApplication.translate


def easing_text(easing: Easing) -> str:
    """Name of an easing for people."""
    return {
        "hold": translate("KeyMenu", "Hold"),
        "linear": translate("KeyMenu", "Linear"),
        "smooth": translate("KeyMenu", "Smooth"),
        "bezier": translate("KeyMenu", "Bezier"),
    }[easing]


def track_text(name: TrackName) -> str:
    """Name of a track for people."""
    return translate("KeyMenu", "Focus") if name == "focus" else translate("KeyMenu", "Blur")


def value_text(name: TrackName, value: float) -> str:
    """A value of a track with as many digits as matter."""
    return f"{value:.3f}" if name == "focus" else f"{value:.1f}"


def set_selection_easing(session: Session, easing: Easing) -> None:
    """Give all selected keys an easing, as one undo step."""
    project = session.project
    for name in TRACKS:
        frames = {frame for track, frame in session.selection if track == name}
        project = edits.set_easing(project, name, frames, easing)
    session.apply(project, translate("KeyMenu", "Set easing"))


def add_key_here(session: Session, name: TrackName, frame: int) -> None:
    """Add a key with the curve's value and select it. A key that lies there already is only selected."""
    if edits.key_at(session.project.track(name), frame) is None:
        session.apply(edits.key_here(session.project, name, frame), translate("KeyMenu", "Add key"))
    session.set_selection({(name, frame)})


def hold_until(session: Session, name: TrackName, frame: int) -> None:
    """Let the key before ``frame`` hold until there; the rest of the curve then begins at a key there."""
    session.apply(edits.hold_until(session.project, name, frame), translate("KeyMenu", "Hold until here"))


def _has_key_before(session: Session, name: TrackName, frame: int) -> bool:
    return edits.key_before(session.project.track(name), frame) is not None


def key_menu(session: Session, name: TrackName, frame: int, parent: QWidget) -> QMenu:
    """The menu for the key of ``name`` at ``frame``, which is among the selected ones."""
    menu = QMenu(parent)
    key = edits.key_at(session.project.track(name), frame)
    group = QActionGroup(menu)
    for easing in EASINGS:
        action = menu.addAction(icon(f"ease_{easing}"), easing_text(easing))
        action.setObjectName(f"easing_{easing}")
        action.setCheckable(True)
        action.setChecked(key is not None and key.easing == easing)
        action.triggered.connect(lambda _checked=False, easing=easing: set_selection_easing(session, easing))
        group.addAction(action)
    menu.addSeparator()
    hold = menu.addAction(translate("KeyMenu", "Hold until here"))
    hold.setObjectName("hold_until")
    hold.setEnabled(_has_key_before(session, name, frame))
    hold.triggered.connect(lambda: hold_until(session, name, frame))
    go = menu.addAction(translate("KeyMenu", "Go to key"))
    go.setObjectName("go_to_key")
    go.triggered.connect(lambda: session.set_playhead(frame))
    menu.addSeparator()
    for text, object_name, command in (
        (translate("KeyMenu", "Cut"), "cut", key_clipboard.cut_selection),
        (translate("KeyMenu", "Copy"), "copy", key_clipboard.copy_selection),
        (translate("KeyMenu", "Duplicate"), "duplicate", key_clipboard.duplicate_selection),
    ):
        action = menu.addAction(text)
        action.setObjectName(object_name)
        action.triggered.connect(lambda _checked=False, command=command: command(session))
    count = len(session.selection)
    delete = menu.addAction(
        icon("delete"),
        translate("KeyMenu", "Delete") if count < 2 else translate("KeyMenu", "Delete {0} keys").format(count),
    )
    delete.setObjectName("delete")
    delete.triggered.connect(lambda: delete_selection(session))
    return menu


def empty_menu(session: Session, name: TrackName, frame: int, parent: QWidget) -> QMenu:
    """The menu for a place of the row ``name`` where no key lies."""
    menu = QMenu(parent)
    add = menu.addAction(icon("key_add"), translate("KeyMenu", "Add key here"))
    add.setObjectName("add_key")
    add.triggered.connect(lambda: add_key_here(session, name, frame))
    hold = menu.addAction(translate("KeyMenu", "Hold until here"))
    hold.setObjectName("hold_until")
    hold.setEnabled(_has_key_before(session, name, frame))
    hold.triggered.connect(lambda: hold_until(session, name, frame))
    paste = menu.addAction(translate("KeyMenu", "Paste at the playhead"))
    paste.setObjectName("paste")
    paste.setEnabled(key_clipboard.has_keys())
    paste.triggered.connect(lambda: key_clipboard.paste(session))
    menu.addSeparator()
    every = menu.addAction(translate("KeyMenu", "Select all keys of this row"))
    every.setObjectName("select_row")
    every.setEnabled(bool(session.project.track(name).keys))
    every.triggered.connect(
        lambda: session.set_selection((name, key.frame) for key in session.project.track(name).keys)
    )
    return menu
