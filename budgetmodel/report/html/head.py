"""The head of every page that we write: one file, nothing loaded from anywhere."""

from __future__ import annotations

import base64
import hashlib

from budgetmodel.report.markup import Markup, element


def digest(text: str) -> str:
    """A style or script as a content security policy names it."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def head(title: str, style: str, policy: str, *, reload: int | None = None) -> Markup:
    """The head of a page with its title, its style and its content security policy.

    With `reload` the page reloads itself after so many seconds, without a script.
    """
    return element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=policy),
        *([element("meta", http_equiv="refresh", content=reload)] if reload else []),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="referrer", content="no-referrer"),
        element("title", title),
        element("link", rel="icon", href="data:,"),
        Markup(f"<style>{style}</style>"),
    )
