"""Records that are none, as SQL over a relation of text: a header that is repeated, a line of totals, a note.

One place for every format. What is suspected goes to quarantine under its name; a contract that knows of a footer
declares it (`footer`, `footer_rows`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from contracts.model import Dataset
from contracts.sql_text import literal

REPEATED_HEADER = "structure:repeated_header"
FOOTER = "structure:footer"

# Words that stand where a name would, in the line below the last record of a report ...
_TOTALS = ("合计", "总计", "小计", "共计", "累计", "总和", "total", "totals", "subtotal", "sub-total", "grand total", "sum")
# ... and those that begin a note below a table.
_NOTES = ("注", "备注", "说明", "附注", "数据来源", "资料来源", "来源", "填表人", "制表人", "审核人", "填报单位", "制表单位", "单位")
_NOTES_EN = ("note", "notes", "source", "sources", "remark", "remarks", "prepared by")
_COLONS = ("：", ":")
_BLANKS = r"[\s\x{00A0}\x{3000}\x{FEFF}]"


def suspicion(dataset: Dataset, columns: Mapping[str, str], headers: Mapping[str, str]) -> str:
    """SQL that names why a record is none, null where it is one.

    `columns` are the relation's expressions by contract column, in delivered order; `headers` the names delivered for
    them, empty where there are none.
    """
    header, footer = _is_header(dataset, columns, headers), _is_footer(dataset, columns)
    return f"case when {header} then {literal(REPEATED_HEADER)} when {footer} then {literal(FOOTER)} end"


def _is_header(dataset: Dataset, columns: Mapping[str, str], headers: Mapping[str, str]) -> str:
    """Whether all texts are spellings of their columns' headers. The first test alone fails for nearly all rows."""
    tests = []
    for name, text in columns.items():
        known = {headers[name], *dataset.column(name).headers} if name in headers else dataset.column(name).headers
        words = sorted({_bare(word) for word in known})
        plain = f"regexp_replace({text}, '^{_BLANKS}+|{_BLANKS}+$', '', 'g')"
        some = " or ".join(f"contains({text}, {literal(word)})" for word in words if word) or "true"
        tests.append(f"(({some}) and {plain} in ({', '.join(map(literal, words))}))")
    return "(" + " and ".join(tests) + ")"


def _bare(word: str) -> str:
    return re.sub(r"^[\s\u00a0\u3000\ufeff]+|[\s\u00a0\u3000\ufeff]+$", "", word)


def _is_footer(dataset: Dataset, columns: Mapping[str, str]) -> str:
    """Whether a key, or the first column where there is none, is a word for totals or begins as a note does; or the key
    is missing, and another cell does.
    """
    keys = [columns[column.name] for column in dataset.key if column.name in columns] or [next(iter(columns.values()))]
    others = [text for text in columns.values() if text not in keys]
    empty = " and ".join(f"coalesce({key}, '') = ''" for key in keys)
    first = next(iter(others), None)
    missing = f" or ({empty} and {_is_word(first)})" if first else ""
    return "(" + " or ".join(map(_is_word, keys)) + missing + ")"


def _is_word(text: str) -> str:
    # Comparisons alone tell of nearly every cell that it is none of these; most keys begin with a digit.
    quick = f"({text} > ':' or {text} < '!') and ({' or '.join(f'starts_with({_left(text)}, {literal(mark)})' for mark in _STARTS)})"
    return f"coalesce({quick} and regexp_full_match({text}, {literal(_PATTERN)}), false)"


def _left(text: str) -> str:
    return f"ltrim({text}, ' ' || chr(9) || chr(160) || chr(12288))"


def _pattern() -> str:
    totals, notes = (
        "|".join(word if word.isascii() else f"{_BLANKS}*".join(word) for word in words)
        for words in (_TOTALS, (*_NOTES, *_NOTES_EN))
    )
    blanks, colons = f"{_BLANKS}*", f"[{''.join(_COLONS)}]"
    return f"(?is){blanks}(?:(?:{totals}){blanks}{colons}?{blanks}|(?:{notes}){blanks}{colons}.*)"


_PATTERN = _pattern()
_STARTS = sorted({mark for word in (*_TOTALS, *_NOTES, *_NOTES_EN) for mark in (word[0], word[0].upper())})
