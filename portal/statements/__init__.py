"""Statements: what was read of whose data, by whom, how often and how much, for the persons whom it concerns."""
