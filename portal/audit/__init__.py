"""The auditor's pages: acts, accounts, reads, refusals, rights that nobody uses, and the ledger held against itself."""
