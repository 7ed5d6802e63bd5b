"""Puts the ten words of budgetmodel/contract/glossary.py into README.md: the lines below its heading "Ten words".

python -m docs.make_glossary
"""

from __future__ import annotations

from pathlib import Path

from budgetmodel.contract.glossary import as_markdown

README = Path(__file__).parent.parent / "README.md"
HEADING = "## Ten words"


def with_glossary(text: str) -> str:
    """The README with the words of today; ValueError when it has no such heading."""
    before, heading, after = text.partition(f"{HEADING}\n")
    if not heading:
        raise ValueError(f"README.md has no heading {HEADING!r}.")
    _, following, rest = after.partition("\n## ")
    return f"{before}{heading}\n{as_markdown()}\n{following}{rest}"


if __name__ == "__main__":
    README.write_text(with_glossary(README.read_text(encoding="utf-8")), encoding="utf-8", newline="\n")
