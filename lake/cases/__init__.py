"""Cases in one city: read from its ledger with the acts verified, filed, acted in, drafted from, and escalated."""
