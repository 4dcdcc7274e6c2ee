"""The networks whose published weights can be used: how each is built, what its file holds, what it takes in."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

from torch import nn
from torch.nn.modules.module import register_module_parameter_registration_hook

from vbr_core.depth.backbones import BeitBackbone, HybridBackbone, SwinBackbone, VitBackbone
from vbr_core.depth.depth_anything import DepthAnything
from vbr_core.depth.dpt import MidasNetwork
from vbr_core.depth.input_rules import HALF, IMAGENET_MEAN, IMAGENET_STD, InputRule
from vbr_core.depth.midas_small import MidasSmall
from vbr_core.depth.video_depth_anything import KEY_FRAMES, WINDOW_FRAMES, VideoDepthAnything
from vbr_core.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from torch import Tensor

    from vbr_core.depth.checkpoints import Shapes


@dataclass(frozen=True)
class Architecture:
    """A network with published weights.

    Attributes:
        name: As in the registry.
        title: As its publisher calls it.
        rule: How pictures are prepared.
        build: Makes the network.
        unused: Shapes of what the file holds beside the network's own weights: classifiers of the backbone, tables that
            are computed here. A file may lack them.
        renamed: Beginnings of names that differ between the file and timm of today: file -> here.
        window_frames: Frames that the network looks at together.
        overlap_frames: Of these, how many the publisher shows again in the next window.
        needs_memory: timm computes tables of the network where its parameters lie, so these must lie in memory then.
    """

    name: str
    title: str
    rule: InputRule
    build: Callable[[], nn.Module]
    unused: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    renamed: Mapping[str, str] = field(default_factory=dict)
    window_frames: int = 1
    overlap_frames: int = 0
    needs_memory: bool = False

    def own_name(self, published: str) -> str:
        """Name within the network of what the file calls ``published``."""
        for old, new in self.renamed.items():
            if published.startswith(old):
                return new + published[len(old) :]
        return published

    def published_name(self, own: str) -> str:
        """The reverse of :meth:`own_name`."""
        for old, new in self.renamed.items():
            if own.startswith(new):
                return old + own[len(new) :]
        return own

    def published_shapes(self) -> Shapes:
        """What a file must hold, by its published names. The first call builds the network, without its weights."""
        return _published_shapes(self.name)


@cache
def _published_shapes(name: str) -> Shapes:
    architecture = ARCHITECTURES[name]
    state = empty_network(architecture).state_dict()
    return {architecture.published_name(own): tuple(value.shape) for own, value in state.items()}


_building = threading.Lock()


@contextmanager
def _without_memory() -> Iterator[None]:
    """Modules made by this thread in the meantime get parameters of the right shape on the device ``meta``.

    Unlike ``torch.device("meta")`` it leaves buffers alone: tables that are computed and not in the file stay right.
    """
    thread = threading.get_ident()

    def empty(module: nn.Module, name: str, parameter: Tensor) -> nn.Parameter | None:
        if threading.get_ident() != thread or parameter is None:
            return None
        return _on_meta(parameter)

    # torch puts what the hook returns in the parameter's place; its annotation does not say so
    handle = register_module_parameter_registration_hook(empty)  # type: ignore[arg-type]
    try:
        yield
    finally:
        handle.remove()


def empty_network(architecture: Architecture) -> nn.Module:
    """The network in evaluation mode, its parameters without memory."""
    if architecture.needs_memory:
        network = architecture.build()
        for module in network.modules():
            for name, parameter in module.named_parameters(recurse=False):
                setattr(module, name, _on_meta(parameter))
        return network.eval()
    with _building, _without_memory():
        return architecture.build().eval()


def _on_meta(parameter: Tensor) -> nn.Parameter:
    return nn.Parameter(parameter.detach().to("meta"), requires_grad=False)


def find_architecture(name: str) -> Architecture:
    """The architecture called ``name``.

    Raises:
        ModelError: There is none.
    """
    if name not in ARCHITECTURES:
        raise ModelError(f"There is no network called '{name}'.", f"Networks: {', '.join(ARCHITECTURES)}.")
    return ARCHITECTURES[name]


def _midas_rule(target: int) -> InputRule:
    return InputRule(target, 32, "minimal", HALF, HALF)


_DEPTH_ANYTHING_RULE = InputRule(518, 14, "lower_bound", IMAGENET_MEAN, IMAGENET_STD)
_VIDEO_RULE = InputRule(518, 14, "lower_bound", IMAGENET_MEAN, IMAGENET_STD, widest=1.78)
_BACKBONE = "pretrained.model."


def _classifier(width: int) -> dict[str, tuple[int, ...]]:
    """The classifier of ImageNet that came with the backbone."""
    return {f"{_BACKBONE}head.weight": (1000, width), f"{_BACKBONE}head.bias": (1000,)}


def _beit_tables() -> dict[str, tuple[int, ...]]:
    return {f"{_BACKBONE}blocks.{number}.attn.relative_position_index": (1025, 1025) for number in range(24)}


def _swin_masks() -> dict[str, tuple[int, ...]]:
    windows = {0: 16, 1: 4}  # stage -> windows of 16 x 16 tokens
    return {f"{_BACKBONE}layers.{stage}.blocks.1.attn_mask": (count, 256, 256) for stage, count in windows.items()}


def _swin_stages() -> dict[str, str]:
    """Stages end with their down-sampling in the file; in timm of today the next stage begins with it."""
    return {f"{_BACKBONE}layers.{n}.downsample.": f"{_BACKBONE}layers.{n + 1}.downsample." for n in range(3)}


ARCHITECTURES: dict[str, Architecture] = {
    architecture.name: architecture
    for architecture in (
        Architecture(
            "midas_v21_small_256",
            "MiDaS 2.1 small",
            InputRule(256, 32, "upper_bound", IMAGENET_MEAN, IMAGENET_STD),
            MidasSmall,
        ),
        Architecture(
            "dpt_swin2_tiny_256",
            "MiDaS 3.1 DPT Swin2-T 256",
            InputRule(256, 32, "square", HALF, HALF),
            lambda: MidasNetwork(SwinBackbone(), SwinBackbone.WIDTHS),
            unused=_classifier(768) | _swin_masks(),
            renamed=_swin_stages(),
            needs_memory=True,
        ),
        Architecture(
            "dpt_hybrid_384",
            "MiDaS 3.0 DPT-Hybrid 384",
            _midas_rule(384),
            lambda: MidasNetwork(HybridBackbone(), HybridBackbone.WIDTHS),
            unused=_classifier(768),
        ),
        Architecture(
            "dpt_large_384",
            "MiDaS 3.0 DPT-Large 384",
            _midas_rule(384),
            lambda: MidasNetwork(VitBackbone(), VitBackbone.WIDTHS),
            unused=_classifier(1024),
        ),
        Architecture(
            "dpt_beit_large_512",
            "MiDaS 3.1 DPT BEiT-L 512",
            _midas_rule(512),
            lambda: MidasNetwork(BeitBackbone(), BeitBackbone.WIDTHS),
            unused=_classifier(1024) | _beit_tables(),
        ),
        Architecture(
            "depth_anything_v2_small",
            "Depth Anything V2 Small",
            _DEPTH_ANYTHING_RULE,
            lambda: DepthAnything("small"),
            unused={"pretrained.mask_token": (1, 384)},
        ),
        Architecture(
            "depth_anything_v2_base",
            "Depth Anything V2 Base",
            _DEPTH_ANYTHING_RULE,
            lambda: DepthAnything("base"),
            unused={"pretrained.mask_token": (1, 768)},
        ),
        Architecture(
            "depth_anything_v2_large",
            "Depth Anything V2 Large",
            _DEPTH_ANYTHING_RULE,
            lambda: DepthAnything("large"),
            unused={"pretrained.mask_token": (1, 1024)},
        ),
        Architecture(
            "video_depth_anything_small",
            "Video Depth Anything Small",
            _VIDEO_RULE,
            lambda: VideoDepthAnything("small"),
            unused={"pretrained.mask_token": (1, 384)},
            window_frames=WINDOW_FRAMES,
            overlap_frames=len(KEY_FRAMES),
        ),
    )
}
"""By name, small to large within a family."""
