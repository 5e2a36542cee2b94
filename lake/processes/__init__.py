"""How declared processes go: conformance, clocks, owners, and what is on record until a day."""
