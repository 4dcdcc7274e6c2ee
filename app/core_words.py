"""Words of the core that the window shows: what a job is doing. The core speaks English; here it is translated."""

from __future__ import annotations

from PySide6.QtCore import QT_TRANSLATE_NOOP, QCoreApplication

PHASES = (
    QT_TRANSLATE_NOOP("Core", "Rendering"),
    QT_TRANSLATE_NOOP("Core", "Estimating depth"),
    QT_TRANSLATE_NOOP("Core", "Reading depth"),
    QT_TRANSLATE_NOOP("Core", "Looking for cuts"),
    QT_TRANSLATE_NOOP("Core", "Writing disparity"),
    QT_TRANSLATE_NOOP("Core", "Carrying depth repairs"),
    QT_TRANSLATE_NOOP("Core", "Measuring"),
    QT_TRANSLATE_NOOP("Core", "Following"),
    QT_TRANSLATE_NOOP("Core", "Searching"),
    QT_TRANSLATE_NOOP("Core", "Sound"),
    QT_TRANSLATE_NOOP("Core", "Downloading"),
    QT_TRANSLATE_NOOP("Core", "Checking"),
    QT_TRANSLATE_NOOP("Core", "Copying"),
)


def phase_words(phase: str) -> str:
    """A phase of :class:`vbr_core.jobs.Progress` in the language of the window; as it is, if there are no words."""
    return QCoreApplication.translate("Core", phase)
