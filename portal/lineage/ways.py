"""The ways of a column through the city: which tables it comes from, which it goes to, and who receives it.

All of it is of the lineage that gates judge by, cut to what a reader may know. Levels are asked, never computed here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from lineage.graph import DIRECT, INDIRECT, ROWS, ColumnRef, Graph
from portal.catalogue.records import DATASET, PRODUCT, Resource
from portal.catalogue.shown import Recipient
from portal.drawings import Box, Line, layered
from portal.lineage.seen import Seen

_BOTH = (DIRECT, INDIRECT)
_MOST = 9
_OUT = "out:"


@dataclass(frozen=True)
class Stop:
    """One table on a way: the columns that matter there; `by_value` says that one of them carries values."""

    one: Resource
    columns: tuple[str, ...]
    by_value: bool
    rank: int

    @property
    def first(self) -> str:
        """The address of its first column's own page."""
        return f"/lineage/{self.one.table}.{self.columns[0]}" if self.columns else f"/catalogue/{self.one.id}"


@dataclass(frozen=True)
class Ways:
    """The tables on the ways up or down from a start, and the lines between them."""

    stops: tuple[Stop, ...]
    lines: tuple[Line, ...]

    def of(self, kind: str) -> tuple[Stop, ...]:
        """The stops of one kind of resource."""
        return tuple(stop for stop in self.stops if stop.one.kind == kind)

    @property
    def products(self) -> tuple[Stop, ...]:
        """The products on them."""
        return self.of(PRODUCT)

    @property
    def datasets(self) -> tuple[Stop, ...]:
        """The datasets on them."""
        return self.of(DATASET)


def ways(graph: Graph, seen: Seen, start: Sequence[ColumnRef], *, forward: bool) -> Ways:
    """Where some columns of one table go, or come from."""
    step = graph.downstream if forward else graph.upstream
    reached = {ref: _BOTH for one in start for ref in step(one, _BOTH)}
    carried = {ref for one in start for ref in step(one, (DIRECT,))} | {*start}
    by_table = seen.tables({*reached, *start})
    own = seen.resource(start[0].relation)
    lines = _lines(graph, seen, {*reached, *start}, by_table)
    ranks = _ranks(own.id if own else "", lines, forward=forward)
    stops = [
        Stop(
            seen.view.known[name],
            tuple(ref.column for ref in refs if ref.column != ROWS),
            any(ref in carried for ref in refs),
            ranks[name],
        )
        for name, refs in by_table.items()
        if name in ranks
    ]
    return Ways(tuple(sorted(stops, key=lambda one: (one.rank, not one.by_value, one.one.id))), tuple(lines))


def _lines(
    graph: Graph, seen: Seen, touched: set[ColumnRef], by_table: Mapping[str, Sequence[ColumnRef]]
) -> list[Line]:
    """Between tables that may be named, through those that may not; values before what decides about rows alone."""
    ends = {ref: name for name, refs in by_table.items() for ref in refs}
    found: dict[tuple[str, str], bool] = {}
    for ref, name in ends.items():
        seen_now, todo = set[tuple[ColumnRef, bool]](), [(ref, True)]
        while todo:
            here, value = todo.pop()
            for edge in graph.edges_out_of(here):
                carries = value and edge.kind == DIRECT
                there = edge.target
                if there not in touched or (there, carries) in seen_now:
                    continue
                seen_now.add((there, carries))
                if there not in ends:
                    todo.append((there, carries))
                elif ends[there] != name:
                    pair = name, ends[there]
                    found[pair] = found.get(pair, False) or carries
    return [Line(source, target, not carries) for (source, target), carries in sorted(found.items())]


def _ranks(start: str, lines: Iterable[Line], *, forward: bool) -> dict[str, int]:
    """How far each table is from the start, by the longest way; a way that comes back is cut."""
    near: dict[str, set[str]] = {}
    for line in lines:
        near.setdefault(line.source if forward else line.target, set()).add(line.target if forward else line.source)
    ranks = {start: 0}
    for _ in range(len(near) + 1):
        further = {
            b: ranks[a] + 1 for a in [*ranks] for b in near.get(a, ()) if ranks.get(b, -1) < ranks[a] + 1 and b != start
        }
        if not further or max(further.values()) > len(near) + 1:
            break
        ranks |= further
    return ranks


def drawn(found: Ways, recipients: Mapping[str, Sequence[Recipient]], bad: Mapping[str, str]) -> str:
    """The ways as a picture: the start on the left (of ways up: on the right), at the end who receives.

    `bad` are signs of resources, as `✗`.
    """
    stops = [*found.stops]
    columns: dict[int, list[Box]] = {}
    for stop in stops:
        columns.setdefault(stop.rank, []).append(_box(stop, bad.get(stop.one.id, "")))
    lines = list(found.lines)
    agencies: dict[str, Box] = {}
    for stop in found.products:
        for one in recipients.get(stop.one.id, ()):
            key = _OUT + one.agency
            address = f"/releases/{one.agreement}" if one.agreement else ""
            agencies[key] = Box(key, one.title_zh, f"→ {one.agency}", address)
            lines.append(Line(stop.one.id, key, not stop.by_value))
    if agencies:
        columns[max(columns) + 1] = [agencies[key] for key in sorted(agencies)]
    label = f"{len(stops) - 1} 张表 tables, {len(agencies)} 个接收方 recipients"
    ordered = [columns[rank] for rank in sorted(columns)]
    return layered([each[:_MOST] for each in ordered], lines, label, [max(0, len(each) - _MOST) for each in ordered])


def drawn_up(found: Ways) -> str:
    """What something is made of, the furthest on the left."""
    columns: dict[int, list[Box]] = {}
    for stop in found.stops:
        columns.setdefault(-stop.rank, []).append(_box(stop, ""))
    ordered = [columns[rank] for rank in sorted(columns)]
    label = f"上游 {len(found.stops) - 1} 张表 tables upstream"
    more = [max(0, len(each) - _MOST) for each in ordered]
    return layered([each[:_MOST] for each in ordered], found.lines, label, more)


def _box(stop: Stop, sign: str) -> Box:
    count = len(stop.columns)
    under = ", ".join(stop.columns) if count < 3 else f"{count} 列 columns"
    own = stop.rank == 0
    tip = f"{stop.one.title_zh} {stop.one.id}: {', '.join(stop.columns) or '行 rows'}"
    return Box(
        stop.one.id, stop.one.title_zh, under or stop.one.id, "" if own else stop.first, own, sign, bool(sign), tip
    )
