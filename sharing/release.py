"""Releases: immutable folders of Parquet with a certificate, and the one switch that says which is current.

    <releases>/keys/<key id>.pem                         public keys
    <releases>/<agreement>/current.json                  the switch
    <releases>/<agreement>/<release id>/*.parquet        and certificate.json, read-only
    <releases>/<agreement>/<release id>.withdrawn.json   a tombstone: this release is withdrawn, for good
    <releases>/.withdrawn/<agreement>/<release id>/      what was withdrawn, out of its readers' sight

Files first, then the certificate, then the switch; each step is safe to repeat. Whether a product may leave is decided
by the gates; here it is only made sure that what leaves is what they judged.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any, Literal

from contracts.evidence import GATE_NAMES
from contracts.model import Agreement
from contracts.violation import Outcome
from sharing import durable
from sharing.candidate import parquet_files, read_schema
from sharing.canonical import canonical_json
from sharing.certificate import (
    CERTIFICATE,
    CertificateInputs,
    Statement,
    build_statement,
    identity_of,
    parse_statement,
    sign_statement,
)
from sharing.durable import read_file
from sharing.envelope import open_envelope
from sharing.faults import SharingRefused
from sharing.keys import Signer
from sharing.tombstones import Reason, sealed_folder, tombstone, tombstones, write_tombstone
from sharing.verify import verify_release

SWITCH = "current.json"
KEYS = "keys"
NOT_HOMES = frozenset({KEYS, "notices", "log"})
"""What lies beside the agreements' folders."""
_PUT_BACK = ".put_back"

State = Literal["current", "superseded", "withdrawn", "damaged"]


@dataclass(frozen=True)
class Release:
    """One release on disk. `statement` is what its certificate says, None where that cannot be read (`damaged`)."""

    agreement: str
    release_id: str
    path: Path
    state: State
    statement: Statement | None

    @property
    def recipient(self) -> str | None:
        """The agency it was released to."""
        return self.statement.predicate.agreement.recipient if self.statement else None

    @property
    def issued_at(self) -> datetime | None:
        """When it was first released: earlier than the publish that returned it where nothing new was released."""
        return self.statement.predicate.issued_at if self.statement else None

    @property
    def batches(self) -> tuple[str, ...]:
        """The batches that its certificate names."""
        return self.statement.batches if self.statement else ()

    @property
    def last_day(self) -> date | None:
        """The last day on which it may be read: of its agreement's term, and of every override that it stands on."""
        said = self.statement.predicate if self.statement else None
        return min(said.agreement.valid_until, *(one.until for one in said.overrides), date.max) if said else None

    def as_dict(self) -> dict[str, Any]:
        """The record as JSON-ready data, and the body of its ledger entry."""
        predicate = self.statement.predicate if self.statement else None
        return {
            "agreement": self.agreement,
            "product": predicate and predicate.product,
            "recipient": self.recipient,
            "release_id": self.release_id,
            "path": str(self.path),
            "rows": predicate and predicate.rows,
            "verdict": str(Outcome.RELEASED if self.state in ("current", "superseded") else Outcome.WITHDRAWN),
            "state": self.state,
            "at": self.issued_at.isoformat() if self.issued_at else None,
            "valid_until": predicate and predicate.agreement.valid_until.isoformat(),
            "batches": list(self.batches),
            **({"request": predicate.request.id} if predicate and predicate.request else {}),
        }


def publish(
    releases_root: Path,
    agreement: Agreement,
    candidate_dir: Path,
    inputs: CertificateInputs,
    signer: Signer,
    at: datetime,
) -> Release:
    """Release the Parquet files of `candidate_dir`, which are copied, and switch to them in one atomic step.

    The id is the digest of content, agreement and batches: the same again is the same release, and nothing is written.
    Content that was withdrawn comes back as another release, which says the how manieth it is. A crash at any point
    leaves the last release current; the next publish completes. SharingRefused where the gates did not release the
    product, where the files are not those they judged, and where a batch in it was recalled.
    """
    home = _home(releases_root, agreement.name)
    _refuse_unjudged(agreement, inputs)
    _refuse_recalled(releases_root, agreement, inputs)
    identity, inputs = _identified(home, agreement, inputs)
    durable.make_folder(home)
    _publish_key(releases_root, signer)
    folder = home / identity
    if folder.exists():
        _refuse_damaged(releases_root, folder, at)
    else:
        _assemble(candidate_dir, home / f".{identity}.draft", agreement, inputs, signer, at)
        durable.place_folder(home / f".{identity}.draft", folder)
    durable.seal_folder(folder)
    if _switched(home) != identity:
        durable.write_file(home / SWITCH, canonical_json({"release_id": identity, "at": at.isoformat()}))
    return _read(agreement.name, folder, "current")


def withdraw(
    releases_root: Path, agreement: str, reason: str | Reason, at: datetime, release_id: str | None = None
) -> Release | None:
    """Withdraw a release (the current one, unless another is named) for good, and return it; None where there is none.

    The tombstone is written before the switch goes, and it alone withdraws: a crash in between serves nothing. Then the
    release is put out of its readers' sight; where a crash left it there, the next call does so. One that is named is
    withdrawn also where its folder is gone.
    """
    home = _home(releases_root, agreement)
    identity = release_id or _switched(home)
    if identity is None or (release_id is None and not (home / identity).is_dir()):
        return None
    durable.make_folder(home)
    write_tombstone(home, identity, reason if isinstance(reason, Reason) else Reason(reason), at)
    if _switched(home) == identity:
        durable.remove_file(home / SWITCH)
    sealed = sealed_folder(home, identity)
    if (home / identity).is_dir():
        durable.seal_away(home / identity, _free(sealed))
    return _read(agreement, sealed, "withdrawn")


def _free(sealed: Path) -> Path:
    """Where to put a folder, if a release of that id lies sealed away already: that one is kept as it is."""
    if not sealed.exists():
        return sealed
    beside = sealed.with_name(f".{sealed.name}{_PUT_BACK}")
    durable.remove_folder(beside)
    return beside


def current_release(releases_root: Path, agreement: str, today: date | None = None) -> Release | None:
    """The release that the recipient may read; None where there is none, on a day outside its agreement's term, and
    after the end of an override that it stands on."""
    home = _home(releases_root, agreement)
    identity = _switched(home)
    if identity is None or tombstone(home, identity).exists() or not (home / identity).is_dir():
        return None
    release = _read(agreement, home / identity, "current")
    if release.statement is None:
        return None
    first, last = release.statement.predicate.agreement.valid_from, release.last_day
    return release if today is None or (last is not None and first <= today <= last) else None


def list_releases(releases_root: Path, agreement: str | None = None) -> list[Release]:
    """Every release ever made, of one agreement or all, oldest first within its agreement."""
    if not releases_root.is_dir():
        return []
    names = [agreement] if agreement else sorted(path.name for path in releases_root.iterdir() if _is_home(path))
    found = [release for name in names for release in _releases(_home(releases_root, name))]
    return sorted(found, key=lambda one: (one.agreement, one.issued_at.timestamp() if one.issued_at else 0.0))


def find_public_key(releases_root: Path, folder: Path) -> Path:
    """The public key file, beside the releases, that the certificate in `folder` names; SharingRefused where none is.

    A recipient who does not trust the place the release came from uses a key got by another way.
    """
    try:
        _, key_id, _ = open_envelope(read_file(folder / CERTIFICATE), CERTIFICATE)
    except OSError:
        raise SharingRefused(
            "certificate_present", str(folder), f"there is no readable {CERTIFICATE}", "give the folder of one release"
        ) from None
    path = releases_root / KEYS / f"{key_id}.pem"
    if not re.fullmatch(r"[0-9a-f]{64}", key_id) or not path.is_file():
        raise SharingRefused(
            "public_key", str(path.parent), f"no public key {key_id[:16]}", "ask the publisher for it and name its file"
        )
    return path


def _refuse_unjudged(agreement: Agreement, inputs: CertificateInputs) -> None:
    verdict, candidate = inputs.verdict, inputs.evidence.candidate
    named = (verdict.agreement, verdict.product, candidate.product)
    if named != (agreement.name, agreement.product, agreement.product):
        _refuse("verdict", agreement.name, "the verdict or the files are of another agreement or product")
    if verdict.outcome is not Outcome.RELEASED or verdict.violations:
        _refuse("verdict", agreement.name, f"the gates withheld it for {len(verdict.violations)} reasons")
    missing = [name for name in GATE_NAMES if name not in inputs.gates]
    if missing:
        _refuse("gates", agreement.name, f"it was not judged by {', '.join(missing)}")


def _refuse(rule: str, subject: str, message: str) -> None:
    raise SharingRefused(rule, subject, message, "have the gates judge this very export, and publish what they release")


def _identified(home: Path, agreement: Agreement, inputs: CertificateInputs) -> tuple[str, CertificateInputs]:
    """The release's id, and the inputs that say how often its content was withdrawn before."""
    again = 0
    while True:
        identity = identity_of(agreement, replace(inputs, again=again))
        if not tombstone(home, identity).exists():
            return identity, replace(inputs, again=again)
        again += 1


def _refuse_recalled(releases_root: Path, agreement: Agreement, inputs: CertificateInputs) -> None:
    # The gate has the ledger's word; this is that of the releases themselves.
    named = {stone.batch for stone in tombstones(releases_root)} & set(inputs.evidence.batches)
    for batch in sorted(named):
        message = f"batch {batch} was recalled, and its rows are in the product"
        fix = "run again: what it is made of then leaves it out"
        raise SharingRefused("batch_not_recalled", agreement.name, message, fix)


def _refuse_damaged(releases_root: Path, folder: Path, at: datetime) -> None:
    # The gates judged the term by the business date, which `at` need not be.
    faults = [
        one
        for one in verify_release(folder, find_public_key(releases_root, folder), at)
        if one.rule not in ("in_force", "override_in_force")
    ]
    if faults:
        raise SharingRefused(
            "release_sound",
            str(folder),
            f"the release is there and is damaged: {faults[0].subject}: {faults[0].message}",
            "find out who changed it, withdraw it, move the folder away, and run again",
        )


def _publish_key(releases_root: Path, signer: Signer) -> None:
    path = releases_root / KEYS / f"{signer.public.key_id}.pem"
    if not path.exists() or path.read_bytes() != signer.public.pem:
        durable.make_folder(path.parent)
        durable.write_file(path, signer.public.pem)


def _assemble(
    candidate_dir: Path, draft: Path, agreement: Agreement, inputs: CertificateInputs, signer: Signer, at: datetime
) -> None:
    durable.remove_folder(draft)
    durable.make_folder(draft)
    judged = {file.name: file.sha256 for file in inputs.evidence.candidate.files}
    if {path.name for path in parquet_files(candidate_dir)} != set(judged):
        _refuse("files_judged", str(candidate_dir), "the files are not those that the gates judged")
    for name, expected in sorted(judged.items()):
        if durable.copy_file(candidate_dir / name, draft / name) != expected:
            _refuse("files_judged", str(candidate_dir / name), "its bytes changed after the gates judged them")
    schema = read_schema(tuple(draft / name for name in sorted(judged)))
    statement = build_statement(agreement, inputs, schema, at)
    durable.write_file(draft / CERTIFICATE, sign_statement(statement, signer))
    durable.seal_files(draft)


def _read(agreement: str, folder: Path, state: State) -> Release:
    try:
        statement = parse_statement(open_envelope(read_file(folder / CERTIFICATE), CERTIFICATE)[0])
    except (OSError, SharingRefused):
        return Release(agreement, folder.name, folder, "withdrawn" if state == "withdrawn" else "damaged", None)
    return Release(agreement, folder.name, folder, state, statement)


def _releases(home: Path) -> Iterator[Release]:
    switched = _switched(home)
    sealed = sealed_folder(home, "x").parent
    for folder in sorted(path for place in (home, sealed) for path in _folders(place)):
        if folder.parent == sealed or tombstone(home, folder.name).exists():
            yield _read(home.name, folder, "withdrawn")
        else:
            yield _read(home.name, folder, "current" if folder.name == switched else "superseded")


def _folders(place: Path) -> Iterator[Path]:
    if place.is_dir():
        yield from (path for path in place.iterdir() if path.is_dir() and "." not in path.name)


def switched(releases_root: Path, agreement: str) -> tuple[str, datetime] | None:
    """The release that the switch of an agreement names, and since when; None where it names none."""
    return _switch(_home(releases_root, agreement))


def _switched(home: Path) -> str | None:
    found = _switch(home)
    return found[0] if found else None


def _switch(home: Path) -> tuple[str, datetime] | None:
    try:
        told = json.loads(read_file(home / SWITCH))
        identity, at = told["release_id"], datetime.fromisoformat(told["at"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
    return (identity, at) if isinstance(identity, str) and re.fullmatch(r"[0-9a-f]{32}", identity) else None


def _is_home(path: Path) -> bool:
    # A folder that somebody else put there stops no recall.
    return path.is_dir() and path.name not in NOT_HOMES and re.fullmatch(r"\w+", path.name) is not None


def _home(releases_root: Path, agreement: str) -> Path:
    if not re.fullmatch(r"\w+", agreement) or agreement in NOT_HOMES:
        raise SharingRefused(
            "agreement_name", agreement, "not the name of an agreement", "name it `<agency>__<purpose>`"
        )
    return releases_root / agreement
