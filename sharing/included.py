"""Whether a release is in the publisher's log, told by its recipient: by the release, its entry, and a checkpoint.

Nothing that lies in a log is believed: proofs are made from its tiles and verified against a checkpoint that a trusted
key signed. No ledger is needed.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sharing.certificate import CERTIFICATE, Statement, parse_statement
from sharing.chain import COLUMNS, entry_digest
from sharing.checkpoint import CHECKPOINT, Checkpoint, read_checkpoint
from sharing.durable import read_file
from sharing.envelope import open_envelope
from sharing.faults import Fault, SharingRefused
from sharing.keys import PublicKey
from sharing.tiles import Reader, Tiles, folder_reader, web_reader
from sharing.tombstones import home_of
from sharing.transparency import LOG, PROOF
from sharing.tree import consistency_proof, consistent, includes, inclusion_proof
from sharing.trust import trusted_keys

_ASK = "do not use the release; tell its publisher, and whoever else has a checkpoint of this ledger"
_GET = "get the log from the publisher again, whole: its checkpoint and its tiles"


_TILES = (
    "ask again with the log's folder or address: "
    "`zhongtai verify RELEASE_DIR --key CITY.pem --ledger LOG`; keep this checkpoint to hold that log against it"
)


@dataclass(frozen=True)
class Source:
    """A log as a recipient has it: its checkpoint, and where its tiles are read; None of a checkpoint alone."""

    checkpoint: Checkpoint
    read: Reader | None


def open_source(given: str, release: Path) -> Source:
    """The log at an address, in a folder, or of a checkpoint's file; SharingRefused where there is none.

    The tiles of a bare checkpoint are those in its folder, or else those beside the releases.
    """
    if "://" in given:
        read = web_reader(given)
        return Source(_read(read, given), read)
    path = Path(given)
    if path.is_dir():
        return Source(_read(folder_reader(path), given), folder_reader(path))
    releases = home_of(release).parent
    places = (path.parent, releases.parent / LOG, releases / LOG)
    folder = next((one for one in places if (one / "tile").is_dir()), None)
    return Source(_read(lambda _: read_file(path), given), folder_reader(folder) if folder else None)


def _read(read: Reader, place: str) -> Checkpoint:
    try:
        return read_checkpoint(read(CHECKPOINT), place)
    except OSError as error:
        said = f"no checkpoint can be read there ({type(error).__name__})"
        raise SharingRefused("log_checkpoint", place, said, _GET) from None


def verify_logged(release: Path, given: str, trusted: PublicKey | None) -> tuple[list[Fault], dict[str, Any]]:
    """Every fault of a release in a folder against a log (`open_source`), and what is told of the log.

    What is told of a checkpoint without tiles beside it says in `unchecked` what it does not show.
    """
    try:
        source = open_source(given, release)
        keys = trusted_keys(home_of(release).parent, trusted)
    except SharingRefused as refused:
        return [refused.fault], {}
    one = source.checkpoint
    faults = log_faults(release, source, keys)
    log = {"origin": one.origin, "size": one.size, "root": one.root.hex()}
    if source.read is None:
        log["unchecked"] = f"a checkpoint alone shows no entry, and no tiles lie beside it; {_TILES}"
    return faults, {} if faults else {"log": log}


def log_faults(release: Path, source: Source, keys: Sequence[PublicKey]) -> list[Fault]:
    """Why a release in a folder is not shown to be in a log that began as its certificate says; empty where it is.

    `keys` are those whose signature on the checkpoint counts. Of a checkpoint without tiles only that it is signed
    and does not contradict the certificate where both are of as many entries.
    """
    checkpoint = source.checkpoint
    if not any(checkpoint.is_signed_by(key) for key in keys):
        return [
            Fault("log_signature", checkpoint.origin, "the checkpoint is not signed with the publisher's key", _ASK)
        ]
    try:
        statement = parse_statement(open_envelope(read_file(release / CERTIFICATE), CERTIFICATE)[0])
        row = _entry(release, statement)
        if source.read is None:
            return _contradicted(statement, checkpoint)
        tiles = Tiles(source.read)
        return [*_included(row, checkpoint, tiles), *_consistent(statement, checkpoint, tiles)]
    except SharingRefused as refused:
        return [refused.fault]
    except (OSError, ValueError) as error:
        return [Fault("log_tiles", checkpoint.origin, f"its tiles cannot be read ({type(error).__name__})", _GET)]


def _entry(release: Path, statement: Statement) -> dict[str, Any]:
    """The release's entry in the ledger, whose content must be what its digest says."""
    path = home_of(release) / f"{release.name}{PROOF}"
    identity, agreement = statement.predicate.release_id, statement.predicate.agreement.name
    try:
        row = json.loads(read_file(path))
        columns = [row[name] for name in COLUMNS.split(", ")]
        seq, at, kind, run, key, body, previous, digest = columns
        named = json.loads(body)
        whole = entry_digest(seq, at, kind, run, (key, body), previous) == digest
    except OSError:
        said = "the ledger's entry of it is not beside it"
        raise SharingRefused("log_entry", path.name, said, "get it from the publisher, with the release") from None
    except (ValueError, LookupError, TypeError, RecursionError):
        raise SharingRefused("log_entry", path.name, "no entry of a ledger can be read", _GET) from None
    if not whole or kind != "release" or (named.get("release_id"), named.get("agreement")) != (identity, agreement):
        raise SharingRefused("log_entry", path.name, "it is not the entry of this release", _ASK)
    return dict(row)


def _included(row: dict[str, Any], checkpoint: Checkpoint, tiles: Tiles) -> list[Fault]:
    index = int(row["seq"]) - 1
    if index >= checkpoint.size:
        said = f"the checkpoint is of {checkpoint.size} entries; the release is entry {index + 1}"
        return [Fault("log_older", checkpoint.origin, said, "get a newer checkpoint from the publisher")]
    proof = inclusion_proof(tiles, index, checkpoint.size)
    if includes(bytes.fromhex(str(row["digest"])), index, (checkpoint.size, checkpoint.root), proof):
        return []
    return [Fault("log_inclusion", f"entry {index + 1}", "the release's entry is not in the publisher's log", _ASK)]


def _contradicted(statement: Statement, checkpoint: Checkpoint) -> list[Fault]:
    """Two roots over as many entries are one, or one was rewritten; of other sizes nothing is told without tiles."""
    tree = statement.predicate.tree
    if tree is None or tree.size != checkpoint.size or tree.root == checkpoint.root.hex():
        return []
    said = f"it has another root over {tree.size} entries than the certificate: the ledger was rewritten"
    return [Fault("log_consistency", checkpoint.origin, said, _ASK)]


def _consistent(statement: Statement, checkpoint: Checkpoint, tiles: Tiles) -> list[Fault]:
    tree = statement.predicate.tree
    if tree is None or not tree.size:
        return []
    if tree.size > checkpoint.size:
        said = f"the checkpoint is of {checkpoint.size} entries; the certificate knows of {tree.size}"
        return [Fault("log_older", checkpoint.origin, said, "get a newer checkpoint from the publisher")]
    proof = consistency_proof(tiles, tree.size, checkpoint.size)
    if consistent((tree.size, bytes.fromhex(tree.root)), (checkpoint.size, checkpoint.root), proof):
        return []
    said = f"the log did not grow out of the {tree.size} entries that the certificate was issued over: it was rewritten"
    return [Fault("log_consistency", checkpoint.origin, said, _ASK)]
