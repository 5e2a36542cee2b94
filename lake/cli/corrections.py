"""The command of corrections and disputes: what is wrong with data, whose it is, until when; and acting in them.

Its own command beside `cases`, which lists both: here other persons do other things. What a step leads to is the law's
(`sharing/corrections`), who may do it the person's roles in `contracts/persons.yml`.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from contracts.clock import in_city
from contracts.signs import shown
from lake.cli.case_desk import CaseDesk, case_desk
from lake.cli.options import Json, Key, Passphrase, Workspace
from lake.cli.output import WRONG, emit, fail, say, table
from lake.settings import Settings, load_settings

_OVERDUE = "overdue"
_ACTS = ("send", "say", "answer", "dispute", "decide", "close", "withdraw")

What = Annotated[str | None, typer.Argument(help=f"A case's number; or open, settle, {', '.join(_ACTS)}.")]
Which = Annotated[
    str | None, typer.Argument(help="open: <department>.<dataset>, a table, or a release; else a number.")
]


@dataclass(frozen=True)
class _Said:
    """What the command line says of a step."""

    by: str | None
    key: Path | None
    passphrase: Path | None
    words: str
    outcome: str
    ground: str
    department: str
    about: tuple[str, str, str]
    file: Path | None
    dispute: bool


def corrections(
    what: What = None,
    which: Which = None,
    state: Annotated[str | None, typer.Option("--state", help="Only those in a state, or `overdue`.")] = None,
    by: Annotated[str | None, typer.Option("--as", help="The person who acts.")] = None,
    key: Key = None,
    passphrase: Passphrase = None,
    words: Annotated[str, typer.Option("--words", help="What the person says.")] = "",
    outcome: Annotated[
        str, typer.Option("--outcome", help="answer: corrected, rejected, heard; decide: upheld, dismissed.")
    ] = "",
    ground: Annotated[str, typer.Option("--ground", help="answer rejected: a ground of the jurisdiction's list.")] = "",
    department: Annotated[str, typer.Option("--department", help="send: to whom, where the case names none.")] = "",
    batch: Annotated[str, typer.Option("--batch", help="open: the batch whose rejected rows it is about.")] = "",
    reason: Annotated[str, typer.Option("--reason", help="open: only its rows of a reason; or a table's rule.")] = "",
    column: Annotated[str, typer.Option("--column", help="open: the column of a release that is wrong.")] = "",
    file: Annotated[Path | None, typer.Option("--file", help="A file to be kept with the step.")] = None,
    dispute: Annotated[bool, typer.Option("--dispute", help="open: as a dispute, for the bureau to decide.")] = False,
    workspace: Workspace = None,
    as_json: Json = False,
) -> None:
    """Corrections and disputes: open, send, answer, dispute, decide, close; what deliveries mended closes by itself."""
    settings = load_settings(workspace)
    about = batch, reason, column
    told = _Said(by, key, passphrase, words, outcome, ground, department, about, file, dispute)
    if what == "settle":
        found = _settle(settings)
    elif what == "open" or what in _ACTS:
        if which is None:
            fail(f"corrections {what} wants {'what it is about' if what == 'open' else 'the number of a case'}", WRONG)
        found = _open(settings, which, told) if what == "open" else _act(settings, what, which, told)
    elif what is not None:
        found = one(settings, what)
    else:
        found = listed(settings, state)
    emit(found) if as_json else show(found)


def _desk(settings: Settings, *, write: bool = False) -> AbstractContextManager[CaseDesk]:
    from lake.city import open_books_beside
    from lake.corrections.reading import Book

    return case_desk(settings, Book, open_books_beside if write else None)


def listed(settings: Settings, state: str | None) -> dict[str, Any]:
    """The corrections and disputes in a state (None: all), as JSON-ready data."""
    from lake.corrections.told import brief
    from sharing.corrections.vocabulary import State

    known = {_OVERDUE, *map(str, State)}
    if state is not None and state not in known:
        fail(f"there is no state {state!r}; there are {', '.join(sorted(known))}", WRONG)
    with _desk(settings) as desk:
        rows = [brief(one, desk.rules, desk.at) for one in desk.book.cases().values()]
    wanted = (one for one in rows if state is None or (one["overdue"] if state == _OVERDUE else one["state"] == state))
    return {"corrections": list(wanted)}


def one(settings: Settings, number: str) -> dict[str, Any]:
    """All of a correction or dispute, as JSON-ready data."""
    from lake.corrections.told import whole

    with _desk(settings) as desk:
        return whole(desk.book.expect(number), desk.rules, desk.at)


def _doer(desk: CaseDesk, told: _Said) -> Any:
    """Whoever acts, who has proved it by a key of theirs; in a demonstration the platform plays whoever is named."""
    from contracts.clock import day_of
    from lake.cases.reading import roles_of
    from lake.corrections.acting import Doer

    name = desk.actor(told.by, told.key, told.passphrase).person.name
    return Doer(name, roles_of(desk.book.persons, name, day_of(desk.at)))


def _open(settings: Settings, which: str, told: _Said) -> dict[str, Any]:
    from lake.corrections.acting import Told, open_case
    from lake.corrections.confirming import in_lake
    from lake.corrections.opening import about_release, about_rows, about_rule, expect_unmended, keys_digest
    from lake.corrections.told import whole
    from lake.quarantine.book import QuarantineBook
    from lake.quarantine.rows import opened
    from lake.quarantine.store import place_of_store
    from sharing.corrections.vocabulary import Kind

    batch, reason, column = told.about
    with _desk(settings, write=True) as desk:
        who, ledger = _doer(desk, told), desk.book.ledger
        dataset = desk.catalogue.datasets.get(which)
        if dataset is not None:
            book = QuarantineBook(ledger, place_of_store(settings))
            about = about_rows(book, dataset, batch, reason)
            with opened(settings) as connection:
                expect_unmended(in_lake(connection, book)(dataset, batch, reason), about)
                about = about_rows(book, dataset, batch, reason, keys_digest(connection, dataset, batch, reason))
        elif "." in which:
            about = about_rule(ledger, desk.catalogue, which, reason, column)
        else:
            about = about_release(ledger, desk.catalogue, which, column)
        kind = Kind.DISPUTE if told.dispute else Kind.CORRECTION
        said = Told(told.words, attachments=_kept(settings, told))
        case = open_case(desk.book, kind, about, who, said, desk.at, send=bool(about.department))
        return whole(case, desk.rules, desk.at)


def _act(settings: Settings, doing: str, number: str, told: _Said) -> dict[str, Any]:
    from lake.corrections.acting import Told, do, expect_ground
    from lake.corrections.told import whole
    from sharing.corrections.vocabulary import Doing, Outcome

    if told.outcome and told.outcome not in set(Outcome):
        fail(f"there is no outcome {told.outcome!r}; there are {', '.join(Outcome)}", WRONG)
    outcome = Outcome(told.outcome) if told.outcome else None
    with _desk(settings, write=True) as desk:
        case, who = desk.book.expect(number), _doer(desk, told)
        if outcome is Outcome.REJECTED:
            expect_ground(desk.catalogue.jurisdiction, told.ground)
        if told.department and told.department not in desk.catalogue.departments:
            fail(f"there is no department {told.department!r}", WRONG)
        files = _kept(settings, told)
        said = Told(told.words, outcome, told.ground, told.department, case.moved, files)
        return whole(do(desk.book, number, Doing(doing), who, said, desk.at), desk.rules, desk.at)


def _kept(settings: Settings, told: _Said) -> tuple[Any, ...]:
    from lake.corrections.attachments import keep

    if told.file is None:
        return ()
    if not told.file.is_file():
        fail(f"{told.file}: there is no such file", WRONG)
    return (keep(settings, told.file.name, told.file.read_bytes()),)


def _settle(settings: Settings) -> dict[str, Any]:
    """Say what deliveries mended, and what is overdue, without a run."""
    from lake.corrections.confirming import in_lake, settle
    from lake.corrections.told import brief
    from lake.quarantine.book import QuarantineBook
    from lake.quarantine.rows import opened
    from lake.quarantine.store import place_of_store

    with _desk(settings, write=True) as desk:
        book = QuarantineBook(desk.book.ledger, place_of_store(settings))
        if settings.catalog.exists():
            with opened(settings) as connection:
                settle(desk.book, book, desk.catalogue, desk.at, in_lake(connection, book))
        else:
            settle(desk.book, book, desk.catalogue, desk.at)
        return {"corrections": [brief(one, desk.rules, desk.at) for one in desk.book.cases().values()]}


def show(found: dict[str, Any]) -> None:
    """One of them whole, or a list, for people."""
    if "corrections" in found:
        show_list(found["corrections"])
        return
    ended = f": {found['outcome']}" if found["outcome"] else ""
    say(
        f"[bold]{found['case']}[/bold] {found['kind']}, {found['state']}{ended}{' OVERDUE' if found['overdue'] else ''}"
    )
    say(escape(shown(found["title"])))
    about = [(name, str(value)) for name, value in found["about"].items() if name != "title"]
    if found["rows"] is not None:
        about.append(("mended", f"{found['mended']} of {found['rows']}"))
    table("事项 About", ("", ""), about)
    clocks = [
        (one["deadline"], one["since"], _count(one, "used"), f"{one['working_days']}", _due(one), one["source"])
        for one in found["deadlines"]
    ]
    table("时限 Deadlines", ("deadline", "since", "used", "of", "due", "source"), clocks)
    steps = [(_at(one), _did(one), shown(one["person"]), one["seat"], _words(one)) for one in found["steps"]]
    table("经过 Steps", ("at", "", "by", "as", "words"), steps)
    for one in found["ignored"]:
        say(escape(shown(f"  counts for nothing: {one['doing']} by {one['person']}, {_at(one)}: {one['why']}")))


def show_list(rows: list[dict[str, Any]]) -> None:
    """Corrections and disputes as a table."""
    headers = ("case", "state", "of", "title", "rows", "mended", "due")
    table("校核与异议 Corrections and disputes", headers, [_line(one) for one in rows])


def _line(one: dict[str, Any]) -> tuple[object, ...]:
    going = [each for each in one["deadlines"] if each["done"] is None]
    due = _due(going[-1]) if going else ""
    state = f"{one['state']} {one['outcome'] or ''}".strip()
    rows, mended = ("", "") if one["rows"] is None else (one["rows"], one["mended"])
    return one["case"], state, one["department"] or "—", shown(one["title"]), rows, mended, due


def _did(step: dict[str, Any]) -> str:
    told = step["outcome"] if step["outcome"] else step["mended"] if step["mended"] is not None else ""
    return f"{step['doing']} {told}".strip()


def _words(step: dict[str, Any]) -> str:
    files = "".join(f" [{one['name']} {one['sha256'][:12]}]" for one in step["attachments"])
    return f"{shown(step['words'], lines=True)}{files}"


def _at(step: dict[str, Any]) -> str:
    return in_city(datetime.fromisoformat(step["at"])).strftime("%Y-%m-%d %H:%M")


def _count(clock: dict[str, Any], name: str) -> object:
    return "unknown" if clock[name] is None else clock[name]


def _due(one: dict[str, Any]) -> str:
    return f"{one['due'] or 'unknown'}{' OVERDUE' if one['overdue'] else ''}"


COMMANDS: dict[str, Callable[..., None]] = {"corrections": corrections}
