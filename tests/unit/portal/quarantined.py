"""A portal with a small lake beside it: one dataset of people, delivered as a run does; some rows are rejected."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from contracts.acts import Role, RoleGrant
from contracts.model import Dataset, Department, Level
from lake.acts import Persons
from lake.attach import open_lake
from lake.corrected import corrected
from lake.corrections.confirming import in_lake, settle
from lake.corrections.reading import Book
from lake.quarantine.book import QuarantineBook
from sharing.keyring import make_keys
from tests.unit.lake.desk import Desk, column, dataset
from tests.unit.portal.catalogued import role, sample
from tests.unit.portal.conftest import Portal

STELLA, HAI, BAO, CHEN, ANNA = (f"{name}@city.example" for name in ("stella", "hai", "bao", "chen", "anna"))
ROLES: dict[str, tuple[RoleGrant, ...]] = {
    STELLA: (role(Role.STEWARD),),
    HAI: (role(Role.OWNER, department="test"),),
    BAO: (role(Role.OFFICER),),
    CHEN: (role(Role.OFFICER),),
}
NAME, NOTE = "欧阳小明", "kanarie-note"
FIRST = f"id,name,age,note\n1,{NAME},x,{NOTE}1\n2,{NAME},y,{NOTE}2\n3,丙,3,\n4,丁\n5,戊,5,,=cmd()\n"


def people() -> Dataset:
    """Of people: an id, a name (L3, shown in part), an age, and a note (L4)."""
    secret = replace(column("note"), level=Level.L4, mask="full")
    named = replace(column("name"), level=Level.L3, mask="middle")
    return dataset(column("id", required=True, key=True), named, column("age", "integer"), secret)


@dataclass
class Quarantined:
    """The portal, its dataset, and what is delivered of it."""

    portal: Portal
    dataset: Dataset
    deliveries: Path

    @classmethod
    def at(cls, portal: Portal, deliveries: Path) -> Quarantined:
        one = people()
        city = portal.city
        departments = {"test": Department("test", "测试局", "Tests", "000", "nobody")}
        city.catalogue = replace(
            city.catalogue, datasets={one.id: one}, departments=departments, jurisdiction=sample().jurisdiction
        )
        make_keys(city.settings.key_place)
        return cls(portal, one, deliveries)

    @property
    def address(self) -> str:
        return f"/quarantine/{self.dataset.id}"

    @contextmanager
    def lake(self) -> Iterator[Desk]:
        with open_lake(self.portal.city.settings) as connection:
            yield Desk(connection, self.portal.city.settings, self.deliveries)

    def deliver(self, content: str, day: str) -> str:
        """A delivery, carried and told of as a run does, with what follows for cases; its batch."""
        city = self.portal.city
        with self.lake() as desk:
            desk.deliver(self.dataset, content, day)
            batches = desk.ingest(self.dataset)
            city.ledger.append_many([("batch", one.as_dict()) for one in batches], self.portal.clock.now())
            context = desk.context()
            known = context.deliveries[self.dataset.id], context.batches[self.dataset.id]
            by: dict[str, dict[str, int]] = {}
            for one in corrected(desk.connection, self.dataset, *known):
                by.setdefault(one.batch, {})[one.by] = one.rows
            told = [
                ("corrected", {"dataset": self.dataset.id, "batch": batch, "by": of, "rows": sum(of.values())})
                for batch, of in by.items()
            ]
            if told:
                city.ledger.append_many(told, self.portal.clock.now())
            book = Book(city.ledger, Persons.of(city.settings, self.portal.people.declared.now()))
            settle(book, QuarantineBook(city.ledger), city.catalogue, self.portal.clock.now(), in_lake(desk.connection))
        return batches[-1].batch

    def enters(self, name: str) -> dict[str, str]:
        """Somebody of the city, signed in."""
        return self.portal.sign_in(name, *ROLES[name])
