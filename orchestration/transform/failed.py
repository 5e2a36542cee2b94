"""That dbt could not do what it was asked, as an error with its facts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


class TransformFailed(Exception):
    """dbt could not parse or compile the project, or could not run at all; `files` are those that it names.

    `reasons` are those of single files, where each has its own.
    """

    def __init__(
        self, command: str, reason: str, files: Sequence[str] = (), reasons: Mapping[str, str] | None = None
    ) -> None:
        self.command, self.reason, self.files = command, reason, tuple(files)
        self.reasons = dict(reasons or {})
        super().__init__(f"dbt {command} failed: {reason}. Correct what it names, then run again.")

    def why(self, file: str) -> str:
        """The reason for one file."""
        return self.reasons.get(file) or next(
            (why for named, why in self.reasons.items() if named.endswith(f"/{file}") or file.endswith(f"/{named}")),
            self.reason,
        )
