"""The row of the clip's sound. It draws what it is given; there is no row for a clip without sound."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QLineF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from app import theme
from app.timeline.scrub import ScrubRow

if TYPE_CHECKING:
    from PySide6.QtGui import QPaintEvent

    from app.session import Session
    from app.timeline.viewport import Viewport
    from vbr_core.video.waveform import Waveform

SOUND_PX = 36


class SoundRow(ScrubRow):
    """The lowest and highest sample under every pixel column; dragging over them moves the playhead."""

    def __init__(self, session: Session, viewport: Viewport, parent: QWidget | None = None) -> None:
        super().__init__(session, viewport, parent)
        self._waveform: Waveform | None = None
        self._message = ""
        self.setFixedHeight(SOUND_PX)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(self.tr("Sound"))
        viewport.changed.connect(self.update)

    @property
    def waveform(self) -> Waveform | None:
        """What is drawn."""
        return self._waveform

    def set_waveform(self, waveform: Waveform | None, message: str = "") -> None:
        """Draw ``waveform``; while there is none, say ``message``."""
        self._waveform, self._message = waveform, message
        self.setAccessibleDescription(message)
        self.update()

    def columns(self, left: float, right: float, ratio: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """What to draw between two pixels: x, lowest and highest sample (-1..1) of each device pixel column."""
        axis, waveform = self._viewport.axis, self._waveform
        first, last = max(left, math.ceil(axis.x(0) * ratio) / ratio), min(right, axis.x(axis.last_frame))
        count = max(0, round((last - first) * ratio))
        if waveform is None or count == 0:
            return np.zeros(0), np.zeros(0), np.zeros(0)
        edges = first + np.arange(count + 1) / ratio
        frames = axis.origin + edges / axis.pixels_per_frame
        low, high = waveform.peaks(waveform.seconds_at(frames))
        return edges[:-1] + 0.5 / ratio, low, high

    def paintEvent(self, event: QPaintEvent) -> None:
        colors = theme.roles()
        painter = QPainter(self)
        painter.fillRect(event.rect(), colors.color("background"))
        axis = self._viewport.axis
        if axis.frame_count == 0:
            return
        start, end = max(0.0, axis.x(0)), min(float(self.width()), axis.x(axis.last_frame))
        painter.fillRect(QRectF(start, 1, end - start, SOUND_PX - 2), colors.color("panel"))
        if self._waveform is None:
            painter.setFont(theme.small_font())
            painter.setPen(colors.color("quiet"))
            painter.drawText(QRectF(start + 8, 0, end - start, SOUND_PX), Qt.AlignmentFlag.AlignVCenter, self._message)
            return
        ratio = self.devicePixelRatioF()
        area = event.rect()
        x, low, high = self.columns(float(area.left() - 1), float(area.right() + 2), ratio)
        middle, reach = SOUND_PX / 2, (SOUND_PX - 6) / 2
        tops, bottoms = middle - high * reach - 0.5, middle - low * reach + 0.5
        painter.setPen(QPen(colors.color("quiet"), 1 / ratio, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap))
        painter.drawLines([QLineF(*four) for four in zip(x, tops, x, bottoms, strict=True)])

    def sizeHint(self) -> QSize:
        return QSize(400, SOUND_PX)
