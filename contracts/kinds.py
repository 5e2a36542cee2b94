"""The few words that many declarations use: levels, attributes of sharing and opening, modes and types."""

from __future__ import annotations

from enum import StrEnum


class Level(StrEnum):
    """Sensitivity, DB33/T 2350-2021: L1 may be opened, L2 and L3 are restricted, L4 is never opened."""

    L1 = "L1"
    L2 = "L2"
    L3 = "L3"
    L4 = "L4"


class SharingAttribute(StrEnum):
    """政务数据共享条例: 无条件共享, 有条件共享, 不予共享."""

    UNCONDITIONAL = "unconditional"
    CONDITIONAL = "conditional"
    NOT_SHARED = "not_shared"


class OpenAttribute(StrEnum):
    """公共数据开放: 无条件开放, 有条件开放, 不予开放."""

    UNCONDITIONAL = "unconditional"
    CONDITIONAL = "conditional"
    NOT_OPEN = "not_open"


class DeliveryMode(StrEnum):
    """How a delivery relates to earlier ones: it replaces them, adds to them, updates them by key, or is a part of what
    never ends (`contracts.windows`)."""

    SNAPSHOT = "snapshot"
    APPEND = "append"
    UPSERT = "upsert"
    STREAM = "stream"


class LogicalType(StrEnum):
    """The types a column can have once conformed (ODCS logical types, with decimals told from floats)."""

    STRING = "string"
    INTEGER = "integer"
    DECIMAL = "decimal"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE = "date"
    TIME = "time"
    TIMESTAMP = "timestamp"
