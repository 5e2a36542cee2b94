"""The command for linking without showing: keys of agreements, tokens under them, what two sides have in common."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from lake.cli.options import Json, Workspace, login_name
from lake.cli.output import WRONG, emit, fail, say
from lake.settings import Settings, load_settings

_DOINGS = {"key": 1, "encode": 1, "link": 2, "meet": 1, "destroy": 1}
"""What is done, and how many files it is done with."""


def blind(
    doing: Annotated[str, typer.Argument(help=", ".join(_DOINGS))],
    files: Annotated[list[Path], typer.Argument(help="key, destroy: the key's file; encode, meet: one; link: two.")],
    why: Annotated[str, typer.Option("--why", help="What it is for: the ledger records it.")] = "",
    agreement: Annotated[str, typer.Option("--agreement", help="key: the agreement under which it is used.")] = "",
    until: Annotated[str, typer.Option("--until", help="key: its last day, YYYY-MM-DD.")] = "",
    column: Annotated[str, typer.Option("--column", help="encode, meet: the column with identifiers.")] = "",
    element: Annotated[str, typer.Option("--element", help="encode, meet: their data element.")] = "",
    key: Annotated[Path | None, typer.Option("--key", help="encode: the agreement's key.")] = None,
    out: Annotated[Path | None, typer.Option("--out", help="encode, link, meet: where the result is written.")] = None,
    sm3: Annotated[bool, typer.Option("--sm3", help="encode: by SM3 instead of SHA-256.")] = False,
    program: Annotated[str, typer.Option("--program", help="meet: PROGRAM … {ours} … {peer} … {found}.")] = "",
    peer: Annotated[str, typer.Option("--peer", help="meet: the other side, as the program names it.")] = "",
    by: Annotated[str | None, typer.Option("--as", help="Who does it; left out: the login's name.")] = None,
    workspace: Workspace = None,
    as_json: Json = False,
) -> None:
    """Link with another agency without showing identifiers: tokens of verified ones, under a key that is destroyed.

    Bloom-filter encodings are not offered; docs/linking-without-showing.md says why.
    """
    from lake.blind.deeds import Source, Who

    if doing not in _DOINGS:
        fail(f"{doing!r} is none of {', '.join(_DOINGS)}", WRONG)
    if len(files) != _DOINGS[doing]:
        fail(f"`blind {doing}` takes {_DOINGS[doing]} file(s), {len(files)} are named", WRONG)
    if not why.strip():
        fail(f"say why, with --why TEXT: `blind {doing}` is for the record", WRONG)
    settings, who = load_settings(workspace), Who(by or login_name(), why.strip())
    if doing == "key":
        found = _made(settings, files[0], (agreement, until), who)
    elif doing == "encode":
        found = _encoded(settings, Source(files[0], column, element), (key, sm3, out), who)
    elif doing == "link":
        found = _linked(settings, (files[0], files[1]), out, who)
    elif doing == "meet":
        found = _met(settings, Source(files[0], column, element), (program, peer, out), who)
    else:
        found = _destroyed(settings, files[0], who)
    if as_json:
        emit(found)
        return
    for name, value in found.items():
        say(f"{name}: {value}")


def _made(settings: Settings, path: Path, of: tuple[str, str], who: Any) -> dict[str, Any]:
    from lake.blind.deeds import make

    agreement, until = of
    _expect("key", {"--agreement": agreement, "--until": until})
    try:
        last = date.fromisoformat(until)
    except ValueError:
        fail(f"--until {until!r} is no day: write YYYY-MM-DD", WRONG)
    key = make(settings, path, agreement, last, who)
    return {"key": key.key_id, "agreement": agreement, "until": until, "path": str(path)}


def _encoded(settings: Settings, source: Any, by: tuple[Path | None, bool, Path | None], who: Any) -> dict[str, Any]:
    from lake.blind.deeds import make_tokens
    from sharing.blind.key import Algorithm

    key, sm3, out = by
    _expect("encode", {"--column": source.column, "--element": source.element})
    if key is None or out is None:
        fail("`blind encode` needs --key FILE and --out FILE", WRONG)
    algorithm = Algorithm.SM3 if sm3 else Algorithm.SHA256
    counted, used = make_tokens(settings, source, (key, algorithm), out, who)
    return {"key": used.key_id, "agreement": used.agreement, "path": str(out), **counted.as_dict()}


def _linked(settings: Settings, files: tuple[Path, Path], out: Path | None, who: Any) -> dict[str, Any]:
    from dataclasses import asdict

    from lake.blind.deeds import link_tokens

    if out is None:
        fail("`blind link` needs --out FILE", WRONG)
    return {"path": str(out), **asdict(link_tokens(settings, files, out, who))}


def _met(settings: Settings, source: Any, by: tuple[str, str, Path | None], who: Any) -> dict[str, Any]:
    from lake.blind.deeds import meet_peer

    program, peer, out = by
    _expect("meet", {"--column": source.column, "--element": source.element, "--program": program, "--peer": peer})
    if out is None:
        fail("`blind meet` needs --out FILE", WRONG)
    try:
        argv = tuple(shlex.split(program))
    except ValueError:
        fail("--program has a quote that is not closed", WRONG)
    counted, size = meet_peer(settings, source, (argv, peer), out, who)
    return {"path": str(out), "common": size, **counted.as_dict()}


def _destroyed(settings: Settings, path: Path, who: Any) -> dict[str, Any]:
    from lake.blind.deeds import destroy

    return {"destroyed": destroy(settings, path, who), "path": str(path)}


def _expect(doing: str, options: dict[str, str]) -> None:
    if missing := [name for name, value in options.items() if not value.strip()]:
        fail(f"`blind {doing}` needs {', '.join(missing)}", WRONG)


COMMANDS: dict[str, Callable[..., None]] = {"blind": blind}
