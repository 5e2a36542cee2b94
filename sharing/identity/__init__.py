"""Who is who, as persons decided it: what the ledger's entries of decisions imply, and what of that stands."""
