"""`python -m tests.freeze compare`: every file that differs is named, with the lines that do."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.freeze.__main__ import main
from tests.freeze.compare import changed_lines
from tests.freeze.neutral import in_order, neutral


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    """Two frozen folders that hold the same."""
    both = tmp_path / "before", tmp_path / "after"
    for folder in both:
        (folder / "tiny_1" / "run").mkdir(parents=True)
        (folder / "tiny_1" / "run" / "places.csv").write_text("place,amount\nBury,1\nDale,2\n", encoding="utf-8")
        (folder / "tiny_1" / "check.txt").write_text("exit code 0\n", encoding="utf-8")
    return both


def told(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, list[str]]:
    code = main([str(word) for word in words])
    return code, capsys.readouterr().out.splitlines()


def test_folders_that_hold_the_same_end_with_0(folders: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    assert told(capsys, "compare", *folders) == (0, ["No file differs."])


def test_a_changed_a_missing_and_an_extra_file_are_named(
    folders: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    before, after = folders
    (after / "tiny_1" / "run" / "places.csv").write_text("place,amount\nBury,1\nDale,3\n", encoding="utf-8")
    (after / "tiny_1" / "check.txt").unlink()
    (after / "tiny_1" / "run" / "walls.csv").write_text("wall\n", encoding="utf-8")
    assert told(capsys, "compare", before, after) == (
        1,
        [
            "missing: tiny_1/check.txt",
            "changed: tiny_1/run/places.csv",
            "  line 3 - Dale,2",
            "  line 3 + Dale,3",
            "extra: tiny_1/run/walls.csv",
        ],
    )


def test_an_added_line_is_shown_alone() -> None:
    assert changed_lines(["a", "b", "c"], ["a", "new", "b", "c"]) == ["  line 2 + new"]
    assert changed_lines(["a", "b", "b"], ["a", "b"]) == ["  line 3 - b"]


def test_of_many_changed_lines_the_first_are_shown_and_all_are_counted() -> None:
    before, after = [f"old {n}" for n in range(9)], [f"new {n}" for n in range(9)]
    said = changed_lines(before, after)
    assert said[:2] == ["  line 1 - old 0", "  line 1 + new 0"]
    assert (len(said), said[-1]) == (7, "  ... 9 lines in all")


def test_hashes_are_listed_by_file(folders: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    code, lines = told(capsys, "hash", folders[0])
    assert code == 0
    assert [line.partition(",")[0] for line in lines] == ["file", "tiny_1/check.txt", "tiny_1/run/places.csv"]


def test_what_differs_between_machines_is_hidden_and_figures_are_not(tmp_path: Path) -> None:
    (tmp_path / "in.xlsx").write_bytes(b"")
    digest = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    text = f"{digest} {'a1' * 20} 3.11.7 13.11.7 (29.2 s) {tmp_path / 'out'} 2026-11-30T14:54:53Z 2000-01-01T00:00:00Z"
    assert neutral(text, tmp_path, {"python": "3.11.7"}).replace("\\", "/") == (
        "<SHA-256 of in.xlsx> <git commit> <version> 13.11.7 (<seconds>) <folder>/out <time> 2000-01-01T00:00:00Z"
    )


def test_the_order_in_which_scenarios_end_is_hidden() -> None:
    assert in_order("Pooled: solved\nSplit: solved\nNot so.\n") == in_order("Split: solved\nNot so.\nPooled: solved\n")
