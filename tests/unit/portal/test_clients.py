"""The portal as clients see it, over the network: the official one in both formats, DuckDB, and plain downloads."""

from __future__ import annotations

import io
import json
import socket
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest

from portal.files import places
from sharing.grants import Asked, give, profile
from tests.unit.portal.conftest import NAME, RECIPIENT, SCHEMA, Served


@pytest.mark.parametrize("delta", [False, True])
def test_the_official_client_reads_the_release(served: Served, delta: bool) -> None:
    import delta_sharing

    served.portal.publish(range(80, 90))
    served.portal.clock.pass_by(days=1)
    served.portal.publish(range(80, 100))
    client = delta_sharing.SharingClient(str(served.profile))
    (table,) = client.list_all_tables()
    assert (table.share, table.schema, table.name) == ("city", SCHEMA, NAME)
    found = delta_sharing.load_as_pandas(served.table, use_delta_format=delta)
    assert found["age"].tolist() == list(range(80, 100)) and found["person_id"][0] == "NP-80"
    earlier = delta_sharing.load_as_pandas(served.table, version=0, use_delta_format=delta)
    assert earlier["age"].tolist() == list(range(80, 90))
    assert len(delta_sharing.load_as_pandas(served.table, limit=3, use_delta_format=delta)) == 3
    assert delta_sharing.get_table_version(served.table) == 1
    read = {(one["what"], one["version"]) for one in served.portal.reads()}
    assert read == {("query", 0), ("file", 0), ("query", 1), ("file", 1)}


@pytest.mark.parametrize("delta", [False, True, None])
def test_the_official_client_reads_a_release_without_rows(served: Served, delta: bool | None) -> None:
    import delta_sharing

    served.portal.publish(range(0))
    found = delta_sharing.load_as_pandas(served.table, use_delta_format=delta)
    assert len(found) == 0 and list(found.columns) == ["person_id", "age"]


@pytest.mark.parametrize("delta", [False, True])
def test_the_official_client_reads_what_changed(served: Served, delta: bool) -> None:
    import delta_sharing

    for last in (90, 95, 92):
        served.portal.publish(range(80, last))
        served.portal.clock.pass_by(days=1)
    told = {"starting_version": 0, "ending_version": 2, "use_delta_format": delta}
    found = delta_sharing.load_table_changes_as_pandas(served.table, **told)
    by = {key: sorted(rows["age"]) for key, rows in found.groupby(["_commit_version", "_change_type"])}
    assert by == {
        (0, "insert"): list(range(80, 90)),
        (1, "insert"): list(range(90, 95)),
        (2, "delete"): list(range(92, 95)),
    }


def test_whoever_asks_first_at_once_finds_the_same_changes(served: Served) -> None:
    served.portal.publish(range(80, 90))
    served.portal.publish(range(82, 91))
    path = f"/delta-sharing/shares/city/schemas/{SCHEMA}/tables/{NAME}/changes?startingVersion=1"
    with ThreadPoolExecutor(6) as clients:
        answers = list(clients.map(lambda _: served.get(path), range(6)))
    assert all(answer.count(b'"cdf"') == 1 for answer in answers)


def test_the_official_client_reads_with_client_credentials(served: Served, tmp_path: Path) -> None:
    import delta_sharing

    served.portal.publish(range(80, 90))
    portal = served.portal
    grant, text = give(portal.city.ledger, Asked(RECIPIENT, 90), portal.clock.now())
    file = tmp_path / "oauth.json"
    file.write_bytes(profile(served.base, grant, text, oauth=True))
    assert delta_sharing.load_as_pandas(f"{file}#city.{SCHEMA}.{NAME}")["age"].tolist() == list(range(80, 90))
    assert {one["token"] for one in portal.reads()} == {grant.token}


def test_duckdb_reads_parts_of_files_by_their_addresses(served: Served, tmp_path: Path) -> None:
    served.portal.publish(range(80, 100))
    token = json.loads(served.profile.read_bytes())["bearerToken"]
    path = f"/delta-sharing/shares/city/schemas/{SCHEMA}/tables/{NAME}/query"
    asked = urllib.request.Request(
        served.base + path, b"{}", {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    )
    with urllib.request.urlopen(asked, timeout=10) as answer:
        urls = [one["file"]["url"] for one in map(json.loads, answer.read().splitlines()) if "file" in one]
    from lake.attach import extension_file

    with duckdb.connect(config={"autoinstall_known_extensions": "false"}) as connection:
        connection.execute(f"load '{extension_file('httpfs')}'")
        row = connection.execute("select count(*), min(age), max(age) from read_parquet($1)", [urls]).fetchone()
    assert row == (20, 80, 99)
    assert any(one.get("range") for one in served.portal.reads())


def test_other_formats_have_the_same_rows(served: Served) -> None:
    release = served.portal.publish(range(80, 100))
    whole = pa.concat_tables([pq.read_table(file) for file in sorted(release.path.glob("*.parquet"))])
    path = f"/api/tables/{SCHEMA}/{NAME}"
    text = served.get(f"{path}.csv")
    assert text.startswith(b"\xef\xbb\xbf") and pa_csv.read_csv(io.BytesIO(text)).equals(whole)
    lines = [json.loads(line) for line in served.get(f"{path}.jsonl").splitlines()]
    assert lines == whole.to_pylist()
    assert pa.ipc.open_stream(served.get(f"{path}.arrow")).read_all().equals(whole)
    with pytest.raises(urllib.error.HTTPError, match="400"):
        served.get(f"{path}.parquet")  # it has two files
    told = {one["what"] for one in served.portal.reads()}
    assert told == {"download csv", "download jsonl", "download arrow", "refused"}


def test_awkward_values_survive_each_format(tmp_path: Path) -> None:
    from portal.files.formats import FORMATS

    values: dict[str, Any] = {
        "t": ["", None, 'a "b", c', "行\n二", "=1+1", "\ufeff中", " x "],
        "n": [1, None, -(2**63), 2**63 - 1, 0, 5, 6],
    }
    table = pa.table({"t": pa.array(values["t"], pa.string()), "n": pa.array(values["n"], pa.int64())})
    pq.write_table(table, tmp_path / "part-0.parquet")
    made = {name: b"".join(one.pieces([tmp_path / "part-0.parquet"])) for name, one in FORMATS.items()}
    assert [json.loads(line) for line in made["jsonl"].splitlines()] == table.to_pylist()
    read = pa_csv.read_csv(
        io.BytesIO(made["csv"]),
        parse_options=pa_csv.ParseOptions(newlines_in_values=True),
        convert_options=pa_csv.ConvertOptions(
            strings_can_be_null=True, quoted_strings_can_be_null=False, null_values=[""], column_types=table.schema
        ),
    )
    assert read.to_pylist() == table.to_pylist()
    assert pa.ipc.open_stream(made["arrow"]).read_all().equals(table)
    pq.write_table(table.slice(0, 0), tmp_path / "part-0.parquet")
    empty = {name: b"".join(one.pieces([tmp_path / "part-0.parquet"])) for name, one in FORMATS.items()}
    assert empty["csv"].lstrip(b"\xef\xbb\xbf").split() == [b'"t","n"'] or b"t" in empty["csv"]
    assert empty["jsonl"] == b"" and pa.ipc.open_stream(empty["arrow"]).read_all().equals(table.slice(0, 0))


def test_numbers_that_json_has_none_for_are_texts(tmp_path: Path) -> None:
    from portal.files.formats import FORMATS

    values = [0.1, float("nan"), None, float("inf"), float("-inf"), -0.0, 1e-7]
    pq.write_table(pa.table({"isnan": pa.array(values), "t": pa.array(values)}), tmp_path / "part-0.parquet")
    lines = b"".join(FORMATS["jsonl"].pieces([tmp_path / "part-0.parquet"])).decode().splitlines()

    def refuse(text: str) -> None:
        raise AssertionError(f"{text} is no JSON")

    told = [json.loads(line, parse_constant=refuse)["t"] for line in lines]
    assert told == [0.1, "NaN", None, "Infinity", "-Infinity", 0.0, 1e-7]


def test_what_comes_by_halves_or_twice_is_not_waited_for(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("portal.guard.SECONDS_FOR_BODY", 0.2)
    host, port = served.base.removeprefix("http://").split(":")

    def said(request: bytes) -> bytes:
        with socket.create_connection((host, int(port)), timeout=10) as asked:
            asked.sendall(request)
            return b"".join(iter(lambda: asked.recv(65536), b""))

    head = b"POST /oauth/token HTTP/1.1\r\nHost: x\r\n"
    assert said(head + b"Content-Length: 10\r\n\r\nabc").startswith(b"HTTP/1.1 408")
    hidden = b"0\r\n\r\nGET /open HTTP/1.1\r\nHost: x\r\n\r\n"
    both = said(head + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n" + hidden)
    assert both.startswith(b"HTTP/1.1 400") and both.count(b"HTTP/1.1 ") == 1
    chunk = b"Transfer-Encoding: chunked\r\n\r\n" + b"40000\r\n" + b"x" * 0x40000 + b"\r\n"
    assert said(head + chunk).startswith(b"HTTP/1.1 408")
    assert said(b"GET / HTTP/1.1\r\nHost: x\r\nA: " + b"a" * 40_000).startswith(b"HTTP/1.1 400")


def test_a_client_that_reads_nothing_holds_few_places_and_gives_them_back(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    served.portal.publish()
    path = f"/api/tables/{SCHEMA}/{NAME}.csv"
    monkeypatch.setattr("portal.files.places.MOST_OF_ONE", 0)
    with pytest.raises(urllib.error.HTTPError) as refused:
        served.get(path)
    assert refused.value.code == 429 and b"at once" in refused.value.read()
    monkeypatch.setattr("portal.files.places.MOST_OF_ONE", 1)
    for _ in range(3):
        assert served.get(path)
        end = time.monotonic() + 10
        while places._held:  # it is given back as the answer has ended, which its client sees a moment before
            assert time.monotonic() < end
