"""Training clips that are made while training: with a GPU ray tracing keeps up, and no clip is seen too often."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from vbr_core.train.data import prepare
from vbr_core.train.svb.make import DatasetSettings, make_clip, pick_tracer
from vbr_core.train.svb.picture_library import open_library

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from vbr_core.jobs import JobContext
    from vbr_core.render.base_picture import BasePicture
    from vbr_core.train.config import RunConfig

FIRST_CLIPS = 16


class MemoryClip:
    """A prepared clip in memory; see :class:`vbr_core.train.data.Windows`."""

    def __init__(self, tensors: dict[str, NDArray[Any]]) -> None:
        self._tensors = tensors
        self.variants, self.frames, self.height, self.width = tensors["disparity"].shape

    def window(self, variant: int, t0: int, t1: int, y0: int, y1: int, x0: int, x1: int) -> dict[str, NDArray[Any]]:
        """See :class:`vbr_core.train.data.Windows`."""
        result = {name: self._tensors[name][t0:t1] for name in ("d_f", "k_px")}
        for name in ("sharp", "bokeh"):
            result[name] = self._tensors[name][t0:t1, y0:y1, x0:x1]
        for name in ("disparity", "base"):
            if name in self._tensors:
                result[name] = self._tensors[name][variant, t0:t1, y0:y1, x0:x1]
        return result


class LiveClips:
    """A bounded number of clips, of which a thread replaces the oldest as fast as it can make new ones.

    Which clips a step sees depends on the speed of the machine: such a run is not repeatable to the bit.

    Args:
        config: Folders and number of clips.
        base: Renderer of the base pictures.
        device: Where the clips are traced.
        rank: Number of this process among several; each makes its own clips.
        context: Progress and stop while the first clips are made.
    """

    def __init__(
        self,
        config: RunConfig,
        base: BasePicture | None,
        device: str,
        rank: int,
        context: JobContext,
        first: int = FIRST_CLIPS,
    ) -> None:
        data = config.data
        photographs, cutouts = ([Path(folder) for folder in given] for given in (data.photographs, data.cutouts))
        self._library = open_library(photographs, cutouts, "train")
        self._settings = DatasetSettings(clips=1_000_000, seed=config.training.seed + 1000 * rank)
        self._variants, self._base = data.variants, base
        self._tracer = pick_tracer(device)
        self._limit = max(first, data.live_clips)
        self._clips: list[MemoryClip] = []
        self._made = 0
        for done in range(first):
            context.step(done, first, "Making the first clips")
            self._clips.append(self._make())
        self._failure: BaseException | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="live-clips", daemon=True)
        self._thread.start()

    @property
    def made(self) -> int:
        """Clips made so far."""
        return self._made

    def close(self) -> None:
        """Stop making clips."""
        self._stop.set()
        self._thread.join()

    def __len__(self) -> int:
        if self._failure is not None:
            raise self._failure
        return len(self._clips)

    def __getitem__(self, index: int) -> MemoryClip:
        return self._clips[index]

    def _make(self) -> MemoryClip:
        clip = make_clip(self._library, self._settings, self._made, self._tracer)
        self._made += 1
        return MemoryClip(prepare(clip, self._variants, self._base, np.random.default_rng([self._made])))

    def _run(self) -> None:
        place = 0
        while not self._stop.is_set():
            try:
                clip = self._make()
            except BaseException as error:  # noqa: BLE001 - raised again on the training thread
                self._failure = error
                return
            if len(self._clips) < self._limit:
                self._clips.append(clip)
            else:
                self._clips[place] = clip
                place = (place + 1) % self._limit
