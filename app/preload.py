"""Large libraries are loaded before they are imported, without holding the window up.

``import torch`` maps hundreds of megabytes and Python's lock is held meanwhile, so the window would stand still for a
third of a second and more, wherever the import runs. A foreign call gives the lock away: what is mapped by one is only
found when the import comes.
"""

from __future__ import annotations

import ctypes
import importlib.util
import logging
import os
import sys
import threading
from pathlib import Path

log = logging.getLogger(__name__)

LIBRARIES = {
    "torch": ("lib/libtorch_cpu.*", "lib/libtorch_cuda.so", "lib/libtorch_python.*"),
    "llvmlite": ("binding/libllvmlite.*",),
    "cv2": ("cv2*.so",),
}
"""Package -> its large libraries, in the order in which they may be loaded."""

USES_QT = ("app", "pyqtgraph")

_lock = threading.Lock()
_loaded: list[Path] | None = None


def find_libraries() -> list[Path]:
    """The files of :data:`LIBRARIES` that are installed."""
    found: list[Path] = []
    for package, patterns in LIBRARIES.items():
        spec = importlib.util.find_spec(package)
        for folder in spec.submodule_search_locations or () if spec else ():
            found += [path for pattern in patterns for path in sorted(Path(folder).glob(pattern))]
    return found


def load_libraries() -> list[Path]:
    """Map the large libraries into the process, once; for worker threads. Returns those that were mapped.

    What cannot be loaded here is left to the import, which says why. Windows keeps to the import as well.
    """
    global _loaded
    with _lock:
        if _loaded is None:
            leave_sources_unread()
            _loaded = [] if sys.platform == "win32" else [path for path in find_libraries() if _load(path)]
            log.info("loaded %s", ", ".join(path.name for path in _loaded) or "nothing ahead")
        return _loaded


def leave_sources_unread() -> None:
    """Keep PySide from reading the source of every module that is imported after it.

    It looks whether its own name is in there, for a switch of its naming style that is not used here. That made the
    import of the core a third slower.
    """
    feature = sys.modules.get("shibokensupport.feature")
    if hasattr(feature, "_mod_uses_pyside"):  # what it would have found, without looking
        feature._mod_uses_pyside = lambda module: module.__name__.partition(".")[0] in USES_QT  # type: ignore[union-attr]


def _load(path: Path) -> bool:
    dlopen = ctypes.CDLL(None).dlopen  # unlike the making of a CDLL, a call of a function gives Python's lock away
    dlopen.restype, dlopen.argtypes = ctypes.c_void_p, [ctypes.c_char_p, ctypes.c_int]
    return bool(dlopen(os.fsencode(path), os.RTLD_LAZY))
