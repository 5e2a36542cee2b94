"""Delta Sharing by its protocol: what a recipient finds, what it is given, and that nobody else's is there."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from portal import released
from portal.city import url_key
from portal.delta.protocol import CAPABILITIES, VERSION_HEADER
from portal.differences import sweep
from portal.files.routes import asked_bytes
from sharing.faults import SharingRefused
from sharing.grants import end
from sharing.reads import statements, unused
from sharing.release import withdraw
from tests.unit.gates import cases
from tests.unit.portal.conftest import RECIPIENT, SCHEMA, TABLE, Portal

LISTS = ("/delta-sharing/shares", "/delta-sharing/shares/city/all-tables")


def actions(text: str, name: str) -> list[dict[str, Any]]:
    return [line[name] for line in map(json.loads, text.splitlines()) if name in line]


def ages(portal: Portal, path: str, headers: dict[str, str], **asked: Any) -> list[int]:
    """The ages in the files that a query gives, read at their addresses."""
    answer = portal.ask("POST", f"{path}/query", headers=headers, json=asked)
    assert answer.status_code == 200, answer.text
    found = []
    for file in actions(answer.text, "file"):
        got = portal.ask("GET", file["url"])
        assert (got.status_code, len(got.content)) == (200, file["size"])
        found += pq.read_table(io.BytesIO(got.content)).column("age").to_pylist()
    return found


def test_a_recipient_finds_its_tables_and_reads_them(portal: Portal) -> None:
    _, who = portal.grant()
    assert portal.ask("GET", LISTS[0], headers=who).json() == {"items": []}
    release = portal.publish(range(80, 100))
    assert portal.ask("GET", LISTS[0], headers=who).json()["items"] == [{"name": "city", "id": "city"}]
    ((table,),) = [portal.ask("GET", LISTS[1], headers=who).json()["items"]]
    assert (table["share"], table["schema"]) == ("city", SCHEMA)
    schemas = portal.ask("GET", "/delta-sharing/shares/city/schemas", headers=who).json()["items"]
    assert schemas == [{"name": SCHEMA, "share": "city"}]
    assert ages(portal, TABLE, who) == list(range(80, 100))
    assert len(ages(portal, TABLE, who, limitHint=3)) == 10  # the first of two files has them
    query, *files = portal.reads()[:3]
    assert (query["what"], query["recipient"], query["release_id"]) == ("query", RECIPIENT, release.release_id)
    assert {one["file"] for one in files} == {"part-0.parquet", "part-1.parquet"} and query["purpose"]


def test_versions_are_the_switches_of_the_release_and_can_be_gone_back_to(portal: Portal) -> None:
    _, who = portal.grant()
    first = portal.publish(range(80, 90))
    portal.clock.pass_by(days=1)
    portal.publish(range(80, 95))
    portal.clock.pass_by(days=1)
    assert portal.publish(range(80, 90)).release_id == first.release_id
    assert portal.ask("GET", f"{TABLE}/version", headers=who).headers[VERSION_HEADER] == "2"
    assert [len(ages(portal, TABLE, who, version=number)) for number in range(3)] == [10, 15, 10]
    between = (portal.clock.now().replace(hour=0)).isoformat()
    assert len(ages(portal, TABLE, who, timestamp=between)) == 15
    since = portal.ask("GET", f"{TABLE}/version", headers=who, params={"startingTimestamp": between})
    assert since.headers[VERSION_HEADER] == "2"
    for wrong in ({"version": 3}, {"version": "-1"}, {"version": True}, {"timestamp": "1970-01-01"}, {"timestamp": 5}):
        answer = portal.ask("POST", f"{TABLE}/query", headers=who, json=wrong)
        assert (answer.status_code, answer.json()["errorCode"]) == (400, "INVALID_PARAMETER_VALUE"), wrong


@pytest.mark.parametrize("format_", ["parquet", "delta"])
def test_the_format_is_the_first_that_the_client_names(portal: Portal, format_: str) -> None:
    _, who = portal.grant()
    portal.publish()
    asked = {**who, CAPABILITIES: f"responseFormat={format_},parquet;readerfeatures=deletionvectors"}
    answer = portal.ask("GET", f"{TABLE}/metadata", headers=asked)
    assert answer.headers[CAPABILITIES] == f"responseformat={format_}" and answer.headers[VERSION_HEADER] == "0"
    (metadata,) = actions(answer.text, "metaData")
    schema = json.loads(metadata.get("deltaMetadata", metadata)["schemaString"])
    assert [(one["name"], one["type"]) for one in schema["fields"]] == [("person_id", "string"), ("age", "long")]
    assert not actions(answer.text, "file")


def test_a_grant_ends_at_once_and_an_address_with_it(portal: Portal) -> None:
    grant, who = portal.grant()
    portal.publish()
    answer = portal.ask("POST", f"{TABLE}/query", headers=who)
    url = actions(answer.text, "file")[0]["url"]
    ranged = portal.ask("GET", url, headers={"Range": "bytes=0-3"})
    assert (ranged.status_code, ranged.content) == (206, b"PAR1")
    assert portal.ask("HEAD", url).headers["content-length"] == str(actions(answer.text, "file")[0]["size"])
    for changed in (url.replace("part-0", "part-1"), url[:-1] + ("0" if url[-1] != "0" else "1"), url + "0"):
        assert portal.ask("GET", changed).status_code == 403
    portal.clock.pass_by(minutes=61)
    assert portal.ask("GET", url).status_code == 403
    portal.clock.pass_by(minutes=-61)
    assert portal.ask("GET", url).status_code == 200
    end(portal.city.ledger, RECIPIENT, "office", portal.clock.now(), grant.token)
    assert portal.ask("GET", url).status_code == 401
    assert portal.ask("POST", f"{TABLE}/query", headers=who).status_code == 401


def test_a_grant_ends_by_itself_and_is_good_from_its_networks_alone(portal: Portal) -> None:
    _, who = portal.grant(RECIPIENT, 1, "10.1.0.0/16", "fd00::/8")
    assert portal.ask("GET", LISTS[0], headers=who, address="10.1.2.3").status_code == 200
    for elsewhere in ("10.2.0.1", "127.0.0.1", "", "nowhere", "::1"):
        assert portal.ask("GET", LISTS[0], headers=who, address=elsewhere).status_code == 401
    portal.clock.pass_by(days=1)
    assert portal.ask("GET", LISTS[0], headers=who, address="10.1.2.3").status_code == 401


def test_what_is_not_ones_own_is_not_there_and_nothing_tells_whether_it_is(portal: Portal) -> None:
    _, who = portal.grant()
    _, other = portal.grant("another_agency")
    portal.publish()
    asked = [
        ("GET", f"{TABLE}/version"),
        ("GET", f"{TABLE}/metadata"),
        ("POST", f"{TABLE}/query"),
        ("GET", f"/delta-sharing/shares/city/schemas/{SCHEMA}/tables"),
        ("GET", "/delta-sharing/shares/city"),
        ("GET", f"/api/tables/{SCHEMA}/{TABLE.rsplit('/', 1)[-1]}.csv"),
    ]
    for method, path in asked:
        theirs = portal.ask(method, path, headers=other)
        nowhere = portal.ask(method, path.replace(SCHEMA, "nothing").replace("/city", "/nowhere"), headers=who)
        assert (theirs.status_code, theirs.content) == (
            nowhere.status_code,
            nowhere.content,
        ) and theirs.status_code == 404
        assert portal.ask(method, path).status_code == 401
        assert portal.ask(method, path, headers={"Authorization": "Bearer ztk_guess"}).status_code == 401
    assert portal.ask("GET", LISTS[0], headers=other).json() == {"items": []}
    # Whoever has a grant is on the record with what was refused; whoever has none fills no ledger.
    told = {(one["recipient"], one["what"], one["status"]) for one in portal.reads()}
    assert told == {("another_agency", "refused", 404), (RECIPIENT, "refused", 404)}


def test_a_release_that_was_withdrawn_or_changed_gives_no_byte(
    portal: Portal, unlocked: Callable[[Path], None]
) -> None:
    _, who = portal.grant()
    release = portal.publish()
    url = actions(portal.ask("POST", f"{TABLE}/query", headers=who).text, "file")[0]["url"]
    file = release.path / "part-0.parquet"
    unlocked(release.path)
    sound = file.read_bytes()
    file.write_bytes(sound[:-9] + bytes([sound[-9] ^ 1]) + sound[-8:])
    for answer in (portal.ask("GET", url), portal.ask("POST", f"{TABLE}/query", headers=who)):
        assert (answer.status_code, answer.json()["errorCode"]) == (409, "RELEASE_DAMAGED")
    file.write_bytes(sound)
    assert portal.ask("GET", url).content == sound
    withdraw(portal.city.settings.releases, release.agreement, "wrong", portal.clock.now())
    assert portal.ask("GET", url).status_code == 403
    assert portal.ask("POST", f"{TABLE}/query", headers=who).status_code == 404


def test_what_changed_is_told_by_key_and_to_whom_it_was_released(portal: Portal, tmp_path: Path) -> None:
    _, who = portal.grant()
    _, other = portal.grant("another_agency")
    portal.publish(range(80, 90))
    portal.publish(range(82, 91))
    asked = {"startingVersion": "1"}
    answer = portal.ask("GET", f"{TABLE}/changes", headers=who, params=asked)
    ((change,),) = [actions(answer.text, "cdf")]
    rows = pq.read_table(io.BytesIO(portal.ask("GET", change["url"]).content)).to_pylist()
    assert [(row["age"], row["_change_type"]) for row in rows] == [(80, "delete"), (81, "delete"), (90, "insert")]
    assert portal.ask("GET", f"{TABLE}/changes", headers=other, params=asked).status_code == 404
    # Made once, and not served when it is not as it was made.
    (file,) = (portal.city.settings.state / "portal" / "changes").rglob("*.parquet")
    file.write_bytes(file.read_bytes()[:-1] + b"x")
    assert portal.ask("GET", change["url"]).status_code == 403
    again = portal.ask("GET", f"{TABLE}/changes", headers=who, params=asked)
    assert portal.ask("GET", actions(again.text, "cdf")[0]["url"]).status_code == 200
    for wrong in ({}, {"startingVersion": 2}, {"startingVersion": 1, "endingVersion": 0}, {"startingVersion": "x"}):
        assert portal.ask("GET", f"{TABLE}/changes", headers=who, params=wrong).status_code == 400
    withdraw(portal.city.settings.releases, "civil_affairs__elderly_subsidy", "wrong", portal.clock.now())
    portal.publish(range(70, 80))
    gone = portal.ask("GET", f"{TABLE}/changes", headers=who, params={"startingVersion": "2"})
    assert (gone.status_code, gone.json()["errorCode"]) == (400, "CHANGES_UNKNOWN")


def test_changes_go_with_either_of_their_releases(portal: Portal) -> None:
    _, who = portal.grant()
    first = portal.publish(range(80, 90))
    portal.publish(range(82, 91))
    told = {"headers": who, "params": {"startingVersion": "1"}}
    url = actions(portal.ask("GET", f"{TABLE}/changes", **told).text, "cdf")[0]["url"]
    kept = portal.city.settings.state / "portal" / "changes"
    assert portal.ask("GET", url).status_code == 200 and list(kept.rglob("*.parquet"))
    withdraw(portal.city.settings.releases, first.agreement, "wrong", portal.clock.now(), first.release_id)
    sweep(portal.city)
    assert portal.ask("GET", url).status_code == 403 and not list(kept.rglob("*.parquet"))


def test_what_is_asked_of_the_wrong_address_is_refused_and_not_passed_over(portal: Portal) -> None:
    grant, who = portal.grant()
    portal.publish()
    assert portal.ask("POST", f"{TABLE}/query", headers=who, json={"startingVersion": 0}).status_code == 400
    assert portal.ask("GET", "/open/", headers={"Host": "evil.example"}).status_code == 404
    token = who["Authorization"].removeprefix("Bearer ")
    assert portal.ask("GET", f"/delta-sharing/shares/{token}", headers=who).status_code == 404
    assert token not in json.dumps(portal.reads()) and grant.token in json.dumps(portal.reads())


@pytest.mark.parametrize("content", [b"", b"abc", b"x" * 64])
def test_a_key_that_is_not_as_it_was_made_signs_nothing(portal: Portal, content: bytes) -> None:
    place = portal.city.settings.keys / "portal.key"
    assert url_key(portal.city.settings) == portal.city.key
    place.chmod(0o644)
    with pytest.raises(SharingRefused, match="others may read"):
        url_key(portal.city.settings)
    place.chmod(0o600)
    place.write_bytes(content)
    with pytest.raises(SharingRefused, match="bytes of 32"):
        url_key(portal.city.settings)


def test_what_cannot_be_put_on_the_record_is_not_answered(portal: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    _, who = portal.grant()
    portal.publish()
    url = actions(portal.ask("POST", f"{TABLE}/query", headers=who).text, "file")[0]["url"]

    def locked(*_: object) -> None:
        raise SharingRefused("ledger_readable", "ledger", "another process is writing to it", "wait")

    monkeypatch.setattr(portal.city.ledger, "append_many", locked)
    for answer in (portal.ask("GET", url), portal.ask("POST", f"{TABLE}/query", headers=who)):
        assert (answer.status_code, answer.json()["errorCode"]) == (503, "UNAVAILABLE")
    assert portal.ask("HEAD", url).status_code == 200  # of which no byte goes out


def test_lists_come_page_by_page(portal: Portal) -> None:
    _, who = portal.grant()
    portal.publish()
    page = portal.ask("GET", LISTS[1], headers=who, params={"maxResults": 0}).json()
    assert page == {"items": [], "nextPageToken": "0"}
    rest = portal.ask("GET", LISTS[1], headers=who, params={"maxResults": 5, "pageToken": "0"}).json()
    assert len(rest["items"]) == 1 and "nextPageToken" not in rest
    assert portal.ask("GET", LISTS[1], headers=who, params={"pageToken": "x"}).status_code == 400


def test_statements_say_who_read_how_much_and_which_grant_nobody_uses(portal: Portal) -> None:
    idle, _ = portal.grant("another_agency")
    grant, who = portal.grant()
    release = portal.publish()
    assert [one.token for one in unused(portal.city.ledger, portal.clock.now())] == [idle.token, grant.token]
    ages(portal, TABLE, who)
    portal.clock.pass_by(days=31)
    portal.ask("GET", f"{TABLE.replace(SCHEMA, 'x')}/version", headers=who)
    both = {one.agreement: one for one in statements(portal.city.ledger)}
    size = sum(file.stat().st_size for file in release.path.glob("*.parquet"))
    read = both[release.agreement]
    assert (read.recipient, read.queries, read.files, read.bytes) == (RECIPIENT, 1, 2, size) and both[""].refused == 1
    assert [one.agreement for one in statements(portal.city.ledger, "2026-07")] == [""]
    assert [one.token for one in unused(portal.city.ledger, portal.clock.now())] == [idle.token]


def test_a_malformed_request_is_refused_in_words(portal: Portal) -> None:
    _, who = portal.grant()
    portal.publish()
    for body in (b"[1]", b"{", b"null", b"[" * 100_000, b"\xff"):
        answer = portal.ask("POST", f"{TABLE}/query", headers=who, content=body)
        assert (answer.status_code, answer.json()["errorCode"]) == (400, "MALFORMED_REQUEST")
    assert portal.ask("POST", f"{TABLE}/query", headers=who, content=b" " * (1 << 21)).status_code == 413
    both = {**who, "Content-Length": "2", "Transfer-Encoding": "chunked"}
    assert portal.ask("POST", f"{TABLE}/query", headers=both, content=b"{}").status_code == 400
    assert portal.ask("DELETE", f"{TABLE}/query", headers=who).status_code == 405


@pytest.mark.parametrize("races", [1, 3])
def test_who_asks_while_a_release_is_switched_gets_one_whole_version(
    portal: Portal, monkeypatch: pytest.MonkeyPatch, races: int
) -> None:
    _, who = portal.grant()
    portal.publish()
    read, left = released.current_release, [range(80, 90 + number) for number in range(races)]

    def racing(*asked: Any) -> Any:
        found = read(*asked)
        if left:
            portal.publish(left.pop())
        return found

    monkeypatch.setattr(released, "current_release", racing)
    assert ages(portal, TABLE, who) == list(range(80, 90)) and left == []


def test_what_an_agreement_covers_no_more_is_not_read_by_an_earlier_version(portal: Portal) -> None:
    portal.publish()
    terms = portal.city.agreements[cases.agreement().name]
    _, header = portal.grant()
    portal.publish(range(70, 100))
    assert portal.ask("GET", f"{TABLE}/metadata?version=0", headers=header).status_code == 200
    narrowed = replace(terms, purpose_code="another_purpose")
    portal.publish(range(60, 100), agreement=narrowed)
    for version in (0, 1):
        assert portal.ask("GET", f"{TABLE}/metadata?version={version}", headers=header).status_code in (400, 404)
        answer = portal.ask("POST", f"{TABLE}/query", json={"version": version}, headers=header)
        assert answer.status_code in (400, 404)
    assert portal.ask("GET", f"{TABLE}/version", headers=header).headers["delta-table-version"] == "2"


@pytest.mark.parametrize(
    ("said", "size"),
    [
        ("", 100), ("bytes=0-3", 4), ("bytes=-4", 4), ("bytes=90-", 10), ("bytes=0-0,5-9", 6), ("bytes=100-", 0),
        ("bytes=5-2", 0), ("bytes=0-999", 100), ("chars=0-3", 0), ("bytes=x", 0), ("bytes=-", 0), ("bytes=-900", 100),
    ],
)  # fmt: skip
def test_a_range_counts_as_what_it_asks_for(said: str, size: int) -> None:
    assert asked_bytes(said, 100) == size
