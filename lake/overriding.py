"""A product released in spite of failing checks: asked by a steward or owner, confirmed by an officer, ended by either.

What is signed has all of it: the agreement's digest, each failing check as it was seen, until when. Read back from the
acts, verified, here; whether one stands `contracts.overrides` says, and what it lets pass is the quality gate's alone.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from functools import cached_property
from typing import Any

from contracts.acts import Deed, Person, person_key
from contracts.clock import day_of
from contracts.model import Catalogue
from contracts.overrides import ASKS, OverriddenCheck, Override, Signed
from contracts.recorded import read_evidence
from contracts.rules import STANDING
from contracts.violation import CheckResult, Severity
from contracts.working_days import CalendarHorizon, add_working_days
from lake.acts import Actor, Acts, Persons, Recorded, Said, record_act
from lake.settings import Settings
from quality.rules import declared_rules
from sharing.acts import Act, read_act
from sharing.canonical import agreement_digest, canonical_json, digest
from sharing.faults import SharingRefused
from sharing.ledger import Ledger

_PARTS = ("agreement", "checks", "until", "exact")


@dataclass(frozen=True)
class Terms:
    """What an override is asked over: nothing of it may be another when it is confirmed."""

    agreement: str
    over: str
    checks: tuple[OverriddenCheck, ...]
    rules: Mapping[str, str]
    """`<table> <rule>` -> the digest of the rule as it is declared."""
    until: date
    exact: bool = False

    @property
    def seen(self) -> dict[str, str]:
        """What is signed of it."""
        told = [
            {**{k: v for k, v in asdict(one).items() if k != "same_rule"}, "declared": self.rules[_key(one)]}
            for one in self.checks
        ]
        return {
            "agreement": self.over,
            "checks": canonical_json(told).decode(),
            "until": self.until.isoformat(),
            "exact": "yes" if self.exact else "no",
        }


def _key(one: OverriddenCheck) -> str:
    return f"{one.table} {one.rule}"


@dataclass(frozen=True)
class Overrides:
    """The overrides of a city's agreements, as its ledger has them."""

    acts: Acts
    catalogue: Catalogue

    def of(self, agreement: str, departments: Collection[str]) -> tuple[Override, ...]:
        """Every override that was asked for an agreement, in order, whether or not it stands. `departments` are those
        of whose data the product is made: who asks has one of them in their care, or the city."""
        told = self.acts.about(agreement, Deed.OVERRIDE, Deed.CONFIRM_OVERRIDE, Deed.END_OVERRIDE)
        return tuple(self._read(told, departments))

    def _read(self, told: Sequence[Recorded], departments: Collection[str]) -> Iterator[Override]:
        for place, asked in enumerate(told):
            if asked.act.deed is not Deed.OVERRIDE:
                continue
            terms = _terms(asked.act)
            if terms is None:
                continue  # it says nothing, and so it sets nothing aside
            later = [one for one in told[place + 1 :] if one.act.seen.get("override") == asked.act.digest]
            confirming = [one for one in later if one.act.deed is Deed.CONFIRM_OVERRIDE and _same(one.act, asked.act)]
            confirmed = min(confirming, key=lambda one: self._worth(one, asked), default=None)
            ended = next((one for one in later if one.act.deed is Deed.END_OVERRIDE and one.fault is None), None)
            signed = self._signed(asked)
            if signed.fault is None and not self._cares(asked, departments):
                signed = replace(signed, fault="of no department whose data are in it")
            yield Override(
                over=terms.over,
                checks=tuple(replace(one, same_rule=self._is_declared(one, terms)) for one in terms.checks),
                until=terms.until,
                reason=asked.act.words,
                asked=signed,
                confirmed=self._signed(confirmed) if confirmed else None,
                exact=terms.exact,
                bounded=terms.until <= self.latest(day_of(asked.at)),
                ended=f"{ended.act.person}: {ended.act.words}" if ended else None,
            )

    def _signed(self, one: Recorded) -> Signed:
        """Who did it, of the persons as they are declared: where some are, nobody else is played either."""
        act, known = one.act, self.acts.persons.catalogue.persons
        gone = f"{act.person} is among the persons no more" if known and person_key(act.person) not in known else None
        return Signed(act.person, str(act.role), act.at, act.digest, one.fault or gone, act.played)

    def _worth(self, one: Recorded, asked: Recorded) -> bool:
        """Those that count come first."""
        return self._signed(one).fault is not None or person_key(one.act.person) == person_key(asked.act.person)

    def _cares(self, asked: Recorded, departments: Collection[str]) -> bool:
        person = self.acts.persons.find(asked.act.person)
        return person is not None and cares(person, departments, day_of(asked.at))

    def latest(self, day: date) -> date:
        """The last day of an override that is asked on a day, and no later than the years whose calendar is known."""
        try:
            return add_working_days(day, self.catalogue.override_working_days, self.catalogue.calendar)
        except CalendarHorizon as horizon:
            return max(day, date(horizon.last_year, 12, 31))

    def _is_declared(self, one: OverriddenCheck, terms: Terms) -> bool:
        return self.declared.get(_key(one), "-") == terms.rules.get(_key(one))

    @cached_property
    def declared(self) -> Mapping[str, str]:
        """The digest of each rule, as it is declared now."""
        return {
            f"{table} {rule.name}": digest(repr(rule))
            for table, rules in declared_rules(self.catalogue).items()
            for rule in rules
        }


def cares(person: Person, departments: Collection[str], day: date) -> bool:
    """Whether a steward or owner has the city, or a department whose data are in a product, in their care."""
    held = [one for one in person.roles if one.role in ASKS and one.holds(day)]
    return any(not one.department or one.department in departments for one in held)


def _same(confirming: Act, asked: Act) -> bool:
    return all(confirming.seen.get(part) == asked.seen.get(part) for part in _PARTS)


def _terms(act: Act) -> Terms | None:
    """The terms that an act is over; None where it has none that can be read."""
    try:
        told = json.loads(act.seen["checks"])
        rules = {f"{one['table']} {one['rule']}": str(one.pop("declared")) for one in told}
        checks = tuple(OverriddenCheck(**one) for one in told)
        until = date.fromisoformat(act.seen["until"])
        exact = {"yes": True, "no": False}[act.seen["exact"]]
        return Terms(act.about, act.seen["agreement"], checks, rules, until, exact) if checks else None
    except (KeyError, TypeError, ValueError, AttributeError):
        return None


# Asking, confirming, ending


@dataclass(frozen=True)
class Desk:
    """Where persons act on overrides: the books and declarations of a city."""

    ledger: Ledger
    settings: Settings
    catalogue: Catalogue

    @property
    def overrides(self) -> Overrides:
        """What the ledger has of them now."""
        return Overrides(Acts(self.ledger, Persons.of(self.settings, self.catalogue)), self.catalogue)

    def listed(self, agreement: str) -> tuple[Override, ...]:
        """The overrides of an agreement."""
        return self.overrides.of(agreement, self.departments(agreement))

    def standing(self, agreement: str, one: Override, today: date) -> str | None:
        """Why an override does not stand as the gate sees it, over what was judged last; None where it does."""
        evidence = read_evidence(self._verdict(agreement).get("evidence"))
        checks = evidence.quality.checks if evidence else ()
        return one.why_idle(checks, agreement_digest(self.catalogue.agreements[agreement]), today)

    def departments(self, agreement: str) -> frozenset[str]:
        """The departments whose data a product is made of, as it was last judged."""
        sources = (self._verdict(agreement).get("evidence") or {}).get("sources") or ()
        return frozenset(str(one["dataset"]).partition(".")[0] for one in sources)

    def failing(self, agreement: str) -> tuple[OverriddenCheck, ...]:
        """The failing checks that withhold a product and may be set aside, as it was last judged."""
        evidence = read_evidence(self._verdict(agreement).get("evidence"))
        if evidence is None:
            return ()
        found = [
            check
            for table in evidence.quality.tables
            for check in evidence.quality.results(table)
            if _may_be_set_aside(check, table.data_version)
        ]
        return tuple(
            OverriddenCheck(one.table, one.rule, one.failing_rows or 0, one.rows or 0, str(one.data_version))
            for one in found
        )

    def terms(
        self, agreement: str, until: date, today: date, *, only: Collection[str] = (), exact: bool = False
    ) -> Terms:
        """What would be asked. SharingRefused where nothing is to be set aside, or for too long; `only` are rules."""
        if agreement not in self.catalogue.agreements:
            known = ", ".join(sorted(self.catalogue.agreements)) or "none"
            raise SharingRefused("agreement_known", agreement, "there is no such agreement", f"name one of {known}")
        overrides, over = self.overrides, agreement_digest(self.catalogue.agreements[agreement])
        failing = self.failing(agreement)
        unknown = sorted(set(only) - {one.rule for one in failing})
        if unknown or not failing:
            what = f"{', '.join(unknown) or 'nothing'} failed when it was last judged"
            what = what if not unknown else f"no check {', '.join(unknown)} failed when it was last judged"
            fix = (
                "run `zhongtai run`, then name checks that failed: a check that could not be judged is never set aside"
            )
            raise SharingRefused("override_checks", agreement, what, fix)
        latest = overrides.latest(today)
        if not today <= until <= latest:
            days = self.catalogue.override_working_days
            what = f"{until} is not within {days} working days from {today}"
            raise SharingRefused("override_until", agreement, what, f"a day from {today} to {latest}")
        checks = tuple(one for one in failing if not only or one.rule in only)
        declared = overrides.declared
        rules = {_key(one): declared.get(_key(one), "") for one in checks}
        return Terms(agreement, over, checks, rules, until, exact)

    def ask(self, terms: Terms, who: Actor, said: Said) -> Act:
        """Ask for an override. SharingRefused without a reason, and for who may not."""
        self.expect_asker(terms.agreement, who.person, day_of(said.at))
        return self._act(who, Deed.OVERRIDE, terms.agreement, terms.seen, said)

    def expect_asker(self, agreement: str, person: Person, day: date) -> None:
        """SharingRefused for who has no department in their care whose data are in the product."""
        if not cares(person, self.departments(agreement), day):
            what = f"is steward or owner of no department whose data are in {agreement}"
            raise SharingRefused("override_asker", person.name, what, "have one of theirs ask")

    def confirm(self, agreement: str, override: str, who: Actor, said: Said) -> Act:
        """Confirm what another has asked; `override` is the beginning of its act's digest."""
        asked = self.find(agreement, override)
        self.expect_second(asked, who.person.name)
        return self._act(who, Deed.CONFIRM_OVERRIDE, agreement, self.confirming(agreement, asked), said)

    def expect_second(self, asked: Override, person: str) -> None:
        """SharingRefused for who has asked it."""
        if person_key(asked.asked.person) == person_key(person):
            what = "asked for it, and one person cannot do both"
            raise SharingRefused("override_second", person, what, "have another person confirm it, as officer")
        if asked.ended is not None or asked.is_confirmed:
            what = "it is ended" if asked.ended is not None else "it is confirmed already"
            raise SharingRefused("override_open", asked.asked.digest[:12], what, "have another one asked")

    def end(self, agreement: str, override: str, who: Actor, said: Said) -> Act:
        """End an override; what stands on it is withdrawn by the next run."""
        asked = self.find(agreement, override)
        self.expect_open(asked)
        return self._act(who, Deed.END_OVERRIDE, agreement, {"override": asked.asked.digest}, said)

    def expect_open(self, asked: Override) -> None:
        """SharingRefused for one that is ended: what is said of it a second time would be said to nobody."""
        if asked.ended is not None:
            number = asked.asked.digest[:12]
            raise SharingRefused("override_open", number, f"it is ended already, by {asked.ended}", "nothing is left")

    def confirming(self, agreement: str, asked: Override) -> dict[str, str]:
        """What whoever confirms signs: all that was asked, and which act asked it."""
        acts = self.overrides.acts.about(agreement, Deed.OVERRIDE)
        act = next(one.act for one in acts if one.act.digest == asked.asked.digest)
        return {**act.seen, "override": act.digest}

    def find(self, agreement: str, override: str) -> Override:
        """An override by the beginning of its act's digest."""
        found = [one for one in self.listed(agreement) if override and one.asked.digest.startswith(override)]
        if len(found) != 1:
            known = ", ".join(one.asked.digest[:12] for one in self.listed(agreement)) or "none"
            raise SharingRefused("override_known", override, "there is no such override", f"name one of {known}")
        return found[0]

    def _act(self, who: Actor, deed: Deed, agreement: str, seen: Mapping[str, str], said: Said) -> Act:
        data = who.act(deed, agreement, seen, said)
        self.take(data)
        return read_act(data)

    def take(self, data: bytes) -> None:
        """Take a signed act into the ledger. SharingRefused for one without a reason."""
        act = read_act(data)
        if not act.words.strip():
            raise SharingRefused("override_reason", act.about, "no reason is given", "say why: --why TEXT")
        record_act(self.ledger, data, act.at)

    def _verdict(self, agreement: str) -> Mapping[str, Any]:
        entry = self.ledger.latest("verdict", agreement)
        return entry.body if entry else {}


def _may_be_set_aside(check: CheckResult, version: str | None) -> bool:
    judged = check.error is None and check.failing_rows is not None and check.rows is not None
    failed = not check.passed and check.severity is Severity.ERROR and check.rule not in STANDING
    return failed and judged and version is not None and check.data_version == version
