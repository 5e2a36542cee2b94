"""dbt in a process of its own: `python -m orchestration.transform.worker`, started and asked by `transform.run`.

dbt takes seconds to import and to parse, and as many cores as there are stand idle meanwhile. Requests and answers are
JSON, a line each: {"arguments": [...]} is answered by {"model": [id, status]} as models end, and in the end by
{"results": [...]} or {"error": text}. With "expected" (id of model -> digest of its compiled SQL) no other SQL is run.
What a project may be is judged here after it is parsed and compiled, and each statement before it is run: by `sandbox`.
It ends with its input, or with the process that started it.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from traceback import walk_tb
from typing import Any

import yaml

from lake.failure import words
from lake.imports import uncollected
from orchestration.transform.reasons import files_of, reason
from orchestration.transform.sandbox.install import Watch, install, watch
from orchestration.transform.sandbox.project_faults import project_faults
from orchestration.transform.sandbox.selects import compiled_faults

_LOOK_SECONDS = 0.2
_WELL = {"success", "pass", "skipped"}

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

            install()

        for line in sys.stdin:
            # A project is parsed once, and stays; what a later command makes does not.
            with uncollected(forever=False):
                request = json.loads(line)
                answer = _answer(request["arguments"], request.get("expected"), tell)
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
        return _uncompiled(self.manifest) if same and arguments[0] != "parse" else None

    def keep(self, manifest: Any, arguments: list[str]) -> None:
        """Remember what a command left."""
        self.manifest, self.project = manifest, _option(arguments, "--project-dir")
        self.written = _written(arguments)


def _uncompiled(manifest: Any) -> Any:
    """The manifest without dbt's note that ephemeral models were put in: the next command compiles without them."""
    for node in manifest.nodes.values() if manifest else ():
        if getattr(node, "extra_ctes_injected", False):
            node.extra_ctes_injected, node.extra_ctes = False, []
    return manifest


_parsed = _Parsed()


def _option(arguments: list[str], name: str) -> str:
    return arguments[arguments.index(name) + 1]


def _written(arguments: list[str]) -> int:
    manifest = Path(_option(arguments, "--target-path")) / "manifest.json"
    return manifest.stat().st_mtime_ns if manifest.exists() else 0


def _answer(arguments: list[str], expected: Mapping[str, str] | None, tell: Tell) -> dict[str, Any]:
    # It holds what the engine said of each failure, cell values with it; one that was killed may have left its own.
    results = Path(_option(arguments, "--target-path")) / "run_results.json"
    results.unlink(missing_ok=True)
    try:
        return _invoke(arguments, watch(expected), tell)
    except Exception as error:  # an answer is waited for, whatever dbt does
        _parsed.keep(None, arguments)
        return {"error": words(error)}
    finally:
        results.unlink(missing_ok=True)


def _invoke(arguments: list[str], seen: Watch, tell: Tell) -> dict[str, Any]:
    from dbt.cli.main import dbtRunner

    def heard(event: Any) -> None:
        if event.info.name in {"LogModelResult", "LogSeedResult"}:
            tell({"model": [event.data.node_info.unique_id, event.data.status]})

    known = _parsed.of(arguments)
    result = dbtRunner(manifest=known, callbacks=[heard]).invoke(arguments)
    if result.exception is not None:
        _parsed.keep(None, arguments)
        return _failure(result.exception, arguments)
    _parsed.keep(result.result if arguments[0] == "parse" else known, arguments)
    return _judged(arguments) or {"results": [_row(row, seen) for row in getattr(result.result, "results", [])]}


def _judged(arguments: list[str]) -> dict[str, Any] | None:
    """What of the project may not be, once it is parsed or compiled; None where all may."""
    if arguments[0] not in ("parse", "compile"):
        return None
    written = Path(_option(arguments, "--target-path")) / "manifest.json"
    manifest = json.loads(written.read_text("utf-8"))
    project = Path(_option(arguments, "--project-dir"))
    found = project_faults(manifest, project) if arguments[0] == "parse" else compiled_faults(manifest)
    if not found:
        return None
    # As compiled it must be nobody's: it is made again, of what is left.
    _parsed.keep(None, arguments)
    written.unlink()
    return {"error": "; ".join(found[file] for file in sorted(found)), "files": sorted(found), "reasons": found}


def _row(row: Any, seen: Watch) -> dict[str, Any]:
    unique_id, well = row.node.unique_id, str(row.status) in _WELL
    return {
        "unique_id": unique_id,
        "status": str(row.status),
        "message": "" if well else seen.refused.get(unique_id) or reason(row.message or "", _text(row.node)),
        "seconds": row.execution_time,
        "failures": row.failures,
        "executed": seen.executed.get(unique_id) if str(row.status) == "success" else None,
        "whole": unique_id in seen.whole,
    }


def _failure(error: BaseException, arguments: list[str]) -> dict[str, Any]:
    said, project = str(error), Path(_option(arguments, "--project-dir"))
    files = files_of(said) or _at_hand(error, project) or _unnamed(project)
    # Parsing reads no row: what it says is about the files alone.
    text = said if arguments[0] == "parse" else "\n".join(_read(project / file) for file in files)
    told = reason(said, text)
    return {"error": told if not files or files[0] in told else f"{told} ({', '.join(files)})", "files": files}


def _at_hand(error: BaseException, project: Path) -> list[str]:
    """The file of the node that dbt had at hand when it gave up: some errors name none, and any stops the city."""
    found = ""
    for frame, _ in walk_tb(error.__traceback__):
        for one in frame.f_locals.values():
            path = getattr(one, "original_file_path", None)
            found = path if isinstance(path, str) and (project / path).is_file() else found
    return [found] if found else []


def _unnamed(project: Path) -> list[str]:
    """The files that dbt cannot parse and does not name when it says so: macros, and its own project file."""
    from dbt_common.clients.jinja import get_environment

    found = []
    for file in [project / "dbt_project.yml", *sorted((project / "macros").rglob("*.sql"))]:
        try:
            yaml.safe_load(_read(file)) if file.suffix == ".yml" else get_environment(None).parse(_read(file))
        except Exception:
            found.append(file.relative_to(project).as_posix())
    return found


def _read(file: Path) -> str:
    return file.read_text(encoding="utf-8", errors="replace") if file.is_file() else ""


def _text(node: Any) -> str:
    """What the author wrote of a node: its source, and the columns of its YAML. Compiled, it may hold data."""
    return "\n".join([getattr(node, "raw_code", "") or "", *(getattr(node, "columns", None) or {})])


if __name__ == "__main__":
    main()
