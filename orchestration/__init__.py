"""WHEN: the only package that knows Dagster and dbt. Its root holds the assembly of the graph and its schedules."""
