"""Mistakes as steps of a user: typed by openpyxl, or in LibreOffice itself by a Basic macro in a profile of its own."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from openpyxl.utils.cell import range_boundaries

SOFFICE_SECONDS = 280

MACROS = """
Function Opened(url)
  Dim options(0) As New com.sun.star.beans.PropertyValue
  options(0).Name = "Hidden" : options(0).Value = True
  Opened = StarDesktop.loadComponentFromURL(url, "_blank", 0, options())
End Function

Sub Saved(doc, url)
  Dim options(0) As New com.sun.star.beans.PropertyValue
  options(0).Name = "FilterName" : options(0).Value = "Calc MS Excel 2007 XML"
  doc.storeToURL(url, options())
  doc.close(True)
End Sub

Sub Typed(doc, sheet, address, keys, cleared)
  page = doc.Sheets.getByName(sheet)
  cell = page.getCellRangeByName(address)
  If page.isProtected() And cell.CellProtection.IsLocked Then page.unprotect("")
  If cleared Then cell.NumberFormat = 0
  cell.FormulaLocal = keys
End Sub

Sub Pasted(doc, sheet, source, target)
  page = doc.Sheets.getByName(sheet)
  page.copyRange(page.getCellRangeByName(target).CellAddress, page.getCellRangeByName(source).RangeAddress)
End Sub
"""
"""What a user does, in Basic. A locked cell is typed into as a user would: after taking the protection off, which has
no password. Lists and limits of the sheet do not stop what is typed here, as they do not stop what is pasted."""

LIBRARY = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE library:library PUBLIC "-//OpenOffice.org//DTD OfficeDocument 1.0//EN" "library.dtd">
<library:library xmlns:library="http://openoffice.org/2000/library" library:name="Standard" library:readonly="false"
 library:passwordprotected="false"><library:element library:name="ByHand"/></library:library>
"""
MODULE = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE script:module PUBLIC "-//OpenOffice.org//DTD OfficeDocument 1.0//EN" "module.dtd">
<script:module xmlns:script="http://openoffice.org/2000/script" script:name="ByHand" script:language="StarBasic">{}
</script:module>
"""


@dataclass(frozen=True)
class Typed:
    """Keys typed into a cell, and what it then holds; with a `number_format` the cell had lost its own before."""

    sheet: str
    cell: str
    keys: str
    value: object
    number_format: str = ""


@dataclass(frozen=True)
class Pasted:
    """A block of cells copied and pasted elsewhere on its sheet, from its upper left cell on."""

    sheet: str
    source: str
    target: str


Step = Typed | Pasted


def carry_out(book: Any, steps: Sequence[Step]) -> None:
    """Take the steps in a workbook that openpyxl holds."""
    for step in steps:
        page = book[step.sheet]
        if isinstance(step, Typed):
            page[step.cell].value = step.value
            if step.number_format:
                page[step.cell].number_format = step.number_format
        else:
            left, top, right, bottom = range_boundaries(step.source)
            to = page[step.target]
            for row in range(top, bottom + 1):
                for column in range(left, right + 1):
                    value = page.cell(row, column).value
                    page.cell(to.row + row - top, to.column + column - left).value = value


def carry_out_in_libreoffice(original: Path, files: Mapping[str, Sequence[Step]], folder: Path) -> None:
    """Open the original in LibreOffice once for each file, take its steps there, and save it in `folder`."""
    lines = [MACROS, "Sub Main"]
    for file, steps in files.items():
        lines += [f"  doc = Opened({_quoted(original.resolve().as_uri())})", *(f"  {_call(step)}" for step in steps)]
        lines.append(f"  Saved(doc, {_quoted((folder / file).resolve().as_uri())})")
    lines += ["  StarDesktop.terminate()", "End Sub"]
    profile = folder / "profile"
    _soffice(profile, "--terminate_after_init")  # a new profile is filled at its first start, over what is there
    standard = profile / "user" / "basic" / "Standard"
    (standard / "script.xlb").write_text(LIBRARY, encoding="utf-8")
    (standard / "ByHand.xba").write_text(MODULE.format(escape("\n".join(lines))), encoding="utf-8")
    _soffice(profile, "macro:///Standard.ByHand.Main")
    missing = [file for file in files if not (folder / file).exists()]
    if missing:
        raise RuntimeError(f"LibreOffice did not save {', '.join(missing)}")


def _call(step: Step) -> str:
    if isinstance(step, Typed):
        words = ", ".join(_quoted(text) for text in (step.sheet, step.cell, step.keys))
        return f"Typed(doc, {words}, {bool(step.number_format)})"
    return f"Pasted(doc, {', '.join(_quoted(text) for text in (step.sheet, step.source, step.target))})"


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def _soffice(profile: Path, *what: str) -> None:
    program = str(shutil.which("soffice"))
    command = [program, f"-env:UserInstallation={profile.resolve().as_uri()}", "--headless", "--norestore", *what]
    subprocess.run(command, check=True, capture_output=True, timeout=SOFFICE_SECONDS)  # noqa: S603  # a program of this machine
