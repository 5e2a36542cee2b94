"""Whole numbers, decimals and measurements from text: one grammar each, and the spellings an element may declare.

Plain is `-12`, `+7`, `007`, `12.50`, `.5`: digits and at most one point. Separators, percent signs, 万 and 亿,
exponents, full-width digits and a decimal comma are read only where they are declared, and rewritten to plain text
first; nothing is ever rounded but by a declared rounding. Numbers (doubles) take an exponent always, being printed so.
"""

from __future__ import annotations

from collections.abc import Callable

from contracts.model import Element, LogicalType
from contracts.sql_text import literal

FLOAT_INTEGER = "float_integer"
_WIDE = ("０１２３４５６７８９．，－−＋％", "0123456789.,--+%")
_DIGITS = 38


def decimal_type(element: Element) -> str:
    """DuckDB's type of a decimal element."""
    return f"DECIMAL({element.precision},{element.scale})"


def integer_sql(text: str, element: Element, *, point_too: bool = False) -> str:
    """The BIGINT of a text. `point_too` also takes `7.0`, as a workbook may write the number 7."""
    pointed = point_too or {FLOAT_INTEGER, "scientific", "wan"} & set(element.formats)
    return _plainly(text, element, lambda plain: _integer(plain, bool(pointed)))


def decimal_sql(text: str, element: Element) -> str:
    """The DECIMAL of a text, exactly; more places than the scale are none, or rounded as declared."""
    return _plainly(
        text, element, lambda plain: _rounded(plain, element) if element.rounding else _exact(plain, element)
    )


def number_sql(text: str, element: Element) -> str:
    """The DOUBLE of a text: the nearest there is, never infinite, and 0 only where the text says so."""
    return _plainly(text, element, _double)


def unrounded_sql(text: str, element: Element) -> str:
    """What a text says before it is rounded, for rules on its range; null where it says too much."""
    return _plainly(text, element, lambda plain: _unrounded(plain, element))


def unrounded_type(element: Element) -> str:
    """The type of `unrounded_sql`: as many places as fit."""
    return f"DECIMAL({_DIGITS},{_places(element)})"


def _places(element: Element) -> int:
    return _DIGITS - (element.precision - element.scale)


def _integer(plain: str, pointed: bool) -> str:
    # What prints as it was written is of the grammar; the shape is asked of the few others.
    cast = f"try_cast({plain} as BIGINT)"
    cases = f"when {cast}::VARCHAR = {plain} then {cast} when regexp_full_match({plain}, '[+-]?[0-9]+') then {cast}"
    if pointed:
        whole = f"split_part({plain}, '.', 1)"
        cases += f" when regexp_full_match({plain}, '[+-]?[0-9]+\\.0+') then try_cast({whole} as BIGINT)"
    return f"case {cases} end"


def _exact(plain: str, element: Element) -> str:
    cast = f"try_cast({plain} as {decimal_type(element)})"
    shape = literal(_decimal_shape(element.scale))
    return f"case when {cast}::VARCHAR = {plain} then {cast} when regexp_full_match({plain}, {shape}) then {cast} end"


def _decimal_shape(places: int) -> str:
    """Digits, and behind the point so many places and noughts; one digit at least on one of its sides."""
    behind = f"[0-9]{{1,{places}}}0*" if places else "0+"
    return rf"[+-]?(?:[0-9]+(?:\.{behind})?|\.{behind})"


def _unrounded(plain: str, element: Element) -> str:
    shape = literal(_decimal_shape(_places(element)))
    return f"case when regexp_full_match({plain}, {shape}) then try_cast({plain} as {unrounded_type(element)}) end"


def _rounded(plain: str, element: Element) -> str:
    """The plain text rounded digit by digit: decimal arithmetic would raise where it leaves its 38 digits."""
    behind, scale = f"split_part({plain}, '.', 2)", element.scale
    kept = f"'0' || split_part(ltrim({plain}, '+-'), '.', 1) || left(rpad({behind}, {scale}, '0'), {scale})"
    rest = f"rtrim(substr({behind}, {scale + 1}), '0')"
    # The rest as text: '5' is a half, what sorts behind it is more, what sorts before it is less.
    up = {
        "half_up": f"{rest} >= '5'",
        "half_even": f"({rest} > '5' or ({rest} = '5' and right({kept}, 1) in ('1', '3', '5', '7', '9')))",
        "down": "false",
    }[str(element.rounding)]
    digits = f"lpad((try_cast({kept} as HUGEINT) + case when {up} then 1 else 0 end)::VARCHAR, {_DIGITS + 1}, '0')"
    point = f"left({digits}, {_DIGITS + 1 - scale}) || '.' || right({digits}, {scale})"
    sign = f"case when starts_with({plain}, '-') then '-' else '' end"
    said = f"{_unrounded(plain, element)} is not null"
    return f"case when {said} then try_cast({sign} || {point} as {decimal_type(element)}) end"


def _double(plain: str) -> str:
    shape = literal(r"[+-]?(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4})?")
    cast = f"try_cast({plain} as DOUBLE)"
    nothing = literal(r"[+-]?[0.]+(?:[eE].*)?")
    said = f"isfinite({cast}) and ({cast} <> 0 or regexp_full_match({plain}, {nothing}))"
    return f"case when regexp_full_match({plain}, {shape}) and {said} then {cast} end"


def _plainly(text: str, element: Element, cast: Callable[[str], str]) -> str:
    """`cast` of the plain text, which a declared spelling is rewritten to."""
    spelt = set(element.formats) - {FLOAT_INTEGER}
    if not spelt:
        return cast(text)
    if "full_width" in spelt:
        text = f"translate({text}, {literal(_WIDE[0])}, {literal(_WIDE[1])})"
    return f"list_transform([{text}], lambda v: {_spelt('v', element, spelt, cast)})[1]"


def _spelt(text: str, element: Element, spelt: set[str], cast: Callable[[str], str]) -> str:
    shape = literal(_shape(element, spelt))
    plain = _unseparated(_unsuffixed(text, spelt), spelt)
    power = _power(text, spelt)
    if power:
        plain = _shifted(plain, power)
    made = f"list_transform([{plain}], lambda p: {cast('p')})[1]"
    return f"case when regexp_full_match({text}, {shape}) then {made} end"


def _shape(element: Element, spelt: set[str]) -> str:
    """RE2 of a number with what is declared, and nothing else."""
    mark, separator = (",", ".") if "decimal_comma" in spelt else (".", ",")
    mark, separator = (rf"\{mark}" if mark == "." else mark), (rf"\{separator}" if separator == "." else separator)
    whole = ["[0-9]+"]
    if "thousands" in spelt:
        whole.append(f"[0-9]{{1,3}}(?:{separator}[0-9]{{3}})+")
    if "ten_thousands" in spelt:
        whole.append(f"[0-9]{{1,4}}(?:{separator}[0-9]{{4}})+")
    number = f"(?:(?:{'|'.join(whole)})(?:{mark}[0-9]+)?|{mark}[0-9]+)"
    behind = ""
    if "scientific" in spelt or element.type is LogicalType.NUMBER:
        behind += "(?:[eE][+-]?[0-9]{1,2})?"
    units = [unit for name, unit in (("percent", "%"), ("wan", "[万亿]元?")) if name in spelt]
    return f"[+-]?{number}{behind}" + (f"(?: ?(?:{'|'.join(units)}))?" if units else "")


def _unsuffixed(text: str, spelt: set[str]) -> str:
    if "scientific" in spelt:
        text = f"regexp_replace({text}, '[eE].*', '')"
    units = " %" * ("percent" in spelt) + " 万亿元" * ("wan" in spelt)
    return f"rtrim({text}, {literal(units)})" if units else text


def _unseparated(text: str, spelt: set[str]) -> str:
    mark, separator = (",", ".") if "decimal_comma" in spelt else (".", ",")
    if {"thousands", "ten_thousands"} & spelt:
        text = f"replace({text}, {literal(separator)}, '')"
    return text if mark == "." else f"replace({text}, ',', '.')"


def _power(text: str, spelt: set[str]) -> str | None:
    """The power of ten that a text's unit or exponent says."""
    if "wan" in spelt:
        return f"case when contains({text}, '亿') then 8 when contains({text}, '万') then 4 else 0 end"
    if "scientific" in spelt:
        return f"coalesce(try_cast(nullif(regexp_extract({text}, '[eE](.*)', 1), '') as INTEGER), 0)"
    return None


def _shifted(plain: str, power: str) -> str:
    """A plain number times a power of ten, as text: exact, whatever its length."""
    parts = f"{{p: {plain}, e: {power}}}"
    whole, behind = "split_part(ltrim(s.p, '+-'), '.', 1)", "split_part(s.p, '.', 2)"
    places = f"length({whole}) + s.e"
    digits = f"({whole} || {behind})"
    moved = (
        f"case when {places} <= 0 then '0.' || repeat('0', -({places})) || {digits} "
        f"when {places} >= length{digits} then {digits} || repeat('0', {places} - length{digits}) "
        f"else left({digits}, {places}) || '.' || substr({digits}, {places} + 1) end"
    )
    sign = "case when starts_with(s.p, '-') then '-' else '' end"
    return f"list_transform([{parts}], lambda s: case when s.e = 0 then s.p else {sign} || {moved} end)[1]"
