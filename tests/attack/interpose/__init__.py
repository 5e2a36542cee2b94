"""Commands in processes that are ended, or find their disk full, at a chosen point of what they do to a folder."""
