"""The workbook of results is known again by a property, whatever it is called."""

from __future__ import annotations

import zipfile
from pathlib import Path

RESULTS_SUBJECT = "Results of budgetmodel"
"""The subject of every workbook of results."""

PROBLEMS_SUBJECT = "Problems found by budgetmodel"
"""The subject of the list of problems that a refused run writes."""


def is_results(path: Path) -> bool:
    """Whether a file is a workbook of results of ours; False where there is none or it cannot be read."""
    try:
        with zipfile.ZipFile(path) as archive:
            return RESULTS_SUBJECT.encode() in archive.read("docProps/core.xml")
    except (OSError, KeyError, zipfile.BadZipFile):
        return False
