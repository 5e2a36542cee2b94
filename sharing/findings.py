"""Findings: what was found wrong with the past, kept until a named person resolves it.

A file beside the ledger, one signed line each, every line with the digest of the one before; and in the ledger, once
that can be written. Each is of one event: what came back and is lost again is another finding, and what was accepted as
lost is excused until it comes back. What is a finding, and what has come back, is judged elsewhere; who may resolve
one, too.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any

from sharing.canonical import canonical_json, digest
from sharing.chain import START, Entry
from sharing.durable import read_file, write_file
from sharing.faults import Fault
from sharing.keys import PublicKey, Signer
from sharing.ledger import Ledger

KIND, RESOLVED, RETURNED = "finding", "resolution", "returned"
PAST = "past_lacking"
_TOGETHER = {"head_lacking", "release_lacking", "withdrawal_lacking", "tree_lacking", "ledger_missing", "head", "tail"}
"""Faults that are one finding: the ledger lacks a part of its past, and each witness tells of another piece of it."""
_BACK = "have somebody record that it is: `zhongtai resolve {id} --as PERSON --why TEXT`; nothing is then named as lost"
_NEXT = "restore what is lacking; where it is lost for good, `zhongtai resolve {id} --as PERSON --why TEXT`"


Lost = tuple[str, str]
"""A loss of one event: the finding that has it, and the token of what is lost."""


def token(fault: Fault) -> str:
    """What tells a fault from all others, whenever it is found."""
    return f"{fault.rule} {fault.subject}"


@dataclass(frozen=True)
class Finding:
    """One finding: when it was made, what was found, and all that is lost by it (each the token of a fault)."""

    finding: str
    rule: str
    subject: str
    message: str
    at: str
    lost: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """The record as JSON-ready data, and the body of its ledger entry."""
        return {**vars(self), "lost": list(self.lost)}

    @property
    def fault(self) -> Fault:
        """The finding as a fault: it is one, for as long as nobody has resolved it."""
        message = f"{self.message} (found {self.at}, finding {self.finding})"
        return Fault(self.rule, self.subject, message, _NEXT.format(id=self.finding))

    @property
    def told_back(self) -> Fault:
        """The finding as a fault where all that it names is there again: it stays one until a person has seen it."""
        away = self.rule.endswith(("_lacking", "_missing", "_key"))
        now = "what was lacking is there again" if away else "it is well again"
        message = f"{now}; it was: {self.message} (found {self.at}, finding {self.finding})"
        return Fault(self.rule, self.subject, message, _BACK.format(id=self.finding))


def _finding(record: Mapping[str, Any]) -> Finding:
    finding, rule, subject = str(record["finding"]), str(record["rule"]), str(record["subject"])
    lost = tuple(str(one) for one in record["lost"])
    return Finding(finding, rule, subject, str(record["message"]), str(record["at"]), lost)


def made_of(faults: Iterable[Fault], known: Collection[str], names: Collection[str], at: datetime) -> list[Finding]:
    """The findings that faults make beside those whose tokens are known; `names` are those that there were before."""
    fresh = [fault for fault in faults if token(fault) not in known]
    past = [fault for fault in fresh if fault.rule in _TOGETHER]
    groups = [(PAST, past)] if past else []
    groups += [(fault.rule, [fault]) for fault in fresh if fault.rule not in _TOGETHER]
    found = list[Finding]()
    for rule, together in groups:
        found.append(_one(rule, together, {*names, *(one.finding for one in found)}, at))
    return found


def _one(rule: str, faults: Sequence[Fault], names: Collection[str], at: datetime) -> Finding:
    lost = tuple(dict.fromkeys(map(token, faults)))
    first, more = faults[0], len(lost) - 1
    message = first.message + (f"; and {more} more are lacking" if more else "")
    # The same may be lost twice in one moment of the clock: the second is another finding.
    again = (digest([rule, *lost, at.isoformat(), *([number] if number else [])])[:12] for number in count())
    identity = next(name for name in again if name not in names)
    return Finding(identity, rule, first.subject, message, at.isoformat(), lost)


class Findings:
    """The findings of one city: those in the file, and those that its ledger has."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def kept(self) -> tuple[list[Finding], list[Fault]]:
        """The findings in the file, in order, and what is wrong with the file itself."""
        found, faults, previous = list[Finding](), list[Fault](), START
        for number, line in enumerate(self._lines(), 1):
            try:
                record = json.loads(line)
                if RETURNED not in record:
                    found.append(_finding(record["finding"]))
                whole = record["previous"] == previous
            except (ValueError, TypeError, KeyError, RecursionError):
                whole = False
            if not whole:
                fix = "restore the file from a backup, and find out who wrote to it"
                place = f"{self.path.name}: line {number}"
                faults.append(Fault("findings_changed", place, "it does not follow from the line before it", fix))
            previous = _digest(line)
        return found, faults

    def forged(self, keys: Sequence[PublicKey]) -> list[Fault]:
        """The lines whose signature is not of these keys; one that was made where the key was lost has none."""
        faults = []
        for number, line in enumerate(self._lines(), 1):
            if not _holds(line, keys):
                fix = "restore the file from a backup, and find out who wrote to it"
                place = f"{self.path.name}: line {number}"
                faults.append(Fault("findings_signature", place, "not signed with the city's key", fix))
        return faults

    def keep(self, findings: Sequence[Finding], signer: Signer | None) -> None:
        """Add findings to the file; without a signer (its key may be what is lost) unsigned."""
        self._add([{KIND: finding.as_dict()} for finding in findings], signer)

    def note(self, back: Mapping[str, Sequence[str]], at: datetime, signer: Signer) -> list[dict[str, Any]]:
        """Add to the file what has come back, the tokens by finding; the bodies of their entries in the ledger."""
        bodies = [{"finding": name, "back": list(lost), "at": at.isoformat()} for name, lost in back.items()]
        self._add([{RETURNED: body} for body in bodies], signer)
        return bodies

    def _add(self, records: Sequence[dict[str, Any]], signer: Signer | None) -> None:
        lines = self._lines()
        for record in records:
            record["previous"] = _digest(lines[-1]) if lines else START
            if signer is not None:
                record["key_id"] = signer.public.key_id
                record["signature"] = signer.sign(canonical_json(record)).hex()
            lines.append(canonical_json(record))
        if records:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            write_file(self.path, b"".join(line + b"\n" for line in lines))

    def every(self, ledger: Ledger | None) -> list[Finding]:
        """Every finding of the file and of the ledger, where one can be read."""
        found = {one.finding: one for one in self.kept()[0]}
        for entry in ledger.entries(KIND) if ledger else ():
            found.setdefault(entry.key, _finding(entry.body))
        return list(found.values())

    def open(self, ledger: Ledger | None) -> list[Finding]:
        """Every finding that nobody has resolved."""
        gone = resolved(ledger) if ledger else {}
        return [one for one in self.every(ledger) if one.finding not in gone]

    def returned(self, ledger: Ledger | None) -> set[Lost]:
        """What came back: each the finding that had it as lost, and its token. Such a loss is over."""
        bodies = [entry.body for entry in ledger.entries(RETURNED)] if ledger else []
        found = {(str(body["finding"]), str(one)) for body in bodies for one in body["back"]}
        for line in self._lines():
            with suppress(ValueError, TypeError, KeyError, RecursionError):
                body = json.loads(line)[RETURNED]
                found |= {(str(body["finding"]), str(one)) for one in body["back"]}
        return found

    def awaited(self, ledger: Ledger) -> set[Lost]:
        """All that was found or accepted as lost and has not come back since."""
        found = {(one.finding, lost) for one in self.every(ledger) for lost in one.lost}
        return (found | set(_accepted(ledger))) - self.returned(ledger)

    def named(self, ledger: Ledger | None) -> dict[str, str]:
        """The open finding that each token is part of, of what has not come back."""
        back = self.returned(ledger)
        opened = self.open(ledger)
        return {lost: one.finding for one in opened for lost in one.lost if (one.finding, lost) not in back}

    def excused(self, ledger: Ledger) -> set[str]:
        """The tokens of what a named person accepted as lost, and that has not come back since."""
        back = self.returned(ledger)
        return {
            lost
            for (name, lost), seq in _accepted(ledger).items()
            if (name, lost) not in back and not _released_since(ledger, lost, seq)
        }

    def faults(self, ledger: Ledger | None) -> list[tuple[Finding, Fault]]:
        """Every open finding with what is told of it: that it is lacking, or that all of it is there again."""
        back, opened = self.returned(ledger), self.open(ledger)
        return [
            (one, one.told_back if {(one.finding, lost) for lost in one.lost} <= back else one.fault) for one in opened
        ]

    def _lines(self) -> list[bytes]:
        try:
            return read_file(self.path).splitlines()
        except OSError:
            return []


def resolved(ledger: Ledger) -> dict[str, Entry]:
    """The findings that were resolved, each with the resolution that closed it."""
    closed = dict[str, Entry]()
    for entry in ledger.entries(RESOLVED):
        for name in (entry.key, *entry.body.get("also", ())):
            closed.setdefault(str(name), entry)
    return closed


def _accepted(ledger: Ledger) -> dict[Lost, int]:
    """What was accepted as lost, and the number of the newest entry that did."""
    return {
        (entry.key, str(one)): entry.seq for entry in ledger.entries(RESOLVED) for one in entry.body.get("lost", ())
    }


def _released_since(ledger: Ledger, accepted: str, seq: int) -> bool:
    rule, _, name = accepted.partition(" ")
    if rule != "release_missing":
        return False
    agreement, _, identity = name.partition("/")
    verdict = ledger.latest("verdict", agreement)
    return verdict is not None and verdict.seq > seq and verdict.body.get("release_id") == identity


def _digest(line: bytes) -> str:
    return hashlib.sha256(line).hexdigest()


def _holds(line: bytes, keys: Sequence[PublicKey]) -> bool:
    try:
        record = json.loads(line)
        if "signature" not in record:
            return True
        signature = bytes.fromhex(record.pop("signature"))
        key_id = record["key_id"]
    except (ValueError, TypeError, KeyError, RecursionError, AttributeError):
        return False
    return any(key.key_id == key_id and key.verifies(signature, canonical_json(record)) for key in keys)
