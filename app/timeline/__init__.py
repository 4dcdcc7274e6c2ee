"""The timeline."""

from app.timeline.view import TimelineView
from app.timeline.viewport import Viewport

__all__ = ["TimelineView", "Viewport"]
