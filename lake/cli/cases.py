"""The command of cases: what is asked of the city, by whom, and until when it is to be answered; and acting in them.

What a step leads to is the law's (`sharing/cases`), who may do it the person's roles in `contracts/persons.yml`.
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
from lake.cli import corrections
from lake.cli.case_desk import CaseDesk, case_desk
from lake.cli.options import Json, Key, Passphrase, Workspace
from lake.cli.output import WRONG, emit, fail, note, say, table
from lake.settings import Settings, load_settings

_OVERDUE = "overdue"
_LONG = ("purpose", "scope")
"""What is asked in several lines; all else that others wrote is shown as one."""
_ACTS = ("answer", "question", "approve", "refuse", "withdraw", "object", "reopen")

What = Annotated[str | None, typer.Argument(help=f"A case's number; or file, draft, escalate, {', '.join(_ACTS)}.")]
Which = Annotated[str | None, typer.Argument(help="file: the request's YAML file; else the case's number.")]


@dataclass(frozen=True)
class _Said:
    """What the command line says of a step."""

    by: str | None
    key: Path | None
    passphrase: Path | None
    words: str
    ground: str
    changed: Path | None
    out: Path | None


def cases(
    what: What = None,
    which: Which = None,
    state: Annotated[str | None, typer.Option("--state", help="Only those in a state, or `overdue`.")] = None,
    by: Annotated[str | None, typer.Option("--as", help="The person who acts.")] = None,
    key: Key = None,
    passphrase: Passphrase = None,
    words: Annotated[str, typer.Option("--words", help="What the person says.")] = "",
    ground: Annotated[str, typer.Option("--ground", help="refuse: a ground of the jurisdiction's list.")] = "",
    changed: Annotated[
        Path | None, typer.Option("--file", help="answer: the request as it is now, where it changes.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="draft: the folder; default: <state>/drafts/<case>.")
    ] = None,
    workspace: Workspace = None,
    as_json: Json = False,
) -> None:
    """What is asked of the city and how long it may take; file, answer, approve, refuse, withdraw, object, draft."""
    settings = load_settings(workspace)
    told = _Said(by, key, passphrase, words, ground, changed, out)
    if what in _DOINGS:
        if which is None:
            fail(f"cases {what} wants {'a file' if what == 'file' else 'the number of a case'}", WRONG)
        found = _DOINGS[what](settings, which, told)
    elif what is not None:
        found = _one(settings, what)
    else:
        found = _listed(settings, state)
    emit(found) if as_json else _show(found)


def _listed(settings: Settings, state: str | None) -> dict[str, Any]:
    from lake.cases.told import brief
    from sharing.cases.vocabulary import State
    from sharing.corrections.vocabulary import State as OtherState

    known, others = {_OVERDUE, *map(str, State)}, {_OVERDUE, *map(str, OtherState)}
    if state is not None and state not in known | others:
        fail(f"there is no state {state!r}; there are {', '.join(sorted(known | others))}", WRONG)
    with _desk(settings) as desk:
        rows = [brief(one, desk.rules, desk.at) for one in desk.book.cases().values()]
    return {
        "cases": [
            one for one in rows if state is None or (one["overdue"] if state == _OVERDUE else one["state"] == state)
        ],
        **(corrections.listed(settings, state) if state is None or state in others else {"corrections": []}),
    }


def _one(settings: Settings, number: str) -> dict[str, Any]:
    from lake.cases.told import whole
    from sharing.corrections.steps import is_correction

    if is_correction(number):
        return corrections.one(settings, number)

    with _desk(settings) as desk:
        return whole(desk.book.expect(number), desk.rules, desk.at)


def _desk(settings: Settings, *, write: bool = False) -> AbstractContextManager[CaseDesk]:
    from lake.cases.reading import Book
    from lake.city import open_books

    return case_desk(settings, Book, open_books if write else None)


def _doer(desk: CaseDesk, told: _Said) -> Any:
    from contracts.clock import day_of
    from lake.cases.acting import Doer
    from lake.cases.reading import roles_of

    name = desk.actor(told.by, told.key, told.passphrase).person.name
    return Doer(name, roles_of(desk.book.persons, name, day_of(desk.at)))


def _file(settings: Settings, which: str, told: _Said) -> dict[str, Any]:
    from lake.cases import acting
    from lake.cases.asking import read_request
    from lake.cases.told import whole
    from sharing.cases.vocabulary import Kind

    with _desk(settings, write=True) as desk:
        asked = read_request(_yaml(Path(which)), desk.catalogue, desk.ledger)
        filing = acting.Told(asked=asked, kind=Kind.REQUEST)
        step = acting.filed(filing, _doer(desk, told), desk.at, desk.book.cases())
        acting.record(desk.ledger, step)
        return whole(desk.book.expect(step.case), desk.rules, desk.at)


def _yaml(file: Path) -> dict[str, Any]:
    from contracts.documents import Document
    from contracts.faults import DeclarationsRefused

    document = Document(file, file.parent)
    if document.faults:
        raise DeclarationsRefused(document.faults)
    return document.data


def _act(doing: str) -> Callable[[Settings, str, _Said], dict[str, Any]]:
    def acted(settings: Settings, number: str, told: _Said) -> dict[str, Any]:
        from lake.cases import acting
        from lake.cases.asking import read_request
        from lake.cases.told import whole
        from sharing.cases.vocabulary import Doing

        with _desk(settings, write=True) as desk:
            case, who = desk.book.expect(number), _doer(desk, told)
            if doing == Doing.REFUSE:
                acting.expect_ground(desk.catalogue.jurisdiction, told.ground)
            asked = read_request(_yaml(told.changed), desk.catalogue, desk.ledger) if told.changed else None
            said = acting.Told(told.words, told.ground, over=case.asked.digest, asked=asked)
            acting.record(desk.ledger, acting.propose(case, Doing(doing), who, said, desk.at))
            return whole(desk.book.expect(number), desk.rules, desk.at)

    return acted


def _approve(settings: Settings, number: str, told: _Said) -> dict[str, Any]:
    from lake.cases import acting
    from lake.cases.drafts import folder_of
    from lake.cases.told import whole
    from sharing.cases.vocabulary import Kind, State

    with _desk(settings, write=True) as desk:
        who = desk.actor(told.by, told.key, told.passphrase), _doer(desk, told)
        acting.approve(desk.ledger, desk.book.expect(number), who, told.words, desk.at)
        case = desk.book.expect(number)
        if case.state is State.BUREAU_APPROVED and case.kind is Kind.REQUEST:
            _written(desk, number, folder_of(settings, number))
        return whole(desk.book.expect(number), desk.rules, desk.at)


def _written(desk: CaseDesk, number: str, folder: Path) -> None:
    """The draft, where one can be made; the approval stands without one."""
    from lake.cases.drafts import write_draft
    from sharing.faults import SharingRefused

    try:
        write_draft(desk.ledger, desk.book.expect(number), desk.catalogue, folder, desk.at)
    except SharingRefused as refusal:
        note(f"no change was drafted: {refusal}")


def _draft(settings: Settings, number: str, told: _Said) -> dict[str, Any]:
    from lake.cases.drafts import PATCH, folder_of, write_draft

    folder = told.out or folder_of(settings, number)
    with _desk(settings, write=True) as desk:
        made = write_draft(desk.ledger, desk.book.expect(number), desk.catalogue, folder, desk.at)
    told_of = {"folder": str(folder), "patch": str(folder / PATCH), "files": sorted(made.files)}
    return {"case": number, "agreement": made.agreement, "product": made.product, **told_of, "notes": list(made.notes)}


def _escalate(settings: Settings, number: str, told: _Said) -> dict[str, Any]:
    from lake.cases.escalating import escalate
    from lake.cases.told import whole

    with _desk(settings, write=True) as desk:
        escalate(desk.ledger, [desk.book.expect(number)], desk.rules, desk.at)
        return whole(desk.book.expect(number), desk.rules, desk.at)


_DOINGS: dict[str, Callable[[Settings, str, _Said], dict[str, Any]]] = {
    "file": _file,
    **{name: _act(name) for name in _ACTS},
    "approve": _approve,
    "draft": _draft,
    "escalate": _escalate,
}


def _show(found: dict[str, Any]) -> None:
    if "about" in found:
        corrections.show(found)
        return
    if "cases" in found:
        headers = ("case", "state", "by", "for", "title", "due", "left")
        table("申请 Cases", headers, [_line(one) for one in found["cases"]])
        _say_unknown([clock for one in found["cases"] for clock in one["deadlines"] if clock["done"] is None])
        if found["corrections"]:
            corrections.show_list(found["corrections"])
        return
    if "patch" in found:
        say(f"{found['agreement']} with the product {found['product']}: {found['patch']}, for `git apply`")
        for one in found["notes"]:
            say(f"  {one}")
        return
    say(f"[bold]{found['case']}[/bold] {found['kind']}, {found['state']}")
    asked = found["asked"]
    told = [(name, ", ".join(value) if isinstance(value, list | dict) else value) for name, value in asked.items()]
    table("所求 Asked", ("", ""), [(name, shown(value, lines=name in _LONG)) for name, value in told if value])
    clocks = [
        (one["deadline"], one["since"], _count(one, "used"), f"{one['working_days']}", _due(one), one["source"])
        for one in found["deadlines"]
    ]
    table("时限 Deadlines", ("deadline", "since", "used", "of", "due", "source"), clocks)
    _say_unknown(found["deadlines"])
    steps = [
        (_at(one), one["doing"], shown(one["person"]), one["seat"], shown(one["words"], lines=True))
        for one in found["steps"]
    ]
    table("经过 Steps", ("at", "", "by", "as", "words"), steps)
    for one in found["ignored"]:
        say(escape(shown(f"  counts for nothing: {one['doing']} by {one['person']}, {_at(one)}: {one['why']}")))
    if found["pending"]:
        say(f"  yet to approve: {', '.join(found['pending'])}")


def _at(step: dict[str, Any]) -> str:
    """The minute of a step, by the city's clock."""
    return in_city(datetime.fromisoformat(step["at"])).strftime("%Y-%m-%d %H:%M")


def _line(one: dict[str, Any]) -> tuple[object, ...]:
    open_ = [each for each in one["deadlines"] if each["done"] is None]
    newest = open_[-1] if open_ else None
    due, left = (_due(newest), _count(newest, "left")) if newest else ("", "")
    agency = shown(one["agency"]) or "public"
    return one["case"], one["state"], agency, shown(one["resource"]), shown(one["title"]), due, left


def _count(clock: dict[str, Any], name: str) -> object:
    """Days used or left, or that nobody can count them; why, `_say_unknown` says below."""
    return "unknown" if clock[name] is None else clock[name]


def _say_unknown(clocks: list[dict[str, Any]]) -> None:
    for why in dict.fromkeys(one["unknown"] for one in clocks if one["unknown"]):
        say(f"  unknown: {escape(why)}")


def _due(one: dict[str, Any]) -> str:
    if one["stopped_since"]:
        return f"stands since {one['stopped_since']}{' OVERDUE' if one['overdue'] else ''}"
    if one["due"] is None:
        return "unknown"
    return f"{one['due']}{' OVERDUE' if one['overdue'] else ''}"


COMMANDS: dict[str, Callable[..., None]] = {"cases": cases}
