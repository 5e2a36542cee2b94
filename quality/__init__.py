"""IS IT GOOD ENOUGH: the one-scan conformance, the checks, and Great Expectations on DuckDB.

Knows no Dagster, no dbt, no lineage and no sharing. Importing it imports no Great Expectations."""
