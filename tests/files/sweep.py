"""What is in the folder after the n-th call of writing results fails, or the run is killed or interrupted there.

`python -m tests.files.sweep` prints the table of docs/interruptions.md. A run of the command line is taken to the
moment before its results are written and forked there: each trial is the real process in its real state, up to the
words and the exit code. Before each trial the folder has the results of an earlier run. `tests.support.nth_call` says
what a call is, docs/decisions/results.md why there is no shim.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from contextvars import Context
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from budgetmodel.files import sets
from budgetmodel.files.journal import JOURNAL, SUFFIX, unfinished
from budgetmodel.files.sets import put_back_first, write_files
from tests.support.nth_call import Act, at_call, failing, signalled


@dataclass(frozen=True)
class Kind:
    """A kind of trial: what happens at a call, and whether at each one after it, too."""

    name: str
    act: Act
    onwards: bool = False


SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP")
ERRORS = ("ENOSPC", "EIO", "EACCES", "EROFS")
KINDS = (
    Kind("SIGKILL", signalled(signal.SIGKILL)),
    *(Kind(name, signalled(getattr(signal, name))) for name in SIGNALS),
    *(Kind(name, failing(getattr(errno, name))) for name in ERRORS),
    *(Kind(f"{name} from there on", failing(getattr(errno, name)), onwards=True) for name in ERRORS),
)  # fmt: skip


@dataclass(frozen=True)
class Trial:
    """What a trial left: `state` and `after` are "old", "new" or "mixed", before and after the next run has begun."""

    kind: str
    number: int
    code: int
    words: str
    state: str
    told: bool
    after: str
    strays: list[str]

    @property
    def faults(self) -> list[str]:
        """What must not be."""
        found = [] if self.after in ("old", "new") else [f"{self.after} after the next run"]
        found += [f"strays: {self.strays}"] if self.strays else []
        if self.state == "mixed" and not self.told:
            found.append("mixed, and readers are not told")
        if self.kind in SIGNALS:
            right = "Nothing was changed." if self.state == "old" else "Results were written before"
            if (self.code, right in self.words, self.state) not in ((130, True, "old"), (130, True, "new")):
                found.append(f"interrupted: {self.code} {self.words!r}, and {self.state}")
        elif self.kind != "SIGKILL":
            # What could not be put back is told, and the next run's; perhaps all files but the journal were new.
            later = self.told and self.after == "old" and "the next run puts it back" in self.words
            agrees = self.state == {0: "new", 5: "old"}.get(self.code) or (self.code == 5 and later)
            if not agrees or (self.code == 5 and len(self.words.splitlines()) < 1) or "bug" in self.words:
                found.append(f"failed: {self.code} {self.words!r}, and {self.state}")
        return found


def contents(folder: Path) -> dict[str, bytes]:
    """The files that a user sees in a folder of results."""
    own = (path for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))
    return {path.name: path.read_bytes() for path in own}


def left_over(folder: Path) -> list[str]:
    """Files of ours that nobody needs any more."""
    return sorted(path.name for path in folder.rglob(".*") if path.name.endswith(SUFFIX) or path.name == JOURNAL)


class Sweep:
    """Trials at every `every`-th call, each in a process of its own that goes on where this one is."""

    def __init__(self, folder: Path, every: int, kinds: tuple[Kind, ...] = KINDS) -> None:
        self.folder, self.every, self.kinds = folder, every, kinds
        self.spare = folder.with_name("earlier results")
        self.said = folder.with_name("said")
        self.trials: list[Trial] = []
        self.calls = 0
        self.child = False

    def __call__(self, files: Mapping[Path, bytes], remove: Any = ()) -> list[Path]:
        """What is done in the place of `write_files`, with what it is given."""
        shutil.copytree(self.folder, self.spare)
        self.old = contents(self.folder)
        gone = {path.name for path in remove}
        kept = {name: text for name, text in self.old.items() if name not in gone}
        self.new = kept | {path.name: text for path, text in files.items()}
        for number, kind in enumerate(self.kinds):
            at, ended = 1 + number % self.every, False
            while not ended:
                if self.forked(kind, at):  # the child goes on as a run does
                    return write_files(files, remove)
                ended = self.judged(kind, at)
                at += self.every
        raise SystemExit

    def forked(self, kind: Kind, number: int) -> bool:
        """Whether this is the child, in which something will happen at the n-th call."""
        self.process = os.fork()
        if self.process:
            return False
        self.child = True
        for descriptor in (1, 2):
            os.dup2(os.open(self.said, os.O_WRONLY | os.O_CREAT | os.O_APPEND), descriptor)
        self.block = at_call(self.folder, number, kind.act, onwards=kind.onwards)
        self.counted = self.block.__enter__()
        return True

    def judged(self, kind: Kind, number: int) -> bool:
        """Wait for a child and note what it left; whether there were fewer calls than n."""
        _, status = os.waitpid(self.process, 0)
        code = os.waitstatus_to_exitcode(status)
        words = self.said.read_text("utf-8")
        self.said.unlink()
        words, _, count = words.rpartition("\ncalls ")
        ended = bool(count) and int(count) < number
        if not ended:
            state, told = self.state(), bool(unfinished(self.folder))
            put_back_first(self.folder)
            after = self.state()
            for folder in (self.folder, self.folder / ".budgetmodel"):
                Context().run(write_files, {folder / "next run": b""})  # nothing of what the run has written
            found = left_over(self.folder)
            self.trials.append(Trial(kind.name, number, code, words, state, told, after, found))
            self.calls = max(self.calls, number)
        shutil.rmtree(self.folder)
        shutil.copytree(self.spare, self.folder)
        return ended

    def state(self) -> str:
        """Of which run the files are."""
        found = contents(self.folder)
        return "old" if found == self.old else "new" if found == self.new else "mixed"


def swept(
    earlier: Path, later: Path, folder: Path, every: int, kinds: Sequence[Kind] = KINDS
) -> tuple[int, list[Trial]]:
    """Run one workbook into a folder, then try another; returns how many calls there are, and the trials."""
    from budgetmodel.cli import main
    from budgetmodel.job import run

    os.fsync = lambda _: None  # what a process has written is there after its death; power cuts are not tried
    for name in SIGNALS:  # a shell that starts this in the background has them ignored
        signal.signal(getattr(signal, name), signal.default_int_handler)
    run(earlier, folder=folder)
    sweep = Sweep(folder, every, tuple(kinds))
    sys.argv = ["budgetmodel", "run", str(later), "-o", str(folder)]
    code = 0
    try:
        sets.write_files, real = sweep, sets.write_files  # type: ignore[assignment]  # a callable like it
        try:
            main()
        finally:
            sets.write_files = real
    except SystemExit as ended:
        code = int(ended.code or 0)
    if sweep.child:
        count = sweep.counted.count
        sweep.block.__exit__(None, None, None)
        sys.stdout.flush()
        sys.stderr.flush()
        os.write(2, f"\ncalls {count}".encode())
        os._exit(code)
    return sweep.calls, sweep.trials


def table(trials: list[Trial]) -> list[str]:
    """The trials counted, as a table in Markdown."""
    lines = ["| What happens | Tries | Exit codes | All old | All new | Mixed until the next run | Lost |"]
    lines.append("|---|---|---|---|---|---|---|")
    for kind in dict.fromkeys(trial.kind for trial in trials):
        own = [trial for trial in trials if trial.kind == kind]
        codes = ", ".join(f"{code}: {n}" for code, n in sorted(Counter(trial.code for trial in own).items()))
        states = Counter(trial.state for trial in own)
        lost = sum(bool(trial.faults) for trial in own)
        lines.append(
            f"| {kind} | {len(own)} | {codes} | {states['old']} | {states['new']} | {states['mixed']} | {lost} |"
        )
    return lines


def main() -> int:
    """`python -m tests.files.sweep [EVERY [FILE [KIND...]]]`: the table, and the trials as JSON in a file."""
    from tests.support.builder import two_places

    every = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    file = Path(sys.argv[2]) if len(sys.argv) > 2 else None
    kinds = [kind for kind in KINDS if kind.name in sys.argv[3:] or not sys.argv[3:]]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        earlier = two_places().save(folder / "earlier.xlsx")
        later = two_places().set("Funding", Amount=101).save(folder / "later.xlsx")
        calls, trials = swept(earlier, later, folder / "out", every, kinds)
    print(f"{calls} calls\n")  # what the command is for
    print("\n".join(table(trials)))  # as above
    faults = [f"{trial.kind} at {trial.number}: {fault}" for trial in trials for fault in trial.faults]
    if file is not None:
        file.write_text(json.dumps([asdict(trial) for trial in trials]), "utf-8")
    print("\n".join(faults), file=sys.stderr)  # as above
    return bool(faults)


if __name__ == "__main__":
    sys.exit(main())
