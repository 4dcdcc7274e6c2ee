"""The row of thumbnails. It says which frames it would like to show and draws what it is given."""

from __future__ import annotations

import math
from bisect import bisect_left
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QPainter, QPen, QPixmap
from PySide6.QtWidgets import QSizePolicy, QWidget

from app import theme

if TYPE_CHECKING:
    from PySide6.QtGui import QImage, QMouseEvent, QPaintEvent, QResizeEvent

    from app.session import Session
    from app.timeline.viewport import Viewport

FILM_PX = 48
KEPT_THUMBNAILS = 600


class FilmRow(QWidget):
    """Thumbnails along the time axis; dragging over them moves the playhead."""

    thumbnails_wanted = Signal(list)
    """Frames (ints, in the order they are wanted) that are in view and not there yet; sent when the view rests."""

    def __init__(self, session: Session, viewport: Viewport, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._viewport = viewport
        self._thumbnails: dict[int, QPixmap] = {}
        self._asked: set[int] = set()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(60)
        self._timer.timeout.connect(self._ask)
        self.setFixedHeight(FILM_PX)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(self.tr("Film strip"))
        viewport.changed.connect(self._on_view_changed)
        session.clip_opened.connect(self._on_clip_opened)
        session.changed.connect(self._on_project_changed)

    def set_thumbnail(self, frame: int, image: QImage) -> None:
        """Take a picture of ``frame``; it is scaled to the row's height."""
        ratio = self.devicePixelRatioF()
        scaled = image.scaledToHeight(round((FILM_PX - 4) * ratio), Qt.TransformationMode.SmoothTransformation)
        picture = QPixmap.fromImage(scaled)
        picture.setDevicePixelRatio(ratio)
        if len(self._thumbnails) >= KEPT_THUMBNAILS:
            self._drop_far_ones()
        self._thumbnails[frame] = picture
        self._asked.discard(frame)
        self.update()

    def has_thumbnail(self, frame: int) -> bool:
        """Whether the picture of exactly ``frame`` is there."""
        return frame in self._thumbnails

    def clear(self) -> None:
        """Forget all pictures."""
        self._thumbnails.clear()
        self._asked.clear()
        self.update()
        self._timer.start()

    def tile_frames(self) -> list[int]:
        """The frames of the tiles in view, one a tile width, on a grid that does not move when one scrolls."""
        axis = self._viewport.axis
        if axis.frame_count == 0:
            return []
        wanted = self._tile_width() / axis.pixels_per_frame
        step = 1 if wanted <= 1 else 2 ** math.ceil(math.log2(wanted))
        first, last = axis.visible(step * axis.pixels_per_frame)
        return list(range(first - first % step, last + 1, step))

    def _tile_width(self) -> float:
        info = self._session.clip_info
        ratio = info.width / info.height if info and info.height else 16 / 9
        return max(16.0, (FILM_PX - 4) * ratio)

    def _drop_far_ones(self) -> None:
        axis = self._viewport.axis
        middle = axis.frame(axis.width / 2)
        near = sorted(self._thumbnails, key=lambda frame: abs(frame - middle))[: KEPT_THUMBNAILS * 2 // 3]
        self._thumbnails = {frame: self._thumbnails[frame] for frame in near}

    def _on_clip_opened(self, _info: object) -> None:
        self.clear()

    def _on_project_changed(self, old: object, new: object) -> None:
        if getattr(old, "clip", None) is not getattr(new, "clip", None):
            self.update()

    def _on_view_changed(self) -> None:
        self.update()
        self._timer.start()

    def _ask(self) -> None:
        frames = [frame for frame in self.tile_frames() if frame not in self._thumbnails and frame not in self._asked]
        if frames:
            self._asked.update(frames)
            self.thumbnails_wanted.emit(frames)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._timer.start()

    def paintEvent(self, event: QPaintEvent) -> None:
        colors = theme.roles()
        painter = QPainter(self)
        painter.fillRect(event.rect(), colors.color("background"))
        axis = self._viewport.axis
        frames = self.tile_frames()
        if not frames:
            return
        step = frames[1] - frames[0] if len(frames) > 1 else axis.frame_count
        known = sorted(self._thumbnails)
        end = axis.x(axis.last_frame)
        for frame in frames:
            left, right = axis.x(frame), min(axis.x(frame + step), max(end, axis.x(frame) + 2))
            box = QRectF(left, 2, right - left, FILM_PX - 4)
            if not box.intersects(QRectF(event.rect())):
                continue
            painter.fillRect(box, colors.color("panel"))
            picture = self._nearest(known, frame, step)
            if picture is not None:
                self._paint_tile(painter, box, picture)
            painter.setPen(QPen(colors.color("background"), 1))
            painter.drawLine(QPointF(round(left) - 0.5, 2), QPointF(round(left) - 0.5, FILM_PX - 2))
        painter.setPen(QPen(colors.color("text"), 1))
        for cut in self._session.project.cuts:
            x = round(axis.x(cut)) - 0.5
            if 0 <= x <= self.width():
                painter.drawLine(QPointF(x, 0), QPointF(x, FILM_PX))

    @staticmethod
    def _paint_tile(painter: QPainter, box: QRectF, picture: QPixmap) -> None:
        """Repeat the picture through the tile, so that a wide tile is no hole."""
        size = picture.deviceIndependentSize()
        painter.save()
        painter.setClipRect(box)
        x = box.left()
        while x < box.right():
            painter.drawPixmap(QPointF(x, box.top()), picture)
            x += size.width()
        painter.restore()

    def _nearest(self, known: list[int], frame: int, reach: int) -> QPixmap | None:
        """The picture of ``frame``, or of a near one until that is there."""
        if frame in self._thumbnails:
            return self._thumbnails[frame]
        position = bisect_left(known, frame)
        near = known[max(0, position - 1) : position + 1]
        best = min(near, key=lambda other: abs(other - frame), default=None)
        return self._thumbnails[best] if best is not None and abs(best - frame) <= reach else None

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self._viewport.axis.frame_count:
            self._session.set_playhead(self._viewport.axis.nearest(event.position().x()))
        else:
            event.ignore()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton and self._viewport.axis.frame_count:
            self._session.set_playhead(self._viewport.axis.nearest(event.position().x()))

    def sizeHint(self) -> QSize:
        return QSize(400, FILM_PX)
