"""Build the packed program and test it as a stranger would meet it: no settings, no network, another folder.

``python resources/packaging/build.py [--cpu] [--out FOLDER] [--test-only FOLDER]``
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import contents

FREE_BYTES = {True: 4 << 30, False: 16 << 30}
"""Disk space that a build takes, without CUDA or with it."""

TEST_SECONDS = 900
"""A first start compiles kernels, on a slow machine for minutes."""


def main() -> int:
    """Returns: exit status; 0 if the program was built and passes."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--cpu", action="store_true", help="stop unless PyTorch comes without CUDA")
    parser.add_argument("--out", type=Path, default=contents.ROOT / "dist", help="where the program goes")
    parser.add_argument("--work", type=Path, default=contents.ROOT / "build", help="where the work files go")
    parser.add_argument("--test-only", type=Path, metavar="FOLDER", help="test a program that is built already")
    arguments = parser.parse_args()
    folder = arguments.test_only or build(arguments.out, arguments.work, arguments.cpu)
    print_size(folder)
    return test(folder)


def build(out: Path, work: Path, cpu: bool) -> Path:
    """Run PyInstaller. Returns: the folder with the two programs.

    Raises:
        SystemExit: There is too little disk space, PyInstaller is missing, or the build failed.
    """
    if cpu:
        contents.check_processor_build()
    out.mkdir(parents=True, exist_ok=True)
    needed = FREE_BYTES[contents.torch_cuda() is None]
    free = shutil.disk_usage(out).free
    if free < needed:
        raise SystemExit(f"The disk of '{out}' has {free / 1e9:.0f} GB left; a build takes {needed / 1e9:.0f} GB.")
    command = [sys.executable, "-m", "PyInstaller", "--noconfirm", "--distpath", str(out), "--workpath", str(work)]
    command += [str(contents.ROOT / "build.spec"), *(["--", "--cpu"] if cpu else [])]
    if subprocess.run(command, cwd=contents.ROOT, check=False).returncode:
        raise SystemExit("The build failed. If PyInstaller is missing: pip install pyinstaller")
    return out / "VBR Studio.app" / "Contents" / "MacOS" if sys.platform == "darwin" else out / "vbr-studio"


def print_size(folder: Path) -> None:
    """Say how large the program is, and its largest parts."""
    sizes: dict[str, int] = {}
    top = whole(folder)
    for path in top.rglob("*"):
        if path.is_file() and not path.is_symlink():
            part = "/".join(path.relative_to(top).parts[:2])
            sizes[part] = sizes.get(part, 0) + path.stat().st_size
    print(f"{folder}: {sum(sizes.values()) / 1e6:.0f} MB")
    for part, size in sorted(sizes.items(), key=lambda item: -item[1])[:12]:
        print(f"  {size / 1e6:8.1f} MB  {part}")


def test(folder: Path) -> int:
    """Run both programs. Returns: 0 if each does what it should and leaves its own folder as it was."""
    suffix = ".exe" if sys.platform == "win32" else ""
    studio, vbr = (str(folder / f"{name}{suffix}") for name in ("vbr-studio", "vbr"))
    version = contents.version()
    clip = next(whole(folder).glob("*/resources/sample/sample.mp4"), folder / "sample.mp4")
    render = ["render", "--depth", "starter", "--focus", "0.7", "--range", "0:4"]
    before = listing(whole(folder))
    with tempfile.TemporaryDirectory(prefix="vbr-home-") as name:
        home = Path(name)
        # A Windows program without console says nothing: there its exit status is the answer.
        said = "" if sys.platform == "win32" else version
        failed = [
            *run([studio, "--version"], home, said),
            *run([vbr, "--version"], home, f"vbr {version}"),
            *run([vbr, "probe", str(clip)], home, "960 x 540"),
            *run([vbr, "doctor"], home, "Self-test"),
            *run([studio, "--self-test"], home, "" if sys.platform == "win32" else "Sample clip"),
            *run([studio, "--window-test"], home, ""),
            *run([vbr, *render, str(clip), "--output", str(home / "rendered.mp4")], home, "Wrote"),
        ]
    changed = before ^ listing(whole(folder))
    if changed:
        failed.append(f"the program changed its own folder: {sorted(changed)[:5]}")
    for line in failed:
        print(f"FAILED: {line}")
    print("The packed program failed." if failed else "The packed program passes.")
    return 1 if failed else 0


def whole(folder: Path) -> Path:
    """Everything that belongs to the program in ``folder``: on macOS the contents of the application."""
    return folder.parent if folder.name == "MacOS" else folder


def listing(folder: Path) -> set[tuple[str, int]]:
    """Names and sizes of all files."""
    return {(str(path.relative_to(folder)), path.lstat().st_size) for path in folder.rglob("*") if not path.is_dir()}


def run(command: list[str], home: Path, expected: str) -> list[str]:
    """Run a program offline with nothing of this user's. Returns: what went wrong, as sentences."""
    print("$", " ".join([Path(command[0]).name, *command[1:]]), flush=True)
    done = subprocess.run(
        [*without_network(), *command],
        cwd=home,
        env=empty_environment(home),
        capture_output=True,
        text=True,
        encoding="utf-8",
        errors="replace",
        timeout=TEST_SECONDS,
        check=False,
    )
    print(done.stdout, end="")
    if done.returncode or expected not in done.stdout:
        print(done.stderr, end="")
        return [f"{' '.join(command)} ended with status {done.returncode}, expected to say '{expected}'"]
    return []


def without_network() -> list[str]:
    """What to put before a command so that it has no network: on Linux a namespace of its own, if that is allowed."""
    wrapper = ["unshare", "--map-root-user", "--net"]
    if not sys.platform.startswith("linux") or shutil.which("unshare") is None:
        return []
    allowed = subprocess.run([*wrapper, "true"], capture_output=True, check=False).returncode == 0
    return wrapper if allowed else []


def empty_environment(home: Path) -> dict[str, str]:
    """The environment of a new user whose proxy leads nowhere; nothing of this Python's."""
    kept = ("PATH", "SYSTEMROOT", "WINDIR", "TEMP", "TMP", "LANG", "DISPLAY", "OMP_NUM_THREADS", "NUMBA_NUM_THREADS")
    environment = {key: os.environ[key] for key in kept if key in os.environ}
    for key in ("HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA"):
        environment[key] = str(home)
    for key in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        environment[key] = "http://127.0.0.1:9"
    if sys.platform.startswith("linux"):
        environment["QT_QPA_PLATFORM"] = "offscreen"
    return environment


if __name__ == "__main__":
    sys.exit(main())
