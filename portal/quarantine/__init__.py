"""The pages of rejected rows."""
