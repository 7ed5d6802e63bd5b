"""What newcomers read first is complete: every folder of the package, and one version and author everywhere."""

from __future__ import annotations

import configparser
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "budgetmodel"


def test_every_folder_and_module_of_the_root_has_its_line() -> None:
    listing = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    listing = listing.split("## How to read the house")[1].split("\n## ")[0]
    folders = [f"{path.parent.name}/" for path in PACKAGE.glob("*/__init__.py")]
    modules = [path.name for path in PACKAGE.glob("*.py") if not path.name.startswith("__")]
    assert [name for name in (*folders, *modules) if f"`{name}" not in listing] == []


def test_the_citation_is_of_this_version_and_its_authors() -> None:
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg", encoding="utf-8")
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert re.findall(r"^version: (.*)$", citation, re.MULTILINE) == [setup["metadata"]["version"]]
    assert re.findall(r"- name: (.*)$", citation, re.MULTILINE) == [setup["metadata"]["author"]]
    assert re.findall(r"^license: (.*)$", citation, re.MULTILINE) == [setup["metadata"]["license"]]


@pytest.mark.parametrize("page", ["SECURITY.md", "README.md"])
def test_every_file_that_is_named_is_there(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    named = re.findall(r"`((?:tests|docs|benchmarks|inputs|scenarios|budgetmodel)/[a-z_/]*(?:\.[a-z]+)?)`", text)
    assert named
    assert [name for name in named if not (ROOT / name).exists()] == []
