"""What expectations about text ask of a value, as SQL: length, patterns, formats, identifiers. NULL is never asked.

How a pattern or a format is written for DuckDB is in ``regex`` and ``formats``; rules about other values are in
``row_rules``.
"""

from collections.abc import Callable
from typing import Any

from quality.engine import characters, check_digits, formats, placeholders
from quality.engine.domain import Domain, bounds_sql, number_bound
from quality.engine.errors import BadArgumentError
from quality.engine.regex import unicode_pattern, why_not_re2
from quality.engine.relation import Relation
from quality.engine.row_rule import RowRule, RuleMaker, column_rule, need_text, searched_text
from quality.engine.sql_text import literal, number_literal

Arguments = dict[str, Any]
_COMPILES: set[str] = set()  # patterns are few, and every table asks for the same ones


def _length_between(domain: Domain, arguments: dict[str, Any]) -> str:
    column = need_text(domain, "column_values.value_length.between")
    return bounds_sql(number_bound(f"length({column})"), arguments, "column_values.value_length.between")


def _length_equals(domain: Domain, arguments: dict[str, Any]) -> str:
    column = need_text(domain, "column_values.value_length.equals")
    return f"length({column}) = {number_literal(arguments['value'])}"


# ---- regular expressions ---------------------------------------------------------------------------------------


def _require_re2(relation: Relation, pattern: str, text: str) -> None:
    """Raise ``BadArgumentError`` unless RE2 compiles ``text``. A connection that cannot answer says nothing of it."""
    import duckdb

    if text in _COMPILES:
        return
    try:
        relation.reading.rows(f"SELECT regexp_matches('', {literal(text)})")
    except duckdb.InvalidInputException as error:
        said = str(error).splitlines()[0]
        why = f"{pattern!r} does not compile in RE2 ({said})"
        raise BadArgumentError("regex", why, "", why_not_re2(said)) from None
    _COMPILES.add(text)


def _regex_rule(listed: Callable[[Arguments], list[str]], join: Callable[[list[str], Arguments], str]) -> RuleMaker:
    """A rule that searches the column for the patterns that ``listed`` finds in the arguments."""

    def make(domain: Domain, arguments: dict[str, Any]) -> RowRule:
        text, found, unsure = searched_text(domain, "column_values.match_regex"), [], False
        for pattern in listed(arguments):
            written = unicode_pattern(pattern)
            _require_re2(domain.relation, pattern, written.text)
            found.append(f"regexp_matches({text}, {literal(written.text)})")
            unsure |= written.ascii_only
        there = f"{domain.column} IS NOT NULL"
        broken = f"NOT ({join(found, arguments)})"
        if not unsure:
            return RowRule(broken, there)
        return RowRule(broken, there, unsure=f"strlen({text}) <> length({text})", refusal=_boundary(domain))

    return make


def _boundary(domain: Domain) -> BadArgumentError:
    why = f"holds \\b, which RE2 knows in ASCII only, and column {domain.column_names[0]!r} holds other text"
    return BadArgumentError("regex", "the pattern", why, "Say the boundary as characters, or begin it with (?a).")


def _any_or_all(parts: list[str], match_on: str) -> str:
    """``parts`` joined for ``match_on``: 'any' of them or 'all'."""
    if match_on not in ("any", "all"):
        raise BadArgumentError("match_on", repr(match_on), "is neither 'any' nor 'all'", "Use one of them.")
    return (" OR " if match_on == "any" else " AND ").join(f"({part})" for part in parts) or "true"


def _match_on(parts: list[str], arguments: dict[str, Any]) -> str:
    return _any_or_all(parts, arguments.get("match_on") or "any")


def _none_of(parts: list[str], arguments: dict[str, Any]) -> str:
    return f"NOT ({_any_or_all(parts, 'any')})"


# ---- LIKE ------------------------------------------------------------------------------------------------------


def _likes(domain: Domain, arguments: dict[str, Any]) -> list[str]:
    patterns = arguments.get("like_pattern_list", [arguments.get("like_pattern")])
    if not patterns:
        raise BadArgumentError("like_pattern_list", "the list", "is empty", "Give at least one pattern.")
    text = searched_text(domain, "column_values.match_like_pattern")
    return [formats.like_sql(text, pattern, arguments.get("escape")) for pattern in patterns]


# ---- formats and identifiers -----------------------------------------------------------------------------------


def _strftime(domain: Domain, arguments: dict[str, Any]) -> str:
    text = need_text(domain, "column_values.match_strftime_format")
    return formats.strftime_sql(text, arguments["strftime_format"])


def _json(domain: Domain, arguments: dict[str, Any]) -> str:
    return formats.json_sql(need_text(domain, "column_values.json_parseable"))


def _resident_id(domain: Domain, arguments: dict[str, Any]) -> str:
    builder = check_digits.resident_id_sql if arguments.get("accept_15") else check_digits.resident_id_18_sql
    return builder(need_text(domain, "column_values.resident_id"))


def _credit_code(domain: Domain, arguments: dict[str, Any]) -> str:
    return check_digits.social_credit_code_sql(need_text(domain, "column_values.social_credit_code"))


def _plain_text(domain: Domain, arguments: dict[str, Any]) -> str:
    text, wanted = need_text(domain, "column_values.plain_text"), arguments.get("without")
    if wanted == "invisible":
        return f"NOT {characters.invisible_sql(text, strict=bool(arguments.get('strict')))}"
    return f"NOT {characters.lost_sql(text) if wanted == 'lost' else placeholders.placeholder_sql(text)}"


TEXT_RULES: dict[str, RuleMaker] = {
    "column_values.value_length.between": column_rule(_length_between),
    "column_values.value_length.equals": column_rule(_length_equals),
    "column_values.match_regex": _regex_rule(lambda a: [a["regex"]], _match_on),
    "column_values.not_match_regex": _regex_rule(lambda a: [a["regex"]], _none_of),
    "column_values.match_regex_list": _regex_rule(lambda a: a["regex_list"], _match_on),
    "column_values.not_match_regex_list": _regex_rule(lambda a: a["regex_list"], _none_of),
    "column_values.match_like_pattern": column_rule(lambda d, a: _match_on(_likes(d, a), {})),
    "column_values.not_match_like_pattern": column_rule(lambda d, a: _none_of(_likes(d, a), a)),
    "column_values.match_like_pattern_list": column_rule(lambda d, a: _match_on(_likes(d, a), a)),
    "column_values.not_match_like_pattern_list": column_rule(lambda d, a: _none_of(_likes(d, a), a)),
    "column_values.match_strftime_format": column_rule(_strftime),
    "column_values.json_parseable": column_rule(_json),
    "column_values.plain_text": column_rule(_plain_text),
    "column_values.resident_id": column_rule(_resident_id),
    "column_values.social_credit_code": column_rule(_credit_code),
}
"""Map metric of text to the rule it asks of each row."""
