"""Linking without showing, on files: verified identifiers become tokens, tokens are linked, intersections are judged.

Keys and their record are `sharing/blind/`'s. Identifiers pass through DuckDB in memory and reach no log, error, ledger.
"""
