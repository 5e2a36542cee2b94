"""Rejected rows: why, where in which delivered file, who may see what of them, and what came back corrected."""
