"""The core of VBR Studio: video in, depth, bokeh rendering, video out. It knows no Qt and can be used from a script."""

__version__ = "0.1.0"
