"""How well shots are told apart: cuts that are found, and what is taken for one that is none.

    python tests/benchmarks/depth_cuts.py CLIP CLIP... [--json]

Give clips of one shot each. Cuts are made of them: from one framing of a place to another (all pairs of a few, as a
camera team cuts from the whole to a close-up, or between two people), and from one clip to the next. False cuts are
looked for in the clips themselves, at their own and at a quarter of their frame rate, and in what a camera and a lamp
do that is no cut: pans, zooms, shaking, flashes, light that goes on, somebody who runs through.
"""

from __future__ import annotations

import argparse
import json
import time
from itertools import permutations
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from vbr_core.depth.shots import ShotFinder
from vbr_core.video.reader import VideoReader, to_float

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Pictures = list[NDArray[np.float32]]

SIZE = (320, 180)
FRAMINGS = {
    "whole": (0.5, 0.5, 1.0),
    "close": (0.5, 0.5, 0.5),
    "left": (0.25, 0.5, 0.5),
    "right": (0.75, 0.5, 0.5),
    "near left": (0.22, 0.45, 0.35),
    "low right": (0.7, 0.7, 0.6),
}
"""x, y of the middle and share of the sides."""


def read(clip: Path) -> Pictures:
    """All frames, brought to 960 x 540 at most."""
    pictures = []
    with VideoReader(clip) as reader:
        scale = min(1.0, 960 / max(reader.info.width, reader.info.height))
        size = (round(reader.info.width * scale), round(reader.info.height * scale))
        for frame in reader.frames():
            pictures.append(to_float(cv2.resize(frame.rgb, size, interpolation=cv2.INTER_AREA)))
    return pictures


def framed(picture: NDArray[np.float32], x: float, y: float, share: float) -> NDArray[np.float32]:
    """A part of a picture at ``SIZE``."""
    height, width = picture.shape[:2]
    w, h = share * width, share * height
    left, top = min(max(x * width - w / 2, 0), width - w), min(max(y * height - h / 2, 0), height - h)
    matrix = np.array([[w / SIZE[0], 0, left], [0, h / SIZE[1], top]], np.float32)
    return np.asarray(cv2.warpAffine(picture, matrix, SIZE, flags=cv2.INTER_AREA | cv2.WARP_INVERSE_MAP), np.float32)


def cuts(pictures: Pictures) -> list[int]:
    """What the program finds."""
    finder = ShotFinder()
    frames = [frame for number, picture in enumerate(pictures) for frame in finder.push(number, picture)]
    return [frame.frame_index for frame in [*frames, *finder.finish()] if frame.is_cut]


def pan(pictures: Pictures, speed: float, shutter: float) -> Pictures:
    """A camera that goes over a place by a share of its picture's width a frame, with motion blur."""
    share, here, out = 0.4, 0.2, []
    path = [here] * 5
    while path[-1] + speed * share < 0.8:
        path.append(path[-1] + speed * share)
    path += [path[-1]] * 5
    for number, (first, last) in enumerate(zip(path, [*path[1:], path[-1]], strict=True)):
        steps = np.linspace(first, first + (last - first) * shutter, 7)
        picture = pictures[min(number, len(pictures) - 1)]
        out.append(np.mean([framed(picture, x, 0.5, share) for x in steps], axis=0).astype(np.float32))
    return out


def no_cuts(pictures: Pictures, other: NDArray[np.float32]) -> dict[str, Pictures]:
    """What is none, by name."""
    rng = np.random.default_rng(0)
    shot = [framed(picture, 0.5, 0.5, 1.0) for picture in pictures[:24]]
    found = {
        f"pan {speed} shutter {shutter}": pan(pictures, speed, shutter)
        for speed in (0.05, 0.1, 0.2, 0.3, 0.4)
        for shutter in (0.0, 0.5, 1.0)
    }
    for factor in (1.05, 1.1, 1.2):
        shares = [max(0.25, 0.95 * factor**-number) for number in range(24)]
        found[f"zoom {factor}"] = [framed(a, 0.5, 0.5, b) for a, b in zip(pictures, shares, strict=False)]
    for sigma in (0.02, 0.05):
        found[f"shaking {sigma}"] = [framed(each, *(0.5 + rng.normal(0, sigma, 2)), 0.5) for each in pictures[:30]]
    for name, light in {
        "flash, white": lambda each: each * 0 + 1,
        "flash": lambda each: each * 2 + 0.1,
        "dark for a moment": lambda each: each * 0.3,
    }.items():
        found[name] = [np.clip(light(each), 0, 1) if at in (8, 9) else each for at, each in enumerate(shot)]
        if name != "flash, white":
            found[f"{name}, and stays"] = shot[:8] + [np.clip(light(each), 0, 1) for each in shot[8:]]
    for speed in (0.1, 0.2, 0.4):
        runner = framed(other, 0.5, 0.5, 1.0)[:, :160]
        out = []
        for number in range(round(1.8 / speed)):
            left, picture = round(SIZE[0] * (speed * number - 0.7)), shot[number % len(shot)].copy()
            first, last = max(0, left), min(SIZE[0], left + 160)
            if last > first:
                picture[:, first:last] = runner[:, first - left : last - left]
            out.append(picture)
        found[f"somebody runs through, {speed}"] = out
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clips", type=Path, nargs="+")
    parser.add_argument("--json", action="store_true", help="print one JSON line")
    arguments = parser.parse_args()
    clips = [read(clip) for clip in arguments.clips]
    started, frames = time.process_time(), 0
    result: dict[str, Any] = {"within a place": [0, 0], "between places": [0, 0], "too many": 0, "false": []}
    for clip, pictures in zip(arguments.clips, clips, strict=True):
        for name, shown in (("itself", pictures), ("a quarter of its rate", pictures[::4])):
            result["false"] += [f"{clip.name}, {name}: {at}" for at in cuts(shown)]
            frames += len(shown)
    seconds = (time.process_time() - started) / frames
    for number, pictures in enumerate(clips):
        for at in (len(pictures) // 4, len(pictures) // 2):
            for one, two in permutations(FRAMINGS, 2):
                shown = [framed(each, *FRAMINGS[one]) for each in pictures[at : at + 6]]
                shown += [framed(each, *FRAMINGS[two]) for each in pictures[at + 6 : at + 12]]
                found = cuts(shown)
                result["within a place"][0] += 6 in found
                result["within a place"][1] += 1
                result["too many"] += len(found) - (6 in found)
            for other in (each for each in clips if each is not pictures):
                shown = [framed(each, 0.5, 0.5, 1.0) for each in (*pictures[at : at + 6], *other[8:14])]
                found = cuts(shown)
                result["between places"][0] += 6 in found
                result["between places"][1] += 1
                result["too many"] += len(found) - (6 in found)
        for name, shown in no_cuts(pictures, clips[number - 1][0]).items():
            result["false"] += [f"{arguments.clips[number].name}, {name}: {at}" for at in cuts(shown)]
    result["processor_ms_per_frame"] = round(1000 * seconds, 2)
    if arguments.json:
        print(json.dumps(result))
        return
    for name in ("within a place", "between places"):
        print(f"cuts {name:16} {result[name][0]} of {result[name][1]} found")
    print(f"cuts that are none   {result['too many'] + len(result['false'])}")
    for text in result["false"]:
        print(f"  {text}")
    print(f"processor time a frame, at 960 pixels: {result['processor_ms_per_frame']} ms")


if __name__ == "__main__":
    main()
