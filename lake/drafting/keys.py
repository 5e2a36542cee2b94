"""Which columns tell the rows of an extract apart: one, or two together, by exact counts over the rows that differ."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from contracts.model import LogicalType
from lake.drafting.choosing import Choice
from lake.drafting.probing import Facts, Probe

_TRIED, _LONGEST = 8, 64
# What is different by chance, or describes: a name or a measure tells nobody apart for long.
_NO_KEY = {
    *("person_name", "organisation_name", "title", "address", "place_address", "phone", "mobile_phone"),
    *("service_phone", "email", "url", "health_note", "postcode", "count"),
}
_NAMED = re.compile(
    r"编号|号码|流水|单号|证号|序号|编码|代码|(^|[_ ])id$|id$|number|[_ ]no\.?$|key|serial|code$", re.IGNORECASE
)
_DESCRIBED = re.compile(r"电话|手机|姓名|名称|地址|备注|phone|name|address|remark|note", re.IGNORECASE)
_KEY_TYPES = {LogicalType.STRING, LogicalType.INTEGER}
_TOGETHER = {*_KEY_TYPES, LogicalType.DATE, LogicalType.TIMESTAMP}
_NEARLY = 0.95


@dataclass(frozen=True)
class Key:
    """Columns by place, and in how many ways they are filled over so many rows that differ."""

    places: tuple[int, ...]
    distinct: int
    rows: int


def find_key(
    probe: Probe, facts: Sequence[Facts], choices: Sequence[Choice], dataset: str
) -> tuple[Key | None, list[Key]]:
    """The smallest key that is likely meant, and what else tells the rows apart.

    Rows that are wrong repeat keys, too: one that tells nearly all apart is taken where none tells all.
    """
    rows = probe.differing()
    if rows < 2:
        return None, []
    fit = [place for place in range(len(facts)) if _may_be(facts[place], choices[place], _KEY_TYPES)]
    near = [place for place in fit if facts[place].distinct >= rows * _NEARLY]
    single = [_counted(probe, (place,), rows) for place in near]
    found = [
        key
        for key in single
        if key.distinct == rows or (key.distinct >= rows * _NEARLY and _is_issued(facts, choices, key.places[0]))
    ]
    if not found:
        several = [place for place in range(len(facts)) if _may_be(facts[place], choices[place], _TOGETHER)]
        some = sorted(several, key=lambda place: -facts[place].distinct)[:_TRIED]
        double = [_counted(probe, tuple(sorted(pair)), rows) for pair in combinations(some, 2)]
        found = [key for key in double if key.distinct == rows]
        found.sort(key=lambda key: sum(_rank(facts, choices, place) for place in key.places))
    else:
        own = [_is_of(facts[key.places[0]].header, dataset) for key in found]
        ranks = {key: _rank(facts, choices, key.places[0]) - 50 * mine for key, mine in zip(found, own, strict=True)}
        found.sort(key=lambda key: ranks[key])
    return (found[0] if found else None), found


def _may_be(facts: Facts, choice: Choice, types: set[LogicalType]) -> bool:
    element = choice.fit.element
    whole = facts.there >= facts.rows * _NEARLY and facts.rows > 0
    whole = whole and not _DESCRIBED.search(facts.header)
    return whole and element.type in types and element.name not in _NO_KEY and facts.longest <= _LONGEST


def _rank(facts: Sequence[Facts], choices: Sequence[Choice], place: int) -> int:
    """The earlier and the more like the number of a thing, the likelier; who it is about comes after what it is."""
    about = choices[place].fit.element.personal or choices[place].fit.element.check
    return place - (100 if _is_issued(facts, choices, place) else 0) + (10 if about and place else 0)


def _is_of(header: str, dataset: str) -> bool:
    """Whether a header names what the dataset is of: `lot_id` in parking_lots."""
    words = {word.rstrip("s") for word in dataset.split("_")}
    return bool(words & set(re.split(r"[^a-z]+", header.lower())))


def _is_issued(facts: Sequence[Facts], choices: Sequence[Choice], place: int) -> bool:
    element = choices[place].fit.element
    return bool(element.check or element.pattern or element.identifies or _NAMED.search(facts[place].header))


def _counted(probe: Probe, places: tuple[int, ...], rows: int) -> Key:
    _, distinct = probe.distinct(places)
    return Key(places, distinct, rows)
