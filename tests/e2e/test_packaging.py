"""The packed program: what goes into it, and the switches that test an installation. It is built only by request."""

from __future__ import annotations

import ast
import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from app import self_test
from app.__main__ import main
from vbr_core import __version__
from vbr_core.doctor import Check

if TYPE_CHECKING:
    from types import ModuleType

ROOT = Path(__file__).parents[2]
PACKAGING = ROOT / "resources" / "packaging"
SOURCES = sorted([*(ROOT / "app").rglob("*.py"), *(ROOT / "vbr_core").rglob("*.py")])


def load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"packaging_{name}", PACKAGING / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def contents() -> ModuleType:
    return load("contents")


def run_app(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "app", *arguments], cwd=ROOT, capture_output=True, text=True, timeout=200, check=False
    )


# --- what goes into the program ---------------------------------------------------------------------------------------


def test_spec_parses_and_names_files_that_exist() -> None:
    tree = ast.parse((ROOT / "build.spec").read_text("utf-8"))
    texts = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    scripts = {text for text in texts if text.endswith(".py")}
    assert scripts == {"start_studio.py", "start_vbr.py", "runtime.py"}
    for name in scripts:
        compile((PACKAGING / name).read_text("utf-8"), name, "exec")
    called = {node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    assert {"Analysis", "PYZ", "EXE", "COLLECT", "BUNDLE"} <= called


def test_resources_are_all_there(contents: ModuleType) -> None:
    files = {
        Path(path).relative_to(ROOT).as_posix(): Path(folder).as_posix() for path, folder in contents.resource_files()
    }
    for name, folder in files.items():
        assert (ROOT / name).is_file()
        assert folder == ("." if "/" not in name else Path(name).parent.as_posix())
    needed = ["models/models.json", "models/starter.safetensors", "models/vbr-hybrid.safetensors", "icons/app.svg"]
    needed += ["sample/sample.mp4", "sample/sample.json", "sample/disparity.mp4", "self_test.npz", "style.qss"]
    assert {f"resources/{name}" for name in needed} | {"LICENSE"} <= set(files)
    assert not [name for name in files if name.endswith(".py") or "/training/" in name or "/packaging/" in name]


def test_version_is_that_of_the_code(contents: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    assert contents.version() == __version__
    monkeypatch.setattr(contents, "read_project", lambda: {"version": "99.0"})
    with pytest.raises(SystemExit, match=r"99\.0"):
        contents.version()


def test_operators_of_torchvision_come_along(contents: ModuleType) -> None:
    """The file has had several names; without it every network of timm fails to import."""
    import torch
    import torchvision

    packed = {Path(path).resolve() for path, folder in contents.torchvision_libraries() if folder == "torchvision"}
    loaded = {Path(path).resolve() for path in torch.ops.loaded_libraries}
    top = Path(torchvision.__file__).resolve().parent
    assert packed
    assert {path for path in loaded if top in path.parents} <= packed


@pytest.mark.parametrize(
    ("folder", "left_out"),
    [("huggingface_hub-2.4.0.dist-info", True), ("torch-2.15.0.dist-info", False), ("triton-3.7.dist-info/x", True)],
)
def test_licences_are_those_of_what_is_packed(contents: ModuleType, folder: str, left_out: bool) -> None:
    assert contents.is_left_out(folder) is left_out


def imported_at_start(path: Path) -> set[str]:
    """Modules that a file imports when it is itself imported."""
    names: set[str] = set()
    for node in ast.parse(path.read_text("utf-8")).body:
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def test_what_is_left_out_is_not_needed(contents: ModuleType) -> None:
    for path in SOURCES:
        imported = imported_at_start(path)
        assert not imported & set(contents.ONLY_TRIED), path
        if path.with_suffix("").as_posix().endswith(tuple(name.replace(".", "/") for name in contents.ONLY_TRIED)):
            continue
        wanted = {
            (name, left_out)
            for name in imported
            for left_out in contents.EXCLUDED
            if name == left_out or name.startswith(f"{left_out}.")
        }
        assert not wanted, path
    assert not {name.lower() for name in contents.needed_packages()} & {name.lower() for name in contents.EXCLUDED}


def test_modules_with_compiled_functions_stay_source(contents: ModuleType) -> None:
    """Numba finds no place for compiled functions of a file that does not exist, and then does not start."""
    cached = [
        path for path in SOURCES if "cache=True" in path.read_text("utf-8") and "numba" in path.read_text("utf-8")
    ]
    assert cached
    for path in cached:
        assert ".".join(path.relative_to(ROOT).parent.parts) in contents.FROM_SOURCE, path


def test_cuda_is_refused_in_a_build_for_processors(contents: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contents, "torch_cuda", lambda: "12.9")
    with pytest.raises(SystemExit, match=r"CUDA 12\.9"):
        contents.check_processor_build()
    monkeypatch.setattr(contents, "torch_cuda", lambda: None)
    contents.check_processor_build()
    assert contents.cuda_libraries() == []


@pytest.mark.parametrize(("platform", "name"), [("win32", "app.ico"), ("darwin", "app.icns"), ("linux", None)])
@pytest.mark.usefixtures("qapp")
def test_icon_files(platform: str, name: str | None, tmp_path: Path) -> None:
    from PySide6.QtGui import QImageReader

    icon_files = load("icon_files")
    path = icon_files.write_icon(ROOT / "resources" / "icons" / "app.svg", tmp_path / "work", platform)
    if name is None:
        assert path is None
        return
    assert path == tmp_path / "work" / name
    reader = QImageReader(str(path))
    assert reader.imageCount() == len(icon_files.ICO_SIZES_PX if name == "app.ico" else icon_files.ICNS_TYPES)
    largest = 0
    for number in range(reader.imageCount()):
        reader.jumpToImage(number)
        picture = reader.read()
        assert not picture.isNull(), reader.errorString()
        assert picture.pixelColor(0, 0).alpha() == 0
        assert picture.pixelColor(picture.width() // 8, picture.height() // 2).alpha() == 255
        largest = max(largest, picture.width())
    assert largest == (256 if name == "app.ico" else 1024)


def test_kernels_are_kept_in_the_cache_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", "chosen")
    monkeypatch.setenv("VBR_CACHE_DIR", str(tmp_path))
    runtime = load("runtime")
    assert os.environ["NUMBA_CACHE_DIR"] == "chosen"
    folder = Path(runtime.kernel_cache())
    assert folder.is_dir()
    assert tmp_path in folder.parents
    monkeypatch.setattr(sys, "executable", str(tmp_path / "vbr-studio.exe"))
    assert Path(runtime.kernel_cache()) == folder.with_name("vbr-studio")
    blocked = tmp_path / "a file"
    blocked.touch()
    monkeypatch.setenv("VBR_CACHE_DIR", str(blocked))
    elsewhere = Path(runtime.kernel_cache())
    assert elsewhere.is_dir()
    elsewhere.rmdir()


def test_a_program_without_console_gets_streams(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", "chosen")
    runtime = load("runtime")
    monkeypatch.setattr(sys, "stdout", None)
    runtime.give_streams()
    assert sys.stdout is not None
    sys.stdout.write("unseen")
    sys.stdout.close()


# --- the switches that test an installation ---------------------------------------------------------------------------


def test_version_switch() -> None:
    done = run_app("--version")
    assert (done.returncode, done.stdout.strip()) == (0, f"vbr-studio {__version__}")


@pytest.mark.gui
def test_window_switch_opens_and_closes(private_folders: Path) -> None:
    done = run_app("--window-test")
    assert done.returncode == 0, done.stderr
    log = (private_folders / "config" / "log" / "vbr-studio.log").read_text("utf-8")
    assert "ended with status 0" in log


@pytest.mark.weights
def test_self_test_renders_the_sample_clip(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("vbr_core.pipeline.self_test", lambda: [Check("the core's", True, "tested elsewhere")])
    assert main(["--self-test"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in lines] == ["ok   the core's", "ok   Sample clip", "ok   Depth networks"]


def test_self_test_says_what_fails(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def broken() -> str:
        raise FileNotFoundError("starter.safetensors")

    monkeypatch.setattr("vbr_core.pipeline.self_test", list)
    monkeypatch.setattr(self_test, "render_sample", broken)
    monkeypatch.setattr(self_test, "build_networks", lambda: "9 can be built")
    assert self_test.print_self_test() == 1
    out = capsys.readouterr().out
    assert "FAIL Sample clip: FileNotFoundError: starter.safetensors" in out
    assert "ok   Depth networks" in out  # one that fails does not stop the others
    monkeypatch.setattr(sys, "stdout", None)  # Windows, no console
    assert self_test.print_self_test() == 1


@pytest.mark.slow
@pytest.mark.skipif("VBR_BUILD_TEST" not in os.environ, reason="set VBR_BUILD_TEST: takes minutes and gigabytes")
def test_the_packed_program_passes(tmp_path: Path) -> None:
    command = [
        sys.executable,
        str(PACKAGING / "build.py"),
        "--out",
        str(tmp_path / "out"),
        "--work",
        str(tmp_path / "w"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
