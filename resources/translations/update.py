"""Bring the translation files up to date with the texts in ``app/``, and compile them.

    python resources/translations/update.py

Needs nothing but PySide6, which brings ``pyside6-lupdate`` and ``pyside6-lrelease``.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
ROOT = FOLDER.parents[1]
ALIAS = "QT_TRANSLATE_NOOP+=_tr"
"""``app/actions.py`` marks the texts of its table with the short name ``_tr``."""


def tool(name: str) -> str:
    """A tool of PySide6 beside this interpreter."""
    return str(Path(sys.executable).parent / name)


def extract(target: Path, *options: str) -> None:
    """Write the texts of the program into a ``.ts`` file; translations that are in it stay."""
    sources = sorted(str(path.relative_to(ROOT)) for path in (ROOT / "app").rglob("*.py"))
    command = [tool("pyside6-lupdate"), "-no-obsolete", "-locations", "none", "-tr-function-alias", ALIAS, *options]
    subprocess.run([*command, *sources, "-ts", str(target)], cwd=ROOT, check=True, capture_output=True)


def main() -> None:
    """Update and compile all languages."""
    extract(FOLDER / "studio_de.ts")
    extract(FOLDER / "studio_en.ts", "-pluralonly")
    for path in sorted(FOLDER.glob("*.ts")):
        subprocess.run([tool("pyside6-lrelease"), str(path), "-qm", str(path.with_suffix(".qm"))], check=True)


if __name__ == "__main__":
    main()
