"""The Video Bokeh Renderer's network (paper, section 4): coarse generator, iterative refiner, temporal fusion.

``config`` holds its sizes, ``blocks`` and ``temporal_fusion`` its parts, ``network`` puts them together, ``scale`` the
rule of eq. 3 and 4, ``streaming`` runs it over a clip frame by frame, ``weights`` reads and writes safetensors.
"""
