"""A small city that knows shops by their signs: rows without identifiers, matched with enterprises that have one."""
