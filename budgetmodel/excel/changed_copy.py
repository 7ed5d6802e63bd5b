"""A changed copy of a user's workbook: the workbook itself is read once and never opened for writing."""

from __future__ import annotations

import hashlib
import io
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from budgetmodel.contract.issues import FileTrouble
from budgetmodel.excel.read import guard
from budgetmodel.files.sets import refuse_unwritable, write_files

if TYPE_CHECKING:
    from openpyxl import Workbook


def refuse_copy(source: str | Path, copy: str | Path) -> None:
    """Raise FileTrouble unless `copy` is a new .xlsx file beside whatever is there already, and can be written."""
    source, copy = Path(source), Path(copy)
    if copy.suffix.lower() != ".xlsx":
        raise FileTrouble(f"'{copy}' does not end in .xlsx. Name an Excel workbook for the copy.")
    if copy.resolve() == source.resolve() or (copy.exists() and source.exists() and copy.samefile(source)):
        raise FileTrouble(f"'{copy}' is the workbook itself, which is never written to. Name another file.")
    if copy.exists() or copy.is_symlink():
        raise FileTrouble(f"'{copy}' exists already. Name a new file for the copy.")
    refuse_unwritable(copy.parent, copy.name)


def write_copy(source: Path, copy: Path, change: Callable[[Workbook], None], sha256: str = "") -> Path:
    """Write a copy of the workbook `source` at `copy` (.xlsx, new) as `change` leaves it; returns its path.

    Formulas and formats stay as far as openpyxl keeps them; formulas come without stored values, which Excel computes
    when it opens the copy. `sha256` is that of the workbook that was looked at before, if it is known.

    Raises FileTrouble when the workbook has another, when `copy` exists, is no .xlsx or cannot be written, when the
    workbook is one that openpyxl cannot copy, and InputErrors when it is none.
    """
    refuse_copy(source, copy)
    content = guard.read_bytes(source)
    if sha256 and hashlib.sha256(content).hexdigest() != sha256:
        raise FileTrouble(f"'{source}' was changed while it was checked: no copy was made. Check it again.")
    guard.admit(content, source.name)
    from openpyxl import load_workbook

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what openpyxl cannot keep is said in the documentation
            book = load_workbook(io.BytesIO(guard.with_plain_names(content)), rich_text=True)
            change(book)
            stream = io.BytesIO()
            book.save(stream)
    except (FileTrouble, MemoryError):
        raise
    except Exception as error:  # openpyxl raises nine kinds of exception on what it cannot load or save
        raise FileTrouble(
            f"No copy could be made of '{source.name}' ({type(error).__name__}): save it again from Excel."
        ) from error
    return write_files({copy: stream.getvalue()})[0]
