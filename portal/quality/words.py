"""The words of quality, in Chinese and English: one place for all of its pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_Words = Mapping[str, tuple[str, str]]

STATES: _Words = {
    "measured": ("已评估", "measured"),
    "unchecked": ("未检查", "never checked"),
    "crashed": ("检查未能执行", "a check could not be run"),
    "empty": ("空表", "empty"),
    "all_null": ("全部为空值", "all null"),
}
KINDS: _Words = {
    "score": ("质量评分", "score"),
    "row_count": ("行数", "rows"),
    "null_rate": ("空值率", "null rate"),
    "distinct_values": ("不同值数", "distinct values"),
    "distribution": ("分布", "distribution"),
    "arrival": ("到达时间", "time of arrival"),
}
RULES: _Words = {
    "required": ("必填", "required"),
    "type": ("类型", "type"),
    "pattern": ("格式", "pattern"),
    "length": ("长度", "length"),
    "check_digit": ("校验码", "check digit"),
    "code_set": ("代码集", "code set"),
    "range": ("值域", "range"),
    "invisible": ("不可见字符", "invisible characters"),
    "characters": ("字符", "characters"),
    "placeholder": ("占位值", "placeholder"),
    "shared": ("共用标识", "shared identifier"),
    "expression": ("逻辑规则", "expression"),
    "unique": ("唯一", "unique"),
    "reference": ("引用", "reference"),
    "mostly_present": ("基本齐全", "mostly present"),
    "row_count": ("行数", "row count"),
    "freshness": ("时效", "freshness"),
    "k_anonymity": ("K-匿名", "k-anonymity"),
    "built": ("构建", "built"),
    "structure": ("记录结构", "structure of records"),
    "readable": ("可读取", "readable by recipients"),
}


def amount(kind: str, value: float) -> str:
    """A number of a kind as people read it."""
    if kind == "null_rate":
        return f"{100 * value:.1f}%"
    if kind == "arrival":
        days, hours = divmod(value, 24)
        return f"{'+' + str(int(days)) + 'd ' if days >= 1 else ''}{int(hours):02d}:{int(hours % 1 * 60):02d}"
    return f"{value:.3f}" if kind == "distribution" else f"{value:,.0f}"


EVERY: Mapping[str, Any] = {"states": STATES, "kinds": KINDS, "rule_kinds": RULES, "amount": amount}
