"""Where a picture lies in the viewer: pure maths, no Qt."""

from __future__ import annotations

from dataclasses import dataclass, replace

ZOOM_MIN = 0.05
ZOOM_MAX = 16.0
ZOOM_STEP = 1.25


@dataclass(frozen=True, slots=True)
class ViewGeometry:
    """The mapping between pixels of the upright picture and logical points of the widget.

    Attributes:
        picture_w: Width of the picture in pixels.
        picture_h: Height.
        widget_w: Width of the widget in logical points.
        widget_h: Height.
        pixel_ratio: Device pixels per logical point.
        zoom: Device pixels per picture pixel (1 is "100 %"); None fits the picture into the widget.
        centre_x: The point of the picture, in its pixels, that lies in the middle of the widget. Ignored while fitting.
        centre_y: See ``centre_x``.
    """

    picture_w: int
    picture_h: int
    widget_w: float
    widget_h: float
    pixel_ratio: float = 1.0
    zoom: float | None = None
    centre_x: float = 0.0
    centre_y: float = 0.0

    @property
    def is_fitting(self) -> bool:
        return self.zoom is None

    @property
    def scale(self) -> float:
        """Logical points per picture pixel."""
        if self.zoom is not None:
            return self.zoom / self.pixel_ratio
        return max(1e-6, min(self.widget_w / self.picture_w, self.widget_h / self.picture_h))

    @property
    def shown_zoom(self) -> float:
        """Device pixels per picture pixel, also while fitting."""
        return self.scale * self.pixel_ratio

    @property
    def rect(self) -> tuple[float, float, float, float]:
        """Left, top, width and height of the picture in logical points."""
        scale = self.scale
        if self.zoom is None:
            centre_x, centre_y = self.picture_w / 2, self.picture_h / 2
        else:
            centre_x, centre_y = self.centre_x, self.centre_y
        left = self.widget_w / 2 - centre_x * scale
        top = self.widget_h / 2 - centre_y * scale
        return left, top, self.picture_w * scale, self.picture_h * scale

    def to_picture(self, x: float, y: float) -> tuple[float, float]:
        """The point of the picture (pixels; 0, 0 is the corner of the first one) under a point of the widget."""
        left, top, _, _ = self.rect
        return (x - left) / self.scale, (y - top) / self.scale

    def to_widget(self, x: float, y: float) -> tuple[float, float]:
        """Where a point of the picture lies in the widget."""
        left, top, _, _ = self.rect
        return left + x * self.scale, top + y * self.scale

    def contains(self, x: float, y: float) -> bool:
        """Whether a point of the widget lies on the picture."""
        picture_x, picture_y = self.to_picture(x, y)
        return 0 <= picture_x < self.picture_w and 0 <= picture_y < self.picture_h

    def resized(self, widget_w: float, widget_h: float, pixel_ratio: float) -> ViewGeometry:
        """The same view in a widget of another size."""
        return replace(self, widget_w=widget_w, widget_h=widget_h, pixel_ratio=pixel_ratio)

    def fitted(self) -> ViewGeometry:
        """The whole picture, as large as the widget allows."""
        return replace(self, zoom=None)

    def zoomed(self, zoom: float, x: float | None = None, y: float | None = None) -> ViewGeometry:
        """Another zoom; the picture's point under ``x, y`` (logical points; the middle if None) stays where it is."""
        zoom = min(ZOOM_MAX, max(ZOOM_MIN, zoom))
        x = self.widget_w / 2 if x is None else x
        y = self.widget_h / 2 if y is None else y
        picture_x, picture_y = self.to_picture(x, y)
        scale = zoom / self.pixel_ratio
        centre_x = picture_x + (self.widget_w / 2 - x) / scale
        centre_y = picture_y + (self.widget_h / 2 - y) / scale
        return replace(self, zoom=zoom, centre_x=centre_x, centre_y=centre_y)._kept_in_sight()

    def panned(self, dx: float, dy: float) -> ViewGeometry:
        """Moved by logical points. Fitting ends where it was."""
        base = self if self.zoom is not None else self.zoomed(self.shown_zoom)
        moved = replace(base, centre_x=base.centre_x - dx / base.scale, centre_y=base.centre_y - dy / base.scale)
        return moved._kept_in_sight()

    def _kept_in_sight(self) -> ViewGeometry:
        """The middle of the widget never leaves the picture, so that it cannot be lost."""
        return replace(
            self,
            centre_x=min(float(self.picture_w), max(0.0, self.centre_x)),
            centre_y=min(float(self.picture_h), max(0.0, self.centre_y)),
        )
