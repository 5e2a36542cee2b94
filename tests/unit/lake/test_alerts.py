"""Digests: what is news to whom, sent once a day by mail and by HTTP to real servers, and nothing that opens a way."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from hypothesis import given
from hypothesis import strategies as st

from contracts.acts import Person, Role, RoleGrant
from contracts.alerts import Alerts, Mail, Tls, Told, Way
from contracts.model import Catalogue
from lake.alerts.digest import KIND, digest, told_before
from lake.alerts.sending import Day
from lake.alerts.wording import Wording
from lake.findings.finding import Finding, Kind, Reached, Words
from lake.settings import load_settings
from sharing.ledger import Ledger
from tests.servers import certified, free_port

NOW = datetime.fromisoformat("2026-11-21T08:00:00+08:00")
STEWARD, OWNER = "steward@city.example", "owner@health.example"
SECRET = "correct-horse-battery"


def fault(number: int, kind: Kind = Kind.CHECK, state: str = "1", department: str = "health") -> Finding:
    what = Words(f"第 {number} 项 [点这里](http://x)", f"fault {number}")
    return Finding(
        *(kind, f"raw.t{number}", "rule", department, "o@x.example", what, Words("改", "mend it")),
        f"/catalogue/t{number}",
        date(2026, 11, 1),
        (Reached(f"taxation__p{number}", f"p{number}", "taxation", current=True),),
        state,
    )


@dataclass
class Office:
    """A city with somebody to tell, and its clock."""

    day: Day
    now: datetime = NOW
    folder: Path = Path()

    def send(self, *found: Finding) -> list[tuple[str, str]]:
        sent = replace(self.day, found=found).send(lambda: self.now)
        self.why = [one.why for one in sent]
        return [(one.told.person, one.state) for one in sent]

    def secret(self, name: str, **values: str) -> None:
        file = self.day.settings.secrets / f"{name}.yml"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("".join(f"{key}: {json.dumps(value)}\n" for key, value in values.items()))
        file.chmod(0o600)

    def telling(self, *to: Told, mail: Mail | None = None) -> Office:
        alerts = Alerts("https://data.city.example", mail, to)
        return replace(self, day=replace(self.day, catalogue=replace(self.day.catalogue, alerts=alerts)))


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    settings = load_settings(tmp_path, {"ZHONGTAI_NOW": NOW.isoformat()})
    always = (date(2026, 1, 1), date(2028, 12, 31))
    persons = {
        STEWARD: Person(STEWARD, "管家", "Steward", (RoleGrant(Role.STEWARD, *always),), ()),
        OWNER: Person(OWNER, "卫健", "Health", (RoleGrant(Role.OWNER, *always, department="health"),), ()),
    }
    catalogue = Catalogue("city", "某市", "A City", tmp_path, tmp_path, {}, {}, {}, {}, {}, {}, persons=persons)
    with Ledger.open(settings.ledger) as ledger:
        yield Office(Day(settings, catalogue, ledger, ()), folder=tmp_path)


@dataclass
class Heard:
    """What a server was told."""

    address: str
    requests: list[tuple[str, dict[str, str], Any]] = field(default_factory=list)
    answer: tuple[int, dict[str, str], bytes] = (200, {}, b'{"errcode": 0}')


@contextmanager
def listening() -> Iterator[Heard]:
    heard = Heard("")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            heard.requests.append((self.path, dict(self.headers), body))
            status, headers, data = heard.answer
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(data))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None: ...

    server = HTTPServer(("127.0.0.1", 0), Handler)
    heard.address = f"http://127.0.0.1:{server.server_port}/hook"
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield heard
    server.shutdown()
    server.server_close()


@pytest.fixture
def heard() -> Iterator[Heard]:
    with listening() as found:
        yield found


@dataclass
class Post:
    """A mail server, the letters that came, and who may send."""

    port: int
    ca_file: str
    letters: list[Any] = field(default_factory=list)


@pytest.fixture
def post(office: Office) -> Iterator[Post]:
    certificate, key, authority = certified(office.folder)
    found = Post(free_port(), authority.name)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)

    class Handler:
        async def handle_DATA(self, _server: object, _session: object, envelope: Any) -> str:
            found.letters.append((envelope.rcpt_tos, message_from_bytes(envelope.content, policy=policy.default)))
            return "250 OK"

    def may(_server: object, _session: object, _envelope: object, _how: str, data: Any) -> AuthResult:
        known = (data.login, data.password) == (b"zhongtai", SECRET.encode())
        return AuthResult(success=known, handled=False)

    by = {"authenticator": may, "auth_required": True, "tls_context": context, "require_starttls": True}
    controller = Controller(Handler(), "127.0.0.1", found.port, **by)
    controller.start()
    yield found
    controller.stop()


def mail(post: Post, **more: Any) -> Mail:
    told = {"tls": Tls.STARTTLS, "secret": "mail", "ca_file": post.ca_file, **more}
    return Mail("127.0.0.1", post.port, "zhongtai@city.example", **told)


def test_each_person_gets_what_they_answer_for_by_mail(office: Office, post: Post) -> None:
    office = office.telling(Told(STEWARD, Way.MAIL), Told(OWNER, Way.MAIL), mail=mail(post))
    office.secret("mail", user="zhongtai", password=SECRET)
    assert office.send(fault(1), fault(2, department="transport")) == [(STEWARD, "sent"), (OWNER, "sent")]
    (to, whole), (_, own) = post.letters
    text = whole.get_content()
    assert to == [STEWARD] and whole["Subject"] == "[某市] 2026-11-21 新增 2 (2 new)"
    for told in (
        "fault 1",
        "fault 2",
        "o@x.example",
        "taxation",
        "mend it",
        "2026-11-01",
        "https://data.city.example/catalogue/t1",
    ):
        assert told in text
    assert "fault 1" in own.get_content() and "fault 2" not in own.get_content()


def test_one_a_day_and_none_where_nothing_changed(office: Office, heard: Heard) -> None:
    office = office.telling(Told(STEWARD, Way.WEBHOOK, "hook"))
    office.secret("hook", url=heard.address, token=SECRET)
    states = [office.send(fault(1))[0][1], office.send(fault(1), fault(2))[0][1]]
    office.now += timedelta(days=1)
    states += [office.send(fault(1))[0][1]]
    office.now += timedelta(days=1)
    states += [office.send(fault(1, state="2"), fault(3))[0][1]]
    office.now += timedelta(days=1)
    states += [office.send(fault(3))[0][1]]
    assert states == ["sent", "today", "quiet", "sent", "sent"]
    bodies = [body for _, _, body in heard.requests]
    news = [(len(one["new"]), len(one["changed"]), [each["subject"] for each in one["mended"]]) for one in bodies]
    assert news == [(1, 0, []), (1, 1, []), (0, 0, ["raw.t1"])]
    assert bodies[0]["new"][0]["recipients"] == ["taxation"]
    assert heard.requests[0][1]["Authorization"] == f"Bearer {SECRET}"


def test_chats_are_told_in_their_own_words(office: Office, heard: Heard) -> None:
    office = office.telling(Told(STEWARD, Way.WECOM, "wecom"), Told(STEWARD, Way.DINGTALK, "ding"))
    office.secret("wecom", url=f"{heard.address}?key=k")
    office.secret("ding", url=f"{heard.address}?access_token=t", sign=SECRET)
    assert [state for _, state in office.send(*map(fault, range(60)))] == ["sent", "sent"]
    (_, _, wecom), (address, _, ding) = heard.requests
    assert wecom["msgtype"] == "markdown" and len(wecom["markdown"]["content"].encode()) <= 4096
    assert wecom["markdown"]["content"].endswith("/findings)") and "\\[点这里\\]" in wecom["markdown"]["content"]
    assert (
        ding["msgtype"] == "markdown" and ding["markdown"]["title"] and len(ding["markdown"]["text"].encode()) <= 20_000
    )
    asked = parse_qs(urlsplit(address).query)
    moment = str(int(NOW.timestamp() * 1000))
    signed = hmac.new(SECRET.encode(), f"{moment}\n{SECRET}".encode(), hashlib.sha256).digest()
    assert asked["timestamp"] == [moment] and asked["sign"] == [base64.b64encode(signed).decode()]


@pytest.mark.parametrize(
    ("way", "answer", "why"),
    [
        (Way.WECOM, (200, {}, b'{"errcode": 93000, "errmsg": "invalid webhook"}'), "errcode 93000"),
        (Way.DINGTALK, (200, {}, b"<html>"), "did not say"),
        (Way.WECOM, (200, {}, b'{"errcode": null}'), "did not say"),
        (Way.WECOM, (200, {}, b'{"errcode": true}'), "did not say"),
        (Way.DINGTALK, (200, {}, b"[" * 60_000), "did not say"),
        (Way.WEBHOOK, (500, {}, b"boom"), "answered 500"),
        (Way.WEBHOOK, (302, {"Location": "http://127.0.0.1:9/"}, b""), "answered 302"),
    ],
)
def test_what_was_not_taken_is_told_again(office: Office, heard: Heard, way: Way, answer: Any, why: str) -> None:
    office = office.telling(Told(STEWARD, way, "hook"))
    office.secret("hook", url=f"{heard.address}?key={SECRET}")
    heard.answer = answer
    assert office.send(fault(1)) == [(STEWARD, "failed")]
    assert why in office.why[0] and SECRET not in office.why[0] and "127.0.0.1" not in office.why[0]
    heard.answer = (200, {}, b'{"errcode": 0}')
    assert office.send(fault(1)) == [(STEWARD, "sent")]


def test_one_way_that_fails_keeps_no_other_from_being_told(office: Office, heard: Heard) -> None:
    office = office.telling(Told(STEWARD, Way.WEBHOOK, "none"), Told(OWNER, Way.WEBHOOK, "hook"))
    office.secret("hook", url=heard.address)
    assert office.send(fault(1)) == [(STEWARD, "failed"), (OWNER, "sent")]
    assert "none.yml" in office.why[0]


def test_whatever_goes_wrong_with_one_way_the_others_are_told(office: Office, heard: Heard, monkeypatch: Any) -> None:
    office = office.telling(Told(STEWARD, Way.WECOM, "hook"), Told(OWNER, Way.WEBHOOK, "hook"))
    office.secret("hook", url=f"{heard.address}?key={SECRET}")

    def broken(_said: bytes) -> None:
        raise MemoryError(SECRET)

    monkeypatch.setattr("lake.alerts.ways._expect_taken", broken)
    assert office.send(fault(1)) == [(STEWARD, "failed"), (OWNER, "sent")]
    assert office.why[0] == "it could not be told (MemoryError)"


def test_nothing_that_opens_a_way_is_told_or_recorded(office: Office, post: Post) -> None:
    office = office.telling(Told(STEWARD, Way.MAIL), mail=mail(post))
    office.secret("mail", user="zhongtai", password=f"{SECRET}-wrong")
    assert office.send(fault(1)) == [(STEWARD, "failed")]
    assert "535" in office.why[0] and SECRET not in office.why[0] and not post.letters
    office.secret("mail", user="zhongtai", password=SECRET)
    office.send(fault(1))
    told = json.dumps([dict(one.body) for one in office.day.ledger.entries()])
    assert SECRET not in told and "zhongtai" not in told
    (office.day.settings.secrets / "mail.yml").chmod(0o644)
    office.now += timedelta(days=1)
    assert office.send(fault(2)) == [(STEWARD, "failed")] and "chmod 600" in office.why[0]


def test_a_server_whose_certificate_nobody_trusts_is_told_nothing(office: Office, post: Post) -> None:
    office = office.telling(Told(STEWARD, Way.MAIL), mail=mail(post, ca_file=None))
    office.secret("mail", user="zhongtai", password=SECRET)
    assert office.send(fault(1)) == [(STEWARD, "failed")]
    assert "not trusted" in office.why[0] and not post.letters


def test_somebody_without_a_role_today_is_told_nothing(office: Office, heard: Heard) -> None:
    office = office.telling(Told(STEWARD, Way.WEBHOOK, "hook"))
    office.secret("hook", url=heard.address)
    office.now = datetime.fromisoformat("2029-01-01T08:00:00+08:00")
    assert office.send(fault(1)) == [(STEWARD, "quiet")] and not heard.requests


_KEYS = st.dictionaries(st.integers(0, 6), st.integers(0, 2), max_size=7)


@given(st.lists(_KEYS, max_size=8))
def test_what_was_told_is_what_stood_at_the_last_digest(days: list[dict[int, int]]) -> None:
    """However faults come, change and go: folding the digests gives what was bad on the day of the last."""
    standing: dict[tuple[str, str, str], str] = {}
    for number, one in enumerate(days):
        found = [fault(key, state=str(state)) for key, state in one.items()]
        made = digest(STEWARD, date(2026, 1, 1) + timedelta(days=number), found, standing)
        assert made.quiet == (standing == {each.key: each.state for each in found})
        entry = made.entry("mail")
        for kind, subject, detail, state in entry["told"]:
            standing[kind, subject, detail] = state
        for key in entry["mended"]:
            del standing[tuple(key)]
        assert standing == {each.key: each.state for each in found}


def test_more_warnings_of_a_rule_are_no_news() -> None:
    one = fault(1, Kind.WARNING, "5")
    assert digest(STEWARD, NOW.date(), [one], {one.key: "4"}).quiet
    assert not digest(STEWARD, NOW.date(), [one], {}).quiet


def test_the_ledger_is_folded_by_person_and_way(office: Office) -> None:
    for way, number in ((Way.MAIL, 1), (Way.WECOM, 2)):
        office.day.ledger.append(KIND, digest(STEWARD, NOW.date(), [fault(number)], {}).entry(way), NOW)
    assert [key[1] for key in told_before(office.day.ledger, STEWARD, Way.MAIL)[0]] == ["raw.t1"]


def test_a_subject_is_one_line_whatever_a_city_is_called() -> None:
    made = digest(STEWARD, NOW.date(), [fault(1)], {})
    assert "\n" not in Wording("某市", {}, "").subject(made)
