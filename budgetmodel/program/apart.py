"""`python -m budgetmodel.program.apart GIVEN ANSWER`: the convex stage in a process of its own.

A fault in the solver's memory ends this process and not the one that holds the results.
"""

from __future__ import annotations

import sys
from pathlib import Path

from budgetmodel.program.highs import solve_file

if __name__ == "__main__":
    sys.exit(0 if solve_file(Path(sys.argv[1]), Path(sys.argv[2])) else 1)
