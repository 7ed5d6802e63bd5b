"""The ten words that a reader of the results needs: plain words first, with the model's own term.

The Guide of the input workbook and the README have them from here.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Term:
    """A word: how it is said plainly, the model's own term (blank: there is no other), and what it means."""

    plain: str
    term: str
    meaning: str

    @property
    def entry(self) -> str:
        """The plain words with the model's own term in brackets.

        >>> Term("aim", "should rule", "").entry, Term("must", "", "").entry
        ('aim (should rule)', 'must')
        """
        return f"{self.plain} ({self.term})" if self.term else self.plain


GLOSSARY = (
    Term(
        "fair share", "target", "What a place would get if money followed its need, measured as the sheet Target says."
    ),
    Term(
        "keeping today's shares",
        "do-minimum",
        "Every place and service grows as all money grows, so nobody's share changes. It is what answers are compared "
        "with; a place that gets less than this may still grow.",
    ),
    Term(
        "share of the gap left",
        "fair-share gap index",
        "How unequal places' money is against their fair shares. 100 is the gap of keeping today's shares, 0 is none; "
        "below 100 is fairer.",
    ),
    Term(
        "must", "must rule", "A rule that every answer keeps. Where all musts cannot hold together there is no answer."
    ),
    Term(
        "aim",
        "should rule",
        "A rule that an answer keeps as far as it can; what it is short of, in £m times its weight, is the shortfall.",
    ),
    Term(
        "who pools what", "regime", "Which organisations decide on their money together, and what their contracts cost."
    ),
    Term("pot", "", "Money that is decided on together, as if it were one organisation's."),
    Term(
        "scenario",
        "",
        "A question put to the model: who pools what, and what is changed in the workbook. Each is solved.",
    ),
    Term(
        "price of a limit",
        "shadow price",
        "What £1m more of a limit, or one step more of its cell, does to the share of the gap left. It holds for small "
        "changes; minus is fairer.",
    ),
    Term(
        "way out",
        "remedy",
        "The cheapest change of the workbook, in pounds, with which a scenario can be met that cannot.",
    ),
)
"""The words in the order of reading."""


def as_markdown() -> str:
    """The words as a table of the README."""
    rows = [f"| {term.entry} | {term.meaning} |" for term in GLOSSARY]
    return "\n".join(["| Word | Means |", "|---|---|", *rows])
