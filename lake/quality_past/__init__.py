"""Quality over time: a store that is derived of the ledger, closed segments too, and can be deleted at any time."""
