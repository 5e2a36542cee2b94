"""The command tree and the one place where errors become messages and exit codes.

Commands import what they need when they run, so that `--help` and `verify` wait for no Dagster or Great Expectations.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib.metadata import entry_points

import typer

from contracts.faults import DeclarationsRefused
from lake.cli import (
    acts,
    alerts,
    blind,
    cases,
    contract,
    corrections,
    entitlements,
    govern,
    held,
    identity,
    indicators,
    inspect,
    keys,
    listen,
    overrides,
    past,
    plan,
    recalls,
    rules,
    services,
    ways,
    windows,
)
from lake.cli.output import WRONG, fail, note
from lake.failure import is_ours, words
from lake.one_writer import tell_waiting
from lake.room import no_room
from lake.settings import silence_libraries
from sharing.faults import SharingRefused

FAILED = 3
# Of the platform's own errors: what was asked for is not there, or cannot be meant so.
_WRONG_USE = (DeclarationsRefused, SharingRefused, LookupError, ValueError)


_GROUPS = (
    inspect,
    govern,
    acts,
    alerts,
    blind,
    cases,
    corrections,
    keys,
    listen,
    entitlements,
    held,
    identity,
    indicators,
    overrides,
    past,
    recalls,
    contract,
    plan,
    rules,
    services,
    ways,
    windows,
)


def build_app() -> typer.Typer:
    """The application, with the commands that other installed packages add under `zhongtai.commands`."""
    app = typer.Typer(
        name="zhongtai",
        help="中台: nothing leaves without evidence, and whatever has left can be named and recalled.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    commands: dict[str, Callable[..., None]] = _added()
    for module in _GROUPS:
        commands |= module.COMMANDS
    for name, command in commands.items():
        app.command(name)(command)
    return app


def _added() -> dict[str, Callable[..., None]]:
    """The commands of installed packages: an entry point names one, or a dictionary of several."""
    found: dict[str, Callable[..., None]] = {}
    for point in sorted(entry_points(group="zhongtai.commands"), key=lambda one: one.name):
        loaded = point.load()
        found |= loaded if isinstance(loaded, dict) else {point.name: loaded}
    return found


def main() -> None:
    """Run the command line."""
    silence_libraries()
    tell_waiting(lambda holder: note(f"waiting for {holder}, which is writing"))
    try:
        _refuse_undecoded(sys.argv[1:])
        build_app()(args=_workspace_last(sys.argv[1:]))
    except Exception as error:
        # Whatever it is: a stack is no answer to a person, and a library's text may quote a value.
        full = no_room()
        wrong = is_ours(error) and isinstance(error, _WRONG_USE) and not full
        fail(full or words(error), WRONG if wrong else FAILED)


def _refuse_undecoded(arguments: list[str]) -> None:
    for argument in arguments:
        if any("\udc80" <= character <= "\udcff" for character in argument):
            fail(f"the argument {argument!a} is not UTF-8", WRONG)


def _workspace_last(arguments: list[str]) -> list[str]:
    """Accept `zhongtai --workspace DIR command …` as well as `zhongtai command … --workspace DIR`."""
    leading: list[str] = []
    while arguments and arguments[0].startswith("--workspace"):
        taken = 1 if "=" in arguments[0] else 2
        leading += arguments[:taken]
        arguments = arguments[taken:]
    return arguments[:1] + leading + arguments[1:]
