"""The command line called in this process: what it costs to import is paid once for all calls of a test run.

What must be seen of a process of its own (a kill, a refused network) starts one instead.
"""

from __future__ import annotations

import io
import logging
import os
import sys
import warnings
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from unittest.mock import patch

from lake.cli import main


@dataclass(frozen=True)
class Said:
    """How a command ended and what it printed."""

    status: int
    out: str
    err: str


def call(*arguments: str, environment: Mapping[str, str]) -> Said:
    """One command; of this process's environment it sees nothing of the project's own but `environment`."""
    out, err, before = io.StringIO(), io.StringIO(), logging.root.manager.disable
    foreign = {name: value for name, value in os.environ.items() if not name.startswith("ZHONGTAI_")}
    with (
        patch.dict(os.environ, {**foreign, **environment}, clear=True),
        patch.object(sys, "argv", ["zhongtai", *arguments]),
        redirect_stdout(out),
        redirect_stderr(err),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore")  # libraries' warnings are no errors of a command
        try:
            main()
            status = 0
        except SystemExit as end:
            status = end.code if isinstance(end.code, int) else int(end.code is not None)
        finally:
            logging.disable(before)
    return Said(status, out.getvalue(), err.getvalue())
