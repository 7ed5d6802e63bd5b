"""The ten words stand in the README and on the Guide as the records have them."""

from __future__ import annotations

from pathlib import Path

from budgetmodel.contract.glossary import GLOSSARY
from budgetmodel.excel.template.guide import guide_lines
from docs.make_glossary import with_glossary

README = Path(__file__).parents[2] / "README.md"


def test_the_readme_has_the_words_of_today() -> None:
    text = README.read_text(encoding="utf-8")
    assert with_glossary(text) == text, "run: python -m docs.make_glossary"


def test_the_guide_has_ten_words_and_each_old_term_once() -> None:
    lines = [line for line in guide_lines() if line.subject == "Words"]
    assert [(line.entry, line.meaning) for line in lines] == [(term.entry, term.meaning) for term in GLOSSARY]
    entries = " ".join(line.entry for line in lines)
    assert len(lines) == 10
    for old in ("do-minimum", "regime", "should rule", "must rule", "fair-share gap index"):
        assert entries.count(f"({old})") == 1


def test_the_readme_opens_with_the_picture_what_you_get_and_then_the_commands() -> None:
    text = README.read_text(encoding="utf-8")
    order = [
        "docs/pictures/decision.png",
        "## What you get",
        "No Python?",
        "python3 start.py\n",
        "python3 start.py test",
    ]
    found = [text.index(words) for words in order]
    assert found == sorted(found)
    assert (README.parent / "docs" / "pictures" / "decision.png").is_file()
