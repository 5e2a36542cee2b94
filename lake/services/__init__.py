"""Service items without materials and visits: what is shared at present, what follows for each item, and over time."""
