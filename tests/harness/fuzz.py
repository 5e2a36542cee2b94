"""Random tables in random dialects with random damage, read by ours.

    python -m tests.harness.fuzz [--files N] [--seed N]

Every row has a mark of its own. Held to: no accepted row but one that was written (the one that was damaged may differ
by its damage), every mark is in an accepted or a rejected row, and the records counted are those that were read.
"""

from __future__ import annotations

import argparse
import random
import re
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from contracts.model import Dataset
from lake.readers.formats import read
from lake.readers.landing import land
from lake.readers.refusal import DeliveryRefused
from quality.conform import Delivered
from tests.unit.lake.desk import column, dataset

_WORDS = (
    "甲",
    "乙 丙",
    "Main St 3",
    "a,b",
    "x;y",
    'say "yes"',
    "two\nlines",
    "",
    "5'10",
    "O'Neil",
    "a|b",
    "C:\\dir",
    "1.5",
    " ",
)
_ENDS = ("\n", "\r\n", "\r")


@dataclass(frozen=True)
class Written:
    """A table, its contract, and the bytes that were written of it."""

    dataset: Dataset
    rows: list[list[str]]
    content: bytes
    damage: str = ""


def write(chance: random.Random) -> Written:
    """A random table in a random dialect."""
    delimiter = chance.choice([",", ",", ";", "\t", "|", "||", ", "])
    quote, escape = chance.choice(['"', '"', "'", ""]), chance.choice([None, None, "", "\\"])
    width, end = chance.randint(1, 5), chance.choice(_ENDS)
    words = [word for word in _WORDS if quote or not ({"\n", '"', delimiter} & {*word} or delimiter in word)]
    if escape is None:
        words = [word for word in words if "\\" not in word]
    rows = [[f"R{n}"] + [chance.choice(words) for _ in range(width - 1)] for n in range(chance.randint(1, 30))]
    header = [f"h{n}" for n in range(width)]
    quoted = chance.random() < 0.3
    lines = [
        delimiter.join(_cell(cell, delimiter, quote, escape, always=quoted and bool(quote)) for cell in row)
        for row in [header, *rows]
    ]
    text = end.join(lines) + (end if chance.random() < 0.8 else "")
    encoding = chance.choice(["utf-8", "utf-8", "gb18030", "utf-16"])
    one = dataset(
        *(column(name) for name in header), delimiter=delimiter, quote=quote, escape=escape, encoding=encoding
    )
    return Written(one, rows, text.encode(encoding))


def _cell(cell: str, delimiter: str, quote: str, escape: str | None, *, always: bool) -> str:
    if escape:
        cell = cell.replace(escape, escape * 2)
    if quote and (always or any(mark in cell for mark in (delimiter, quote, "\n", "\r")) or cell.startswith(quote)):
        return quote + cell.replace(quote, (escape or quote) + quote) + quote
    return cell


def damage(written: Written, chance: random.Random) -> Written:
    """One damage to the bytes after the header."""
    content, encoding = written.content, written.dataset.source.encoding
    text = content.decode(encoding)
    begin = re.search(r"\r\n|\r|\n", text)
    place = chance.randint(begin.end() if begin else 0, len(text))
    kind = chance.choice(
        ["none", "quote", "lose", "cut", "line", "return", "newline", "nul", "delimiter", "backslash", "header"]
    )
    quote, source = written.dataset.source.quote or '"', written.dataset.source
    match kind:
        case "quote":
            text = text[:place] + quote + text[place:]
        case "lose":
            text = text[:place] + re.sub(re.escape(quote), "", text[place:], count=1)
        case "cut":
            text = text[:place]
        case "return" | "newline" | "nul" | "delimiter" | "backslash":
            mark = {"return": "\r", "newline": "\n", "nul": "\0", "delimiter": source.delimiter, "backslash": "\\"}[
                kind
            ]
            text = text[:place] + mark + text[place:]
        case "line" | "header":
            end = begin.group()[-1:] if begin else "\n"
            lines = re.split(f"(?<={end})", text)
            at = chance.randint(1, len(lines))
            text = "".join((*lines[:at], lines[0 if kind == "header" else at - 1], *lines[at:]))
    return replace(written, content=text.encode(encoding), damage=kind)


def check(written: Written, folder: Path, connection: duckdb.DuckDBPyConnection) -> str:
    """What is wrong, empty where nothing is; `refused` is prefixed by a space."""
    file = folder / "delivered.txt"
    file.write_bytes(written.content)
    try:
        landed = land(written.dataset, str(file), folder / "landing")
        delivered, count = read(written.dataset, landed, folder / "scratch", connection)
        found = _rows(connection, written.dataset, delivered)
        if len(found) != count and delivered.again:
            delivered, count = delivered.again()
            found = _rows(connection, written.dataset, delivered)
    except DeliveryRefused as refusal:
        return " refused" if written.damage != "none" else _sound_refusal(written, str(refusal))
    finally:
        file.unlink()
    if len(found) != count:
        return f"{count} counted, {len(found)} read"
    return _held(written, found)


def _sound_refusal(written: Written, message: str) -> str:
    # One column of one value, or a row whose last cells are empty, may be taken for what it is not.
    return f"refused though nothing is wrong: {message}"


def _rows(connection: duckdb.DuckDBPyConnection, one: Dataset, delivered: Delivered) -> list[tuple[str | None, ...]]:
    names = ", ".join(f'"c.{name.name}"' for name in one.columns)
    beside = ", ".join([delivered.surplus or "null", *delivered.beside.values()])
    return connection.execute(
        f"select _structure, {names}, {beside} from {delivered.relation} order by _row"
    ).fetchall()


def _held(written: Written, found: Sequence[tuple[str | None, ...]]) -> str:
    width = len(written.rows[0])
    accepted = [[cell or "" for cell in row[1 : width + 1]] for row in found if row[0] is None]
    rejected = [row for row in found if row[0] is not None]
    strange = [row for row in accepted if row not in written.rows]
    if written.damage == "none":
        if strange or (rejected and width > 1) or len(accepted) + len(rejected) != len(written.rows):
            return f"sound, and read otherwise: {strange[:2]} {rejected[:2]} {len(found)} of {len(written.rows)}"
        return ""
    if width == 1 and written.damage in {"return", "newline"}:
        return ""
    if len(strange) > 1 or (strange and not _is_damaged(strange[0], written)):
        return f"accepted, and never written: {strange[:2]}"
    if written.damage == "cut":
        return ""
    everything = "\n".join(cell for row in found for cell in row if cell)
    missing = [
        row[0]
        for row in written.rows
        if not re.search(rf"{row[0][0]}\W?{row[0][1:]}(?!\d)", everything) and not _split(row[0], everything)
    ]
    return (
        f"nowhere to be found: {missing}"
        if len(missing) > 1 or (missing and written.damage in {"none", "line", "header"})
        else ""
    )


def _split(mark: str, everything: str) -> bool:
    return all(part in everything for part in (mark[:1], mark[1:]))


def _is_damaged(row: list[str], written: Written) -> bool:
    """Whether a row is one that was written but for the mark that was put in or taken out.

    A line end that was put into a plain cell, or a cut, may leave a part that has all its cells: no bytes tell it.
    """
    marks = f"[\"'\\\\\r\n\0{re.escape(written.dataset.source.delimiter)}]"
    plain = [re.sub(marks, "", cell).strip() for cell in row]
    others = [[re.sub(marks, "", cell).strip() for cell in one] for one in written.rows]
    # An escaped line end is one where that is declared; a mark alone is a record of nothing.
    if plain in others or not any(plain) or (written.damage == "backslash" and written.dataset.source.escape):
        return True
    if written.damage not in {"return", "newline", "cut"}:
        return False
    width = len(row)
    return any(
        (one[: width - 1] == plain[: width - 1] and one[-1].startswith(plain[-1])) or one[1:] == plain[1:]
        for one in others
    )


def main() -> int:
    """Run so many files; print what fell."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=20261127)
    asked = parser.parse_args()
    fell = run(asked.files, asked.seed)
    for line in fell[:20]:
        print(line)
    print(f"{asked.files} files, {len(fell)} fell")
    return 1 if fell else 0


def run(files: int, seed: int) -> list[str]:
    """What fell of so many files."""
    fell = []
    with tempfile.TemporaryDirectory() as root, duckdb.connect() as connection:
        connection.execute("set threads=1")
        for number in range(files):
            chance = random.Random(seed * 1_000_003 + number)
            written = damage(write(chance), chance)
            try:
                found = check(written, Path(root), connection)
            except Exception as error:  # whatever a reader raises is what is looked for
                found = f"{type(error).__name__}: {str(error)[:300]}"
            if found and not found.startswith(" "):
                source = written.dataset.source
                dialect = (source.delimiter, source.quote, source.escape, source.encoding)
                fell.append(f"{number} {written.damage} {dialect}: {found}\n    {written.content[:300]!r}")
    return fell


if __name__ == "__main__":
    raise SystemExit(main())
