from __future__ import annotations

import importlib.util
import re
import shutil
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QCoreApplication, QTranslator
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QAbstractButton, QApplication, QComboBox, QDialog, QLabel, QWidget

from app import core_words, translation
from app.translation import FOLDER, LANGUAGES, chosen_language, install_translator
from tests.app.session_stub import use_dark_theme

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.app.conftest import WindowRig

TS = FOLDER / "studio_de.ts"
CORE = Path(__file__).parents[2] / "vbr_core"
SAME_IN_BOTH = 60
"""At most so many texts may read alike in both languages (names, numbers, words such as "Codec")."""


def messages(path: Path = TS) -> list[tuple[str, ET.Element]]:
    """(context, message) of a translation file."""
    return [
        (context.findtext("name") or "", message)
        for context in ET.parse(path).getroot().iter("context")
        for message in context.iter("message")
    ]


def forms(message: ET.Element) -> list[str]:
    """The translation: one text, or one for every plural."""
    entry = message.find("translation")
    assert entry is not None
    return [part.text or "" for part in entry.findall("numerusform")] or [entry.text or ""]


def placeholders(text: str) -> set[str]:
    return set(re.findall(r"\{[^}]*\}|%n|%\d", text))


@pytest.fixture(params=LANGUAGES)
def language(request: pytest.FixtureRequest, qapp: QApplication) -> Iterator[str]:
    yield from speaking(request.param)


@pytest.fixture
def german(qapp: QApplication) -> Iterator[str]:
    yield from speaking("de")


def speaking(language: str) -> Iterator[str]:
    application = QCoreApplication.instance()
    assert application is not None
    assert install_translator(application, language) == language
    yield language
    for translator in application.findChildren(QTranslator):
        application.removeTranslator(translator)
        translator.deleteLater()


def test_every_text_of_the_window_is_there_in_german(tmp_path: Path) -> None:
    spec = importlib.util.spec_from_file_location("update", FOLDER / "update.py")
    assert spec
    assert spec.loader
    update = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(update)
    if not Path(update.tool("pyside6-lupdate")).exists():
        pytest.skip("this PySide6 came without pyside6-lupdate")
    now = tmp_path / TS.name
    shutil.copy(TS, now)
    update.extract(now)
    found = {(context, message.findtext("source")): message for context, message in messages(now)}
    open_ones = [key for key, message in found.items() if message.find("translation[@type='unfinished']") is not None]
    assert len(found) > 700
    assert open_ones == [], "run resources/translations/update.py and translate these"
    kept = {(context, message.findtext("source")) for context, message in messages()}
    assert kept == set(found), "run resources/translations/update.py"


def test_placeholders_and_line_ends_survive() -> None:
    for context, message in messages():
        source = message.findtext("source") or ""
        for text in forms(message):
            assert placeholders(text) == placeholders(source), (context, source, text)
            assert text.strip(), (context, source)
            assert text.endswith("…") == source.endswith("…"), (context, source, text)
            assert (text[0] == " ") == (source[0] == " "), (context, source, text)
            assert ("&" in text) == ("&" in source), (context, source, text)


def test_it_is_german() -> None:
    alike = {message.findtext("source") or "" for _context, message in messages()} & {
        text for _context, message in messages() for text in forms(message)
    }
    assert len(alike) < SAME_IN_BOTH, sorted(alike)


def test_the_compiled_file_is_that_of_the_source(language: str) -> None:
    translator = QTranslator()
    assert translator.load(f"studio_{language}", str(FOLDER))
    for context, message in messages(FOLDER / f"studio_{language}.ts"):
        source, texts = message.findtext("source") or "", forms(message)
        found = [translator.translate(context, source)] if len(texts) == 1 else []
        found = found or [translator.translate(context, source, "", count) for count in (1, 2)]
        assert found == texts, (context, source)


def test_no_two_entries_of_a_menu_share_a_letter(language: str, rig: WindowRig) -> None:
    bar = rig.window.menuBar()
    menus = [action.menu() for action in bar.actions()]
    for texts in [[a.text() for a in bar.actions()], *([a.text() for a in menu.actions()] for menu in menus if menu)]:
        letters = [match[1].lower() for text in texts if (match := re.search(r"&([^&])", text))]
        assert len(letters) == len(set(letters)), texts


def cut_off(window: QWidget) -> list[tuple[str, int, int]]:
    """Visible texts that have less room than they need."""
    return [
        (text, widget.width(), widget.minimumSizeHint().width())
        for widget in window.findChildren(QWidget)
        if isinstance(widget, QLabel | QAbstractButton) and (text := widget.text()) and widget.isVisible()
        if widget.width() < widget.minimumSizeHint().width()
    ]


def test_the_window_speaks_german_and_nothing_is_cut_off(german: str, rig: WindowRig) -> None:
    use_dark_theme()
    rig.open()
    titles = [action.text().replace("&", "") for action in rig.window.menuBar().actions()]
    assert titles == ["Datei", "Bearbeiten", "Clip", "Fokus", "Ansicht", "Export", "Hilfe"]
    rig.wait(lambda: not cut_off(rig.window))  # layouts settle late


def test_no_english_is_left_in_the_window(german: str, rig: WindowRig) -> None:
    rig.open()
    window = rig.window
    window.desk.show_preferences()
    window.desk.show_palette()
    window.export_dialog.open_for_document()
    rig.wait(lambda: not window.runner.jobs)
    english = {message.findtext("source"): forms(message)[0] for _context, message in messages()}
    english = {source: text for source, text in english.items() if source and source not in forms_of_all()}
    seen = set()
    for widget in [window, *window.findChildren(QWidget)]:
        seen |= {widget.toolTip(), widget.accessibleName(), widget.windowTitle()}
        if isinstance(widget, QLabel | QAbstractButton):
            seen.add(widget.text())
        if isinstance(widget, QComboBox):
            seen |= {widget.itemText(index) for index in range(widget.count())}
    seen |= {action.text() for action in window.findChildren(QAction)}
    assert len(seen) > 100
    assert seen & set(english) == set()
    for dialog in window.findChildren(QDialog):
        dialog.reject()


def forms_of_all() -> set[str]:
    return {text for _context, message in messages() for text in forms(message)}


def test_plurals(german: str) -> None:
    words = [QCoreApplication.translate("KeyController", "%n key(s) copied", "", count) for count in (1, 3)]
    assert words == ["1 Keyframe kopiert", "3 Keyframes kopiert"]


def test_english_is_the_fallback_and_takes_back_german(german: str) -> None:
    application = QApplication.instance()
    assert application is not None
    assert QCoreApplication.translate("AboutDialog", "Close") == "Schließen"
    assert install_translator(application, "en") == "en"
    assert QCoreApplication.translate("AboutDialog", "Close") == "Close"
    assert QCoreApplication.translate("KeyController", "%n key(s) copied", "", 1) == "1 key copied"


@pytest.mark.parametrize(
    ("system", "choice", "language"),
    [
        (["de-AT", "en"], "system", "de"),
        (["fr-FR", "de"], "system", "de"),
        (["fr-FR"], "system", "en"),
        ([], "system", "en"),
        (["de"], "en", "en"),
        (["en"], "nonsense", "en"),
    ],
)
def test_the_language_of_the_system(
    system: list[str], choice: str, language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Locale:
        @staticmethod
        def system() -> Locale:
            return Locale()

        def uiLanguages(self) -> list[str]:
            return system

    monkeypatch.setattr(translation, "QLocale", Locale)
    assert chosen_language(choice) == language


def test_every_phase_of_a_job_that_the_window_runs_has_words() -> None:
    phases = set()
    for path in CORE.rglob("*.py"):
        if "train" in path.parts or "cli" in path.parts:  # no jobs of the window
            continue
        text = path.read_text(encoding="utf-8")
        phases |= set(re.findall(r'^PHASE = "([^"]+)"', text, re.M))
        phases |= set(re.findall(r'\.step\([^()"]*(?:\([^()]*\)[^()"]*)*"([^"]+)"', text))
    assert "Rendering" in phases
    assert "Estimating depth" in phases
    assert phases - {"bytes"} <= set(core_words.PHASES)


def test_phases_are_translated(german: str) -> None:
    assert core_words.phase_words("Estimating depth") == "Tiefe schätzen"
    assert core_words.phase_words("Waiting to try host again") == "Waiting to try host again"
