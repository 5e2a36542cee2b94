"""dbt in a process of its own: `python -m orchestration.transform.worker`, started and asked by `transform.run`.

dbt takes seconds to import and to parse, and as many cores as there are stand idle meanwhile. Requests and answers are
JSON, a line each: {"arguments": [...]} is answered by {"model": [name, status]} as models end, and in the end by
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
from typing import Any

_LOOK_SECONDS = 0.2
_WORDS = 400

Tell = Callable[[dict[str, Any]], None]


def main() -> None:
    """Answer requests until there are no more."""
    _end_with_parent()
    # Whatever libraries print is not an answer.
    with os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8") as answers:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

        def tell(answer: dict[str, Any]) -> None:
            answers.write(json.dumps(answer) + "\n")
            answers.flush()

        import dbt.cli.main  # noqa: F401  (before the first request, so that it need not wait)

        for line in sys.stdin:
            tell(_invoke(json.loads(line)["arguments"], tell))


def _end_with_parent() -> None:
    """Die when the process that asked is gone: a build must not go on when the next run writes the same lake."""
    # By looking, for a signal on a parent's death (Linux) comes when the thread that started this one ends.
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(_LOOK_SECONDS)
        os.kill(os.getpid(), signal.SIGKILL)

    threading.Thread(target=watch, daemon=True).start()


def _invoke(arguments: list[str], tell: Tell) -> dict[str, Any]:
    from dbt.cli.main import dbtRunner

    def heard(event: Any) -> None:
        if event.info.name in {"LogModelResult", "LogSeedResult"}:
            tell({"model": [event.data.node_info.node_name, event.data.status]})

    result = dbtRunner(callbacks=[heard]).invoke(arguments)
    if result.exception is not None:
        return {"error": str(result.exception)}
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
