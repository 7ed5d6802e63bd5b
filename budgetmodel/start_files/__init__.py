"""A folder to start from without typing: a workbook, a file to double-click for each system, half a page of how-to."""

from budgetmodel.start_files.folder import Made as Made
from budgetmodel.start_files.folder import make_folder as make_folder
