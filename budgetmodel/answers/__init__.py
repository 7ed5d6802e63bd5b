"""Solve and prove -> Answer or Infeasible; re-solves from an answer; remembered answers."""
