"""Pages of quarantine: reasons for whom they concern, rows by role and level, each look recorded, and a workbook."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest

from contracts.acts import Role
from contracts.model import DeliveryMode, Level
from lake.attach import open_lake
from lake.quarantine.exporting import DraftRefused, check_returned, draft_delivery
from lake.quarantine.rows import Wanted, look
from lake.quarantine.sight import RowSight
from lake.quarantine.workbook import ABOUT, CORRECTION
from tests.unit.portal.catalogued import role
from tests.unit.portal.conftest import Portal, portal_at
from tests.unit.portal.quarantined import BAO, FIRST, HAI, NAME, NOTE, STELLA, Quarantined

Looks = Callable[[], list[dict[str, object]]]


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Quarantined]:
    """One for all tests: the last alone delivers more."""
    place = tmp_path_factory.mktemp("quarantine")
    with portal_at(place / "city") as portal:
        found = Quarantined.at(portal, place / "deliveries")
        found.deliver(FIRST, "2026-05-04")
        yield found


@pytest.fixture
def looks(city: Quarantined) -> Callable[[], list[dict[str, object]]]:
    """What was looked at since a test began."""
    before = city.portal.city.ledger.size()
    return lambda: [dict(one.body) for one in city.portal.city.ledger.entries("access") if one.seq > before]


def test_reasons_are_for_whom_they_concern(city: Quarantined, looks: Looks) -> None:
    steward = city.enters(STELLA)
    listed = city.portal.ask("GET", "/quarantine", headers=steward).text
    assert city.dataset.id in listed and "type:age" in listed
    page = city.portal.ask("GET", city.address, headers=steward).text
    assert "类型可转换" in page and "列数不足" in page and f"{city.address}/rows" in page
    assert NAME not in page and NOTE not in page and looks() == []
    other = city.portal.sign_in("tao@city.example", role(Role.OWNER, department="tax"))
    answer = city.portal.ask("GET", city.address, headers=other)
    assert answer.status_code == 404
    assert answer.text == city.portal.ask("GET", "/quarantine/test.nothing", headers=other).text
    assert "没有未更正" in city.portal.ask("GET", "/quarantine", headers=other).text
    officer = city.enters(BAO)
    assert city.portal.ask("GET", city.address, headers=officer).status_code == 200
    for rows in ("rows", "export.xlsx"):
        assert city.portal.ask("GET", f"{city.address}/{rows}", headers=officer).status_code == 404
    assert looks() == []


def test_rows_show_what_role_and_level_allow_and_each_look_is_recorded_first(city: Quarantined, looks: Looks) -> None:
    steward = city.portal.ask("GET", f"{city.address}/rows?reason=type:age", headers=city.enters(STELLA)).text
    assert NAME not in steward and "欧****" in steward and NOTE not in steward
    assert "第 1 条" in steward and "第 2 行" in steward
    owner = city.portal.ask("GET", f"{city.address}/rows", headers=city.enters(HAI)).text
    assert NAME in owner and NOTE not in owner and "cmd" not in owner
    assert "整行遮蔽" in owner and "戊" not in owner and "丁" not in owner
    # What broke the rules of its own column may be what belongs into another: the age of a row is masked whole.
    assert all(f"<td>{mark}</td>" not in page for page in (steward, owner) for mark in "xy")
    first, second = looks()
    assert (first["by"], first["rows"], first["reason"], first["level"]) == (STELLA, 2, "type:age", "L2")
    assert (second["by"], second["rows"], second["role"], second["level"]) == (HAI, 4, "owner", "L3")
    raised = replace(role(Role.OWNER, department="test"), level="L4")
    persons = city.portal.sign_in("wei@city.example", role(Role.OWNER, department="test"))
    assert NOTE not in city.portal.ask("GET", f"{city.address}/rows", headers=persons).text
    city.portal.persons["wei@city.example"]["roles"][0]["level"] = raised.level
    persons = city.portal.sign_in("xu@city.example", role(Role.OWNER, department="test"))
    all_seen = city.portal.ask("GET", f"{city.address}/rows", headers=city.portal.begin("wei@city.example")).text
    assert "<td>x</td>" in all_seen and NOTE in all_seen and "戊" in all_seen and "cmd" not in all_seen


def test_by_a_reason_that_the_contract_has_no_more_each_cell_may_be_astray(city: Quarantined) -> None:
    thinner = replace(city.dataset, columns=tuple(one for one in city.dataset.columns if one.name != "age"))
    settings, ledger = city.portal.city.settings, city.portal.city.ledger
    for dataset, names in ((city.dataset, ["欧****"] * 2), (thinner, ["****"] * 2)):
        found = look(settings, ledger, Wanted(dataset, reason="type:age"), RowSight(STELLA, Level.L2, "steward"))
        assert found.rows["c1"].to_pylist() == names


def test_rows_are_looked_at_beside_who_writes_and_not_at_all_where_nothing_can_be_recorded(
    city: Quarantined, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = city.enters(HAI)
    with open_lake(city.portal.city.settings) as connection:
        connection.execute("begin")
        connection.execute("create table lake.meta.busy (x integer)")
        assert NAME in city.portal.ask("GET", f"{city.address}/rows", headers=owner).text
        connection.execute("rollback")

    def refuse(*arguments: object, **named: object) -> None:
        raise OSError("no room")

    monkeypatch.setattr(type(city.portal.city.ledger), "append", refuse)
    with pytest.raises(OSError, match="no room"):
        city.portal.ask("GET", f"{city.address}/rows", headers=owner)


def test_without_a_lake_it_is_said_so(portal: Portal, tmp_path: Path) -> None:
    city = Quarantined.at(portal, tmp_path)
    told = {"dataset": city.dataset.id, "path": "2026-05-04/x.csv", "state": "accepted", "batch": "b1"}
    counts = {"delivered_on": "2026-05-04", "read": 5, "quarantined": 2, "reasons": {"type:age": 2}}
    portal.city.ledger.append("batch", told | counts, portal.clock.now())
    owner = city.enters(HAI)
    assert "数据湖不在本机" in portal.ask("GET", city.address, headers=owner).text
    rows = portal.ask("GET", f"{city.address}/rows", headers={**owner, "Accept": "text/html"})
    assert rows.status_code == 200 and "数据湖不在本机" in rows.text
    assert portal.ask("GET", f"{city.address}/export.xlsx", headers=owner).status_code == 503


def test_the_workbook_is_text_by_reason_and_masked_by_right(city: Quarantined, looks: Looks) -> None:
    answer = city.portal.ask("GET", f"{city.address}/export.xlsx", headers=city.enters(HAI))
    assert answer.status_code == 200 and "attachment" in answer.headers["content-disposition"]
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    assert book.sheetnames == ["说明 About", "type-age", "structure-too_short", "structure-too_long"]
    head, one, _ = book["type-age"].iter_rows(values_only=True)
    row = dict(zip(head, one, strict=True))
    assert head[:6] == ("文件 delivered file", "工作表 sheet", "记录号 record", "行号 row", "原因", "reason")
    assert row["文件 delivered file"].startswith("2026-05-04/") and row["行号 row"] == "2"
    assert row["age age"] == "****" and row["name name"] == NAME and row["note note"] == "****" and row["id id"] == "1"
    assert head[-1] == "更正 correction: age age" and row[head[-1]] is None
    cells = [cell for sheet in book for line in sheet.iter_rows() for cell in line if cell.value is not None]
    assert {cell.data_type for cell in cells} == {"s"}
    assert NOTE not in str([cell.value for cell in cells])
    assert [one["what"] for one in looks()] == ["export"]


def test_what_came_right_by_its_key_is_told_and_no_longer_open(city: Quarantined) -> None:
    owner = city.enters(HAI)
    city.deliver(f"id,name,age,note\n1,{NAME},31,\n", "2026-05-11")
    page = city.portal.ask("GET", city.address, headers=owner).text
    assert "按主键更正" in page and "2026-05-11" in page
    rows = city.portal.ask("GET", f"{city.address}/rows", headers=owner).text
    assert "共 3 行" in rows
    again = city.portal.ask("GET", f"{city.address}/rows?all=1", headers=owner).text
    assert "共 4 行" in again and "已更正" in again


def told_open(city: Quarantined) -> set[int]:
    """How many rows are open: by the list, the dataset's page, its rows, its workbook, and that given back."""
    portal, headers = city.portal, city.enters(HAI)
    listed = re.search(r'data-label="未更正 Open">(\d+)', portal.ask("GET", "/quarantine", headers=headers).text)
    page = re.search(r"<strong>(\d+)</strong> 行未更正", portal.ask("GET", city.address, headers=headers).text)
    rows = re.search(r"共 (\d+) 行", portal.ask("GET", f"{city.address}/rows", headers=headers).text)
    book = portal.ask("GET", f"{city.address}/export.xlsx", headers=headers).content
    sheets = [sheet.max_row - 1 for sheet in openpyxl.load_workbook(io.BytesIO(book)) if sheet.title != ABOUT]
    sight = RowSight(HAI, Level.L3, "owner")
    found = check_returned(portal.city.settings, portal.city.ledger, Wanted(city.dataset), book, sight)
    assert page and found.gone == found.untold == ()
    told = [int(one.group(1)) if one else 0 for one in (listed, page, rows)]
    return {*told, sum(sheets), len(found.untouched)}


def wrong(*ids: int) -> str:
    return "id,name,age,note\n" + "".join(f"{one},甲{one},x,\n" for one in ids)


def say(city: Quarantined, kind: str, **body: object) -> None:
    city.portal.city.ledger.append(kind, body, city.portal.clock.now())


@pytest.mark.parametrize("mode", [DeliveryMode.UPSERT, DeliveryMode.SNAPSHOT])
def test_open_is_one_number_wherever_it_is_told(portal: Portal, tmp_path: Path, mode: DeliveryMode) -> None:
    city, by_key = Quarantined.at(portal, tmp_path), mode is DeliveryMode.UPSERT
    city.dataset = replace(city.dataset, mode=mode, largest_rejected_share=1.0)
    portal.city.catalogue = replace(portal.city.catalogue, datasets={city.dataset.id: city.dataset})
    city.deliver(wrong(1, 2, 3), "2026-05-04")
    second = city.deliver(wrong(4, 5), "2026-05-05")
    third = city.deliver(f"{wrong(6)}1,甲,1,\n4,乙,2,\n", "2026-05-06")
    assert told_open(city) == {4 if by_key else 1}, "two came right by their keys, or a later snapshot replaced them"
    say(city, "recall", batch=third, reason="wrong")
    if by_key:
        assert told_open(city) == {5}, "what a recalled delivery mended is mended no more, before any run"
    last = list(portal.city.ledger.entries("batch"))[-2].body
    say(city, "batch", **{**last, "batch": second, "state": "withdrawn"})
    assert told_open(city) == {3}
    every = portal.ask("GET", f"{city.address}/rows?all=1", headers=city.enters(HAI)).text.partition("<tbody>")[2]
    assert every.count("不再计入（") == 3 and "已更正" not in every


def test_a_draft_is_of_corrected_rows_and_none_is_made_where_it_would_replace_all_others(
    portal: Portal, tmp_path: Path
) -> None:
    city = Quarantined.at(portal, tmp_path)
    city.dataset = replace(city.dataset, largest_rejected_share=1.0)
    portal.city.catalogue = replace(portal.city.catalogue, datasets={city.dataset.id: city.dataset})
    city.deliver(wrong(1, 2), "2026-05-04")
    book = openpyxl.load_workbook(
        io.BytesIO(portal.ask("GET", f"{city.address}/export.xlsx", headers=city.enters(HAI)).content)
    )
    sheet, saved, draft = book["type-age"], io.BytesIO(), tmp_path / "draft.csv"
    at = [cell.column for cell in sheet[1] if str(cell.value).startswith(CORRECTION)]
    sheet.cell(2, at[0]).value = "31"
    book.save(saved)
    place = portal.city.settings, portal.city.ledger
    found = draft_delivery(*place, city.dataset, saved.getvalue(), "root", draft)
    assert draft.read_text("utf-8").splitlines() == ["id,name,age,note", "1,甲1,31,"] and found.notes == ()
    told = check_returned(*place, Wanted(city.dataset, reason="other"), saved.getvalue(), RowSight(HAI, Level.L3))
    assert (len(told.corrected), len(told.others), told.untouched) == (0, 1, ()), "a case of a reason that it has not"
    draft.unlink()
    snapshot = replace(city.dataset, mode=DeliveryMode.SNAPSHOT)
    with pytest.raises(DraftRefused, match="replace all others"):
        draft_delivery(*place, snapshot, saved.getvalue(), "root", draft)
    assert not draft.exists()
