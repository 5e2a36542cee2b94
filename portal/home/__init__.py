"""The first page: the city at a glance, and what waits for whoever looks."""
