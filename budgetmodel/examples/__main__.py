"""`python -m budgetmodel.examples FOLDER`: write the worked example from its text tables."""

from __future__ import annotations

import sys
from pathlib import Path

from budgetmodel.contract.issues import FileTrouble
from budgetmodel.examples import NAME, write_example


def main(arguments: list[str]) -> int:
    """Write the example into the named folder; returns the exit code."""
    if len(arguments) != 1:
        sys.stderr.write("Usage: python -m budgetmodel.examples FOLDER\n")
        return 2
    try:
        path = write_example(Path(arguments[0]) / NAME)
    except FileTrouble as trouble:
        sys.stderr.write(f"{trouble}\n")
        return trouble.exit_code
    sys.stdout.write(f"Wrote {path}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
