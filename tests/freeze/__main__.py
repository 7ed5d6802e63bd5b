"""`python -m tests.freeze`: write, compare, hash, golden."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from tests.freeze import golden
from tests.freeze.compare import compared, hashes


def main(words: list[str] | None = None) -> int:
    """Do what the words ask for; returns the exit code."""
    reader = argparse.ArgumentParser(prog="python -m tests.freeze", description="Freeze what a user gets.")
    commands = reader.add_subparsers(dest="command", required=True)
    write = commands.add_parser("write", help="write everything that a user gets into a new folder")
    write.add_argument("folder", type=Path)
    write.add_argument("--only", action="append", default=[], metavar="NAME", help="do this job only; repeatable")
    compare = commands.add_parser("compare", help="list the files that differ; exit code 1 if there are any")
    compare.add_argument("before", type=Path)
    compare.add_argument("after", type=Path)
    commands.add_parser("hash", help="print the SHA-256 of every file").add_argument("folder", type=Path)
    kept = commands.add_parser("golden", help="write everything and keep the hashes in golden.csv")
    kept.add_argument("folder", type=Path, nargs="?", help="a folder of this commit that holds everything already")
    asked = reader.parse_args(words)
    if asked.command == "compare":
        for folder in (asked.before, asked.after):
            if not folder.is_dir():
                reader.error(f"there is no folder {folder}")
        told = compared(asked.before, asked.after)
        print("\n".join(told) if told else "No file differs.")
        return 1 if told else 0
    if asked.command == "hash":
        print(golden.as_csv(hashes(asked.folder)), end="")
        return 0
    from tests.freeze.jobs import JOBS
    from tests.freeze.jobs import write as write_jobs

    if asked.command == "write":
        if unknown := sorted(set(asked.only) - set(JOBS)):
            reader.error(f"there is no job {', '.join(unknown)}; choose from {', '.join(JOBS)}")
        write_jobs(asked.folder, asked.only)
        return 0
    if asked.folder is not None:
        if missing := [name for name in JOBS if not (asked.folder / name).is_dir()]:
            reader.error(f"{asked.folder} does not hold {', '.join(missing)}")
        golden.keep(hashes(asked.folder))
        return 0
    with tempfile.TemporaryDirectory() as folder:
        write_jobs(Path(folder))
        golden.keep(hashes(Path(folder)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
