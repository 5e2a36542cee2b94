"""What the past of quality has to say of a morning: what is unusual, what is late, and since when rules fail."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from contracts.model import Catalogue
from lake.findings.finding import Finding, Kind, Words
from lake.quality_past.asking import Odd, anomalies_now, failing_since
from lake.quality_past.lateness import Late, Lateness, lateness
from lake.quality_past.store import QualityPast

_KINDS: Mapping[str, tuple[str, str]] = {
    "row_count": ("行数", "rows"),
    "null_rate": ("空值率", "share of nulls"),
    "distinct_values": ("不同值数", "distinct values"),
    "distribution": ("分布偏移", "shift of the distribution"),
    "arrival": ("到达时间", "hour of arrival"),
}
Since = Mapping[tuple[str, str], date]
"""Table and rule -> the first day of its present unbroken failing."""


@dataclass(frozen=True)
class OfPast:
    """What a store knows on a day: faults, and since when rules fail."""

    found: tuple[Finding, ...]
    since: Since


def of_past(past: QualityPast, catalogue: Catalogue, today: date) -> OfPast:
    """Ask the store, brought up to date before."""
    past.look(catalogue)
    with past.asked() as store:
        since: dict[tuple[str, str], date] = {}
        for one in failing_since(store):
            key = one.table, one.rule
            since[key] = min(since.get(key, one.since), one.since)
        told = lateness(past, store, today)
        found = (*_odd(anomalies_now(store)), *_late(told.late))
    own = (one for one in found if one.subject in catalogue.datasets)
    return OfPast((*own, *_unjudged(told)), since)


def _odd(found: Iterable[Odd]) -> Iterator[Finding]:
    for one in found:
        zh, en = _KINDS.get(one.kind, (one.kind, one.kind))
        where = f" {one.column}" if one.column else ""
        band = f"{_number(one.low)}–{_number(one.high)}"
        yield Finding(
            *(Kind.ANOMALY, one.dataset, f"{one.kind}:{one.column}", "", ""),
            Words(
                f"{zh}{where} {_number(one.observed)}，平常 {band}",
                f"{en}{where} {_number(one.observed)}, usually {band}",
            ),
            Words("核实最新批次，确有问题则发起校核", "look at the newest batch; open a case if something is wrong"),
            _page(one.dataset),
            one.since,
            (),
            one.batch,
        )


def _late(found: Iterable[Late]) -> Iterator[Finding]:
    for one in found:
        yield Finding(
            *(Kind.LATE, one.dataset, "", "", ""),
            _how_late(one),
            Words("请部门交付", "ask the department to deliver"),
            _page(one.dataset),
            one.since,
            (),
            "never" if one.newest is None else "stale" if one.stale else "late",
        )


def _how_late(one: Late) -> Words:
    if one.newest is None:
        return Words("从未交付，或尚无有效交付", "never delivered, or nothing that counts")
    due = f"应于 {one.due} 交付" if one.due else f"最新一份为 {one.newest}"
    told = f"due {one.due}" if one.due else f"the newest is of {one.newest}"
    if one.unknown_year:
        year = one.unknown_year
        zh = f"{due}；已过工作日无法计算：请在 calendar 下列出 {year} 年节假日"
        return Words(zh, f"{told}; how long cannot be counted: list the holidays of {year} under calendar")
    return Words(f"{due}，已 {one.age} 个工作日未更新", f"{told}; {one.age} working days old")


def _unjudged(told: Lateness) -> Iterator[Finding]:
    """One for the city, however many datasets nobody can say of whether they are late."""
    if told.unjudged:
        year, number = told.unknown_year, len(told.unjudged)
        yield Finding(
            *(Kind.LATE, "calendar", str(year), "", ""),
            Words(
                f"没有 {year} 年的工作日历：{number} 个数据集是否逾期无法判断",
                f"no calendar has {year}: of {number} datasets nobody can say whether they are late",
            ),
            Words(
                f"在 zhongtai.yml 的 calendar 下列出 {year} 年节假日",
                f"list the holidays of {year} under calendar in zhongtai.yml, with years: [{year}]",
            ),
            "/quality",
            state=str(number),
            concerned=tuple(sorted({name.partition(".")[0] for name in told.unjudged})),
        )


def _page(dataset: str) -> str:
    department, _, name = dataset.partition(".")
    return f"/quality/{department}/{name}"


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
