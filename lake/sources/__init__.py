"""Where deliveries come from beside the city's own folder: databases that are asked, and stores of others.

What comes from there is a delivery like any other: it lands, is conformed and judged by `ingest` and `carry`.
"""
