"""What is bad this morning: one record for each fault, with since when, whose it is, whom it hurts and what to do."""
