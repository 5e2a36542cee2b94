"""Time stamps by an authority (RFC 3161): asked for over a checkpoint, and verified with the authority's root.

Where stamps are kept, and when one is asked for, is their callers'.
"""

from __future__ import annotations

import urllib.request
from datetime import datetime
from pathlib import Path

from cryptography.x509 import Certificate, load_pem_x509_certificate
from rfc3161_client import TimestampRequestBuilder, VerificationError, VerifierBuilder, decode_timestamp_response
from rfc3161_client.base import HashAlgorithm

from sharing.durable import read_file
from sharing.faults import SharingRefused

_SECONDS = 20.0
_MOST_BYTES = 256 * 1024


def read_root(path: Path) -> Certificate:
    """The root certificate of an authority, from its PEM file; SharingRefused where there is none."""
    try:
        return load_pem_x509_certificate(read_file(path))
    except (OSError, ValueError):
        fix = "name the PEM file that the authority publishes, in ZHONGTAI_TSA_ROOT"
        raise SharingRefused("time_stamp_root", str(path), "no certificate can be read", fix) from None


def request_stamp(url: str, data: bytes, root: Certificate) -> bytes:
    """An authority's answer over data, verified. OSError where it cannot be reached; SharingRefused for a bad one."""
    if not url.startswith(("https://", "http://")):
        raise SharingRefused("time_stamp", url, "no address of the web", "give one that begins with https://")
    wanted = TimestampRequestBuilder().data(data).hash_algorithm(HashAlgorithm.SHA256).nonce(nonce=True).build()
    headers = {"Content-Type": "application/timestamp-query"}
    asked = urllib.request.Request(url, data=wanted.as_bytes(), headers=headers, method="POST")  # noqa: S310
    with urllib.request.urlopen(asked, timeout=_SECONDS) as answer:  # noqa: S310
        token = bytes(answer.read(_MOST_BYTES))
    try:
        VerifierBuilder.from_request(wanted).add_root_certificate(root).build().verify_message(
            decode_timestamp_response(token), data
        )
    except (VerificationError, ValueError) as error:
        fix = "see that ZHONGTAI_TSA_ROOT is the root of this authority"
        raise SharingRefused("time_stamp", url, f"its answer does not hold ({type(error).__name__})", fix) from None
    return token


def stamped_at(token: bytes, data: bytes, root: Certificate) -> datetime:
    """When an authority saw data, by its answer; SharingRefused where that does not hold."""
    try:
        answer = decode_timestamp_response(token)
        VerifierBuilder().add_root_certificate(root).build().verify_message(answer, data)
        return answer.tst_info.gen_time
    except (VerificationError, ValueError) as error:
        fix = "restore it from a backup, and find out who wrote to it"
        raise SharingRefused("time_stamp", "stamp", f"it does not hold ({type(error).__name__})", fix) from None
