"""The language of the window: English as it is written in the code, German from ``resources/translations``.

Sentences of the core (errors, notes) and of the command line stay English. After texts were changed::

    python resources/translations/update.py

brings ``studio_de.ts`` up to date with the code; new texts in it are marked ``unfinished``: translate them, remove the
mark, and run it again, which also writes the ``.qm`` file that the program reads.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QLibraryInfo, QLocale, QTranslator

if TYPE_CHECKING:
    from PySide6.QtCore import QCoreApplication

log = logging.getLogger(__name__)

LANGUAGES = ("en", "de")
"""Languages that there are; the first one is the one of the code."""
FOLDER = Path(__file__).resolve().parent.parent / "resources" / "translations"


def chosen_language(choice: str) -> str:
    """The language for a choice: ``system`` is the first of the user's languages that there is, else English."""
    if choice in LANGUAGES:
        return choice
    wanted = (name.replace("_", "-").split("-")[0].lower() for name in QLocale.system().uiLanguages())
    return next((name for name in wanted if name in LANGUAGES), LANGUAGES[0])


def install_translator(application: QCoreApplication, choice: str = "system") -> str:
    """Let the application speak a language. Before any window is made.

    English has a file as well, for its plurals only. Qt's own words (buttons of dialogs) come with Qt.

    Args:
        application: It keeps the translators.
        choice: ``system``, or one of :data:`LANGUAGES`.

    Returns:
        The language.
    """
    language = chosen_language(choice)
    for old in application.findChildren(QTranslator):
        application.removeTranslator(old)
        old.deleteLater()
    files = [(f"studio_{language}", str(FOLDER))]
    if language != LANGUAGES[0]:
        files.insert(0, (f"qtbase_{language}", QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)))
    for name, folder in files:
        translator = QTranslator(application)
        if translator.load(name, folder):
            application.installTranslator(translator)
        else:
            log.info("no translation file %s", name)
            translator.deleteLater()
    return language
