"""What was open and is no more: its title, since when, why, and what is open in its place. No byte of it is read."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from contracts.clock import day_of
from portal.city import City
from portal.open.datasets import PUBLIC, OpenDataset, open_datasets
from portal.released import Released
from sharing.certificate import Statement
from sharing.release import list_releases
from sharing.switches import switches
from sharing.tombstones import read_tombstone, tombstone

_TERM = "开放期限届满 the term of its being open is over"


@dataclass(frozen=True)
class Gone:
    """An open dataset that is open no more. `instead` are what is open of the same sources, with titles."""

    id: str
    title_zh: str
    title_en: str
    since: str
    reason: str
    instead: tuple[tuple[str, str], ...]


def gone(city: City, released: Released, name: str) -> Gone | None:
    """What became of an open dataset that is not open now; None where there never was one of that name."""
    agreement, root = f"{PUBLIC}__{name}", city.settings.releases
    if not re.fullmatch(r"[a-z0-9_]{1,100}", name):
        return None
    turns = switches(city.ledger, root, agreement)
    if not turns:
        return None
    last = turns[-1].release_id
    statement = next((one.statement for one in list_releases(root, agreement) if one.release_id == last), None)
    stone = tombstone(root / agreement, last)
    if stone.exists():
        said = read_tombstone(stone)
        return _gone(city, released, (name, statement), (said.at[:10], said.reason))
    ends = _over(statement, day_of(city.now()))
    return _gone(city, released, (name, statement), (ends.isoformat(), _TERM)) if ends else None


def _over(statement: Statement | None, today: date) -> date | None:
    ends = statement.predicate.agreement.valid_until if statement else None
    return ends if ends is not None and ends < today else None


def _gone(city: City, released: Released, which: tuple[str, Statement | None], why: tuple[str, str]) -> Gone:
    name, statement = which
    declared = city.agreements.get(f"{PUBLIC}__{name}")
    told = statement.predicate.agreement if statement else declared
    titles = (told.title_zh, told.title_en) if told else (name, name)
    made_of = {one.dataset for one in statement.predicate.sources} if statement else set[str]()
    near = (one for one in open_datasets(released, city.catalogue) if one.id != name and _sources(one) & made_of)
    return Gone(name, *titles, *why, tuple((one.id, one.title_zh) for one in near))


def _sources(one: OpenDataset) -> set[str]:
    return {each.dataset for each in one.version.statement.predicate.sources}
