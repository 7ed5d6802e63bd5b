"""What may differ between machines, commits and days, and what stands in its place in frozen files.

This is the whole list. Every entry says what it hides; what is not hidden here is held to the byte.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

PATTERNS: tuple[tuple[str, str], ...] = (
    # The commit that the program runs from: every commit has its own.
    (r"\b[0-9a-f]{40}\b", "<git commit>"),
    # What stands in its place where the program is no working copy.
    (r"not known: this copy of the program is no working copy of its repository", "<git commit>"),
    # How long a run took, on the console's first line.
    (r"\b\d+\.\d s\)", "<seconds>)"),
    # The solvers that PuLP finds on this machine, after those of budgetmodel.
    (r"(Choose from: highs, highs-simplex, highs-ipm, highs-hipo), [^.]*\.", r"\1, <solvers of PuLP>."),
    # When openpyxl saved a workbook: marked copies bear it. Results bear 2000-01-01, which stays.
    (r"\b20(?!00)\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ", "<time>"),
)

ONE_THREAD = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
"""What tells numpy and scipy to add up in one thread, as the command line does before it loads them."""

ENDED = re.compile(r".+: (solved|remembered|infeasible|failed)")
"""A scenario that has ended. Scenarios are solved side by side, so these lines come in any order."""

COUNTED = re.compile(r".+ \(\d+ of \d+\)(: .+|, (about|at least) .+ left)?")
"""How far a scenario or a step is. How many such lines there are, and which, depends on the machine."""

BOXES = re.compile(r"[\s\u2500-\u257f]+")
"""White space and the lines of boxes: how help is laid out is typer's, and changes with its version."""


def neutral(text: str, folder: Path, versions: Mapping[str, str]) -> str:
    """The text without what differs between machines and days; `folder` is where the commands were given."""
    # Line ends are the platform's on the console and in files that Python writes as text.
    text = text.replace("\r\n", "\n")
    # Paths of the temporary folder and of the program, where one is told in full.
    text = text.replace(str(folder), "<folder>").replace(str(ROOT), "<program>")
    # The input's SHA-256: openpyxl writes the time into every workbook that it saves.
    for path in sorted(folder.iterdir()):
        if path.is_file():
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            for shown in (digest, digest[:12]):  # in full, or as far as people compare by eye
                text = text.replace(shown, f"<SHA-256 of {path.name}>")
    # Versions of this package, of the libraries and of Python. Numbers of three parts are no figures of a budget.
    for number in sorted(set(versions.values()), key=len, reverse=True):
        if number.count(".") > 1:
            text = re.sub(rf"(?<![\d.]){re.escape(number)}(?![\d.])", "<version>", text)
    for pattern, instead in PATTERNS:
        text = re.sub(pattern, instead, text)
    return text


def one_at_a_time() -> None:
    """Solve scenarios one after another in this process; called before the package is loaded.

    As many are solved side by side as there are processors, and where several are infeasible, they are told in the
    order in which they end. Sums of numpy are of one thread, as on the command line.
    """
    os.environ.update(dict.fromkeys(ONE_THREAD, "1"))
    os.cpu_count = lambda: 1


def in_order(progress: str) -> str:
    """Standard error with its lines of progress sorted, in front: the order in which scenarios end is chance.

    Those that count how far things are go out.
    """
    lines = [line for line in progress.splitlines() if not COUNTED.fullmatch(line)]
    ended = sorted(line for line in lines if ENDED.fullmatch(line))
    return "".join(f"{line}\n" for line in [*ended, *(line for line in lines if not ENDED.fullmatch(line))])


def words_of(help_page: str) -> str:
    """The words of a page of help, a word a line."""
    return "\n".join(BOXES.sub(" ", help_page).split()) + "\n"


def broken(text: str) -> str:
    """Text in lines short enough to compare: JSON is indented, and every tag of a page begins a line."""
    if text.startswith("{"):
        try:
            return json.dumps(json.loads(text), ensure_ascii=False, indent=1) + "\n"
        except ValueError:
            return text
    if text.startswith("<"):
        return text.replace("><", ">\n<")
    return text


def names_of(manifest: str) -> str:
    """The names in a manifest; its hashes follow from the files, which hold what is neutralised."""
    told = json.loads(manifest)
    return "\n".join([*sorted(told.keys()), *told["sha256"]]) + "\n"
