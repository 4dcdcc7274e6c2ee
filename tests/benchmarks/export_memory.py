"""Peak memory of an export, of a short clip and of a long one of the same size.

    python tests/benchmarks/export_memory.py [--short 250] [--long 15000] [--size 320x180] [--starter]

Each export runs in a process of its own through the command line. With ``--starter`` the depth is estimated by the
bundled network, else it comes from a grey video of the same length. Prints one JSON line: the two peaks (resident
MiB), their ratio, machine and commit. The target is a ratio of at most 1.10.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np

from tests.helpers.clips import make_clip


def picture(number: int, height: int, width: int) -> np.ndarray:
    """A moving gradient with a bright bar."""
    y, x = np.mgrid[0:height, 0:width]
    grey = ((x * 3 + y * 2 + number * 5) % 256).astype(np.uint8)
    grey[:, (number * 3) % width] = 255
    return np.repeat(grey[..., None], 3, axis=-1)


def slope(number: int, height: int, width: int) -> np.ndarray:
    """Disparity that rises towards the bottom."""
    rows = np.linspace(20, 235, height).astype(np.uint8)[:, None, None]
    return np.broadcast_to(rows, (height, width, 3)).copy()


def peak_mib(command: list[str]) -> float:
    """Run a command; largest resident memory of it, in MiB."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        raise SystemExit(f"failed: {' '.join(command)}")
    return usage.ru_maxrss / 1024


def main() -> None:
    """Make the clips, export both, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--short", type=int, default=250)
    parser.add_argument("--long", type=int, default=15_000)
    parser.add_argument("--size", default="320x180")
    parser.add_argument("--starter", action="store_true")
    arguments = parser.parse_args()
    width, height = (int(part) for part in arguments.size.split("x"))
    peaks = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ["VBR_CACHE_DIR"] = str(folder / "cache")
        for frames in (arguments.short, arguments.long):
            clip, depth = folder / f"{frames}.mp4", folder / f"{frames}-depth.mp4"
            make_clip(clip, width=width, height=height, frames=frames, audio=1, pattern=picture, gop=48)
            command = [sys.executable, "-m", "vbr_core.cli.main", "render", str(clip), "-o", str(folder / "out.mp4")]
            command += ["--focus", "0.5", "-K", "40"]
            if not arguments.starter:
                make_clip(depth, width=width // 2, height=height // 2, frames=frames, pattern=slope, gop=48)
                command += ["--depth", str(depth)]
            peaks.append(peak_mib(command))
    found = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    result = {
        "frames": [arguments.short, arguments.long],
        "peak_mib": [round(peak, 1) for peak in peaks],
        "ratio": round(peaks[1] / peaks[0], 3),
        "size": arguments.size,
        "depth": "starter" if arguments.starter else "grey video",
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "commit": found.stdout.strip(),
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
