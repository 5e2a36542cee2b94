"""The live view of a run: what is going on now, and a line for each fault as it is found.

What went well is counted; the summary says the rest.
"""

from __future__ import annotations

from collections import Counter

from rich.markup import escape

from lake.cli.output import console

_BAD = ("FAILED", "error", "skipped", "set aside")
_WORDS = {"land": "deliveries", "model": "models", "check": "tables checked", "gate": "agreements"}


class LiveProgress:
    """A progress listener that prints; usable as a context manager around a run."""

    def __init__(self) -> None:
        self._status = console.status("starting")
        self._counts: Counter[str] = Counter()

    def __enter__(self) -> LiveProgress:
        self._status.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._status.__exit__(None, None, None)
        if self._counts:
            console.print(f"{self._told()}\n")

    def __call__(self, step: str, subject: str, what: str) -> None:
        """Count what became of `subject`, and print it where it is a fault."""
        self._counts[step] += 1
        if what.startswith(_BAD):
            console.print(f"{step:<6} {subject:<44} {what}", style="red", markup=False)
        self._status.update(escape(f"{self._told()} · {step} {subject}"))

    def _told(self) -> str:
        return " · ".join(f"{self._counts[step]:,} {words}" for step, words in _WORDS.items() if self._counts[step])
