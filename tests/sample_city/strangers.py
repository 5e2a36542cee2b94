"""Whom no identifier tells apart: registers that know persons and enterprises by name, and who they truly are.

A row's place in its cycle says what is planted in it (`ON_GRID`, `WALKING_IN`, `PREMISES`). Most rows are of the city's
residents and enterprises. Some are of strangers and shops, of whom no register has an identifier; these are numbered by
cycles, so that two registers speak of the same ones. Here are only the true rows; the delivered columns are in
`departments/by_name.py`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from duckdb import DuckDBPyConnection

from tests.sample_city import words
from tests.sample_city.city import BLOCK, City, listed, padded
from tests.sample_city.identifiers import digits_swapped, phone, wrong_digit
from tests.sample_city.places import building_address

ON_GRID = (
    "plain", "homophone", "variant_characters", "twin", "namesake", "minority_name", "moved_household",
    "no_birth_date", "stranger", "birth_date_off", "stranger_once", "foreigner",
)  # fmt: skip
WALKING_IN = (
    "identified", "digit_wrong", "digits_swapped", "plain", "foreigner", "homophone", "other_phone", "stranger",
    "minority_name", "digit_and_name_wrong", "namesake", "stranger_again",
)  # fmt: skip
PREMISES = (
    "identified", "abbreviated", "digit_wrong", "branch", "renamed", "shop", "shop_again", "other_suffix",
    "namesake", "digits_swapped",
)  # fmt: skip
MOVED = ON_GRID.index("moved_household")
# Of working age, places 4 to 15 of a block: nobody planted is among the old, who are paid for, or among the dead.
_ADULTS_FROM, _ADULTS = 4, 12
_STRANGERS = {"stranger": 0, "stranger_again": 0, "minority_name": 1, "foreigner": 2, "stranger_once": 3}
_SLOTS = 4


def persons(city: City) -> int:
    """Rows of each register of persons: about three in a hundred residents, and four of each plant at least."""
    return max(4, city.people * 3 // 100 // len(ON_GRID)) * len(ON_GRID)


def visits(city: City) -> int:
    """Visits to premises: about one in ten enterprises, and four of each plant at least."""
    return max(4, city.enterprises(0) // 10 // len(PREMISES)) * len(PREMISES)


def build(connection: DuckDBPyConnection, city: City) -> None:
    """Create `grid_rows`, `walking_rows` and `premises_rows`; `people` and `enterprises` are there."""
    for name, select in (
        ("strangers", _strangers(city)),
        ("grid_rows", _grid(city)),
        ("walking_rows", _walking(city)),
        ("shops", _shops(city)),
        ("premises_rows", _premises(city)),
    ):
        connection.execute(f"CREATE TABLE {name} AS {select}")


def _strangers(city: City) -> str:
    """Rows (t, name, other_name, male, birth, phone, address, building, passport), by t; some write `other_name`."""
    given = city.choice("t", "stranger given", words.MALE)
    han = f"{city.choice('t', 'stranger surname', words.SURNAMES)} || '升' || {given}"
    shared = f"CASE WHEN t // {_SLOTS} % 2 = 0 THEN '王伟' ELSE {han} END"
    first = city.choice("t", "minority given", words.MINORITY_GIVEN)
    father = city.choice("t", "minority father", words.MINORITY_FATHERS)
    latin = city.choice("t", "foreign given", words.LATIN_GIVEN)
    family = city.choice("t", "foreign family", words.LATIN_FAMILY)
    building = city.below("t", "stranger home", city.buildings)
    count = persons(city) // len(ON_GRID) * _SLOTS
    return f"""
        WITH numbered AS (
            SELECT t, t % {_SLOTS} AS slot, {building} AS building FROM range({count}) AS r(t)
        )
        SELECT t, building,
            CASE slot WHEN 0 THEN {han} WHEN 1 THEN {first} || '·' || {father} WHEN 2 THEN {latin} || ' ' || {family}
                ELSE {shared} END AS name,
            CASE slot WHEN 0 THEN {_rewritten(han, words.VARIANTS)} WHEN 1 THEN left({first}, 1) || '·' || {father}
                WHEN 2 THEN upper({family}) || ', ' || {latin} END AS other_name,
            t // {_SLOTS} % 2 = 0 AS male, {_birth(city, "t", "stranger birth")} AS birth,
            {phone(city, "t", "stranger phone")} AS phone,
            {building_address("building")} || (t % 5 + 1) || '单元' || (t % 9 + 1) || '05室' AS address,
            chr((69 + t % 2)::INTEGER) || {padded(f"(t * 7919 + {city.salt('passports')}) % 100000000", 8)} AS passport
        FROM numbered ORDER BY t
    """


def _grid(city: City) -> str:
    """Rows (g, plant, who, name, male, birth, address, moved_address, phone, building, moved_building), by g.

    Who moves house between the deliveries has `moved_address` from the second on.
    """
    away = f"(people.building + 11) % {city.buildings}"
    twin = f"{_surname('people.name')} || {city.choice('g', 'twin', words.TWINS)}"
    day_off = "CASE day(people.birth) WHEN 1 THEN 11 ELSE day(people.birth) - 1 END"
    off = f"make_date(year(people.birth), month(people.birth), {day_off})"
    return f"""
        SELECT g, plant, {_who("g", {"twin": "T", "namesake": "N"})} AS who,
            {
        _by_plant(
            {
                "homophone": _rewritten("people.name", words.HOMOPHONES, keep=1),
                "variant_characters": _rewritten("people.name", words.TRADITIONAL),
                "twin": twin,
                "stranger": "strangers.other_name",
            },
            "coalesce(strangers.name, people.name)",
        )
    } AS name,
            {
        _by_plant({"twin": f"people.male = (g // {len(ON_GRID)} % 2 = 0)"}, "coalesce(strangers.male, people.male)")
    } AS male,
            {
        _by_plant(
            {
                "namesake": _birth(city, "g", "namesake birth"),
                "no_birth_date": "NULL",
                "birth_date_off": off,
            },
            "coalesce(strangers.birth, people.birth)",
        )
    } AS birth,
            {_by_plant({"namesake": _home(away, "g")}, "coalesce(strangers.address, people.address)")} AS address,
            {_home(away, "g")} AS moved_address,
            {_by_plant(dict.fromkeys(("plain", "twin", "namesake"), "NULL"), "coalesce(strangers.phone, people.phone)")}
                AS phone,
            {_by_plant({"namesake": away}, "coalesce(strangers.building, people.building)")} AS building,
            {away} AS moved_building
        FROM ({_numbered(city, "g", ON_GRID)}) AS placed
        JOIN people USING (i) LEFT JOIN strangers USING (t) ORDER BY g
    """


def _walking(city: City) -> str:
    """Rows (w, plant, who, document, name, male, birth, phone, address), by w; `document` may be null."""
    misheard = f"left(people.name, length(people.name) - 1) || {city.choice('w', 'misheard', words.FEMALE)}"
    return f"""
        SELECT w, plant, {_who("w", {"namesake": "W"})} AS who,
            {
        _by_plant(
            {
                "identified": "people.id",
                "digit_wrong": wrong_digit("people.id"),
                "digits_swapped": digits_swapped("people.id"),
                "digit_and_name_wrong": wrong_digit("people.id"),
                "foreigner": "strangers.passport",
            },
            "NULL",
        )
    } AS document,
            {
        _by_plant(
            {
                "homophone": _rewritten("people.name", words.HOMOPHONES, keep=1),
                "digit_and_name_wrong": misheard,
                "minority_name": "strangers.other_name",
                "foreigner": "strangers.other_name",
            },
            "coalesce(strangers.name, people.name)",
        )
    } AS name,
            coalesce(strangers.male, people.male) AS male,
            {
        _by_plant(
            {
                "namesake": _birth(city, "w", "namesake walking"),
                "stranger_again": "NULL",
            },
            "coalesce(strangers.birth, people.birth)",
        )
    } AS birth,
            {
        _by_plant(
            {
                "other_phone": phone(city, "w", "walking phone"),
                "namesake": phone(city, "w", "walking phone"),
            },
            "coalesce(strangers.phone, people.phone)",
        )
    } AS phone,
            CASE WHEN plant IN ('other_phone', 'stranger', 'foreigner', 'digits_swapped')
                THEN coalesce(strangers.address, people.address) END AS address
        FROM ({_numbered(city, "w", WALKING_IN)}) AS placed
        JOIN people USING (i) LEFT JOIN strangers USING (t) ORDER BY w
    """


def _shops(city: City) -> str:
    """Rows (c, signboard, operator, phone, address): one for each cycle of premises."""
    rounds = visits(city) // len(PREMISES)
    owner = city.choice("c", "shop owner", words.SURNAMES)
    return f"""
        SELECT c, {city.choice("c", "shop", words.SHOP_NAMES)} || {city.choice("c", "food", words.FOODS)} AS signboard,
            {owner} || {city.choice("c", "shop given", words.TWINS)} AS operator,
            {phone(city, "c", "shop phone")} AS phone,
            {building_address(city.below("c", "shop place", city.buildings))} || (c % 40 + 101) || '铺' AS address
        FROM range({rounds}) AS r(c) ORDER BY c
    """


def _premises(city: City) -> str:
    """Rows (v, plant, who, document, signboard, operator, address, phone), by v."""
    stride, last = city.enterprises(0) // visits(city), len(PREMISES)
    placed = f"""
        SELECT v, v // {last} AS c, {listed(PREMISES, f"v % {last}")} AS plant,
            v * {stride} + {city.below("v", "premises", stride)} AS e
        FROM range({visits(city)}) AS r(v)
    """
    core, trade = "substr(firm.name, 4, 3)", "substr(firm.name, 7, length(firm.name) - 10)"
    renamed = f"'示例市' || {city.choice('v', 'new name', words.NEW_FIRMS)} || {trade} || '有限公司'"
    away = building_address(f"(firm.building + 13) % {city.buildings}")
    stranger = f"{city.choice('v', 'other owner', words.SURNAMES)} || {city.choice('v', 'other given', words.TWINS)}"
    other_phone = phone(city, "v", "premises phone")
    return f"""
        SELECT v, plant,
            CASE WHEN plant IN ('shop', 'shop_again') THEN 'S' || {padded("c", 8)} WHEN plant = 'branch' THEN 'B' || {
        padded("v", 8)
    }
                WHEN plant = 'namesake' THEN 'M' || {padded("v", 8)} ELSE firm.code END AS who,
            {
        _by_plant(
            {
                "identified": "firm.code",
                "digit_wrong": wrong_digit("firm.code"),
                "digits_swapped": digits_swapped("firm.code"),
            },
            "NULL",
        )
    } AS document,
            {
        _by_plant(
            {
                "abbreviated": f"{core} || {trade}",
                "digits_swapped": f"{core} || {trade} || '（示例市）有限公司'",
                "branch": "firm.name || '第一分公司'",
                "renamed": renamed,
                "shop": "shops.signboard",
                "shop_again": _rewritten("shops.signboard", words.TRADITIONAL),
                "other_suffix": "replace(firm.name, '有限公司', '有限责任公司')",
                "namesake": f"'外示市' || {core} || {trade} || '有限公司'",
            },
            "firm.name",
        )
    } AS signboard,
            {_by_plant({"shop": "shops.operator", "shop_again": "NULL", "namesake": stranger}, "firm.representative")}
                AS operator,
            {
        _by_plant(
            {
                "branch": away,
                "namesake": away,
                "shop": "shops.address",
                "shop_again": "shops.address",
                "other_suffix": "replace(firm.address, '示例市', '')",
            },
            "firm.address",
        )
    } AS address,
            {
        _by_plant(
            {
                "shop": "shops.phone",
                "shop_again": "shops.phone",
                "branch": other_phone,
                "namesake": other_phone,
                "identified": "NULL",
            },
            "firm.phone",
        )
    } AS phone
        FROM ({placed}) AS placed JOIN enterprises AS firm USING (e) LEFT JOIN shops USING (c) ORDER BY v
    """


def _numbered(city: City, key: str, plants: Sequence[str]) -> str:
    """Rows (key, plant, i, t): another adult resident each, and the stranger where the plant is about one."""
    rows = persons(city)
    stride = city.blocks * _ADULTS // rows
    slots = " ".join(f"WHEN '{plant}' THEN {slot}" for plant, slot in _STRANGERS.items())
    return f"""
        SELECT {key}, plant, j // {_ADULTS} * {BLOCK} + {_ADULTS_FROM} + j % {_ADULTS} AS i,
            {key} // {len(plants)} * {_SLOTS} + CASE plant {slots} END AS t
        FROM (SELECT {key}, {listed(plants, f"{key} % {len(plants)}")} AS plant,
            {key} * {stride} + {city.below(key, f"{key} row", stride)} AS j FROM range({rows}) AS r({key}))
    """


def _who(key: str, own: Mapping[str, str]) -> str:
    """SQL for a number of a stranger's own, or the id of the resident."""
    cases = {plant: f"'{letter}' || {padded(key, 8)}" for plant, letter in own.items()}
    return _by_plant(cases, f"CASE WHEN t IS NULL THEN people.id ELSE 'P' || {padded('t', 8)} END")


def _by_plant(cases: Mapping[str, str], otherwise: str) -> str:
    whens = " ".join(f"WHEN '{plant}' THEN {value}" for plant, value in cases.items())
    return f"CASE plant {whens} ELSE {otherwise} END"


def _birth(city: City, key: str, name: str) -> str:
    return f"(DATE '1960-01-01' + {city.below(key, name, 14_000)}::INTEGER)"


def _home(building: str, key: str) -> str:
    return f"{building_address(building)} || '7单元' || ({key} % 9 + 1) || '03室'"


def _surname(name: str) -> str:
    double = ", ".join(f"'{one}'" for one in words.SURNAMES if len(one) == 2)
    return f"left({name}, CASE WHEN left({name}, 2) IN ({double}) THEN 2 ELSE 1 END)"


def _rewritten(text: str, pairs: Mapping[str, str], keep: int = 0) -> str:
    """SQL for a text with characters written as others, but for the first `keep`."""
    head, tail = (f"left({text}, {keep}) || ", f"substr({text}, {keep + 1})") if keep else ("", text)
    return f"{head}translate({tail}, '{''.join(pairs)}', '{''.join(pairs.values())}')"
