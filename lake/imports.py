"""Making many objects that stay, as importing large libraries does, without the cyclic garbage collector on the way.

Dagster, Great Expectations and dbt make millions. What is imported, and when, is the callers'.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected(*, forever: bool = True) -> Iterator[None]:
    """Nothing is collected inside; `forever` leaves out of every later collection what then exists."""
    gc.disable()
    try:
        yield
    finally:
        if forever:
            gc.freeze()
        gc.enable()
