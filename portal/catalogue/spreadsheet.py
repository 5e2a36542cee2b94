"""The catalogue as a CSV file that spreadsheets open: a row for each resource, with a byte order mark.

A cell that a spreadsheet would take for a formula begins with an apostrophe (OWASP, CSV injection): titles are written
by many hands.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator

from portal.catalogue.due import cycle
from portal.catalogue.records import Resource
from portal.catalogue.states import Days

_BOM = "\ufeff"
_FORMULAS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
_HEAD = (
    *(
        "信息资源代码 code",
        "标识符 id",
        "类别 kind",
        "名称 title",
        "英文名称 title (en)",
        "摘要 abstract",
        "提供方 provider",
    ),
    *(
        "主题 domain",
        "分级 level",
        "共享类型 sharing",
        "开放属性 open",
        "更新周期 cycle",
        "信息项 columns",
        "状态 state",
    ),
    *("发布日期 published", "数据截至 up to"),
)


def lines(rows: Iterable[tuple[Resource, Days]]) -> Iterator[bytes]:
    """The file, a line at a time."""
    yield (_BOM + _line(_HEAD)).encode()
    for one, days in rows:
        yield _line(_cells(one, days)).encode()


def _cells(one: Resource, days: Days) -> tuple[str, ...]:
    columns = "；".join(f"{field.title_zh} {field.name}" for field in one.fields)
    dates = (day.isoformat() if day else "" for day in (days.published, days.newest))
    return (
        *(one.code, one.id, one.kind, one.title_zh, one.title_en, one.description, one.provider_zh or one.provider),
        *(one.domain, one.level, one.sharing, one.open, cycle(one.frequency)[0], columns, str(days.state)),
        *dates,
    )


def _line(cells: Iterable[str]) -> str:
    made = io.StringIO()
    csv.writer(made).writerow([_defused(cell) for cell in cells])
    return made.getvalue()


def _defused(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULAS) else cell
