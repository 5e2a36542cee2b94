"""Attacks on the project: more than the tests try, and slower. Each is a package that `make attack` runs."""
