"""Lineage as the engine tells it: DuckDB's own bound plan, read operator by operator.

`sandbox` plans a statement over empty tables; `operators`, `joins`, `expressions` and `statements` say what each word
of a plan means for lineage; `reading` puts them together. Whatever is not in one of their lists is unknown."""
