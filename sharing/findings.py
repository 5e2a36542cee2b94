"""Findings: what was found wrong with the past, kept until a named person resolves it.

A file beside the ledger, one signed line each, every line with the digest of the one before; and in the ledger, once
that can be written. What is a finding is judged elsewhere; who may resolve one, too.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sharing.canonical import canonical_json, digest
from sharing.chain import START
from sharing.durable import read_file, write_file
from sharing.faults import Fault
from sharing.keys import PublicKey, Signer
from sharing.ledger import Ledger

KIND, RESOLVED = "finding", "resolution"
PAST = "past_lacking"
_TOGETHER = {"head_lacking", "release_lacking", "withdrawal_lacking", "tree_lacking", "ledger_missing", "head", "tail"}
"""Faults that are one finding: the ledger lacks a part of its past, and each witness tells of another piece of it."""
_NEXT = "restore what is lacking; where it is lost for good, `zhongtai resolve {id} --as PERSON --why TEXT`"


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


def _finding(record: Mapping[str, Any]) -> Finding:
    finding, rule, subject = str(record["finding"]), str(record["rule"]), str(record["subject"])
    lost = tuple(str(one) for one in record["lost"])
    return Finding(finding, rule, subject, str(record["message"]), str(record["at"]), lost)


def made_of(faults: Iterable[Fault], known: Collection[str], at: datetime) -> list[Finding]:
    """The findings that faults make beside those whose tokens are known."""
    fresh = [fault for fault in faults if token(fault) not in known]
    past = [fault for fault in fresh if fault.rule in _TOGETHER]
    found = [_one(fault.rule, [fault], at) for fault in fresh if fault.rule not in _TOGETHER]
    return [*([_one(PAST, past, at)] if past else []), *found]


def _one(rule: str, faults: Sequence[Fault], at: datetime) -> Finding:
    lost = tuple(dict.fromkeys(map(token, faults)))
    first, more = faults[0], len(lost) - 1
    message = first.message + (f"; and {more} more are lacking" if more else "")
    identity = digest([rule, *lost, at.isoformat()])[:12]
    return Finding(identity, rule, first.subject, message, at.isoformat(), lost)


class Findings:
    """The findings of one city: those in the file, and those that its ledger has."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def kept(self) -> tuple[list[Finding], list[Fault]]:
        """The findings in the file, in order, and what is wrong with the file itself."""
        found, previous = list[Finding](), START
        for number, line in enumerate(self._lines(), 1):
            try:
                record = json.loads(line)
                found.append(_finding(record["finding"]))
                whole = record["previous"] == previous
            except (ValueError, TypeError, KeyError, RecursionError):
                whole = False
            if not whole:
                fix = "restore the file from a backup, and find out who wrote to it"
                place = f"{self.path.name}: line {number}"
                return found, [Fault("findings_changed", place, "it does not follow from the line before it", fix)]
            previous = _digest(line)
        return found, []

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
        lines = self._lines()
        for finding in findings:
            record: dict[str, Any] = {
                "finding": finding.as_dict(),
                "previous": _digest(lines[-1]) if lines else START,
            }
            if signer is not None:
                record["key_id"] = signer.public.key_id
                record["signature"] = signer.sign(canonical_json(record)).hex()
            lines.append(canonical_json(record))
        if findings:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            write_file(self.path, b"".join(line + b"\n" for line in lines))

    def open(self, ledger: Ledger | None) -> list[Finding]:
        """Every finding that nobody has resolved: of the file and of the ledger, where one can be read."""
        found = {one.finding: one for one in self.kept()[0]}
        if ledger is None:
            return list(found.values())
        for entry in ledger.entries(KIND):
            found.setdefault(entry.key, _finding(entry.body))
        gone = resolved(ledger)
        return [one for name, one in found.items() if name not in gone]

    def _lines(self) -> list[bytes]:
        try:
            return read_file(self.path).splitlines()
        except OSError:
            return []


def resolved(ledger: Ledger) -> set[str]:
    """The findings that were resolved."""
    return {name for entry in ledger.entries(RESOLVED) for name in (entry.key, *entry.body.get("also", ()))}


def excused(ledger: Ledger) -> set[str]:
    """The tokens of what a named person accepted as lost; a release that was released again since is not lost."""
    accepted = {str(one): entry.seq for entry in ledger.entries(RESOLVED) for one in entry.body.get("lost", ())}
    return {one for one, seq in accepted.items() if not _released_since(ledger, one, seq)}


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
