"""Cut, copy, paste and duplicate of keys, and moving them a little by command."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QMimeData
from PySide6.QtGui import QGuiApplication

from vbr_core import edits
from vbr_core.project import TRACKS

if TYPE_CHECKING:
    from app.session import Session
    from vbr_core.project import TrackName

translate = QCoreApplication.translate

MIME_TYPE = "application/x-vbr-keys+json"
VALUE_STEPS: dict[TrackName, float] = {"focus": 0.005, "blur": 1.0}


def selected_frames(session: Session, name: TrackName) -> frozenset[int]:
    """Frames of the selected keys of a track."""
    return frozenset(frame for track, frame in session.selection if track == name)


def copy_selection(session: Session) -> bool:
    """Put the selected keys on the clipboard. Returns whether there were any."""
    copied = edits.copy_keys(session.project, session.selection)
    if not len(copied):
        return False
    data = QMimeData()
    data.setData(MIME_TYPE, edits.encode_keys(copied))
    QGuiApplication.clipboard().setMimeData(data)
    return True


def cut_selection(session: Session) -> None:
    """Put the selected keys on the clipboard and remove them, as one undo step."""
    if copy_selection(session):
        delete_selection(session, translate("KeyClipboard", "Cut keys"))


def delete_selection(session: Session, text: str = "") -> None:
    """Remove all selected keys, as one undo step."""
    project = session.project
    for name in TRACKS:
        frames = selected_frames(session, name)
        if frames:
            project = edits.remove_keys(project, name, frames)
    session.apply(project, text or translate("KeyClipboard", "Delete keys"))


def has_keys() -> bool:
    """Whether there are keys on the clipboard."""
    data = QGuiApplication.clipboard().mimeData()
    return data is not None and data.hasFormat(MIME_TYPE)


def paste(session: Session) -> bool:
    """Put the keys of the clipboard down at the playhead and select them. Returns whether the clipboard had any."""
    data = QGuiApplication.clipboard().mimeData()
    copied = None
    if data is not None and data.hasFormat(MIME_TYPE):
        copied = edits.decode_keys(data.data(MIME_TYPE).data())
    if copied is None or not len(copied):
        return False
    _put_down(session, copied, session.playhead, translate("KeyClipboard", "Paste keys"))
    return True


def duplicate_selection(session: Session) -> None:
    """Put copies of the selected keys at the playhead, or behind them if that is where they are, and select them."""
    copied = edits.copy_keys(session.project, session.selection)
    frames = sorted({frame for _, frame in session.selection})
    if not len(copied):
        return
    target = session.playhead
    if target == frames[0]:
        target = frames[-1] + max(1, (frames[-1] - frames[0]) // max(1, len(frames) - 1))
    _put_down(session, copied, target, translate("KeyClipboard", "Duplicate keys"))


def _put_down(session: Session, copied: edits.CopiedKeys, frame: int, text: str) -> None:
    project, new = edits.paste_keys(session.project, copied, frame)
    if new:
        session.apply(project, text)
        session.set_selection(new)


def nudge_selection(session: Session, frames: int, rises: int = 0) -> None:
    """Move the selected keys by ``frames`` and by ``rises`` steps of value, as one undo step.

    They stop at the ends of the clip and before keys that are not selected, so that none is replaced.
    """
    start, project = session.project, session.project
    chosen = {name: selected_frames(session, name) for name in TRACKS}
    delta = _free_shift(session, chosen, frames)
    for name, moving in chosen.items():
        if moving:
            moved = edits.move_keys(start, name, moving, delta, rises * VALUE_STEPS[name])
            project = project.with_track(name, moved.track(name))
    session.apply(project, translate("KeyClipboard", "Move keys"))
    session.set_selection((name, frame + delta) for name, moving in chosen.items() for frame in moving)


def _free_shift(session: Session, chosen: dict[TrackName, frozenset[int]], delta: int) -> int:
    """``delta`` shortened so that the chosen keys stay in the clip and land on no other key."""
    moving = [frame for frames in chosen.values() for frame in frames]
    if not moving or delta == 0:
        return 0
    last = session.frame_count - 1
    delta = max(delta, -min(moving)) if delta < 0 else min(delta, last - max(moving))
    others = {
        (name, key.frame)
        for name in TRACKS
        for key in session.project.track(name).keys
        if key.frame not in chosen[name]
    }
    step = 1 if delta > 0 else -1
    while delta and any((name, frame + delta) in others for name, frames in chosen.items() for frame in frames):
        delta -= step
    return delta
