"""The HTML report: the story of a run in one file that needs nothing else, for a browser, a phone or a printer."""
