"""Watching: a workbook, or a folder into which others save, is solved at every real change of content."""

from budgetmodel.watch.watcher import PAGE as PAGE
from budgetmodel.watch.watcher import Watcher as Watcher
