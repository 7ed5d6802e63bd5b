"""Every decision has its date, the command that shows it, and what would overturn it; and every command exists."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from budgetmodel.cli import app

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "decisions"
PAGES = sorted(path for path in FOLDER.glob("*.md") if path.name != "README.md")


def entries(page: Path) -> dict[str, str]:
    """Heading -> text of every entry of a page."""
    parts = re.split(r"^## ", page.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    return {part.partition("\n")[0]: part.partition("\n")[2] for part in parts}


def shown_by(text: str) -> str:
    return text.partition("- Shown by:")[2].partition("- Overturned by:")[0]


def names_in(path: Path) -> Iterator[str]:
    """The names of the tests of a file or folder."""
    for file in [path] if path.is_file() else sorted(path.rglob("test_*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                yield node.name


def wrong(command: str) -> str:
    """What is wrong with a command; nothing when it can be run."""
    program, *words = command.split(" ")
    match program:
        case "pytest":
            paths, _, chosen = " ".join(words).partition(" -k ")
            files = [ROOT / path for path in paths.split()]
            if missing := [str(file) for file in files if not file.exists()]:
                return f"no {missing}"
            names = [name for file in files for name in names_in(file)]
            wanted = chosen.strip('"').split(" or ") if chosen else []
            return "".join(f"no test with {word}; " for word in wanted if not any(word in name for name in names))
        case "python":
            return "" if (ROOT / words[0]).is_file() else f"no {words[0]}"
        case "python3":
            known = {each.callback.__name__ for each in app.registered_commands if each.callback} | {"test"}
            return "" if words[0] == "start.py" and words[1] in known else f"no {words}"
        case "lint-imports":
            return ""
        case script if script.startswith(".ci/"):
            return "" if (ROOT / script).is_file() else f"no {script}"
    return "a program that nobody knows"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_entry_is_whole_and_its_commands_exist(page: Path) -> None:
    for heading, text in entries(page).items():
        assert re.match(r"\n20\d\d-\d\d-\d\d\.", text), heading
        assert text.count("- Shown by:") == text.count("- Overturned by:") == 1, heading
        commands = [
            found
            for found in re.findall(r"`([^`]+)`", " ".join(shown_by(text).split()))
            if re.match(r"(pytest|python3?|lint-imports|\.ci/\w+)\b", found)
        ]
        assert commands, heading
        assert {command: wrong(command) for command in commands} == dict.fromkeys(commands, ""), heading


def test_a_command_that_is_not_there_is_found() -> None:
    assert wrong("pytest tests/docs/test_decisions.py -k a_command_that") == ""
    assert wrong("pytest tests/docs/test_decisions.py -k nobody_wrote_this_one").startswith("no test with nobody")
    assert wrong("pytest tests/nowhere.py").startswith("no ")
    assert wrong("python benchmarks/nowhere.py") == "no benchmarks/nowhere.py"
    assert wrong("python3 start.py fly").startswith("no ")


def test_the_list_names_every_page() -> None:
    listed = re.findall(r"\]\((\w+\.md)\)", (FOLDER / "README.md").read_text(encoding="utf-8"))
    assert sorted(listed) == [page.name for page in PAGES]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_file_that_is_named_is_there(page: Path) -> None:
    named = re.findall(r"`([a-z_]+(?:/[a-z_]+)*/(?:[a-z_]+\.(?:py|csv|md))?)`", page.read_text(encoding="utf-8"))
    assert [name for name in named if not any((base / name).exists() for base in (ROOT, ROOT / "budgetmodel"))] == []
