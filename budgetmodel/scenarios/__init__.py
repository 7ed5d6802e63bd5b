"""A workbook with its scenarios: changes, packs, --set, and the difference between two workbooks."""
