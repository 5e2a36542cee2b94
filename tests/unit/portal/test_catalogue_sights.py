"""Nobody is told more by any page, export or search than the rule says: every column is a canary, and all is looked at.

The rule is said here again, in other words than where it is kept (docs/decisions/catalogue.md).
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest

from contracts.acts import Role
from contracts.model import Catalogue, Column, Dataset, Level, OpenAttribute, Rule, SharingAttribute
from contracts.violation import Severity
from tests.unit.portal.catalogued import role, sample
from tests.unit.portal.conftest import Portal

OWNED = "ecology"
SECRET = SharingAttribute.NOT_SHARED


@dataclass(frozen=True)
class Canary:
    """One column: the dataset it is of, and texts that are nowhere else."""

    dataset: Dataset
    column: Column

    @property
    def texts(self) -> tuple[str, ...]:
        column = self.column
        return (column.name, column.title_zh, column.title_en, *column.headers)

    def may(self, who: str) -> bool:
        """Whether somebody may know it, by the rule as it is written down."""
        secret = self.column.sharing_attribute is SECRET
        if who == "visitor":
            opened = self.dataset.open_attribute is not OpenAttribute.NOT_OPEN
            return opened and self.column.level is Level.L1 and not secret
        if who == "officer" or (who == "owner" and self.dataset.department == OWNED):
            return True
        return not (secret and self.column.level is Level.L4)


def planted(seed: int) -> tuple[Catalogue, list[Canary]]:
    """The sample city with levels, attributes and openness at random, each column called as nothing else is."""
    dice, datasets = random.Random(seed), {}
    for number, (name, dataset) in enumerate(sorted(sample().datasets.items())):
        columns = tuple(_planted(one, f"{number:02}x{n:02}", dice) for n, one in enumerate(dataset.columns))
        if dataset.department == OWNED:  # of which there is something to hide from others in any case
            columns = (*columns[:-1], replace(columns[-1], level=Level.L4, sharing_attribute=SECRET))
        sql = {"sql": f"{columns[0].name} is not null and {columns[-1].name} is not null"}
        rules = (Rule("whole", "expression", (), "accuracy", Severity.ERROR, sql),)
        opened = dice.choice(list(OpenAttribute))
        datasets[name] = replace(dataset, columns=columns, rules=rules, provides=(), open_attribute=opened)
    found = [Canary(dataset, column) for dataset in datasets.values() for column in dataset.columns]
    return replace(sample(), datasets=datasets), found


def _planted(column: Column, mark: str, dice: random.Random) -> Column:
    level, shared = dice.choice(list(Level)), dice.choice(list(SharingAttribute))
    named = {"name": f"cname{mark}", "title_zh": f"鼬{mark}", "title_en": f"etitle{mark}", "headers": (f"head{mark}",)}
    rule = Rule(f"rule_{named['name']}", "length", (f"cname{mark}",), "accuracy", Severity.ERROR, {"maximum": 9})
    return replace(column, **named, level=level, sharing_attribute=shared, rules=(rule,))  # type: ignore[arg-type]


@pytest.fixture
def readers(portal: Portal) -> dict[str, dict[str, str]]:
    """Who looks, and the headers of each."""
    return {
        "visitor": {},
        "grant": portal.grant("taxation")[1],
        "applicant": portal.sign_in("a@x.example", role(Role.APPLICANT, agency="taxation")),
        "owner": portal.sign_in("w@x.example", role(Role.OWNER, department=OWNED)),
        "officer": portal.sign_in("o@x.example", role(Role.OFFICER)),
    }


def told(portal: Portal, headers: dict[str, str], addresses: Iterator[str]) -> str:
    """All that somebody is answered at some addresses."""
    return "\n".join(portal.ask("GET", one, headers=headers).text for one in addresses)


def faults(canaries: list[Canary], who: str, text: str) -> list[str]:
    """What was told and may not be, and what may be and was not."""
    found = []
    for one in canaries:
        seen = [each for each in one.texts if each in text]
        if bool(seen) != one.may(who):
            found.append(f"{who}: {one.dataset.id}.{one.column.name} {one.column.level} {seen}")
    return found


def lists() -> Iterator[str]:
    yield from ("/catalogue.csv", "/catalog.ttl", "/catalog.jsonld", "/catalogue", "/catalogue?page=2")


def found_by(portal: Portal, headers: dict[str, str], text: str) -> bool:
    """Whether a search for a text finds anything."""
    return "没有匹配" not in portal.ask("GET", "/catalogue", headers=headers, params={"q": text}).text


def test_lists_and_searches_tell_each_reader_what_is_theirs_to_know(
    portal: Portal, readers: dict[str, dict[str, str]]
) -> None:
    portal.city.catalogue, canaries = planted(7)
    for who, headers in readers.items():
        assert faults(canaries, who, told(portal, headers, lists())) == []
        for one in random.Random(who).sample(canaries, 6):
            assert found_by(portal, headers, random.Random(who).choice(one.texts)) == one.may(who), (who, one)


@pytest.mark.attack
@pytest.mark.parametrize("seed", range(5))
def test_no_page_export_or_search_tells_more(portal: Portal, readers: dict[str, dict[str, str]], seed: int) -> None:
    portal.city.catalogue, canaries = planted(seed)
    endings = ("", ".odcs.yml", ".openlineage.json")
    every = [f"/catalogue/{name}{ending}" for name in portal.city.catalogue.datasets for ending in endings]
    for who, headers in readers.items():
        hidden = [one for one in canaries if not one.may(who)]
        text = told(portal, headers, iter([*every, *lists()]))
        assert faults(canaries, who, text) == []
        assert not any(found_by(portal, headers, text) for one in hidden for text in one.texts)
        if who not in ("visitor",):
            api = told(portal, headers, (f"/api/catalogue/{name}" for name in portal.city.catalogue.datasets))
            assert faults(canaries, who, api) == []
