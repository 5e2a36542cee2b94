"""The words of pages of who is who, in Chinese and English."""

from __future__ import annotations

from collections.abc import Mapping

Words = Mapping[str, tuple[str, str]]

_STATES: Words = {
    "open": ("待判断", "open"),
    "waiting": ("待第二人确认", "waits for a second person"),
    "skipped": ("已跳过", "skipped"),
    "decided": ("已决定", "decided"),
    "stands": ("有效", "stands"),
    "undone": ("已撤销", "undone"),
}
_DOINGS: Words = {
    "same": ("是同一个", "they are one"),
    "different": ("不是同一个", "they are two"),
    "skip": ("暂不判断", "skip"),
    "confirm": ("确认", "confirm"),
    "undo": ("撤销", "undo"),
}
EVERY: Mapping[str, Words] = {"states": _STATES, "doings": _DOINGS}
"""What every template of these pages is given."""
