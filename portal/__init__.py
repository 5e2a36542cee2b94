"""WHO READS, ASKS AND DECIDES: the service that agencies, stewards and the public open in a browser.

The only package that may know the web. It answers from the ledger, the releases and the declarations, so that it runs
on a machine without Dagster, dbt and Great Expectations; it decides nothing that a gate decides."""
