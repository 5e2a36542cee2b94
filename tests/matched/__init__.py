"""A small city that knows shops by their signs: rows without an identifier, matched with enterprises that have one."""
