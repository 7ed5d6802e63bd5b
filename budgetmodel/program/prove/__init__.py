"""Proof: an allocation recomputed from the tables, bounds from the duals, and the published pence."""
