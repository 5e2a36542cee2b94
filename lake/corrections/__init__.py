"""Corrections and disputes in one city: read from its ledger, opened, acted in, confirmed by deliveries, escalated."""
