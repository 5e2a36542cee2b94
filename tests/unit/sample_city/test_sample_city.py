"""The sample city's truth against an independent reading of its files. One file, so that one worker writes one city."""

from __future__ import annotations

import csv
import hashlib
import zipfile
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest
from stdnum.cn import ric, uscc

from tests.sample_city import people as people_tables
from tests.sample_city import strangers
from tests.sample_city.city import DELIVERIES, LEAST_PEOPLE, City
from tests.sample_city.generate import all_extracts, generate
from tests.sample_city.layout import Layout, layout
from tests.sample_city.strangers import ON_GRID, PREMISES, WALKING_IN
from tests.sample_city.truth import KNOWING_BY_NAME
from tests.unit.sample_city.judging import CONTRACTS, Judged, judge

PEOPLE, SEED = 1010, 7  # not a whole number of blocks
AREAS = {f"99900{number}" for number in range(1, 9)}

PLANTED = {*ON_GRID, *WALKING_IN, *PREMISES}
NOBODYS = {
    "twin", "namesake", "minority_name", "stranger", "stranger_again", "stranger_once", "foreigner", "branch", "shop",
    "shop_again",
}  # fmt: skip


@dataclass(frozen=True)
class Written:
    """A sample city on disk, its truth, and an independent judgement of every file by (dataset, date)."""

    out: Path
    judged: dict[tuple[str, str], Judged]

    def truth(self, name: str) -> list[dict[str, Any]]:
        path = self.out / "truth" / name
        if path.suffix == ".parquet":
            return pq.read_table(path).to_pylist()
        with path.open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    def datasets(self) -> list[str]:
        return sorted({dataset for dataset, _ in self.judged})


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Written]:
    out = tmp_path_factory.mktemp("sample_city")
    generate(PEOPLE, out, SEED)
    with (out / "truth" / "deliveries.csv").open(encoding="utf-8", newline="") as file:
        keys = [(row["dataset"], row["delivery"]) for row in csv.DictReader(file) if not row["repeats"]]
    yield Written(out, {(name, date): judge(layout(name), layout(name).path(out, date)) for name, date in keys})


def test_truth_counts_what_every_file_holds(city: Written) -> None:
    told = {
        (row["dataset"], row["delivery"]): tuple(int(row[name]) for name in ("rows_read", "accepted", "quarantined"))
        for row in city.truth("deliveries.csv")
        if not row["repeats"]
    }
    found = {key: (len(one.rows), len(one.accepted()), sum(map(bool, one.faults))) for key, one in city.judged.items()}
    assert found == told


def test_truth_gives_every_reason(city: Written) -> None:
    told = {(row["dataset"], row["delivery"], row["rule"]): int(row["rows"]) for row in city.truth("reasons.csv")}
    found = {(*key, rule): rows for key, one in city.judged.items() for rule, rows in one.reasons.items()}
    assert found == told


def test_truth_names_every_row_that_must_be_rejected(city: Written) -> None:
    planted = {(p["dataset"], str(p["delivery"]), p["row"]) for p in city.truth("planted.parquet") if p["quarantined"]}
    found = {(*key, row) for key, one in city.judged.items() for row, faults in enumerate(one.faults, 1) if faults}
    assert found == planted


def test_merged_is_what_falls_to_a_newer_version_or_a_double(city: Written) -> None:
    told = {row["dataset"]: (int(row["accepted"]), int(row["surviving"])) for row in city.truth("merged.csv")}
    assert {dataset: _merged(city, dataset) for dataset in city.datasets()} == told
    assert all(int(row["merged"]) == int(row["accepted"]) - int(row["surviving"]) for row in city.truth("merged.csv"))


def test_doubles_repeat_an_earlier_record(city: Written) -> None:
    doubles = [p for p in city.truth("planted.parquet") if p["kind"] == "duplicate"]
    assert len(doubles) >= 40
    for planted in doubles:
        rows = city.judged[planted["dataset"], str(planted["delivery"])].rows
        assert rows[planted["row"] - 1] in rows[: planted["row"] - 1]


def test_short_ids_are_all_listed(city: Written) -> None:
    listed = Counter(
        (p["dataset"], str(p["delivery"])) for p in city.truth("planted.parquet") if p["kind"] == "fifteen_digits"
    )
    found: Counter[tuple[str, str]] = Counter()
    for key, one in city.judged.items():
        names = [
            name
            for name in layout(key[0]).headers
            if name.endswith("_id") and name not in ("building_id", "facility_id")
        ]
        short = sum(
            len(row.get(name) or "") == 15 and (row[name] or "").isdigit() for row in one.rows for name in names
        )
        found += Counter({key: short})
    assert +found == listed
    assert sum(listed.values()) >= 20


def test_every_kind_of_dirt_is_there(city: Written) -> None:
    kinds = {p["kind"] for p in city.truth("planted.parquet")}
    assert kinds >= {
        "missing", "wrong_check_digit", "fifteen_digits", "outside_code_set", "wrong_form", "out_of_range",
        "impossible_date", "not_a_number", "date_compact", "date_in_words", "surrounding_blanks",
        "contradiction", "too_short", "too_long", "duplicate", "newer_version",
        "wrong_check_digit+out_of_range",
    }  # fmt: skip


def test_every_contract_is_delivered(city: Written) -> None:
    declared = {f"{path.parent.name}.{path.stem}" for path in (CONTRACTS / "departments").glob("*/*.yml")}
    fed = {row["dataset"] for row in city.truth("feeds.csv")}
    assert set(city.datasets()) | fed == declared
    assert {".".join(path.parent.parts[-2:]) for path in (city.out / "feeds").glob("*/*/*.*")} == fed


def test_columns_move_in_a_later_delivery(city: Written) -> None:
    first, last = (
        city.judged["public_security.residents", DELIVERIES[0]],
        city.judged["public_security.residents", DELIVERIES[2]],
    )
    assert sorted(first.headers) == sorted(last.headers)
    assert first.headers != last.headers
    assert last.accepted()


def test_a_file_is_delivered_twice(city: Written) -> None:
    (again,) = [row for row in city.truth("deliveries.csv") if row["repeats"]]
    lots = layout(again["dataset"])
    assert (city.out / again["file"]).read_bytes() == lots.path(city.out, again["repeats"]).read_bytes()
    assert again["rows_read"] == "0"


def test_files_are_written_as_their_offices_write(city: Written) -> None:
    gb = layout("public_security.residents").path(city.out, DELIVERIES[0]).read_bytes()
    assert "公民身份号码".encode("gb18030") in gb and b"\r\n" in gb
    with pytest.raises(UnicodeDecodeError):
        gb.decode("utf-8")
    assert layout("housing.buildings").path(city.out, DELIVERIES[0]).read_bytes().startswith(b"\xef\xbb\xbf")
    assert b"\t" in layout("public_security.vehicles").path(city.out, DELIVERIES[0]).read_bytes()
    with zipfile.ZipFile(layout("social_security.enrolments").path(city.out, DELIVERIES[0])) as archive:
        assert len(archive.namelist()) == 4
    assert {layout(name).format for name in city.datasets()} == {"csv", "xlsx", "ndjson", "parquet", "zip", "sqlite"}


def test_ids_are_valid_and_nobodys(city: Written) -> None:
    people = city.truth("people.parquet")
    ids = [person["id18"] for person in people]
    assert len(ids) == len(set(ids)) == City(PEOPLE, SEED).residents(2)
    assert {one[:6] for one in ids} == AREAS
    assert all(ric.calc_check_digit(one) == one[-1] for one in ids)
    assert all(str(person["birth_date"]).replace("-", "") == person["id18"][6:14] for person in people)
    assert all((int(person["id18"][16]) % 2 == 1) == (person["sex"] == "1") for person in people)
    assert all(person["phone"].startswith("154") for person in people)


def test_credit_codes_are_valid_and_nobodys(city: Written) -> None:
    codes = [firm["credit_code"] for firm in city.truth("enterprises.parquet")]
    assert len(codes) == len(set(codes))
    assert {code[2:8] for code in codes} == AREAS
    assert all(uscc.is_valid(code) for code in codes)
    facilities = city.judged["health.facilities", DELIVERIES[0]].accepted()
    assert all(uscc.is_valid(row["credit_code"] or "") for row in facilities)


def test_departments_know_some_people_under_another_name(city: Written) -> None:
    names = {person["id18"]: person for person in city.truth("people.parquet")}
    enrolled = city.judged["social_security.enrolments", DELIVERIES[0]].accepted()
    known = [(row["name"], names[row["resident_id"]]) for row in enrolled if row["resident_id"] in names]
    assert all(name == person["name_social_security"] for name, person in known)
    differing = sum(name != person["name_public_security"] for name, person in known)
    assert 0 < differing < len(known) / 25


def test_registers_fit_together(city: Written) -> None:
    homes = {row["building_id"] for row in city.judged["housing.buildings", DELIVERIES[1]].rows if row}
    residents = city.judged["public_security.residents", DELIVERIES[0]].accepted()
    assert sum(row["building_id"] in homes for row in residents) > 0.8 * len(residents)
    people = {person["id18"]: person for person in city.truth("people.parquet")}
    for row in city.judged["civil_affairs.deaths", DELIVERIES[0]].accepted():
        if len(row["resident_id"] or "") == 18 and len(row["death_date"] or "") == 10:
            assert str(people[row["resident_id"]]["death_date"]) == row["death_date"]
    fleet = {row["plate_number"] for row in city.judged["public_security.vehicles", DELIVERIES[0]].rows if row}
    seen = city.judged["transport.gate_passings", DELIVERIES[0]].accepted()
    assert sum(row["plate_number"] in fleet for row in seen) > 0.9 * len(seen)


def test_each_row_that_is_known_by_name_is_one_truly_known(city: Written) -> None:
    whose = city.truth("who.parquet")
    registers = {row["dataset"] for row in whose}
    accepted = {
        (dataset, row[layout(dataset).key[0]])
        for (dataset, _), one in city.judged.items()
        for row in one.accepted()
        if dataset in registers
    }
    assert registers == set(KNOWING_BY_NAME)
    assert sorted((row["dataset"], row["key"]) for row in whose) == sorted(accepted)
    known = {person["id18"] for person in city.truth("people.parquet")}
    known |= {firm["credit_code"] for firm in city.truth("enterprises.parquet")}
    nobodys = {row["plant"] for row in whose if row["who"] not in known}
    assert nobodys == NOBODYS and {row["plant"] for row in whose if row["who"] in known} == PLANTED - NOBODYS


def test_who_is_wrongly_identified_is_so_by_one_character_or_by_another_document(city: Written) -> None:
    whose = {(row["dataset"], row["key"]): row for row in city.truth("who.parquet")}
    checked = Counter[str]()
    for dataset, column in (("health.walk_ins", "document_number"), ("market_regulation.food_premises", "credit_code")):
        judge_of = ric if dataset == "health.walk_ins" else uscc
        for (name, _), one in city.judged.items():
            for row in one.accepted() if name == dataset else ():
                told, plant = row[column], whose[dataset, row[layout(dataset).key[0]] or ""]
                if plant["plant"] == "identified":
                    assert told == plant["who"]
                elif plant["plant"] in ("digit_wrong", "digit_and_name_wrong"):
                    assert told and sum(a != b for a, b in zip(told, plant["who"], strict=True)) == 1
                elif plant["plant"] == "digits_swapped":
                    assert told and sorted(told) == sorted(plant["who"])
                    assert (judge_of.calc_check_digit(told) == told[-1]) == (told == plant["who"])
                else:
                    assert (told is not None) == (plant["plant"] == "foreigner")
                checked[plant["plant"]] += 1
    assert min(checked.values()) > 0 and set(checked) == set(WALKING_IN) | set(PREMISES)


def test_some_are_in_two_registers_and_have_no_row_that_identifies_them(city: Written) -> None:
    registers = defaultdict[str, set[str]](set)
    for row in city.truth("who.parquet"):
        registers[row["who"]].add(row["dataset"])
    shared = {who for who, found in registers.items() if len(found) > 1 and who.startswith("P")}
    assert len(shared) >= 9


def test_promises_that_must_fail_do(city: Written) -> None:
    assert {row["dataset"] for row in city.truth("checks.csv")} == {
        "culture_tourism.hotels",
        "culture_tourism.scenic_visits",
    }
    hotels = city.judged["culture_tourism.hotels", DELIVERIES[2]].accepted()
    assert sum(row["fire_certificate"] is not None for row in hotels) < 0.95 * len(hotels)
    assert max(date for name, date in city.judged if name == "culture_tourism.scenic_visits") == "2026-11-09"


def test_the_same_seed_writes_the_same_bytes(city: Written, tmp_path: Path) -> None:
    generate(PEOPLE, tmp_path, SEED)
    assert _digests(tmp_path) == _digests(city.out)


@pytest.mark.parametrize("people", [LEAST_PEOPLE, 219, 1234])
def test_rows_are_numbered_without_gaps_in_order(people: int) -> None:
    city = City(people, SEED + people)
    with duckdb.connect() as connection:
        people_tables.build(connection, city)
        strangers.build(connection, city)
        for extract in all_extracts(city):
            numbers = connection.execute(f"SELECT n FROM ({extract.base.sql})").fetchnumpy()["n"].tolist()
            assert numbers == list(range(extract.base.rows)), (extract.table.dataset, extract.date)


def test_another_seed_makes_other_people() -> None:
    assert _first_people(1) == _first_people(1)
    assert not _first_people(1) & _first_people(2)


def test_a_city_too_small_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="at least 200 people, not 199"):
        generate(LEAST_PEOPLE - 1, tmp_path)


def _first_people(seed: int) -> set[tuple[str, str]]:
    with duckdb.connect() as connection:
        people_tables.build(connection, City(LEAST_PEOPLE, seed))
        return set(connection.execute("SELECT id, name FROM people").fetchall())


def _merged(city: Written, dataset: str) -> tuple[int, int]:
    """Accepted rows of all deliveries, and how many keys survive."""
    of = layout(dataset)
    mine = [one for (name, _), one in sorted(city.judged.items()) if name == dataset]
    surviving = mine[-1:] if of.mode == "snapshot" else mine
    keys = {_key(of, row) for one in surviving for row in one.accepted()}
    return sum(len(one.accepted()) for one in mine), len(keys)


def _key(of: Layout, row: dict[str, str | None]) -> tuple[str, ...]:
    return tuple(_day(row[name] or "") if name == "day" else _upgraded(name, row[name] or "") for name in of.key)


def _day(text: str) -> str:
    """A day by its digits, whichever way it is spelled."""
    return "".join(filter(str.isdigit, text))


def _upgraded(name: str, text: str) -> str:
    """An id of 15 digits in its 18-digit form (GB 11643-1999, annex A)."""
    if name != "resident_id" or len(text) != 15:
        return text
    body = f"{text[:6]}19{text[6:]}"
    return body + ric.calc_check_digit(body + "0")


def _digests(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
