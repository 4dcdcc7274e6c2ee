"""The loop that trains a part that works before the network: highlights, mending of disparity, separation."""

from __future__ import annotations

import math
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

import torch
from torch import nn

from vbr_core.train.averaging import follow

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

AVERAGE, CLIP_GRADIENT, RISE_STEPS, LAST_RATE = 0.998, 0.5, 100, 0.01
REPORT_EVERY = 200

Part = TypeVar("Part", bound=nn.Module)
Samples = TypeVar("Samples")


def train_part(
    module: Part,
    average: Part,
    draw: Callable[[int], Samples],
    loss_of: Callable[[Part, Samples], torch.Tensor],
    report: Callable[[int, Part, float], None],
    output: Path,
    steps: int,
    minutes: float = math.inf,
    rate: float = 2e-3,
    start: Path | None = None,
    device: str = "cpu",
) -> Part:
    """Train with Adam; the learning rate rises over 100 steps and falls along a cosine.

    Args:
        module: What is trained.
        average: Another of the same make, which becomes the moving average of its weights.
        draw: Samples of a step; called on a thread, ahead of the step.
        loss_of: Their loss.
        report: Told the step, the average and the seconds since the start, every 200 steps.
        output: File (safetensors) that the average is kept in.
        steps: Steps that the learning rate is laid over.
        minutes: Time budget; the learning rate falls with what is used up of it, if that is more.
        rate: Largest learning rate.
        start: Weights to go on from; None for nothing.
        device: torch device string.

    Returns:
        ``average``.
    """
    from safetensors.torch import load_file, save_file

    began = time.monotonic()
    if start is not None:
        module.load_state_dict(load_file(start))
    average.load_state_dict(module.state_dict())
    for each in (module, average):
        each.to(device).to(memory_format=torch.channels_last)
    average.requires_grad_(False)
    torch.backends.cudnn.benchmark = True
    optimizer = torch.optim.Adam(module.parameters(), lr=rate, fused=device.startswith("cuda"))
    with ThreadPoolExecutor(1) as thread:
        coming = thread.submit(draw, 0)
        for step in range(steps):
            used = max(step / steps, (time.monotonic() - began) / (60.0 * minutes))
            samples = coming.result()
            coming = thread.submit(draw, step + 1)
            fall = max(LAST_RATE, 0.5 + 0.5 * math.cos(math.pi * min(1.0, used)))
            for group in optimizer.param_groups:
                group["lr"] = rate * min(1.0, (step + 1) / RISE_STEPS) * fall
            loss = loss_of(module, samples)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(module.parameters(), CLIP_GRADIENT)
            optimizer.step()
            follow(average, module, step, AVERAGE)
            last = used >= 1.0 or step + 1 == steps
            if step == 0 or (step + 1) % REPORT_EVERY == 0 or last:
                report(step + 1, average, time.monotonic() - began)
                part = output.with_name(output.name + ".part")
                save_file({name: value.cpu().contiguous() for name, value in average.state_dict().items()}, part)
                part.replace(output)
            if last:
                break
    return average
