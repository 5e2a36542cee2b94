"""WHERE IT LIES, AND WHAT HAPPENED: reading deliveries, the lake and its tables, the facts in the ledger, and the
questions people ask of them.

No Dagster and no dbt here, nor the web: what runs when is `orchestration`'s, who may see what `portal`'s."""
