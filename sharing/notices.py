"""Notices: signed files that tell a recipient that a release was withdrawn, and what to do with it.

    <releases>/notices/<recipient>/<notice id>.json    a DSSE envelope of an in-toto Statement v1

Its subjects are the files that were released, by digest, so that they are found under whatever name they are kept. One
is open until its recipient acknowledges it; that is an act, and an entry of the ledger. What was told, the ledger has
as well: a file that is gone, or is not the city's word, is written anew from it. Withdrawing is `withdrawal`'s.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError

from sharing import durable
from sharing.canonical import canonical_json, digest
from sharing.chain import Entry
from sharing.envelope import AGAIN, STATEMENT_TYPE, open_envelope, sign_payload, verified_payload
from sharing.faults import Fault, SharingRefused
from sharing.keys import PublicKey, Signer
from sharing.ledger import Ledger
from sharing.release import Release, list_releases
from sharing.statement import Record, Subject
from sharing.tombstones import Reason

NOTICES = "notices"
NOTICE_TYPE = "urn:zhongtai:notice:v1"
ACKNOWLEDGED = "acknowledgement"
_ANEW = "run `zhongtai run`: it writes what the ledger says was told, signed anew"
_FORGED = (
    "do not act on it: remove the file, and find out who wrote it; where a command was killed, run `zhongtai run` first"
)
_TO_DO = {
    "zh": "停止使用并删除该发布的全部文件及由其派生的数据，通知已转交的使用方，然后确认本通知。",
    "en": "Stop using the release, delete its files and what was derived from them, tell whoever got them from you, "
    "then acknowledge this notice.",
}


class _Predicate(Record):
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


class _Statement(Record):
    type: Literal["https://in-toto.io/Statement/v1"] = Field(alias="_type")
    subject: tuple[Subject, ...] = Field(min_length=1)
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

    A release is withdrawn once, and told of once, however often it is recalled: what lies there stays. SharingRefused
    for no name of a recipient.
    """
    identity = digest({"recipient": recipient, "release": release.release_id})[:32]
    path = _folder(releases_root, recipient) / f"{identity}.json"
    if not path.exists():
        _write(path, release, why, by)
    return identity


def _write(path: Path, release: Release, why: tuple[Reason, datetime], by: Signer) -> None:
    reason, since = why
    statement = {
        "_type": STATEMENT_TYPE,
        "subject": _subjects(release),
        "predicateType": NOTICE_TYPE,
        "predicate": {
            "notice": path.stem,
            "recipient": path.parent.name,
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
    if (said.recipient, said.notice) != (path.parent.name, path.stem):
        raise SharingRefused("notice_understood", path.name, "it is another notice than its place says", AGAIN)
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


def find_notice(releases_root: Path, wanted: str, ledger: Ledger | None = None) -> Notice:
    """The notice whose id begins so; SharingRefused where there is none or several.

    With a ledger also one whose file is gone, or says something else than the ledger: it is then as that has it.
    """
    known = {one.notice: one for one in notices(releases_root)}
    for notice, entry in _recorded(ledger).items() if ledger else ():
        if notice not in known or not _agree(known[notice], entry):
            known[notice] = _as_recorded(releases_root, entry)
    found = [one for notice, one in known.items() if notice.startswith(wanted)] if wanted else []
    if len(found) == 1:
        return found[0]
    said = "no notice begins so"
    if found:
        said = f"several notices begin so: {', '.join(one.notice for one in found)}"
    raise SharingRefused("notice_known", wanted, said, "see `zhongtai notices` for their ids")


def recorded_notices(ledger: Ledger) -> list[dict[str, Any]]:
    """What the ledger knows was told, oldest first: notice, recipient, agreement, release, why, and since when."""
    names = ("notice", "recipient", "agreement", "release_id")
    return [
        {
            **{name: entry.body.get(name) for name in names},
            "reason": _why(entry).words,
            "since": entry.at.isoformat(),
        }
        for entry in _recorded(ledger).values()
    ]


def _recorded(ledger: Ledger) -> dict[str, Entry]:
    """Notice -> the entry that first says that it was issued."""
    found: dict[str, Entry] = {}
    for entry in ledger.entries("withdrawal"):
        if entry.body.get("notice"):
            found.setdefault(str(entry.body["notice"]), entry)
    return found


def _agree(notice: Notice, entry: Entry) -> bool:
    names = ("recipient", "agreement", "release_id")
    return all(getattr(notice, name) == entry.body.get(name) for name in names)


def _place(releases_root: Path, entry: Entry) -> Path:
    return _folder(releases_root, str(entry.body["recipient"])) / f"{entry.body['notice']}.json"


def _why(entry: Entry) -> Reason:
    """Why, in the words of the notice: the entry of a recall has the person's own."""
    words, by, batch = (str(entry.body.get(name) or "") for name in ("reason", "by", "batch"))
    begin = f"batch {batch} was recalled: "
    return Reason(words if not batch or words.startswith(begin) else begin + words, by, batch)


def _as_recorded(releases_root: Path, entry: Entry) -> Notice:
    why, body = _why(entry), entry.body
    return Notice(
        notice=str(body["notice"]),
        recipient=str(body["recipient"]),
        agreement=str(body["agreement"]),
        product=None,
        release_id=str(body["release_id"]),
        batches=(why.batch,) if why.batch else (),
        reason=why.words,
        by=why.by,
        since=entry.at,
        path=_place(releases_root, entry),
    )


def notice_faults(ledger: Ledger, releases_root: Path, keys: Sequence[PublicKey]) -> list[Fault]:
    """Each notice that the ledger has and whose file is gone or not the city's word (signed with none of its `keys`, or
    of another release), and each file there that is none of the ledger's.
    """
    recorded = _recorded(ledger)
    found = [fault for entry in recorded.values() if (fault := _fault(releases_root, entry, keys)) is not None]
    known = {_place(releases_root, entry) for entry in recorded.values()}
    for path in sorted((releases_root / NOTICES).glob("*/*.json")):
        if path not in known:
            found.append(Fault("notice_unknown", _subject(path), "the ledger knows no such notice", _FORGED))
    return found


def _fault(releases_root: Path, entry: Entry, keys: Iterable[PublicKey]) -> Fault | None:
    path = _place(releases_root, entry)
    if not path.exists():
        what = f"its file is gone; it tells of release {entry.body.get('release_id')} of {entry.body.get('agreement')}"
        return Fault("notice_missing", _subject(path), what, _ANEW)
    if any(_is_word_of(path, key, entry) for key in keys):
        return None
    return Fault("notice_signature", _subject(path), "it is not what the city signed: written by another hand", _ANEW)


def _is_word_of(path: Path, key: PublicKey, entry: Entry) -> bool:
    try:
        return _agree(read_notice(path, key), entry)
    except SharingRefused:
        return False


def _subject(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"


def write_missing(ledger: Ledger, releases_root: Path, by: Signer, keys: Sequence[PublicKey]) -> list[str]:
    """Write anew, signed `by` the city's key, each notice of the ledger whose file is gone or not the city's word
    (`notice_faults`); returned are their ids.
    """
    lacking = [one for one in _recorded(ledger).values() if _fault(releases_root, one, keys) is not None]
    known = {(one.agreement, one.release_id): one for one in list_releases(releases_root)} if lacking else {}
    for entry in lacking:
        agreement, identity = str(entry.body["agreement"]), str(entry.body["release_id"])
        gone = Release(agreement, identity, releases_root / agreement / identity, "withdrawn", None)
        _write(_place(releases_root, entry), known.get((agreement, identity), gone), (_why(entry), entry.at), by)
    return [str(entry.body["notice"]) for entry in lacking]


def open_notices(ledger: Ledger) -> list[dict[str, Any]]:
    """Of what was told, all that nobody acknowledged."""
    acknowledged = ledger.current(ACKNOWLEDGED)
    return [one for one in recorded_notices(ledger) if one["notice"] not in acknowledged]


def _folder(releases_root: Path, recipient: str) -> Path:
    if not re.fullmatch(r"\w+", recipient):
        raise SharingRefused("recipient_name", recipient, "not the name of an agency", "name one as agreements do")
    return releases_root / NOTICES / recipient
