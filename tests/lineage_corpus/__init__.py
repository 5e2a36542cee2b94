"""Labelled queries: each with its complete set of expected lineage edges, written by hand from what the query means."""
