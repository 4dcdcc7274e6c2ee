"""Libraries that are loaded ahead of their import."""

from __future__ import annotations

import subprocess
import sys

import pytest

from app import preload


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads what is mapped from /proc")
def test_the_import_finds_them_mapped() -> None:
    program = """
import sys
from app.preload import load_libraries
paths = load_libraries()
mapped = open("/proc/self/maps").read()
assert all(str(path.resolve()) in mapped for path in paths), paths
assert any("torch_cpu" in path.name for path in paths)
assert not {"torch", "cv2", "llvmlite"} & set(sys.modules)
import torch, cv2
assert float(torch.ones(3).sum()) == 3.0
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=300)


def test_a_library_that_cannot_be_loaded_is_left_to_its_import(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    broken = tmp_path_factory.mktemp("broken") / "libtorch_cpu.so"
    broken.write_bytes(b"not a library")
    monkeypatch.setattr(preload, "_loaded", None)
    monkeypatch.setattr(preload, "find_libraries", lambda: [broken])
    assert preload.load_libraries() == []


def test_the_sources_of_what_is_imported_stay_unread() -> None:
    program = """
import linecache
import PySide6.QtCore
from app.preload import leave_sources_unread
leave_sources_unread()
import wave, app.timecode
read = [name for name in linecache.cache if name.endswith(("wave.py", "timecode.py"))]
assert not read, read
import app.about
app.about.QDialog  # a module that does use Qt
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


def test_what_the_first_picture_needs_is_there_when_the_clip_is_open() -> None:
    """Nothing of the core is imported while the window fills itself with the document."""
    program = """
import sys
from app.core_access import Core
from vbr_core.jobs import JobContext
core = Core()
opened = core.open_clip(core.sample_clip_path(), JobContext())
before = set(sys.modules)
core.open_frames(opened.path).close()
late = {name for name in set(sys.modules) - before if name.partition(".")[0] in ("torch", "numba", "cv2", "av")}
assert len(late) < 20, sorted(late)
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=300)
