"""Notices: signed files that tell a recipient that a release was withdrawn, and what to do with it.

    <releases>/notices/<recipient>/<notice id>.json    a DSSE envelope of an in-toto Statement v1

Its subjects are the files that were released, by digest, so that they are found under whatever name they are kept. One
is open until its recipient acknowledges it; that is an act, and an entry of the ledger. Withdrawing is `withdrawal`'s.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sharing import durable
from sharing.canonical import canonical_json, digest
from sharing.envelope import AGAIN, STATEMENT_TYPE, open_envelope, sign_payload, verified_payload
from sharing.faults import SharingRefused
from sharing.keys import PublicKey, Signer
from sharing.ledger import Ledger
from sharing.release import Release
from sharing.tombstones import Reason

NOTICES = "notices"
NOTICE_TYPE = "urn:zhongtai:notice:v1"
ACKNOWLEDGED = "acknowledgement"
_TO_DO = {
    "zh": "停止使用并删除该发布的全部文件及由其派生的数据，通知已转交的使用方，然后确认本通知。",
    "en": "Stop using the release, delete its files and what was derived from them, tell whoever got them from you, "
    "then acknowledge this notice.",
}


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class _Subject(_Record):
    name: str
    digest: dict[str, str]


class _Predicate(_Record):
    notice: str
    recipient: str
    agreement: str
    product: str | None
    release_id: str
    batches: tuple[str, ...]
    reason: str
    by: str
    since: datetime
    to_do: dict[str, str]


class _Statement(_Record):
    type: Literal["https://in-toto.io/Statement/v1"] = Field(alias="_type")
    subject: tuple[_Subject, ...] = Field(min_length=1)
    predicate_type: Literal["urn:zhongtai:notice:v1"] = Field(alias="predicateType")
    predicate: _Predicate


@dataclass(frozen=True)
class Notice:
    """What a notice says: which release, for which recalled batches, why, by whom, since when, and what to do.

    `by` is empty where the platform itself withdrew it, `batches` where no batch was at fault.
    """

    notice: str
    recipient: str
    agreement: str
    product: str | None
    release_id: str
    batches: tuple[str, ...]
    reason: str
    by: str
    since: datetime
    path: Path

    def as_dict(self) -> dict[str, Any]:
        """The record as JSON-ready data."""
        more = {"batches": list(self.batches), "since": self.since.isoformat(), "path": str(self.path)}
        return {**vars(self), **more, "to_do": dict(_TO_DO)}


def issue_notice(
    releases_root: Path, release: Release, recipient: str, why: tuple[Reason, datetime], by: Signer
) -> str:
    """Write the notice on a withdrawn release, signed `by` the city's key, and return its id.

    The same withdrawal is one notice, told once: what lies there stays. SharingRefused for no name of a recipient.
    """
    reason, since = why
    about = {"recipient": recipient, "release": release.release_id, "batch": reason.batch, "reason": reason.words}
    identity = digest(about)[:32]
    path = _folder(releases_root, recipient) / f"{identity}.json"
    if not path.exists():
        statement = {
            "_type": STATEMENT_TYPE,
            "subject": _subjects(release),
            "predicateType": NOTICE_TYPE,
            "predicate": {
                "notice": identity,
                "recipient": recipient,
                "agreement": release.agreement,
                "product": release.statement.predicate.product if release.statement else None,
                "release_id": release.release_id,
                "batches": [reason.batch] if reason.batch else [],
                "reason": reason.words,
                "by": reason.by,
                "since": since.isoformat(),
                "to_do": _TO_DO,
            },
        }
        durable.make_folder(path.parent)
        durable.write_file(path, sign_payload(canonical_json(statement), by))
    return identity


def _subjects(release: Release) -> list[dict[str, Any]]:
    if release.statement is None:
        # Nobody knows its files any more: its id is a digest of them.
        return [{"name": release.release_id, "digest": {"zhongtai-release": release.release_id}}]
    return [{"name": one.name, "digest": dict(one.digest)} for one in release.statement.subject]


def read_notice(path: Path, key: PublicKey | None = None) -> Notice:
    """What a notice says; with a key, only if that signed it. SharingRefused where it is none."""
    try:
        data = durable.read_file(path)
        payload = verified_payload(data, key, path.name) if key else open_envelope(data, path.name)[0]
        said = _Statement.model_validate_json(payload).predicate
    except (OSError, ValidationError):
        raise SharingRefused("notice_understood", path.name, "it is no notice, or damaged", AGAIN) from None
    facts = {name: getattr(said, name) for name in _Predicate.model_fields if name != "to_do"}
    return Notice(**facts, path=path)


def notices(releases_root: Path, recipient: str | None = None) -> Iterator[Notice]:
    """Every notice that can be read, of one recipient or all, in the order of their names."""
    home = releases_root / NOTICES
    folders = [_folder(releases_root, recipient)] if recipient else sorted(home.glob("*")) if home.is_dir() else []
    for path in (path for folder in folders for path in sorted(folder.glob("*.json"))):
        try:
            yield read_notice(path)
        except SharingRefused:
            continue  # what its recipient was to be told, the ledger has, too


def find_notice(releases_root: Path, wanted: str) -> Notice:
    """The notice whose id begins so; SharingRefused where there is none or several."""
    found = [one for one in notices(releases_root) if one.notice.startswith(wanted)] if wanted else []
    if len(found) == 1:
        return found[0]
    known = ", ".join(one.notice[:12] for one in found) or "none"
    raise SharingRefused(
        "notice_known", wanted, f"it must name one notice; that begin so there are {known}", "see `zhongtai notices`"
    )


def recorded_notices(ledger: Ledger) -> list[dict[str, Any]]:
    """What the ledger knows was told, oldest first: notice, recipient, agreement, release, why, and since when."""
    told = {str(entry.body["notice"]): entry for entry in ledger.entries("withdrawal") if entry.body.get("notice")}
    names = ("notice", "recipient", "agreement", "release_id", "reason")
    return [
        {**{name: entry.body.get(name) for name in names}, "since": entry.at.isoformat()} for entry in told.values()
    ]


def open_notices(ledger: Ledger) -> list[dict[str, Any]]:
    """Of what was told, all that nobody acknowledged."""
    acknowledged = ledger.current(ACKNOWLEDGED)
    return [one for one in recorded_notices(ledger) if one["notice"] not in acknowledged]


def _folder(releases_root: Path, recipient: str) -> Path:
    if not re.fullmatch(r"\w+", recipient):
        raise SharingRefused("recipient_name", recipient, "not the name of an agency", "name one as agreements do")
    return releases_root / NOTICES / recipient
