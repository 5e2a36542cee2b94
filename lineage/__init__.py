"""WHERE FROM, AND MAY IT LEAVE: column lineage, levels over it, and the gates.

Knows no Dagster and no Great Expectations. sqlglot is imported here and nowhere else.

| module | gives |
|---|---|
| `from_sql` | `column_lineage(sql, schema)`: one statement |
| `from_dbt` | `graph_from_manifest(manifest, sources_schema=…)`: a project |
| `from_contracts` | levels of contract columns, as the start of `classification.levels` |
| `graph` | `Graph`: `upstream`, `downstream`, `edges_into`, `path`, `diff`; `ColumnRef` |
| `store` | `save_graph`, `load_graph` |
| `classification` | `levels(graph, base_levels, policy)`: direct, indirect, effective, and because of which path |
| `declassifiers` | the registered functions that lower a level, each with its post-condition |
| `cache` | `ModelCache`: only changed models are parsed again |
| `openlineage`, `picture` | the graph for other tools, and for people |
| `proof` | perturb data, rebuild, and see whether the graph explains every change |
"""
