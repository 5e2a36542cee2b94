"""The commands of who is who: the pairs that a steward is asked about, deciding them, and who an entity is.

What a decision leads to is the law's (`sharing/identity`) and the next run's; who may decide, the person's roles in
`contracts/persons.yml`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from contracts.clock import in_city
from contracts.faults import nearest
from contracts.signs import shown
from lake.cli.golden import Look, Person, look_at, show_values
from lake.cli.options import Json, Key, Passphrase, Workspace
from lake.cli.output import WRONG, emit, fail, say, table
from lake.settings import Settings, load_settings

_ABOUT = ("same", "different", "skip")


@dataclass(frozen=True)
class _Act:
    """What the command line says is to be done, by whom, and why."""

    doing: str
    what: str
    by: str | None
    key: Path | None
    passphrase: Path | None
    why: str


def match(
    entity: Annotated[str | None, typer.Argument(help="The entity; left out: each that has open pairs.")] = None,
    state: Annotated[str, typer.Option("--state", help="open, waiting, skipped or decided pairs.")] = "open",
    dataset: Annotated[str, typer.Option("--dataset", help="Only pairs with a row of a dataset.")] = "",
    limit: Annotated[int, typer.Option("--limit", help="How many pairs to show.")] = 20,
    same: Annotated[
        str | None, typer.Option("--same", help="These two are one: PAIR, or enough of its beginning.")
    ] = None,
    different: Annotated[str | None, typer.Option("--different", help="These two are two.")] = None,
    skip: Annotated[str | None, typer.Option("--skip", help="Not again before they are as probable no more.")] = None,
    confirm: Annotated[int | None, typer.Option("--confirm", help="Confirm a decision, as the second person.")] = None,
    undo: Annotated[int | None, typer.Option("--undo", help="Undo a decision.")] = None,
    learn: Annotated[bool, typer.Option("--learn", help="Learn anew from the rows, with the next run.")] = False,
    why: Annotated[str, typer.Option("--why", help="The reason; it is recorded.")] = "",
    by: Annotated[str | None, typer.Option("--as", help="The person who decides.")] = None,
    key: Key = None,
    passphrase: Passphrase = None,
    workspace: Workspace = None,
    as_json: Json = False,
) -> None:
    """Who is who: the pairs that may be one, the most doubtful first; say that two are one or two, confirm, undo."""
    settings = load_settings(workspace)
    named = {
        "same": same,
        "different": different,
        "skip": skip,
        "confirm": confirm,
        "undo": undo,
        "learn": learn or None,
    }
    acts = [(doing, str(what)) for doing, what in named.items() if what is not None]
    if len(acts) > 1:
        fail(f"one thing at a time, not {' and '.join(doing for doing, _ in acts)}", WRONG)
    if acts and acts[0][1].strip() in ("", "0"):
        fail(f"--{acts[0][0]} names nothing: give the pair or the number that `zhongtai match` shows", WRONG)
    if limit < 1:
        fail(f"--limit {limit} would show nothing: give 1 or more", WRONG)
    if not acts:
        found = _listed(settings, entity, (state, dataset, limit))
    elif entity is None:
        fail("name the entity whose records these are", WRONG)
    elif learn:
        found = _learn(settings, entity, _Act(*acts[0], by, key, passphrase, why))
    else:
        found = _decide(settings, entity, _Act(*acts[0], by, key, passphrase, why))
    emit(found) if as_json else _show(found)


def who(
    entity_id: Annotated[str, typer.Argument(help="The id, as `city_id` has it; a former one leads to today's.")],
    known: Annotated[
        datetime | None,
        typer.Option("--known", help="As it was known then.", formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S%z"]),
    ] = None,
    values: Annotated[bool, typer.Option("--values", help="What departments say of it, each with its source.")] = False,
    valid: Annotated[
        datetime | None,
        typer.Option("--valid", help="Of values: by deliveries for no later day.", formats=["%Y-%m-%d"]),
    ] = None,
    by: Annotated[str | None, typer.Option("--as", help="Of values: the person who looks; it is recorded.")] = None,
    key: Key = None,
    passphrase: Passphrase = None,
    workspace: Workspace = None,
    as_json: Json = False,
) -> None:
    """Who an entity is: its records with their sources, what binds them, and every event since it was found."""
    from contracts.clock import in_city
    from lake.identity.who import Asked, who_is

    settings = load_settings(workspace)
    # A day is the city's, and all of it.
    moment = known and (known if known.tzinfo else _end_of(known, in_city(settings.clock.now())))
    if values or valid or by:
        if not values:
            fail("--valid and --as are of values: ask for them with --values", WRONG)
        look = Look(entity_id, moment, valid and valid.date(), Person(by, key, passphrase))
        told = look_at(settings, look)
        emit(told) if as_json else show_values(told)
        return
    with _books(settings) as (catalogue, ledger), _engine(settings) as connection:
        found = who_is(settings, ledger, connection, Asked.of(catalogue, entity_id, moment))
    emit(found) if as_json else _show_who(found)


def _end_of(day: datetime, here: datetime) -> datetime:
    return day.replace(hour=23, minute=59, second=59, microsecond=999_999, tzinfo=here.tzinfo)


@contextmanager
def _books(settings: Settings) -> Iterator[tuple[Any, Any]]:
    from lake.city import declarations, expect_run
    from sharing.ledger import Ledger

    catalogue = declarations(settings)
    expect_run(settings)
    with Ledger.read(settings.ledger) as ledger:
        yield catalogue, ledger


@contextmanager
def _engine(settings: Settings) -> Iterator[Any]:
    """The lake, for reading; without one an engine alone, which has the registry's files."""
    from lake.attach import bare_connection, open_lake

    if settings.catalog.exists():
        with open_lake(settings, read_only=True) as connection:
            yield connection
    else:
        connection = bare_connection(settings)
        try:
            yield connection
        finally:
            connection.close()


def _expect_lake(settings: Settings) -> None:
    if not settings.catalog.exists():
        fail("the lake is not on this machine, and pairs lie there alone: ask where the city runs", WRONG)


def _matched(catalogue: Any, name: str) -> Any:
    found = catalogue.entities.get(name)
    known = sorted(one.name for one in catalogue.entities.values() if one.matching)
    if found is None or found.matching is None:
        fail(f"no entity {name!r} is matched; there are {', '.join(known) or 'none'}", WRONG)
    return found


def _listed(settings: Settings, name: str | None, asked: tuple[str, str, int]) -> dict[str, Any]:
    from lake.acts import Persons
    from lake.identity.files import Registry
    from lake.identity.pairs import STATES, Wanted, queue
    from lake.identity.reading import Book

    state, dataset, limit = asked
    if state not in STATES:
        fail(f"there is no state {state!r}; there are {', '.join(STATES)}", WRONG)
    _expect_lake(settings)
    with _books(settings) as (catalogue, ledger), _engine(settings) as connection:
        if dataset and dataset not in catalogue.datasets:
            fail(f"there is no dataset {dataset!r}; {nearest(dataset, catalogue.datasets)}", WRONG)
        book = Book(ledger, Persons.of(settings, catalogue))
        entities = [_matched(catalogue, name)] if name else [one for one in catalogue.entities.values() if one.matching]
        found = []
        for entity in entities:
            registry = Registry.of(settings, ledger, entity.name)
            registry.proved(registry.steps())
            decisions, _ = book.of(entity.name)
            pairs, total = queue(connection, entity, decisions, Wanted(state, dataset, limit=max(limit, 0)))
            ignored = [{"number": step.seq, "by": step.person, "why": why} for step, why in decisions.ignored]
            rows = [one.as_dict() for one in pairs]
            found.append({"entity": entity.name, "state": state, "total": total, "pairs": rows, "ignored": ignored})
    return {"entities": found}


def _decide(settings: Settings, name: str, act: _Act) -> dict[str, Any]:
    from contracts.clock import day_of
    from lake.acts import Persons, proved
    from lake.cases.reading import roles_of
    from lake.city import declarations, expect_run, open_books_beside
    from lake.identity.acting import Doer, Said, decide
    from lake.identity.reading import Book
    from lake.identity.told import follows
    from sharing.identity.vocabulary import Doing

    catalogue = declarations(settings)
    expect_run(settings)
    entity, persons, at = _matched(catalogue, name), Persons.of(settings, catalogue), settings.clock.now()
    if act.by is None:
        fail("nobody decides: name the person, with --as PERSON", WRONG)
    person = proved(persons, act.by, act.key, act.passphrase, at).person.name
    doer = Doer(person, roles_of(persons, person, day_of(at)))
    with open_books_beside(settings) as (ledger, _):
        book = Book(ledger, persons)
        said = Said(Doing(act.doing), of=int(act.what) if act.doing not in _ABOUT else 0, words=act.why)
        pair = _pair(settings, entity, book, act.what) if act.doing in _ABOUT else None
        if pair is not None:
            said = replace(said, left=pair.left, right=pair.right, facts=pair.facts(entity))
        decision = decide(book, entity.name, doer, said, at)
    return {
        "entity": entity.name,
        "decision": decision.number,
        "pair": "-".join(decision.pair),
        "says": str(decision.step.doing),
        "state": str(decision.state),
        "next": follows(decision, pair.entities if pair else None)[1],
    }


def _learn(settings: Settings, name: str, act: _Act) -> dict[str, Any]:
    """Have the next run learn anew what each comparison is worth."""
    from contracts.clock import day_of
    from lake.acts import Persons, proved
    from lake.cases.reading import roles_of
    from lake.city import declarations, expect_run, open_books_beside
    from lake.matched.decided import Asking, ask_to_learn

    catalogue = declarations(settings)
    expect_run(settings)
    entity, persons, at = _matched(catalogue, name), Persons.of(settings, catalogue), settings.clock.now()
    if act.by is None:
        fail("nobody asks: name the person, with --as PERSON", WRONG)
    person = proved(persons, act.by, act.key, act.passphrase, at).person.name
    with open_books_beside(settings) as (ledger, _):
        asking = Asking(person, roles_of(persons, person, day_of(at)), act.why, at)
        ask_to_learn(ledger, entity.name, asking)
    return {"entity": entity.name, "learn": True, "next": "the next run learns from the rows as they are then"}


def _pair(settings: Settings, entity: Any, book: Any, name: str) -> Any:
    from lake.identity.pairs import find_pair

    _expect_lake(settings)
    with _engine(settings) as connection:
        found = find_pair(connection, entity, book.of(entity.name)[0], name)
    if found is None:
        fail(f"no two records of {entity.name} that were compared are called {name!r}: see `zhongtai match`", WRONG)
    return found


def _show(found: dict[str, Any]) -> None:
    if "learn" in found:
        say(f"{found['entity']}: {found['next']}")
        return
    if "entities" not in found:
        say(f"decision {found['decision']}: {found['says']}, {found['state']}. {escape(found['next'])}")
        return
    for one in found["entities"]:
        rows = [_line(pair) for pair in one["pairs"]]
        title = f"{one['entity']}: {one['total']:,} {one['state']}"
        table(title, ("pair", "probability", "bits", "left", "right", "decided"), rows)
        for step in one["ignored"]:
            say(escape(shown(f"  counts for nothing: {step['number']} by {step['by']}: {step['why']}")))


def _line(pair: dict[str, Any]) -> tuple[object, ...]:
    decided = pair["decision"]
    sides = [f"{entity} {dataset}".strip() for entity, dataset in zip(pair["entities"], pair["datasets"], strict=True)]
    told = f"{decided['says']} ({decided['number']}, {decided['state']})" if decided else ""
    return pair["pair"], f"{pair['probability']:.4f}", f"{pair['weight']:+.1f}", *sides, told


def _show_who(found: dict[str, Any]) -> None:
    leads = "" if found["stands"] else f", no more; now {', '.join(found['now']) or 'nothing'}"
    say(f"[bold]{found['id']}[/bold] {found['entity']}{leads}")
    rows = [
        (one["record"], one["method"], f"{one['probability']:.4f}", _at(one["since"]), _sources(one["sources"]))
        for one in found["members"]
    ]
    table("记录 Records", ("record", "by", "probability", "since", "sources"), rows)
    for pair in found["weights"]:
        parts = ", ".join(f"{one['attribute'] or one['level']} {one['en']} {one['bits']:+.1f}" for one in pair["parts"])
        say(escape(f"  {pair['pair']} {pair['probability']:.4f}: {parts}"))
    events = [
        (one["number"], _at(one["at"]), one["kind"], " ".join(one["before"]), " ".join(one["after"]), _by(one))
        for one in found["events"]
    ]
    table("经过 Events", ("event", "at", "", "before", "after", "by"), events)


def _by(event: dict[str, Any]) -> str:
    return f"{', '.join(event['decided_by'])} ({', '.join(event['reasons'])})"


def _sources(sources: list[dict[str, Any]]) -> str:
    return "; ".join(f"{one['source']} {one['delivered_on'] or ''} {one['batch'][:12]}" for one in sources)


def _at(text: str) -> str:
    return in_city(datetime.fromisoformat(text)).strftime("%Y-%m-%d %H:%M")


COMMANDS: dict[str, Callable[..., None]] = {"match": match, "who": who}
