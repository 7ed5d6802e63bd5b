"""An edition of the results workbook: the same pages, with its own class of worksheet, fills, front and contents."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from budgetmodel.excel.write.styles import Formats
from budgetmodel.report.material import Entry, Material, WorkbookSheet


@dataclass(frozen=True)
class Edition:
    """The class of its worksheets, whether cells have fills, the function that writes its front, and its contents."""

    worksheet: type[Any]
    fills: bool
    front: Callable[[Any, Formats, Sequence[WorkbookSheet], Material], None]
    contents: tuple[Entry, ...]
