"""Sizes and switches of the network."""

from __future__ import annotations

import msgspec

from vbr_core.errors import InputError

BASES = ("none", "scatter")


class NetworkConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a VBR network looks like; stored beside its weights.

    Attributes:
        base: ``none`` (the network renders all blur itself, as in the paper) or ``scatter`` (it mends the classical
            render: the hybrid of DESIGN 4).
        widths: Channels at 1/2, 1/4 and 1/8 of the picture; the last one is the bottleneck.
        blocks: Residual blocks at each of these sizes, in the encoder and again in the decoder.
        max_radius_px: ``R_m`` of eq. 3: the largest blur radius that the coarse generator is made for.
        fusion_levels: Sizes at which neighbouring frames are fused: 2 is the bottleneck, 1 is 1/4. Empty: a
            single-frame network.
        deformable: Align neighbours by deformable convolution; else by plain convolution (the ablation "w/o DCN").
        offset_groups: Groups of channels that share an offset.
        highlight_widths: Channels of the network that guesses clipped light before the base is rendered; empty: none.
        mending_widths: Channels of the network that mends disparity before anything is blurred by it; empty: none.
        separation_widths: Channels of the network that takes frames apart along depth edges; empty: none.
        looks_around: Whether what a frame hides is looked for in other frames; without, it is guessed from the frame
            alone (with empty ``fusion_levels`` the single-frame ablation).
        plain_base: Whether the network is shown the classical render of the frame as it is beside that of the layers.
            Their errors differ, most of all where the disparity is wrong. Needs ``separation_widths``.
        max_offset: Farthest that a neighbour is looked for, in pixels of the fused size. The bound makes tiling exact.
    """

    base: str = "scatter"
    widths: tuple[int, ...] = (24, 40, 64)
    blocks: tuple[int, ...] = (1, 1, 2)
    max_radius_px: float = 40.0
    fusion_levels: tuple[int, ...] = (2,)
    deformable: bool = True
    offset_groups: int = 4
    max_offset: float = 6.0
    highlight_widths: tuple[int, ...] = ()
    mending_widths: tuple[int, ...] = ()
    separation_widths: tuple[int, ...] = ()
    looks_around: bool = True
    plain_base: bool = False

    def __post_init__(self) -> None:
        if self.base not in BASES:
            raise InputError(f"There is no base picture called '{self.base}'.", f"Choose one of: {', '.join(BASES)}.")
        if len(self.widths) != 3 or len(self.blocks) != 3 or min(self.widths) < 1 or min(self.blocks) < 0:
            raise InputError(f"widths = {self.widths} and blocks = {self.blocks} must hold three numbers each.")
        if any(level not in (1, 2) for level in self.fusion_levels):
            raise InputError(f"fusion_levels = {self.fusion_levels} may hold 1 (quarter size) and 2 (bottleneck).")
        if any(self.widths[level] % self.offset_groups for level in self.fusion_levels):
            raise InputError(f"The widths {self.widths} cannot be cut into {self.offset_groups} offset groups.")
        for name in ("highlight_widths", "mending_widths", "separation_widths"):
            widths = getattr(self, name)
            if widths and (not self.hybrid or len(widths) != 3):
                raise InputError(f"{name} = {widths} must hold three numbers, and needs a base.")
        if self.plain_base and not self.separation_widths:
            raise InputError("plain_base = true needs separation_widths: without layers the base is the plain render.")
        if not 1.0 <= self.max_radius_px <= 1024.0 or not 0.0 < self.max_offset <= 64.0:
            raise InputError(f"max_radius_px = {self.max_radius_px:g} or max_offset = {self.max_offset:g} is off.")

    @property
    def hybrid(self) -> bool:
        """Whether a classical render is the base picture."""
        return self.base != "none"

    @property
    def bases(self) -> int:
        """Number of base pictures."""
        return 0 if not self.hybrid else 2 if self.plain_base else 1
