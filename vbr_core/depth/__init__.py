"""Disparity: estimated by a network, or imported; cached on disk; brought to picture size."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vbr_core.depth.estimator import DisparityEstimator


def load_estimator(name: str = "starter", device: str = "cpu") -> DisparityEstimator:
    """A disparity estimator by name.

    Args:
        name: A model of :func:`vbr_core.depth.registry.list_models`.
        device: torch device string.

    Raises:
        ModelError: There is no such model, or its weights are missing, damaged or of another network.
        OutOfMemoryError: The network does not fit into what memory the device has free.
    """
    from vbr_core.depth.device_memory import check_fits
    from vbr_core.depth.estimator import StarterEstimator
    from vbr_core.depth.registry import find_model, verify_model

    entry, path = find_model(name), verify_model(name)
    check_fits(entry, device)
    if entry.architecture != "starter":
        from vbr_core.depth.published import PublishedEstimator

        return PublishedEstimator(entry, path, device)
    return StarterEstimator(entry, path, device)
