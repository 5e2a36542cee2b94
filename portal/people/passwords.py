"""Passwords of local accounts: what one must be, how it is kept, and for how long it is good.

Argon2id with the parameters of RFC 9106's second choice, as argon2-cffi sets them; a digest of older parameters is made
anew at the next sign-in. Length counts, signs of certain kinds do not (NIST SP 800-63B-4, 3.1.1.2); it is changed after
the days that the city declares (GB/T 22239-2019, 8.1.4.1).
"""

from __future__ import annotations

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

LEAST, MOST = 12, 200
_HASHER = PasswordHasher()
# Whoever is nobody's account takes as long as somebody's.
_NOBODY = _HASHER.hash("nobody's password")


def fault(text: str, person: str) -> str:
    """Why a text is no password for a person; "" where it is one."""
    if len(text) < LEAST:
        return f"has {len(text)} signs; at least {LEAST} are asked for"
    if len(text) > MOST:
        return f"has {len(text)} signs; at most {MOST} are read"
    names = [part for part in person.casefold().replace("@", ".").split(".") if len(part) > 3]
    if len(set(text)) < 5 or any(part in text.casefold() for part in names):
        return "is the name, or a few signs again and again"
    return ""


def kept(text: str) -> str:
    """What is kept of a password."""
    return _HASHER.hash(text)


def matches(digest: str | None, text: str) -> bool:
    """Whether it is the password of a digest; of None never, and not sooner."""
    try:
        return _HASHER.verify(digest or _NOBODY, text[: MOST + 1]) and digest is not None
    except (VerificationError, InvalidHashError):
        return False


def outdated(digest: str) -> bool:
    """Whether it was made with parameters that are no more those of today."""
    return _HASHER.check_needs_rehash(digest)
