"""Every command of the window as data. Menus, tool buttons and the shortcut sheet are built from this table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QT_TRANSLATE_NOOP, QCoreApplication, QObject
from PySide6.QtGui import QAction, QKeySequence

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from PySide6.QtWidgets import QWidget

    from app.session import Session

_tr = QT_TRANSLATE_NOOP

MENUS: tuple[tuple[str, str], ...] = (
    ("file", _tr("Actions", "&File")),
    ("edit", _tr("Actions", "&Edit")),
    ("clip", _tr("Actions", "&Clip")),
    ("focus", _tr("Actions", "F&ocus")),
    ("view", _tr("Actions", "&View")),
    ("export", _tr("Actions", "E&xport")),
    ("help", _tr("Actions", "&Help")),
)
"""(id, title) in the order of the menu bar."""


@dataclass(frozen=True, slots=True)
class ActionSpec:
    """One command.

    Attributes:
        id: Its name in the code; also the name of the handler.
        menu: Id of the menu that shows it.
        text: In the menu, with an ampersand before the mnemonic.
        shortcuts: Portable key sequences; the first one is shown.
        icon: Name of the icon; empty for none.
        enabled: When it can be used: ``always``, ``clip`` (a clip is open), ``keys`` (keys are selected), ``undo``,
            ``redo``, or ``job`` (somebody else switches it).
        checkable: Whether it is an on/off switch.
        separator: Whether a line comes before it in the menu.
        repeats: Whether holding the key down repeats it.
    """

    id: str
    menu: str
    text: str
    shortcuts: tuple[str, ...] = ()
    icon: str = ""
    enabled: str = "always"
    checkable: bool = False
    separator: bool = False
    repeats: bool = False


ACTIONS: tuple[ActionSpec, ...] = (
    ActionSpec("open", "file", _tr("Actions", "&Open…"), ("Ctrl+O",), "open"),
    ActionSpec("open_sample", "file", _tr("Actions", "Open the sa&mple clip"), (), ""),
    ActionSpec("save", "file", _tr("Actions", "&Save"), ("Ctrl+S",), "save", "clip", separator=True),
    ActionSpec("save_as", "file", _tr("Actions", "Save &as…"), ("Ctrl+Shift+S",), "", "clip"),
    ActionSpec("save_copy", "file", _tr("Actions", "Save a cop&y…"), ("Ctrl+Alt+S",), "", "clip"),
    ActionSpec("relink", "file", _tr("Actions", "Re&link the clip…"), (), "", "clip", separator=True),
    ActionSpec("recover", "file", _tr("Actions", "Reco&ver unsaved work…"), (), ""),
    ActionSpec("close_document", "file", _tr("Actions", "&Close"), ("Ctrl+W",), "", "clip"),
    ActionSpec("quit", "file", _tr("Actions", "&Quit"), ("Ctrl+Q",), separator=True),
    ActionSpec("undo", "edit", _tr("Actions", "&Undo"), ("Ctrl+Z",), "undo", "undo", repeats=True),
    ActionSpec("redo", "edit", _tr("Actions", "&Redo"), ("Ctrl+Y", "Ctrl+Shift+Z"), "redo", "redo", repeats=True),
    ActionSpec(
        "delete_keys", "edit", _tr("Actions", "&Delete keys"), ("Del", "Backspace"), "delete", "keys", separator=True
    ),
    ActionSpec("cut_keys", "edit", _tr("Actions", "Cu&t keys"), ("Ctrl+X",), "", "keys"),
    ActionSpec("copy_keys", "edit", _tr("Actions", "&Copy keys"), ("Ctrl+C",), "", "keys"),
    ActionSpec("paste_keys", "edit", _tr("Actions", "&Paste keys at the playhead"), ("Ctrl+V",), "", "clip"),
    ActionSpec("duplicate_keys", "edit", _tr("Actions", "Duplicat&e keys"), ("Ctrl+D",), "", "keys"),
    ActionSpec("select_all_keys", "edit", _tr("Actions", "Select &all keys"), ("Ctrl+A",), "", "clip"),
    ActionSpec(
        "nudge_back", "edit", _tr("Actions", "Keys one frame earlier"), ("Alt+Left",), "", "keys", False, True, True
    ),
    ActionSpec("nudge_on", "edit", _tr("Actions", "Keys one frame later"), ("Alt+Right",), "", "keys", repeats=True),
    ActionSpec("nudge_up", "edit", _tr("Actions", "Keys a little up"), ("Alt+Up",), "", "keys", repeats=True),
    ActionSpec("nudge_down", "edit", _tr("Actions", "Keys a little down"), ("Alt+Down",), "", "keys", repeats=True),
    ActionSpec("preferences", "edit", _tr("Actions", "Pre&ferences…"), ("Ctrl+,",), separator=True),
    ActionSpec("play_pause", "clip", _tr("Actions", "&Play or pause"), ("Space",), "play", "clip"),
    ActionSpec("shuttle_back", "clip", _tr("Actions", "Play &backwards, faster"), ("J",), "shuttle_back", "clip"),
    ActionSpec("shuttle_stop", "clip", _tr("Actions", "&Stop"), ("K",), "pause", "clip"),
    ActionSpec("shuttle_forward", "clip", _tr("Actions", "Play &forwards, faster"), ("L",), "shuttle_forward", "clip"),
    ActionSpec(
        "step_back",
        "clip",
        _tr("Actions", "One frame back"),
        ("Left",),
        "step_back",
        "clip",
        separator=True,
        repeats=True,
    ),
    ActionSpec(
        "step_forward", "clip", _tr("Actions", "One frame on"), ("Right",), "step_forward", "clip", repeats=True
    ),
    ActionSpec("jump_back", "clip", _tr("Actions", "Ten frames back"), ("Shift+Left",), "", "clip", repeats=True),
    ActionSpec("jump_forward", "clip", _tr("Actions", "Ten frames on"), ("Shift+Right",), "", "clip", repeats=True),
    ActionSpec("go_start", "clip", _tr("Actions", "To the first frame"), ("Home",), "go_start", "clip"),
    ActionSpec("go_end", "clip", _tr("Actions", "To the last frame"), ("End",), "go_end", "clip"),
    ActionSpec("range_start", "clip", _tr("Actions", "Range begins &here"), ("I",), "range_in", "clip", separator=True),
    ActionSpec("range_end", "clip", _tr("Actions", "Range &ends here"), ("O",), "range_out", "clip"),
    ActionSpec("range_shot", "clip", _tr("Actions", "Range is this sh&ot"), ("X",), "", "clip"),
    ActionSpec("range_clear", "clip", _tr("Actions", "Range is the &whole clip"), ("Alt+X",), "", "clip"),
    ActionSpec("cut_here", "clip", _tr("Actions", "&Cut here"), ("Shift+X",), "", "clip", separator=True),
    ActionSpec("join_shots", "clip", _tr("Actions", "&Join with the shot before"), ("Ctrl+J",), "", "clip"),
    ActionSpec("loop", "clip", _tr("Actions", "&Loop"), ("Ctrl+L",), "loop", "clip", checkable=True),
    ActionSpec("mute", "clip", _tr("Actions", "&Mute the sound"), ("M",), "sound", "job", checkable=True),
    ActionSpec(
        "prerender", "clip", _tr("Actions", "Render the preview in the back&ground"), (), checkable=True, separator=True
    ),
    ActionSpec("key_focus_here", "focus", _tr("Actions", "&Focus key here"), ("F",), "key_focus", "clip"),
    ActionSpec("key_blur_here", "focus", _tr("Actions", "&Blur key here"), ("B",), "key_blur", "clip"),
    ActionSpec("hold_here", "focus", _tr("Actions", "&Hold focus until here"), ("H",), "ease_hold", "clip"),
    ActionSpec("previous_key", "focus", _tr("Actions", "&Previous key"), ("[",), "previous_key", "clip"),
    ActionSpec("next_key", "focus", _tr("Actions", "&Next key"), ("]",), "next_key", "clip"),
    ActionSpec(
        "focus_farther",
        "focus",
        _tr("Actions", "Focus a little f&arther"),
        (",",),
        "",
        "clip",
        separator=True,
        repeats=True,
    ),
    ActionSpec("focus_nearer", "focus", _tr("Actions", "Focus a little n&earer"), (".",), "", "clip", repeats=True),
    ActionSpec(
        "follow_point", "focus", _tr("Actions", "Foll&ow the focused point"), ("T",), "", "clip", separator=True
    ),
    ActionSpec("rack_focus", "focus", _tr("Actions", "Rac&k focus from A to B"), ("R",), "", "clip"),
    ActionSpec("estimate_depth", "focus", _tr("Actions", "Estimate &depth again"), (), "", "clip", separator=True),
    ActionSpec("models", "focus", _tr("Actions", "Depth &models…"), ("Ctrl+Shift+M",), ""),
    ActionSpec("repair_lasso", "focus", _tr("Actions", "&Lasso for a depth repair"), ("Shift+L",), "lasso", "clip"),
    ActionSpec("repair_brush", "focus", _tr("Actions", "B&rush for a depth repair"), ("Shift+B",), "brush", "clip"),
    ActionSpec("repair_same", "focus", _tr("Actions", "Repair: &same depth as…"), ("Shift+S",), "", "clip"),
    ActionSpec("repair_behind", "focus", _tr("Actions", "Repair: push beh&ind"), ("Shift+P",), "", "clip"),
    ActionSpec("repair_flatten", "focus", _tr("Actions", "Repair: fla&tten"), ("Shift+F",), "", "clip"),
    ActionSpec("repair_back", "focus", _tr("Actions", "Stop dra&wing"), ("Esc",), "", "job"),
    ActionSpec("view_result", "view", _tr("Actions", "&Result"), ("1",), "", "clip"),
    ActionSpec("view_source", "view", _tr("Actions", "&Source"), ("2",), "", "clip"),
    ActionSpec("view_disparity", "view", _tr("Actions", "&Disparity"), ("3",), "", "clip"),
    ActionSpec("view_defocus", "view", _tr("Actions", "D&efocus map"), ("4",), "", "clip"),
    ActionSpec("view_overlay", "view", _tr("Actions", "Disparity o&ver the picture"), ("5", "D"), "overlay", "clip"),
    ActionSpec("view_grey", "view", _tr("Actions", "Disp&arity in grey"), ("6",), "", "clip"),
    ActionSpec("view_zone", "view", _tr("Actions", "Sharp &zone"), ("7",), "", "clip"),
    ActionSpec("view_peaking", "view", _tr("Actions", "Focus &peaking"), ("8", "P"), "", "clip"),
    ActionSpec("split_source", "view", _tr("Actions", "Sp&lit with the source"), ("Shift+W",), "", "clip"),
    ActionSpec(
        "split_unrepaired", "view", _tr("Actions", "Split with the depth &before repair"), ("Shift+D",), "", "clip"
    ),
    ActionSpec("side_by_side", "view", _tr("Actions", "Side b&y side"), ("Alt+W",), "side_by_side", "clip", True),
    ActionSpec("zoom_fit", "view", _tr("Actions", "&Fit the window"), ("Ctrl+0",), "zoom_fit", "clip", separator=True),
    ActionSpec("zoom_full", "view", _tr("Actions", "&100 %"), ("Ctrl+1",), "zoom_full", "clip"),
    ActionSpec("zoom_in", "view", _tr("Actions", "Zoom &in"), ("Ctrl++", "Ctrl+="), "zoom_in", "clip", repeats=True),
    ActionSpec("zoom_out", "view", _tr("Actions", "Zoom &out"), ("Ctrl+-",), "zoom_out", "clip", repeats=True),
    ActionSpec(
        "graph_editor",
        "view",
        _tr("Actions", "&Graph editor"),
        ("G",),
        "graph",
        "always",
        checkable=True,
        separator=True,
    ),
    ActionSpec("full_screen", "view", _tr("Actions", "Full s&creen"), ("F11",), "", checkable=True),
    ActionSpec("export", "export", _tr("Actions", "&Export video…"), ("Ctrl+E",), "export", "clip"),
    ActionSpec("export_still", "export", _tr("Actions", "Save this &frame…"), ("Ctrl+Shift+E",), "", "clip"),
    ActionSpec("export_queue", "export", _tr("Actions", "Export &queue"), ("Ctrl+Shift+Q",), ""),
    ActionSpec("copy_command", "export", _tr("Actions", "&Copy as a command"), (), "", "clip", separator=True),
    ActionSpec("palette", "help", _tr("Actions", "&Find a command…"), ("Ctrl+K", "Ctrl+Shift+P")),
    ActionSpec("hints", "help", _tr("Actions", "Show the first &steps again"), ()),
    ActionSpec("shortcuts", "help", _tr("Actions", "&Keyboard shortcuts"), ("?", "F1"), "help"),
    ActionSpec("errors", "help", _tr("Actions", "&Errors of this session…"), ()),
    ActionSpec("open_log", "help", _tr("Actions", "Show the &log file"), ()),
    ActionSpec("about", "help", _tr("Actions", "&About VBR Studio"), (), separator=True),
)

HOLD_KEYS: tuple[tuple[str, str], ...] = (
    ("W", _tr("Actions", "Hold: compare with the source")),
    ("Space + drag", _tr("Actions", "Move the picture")),
    ("Wheel", _tr("Actions", "Zoom at the cursor")),
    ("Shift + wheel", _tr("Actions", "Size of the brush")),
    ("Up, Down", _tr("Actions", "Focus a little nearer or farther, in the picture")),
    ("Tab, Return", _tr("Actions", "Go through the things in the picture, focus there")),
    ("Click", _tr("Actions", "Focus here")),
    ("Shift + click", _tr("Actions", "Focus here, without easing")),
    ("Double-click", _tr("Actions", "Follow this point")),
    ("Ctrl + drag", _tr("Actions", "Follow what is in the box")),
    ("Alt + click", _tr("Actions", "Only show what lies there")),
)
"""What mouse and held keys do; for the shortcut sheet. (keys, text)"""


MENU_ROLES = {
    "preferences": QAction.MenuRole.PreferencesRole,
    "about": QAction.MenuRole.AboutRole,
    "quit": QAction.MenuRole.QuitRole,
}
"""Where macOS looks for these; said here since it would guess from English words."""


def plain_text(spec: ActionSpec) -> str:
    """The name of a command in the language of the window, without its mnemonic and dots."""
    return QCoreApplication.translate("Actions", spec.text).replace("&", "").rstrip("…")


def show_tool_tip(widget: QWidget, action: QAction) -> None:
    """Let a widget that stands for a command have its tool tip, also after the command got another key."""
    action.changed.connect(lambda: widget.setToolTip(action.toolTip()))
    widget.setToolTip(action.toolTip())


class Actions(QObject):
    """The commands as QActions that know when they can be used."""

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._actions: dict[str, QAction] = {}
        for spec in ACTIONS:
            self._actions[spec.id] = self._make(spec)
        session.clip_opened.connect(self.refresh)
        session.selection_changed.connect(self.refresh)
        session.undo_stack.canUndoChanged.connect(self.refresh)
        session.undo_stack.canRedoChanged.connect(self.refresh)
        session.undo_stack.undoTextChanged.connect(self.refresh)
        session.undo_stack.redoTextChanged.connect(self.refresh)
        self.refresh()

    def _make(self, spec: ActionSpec) -> QAction:
        action = QAction(QCoreApplication.translate("Actions", spec.text), self)
        action.setObjectName(f"action_{spec.id}")
        action.setCheckable(spec.checkable)
        action.setAutoRepeat(spec.repeats)
        action.setMenuRole(MENU_ROLES.get(spec.id, QAction.MenuRole.NoRole))
        self._set_keys(action, plain_text(spec), spec.shortcuts)
        if spec.icon:
            from app.icons import icon

            action.setIcon(icon(spec.icon))
        return action

    def _set_keys(self, action: QAction, plain: str, keys: tuple[str, ...]) -> None:
        action.setShortcuts([QKeySequence(text) for text in keys])
        native = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
        action.setToolTip(f"{plain} ({native})" if native else plain)

    def set_keys(self, keys: dict[str, tuple[str, ...]]) -> None:
        """Give commands other keys than those of the table; those that are not in ``keys`` get the table's."""
        for spec in ACTIONS:
            self._set_keys(self._actions[spec.id], plain_text(spec), keys.get(spec.id, spec.shortcuts))

    def get(self, action_id: str) -> QAction:
        """The action called ``action_id``.

        Raises:
            KeyError: There is none.
        """
        return self._actions[action_id]

    def all(self) -> list[QAction]:
        """All actions, in the order of the table."""
        return list(self._actions.values())

    def in_menu(self, menu: str) -> Iterator[tuple[ActionSpec, QAction]]:
        """The commands of a menu."""
        return ((spec, self._actions[spec.id]) for spec in ACTIONS if spec.menu == menu)

    def bind(self, handlers: dict[str, Callable[..., object]]) -> None:
        """Say what commands do. Checkable ones get their new state, the others nothing."""
        for action_id, handler in handlers.items():
            action = self._actions[action_id]
            if action.isCheckable():
                action.toggled.connect(handler)
            else:
                action.triggered.connect(lambda _checked=False, handler=handler: handler())

    def refresh(self, *_: object) -> None:
        """Switch every command on or off."""
        stack = self._session.undo_stack
        states = {
            "always": True,
            "clip": self._session.clip_info is not None,
            "keys": bool(self._session.selection),
            "undo": stack.canUndo(),
            "redo": stack.canRedo(),
        }
        for spec in ACTIONS:
            if spec.enabled in states:
                self._actions[spec.id].setEnabled(states[spec.enabled])
        for name, text in (("undo", stack.undoText()), ("redo", stack.redoText())):
            word = self.tr("&Undo") if name == "undo" else self.tr("&Redo")
            self._actions[name].setText(f"{word}: {text}" if text else word)
