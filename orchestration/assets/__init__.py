"""Asset factories: one per kind of thing in the graph. Asset bodies only call the library beside this package."""
