"""Checkpoints: a log's size and root in a signed note, and the signatures of witnesses that saw no other.

The lines of a checkpoint: origin, size, root, then `entry <digest>` of the newest entry. An Ed25519 key signs as the
specification has it; one of SM2 under the type 0xff with the name `zhongtai-sm2`, which the specification leaves to
everybody.

Sources: https://c2sp.org/signed-note, https://c2sp.org/tlog-checkpoint, https://c2sp.org/tlog-cosignature.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sharing.faults import SharingRefused
from sharing.keys import ED25519, PublicKey, Signer

CHECKPOINT = "checkpoint"
_SIGN = "— "
_LOG, _COSIGNATURE, _OTHER = b"\x01", b"\x04", b"\xffzhongtai-sm2"
_AGAIN = "get it again from where it came, whole"


@dataclass(frozen=True)
class Signature:
    """One line of a signed note: whose name, the four bytes of the key, and what it signed with."""

    name: str
    key_hash: bytes
    value: bytes

    @property
    def line(self) -> str:
        """The line as the note has it."""
        return f"{_SIGN}{self.name} {base64.b64encode(self.key_hash + self.value).decode()}\n"


@dataclass(frozen=True)
class Checkpoint:
    """A log's state: `root` is of its tree, 32 bytes, `entry` the digest of its newest entry, empty if none."""

    origin: str
    size: int
    root: bytes
    entry: str = ""
    signatures: tuple[Signature, ...] = ()

    @property
    def body(self) -> bytes:
        """What is signed."""
        lines = [self.origin, str(self.size), base64.b64encode(self.root).decode()]
        return "".join(f"{line}\n" for line in [*lines, *([f"entry {self.entry}"] if self.entry else [])]).encode()

    @property
    def note(self) -> bytes:
        """The checkpoint's file."""
        return self.body + b"\n" + "".join(one.line for one in self.signatures).encode()

    def signed(self, signer: Signer) -> Checkpoint:
        """The same with the log's own signature alone."""
        value = signer.sign(self.body)
        return self.with_signatures([Signature(self.origin, _key_hash(self.origin, signer.public), value)])

    def with_signatures(self, signatures: Iterable[Signature]) -> Checkpoint:
        """The same with these signatures."""
        return Checkpoint(self.origin, self.size, self.root, self.entry, tuple(signatures))

    def is_signed_by(self, key: PublicKey) -> bool:
        """Whether the log's key signed it."""
        wanted = _key_hash(self.origin, key)
        mine = [one for one in self.signatures if (one.name, one.key_hash) == (self.origin, wanted)]
        return any(key.verifies(one.value, self.body) for one in mine)

    def cosigned(self, name: str, key: PublicKey) -> datetime | None:
        """When a witness says that it saw this and nothing that contradicts it; None where it does not."""
        wanted = _witness_hash(name, key)
        for one in self.signatures:
            if (one.name, one.key_hash) == (name, wanted) and key.verifies(one.value[8:], _seen(self.body, one.value)):
                return datetime.fromtimestamp(int.from_bytes(one.value[:8], "big")).astimezone()
        return None


def cosign(checkpoint: Checkpoint, name: str, signer: Signer, at: datetime) -> Signature:
    """A witness's signature, with the moment at which it saw the checkpoint."""
    moment = int(at.timestamp()).to_bytes(8, "big")
    return Signature(name, _witness_hash(name, signer.public), moment + signer.sign(_seen(checkpoint.body, moment)))


def _seen(body: bytes, value: bytes) -> bytes:
    return b"cosignature/v1\ntime %d\n" % int.from_bytes(value[:8], "big") + body


def _key_hash(name: str, key: PublicKey) -> bytes:
    kind = _LOG + key.raw if key.algorithm == ED25519 else _OTHER + key.pem
    return hashlib.sha256(name.encode() + b"\n" + kind).digest()[:4]


def _witness_hash(name: str, key: PublicKey) -> bytes:
    kind = _COSIGNATURE + key.raw if key.algorithm == ED25519 else _OTHER + b"-cosignature" + key.pem
    return hashlib.sha256(name.encode() + b"\n" + kind).digest()[:4]


def read_checkpoint(data: bytes, place: str = CHECKPOINT) -> Checkpoint:
    """The checkpoint of a note, unverified; SharingRefused where it is none."""
    try:
        text, _, signed = data.decode("utf-8").partition("\n\n")
        origin, size, root, *more = text.split("\n")
        entry = more[0].removeprefix("entry ") if more else ""
        signatures = tuple(_signature(line) for line in signed.splitlines())
        found = Checkpoint(origin, int(size), base64.b64decode(root, validate=True), entry, signatures)
        if len(found.root) != 32 or found.note != data:
            raise ValueError("another spelling")
        return found
    except (ValueError, UnicodeError, binascii.Error):
        raise SharingRefused("log_checkpoint", place, "no checkpoint of a log can be read", _AGAIN) from None


def read_signature(data: bytes, place: str) -> Signature:
    """The one signature line that a witness answers; SharingRefused where it is none."""
    try:
        return _signature(data.decode("utf-8").removesuffix("\n"))
    except (ValueError, UnicodeError, binascii.Error):
        raise SharingRefused("cosignature", place, "its answer is no signature", "ask whoever runs it") from None


def _signature(line: str) -> Signature:
    found = re.fullmatch(rf"{_SIGN}(\S+) (\S+)", line)
    if found is None:
        raise ValueError("no signature")
    value = base64.b64decode(found[2], validate=True)
    return Signature(found[1], value[:4], value[4:])
