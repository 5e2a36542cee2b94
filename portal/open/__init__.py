"""Open data: what is released to the public, for everybody, without signing in."""
