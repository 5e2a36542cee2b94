"""What a person of the city is told of the releases that held them (个人信息保护法, articles 44 and 45).

Answered from the keyed index, the certificates and the declarations; no lake is opened. What a law keeps from the
persons concerned (articles 18 and 35) is left out whoever asks, and the number of such agreements is the same for
everybody: one that were counted for a person would tell them. The index's silence is no "no": it is said.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise

from contracts.clock import day_of, today
from contracts.model import Agreement
from lake.asked import answered, person_elements
from lake.held import Holding
from portal.city import City
from portal.people.reader import Citizen
from sharing.certificate import Statement, Terms
from sharing.release import switched
from sharing.switches import switches
from sharing.withdrawal import released

_PERSONAL = ("personal", "sensitive_personal")


@dataclass(frozen=True)
class Trace:
    """One agreement under which somebody was in what left: from which day on, until which, and whether they still are.

    `kinds` are titles of the columns with personal information; empty where they were only counted among others, None
    where no certificate tells any more.
    """

    agreement: str
    title_zh: str
    title_en: str
    recipient: str
    purpose: str
    legal_basis: str
    kinds: tuple[tuple[str, str], ...] | None
    releases: int
    since: date
    until: date
    still: bool


@dataclass(frozen=True)
class Told:
    """The answer to one person. Of `unknown` releases nobody can tell; `untold_*` are the same for everybody."""

    traces: tuple[Trace, ...]
    unknown: int
    untold_agreements: int
    untold_bases: tuple[str, ...]


class Traces:
    """The traces of persons in one city. Used from any thread."""

    def __init__(self, city: City) -> None:
        self._city = city
        self._statements: dict[str, Statement | None] = {}

    def told(self, citizen: Citizen) -> Told:
        """What there is to say to somebody, about themselves alone. SharingRefused where the index cannot be asked."""
        settings, catalogue, ledger = self._city.settings, self._city.catalogue, self._city.ledger
        # By another number than those in the index nobody is found, which says nothing of who is there.
        known = citizen.element in person_elements(settings)
        every = answered(settings, catalogue, ledger, (citizen.value, (citizen.element,) if known else ()))
        statements = self._known({one.release_id for one in every})
        open_ones = [one for one in every if not self._untold(one, statements)]
        holding: dict[str, list[Holding]] = {}
        for one in open_ones:
            if one.held:
                holding.setdefault(one.agreement, []).append(one)
        traces = [self._trace(name, held, statements) for name, held in holding.items()]
        secret = [one for one in self._city.agreements.values() if one.untold_basis is not None]
        return Told(
            traces=tuple(sorted(traces, key=lambda one: (one.since, one.agreement), reverse=True)),
            unknown=sum(1 for one in open_ones if one.held is None or not known),
            untold_agreements=len(secret),
            untold_bases=tuple(sorted({str(one.untold_basis) for one in secret})),
        )

    def _known(self, releases: set[str]) -> Mapping[str, Statement | None]:
        if releases - self._statements.keys():
            root = self._city.settings.releases
            self._statements = {one.release_id: one.statement for one in released(self._city.ledger, root)}
        return self._statements

    def _untold(self, one: Holding, statements: Mapping[str, Statement | None]) -> bool:
        """Whether a law keeps a release from its persons: as declared now or certified then, or if nobody can tell."""
        declared, statement = self._city.agreements.get(one.agreement), statements.get(one.release_id)
        if declared is None and statement is None:
            return True
        certified = statement.predicate.agreement.untold_basis if statement else None
        return certified is not None or (declared is not None and declared.untold_basis is not None)

    def _trace(self, name: str, held: Sequence[Holding], statements: Mapping[str, Statement | None]) -> Trace:
        declared = self._city.agreements.get(name)
        told = [statement for one in held if (statement := statements.get(one.release_id))]
        terms: Terms | Agreement | None = told[-1].predicate.agreement if told else declared
        assert terms is not None  # else it were not told
        end = terms.valid_until
        over = self._superseded(name)
        ends = [_end(one, over.get(one.release_id), end) for one in held]
        current = switched(self._city.settings.releases, name)
        now = {one.release_id for one in held if one.withdrawn is None}
        still = current is not None and current[0] in now and today(self._city.settings.clock) <= end
        return Trace(
            agreement=name,
            title_zh=terms.title_zh,
            title_en=terms.title_en,
            recipient=str(held[-1].recipient or ""),
            purpose=terms.purpose,
            legal_basis=terms.legal_basis,
            kinds=_kinds(told, declared) if told else None,
            releases=len(held),
            since=min(_day(one.released) for one in held),
            until=end if still else max(ends),
            still=still,
        )

    def _superseded(self, agreement: str) -> Mapping[str, date]:
        """Release -> the day on which another took its place for the last time."""
        turns = switches(self._city.ledger, self._city.settings.releases, agreement)
        return {one.release_id: day_of(after.at) for one, after in pairwise(turns)}


def _end(one: Holding, superseded: date | None, end: date) -> date:
    if one.withdrawn is not None:
        return _day(one.withdrawn)
    return superseded or end


def _kinds(told: Iterable[Statement], declared: Agreement | None) -> tuple[tuple[str, str], ...]:
    titles = {one.name: (one.title_zh, one.title_en) for one in declared.columns} if declared else {}
    named = dict.fromkeys(
        column.name
        for statement in told
        for column in statement.predicate.columns
        if any(mark in _PERSONAL for mark in column.marks)
    )
    return tuple(titles.get(name, (name, name)) for name in named)


def _day(text: str) -> date:
    return day_of(datetime.fromisoformat(text))
