"""Approving what was judged, and nothing else; and a stop, which takes back at once and for all."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from contracts.acts import Deed
from contracts.model import Catalogue
from lake import approving
from lake.acts import Acts, Persons
from lake.city import open_books_beside
from lake.one_writer import one_writer
from lake.settings import Settings, load_settings
from orchestration.share.dossier import dossier
from sharing.canonical import agreement_digest
from sharing.faults import SharingRefused
from sharing.ledger import Ledger
from sharing.release import current_release, list_releases
from sharing.withdrawal import Books
from tests.keys import signer_in
from tests.unit.gates import cases
from tests.unit.lake.office import AGREEMENT, AT, city, did, who
from tests.unit.sharing.conftest import City

ANNA, BORIS = AGREEMENT.approvals
DOSSIER = {"agreement": agreement_digest(AGREEMENT), "model": "b" * 64}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings(tmp_path, {"ZHONGTAI_STATE": str(tmp_path / "state")})


@pytest.fixture
def ledger(settings: Settings) -> Iterator[Ledger]:
    with Ledger.open(settings.ledger, signer_in(settings.keys)) as opened:
        yield opened


@pytest.fixture
def persons(tmp_path: Path) -> Persons:
    return city(tmp_path, ANNA, BORIS, "chen@city.example")


def judged(ledger: Ledger, **changes: Any) -> None:
    evidence = cases.evidence().as_dict() | {"acts": {"dossier": DOSSIER | changes}}
    ledger.append("verdict", {"agreement": AGREEMENT.name, "verdict": "withheld", "rows": 3, "evidence": evidence}, AT)


def shown(ledger: Ledger, settings: Settings, persons: Persons, name: str = AGREEMENT.name) -> approving.Shown:
    assert isinstance(persons.catalogue, Catalogue)
    return approving.shown(ledger, settings, persons.catalogue, name)


def said(ledger: Ledger, persons: Persons, words: str = "looks right") -> approving.Said:
    return approving.said(Acts(ledger, persons), AGREEMENT.name, AT, words)


def test_what_was_judged_is_shown_and_signed(
    ledger: Ledger, settings: Settings, persons: Persons, tmp_path: Path
) -> None:
    judged(ledger)
    what = shown(ledger, settings, persons)
    told = what.as_dict()
    assert (told["dossier"], told["required"], told["changed"]) == (DOSSIER, [ANNA, BORIS], {})
    assert {"name", "level", "category", "mask"} == set(told["columns"][0])
    assert (told["scope"], told["row_scope"], told["untold_basis"]) == (AGREEMENT.scope, [], None)
    scoped = replace(what, agreement=cases.scoped(untold_basis="a law")).as_dict()
    assert {one["name"]: one["mask"] for one in scoped["columns"]}["person_id"] == "pseudonym"
    assert scoped["row_scope"] == [{"column": "age", "values": ["80", "81"]}] and scoped["untold_basis"] == "a law"
    act = approving.approve(ledger, settings, what, who(persons, tmp_path, ANNA), said(ledger, persons))
    assert (act.seen, act.person, act.words) == (DOSSIER, ANNA, "looks right")
    evidence = Acts(ledger, persons).evidence(AGREEMENT, DOSSIER)
    assert [one.person for one in evidence.approvals if one.counts] == [ANNA]
    assert shown(ledger, settings, persons).as_dict()["changed"] == {ANNA: []}
    judged(ledger, model="f" * 64)
    assert shown(ledger, settings, persons).as_dict()["changed"] == {ANNA: ["model"]}


@pytest.mark.parametrize("lacking", ["no such agreement", "never judged", "judged before there were acts", "changed"])
def test_what_was_not_judged_as_it_is_cannot_be_approved(
    ledger: Ledger, settings: Settings, persons: Persons, lacking: str
) -> None:
    name = "tax__none" if lacking == "no such agreement" else AGREEMENT.name
    if lacking == "judged before there were acts":
        ledger.append("verdict", {"agreement": AGREEMENT.name, "evidence": {"lineage": {}}}, AT)
    elif lacking == "changed":
        judged(ledger, agreement="f" * 64)
    elif lacking != "never judged":
        judged(ledger)
    with pytest.raises(SharingRefused) as refused:
        shown(ledger, settings, persons, name)
    assert refused.value.fault.rule == ("agreement_known" if lacking == "no such agreement" else "judged")
    assert refused.value.fault.fix and refused.value.fault.subject == name


def test_who_is_not_named_approves_nothing(
    ledger: Ledger, settings: Settings, persons: Persons, tmp_path: Path
) -> None:
    judged(ledger)
    what, chen = shown(ledger, settings, persons), who(persons, tmp_path, "chen@city.example")
    with pytest.raises(SharingRefused, match="asks for approval by anna"):
        approving.approve(ledger, settings, what, chen, said(ledger, persons))
    assert list(ledger.entries("act")) == []


def test_a_stop_takes_back_at_once_and_approvals_of_before_count_no_more(
    ledger: Ledger, settings: Settings, persons: Persons, tmp_path: Path
) -> None:
    made = City(tmp_path / "made", signer_in(settings.keys)).publish(agreement=AGREEMENT)
    shutil.move(tmp_path / "made" / "releases", settings.releases)
    did(ledger, who(persons, tmp_path, ANNA), seen=DOSSIER)
    books = Books(ledger, settings.releases, signer_in(settings.keys))
    found = approving.stop(books, AGREEMENT.name, who(persons, tmp_path, BORIS), said(ledger, persons, "wrong rows"))
    assert (found["withdrawn"], found["by"]) == (made.release_id, BORIS)
    assert current_release(settings.releases, AGREEMENT.name) is None
    assert [one.state for one in list_releases(settings.releases)] == ["withdrawn"]
    (gone,) = ledger.entries("withdrawal")
    (*_, act) = ledger.entries("act")
    assert (gone.body["by"], gone.body["reason"]) == (BORIS, "stopped: wrong rows")
    assert gone.body["act"] == act.body["digest"] and act.body["deed"] == Deed.STOP
    evidence = Acts(ledger, persons).evidence(AGREEMENT, DOSSIER)
    assert evidence.stopped == "wrong rows" and evidence.approvals == ()
    # Where nothing was released, nothing is withdrawn, and the agreement is stopped all the same.
    again = approving.stop(books, AGREEMENT.name, who(persons, tmp_path, ANNA), said(ledger, persons, "still"))
    assert again["withdrawn"] is None and len(list(ledger.entries("withdrawal"))) == 1
    assert Acts(ledger, persons).evidence(AGREEMENT, DOSSIER).stopped == "still"


def test_who_may_not_stop_takes_nothing_back(
    ledger: Ledger, settings: Settings, persons: Persons, tmp_path: Path
) -> None:
    City(tmp_path / "made", signer_in(settings.keys)).publish(agreement=AGREEMENT)
    shutil.move(tmp_path / "made" / "releases", settings.releases)
    engineer = who(persons, tmp_path, ANNA)
    nobody = replace(engineer, person=replace(engineer.person, roles=()))
    books = Books(ledger, settings.releases, signer_in(settings.keys))
    with pytest.raises(SharingRefused, match="may not stop"):
        approving.stop(books, AGREEMENT.name, nobody, said(ledger, persons, "because"))
    assert current_release(settings.releases, AGREEMENT.name) is not None
    assert list(ledger.entries()) == []


@pytest.mark.parametrize(
    ("part", "changed"),
    [
        ("model", {"executions": (cases.execution(judged=("c" * 64,)),)}),
        ("model", {"executions": (cases.execution(), cases.execution("theme.more"))}),
        ("lineage", {"lineage": cases.lineage(digest="e" * 64)}),
        ("policy", {"lineage": cases.lineage(policy="d" * 64)}),
        ("classification", {"lineage": cases.lineage(columns=(cases.lineage_column("other"),))}),
        ("classification", {"lineage": cases.approved().lineage}),
    ],
)
def test_each_part_of_the_dossier_is_of_what_it_says(part: str, changed: dict[str, Any]) -> None:
    before, after = dossier(AGREEMENT, cases.evidence()), dossier(AGREEMENT, cases.evidence(**changed))
    assert {name for name in before if before[name] != after[name]} == {part}


def test_rows_are_no_part_of_it_and_the_agreement_is_one() -> None:
    before = dossier(AGREEMENT, cases.evidence())
    assert dossier(AGREEMENT, cases.evidence(candidate=cases.candidate(rows=99))) == before
    later = replace(AGREEMENT, valid_until=AGREEMENT.valid_until + timedelta(days=1))
    after = dossier(later, cases.evidence())
    assert {name for name in before if before[name] != after[name]} == {"agreement"}


def test_what_must_not_wait_is_written_beside_whoever_writes_to_the_lake(ledger: Ledger, settings: Settings) -> None:
    entry = {"recipient": "a", "token": "t"}
    with one_writer(settings.state), open_books_beside(settings) as (beside, signer):
        beside.append("grant", entry, AT)
        assert signer.public.key_id == signer_in(settings.keys).public.key_id
    with open_books_beside(settings) as (alone, _):
        alone.append("grant", entry, AT)
    assert len(list(ledger.entries("grant"))) == 2 and ledger.verify() == []
