"""Tests of the linear program."""
