"""Why nothing is feasible: sums before solving, conflicting rows, and the cheapest repair."""
