"""All that a page shows of one resource, gathered as far as its reader may know. How it looks is the template's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from contracts.clock import day_of
from contracts.frequency import Timeliness
from contracts.rules_in_words import words
from contracts.violation import Severity
from portal.catalogue.due import cycle, due
from portal.catalogue.neighbours import Neighbours, neighbours, sources
from portal.catalogue.pictures import ancestry
from portal.catalogue.records import DATASET, PUBLIC, Field, Resource
from portal.catalogue.shelf import View
from portal.catalogue.standing import Standing
from portal.catalogue.states import Days
from portal.catalogue.who import Who
from portal.city import City


@dataclass(frozen=True)
class RuleShown:
    """One rule in words, and whether what is there keeps it: None where that is not known, or not told."""

    zh: str
    en: str
    blocks: bool
    passed: bool | None


@dataclass(frozen=True)
class Recipient:
    """Who receives a product, under which agreement, until when."""

    agency: str
    title_zh: str
    agreement: str
    until: str


@dataclass(frozen=True)
class Shown:
    """What a page shows of one resource."""

    one: Resource
    days: Days
    due: Timeliness
    cycle: tuple[str, str]
    quality: Standing
    around: Neighbours
    picture: str
    rules: Sequence[RuleShown]
    recipients: Sequence[Recipient]
    domain: tuple[str, str]
    providers: str
    levels: Mapping[str, str]


def shown(city: City, view: View, asker: Who, one: Resource, quality: Standing) -> Shown:
    """What a reader may see of a resource, which stands so in quality."""
    days, today = view.days(one), day_of(city.now())
    around = neighbours(view.past.made_of, view.by_table, one)
    return Shown(
        one=one,
        days=days,
        due=due(one, days.newest, today, city.catalogue.calendar),
        cycle=cycle(one.frequency),
        quality=quality,
        around=around,
        picture=ancestry(around) if around.edges else "",
        rules=_rules(one, quality.kept if view.sight.inside else {}),
        recipients=recipients(city, view, asker, one),
        domain=_domain(city, one),
        providers=one.provider_zh or _of_sources(around),
        levels={field.name: _level(view, one, field) for field in one.fields},
    )


def _level(view: View, one: Resource, field: Field) -> str:
    """A column's level: declared, and of a product what lineage found it to be, if that is higher."""
    found = [view.past.levels(name).get(field.name, "") for name in one.agreements]
    return max([field.level, *found])


def _of_sources(around: Neighbours) -> str:
    """The departments whose datasets a product is made of, of those that the reader may know."""
    return "、".join(dict.fromkeys(one.provider_zh for one in around.upstream if one.kind == DATASET))


def _domain(city: City, one: Resource) -> tuple[str, str]:
    found = city.catalogue.domains.get(one.domain)
    return (found.title_zh, found.title_en) if found else (one.domain, "")


def _rules(one: Resource, kept: Mapping[str, bool]) -> list[RuleShown]:
    rules = {rule.name: rule for rule in one.rules}.values()
    return [RuleShown(*words(rule), rule.severity is Severity.ERROR, kept.get(rule.name)) for rule in rules]


def recipients(city: City, view: View, asker: Who, one: Resource) -> list[Recipient]:
    """Who receives a product, of those whom the reader may know: the public always, and a reader's own agency."""
    if not one.agreements:
        return []
    every = asker.departments is None or bool(asker.departments & _departments(view, one))
    agreements = [city.agreements[name] for name in one.agreements if name in city.agreements]
    told = [each for each in agreements if every or each.agency in asker.agencies or each.agency == PUBLIC]
    departments = city.catalogue.departments
    titles = {name: department.title_zh for name, department in departments.items()} | {PUBLIC: "社会公众"}
    return [
        Recipient(each.agency, titles.get(each.agency, each.agency), each.name, each.valid_until.isoformat())
        for each in told
    ]


def _departments(view: View, one: Resource) -> frozenset[str]:
    """The departments whose data a product is made of."""
    found, seen, todo = set[str](), set[str](), [one.table]
    while todo:
        table = todo.pop()
        if table not in seen:
            seen.add(table)
            known = view.by_table.get(table)
            found |= {known.provider} if known and known.kind == DATASET else set()
            todo += sources(view.past.made_of, view.by_table, table)
    return frozenset(found)
