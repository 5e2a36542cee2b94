"""Patterns, spellings and macros: what a declaration may say is what the engines read."""

from __future__ import annotations

import re
import string
from pathlib import Path
from typing import get_args

import duckdb
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from contracts.declarations import Normalise
from contracts.model import LogicalType
from contracts.patterns import pattern_fault
from contracts.spellings import DIRECTIVES, spelling_fault
from contracts.sql_text import condition_fault

MACROS = Path(__file__).parents[3] / "dbt_project/packages/zhongtai/macros/normalise.sql"


def re2_takes(pattern: str) -> bool:
    try:
        duckdb.execute("select regexp_full_match('x', ?)", [pattern])
    except duckdb.Error:
        return False
    return True


@pytest.mark.parametrize(
    "pattern",
    [
        r"(?=a)b",
        r"(?!a)b",
        r"(?<=a)b",
        r"(?<!a)b",
        r"(a)\1",
        r"(?P<x>a)(?P=x)",
        r"(?>a)b",
        r"(a)?(?(1)b|c)",
        r"a++",
        r"a*+",
        r"a?+",
        r"a{2}+",
        r"(?#note)a",
        r"a\Z",
        r"\N{BULLET}",
        r"\u4e00",
        r"a{1001}",
        r"a{2,5000}",
        r"(a",
        r"[a",
        r"a{2,1}",
        r"*a",
        r"(?x)a",
        r"(?<year>\d{4})",
        r"(?ix:a)",
        "\\",
    ],
)
def test_refused_as_re2_refuses(pattern: str) -> None:
    assert pattern_fault(pattern)
    assert not re2_takes(pattern)


@pytest.mark.parametrize(
    "pattern",
    [
        r"\d{17}[\dXx]",
        r"[一-龥]{2,}",
        r"\p{Han}+",
        r"\pL\PN",
        r"[[:alpha:]\p{Han}]+",
        r"\x{4e00}",
        r"(?i)abc",
        r"a(?i)b",
        r"a(?i:b)c",
        r"(?P<year>\d{4})",
        r"a\z",
        r"\Qa++\E",
        r"[*+?]+",
        r"[+]\+",
        r"\\1",
        r"[^]a]+",
        r"\(\?=a\)",
        r"a+?b*?",
        r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[a-z]+",
        r"\{1001\}",
        r"",
    ],
)
def test_taken_as_re2_takes(pattern: str) -> None:
    assert pattern_fault(pattern) is None
    assert re2_takes(pattern)


PIECES = r"a b 1 , ( ) [ ] { } * + ? | ^ $ . - \d \w \. \1 (?: (?= 龥 {2} {2,3}"


@given(st.lists(st.sampled_from(PIECES.split()), max_size=8).map("".join))
@example("a{2}{3}")
def test_what_is_taken_re2_takes(pattern: str) -> None:
    assert pattern_fault(pattern) is not None or re2_takes(pattern), pattern


def test_the_words_of_strptime() -> None:
    words = [*string.ascii_letters, "%", *(f"-{letter}" for letter in string.ascii_letters)]

    def reads(word: str) -> bool:
        try:
            duckdb.execute(f"select try_strptime('x', '%{word}')")
        except duckdb.Error:
            return False
        return True

    assert {word for word in words if reads(word)} >= DIRECTIVES


@pytest.mark.parametrize(
    ("kind", "spelling", "sound"),
    [
        ("date", "%Y-%m-%d", True),
        ("date", "%Y年%m月%d日", True),
        ("date", "%d-%b-%Y", True),
        ("date", "%d-%b-%y", False),
        ("date", "%Y%j", True),
        ("date", "excel_serial", True),
        ("date", "%m-%d", False),
        ("date", "%Y-%m", False),
        ("date", "%Y-%m-%d'", False),
        ("date", "%Y-%m-%e", False),
        ("date", "%Y-%m-%d%", False),
        ("date", "yyyy-mm-dd", False),
        ("timestamp", "%Y-%m-%d %H:%M:%S", True),
        ("timestamp", "%H:%M:%S", False),
        ("time", "%H:%M", True),
        ("time", "%M", False),
        ("integer", "thousands", True),
        ("integer", "%d", False),
        ("string", "thousands", False),
    ],
)
def test_a_spelling(kind: str, spelling: str, sound: bool) -> None:
    assert (spelling_fault(LogicalType(kind), spelling) is None) is sound


def test_what_normalises_is_a_macro_of_the_platform() -> None:
    macros = re.findall(r"macro normalise_(\w+)", MACROS.read_text("utf-8"))
    assert sorted(macros) == sorted(get_args(Normalise))


@pytest.mark.parametrize(
    ("sql", "sound"),
    [
        ("a is null or b >= 1", True),
        ("note <> 'a;b -- c (' and \"order\" > 1", True),
        ("name = 'it''s'", True),
        ("a > 1; drop table x", False),
        ("a > 1 -- always", False),
        ("a > /* x */ 1", False),
        ("a = $$x$$", False),
        ("(a > 1", False),
        (") or (1 = 1", False),
        ("a = 'x", False),
        ('"a > 1', False),
    ],
)
def test_a_condition_that_would_break_the_text_around_it(sql: str, sound: bool) -> None:
    assert (condition_fault(sql) is None) is sound
