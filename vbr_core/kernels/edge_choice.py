"""Which of two surfaces a pixel near a depth edge belongs to: constants and inputs of both forms of the kernel.

For every pixel in the zone around depth edges:

1. *Vote.* Cells of the small map around it are samples of the near or of the far side; cells on the ramp between
   hardly count. How alike the pixel's colour is to the samples of either side, weighted by distance, gives a log
   likelihood ratio; the map's own opinion is added (a joint-bilateral vote between two hypotheses; compare Kopf et al.
   2007 and the candidates of Barron and Poole 2016).
2. *Agreement.* A few mean-field rounds of a two-label conditional random field (Kraehenbuehl and Koltun 2011) with
   neighbours of like colour, wide first, narrow last.
3. *Settling.* The disparity of the chosen side. Where the vote stays open, as in hair, it lies between the two.

The disparity of a side is an average of map cells, so what the picture shows on a surface cannot get into it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MAP_REACH = 3
"""Cells of the map to every side that are samples."""

COLOUR_FALLOFF = 1.0 / (2.0 * 0.08**2)
"""Colours (sRGB, 0..1) this alike are of one surface."""

PLACE_FALLOFF = 1.0 / (2.0 * 2.5**2)
"""Samples count up to about this many cells away."""

COLOUR_FLOOR = 0.01
"""Likelihood of a colour that no sample has."""

LARGEST_VOTE = 4.0
"""Most that colours can say, as a log likelihood ratio."""

MAP_SAYS = 4.5
"""Log likelihood ratio of a pixel at the end of the map's ramp."""

SURE_FROM = 0.7
"""Beyond this part of the way from the middle of the ramp to its end the map is believed more and more ..."""

MAP_SURE = 6.0
"""... and adds up to this."""

NEIGHBOUR_FALLOFF = 1.0 / (2.0 * 0.06**2)
NEIGHBOUR_FLOOR = 0.02
NEIGHBOURS_SAY = 6.0
"""Log likelihood ratio of neighbours that all agree."""

STRIDES = (0.6, 0.4, 0.2)
"""Distance of the neighbours in each round, in cells of the map."""

ZONE_START, ZONE_END = 0.03, 0.07
"""Between these distances of the two surfaces the choice sets in."""


@dataclass(frozen=True)
class EdgeZone:
    """What the kernels need at the map's size.

    Attributes:
        values: (h, w) float32, 0..1: the map.
        guide: (h, w, 3) float32, 0..1: the mean colour of every cell.
        low: (h, w) float32: least value within ``MAP_REACH`` cells.
        high: (h, w) float32: largest value there.
        trust: (h, w) float32, 0..1: 1 where the map is flat, 0 on a ramp.
        inside: (h, w) bool: cells in which pixels choose.
    """

    values: NDArray[np.float32]
    guide: NDArray[np.float32]
    low: NDArray[np.float32]
    high: NDArray[np.float32]
    trust: NDArray[np.float32]
    inside: NDArray[np.bool_]
