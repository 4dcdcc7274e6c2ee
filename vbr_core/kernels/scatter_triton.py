"""The scatter of :mod:`vbr_core.kernels.scatter_cpu` as two Triton kernels, for NVIDIA GPUs.

The first adds the ends of all spans to the difference array at once, where
:mod:`vbr_core.kernels.scatter_torch` needs a dozen operations for every row offset. The second takes the layers of a
row from near to far, with the row in registers, for each part of the aperture.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
import triton
import triton.language as tl

from vbr_core.kernels.scatter_torch import CLOSED_FROM, MIN_WEIGHT, NEARLY_CLOSED, QUARTERS, together

if TYPE_CHECKING:
    from vbr_core.kernels.disc import DiscTable

SPAN_BLOCK = 256


@triton.jit
def _add_end(diff, cells, edge, red, green, blue, weight, inside):  # type: ignore[no-untyped-def]
    """Add one end of each span: its colour and weight, shared between two neighbouring cells."""
    cell = edge.to(tl.int32)
    part = edge - cell.to(tl.float32)
    at = diff + (cells + cell) * 4
    keep = 1.0 - part
    tl.atomic_add(at, red * keep, mask=inside, sem="relaxed")
    tl.atomic_add(at + 1, green * keep, mask=inside, sem="relaxed")
    tl.atomic_add(at + 2, blue * keep, mask=inside, sem="relaxed")
    tl.atomic_add(at + 3, weight * keep, mask=inside, sem="relaxed")
    tl.atomic_add(at + 4, red * part, mask=inside, sem="relaxed")
    tl.atomic_add(at + 5, green * part, mask=inside, sem="relaxed")
    tl.atomic_add(at + 6, blue * part, mask=inside, sem="relaxed")
    tl.atomic_add(at + 7, weight * part, mask=inside, sem="relaxed")


@triton.jit
def _add_span(diff, cells, left, right, red, green, blue, weight, hit, width):  # type: ignore[no-untyped-def]
    """Add both ends of spans, cut at the row's ends."""
    last = width.to(tl.float32)
    inside = hit & (right > 0.0) & (left < last) & (right > left)
    left = tl.minimum(tl.maximum(left, 0.0), last)
    right = tl.minimum(tl.maximum(right, 0.0), last)
    _add_end(diff, cells, left, red, green, blue, weight, inside)
    _add_end(diff, cells, right, -red, -green, -blue, -weight, inside)


@triton.jit  # type: ignore[untyped-decorator]
def _add_row(  # type: ignore[no-untyped-def]
    diff, cells, part_size, center, half, offset, turned, red, green, blue, weight, hit, width, PARTS: tl.constexpr
):
    """Add spans around ``center``, each piece to its part of the aperture."""
    middle = center + 0.5
    if PARTS == 1:
        _add_span(diff, cells, middle - half, middle + half, red, green, blue, weight, hit, width)
    else:
        # the pixel's own row belongs to both halves
        share = tl.where(offset == 0, 0.5 * PARTS, 1.0 * PARTS)
        red, green, blue, weight = red * share, green * share, blue * share, weight * share
        for below in tl.static_range(2):
            if (below == 0 and offset >= 0) or (below == 1 and offset <= 0):
                for side in tl.static_range(2):
                    quarter = 2 * below + side
                    at = cells + tl.where(turned, 3 - quarter, quarter) * part_size
                    start = middle - half * (1 - side)
                    end = middle + half * side
                    _add_span(diff, at, start, end, red, green, blue, weight, hit, width)


@triton.jit(do_not_specialize=["height", "width", "rows", "first_row", "biggest", "table_rows"])  # type: ignore[untyped-decorator]
def _spans(  # type: ignore[no-untyped-def]
    color,
    radius_index,
    layer_index,
    turned,
    half_widths,
    inverse_area,
    reach,
    row_reach,
    diff,
    height,
    width,
    rows,
    first_row,
    biggest,
    table_rows,
    PARTS: tl.constexpr,
    BLOCK: tl.constexpr,
):
    """One program: the pixels of a stretch of one source row of a plane, laid across one output row."""
    row = tl.program_id(0)
    offset = tl.program_id(1) % (2 * biggest + 1) - biggest
    plane = tl.program_id(1) // (2 * biggest + 1)
    # the row that is seen there, in the picture mirrored at its borders
    period = 2 * height
    source = (first_row + row + offset) % period
    source = tl.where(source < 0, source + period, source)
    source = tl.where(source >= height, period - 1 - source, source)
    away = tl.abs(offset)
    line = plane * height + source
    if tl.load(row_reach + line) >= away:
        x = tl.program_id(2) * BLOCK + tl.arange(0, BLOCK)
        in_row = x < width
        pixel = line.to(tl.int64) * width + x
        index = tl.load(radius_index + pixel, mask=in_row, other=-1)
        known = tl.maximum(index, 0)
        cover = tl.load(color + pixel * 4 + 3, mask=in_row, other=0.0)
        hit = in_row & (index >= 0) & (tl.load(reach + known) >= away) & (cover > 0.0)
        half = tl.load(half_widths + known * table_rows + away, mask=hit, other=0.0)
        share = tl.load(inverse_area + known, mask=hit, other=0.0)
        red = tl.load(color + pixel * 4, mask=hit, other=0.0) * share
        green = tl.load(color + pixel * 4 + 1, mask=hit, other=0.0) * share
        blue = tl.load(color + pixel * 4 + 2, mask=hit, other=0.0) * share
        weight = cover * share
        layer = tl.load(layer_index + pixel, mask=hit, other=0)
        is_turned = tl.load(turned + pixel, mask=hit, other=0) != 0
        part_size = rows.to(tl.int64) * (width + 2)
        cells = layer.to(tl.int64) * PARTS * part_size + row * (width + 2)
        x_px = x.to(tl.float32)
        _add_row(diff, cells, part_size, x_px, half, offset, is_turned, red, green, blue, weight, hit, width, PARTS)
        mirrored = hit & ((half > x_px + 0.5) | (half > width - x_px - 0.5))
        if tl.max(mirrored.to(tl.int32), axis=0) > 0:
            # copies beyond the left and the right border that reach into the picture
            for side in tl.static_range(2):
                center = 2.0 * width * side - 1.0 - x_px
                _add_row(
                    diff,
                    cells,
                    part_size,
                    center,
                    half,
                    offset,
                    is_turned,
                    red,
                    green,
                    blue,
                    weight,
                    mirrored,
                    width,
                    PARTS,
                )


@triton.jit  # type: ignore[untyped-decorator]
def _closed(taken, NEARLY: tl.constexpr, FROM: tl.constexpr):  # type: ignore[no-untyped-def]
    """See :func:`vbr_core.kernels.scatter_torch.closed`."""
    return tl.maximum(taken, tl.minimum(1.0, NEARLY + (taken - NEARLY) * ((1.0 - NEARLY) / (FROM - NEARLY))))


@triton.jit(do_not_specialize=["width", "rows", "layers", "visible_layers"])  # type: ignore[untyped-decorator]
def _composite(  # type: ignore[no-untyped-def]
    diff,
    see_through,
    out,
    width,
    rows,
    layers,
    visible_layers,
    least,
    NEARLY: tl.constexpr,
    FROM: tl.constexpr,
    PARTS: tl.constexpr,
    BLOCK: tl.constexpr,
):
    """One program: the layers of one row of a part of the aperture, from near to far: light, and how far it is filled.

    Parts of the aperture are there only if neighbouring layers are one surface.
    """
    part_row = tl.program_id(0)
    row = part_row % rows
    x = tl.arange(0, BLOCK)
    in_row = x < width
    open_behind = tl.load(see_through + row * width + x, mask=in_row, other=0.0)
    zero = tl.zeros([BLOCK], tl.float32)
    red, green, blue, filled, taken = zero, zero, zero, zero, zero
    left, before = zero + 1.0, zero + 1.0
    goes_on = zero
    line = (width + 2) * 4
    at = diff + part_row.to(tl.int64) * line + x * 4
    for layer in range(layers):
        left = tl.where(layer == visible_layers, left * open_behind, left)
        weight = tl.cumsum(tl.load(at + 3, mask=in_row, other=0.0), axis=0)
        there = (weight > least) & (left > 0.0)
        if PARTS > 1:
            before = tl.where(goes_on > 0.5, before, left)
            taken = tl.where(goes_on > 0.5, taken, 0.0)
            covered = _closed(taken, NEARLY, FROM)
            taken = tl.where(there, tl.minimum(1.0, taken + weight), taken)
            take = before * (_closed(taken, NEARLY, FROM) - covered)
            goes_on = tl.where(there, 1.0, 0.0)
        else:
            take = tl.where(there, tl.minimum(weight, left), 0.0)
        scale = take / tl.maximum(weight, least)
        red += tl.cumsum(tl.load(at, mask=in_row, other=0.0), axis=0) * scale
        green += tl.cumsum(tl.load(at + 1, mask=in_row, other=0.0), axis=0) * scale
        blue += tl.cumsum(tl.load(at + 2, mask=in_row, other=0.0), axis=0) * scale
        left -= take
        filled += take
        at += rows.to(tl.int64) * PARTS * line
    pixel = (part_row * width + x) * 4
    tl.store(out + pixel, red, in_row)
    tl.store(out + pixel + 1, green, in_row)
    tl.store(out + pixel + 2, blue, in_row)
    tl.store(out + pixel + 3, filled, in_row)


def scatter_triton(
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
    """Render rows ``first_row`` to ``last_row - 1``; see :func:`vbr_core.kernels.scatter_torch.scatter_torch`.

    Indices may be int32. Discs must be no wider than the picture: farther copies of a mirrored picture are left out.
    """
    planes, height, width, _ = color.shape
    device, rows = color.device, last_row - first_row
    half_widths, inverse_area, reach = (
        torch.from_numpy(values).to(device) for values in (table.half_widths, table.inverse_area, table.reach)
    )
    radius_index, layer_index = radius_index.to(torch.int32).contiguous(), layer_index.to(torch.int32).contiguous()
    row_reach = torch.where(radius_index >= 0, reach[radius_index.clamp_min(0).long()], -1).amax(dim=2).to(torch.int32)
    biggest = max(0, int(row_reach.max()))
    parts = QUARTERS if grouped else 1
    diff = torch.zeros(layers * parts * rows * (width + 2) * 4, device=device)
    grid: Any = (rows, planes * (2 * biggest + 1), triton.cdiv(width, SPAN_BLOCK))
    _spans[grid](
        color.contiguous(),
        radius_index,
        layer_index,
        turned.to(torch.int8).contiguous(),
        half_widths.contiguous(),
        inverse_area,
        reach,
        row_reach.contiguous(),
        diff,
        height,
        width,
        rows,
        first_row,
        biggest,
        half_widths.shape[1],
        PARTS=parts,
        BLOCK=SPAN_BLOCK,
    )
    out = torch.empty(parts, rows, width, 4, device=device)
    block = triton.next_power_of_2(width)
    _composite[(parts * rows,)](
        diff,
        see_through[first_row:last_row].to(torch.float32).contiguous(),
        out,
        width,
        rows,
        layers,
        visible_layers,
        MIN_WEIGHT,
        NEARLY=NEARLY_CLOSED,
        FROM=CLOSED_FROM,
        PARTS=parts,
        BLOCK=block,
        num_warps=min(16, max(4, block // 256)),
    )
    shares = torch.full((parts, rows, width), 1.0 / parts, device=device)
    return together(out[..., :3], out[..., 3], shares, color[0, first_row:last_row, :, :3])
