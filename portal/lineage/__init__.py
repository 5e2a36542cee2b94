"""Sight of columns: what one is made of, where its faults go, and what another level of it would withhold."""
