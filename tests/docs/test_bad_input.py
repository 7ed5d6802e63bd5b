"""docs/bad_input.md says what the program says."""

from __future__ import annotations

import shutil

import pytest

from docs import make_bad_input


def test_the_page_on_bad_input_is_what_check_says_today():
    made = make_bad_input.document(libreoffice=False)
    assert made == make_bad_input.DOCUMENT.read_text(encoding="utf-8"), "run: python -m docs.make_bad_input"


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
def test_typed_in_libreoffice_itself_the_mistakes_read_the_same():
    made = make_bad_input.document(libreoffice=True)
    assert made == make_bad_input.DOCUMENT.read_text(encoding="utf-8")


@pytest.mark.parametrize("mistake", make_bad_input.MISTAKES, ids=lambda mistake: mistake.file)
def test_every_mistake_is_found(mistake):
    page = make_bad_input.DOCUMENT.read_text(encoding="utf-8")
    said = page.partition(f"$ budgetmodel check {mistake.file}\n")[2].partition("$ echo $?\n")
    verdict = said[0].split(maxsplit=1)[0]
    code = {"ERROR": 3, "repaired": 0}[verdict]  # a total that agrees is left out and told, and stops nothing
    assert said[2].startswith(f"{code}\n"), mistake.title
