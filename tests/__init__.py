"""The tests, and the sample city they judge by."""
