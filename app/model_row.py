"""One depth model on the Models page: what it is, what one may do with it, how it stands, what can be done now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QMenu,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app import theme
from app.icons import IconLabel, icon
from app.timecode import about
from vbr_core.depth.model_files import bytes_words, size_words
from vbr_core.depth.registry import LICENCE_WORDS

if TYPE_CHECKING:
    from PySide6.QtGui import QAction

    from app.job_runner import Job
    from app.models_controller import Work
    from vbr_core.depth.model_files import ModelStatus

COLUMN_PX = {"licence": 200, "size": 96, "memory": 104, "speed": 60, "state": 180, "button": 100, "more": 28}
LINE_PX = 42
SPACING_PX = 16
MARGINS_PX = (16, 8, 16, 8)


def small_label(text: str = "", quiet: bool = True) -> QLabel:
    """A label in the small size."""
    label = QLabel(text)
    label.setTextFormat(Qt.TextFormat.PlainText)
    theme.set_property(label, "small", True)
    theme.set_property(label, "quiet", quiet)
    return label


class ModelRow(QFrame):
    """A line of the page. It asks for things by signals and shows what :meth:`show_status` is told."""

    get_asked = Signal(str)
    cancel_asked = Signal(str)
    verify_asked = Signal(str)
    import_asked = Signal(str)
    remove_asked = Signal(str)
    use_asked = Signal(str)
    homepage_asked = Signal(str)

    def __init__(self, status: ModelStatus, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.status = status
        self._entry = entry = status.entry
        self._does = self.get_asked
        self.setAccessibleName(entry.title)
        title = QLabel(entry.title)
        title.setTextFormat(Qt.TextFormat.PlainText)
        title.setWordWrap(True)
        title.setToolTip(self.tr("Input: {rule}").format(rule=entry.input_rule))
        self.name_label = small_label(entry.name)
        self.state_label = QLabel()
        self.state_label.setFont(theme.tabular_font())
        self.detail_label = small_label()
        self.detail_label.setFont(theme.tabular_font(small=True))
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setRange(0, 1000)
        theme.set_property(self.bar, "slim", True)
        self.bar.setAccessibleName(self.tr("Progress of {title}").format(title=entry.title))
        self.button = QPushButton()
        self.button.setAutoDefault(False)
        self.button.clicked.connect(lambda: self._does.emit(entry.name))
        self.note_icon = IconLabel("info", 14)
        self.note_label = small_label()
        self.note_label.setWordWrap(True)
        line = QHBoxLayout()
        line.setSpacing(SPACING_PX)
        line.addWidget(_stacked(title, self.name_label), 1)
        line.addStrut(LINE_PX)
        line.addWidget(self._licence())
        for name, text in (
            ("size", size_words(entry)),
            (
                "memory",
                self.tr("about {size}").format(size=bytes_words(entry.memory_bytes)) if entry.memory_bytes else "–",
            ),
        ):
            line.addWidget(_figure(text, COLUMN_PX[name]))
        line.addWidget(_fixed(QLabel(self._speed()), COLUMN_PX["speed"]))
        line.addWidget(_fixed(_stacked(self.state_label, self.bar, self.detail_label), COLUMN_PX["state"]))
        line.addWidget(_fixed(_stacked(self.button), COLUMN_PX["button"]))
        line.addWidget(_fixed(_stacked(self._more()), COLUMN_PX["more"]))
        self.note = QWidget()
        note_line = QHBoxLayout(self.note)
        note_line.setContentsMargins(0, 4, 0, 0)
        note_line.setSpacing(6)
        note_line.addWidget(self.note_icon, 0, Qt.AlignmentFlag.AlignTop)
        note_line.addWidget(self.note_label, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(*MARGINS_PX)
        column.setSpacing(0)
        column.addLayout(line)
        column.addWidget(self.note)

    # --- building ---------------------------------------------------------------------------------------------------

    def _licence(self) -> QWidget:
        entry = self._entry
        plain = LICENCE_WORDS.get(entry.licence) or (
            self.tr("Free for any use, also commercial") if entry.commercial_ok else self.tr("Not for commercial work")
        )
        first, comma, rest = plain.partition(", ")
        words = QLabel(first)
        under = small_label(f"{rest} · {entry.licence}" if comma else entry.licence)
        box = QWidget()
        box.setFixedWidth(COLUMN_PX["licence"])
        box.setToolTip(f"{plain} ({entry.licence})")
        line = QHBoxLayout(box)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(8)
        mark = IconLabel("check" if entry.commercial_ok else "warning", 16, "quiet" if entry.commercial_ok else "text")
        line.addWidget(mark)
        line.addWidget(_stacked(words, under), 1)
        return box

    def _speed(self) -> str:
        words = {"fast": self.tr("Fast"), "medium": self.tr("Medium"), "slow": self.tr("Slow")}
        return words.get(self._entry.speed, self._entry.speed)

    def _more(self) -> QToolButton:
        name, title = self._entry.name, self._entry.title
        button = QToolButton()
        button.setIcon(icon("menu", role="quiet"))
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        button.setToolTip(self.tr("More for {title}").format(title=title))
        button.setAccessibleName(button.toolTip())
        theme.set_property(button, "bare", True)
        menu = QMenu(button)
        self.import_action = self._action(menu, self.tr("&Import a file…"), self.import_asked)
        self.verify_action = self._action(menu, self.tr("&Verify"), self.verify_asked)
        self.remove_action = self._action(menu, self.tr("&Remove"), self.remove_asked)
        menu.addSeparator()
        self.homepage_action = self._action(menu, self.tr("&Web page of the publisher"), self.homepage_asked)
        self.homepage_action.setEnabled(bool(self._entry.homepage))
        button.setMenu(menu)
        self.more_button = button
        self.setObjectName(f"model_{name}")
        return button

    def _action(self, menu: QMenu, text: str, signal: Signal) -> QAction:
        action = menu.addAction(text)
        action.triggered.connect(lambda: signal.emit(self._entry.name))
        return action

    # --- showing ----------------------------------------------------------------------------------------------------

    def show_status(
        self,
        status: ModelStatus,
        work: Work | None,
        job: Job | None,
        problem: str,
        just_verified: bool,
        in_use: bool,
        can_use: bool,
    ) -> None:
        """Show how the model stands and what is being done to it.

        Args:
            status: From the files.
            work: What is being done to it now; None for nothing.
            job: The job that does it.
            problem: What went wrong last; empty for nothing.
            just_verified: Whether its hash was compared in this session.
            in_use: Whether the open project takes its depth from it.
            can_use: Whether there is a project that could.
        """
        self.status = status
        busy = job is not None
        self._show_state(status, just_verified, in_use)
        if job is not None:
            self._show_job(job, work)
        self.bar.setVisible(busy and work != "remove")
        self._show_button(status, job, in_use, can_use)
        self._show_note(status, problem)
        free = not busy and not status.entry.bundled
        self.import_action.setEnabled(free)
        self.verify_action.setEnabled(not busy and status.state not in ("absent", "partial"))
        self.remove_action.setEnabled(free and status.state != "absent")

    def _show_state(self, status: ModelStatus, just_verified: bool, in_use: bool) -> None:
        words = {
            "bundled": (self.tr("Ready"), self.tr("ships with the program")),
            "here": (self.tr("Ready"), self.tr("checked when it came")),
            "unchecked": (self.tr("Here"), self.tr("is checked before it is used")),
            "damaged": (self.tr("Damaged"), self.tr("not the right file")),
            "partial": (
                self.tr("Partly here"),
                self.tr("{have} of {size}").format(have=bytes_words(status.have_bytes), size=size_words(status.entry)),
            ),
            "absent": (self.tr("Not here"), ""),
        }
        state, detail = words[status.state]
        if in_use and status.usable:
            state = self.tr("In use")
        if just_verified:
            detail = self.tr("checked just now")
        self.state_label.setText(state)
        theme.set_property(self.state_label, "error", status.state == "damaged")
        theme.set_property(self.state_label, "quiet", not status.usable and status.state != "damaged")
        self.detail_label.setText(detail)
        self.detail_label.setVisible(bool(detail))

    def _show_job(self, job: Job, work: Work | None) -> None:
        begun = {
            "get": self.tr("Downloading"),
            "verify": self.tr("Checking"),
            "import": self.tr("Importing"),
            "remove": self.tr("Removing"),
        }
        progress = job.progress
        phase = begun.get(work or "", "")
        detail = self.tr("starting…")
        self.bar.setValue(0)
        if progress is not None:
            self.bar.setValue(round(1000 * progress.fraction))
            if progress.phase == "Checking":
                phase = self.tr("Checking")
            detail = progress.amount
            if progress.phase.startswith("Waiting"):
                detail = self.tr("waiting to try again")
            elif progress.remaining_seconds is not None:
                detail += self.tr(" · about {time}").format(time=about(progress.remaining_seconds))
        if job.is_cancelling:
            detail = self.tr("stopping…")
        self.state_label.setText(phase)
        theme.set_property(self.state_label, "error", False)
        theme.set_property(self.state_label, "quiet", False)
        self.detail_label.setText(detail)
        self.detail_label.show()

    def _show_button(self, status: ModelStatus, job: Job | None, in_use: bool, can_use: bool) -> None:
        title = status.entry.title
        enabled, tip = True, ""
        if job is not None:
            text, self._does, enabled = self.tr("Cancel"), self.cancel_asked, not job.is_cancelling
            spoken = self.tr("Cancel: {title}")
        elif status.usable:
            text, self._does, enabled = self.tr("Use"), self.use_asked, can_use and not in_use
            spoken = self.tr("Use {title}")
            if not enabled:
                tip = self.tr("The project uses it") if in_use else self.tr("Open a clip first")
        else:
            text = {"partial": self.tr("Go on"), "damaged": self.tr("Get again")}.get(status.state, self.tr("Get"))
            self._does = self.get_asked
            spoken = self.tr("Get {title}")
            tip = self.tr("Download {size}").format(size=size_words(status.entry))
        self.button.setText(text)
        self.button.setEnabled(enabled)
        self.button.setToolTip(tip)
        self.button.setAccessibleName(spoken.format(title=title))

    def _show_note(self, status: ModelStatus, problem: str) -> None:
        text = problem
        if not text and status.entry.sha256 is None:
            if status.trusted_sha256:
                text = self.tr(
                    "Nobody publishes a checksum (SHA-256) of this file: {digits}… is trusted because it came first."
                ).format(digits=status.trusted_sha256[:12])
            else:
                text = self.tr(
                    "Nobody publishes a checksum (SHA-256) of this file: the first one that arrives is trusted, and "
                    "later ones must equal it."
                )
        self.note.setVisible(bool(text))
        self.note_label.setText(text)
        theme.set_property(self.note_label, "error", bool(problem))
        theme.set_property(self.note_label, "quiet", not problem)
        self.note_icon.set_drawing("error" if problem else "info", "error" if problem else "quiet")


def _stacked(*widgets: QWidget) -> QWidget:
    box = QWidget()
    column = QVBoxLayout(box)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(2)
    column.addStretch(1)
    for widget in widgets:
        column.addWidget(widget)
    column.addStretch(1)
    return box


def _fixed(widget: QWidget, width: int) -> QWidget:
    widget.setFixedWidth(width)
    widget.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
    return widget


def _figure(text: str, width: int) -> QWidget:
    label = QLabel(text)
    label.setFont(theme.tabular_font())
    label.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    return _fixed(label, width)
