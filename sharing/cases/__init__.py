"""Cases: what agencies and the public ask for, from the filing to the end, as the ledger's entries imply it."""
