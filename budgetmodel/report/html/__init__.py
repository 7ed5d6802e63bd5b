"""The HTML report: a run in one file that needs no other file, for a browser, a phone or a printer."""
