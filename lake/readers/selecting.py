"""Which records of a text are its table's: not those of other tables, of a footer, or of the header once more.

What the contract says is no record is left out. What only looks like none is put in doubt with all its text.
"""

from __future__ import annotations

import csv
import re
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import pyarrow as pa
import pyarrow.compute as pc

from contracts.model import Dataset
from lake.readers.dialect import Dialect
from lake.readers.suspects import FOOTER, REPEATED_HEADER, says_none
from lake.readers.tokens import Blank, Doubt, Record, Run, Token

SECOND_TABLE = "structure:second_table"
# So many records tell what a column's cells look like, ...
_SAMPLE = 50
# ... and so many after a blank line whether they are the same table's.
_TRIED = 5
# What may stand below a footer; more of it is no footer.
_LONGEST_FOOTER = 10_000
_SIGNS = frozenset("+-.,/: \u00a0\u3000")


@dataclass(frozen=True)
class Table:
    """What is known of the one table: its dataset, its marks, and the delivered names, by rows."""

    dataset: Dataset
    dialect: Dialect
    width: int
    names: Sequence[str]
    rows: Sequence[Sequence[str]]

    def cells(self, token: Record | Run) -> list[str]:
        """The texts of a record, or of the one line of a run, without blanks around them."""
        if isinstance(token, Record):
            cells = [cell.decode("utf-8", "replace").strip() for cell in token.cells]
        else:
            cells = self._apart(token.text.decode("utf-8", "replace").rstrip("\r\n"))
        widths = self.dataset.source.widths
        return split_at(cells[0], widths) if widths else cells

    def _apart(self, line: str) -> list[str]:
        delimiter, quote = self.dialect.delimiter.decode(), self.dialect.quote.decode()
        if not delimiter:
            return [line]
        if len(delimiter) > 1 or not quote or quote not in line:
            return [cell.strip() for cell in line.split(delimiter)]
        return [cell.strip() for cell in next(csv.reader([line], delimiter=delimiter, quotechar=quote), [""])]

    def is_blank(self, token: Token) -> bool:
        """Whether a line has nothing in it, or delimiters only."""
        if isinstance(token, Record):
            return not any(cell.strip() for cell in token.cells)
        return isinstance(token, Blank) or (
            isinstance(token, Run) and not token.text.strip(b" \t\r\n" + self.dialect.delimiter)
        )

    def keys(self) -> list[int]:
        """Where the cells of the key stand."""
        order = list(self.names) or [column.name for column in self.dataset.columns]
        known = [{column.name, *column.headers} if self.names else {column.name} for column in self.dataset.key]
        return [place for place, name in enumerate(order) if any(name.strip() in one for one in known)]


def selected(tokens: Iterable[Token], table: Table, *, hollow: bool) -> Iterator[Token]:
    """The tokens that are records by the contract; `hollow` says that lines of delimiters only may be among them."""
    source = table.dataset.source
    wanted = _of_table(tokens, table) if source.table else iter(tokens)
    if source.header_rows > 1:
        wanted = _without_header_rows(wanted, table)
    if source.footer:
        wanted = _above_footer(wanted, table)
    if not source.table:
        wanted = _before_second_table(_parted(wanted, table) if hollow else wanted, table)
    return _but_last(wanted, source.footer_rows, table) if source.footer_rows else wanted


def doubted(token: Token, kind: str, dialect: Dialect) -> Iterator[Token]:
    """The lines of a token, each in doubt."""
    match token:
        case Run():
            for one in _lines(token, dialect):
                yield Doubt(kind, one.line, one.text.rstrip(b"\r\n"))
        case Record():
            yield Doubt(kind, token.line, dialect.delimiter.join(token.raw))
        case _:
            yield token


def split_at(line: str, widths: Sequence[int]) -> list[str]:
    """The cells of a line of fixed columns, trimmed."""
    ends = [sum(widths[:place]) for place in range(len(widths) + 1)]
    return [line[begin:end].strip() for begin, end in pairwise(ends)]


def _newline(dialect: Dialect) -> bytes:
    return b"\r" if dialect.end == "CR" else b"\n"


def _lines(run: Run, dialect: Dialect) -> Iterator[Run]:
    """The lines of a run, each a run of its own."""
    newline, at, line = _newline(dialect), 0, run.line
    while at < len(run.text):
        end = run.text.find(newline, at) + 1 or len(run.text)
        # A return and the newline after it are one end.
        end += run.text.startswith(b"\n", end)
        yield Run(run.text[at:end], line)
        at, line = end, line + 1


def _cut(run: Run, place: int, dialect: Dialect) -> Run:
    """What is left of a run from a place on."""
    return Run(run.text[place:], run.line + run.text.count(_newline(dialect), 0, place))


# Other tables.


def _of_table(tokens: Iterable[Token], table: Table) -> Iterator[Token]:
    """Those before a blank line, or before another header: a record most of whose cells are names of this one."""
    names = {name.strip() for name in table.names if name.strip()}
    for token in tokens:
        if table.is_blank(token):
            return
        if isinstance(token, Record) and names:
            same = sum(cell.decode("utf-8", "replace").strip() in names for cell in token.cells)
            if same * 2 > min(len(names), len(token.cells)):
                return
        yield token


def _parted(tokens: Iterable[Token], table: Table) -> Iterator[Token]:
    """The tokens, with lines of delimiters only as runs of their own."""
    newline, delimiter = _newline(table.dialect), re.escape(table.dialect.delimiter)
    blank = rb"(?:[ \t]" + (rb"|" + delimiter if delimiter else b"") + rb")*\r*" + newline
    hollow, first = re.compile(newline + rb"((?:" + blank + rb")+)"), re.compile(blank)
    for token in tokens:
        if not isinstance(token, Run):
            yield token
            continue
        at = 0
        if begins := first.match(token.text):
            at = begins.end()
            yield Run(token.text[:at], token.line)
        for found in hollow.finditer(token.text, max(at - 1, 0)):
            for begin, end in ((at, found.start(1)), found.span(1)):
                if end > begin:
                    yield _cut(Run(token.text[:end], token.line), begin, table.dialect)
            at = found.end()
        if at < len(token.text):
            yield _cut(token, at, table.dialect)


@dataclass
class _Likeness:
    """What the cells of each column have been: the characters beside digits in them, None where one had no digit."""

    width: int
    taken: int = 0
    beside: dict[int, set[str] | None] = field(default_factory=dict)

    def take(self, cells: Sequence[str]) -> None:
        """A record of the table."""
        self.taken += 1
        for place, cell in enumerate(cells[: self.width]):
            known = self.beside.get(place, set())
            if cell and known is not None:
                others = {mark for mark in cell if not mark.isdigit()}
                self.beside[place] = known | others if any(map(str.isdigit, cell)) else None

    def is_like(self, cells: Sequence[str], keys: Sequence[int]) -> bool | None:
        """Whether a record is like those before it, where they have digits; None where that cannot be told."""
        told = {
            place: self._has_like(cells[place], known)
            for place, known in self.beside.items()
            if known is not None and place < len(cells) and cells[place]
        }
        if not told:
            return None
        return all(told.get(key, True) for key in keys) and sum(told.values()) * 2 >= len(told)

    @staticmethod
    def _has_like(cell: str, known: set[str]) -> bool:
        others = {mark for mark in cell if not mark.isdigit()}
        return any(map(str.isdigit, cell)) and (others <= known | _SIGNS or any(map(str.isalpha, known)))


def _before_second_table(tokens: Iterable[Token], table: Table) -> Iterator[Token]:
    """The tokens; from a record on that follows a blank line and is like none before it, all of them are in doubt.

    A blank line that strayed among records harms nothing, and neither do notes or the header once more behind one.
    """
    seen, keys, last, tries, closed = _Likeness(table.width), table.keys(), None, 0, False
    names = {name.strip() for name in table.names}
    for token in tokens:
        if closed:
            yield from doubted(token, SECOND_TABLE, table.dialect)
            continue
        if table.is_blank(token):
            if last:
                seen.take(table.cells(_last_line(last, table.dialect)))
                tries = _TRIED
            yield token
            continue
        if not isinstance(token, Run | Record):
            yield token
            continue
        at = 0
        for one in _lines(token, table.dialect) if isinstance(token, Run) else [token]:
            if not tries:
                break
            cells = table.cells(one)
            if isinstance(one, Run):
                at += len(one.text)
            if _is_none(cells, table, names):
                continue
            like = seen.is_like(cells, keys)
            if like is None and not any(cell in names for cell in cells):
                tries -= 1
            elif like:
                tries = 0
            else:
                closed = True
                break
        if not closed:
            _sample(token, seen, table)
            last = token
            yield token
        elif isinstance(token, Run):
            yield from _closing(token, at, table)
        else:
            yield from doubted(token, SECOND_TABLE, table.dialect)


def _is_none(cells: Sequence[str], table: Table, names: set[str]) -> bool:
    """Whether a line is known to be no record, for which there is a name already."""
    width = len(table.dataset.source.widths) or table.width
    first = next(filter(None, cells), "")
    return len(cells) != width or says_none(first) or all(cell in names for cell in cells)


def _closing(run: Run, at: int, table: Table) -> Iterator[Token]:
    """A run, the last of the lines before `at` and all behind it in doubt."""
    newline = _newline(table.dialect)
    begin = run.text.rfind(newline, 0, max(at - 2, 0)) + 1
    if begin:
        yield Run(run.text[:begin], run.line)
    yield from doubted(_cut(run, begin, table.dialect), SECOND_TABLE, table.dialect)


def _last_line(token: Run | Record, dialect: Dialect) -> Run | Record:
    if isinstance(token, Record):
        return token
    return Run(token.text[token.text.rfind(_newline(dialect), 0, -2) + 1 :], token.line)


def _sample(token: Run | Record, seen: _Likeness, table: Table) -> None:
    for one in _lines(token, table.dialect) if isinstance(token, Run) else [token]:
        if seen.taken >= _SAMPLE:
            return
        cells = table.cells(one)
        if not says_none(next(filter(None, cells), "")):
            seen.take(cells)


# The header once more.


def _without_header_rows(tokens: Iterable[Token], table: Table) -> Iterator[Token]:
    """The tokens, each line in doubt that is one of the several rows of the header."""
    rows = [[cell.strip() for cell in row] for row in table.rows if any(cell.strip() for cell in row)]
    marks = [max((cell for cell in row), key=len).encode() for row in rows]
    for token in tokens:
        if isinstance(token, Record) and table.cells(token) in rows:
            yield from doubted(token, REPEATED_HEADER, table.dialect)
        elif isinstance(token, Run) and any(mark in token.text for mark in marks):
            for one in _lines(token, table.dialect):
                again = any(mark in one.text for mark in marks) and table.cells(one) in rows
                yield from doubted(one, REPEATED_HEADER, table.dialect) if again else (one,)
        else:
            yield token


# Footers.


def _above_footer(tokens: Iterable[Token], table: Table) -> Iterator[Token]:
    """The tokens above a footer: a record that matches, with no whole record behind it. One that matches and has whole
    records behind it is in doubt, and they are records.
    """
    is_footer, above = footer(table.dataset.source.footer), _Above(table)
    held: list[Token] = []
    for token in tokens:
        matches = isinstance(token, Record) and is_footer(next(filter(None, table.cells(token)), ""))
        if matches or (held and not above.is_whole(token) and len(held) < _LONGEST_FOOTER):
            held.append(token)
            continue
        for one in held:
            again = isinstance(one, Record) and is_footer(next(filter(None, table.cells(one)), ""))
            yield from doubted(one, FOOTER, table.dialect) if again else (one,)
        held = []
        above.take(token)
        yield token
    if held and not above.any and not table.dataset.may_be_empty:
        raise FooterIsAll(len(held))


class FooterIsAll(Exception):
    """A footer of so many lines, and no record above it."""

    def __init__(self, lines: int) -> None:
        self.lines = lines
        super().__init__(f"{lines} lines")


@dataclass
class _Above:
    """What the records above a footer are like."""

    table: Table
    any: bool = False
    filled: Counter[int] = field(default_factory=Counter)
    first: str = ""

    def take(self, token: Token) -> None:
        """A record that is none of a footer."""
        self.any = self.any or not isinstance(token, Blank)
        if isinstance(token, Record):
            cells = self.table.cells(token)
            self.filled[sum(map(bool, cells))] += 1
            self.first = _kinds(cells[0])

    def is_whole(self, token: Token) -> bool:
        """Whether a line below is a record: as many cells are filled, or the first is such as theirs are."""
        if isinstance(token, Doubt):
            delimiter = self.table.dialect.delimiter
            return bool(delimiter) and 1 < self.table.width <= token.text.count(delimiter) + 1
        if not isinstance(token, Record):
            return False
        cells = self.table.cells(token)
        width = len(self.table.dataset.source.widths) or self.table.width
        if width > 1:
            usual = self.filled.most_common(1)[0][0] if self.filled else width
            filled = sum(map(bool, cells))
            if filled >= min(max(usual, 2), width):
                return True
        return bool(self.first) and _kinds(cells[0]) == self.first and (width == 1 or "0" in self.first)


def _kinds(text: str) -> str:
    """The kinds of a text's characters, one for each stretch of a kind."""
    kinds = ("0" if mark.isdigit() else "a" if mark.isalpha() else mark for mark in text)
    return re.sub(r"(.)\1+", r"\1", "".join(kinds))


def footer(patterns: Sequence[str]) -> Callable[[str], bool]:
    """Whether the whole of a first cell matches one of a contract's `footer` patterns."""
    try:
        compiled = [re.compile(pattern) for pattern in patterns]
    except re.error:
        # What RE2 has and Python has not, at the price of a call into Arrow for each cell.
        whole = "|".join(f"^(?:{pattern})$" for pattern in patterns)
        return lambda cell: bool(pc.match_substring_regex(pa.scalar(cell), whole).as_py())
    return lambda cell: any(pattern.fullmatch(cell) for pattern in compiled)


def _but_last(tokens: Iterable[Token], count: int, table: Table) -> Iterator[Token]:
    """All but the last records. With lines in doubt among them nobody can tell which those are: all are in doubt. One
    of more cells than a record has may be a record and a last row, whose line end was lost.
    """
    kept: deque[Token] = deque()
    for token in tokens:
        if isinstance(token, Blank):
            continue
        kept.append(token)
        if len(kept) > count:
            yield kept.popleft()
    if kind := next((token.kind for token in kept if isinstance(token, Doubt)), ""):
        for token in kept:
            yield from doubted(token, kind, table.dialect)
    else:
        wide = (token for token in kept if isinstance(token, Record))
        yield from (token for token in wide if any(map(bytes.strip, token.cells[table.width :])))
