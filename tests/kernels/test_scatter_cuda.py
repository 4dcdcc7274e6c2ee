"""The scatter for CUDA: Triton's kernels by its interpreter and its compiler, and what happens where there is none."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest
import torch

from vbr_core.kernels import scatter_cuda as module
from vbr_core.kernels.disc import STEPS_PER_PX, disc_table
from vbr_core.kernels.scatter_cpu import scatter_cpu
from vbr_core.kernels.scatter_cuda import scatter_cuda, trial_error, uses_triton
from vbr_core.kernels.scatter_torch import scatter_torch

IN_THE_INTERPRETER = """
import numpy as np, torch
from tests.kernels.test_scatter_cuda import pictures, LAYERS
from vbr_core.kernels.disc import disc_table
from vbr_core.kernels.scatter_cpu import scatter_cpu
from vbr_core.kernels.scatter_cuda import trial_error
from vbr_core.kernels.scatter_triton import scatter_triton

assert trial_error(scatter_triton, "cpu") < 1e-4
for height, width, radius in ((7, 20, 3.0), (5, 8, 7.0)):
    for grouped, visible in ((False, 3), (True, LAYERS)):
        given = pictures(height, width, radius)
        rest = (disc_table(radius), LAYERS, visible, 1, height - 2, grouped)
        by_triton = scatter_triton(*(torch.from_numpy(each) for each in given), *rest).numpy()
        assert by_triton.shape == (height - 3, width, 3)
        np.testing.assert_allclose(by_triton, scatter_cpu(*given, *rest), atol=1e-4)
print("equal")
"""

COMPILED = """
import triton
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource
from vbr_core.kernels import scatter_triton as module

def built(kernel, constants, types, capability):
    signature = {name: types.get(name, "constexpr" if name in constants else "i32") for name in kernel.arg_names}
    source = ASTSource(fn=kernel, signature=signature, constexprs=constants)
    return len(triton.compile(source, target=GPUTarget("cuda", capability, 32)).asm["cubin"])

floats = dict.fromkeys(("color", "half_widths", "inverse_area", "diff", "see_through", "out"), "*fp32")
types = {**floats, **dict.fromkeys(("radius_index", "layer_index", "reach", "row_reach"), "*i32"), "least": "fp32"}
types["turned"] = "*i8"
for parts in (1, 4):
    assert built(module._spans, {"PARTS": parts, "BLOCK": 256}, types, 80) > 0
    limits = {"NEARLY": module.NEARLY_CLOSED, "FROM": module.CLOSED_FROM}
    assert built(module._composite, {**limits, "PARTS": parts, "BLOCK": 1024}, types, 80) > 0
print("compiled")
"""

LAYERS = 7


def pictures(height: int, width: int, radius_px: float) -> tuple[np.ndarray, ...]:
    """Colour, radius index, layer index, what is turned and what may be seen through, at random."""
    rng = np.random.default_rng(height)
    color = rng.random((2, height, width, 4)).astype(np.float32)
    color[0, ..., 3] = np.where(rng.random((height, width)) < 0.7, 1.0, color[0, ..., 3])
    color[..., :3] *= color[..., 3:]
    radius = rng.integers(-20, int(radius_px * STEPS_PER_PX), (2, height, width)).clip(-1).astype(np.int32)
    layer = rng.integers(0, LAYERS, (2, height, width)).astype(np.int32)
    turned = rng.random((2, height, width)) < 0.5
    return color, radius, layer, turned, rng.random((height, width)).astype(np.float32)


def run(script: str, **environment: str) -> str:
    """In a process of its own: Triton decides at its import whether it interprets."""
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def test_the_triton_kernels_give_what_the_processor_gives() -> None:
    pytest.importorskip("triton")
    assert "equal" in run(IN_THE_INTERPRETER, TRITON_INTERPRET="1")


def test_the_triton_kernels_compile_for_a_gpu() -> None:
    pytest.importorskip("triton")
    assert "compiled" in run(COMPILED)


def test_the_trial_finds_a_kernel_that_is_wrong() -> None:
    assert trial_error(scatter_torch, "cpu") == 0.0
    assert trial_error(lambda *given: scatter_torch(*given) + 0.01, "cpu") > module.LARGEST_ERROR


@pytest.mark.parametrize("kernel", ["none", "wrong", "not a number"])
def test_without_triton_torch_does_it(kernel: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def there(*given: object) -> torch.Tensor:
        if kernel == "none":
            raise RuntimeError("Failed to find C compiler")
        return scatter_torch(*given) + (float("nan") if kernel == "not a number" else 1.0)  # type: ignore[arg-type]

    triton_module = type(sys)("vbr_core.kernels.scatter_triton")
    triton_module.scatter_triton = there  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "vbr_core.kernels.scatter_triton", triton_module)
    module._triton_kernel.cache_clear()
    given = pictures(20, 30, 5.0)
    rest = (disc_table(5.0), LAYERS, LAYERS, 0, 20, True)
    result = scatter_cuda(*(torch.from_numpy(each) for each in given), *rest).numpy()
    assert not uses_triton("cpu")
    module._triton_kernel.cache_clear()
    np.testing.assert_allclose(result, scatter_cpu(*given, *rest), atol=1e-4)


def test_discs_wider_than_the_picture_are_left_to_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(device: str) -> None:
        raise AssertionError("it was asked for")

    monkeypatch.setattr(module, "_triton_kernel", never)
    given = pictures(12, 8, 15.0)
    rest = (disc_table(15.0), LAYERS, LAYERS, 0, 12, True)
    result = scatter_cuda(*(torch.from_numpy(each) for each in given), *rest).numpy()
    np.testing.assert_allclose(result, scatter_cpu(*given, *rest), atol=1e-4)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_on_a_gpu_it_is_as_on_the_processor() -> None:
    given = pictures(64, 96, 12.0)
    for grouped, visible in ((False, 3), (True, LAYERS)):
        rest = (disc_table(12.0), LAYERS, visible, 0, 64, grouped)
        on_gpu = scatter_cuda(*(torch.from_numpy(each).cuda() for each in given), *rest).cpu().numpy()
        np.testing.assert_allclose(on_gpu, scatter_cpu(*given, *rest), atol=1e-4)
