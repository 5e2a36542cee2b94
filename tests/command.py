"""The command line called in this process: what it costs to import is paid once for all calls of a test run.

What must be seen of a process of its own (a kill, a refused network) starts one instead.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Mapping
from dataclasses import dataclass

from typer.testing import CliRunner

from orchestration.cli.app import build_app


@dataclass(frozen=True)
class Said:
    """How a command ended and what it printed."""

    status: int
    out: str
    err: str


def call(*arguments: str, environment: Mapping[str, str]) -> Said:
    """One command; `environment` is set on top of this process's for as long as it runs."""
    before = logging.root.manager.disable
    try:
        with warnings.catch_warnings():
            # Libraries' warnings are no errors of a command.
            warnings.simplefilter("ignore")
            done = CliRunner(env=dict(environment)).invoke(build_app(), list(arguments))
    finally:
        logging.disable(before)
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return Said(done.exit_code, done.stdout, done.stderr)
