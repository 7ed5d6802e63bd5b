"""The start files as text. They find Python and hand over; the menu itself is a command, the same on every system.

Nothing of a path is read by a shell: the folder is that of the file itself, and the one path that is written into it,
that of Python, is quoted for its shell.
"""

from __future__ import annotations

import shlex

SHELL = """\
#!/bin/sh
# Opens the menu of budgetmodel for this folder. Written by "budgetmodel init"; it may be deleted.
case "$0" in */*) CDPATH='' cd -- "${{0%/*}}" || exit 5 ;; esac
python={python}
[ -x "$python" ] || python=$(command -v python3 || command -v python)
if ! "$python" -P -c 'import budgetmodel' 2>/dev/null; then
    echo "budgetmodel is not found: Python or the folder that it was installed into has moved."
    echo "Run start.py in the folder of budgetmodel again, then: python3 start.py init FOLDER"
    printf 'Press Enter to close. '
    read -r _
    exit 5
fi
exec "$python" -P -m budgetmodel menu .
"""
"""For Linux, and as `.command` for macOS. `-P`: no file of this folder is taken for a part of Python."""

CMD = """\
@echo off
rem Opens the menu of budgetmodel for this folder. Written by "budgetmodel init"; it may be deleted.
setlocal EnableExtensions DisableDelayedExpansion
chcp 65001 >nul
pushd "%~dp0"
if errorlevel 1 goto nofolder
set "PYTHONUTF8=1"
set "BM_PYTHON={python}"
if not exist "%BM_PYTHON%" set "BM_PYTHON=py"
"%BM_PYTHON%" -P -c "import budgetmodel" >nul 2>nul
if errorlevel 1 goto nopython
"%BM_PYTHON%" -P -m budgetmodel menu .
popd
exit /b
:nopython
popd
echo budgetmodel is not found: Python or the folder that it was installed into has moved.
echo Run start.py in the folder of budgetmodel again, then: py start.py init FOLDER
pause
exit /b 5
:nofolder
echo This folder cannot be opened from here. Copy it to Documents and start again.
pause
exit /b 5
"""
"""For Windows. `pushd` opens network folders, too; code page 65001 lets any letter stand in a path."""

HOW_TO = """\
How to use this folder

1. Open {workbook} in Excel and fill in the yellow cells. Its sheet Guide says what goes where.
2. Double-click the start file: {windows} on Windows, {mac} on a Mac; on Linux type: sh {linux}
   A menu opens. Type a number and press Enter:
     1  solves the workbook now
     2  watches it: change a cell, save in Excel, and the page in the browser shows first figures in seconds and then
        the proved results
     3  opens a page on this computer onto which a workbook can be dropped
   Leave the window open while you work; closing it, or Ctrl-C, ends it. Nothing is left half done.
3. The results are in the folder outputs: report.html for any browser, results.xlsx for Excel.
   Your workbook itself is never written to. What is wrong with it is listed with its cells in problems.xlsx.

Close results.xlsx in Excel before the next results are written, or open report.html instead.
In a OneDrive folder choose "Always keep on this device" for this folder.
If Windows or macOS will not open the start file: right-click it and choose Open, or ask IT (see "No Python?" in the
documentation of budgetmodel). The start files are plain text: anybody may read what they do.
"""


def shell_file(python: str) -> str:
    """The start file for Linux and macOS; `python` is the interpreter that has budgetmodel."""
    return SHELL.format(python=shlex.quote(python))


def cmd_file(python: str) -> str:
    """The start file for Windows, with its line ends; a path that no Windows has is left out."""
    safe = "py" if any(sign in python for sign in '"\r\n') else python.replace("%", "%%")
    return CMD.format(python=safe).replace("\n", "\r\n")
