"""How an edition of the results looks: the same pages, written by one hand, in the clothes of an edition."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from budgetmodel.excel.write.styles import Formats
from budgetmodel.report.material import Entry, Material, WorkbookSheet


@dataclass(frozen=True)
class Edition:
    """What kind of worksheets it has, whether cells have fills, its front sheet, and its contents."""

    worksheet: type[Any]
    fills: bool
    front: Callable[[Any, Formats, Sequence[WorkbookSheet], Material], None]
    contents: tuple[Entry, ...]
