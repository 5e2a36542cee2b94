"""Does a release folder hold what its certificate says: judged offline, from the folder and a public key alone.

No lake, no ledger, no network. Every fault comes back as a `Fault`; nothing in a folder can make it raise.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from pathlib import Path

from contracts.acts import person_key
from contracts.category import Category
from contracts.clock import day_of
from contracts.evidence import CandidateFile
from sharing.candidate import count_rows, read_schema
from sharing.canonical import file_digest, release_id
from sharing.certificate import CERTIFICATE, Checked, Predicate, Statement, parse_statement
from sharing.durable import read_file
from sharing.envelope import verified_payload
from sharing.faults import Fault, SharingRefused
from sharing.keys import PublicKey
from sharing.overridden import SetAside
from sharing.policy_proof import certified_faults
from sharing.tombstones import home_of, tombstone

_AGAIN = "get the release again from its publisher, whole; do not use this one"
_STALE = "stop using the release, or ask its publisher for a newer one"
_ASK = "do not use the release; tell its publisher"


def verify_release(folder: Path, public_key: PublicKey | bytes | Path, now: datetime) -> list[Fault]:
    """Every fault of the release in `folder`; empty when it holds.

    `public_key` is the publisher's key, its PEM text, or the PEM file. `now` is aware; its day in the city, in whatever
    zone it is written, is the one on which the agreement must be in force.
    """
    try:
        key = public_key if isinstance(public_key, PublicKey) else PublicKey.read(public_key)
        statement = parse_statement(verified_payload(_certificate(folder), key, CERTIFICATE))
    except SharingRefused as refusal:
        return [refusal.fault]
    faults = list(_files(folder, statement))
    if not faults:
        faults = list(_contents(folder, statement))
    return [
        *faults,
        *_promises(statement.predicate, statement.gates),
        *_checks(statement.predicate, day_of(now)),
        *_in_force(folder, statement, now),
    ]


def _certificate(folder: Path) -> bytes:
    try:
        return read_file(folder / CERTIFICATE)
    except OSError:
        raise SharingRefused(
            "certificate_present", str(folder), f"there is no readable {CERTIFICATE}", "give the folder of one release"
        ) from None


def _files(folder: Path, statement: Statement) -> Iterator[Fault]:
    named = {subject.name: subject.digest.get("sha256") for subject in statement.subject}
    if len(named) != len(statement.subject) or CERTIFICATE in named:
        yield Fault("files_named", CERTIFICATE, "it names a file twice, or itself", _ASK)
    found = {path.name: path for path in folder.iterdir() if path.name != CERTIFICATE}
    for name in sorted(found.keys() - named.keys()):
        yield Fault("no_extra_file", name, "the certificate does not name this file", _AGAIN)
    for name in sorted(named.keys() - found.keys()):
        yield Fault("no_missing_file", name, "the certificate names this file and it is not there", _AGAIN)
    for name in sorted(named.keys() & found.keys()):
        path = found[name]
        if path.is_symlink() or not path.is_file():
            yield Fault("file_digest", name, "not a plain file", _AGAIN)
        elif named[name] is None or _digest(path) != named[name]:
            yield Fault("file_digest", name, "its bytes are not those that were released", _AGAIN)


def _digest(path: Path) -> str | None:
    try:
        return file_digest(path)
    except OSError:
        return None


def _contents(folder: Path, statement: Statement) -> Iterator[Fault]:
    predicate = statement.predicate
    paths = tuple(folder / subject.name for subject in statement.subject)
    try:
        schema, rows = read_schema(paths), count_rows(paths)
    except SharingRefused as refusal:
        yield refusal.fault
        return
    promised = {column.name: column.type for column in predicate.columns}
    for name in sorted(schema.keys() | promised.keys()):
        if schema.get(name) != promised.get(name):
            found, said = schema.get(name, "absent"), promised.get(name, "absent")
            yield Fault("schema", name, f"the files have it {found}, the certificate {said}", _ASK)
    if rows != predicate.rows:
        yield Fault("rows", CERTIFICATE, f"the files hold {rows} rows, the certificate says {predicate.rows}", _ASK)
    yield from certified_faults(paths, predicate)
    files = tuple(CandidateFile(one.name, one.digest.get("sha256", ""), 0) for one in statement.subject)
    batches = statement.batches if statement.names_batches else None
    acts = [one.asked.digest for one in predicate.overrides]
    if release_id(files, predicate.agreement.digest, batches, predicate.again, acts) != predicate.release_id:
        yield Fault("release_id", CERTIFICATE, "its release id is not the digest of its content", _ASK)


def _promises(predicate: Predicate, gates: Sequence[str]) -> Iterator[Fault]:
    ceiling = predicate.agreement.level_ceiling
    for column in predicate.columns:
        if column.level > ceiling:
            yield Fault("level", column.name, f"level {column.level} is above the agreed {ceiling}", _ASK)
        terms = predicate.agreement
        if column.category is Category.CORE or column.category.rank > terms.category_ceiling.rank:
            most = terms.category_ceiling
            yield Fault("category", column.name, f"category {column.category} is above the agreed {most}", _ASK)
        if not column.purpose.strip():
            yield Fault("purpose", column.name, "no purpose is stated", _ASK)
    for gate in gates:
        if gate not in predicate.gates:
            yield Fault("gates", gate, "the product did not pass this gate", _ASK)


def _checks(predicate: Predicate, day: date) -> Iterator[Fault]:
    table = f"product.{predicate.product}"
    if table not in {declared.table for declared in predicate.declared_checks}:
        yield Fault("checks_declared", table, "no check is declared on the product", _ASK)
    results = Counter((check.table, check.rule) for check in predicate.checks)
    declared = Counter((one.table, rule) for one in predicate.declared_checks for rule in one.rules)
    for name, rule in sorted(declared - results):
        yield Fault("check_present", f"{name}: {rule}", "the declared check has no result", _ASK)
    for check in predicate.checks:
        yield from _check(check, predicate, day)
    for one in predicate.overrides:
        if person_key(one.asked.person) == person_key(one.confirmed.person):
            yield Fault("override_by_two", one.asked.person, "one person asked for an override and confirmed it", _ASK)


def _check(check: Checked, predicate: Predicate, day: date) -> Iterator[Fault]:
    if check.passed or check.severity == "warning":
        return
    subject, found = f"{check.table}: {check.rule}", f"failed on {check.failing_rows} of {check.rows} rows"
    ends = [one.until for one in predicate.overrides if any(_covers(seen, check) for seen in one.checks)]
    if not ends:
        yield Fault("check_passed", subject, found, _ASK)
    elif max(ends) < day:
        yield Fault("override_in_force", subject, f"{found}, and what set that aside ended on {max(ends)}", _STALE)


def _covers(seen: SetAside, check: Checked) -> bool:
    return (seen.table, seen.rule) == (check.table, check.rule) and check.failing_rows <= seen.failing_rows


def _in_force(folder: Path, statement: Statement, now: datetime) -> Iterator[Fault]:
    terms = statement.predicate.agreement
    day = day_of(now)
    if not terms.valid_from <= day <= terms.valid_until:
        yield Fault(
            "in_force",
            terms.name,
            f"today is {day}; the agreement is in force from {terms.valid_from} to {terms.valid_until}",
            "stop using the release, or renew the agreement with its publisher",
        )
    if tombstone(home_of(folder), statement.predicate.release_id).exists():
        yield withdrawn_fault(terms.name)


def withdrawn_fault(subject: str) -> Fault:
    """What is said of a release that its publisher withdrew."""
    return Fault("not_withdrawn", subject, "the publisher withdrew this release", "stop using it")
