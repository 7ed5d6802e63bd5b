"""Saves of every kind, and what a watcher makes of them."""
