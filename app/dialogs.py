"""The questions that the window asks. One object, so that tests can answer."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QFileDialog, QGridLayout, QInputDialog, QMessageBox, QSizePolicy, QSpacerItem, QWidget

from app import preferences, theme

VIDEO_PATTERNS = "*.mp4 *.mov *.mkv *.m4v *.webm *.avi *.mts *.m2ts *.mpg *.mpeg *.ts"

UnsavedAnswer = Literal["save", "discard", "cancel"]
SwappedAnswer = Literal["use", "locate", "cancel"]
RelinkAnswer = Literal["file", "folder", "cancel"]


def _tr(text: str) -> str:
    return QCoreApplication.translate("Dialogs", text)


BOX_WIDTH_PX = 380


def _widen(box: QMessageBox) -> None:
    """Give a box room for its buttons: by itself it is as wide as its text, and cuts them off."""
    layout = box.layout()
    if isinstance(layout, QGridLayout):
        room = QSpacerItem(BOX_WIDTH_PX, 0, QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Minimum)
        layout.addItem(room, layout.rowCount(), 0, 1, layout.columnCount())


class Dialogs:
    """Modal questions over a window. Each returns None (or ``cancel``) when the user backs out."""

    def __init__(self, window: QWidget | None = None) -> None:
        self._window = window

    def _remember(self, name: str) -> Path | None:
        if not name:
            return None
        path = Path(name)
        preferences.set_last_folder(path if path.is_dir() else path.parent)
        return path

    def choose_document(self) -> Path | None:
        """A clip or a project to open."""
        name, _ = QFileDialog.getOpenFileName(
            self._window,
            _tr("Open a clip or a project"),
            preferences.last_folder(),
            f"{_tr('Clips and projects')} ({VIDEO_PATTERNS} *.vbr);;{_tr('Projects')} (*.vbr);;{_tr('All files')} (*)",
        )
        return self._remember(name)

    def locate_clip(self, sentence: str) -> Path | None:
        """Where the clip of a project is now."""
        name, _ = QFileDialog.getOpenFileName(
            self._window,
            f"{sentence} {_tr('Where is it?')}",
            preferences.last_folder(),
            f"{_tr('Clips')} ({VIDEO_PATTERNS});;{_tr('All files')} (*)",
        )
        return self._remember(name)

    def choose_search_folder(self) -> Path | None:
        """A folder to look for a clip in."""
        name = QFileDialog.getExistingDirectory(
            self._window, _tr("Search this folder for the clip"), preferences.last_folder()
        )
        return self._remember(name)

    def choose_still_target(self, suggestion: Path) -> Path | None:
        """Where to write a picture."""
        name, _ = QFileDialog.getSaveFileName(
            self._window, _tr("Save the frame as"), str(suggestion), f"{_tr('Pictures')} (*.png *.tif *.tiff *.jpg)"
        )
        path = self._remember(name)
        return path.with_name(f"{path.name}.png") if path is not None and not path.suffix else path

    def choose_project_target(self, suggestion: Path) -> Path | None:
        """Where to save the project."""
        name, _ = QFileDialog.getSaveFileName(
            self._window, _tr("Save the project"), str(suggestion), f"{_tr('Projects')} (*.vbr)"
        )
        path = self._remember(name)
        return path.with_name(f"{path.name}.vbr") if path is not None and not path.suffix else path

    def choose_export_target(self, suggestion: Path) -> Path | None:
        """Where to write the video."""
        name, _ = QFileDialog.getSaveFileName(
            self._window, _tr("Export as"), str(suggestion), f"{_tr('Videos')} (*.mp4 *.mov *.mkv)"
        )
        return self._remember(name)

    def choose_depth_target(self, suggestion: Path, suffixes: tuple[str, ...]) -> Path | None:
        """Where to write disparity: a file with one of these endings, or a new folder if there are none."""
        title = _tr("Write the depth to") if suffixes else _tr("New folder for the pictures")
        patterns = f"{_tr('Videos')} ({' '.join(f'*{end}' for end in suffixes)})" if suffixes else ""
        name, _ = QFileDialog.getSaveFileName(self._window, title, str(suggestion), patterns)
        return self._remember(name)

    def ask_preset_name(self, suggestion: str) -> str | None:
        """A name for the choices of an export."""
        name, agreed = QInputDialog.getText(
            self._window, _tr("Save as a preset"), _tr("Name of the preset"), text=suggestion
        )
        return name if agreed else None

    def ask_short_disk(self, sentence: str) -> bool:
        """Whether to export although the disk may be too small."""
        box = QMessageBox(self._window)
        box.setIcon(QMessageBox.Icon.NoIcon)
        box.setWindowTitle(_tr("Export anyway?"))
        box.setText(sentence)
        box.setInformativeText(_tr("If it gets full, the export stops and nothing of it is kept."))
        anyway = box.addButton(_tr("Export anyway"), QMessageBox.ButtonRole.DestructiveRole)
        back = box.addButton(_tr("Go back"), QMessageBox.ButtonRole.RejectRole)
        box.setDefaultButton(back)
        box.setEscapeButton(back)
        _widen(box)
        box.exec()
        return box.clickedButton() is anyway

    def choose_depth_folder(self) -> Path | None:
        """A folder of disparity pictures."""
        name = QFileDialog.getExistingDirectory(
            self._window, _tr("Folder of disparity pictures"), preferences.last_folder()
        )
        return self._remember(name)

    def choose_depth_video(self) -> Path | None:
        """A grey video of disparity."""
        name, _ = QFileDialog.getOpenFileName(
            self._window,
            _tr("Grey video of disparity"),
            preferences.last_folder(),
            f"{_tr('Videos')} ({VIDEO_PATTERNS});;{_tr('All files')} (*)",
        )
        return self._remember(name)

    def choose_weights_file(self, title: str) -> Path | None:
        """The weights of a depth model, from elsewhere."""
        name, _ = QFileDialog.getOpenFileName(
            self._window,
            _tr("Weights of {title}").format(title=title),
            preferences.last_folder(),
            f"{_tr('Weights')} (*.pt *.pth *.safetensors);;{_tr('All files')} (*)",
        )
        return self._remember(name)

    def ask_remove_model(self, title: str, size: str) -> bool:
        """Whether to delete the weights of a model."""
        box = QMessageBox(self._window)
        box.setIcon(QMessageBox.Icon.NoIcon)
        box.setWindowTitle(_tr("Remove the model?"))
        box.setText(_tr("The weights of “{title}” are deleted from this machine.").format(title=title))
        box.setInformativeText(_tr("Getting them again means a download of {size}.").format(size=size))
        remove = box.addButton(_tr("Remove"), QMessageBox.ButtonRole.DestructiveRole)
        keep = box.addButton(_tr("Keep"), QMessageBox.ButtonRole.RejectRole)
        box.setDefaultButton(keep)
        box.setEscapeButton(keep)
        _widen(box)
        box.exec()
        return box.clickedButton() is remove

    def ask_unsaved(self, name: str) -> UnsavedAnswer:
        """What to do with unsaved work."""
        box = QMessageBox(self._window)
        box.setIcon(QMessageBox.Icon.NoIcon)
        box.setWindowTitle(_tr("Save your work?"))
        box.setText(_tr("“{name}” has changes that are not saved.").format(name=name))
        box.setInformativeText(_tr("Without saving they are lost."))
        save = box.addButton(_tr("Save"), QMessageBox.ButtonRole.AcceptRole)
        discard = box.addButton(_tr("Do not save"), QMessageBox.ButtonRole.DestructiveRole)
        cancel = box.addButton(_tr("Cancel"), QMessageBox.ButtonRole.RejectRole)
        theme.set_property(save, "primary", True)
        box.setDefaultButton(save)
        box.setEscapeButton(cancel)
        _widen(box)
        box.exec()
        clicked = box.clickedButton()
        if clicked is save:
            return "save"
        return "discard" if clicked is discard else "cancel"

    def ask_swapped(self, sentence: str) -> SwappedAnswer:
        """Whether to go on with a file that is not the project's clip."""
        box = QMessageBox(self._window)
        box.setIcon(QMessageBox.Icon.NoIcon)
        box.setWindowTitle(_tr("Another clip"))
        box.setText(sentence)
        box.setInformativeText(_tr("Focus keys may not fit it."))
        locate = box.addButton(_tr("Find the clip…"), QMessageBox.ButtonRole.AcceptRole)
        use = box.addButton(_tr("Use this one"), QMessageBox.ButtonRole.DestructiveRole)
        box.addButton(_tr("Cancel"), QMessageBox.ButtonRole.RejectRole)
        box.setDefaultButton(locate)
        _widen(box)
        box.exec()
        clicked = box.clickedButton()
        if clicked is locate:
            return "locate"
        return "use" if clicked is use else "cancel"

    def ask_relink(self, sentence: str, detail: str, can_search: bool) -> RelinkAnswer:
        """How to find a clip: point at it, or have a folder searched."""
        box = QMessageBox(self._window)
        box.setIcon(QMessageBox.Icon.NoIcon)
        box.setWindowTitle(_tr("Where is the clip?"))
        box.setText(sentence)
        box.setInformativeText(detail)
        file = box.addButton(_tr("Choose the file…"), QMessageBox.ButtonRole.AcceptRole)
        folder = box.addButton(_tr("Search a folder…"), QMessageBox.ButtonRole.ActionRole)
        folder.setVisible(can_search)
        cancel = box.addButton(_tr("Cancel"), QMessageBox.ButtonRole.RejectRole)
        theme.set_property(file, "primary", True)
        box.setDefaultButton(file)
        box.setEscapeButton(cancel)
        _widen(box)
        box.exec()
        clicked = box.clickedButton()
        if clicked is file:
            return "file"
        return "folder" if clicked is folder else "cancel"

    def ask_stop_exports(self, sentence: str) -> bool:
        """Whether to close although exports are not finished."""
        box = QMessageBox(self._window)
        box.setIcon(QMessageBox.Icon.NoIcon)
        box.setWindowTitle(_tr("Stop exporting?"))
        box.setText(sentence)
        box.setInformativeText(
            _tr("Closing stops what is left. Unfinished files are removed; earlier ones stay as they were.")
        )
        keep = box.addButton(_tr("Keep exporting"), QMessageBox.ButtonRole.RejectRole)
        stop = box.addButton(_tr("Stop and close"), QMessageBox.ButtonRole.DestructiveRole)
        box.setDefaultButton(keep)
        box.setEscapeButton(keep)
        _widen(box)
        box.exec()
        return box.clickedButton() is stop

    def ask_forget_kept(self, name: str) -> bool:
        """Whether to delete unsaved work that was kept after a crash."""
        box = QMessageBox(self._window)
        box.setIcon(QMessageBox.Icon.NoIcon)
        box.setWindowTitle(_tr("Throw it away?"))
        box.setText(_tr("The unsaved work on “{name}” will be gone for good.").format(name=name))
        throw = box.addButton(_tr("Throw away"), QMessageBox.ButtonRole.DestructiveRole)
        keep = box.addButton(_tr("Keep it"), QMessageBox.ButtonRole.RejectRole)
        box.setDefaultButton(keep)
        box.setEscapeButton(keep)
        _widen(box)
        box.exec()
        return box.clickedButton() is throw
