"""The desk on a memory stick: every link leads to a file beside it, nothing asks, and only what changed is new."""

from __future__ import annotations

import asyncio
import json
import posixpath
import re
import shutil
from pathlib import Path

import pytest

from contracts.acts import Role
from portal.report.site import canonical, file_of, taken
from portal.report.writing import MANIFEST, ReportRefused, Written, reader_of, write_report
from tests.unit.portal.catalogued import Catalogued, result, role, sample
from tests.unit.portal.conftest import Portal

NAME = "s@x.example"


@pytest.fixture
def city(portal: Portal) -> Catalogued:
    portal.city.catalogue = sample()
    found = Catalogued(portal)
    delivery = {
        "dataset": "health.visits",
        "path": "2026-05-01/x.csv",
        "state": "accepted",
        "batch": "b1",
        "message": "",
    }
    counts = {"read": 9, "accepted": 8, "quarantined": 1, "reasons": {"type:visited_at": 1}, "delivery": 1}
    found.tell("batch", {**delivery, **counts, "message": "", "delivered_on": "2026-05-01"})
    found.tell("check", result("raw.health__visits", "r", "type:visited_at", 3))
    portal.sign_in(NAME, role(Role.STEWARD))
    return found


def written(city: Catalogued, out: Path, name: str = NAME) -> Written:
    portal = city.portal
    return asyncio.run(write_report(portal.app._app, portal.people, reader_of(portal.people, name), out))


def test_a_report_stands_alone_and_is_written_once(city: Catalogued, tmp_path: Path) -> None:
    out = tmp_path / "stick"
    first = written(city, out)
    pages = {path.relative_to(out).as_posix(): path.read_text() for path in out.rglob("*.html")}
    assert first.pages == len(pages) > len(sample().datasets) and not first.failed
    for name, html in pages.items():
        assert not re.search(r"<form|<button|https?://(?!www\.w3\.org)[^\"]*\" ?src|csrf", html), name
        for target in re.findall(r'\s(?:href|src)="([^"]*)"', html):
            plain = target.partition("#")[0]
            if plain and not plain.startswith(("https://", "mailto:")):
                assert (out / posixpath.normpath(posixpath.join(posixpath.dirname(name), plain))).is_file(), (
                    name,
                    target,
                )
    reads = [dict(one.body) for one in city.portal.city.ledger.entries("access")]
    assert [(one["subject"], one["by"], one["pages"]) for one in reads] == [("report", NAME, first.pages)]

    assert written(city, out) == Written(first.pages, 0, 0, first.digest)
    # A result is new, a page was changed by hand that says nothing of it, and one is there no more.
    city.tell("check", result("raw.health__visits", "r2", "type:visited_at", 4))
    by_hand = out / "catalogue" / "ecology.stations.html"
    by_hand.write_text("changed by hand")
    told = json.loads((out / MANIFEST).read_text())
    (out / "gone.html").write_text("x")
    told["files"]["gone.html"] = "0"
    (out / MANIFEST).write_text(json.dumps(told))
    again = written(city, out)
    assert 1 < again.changed < 13 and by_hand.read_text() == pages["catalogue/ecology.stations.html"]
    assert again.removed == 1 and not (out / "gone.html").exists()


def test_it_has_what_its_person_may_see_and_no_more(city: Catalogued, tmp_path: Path) -> None:
    hidden = next(
        (one, column)
        for one in sample().datasets.values()
        for column in one.columns
        if str(column.sharing_attribute) == "not_shared" and str(column.level) == "L4"
    )
    other = next(name for name in sample().departments if name != hidden[0].department)
    city.portal.sign_in("o@x.example", role(Role.OWNER, department=other))
    written(city, tmp_path / "own", "o@x.example")
    every = "".join(path.read_text() for path in (tmp_path / "own").rglob("*") if path.suffix in {".html", ".js"})
    assert f"{hidden[0].table}.{hidden[1].name}" not in every and hidden[1].title_zh not in every


@pytest.mark.parametrize("name", ["nobody@x.example", "", "../x"])
def test_it_is_of_a_person_with_a_role(city: Catalogued, name: str) -> None:
    with pytest.raises(ReportRefused, match="no person"):
        reader_of(city.portal.people, name)


def test_no_folder_of_others_is_touched(city: Catalogued, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear")
    (tmp_path / "file").write_text("x")
    (tmp_path / "odd").mkdir()
    (tmp_path / "odd" / MANIFEST).write_text('{"files": {"../letter.txt": "0"}}')
    for name in ("mine", "file", "odd"):
        with pytest.raises(ReportRefused):
            written(city, tmp_path / name)
    assert (tmp_path / "mine" / "letter.txt").read_text() == "dear" and not (tmp_path / "mine" / "index.html").exists()


@pytest.mark.parametrize("link", ["catalogue", "static/style.css", "index.html"])
def test_nothing_is_written_through_a_link(city: Catalogued, tmp_path: Path, link: str) -> None:
    out, other = tmp_path / "stick", tmp_path / "other"
    written(city, out)
    (other / "kept").mkdir(parents=True)
    taken_away = out / link
    if taken_away.is_dir():
        shutil.rmtree(taken_away)
    else:
        taken_away.unlink()
    taken_away.symlink_to(other)
    city.tell("check", result("raw.health__visits", "r2", "type:visited_at", 4))
    with pytest.raises(ReportRefused, match=link):
        written(city, out)
    assert [path.name for path in other.rglob("*")] == ["kept"]


@pytest.mark.parametrize(
    "address",
    [
        *(
            "/me",
            "/audit",
            "/requests",
            "/sign-in",
            "/catalogue.csv",
            "//evil.example/",
            "https://evil.example/catalogue",
        ),
        *("/quarantine/health.visits/rows", "/quarantine/health.visits/export.xlsx", "/catalogue?q=x"),
        *("/catalogue/../x", "/open/x/diligence", "/lineage/raw.a.b"),
    ],
)
def test_what_asks_signs_or_holds_rows_is_in_no_report(address: str) -> None:
    assert not taken(address)


def test_pages_of_lists_have_files_of_their_own() -> None:
    assert taken("/findings?department=&kind=&page=2") and taken("/catalogue?page=2")
    assert file_of(canonical("/findings?department=&amp;kind=&amp;page=2")) == "findings.page-2.html"
    assert canonical("/catalogue?page=1") == "/catalogue" and file_of("/") == "index.html"
