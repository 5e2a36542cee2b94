"""Spaces of any kind, characters that nobody sees, lost ones, and placeholders, as SQL."""

from __future__ import annotations

import unicodedata

import duckdb
import pytest

from quality.engine.characters import invisible_sql, lost_sql, trimmed_sql
from quality.engine.placeholders import placeholder_sql

SPACES = [chr(c) for c in range(0x110000) if unicodedata.category(chr(c)) in ("Zs", "Zl", "Zp")]
SPACES += [*"\t\n\v\f\r\x85\u200b\u2060\ufeff\u180e\u3164\uffa0\u115f\u1160"]
# Cf but for Arabic and other scripts' signs that are drawn.
DRAWN = "\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd"


def ask(sql: str, texts: list[str]) -> list[object]:
    rows = duckdb.execute(f"select {sql} from (select unnest($t::varchar[]) as t)", {"t": texts}).fetchall()
    return [value for (value,) in rows]


@pytest.mark.parametrize("inner", ["A1", "张三", "a b", "（某）", "ﾡ", "“引”"])
def test_a_space_of_any_kind_at_an_end_is_a_space(inner: str) -> None:
    texts = [form.format(s=space, t=inner) for space in SPACES for form in ("{s}{t}", "{t}{s}", "{s} {t}{s}{s}")]
    assert set(ask(trimmed_sql("t"), texts)) == {inner}
    assert set(ask(trimmed_sql("t"), SPACES)) == {""}


def test_a_space_inside_stays() -> None:
    assert ask(trimmed_sql("t"), ["a\u3000b", "a\u200bb"]) == ["a\u3000b", "a\u200bb"]


def test_every_format_and_control_character_is_invisible_in_a_key() -> None:
    hidden = [chr(c) for c in range(1, 0x110000) if unicodedata.category(chr(c)) in ("Cf", "Cc")]
    hidden = [
        c for c in hidden if c not in DRAWN and not 0x13430 <= ord(c) <= 0x1343F and not 0x1BCA0 <= ord(c) <= 0x1BCA3
    ]
    hidden += [*"\u034f\ufe0f\ufe00\U000e0100\u3164\u2028"]
    missed = [
        hex(ord(c))
        for c, seen in zip(hidden, ask(invisible_sql("t", strict=True), [f"B{c}1" for c in hidden]), strict=True)
        if not seen
    ]
    assert missed == []
    assert ask(invisible_sql("t", strict=True), ["B1", "张 三", "a\u3000b"]) == [False] * 3


def test_names_keep_the_marks_that_their_scripts_need() -> None:
    plain = ["张三", "葛\U000e0100城", "ئۇيغۇر\u200cچە", "line one\nline two", "😀\ufe0f"]
    odd = ["李\u200b某", "张\u00ad三", "张\u200c三", "a\u200db", "\u202e某", "a\U000e0041b", "张\x01三"]
    assert ask(invisible_sql("t", strict=False), plain) == [False] * len(plain)
    assert ask(invisible_sql("t", strict=False), [*odd, "a\x1bb"]) == [True] * (len(odd) + 1)


def test_lost_characters_are_known() -> None:
    lost = ["陈\ufffd", "李\ue000", "锟斤拷", "烫烫烫烫", "????", "李\0某", "\U000f0000某", "\uffff某", "ï»¿编号"]
    assert ask(lost_sql("t"), lost) == [True] * len(lost)
    assert ask(lost_sql("t"), ["张某", "𠮷某", "王龴", "really??", "é", "烫"]) == [False] * 6


def test_a_placeholder_is_no_number_that_anybody_was_given() -> None:
    nobody = ["000000", "11111111111", "123456", "12345678901", "98765432", "13800138000", "E12345678", "E00000000",
              "京A00000", "G11111111", "XXXXXX", "6222000000000000", "01234567890", "AAAAAAAAAAAAAAAAA"]  # fmt: skip
    somebody = ["15400001234", "京A88888", "E12345670", "6222021234567890124", "粤B12345", "13900001111",
                "LSVAA4182E2184", "宁F00012", "12345", "1111"]  # fmt: skip
    assert ask(placeholder_sql("t"), nobody) == [True] * len(nobody)
    assert ask(placeholder_sql("t"), somebody) == [False] * len(somebody)
    assert ask(placeholder_sql("nullif(t, t)"), ["x"]) == [None]
