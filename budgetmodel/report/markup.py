"""HTML and SVG from parts, such that no text can become markup: everything that is not Markup already is escaped."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

VOID = ("meta", "link", "br", "col", "input")
"""Elements of HTML without an end tag."""


class Markup(str):
    """Text that is HTML or SVG already."""

    __slots__ = ()


def text(value: object) -> Markup:
    """Any value as text that a browser shows unchanged.

    Control characters and lone surrogates, which HTML and UTF-8 do not allow, become a replacement sign.

    >>> text('<b>"Bury" & co</b>')
    '&lt;b&gt;&quot;Bury&quot; &amp; co&lt;/b&gt;'
    """
    if isinstance(value, Markup):
        return value
    shown = str(value)
    if not shown.isprintable():
        shown = "".join(c if c.isprintable() or c in " \n\t\u00a0" else "\ufffd" for c in shown)
    return Markup(escape(shown, quote=True))


def join(children: Iterable[object], between: str = "") -> Markup:
    """Children one after another."""
    return Markup(between.join(text(child) for child in children))


def element(name: str, /, *children: object, **attributes: object) -> Markup:
    """An element. `_` in an attribute's name becomes `-`, one at the end is dropped; None leaves the attribute out.

    >>> element("td", "3 < 4", class_="figure", data_of="Bury")
    '<td class="figure" data-of="Bury">3 &lt; 4</td>'
    """
    given = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{text(_plain(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    if name in VOID:
        return Markup(f"<{name}{given}>")
    return Markup(f"<{name}{given}>{join(children)}</{name}>")


def _plain(value: object) -> str:
    """An attribute's value; a length is rounded to a hundredth of a pixel, so that the last bits have no effect."""
    return f"{value + 0.0:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
