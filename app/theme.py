"""The look of the window: colour roles, and the palette and style sheet that are made from them.

Widgets that paint themselves ask :func:`roles` for colours when they paint, so that a change of theme reaches them.
Amber always means focus (d_f) and cyan always means blur (K); nothing else uses either.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import QDir, Qt
from PySide6.QtGui import QColor, QFont, QFontDatabase, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

ThemeName = Literal["dark", "light"]
ICON_FOLDER = Path(__file__).resolve().parent.parent / "resources" / "icons"
STYLE_FILE = Path(__file__).resolve().parent.parent / "resources" / "style.qss"

SPACE_PX = 8
TARGET_PX = 28
"""Smallest height and width of anything that is clicked."""


@dataclass(frozen=True, slots=True)
class Roles:
    """What each colour is for, as ``#rrggbb``. The names are used in the style sheet as ``$name``.

    Attributes:
        background: The window, and wells such as the timeline.
        panel: Docks, bars, dialogs.
        raised: Buttons and fields.
        hover: Buttons and fields under the pointer.
        pressed: Buttons held down.
        line: Borders and grid lines.
        line_strong: Borders of fields, ticks that matter.
        text: What is read.
        quiet: Labels and units; still at least 4.5:1.
        disabled: Text and icons of what cannot be used now.
        focus: Amber: everything about d_f.
        blur: Cyan: everything about K.
        error: What failed; never told by colour alone.
        on_accent: Text on a filled accent.
        selection: Background of selected text and menu entries.
        surround: Around the picture; neutral, so that colour is judged rightly.
    """

    background: str
    panel: str
    raised: str
    hover: str
    pressed: str
    line: str
    line_strong: str
    text: str
    quiet: str
    disabled: str
    focus: str
    blur: str
    error: str
    on_accent: str
    selection: str
    surround: str

    def color(self, name: str, alpha: float = 1.0) -> QColor:
        """The role called ``name`` as a colour with opacity ``alpha`` (0..1)."""
        color = QColor(getattr(self, name))
        color.setAlphaF(alpha)
        return color


DARK = Roles(
    background="#1b1c1e",
    panel="#242528",
    raised="#2d2f33",
    hover="#383b40",
    pressed="#202124",
    line="#34363a",
    line_strong="#4a4d53",
    text="#d9dade",
    quiet="#9a9ca3",
    disabled="#62656c",
    focus="#ffb000",
    blur="#39b5e0",
    error="#ff6b5e",
    on_accent="#1b1c1e",
    selection="#43474e",
    surround="#161718",
)
LIGHT = Roles(
    background="#e6e7e9",
    panel="#f3f3f4",
    raised="#ffffff",
    hover="#e9eaec",
    pressed="#d8dadd",
    line="#d0d2d6",
    line_strong="#a6a9b0",
    text="#1d1e21",
    quiet="#55585f",
    disabled="#9a9da4",
    focus="#8a5a00",
    blur="#0a6a90",
    error="#b3261e",
    on_accent="#ffffff",
    selection="#cfd3da",
    surround="#8c8d8f",
)
THEMES: dict[str, Roles] = {"dark": DARK, "light": LIGHT}

_active = DARK
_system_effects: bool | None = None  # whether the system lets menus and the like move; asked once


def roles() -> Roles:
    """The colours in force."""
    return _active


def track_color(name: str, alpha: float = 1.0) -> QColor:
    """The accent of the track called ``name`` (``focus`` or ``blur``)."""
    return _active.color("focus" if name == "focus" else "blur", alpha)


def contrast(first: str, second: str) -> float:
    """Contrast ratio of two ``#rrggbb`` colours, 1 to 21, as WCAG 2 defines it."""
    light, dark = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(color: str) -> float:
    channels = [int(color[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def body_font() -> QFont:
    """The system's font in the larger of the two sizes."""
    font = QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont)
    font.setPixelSize(13)
    return font


def small_font() -> QFont:
    """The system's font in the smaller of the two sizes."""
    font = body_font()
    font.setPixelSize(11)
    return font


def tabular_font(small: bool = False) -> QFont:
    """The system's font with figures of one width, for times and values that change in place."""
    font = small_font() if small else body_font()
    font.setFeature(QFont.Tag("tnum"), 1)
    return font


def title_font() -> QFont:
    """For the heading of a group: the small size, bold, spaced a little."""
    font = small_font()
    font.setWeight(QFont.Weight.DemiBold)
    font.setLetterSpacing(QFont.SpacingType.AbsoluteSpacing, 0.6)
    return font


def make_palette(colors: Roles) -> QPalette:
    """The palette for what the style sheet does not reach."""
    palette = QPalette()
    role = QPalette.ColorRole
    for name, value in {
        role.Window: colors.panel,
        role.WindowText: colors.text,
        role.Base: colors.background,
        role.AlternateBase: colors.panel,
        role.Text: colors.text,
        role.Button: colors.raised,
        role.ButtonText: colors.text,
        role.BrightText: colors.error,
        role.ToolTipBase: colors.raised,
        role.ToolTipText: colors.text,
        role.PlaceholderText: colors.quiet,
        role.Highlight: colors.selection,
        role.HighlightedText: colors.text,
        role.Link: colors.blur,
        role.LinkVisited: colors.blur,
        role.Light: colors.hover,
        role.Midlight: colors.hover,
        role.Mid: colors.line,
        role.Dark: colors.background,
        role.Shadow: colors.background,
        role.Accent: colors.focus,
    }.items():
        palette.setColor(name, QColor(value))
    for name in (role.WindowText, role.Text, role.ButtonText, role.HighlightedText):
        palette.setColor(QPalette.ColorGroup.Disabled, name, QColor(colors.disabled))
    return palette


def make_style_sheet(colors: Roles) -> str:
    """The style sheet with every ``$role`` filled in. Pictures are found through the ``icons:`` search path."""
    values = {name: getattr(colors, name) for name in Roles.__dataclass_fields__}
    dark = _luminance(colors.panel) < 0.5
    values["theme"] = "dark" if dark else "light"
    values["focus_hover"] = QColor(colors.focus).lighter(112).name()
    values["focus_pressed"] = QColor(colors.focus).darker(118).name()
    values["progress"] = colors.line_strong if dark else colors.selection
    return Template(STYLE_FILE.read_text(encoding="utf-8")).substitute(values)


def apply_theme(app: QApplication, name: ThemeName = "dark") -> None:
    """Give the whole application the theme called ``name``.

    The old style sheet is taken away first: replacing it polishes every widget many times, ten times as long in all.
    """
    global _active
    _active = THEMES[name]
    QDir.setSearchPaths("icons", [str(ICON_FOLDER)])
    app.setStyleSheet("")
    if app.style().objectName().lower() != "fusion":
        app.setStyle("Fusion")
    app.setFont(body_font())
    app.setPalette(make_palette(_active))
    app.setStyleSheet(make_style_sheet(_active))


def chosen_theme() -> ThemeName:
    """The theme that the user chose; what the system has if that is the choice."""
    from app.preferences import choice

    name = choice("theme")
    if name == "system":
        return system_theme()
    return "light" if name == "light" else "dark"


def system_theme() -> ThemeName:
    """What the system has; dark if it does not say."""
    return "light" if QGuiApplication.styleHints().colorScheme() == Qt.ColorScheme.Light else "dark"


def motion_allowed() -> bool:
    """Whether anything may move by itself; whoever animates asks."""
    from app.preferences import choice

    return choice("motion") == "on"


def apply_chosen() -> None:
    """Give the application the theme and the motion that the user chose."""
    global _system_effects
    app = QApplication.instance()
    if not isinstance(app, QApplication):
        return
    if _system_effects is None:
        _system_effects = QApplication.isEffectEnabled(Qt.UIEffect.UI_General)
    QApplication.setEffectEnabled(Qt.UIEffect.UI_General, _system_effects and motion_allowed())
    apply_theme(app, chosen_theme())
    for widget in QApplication.allWidgets():
        widget.update()


def set_property(widget: QWidget, name: str, value: object) -> None:
    """Set a dynamic property that the style sheet looks at (``primary``, ``accent``...) and restyle the widget."""
    widget.setProperty(name, value)
    style = widget.style()
    style.unpolish(widget)
    style.polish(widget)
    widget.update()
