"""How sharp disparity is at depth edges after enlargement: bilinear, steepened, guided filter, the form in use.

    python tests/benchmarks/depth_edges.py [FOLDER] [--scenes 8] [--factor 4] [--blur 1.0] [--pictures OUT]

Without FOLDER it makes SVB-like scenes itself (procedural textures and shapes in the generator's scene code). FOLDER
may hold SVB clips (``*.svb``, one frame of each is taken) or pairs of a picture (``*.jpg``) and a 16-bit disparity
(``*.png``) of the same name. The truth is shrunk by ``--factor``, blurred, and in half of the rows also bent and
shifted as a depth network does; then it is enlarged again. Prints a table (F at 1 px: boundary F-score for edges of at
least 0.05, 0.1 and 0.2; P, R: its parts at 0.1; zone: mean absolute error near edges; leak: texture leakage; halo:
pixels near edges on neither surface; dB: scatter rendering near edges against rendering with the truth), the time for
1920 x 1080 from 384 x 216 in seconds and as a ratio to a bilinear resize, and one JSON line with machine and commit.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import cv2
import numpy as np

from vbr_core.depth.edge_metrics import boundary_score, boundary_zone, halo_share, texture_leakage
from vbr_core.depth.upsample import guided_upsample
from vbr_core.depth.upsample_torch import guided_upsample_on
from vbr_core.render import load_renderer
from vbr_core.train.svb.clip_file import SUFFIX, read_clip
from vbr_core.train.svb.corruption import elastic, smooth_noise
from vbr_core.train.svb.make import DatasetSettings, draw_scene
from vbr_core.train.svb.picture_library import open_library
from vbr_core.train.svb.tracer_cpu import photograph

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

COLUMNS = ("F.05", "F.1", "F.2", "P", "R", "MAE", "zone", "leak", "halo", "dB")
K_PX = 40.0
"""Blur of the rendering, in pixels per unit of disparity at 512 lines."""


def texture(rng: np.random.Generator, height: int, width: int) -> np.ndarray:
    """Colour with detail of every size, stripes and blocks: (height, width, 3) uint8."""
    picture = np.zeros((height, width, 3), np.float32) + rng.uniform(0.1, 0.8, 3).astype(np.float32)
    for cells in (3, 9, 27, 81):
        noise = rng.standard_normal((cells, cells, 3)).astype(np.float32)
        kind = cv2.INTER_NEAREST if rng.uniform() < 0.3 else cv2.INTER_CUBIC
        picture += cv2.resize(noise, (width, height), interpolation=kind) * rng.uniform(0.02, 0.12)
    return (np.clip(picture, 0, 1) * 255).astype(np.uint8)


def cut_out(rng: np.random.Generator, side: int) -> np.ndarray:
    """A blob with spikes, holes and bars in its outline, alpha anti-aliased: (side, side, 4) uint8."""
    scale = 4
    alpha = np.zeros((side * scale, side * scale), np.uint8)
    angles = np.sort(rng.uniform(0, 2 * np.pi, rng.integers(5, 24)))
    reach = rng.uniform(0.4, 0.95, len(angles)) * 0.5 * side * scale
    middle = 0.5 * side * scale
    points = np.stack([middle + reach * np.cos(angles), middle + reach * np.sin(angles)], axis=1)
    cv2.fillPoly(alpha, [points.astype(np.int32)], 255)
    for _ in range(rng.integers(0, 4)):
        ends = rng.integers(0, side * scale, (2, 2))
        cv2.line(alpha, ends[0].tolist(), ends[1].tolist(), 255, int(rng.integers(6, 40)))
    if rng.uniform() < 0.5:
        cv2.circle(alpha, rng.integers(0, side * scale, 2).tolist(), int(rng.integers(20, 200)), 0, -1)
    alpha = cv2.resize(alpha, (side, side), interpolation=cv2.INTER_AREA)
    return np.dstack([texture(rng, side, side), alpha])


def made_scenes(count: int, size: int, seed: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Pictures (H, W, 3) uint8 and their disparity (H, W) float32, by formula and the generator's scene code."""
    rng = np.random.default_rng(seed)
    with tempfile.TemporaryDirectory() as name:
        photographs, cutouts = Path(name) / "photographs", Path(name) / "cutouts"
        photographs.mkdir()
        cutouts.mkdir()
        for number in range(8):
            data = cv2.imencode(".png", texture(rng, 640, 800))[1]
            (photographs / f"place{number}x.png").write_bytes(data.tobytes())
        for number in range(24):
            data = cv2.imencode(".png", cut_out(rng, 300))[1]
            (cutouts / f"thing{number}x.png").write_bytes(data.tobytes())
        library = open_library([photographs], [cutouts])
        settings = DatasetSettings(clips=count, objects=6, frames=1, height=size, width=size, rays=16, seed=seed)
        for index in range(count):
            scene = draw_scene(library, settings, index)
            shot = photograph(dataclasses.replace(scene, k_px=np.zeros_like(scene.k_px)), 0, 16)
            light = np.clip(shot.sharp, 0, 1)
            encoded = np.where(light <= 0.0031308, light * 12.92, 1.055 * np.maximum(light, 1e-9) ** (1 / 2.4) - 0.055)
            yield np.round(encoded * 255).astype(np.uint8), shot.disparity.astype(np.float32)


def stored_scenes(folder: Path, count: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """The same from SVB clips or from pairs of pictures, spread over the folder."""
    clips = sorted(folder.glob(f"*{SUFFIX}"))
    files = clips or [file for file in sorted(folder.glob("*.jpg")) if file.with_suffix(".png").exists()]
    if not files:
        raise SystemExit(f"'{folder}' holds neither SVB clips nor pairs of .jpg and .png.")
    for file in files[:: max(1, len(files) // count)][:count]:
        if clips:
            clip = read_clip(file)
            yield clip.sharp[0], clip.disparity[0].astype(np.float32) / 65535
        else:
            depth = cv2.imdecode(np.frombuffer(file.with_suffix(".png").read_bytes(), np.uint8), cv2.IMREAD_UNCHANGED)
            picture = cv2.imdecode(np.frombuffer(file.read_bytes(), np.uint8), cv2.IMREAD_COLOR)
            yield np.ascontiguousarray(picture[..., ::-1]), depth.astype(np.float32) / np.iinfo(depth.dtype).max


def network_like(truth: np.ndarray, factor: float, blur: float, bent: bool, rng: np.random.Generator) -> np.ndarray:
    """The truth at network size, soft; with ``bent`` also shifted by about 0.7 cells and with slow errors."""
    height, width = truth.shape
    if bent:
        truth = truth + smooth_noise(truth.shape, rng, height / 8) * np.float32(0.012)
        truth = elastic(truth.astype(np.float32), rng, 0.7 * factor, 6.0 * factor)
    size = (max(8, round(width / factor)), max(8, round(height / factor)))
    small = cv2.GaussianBlur(cv2.resize(truth, size, interpolation=cv2.INTER_AREA), (0, 0), blur)
    return np.clip(small, 0, 1).astype(np.float32)


def bilinear(small: np.ndarray, picture: np.ndarray) -> np.ndarray:
    """Plain enlargement."""
    return cv2.resize(small, picture.shape[1::-1], interpolation=cv2.INTER_LINEAR)


def steeper(disparity: np.ndarray, reach: int) -> np.ndarray:
    """Make ramps three times as steep."""
    window = np.ones((2 * reach + 1, 2 * reach + 1), np.uint8)
    low, high = cv2.erode(disparity, window), cv2.dilate(disparity, window)
    span = high - low
    place = np.clip(((disparity - low) / np.maximum(span, 1e-6) - 0.5) * 3.0 + 0.5, 0.0, 1.0)
    edge = np.clip((span - 0.06) / 0.06, 0.0, 1.0)
    return np.clip(disparity + edge * (low + place * span - disparity), 0, 1)


def reach_of(small: np.ndarray, picture: np.ndarray) -> int:
    """Half of a ramp's width, in pixels of the picture."""
    return max(2, round(1.2 * picture.shape[0] / small.shape[0]))


def steepened(small: np.ndarray, picture: np.ndarray) -> np.ndarray:
    """What sharpening does without the picture."""
    return steeper(bilinear(small, picture), reach_of(small, picture))


def guided_filter(small: np.ndarray, picture: np.ndarray) -> np.ndarray:
    """The form used before: a colour guided filter at the map's size (He and Sun 2015), then :func:`steeper`."""

    def mean(image: np.ndarray) -> np.ndarray:
        return cv2.blur(image, (9, 9), borderType=cv2.BORDER_REFLECT)

    guide = picture.astype(np.float32) / 255
    colour = cv2.resize(guide, small.shape[::-1], interpolation=cv2.INTER_AREA)
    mean_colour, mean_map = mean(colour), mean(small)
    shared = mean(colour * small[..., None]) - mean_colour * mean_map[..., None]
    spread = np.stack([mean(colour[..., [axis]] * colour) for axis in range(3)], axis=-2)
    spread = spread - mean_colour[..., :, None] * mean_colour[..., None, :] + 4e-4 * np.eye(3, dtype=np.float32)
    factors = np.linalg.solve(spread, shared[..., None])[..., 0].astype(np.float32)
    offset = mean(mean_map - (factors * mean_colour).sum(-1))
    out = bilinear(offset, picture) + (bilinear(mean(factors), picture) * guide).sum(-1)
    three = np.ones((3, 3), np.uint8)
    low, high = bilinear(cv2.erode(small, three), picture), bilinear(cv2.dilate(small, three), picture)
    return steeper(np.clip(out, low, high), reach_of(small, picture))


METHODS: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "bilinear": bilinear,
    "steepened": steepened,
    "guided (old)": guided_filter,
    "new": guided_upsample,
}


def rendered(disparity: np.ndarray, truth: np.ndarray, picture: np.ndarray) -> np.ndarray:
    """The picture with the blur that ``disparity`` gives it, focused on what is near: (H, W, 3) float32."""
    frames = picture[None].astype(np.float32) / 255
    k_px = K_PX * picture.shape[0] / 512
    focus = float(np.percentile(truth, 75))
    return np.asarray(load_renderer("scatter").render(frames, disparity[None], focus, k_px)[0])


def measure(
    found: np.ndarray, truth: np.ndarray, picture: np.ndarray, wanted: np.ndarray, factor: float
) -> list[float]:
    """One row of the table: :data:`COLUMNS`. ``wanted`` is the picture rendered with the truth."""
    zone = boundary_zone(truth, round(2 * factor))
    scores = [boundary_score(found, truth, jump) for jump in (0.05, 0.1, 0.2)]
    error = np.abs(found - truth)
    square = float(((rendered(found, truth, picture) - wanted)[zone] ** 2).mean()) if zone.any() else float("nan")
    return [
        *(score.f_score for score in scores),
        scores[1].precision,
        scores[1].recall,
        float(error.mean()),
        float(error[zone].mean()) if zone.any() else float("nan"),
        texture_leakage(found, truth),
        halo_share(found, truth, max(1, round(factor))),
        -10 * np.log10(max(square, 1e-10)),
    ]


def timings(scene: tuple[np.ndarray, np.ndarray], device: str = "") -> dict[str, float]:
    """Least seconds of five runs for 1920 x 1080 from 384 x 216, on the processor and on a named torch device.

    The way to the device and back is part of it.
    """
    picture, truth = (cv2.resize(part, (1920, 1080), interpolation=cv2.INTER_LINEAR) for part in scene)
    small = network_like(truth, 5.0, 1.0, False, np.random.default_rng(0))
    found = {}
    methods = dict(METHODS)
    if device:
        methods[f"new on {device}"] = lambda disparity, guide: guided_upsample_on(device, disparity, guide)
    for name, method in methods.items():
        method(small, picture)
        seconds = []
        for _ in range(5):
            start = time.perf_counter()
            method(small, picture)
            seconds.append(time.perf_counter() - start)
        found[name] = min(seconds)
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--scenes", type=int, default=8)
    parser.add_argument("--size", type=int, default=512, help="lines of the scenes it makes")
    parser.add_argument("--factor", type=float, default=4.0, help="how much smaller the map is")
    parser.add_argument("--blur", type=float, default=1.0, help="standard deviation in cells of the map")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--device", default="", help="time the up-sampling on this torch device as well, cuda say")
    parser.add_argument("--pictures", type=Path, help="write picture, truth and every method side by side here")
    arguments = parser.parse_args()
    if arguments.folder:
        scenes = list(stored_scenes(arguments.folder, arguments.scenes))
    else:
        scenes = list(made_scenes(arguments.scenes, arguments.size, arguments.seed))
    rows: dict[tuple[str, str], list[list[float]]] = {}
    for number, (picture, truth) in enumerate(scenes):
        wanted = rendered(truth, truth, picture)
        for kind in ("blurred", "bent"):
            rng = np.random.default_rng([arguments.seed, number])
            small = network_like(truth, arguments.factor, arguments.blur, kind == "bent", rng)
            maps = {name: method(small, picture) for name, method in METHODS.items()}
            for name, found in maps.items():
                rows.setdefault((kind, name), []).append(measure(found, truth, picture, wanted, arguments.factor))
            if arguments.pictures:
                arguments.pictures.mkdir(parents=True, exist_ok=True)
                greys = [np.repeat((part * 255).astype(np.uint8)[..., None], 3, 2) for part in (truth, *maps.values())]
                _, data = cv2.imencode(".png", np.hstack([picture[..., ::-1], *greys]))
                (arguments.pictures / f"{number:03d}-{kind}.png").write_bytes(data.tobytes())
    table = {key: [float(value) for value in np.nanmean(part, axis=0)] for key, part in rows.items()}
    print(f"{'map':8s} {'method':13s} " + " ".join(f"{name:>7s}" for name in COLUMNS))
    for (kind, name), values in table.items():
        print(
            f"{kind:8s} {name:13s} " + " ".join(f"{value:7.4f}" if value < 10 else f"{value:7.2f}" for value in values)
        )
    seconds = timings(scenes[0], arguments.device)
    for name, value in seconds.items():
        print(f"1080p {name:13s} {value:7.4f} s, {value / seconds['bilinear']:7.1f} x bilinear")
    found = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    result = {
        "table": {f"{kind} {name}": dict(zip(COLUMNS, values, strict=True)) for (kind, name), values in table.items()},
        "seconds_1080p": seconds,
        "scenes": len(scenes),
        "source": arguments.folder.name if arguments.folder else "made",
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "commit": found.stdout.strip(),
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
