"""A watcher on a small workbook: what its page says at every stage, and that its results are those of `run`."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from threading import Thread

import pytest
from typer.testing import CliRunner

import budgetmodel as bm
from budgetmodel.cli import app
from budgetmodel.contract.issues import FileTrouble
from budgetmodel.watch import PAGE, Watcher
from tests.cli.test_cli import book
from tests.support.builder import Book

LONG = 60.0


class Desk:
    """A folder with a workbook, `watch` on it, and what it has said."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.workbook, self.out = folder, folder / "A & B's £.xlsx", folder / "out"
        self.lines: list[str] = []
        self.save(book())
        (folder / f"~${self.workbook.name}").write_bytes(b"\x03Ann")
        words = ["watch", str(folder), "-o", str(self.out)]
        self.command = " ".join(["budgetmodel", *words])
        self.process = subprocess.Popen(
            [sys.executable, "-m", "budgetmodel", *words],
            stderr=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            text=True,
            encoding="utf-8",
            env={**os.environ, "PYTHONIOENCODING": "utf-8"},
        )
        self.reader = Thread(target=self.read)
        self.reader.start()

    def read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.lines.append(line.rstrip())

    def end(self) -> int:
        """Ctrl-C; returns the exit code."""
        self.process.send_signal(signal.SIGINT)
        code = self.process.wait(LONG)
        self.reader.join(LONG)
        return code

    def save(self, made: Book) -> None:
        """As Excel does: a temporary file, then a rename."""
        made.save(self.folder / "saving.tmp").replace(self.workbook)

    def heard(self, words: str, after: int = 0) -> int:
        """Wait for a line; returns how many lines there are up to it."""
        until = time.monotonic() + LONG
        while time.monotonic() < until:
            for number, line in enumerate(self.lines[after:], after + 1):
                if words in line:
                    return number
            time.sleep(0.05)
        raise AssertionError(f"{words!r} was not said: {self.lines[after:]}")

    def page(self) -> str:
        return plain(self.out / PAGE)

    def results(self) -> dict[str, bytes]:
        return files(self.out / self.workbook.stem)


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def plain(path: Path) -> str:
    """The text of a page."""
    return " ".join(unescape(re.sub(r"<style>.*?</style>|<[^>]*>", " ", path.read_text(encoding="utf-8"))).split())


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    made = Desk(tmp_path_factory.mktemp("watched"))
    try:
        made.heard("published")
        yield made
    finally:
        made.process.kill()
        made.process.wait(LONG)
        made.reader.join(LONG)
        assert made.process.stderr is not None
        made.process.stderr.close()


def test_the_page_says_what_is_published_without_a_script(desk: Desk) -> None:
    assert "Published The results are those of the workbook as saved at" in desk.page()
    assert "Slow share of the gap left 60.00 of 100" in desk.page()  # index of 60: see book()
    text = (desk.out / PAGE).read_text(encoding="utf-8")
    assert '<meta http-equiv="refresh" content="2">' in text
    assert "<script" not in text
    assert 'href="A%20%26%20B%27s%20%C2%A3/report.html"' in text


def test_a_changed_cell_has_first_figures_and_then_the_results_of_run(desk: Desk, tmp_path: Path) -> None:
    # £101m instead of £100m: South's ceiling stays 44, North gets 57. The gap is 13, that of keeping shares 20.2.
    before = len(desk.lines)
    desk.save(more_money())
    looked = desk.heard("Slow: share of the gap left 64.36 (before: 60.00)", before)
    assert not (desk.out / desk.workbook.stem / "since_last_run.csv").exists()
    assert "Slow share of the gap left 64.36 (before: 60.00)" in desk.page()
    desk.heard("Slow: share of the gap left 64.36 of 100", looked)
    assert desk.heard("published", looked) > looked
    bm.run(desk.workbook, folder=tmp_path, command=desk.command)
    ours, theirs = desk.results(), files(tmp_path)
    told = {"since_last_run.csv", "results.xlsx", "report.html", "manifest.json"}  # these say what changed since
    assert {name: ours[name] for name in ours if name not in told} == {
        name: theirs[name] for name in theirs if name not in told
    }
    assert "What the last change did" in desk.page()


def more_money() -> Book:
    return book().set("Funding", Amount=101)


def test_a_touch_and_a_save_without_a_change_of_cells_are_not_solved(desk: Desk) -> None:
    before, results = len(desk.lines), desk.results()
    os.utime(desk.workbook)
    time.sleep(1.5)
    assert len(desk.lines) == before
    again = desk.workbook.read_bytes()
    desk.save(more_money())  # the time of the save is in the file
    assert desk.workbook.read_bytes() != again
    desk.heard("nothing that counts differs", before)
    assert desk.results() == results
    assert "Published Nothing that counts differs from the save before." in desk.page()


def test_problems_are_told_with_their_cells_and_the_results_stay(desk: Desk) -> None:
    before, results = len(desk.lines), desk.results()
    wrong = more_money().set("Funding", Amount="lots")
    desk.save(wrong)
    desk.heard("must be mended", before)
    cell = wrong.cell("Funding", row=0, column="Amount")
    page = desk.page()
    assert "Not solved: the workbook has problems" in page
    assert f"Funding!{cell}" in page
    assert "The results are still those of the workbook as saved at" in page
    now = desk.results()
    assert now.pop("problems.xlsx")
    assert now == results
    desk.save(more_money())
    desk.heard("nothing that counts differs", before)
    assert "Published" in desk.page()


def test_one_watcher_a_folder(desk: Desk) -> None:
    with pytest.raises(FileTrouble, match=rf"Another watch \(process {desk.process.pid}\) writes into .* already"):
        Watcher(desk.workbook, desk.out).run()


def test_a_path_that_is_not_there_is_refused(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["watch", str(tmp_path / "none.xlsx")])
    assert isinstance(done.exception, FileTrouble)
    assert "There is no file or folder" in str(done.exception)


def test_ctrl_c_leaves_nothing_half_and_the_page_says_so(desk: Desk) -> None:
    results = desk.results()
    assert desk.end() == 130
    said = f"Stopped watching. The last good results are in '{desk.out}'; nothing is half written."
    assert desk.lines[-1] == said
    assert "Not followed any more" in desk.page()
    assert sorted(path.name for path in desk.out.iterdir()) == [desk.workbook.stem, PAGE]
    assert desk.results() == results
