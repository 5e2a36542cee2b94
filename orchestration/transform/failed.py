"""That dbt could not do what it was asked, as an error with its facts."""

from __future__ import annotations

from collections.abc import Sequence


class TransformFailed(Exception):
    """dbt could not parse or compile the project, or could not run at all; `files` are those that it names."""

    def __init__(self, command: str, reason: str, files: Sequence[str] = ()) -> None:
        self.command, self.reason, self.files = command, reason, tuple(files)
        super().__init__(f"dbt {command} failed: {reason}. Correct what it names, then run again.")
