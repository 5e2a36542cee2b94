"""Government services: the 406 service items and their materials, cases, and tickets of the 12345 hotline."""

from __future__ import annotations

from tests.sample_city import words
from tests.sample_city.bases import Base, every, moment, residents, then, things
from tests.sample_city.city import ITEMS, City, listed, padded
from tests.sample_city.dirt import (
    RAGGED,
    contradiction,
    fifteen_digits,
    impossible_date,
    missing,
    outside_codes,
    outside_pattern,
    outside_range,
    surrounded,
    wrong_check_digit,
)
from tests.sample_city.extract import Extract, Table
from tests.sample_city.identifiers import phone
from tests.sample_city.people import known_name, known_phone
from tests.sample_city.places import building_address, district

# Which materials items ask for: eight items in a row, one of each agency, ask for the same.
MATERIALS = (
    ("身份证件", "申请表", "承诺书", "照片"),
    ("身份证件",),
    ("营业执照",),
    ("身份证件", "营业执照"),
    ("营业执照", "场所使用证明"),
    ("身份证件", "健康证明"),
    ("营业执照", "资格证书", "验收报告"),
    ("身份证件", "场所使用证明"),
    ("申请表", "照片"),
    ("营业执照", "授权委托书", "身份证件"),
)
_APPLICANTS = ((6, 7), (9, 10), (12, 13))


def extracts(city: City) -> list[Extract]:
    """Items and materials once; cases of each week; tickets, which come again when they are closed."""
    cases, tickets = _cases(city), _tickets(city)
    return [
        Extract(city, _items(city), 0, things(ITEMS, 0)),
        Extract(city, _materials(city), 0, _asked()),
        *(Extract(city, cases, d, _applicants(city, d)) for d in range(3)),
        *(Extract(city, tickets, d, base, versions) for d, (base, versions) in enumerate(_calls(city))),
    ]


def _applicants(city: City, delivery: int) -> Base:
    persons = residents(city, delivery, _APPLICANTS[delivery])
    firms = every("enterprises", "e", (4, delivery), city.enterprises(0), delivery)
    private = Base(f"SELECT n, d, i, NULL::INTEGER AS e, id, birth, name, phone FROM ({persons.sql})", persons.rows)
    return then(private, Base(f"SELECT n, d, e, code, name, phone FROM ({firms.sql})", firms.rows))


def _calls(city: City) -> list[tuple[Base, int]]:
    """Each week's new tickets; before them those left open a week ago, now closed."""
    week = max(60, city.people // 20)
    new = [
        Base(f"SELECT n, {d} AS d, {d} AS week, n + {d * week} AS g FROM range({week}) AS t(n)", week) for d in range(3)
    ]
    left = len(range(2, week, 5))
    old = [
        Base(f"SELECT n, {d} AS d, {d - 1} AS week, n * 5 + 2 + {(d - 1) * week} AS g FROM range({left}) AS t(n)", left)
        for d in (1, 2)
    ]
    return [(new[0], 0), *((then(old[d - 1], new[d]), left) for d in (1, 2))]


def _asked() -> Base:
    """One row per item and material: `item`, `place` among its materials from 0, and the material."""
    asked = [(item, *one) for item in range(ITEMS) for one in enumerate(MATERIALS[item // 8 % len(MATERIALS)])]
    rows = ", ".join(f"({n}, {item}, {place}, '{name}')" for n, (item, place, name) in enumerate(asked))
    return Base(f"SELECT *, 0 AS d FROM (VALUES {rows}) AS t(n, item, place, material)", len(asked))


def item_code(number: str) -> str:
    """SQL for the code of a numbered service item."""
    return f"'SX999000-' || {padded(number, 4)}"


def _items(city: City) -> Table:
    legal = f"(5 + {city.below('n', 'legal', 12)} * 5)"
    subjects = len(words.SUBJECTS)
    return Table(
        "government_services.service_items",
        {
            "item_code": item_code("n"),
            "name": f"{listed(words.SUBJECTS, f'n % {subjects}')} || {listed(words.SERVICES, f'n // {subjects}')}",
            "agency": listed(words.AGENCIES, f"n % {len(words.AGENCIES)}"),
            "service_theme": "right('0' || (1 + n % 12), 2)",
            "legal_days": legal,
            "promised_days": f"{legal} // 5",
            # Every second item of an agency is wholly online.
            "visits_needed": "CASE WHEN (n + n // 8) % 2 = 0 THEN 0 ELSE 1 + n % 2 END",
            "online": "CASE WHEN (n + n // 8) % 2 = 0 THEN '是' ELSE '否' END",
            "material_count": listed([str(len(one)) for one in MATERIALS], f"n // 8 % {len(MATERIALS)}") + "::INTEGER",
            "guide_url": f"'https://services.example/guide/' || {padded('n', 4)}",
        },
        duplicates=False,
    )


def _materials(city: City) -> Table:
    return Table(
        "government_services.service_materials",
        {
            "item_code": item_code("item"),
            "material_number": "place + 1",
            "name": "material",
            "issuer": f"CASE WHEN place = 0 THEN '市公安局' ELSE {city.choice('n', 'issuer', words.AGENCIES)} END",
            "copies": "1 + n % 2",
            "required": "place < 3",
        },
        (missing("name"), outside_range("copies", "99"), outside_pattern("item_code", "待定")),
    )


def _cases(city: City) -> Table:
    key = "coalesce(i, -e - 1)"
    private = "e IS NULL"
    accepted = moment(city, key, "accepted")
    number = "(d + 1) * 100000000000 + n"
    return Table(
        "government_services.cases",
        {
            "case_id": f"'BJ' || {padded(number, 12)}",
            "item_code": item_code(city.below(key, "item", ITEMS)),
            "applicant_kind": f"CASE WHEN {private} THEN '1' ELSE '2' END",
            "applicant_id": "id",
            "applicant_code": "code",
            "applicant_name": f"CASE WHEN {private} THEN {known_name(city, 'government_services')} ELSE name END",
            "phone": f"CASE WHEN {private} THEN {known_phone(city, 'government_services')} ELSE phone END",
            "channel": city.choice(key, "channel", ("窗口", "网上", "网上", "移动端", "移动端", "自助终端")),
            "accepted_at": accepted,
            "finished_at": f"CASE WHEN n % 4 > 0 THEN {accepted} + to_hours({city.below(key, 'hours', 90)}) END",
            "satisfaction": f"CASE WHEN n % 4 = 0 THEN NULL ELSE 5 - {city.below(key, 'rating', 20)} // 10 END",
        },
        (
            missing("case_id"),
            missing("item_code"),
            wrong_check_digit("applicant_id", private),
            fifteen_digits("applicant_id"),
            outside_pattern("item_code", "待定"),
            outside_codes("channel", "电话"),
            contradiction("finished_after_accepted", {"finished_at": f"{accepted} - to_hours(1)"}),
            outside_range("satisfaction", "9"),
            surrounded("applicant_name"),
            *RAGGED,
        ),
    )


def _tickets(city: City) -> Table:
    second = city.below("g", "called", 604_800)
    arrived = f"(TIMESTAMP '2026-10-26' + to_days((7 * week)::INTEGER) + to_seconds({second}))"
    closed = f"{arrived} + to_hours({city.below('g', 'hours', 120)})"
    waiting = "week = d AND g % 5 = 2"
    return Table(
        "government_services.hotline_tickets",
        {
            "ticket_id": f"'GD' || {padded('202600000000 + g', 12)}",
            "hotline_category": city.choice(
                "g", "category", ("0101", "0102", "0103", "0201", "0202", "0301", "0302", "0401", "0501", "0601")
            ),
            "district": district(city.below("g", "place", city.buildings)),
            "address": building_address(city.below("g", "place", city.buildings)),
            "caller_phone": phone(city, "g", "caller"),
            "content": city.choice("g", "complaint", words.COMPLAINTS),
            "received_at": arrived,
            "closed_at": f"CASE WHEN {waiting} THEN NULL ELSE {closed} END",
            "ticket_status": f"CASE WHEN {waiting} THEN '办理中' ELSE '已办结' END",
        },
        (
            missing("ticket_id"),
            outside_codes("hotline_category", "9999"),
            outside_pattern("caller_phone", "匿名"),
            contradiction("closed_after_received", {"closed_at": f"{arrived} - to_hours(2)"}),
            outside_codes("ticket_status", "挂起"),
            impossible_date("received_at", "2026-11-31 10:00:00"),
            *RAGGED,
        ),
    )
