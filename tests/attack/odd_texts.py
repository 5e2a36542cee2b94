"""Texts whose contract must say more than a delimiter: titles, no header, names over two rows, comments, footers, two
tables, fixed columns, delimiters of several characters, line ends in plain cells. Nothing is read here.
"""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Callable, Sequence
from dataclasses import replace

from tests.attack.writers import NAMES, Table, Written

_NOTES = ("单位：万元", "报送, 第1次", "a;b", "制表人：某某", "-")


def _lines(rows: Sequence[Sequence[str | None]], chance: random.Random, **facts: str) -> list[str]:
    """Each row as Python's csv writes it."""
    lines = []
    quoting = chance.choice([csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
    for row in rows:
        text = io.StringIO(newline="")
        csv.writer(text, quoting=quoting, lineterminator="\n", **facts).writerow(row)  # type: ignore[arg-type]
        lines.append(text.getvalue())
    return lines


def _guarded(before: str, body: str, after: str = "", **dialect: object) -> Written:
    """A text whose sides are left alone, named by what its contract says of it."""
    sides = len(before.encode()), len(after.encode())
    return Written(f"text with {', '.join(dialect)}", "csv", (before + body + after).encode(), dialect, guarded=sides)


def _title(table: Table, chance: random.Random) -> Written:
    titles = [chance.choice(_NOTES) + "\n" for _ in range(chance.randint(1, 4))]
    return _guarded("".join(titles), "".join(_lines([NAMES, *table], chance)), skip_rows=len(titles))


def _no_header(table: Table, chance: random.Random) -> Written:
    return _guarded("", "".join(_lines(table, chance)), header=False)


def _two_rows_of_names(table: Table, chance: random.Random) -> Written:
    above = _lines([[chance.choice(["", "甲", "乙"]) for _ in NAMES]], chance)[0]
    return _guarded(above, "".join(_lines([NAMES, *table], chance)), header_rows=2)


def _comments(table: Table, chance: random.Random) -> Written:
    mark = chance.choice(["#", "//", "--"])
    header, *lines = _lines([NAMES, *table], chance)
    for _ in range(chance.randint(1, 4)):
        lines.insert(chance.randint(0, len(lines)), f"{mark} {chance.choice(_NOTES)}\n")
    return _guarded("", header + "".join(lines), comment=mark)


def _footer(table: Table, chance: random.Random) -> Written:
    foot = _lines([["合计", "", str(len(table)), "", ""], ["注：至月底", "", "", "", ""]], chance)
    told: dict[str, object] = {"footer": ("合计.*",)} if chance.random() < 0.5 else {"footer_rows": len(foot)}
    return _guarded("", "".join(_lines([NAMES, *table], chance)), "".join(foot), **told)


def _one_of_two_tables(table: Table, chance: random.Random) -> Written:
    other = "".join(_lines([["编号", "金额"], ["1", "2"], ["3", "4"]], chance))
    own = "".join(_lines([NAMES, *table], chance))
    return _guarded("", own, "\n" + other, table=1) if chance.random() < 0.5 else _guarded(other + "\n", own, table=2)


def _without(table: Table, *marks: str) -> Table:
    """The table with spaces for what its form cannot have in a cell."""

    def plain(cell: str | None) -> str | None:
        for mark in marks:
            cell = cell and cell.replace(mark, " ")
        return cell

    return [(key, *map(plain, others)) for key, *others in table]  # type: ignore[misc]


def _fixed(table: Table, chance: random.Random) -> Written:
    table = _without(table, "\n", "\t")
    cells = [[cell or "" for cell in row] for row in [NAMES, *table]]
    widths = tuple(max(map(len, column)) + chance.randint(0, 3) for column in zip(*cells, strict=True))
    lines = ["".join(cell.ljust(wide) for cell, wide in zip(row, widths, strict=True)) for row in cells]
    encoding, end = chance.choice(["utf-8", "gb18030"]), chance.choice(["\n", "\r\n"])
    content = "".join(line + end for line in lines).encode(encoding)
    dialect = {"widths": widths, "encoding": encoding}
    return Written("fixed text", "fixed", content, dialect, encoding=encoding, table=table)


def _long_delimiter(table: Table, chance: random.Random) -> Written:
    delimiter = chance.choice(["||", "|~|", "::", "<>", ", ", "\x01\x02"])
    end = chance.choice(["\n", "\r\n"])

    def written(cell: str | None) -> str:
        text = cell or ""
        odd = any(mark in text for mark in (delimiter, '"', "\n")) or text[-1:] == delimiter[0]
        return '"{}"'.format(text.replace('"', '""')) if odd else text

    body = "".join(delimiter.join(map(written, row)) + end for row in [NAMES, *table])
    return _guarded("", body, delimiter=delimiter)


def _newlines_in_plain_cells(table: Table, chance: random.Random) -> Written:
    delimiter = chance.choice(["\x01", "\x1f", "\t"])
    table = _without(table, delimiter)
    body = "".join(delimiter.join(cell or "" for cell in row) + "\r\n" for row in [NAMES, *table])
    return replace(_guarded("", body, delimiter=delimiter, quote="", line_end="CRLF"), table=table)


def odd_writings() -> list[Callable[[Table, random.Random], Written]]:
    """Every one of them."""
    return [
        *(_title, _no_header, _two_rows_of_names, _comments, _footer, _one_of_two_tables, _fixed, _long_delimiter),
        _newlines_in_plain_cells,
    ]
