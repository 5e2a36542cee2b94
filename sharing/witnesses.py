"""What beside the ledger tells of it: heads in certificates and anchors, tombstones, and the folders of releases.

Each names entries that the ledger must have. Read here, and held against the ledger; what follows from a lack is its
readers' business. Nothing is written.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sharing.certificate import CERTIFICATE
from sharing.chain import Head, head_signature_holds, read_head
from sharing.durable import read_file
from sharing.faults import Fault
from sharing.keyring import successor
from sharing.keys import PublicKey
from sharing.ledger import Ledger
from sharing.tail import RESTORE

STONE = ".withdrawn.json"
SEALED = ".withdrawn"
"""Where the folders of withdrawn releases may lie, below the releases."""
_NO_HOMES = {"keys", "notices", "log"}
_BACK = "restore its folder from a backup; where it is lost for good, have somebody resolve it: `zhongtai resolve`"


@dataclass(frozen=True)
class Placed:
    """One release as its place has it: the agreement and id by the names of its folders, its folder, its tombstone."""

    agreement: str
    release_id: str
    folder: Path | None
    stone: Path | None

    @property
    def name(self) -> str:
        """Agreement and id, as faults name it."""
        return f"{self.agreement}/{self.release_id}"


def placed(releases: Path) -> dict[str, Placed]:
    """Every release of which there is a folder or a tombstone, by `agreement/id`."""
    found: dict[str, Placed] = {}
    for home in _homes(releases):
        for path in home.iterdir():
            stone = path.name.endswith(STONE)
            if path.name.startswith(".") or not (stone or path.is_dir()):
                continue
            one = Placed(home.name, path.name.removesuffix(STONE), *((None, path) if stone else (path, None)))
            before = found.get(one.name)
            if before:
                one = Placed(one.agreement, one.release_id, one.folder or before.folder, one.stone or before.stone)
            found[one.name] = one
    return found


def _homes(releases: Path) -> Iterator[Path]:
    for root in (releases, releases / SEALED):
        if root.is_dir():
            yield from (
                path
                for path in sorted(root.iterdir())
                if path.is_dir() and path.name not in _NO_HOMES and not path.name.startswith(".")
            )


def speaking_keys(public: Path, current: PublicKey) -> tuple[PublicKey, ...]:
    """The keys whose signatures of before still count: those that the word of each for the next leads to this one."""
    found = []
    for path in sorted(public.glob("*.pem")) if public.is_dir() else []:
        if path.stem == current.key_id:
            continue
        try:
            key = PublicKey.read(path)
        except Exception:  # noqa: S112 - what is no key speaks for nothing
            continue
        if key.key_id == path.stem and successor(public, key, current.key_id) is not None:
            found.append(key)
    return tuple(found)


def anchored(paths: Sequence[Path], keys: Sequence[PublicKey]) -> tuple[list[Head], list[Fault]]:
    """The heads in the anchors, and what is wrong with an anchor that is there; one that is not there says nothing."""
    heads, faults = list[Head](), list[Fault]()
    for path in paths:
        try:
            head, record = read_head(path)
        except FileNotFoundError:
            continue
        except (OSError, ValueError):
            fix = "restore it, or remove it from ZHONGTAI_ANCHOR"
            faults.append(Fault("anchor_readable", str(path), "no head can be read from this anchor", fix))
            continue
        if head_signature_holds(record, keys):
            heads.append(Head(head.seq, head.digest, f"the anchor {path}"))
        else:
            fix = "find out who wrote it; remove it, and the next run writes it anew"
            faults.append(Fault("anchor_signature", str(path), "not signed with the city's key", fix))
    return heads, faults


@dataclass(frozen=True)
class Told:
    """What a certificate says of the ledger: where it ended, and the size and root of its tree; and what it is of.

    `absent` are files that it names and that are not beside it.
    """

    release_id: str
    agreement: str
    head: Head | None
    tree: tuple[int, str] | None
    key_id: str
    absent: tuple[str, ...] = ()


def told(folder: Path, place: str) -> Told | None:
    """What the certificate in a folder tells of the ledger, unverified; None where it cannot be read."""
    try:
        record = json.loads(read_file(folder / CERTIFICATE))
        statement = json.loads(base64.b64decode(record["payload"]))
        predicate, files = statement["predicate"], [str(one["name"]) for one in statement.get("subject", ())]
        head, tree = predicate.get("ledger"), predicate.get("tree")
        return Told(
            str(predicate["release_id"]),
            str(predicate["agreement"]["name"]),
            Head(int(head["seq"]), str(head["digest"]), f"the certificate of {place}") if head else None,
            (int(tree["size"]), str(tree["root"])) if tree else None,
            str(record["signatures"][0]["keyid"]),
            tuple(name for name in files if not (folder / name).is_file()),
        )
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return None


@dataclass(frozen=True)
class Recorded:
    """What the ledger has of releases: by `agreement/id`, the number of the newest entry of each kind."""

    released: dict[str, int]
    withdrawn: dict[str, int]

    @classmethod
    def of(cls, ledger: Ledger) -> Recorded:
        """What a ledger has."""
        return cls(_named(ledger, "release"), _named(ledger, "withdrawal"))


def _named(ledger: Ledger, kind: str) -> dict[str, int]:
    return {_name(entry.body): entry.seq for entry in ledger.entries(kind)}


def _name(body: Any) -> str:
    return f"{body.get('agreement')}/{body.get('release_id')}"


def lacking_heads(ledger: Ledger, heads: Iterable[Head]) -> Iterator[Fault]:
    """Each head that the ledger does not hold."""
    end = ledger.head().seq
    for head in heads:
        if not ledger.holds(head):
            lack = "is another one" if head.seq <= end else f"is not there: it ends at entry {end}"
            subject = f"entry {head.seq} {head.digest[:16]}"
            yield Fault("head_lacking", subject, f"{head.place} names it; it {lack}", RESTORE)


def unrecorded(recorded: Recorded, found: dict[str, Placed]) -> tuple[list[Placed], list[Placed]]:
    """Releases, and tombstones, that lie there and that the ledger does not know."""
    folders = [one for name, one in sorted(found.items()) if one.folder and name not in recorded.released]
    stones = [one for name, one in sorted(found.items()) if one.stone and name not in recorded.withdrawn]
    return folders, stones


def lacking_releases(recorded: Recorded, found: dict[str, Placed]) -> Iterator[Fault]:
    """What lies among the releases and the ledger does not know: the word of a past that it has lost."""
    folders, stones = unrecorded(recorded, found)
    for one in folders:
        yield Fault("release_lacking", one.name, "the release is there, and the ledger does not know it", RESTORE)
    for one in stones:
        message = "its tombstone is there, and the ledger knows no withdrawal"
        yield Fault("withdrawal_lacking", one.name, message, RESTORE)


def missing_releases(recorded: Recorded, found: dict[str, Placed]) -> Iterator[Fault]:
    """Each release that the ledger names and that is neither there nor withdrawn."""
    for name in sorted(recorded.released.keys() - recorded.withdrawn.keys()):
        if name not in found:
            message = "the ledger names this release; it is neither there nor withdrawn"
            yield Fault("release_missing", name, message, _BACK)


def missing_stones(recorded: Recorded, found: dict[str, Placed]) -> Iterator[Fault]:
    """Each withdrawal that the ledger names and that no tombstone tells of: the release would count again."""
    for name in sorted(recorded.withdrawn.keys()):
        one = found.get(name)
        if one is None or one.stone is None:
            fix = "withdraw it again, by recalling its batch or stopping its agreement; or restore the tombstone"
            yield Fault("tombstone_missing", name, "the ledger has its withdrawal, and its tombstone is gone", fix)
