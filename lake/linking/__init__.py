"""Which records are of one thing: proposed by comparing them, trained without being told, clustered under constraints.

Lives here: everything that knows Splink, and the SQL in which values are prepared and compared. Must not live here:
what is declared (`contracts/matching.py`), where records lie (ledger, lake, dbt), who decides (`sharing/identity/`).
"""
