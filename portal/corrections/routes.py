"""The pages of corrections and disputes: the list, one case, opening one, acting in it, and the files given in it.

Whom a case concerns, and who may do what in it, is asked anew with each request; what is not a reader's is answered
like what is not there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from contracts.acts import Role
from lake.corrections.acting import Told, expect_ground, may
from lake.corrections.attachments import keep, kept
from lake.corrections.confirming import in_lake
from lake.corrections.opening import (
    about_release,
    about_rows,
    about_rule,
    expect_unmended,
    key_digest,
    keys_digest,
)
from lake.quarantine.exporting import check_returned
from lake.quarantine.marks import holds_rows
from lake.quarantine.returned import Returned, WorkbookRefused
from lake.quarantine.rows import NoLakeHere, Wanted, opened
from lake.quarantine.sight import row_sight
from lake.quarantine.words import words_of
from portal.asking import Refused
from portal.corrections.desk import CorrectionDesk, refused
from portal.corrections.sight import OF_CASES, doer, may_have, sees
from portal.corrections.words import EVERY
from portal.pages import Pages
from portal.people.accounts import happened
from portal.people.people import Form
from portal.people.reader import Reader
from portal.verdicts.records import may_see
from sharing.corrections.about import About, read_about
from sharing.corrections.law import Case
from sharing.corrections.steps import ROWS, Attachment
from sharing.corrections.vocabulary import ANSWERS, DECISIONS, Doing, Kind, Outcome, State
from sharing.faults import SharingRefused

_A_PAGE = 100
_FILTERS = ("state", "kind", "department", "dataset", "overdue", "waiting")
_ASKED = ("dataset", "batch", "reason", "table", "rule", "column", "release")
_NOTHING = Refused(404, "RESOURCE_DOES_NOT_EXIST", "there is no such case, or it does not concern you")
_GIVEN = {str(one): one for one in Doing if one not in {Doing.OPEN, Doing.CONFIRM, Doing.REOPEN, Doing.ESCALATE}}


class CorrectionPages:
    """The pages of cases."""

    def __init__(self, desk: CorrectionDesk, pages: Pages) -> None:
        self._desk, self._pages = desk, pages
        self._people, self._city = desk.people, desk.city

    def routes(self) -> list[Route]:
        """Their routes."""
        return [
            Route("/cases", self.listed, methods=["GET"]),
            Route("/cases/new", self.new, methods=["GET"]),
            Route("/cases/new", self.open, methods=["POST"]),
            Route("/cases/{id}", self.one, methods=["GET"]),
            Route("/cases/{id}/attachments/{sha256}", self.attachment, methods=["GET"]),
            Route("/cases/{id}/returned", self.returned, methods=["POST"]),
            Route("/cases/{id}/{doing}", self.act, methods=["POST"]),
        ]

    async def listed(self, request: Request) -> Response:
        """The cases that concern a reader; `?state=` (also overdue), `kind=`, `department=`, `dataset=`, `overdue=1`,
        `waiting=1` (for the reader), `page=`.
        """
        reader = self._people.expect(request, *OF_CASES)
        mine = [one for one in (await self._desk.cases()).values() if sees(reader, one)]
        wanted = {name: request.query_params.get(name, "")[:200] for name in _FILTERS}
        lines = await asyncio.to_thread(self._lines, mine, reader, wanted)
        page = _page(request.query_params.get("page", "1"))
        facts = {
            "lines": lines[(page - 1) * _A_PAGE : page * _A_PAGE],
            "total": len(lines),
            "page_number": page,
            "pages": -(-len(lines) // _A_PAGE) or 1,
            "wanted": wanted,
            "departments": sorted({one.about.department for one in mine if one.about.department}),
            "titles": self._city.catalogue.departments,
        }
        return self._pages.page(request, "cases.html", 200, **facts, **EVERY)

    def _lines(self, cases: list[Case], reader: Reader, wanted: Mapping[str, str]) -> list[dict[str, Any]]:
        """Those that are wanted: overdue ones first, then the newest."""
        waiting = {one.case for one in self._desk.waiting(reader)} if wanted["waiting"] else set()
        overdue = bool(wanted["overdue"]) or wanted["state"] == "overdue"
        state = "" if wanted["state"] == "overdue" else wanted["state"]
        lines = [self._desk.line(one) for one in reversed(cases) if _is_wanted(one, state, wanted)]
        found = [
            one
            for one in lines
            if (not overdue or one["overdue"]) and (not wanted["waiting"] or one["case"] in waiting)
        ]
        return sorted(found, key=lambda one: not one["overdue"])

    async def one(self, request: Request) -> Response:
        """One case, with what this reader may do in it."""
        reader, case = await self._expect(request)
        return await asyncio.to_thread(self._show, request, reader, case)

    def _show(
        self,
        request: Request,
        reader: Reader,
        case: Case,
        unsaid: tuple[Refused, str] | None = None,
        returned: Returned | None = None,
    ) -> Response:
        dataset = self._city.catalogue.datasets.get(case.about.dataset)
        doings = [str(one) for one in may(case, doer(reader), self._city.now())]
        facts = {
            "one": self._desk.all_of(case),
            "about": case.about,
            "may": doings,
            "dataset": dataset,
            "reason": words_of(dataset, case.about.rule) if dataset and case.about.batch and case.about.rule else None,
            "sees_rows": bool(dataset) and row_sight("", reader.roles, case.about.department).level is not None,
            "may_have": {
                one.sha256
                for step in case.steps
                for one in step.attachments
                if may_have(reader, case, one, step.person)
            },
            "grounds": self._city.catalogue.jurisdiction.correction_grounds,
            "answers": sorted(map(str, ANSWERS[case.kind])),
            "decisions": sorted(map(str, DECISIONS)),
            "departments": self._city.catalogue.departments,
            "sendable": self._sendable(case),
            "unsaid": unsaid,
            "returned": returned,
        }
        return self._pages.page(request, "case.html", unsaid[0].status if unsaid else 200, **facts, **EVERY)

    def _sendable(self, case: Case) -> dict[str, str]:
        """The departments to one of which a case can be sent now, with their titles; none where the data says it."""
        opened, known = case.opened.about, self._city.catalogue.departments
        if opened is None or opened.department:
            return {}
        names = case.about.among or tuple(known)
        titles = {name: known[name].title_zh if name in known else name for name in names}
        return {name: title for name, title in titles.items() if name != case.about.department}

    async def new(self, request: Request) -> Response:
        """The form of a case about what the address names."""
        reader = self._people.expect(request, *OF_CASES)
        asked = {name: request.query_params.get(name, "")[:300] for name in _ASKED}
        try:
            about = await asyncio.to_thread(self._about, reader, asked, "")
        except SharingRefused as refusal:
            raise refused(refusal) from None
        return self._form(request, asked, about)

    def _form(
        self, request: Request, asked: Mapping[str, str], about: About, said: tuple[Refused, str] | None = None
    ) -> Response:
        cases = self._desk.book.cases().values() if said else ()
        there = [one.id for one in cases if one.state is not State.CLOSED and one.about.same == about.same]
        kinds = [str(one) for one in Kind]
        facts = {"asked": asked, "about": about, "unsaid": said, "kinds_open": kinds, "there": there}
        return self._pages.page(request, "case_new.html", said[0].status if said else 200, **facts, **EVERY)

    async def open(self, request: Request) -> Response:
        """Open a case; whoever may send it has it sent at once."""
        reader = self._people.expect(request, *OF_CASES)
        form = (await self._people.form(request)).texts
        asked = {name: form.get(name, "")[:300] for name in _ASKED}
        said = form.get("words", "")
        kind = Kind.DISPUTE if form.get("kind") == Kind.DISPUTE else Kind.CORRECTION
        try:
            about = await asyncio.to_thread(self._about, reader, asked, form.get("key", ""), True)
        except SharingRefused as refusal:
            # Nothing can be opened about it any more, but what was written is shown, so that it is not lost.
            return self._form(request, asked, _named(asked), (refused(refusal), said))
        try:
            case = await self._desk.open(kind, about, doer(reader), said, send=bool(about.department))
        except Refused as why:
            return self._form(request, asked, about, (why, said))
        return RedirectResponse(f"/cases/{case.id}", 303)

    def _about(self, reader: Reader, asked: Mapping[str, str], key: str, digested: bool = False) -> About:
        """What the case would be about. Raises `Refused` for what is not the reader's, alike for what is not there."""
        catalogue, ledger = self._city.catalogue, self._city.ledger
        if asked["release"]:
            found = about_release(ledger, catalogue, asked["release"], asked["column"], "")
            if not may_see(self._city, reader, found.agreement):
                raise _NOTHING
            digest = key_digest(asked["release"], key, self._city.key)
            return about_release(ledger, catalogue, asked["release"], asked["column"], digest)
        if asked["table"]:
            found = about_rule(ledger, catalogue, asked["table"], asked["rule"], asked["column"])
            if not self._tends(reader, found.department):
                raise _NOTHING
            return found
        dataset = catalogue.datasets.get(asked["dataset"])
        if dataset is None or not self._tends(reader, dataset.department):
            raise _NOTHING
        about = about_rows(self._desk.quarantine, dataset, asked["batch"], asked["reason"])
        if not digested or not self._city.settings.catalog.exists():
            return about
        with opened(self._city.settings) as connection:
            left = in_lake(connection, self._desk.quarantine)(dataset, asked["batch"], asked["reason"])
            expect_unmended(left, about)
            keys = keys_digest(connection, dataset, asked["batch"], asked["reason"])
        return about_rows(self._desk.quarantine, dataset, asked["batch"], asked["reason"], keys)

    def _tends(self, reader: Reader, department: str) -> bool:
        return reader.has(Role.OFFICER) or reader.has(Role.STEWARD, Role.OWNER, department=department)

    async def act(self, request: Request) -> Response:
        """Any step of a case."""
        reader, case = await self._expect(request)
        form = await self._people.form(request)
        doing = _GIVEN.get(request.path_params["doing"])
        if doing is None:
            raise _NOTHING
        try:
            told = await asyncio.to_thread(self._said, form)
            await self._desk.do(case.id, doing, doer(reader), told)
        except Refused as why:
            return await self._again(request, reader, case, (why, form.texts.get("words", "")))
        return RedirectResponse(f"/cases/{case.id}", 303)

    def _said(self, form: Form) -> Told:
        texts = form.texts
        outcome = next((one for one in Outcome if one == texts.get("outcome")), None)
        files: tuple[Attachment, ...] = ()
        try:
            if outcome is Outcome.REJECTED:
                expect_ground(self._city.catalogue.jurisdiction, texts.get("ground", ""))
            if form.files.get("file"):
                files = (keep(self._city.settings, form.names.get("file", ""), form.files["file"]),)
        except SharingRefused as refusal:
            raise refused(refusal) from None
        department = texts.get("department", "")
        if department and department not in self._city.catalogue.departments:
            raise Refused(400, "NOT_TAKEN", "there is no such department")
        ground = texts.get("ground", "") if outcome is Outcome.REJECTED else ""
        return Told(texts.get("words", ""), outcome, ground, department, _number(texts.get("after", "")), files)

    async def _again(self, request: Request, reader: Reader, case: Case, unsaid: tuple[Refused, str]) -> Response:
        """The case as it is now, with what was written, which is not lost; the refusal goes on the record."""
        now = (await self._desk.cases()).get(case.id, case)
        if not sees(reader, now):
            raise unsaid[0]
        path, status = request.url.path, unsaid[0].status
        await self._city.journal.write(*happened(reader.name, "refused", status=status, path=path))
        return await asyncio.to_thread(self._show, request, reader, now, unsaid)

    async def returned(self, request: Request) -> Response:
        """A workbook that comes back: kept with the case, and told what it corrects."""
        reader, case = await self._expect(request)
        form = await self._people.form(request)
        dataset = self._city.catalogue.datasets.get(case.about.dataset)
        data = form.files.get("file", b"")
        sight = row_sight(reader.name, reader.roles, case.about.department)
        if dataset is None or sight.level is None:
            raise _NOTHING
        told: Returned | None = None
        try:
            try:
                asked = Wanted(dataset, case.about.batch, case.about.rule)
                told = await asyncio.to_thread(
                    check_returned, self._city.settings, self._city.ledger, asked, data, sight
                )
                words = _counted(told)
            except NoLakeHere:
                words = "退回工作簿；本机没有数据湖，尚未核对。 A workbook, not yet held against the lake."
            try:
                file = await asyncio.to_thread(keep, self._city.settings, form.names.get("file", ""), data, ROWS)
            except SharingRefused as refusal:
                raise refused(refusal) from None
            case = await self._desk.do(case.id, Doing.SAY, doer(reader), Told(words, attachments=(file,)))
        except WorkbookRefused as why:
            return await self._again(request, reader, case, (Refused(400, "NOT_TAKEN", str(why)), ""))
        except Refused as why:
            return await self._again(request, reader, case, (why, ""))
        return await asyncio.to_thread(self._show, request, reader, case, None, told)

    async def attachment(self, request: Request) -> Response:
        """A file of a case, as a download: nothing of it is shown, or believed to be what it says it is."""
        reader, case = await self._expect(request)
        wanted = request.path_params["sha256"]
        found = next(
            (
                one
                for step in case.steps
                for one in step.attachments
                if one.sha256 == wanted and may_have(reader, case, one, step.person)
            ),
            None,
        )
        if found is None:
            raise _NOTHING
        try:
            data = await asyncio.to_thread(kept, self._city.settings, found)
        except SharingRefused as refusal:
            raise Refused(410, "GONE", refusal.fault.message) from None
        # One that was kept before anybody looked into it says nothing of rows.
        holds = ROWS if await asyncio.to_thread(holds_rows, data) else found.holds
        if not any(may_have(reader, case, replace(found, holds=holds), by) for by in _givers(case, wanted)):
            raise _NOTHING
        told = {"subject": f"case.{case.id}", "by": reader.name, "what": "attachment", "sha256": found.sha256}
        await self._city.journal.write("access", told)
        headers = {
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(found.name, safe='')}",
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "no-store",
        }
        return Response(data, media_type="application/octet-stream", headers=headers)

    async def _expect(self, request: Request) -> tuple[Reader, Case]:
        """Who asks about which case. Raises `SignInFirst`; `Refused` alike for none and for another's."""
        reader = self._people.expect(request)
        case = (await self._desk.cases()).get(request.path_params["id"])
        if case is None or not sees(reader, case):
            raise _NOTHING
        return reader, case


def _named(asked: Mapping[str, str]) -> About:
    """What somebody meant, by the names that they gave it."""
    return read_about(
        {
            **{name: asked[name] for name in ("dataset", "batch", "table", "column", "release")},
            "title": " ".join(filter(None, asked.values())),
            "department": "",
            "rule": asked["rule"] or asked["reason"],
        }
    )


def _givers(case: Case, sha256: str) -> list[str]:
    return [step.person for step in case.steps if any(one.sha256 == sha256 for one in step.attachments)]


def _is_wanted(case: Case, state: str, wanted: Mapping[str, str]) -> bool:
    answered = state == State.ANSWERED and case.state in {State.CORRECTED, State.REJECTED, State.ANSWERED}
    return (
        (not state or case.state == state or answered)
        and (not wanted["kind"] or case.kind == wanted["kind"])
        and (not wanted["department"] or case.about.department == wanted["department"])
        and (not wanted["dataset"] or case.about.dataset == wanted["dataset"])
    )


def _counted(found: Returned) -> str:
    zh, en = found.counted
    return f"退回工作簿：{zh}。 A workbook: {en}."


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else 0


def _page(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and 0 < len(text) < 7 and int(text) else 1
