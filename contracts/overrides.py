"""A product released in spite of failing checks: what was asked and confirmed, and why it does not stand, if so.

Two persons' signed acts say it: a steward or owner asks, an officer confirms, over the exact checks, until a day. Plain
records: acts are verified in `sharing` and `lake`, and the quality gate alone looks at them. No other gate knows any.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from contracts.acts import Role, person_key
from contracts.rules import STANDING
from contracts.violation import CheckResult

ASKS = frozenset({Role.OWNER, Role.STEWARD})
CONFIRMS = frozenset({Role.OFFICER})


@dataclass(frozen=True)
class OverriddenCheck:
    """One failing check as it was seen: how many rows failed, of which version of the table.

    `same_rule` says that the rule is declared as it was then."""

    table: str
    rule: str
    failing_rows: int
    rows: int
    data_version: str
    same_rule: bool = True

    def covers(self, check: CheckResult, *, exact: bool) -> bool:
        """Whether a check that fails now is no more than what was seen. Standing rules (that a table was built, that no
        row was lost) are never set aside."""
        return (
            (self.table, self.rule) == (check.table, check.rule)
            and check.rule not in STANDING
            and self.same_rule
            and check.failing_rows is not None
            and check.failing_rows <= self.failing_rows
            and (not exact or check.data_version == self.data_version)
        )


@dataclass(frozen=True)
class Signed:
    """One of the two acts: who, as what, when, its SHA-256, and why it counts for nothing (None: it counts)."""

    person: str
    role: str
    at: datetime
    digest: str
    fault: str | None = None
    played: bool = False


@dataclass(frozen=True)
class Override:
    """One override of an agreement. `over` is the digest of the agreement that was seen; `exact` binds it to the very
    versions of the tables. `bounded` says that it ends within the days that the city's declarations allow, `ended` who
    ended it with which words."""

    over: str
    checks: tuple[OverriddenCheck, ...]
    until: date
    reason: str
    asked: Signed
    confirmed: Signed | None = None
    exact: bool = False
    bounded: bool = True
    ended: str | None = None

    def why_not(self, agreement: str, today: date) -> str | None:
        """Why it does not stand, None where it does; `agreement` is the digest of the agreement as it is."""
        confirmed = self.confirmed
        faults = (
            (bool(self.asked.fault), f"{self.asked.person}'s act counts for nothing: {self.asked.fault}"),
            (self.asked.role not in ASKS, f"{self.asked.person} asked as {self.asked.role}"),
            (not self.reason.strip(), "no reason is given"),
            (confirmed is None, "no second person has confirmed it"),
            (
                bool(confirmed and confirmed.fault),
                f"its confirmation counts for nothing: {confirmed and confirmed.fault}",
            ),
            (bool(confirmed and confirmed.role not in CONFIRMS), "who confirmed it is no officer"),
            (bool(confirmed and _same(confirmed, self.asked)), "one person asked and confirmed"),
            (self.ended is not None, f"it was ended: {self.ended}"),
            (self.over != agreement, "the agreement has changed since"),
            (not self.bounded, "it runs longer than the city allows"),
            (today > self.until, f"it ended on {self.until}"),
        )
        return next((why for holds, why in faults if holds), None)

    def changed(self, seen: OverriddenCheck, check: CheckResult) -> str:
        """Why a check that it names, and that fails now, is not what was seen."""
        if not seen.same_rule:
            return "the rule has changed since"
        if check.failing_rows is not None and check.failing_rows > seen.failing_rows:
            return f"{seen.failing_rows} rows failed when it was asked"
        return "the table has changed since" if self.exact else "it sets no such check aside"

    def why_idle(self, checks: Iterable[CheckResult], agreement: str, today: date) -> str | None:
        """Why it sets aside not all of what it names, None where it does; `checks` are the results as they are now."""
        why = self.why_not(agreement, today)
        if why is not None:
            return why
        if not all(one.same_rule for one in self.checks):
            return "the rule has changed since"
        failing = [one for one in checks if not one.passed]
        named = ((seen, one) for one in failing for seen in self.checks if _of_one(seen, one))
        return next((self.changed(*each) for each in named if not each[0].covers(each[1], exact=self.exact)), None)

    @property
    def is_confirmed(self) -> bool:
        """Whether a second person's word counts: until then another may give theirs."""
        one = self.confirmed
        return one is not None and one.fault is None and one.role in CONFIRMS and not _same(one, self.asked)

    def lifts(self, check: CheckResult, agreement: str, today: date) -> bool:
        """Whether it sets a failing check aside."""
        stands = self.why_not(agreement, today) is None
        return stands and any(one.covers(check, exact=self.exact) for one in self.checks)

    @property
    def words(self) -> str:
        """What it is, for people."""
        named = ", ".join(f"{one.rule} ({one.table}: {one.failing_rows}/{one.rows})" for one in self.checks)
        who = f"{self.asked.person} ({self.asked.role})"
        by = f"{self.confirmed.person} ({self.confirmed.role})" if self.confirmed else "—"
        return (
            f"未通过的检查 {named} 依授权不阻止发布，至 {self.until}；申请 {who}，确认 {by}；理由：{self.reason} / "
            f"Released in spite of {named}, until {self.until}; asked by {who}, confirmed by {by}: {self.reason}"
        )


def _of_one(seen: OverriddenCheck, check: CheckResult) -> bool:
    return (seen.table, seen.rule) == (check.table, check.rule)


def _same(one: Signed, other: Signed) -> bool:
    return person_key(one.person) == person_key(other.person)


def lifted_by(overrides: Iterable[Override], check: CheckResult, agreement: str, today: date) -> Override | None:
    """The first override that sets a failing check aside."""
    return next((one for one in overrides if one.lifts(check, agreement, today)), None)
