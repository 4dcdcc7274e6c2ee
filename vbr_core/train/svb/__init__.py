"""Synthetic Video Bokeh (SVB): clips with ray-traced shallow depth of field, made from photographs and cut-outs.

Paper, section 5. ``picture_library`` finds the pictures and splits them, ``scene`` draws a random scene,
``tracer_cpu`` and ``tracer_torch`` photograph it through a pinhole and through a thin lens, ``clip_file`` is the format
on disk, ``make`` makes a whole set, ``corruption`` spoils disparity as depth networks do, ``sheet`` shows clips.
"""
