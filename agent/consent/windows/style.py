"""How the windows look: one restrained sheet in a light and a dark palette.

Colours are chosen for a contrast of at least 4.5 to 1 (WCAG 2.2, 1.4.3). A user who has asked the
system for high contrast gets the system's own colours and no sheet of ours.
"""

from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from string import Template
from typing import Final

from PySide6.QtCore import QByteArray, Qt
from PySide6.QtGui import QColor, QFont, QFontDatabase, QGuiApplication, QIcon, QPalette, QPixmap
from PySide6.QtWidgets import QApplication


@dataclass(frozen=True, slots=True, kw_only=True)
class Colours:
    window: str
    card: str
    line: str
    text: str
    muted: str
    accent: str
    accent_hover: str
    accent_press: str
    on_accent: str
    field: str
    field_line: str
    warn: str
    warn_line: str
    warn_text: str
    danger: str
    danger_line: str
    danger_text: str
    off: str
    off_text: str
    picked: str
    tool: str  # under icons of the system's, which are dark
    tick: str  # the file with the mark of a box, in the colour of `on_accent`
    good_text: str


LIGHT: Final = Colours(
    window="#f4f5f7",
    card="#ffffff",
    line="#dfe3e8",
    text="#1c2024",
    muted="#59636e",
    accent="#0a5fbf",
    accent_hover="#0b6ad4",
    accent_press="#084d9b",
    on_accent="#ffffff",
    field="#ffffff",
    field_line="#8b949e",
    warn="#fff6e0",
    warn_line="#e8c66a",
    warn_text="#6a4700",
    danger="#fdecea",
    danger_line="#eda29b",
    danger_text="#a3160c",
    off="#e4e7eb",
    off_text="#626b76",
    picked="#e2edfa",
    tool="#ffffff",
    tick="tick-light.svg",
    good_text="#17703a",
)

DARK: Final = Colours(
    window="#1b1e23",
    card="#24282e",
    line="#3a4049",
    text="#eceef0",
    muted="#a7b0ba",
    accent="#62a8ff",
    accent_hover="#7db7ff",
    accent_press="#4b95f0",
    on_accent="#08213f",
    field="#17191d",
    field_line="#6b7684",
    warn="#3a2f12",
    warn_line="#7d6423",
    warn_text="#ffd984",
    danger="#431d1b",
    danger_line="#8f3a34",
    danger_text="#ffb4ac",
    off="#31363d",
    off_text="#8d96a0",
    picked="#2b3f58",
    tool="#a7b0ba",
    tick="tick-dark.svg",
    good_text="#7ddb9b",
)

_SHEET: Final = Template("""
* { font-size: ${base}pt; }
QDialog, QScrollArea, QWidget#page { background: $window; color: $text; }
QLabel { color: $text; background: transparent; }
QLabel#appName { color: $muted; font-size: ${small}pt; font-weight: 600; }
QLabel#title { font-size: ${title}pt; font-weight: 650; }
QLabel#caption { color: $muted; font-size: ${small}pt; font-weight: 600; }
QLabel#muted, QLabel#key { color: $muted; }
QLabel#small { color: $muted; font-size: ${small}pt; }
QLabel#strong { font-weight: 600; }
QLabel#origin { font-size: ${hero}pt; font-weight: 650; }
QLabel#empty { font-size: ${title}pt; font-weight: 600; }
QLabel#good { color: $good_text; font-size: ${small}pt; }
QLabel#caution { color: $warn_text; }
QLabel#clock { font-size: ${hero}pt; font-weight: 650; }
QLabel#mono { font-family: "$mono"; font-size: ${small}pt; }
QFrame#card { background: $card; border: 1px solid $line; border-radius: 10px; }
QFrame#warn { background: $warn; border: 1px solid $warn_line; border-radius: 8px; }
QFrame#warn QLabel { color: $warn_text; }
QFrame#danger { background: $danger; border: 1px solid $danger_line; border-radius: 8px; }
QFrame#danger QLabel { color: $danger_text; font-weight: 600; }
QFrame#footer { background: $card; border: none; border-top: 1px solid $line; }
QPlainTextEdit {
  background: $field; color: $text; border: 1px solid $line; border-radius: 6px; padding: 4px;
  selection-background-color: $accent; selection-color: $on_accent;
}
QPlainTextEdit:focus { border: 2px solid $accent; padding: 3px; }
QLineEdit {
  background: $field; color: $text; border: 1px solid $field_line; border-radius: 6px;
  padding: 7px 10px; font-size: ${title}pt; min-height: 1.3em;
  selection-background-color: $accent; selection-color: $on_accent;
}
QLineEdit:focus { border: 2px solid $accent; padding: 6px 9px; }
QLineEdit:disabled { background: $off; color: $off_text; }
QLineEdit#search, QFileDialog QLineEdit { font-size: ${base}pt; padding: 5px 9px;
  min-height: 1.25em; }
QLineEdit#search:focus, QFileDialog QLineEdit:focus { padding: 4px 8px; }
QTableView {
  background: $field; color: $text; border: 1px solid $line; border-radius: 6px; outline: none;
  selection-background-color: $picked; selection-color: $text;
}
QTableView:focus { border: 2px solid $accent; }
QTableView::item { padding: 0 8px; border: none; }
QTableView::item:selected { background: $picked; }
QTableView::item:focus { border-left: 3px solid $accent; padding-left: 5px; }
QHeaderView { background: $field; border: none; border-radius: 6px; }
QHeaderView::section {
  background: $field; color: $muted; font-size: ${small}pt; font-weight: 600;
  border: none; border-bottom: 1px solid $line; padding: 5px 8px;
}
QCheckBox { spacing: 8px; }
QCheckBox::indicator, QTableView::indicator { width: 14px; height: 14px; border-radius: 4px;
  border: 1px solid $field_line; background: $field; }
QCheckBox::indicator:checked, QTableView::indicator:checked { border-color: $accent;
  background: $accent; image: url("$tick"); }
QCheckBox::indicator:focus { border: 2px solid $accent; width: 12px; height: 12px; }
QCheckBox::indicator:checked:focus { border-color: $text; }
QTableView::indicator:disabled { border-color: $off_text; }
QTableView::indicator:checked:disabled { border-color: $off_text; background: $off_text; }
QFrame#choice { background: $card; border: 1px solid $line; border-radius: 10px; }
QFrame#choice[chosen="true"] { border: 2px solid $accent; }
QFrame#choice[usable="false"] { background: $window; }
QFrame#choice[usable="false"] QLabel { color: $off_text; }
QLabel#stateGood { color: $good_text; font-size: ${small}pt; font-weight: 600; }
QLabel#stateCaution { color: $warn_text; font-size: ${small}pt; font-weight: 600; }
QLabel#stateBad { font-size: ${small}pt; font-weight: 600; }
QFrame#choice[usable="false"] QLabel#bad { color: $danger_text; }
QRadioButton { spacing: 0; }
QRadioButton::indicator { width: 14px; height: 14px; border: 2px solid $field_line;
  border-radius: 9px; background: $field; }
QRadioButton::indicator:checked { width: 8px; height: 8px; border: 5px solid $accent; }
QRadioButton::indicator:focus { border-color: $accent; }
QRadioButton::indicator:disabled { border-color: $line; background: $window; }
QPushButton {
  background: $card; color: $text; border: 1px solid $field_line; border-radius: 7px;
  padding: 8px 18px; min-width: 74px; min-height: 1.25em;
}
QPushButton:hover { border-color: $text; }
QPushButton:pressed { background: $off; }
QPushButton:focus { border: 2px solid $accent; padding: 7px 17px; }
QPushButton:disabled { background: $off; color: $off_text; border-color: $line; }
QPushButton#primary { background: $accent; color: $on_accent; border-color: $accent;
  font-weight: 600; }
QPushButton#primary:hover { background: $accent_hover; border-color: $accent_hover; }
QPushButton#primary:pressed { background: $accent_press; }
QPushButton#primary:focus { border: 2px solid $text; }
QPushButton#primary:disabled { background: $off; color: $off_text; border-color: $line; }
QPushButton#quiet { padding: 5px 12px; min-width: 40px; }
QPushButton#quiet:focus { padding: 4px 11px; }
QPushButton#allow { color: $accent; border-color: $accent; font-weight: 600; }
QPushButton#allow:disabled { color: $off_text; border-color: $line; }
QProgressBar { background: $off; border: none; border-radius: 3px; max-height: 6px;
  min-height: 6px; }
QProgressBar::chunk { background: $accent; border-radius: 3px; }
QFileDialog QToolButton { background: $tool; border: 1px solid $line; border-radius: 5px; }
QFileDialog QToolButton:focus { border: 2px solid $accent; }
QFileDialog QToolButton:disabled { background: transparent; }
QScrollBar:vertical { background: transparent; width: 10px; margin: 2px; }
QScrollBar::handle:vertical { background: $field_line; border-radius: 3px; min-height: 24px; }
QScrollBar::add-line, QScrollBar::sub-line { height: 0; }
QToolTip { background: $card; color: $text; border: 1px solid $line; padding: 4px; }
""")


def dress(app: QApplication, *, dark: bool | None = None) -> Colours:
    """Give `app` our look in the user's scheme (`dark` overrides it), and our icon."""
    app.setWindowIcon(icon())
    if dark is None:
        dark = _system_is_dark()
    colours = DARK if dark else LIGHT
    if _wants_high_contrast():
        return colours
    app.setStyle("Fusion")
    app.setPalette(_palette(colours))
    app.setStyleSheet(_sheet(colours, app.font()))
    return colours


def icon() -> QIcon:
    """The application's icon, drawn once per size that desktops use."""
    drawn = QIcon()
    svg = resources.files("agent.consent.windows").joinpath("icon.svg").read_bytes()
    for size in (16, 24, 32, 48, 64, 128):
        drawn.addPixmap(picture(svg, size))
    return drawn


def picture(svg: bytes, size: int, *, ratio: float = 1.0) -> QPixmap:
    """An SVG of ours as a pixmap of `size` logical pixels."""
    # Late: only a window that draws needs the SVG library.
    from PySide6.QtGui import QPainter
    from PySide6.QtSvg import QSvgRenderer

    pixmap = QPixmap(round(size * ratio), round(size * ratio))
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    QSvgRenderer(QByteArray(svg)).render(painter)
    painter.end()
    pixmap.setDevicePixelRatio(ratio)
    return pixmap


def _system_is_dark() -> bool:
    scheme = QGuiApplication.styleHints().colorScheme()
    if scheme is Qt.ColorScheme.Unknown:
        # Desktops without the setting still give a palette.
        return QGuiApplication.palette().color(QPalette.ColorRole.Window).lightness() < 128  # noqa: PLR2004 - half of 255
    return scheme is Qt.ColorScheme.Dark


def _wants_high_contrast() -> bool:
    # Held by names: the wrapper of the inner object does not keep the outer one alive.
    hints = QGuiApplication.styleHints()
    accessibility = hints.accessibility()
    return accessibility.contrastPreference() is Qt.ContrastPreference.HighContrast


def _sheet(colours: Colours, font: QFont) -> str:
    system = font.pointSizeF() if font.pointSizeF() > 0 else 9.0
    base = max(system, 9.0) + 1.0
    mono = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont).family()
    sizes = {"base": base, "small": base - 1, "title": base * 1.35, "hero": base * 1.6}
    return _SHEET.substitute(
        {name: getattr(colours, name) for name in colours.__slots__ if name != "tick"},
        mono=mono.replace('"', ""),
        tick=(Path(__file__).parent / colours.tick).as_posix(),
        **{name: f"{size:.1f}" for name, size in sizes.items()},
    )


def _palette(colours: Colours) -> QPalette:
    palette = QPalette()
    role = QPalette.ColorRole
    for where, colour in (
        (role.Window, colours.window),
        (role.WindowText, colours.text),
        (role.Base, colours.field),
        (role.AlternateBase, colours.card),
        (role.Text, colours.text),
        (role.Button, colours.card),
        (role.ButtonText, colours.text),
        (role.PlaceholderText, colours.muted),
        (role.Highlight, colours.accent),
        (role.HighlightedText, colours.on_accent),
        (role.ToolTipBase, colours.card),
        (role.ToolTipText, colours.text),
        (role.Link, colours.accent),
    ):
        palette.setColor(where, QColor(colour))
    return palette
