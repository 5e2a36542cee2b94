"""How well records are linked, on sets of which the truth is known: `python -m tests.linkage`."""
