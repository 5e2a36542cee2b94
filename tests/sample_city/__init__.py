"""The sample city: a generator of department deliveries with known dirt, for the repository's own contracts."""
