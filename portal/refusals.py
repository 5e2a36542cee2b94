"""What becomes of a request that is not answered: told as a page to a browser, else in the protocol's shape, and on the
record where a grant or a person asked.

What went wrong inside is told by its kind alone. Of whoever is nobody nothing is written: they could fill the ledger.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from portal.asking import Refused
from portal.city import City
from portal.entrance.routes import sign_in_first
from portal.files.proof import ReleaseDamaged
from portal.pages import Pages
from portal.people.accounts import happened
from portal.people.people import NotForYou, PasswordFirst, SignInFirst
from portal.people.reader import Reader
from sharing.faults import SharingRefused

_Answer = Callable[[Request, Exception], Response]
_Handler = Callable[[Request, Exception], Awaitable[Response]]
_MACHINES = ("/delta-sharing", "/api/", "/oauth/", "/files/")
_LONGEST = 300
# What is wrong with an act is its signer's to know, and tells of nothing else; other refusals of the ledger are told by
# their kind alone.
_OF_ACTS = {"act_time", "act_role", "act_key", "act_understood", "approver_named"}
_TOKENS = re.compile(r"zt[ak]_|[0-9A-Za-z_-]{40,}")


class Refusals:
    """The refusals of one city's portal."""

    def __init__(self, city: City, pages: Pages) -> None:
        self._city, self._pages = city, pages

    def handlers(self) -> dict[type[Exception], _Handler]:
        """What answers to which exception."""
        return {
            Refused: self._recorded(self._refused),
            NotForYou: self._recorded(self._not_for_you),
            ReleaseDamaged: self._recorded(self._damaged),
            FileNotFoundError: self._recorded(self._went),
            SignInFirst: self._plain(lambda request, error: sign_in_first(request)),
            PasswordFirst: self._plain(lambda request, error: RedirectResponse("/me/password", 303)),
            SharingRefused: self._plain(self._unable),
            sqlite3.Error: self._plain(self._unable),
            HTTPException: self._plain(self._unanswered),
        }

    def _recorded(self, answer: _Answer) -> _Handler:
        async def recorded(request: Request, error: Exception) -> Response:
            found = answer(request, error)
            entry = _entry(request, found.status_code)
            if entry is not None:
                with suppress(SharingRefused, sqlite3.Error):  # nothing goes out, whether or not it is written down
                    await self._city.journal.write(*entry)
            return found

        return recorded

    def _plain(self, answer: _Answer) -> _Handler:
        async def plain(request: Request, error: Exception) -> Response:
            return answer(request, error)

        return plain

    def _refused(self, request: Request, error: Exception) -> Response:
        assert isinstance(error, Refused)
        return self._said(request, (error.status, error.code, error.message))

    def _not_for_you(self, request: Request, error: Exception) -> Response:
        assert isinstance(error, NotForYou)
        return self._said(request, (403, "NOT_FOR_YOU", f"it is for: {error.what}"))

    def _damaged(self, request: Request, error: Exception) -> Response:
        return self._said(request, (409, "RELEASE_DAMAGED", str(error)))

    def _went(self, request: Request, error: Exception) -> Response:
        return self._said(request, (404, "RESOURCE_DOES_NOT_EXIST", "it was withdrawn just now"))

    def _unable(self, request: Request, error: Exception) -> Response:
        """A release that went while it was looked at, or a ledger that cannot be written: nothing is served then."""
        if isinstance(error, SharingRefused) and error.rule == "files_present":
            return self._went(request, error)
        if isinstance(error, SharingRefused) and error.rule in _OF_ACTS:
            return self._said(request, (409, "ACT_REFUSED", f"{error.fault.message}: {error.fault.fix}"))
        what = "it cannot be put on the record now, and so not answered: try again"
        return self._said(request, (503, "UNAVAILABLE", what))

    def _unanswered(self, request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        code = "NOT_FOUND" if error.status_code == 404 else "REFUSED"
        return self._said(request, (error.status_code, code, error.detail), error.headers)

    def _said(self, request: Request, what: tuple[int, str, str], more: Mapping[str, str] | None = None) -> Response:
        status, code, message = what
        if _for_a_person(request):
            page = "nothing.html" if code == "NOT_FOUND" else "refused.html"
            answer = self._pages.page(request, page, status, what=message)
        else:
            answer = JSONResponse({"errorCode": code, "message": message}, status)
            if status == 401:
                answer.headers["WWW-Authenticate"] = "Bearer"
        answer.headers.update(more or {})
        return answer


def _for_a_person(request: Request) -> bool:
    return "text/html" in request.headers.get("accept", "") and not request.url.path.startswith(_MACHINES)


def _entry(request: Request, status: int) -> tuple[str, Mapping[str, object]] | None:
    """A refusal as it goes on the record; None where nobody is who asked."""
    grant, reader = getattr(request.state, "grant", None), getattr(request.state, "reader", None)
    facts = {"status": status, "path": _told(request.url.path)}
    if grant is not None:
        return "read", {"recipient": grant.recipient, "token": grant.token, "what": "refused", **facts}
    if isinstance(reader, Reader) and reader.signed_in:
        return happened(reader.name, "refused", **facts)
    return None


def _told(path: str) -> str:
    """A path as it goes on the record for good: without what a client may have put there by mistake."""
    return "a path with what may be a token" if _TOKENS.search(path) else path[:_LONGEST]
