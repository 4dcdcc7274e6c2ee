"""What goes into the packed program and what does not; ``build.spec`` asks here."""

from __future__ import annotations

import importlib.util
import re
import runpy
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

LEFT_OUT = {"packaging", "training", "__pycache__"}
"""Folders of ``resources`` that only a developer needs."""

LEFT_OUT_FILES = {"screenshot.jpg"}

EXCLUDED = (
    "IPython",
    "PIL.ImageQt",
    "_pytest",
    "grimp",
    "hf_xet",
    "huggingface_hub",  # timm would use it to download; every file of ours is fetched by the program's own code
    "hypothesis",
    "importlinter",
    "matplotlib",
    "mypy",
    "pandas",
    "pip",
    "pre_commit",
    "pytest",
    "pytestqt",
    "ruff",
    "tensorboard",
    "tkinter",
    "torch.utils.tensorboard",
    "torchaudio",
    "torchmetrics",
    "triton",  # 1 GB, and it needs a C compiler: without it torch scatters on CUDA (kernels/scatter_cuda.py)
)
"""Modules that nothing here needs at run time, though something imports them if they are there."""

ONLY_TRIED = ("vbr_core.kernels.scatter_triton",)
"""Modules that need something of this, and are imported where their want is no error."""

FROM_SOURCE = ("vbr_core.kernels", "vbr_core.train.depth", "vbr_core.train.svb")
"""Packages whose modules lie in the program as source: numba keeps compiled functions only of files that exist."""

LIBRARY_SUFFIXES = {".so", ".pyd", ".dll", ".dylib"}

UNUSED_TORCH_FILES = re.compile(
    r"^torch/(include|share|test)/|^torch/bin/(?!torch_shm_manager)|^torch/lib/.*\.(a|lib)$"
)


def version() -> str:
    """The program's version, as in ``pyproject.toml``.

    Raises:
        SystemExit: The code says another.
    """
    project = read_project()
    text = (ROOT / "vbr_core" / "__init__.py").read_text("utf-8")
    found = re.search(r'^__version__ = "(.+)"$', text, re.MULTILINE)
    if found is None or found[1] != project["version"]:
        raise SystemExit(f"pyproject.toml says version {project['version']}, vbr_core says another.")
    return str(project["version"])


def read_project() -> dict:
    """The table ``[project]`` of ``pyproject.toml``."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def is_left_out(folder: str) -> bool:
    """Whether a ``NAME-VERSION.dist-info`` folder belongs to a package that is not packed."""
    return re.split(r"[-/]", folder)[0].lower() in {name.lower() for name in EXCLUDED}


def needed_packages() -> list[str]:
    """Names of the packages that the program depends on."""
    return [re.match(r"[\w.-]+", text)[0] for text in read_project()["dependencies"]]  # type: ignore[index]


def resource_files() -> list[tuple[str, str]]:
    """Every file that ships beside the code: (path, folder in the program)."""
    files = [(str(ROOT / name), ".") for name in ("LICENSE", "CHANGELOG.md")]
    top = ROOT / "resources"
    for path in sorted(top.rglob("*")):
        inner = path.relative_to(top)
        if not path.is_file() or path.suffix in (".py", ".pyc") or path.name in LEFT_OUT_FILES:
            continue
        if not LEFT_OUT.intersection(inner.parts):
            files.append((str(path), str(Path("resources") / inner.parent)))
    return files


def torch_cuda() -> str | None:
    """CUDA version of the PyTorch in this environment; None: it runs on the processor (or Apple's GPU) alone."""
    spec = importlib.util.find_spec("torch")
    if spec is None or spec.origin is None:
        raise SystemExit("PyTorch is not installed in this environment.")
    return runpy.run_path(str(Path(spec.origin).with_name("version.py")))["cuda"]


def check_processor_build() -> None:
    """Let a PyTorch without CUDA pass.

    Raises:
        SystemExit: It has CUDA; its libraries are linked with each other and cannot be left out one by one.
    """
    cuda = torch_cuda()
    if cuda is not None:
        raise SystemExit(
            f"--cpu needs a PyTorch without CUDA, and this one has CUDA {cuda}. Install torch and torchvision "
            "from PyTorch's index of CPU builds into a fresh environment and build there."
        )


def torchvision_libraries() -> list[tuple[str, str]]:
    """Libraries with torchvision's operators: (path, folder in the program). It loads them by path, not as modules."""
    spec = importlib.util.find_spec("torchvision")
    if spec is None or spec.origin is None:
        raise SystemExit("torchvision is not installed in this environment.")
    top = Path(spec.origin).parent
    return [(str(path), "torchvision") for path in sorted(top.iterdir()) if path.suffix in LIBRARY_SUFFIXES]


def cuda_libraries() -> list[tuple[str, str]]:
    """Libraries of NVIDIA's own packages (Linux): some are loaded by name, so nothing links to them.

    Returns:
        (path, folder in the program); empty without such packages.
    """
    spec = importlib.util.find_spec("nvidia")
    if spec is None or torch_cuda() is None:
        return []
    found = []
    for top in map(Path, spec.submodule_search_locations or ()):
        for path in sorted(top.rglob("lib*.so*")):
            if path.is_file():
                found.append((str(path), str(Path("nvidia") / path.relative_to(top).parent)))
    return found
