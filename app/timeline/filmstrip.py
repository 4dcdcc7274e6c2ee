"""The row of thumbnails. It says which frames it would like to show and draws what it is given."""

from __future__ import annotations

import math
from bisect import bisect_left
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QPainter, QPen, QPixmap
from PySide6.QtWidgets import QSizePolicy, QWidget

from app import theme
from app.timeline import geometry
from app.timeline.key_picture import CUT_GAP_PX
from app.timeline.scrub import ScrubRow

if TYPE_CHECKING:
    from PySide6.QtGui import QImage, QPaintEvent, QResizeEvent

    from app.session import Session
    from app.timeline.viewport import Viewport

FILM_PX = 48
KEPT_THUMBNAILS = 600


class FilmRow(ScrubRow):
    """Thumbnails along the time axis; dragging over them moves the playhead."""

    thumbnails_wanted = Signal(list)
    """Frames (ints, in the order they are wanted) that are in view and not there yet; sent when the view rests."""

    def __init__(self, session: Session, viewport: Viewport, parent: QWidget | None = None) -> None:
        super().__init__(session, viewport, parent)
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

    def tiles(self) -> list[tuple[int, float]]:
        """The tiles in view: (frame shown, left edge in frames). The grid does not move when one scrolls.

        A tile is as wide as its picture, or as a frame where frames are wider. The frame shown is taken from a coarser
        grid, so that zooming a little asks for few new pictures.
        """
        axis = self._viewport.axis
        if axis.frame_count == 0:
            return []
        step = max(1.0, self._tile_width() / axis.pixels_per_frame)
        coarse = max(1, 2 ** math.floor(math.log2(step / 2))) if step >= 2 else 1
        first = max(0, math.floor(axis.frame(0) / step))
        last = min(axis.last_frame, axis.frame(axis.width))
        count = max(1, math.ceil((last - first * step) / step))
        lefts = [(first + number) * step for number in range(count)]
        return [(min(axis.last_frame, int(left) // coarse * coarse), left) for left in lefts]

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
        if any(getattr(old, name, None) is not getattr(new, name, None) for name in ("clip", "cut_edits")):
            self.update()

    def _on_view_changed(self) -> None:
        self.update()
        self._timer.start()

    def _ask(self) -> None:
        shown = dict.fromkeys(frame for frame, _left in self.tiles())
        frames = [frame for frame in shown if frame not in self._thumbnails]
        if not self._asked.issuperset(frames):  # a new wish takes the place of the one before: it names all
            self._asked = set(frames)
            self.thumbnails_wanted.emit(frames)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._timer.start()

    def paintEvent(self, event: QPaintEvent) -> None:
        colors = theme.roles()
        painter = QPainter(self)
        painter.fillRect(event.rect(), colors.color("background"))
        axis = self._viewport.axis
        tiles = self.tiles()
        if not tiles:
            return
        step = max(1.0, self._tile_width() / axis.pixels_per_frame)
        known = sorted(self._thumbnails)
        end = max(axis.x(axis.last_frame), axis.x(0) + 2)
        for frame, left in tiles:
            box = QRectF(axis.x(left), 2, step * axis.pixels_per_frame, FILM_PX - 4)
            box.setRight(min(box.right(), end))
            if not box.intersects(QRectF(event.rect())):
                continue
            painter.fillRect(box, colors.color("panel"))
            picture = self._nearest(known, frame, math.ceil(2 * step))
            if picture is not None:
                self._paint_tile(painter, box, picture)
            painter.fillRect(QRectF(round(box.left()) - 1, 2, 1, FILM_PX - 4), colors.color("background"))
        painter.setPen(QPen(colors.color("text"), 1))
        for cut in geometry.drawn_cuts(self._session.project.cuts, axis, CUT_GAP_PX):
            x = round(axis.x(cut)) - 0.5
            painter.drawLine(QPointF(x, 0), QPointF(x, FILM_PX))

    @staticmethod
    def _paint_tile(painter: QPainter, box: QRectF, picture: QPixmap) -> None:
        """The picture at the left of the tile, cut off where the tile ends."""
        ratio = picture.devicePixelRatio()
        size = picture.deviceIndependentSize()
        width = min(box.width(), size.width())
        target = QRectF(box.left(), box.top(), width, size.height())
        painter.drawPixmap(target, picture, QRectF(0, 0, width * ratio, size.height() * ratio))

    def _nearest(self, known: list[int], frame: int, reach: int) -> QPixmap | None:
        """The picture of ``frame``, or of a near one until that is there."""
        if frame in self._thumbnails:
            return self._thumbnails[frame]
        position = bisect_left(known, frame)
        near = known[max(0, position - 1) : position + 1]
        best = min(near, key=lambda other: abs(other - frame), default=None)
        return self._thumbnails[best] if best is not None and abs(best - frame) <= reach else None

    def sizeHint(self) -> QSize:
        return QSize(400, FILM_PX)
