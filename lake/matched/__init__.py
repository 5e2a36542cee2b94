"""Rows that no identifier tells apart, brought to the scorer and to the registry, and what came of it into the lake."""
