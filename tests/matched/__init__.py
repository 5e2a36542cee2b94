<<<<<<< HEAD
"""A small city that knows shops by their signs: rows without identifiers, matched with enterprises that have one."""
=======
"""A small city that knows shops by their signs: rows without an identifier, matched with enterprises that have one."""
>>>>>>> plant
