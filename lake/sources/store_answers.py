"""What a store's refusals mean, in words of ours: its own may show how one got in.

What went wrong is known by the error's type, its status or its code, and by those of what it came from.
"""

from __future__ import annotations

from collections.abc import Iterator

from contracts.model import Dataset
from contracts.stores import store_of
from lake.readers.refusal import DeliveryRefused
from lake.sources.web import Asks, OtherOrigin
from lake.sources.words import SourceAway, SourceBroken, SourceGone, SourceLocked

_LOCKED = ("AuthenticationException", "BadAuthenticationType", "PasswordRequiredException", "NoCredentialsError")
_AWAY = ("Connect", "Timeout", "NoValidConnections", "ServerDisconnected", "EOFError", "gaierror", "SSHException")
_UNPROVED = ("CertificateError", "ClientConnectorSSLError", "SSLCertVerificationError", "SSLError")
_COLD = "InvalidObjectState"
Told = tuple[type[DeliveryRefused], str, str]
"""(kind of refusal, what is wrong, the next step)."""


def refused_by_store(dataset: Dataset, name: str, error: BaseException) -> DeliveryRefused:
    """A store's refusal of one file, or of the place as a whole."""
    store = store_of(dataset)
    secret, place = (store.secret, store.location) if store else ("", "")
    errors = list(_came_from(error))
    told = (
        _elsewhere(errors)
        or _not_let_in(errors, secret)
        or _by_status(errors)
        or _absent(errors, dataset.source.path == name)
        or _away(errors)
    )
    broken = f"the store gave no whole answer ({type(error).__name__})"
    kind, what, fix = told or (SourceBroken, broken, "Run again; if it persists, ask its administrator.")
    return kind(dataset.id, name, what, place, fix)


def _came_from(error: BaseException | None) -> Iterator[BaseException]:
    """An error and what caused it: file systems say "not found" of whatever else went wrong."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__


def _elsewhere(errors: list[BaseException]) -> Told | None:
    """The place is another one than the contract says."""
    for error in errors:
        if isinstance(error, OtherOrigin):
            what = f"it sends to {error.origin}, which is not the place of the contract: nothing was asked there"
            return SourceLocked, what, "Ask the department where its files lie, and where it is so, correct location."
        if isinstance(error, Asks):
            what = f"the page lists {error.name} by a link with a question behind its name (?…), which is not taken"
            return SourceBroken, what, "Ask the department for links to files, without a question."
        if type(error).__name__ == "TooManyRedirects":
            what = "it sends from one address to the next without end"
            return SourceBroken, what, "Ask its administrator, or correct location."
    return None


def _not_let_in(errors: list[BaseException], secret: str) -> Told | None:
    names, statuses = _names(errors), _statuses(errors)
    if "BadHostKeyException" in names:
        what = f"another host answers there than the one whose key the secret {secret} names: it was told nothing"
        return SourceLocked, what, "Ask its administrator; where the key was changed, write the new one as host_key."
    if any(name in names for name in _UNPROVED):
        what = "it does not prove by its certificate who it is: it was told nothing"
        return SourceLocked, what, "Ask its administrator for a certificate that this machine trusts."
    if _COLD in _codes(errors):
        what = "it lies in a cold class of storage (such as GLACIER), from which it is not served"
        return SourceBroken, what, "Have the department restore it, or put it there again in a class that is served."
    if 401 in statuses and not secret:
        what = "it lets nobody in without user and password (401), and the contract names no secret"
        return SourceLocked, what, "Have the department give a user, and name its file as secret."
    if 403 in statuses:
        whose = f"the user of the secret {secret}" if secret else "whoever comes without a secret"
        return SourceLocked, f"it does not let {whose} see this (403)", "Have the department let it be read."
    if any(isinstance(error, PermissionError) for error in errors) or 401 in statuses or _among(_LOCKED, names):
        refuses = f"it refuses what the secret {secret} says, or does not let it see this"
        fix = "Have the department's new password or key and write it into the file of the secret, or be let in."
        return SourceLocked, refuses if secret else "it lets nobody in", fix
    return None


def _by_status(errors: list[BaseException]) -> Told | None:
    """A web server's own number for what went wrong, where it is not about who asks or what is there."""
    status = next((one for one in _statuses(errors) if one >= 400 and one not in {404, 410}), 0)
    if status == 429 or status == 503:
        return SourceAway, f"it says that it cannot answer now ({status})", "The next run asks again."
    if status >= 500:
        return SourceBroken, f"it failed at answering ({status})", "Ask its administrator; the next run asks again."
    if status:
        return SourceBroken, f"it refuses the request ({status})", "Ask its administrator, or correct location."
    return None


def _absent(errors: list[BaseException], whole: bool) -> Told | None:
    if not any(isinstance(error, FileNotFoundError) for error in errors) and not _statuses(errors):
        return None
    if len(errors) > 1 and _away(errors[1:]):  # a file system that says "not found" of a server that broke off
        return None
    if whole:
        what = "there is no such bucket or folder (any more), or nothing lies there"
        return SourceGone, what, "Ask the department where it puts its deliveries, and correct location."
    fix = "Ask the department to put it there again; the next run looks again."
    return SourceGone, "the store lists it and does not serve it", fix


def _away(errors: list[BaseException]) -> Told | None:
    if any(isinstance(error, ConnectionError | TimeoutError) for error in errors) or _among(_AWAY, _names(errors)):
        fix = "See whether it runs and lets this machine in; the next run looks again."
        return SourceAway, "the store does not answer, or broke off", fix
    return None


def _among(words: tuple[str, ...], names: str) -> bool:
    return any(word in names for word in words)


def _names(errors: list[BaseException]) -> str:
    return " ".join(type(one).__name__ for one in errors)


def _statuses(errors: list[BaseException]) -> list[int]:
    return [status for one in errors if isinstance(status := getattr(one, "status", None), int) and status]


def _codes(errors: list[BaseException]) -> set[str]:
    """What S3 calls what went wrong."""
    told = (getattr(one, "response", None) for one in errors)
    return {str(one["Error"].get("Code")) for one in told if isinstance(one, dict) and "Error" in one}
