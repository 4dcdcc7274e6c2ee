"""The questions that the window asks. One object, so that tests can answer."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QFileDialog, QGridLayout, QInputDialog, QMessageBox, QSizePolicy, QSpacerItem, QWidget

from app import preferences, theme

translate = QCoreApplication.translate

VIDEO_PATTERNS = "*.mp4 *.mov *.mkv *.m4v *.webm *.avi *.mts *.m2ts *.mpg *.mpeg *.ts"

UnsavedAnswer = Literal["save", "discard", "cancel"]
SwappedAnswer = Literal["use", "locate", "cancel"]
RelinkAnswer = Literal["file", "folder", "cancel"]


BOX_WIDTH_PX = 380


def _widen(box: QMessageBox) -> None:
    """Give a box room for its buttons: by itself it is as wide as its text, and cuts them off."""
    layout = box.layout()
    if isinstance(layout, QGridLayout):
        room = QSpacerItem(BOX_WIDTH_PX, 0, QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Minimum)
        layout.addItem(room, layout.rowCount(), 0, 1, layout.columnCount())


def _kinds(*kinds: tuple[str, str]) -> str:
    """What a file dialog shows, from names and patterns."""
    return ";;".join(f"{name} ({patterns})" for name, patterns in kinds)


def _all() -> tuple[str, str]:
    return translate("Dialogs", "All files"), "*"


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
            translate("Dialogs", "Open a clip or a project"),
            preferences.last_folder(),
            _kinds(
                (translate("Dialogs", "Clips and projects"), f"{VIDEO_PATTERNS} *.vbr"),
                (translate("Dialogs", "Projects"), "*.vbr"),
                _all(),
            ),
        )
        return self._remember(name)

    def locate_clip(self, sentence: str) -> Path | None:
        """Where the clip of a project is now."""
        name, _ = QFileDialog.getOpenFileName(
            self._window,
            sentence + " " + translate("Dialogs", "Where is it?"),
            preferences.last_folder(),
            _kinds((translate("Dialogs", "Clips"), VIDEO_PATTERNS), _all()),
        )
        return self._remember(name)

    def choose_search_folder(self) -> Path | None:
        """A folder to look for a clip in."""
        name = QFileDialog.getExistingDirectory(
            self._window, translate("Dialogs", "Search this folder for the clip"), preferences.last_folder()
        )
        return self._remember(name)

    def choose_still_target(self, suggestion: Path) -> Path | None:
        """Where to write a picture."""
        name, _ = QFileDialog.getSaveFileName(
            self._window,
            translate("Dialogs", "Save the frame as"),
            str(suggestion),
            _kinds((translate("Dialogs", "Pictures"), "*.png *.tif *.tiff *.jpg")),
        )
        path = self._remember(name)
        return path.with_name(f"{path.name}.png") if path is not None and not path.suffix else path

    def choose_project_target(self, suggestion: Path) -> Path | None:
        """Where to save the project."""
        name, _ = QFileDialog.getSaveFileName(
            self._window,
            translate("Dialogs", "Save the project"),
            str(suggestion),
            _kinds((translate("Dialogs", "Projects"), "*.vbr")),
        )
        path = self._remember(name)
        return path.with_name(f"{path.name}.vbr") if path is not None and not path.suffix else path

    def choose_export_target(self, suggestion: Path) -> Path | None:
        """Where to write the video."""
        name, _ = QFileDialog.getSaveFileName(
            self._window,
            translate("Dialogs", "Export as"),
            str(suggestion),
            _kinds((translate("Dialogs", "Videos"), "*.mp4 *.mov *.mkv")),
        )
        return self._remember(name)

    def choose_depth_target(self, suggestion: Path, suffixes: tuple[str, ...]) -> Path | None:
        """Where to write disparity: a file with one of these endings, or a new folder if there are none."""
        title = (
            translate("Dialogs", "Write the depth to")
            if suffixes
            else translate("Dialogs", "New folder for the pictures")
        )
        patterns = _kinds((translate("Dialogs", "Videos"), " ".join(f"*{end}" for end in suffixes))) if suffixes else ""
        name, _ = QFileDialog.getSaveFileName(self._window, title, str(suggestion), patterns)
        return self._remember(name)

    def ask_preset_name(self, suggestion: str) -> str | None:
        """A name for the choices of an export."""
        name, agreed = QInputDialog.getText(
            self._window,
            translate("Dialogs", "Save as a preset"),
            translate("Dialogs", "Name of the preset"),
            text=suggestion,
        )
        return name if agreed else None

    def ask_short_disk(self, sentence: str) -> bool:
        """Whether to export although the disk may be too small."""
        box = QMessageBox(self._window)
        box.setIcon(QMessageBox.Icon.NoIcon)
        box.setWindowTitle(translate("Dialogs", "Export anyway?"))
        box.setText(sentence)
        box.setInformativeText(translate("Dialogs", "If it gets full, the export stops and nothing of it is kept."))
        anyway = box.addButton(translate("Dialogs", "Export anyway"), QMessageBox.ButtonRole.DestructiveRole)
        back = box.addButton(translate("Dialogs", "Go back"), QMessageBox.ButtonRole.RejectRole)
        box.setDefaultButton(back)
        box.setEscapeButton(back)
        _widen(box)
        box.exec()
        return box.clickedButton() is anyway

    def choose_depth_folder(self) -> Path | None:
        """A folder of disparity pictures."""
        name = QFileDialog.getExistingDirectory(
            self._window, translate("Dialogs", "Folder of disparity pictures"), preferences.last_folder()
        )
        return self._remember(name)

    def choose_depth_video(self) -> Path | None:
        """A grey video of disparity."""
        name, _ = QFileDialog.getOpenFileName(
            self._window,
            translate("Dialogs", "Grey video of disparity"),
            preferences.last_folder(),
            _kinds((translate("Dialogs", "Videos"), VIDEO_PATTERNS), _all()),
        )
        return self._remember(name)

    def choose_weights_file(self, title: str) -> Path | None:
        """The weights of a depth model, from elsewhere."""
        name, _ = QFileDialog.getOpenFileName(
            self._window,
            translate("Dialogs", "Weights of {title}").format(title=title),
            preferences.last_folder(),
            _kinds((translate("Dialogs", "Weights"), "*.pt *.pth *.safetensors"), _all()),
        )
        return self._remember(name)

    def ask_remove_model(self, title: str, size: str) -> bool:
        """Whether to delete the weights of a model."""
        box = QMessageBox(self._window)
        box.setIcon(QMessageBox.Icon.NoIcon)
        box.setWindowTitle(translate("Dialogs", "Remove the model?"))
        box.setText(translate("Dialogs", "The weights of “{title}” are deleted from this machine.").format(title=title))
        box.setInformativeText(translate("Dialogs", "Getting them again means a download of {size}.").format(size=size))
        remove = box.addButton(translate("Dialogs", "Remove"), QMessageBox.ButtonRole.DestructiveRole)
        keep = box.addButton(translate("Dialogs", "Keep"), QMessageBox.ButtonRole.RejectRole)
        box.setDefaultButton(keep)
        box.setEscapeButton(keep)
        _widen(box)
        box.exec()
        return box.clickedButton() is remove

    def ask_unsaved(self, name: str) -> UnsavedAnswer:
        """What to do with unsaved work."""
        box = QMessageBox(self._window)
        box.setIcon(QMessageBox.Icon.NoIcon)
        box.setWindowTitle(translate("Dialogs", "Save your work?"))
        box.setText(translate("Dialogs", "“{name}” has changes that are not saved.").format(name=name))
        box.setInformativeText(translate("Dialogs", "Without saving they are lost."))
        save = box.addButton(translate("Dialogs", "Save"), QMessageBox.ButtonRole.AcceptRole)
        discard = box.addButton(translate("Dialogs", "Do not save"), QMessageBox.ButtonRole.DestructiveRole)
        cancel = box.addButton(translate("Dialogs", "Cancel"), QMessageBox.ButtonRole.RejectRole)
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
        box.setWindowTitle(translate("Dialogs", "Another clip"))
        box.setText(sentence)
        box.setInformativeText(translate("Dialogs", "Focus keys may not fit it."))
        locate = box.addButton(translate("Dialogs", "Find the clip…"), QMessageBox.ButtonRole.AcceptRole)
        use = box.addButton(translate("Dialogs", "Use this one"), QMessageBox.ButtonRole.DestructiveRole)
        box.addButton(translate("Dialogs", "Cancel"), QMessageBox.ButtonRole.RejectRole)
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
        box.setWindowTitle(translate("Dialogs", "Where is the clip?"))
        box.setText(sentence)
        box.setInformativeText(detail)
        file = box.addButton(translate("Dialogs", "Choose the file…"), QMessageBox.ButtonRole.AcceptRole)
        folder = box.addButton(translate("Dialogs", "Search a folder…"), QMessageBox.ButtonRole.ActionRole)
        folder.setVisible(can_search)
        cancel = box.addButton(translate("Dialogs", "Cancel"), QMessageBox.ButtonRole.RejectRole)
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
        box.setWindowTitle(translate("Dialogs", "Stop exporting?"))
        box.setText(sentence)
        box.setInformativeText(
            translate(
                "Dialogs", "Closing stops what is left. Unfinished files are removed; earlier ones stay as they were."
            )
        )
        keep = box.addButton(translate("Dialogs", "Keep exporting"), QMessageBox.ButtonRole.RejectRole)
        stop = box.addButton(translate("Dialogs", "Stop and close"), QMessageBox.ButtonRole.DestructiveRole)
        box.setDefaultButton(keep)
        box.setEscapeButton(keep)
        _widen(box)
        box.exec()
        return box.clickedButton() is stop

    def ask_forget_kept(self, name: str) -> bool:
        """Whether to delete unsaved work that was kept after a crash."""
        box = QMessageBox(self._window)
        box.setIcon(QMessageBox.Icon.NoIcon)
        box.setWindowTitle(translate("Dialogs", "Throw it away?"))
        box.setText(translate("Dialogs", "The unsaved work on “{name}” will be gone for good.").format(name=name))
        throw = box.addButton(translate("Dialogs", "Throw away"), QMessageBox.ButtonRole.DestructiveRole)
        keep = box.addButton(translate("Dialogs", "Keep it"), QMessageBox.ButtonRole.RejectRole)
        box.setDefaultButton(keep)
        box.setEscapeButton(keep)
        _widen(box)
        box.exec()
        return box.clickedButton() is throw
