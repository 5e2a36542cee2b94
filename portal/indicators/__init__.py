"""Pages of indicators: all of them, and one with its history, its places and its sources."""
