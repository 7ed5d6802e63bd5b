"""`init` and `menu`: start files in real shells under awkward paths, and that nothing of a user's is written over."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

import budgetmodel as bm
from budgetmodel.cli import app
from budgetmodel.start_files.folder import HELP, LINUX, MAC, WINDOWS, WORKBOOK
from budgetmodel.start_files.texts import cmd_file, shell_file
from tests.support.builder import two_places

SHELLS = [shell for shell in ("sh", "bash", "dash", "zsh") if shutil.which(shell)]

AWKWARD = [
    "plain",
    "with spaces",
    "Ann's & Bob's",
    "£5m – Grüße 報告",
    "-o --help",
    "$HOME `id` $(id)",
    'say "hi" \\n',
    "50%PATH% !x! ^y",
    "a\nline",
    "(x) [y] {z} *?;|<>~#",
]


def folders(tmp_path: Path, name: str) -> tuple[Path, Path]:
    """A folder with start files, and an interpreter that writes down where it was started and with which words."""
    folder, python = tmp_path / name, tmp_path / f"{name} py" / "python3"
    folder.mkdir()
    python.parent.mkdir()
    python.write_text('#!/bin/sh\nfor each in "$PWD" "$@"; do printf "%s\\0" "$each"; done >> "$NOTED"\n')
    python.chmod(0o755)
    return folder, python


@pytest.mark.skipif(os.name == "nt", reason="shells of Unix")
@pytest.mark.parametrize("name", AWKWARD)
def test_a_start_file_opens_the_menu_of_its_own_folder_in_every_shell(tmp_path: Path, name: str) -> None:
    folder, python = folders(tmp_path, name)
    noted = tmp_path / "noted"
    for file in (folder / LINUX, folder / MAC):
        file.write_text(shell_file(str(python)), encoding="utf-8")
    for shell in SHELLS:
        for words, where in (
            ([str(folder / MAC)], Path("/")),  # as macOS starts it
            ([LINUX], folder),  # as somebody types it
            ([f"./{LINUX}"], folder),
        ):
            noted.unlink(missing_ok=True)
            done = subprocess.run([shell, *words], cwd=where, env={**os.environ, "NOTED": str(noted), "CDPATH": "/"},
                                  capture_output=True, text=True, check=False)  # fmt: skip
            assert (done.returncode, done.stdout, done.stderr) == (0, "", ""), (shell, words)
            at = os.path.realpath(folder)
            assert noted.read_text(encoding="utf-8").split("\0")[:-1] == [
                *(at, "-P", "-c", "import budgetmodel"),
                *(at, "-P", "-m", "budgetmodel", "menu", "."),
            ]


@pytest.mark.skipif(os.name == "nt", reason="shells of Unix")
def test_a_python_that_has_moved_is_said(tmp_path: Path) -> None:
    (tmp_path / LINUX).write_text(shell_file(str(tmp_path / "gone")), encoding="utf-8")
    bare = tmp_path / "bin"
    bare.mkdir()
    done = subprocess.run(["/bin/sh", LINUX], cwd=tmp_path, env={"PATH": str(bare)}, input="\n",
                          capture_output=True, text=True, check=False)  # fmt: skip
    assert done.returncode == 5
    assert "budgetmodel is not found" in done.stdout


@pytest.mark.parametrize(
    "python, written",
    [
        (r"C:\Users\Ann & Bob\£ 100%\(x)\python.exe", r"C:\Users\Ann & Bob\£ 100%%\(x)\python.exe"),
        (r"C:\It's\Grüße\!x!^\python.exe", r"C:\It's\Grüße\!x!^\python.exe"),
        ('C:\\a" & calc & "\\python.exe', "py"),  # no path of Windows: nothing that leaves the quotes is written
        ("C:\\a\npause", "py"),
    ],
)
def test_the_start_file_for_windows_quotes_every_path(python: str, written: str) -> None:
    text = cmd_file(python)
    assert text.count("\r\n") == text.count("\n")  # labels are not found otherwise
    lines = text.split("\r\n")
    assert f'set "BM_PYTHON={written}"' in lines
    others = [line for line in lines if written == "py" or written not in line]
    assert "\n".join(others).isascii()
    assert "!" not in "".join(others)
    # Delayed expansion is off and the code page set before the first line that holds a path.
    assert lines.index("setlocal EnableExtensions DisableDelayedExpansion") < lines.index("chcp 65001 >nul") < 5
    for line in others:
        for variable in re.finditer(r"%~dp0|%BM_PYTHON%", line):
            assert line[: variable.start()].count('"') % 2 == 1, line  # inside of quotes
    assert not any(line.rstrip().endswith(("(", ")", "^")) for line in others)  # no blocks, in which ")" of a path ends
    labels = {line[1:] for line in lines if line.startswith(":")}
    assert set(re.findall(r"goto (\w+)", text)) == labels


def test_init_writes_a_folder_and_never_over_a_file(tmp_path: Path) -> None:
    folder = tmp_path / "Ann's & £"
    done = CliRunner().invoke(app, ["init", str(folder), "--json"])
    assert done.exit_code == 0
    names = [WORKBOOK, WINDOWS, MAC, LINUX, HELP]
    assert [Path(name).name for name in json.loads(done.stdout)["files"]] == names
    assert {path.name for path in folder.iterdir()} == set(names)
    assert any(issue.severity == "error" for issue in bm.check(folder / WORKBOOK))  # blank
    if os.name != "nt":
        assert os.access(folder / MAC, os.X_OK)
    how_to = (folder / HELP).read_text(encoding="utf-8")
    assert len(how_to.splitlines()) <= 30  # half a page
    assert all(name in how_to for name in (WORKBOOK, WINDOWS, MAC, LINUX))
    (folder / WORKBOOK).write_bytes(b"mine")
    (folder / HELP).unlink()
    (folder / MAC).unlink()
    (folder / MAC).symlink_to(tmp_path / "nowhere")
    again = json.loads(CliRunner().invoke(app, ["init", str(folder), "--example", "--json"]).stdout)
    assert [Path(name).name for name in again["files"]] == [HELP]
    assert [Path(name).name for name in again["kept"]] == [WORKBOOK, WINDOWS, MAC, LINUX]
    assert (folder / WORKBOOK).read_bytes() == b"mine"
    assert not (tmp_path / "nowhere").exists()


def test_init_refuses_a_file_as_its_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    done = CliRunner().invoke(app, ["init", str(tmp_path / "file")])
    assert getattr(done.exception, "exit_code", None) == 5
    assert (tmp_path / "file").read_text() == "mine"


def test_the_menu_starts_what_is_chosen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a & b.xlsx", "c's.xlsx", "~$c's.xlsx"):
        two_places().save(tmp_path / name)
    started: list[list[str]] = []

    class Started:
        def __init__(self, words: list[str]) -> None:
            started.append(words)

        def wait(self, timeout: float | None = None) -> int:
            return 0

    monkeypatch.setattr(subprocess, "Popen", Started)
    done = CliRunner().invoke(app, ["menu", str(tmp_path)], input="2\n1\n2\n3\nwhat\n4\n1\n2\n\n")
    assert done.exit_code == 0, done.output
    assert "Type 1, 2, 3 or 4" in done.output
    second, first = str(tmp_path / "c's.xlsx"), str(tmp_path / "a & b.xlsx")
    ours = [sys.executable, "-P", "-m", "budgetmodel"]
    assert started == [
        [*ours, "run", second, "-o", str(tmp_path / "outputs" / "c's")],
        [*ours, "watch", second, "--open"],
        [*ours, "app"],
        [*ours, "watch", first, "--open"],
    ]


def test_a_folder_without_a_workbook_is_said(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["menu", str(tmp_path)])
    assert getattr(done.exception, "exit_code", None) == 5
    assert str(done.exception).startswith("There is no workbook in")
