"""The same query with the persons behind each row beside it: a text to run on the lake, and what it adds.

`leaves.py` says where persons come in, `rewrite.py` writes the query, `values.py` judges single expressions, `pairs.py`
writes queries for what declassifiers were given. Must not live here: running anything, thresholds, verdicts."""

# Before sqlglot, which the binder's package loads quietly.
from lineage import sql as _sql  # noqa: F401
