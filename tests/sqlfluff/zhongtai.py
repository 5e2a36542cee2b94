"""Stand-ins for the dbt macros of the package `zhongtai`, so that sqlfluff can render models without dbt.

Each returns its first column argument: enough for style, which is all that is linted. No platform code uses this.
"""

from __future__ import annotations

from collections.abc import Callable


def __getattr__(name: str) -> Callable[..., str]:
    if name.startswith("__"):
        raise AttributeError(name)
    return lambda *arguments, **named: f"zt.{name}({', '.join(str(argument) for argument in arguments[-1:])})"
