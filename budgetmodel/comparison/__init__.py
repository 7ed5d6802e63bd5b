"""Scenarios side by side: comparison sets, the split into walls and costs, break-even, and runs of different days."""

from budgetmodel.comparison.sets import comparison_set
from budgetmodel.comparison.sidebyside import NEW_ROW, NOTHING, Comparison, compare, net_changes

__all__ = ["NEW_ROW", "NOTHING", "Comparison", "compare", "comparison_set", "net_changes"]
