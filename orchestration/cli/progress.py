"""The live view of a run: one line per step as it ends, and what is going on now."""

from __future__ import annotations

from lake.cli.output import console

_STYLES = {"land": "cyan", "model": "blue", "check": "magenta", "gate": "yellow"}


class LiveProgress:
    """A progress listener that prints; usable as a context manager around a run."""

    def __init__(self) -> None:
        self._status = console.status("starting")

    def __enter__(self) -> LiveProgress:
        self._status.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._status.__exit__(None, None, None)

    def __call__(self, step: str, subject: str, what: str) -> None:
        """Print what became of `subject`."""
        style = _STYLES.get(step, "white")
        bad = what.startswith(("FAILED", "error", "skipped", "withheld")) or (
            step == "check" and ", 0 failed" not in what
        )
        console.print(
            f"[{style}]{step:<6}[/{style}] {subject:<44} {'[red]' if bad else ''}{what}{'[/red]' if bad else ''}"
        )
        self._status.update(f"{step} {subject}")
