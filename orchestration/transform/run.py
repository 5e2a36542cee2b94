"""Asking dbt: parse, build models, compile, run tests. dbt itself is in `worker`; what is built is the project's.

The worker process is started by the first question, or earlier by `begin`, and serves this process until its end.
"""

from __future__ import annotations

import atexit
import json
import subprocess
import sys
from collections.abc import Generator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from threading import RLock
from typing import Any

from lake.settings import REPOSITORY, Settings
from orchestration.transform.aside import project_dir
from orchestration.transform.failed import TransformFailed

# What the lake has is not looked up: others may be writing it, and no model asks while it is compiled.
_MODELS = ("--select", "resource_type:model", "--no-populate-cache")
_LAST_SECONDS = 10


@dataclass(frozen=True)
class ModelResult:
    """What became of one dbt node: status is success, error, skipped, pass, fail, warn, or set aside.

    `message` is why it failed, in words that hold no cell value; `seconds` are of wall time; `executed` is the SQL of a
    model that ran, as the engine was asked it, and `whole` whether that replaced its table, and did not only add to it.
    """

    unique_id: str
    status: str
    message: str
    seconds: float
    failures: int | None = None
    executed: str | None = None
    whole: bool = True

    @property
    def ok(self) -> bool:
        """Whether it did what it should."""
        return self.status in {"success", "pass"}


class _Worker:
    """The dbt process, and the one request it may be working on."""

    def __init__(self) -> None:
        # One question at a time, whichever thread asks it; a thread that gave one up may ask the next.
        self._asking = RLock()
        self._process: subprocess.Popen[str] | None = None
        self._pending: list[str] | None = None

    def start(self) -> subprocess.Popen[str]:
        if self._process is None or self._process.poll() is not None:
            self._pending = None
            self._process = subprocess.Popen(
                [sys.executable, "-m", "orchestration.transform.worker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                encoding="utf-8",
                cwd=REPOSITORY,
            )
        return self._process

    def send(self, arguments: list[str], expected: Mapping[str, str] | None = None) -> None:
        """Put a question whose answer is asked for later; one that waits for its answer already is not put twice.

        `expected` (id of model -> digest of its SQL) is what alone may be run.
        """
        with self._asking:
            self._put(arguments, expected)

    def _put(self, arguments: list[str], expected: Mapping[str, str] | None = None) -> None:
        process = self.start()
        if self._pending == arguments:
            return
        if self._pending is not None:
            for _ in self._answer():
                pass
        assert process.stdin
        with suppress(BrokenPipeError):  # it died just now: its answer says so
            process.stdin.write(json.dumps({"arguments": arguments, "expected": expected}) + "\n")
            process.stdin.flush()
        self._pending = arguments

    def has(self, arguments: list[str]) -> bool:
        """Whether a question was put and its answer not asked for."""
        return self._pending == arguments

    def ask(
        self, arguments: list[str], expected: Mapping[str, str] | None = None
    ) -> Generator[list[str], None, dict[str, Any]]:
        """What is told on the way, [name, status] of each model as it ends; and the answer."""
        with self._asking:
            self._put(arguments, expected)
            return (yield from self._answer())

    def _answer(self) -> Generator[list[str], None, dict[str, Any]]:
        process = self._process
        assert process and process.stdout
        answer: dict[str, Any] = {"error": "the dbt process ended before it answered"}
        for line in process.stdout:
            told: dict[str, Any] = json.loads(line)
            if "model" not in told:
                answer = told
                break
            yield told["model"]
        # Not before: a question that was interrupted is one that `close` need not wait for.
        self._pending = None
        return answer

    def close(self) -> None:
        """End the process: its input ends, so it does; a request it works on is given up."""
        if self._process is None:
            return
        if self._pending is not None:
            self._process.kill()
        try:
            self._process.communicate(timeout=_LAST_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()


_worker = _Worker()
atexit.register(_worker.close)


def begin(settings: Settings, command: str | None = None) -> None:
    """Start the dbt process, and have it begin a command whose answer is asked for later: parse or compile."""
    _worker.start()
    if command:
        _worker.send(_begun(settings, command))


def end() -> None:
    """End the dbt process, which keeps the lake open that it had first: before another lake is put in its place."""
    _worker.close()


def is_begun(settings: Settings, command: str) -> bool:
    """Whether the dbt process may be at work on a command that was begun: its files are then not to be read."""
    return _worker.has(_begun(settings, command))


def _begun(settings: Settings, command: str) -> list[str]:
    return _arguments(settings, command, _MODELS if command == "compile" else ())


def parse(settings: Settings) -> None:
    """Parse the project and write its manifest. Raises `TransformFailed`."""
    _invoke(settings, "parse")


def run_models(
    settings: Settings, expected: Mapping[str, str], select: Sequence[str] = ()
) -> Generator[list[str], None, list[ModelResult]]:
    """Build seeds and models in dependency order. A failed model skips what depends on it and nothing else.

    Models run SQL of the digests in `expected` (by id of model) alone. Yields [name, status] of each model as it ends,
    and returns what became of all of them. Raises `TransformFailed`.
    """
    return (yield from _follow(settings, "build", _selected(select), expected))


def begin_models(settings: Settings, expected: Mapping[str, str], select: Sequence[str] = ()) -> None:
    """Have dbt begin what `run_models` of the same selection then waits for."""
    _worker.send(_arguments(settings, "build", _selected(select)), expected)


def _selected(select: Sequence[str]) -> list[str]:
    chosen = ["--select", *select] if select else []
    return ["--exclude-resource-type", "test", "--exclude-resource-type", "unit_test", *chosen]


def compile_models(settings: Settings) -> None:
    """Compile every model without running it, so that the manifest holds its SQL. Raises `TransformFailed`."""
    _invoke(settings, "compile", _MODELS)


def run_tests(settings: Settings, select: Sequence[str] = ()) -> list[ModelResult]:
    """Run the project's data tests and unit tests."""
    return _invoke(settings, "test", ["--select", *select] if select else [])


def _invoke(settings: Settings, command: str, arguments: Sequence[str] = ()) -> list[ModelResult]:
    following = _follow(settings, command, arguments)
    while True:
        try:
            next(following)
        except StopIteration as end:
            results: list[ModelResult] = end.value
            return results


def _follow(
    settings: Settings, command: str, arguments: Sequence[str], expected: Mapping[str, str] | None = None
) -> Generator[list[str], None, list[ModelResult]]:
    answer = yield from _worker.ask(_arguments(settings, command, arguments), expected)
    if "error" in answer:
        raise TransformFailed(command, answer["error"], answer.get("files", ()), answer.get("reasons"))
    return [ModelResult(**row) for row in answer["results"]]


def _arguments(settings: Settings, command: str, arguments: Sequence[str]) -> list[str]:
    return [
        command,
        "--project-dir",
        str(project_dir(settings)),
        "--profiles-dir",
        str(settings.dbt_target),
        "--target-path",
        str(settings.dbt_target / "target"),
        "--log-path",
        str(settings.dbt_target / "logs"),
        "--quiet",
        # It would hold what the engine said of each failure, cell values with it.
        "--log-level-file",
        "none",
        *arguments,
    ]
