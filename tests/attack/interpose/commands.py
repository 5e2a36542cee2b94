"""Serving commands, each in a process that is forked from this one, so that what they import is paid for once.

Started by `points`, one line of JSON on standard input a command; how it ended is answered by one on standard output.
What the command said lies in the file that was asked for, if it came to say anything.
"""

from __future__ import annotations

import atexit
import importlib
import json
import os
import sys
import threading
from pathlib import Path
from typing import Any

from tests.command import call

# What a run imports, but nothing that starts a thread or a process.
_HEAVY = ("orchestration.running.runner", "orchestration.running.upkeep", "orchestration.running.rebuild", "pandas")


def serve() -> None:
    """Answer until the input ends; with `--runs` what runs import is imported before the first command."""
    for name in _HEAVY if "--runs" in sys.argv else ("lake.cli",):
        importlib.import_module(name)
    assert threading.active_count() == 1, "what is forked must be of one thread"
    for line in sys.stdin:
        asked = json.loads(line)
        child = os.fork()
        if child == 0:
            _do(asked)
        _, status = os.waitpid(child, 0)
        print(json.dumps({"status": os.waitstatus_to_exitcode(status)}), flush=True)


def _do(asked: dict[str, Any]) -> None:
    """The command, in a group of its own, ending as a process of its own would."""
    os.setsid()
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in range(3):
        os.dup2(nothing, stream)
    said = call(*asked["arguments"], environment=asked["environment"])
    Path(asked["said"]).write_text(json.dumps(vars(said)), "utf-8")
    atexit._run_exitfuncs()
    # Not by the interpreter's own way: what was loaded before this process was forked may not be taken down in it.
    os._exit(said.status)


if __name__ == "__main__":
    serve()
