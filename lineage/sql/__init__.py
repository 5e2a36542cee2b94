"""From one SQL statement to its flows: the binder.

`flow.py` is the algebra of influences, `relation.py` what a name can resolve to, `catalog.py` the tables and
functions that exist, `binder.py` the walk over sqlglot's syntax tree, with one module for each part of the
language. What the binder does not understand it says so (`Unknown`); it never leaves an input out."""

from __future__ import annotations

import warnings

with warnings.catch_warnings():
    # sqlglot looks for its former Rust tokenizer, which warns of its own age wherever it is still installed.
    warnings.simplefilter("ignore", DeprecationWarning)
    import sqlglot as _sqlglot  # noqa: F401
