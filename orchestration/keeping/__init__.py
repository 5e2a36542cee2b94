"""What keeps a city in order between its runs: upkeep, and the schedule on which it is done."""
