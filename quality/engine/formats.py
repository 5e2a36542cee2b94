"""What text is written as: LIKE patterns, strftime formats and JSON, as strictly as Great Expectations' own engines.

DuckDB's own parsers let blanks, short years and trailing commas pass; here each is asked together with a pattern of
what may stand in the text. All functions take and give SQL text.
"""

import re

from quality.engine.errors import BadArgumentError
from quality.engine.sql_text import literal

_MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"
_DAYS = "Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday"
_HOUR, _SECOND = "(?:[01][0-9]|2[0-3])", r"[0-5][0-9](?:\.[0-9]{1,6})?"
_DIRECTIVES = {
    "Y": "[0-9]{4}",
    "y": "[0-9]{2}",
    "m": "(?:1[0-2]|0?[1-9])",
    "d": "(?:3[01]|[12][0-9]|0?[1-9])",
    "H": "(?:2[0-3]|[01]?[0-9])",
    "I": "(?:1[0-2]|0?[1-9])",
    "M": "[0-5]?[0-9]",
    "S": "(?:6[01]|[0-5]?[0-9])",
    "f": "[0-9]{1,6}",
    "j": "(?:36[0-6]|3[0-5][0-9]|[12][0-9]{2}|0[1-9][0-9]|00[1-9]|[1-9][0-9]|0[1-9]|[1-9])",
    "p": "(?:AM|PM)",
    "B": f"(?:{_MONTHS})",
    "b": f"(?:{'|'.join(name[:3] for name in _MONTHS.split('|'))})",
    "A": f"(?:{_DAYS})",
    "a": f"(?:{'|'.join(name[:3] for name in _DAYS.split('|'))})",
    "z": f"(?:[+-]{_HOUR}(?::[0-5][0-9](?::{_SECOND})?|[0-5][0-9](?:{_SECOND})?)|Z)",
    "%": "%",
}
"""What Python's strptime accepts for each directive, in RE2."""


def like_sql(text: str, pattern: str, escape: str | None) -> str:
    """``text`` matches the LIKE ``pattern``. Raises ``BadArgumentError`` for an escape that escapes nothing."""
    if not escape:
        return f"{text} LIKE {literal(pattern)}"
    if len(escape) != 1:
        raise BadArgumentError("like_pattern", "escape", "is more than one character", "Give one character.")
    if pattern.replace(escape * 2, "").endswith(escape):
        raise BadArgumentError("like_pattern", repr(pattern), "ends with its escape", "Escape the escape, or drop it.")
    return f"{text} LIKE {literal(pattern)} ESCAPE {literal(escape)}"


def strftime_sql(text: str, form: str) -> str:
    """``text`` is a moment that exists, written in ``form`` and nothing else. Raises ``BadArgumentError``."""
    # DuckDB's own %z knows neither Z nor the seconds of an offset.
    offset = rf"regexp_replace({text}, '([+-]\d\d:?\d\d):?{_SECOND}$', '\1')"
    moment = f"regexp_replace({offset}, 'Z$', '+00:00')" if form.endswith("%z") else text
    written = f"regexp_full_match({text}, {literal('(?i)' + _written(form))})"
    return f"({written} AND try_strptime({moment}, {literal(form)}) IS NOT NULL)"


def _written(form: str) -> str:
    """A pattern of all text that ``form`` can be written as; blanks only where it has blanks."""
    parts = []
    for directive, blank, other in re.findall(r"%(.?)|(\s+)|([^%\s]+)", form):
        if directive and directive not in _DIRECTIVES:
            raise BadArgumentError(
                "strftime_format", f"%{directive}", "is not known", f"Use one of: %{', %'.join(_DIRECTIVES)}."
            )
        parts.append(_DIRECTIVES[directive] if directive else r"\s+" if blank else re.escape(other))
    if form.endswith("%") and not form.endswith("%%"):
        raise BadArgumentError("strftime_format", repr(form), "ends with %", "Write %% for a percent sign.")
    return "".join(parts)


def json_sql(text: str) -> str:
    """``text`` is JSON as Python reads it: no trailing comma, and of other numbers only NaN and Infinity."""
    bare = f"""regexp_replace({text}, '"(?:[^"\\\\]|\\\\.)*"', '""', 'g')"""
    numbers = f"regexp_replace({bare}, 'NaN|-?Infinity', 'null', 'g')"
    return rf"(json_valid({text}) AND NOT regexp_matches({numbers}, '(?i),\s*[\]}}]|-null|nan|inf'))"
