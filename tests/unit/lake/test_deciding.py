"""Pairs that are open, deciding them by role, and who an entity is, on a lake as a run leaves it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest

from contracts.acts import Person, Role, RoleGrant
from contracts.model import Catalogue, Entity
from lake.acts import Persons
from lake.attach import open_lake
from lake.identity.acting import Doer, Said, decide
from lake.identity.pairs import Wanted, find_pair, may_decide, queue, sizes
from lake.identity.reading import Book
from lake.identity.records import Looking, look
from lake.identity.who import Asked, who_is
from lake.settings import Settings, load_settings
from sharing.faults import SharingRefused
from sharing.identity.steps import KIND, Facts
from sharing.identity.vocabulary import Doing
from sharing.keyring import make_keys
from sharing.ledger import Ledger
from tests.unit.lake import matched_lake as made
from tests.unit.lake.registered import record

TERM = (date(2026, 1, 1), date(2026, 12, 31))
STELLA = Doer("stella", (RoleGrant(Role.STEWARD, *TERM),))
SIMON = Doer("simon", (RoleGrant(Role.STEWARD, *TERM, "health"),))
BAO = Doer("bao", (RoleGrant(Role.OFFICER, *TERM),))
HAI = Doer("hai", (RoleGrant(Role.OWNER, *TERM, "health"),))
AT = made.AT + timedelta(hours=1)


@dataclass
class Desk:
    """A lake as a run leaves it, and a ledger beside it."""

    settings: Settings
    ledger: Ledger
    catalogue: Catalogue
    connection: duckdb.DuckDBPyConnection
    entity: Entity
    book: Book

    def pairs(self, state: str = "open", **more: object) -> list[str]:
        decisions, _ = self.book.of("person")
        found, total = queue(self.connection, self.entity, decisions, Wanted(state, **more))  # type: ignore[arg-type]
        assert total == len(found)
        return [named(one.left) + named(one.right) for one in found]

    def said(self, doing: str, pair: str, words: str = "since") -> Said:
        left, right = sorted(map(record, pair))
        found = find_pair(self.connection, self.entity, self.book.of("person")[0], f"{left}-{right}")
        assert found
        return Said(Doing(doing), left, right, words=words, facts=found.facts(self.entity))

    def does(self, who: Doer, doing: str, pair: str) -> int:
        return decide(self.book, "person", who, self.said(doing, pair), AT).number


def named(one: str) -> str:
    return bytes.fromhex(one).decode().strip("\0")


@pytest.fixture(scope="module")
def laid(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    place = tmp_path_factory.mktemp("deciding")
    settings = load_settings(place, {"ZHONGTAI_STATE": str(place / "state"), "ZHONGTAI_NOW": AT.isoformat()})
    entity = made.person()
    persons = {one.name: Person(one.name, one.name, one.name, one.grants, ()) for one in (STELLA, SIMON, BAO, HAI)}
    catalogue = Catalogue(
        "city", "市", "City", place, place, made.DEPARTMENTS, {}, {"people": made.domain(entity)}, {}, made.ELEMENTS,
        {}, persons=persons,
    )  # fmt: skip
    with Ledger.open(settings.ledger) as ledger:
        make_keys(settings.key_place)
        made.lay(settings, ledger, entity)
        with open_lake(settings, read_only=True) as connection:
            book = Book(ledger, Persons(catalogue, place / "played"))
            yield Desk(settings, ledger, catalogue, connection, entity, book)


@pytest.fixture
def desk(laid: Desk, tmp_path: Path) -> Iterator[Desk]:
    """With a ledger of its own: what a test decides, no other sees."""
    with Ledger.open(tmp_path / "ledger.sqlite") as ledger:
        yield replace(laid, ledger=ledger, book=Book(ledger, laid.book.persons))


def test_the_most_doubtful_pairs_of_two_entities_come_first(desk: Desk) -> None:
    assert desk.pairs() == ["Ae", "be", "AD", "Ab"]
    assert desk.pairs(dataset="civil.grid") == ["Ae", "be"]
    assert desk.pairs(departments=frozenset({"health", "civil"})) == ["be"] and desk.pairs("decided") == []
    assert sizes(desk.connection, desk.entity, [f"NP-{record(one)}" for one in "Ab"]) == {
        f"NP-{record('A')}": 1,
        f"NP-{record('b')}": 2,
    }


def test_what_is_decided_or_skipped_is_asked_no_more(desk: Desk) -> None:
    desk.does(STELLA, "same", "Ab")
    desk.does(BAO, "skip", "be")
    number = desk.does(STELLA, "different", "Ae")
    assert desk.pairs() == ["AD"] and desk.pairs("decided") == ["Ae", "Ab"] and desk.pairs("skipped") == ["be"]
    decide(desk.book, "person", BAO, Said(Doing.UNDO, of=number, words="wrong"), AT)
    assert desk.pairs() == ["Ae", "AD"]
    standing = desk.book.standing("person")
    assert [(named(one.left), named(one.right), one.ended) for one in standing.pairs] == [
        ("A", "b", None),
        ("A", "e", 4),
    ]
    # Skipped at another probability than it has now: it is asked again.
    facts = Facts(probability=0.9)
    body = replace(desk.book.of("person")[0].all[2].step, facts=facts, left=record("A"), right=record("D")).as_body()
    desk.ledger.append(KIND, body, AT)
    assert desk.pairs() == ["Ae", "AD"]


def test_two_identified_wait_for_a_second_person(desk: Desk) -> None:
    number = desk.does(STELLA, "same", "AD")
    assert desk.pairs("waiting") == ["AD"] and desk.book.standing("person").pairs == ()
    confirm = Said(Doing.CONFIRM, of=number)
    with pytest.raises(SharingRefused, match="a second person confirms"):
        decide(desk.book, "person", STELLA, confirm, AT)
    decide(desk.book, "person", BAO, confirm, AT)
    assert [one.persons for one in desk.book.standing("person").together] == [2]


def test_who_may_decide_is_a_steward_of_all_the_rows_or_an_officer(desk: Desk) -> None:
    found = find_pair(desk.connection, desk.entity, desk.book.of("person")[0], f"{record('b')}-{record('c')}")
    assert found and not found.apart
    decisions, _ = desk.book.of("person")
    everything = (Doing.SAME, Doing.DIFFERENT, Doing.SKIP)
    assert [may_decide(found, desk.entity, decisions, one, AT) for one in (STELLA, SIMON, BAO, HAI)] == [
        everything,
        everything,
        everything,
        (),
    ]
    with pytest.raises(SharingRefused, match="does not speak for civil, health"):
        desk.does(SIMON, "same", "be")
    with pytest.raises(SharingRefused, match="hai is none of those who decide"):
        desk.does(HAI, "same", "bc")
    with pytest.raises(SharingRefused, match="takes a reason"):
        decide(desk.book, "person", STELLA, desk.said("same", "bc", " "), AT)
    with pytest.raises(SharingRefused, match="too many"):
        decide(desk.book, "person", STELLA, desk.said("same", "bc", "x" * 9000), AT)
    # What somebody writes into the ledger who was no steward counts for nothing, and is told.
    step = replace(desk.book.of("person")[0].all[desk.does(STELLA, "same", "bc")].step, person="hai")
    desk.ledger.append(KIND, replace(step, left=record("b"), right=record("e")).as_body(), AT)
    assert [why for _, why in desk.book.of("person")[0].ignored] == ["hai was no steward on 2026-06-01"]


def test_a_pair_is_named_by_as_much_as_tells_it(desk: Desk) -> None:
    decisions, _ = desk.book.of("person")
    assert find_pair(desk.connection, desk.entity, decisions, "no-thing") is None
    assert find_pair(desk.connection, desk.entity, decisions, "x") is None
    with pytest.raises(SharingRefused, match="several pairs begin so"):
        find_pair(desk.connection, desk.entity, decisions, "00-0000")


def test_records_are_shown_by_role_and_level_and_each_look_is_recorded(desk: Desk) -> None:
    decisions, _ = desk.book.of("person")
    found = find_pair(desk.connection, desk.entity, decisions, f"{record('A')}-{record('b')}")
    assert found

    def seen(who: Doer) -> list[dict[str, str | None]]:
        looking = Looking(who.name, who.grants, desk.ledger, AT)
        left, right = look(desk.connection, desk.catalogue, desk.entity, found, looking)
        return [dict(one.cells) for one in (*left, *right)]

    steward = {"name": "欧****", "phone": "13800138000"}
    assert seen(STELLA) == [
        {**steward, "resident_id": "110105********0021"},
        {**steward, "resident_id": "110105********0022"},
    ]
    nothing = {"name": "****", "phone": "****", "resident_id": "****"}
    # Of health he is the owner, up to L3; of the police's rows he is nobody.
    owner = {"name": "欧阳小明", "phone": "13800138000", "resident_id": made.WRONG}
    assert seen(HAI) == [nothing, owner] and seen(BAO) == [nothing, nothing]
    looks = [dict(one.body) for one in desk.ledger.entries("access")]
    assert [(one["by"], one["role"], one["level"]) for one in looks] == [
        ("stella", "steward", "L2"),
        ("hai", "owner", "L3"),
        ("bao", "none", "none"),
    ]
    assert {one["what"] for one in looks} == {"pair"} and made.ID_A not in str(looks)


def test_who_an_entity_is(laid: Desk) -> None:
    found = who_is(laid.settings, laid.ledger, laid.connection, Asked.of(laid.catalogue, f"NP-{record('b')}"))
    told = [
        (named(one["record"]), one["sources"][0]["source"], one["sources"][0]["delivered_on"])
        for one in found["members"]
    ]
    assert told == [("b", "health.walk_ins", "2026-05-04"), ("c", "health.walk_ins", "2026-05-04")]
    assert found["stands"] and [one["kind"] for one in found["events"]] == ["found"]
    (weight,) = found["weights"]
    assert weight["parts"][1]["bits"] > 0 and weight["parts"][2]["level"] == "nothing"
    assert sum(one["bits"] for one in weight["parts"]) == pytest.approx(weight["weight"], abs=0.05)
    known = who_is(laid.settings, laid.ledger, laid.connection, Asked.of(laid.catalogue, f"NP-{record('A')}"))
    assert [one["source"] for one in known["members"][0]["sources"]] == ["police"]
    assert made.ID_A not in str(known) and "欧阳" not in str(found)
    for name in ("NP-x", f"XX-{record('b')}", f"NP-{record('z')}"):
        with pytest.raises(SharingRefused):
            who_is(laid.settings, laid.ledger, laid.connection, Asked.of(laid.catalogue, name))


def test_a_former_id_leads_to_todays(desk: Desk) -> None:
    settings = replace(desk.settings, state=desk.ledger.path.parent)
    engine = duckdb.connect()
    for day, clusters in enumerate(("A b c", "Abc")):
        made.take(settings, desk.ledger, desk.entity, clusters, engine, at=AT + timedelta(days=day))
    former = who_is(settings, desk.ledger, engine, Asked.of(desk.catalogue, f"NP-{record('b')}"))
    assert not former["stands"] and former["now"] == [f"NP-{record('A')}"]
    then = who_is(settings, desk.ledger, engine, Asked.of(desk.catalogue, f"NP-{record('b')}", AT))
    assert then["stands"] and then["now"] == [f"NP-{record('b')}"] and len(then["events"]) == 1
