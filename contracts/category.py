"""The axis of classification beside levels: whom the loss of data would matter to. Nothing is classified here."""

from __future__ import annotations

from enum import StrEnum


class Category(StrEnum):
    """What harm its loss would do beyond those it speaks of: 一般, 重要, 核心 (数据安全法 art. 21, GB/T 43697-2024).

    Levels say how sensitive a value is, categories whom it matters to; neither follows from the other. Not to be
    compared as text: `rank` is the order.
    """

    GENERAL = "general"
    IMPORTANT = "important"
    CORE = "core"

    @property
    def rank(self) -> int:
        """Its place, 0 for what matters least."""
        return list(type(self)).index(self)

    @property
    def title_zh(self) -> str:
        """Its name in the law."""
        return ("一般", "重要", "核心")[self.rank]
