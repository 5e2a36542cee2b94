"""The six dimensions of data quality, by GB/T 36344-2018 (which names them; how they are measured is ours)."""

from __future__ import annotations

from collections.abc import Mapping

DIMENSIONS = ("conformity", "completeness", "accuracy", "consistency", "timeliness", "accessibility")

TITLES: Mapping[str, tuple[str, str]] = {
    "conformity": ("规范性", "Conformity"),
    "completeness": ("完整性", "Completeness"),
    "accuracy": ("准确性", "Accuracy"),
    "consistency": ("一致性", "Consistency"),
    "timeliness": ("时效性", "Timeliness"),
    "accessibility": ("可访问性", "Accessibility"),
}
