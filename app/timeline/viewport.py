"""Which part of the clip the timeline shows; shared by all of its rows and by the graph editor."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QObject, Signal

from app.timeline.geometry import TimeAxis


class Viewport(QObject):
    """Holds the :class:`TimeAxis` in force and tells of changes."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._axis = TimeAxis()

    @property
    def axis(self) -> TimeAxis:
        """The axis in force."""
        return self._axis

    def set_axis(self, axis: TimeAxis) -> None:
        """Show what ``axis`` shows."""
        if axis != self._axis:
            self._axis = axis
            self.changed.emit()

    def set_clip_length(self, frame_count: int) -> None:
        """Start over with a clip of ``frame_count`` frames, all of it in view."""
        self.set_axis(replace(self._axis, frame_count=frame_count).fitted())

    def set_width(self, width: float) -> None:
        """Note the width of the body in pixels."""
        self.set_axis(self._axis.resized(width))

    def zoom(self, factor: float, anchor_x: float | None = None) -> None:
        """Zoom by ``factor``, keeping ``anchor_x`` (default: the middle) in place."""
        self.set_axis(self._axis.zoomed(factor, self._axis.width / 2 if anchor_x is None else anchor_x))

    def scroll(self, pixels: float) -> None:
        """Scroll by ``pixels``; positive shows later frames."""
        self.set_axis(self._axis.scrolled(pixels))

    def fit(self) -> None:
        """Show the whole clip."""
        self.set_axis(self._axis.fitted())

    def show_frame(self, frame: int) -> None:
        """Scroll only if ``frame`` is out of view."""
        self.set_axis(self._axis.showing(frame))
