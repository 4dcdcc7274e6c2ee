"""How good disparity is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def pair_order_accuracy(
    disparity: NDArray[np.float32],
    reference: NDArray[np.float32],
    pairs: int = 20_000,
    least_difference: float = 0.1,
    seed: int = 0,
) -> tuple[float, int]:
    """Share of random pixel pairs that are ordered as in the reference.

    Args:
        disparity: (h, w), any range, nearer larger.
        reference: (h, w), 0..1.
        pairs: Pairs drawn.
        least_difference: Pairs whose reference disparities are nearer together than this do not count.
        seed: Of the draw.

    Returns:
        The share 0..1 and the number of pairs that counted. A tie in ``disparity`` counts as wrong.
    """
    rng = np.random.default_rng(seed)
    first, second = rng.integers(0, reference.size, (2, pairs))
    truth = reference.ravel()[first].astype(np.float64) - reference.ravel()[second]
    found = disparity.ravel()[first].astype(np.float64) - disparity.ravel()[second]
    counted = np.abs(truth) > least_difference
    total = int(counted.sum())
    return (float(((truth * found) > 0)[counted].mean()) if total else float("nan")), total
