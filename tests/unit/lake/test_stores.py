"""Departments' stores, on real servers: files are found, copied once and told apart, and what fails says how."""

from __future__ import annotations

import getpass
import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import boto3
import pytest
from fsspec.implementations.sftp import SFTPFileSystem

from contracts.model import Dataset, Store
from lake.ingest import Batch
from lake.readers import landing
from tests.servers import answering, s3, sftp, web
from tests.unit.lake.desk import Desk, people

CSV = "id,name,age\na,张三,1\n"


@pytest.fixture(scope="module")
def bucket() -> Iterator[tuple[str, Any]]:
    with s3() as address:
        own = {"region_name": "us-east-1", "aws_access_key_id": "k", "aws_secret_access_key": "s"}
        client = boto3.client("s3", endpoint_url=address, **own)
        client.create_bucket(Bucket="files")
        yield address, client


def tell(desk: Desk, name: str, values: Mapping[str, str]) -> None:
    file = desk.settings.secrets / f"{name}.yml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch(0o600)
    file.write_text("".join(f"{key}: '{value}'\n" for key, value in values.items()))


def at(one: Dataset, **facts: str) -> Dataset:
    """The same dataset, of another place."""
    return replace(one, source=replace(one.source, place=replace(one.source.place, **facts)))  # type: ignore[type-var]


def states(batches: list[Batch]) -> list[str]:
    return [one.state for one in batches]


def failure(desk: Desk, one: Dataset) -> str:
    (batch,) = desk.ingest(one)
    assert batch.state == "failed"
    return batch.message


def test_a_bucket_gives_its_files_once_each(
    desk: Desk, bucket: tuple[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    address, client = bucket
    tell(desk, "store", {"key": "k", "secret": "s"})
    one = people(place=Store("s3", "s3://files/out", address, "store"))
    name = one.source.path.split("/")[-1]
    assert "no such bucket or folder" in failure(desk, one)
    client.put_object(Bucket="files", Key=f"out/2026-11-02/{name}", Body=CSV.encode())
    client.put_object(Bucket="files", Key=f"out/2026-11-03/{name}", Body=CSV.replace("a,", "b,").encode())
    first = desk.ingest(one)
    assert [(one.path, one.state) for one in first] == [
        (f"2026-11-02/{name}", "accepted"),
        (f"2026-11-03/{name}", "accepted"),
    ]
    assert desk.accepted(one) == [("a", "张三", 1), ("b", "张三", 1)]
    client.put_object(Bucket="files", Key=f"out/2026-11-03/{name}", Body=CSV.replace("a,", "c,").encode())
    fetched: list[str] = []
    copy = landing._copy
    monkeypatch.setattr(landing, "_copy", lambda *given: (fetched.append(given[1]), copy(*given))[1])
    assert states(desk.ingest(one)) == ["known", "accepted"]
    assert fetched == [f"s3://files/out/2026-11-03/{name}"]  # the other was not fetched again
    assert desk.accepted(one) == [("a", "张三", 1), ("c", "张三", 1)]
    client.put_object(Bucket="files", Key=f"out/2026-11-02/{name}.withdrawn", Body=b"wrong month")
    assert sorted(states(desk.ingest(one))) == ["known", "withdrawn"]


def test_a_bucket_that_lists_what_it_does_not_serve_and_one_that_is_gone(
    desk: Desk, bucket: tuple[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    address, client = bucket
    tell(desk, "store", {"key": "k", "secret": "s"})
    one = people(place=Store("s3", "s3://files/half", address, "store"))
    name = one.source.path.split("/")[-1]
    for day in ("2026-11-02", "2026-11-03"):
        client.put_object(Bucket="files", Key=f"half/{day}/{name}", Body=CSV.replace("a,张", f"{day},张").encode())
    copy = landing._copy

    def unserved(dataset: Dataset, url: str, *more: Any) -> None:
        if "2026-11-02" in url:
            client.delete_object(Bucket="files", Key=f"half/2026-11-02/{name}")
        copy(dataset, url, *more)

    monkeypatch.setattr(landing, "_copy", unserved)
    gone, good = desk.ingest(one)
    assert (gone.state, good.state) == ("failed", "accepted")
    assert "lists it and does not serve it" in gone.message
    client.put_object(Bucket="files", Key=f"half/2026-11-02/{name}", Body=CSV.encode(), StorageClass="GLACIER")
    monkeypatch.undo()
    assert "it lies in a cold class of storage" in desk.ingest(one)[0].message
    assert "no such bucket or folder" in failure(desk, at(one, location="s3://another/half"))
    assert "does not answer" in failure(desk, at(one, endpoint="http://127.0.0.1:1"))


def test_sftp_talks_to_the_one_host_it_knows(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    with sftp() as (url, served, host_key, key_file):
        own = {"user": getpass.getuser(), "key_file": str(key_file), "host_key": host_key}
        tell(desk, "files", own)
        tell(desk, "other", {**own, "key_file": str(key_file.with_name("other"))})
        tell(desk, "foreign", {**own, "host_key": " ".join(key_file.with_name("other.pub").read_text().split()[:2])})
        one = people(place=Store("sftp", url, "", "files"))
        file = served / "2026-11-02" / one.source.path.split("/")[-1]
        file.parent.mkdir()
        file.write_text(CSV)
        assert states(desk.ingest(one)) == ["accepted"]
        assert states(desk.ingest(one)) == ["known"]
        assert "refuses what the secret other says" in failure(desk, at(one, secret="other"))
        assert "another host answers there" in failure(desk, at(one, secret="foreign"))
        with monkeypatch.context() as closed:
            ls = SFTPFileSystem.ls
            closed.setattr(SFTPFileSystem, "ls", lambda *given, **more: _closed(ls, *given, **more))
            assert "does not let it see this" in failure(desk, one)
        file.unlink()
        os.mkfifo(file)
        assert "it is a pipe (FIFO), not a file; it was not opened" in failure(desk, one)
        file.unlink()
        file.parent.rmdir()
        assert "there is no delivery" in failure(desk, one)
        assert "no such bucket or folder" in failure(desk, at(one, location=f"{url}/gone"))
    assert "does not answer" in failure(desk, one)


def _closed(ls: Any, filesystem: SFTPFileSystem, path: str, **more: Any) -> Any:
    if path.endswith("2026-11-02"):
        raise PermissionError(13, "Permission denied")
    return ls(filesystem, path, **more)


def test_a_web_server_gives_what_its_page_lists(desk: Desk, tmp_path: Path) -> None:
    one = people(format="csv")
    folder = tmp_path / "served" / "2026-11-02"
    folder.mkdir(parents=True)
    (folder / one.source.path.split("/")[-1]).write_text(CSV)
    with web(folder.parent) as address:
        one = replace(one, source=replace(one.source, place=Store("http", address)))
        (batch,) = desk.ingest(one)
        assert batch.state == "accepted", batch.message
        assert states(desk.ingest(one)) == ["known"]
        assert "no such bucket or folder" in failure(desk, at(one, location=f"{address}/gone"))
    assert "does not answer" in failure(desk, one)


def test_a_password_is_told_to_no_other_place_and_each_refusal_is_called_what_it_is(desk: Desk) -> None:
    tell(desk, "web", {"user": "reader", "password": "p"})
    one = people(path="*.csv")
    page = '<a href="2026-11-02.csv">a file</a>'
    with answering({"/2026-11-02.csv": (200, "", CSV)}) as (other, told):
        answers = {
            "/away/": (200, "", page),
            "/away/2026-11-02.csv": (302, f"{other}/2026-11-02.csv", ""),
            "/gone/": (301, f"{other}/", ""),
            "/moved/": (200, "", page),
            "/moved/2026-11-02.csv": (307, "/there.csv", ""),
            "/there.csv": (200, "", CSV),
            "/round/": (302, "/round/", ""),
            "/closed/": (403, "", ""),
            "/locked/": (401, "", ""),
            "/broken/": (500, "", ""),
            "/busy/": (503, "", ""),
            "/odd/": (418, "", ""),
            "/asks/": (200, "", f'{page}<a href="?C=N">by name</a><a href="2026-11-03.csv?version=2">another</a>'),
            "/asks/2026-11-02.csv": (200, "", CSV),
        }
        with answering(answers) as (address, asked):

            def of(folder: str, secret: str = "web") -> Dataset:
                return replace(one, source=replace(one.source, place=Store("http", f"{address}/{folder}", "", secret)))

            for secret in ("web", ""):
                for folder in ("away", "gone"):
                    assert f"sends to {other}, which is not the place" in failure(desk, of(folder, secret))
            assert told == []
            assert all(who for path, who in asked if path.startswith("/away") and who) and any(who for _, who in asked)
            assert states(desk.ingest(of("moved"))) == ["accepted"]
            said = {name: failure(desk, of(name)) for name in ("round", "closed", "locked", "broken", "busy", "odd")}
            said |= {"asks": failure(desk, of("asks")), "nobody": failure(desk, of("locked", ""))}
    expected = {
        "round": "from one address to the next without end",
        "closed": "does not let the user of the secret web see this (403)",
        "locked": "refuses what the secret web says",
        "broken": "failed at answering (500)",
        "busy": "cannot answer now (503)",
        "odd": "refuses the request (418)",
        "asks": "lists 2026-11-03.csv by a link with a question",
        "nobody": "the contract names no secret",
    }
    assert {name: text for name, text in said.items() if expected[name] not in text} == {}
