"""DSSE envelopes (v1.0.2): signed bytes with their type, in one spelling. Certificates, acts and notices are such.

What is signed is its writers' business. Source: https://github.com/secure-systems-lab/dsse.
"""

from __future__ import annotations

import base64
import binascii
import json

from sharing.canonical import canonical_json
from sharing.faults import SharingRefused
from sharing.keys import PublicKey, Signer

PAYLOAD_TYPE = "application/vnd.in-toto+json"
STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
AGAIN = "get it again from where it came, whole"
_LIMIT = 64 * 1024 * 1024


def sign_payload(payload: bytes, signer: Signer) -> bytes:
    """The file: a DSSE envelope with one signature over the payload and its type."""
    return envelope(payload, signer.public.key_id, signer.sign(pre_authentication(payload)))


def pre_authentication(payload: bytes) -> bytes:
    """What DSSE signs (PAE): the payload with its type, each preceded by its length."""
    kind = PAYLOAD_TYPE.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def open_envelope(data: bytes, name: str) -> tuple[bytes, str, bytes]:
    """The payload, the key id and the signature of the file called `name`, unverified; SharingRefused where damaged.

    One spelling only: otherwise a byte could change (a space, a bit that base64 ignores) unseen.
    """
    try:
        if len(data) > _LIMIT:
            raise ValueError("too long")
        record = json.loads(data)
        (signature,) = record["signatures"]
        payload = base64.b64decode(record["payload"], validate=True)
        parts = payload, str(signature["keyid"]), base64.b64decode(signature["sig"], validate=True)
        if envelope(*parts) != data:
            raise ValueError("another spelling")
    except (ValueError, KeyError, TypeError, RecursionError, binascii.Error):
        raise SharingRefused("envelope_readable", name, "not a whole signed file", AGAIN) from None
    return parts


def verified_payload(data: bytes, key: PublicKey, name: str) -> bytes:
    """The payload of a file called `name` that `key` signed; SharingRefused for any other."""
    payload, key_id, signature = open_envelope(data, name)
    if key_id != key.key_id:
        raise SharingRefused(
            "signature",
            name,
            f"signed with key {key_id[:16]}, not with key {key.key_id[:16]}",
            "verify with the public key that its signer gave you",
        )
    if not key.verifies(signature, pre_authentication(payload)):
        raise SharingRefused("signature", name, "its signature does not hold", AGAIN)
    return payload


def envelope(payload: bytes, key_id: str, signature: bytes) -> bytes:
    """The file of a payload and its signature, in its one spelling; nothing is verified."""
    encoded = {
        "payloadType": PAYLOAD_TYPE,
        "payload": base64.b64encode(payload).decode(),
        "signatures": [{"keyid": key_id, "sig": base64.b64encode(signature).decode()}],
    }
    return canonical_json(encoded) + b"\n"
