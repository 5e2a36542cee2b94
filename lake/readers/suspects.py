"""Records that are none, as SQL over a relation of text: a header that is repeated, a line of totals, a note.

One place for every format. What is suspected goes to quarantine under its name; a contract that knows of a footer
declares it (`footer`, `footer_rows`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from contracts.model import Dataset
from contracts.sql_text import literal

REPEATED_HEADER = "structure:repeated_header"
FOOTER = "structure:footer"
RULE = "structure:rule"

# Words that stand where a name would, in the line below the last record of a report ...
_TOTALS = (
    "合计",
    "总计",
    "小计",
    "共计",
    "累计",
    "总和",
    "总数",
    "汇总",
    "平均",
    "total",
    "totals",
    "subtotal",
    "sub-total",
    "grand total",
    "sum",
    "average",
    "averages",
)
# ... and those that begin a note below a table.
_NOTES = (
    "注",
    "备注",
    "说明",
    "附注",
    "数据来源",
    "资料来源",
    "来源",
    "填表人",
    "制表人",
    "审核人",
    "审核",
    "复核",
    "复核人",
    "负责人",
    "单位负责人",
    "统计负责人",
    "统计时间",
    "统计日期",
    "统计口径",
    "制表时间",
    "制表日期",
    "填表时间",
    "填表日期",
    "填报时间",
    "填报日期",
    "填报人",
    "打印时间",
    "打印日期",
    "导出时间",
    "导出日期",
    "更新时间",
    "数据更新时间",
    "截止时间",
    "截止日期",
    "填报单位",
    "制表单位",
    "单位",
)
_NOTES_EN = ("note", "notes", "source", "sources", "remark", "remarks", "prepared by")
# ... and whole lines that end one: of a writer of pages, of a database's client, of a report.
_ENDS = (
    r"数据截[止至].*",
    r"\(?\d+ rows? (?:affected|selected|returned|exported)\.?\)?",
    r"共\s*[\d,]+\s*(?:条|行|笔|项|页)(?:记录|数据)?[。.]?",
    r"第\s*\d+\s*页[\s,，/、]*共\s*\d+\s*页",
    r"page \d+ of \d+",
    r"[-—–=*\s]*(?:end of (?:report|file|data|table|list)|eof|以下空白|以下无正文)[-—–=*\s.]*",
    r"[-—–=*\s]*[-—–=*]\s*(?:完|完毕|结束|end)\s*[-—–=*][-—–=*\s]*",
    r"[*＊※]\s*[^：:]{1,20}[：:].*",
)
_COLONS = ("：", ":")
# What rules are drawn of.
_LINES = "-=+:_|*—–─━┼├┤│"
# So many characters of a header tell that a cell may be it.
_START = 4
# ... and so many columns after the first that a row is one.
_TRIED = 2
_SIGNS = re.escape(_LINES)
_BLANKS = r"[\s\x{00A0}\x{3000}\x{FEFF}]"


def suspicion(dataset: Dataset, columns: Mapping[str, str], headers: Mapping[str, str]) -> str:
    """SQL that names why a record is none, null where it is one.

    `columns` are the relation's expressions by contract column, in delivered order; `headers` the names delivered for
    them, empty where there are none.
    """
    header, footer = _is_header(dataset, columns, headers), _is_footer(dataset, columns)
    return f"""case when {header} then {literal(REPEATED_HEADER)} when {footer} then {literal(FOOTER)}
      when {_is_rule_row(columns)} then {literal(RULE)} end"""


def is_rule(text: str) -> str:
    """SQL: whether a text is a rule between lines, of two signs at least."""
    return f"regexp_full_match({text}, {literal(f'{_BLANKS}*[{_SIGNS}][{_SIGNS} ]*[{_SIGNS}]{_BLANKS}*')})"


def _is_rule_row(columns: Mapping[str, str]) -> str:
    """Whether all cells are rules, or parts of one. Few cells begin with a sign: others cost a comparison each."""
    first, *others = columns.values()
    pattern = literal(f"[{_SIGNS}\\s]*")
    tests = ", ".join(f"coalesce(regexp_full_match({text}, {pattern}), true)" for text in others)
    rest = f"not list_contains([{tests}], false)" if others else "true"
    return _if(_may_be_sign(first), _if(is_rule(first), rest))


def _may_be_sign(text: str) -> str:
    return f"({text} < '.' or {text} > 'z' or {text} between ':' and '>' or starts_with({text}, '_'))"


def _if(condition: str, then: str) -> str:
    """`condition and then`, of which the engine works out `then` only where the condition holds; never null."""
    return f"coalesce(case when {condition} then {then} end, false)"


def _is_header(dataset: Dataset, columns: Mapping[str, str], headers: Mapping[str, str]) -> str:
    """Whether all texts are spellings of their columns' headers. The first test alone fails for nearly all rows."""
    first, *others = columns
    tests = ", ".join(f"coalesce({_equals(dataset, name, columns, headers)}, false)" for name in columns)
    # One list instead of as many conditions: a table may have more columns than an expression may be deep.
    test = f"not list_contains([{tests}], false)"
    for name in reversed((first, *others[:_TRIED])):
        test = _if(_may_be(columns[name], _known(dataset, name, headers)), test)
    return test


def _known(dataset: Dataset, name: str, headers: Mapping[str, str]) -> list[str]:
    return sorted(
        {_bare(word) for word in (*dataset.column(name).headers, *([headers[name]] if name in headers else []))}
    )


def _equals(dataset: Dataset, name: str, columns: Mapping[str, str], headers: Mapping[str, str]) -> str:
    words = ", ".join(map(literal, _known(dataset, name, headers)))
    return f"regexp_replace({columns[name]}, '^{_BLANKS}+|{_BLANKS}+$', '', 'g') in ({words})"


def _may_be(text: str, words: Iterable[str]) -> str:
    """A cheap test: the text begins as one of the words does, or with what may be a blank before it."""
    starts = sorted({word[:_START] for word in words})
    blanks = " or ".join(f"starts_with({text}, chr({code}))" for code in (160, 12288, 65279))
    wide = f"case when {text} >= chr(160) then {blanks} else false end"
    return " or ".join([*(f"starts_with({text}, {literal(start)})" for start in starts), f"{text} < '!'", wide])


def _bare(word: str) -> str:
    return re.sub(r"^[\s\u00a0\u3000\ufeff]+|[\s\u00a0\u3000\ufeff]+$", "", word)


def _is_footer(dataset: Dataset, columns: Mapping[str, str]) -> str:
    """Whether a key, or the first column where there is none, is a word for totals or begins as a note does; or the key
    is missing, and the first other cell does.
    """
    keys = [columns[column.name] for column in dataset.key if column.name in columns] or [next(iter(columns.values()))]
    others = [text for text in columns.values() if text not in keys]
    tests = [_is_word(key) for key in keys]
    if others:
        missing = _if(f"{keys[0]} < '!' or {keys[0]} is null", _is_word(others[0]))
        for key in keys[1:]:
            missing = _if(f"{key} < '!' or {key} is null", missing)
        tests.append(missing)
    return f"({' or '.join(tests)})"


def _is_word(text: str) -> str:
    # Most keys begin with a digit: comparisons alone tell that they are none; blanks and brackets come before digits.
    return _if(f"{text} > ':' or {text} < '.'", f"regexp_full_match({text}, {literal(_PATTERN)})")


def _pattern() -> str:
    totals, notes = (
        "|".join(word if word.isascii() else f"{_BLANKS}*".join(word) for word in words)
        for words in (_TOTALS, (*_NOTES, *_NOTES_EN))
    )
    blanks, colons = f"{_BLANKS}*", f"[{''.join(_COLONS)}]"
    total = (
        rf"(?:本[页表]{blanks})?(?:{totals})(?:{blanks}[数值])?{blanks}(?:[（(][^（）()]*[）)]{blanks})?(?:{colons}.*)?"
    )
    note = rf"[（(【\[]?{blanks}(?:{notes}){blanks}\d*{blanks}[】\]]?{blanks}{colons}.*"
    return f"(?is){blanks}(?:{total}|{note}|{'|'.join(_ENDS)}){blanks}"


_PATTERN = _pattern()
_NONE = re.compile(re.sub(r"\\x\{(\w+)\}", r"\\u\1", _PATTERN))


def says_none(text: str) -> bool:
    """Whether a first cell is a word for totals, or begins as a note does."""
    return bool(_NONE.fullmatch(text))
