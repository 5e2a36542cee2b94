"""A witness reached by HTTP, and how a log asks one. Nothing is decided here: what is signed is `cosigning`'s."""

from __future__ import annotations

import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from sharing.checkpoint import Checkpoint, Signature, read_signature
from sharing.cosigning import Answer, Witness, request
from sharing.faults import SharingRefused
from sharing.tiles import Tiles
from sharing.tree import consistency_proof

ADD = "/add-checkpoint"
_MOST_BYTES = 64 * 1024
_SECONDS = 10.0


def serve(witness: Witness, host: str = "127.0.0.1", port: int = 0) -> ThreadingHTTPServer:
    """The server of a witness, bound and not yet running (`serve_forever`); on this machine alone unless told else."""

    class Handler(BaseHTTPRequestHandler):
        timeout = _SECONDS

        def do_POST(self) -> None:
            length = self.headers.get("Content-Length", "")
            if self.path != ADD:
                self._answer(Answer(404, "there is /add-checkpoint\n"))
            elif not length.isdigit() or int(length) > _MOST_BYTES:
                self._answer(Answer(400, "a request has a length, and is short\n"))
            else:
                self._answer(witness.add_checkpoint(self.rfile.read(int(length))))

        def _answer(self, answer: Answer) -> None:
            data = answer.text.encode()
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.kind)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            """Say nothing: who asked is nobody's business."""

    return ThreadingHTTPServer((host, port), Handler)


class Conflict(SharingRefused):
    """A witness has signed another past of this log."""


def ask(url: str, old: int, checkpoint: Checkpoint, tiles: Tiles) -> Signature:
    """A witness's signature on a checkpoint of which it has last signed `old` entries, as far as is known here.

    Conflict where it has signed what this log did not grow out of; OSError where it cannot be reached; SharingRefused
    where it refuses otherwise.
    """
    if not url.startswith(("https://", "http://")):
        raise SharingRefused("witness", url, "no address of the web", "give one that begins with https://")
    answer = _post(url, old, checkpoint, tiles)
    if answer.status == 409 and answer.text.strip().isdigit():
        size = int(answer.text)
        if size > checkpoint.size or size == old:
            raise _conflict(url, f"it has signed {size} entries of this log; here are {checkpoint.size}, or others")
        answer = _post(url, size, checkpoint, tiles)
    if answer.status in (409, 422):
        raise _conflict(url, "it has signed entries that this log does not have")
    if answer.status != 200:
        fix = "ask whoever runs the witness; give it the city's public key"
        raise SharingRefused("witness", url, f"it refused ({answer.status}): {answer.text.strip()[:200]}", fix)
    return read_signature(answer.text.encode(), url)


def _conflict(url: str, what: str) -> Conflict:
    return Conflict(
        "witness_conflict", url, what, "the log was rolled back or rewritten: restore the ledger and its log"
    )


def _post(url: str, old: int, checkpoint: Checkpoint, tiles: Tiles) -> Answer:
    proof = consistency_proof(tiles, old, checkpoint.size) if old else []
    body = request(old, proof, checkpoint)
    asked = urllib.request.Request(f"{url.rstrip('/')}{ADD}", data=body, method="POST")  # noqa: S310
    try:
        with urllib.request.urlopen(asked, timeout=_SECONDS) as answer:  # noqa: S310
            return Answer(answer.status, answer.read(_MOST_BYTES).decode("utf-8", "replace"))
    except urllib.error.HTTPError as error:
        with error:
            return Answer(error.code, error.read(_MOST_BYTES).decode("utf-8", "replace"))
