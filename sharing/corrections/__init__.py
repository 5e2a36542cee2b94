"""Corrections and disputes (校核纠错, 异议): what is wrong, whose it is, and what came of it, by the ledger."""
