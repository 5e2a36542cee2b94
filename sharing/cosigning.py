"""A witness of logs: it signs a log's checkpoint if it grew out of the last one that it signed, and nothing else ever.

A log that was rolled back, or that shows one past to this agency and another to that, is refused. What a witness keeps
is the last checkpoint of each log. How it is reached is `serving`'s. Source: https://c2sp.org/tlog-witness.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from sharing.checkpoint import Checkpoint, cosign, read_checkpoint
from sharing.durable import make_folder, read_file, write_file
from sharing.faults import SharingRefused
from sharing.keys import PublicKey, Signer
from sharing.tree import consistent

SIZE_TYPE = "text/x.tlog.size"
MOST_PROOF = 63


@dataclass(frozen=True)
class Answer:
    """What a witness answers: an HTTP status, and the text of it."""

    status: int
    text: str = ""
    kind: str = "text/plain; charset=utf-8"


@dataclass
class Witness:
    """A witness by name: the keys of the logs that it knows, its own key, and the folder of what it signed last."""

    name: str
    signer: Signer
    logs: Sequence[PublicKey]
    folder: Path
    now: Callable[[], datetime]
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def add_checkpoint(self, body: bytes) -> Answer:
        """Sign a checkpoint: the request as the specification has it, and what is answered.

        200 with the signature; 400 for what is no request, 403 for a signature of nobody known, 409 with the size that
        was signed last where the request begins elsewhere, 422 where the log did not grow out of that.
        """
        try:
            old, proof, checkpoint = read_request(body)
        except (SharingRefused, ValueError):
            return Answer(400, "no request to sign a checkpoint\n")
        if not any(checkpoint.is_signed_by(key) for key in self.logs):
            return Answer(403, "the checkpoint is not signed with the key of a log that is known here\n")
        if old > checkpoint.size:
            return Answer(400, "the old size is larger than the checkpoint's\n")
        with self._lock:
            return self._signed(old, proof, checkpoint)

    def _signed(self, old: int, proof: Sequence[bytes], checkpoint: Checkpoint) -> Answer:
        last = self.last(checkpoint.origin)
        size, root = (last.size, last.root) if last else (0, b"")
        if old != size or (checkpoint.size == size and size and checkpoint.root != root):
            return Answer(409, f"{size}\n", SIZE_TYPE)
        if size and not consistent((size, root), (checkpoint.size, checkpoint.root), proof):
            return Answer(422, "the log did not grow out of what was signed last\n")
        signature = cosign(checkpoint, self.name, self.signer, self.now())
        # On the disk before it is answered: a witness that forgot would sign another past.
        make_folder(self.folder)
        kept = checkpoint.with_signatures([*checkpoint.signatures, signature])
        write_file(self._place(checkpoint.origin), kept.note)
        return Answer(200, signature.line)

    def last(self, origin: str) -> Checkpoint | None:
        """The last checkpoint of a log that was signed; SharingRefused where it was damaged."""
        try:
            return read_checkpoint(read_file(self._place(origin)), origin)
        except FileNotFoundError:
            return None

    def _place(self, origin: str) -> Path:
        return self.folder / f"{hashlib.sha256(origin.encode()).hexdigest()[:32]}.checkpoint"


def request(old: int, proof: Sequence[bytes], checkpoint: Checkpoint) -> bytes:
    """The request to sign a checkpoint that grew out of one of `old` entries."""
    lines = [f"old {old}", *(base64.b64encode(one).decode() for one in proof)]
    return "".join(f"{line}\n" for line in lines).encode() + b"\n" + checkpoint.note


def read_request(body: bytes) -> tuple[int, list[bytes], Checkpoint]:
    """What a request says; ValueError or SharingRefused where it is none."""
    head, _, note = body.partition(b"\n\n")
    first, *lines = head.decode("ascii").split("\n")
    if not first.startswith("old ") or not first[4:].isdigit() or len(lines) > MOST_PROOF:
        raise ValueError("no request")
    try:
        proof = [base64.b64decode(line, validate=True) for line in lines]
    except binascii.Error as error:
        raise ValueError("no proof") from error
    return int(first[4:]), proof, read_checkpoint(note)
