"""How calm a model's disparity is over time, before and after the processing, and what that does to its edges.

    python tests/benchmarks/depth_stability.py CLIP [--reference DISPARITY] [--model starter] [--frames N] [--json]
    python tests/benchmarks/depth_stability.py CLIP --still FRAME [--noise 0.02]

"Before" is the network frame by frame (or window by window), "after" what the program uses: aligned and averaged along
motion. Both are measured over the robust range of their shot with the same flow, which is taken from the pictures at
twice the filter's size and with another preset. REFERENCE, a folder or video of disparity, is measured alike. With
``--still`` one frame is shown again and again with fresh sensor noise: a static shot. Cuts of the clip are not looked
for: give a clip, or a number of frames, of one shot.
"""

from __future__ import annotations

import argparse
import json
import platform
import subprocess
import tempfile
import time
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import av
import cv2
import numpy as np

from vbr_core.depth import load_estimator
from vbr_core.depth.alignment import FrameAligner
from vbr_core.depth.estimate import estimate_clip, reduce_picture
from vbr_core.depth.flow import FlowFinder, Motion, MotionTracker, make_view
from vbr_core.depth.metrics import (
    edge_displacement_px,
    edge_steepness,
    flow_warped_error,
    frame_change,
    normalised,
    range_jump,
)
from vbr_core.depth.source import open_disparity
from vbr_core.depth.stabilise import TemporalFilter
from vbr_core.jobs import JobContext
from vbr_core.video.reader import VideoReader, to_float

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from vbr_core.depth.estimator import DisparityEstimator

METRIC_FLOW_SIDE = 640


def commit() -> str:
    """The checked-out commit, or an empty string outside a repository."""
    try:
        found = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return ""
    return found.stdout.strip()


def write_still(clip: Path, frame_index: int, noise: float, frames: int, target: Path) -> None:
    """A clip that shows one frame of another with sensor noise (standard deviation of sRGB 0..1), lossless."""
    with VideoReader(clip) as reader:
        picture = to_float(reader.frame(frame_index).rgb)
    picture = picture[: picture.shape[0] // 2 * 2, : picture.shape[1] // 2 * 2]
    rng = np.random.default_rng(0)
    with av.open(str(target), "w") as output:
        stream = output.add_stream("libx264rgb", rate=25, width=picture.shape[1], height=picture.shape[0])
        stream.pix_fmt = "rgb24"
        stream.options = {"crf": "0", "preset": "ultrafast"}
        for _ in range(frames):
            shot = np.clip(picture + rng.normal(0, noise, picture.shape), 0, 1)
            output.mux(stream.encode(av.VideoFrame.from_ndarray(np.rint(shot * 255).astype(np.uint8), format="rgb24")))
        output.mux(stream.encode(None))


def read_pictures(clip: Path, frames: int) -> list[NDArray[np.float32]]:
    """Pictures at the metric flow's size, which is all that is kept of them."""
    pictures = []
    with VideoReader(clip) as reader:
        for frame in reader.frames(0, min(frames, reader.info.frame_count)):
            picture = to_float(reduce_picture(frame.rgb))
            scale = min(1.0, METRIC_FLOW_SIDE / max(picture.shape[:2]))
            size = (round(picture.shape[1] * scale), round(picture.shape[0] * scale))
            pictures.append(np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), dtype=np.float32))
    return pictures


def raw_maps(clip: Path, estimator: DisparityEstimator, frames: int) -> tuple[NDArray[np.float32], float, list[int]]:
    """What the network says, its seconds a frame, and the first frames of its windows."""
    step = int(getattr(estimator, "window_frames", 1))
    maps: list[NDArray[np.float32]] = []
    waiting: list[NDArray[np.float32]] = []
    seconds, borders = [], []

    def predict() -> None:
        borders.append(len(maps))
        start = time.perf_counter()
        maps.extend(estimator.predict(np.stack(waiting)))
        seconds.append((time.perf_counter() - start) / len(waiting))
        waiting.clear()

    with VideoReader(clip) as reader:
        for frame in reader.frames(0, min(frames, reader.info.frame_count)):
            waiting.append(to_float(reduce_picture(frame.rgb)))
            if len(waiting) == step:
                predict()
    if waiting:
        predict()
    return np.stack(maps), float(np.median(seconds)), borders[1:]


def processed_maps(clip: Path, estimator: DisparityEstimator, frames: int) -> NDArray[np.float32]:
    """What the program uses, over the range of its shot."""
    with tempfile.TemporaryDirectory() as folder, VideoReader(clip) as reader:
        source = estimate_clip(reader, estimator, Path(folder), JobContext(), clip_key="benchmark")
        return np.stack([source.read(frame) for frame in range(min(frames, reader.info.frame_count))])


def filter_seconds(raw: NDArray[np.float32], pictures: list[NDArray[np.float32]]) -> float:
    """Processor seconds a frame of alignment and filter; the load of other programs does not count."""
    align, stream, tracker = FrameAligner(), TemporalFilter(), MotionTracker()
    start = time.process_time()
    for number, (disparity, picture) in enumerate(zip(raw, pictures, strict=True)):
        step = tracker.step(picture, (disparity.shape[0], disparity.shape[1]))
        stream.push(number, align(disparity, picture, step), picture, step)
    stream.finish()
    return (time.process_time() - start) / len(raw)


def measure(maps: NDArray[np.float32], motions: list[Motion], borders: list[int]) -> dict[str, float]:
    """All measures of maps (n, h, w) that lie over the range of their shot."""
    return {
        "flow_warped_error": flow_warped_error(maps, motions),
        "flow_warped_error_moving": flow_warped_error(maps, motions, moving_only=True),
        "frame_change": frame_change(maps),
        "range_jump": range_jump(maps),
        "range_jump_at_windows": range_jump(maps, borders),
        "edge_steepness": float(np.mean([edge_steepness(disparity) for disparity in maps[::4]])),
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clip", type=Path)
    parser.add_argument("--reference", type=Path, help="disparity that is known to be calm, measured alike")
    parser.add_argument("--model", default="starter")
    parser.add_argument("--frames", type=int, default=10**9, help="look at the first N frames")
    parser.add_argument("--still", type=int, help="show only this frame, with noise")
    parser.add_argument("--noise", type=float, default=0.02, help="of --still")
    parser.add_argument("--threads", type=int, default=0, help="CPU threads; 0 for all")
    parser.add_argument(
        "--pictures", type=Path, help="write x-t slices and maps, before beside after, into this folder"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON line")
    arguments = parser.parse_args()
    if arguments.threads:
        import torch

        torch.set_num_threads(arguments.threads)
        cv2.setNumThreads(arguments.threads)
    estimator = load_estimator(arguments.model)
    with tempfile.TemporaryDirectory() as folder:
        clip, frames = arguments.clip, arguments.frames
        if arguments.still is not None:
            frames = min(frames, 40)
            clip = Path(folder) / "still.mkv"
            write_still(arguments.clip, arguments.still, arguments.noise, frames, clip)
        pictures = read_pictures(clip, frames)
        raw, seconds, borders = raw_maps(clip, estimator, frames)
        maps = {"before": normalised(raw), "after": processed_maps(clip, estimator, frames)}
    size = (raw.shape[1], raw.shape[2])
    views = [make_view(picture, size, METRIC_FLOW_SIDE) for picture in pictures]
    finder = FlowFinder(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    motions = [finder.between(first, second)[0] for first, second in pairwise(views)]
    if arguments.reference:
        with VideoReader(arguments.clip) as reader:
            info = reader.info
        source = open_disparity(arguments.reference, info.frame_count, (info.height, info.width))
        known = [cv2.resize(source.read(frame), size[::-1], interpolation=cv2.INTER_AREA) for frame in range(len(raw))]
        maps["reference"] = normalised(np.stack(known).astype(np.float32))
    result: dict[str, Any] = {name: measure(values, motions, borders) for name, values in maps.items()}
    before, after = result["before"], result["after"]
    # a single frame is as noisy as the flicker: edges are compared with the mean of a static shot
    pairs = list(zip(maps["before"], maps["after"], strict=True))[:: max(1, len(raw) // 40)]
    if arguments.still is not None:
        pairs = [(maps["before"].mean(axis=0), smooth) for _, smooth in pairs]
    moved = [edge_displacement_px(plain, smooth) for plain, smooth in pairs]
    facts = {
        "model": estimator.fingerprint,
        "clip": arguments.clip.name + (f" frame {arguments.still}, still" if arguments.still is not None else ""),
        "frames": len(raw),
        "map": f"{size[1]} x {size[0]}",
        "error_ratio": before["flow_warped_error"] / after["flow_warped_error"],
        "change_ratio": before["frame_change"] / after["frame_change"],
        "edge_steepness_ratio": after["edge_steepness"] / before["edge_steepness"],
        "edge_displacement_px_p95": float(np.mean(moved)),
        "edge_displacement_px_p95_worst": float(np.max(moved)),
        "network_seconds_per_frame": seconds,
        "processing_cpu_seconds_per_frame": filter_seconds(raw, pictures),
        "machine": f"{platform.machine()} {platform.processor()}".strip(),
        "commit": commit(),
    }
    if arguments.pictures:
        write_pictures(arguments.pictures, pictures, maps)
    if arguments.json:
        print(json.dumps(result | facts))
        return
    print(f"{'':28}" + "".join(f"{name:>12}" for name in result))
    for measure_name in before:
        print(f"{measure_name:28}" + "".join(f"{values[measure_name]:12.5f}" for values in result.values()))
    for name, value in facts.items():
        print(f"{name:34} {value:.4f}" if isinstance(value, float) else f"{name:34} {value}")


def write_pictures(folder: Path, pictures: list[NDArray[np.float32]], maps: dict[str, NDArray[np.float32]]) -> None:
    """x-t slices of the middle row, and some maps beside their pictures, in false colour."""
    folder.mkdir(parents=True, exist_ok=True)

    def colour(values: NDArray[np.float32]) -> NDArray[Any]:
        tinted = cv2.applyColorMap(np.rint(np.clip(values, 0, 1) * 255).astype(np.uint8), cv2.COLORMAP_INFERNO)
        return np.asarray(cv2.resize(tinted, None, fx=3, fy=3, interpolation=cv2.INTER_NEAREST))

    def write(name: str, picture: NDArray[Any]) -> None:
        (folder / name).write_bytes(cv2.imencode(".png", picture)[1].tobytes())

    count, height = maps["before"].shape[:2]
    write("slices.png", np.hstack([colour(values[:, height * 2 // 5]) for values in maps.values()]))
    for frame in range(count // 8, count, max(1, count // 4)):
        shown = [colour(values[frame]) for values in maps.values()]
        picture = np.rint(cv2.resize(pictures[frame][..., ::-1], shown[0].shape[1::-1]) * 255).astype(np.uint8)
        write(f"frame_{frame:05d}.png", np.hstack([picture, *shown]))


if __name__ == "__main__":
    main()
