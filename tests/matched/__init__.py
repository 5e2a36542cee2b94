"""A small city that knows shops by their signs: rows that no identifier names, matched with enterprises that have one."""
