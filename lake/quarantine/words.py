"""Reasons in words, and the columns they speak of. What a row holds is not known here."""

from __future__ import annotations

from collections.abc import Mapping

from contracts.model import Column, Dataset, Rule

_KINDS: Mapping[str, tuple[str, str]] = {
    "structure:too_short": ("列数不足", "it has fewer cells than the table has columns"),
    "structure:too_long": ("列数过多", "it has more cells than the table has columns"),
    "structure:unreadable": ("无法读取", "it cannot be read as a record"),
    "structure:repeated_header": ("表头重复出现", "it looks like the header once more"),
    "structure:footer": ("疑似合计或页脚", "it looks like a footer or a total"),
    "structure:rule": ("疑似分隔线", "it looks like a line that is drawn"),
    "structure:second_table": ("疑似另一张表", "it looks like another table's"),
    "structure:nul": ("含空字符", "a NUL stands in it"),
    "cell:merged": ("含合并单元格", "it has merged cells"),
    "feed:ahead": ("时间在到达时刻之后", "its time is ahead of the clock as it arrived"),
    "feed:too_late": ("迟到超过约定期限", "it arrived later than may still amend a window"),
    "cell:nested": ("含嵌套值", "a cell holds more than one value"),
}
_OTHERS: Mapping[str, tuple[str, str]] = {
    "structure": ("记录结构有误", "its structure is broken"),
    "cell": ("单元格有误", "a cell is not one value"),
    "drift": ("列与约定不符", "the file's columns are others than agreed"),
    "key_twice": ("同一批内主键重复且内容不同", "its key stands twice in the delivery with other values"),
}
MISALIGNED = ("structure", "cell", "drift")
"""Kinds of reasons by which a cell may stand in another column's place."""


def rules_of(dataset: Dataset) -> dict[str, Rule]:
    """The rules that may reject a row, by name."""
    every = [*dataset.rules, *(rule for column in dataset.columns for rule in column.rules)]
    return {rule.name: rule for rule in every}


def columns_of(dataset: Dataset, reason: str) -> tuple[str, ...]:
    """The columns that a reason speaks of, in contract order; none where it is of the whole row."""
    rule = rules_of(dataset).get(reason)
    named = set(rule.columns) if rule else set(reason.partition(":")[2].split("+"))
    if rule and not named:
        # An expression says by its text alone what it is over.
        sql = str(rule.arguments.get("sql", ""))
        named = {column.name for column in dataset.columns if column.name in _words(sql)}
    return tuple(column.name for column in dataset.columns if column.name in named)


ACROSS = "key_twice"
"""The kind of a reason that is of the key of several rows, whose cells stand where they belong."""


def harmless(dataset: Dataset) -> tuple[str, ...]:
    """The rules over several columns: that they do not agree says of none of them that it is in another's place."""
    every = rules_of(dataset).values()
    return tuple(rule.name for rule in every if rule.kind == "expression" and len(columns_of(dataset, rule.name)) > 1)


def breaking(dataset: Dataset, column: Column) -> tuple[str, ...]:
    """The rules by which a cell of a column is not known to be of that column."""
    across = set(harmless(dataset))
    return tuple(name for name in rules_of(dataset) if name not in across and column.name in columns_of(dataset, name))


def _words(sql: str) -> set[str]:
    return set("".join(one if one.isalnum() or one == "_" else " " for one in sql).split())


def words_of(dataset: Dataset, reason: str) -> tuple[str, str]:
    """A reason in Chinese and in English, as what is wrong."""
    rule = rules_of(dataset).get(reason)
    if rule is not None and rule.title_zh.startswith(rule.name):  # nobody gave it a title: its condition says more
        said = str(rule.arguments.get("sql", rule.name))
        return f"不满足：{said}", f"does not hold: {said}"
    if rule is not None:
        return f"不满足：{rule.title_zh}", f"does not hold: {rule.title_en}"
    kind, _, about = reason.partition(":")
    zh, en = _KINDS.get(reason) or _OTHERS.get(kind) or (reason, reason)
    known = kind == "key_twice"
    return (f"{zh}（{about}）", f"{en} ({about})") if known else (zh, en)
