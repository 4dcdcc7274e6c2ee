"""Runs first in a packed program: a place for compiled kernels, and streams for a program without console."""

import os
import sys
import tempfile
from pathlib import Path


def kernel_cache() -> str:
    """A writable folder for numba's compiled functions, never the program's own.

    Numba keys them by the executable, so each program has a folder of its own. Without a writable cache folder they
    are compiled anew into a temporary one, since numba refuses to start with none.
    """
    import platformdirs

    given = os.environ.get("VBR_CACHE_DIR")
    root = Path(given) if given else Path(platformdirs.user_cache_dir("vbr-studio"))
    folder = root / "kernels" / Path(sys.executable).stem
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError:
        return tempfile.mkdtemp(prefix="vbr-kernels-")
    return str(folder)


def give_streams() -> None:
    """Windows gives a program without console no standard streams; libraries write to them unasked."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115 - stays open to the end


give_streams()
os.environ.setdefault("NUMBA_CACHE_DIR", kernel_cache())
