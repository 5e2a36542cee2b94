"""Rules in words of both languages: the title that its author gave one, else what its kind says of its arguments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from contracts.model import Rule

_WORDS: Mapping[str, tuple[str, str]] = {
    "required": ("必填", "is always there"),
    "type": ("符合类型", "is of its type"),
    "pattern": ("符合格式 {pattern}", "is written as {pattern}"),
    "length": ("长度 {minimum}–{maximum}", "has {minimum} to {maximum} signs"),
    "check_digit": ("校验码正确（{algorithm}）", "has a right check digit ({algorithm})"),
    "code_set": ("取自代码集 {code_set}", "is a code of {code_set}"),
    "range": ("取值 {minimum}–{maximum}", "lies within {minimum} and {maximum}"),
    "invisible": ("不含不可见字符", "has no sign that nobody sees"),
    "characters": ("不含乱码与私有字符", "has no lost or private characters"),
    "placeholder": ("不是占位值", "is no placeholder"),
    "shared": ("未被过多记录共用", "is not shared by implausibly many rows"),
    "expression": ("满足 {sql}", "holds: {sql}"),
    "unique": ("唯一", "is unique"),
    "reference": ("见于 {table}.{column}", "is in {table}.{column}"),
    "mostly_present": ("至少 {at_least} 有值", "is there in {at_least} of rows at least"),
    "row_count": ("行数 {minimum}–{maximum}", "has {minimum} to {maximum} rows"),
    "freshness": ("最新归集不超过 {working_days} 个工作日", "is at most {working_days} working days old"),
    "k_anonymity": ("每组不少于 {k}", "has {k} in a group at least"),
}


def words(rule: Rule) -> tuple[str, str]:
    """A rule in Chinese and in English."""
    if rule.title_zh and rule.title_en:
        told = f": {rule.arguments['sql']}" if rule.kind == "expression" else ""
        return rule.title_zh, f"{rule.title_en}{told}"
    chinese, english = _WORDS.get(rule.kind, (rule.name, rule.name))
    shown = _Told({name: _shown(value) for name, value in rule.arguments.items()})
    about = ", ".join(rule.columns)
    return f"{about} {chinese.format_map(shown)}".strip(), f"{about} {english.format_map(shown)}".strip()


class _Told(dict[str, Any]):
    def __missing__(self, name: str) -> str:
        return "…"


def _shown(value: object) -> str:
    return f"{value:.0%}" if isinstance(value, float) and 0 < value <= 1 else str(value)
