"""What the ledger tells that findings are made of, read on from where it was read to: the newest of each thing.

Kept in memory and made of nothing but entries. What of it is a fault is `gather.py`'s to say.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from threading import Lock
from typing import Any

from contracts.clock import day_of
from contracts.recorded import read_evidence
from sharing.chain import Entry
from sharing.ledger import Ledger
from sharing.overridden import used

_GONE = {"withdrawn", "recalled"}
_BAD = {"failed", "held"}
_KEPT = 5
"""So many of the newest deliveries of a dataset are remembered, where nothing is wrong with them."""


@dataclass(frozen=True)
class Checked:
    """The newest result of one rule, and the day since which it fails without a pass between; None where it passes."""

    body: Mapping[str, Any]
    failing_since: date | None


@dataclass(frozen=True)
class Judged:
    """The newest verdict of an agreement: the tables whose checks it hung on, and since when it is what it is."""

    verdict: str
    violations: tuple[Mapping[str, Any], ...]
    tables: frozenset[str]
    since: date


@dataclass(frozen=True)
class Delivered:
    """What was last told of one delivery."""

    body: Mapping[str, Any]
    since: date


class Told:
    """The newest of what one ledger tells. Safe to use from several threads."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger, self._lock, self._to = ledger, Lock(), 0
        self._checks: dict[str, Checked] = {}
        self._verdicts: dict[str, Judged] = {}
        self._deliveries: dict[str, dict[str, Delivered]] = {}
        self._paths: dict[str, frozenset[str]] = {}
        self._released: dict[str, str] = {}
        self._terms: dict[str, dict[str, date]] = {}
        self._overridden: dict[str, dict[str, date]] = {}
        self._told = {
            "check": self._check,
            "verdict": self._verdict,
            "batch": self._batch,
            "look": self._look,
            "release": self._release,
            "switch": self._switch,
            "withdrawal": self._withdrawal,
        }

    def read_on(self) -> None:
        """Read what is new."""
        with self._lock:
            size = self._ledger.size()
            if size > self._to:
                for entry in self._first() if not self._to else self._ledger.kept_after(self._told, self._to):
                    if entry.seq <= size:
                        self._told[entry.kind](entry)
                self._to = size

    def _first(self) -> list[Entry]:
        """What of a long past is needed: the end of what goes on for ever, all of datasets that had a bad delivery."""
        batches = self._ledger.recent("batch", _KEPT, [f'"state":"{state}"' for state in sorted(_BAD)])
        told_whole = {entry.key for entry in batches if entry.body["state"] in _BAD}
        ended = [
            *(entry for entry in batches if entry.key not in told_whole),
            *(entry for dataset in sorted(told_whole) for entry in self._ledger.about("batch", dataset)),
            *self._ledger.recent("release", 1),
            *self._ledger.recent("switch", 1),
            *self._ledger.recent("withdrawal", 1),
        ]
        rest = [kind for kind in self._told if kind not in ("batch", "release", "switch", "withdrawal")]
        return sorted([*ended, *self._ledger.kept_after(rest, 0)], key=lambda entry: entry.seq)

    @property
    def read_to(self) -> int:
        """The number of the newest entry that was read."""
        return self._to

    def checks(self) -> list[Checked]:
        """The newest result of every rule."""
        with self._lock:
            return list(self._checks.values())

    def verdicts(self) -> dict[str, Judged]:
        """The newest verdict of each agreement."""
        with self._lock:
            return dict(self._verdicts)

    def released(self, agreement: str, today: date | None = None) -> bool:
        """Whether a release of an agreement stands, as the ledger has it; on a day, whether its term lasts yet."""
        with self._lock:
            release = self._released.get(agreement)
            if not release:
                return False
        last = self.last_day(agreement)
        return today is None or last is None or today <= last

    def last_day(self, agreement: str) -> date | None:
        """The last day of what stands of an agreement: of its term, and of the overrides that it stands on."""
        with self._lock:
            release = self._released.get(agreement, "")
            known = (each.get(agreement, {}).get(release) for each in (self._terms, self._overridden))
            return min((one for one in known if one is not None), default=None)

    def refused(self, dataset: str) -> list[Delivered]:
        """The deliveries of a dataset that failed, and lie there yet."""
        with self._lock:
            there = self._paths.get(dataset)
            found = self._deliveries.get(dataset, {}).items()
            return [one for path, one in found if one.body["state"] == "failed" and (there is None or path in there)]

    def newest(self) -> list[Mapping[str, Any]]:
        """What was last told of the newest delivery of each dataset."""
        with self._lock:
            every = [[one.body for one in each.values()] for each in self._deliveries.values() if each]
        return [max(each, key=lambda body: (str(body["delivered_on"] or ""), str(body["path"]))) for each in every]

    def delivered(self, dataset: str) -> list[Mapping[str, Any]]:
        """What was last told of the newest deliveries of a dataset that were taken, the newest first."""
        with self._lock:
            every = [one.body for one in self._deliveries.get(dataset, {}).values() if one.body["state"] not in _BAD]
        return sorted(every, key=lambda body: (str(body["delivered_on"] or ""), str(body["path"])), reverse=True)

    def held(self, dataset: str) -> list[Delivered]:
        """The deliveries of a dataset of which too much was rejected, so that what was before them is current yet."""
        with self._lock:
            every = list(self._deliveries.get(dataset, {}).values())
        newest = max((str(one.body["delivered_on"]) for one in every if one.body["delivered_on"]), default="")
        return [one for one in every if one.body["state"] == "held" and str(one.body["delivered_on"]) == newest]

    def _check(self, entry: Entry) -> None:
        before = self._checks.get(entry.key)
        since = None if entry.body["passed"] else (before.failing_since if before else None) or day_of(entry.at)
        self._checks[entry.key] = Checked(entry.body, since)

    def _verdict(self, entry: Entry) -> None:
        body = entry.body
        evidence = body.get("evidence") or {}
        tables = {str(one["table"]) for one in (evidence.get("quality") or {}).get("tables", ())}
        tables |= {f"raw.{str(one['dataset']).replace('.', '__')}" for one in evidence.get("sources", ())}
        before = self._verdicts.get(entry.key)
        same = before is not None and before.verdict == body["verdict"]
        since = before.since if before and same else day_of(entry.at)
        verdict = str(body["verdict"])
        self._stands_on(str(body["agreement"]), body)
        self._verdicts[entry.key] = Judged(verdict, tuple(body["violations"]), frozenset(tables), since)

    def _stands_on(self, agreement: str, body: Mapping[str, Any]) -> None:
        """Until when a release stands on overrides: the first that ends takes it along."""
        told = body.get("evidence") or {}
        if body.get("release_id") and (told.get("quality") or {}).get("overrides"):
            evidence = read_evidence(told)
            ends = [one.until for one in used(evidence)] if evidence else []
            if ends:
                self._overridden[agreement] = {str(body["release_id"]): min(ends)}

    def _batch(self, entry: Entry) -> None:
        body = entry.body
        each, path = self._deliveries.setdefault(str(body["dataset"]), {}), str(body["path"])
        before = each.get(path)
        same = before is not None and before.body["state"] == body["state"]
        each[path] = Delivered(body, before.since if before and same else day_of(entry.at))
        if body["state"] in _GONE:
            del each[path]
        elif len(each) > 2 * _KEPT:
            self._prune(str(body["dataset"]))

    def _prune(self, dataset: str) -> None:
        """Of what went well only the newest is kept: a past of years would fill the memory."""
        each = self._deliveries[dataset]
        well = [path for path, one in each.items() if one.body["state"] not in _BAD]
        well.sort(key=lambda path: str(each[path].body["delivered_on"] or ""))
        for path in well[:-_KEPT]:
            del each[path]

    def _look(self, entry: Entry) -> None:
        self._paths[str(entry.body["dataset"])] = frozenset(entry.body["paths"])

    def _release(self, entry: Entry) -> None:
        body = entry.body
        if body.get("valid_until"):
            term = {str(body["release_id"]): date.fromisoformat(str(body["valid_until"])[:10])}
            self._terms[str(body["agreement"])] = term

    def _switch(self, entry: Entry) -> None:
        self._released[str(entry.body["agreement"])] = str(entry.body["release_id"])

    def _withdrawal(self, entry: Entry) -> None:
        agreement = str(entry.body.get("agreement", ""))
        if self._released.get(agreement) == entry.body.get("release_id"):
            self._released[agreement] = ""
