"""WHERE FROM, AND MAY IT LEAVE: column lineage, levels over it, and the gates.

Knows no Dagster and no Great Expectations. sqlglot is imported here and nowhere else."""
