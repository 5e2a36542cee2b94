"""A small city of ten datasets, ten products and ten agreements, to plant faults into and to count what still works."""
