"""One digest a day for each steward: what is newly bad, what became another, what is mended; quiet otherwise."""
