"""Linking without showing: keys of one agreement, what the ledger has of them, and what any intersection must promise.

No identifier is read here: files, judging and tokens are `lake/blind/`'s.
"""
