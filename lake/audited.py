"""How far the past was audited and found well: signed, so that the next audit may begin there.

What is written down: the ledger's end and root then, and each certificate that was read, by when and how long its file
is. Whether a next audit believes it is its own choice.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from lake.settings import Settings
from sharing.canonical import canonical_json
from sharing.certificate import CERTIFICATE
from sharing.chain import Head
from sharing.durable import read_file, write_file
from sharing.keys import PublicKey, Signer
from sharing.ledger import Ledger
from sharing.tiles import Tiles, folder_reader
from sharing.tree import Range
from sharing.witnesses import Placed


@dataclass(frozen=True)
class Audited:
    """Up to where all was found well: the head then, the tree's root in hex, and the certificates by release."""

    head: Head
    root: str
    certificates: Mapping[str, str]

    def begun(self, settings: Settings) -> Range | None:
        """The tree of the entries then, from the log's tiles; None where they do not give its root."""
        try:
            found = Range.of(Tiles(folder_reader(settings.log)), self.head.seq)
        except (OSError, ValueError):
            return None
        return found if found.root.hex() == self.root else None

    def fresh(self, there: Iterable[Placed]) -> list[Placed]:
        """The releases whose certificate has not been read, or whose file has been touched since."""
        return [one for one in there if self.certificates.get(one.name) != stamp(one)]


def _place(settings: Settings) -> Path:
    return settings.ledger.with_name(f"{settings.ledger.name}.audited")


def stamp(one: Placed) -> str:
    """When the file of a certificate last changed, as the system has it, and its length."""
    try:
        found = (one.folder or Path()).joinpath(CERTIFICATE).stat()
    except OSError:
        return ""
    return f"{found.st_ctime_ns} {found.st_size}"


def save(settings: Settings, ledger: Ledger, signer: Signer, there: Iterable[Placed]) -> None:
    """Write down that all was found well."""
    (size, root), head = ledger.tree(), ledger.head()
    record = {
        "seq": size,
        "digest": head.digest,
        "root": root,
        "certificates": {one.name: stamp(one) for one in there},
    }
    signed = record | {"key_id": signer.public.key_id, "signature": signer.sign(canonical_json(record)).hex()}
    write_file(_place(settings), canonical_json(signed))


def load(settings: Settings, keys: Sequence[PublicKey]) -> Audited | None:
    """What was written down; None where nothing was, or nothing that one of these keys signed."""
    try:
        record = json.loads(read_file(_place(settings)))
        key_id, signature = record.pop("key_id"), bytes.fromhex(record.pop("signature"))
        found = Audited(Head(int(record["seq"]), str(record["digest"]), "the last audit"), str(record["root"]), {})
        certificates = {str(name): str(one) for name, one in record["certificates"].items()}
    except (OSError, ValueError, TypeError, LookupError, AttributeError, RecursionError):
        return None
    said = canonical_json(record)
    if not any(key.key_id == key_id and key.verifies(signature, said) for key in keys):
        return None
    return Audited(found.head, found.root, certificates)
