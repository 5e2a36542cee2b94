"""Great Expectations on DuckDB."""
