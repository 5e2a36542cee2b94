"""The ledger's log: its tree in tiles and a signed checkpoint, for everybody to hold the ledger against.

    <state>/ledger.tiles/checkpoint, tile/…            hashes alone: a folder that all may read
    <releases>/<agreement>/<release id>.ledger.json    the entry of one release, for its recipient

Written here from the ledger, and read. The leaves are the digests of the entries. Who asks witnesses to sign is not
known here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sharing.canonical import canonical_json
from sharing.chain import Head
from sharing.checkpoint import CHECKPOINT, Checkpoint, read_checkpoint
from sharing.durable import make_folder, read_file, write_file
from sharing.faults import Fault, SharingRefused
from sharing.findings import RESOLVED
from sharing.keys import PublicKey, Signer
from sharing.ledger import Ledger
from sharing.tiles import add_tiles, tidy
from sharing.tree import leaf_hash

LOG = "ledger.tiles"
_HEADS = ("head_lacking ", "tree_lacking ", "ledger_missing ")
PROOF = ".ledger.json"
_RESTORE = "restore the log from a backup, and find out who wrote to it"


@dataclass(frozen=True)
class Log:
    """The log in a folder."""

    folder: Path

    def checkpoint(self) -> Checkpoint | None:
        """The newest checkpoint, unverified; None where there is none. SharingRefused for what is none."""
        try:
            return read_checkpoint(read_file(self.folder / CHECKPOINT))
        except OSError:
            return None

    def head(self, keys: Sequence[PublicKey]) -> tuple[list[Head], list[Fault]]:
        """Where the ledger ended by the checkpoint, and what is wrong with that."""
        try:
            found = self.checkpoint()
        except SharingRefused as refused:
            return [], [refused.fault]
        if found is None or not found.size:
            return [], []
        if not any(found.is_signed_by(key) for key in keys):
            return [], [Fault("log_signature", f"{LOG}/{CHECKPOINT}", "not signed with the city's key", _RESTORE)]
        return [Head(found.size, found.entry, "the log's checkpoint")], []


def origin(ledger: Ledger) -> str:
    """The name of a ledger's log: by its first entry, and by how often it was accepted that a part of it is lost."""
    first = (ledger.first() or "none")[:16]
    forks, before = 0, set[str]()
    for entry in ledger.entries(RESOLVED):
        heads = {str(one) for one in entry.body.get("lost", ()) if str(one).startswith(_HEADS)}
        forks += bool(heads - before)
        before |= heads
    return f"zhongtai/ledger/{first}" + (f"/{forks + 1}" if forks else "")


def publish(folder: Path, releases: Path, ledger: Ledger, signer: Signer) -> Checkpoint:
    """Bring the log up to the ledger: tiles first, then the checkpoint, so that a crash leaves the last one true.

    A log of a past that was lost, which a named person has accepted, is put aside.
    """
    log, name = Log(folder), origin(ledger)
    try:
        before = log.checkpoint()
    except SharingRefused:
        before = None  # what the ledger has is written anew; the audit tells of the damage
    if before is not None and before.origin != name:
        _put_aside(log.folder, before)
        before = None
    size, root = ledger.tree()
    if before is not None and before.size == size and before.is_signed_by(signer.public):
        return before
    old = before.size if before else 0
    make_folder(log.folder)
    try:
        add_tiles(log.folder, old, (leaf_hash(one) for one in ledger.digests(old)))
    except (OSError, ValueError):
        # Tiles are missing or cut, of which the audit tells: all are written anew.
        add_tiles(log.folder, 0, (leaf_hash(one) for one in ledger.digests()))
    found = Checkpoint(name, size, bytes.fromhex(root), ledger.head().digest).signed(signer)
    _tell_recipients(releases, ledger, old)
    write_file(log.folder / CHECKPOINT, found.note)
    tidy(log.folder, size)
    return found


def _put_aside(folder: Path, before: Checkpoint) -> None:
    lost = folder / "lost" / before.origin.replace("/", "_")
    make_folder(lost.parent)
    make_folder(lost)
    for name in ("tile", CHECKPOINT):
        if (folder / name).exists():
            (folder / name).rename(lost / name)


def _tell_recipients(releases: Path, ledger: Ledger, after: int) -> None:
    """Beside each release its entry, by which its recipient finds it in the log."""
    for entry in ledger.rows("release", after):
        agreement, identity = str(entry["body"].get("agreement")), str(entry["body"].get("release_id"))
        home = releases / agreement
        if home.is_dir() and not (home / f"{identity}{PROOF}").exists():
            write_file(home / f"{identity}{PROOF}", canonical_json(entry["row"]))
