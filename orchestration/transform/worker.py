"""dbt in a process of its own: `python -m orchestration.transform.worker`, started and asked by `transform.run`.

dbt takes seconds to import and to parse, and as many cores as there are stand idle meanwhile. Requests and answers are
JSON, a line each: {"arguments": [...]} is answered by {"model": [id, status]} as models end, and in the end by
{"results": [...]} or {"error": text}. It ends with its input, or with the process that started it.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lake.imports import uncollected

_LOOK_SECONDS = 0.2
_WORDS = 400

Tell = Callable[[dict[str, Any]], None]


def main() -> None:
    """Answer requests until there are no more."""
    # Killed over a request that nobody waits for any more, it leaves locks that Python would tell the user of.
    os.environ["PYTHONWARNINGS"] = "ignore:resource_tracker"
    _end_with_parent()
    # Whatever libraries print is not an answer.
    with os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8") as answers:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

        def tell(answer: dict[str, Any]) -> None:
            answers.write(json.dumps(answer) + "\n")
            answers.flush()

        with uncollected():
            import dbt.cli.main  # noqa: F401  (before the first request, so that it need not wait)

        for line in sys.stdin:
            # A project is parsed once, and stays; what a later command makes does not.
            with uncollected(forever=False):
                answer = _invoke(json.loads(line)["arguments"], tell)
            tell(answer)


def _end_with_parent() -> None:
    """Die when the process that asked is gone: a build must not go on when the next run writes the same lake."""
    # By looking, for a signal on a parent's death (Linux) comes when the thread that started this one ends.
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(_LOOK_SECONDS)
        os.kill(os.getpid(), signal.SIGKILL)

    threading.Thread(target=watch, daemon=True).start()


@dataclass
class _Parsed:
    """The manifest that dbt need not read again: of which project, and how the file was that holds it."""

    manifest: Any = None
    project: str = ""
    written: int = 0

    def of(self, arguments: list[str]) -> Any:
        """The manifest that a command is about; None where it is not known, or another process wrote a newer one."""
        same = (_option(arguments, "--project-dir"), _written(arguments)) == (self.project, self.written)
        return self.manifest if same and arguments[0] != "parse" else None

    def keep(self, manifest: Any, arguments: list[str]) -> None:
        """Remember what a command left."""
        self.manifest, self.project = manifest, _option(arguments, "--project-dir")
        self.written = _written(arguments)


_parsed = _Parsed()


def _option(arguments: list[str], name: str) -> str:
    return arguments[arguments.index(name) + 1]


def _written(arguments: list[str]) -> int:
    manifest = Path(_option(arguments, "--target-path")) / "manifest.json"
    return manifest.stat().st_mtime_ns if manifest.exists() else 0


def _invoke(arguments: list[str], tell: Tell) -> dict[str, Any]:
    from dbt.cli.main import dbtRunner

    def heard(event: Any) -> None:
        if event.info.name in {"LogModelResult", "LogSeedResult"}:
            tell({"model": [event.data.node_info.unique_id, event.data.status]})

    known = _parsed.of(arguments)
    result = dbtRunner(manifest=known, callbacks=[heard]).invoke(arguments)
    if result.exception is not None:
        _parsed.keep(None, arguments)
        return {"error": str(result.exception)}
    _parsed.keep(result.result if arguments[0] == "parse" else known, arguments)
    return {"results": [_row(row) for row in getattr(result.result, "results", [])]}


def _row(row: Any) -> dict[str, Any]:
    return {
        "unique_id": row.node.unique_id,
        "status": str(row.status),
        "message": (row.message or "")[:_WORDS],
        "seconds": row.execution_time,
        "failures": row.failures,
    }


if __name__ == "__main__":
    main()
