"""The ledger, releases, certificates and recall."""
