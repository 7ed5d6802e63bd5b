"""whatif.html as a file of a run: written with the others, listed in the manifest, gone when it is not asked for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import budgetmodel as bm
from budgetmodel import browser_solver
from budgetmodel.contract.events import Event
from budgetmodel.contract.issues import FileTrouble
from tests.support.builder import two_places, with_years

HERE = browser_solver.folder()
"""Where the solver is on this machine, before the tests hide it."""


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = with_years(two_places(), 2, 0.02)
    made.rule("Floor", "growth", "at least", 0.0, Each="place")
    return made.save(tmp_path_factory.mktemp("a run") / "book.xlsx")


def test_without_the_solver_a_run_writes_everything_else_and_says_what_is_missing(book, tmp_path):
    said: list[Event] = []
    outcome = bm.run(book, folder=tmp_path / "out", whatif="", on_event=said.append)
    assert (tmp_path / "out" / "report.html").exists()
    assert not (tmp_path / "out" / "whatif.html").exists()
    assert outcome.exit_code == 0
    assert [e.words for e in said if e.kind == "notice"] == [browser_solver.MISSING]


@pytest.mark.skipif(browser_solver.found(HERE) is None, reason="the solver for the browser is not on this machine")
def test_a_run_writes_the_page_with_its_files_and_takes_it_away_when_it_is_not_wanted(book, tmp_path, monkeypatch):
    monkeypatch.setenv(browser_solver.ELSEWHERE, str(HERE))
    out = tmp_path / "out"
    outcome = bm.run(book, folder=out)
    assert out / "whatif.html" in outcome.files
    assert "whatif.html" in json.loads((out / "manifest.json").read_text())["sha256"]
    assert (out / "whatif.html").stat().st_size < 4_000_000
    bm.run(book, folder=out, whatif=False)
    assert not (out / "whatif.html").exists()


def test_a_solver_with_another_hash_is_none(tmp_path):
    for name in ("highs.js", "highs.wasm", "LICENSE"):
        (tmp_path / name).write_text("something else")
    assert browser_solver.found(tmp_path) is None


def test_a_package_with_another_hash_is_thrown_away(tmp_path, monkeypatch):
    import tarfile

    monkeypatch.setenv(browser_solver.ELSEWHERE, str(tmp_path / "kept"))
    inside = tmp_path / "package" / "build"
    inside.mkdir(parents=True)
    for name in ("build/highs.js", "build/highs.wasm", "LICENSE"):
        (inside.parent / name).write_text("something else")
    with tarfile.open(tmp_path / "highs.tgz", "w:gz") as archive:
        archive.add(tmp_path / "package", "package")
    with pytest.raises(FileTrouble, match="has not the hash that is pinned here"):
        browser_solver.keep(tmp_path / "highs.tgz")
    assert not (tmp_path / "kept").exists()
