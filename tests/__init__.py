"""Tests of the budget model."""
