"""Building many objects without the garbage collector walking them over and over.

Lives here: that one context. Must not live here: anything about lineage.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def no_collection() -> Iterator[None]:
    """Pause the cyclic garbage collector: a graph is a million small tuples without a cycle, which it would walk."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
