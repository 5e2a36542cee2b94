"""One delivery of one dataset as SQL: clean rows, the faults planted in them, and the delivered columns.

Text building only. A base relation has `n`, the row's number from 0 without gaps, and whatever the column expressions
use. Which rows get which fault is decided by a hash of n; the first rows get one of each kind, so that small cities
have them too. The first rows without a fault that the hash picks are delivered twice, again at the end.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tests.sample_city.bases import Base
from tests.sample_city.city import DELIVERIES, City
from tests.sample_city.dirt import TOO_LONG, TOO_SHORT, Fault
from tests.sample_city.layout import Layout, layout

_FORCED_FROM = 3
_FORCED_EACH = 2
_DUPLICATES = "f = 0 AND (u >= 9990 OR n = 1)"
_TEXT_FORMATS = ("csv", "zip")


@dataclass(frozen=True)
class Table:
    """What all deliveries of a dataset share: clean column expressions, faults, and which columns need quotes."""

    dataset: str
    columns: Mapping[str, str]
    faults: tuple[Fault, ...] = ()
    quoted: frozenset[str] = frozenset()
    duplicates: bool = True
    bom: bool = False

    @property
    def layout(self) -> Layout:
        """How its contract wants it delivered."""
        return layout(self.dataset)


@dataclass(frozen=True)
class Extract:
    """One delivery (0, 1, 2) of a table. The first `versions` rows update rows of earlier deliveries."""

    city: City
    table: Table
    delivery: int
    base: Base
    versions: int = 0
    moved: bool = False

    @property
    def date(self) -> str:
        """The delivery's date, which is also its folder."""
        return DELIVERIES[self.delivery]

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns in delivered order: the contract's, or with some moved."""
        names = tuple(self.table.layout.headers)
        return (*names[2:4], *names[:2], *reversed(names[4:])) if self.moved else names

    @property
    def quarantined(self) -> str:
        """SQL: whether a row must be rejected."""
        rejecting = [str(k) for k, fault in enumerate(self.table.faults, 1) if fault.quarantines]
        return f"f IN ({', '.join(rejecting)})" if rejecting else "false"

    def flagged(self) -> str:
        """SELECT of the base with `u`, the row's lot, and `f`, the number of its fault or 0."""
        salt = self.city.salt(f"{self.table.dataset} {self.delivery}")
        return f"SELECT *, {self._lots()} AS f FROM (SELECT *, hash(n, {salt}) % 10000 AS u FROM ({self.base.sql}))"

    def delivered(self) -> str:
        """SELECT of n, f and the delivered columns under their names in the lake, in delivered order of rows."""
        columns = ", ".join(f'{self._column(name)} AS "{name}"' for name in self.columns)
        rows = self.flagged()
        if self.table.duplicates:
            rows = f"{rows} UNION ALL SELECT * FROM ({rows}) WHERE {_DUPLICATES}"
        return f"SELECT n, f, {columns} FROM ({rows})"

    def lines(self) -> str:
        """SELECT of one text `line` per record, header first, with broken records broken."""
        mark, end = self.table.layout.delimiter, self._line_end()
        fields = [self._quoted(name) for name in self.columns]
        whole, short = self._joined(fields), self._joined(fields[:-2])
        number = {fault.kind: k for k, fault in enumerate(self.table.faults, 1)}
        broken = "".join(
            f"WHEN {number[kind]} THEN {text} "
            for kind, text in ((TOO_SHORT, short), (TOO_LONG, f"concat({whole}, '{mark}多余')"))
            if kind in number
        )
        line = f"CASE f {broken}ELSE {whole} END" if broken else whole
        return f"SELECT {line}{end} AS line FROM ({self.delivered()})"

    def header(self) -> str:
        """The header line, without its end."""
        return self.table.layout.delimiter.join(self.table.layout.headers[name] for name in self.columns)

    def named(self) -> str:
        """SELECT of the delivered columns under their headers."""
        headers = self.table.layout.headers
        return (
            "SELECT "
            + ", ".join(f'"{name}" AS "{headers[name]}"' for name in self.columns)
            + f" FROM ({self.delivered()})"
        )

    def marked(self) -> str:
        """SELECT (n, f, u, key) of the rows that have a fault, are delivered twice, or update an earlier row."""
        some = f"f > 0 OR n < {self.versions} OR ({self.table.duplicates} AND {_DUPLICATES})"
        return f'SELECT n, f, u, {self._key()} AS "key" FROM ({self.flagged()}) WHERE {some}'

    def planted(self, marked: str) -> str:
        """SELECT (kind, row, key, columns, quarantined) of everything planted, from the name of a table of `marked`."""
        kinds = ", ".join(f"'{fault.kind}'" for fault in self.table.faults) or "''"
        names = ", ".join(f"'{' '.join(fault.changes)}'" for fault in self.table.faults) or "''"
        return f"""
            SELECT list_extract([{kinds}], f) AS kind, n + 1 AS "row", "key",
                list_extract([{names}], f) AS columns, {self.quarantined} AS quarantined
            FROM {marked} WHERE f > 0
            UNION ALL
            SELECT 'newer_version', n + 1, "key", '', false FROM {marked} WHERE n < {self.versions} AND f = 0
            UNION ALL
            SELECT 'duplicate', {self.base.rows} + row_number() OVER (ORDER BY n), "key", '', false
            FROM {marked} WHERE {self.table.duplicates} AND {_DUPLICATES}
        """

    def accepted_keys(self) -> str:
        """SELECT of a digest of the true key of every accepted row; duplicates add none."""
        return f"SELECT hash({self._key()}) AS k FROM ({self.flagged()}) WHERE NOT ({self.quarantined})"

    def accepted(self, *columns: str) -> str:
        """SELECT of the clean values of some columns of every accepted row; duplicates add none."""
        told = ", ".join(f'({self.table.columns[name]}) AS "{name}"' for name in columns)
        return f"SELECT {told} FROM ({self.flagged()}) WHERE NOT ({self.quarantined})"

    def accepted_whom(self) -> str:
        """SELECT of (dataset, key, who, plant) of every accepted row of a register that knows by name; a key once."""
        found = f"SELECT * FROM ({self.flagged()}) WHERE NOT ({self.quarantined})"
        return (
            f"""SELECT DISTINCT '{self.table.dataset}' AS dataset, {self._key()} AS "key", who, plant FROM ({found})"""
        )

    def _key(self) -> str:
        return "concat_ws('|', " + ", ".join(f"({self.table.columns[name]})" for name in self.table.layout.key) + ")"

    def _lots(self) -> str:
        """SQL: 0, or the 1-based number of the fault that the row's place or lot picks."""
        start, cases = 0, []
        for k, fault in enumerate(self.table.faults):
            place = _FORCED_FROM + k * _FORCED_EACH
            end = start + fault.share
            forced = f"n BETWEEN {place} AND {place + _FORCED_EACH - 1}"
            cases.append(f"WHEN ({forced} OR (u >= {start} AND u < {end})) AND ({fault.when}) THEN {k + 1}")
            start = end
        assert start < 9990, "the shares of the faults leave no clean row"
        # Nearly every row leaves at the first comparison.
        clean = f"WHEN u >= {start} AND n >= {_FORCED_FROM + len(cases) * _FORCED_EACH} THEN 0"
        return f"CASE {clean} {' '.join(cases)} ELSE 0 END" if cases else "0"

    def _column(self, name: str) -> str:
        clean = self.table.columns[name]
        changes = [(k, f.changes[name]) for k, f in enumerate(self.table.faults, 1) if name in f.changes]
        if not changes:
            return clean
        text = self.table.layout.format in _TEXT_FORMATS
        cast = "({})::VARCHAR" if text else "({})"
        cases = " ".join(f"WHEN {k} THEN {cast.format(change.replace('{}', f'({clean})'))}" for k, change in changes)
        return f"CASE f {cases} ELSE {cast.format(clean)} END"

    def _quoted(self, name: str) -> str:
        if name not in self.table.quoted:
            return f'"{name}"'
        return f"""CASE WHEN "{name}" <> '' THEN concat('"', replace("{name}", '"', '""'), '"') END"""

    def _joined(self, fields: list[str]) -> str:
        return "concat(" + f", '{self.table.layout.delimiter}', ".join(fields) + ")"

    def _line_end(self) -> str:
        """Offices that write GB18030 end lines with CR LF; the writer adds the LF."""
        return " || chr(13)" if self.table.layout.encoding == "gb18030" else ""
