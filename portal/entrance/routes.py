"""Signing in and out, one's own password, and the page of one's own: roles, tokens of one's agency.

Each sign-in, each refusal of a person who is one, and each change of a password is in the ledger. At a provider persons
sign in by `oidc.py`. In a demonstration, on this machine alone, a role is tried by picking its person.
"""

from __future__ import annotations

import asyncio
import ipaddress
import unicodedata
from collections.abc import Mapping
from urllib.parse import quote, urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from portal.asking import Refused
from portal.pages import Pages
from portal.people.accounts import Denied, happened
from portal.people.cookies import SESSION
from portal.people.people import People
from portal.people.reader import Citizen
from portal.whence import neighbourhood, whence

_AT_ONCE = 2
_IDENTIFIER = "resident_id"


class SigningIn:
    """The pages by which persons come in and go."""

    def __init__(self, people: People, pages: Pages) -> None:
        self._people, self._pages = people, pages
        self._city = people.city
        # A digest costs memory and time by design: whoever tries many passwords at once is not to starve the others.
        self._few = asyncio.Semaphore(_AT_ONCE)

    def routes(self) -> list[Route]:
        """Its routes."""
        return [
            Route("/sign-in", self.ask, methods=["GET"]),
            Route("/sign-in", self.sign_in, methods=["POST"]),
            Route("/sign-in/as", self.play, methods=["POST"]),
            Route("/sign-in/as-citizen", self.play_citizen, methods=["POST"]),
            Route("/sign-out", self.sign_out, methods=["POST"]),
            Route("/enter", self.entry, methods=["GET"]),
            Route("/enter", self.enter, methods=["POST"]),
            Route("/me/password", self.change, methods=["GET", "POST"]),
        ]

    async def ask(self, request: Request) -> Response:
        """The page to sign in at."""
        return self.form(request, onward(request.query_params.get("next", "")))

    async def sign_in(self, request: Request) -> Response:
        """Sign in by name and password."""
        form = await self._people.posted(request)
        target = onward(form.get("next", ""))
        if not self._city.catalogue.signing_in.local_accounts:
            raise Refused(403, "NO_LOCAL_ACCOUNTS", "persons of this city sign in at its provider")
        name, address = form.get("name", ""), neighbourhood(_address(request))
        accounts, at = self._people.accounts, self._city.now()
        try:
            async with self._few:
                account = await asyncio.to_thread(accounts.sign_in, name, form.get("password", ""), address, at)
        except Denied as denied:
            await self._note_refusal(name, denied)
            return self.form(request, target, denied)
        if self._people.declared.find(name) is None:
            return self.form(request, target, Denied("姓名或密码不对", "no account of that name and password"))
        try:
            return await self.begin(request, name, target, "password", digest=account.digest)
        except Denied as denied:
            return self.form(request, target, denied)

    async def play(self, request: Request) -> Response:
        """Sign in as a person that nobody is."""
        form = await self._people.posted(request)
        if not self.plays(request):
            raise Refused(404, "NOT_FOUND", "Not Found")
        if self._people.declared.find(form.get("name", "")) is None:
            return self.form(request, "/")
        return await self.begin(request, form["name"], onward(form.get("next", "")), "demonstration")

    async def play_citizen(self, request: Request) -> Response:
        """Sign in as somebody of a city that nobody lives in, by an identifier that a provider would have verified."""
        form = await self._people.posted(request)
        if not self.plays(request) or _IDENTIFIER not in self._city.catalogue.elements:
            raise Refused(404, "NOT_FOUND", "Not Found")
        value = unicodedata.normalize("NFKC", form.get("identifier", "")).strip().upper()
        if not (value.isascii() and value.isalnum()):
            return self.form(request, "/", Denied("请填写公民身份号码", "an identifier is letters and digits"))
        return await self.begin(request, "", "/me/traces", "demonstration", Citizen(_IDENTIFIER, value[:100]))

    async def begin(
        self, request: Request, name: str, target: str, how: str, citizen: Citizen | None = None, digest: str = ""
    ) -> Response:
        """Begin a session for somebody who was recognised, and go on to a page. Raises `Denied`."""
        at = self._city.now()
        before = self._people.cookies.read(request, SESSION)
        if before:
            self._people.sessions.end(before)
        secret = await asyncio.to_thread(self._people.sessions.begin, name, at, citizen, digest)
        if secret is None:
            raise Denied("账户已停用", "the account has ended, or its password was changed")
        if citizen is None:
            person = self._people.declared.find(name)
            told = happened(person.name if person else name, "signed in", how=how, address=_address(request))
            await self._city.journal.write(*told)
        answer = RedirectResponse(target, 303)
        self._people.cookies.set(answer, SESSION, secret)
        return answer

    async def sign_out(self, request: Request) -> Response:
        """End the session."""
        await self._people.posted(request)
        self._people.sessions.end(self._people.cookies.read(request, SESSION))
        answer = RedirectResponse("/", 303)
        self._people.cookies.forget(answer, SESSION)
        return answer

    async def entry(self, request: Request) -> Response:
        """The page of an invitation, whose code stands after the `#` of its address or is typed."""
        return self._pages.page(request, "enter.html", denied=None)

    async def enter(self, request: Request) -> Response:
        """Set a first password by an invitation."""
        form = await self._people.posted(request)
        at, code = self._city.now(), form.get("code", "").strip()
        try:
            _expect_twice(form)
            person = await asyncio.to_thread(self._people.accounts.accept, code, form.get("password", ""), at)
        except Denied as denied:
            return self._pages.page(request, "enter.html", 400, denied=denied)
        await self._city.journal.write(*happened(person, "password set", how="invitation"))
        return RedirectResponse("/sign-in", 303)

    async def change(self, request: Request) -> Response:
        """Change one's own password; every session of it ends."""
        reader = self._people.expect(request)
        if request.method == "GET":
            return self._pages.page(request, "password.html", denied=None)
        form = await self._people.posted(request)
        old, new, address = form.get("old", ""), form.get("password", ""), neighbourhood(_address(request))
        try:
            _expect_twice(form)
            change = self._people.accounts.change
            await asyncio.to_thread(change, reader.name, old, new, address, self._city.now())
        except Denied as denied:
            return self._pages.page(request, "password.html", 400, denied=denied)
        await self._city.journal.write(*happened(reader.name, "password set", how="change"))
        return RedirectResponse("/sign-in", 303)

    def plays(self, request: Request) -> bool:
        """Whether persons are picked here: in a demonstration without keys, asked for from this machine itself."""
        declared = self._people.declared.now()
        keyed = any(one.keys for one in declared.persons.values())
        here = urlsplit(self._people.base).hostname in ("127.0.0.1", "::1", "localhost")
        return declared.demonstration and not keyed and here and _is_loopback(_address(request))

    async def _note_refusal(self, name: str, denied: Denied) -> None:
        """On the record only for somebody who is one, and while it was tried: a stranger fills no ledger."""
        person = self._people.declared.find(name)
        if person is not None and not denied.wait:
            await self._city.journal.write(*happened(person.name, "sign-in refused"))

    def form(self, request: Request, target: str, denied: Denied | None = None) -> Response:
        """The page to sign in at, with why somebody was not let in."""
        rules = self._city.catalogue.signing_in
        played = sorted(self._people.declared.now().persons.values(), key=lambda one: one.name)
        answer = self._pages.page(
            request,
            "sign_in.html",
            200 if denied is None else 429 if denied.wait else 403,
            next=target,
            unreadable_persons=self._people.declared.unreadable,
            rules=rules,
            denied=denied,
            played=played if self.plays(request) else [],
        )
        if denied is not None and denied.wait:
            answer.headers["Retry-After"] = str(denied.wait)
        return answer


def onward(text: str) -> str:
    """Where somebody goes on to: a page of this portal, or its first; never another site."""
    plain = text.isprintable() and text.isascii() and "\\" not in text
    return text if plain and text.startswith("/") and not text.startswith("//") and len(text) < 500 else "/"


def sign_in_first(request: Request) -> Response:
    """To the page to sign in at, and back."""
    asked = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    target = asked if request.method == "GET" else "/"
    return RedirectResponse(f"/sign-in?next={quote(target, safe='')}", 303)


def _expect_twice(form: Mapping[str, str]) -> None:
    if form.get("password", "") != form.get("again", ""):
        raise Denied("两次输入的密码不一致", "the password was not the same twice")


def _address(request: Request) -> str:
    return whence(request)[0]


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False
