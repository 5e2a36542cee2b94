"""What was judged and released of each agreement, for those whom it concerns, and their acts on it."""
