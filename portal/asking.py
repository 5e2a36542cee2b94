"""Who asks: the grant of a request's bearer token, and the refusal where there is none that counts.

A refusal tells nobody whether a token was ever one, nor whether what was asked for is there.
"""

from __future__ import annotations

from starlette.requests import Request

from portal.access import PREFIX, token_id
from portal.city import City
from portal.whence import whence
from sharing.grants import Grant, recognise

_SCHEME = "bearer "
_LONGEST = 256


class Refused(Exception):
    """A request that is not answered; `status` is HTTP's, `code` the protocol's word."""

    def __init__(self, status: int, code: str, message: str) -> None:
        self.status, self.code, self.message = status, code, message
        super().__init__(message)


def asking(city: City, request: Request) -> Grant:
    """The grant by which a request asks. Raises `Refused`."""
    said = request.headers.get("authorization", "")
    text = said[len(_SCHEME) :].strip() if said.lower().startswith(_SCHEME) and len(said) <= _LONGEST else ""
    return admitted(city, request, _grant(city, text) if text else None)


def _grant(city: City, text: str) -> Grant | None:
    if not text.startswith(PREFIX):
        return recognise(city.grants(), text)
    token = token_id(text, city.key, city.now())
    return city.grants().get(token) if token else None


def admitted(city: City, request: Request, grant: Grant | None) -> Grant:
    """A grant, if it stands and may be used from where it is. Raises `Refused`, in the same words for all reasons."""
    if grant is None or not grant.stands(city.now()) or not grant.admits(*whence(request)):
        raise Refused(401, "UNAUTHENTICATED", "no grant that stands; ask the city's data office for one")
    request.state.grant = grant  # what is refused from here on is on the record as this one's
    return grant
