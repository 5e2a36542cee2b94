"""A city that is asked: a small workspace with named persons and keys of their own, and its ledger."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from contracts.clock import day_of
from contracts.load import load_catalogue
from contracts.model import Catalogue
from lake.acts import Persons, actor
from lake.cases import acting
from lake.cases.asking import read_request
from lake.cases.escalating import rules
from lake.cases.reading import Book, roles_of
from lake.settings import Settings, load_settings
from orchestration.workspace.begin import begin
from orchestration.workspace.newcity import NewCity
from sharing.cases.law import Case
from sharing.cases.vocabulary import Doing, Kind
from sharing.ledger import Ledger
from tests.keys import signer_in

NOW = datetime.fromisoformat("2026-11-02T09:00:00+08:00")
ANNA, MEI, TAO, BAO, CHEN = (f"{name}@harbour.example" for name in ("anna", "mei", "tao", "bao", "chen"))
ROLES: dict[str, dict[str, str]] = {
    ANNA: {"role": "applicant", "agency": "taxation"},
    MEI: {"role": "owner", "department": "market_regulation"},
    TAO: {"role": "owner", "department": "taxation"},
    BAO: {"role": "officer"},
    CHEN: {"role": "officer"},
}
REQUEST: dict[str, Any] = {
    "title": "核对注销企业",
    "agency": "taxation",
    "resource": "market_regulation.enterprises",
    "columns": {"credit_code": "know the enterprise", "status": "see who has gone", "established_on": "tell of whom"},
    "purpose": {
        "code": "tax_clearance",
        "text": "settle the taxes of who has gone",
        "legal_basis": "税收征收管理法 第十六条",
    },
    "scope": "enterprises that are cancelled",
    "valid": {"from": date(2026, 12, 1), "until": date(2027, 11, 30)},
}


def workspace(folder: Path) -> Path:
    """The workspace, written."""
    begin(folder, NewCity("harbour", "示例港", "Harbour", NOW.date()))
    persons = {name: {"title": {"zh": name, "en": name}, **_held(folder, name)} for name in ROLES}
    told = yaml.safe_dump({"persons": persons}, allow_unicode=True)
    (folder / "contracts" / "persons.yml").write_text(told, "utf-8")
    return folder


@cache
def _catalogue(folder: Path) -> Catalogue:
    return load_catalogue(folder)


def _held(folder: Path, name: str) -> dict[str, Any]:
    term = {"from": date(2026, 1, 1), "until": date(2028, 12, 31)}
    pem = signer_in(key_of(folder, name).parent).public.pem.decode()
    key = "".join(line for line in pem.splitlines() if not line.startswith("-----"))
    return {"roles": [{**ROLES[name], **term}], "keys": [{"key": key, **term}]}


def key_of(folder: Path, name: str) -> Path:
    """The private key of a person."""
    return folder / ".keys" / name.partition("@")[0] / "signing.pem"


@dataclass
class Office:
    """The city's office: everything that cases need, and a clock that is moved by hand."""

    settings: Settings
    catalogue: Catalogue
    ledger: Ledger
    at: datetime = NOW

    @classmethod
    def of(cls, folder: Path, state: Path) -> Office:
        settings = load_settings(folder, {"ZHONGTAI_STATE": str(state), "ZHONGTAI_NOW": NOW.isoformat()})
        ledger = Ledger.open(settings.ledger, signer_in(settings.keys))
        return cls(settings, _catalogue(folder), ledger)

    @property
    def persons(self) -> Persons:
        return Persons.of(self.settings, self.catalogue)

    @property
    def book(self) -> Book:
        return Book(self.ledger, self.persons)

    @property
    def rules(self) -> Any:
        return rules(self.catalogue)

    def doer(self, name: str) -> acting.Doer:
        return acting.Doer(name, roles_of(self.persons, name, day_of(self.at)))

    def pass_by(self, **by: float) -> None:
        self.at += timedelta(**by)

    def file(self, who: str = ANNA, **changes: Any) -> Case:
        asked = read_request({**REQUEST, **changes}, self.catalogue, self.ledger)
        step = acting.filed(acting.Told(asked=asked, kind=Kind.REQUEST), self.doer(who), self.at, self.book.cases())
        acting.record(self.ledger, step)
        return self.book.expect(step.case)

    def do(self, case: Case, who: str, doing: Doing, **told: Any) -> Case:
        said = acting.Told(**{"words": "because", "over": case.asked.digest, **told})
        acting.record(self.ledger, acting.propose(case, doing, self.doer(who), said, self.at))
        return self.book.expect(case.id)

    def approve(self, case: Case, *names: str) -> Case:
        for name in names:
            signing = actor(self.persons, name, key_of(self.settings.workspace, name))
            acting.approve(self.ledger, self.book.expect(case.id), (signing, self.doer(name)), "agreed", self.at)
        return self.book.expect(case.id)

    def with_persons(self, name: str, **changes: Any) -> Persons:
        """The persons with one of them changed."""
        every = {**self.catalogue.persons, name: replace(self.catalogue.persons[name], **changes)}
        return Persons.of(self.settings, replace(self.catalogue, persons=every))
