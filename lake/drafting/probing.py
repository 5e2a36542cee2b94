"""What the columns of an extract hold, asked of the engine: counts, shapes, and which of the city's elements fit.

The elements' own casts and rules are asked, in the SQL that judges deliveries; nothing of them is modelled here. A
bounded sample says which may fit, and whole columns how many values do. What to make of it is `choosing.py`'s.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import duckdb

from contracts.model import (
    CodeSet,
    Column,
    Dataset,
    DeliveryMode,
    Element,
    Level,
    LogicalType,
    SharingAttribute,
    Source,
)
from contracts.promises import inherited
from contracts.sql_text import identifier, literal
from lake.drafting.written import Extract
from quality.casts import cast_sql
from quality.conform import Delivered, conform_sql

_TABLE = "drafted"
_SAMPLE = 400
_DATED, _MOST = "[0-9]{1,4}[-/年.][0-9]{1,2}[-/月.][0-9]{1,4}.*", 0.9
# Elements that are asked in one statement: the engine takes more than twice as long to plan twice as many.
_TOGETHER = 12
_SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗高郑梁谢宋唐许邓韩冯曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆范汪廖"
    "石金韦贾夏付方邹熊白孟秦邱侯江尹薛闫段雷龙黎史陶贺毛郝顾龚邵万覃武钱戴严莫孔向常汤康易乔赖文"
)
# What a text is of by its words, where no element has a form for it: RE2 of the whole text.
HINTS: Mapping[str, str] = {
    "person_name": f"[{_SURNAMES}][一-龥]{{1,2}}|(欧阳|上官|司马|诸葛)[一-龥]{{1,2}}",
    "organisation_name": "[一-龥A-Za-z0-9（）()·]{2,}"
    "(公司|集团|厂|店|商行|合作社|医院|诊所|学校|幼儿园|委员会|协会|中心|局|部)",
    "address": ".*[一-龥].*([路街道巷弄村镇].*[0-9一二三四五六七八九十]+[号室幢栋楼组].*)",
    "url": r"https?://[^\s]+",
}
NOTHING = ("NA", "N/A", "n/a", "NULL", "null", "None", "-", "--", "\\N", "无", "nan", "NaN", "#N/A", ".")
# Spellings of days that departments write and no element may know.
DAYS = (
    "%Y-%m-%d",
    "%Y%m%d",
    "%Y年%m月%d日",
    "%m/%d/%Y",
    "%d/%m/%Y",
    "%Y-%m-%d %H:%M:%S",
    "%m/%d/%Y %H:%M:%S",
    "%m/%d/%Y %I:%M:%S %p",
    "%Y-%m-%dT%H:%M:%S",
)


@dataclass(frozen=True)
class Facts:
    """Counts of one column: all rows, values that are there, those that differ, and those of each shape."""

    header: str
    rows: int
    there: int
    distinct: int
    longest: int
    shortest: int
    integers: int
    padded: int
    numbers: int
    fractions: int
    negative: int
    whole_points: int
    flags: int
    nothing: Mapping[str, int]
    hints: Mapping[str, int]
    days: Mapping[str, int]


@dataclass(frozen=True)
class Fit:
    """How many of so many values an element takes.

    `code_map` are titles of codes that stand there in place of them, `codes_seen` how many codes do, and `code_length`
    that of the shortest one there.
    """

    element: Element
    passing: int
    of: int
    code_map: Mapping[str, str] = field(default_factory=dict)
    codes_seen: int = 0
    code_length: int = 0

    @property
    def share(self) -> float:
        """The share of values that pass."""
        return self.passing / self.of if self.of else 0.0


@dataclass(frozen=True)
class Standards:
    """The city's elements and code sets."""

    elements: Mapping[str, Element]
    code_sets: Mapping[str, CodeSet]

    def words(self, element: Element) -> dict[str, str]:
        """Titles of an element's codes, as departments write them in place of the codes themselves."""
        code_set = self.code_sets.get(element.code_set or "")
        if code_set is None:
            return {}
        titles = {title: code for code, pair in code_set.codes.items() for title in pair}
        return {title: code for title, code in titles.items() if title not in code_set.codes}


class Probe:
    """The columns of one extract, laid down as text in a table of the session."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, extract: Extract, standards: Standards) -> None:
        self._connection, self._extract, self._standards = connection, extract, standards
        names = [f"p{place}" for place in range(len(extract.headers))]
        self.names: Sequence[str] = names
        taken = ", ".join(
            f"nullif(trim({identifier(column)}), '') as {name}"
            for column, name in zip(extract.columns, names, strict=True)
        )
        connection.execute(
            f"create or replace temp table {_TABLE} as select {taken}, _structure, row_number() over () as _row "
            f"from {extract.delivered.relation}"
        )

    def broken(self) -> int:
        """The records whose structure is in doubt."""
        return int(self._one(f"select count(*) from {_TABLE} where _structure is not null")[0])

    def rows(self) -> int:
        """The records of sound structure."""
        return int(self._one(f"select count(*) from {_TABLE} where _structure is null")[0])

    def _one(self, query: str) -> tuple[Any, ...]:
        row = self._connection.execute(query).fetchone()
        assert row is not None
        return row

    def facts(self) -> list[Facts]:
        """The counts of every column, in one scan of the whole table each."""
        return [self._facts(name, header) for name, header in zip(self.names, self._extract.headers, strict=True)]

    def _facts(self, name: str, header: str) -> Facts:
        asked = {
            "rows": "count(*)",
            "there": "count(v)",
            "distinct": "count(distinct v)",
            "longest": "coalesce(max(length(v)), 0)",
            "shortest": "coalesce(min(length(v)), 0)",
            "integers": _matching("[+-]?[0-9]{1,18}"),
            "padded": _matching("0[0-9]+"),
            "numbers": _matching(r"[+-]?([0-9]{1,18}(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,3})?"),
            "fractions": _matching(r"[+-]?[0-9]*\.[0-9]{3,}|.*[eE].*"),
            "negative": "count(*) filter (starts_with(v, '-'))",
            "whole_points": _matching(r"[+-]?[0-9]{1,15}\.0"),
            "flags": "count(*) filter (lower(v) in ('true', 'false', 't', 'f', 'yes', 'no', 'y', 'n', '是', '否'))",
        }
        nothing = [f"count(*) filter (v = {literal(word)})" for word in NOTHING]
        hints = [_matching(pattern) for pattern in HINTS.values()]
        row = self._one(
            f"select {', '.join([*asked.values(), *nothing, *hints])} from "
            f"(select {name} as v from {_TABLE} where _structure is null)"
        )
        found = iter(int(value) for value in row)
        counts = {what: next(found) for what in asked}
        return Facts(
            header=header,
            **counts,
            nothing={word: count for word in NOTHING if (count := next(found))},
            hints={what: next(found) for what in HINTS},
            days=self._days(name, counts["there"]),
        )

    def _days(self, name: str, there: int) -> dict[str, int]:
        """How many values are days by each spelling, where most have the look of one."""
        where = f"(select {name} as v from {_TABLE} where _structure is null and {name} is not null)"
        looks = self._one(f"select {_matching(_DATED)} from {where}")[0]
        if not there or looks < there * _MOST:
            return dict.fromkeys(DAYS, 0)
        row = self._one(f"select {', '.join(f'count({_day(spelling)})' for spelling in DAYS)} from {where}")
        return dict(zip(DAYS, map(int, row), strict=True))

    def fits(self, wanted: Mapping[int, Iterable[str]] | None = None) -> dict[int, list[Fit]]:
        """Place of a column -> the elements that take its values: of a sample, or of all for those that are `wanted`.

        Each value is judged once, by every element that is asked for.
        """
        elements = self._standards.elements
        pairs = (
            {place: [elements[name] for name in names] for place, names in wanted.items()}
            if wanted is not None
            else {place: list(elements.values()) for place in range(len(self.names))}
        )
        asked = {element.name: element for several in pairs.values() for element in several}
        if not asked:
            return {}
        self._lay_values(pairs, sample=wanted is None)
        failing: dict[tuple[int, str], int] = {}
        every = list(asked.values())
        for begin in range(0, len(every), _TOGETHER):
            failing |= self._failing(every[begin : begin + _TOGETHER])
        totals = {int(place): int(rows) for place, rows in self._rows("select place, sum(n) from probed group by 1")}
        return {
            place: [self._fit(place, element, failing, totals.get(place, 0)) for element in several]
            for place, several in pairs.items()
        }

    def _fit(self, place: int, element: Element, failing: Mapping[tuple[int, str], int], total: int) -> Fit:
        return Fit(element, total - failing.get((place, element.name), 0), total)

    def _lay_values(self, pairs: Mapping[int, object], *, sample: bool) -> None:
        """The differing values of each column with how often each is there; of a sample, the first by their hash."""
        limit = f" order by hash(v), v limit {_SAMPLE}" if sample else ""
        some = " union all ".join(
            f"(select {place} as place, v, count(*) as n from (select {self.names[place]} as v from {_TABLE} "
            f"where _structure is null) where v is not null and v not in ({_listed(NOTHING)}) group by v{limit})"
            for place in pairs
        )
        self._connection.execute(
            f"create or replace temp table probed as select *, null::varchar as _structure, "
            f"row_number() over () as _row from ({some})"
        )

    def _failing(self, elements: Sequence[Element]) -> dict[tuple[int, str], int]:
        dataset = self._dataset(elements)
        delivered = Delivered(
            "probed", {element.name: "v" for element in elements}, typed=self._extract.delivered.typed
        )
        judged = conform_sql(dataset, delivered, self._standards.code_sets)
        rows = self._rows(
            f"select place, element, sum(n) from (select distinct _row, split_part(fault, ':', 2) as element from "
            f"(select _row, unnest(_faults) as fault from ({judged}))) join probed using (_row) group by all"
        )
        return {(int(place), str(element)): int(count) for place, element, count in rows}

    def _rows(self, query: str) -> list[tuple[Any, ...]]:
        return self._connection.execute(query).fetchall()

    def _dataset(self, elements: Sequence[Element]) -> Dataset:
        columns = tuple(
            Column(
                name=element.name,
                headers=(element.name,),
                title_zh=element.title_zh,
                title_en=element.title_en,
                element=element,
                level=Level.L1,
                mask="none",
                sharing_attribute=SharingAttribute.CONDITIONAL,
                code_map=self._standards.words(element),
                rules=inherited(element.name, (element.name, element.name), element, required=False, check="error"),
            )
            for element in elements
        )
        return Dataset(
            *("draft", "draft", "", "", "", "", "", Source("", "csv"), DeliveryMode.APPEND, columns),
            *(SharingAttribute.CONDITIONAL, None, "", 0),
        )

    def with_codes(self, place: int, fit: Fit) -> Fit:
        """The fit with which codes of its set stand in the column, and the titles that stand there in place of them."""
        element = fit.element
        if not element.code_set or not fit.share:
            return fit
        words = self._standards.words(element)
        code_set = self._standards.code_sets[element.code_set or ""]
        known = {**words, **code_set.aliases, **dict.fromkeys(code_set.codes)}
        seen = {
            str(value)
            for (value,) in self._rows(
                f"select distinct {self.names[place]} from {_TABLE} where {self.names[place]} in ({_listed(known)})"
            )
        }
        # An alias is no business of a contract: its code set knows it already.
        own = {word: code for word, code in words.items() if word in seen and word not in code_set.aliases}
        codes = {known[word] or word for word in seen}
        shortest = min((len(code) for code in codes), default=0)
        return replace(fit, code_map=own, codes_seen=len(codes), code_length=shortest)

    def distinct(self, places: Sequence[int]) -> tuple[int, int]:
        """Over the rows that differ at all: how many have something in each of these columns, and in how many ways."""
        names = ", ".join(self.names[place] for place in places)
        every = ", ".join(self.names)
        there = " and ".join(f"{self.names[place]} is not null" for place in places)
        row = self._one(
            f"select count(*) filter ({there}), count(distinct ({names})) filter ({there}) from "
            f"(select distinct {every} from {_TABLE} where _structure is null)"
        )
        return int(row[0]), int(row[1])

    def differing(self) -> int:
        """The rows of sound structure that differ from one another."""
        every = ", ".join(self.names)
        return int(
            str(self._one(f"select count(*) from (select distinct {every} from {_TABLE} where _structure is null)")[0])
        )


def _matching(pattern: str) -> str:
    return f"count(*) filter (regexp_full_match(v, {literal(pattern)}))"


def _listed(words: Iterable[str]) -> str:
    return ", ".join(literal(word) for word in words)


def _day(spelling: str) -> str:
    kind = LogicalType.TIMESTAMP if "%M" in spelling else LogicalType.DATE
    return cast_sql("v", Element("day", "", "", kind, Level.L1, "", formats=(spelling,)))
