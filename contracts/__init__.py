"""WHAT is promised, and to whom: the declarations, and the small modules that read them.

Imports nothing of ours. No engine, no network and no pipeline code lives here."""
