"""Each character once: its plain spelling and its reading. Lives here: the table of characters, and values by it.

Must not live here: what is compared (`chinese.py`). Traditional and variant characters, full width and case are folded;
the reading is pinyin without tones, the commonest of a character.
"""

from __future__ import annotations

import unicodedata

import duckdb
import pyarrow as pa

# Variants of one character that OpenCC leaves apart, as in names and signboards: the same word to who bears the name.
_VARIANTS = dict(
    zip(
        "昇陞峯羣甯濶烱燄髙嵗姸鉴牀裏菓锺鍾豔溪谿廻迴凃崐崘敍勲翺劒洩喆淼堃犇",
        "升升峰群宁阔炯焰高岁妍鉴床里果钟钟艳溪溪回回涂昆仑叙勋翱剑泄哲淼堃犇",
        strict=True,
    )
)
DOT = "·"
_DOTS = frozenset("·•‧・･．∙⋅‧●")


def fold(connection: duckdb.DuckDBPyConnection, values: str, into: str) -> None:
    """Make table `into` of table `values` (`value`): `value` and `folded`, its plain spelling.

    Only values with a character that changes go through the table of characters: few do.
    """
    _characters(connection, values)
    changing = connection.execute(
        "select string_agg(one, '' order by one) from _characters where plain <> upper(one)"
    ).fetchall()[0][0]
    odd = f"regexp_matches(value, {_class(changing)})" if changing else "false"
    connection.execute(f"""
        create or replace table {into} as
        select value, upper(value) as folded from {values} where not {odd}
        union all {_by_character(f"(from {values} where {odd})", "plain", "folded")}
    """)


def sound(connection: duckdb.DuckDBPyConnection, values: str, into: str) -> None:
    """Make table `into` of table `values` (`value`, folded): `value` and `sound`, its reading in Latin letters."""
    _characters(connection, values)
    connection.execute(f"""
        create or replace table {into} as
        select value, nullif(regexp_replace(lower(read), '[^a-z0-9]+', '', 'g'), '') as sound from (
            select value, value as read from {values} where regexp_full_match(value, '[ -~]*')
            union all {_by_character(
                f"(from {values} where not regexp_full_match(value, '[ -~]*'))", "coalesce(pinyin, plain)", "read")})
    """)  # fmt: skip


def _by_character(values: str, spelling: str, name: str) -> str:
    """The SQL of values spelt anew, character by character.

    Collected without order and sorted then: an ordered aggregate takes a page of memory for each group.
    """
    return f"""
        select value, array_to_string(list_transform(list_sort(spelt), lambda part: part.text), '') as {name}
        from (select value, list({{'place': place, 'text': {spelling}}}) as spelt
        from (select value, unnest(string_split(value, '')) as one, generate_subscripts(string_split(value, ''), 1)
                     as place from {values})
        join _characters using (one) group by value)
    """


def _class(characters: str) -> str:
    """A class of characters as a regular expression, in SQL."""
    escaped = "".join(f"\\x{{{ord(one):x}}}" for one in characters)
    return f"'[{escaped}]'"


def _characters(connection: duckdb.DuckDBPyConnection, values: str) -> None:
    found = connection.execute(
        f"select distinct unnest(string_split(value, '')) as one from {values} order by one"
    ).fetchall()
    written = [one for (one,) in found]
    table = pa.table(
        {"one": written, "plain": plain(written), "pinyin": read(written)},
        schema=pa.schema([("one", pa.string()), ("plain", pa.string()), ("pinyin", pa.string())]),
    )
    connection.register("_characters_read", table)
    connection.execute("create or replace table _characters as from _characters_read")
    connection.unregister("_characters_read")


def plain(characters: list[str]) -> list[str]:
    """The plain spelling of each character: half width, upper case, simplified, no variants; blanks stay, as one."""
    from opencc import OpenCC

    simplified = OpenCC("t2s")
    folded = []
    for one in characters:
        if one in _DOTS:
            folded.append(DOT)
            continue
        wide = unicodedata.normalize("NFKC", one).upper()
        text = simplified.convert(wide) if not wide.isascii() else wide
        folded.append("".join(" " if char.isspace() else _VARIANTS.get(char, char) for char in text))
    return folded


def read(characters: list[str]) -> list[str | None]:
    """The reading of each character, None where it has none."""
    from pypinyin import Style, pinyin

    return [
        found[0][0] if len(one) == 1 and (found := pinyin(one, style=Style.NORMAL, errors="ignore")) else None
        for one in characters
    ]
