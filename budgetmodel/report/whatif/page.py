"""whatif.html as one file: data, solver, script and style, with a policy that lets nothing in from outside."""

from __future__ import annotations

import json
from importlib.resources import files

from budgetmodel.browser_solver import BrowserSolver
from budgetmodel.report.html.head import digest, head
from budgetmodel.report.html.style import style_sheet
from budgetmodel.report.html.tables import Heading, table
from budgetmodel.report.markup import Markup, element, join
from budgetmodel.whatif import WhatIf

FILE = "whatif.html"
"""The page's file name, in the folder of the results workbook."""

MODULES, WORKER = ("page.js",), ("model.js", "solving.js", "worker.js")
"""The page's own script, and that of its worker."""


def what_if_bytes(asked: WhatIf, solver: BrowserSolver) -> bytes:
    """The page as UTF-8; equal data give equal bytes. Names of the workbook are text of elements or JSON only."""
    style = style_sheet() + _asset("page.css")
    script = "".join(map(_asset, MODULES))
    policy = (
        "default-src 'none'; style-src 'unsafe-inline'; "
        f"script-src {digest(script)} 'wasm-unsafe-eval' blob:; "
        "worker-src blob:; img-src data:; base-uri 'none'; form-action 'none'"
    )
    data = {"scenarios": asked.scenarios, "published": [each["totals"] for each in asked.scenarios]}
    title = f"What if: {asked.title}"
    body = element(
        "body",
        element("a", "Skip to the sliders", class_="skip", href="#main"),
        element("header", element("div", element("h1", title), _subtitle(asked), class_="inner")),
        element("main", _barred(), _interactive(), _static(asked), id="main", class_="inner", tabindex=-1),
        element("footer", element("div", _closing(asked, solver), class_="inner")),
        _block("data", "application/json", json.dumps(data, ensure_ascii=False, allow_nan=True)),
        _block("wasm", "text/plain", solver.wasm),
        _block("highs", "text/plain", solver.script),
        _block("worker", "text/plain", "\n".join(map(_asset, WORKER))),
        Markup(f"<script>{script}</script>"),
    )
    return f"<!DOCTYPE html>\n{element('html', head(title, style, policy), body, lang='en-GB')}\n".encode(
        "utf-8", "replace"
    )


def _asset(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")


def _block(name: str, kind: str, content: str) -> Markup:
    """Data in the page. Only JSON holds what a workbook says: `<` is written so that no text ends the block."""
    safe = content.replace("<", "\\u003c") if kind == "application/json" else content
    if "</script" in safe.lower() or "<!--" in safe:
        raise ValueError(f"the block {name} would end the script it stands in")
    return Markup(f'<script type="{kind}" id="{name}">{safe}</script>')


def _subtitle(asked: WhatIf) -> Markup:
    words = "Move a slider: the whole program is solved again on this computer, and proved. Nothing is sent anywhere."
    return join([element("p", words), element("p", f"From {asked.workbook}")])


def _barred() -> Markup:
    words = "Sliders cannot work here, so the published answer is shown. The reason: "
    return element(
        "p", words, element("span", "", id="barred-why"), ".", id="barred", class_="warn", role="status", hidden=""
    )


def _interactive() -> Markup:
    headings = ("Place", "Published (£m)", "Now (£m)", "Difference (£m)", "Difference", "From fair share")
    columns = [element("th", name, scope="col", class_="figure" if n in (1, 2, 3, 5) else None)
               for n, name in enumerate(headings)]  # fmt: skip
    buttons = (("reset", "Back to published"), ("copy", "Copy as rows of Changes"), ("save", "Save scenario"))
    return element(
        "div",
        element("p", element("label", "Scenario ", element("select", id="scenario")), id="scenario-part"),
        element("h2", "What to change"),
        element("div", id="controls", class_="controls"),
        element(
            "div", *(element("button", words, type="button", id=name) for name, words in buttons), class_="actions"
        ),
        element("p", "", id="note", class_="note", role="status"),
        element("textarea", "", id="rows", readonly="", hidden="", aria_label="Rows of Changes"),
        element(
            "section",
            element("h2", "The answer"),
            element("progress", max="1", value="0", id="progress", aria_label="Solving"),
            element("p", "", id="verdict", class_="verdict", role="status", aria_live="polite"),
            element("div", id="offers", class_="actions"),
            element(
                "div",
                element("ul", id="cards", class_="cards"),
                element("p", "", id="who-more", class_="who"),
                element("p", "", id="who-less", class_="who"),
                element(
                    "div",
                    element(
                        "table",
                        element("caption", "Each place, all years together"),
                        element("thead", element("tr", *columns)),
                        element("tbody", id="rows-of-places"),
                    ),
                    class_="wide",
                    tabindex=0,
                    role="region",
                    aria_label="Each place, all years together",
                ),
                element("p", "", id="moved", class_="note"),
                id="figures",
            ),
            id="answer",
        ),
        element("details", element("summary", "What has no slider"), element("ul", id="left-out"), id="left-out-part"),
        id="what-if",
        hidden="",
    )


def _static(asked: WhatIf) -> Markup:
    """The published answer, for a browser that runs no script or no WebAssembly."""
    parts = [element("p", "Without script the sliders do not work; this is the published answer.", class_="note")]
    for each in asked.scenarios:
        rows: list[list[object]] = [list(row) for row in zip(each["places"], each["totals"], strict=True)]
        published = each["published"]
        unit = f" {each['objective']['unit']}".rstrip()
        words = (
            f"{each['objective']['label']}: {published['index']:.2f}{unit}; weighted shortfall: "
            f"£{published['shortfall']:.2f}m."
        )
        heading = f"{each['name']}, as published"
        headings = (Heading("Place"), Heading("All years (£m)", "money"))
        parts += [element("h2", heading), element("p", words), table(heading, headings, rows)]
    return element("div", *parts, id="static")


def _closing(asked: WhatIf, solver: BrowserSolver) -> Markup:
    words = (
        "Shortfall and objective are solved again from the published answer's basis; of all best allocations the one "
        "nearest to the published money by place and year is shown. The published run settles the last freedom in its "
        "own way, so a place's figure may differ from that of a full run while index and shortfall do not."
    )
    return join(
        [
            element("p", words),
            *(element("p", sentence) for sentence in asked.left_out),
            element(
                "details",
                element("summary", "Licence of the solver in this page (HiGHS and its JavaScript wrapper)"),
                element("pre", solver.licence),
            ),
        ]
    )
