"""The pages of quality: how the city, a department and a dataset stand, since when, and what is usual."""
