"""Market regulation: enterprises, their licences and inspections."""

from __future__ import annotations

from tests.sample_city import words
from tests.sample_city.bases import Base, day, every, since, then
from tests.sample_city.city import City, padded
from tests.sample_city.dirt import (
    RAGGED,
    Fault,
    both,
    contradiction,
    impossible_date,
    missing,
    outside_codes,
    outside_range,
    spelled_dates,
    surrounded,
    wrong_check_digit,
)
from tests.sample_city.extract import Extract, Table
from tests.sample_city.identifiers import shortened
from tests.sample_city.places import district


def extracts(city: City) -> list[Extract]:
    """Enterprises and licences by key with changes and newcomers; each week other inspections."""
    firms, licences, inspections = _enterprises(city), _licences(city), _inspections(city)
    first = city.enterprises(0)
    whole = Base(f"SELECT *, e AS n, 0 AS d FROM enterprises WHERE e < {first}", first)
    changed = [every("enterprises", "e", (40, 4 + d), first, d) for d in (1, 2)]
    new = [since("enterprises", "e", city.enterprises(d - 1), city.enterprises(d), d) for d in (1, 2)]
    renewed = [every("enterprises", "e", (80, 8 + 2 * d), first, d) for d in (1, 2)]
    return [
        Extract(city, firms, 0, whole),
        *(Extract(city, firms, d, then(changed[d - 1], new[d - 1]), changed[d - 1].rows) for d in (1, 2)),
        Extract(city, licences, 0, every("enterprises", "e", (2, 0), first, 0)),
        *(Extract(city, licences, d, then(renewed[d - 1], new[d - 1]), renewed[d - 1].rows) for d in (1, 2)),
        *(Extract(city, inspections, d, every("enterprises", "e", (3, d), first, d), moved=d == 1) for d in range(3)),
        Extract(city, _credit(city), 0, every("enterprises", "e", (4, 1), first, 0)),
    ]


def _credit(city: City) -> Table:
    """What is on record of every fourth enterprise: some has ended, some is objected to."""
    recorded = f"(DATE '2024-01-01' + {city.below('e', 'credit recorded', 1000)}::INTEGER)"
    return Table(
        "market_regulation.credit_records",
        {
            "record_id": f"'XY' || {padded('(d + 1) * 100000000 + n', 10)}",
            "credit_code": "code",
            "credit_record_kind": city.choice("e", "credit kind", ("02", "02", "05", "06", "08", "10")),
            "source": city.choice("e", "credit source", words.AGENCIES),
            "recorded_on": recorded,
            "expires_on": f"{recorded} + (365 * (1 + {city.below('e', 'credit ends', 5)}))::INTEGER",
            "objection_state": city.choice("e", "credit objection", words.CREDIT_OBJECTIONS),
        },
        (
            missing("source"),
            wrong_check_digit("credit_code"),
            outside_codes("credit_record_kind", "77"),
            outside_codes("objection_state", "不知道"),
            impossible_date("expires_on"),
            *RAGGED,
        ),
    )


def _enterprises(city: City) -> Table:
    established = f"(DATE '1995-01-01' + {city.below('e', 'established', 11_000)}::INTEGER)"
    closed = "d > 0 AND e % 3 = 0"
    capital = city.choice("e", "capital", ("10", "50", "100", "100", "200", "500", "1000", "5000"))
    return Table(
        "market_regulation.enterprises",
        {
            "credit_code": "code",
            "name": "name",
            "legal_representative": "representative",
            "representative_id": "representative_id",
            "industry": "section",
            "registered_capital": f"{capital} || '.00'",
            "established_on": established,
            "enterprise_status": f"CASE WHEN {closed} THEN '注销' WHEN e % 50 = 1 THEN '吊销' ELSE '存续' END",
            "closed_on": f"CASE WHEN {closed} THEN DATE '2026-10-29' + (7 * d)::INTEGER END",
            "district": district("building"),
            "address": "address",
            "phone": f"CASE WHEN {city.below('e', 'has phone', 10)} < 9 THEN phone END",
        },
        (
            missing("credit_code"),
            missing("name"),
            wrong_check_digit("credit_code"),
            Fault(
                "fifteen_digits",
                {"representative_id": shortened("{}")},
                when="substr(representative_id, 7, 4) < '1999'",
                share=40,
            ),
            wrong_check_digit("representative_id"),
            outside_codes("industry", "Z"),
            outside_codes("enterprise_status", "其他状态"),
            outside_range("registered_capital", "'-1.00'"),
            impossible_date("established_on", "2021-00-10"),
            *spelled_dates("established_on"),
            contradiction("closed_after_established", {"closed_on": f"{established} - 10"}),
            surrounded("name"),
            both(wrong_check_digit("credit_code"), outside_codes("industry", "Z")),
            *RAGGED,
        ),
    )


def _licences(city: City) -> Table:
    kinds = ("food", "food", "drug", "public_place", "special_equipment", "liquor")
    earlier = f"DATE '2022-01-01' + {city.below('e', 'issued', 1600)}::INTEGER"
    issued = f"CASE WHEN d = 0 THEN {earlier} ELSE {day(city, 'e', 'issued')} END"
    return Table(
        "market_regulation.licences",
        {
            "licence_number": f"'XK' || {district('e')} || {padded('e', 8)}",
            "credit_code": "code",
            "licence_type": city.choice("e", "licence", kinds),
            "name": "name",
            "issued_on": f"({issued})::VARCHAR",
            "valid_until": f"(({issued}) + 1826)::VARCHAR",
        },
        (
            missing("licence_number"),
            missing("issued_on"),
            wrong_check_digit("credit_code"),
            outside_codes("licence_type", "other"),
            impossible_date("valid_until", "2027-02-29"),
            contradiction("valid_after_issue", {"valid_until": f"(({issued}) - 1)::VARCHAR"}),
            *spelled_dates("issued_on"),
        ),
    )


def _inspections(city: City) -> Table:
    lot = city.below("e", "result", 10)
    given = city.choice("e", "inspector", words.MALE)
    return Table(
        "market_regulation.inspections",
        {
            "inspection_id": f"'JC' || {padded('e', 10)}",
            "credit_code": "code",
            "inspected_on": day(city, "e", "inspected"),
            "inspector": f"{city.choice('e', 'inspector surname', words.SURNAMES)} || {given}",
            "result": f"CASE WHEN {lot} < 7 THEN '1' WHEN {lot} < 9 THEN '2' ELSE '3' END",
            "score": f"CASE WHEN {lot} < 7 THEN 60 ELSE 20 END + {city.below('e', 'score', 41)}",
            "remark": f"CASE WHEN {lot} < 7 THEN '' ELSE {city.choice('e', 'remark', words.REMARKS)} END",
        },
        (
            missing("credit_code"),
            wrong_check_digit("credit_code"),
            outside_codes("result", "优"),
            outside_range("score", "150"),
            contradiction("passing_score", {"result": "'1'", "score": "12"}),
            impossible_date("inspected_on", "2026-11-31"),
            *spelled_dates("inspected_on"),
            *RAGGED,
        ),
        quoted=frozenset({"remark"}),
    )
