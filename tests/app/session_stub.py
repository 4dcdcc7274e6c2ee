"""Sessions with a document in them, without a file: for tests of the widgets that only look at the session."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QApplication

from app import theme
from app.session import Session
from vbr_core.project import Clip, Keyframe, Project, Track

FOCUS_KEYS = (
    Keyframe(0, 0.8, "hold"),
    Keyframe(30, 0.8, "smooth"),
    Keyframe(60, 0.3, "linear"),
    Keyframe(100, 0.5, "bezier", (20.0, 0.2), None),
    Keyframe(140, 0.9),
)
BLUR_KEYS = (Keyframe(10, 40.0), Keyframe(80, 120.0), Keyframe(120, 60.0))


@dataclass(frozen=True)
class FakeClipInfo:
    """The facts of a clip that the widgets read."""

    width: int = 1280
    height: int = 720
    frame_count: int = 240
    frame_rate: Fraction = Fraction(24)
    duration_seconds: float = 10.0


def make_session(
    frame_count: int = 240,
    focus: tuple[Keyframe, ...] = FOCUS_KEYS,
    blur: tuple[Keyframe, ...] = BLUR_KEYS,
    cuts: tuple[int, ...] = (96,),
    rate: Fraction = Fraction(24),
) -> Session:
    """A session with an open clip, keys on both tracks, and an empty history."""
    session = Session()
    clip = Clip("couple.mp4", frame_count=frame_count, cuts=cuts)
    project = Project(clip=clip, focus=Track(0.5, focus), blur=Track(40.0, blur))
    info = FakeClipInfo(frame_count=frame_count, frame_rate=rate, duration_seconds=frame_count / float(rate))
    session.open_document(project, None, None, info)
    return session


def use_dark_theme() -> None:
    """Put the dark theme on, unless it is on; and really delete the widgets of earlier tests, or it styles them too."""
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    app = QApplication.instance()
    if theme.roles() is not theme.DARK or not app.styleSheet():
        theme.apply_theme(app, "dark")
