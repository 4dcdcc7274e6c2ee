"""What can go wrong, said to a person.

Every error that a user can cause carries two texts: ``message``, one sentence that says what was found, and ``hint``,
one sentence that says what to do about it (it may be empty). The command line prints both and exits with status 2; the
window shows both in one place. Anything that is not a :class:`VbrError` is a defect and is logged with its traceback.
"""

from __future__ import annotations


class VbrError(Exception):
    """An error with a sentence for the user.

    Args:
        message: One sentence: what was found.
        hint: One sentence: what to do about it. May be empty.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


class InputError(VbrError):
    """A value given by the user (argument, setting, array) is out of its range or of the wrong form."""


class ClipError(VbrError):
    """A video file cannot be opened, indexed or decoded."""


class ProjectError(VbrError):
    """A project file is damaged, too new, or does not fit its clip."""


class DepthError(VbrError):
    """A disparity source is missing, incomplete or damaged."""


class ModelError(VbrError):
    """A weights file is missing, damaged, of another network, or unsafe."""


class OutputError(VbrError):
    """The result cannot be written where it was asked for."""


class OutOfMemoryError(VbrError):
    """Even the smallest tile does not fit into memory."""
