"""Registers that know whom they speak of by name: the community grid, walk-ins at clinics, premises that sell food."""

from __future__ import annotations

from tests.sample_city import strangers
from tests.sample_city.bases import Base, day
from tests.sample_city.city import City, padded
from tests.sample_city.departments.health import facilities
from tests.sample_city.dirt import missing, outside_codes, spelled_dates, surrounded
from tests.sample_city.extract import Extract, Table
from tests.sample_city.places import coded, district

_SEX = "CASE WHEN male THEN '男' ELSE '女' END"


def extracts(city: City) -> list[Extract]:
    """The grid whole, then who moved house; each week a third of the walk-ins and of the visits to premises."""
    grid, walking, premises = _grid(), _walk_ins(city), _premises(city)
    moved = _moved(city)
    persons, visits = strangers.persons(city), strangers.visits(city)
    return [
        Extract(city, grid, 0, Base("SELECT *, g AS n, 0 AS d FROM grid_rows", persons)),
        Extract(city, grid, 1, moved, versions=moved.rows),
        *(Extract(city, walking, d, _third("walking_rows", "w", persons // 3, d)) for d in range(3)),
        *(Extract(city, premises, d, _third("premises_rows", "v", visits // 3, d)) for d in range(3)),
    ]


def _moved(city: City) -> Base:
    cycle = len(strangers.ON_GRID)
    sql = f"SELECT *, g // {cycle} AS n, 1 AS d FROM grid_rows WHERE g % {cycle} = {strangers.MOVED}"
    return Base(sql, strangers.persons(city) // cycle)


# Thirds of four cycles: what is faulty at the head of each week's file is another plant each week.
def _third(relation: str, key: str, rows: int, delivery: int) -> Base:
    first = rows * delivery
    there = f"{key} >= {first} AND {key} < {first + rows}"
    return Base(f"SELECT *, {key} - {first} AS n, {delivery} AS d FROM {relation} WHERE {there}", rows)


def _grid() -> Table:
    return Table(
        "civil_affairs.grid_residents",
        {
            "grid_number": f"'WG' || {padded('g', 9)}",
            "name": "name",
            "sex": _SEX,
            "birth_date": "birth",
            "address": "CASE WHEN d = 0 THEN address ELSE moved_address END",
            "district": district("CASE WHEN d = 0 THEN building ELSE moved_building END"),
            "phone": "phone",
            "checked_on": "DATE '2026-10-30' + (7 * d)::INTEGER",
        },
        (missing("name"), outside_codes("sex", "其他"), *spelled_dates("birth_date"), surrounded("name")),
    )


def _walk_ins(city: City) -> Table:
    return Table(
        "health.walk_ins",
        {
            "registration_number": f"'GH' || {padded('w', 10)}",
            "facility_id": coded("H", city.below("w", "walked to", facilities(city)), 6),
            "document_number": "document",
            "name": "name",
            "sex": _SEX,
            "birth_date": "birth",
            "phone": "phone",
            "address": "address",
            "registered_on": day(city, "w", "walked"),
        },
        (missing("name"), outside_codes("sex", "X")),
    )


def _premises(city: City) -> Table:
    lot = city.below("v", "premises result", 10)
    return Table(
        "market_regulation.food_premises",
        {
            "visit_number": f"'SP' || {padded('v', 10)}",
            "signboard": "signboard",
            "operator": "operator",
            "credit_code": "document",
            "address": "address",
            "phone": "phone",
            "visited_on": day(city, "v", "premises visited"),
            "result": f"CASE WHEN {lot} < 8 THEN '1' ELSE '2' END",
        },
        (missing("signboard"), outside_codes("result", "优"), surrounded("signboard")),
    )
