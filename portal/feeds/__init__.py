"""The door by which departments push micro-batches. What is shown of them is `wall`'s."""
