"""The checked tables of one scenario, and what follows from them before any program: reach, need, targets."""
