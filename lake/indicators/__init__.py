"""Values of indicators over time: a store of what was said of each window, and how it was later amended."""
