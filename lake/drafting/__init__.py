"""A first contract from an extract: how the file is written, what its columns hold, and the evidence for each, counted.

Nothing here decides what is promised: a draft is for a person to read, and holds headers and counts, never a value.
"""
