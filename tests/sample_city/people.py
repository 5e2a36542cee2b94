"""The city's true residents and enterprises as two tables, from which every department draws what it knows.

Residents come in blocks of twenty. The place in the block gives the age and, by parity, the sex: 0-1 are past eighty,
2-3 past sixty-six, 4-15 of working age, 16-19 born since 2005; odd places are male. Whatever takes a run of places from
every block therefore gets rows that are numbered without counting.
"""

from __future__ import annotations

from duckdb import DuckDBPyConnection

from tests.sample_city import words
from tests.sample_city.city import BLOCK, City, listed
from tests.sample_city.identifiers import phone, resident_id, with_credit_code
from tests.sample_city.places import building_address

# first place, one past the last, first birthday, number of birthdays
_AGES = (
    (0, 2, "1930-01-01", 6147),
    (2, 4, "1946-11-01", 4809),
    (4, 16, "1960-01-01", 16437),
    (16, 20, "2005-01-01", 7800),
)
_LEAP = 15_485_863  # prime, larger than any factor of the spaces it walks: neighbours fall far apart, none twice


def build(connection: DuckDBPyConnection, city: City) -> None:
    """Create the tables `people` and `enterprises`, as large as they are at the last delivery."""
    connection.execute(f"CREATE TABLE people AS {_people(city)}")
    connection.execute(f"CREATE TABLE enterprises AS {_enterprises(city)}")


def _people(city: City) -> str:
    """Rows (i, b, r, male, birth, id, name, phone, building, address, employer), in the order of i."""
    low = [start for start, _, _, _ in _AGES]
    days = [days for _, _, _, days in _AGES]
    width = [end - start for start, end, _, _ in _AGES]
    band = "CASE WHEN r < 2 THEN 0 WHEN r < 4 THEN 1 WHEN r < 16 THEN 2 ELSE 3 END"
    spread = f"(((b * {_by(width)} + r - {_by(low)}) * {_LEAP} + {city.salt('births')}) % ({_by(days)} * 4000))"
    starts = "CASE band " + " ".join(f"WHEN {k} THEN DATE '{age[2]}'" for k, age in enumerate(_AGES)) + " END"
    body = (
        "99900100000000000 + (p % 8) * 100000000000 + (year(birth) * 10000 + month(birth) * 100 + day(birth)) * 1000"
        " + p // 8 % 500 * 2 + r % 2"
    )
    given = f"CASE WHEN male THEN {_given(city, words.MALE)} ELSE {_given(city, words.FEMALE)} END"
    people = f"""
        WITH placed AS (SELECT i, i // {BLOCK} AS b, i % {BLOCK} AS r FROM range({city.residents(2)}) AS t(i)),
        aged AS (SELECT *, {band} AS band FROM placed),
        spread AS (SELECT *, {spread} AS p FROM aged),
        born AS (SELECT i, b, r, p, r % 2 = 1 AS male, ({starts}) + (p // 4000)::INTEGER AS birth FROM spread),
        numbered AS (SELECT *, {body} AS body, {city.below("i", "home", city.buildings)} AS building FROM born),
        named AS (SELECT *, {city.choice("i", "surname", words.SURNAMES)} AS surname, {given} AS given FROM numbered)
        SELECT i::INTEGER AS i, b::INTEGER AS b, r::TINYINT AS r, male, birth, {resident_id("body")} AS id,
            surname || given AS name, {phone(city, "i", "phone")} AS phone, building::INTEGER AS building,
            {building_address("building")} || (i % 6 + 1) || '单元' || ((i // 6) % 28 + 1) || '0' || (i % 4 + 1) || '室'
                AS address, {city.below("i", "employer", city.enterprises(0))} AS workplace
        FROM named
    """
    return f"SELECT * EXCLUDE (workplace) FROM ({with_credit_code(city, people, 'workplace', 'employer')})"


def _by(values: list[int]) -> str:
    return "(CASE band " + " ".join(f"WHEN {k} THEN {value}" for k, value in enumerate(values)) + " END)"


def _given(city: City, characters: tuple[str, ...]) -> str:
    second = city.choice("i", "given2", characters)
    return f"{city.choice('i', 'given1', characters)} || CASE WHEN i % 5 = 0 THEN '' ELSE {second} END"


def _enterprises(city: City) -> str:
    """Rows (e, code, name, trade, section, representative, representative_id, phone, building), in the order of e."""
    trades = [word for word, _ in words.TRADES]
    sections = [section for _, section in words.TRADES]
    last = city.enterprises(2)
    owner = f"({city.below('e', 'representative', max(1, city.blocks))} * {BLOCK} + 9)"
    firms = f"""
        SELECT e, {city.below("e", "trade", len(trades))} AS trade, {owner} AS owner,
            {city.below("e", "seat", city.buildings)} AS building
        FROM range({last}) AS t(e)
    """
    return f"""
        WITH firms AS ({with_credit_code(city, firms, "e", "code")})
        SELECT e::INTEGER AS e, code,
            '示例市' || {city.choice("e", "firm1", words.FIRM_FIRST)} || {city.choice("e", "firm2", words.FIRM_SECOND)}
                || {city.choice("e", "firm3", words.FIRM_SECOND)} || {listed(trades, "trade")} || '有限公司' AS name,
            {listed(sections, "trade")} AS section, people.name AS representative, people.id AS representative_id,
            {phone(city, "e", "firm phone")} AS phone, firms.building::INTEGER AS building,
            {building_address("firms.building")} AS address
        FROM firms JOIN people ON people.i = firms.owner
        ORDER BY e
    """


def known_name(city: City, department: str, column: str = "name", key: str = "i") -> str:
    """SQL for the name under which a department knows a person: for about one in a hundred it is another."""
    last = city.choice(key, f"other name {department}", words.FEMALE)
    differs = f"hash({key}, {city.salt(f'differs {department}')}) % 100 = 0"
    return f"CASE WHEN {differs} THEN left({column}, length({column}) - 1) || {last} ELSE {column} END"


def known_phone(city: City, department: str, column: str = "phone", key: str = "i") -> str:
    """SQL for the phone a department has of a person: one in twenty differs, one in twenty-five is missing."""
    share = city.below(key, f"phone {department}", 100)
    other = phone(city, key, f"other phone {department}")
    return f"CASE WHEN {share} < 5 THEN {other} WHEN {share} < 9 THEN NULL ELSE {column} END"
