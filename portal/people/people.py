"""Who asks for a page, what they may, and the forms they send. Whoever has pages asks here, and nowhere else.

A form counts from a page of this portal alone: by the origin that browsers tell, and in a session by what its pages put
into it. How somebody comes to be signed in is `routes.py`'s and `oidc.py`'s.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from starlette.datastructures import UploadFile
from starlette.requests import Request

from contracts.acts import DeclaredPersons, Person, Role
from contracts.clock import day_of
from contracts.model import Catalogue
from portal.asking import Refused
from portal.city import City
from portal.people.accounts import Accounts
from portal.people.cookies import SESSION, Cookies
from portal.people.declared import Declared
from portal.people.reader import VISITOR, Reader
from portal.people.sessions import Session, Sessions
from portal.people.store import Store, accounts_file

_MOST_FIELDS = 200
_WITH_OUTDATED = {"/me/password", "/sign-out"}
_LONGEST_FIELD = 20_000


class SignInFirst(Exception):
    """A page that is for persons who are signed in, asked for by somebody who is not."""


class PasswordFirst(Exception):
    """A page for somebody whose password is older than the city lets one be: it is changed before anything else."""


class NotForYou(Exception):
    """What this person may not do. `what` is for them to read."""

    def __init__(self, what: str) -> None:
        self.what = what
        super().__init__(what)


@dataclass(frozen=True)
class Form:
    """What was sent: texts by name, and files by name; `names` are those that files had where they come from."""

    texts: Mapping[str, str]
    files: Mapping[str, bytes]
    names: Mapping[str, str] = field(default_factory=dict)


class People:
    """The persons of a city at its portal."""

    def __init__(self, city: City, base: str) -> None:
        self.city, self.base = city, base
        self.store = Store(accounts_file(city.settings.state))
        self.accounts = Accounts(self.store)
        self.sessions = Sessions(self.store, city.catalogue.signing_in, city.key)
        self.cookies = Cookies(base)
        self.declared = Declared(
            city.settings.workspace, DeclaredPersons(city.catalogue.persons, city.catalogue.demonstration)
        )

    @property
    def catalogue(self) -> Catalogue:
        """The declarations, with the persons as they are at this moment: what acts are judged by."""
        now = self.declared.now()
        return replace(self.city.catalogue, persons=now.persons, demonstration=now.demonstration)

    def reader(self, request: Request) -> Reader:
        """Who asks: a visitor where nobody is signed in, or nobody of that name is a person of the city today."""
        known = getattr(request.state, "reader", None)
        if known is None:
            known = request.state.reader = self._reader(request)
        return known

    def expect(self, request: Request, *roles: Role, department: str = "", agency: str = "") -> Reader:
        """Who asks, if they hold one of the roles, or any person where none is named.

        Raises `SignInFirst`, `NotForYou`.
        """
        found = self.reader(request)
        if getattr(request.state, "outdated", False) and request.url.path not in _WITH_OUTDATED:
            raise PasswordFirst
        if not found.signed_in:
            raise SignInFirst
        if roles and not found.has(*roles, department=department, agency=agency):
            raise NotForYou(" / ".join(sorted(roles)))
        return found

    async def posted(self, request: Request) -> Mapping[str, str]:
        """The texts of a form, which a page of this portal sent. Raises `Refused`."""
        return (await self.form(request)).texts

    async def form(self, request: Request) -> Form:
        """A form with its files, which a page of this portal sent. Raises `Refused`."""
        _expect_own(request, self.base)
        found = await _read(request)
        reader = self.reader(request)
        if reader.csrf and not hmac.compare_digest(found.texts.get("csrf", "").encode(), reader.csrf.encode()):
            raise Refused(403, "FORM_REFUSED", "the form is of another session: open the page again, and send it again")
        return found

    def session(self, request: Request) -> Session | None:
        """The session of a browser."""
        secret = self.cookies.read(request, SESSION)
        return self.sessions.find(secret, self.city.now()) if secret else None

    def _reader(self, request: Request) -> Reader:
        session = self.session(request)
        if session is None:
            return VISITOR
        token = self.sessions.form_token(session)
        if session.citizen is not None:
            return Reader(csrf=token, citizen=session.citizen)
        person = self.declared.find(session.person)
        if person is None:
            return VISITOR
        request.state.outdated = session.password and self._outdated(person.name)
        if request.state.outdated and request.url.path not in _WITH_OUTDATED:
            return Reader(csrf=token)  # whatever else may be asked for is for a visitor
        return self._of(person, token)

    def _outdated(self, name: str) -> bool:
        set_at = self.accounts.account(name).set_at
        days = self.city.catalogue.signing_in.password_days
        return set_at is None or (self.city.now() - set_at).days >= days

    def _of(self, person: Person, token: str) -> Reader:
        day = day_of(self.city.now())
        held = tuple(one for one in person.roles if one.holds(day))
        return Reader(person, held, token) if held else VISITOR


def _expect_own(request: Request, base: str) -> None:
    """Refuses what another site sent: browsers say where a form is from, and whoever is no browser has no cookie."""
    origin, site = request.headers.get("origin"), request.headers.get("sec-fetch-site")
    parts = urlsplit(base)
    if origin is not None and origin != f"{parts.scheme}://{parts.netloc}":
        said = f"forms are taken from {parts.scheme}://{parts.netloc} alone; open the portal by that address"
        raise Refused(403, "FORM_REFUSED", said)
    if origin is None and site not in (None, "same-origin", "none"):
        raise Refused(403, "FORM_REFUSED", "forms are taken from the portal's own pages alone")


async def _read(request: Request) -> Form:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in ("application/x-www-form-urlencoded", "multipart/form-data"):
        raise Refused(415, "MALFORMED_REQUEST", "send a form")
    texts: dict[str, str] = {}
    files: dict[str, bytes] = {}
    names: dict[str, str] = {}
    async with request.form(max_files=5, max_fields=_MOST_FIELDS, max_part_size=1 << 20) as form:
        for name, value in form.multi_items():
            if isinstance(value, UploadFile):
                files[name], names[name] = await value.read(), value.filename or ""
            elif len(value) > _LONGEST_FIELD:
                raise Refused(413, "MALFORMED_REQUEST", f"a field has at most {_LONGEST_FIELD} signs")
            else:
                # Several of one name are lines: the boxes that were ticked of a list.
                texts[name] = f"{texts[name]}\n{value}" if name in texts else value
    return Form(texts, files, names)
