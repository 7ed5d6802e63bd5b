"""The document around the states of workbooks: one file, nothing loaded from anywhere."""

from __future__ import annotations

from collections.abc import Sequence

from budgetmodel.live_page.parts import STYLE
from budgetmodel.report.html.head import digest, head
from budgetmodel.report.html.style import style_sheet
from budgetmodel.report.markup import Markup, element


def document(
    title: str,
    lead: str,
    content: Sequence[object],
    *,
    reload: int | None = None,
    script: str = "",
    style: str = "",
) -> str:
    """A page with a heading and a sentence; with `reload` it reloads itself after so many seconds, without a script.

    `style` is what it has beside the style of states. Its policy lets nothing in but its style, its script and, where
    there is a script, answers of its own server.
    """
    style = style_sheet() + STYLE + style
    own = f"; script-src {digest(script)}; connect-src 'self'" if script else ""
    policy = f"default-src 'none'; style-src {digest(style)}; img-src data:; base-uri 'none'; form-action 'none'{own}"
    body = element(
        "body",
        element("header", element("div", element("h1", title), element("p", lead), class_="inner")),
        element("main", *content, id="main", class_="inner", tabindex=-1),
        *([Markup(f"<script>{script}</script>")] if script else []),
    )
    return f"<!DOCTYPE html>\n{element('html', head(title, style, policy, reload=reload), body, lang='en-GB')}\n"
