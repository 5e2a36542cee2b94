"""HOW IT LEAVES, AND WHO READ IT: the ledger, releases, certificates and recipients.

Knows no Dagster, no Great Expectations and no SQL parsing."""
