"""What became of an agreement, as records: its verdicts over time, its releases, who approved it and who reads it.

All of it is what the ledger and the certificates say; nothing is judged here, and no value of the data is in any.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from typing import Any

from contracts.acts import Role
from contracts.clock import today
from contracts.model import Agreement
from lake.acts import Acts, Persons
from portal.city import City
from portal.people.reader import Reader
from sharing.reads import Statement, statements
from sharing.release import Release, current_release, list_releases
from sharing.tombstones import Tombstone, tombstones

_HISTORY = 30


@dataclass(frozen=True)
class Judged:
    """One verdict: when, what it came to, and why not, as the ledger has it."""

    at: datetime
    verdict: str
    rows: int | None
    violations: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True)
class Line:
    """One agreement in a list."""

    name: str
    title_zh: str
    title_en: str
    recipient: str
    product: str
    newest: Judged | None
    current: Release | None


def may_see(city: City, reader: Reader, name: str) -> bool:
    """Whether a reader is one of those whom an agreement concerns: its recipient, who owns or tends what it is made
    of, and the city's officers and auditors. Whoever is none learns nothing, not even that there is one.
    """
    agreement = city.agreements.get(name)
    if agreement is None:
        return False
    if reader.has(Role.OFFICER, Role.AUDITOR) or agreement.agency in reader.agencies:
        return True
    of = departments(city, name)
    return any(reader.has(Role.OWNER, Role.STEWARD, department=one) for one in of)


def departments(city: City, name: str) -> tuple[str, ...]:
    """The departments whose datasets a product is made of, as it was last judged."""
    entry = city.ledger.latest("verdict", name)
    sources = ((entry.body.get("evidence") or {}).get("sources") or ()) if entry else ()
    return tuple(sorted({str(one["dataset"]).partition(".")[0] for one in sources}))


def lines(city: City, reader: Reader) -> list[Line]:
    """The agreements that concern a reader, by name."""
    return [_line(city, city.agreements[name]) for name in sorted(city.agreements) if may_see(city, reader, name)]


def _line(city: City, agreement: Agreement) -> Line:
    entry = city.ledger.latest("verdict", agreement.name)
    current = current_release(city.settings.releases, agreement.name, today(city.settings.clock))
    titles = (agreement.title_zh, agreement.title_en)
    newest = _judged(entry.at, entry.body) if entry else None
    return Line(agreement.name, *titles, agreement.agency, agreement.product, newest, current)


def _judged(at: datetime, body: Mapping[str, Any]) -> Judged:
    return Judged(at, str(body["verdict"]), body.get("rows"), tuple(body["violations"]))


@dataclass(frozen=True)
class Record:
    """Everything that a page shows of one agreement."""

    line: Line
    agreement: Agreement
    departments: tuple[str, ...]
    history: tuple[Judged, ...]
    releases: tuple[Release, ...]
    gone: Mapping[str, Tombstone]
    readers: tuple[Statement, ...]
    stopped: str | None
    """Why it was stopped, if nobody has approved it since."""
    ended: date | None = None
    """The last day of what lies there, where it is past: of its agreement's term, or of an override it stands on."""


def record(city: City, persons: Persons, name: str) -> Record:
    """What there is of an agreement; newest first."""
    agreement, root = city.agreements[name], city.settings.releases
    verdicts = list(_verdicts(city, name))
    releases = sorted(list_releases(root, name), key=_since, reverse=True)
    return Record(
        _line(city, agreement),
        agreement,
        departments(city, name),
        tuple(islice(reversed(verdicts), _HISTORY)),
        tuple(releases),
        {one.release_id: one for one in tombstones(root, name)},
        tuple(_readers(city, name)),
        Acts(city.ledger, persons).evidence(agreement, {}).stopped,
        _ended(city, name),
    )


def _ended(city: City, name: str) -> date | None:
    lies = current_release(city.settings.releases, name)
    last = lies.last_day if lies else None
    return last if last is not None and last < today(city.settings.clock) else None


def _verdicts(city: City, name: str) -> Iterator[Judged]:
    """The verdicts that the ledger's own file has: those in closed segments are for an audit to read."""
    for entry in city.ledger.rows("verdict", 0):
        if entry["body"]["agreement"] == name:
            yield _judged(datetime.fromisoformat(entry["row"]["at"]), entry["body"])


def _readers(city: City, name: str) -> Iterator[Statement]:
    yield from (one for one in statements(city.ledger) if one.agreement == name)


def _since(release: Release) -> str:
    return release.issued_at.isoformat() if release.issued_at else ""
