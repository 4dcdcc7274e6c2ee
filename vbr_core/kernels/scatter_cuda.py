"""The scatter on CUDA: Triton's kernels where they work, torch's operations elsewhere.

Triton comes with torch on Linux only, and needs a C compiler there; whether it does what it should is found out once,
on a small picture.
"""

from __future__ import annotations

import logging
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import torch

from vbr_core.kernels.disc import STEPS_PER_PX, disc_table
from vbr_core.kernels.scatter_torch import scatter_torch

if TYPE_CHECKING:
    from collections.abc import Callable

    from vbr_core.kernels.disc import DiscTable

log = logging.getLogger(__name__)

WIDEST_PX = 8192
"""Wider rows do not fit into a program's registers."""

TRIAL_HEIGHT, TRIAL_WIDTH, TRIAL_RADIUS_PX, TRIAL_LAYERS = 12, 20, 4.0, 7
LARGEST_ERROR = 1e-3
"""Of linear light: both add the same numbers, in another order."""


def scatter_cuda(
    color: torch.Tensor,
    radius_index: torch.Tensor,
    layer_index: torch.Tensor,
    turned: torch.Tensor,
    see_through: torch.Tensor,
    table: DiscTable,
    layers: int,
    visible_layers: int,
    first_row: int,
    last_row: int,
    grouped: bool = False,
) -> torch.Tensor:
    """Render rows ``first_row`` to ``last_row - 1``; see :func:`vbr_core.kernels.scatter_torch.scatter_torch`."""
    width = color.shape[2]
    fits = table.max_reach < width <= WIDEST_PX
    kernel = _triton_kernel(str(color.device)) if fits else None
    scatter: Callable[..., torch.Tensor] = kernel or scatter_torch
    given = (color, radius_index, layer_index, turned, see_through)
    return scatter(*given, table, layers, visible_layers, first_row, last_row, grouped)


def uses_triton(device: str) -> bool:
    """Whether Triton's form works on a device."""
    return _triton_kernel(str(torch.device(device))) is not None


@lru_cache(maxsize=8)
def _triton_kernel(device: str) -> Callable[..., torch.Tensor] | None:
    """Triton's form, if it gives on a device what torch's gives; None otherwise."""
    try:
        from vbr_core.kernels.scatter_triton import scatter_triton

        error = trial_error(scatter_triton, device)
    except torch.cuda.OutOfMemoryError:
        raise
    except Exception as reason:  # noqa: BLE001 - whatever keeps Triton from working, torch's form does
        log.info("Triton cannot be used on %s: %s", device, reason)
        return None
    if not error <= LARGEST_ERROR:
        log.info("Triton's scatter is off by %g on %s; torch's is used.", error, device)
        return None
    return scatter_triton


def trial_error(kernel: Callable[..., torch.Tensor], device: str) -> float:
    """Largest difference of a kernel from torch's form, in linear light, over two small pictures."""
    rng = np.random.default_rng(0)
    shape = (2, TRIAL_HEIGHT, TRIAL_WIDTH)
    color = rng.random((*shape, 4)).astype(np.float32)
    color[..., :3] *= color[..., 3:]
    radius = rng.integers(-8, int(TRIAL_RADIUS_PX * STEPS_PER_PX), shape).clip(-1)
    layer = rng.integers(0, TRIAL_LAYERS, shape)
    arrays = (color, radius, layer, rng.random(shape) < 0.5, rng.random(shape[1:]).astype(np.float32))
    pictures = [torch.from_numpy(values).to(device) for values in arrays]
    reference: Callable[..., torch.Tensor] = scatter_torch
    errors = []
    for grouped, visible in ((False, TRIAL_LAYERS // 2), (True, TRIAL_LAYERS)):
        rest = (disc_table(TRIAL_RADIUS_PX), TRIAL_LAYERS, visible, 2, TRIAL_HEIGHT - 1, grouped)
        errors.append(float((kernel(*pictures, *rest) - reference(*pictures, *rest)).abs().max()))
    return max(errors)
