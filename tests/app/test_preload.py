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
