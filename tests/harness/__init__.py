"""Malformed files of others' making, each with what must come of it: `python -m tests.harness` prints the verdicts."""
