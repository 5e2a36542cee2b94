"""What quarantine and cases have to say of a morning, as faults: rows that wait to be mended, cases and their days."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

from lake.corrections.told import OpenCase
from lake.findings.finding import Finding, Kind, Words
from lake.quarantine.book import OpenDataset


def in_quarantine(found: Iterable[OpenDataset]) -> Iterator[Finding]:
    """Datasets with rejected rows that no delivery has mended."""
    for one in found:
        first = next(iter(one.reasons), "")
        yield Finding(
            *(Kind.QUARANTINE, one.dataset, "", one.department, ""),
            Words(
                f"{one.title_zh}：{one.rows:,} 行待更正，首要原因 {first}",
                f"{one.rows:,} rows wait to be corrected, first of all {first}",
            ),
            Words("导出交部门更正，或发起校核", "export them for the department, or open a case"),
            one.address,
            _day(one.since),
            (),
            str(one.rows),
        )


def of_cases(found: Iterable[OpenCase]) -> Iterator[Finding]:
    """Cases that are not closed; what is overdue comes before."""
    for one in found:
        due = f"，{one.due} 到期" if one.due else ""
        yield Finding(
            *(Kind.OVERDUE if one.overdue else Kind.CASE, one.dataset or one.case, one.case, one.department, ""),
            Words(f"{one.title}{due}", f"{one.state}{f', due {one.due}' if one.due else ''}"),
            Words("办理案件", "see to the case"),
            one.address,
            _day(one.overdue_since or one.since),
            (),
            str(one.state),
        )


def _day(text: str) -> date | None:
    return date.fromisoformat(text[:10]) if text else None
