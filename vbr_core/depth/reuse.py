"""What a cut by the user's word leaves alone: the other shots need not be estimated again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vbr_core.depth.cache import DisparityCache
from vbr_core.project import NO_CUT_EDITS, CutEdits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


def reuse_shots(cache: DisparityCache, edits: CutEdits, sibling: Callable[[CutEdits], Path], reach: int) -> None:
    """Fill a cache with the chunks of shots that its cuts have in common with those of an earlier, complete one.

    Args:
        cache: Of the clip with all the cuts; empty.
        edits: The cuts by the user's word.
        sibling: Gives the folder of the cache of the same clip with other cuts.
        reach: Frames before a cut that it has a say in.
    """
    for fewer in _without_one(edits):
        folder = sibling(fewer)
        if not folder.is_dir():
            continue
        earlier = DisparityCache(folder.parent, folder.name, cache.frame_count)
        if len(earlier.scan()) < earlier.chunk_count:
            continue
        changed = {*edits.added, *edits.removed}.symmetric_difference({*fewer.added, *fewer.removed})
        cuts = earlier.facts()[1]
        spans = []
        for frame in changed:
            end = next((cut for cut in cuts if cut > frame), cache.frame_count)
            spans.append((frame - reach, end))
        cache.take_from(
            earlier,
            (
                number
                for number in range(cache.chunk_count)
                if not any(_overlap(cache.chunk_span(number), span) for span in spans)
            ),
        )
        return


def _overlap(one: tuple[int, int], other: tuple[int, int]) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def _without_one(edits: CutEdits) -> Iterator[CutEdits]:
    """The edits without the one or the other of them, and none at all."""
    for left_out in (*edits.added, *edits.removed):
        yield CutEdits(
            tuple(cut for cut in edits.added if cut != left_out),
            tuple(cut for cut in edits.removed if cut != left_out),
        )
    if len(edits.added) + len(edits.removed) > 1:
        yield NO_CUT_EDITS
