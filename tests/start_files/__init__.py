"""Folders to start from, and the files in them that are double-clicked."""
