"""Figures that say how good a disparity map is."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.floating]


def pair_order_accuracy(
    predicted: FloatArray,
    reference: FloatArray,
    *,
    min_difference: float = 0.1,
    pairs: int = 20_000,
    seed: int = 0,
) -> float:
    """Share of random pixel pairs that the prediction puts into the reference's order.

    Only pairs count whose reference disparities differ by more than ``min_difference``. A predicted tie counts as half
    right, so that a constant map scores 0.5 and not 0.

    Args:
        predicted: (h, w) float, nearer = larger, any scale and shift.
        reference: (h, w) float, 0..1, nearer = larger.
        min_difference: Smallest difference of reference disparity that counts.
        pairs: Random pairs drawn, before those that are too close are left out.
        seed: Of the random pairs.

    Returns:
        0..1; NaN if no drawn pair differs enough.

    Raises:
        ValueError: The two maps have different sizes or are not (h, w).
    """
    if predicted.shape != reference.shape or predicted.ndim != 2:
        raise ValueError(f"expected two (h, w) maps of one size, got {predicted.shape} and {reference.shape}")
    rng = np.random.default_rng(seed)
    first = rng.integers(0, predicted.size, pairs)
    second = rng.integers(0, predicted.size, pairs)
    flat_reference = reference.astype(np.float64).ravel()
    flat_predicted = predicted.astype(np.float64).ravel()
    difference = flat_reference[first] - flat_reference[second]
    counted = np.abs(difference) > min_difference
    if not counted.any():
        return float("nan")
    product = np.sign(difference[counted]) * np.sign(flat_predicted[first[counted]] - flat_predicted[second[counted]])
    return float(np.mean((product + 1.0) / 2.0))


def aligned_error(predicted: FloatArray, reference: FloatArray) -> float:
    """Mean absolute difference after the best scale and shift in the least-squares sense.

    Args:
        predicted: (h, w) float, any scale and shift.
        reference: (h, w) float, 0..1.

    Returns:
        Mean of ``|a * predicted + b - reference|`` in units of the reference.
    """
    if predicted.shape != reference.shape or predicted.ndim != 2:
        raise ValueError(f"expected two (h, w) maps of one size, got {predicted.shape} and {reference.shape}")
    flat_predicted = predicted.astype(np.float64).ravel()
    flat_reference = reference.astype(np.float64).ravel()
    centred = flat_predicted - flat_predicted.mean()
    variance = float(np.mean(centred**2))
    scale = float(np.mean(centred * flat_reference)) / variance if variance > 1e-12 else 0.0
    return float(np.mean(np.abs(scale * centred + flat_reference.mean() - flat_reference)))
