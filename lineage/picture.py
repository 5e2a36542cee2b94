"""A picture of one product's ancestry for people: one HTML file that needs nothing else.

Lives here: the layout of relations in columns from source to product, the SVG, and its few lines of style. Must not
live here: what an edge means (`graph.py`), levels (`classification.py`).

Each relation is a box with only those of its columns that matter to the product; a solid line carries values, a
dashed one decides about rows. Pointing at a column shows its own ancestry alone. Nothing is fetched, and no value
is shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from itertools import pairwise

from contracts.fitted import fitted
from lineage.classification import Levels
from lineage.graph import DIRECT, ROWS, ColumnRef, Edge, Graph, split_parts

ROW, HEAD, WIDTH, GAP_X, GAP_Y, MARGIN = 18, 26, 240, 84, 26, 30
MOST_SHOWN = 40
_LEVEL_COLOURS = {"L1": "#2e7d5b", "L2": "#8a6d00", "L3": "#c25700", "L4": "#b3261e"}


_Lanes = dict[tuple[str, str], list[tuple[int, int]]]


@dataclass(frozen=True)
class _Box:
    relation: str
    names: tuple[str, ...]
    hidden: int
    x: int
    y: int

    @property
    def height(self) -> int:
        return HEAD + ROW * (len(self.names) + bool(self.hidden)) + 8

    def row(self, name: str) -> int:
        place = self.names.index(name) if name in self.names else len(self.names)
        return self.y + HEAD + ROW * place + ROW // 2


def render_html(
    graph: Graph,
    relation: str,
    levels: Levels | None = None,
    *,
    title: str = "",
    labels: Mapping[str, str] | None = None,
) -> str:
    """The ancestry of `relation` as one HTML page.

    `labels` gives relations a second name to show (their Chinese title). Raises KeyError for a relation that the graph
    does not know: an empty picture would look like an answer.
    """
    if relation not in graph.columns:
        raise KeyError(
            f"{relation} is not in the graph; known are its relations, e.g. {next(iter(graph.columns), '-')}"
        )
    part = graph.ancestry(relation)
    boxes, lanes = _layout(part, relation)
    width = max(b.x for b in boxes.values()) + WIDTH + MARGIN
    height = max(b.y + b.height for b in boxes.values()) + MARGIN
    lines = "\n".join(_lines(part, boxes, lanes))
    drawn = "\n".join(_box(box, part, levels, (labels or {}).get(box.relation, "")) for box in boxes.values())
    heading = escape(title or relation)
    return _PAGE.format(heading=heading, width=width, height=height, lines=lines, boxes=drawn, script=_SCRIPT)


# -- layout --------------------------------------------------------------------------------------------------------


def _layout(part: Graph, relation: str) -> tuple[dict[str, _Box], _Lanes]:
    """Where each relation stands, and where lines that skip a rank pass between the boxes of it."""
    inputs = _inputs(part)
    depth = _depths(relation, inputs)
    rank = {name: max(depth.values()) - far for name, far in depth.items()}
    skipped = _skipped(rank, inputs)
    for (source, target), lanes in skipped.items():
        for one, other in pairwise([source, *lanes, target]):
            inputs.setdefault(other, set()).add(one)
    ranks: dict[int, list[str]] = {}
    rank |= {lane: rank[source] + 1 + i for (source, _), lanes in skipped.items() for i, lane in enumerate(lanes)}
    for name in sorted(rank):
        ranks.setdefault(rank[name], []).append(name)
    boxes = _placed(_untangled(ranks, inputs), _used(part, relation))
    lanes_at = {pair: [(boxes[n].x, boxes[n].y) for n in lanes] for pair, lanes in skipped.items()}
    return {name: box for name, box in boxes.items() if name in depth}, lanes_at


def _skipped(rank: Mapping[str, int], inputs: Mapping[str, set[str]]) -> dict[tuple[str, str], list[str]]:
    """For each pair of relations with ranks between them a stand-in in each of those (Sugiyama's dummy nodes)."""
    pairs = sorted((source, target) for target, its in inputs.items() for source in its if {source, target} <= {*rank})
    between = {(s, t): range(rank[s] + 1, rank[t]) for s, t in pairs}
    return {pair: [f"lane {pair} {i}" for i in ranks] for pair, ranks in between.items() if ranks}


def _placed(order: Mapping[int, list[str]], used: Mapping[str, list[str]]) -> dict[str, _Box]:
    boxes: dict[str, _Box] = {}
    totals = {rank: sum(_height(used.get(n)) + GAP_Y for n in names) for rank, names in order.items()}
    for rank, names in sorted(order.items()):
        y = 70 + (max(totals.values()) - totals[rank]) // 2
        for name in names:
            columns = used.get(name, [])
            shown, hidden = columns[:MOST_SHOWN], max(0, len(columns) - MOST_SHOWN)
            boxes[name] = _Box(name, tuple(shown), hidden, MARGIN + rank * (WIDTH + GAP_X), y)
            y += _height(used.get(name)) + GAP_Y
    return boxes


def _height(names: list[str] | None) -> int:
    """The height of a box with these columns, or of a lane for lines that pass."""
    if names is None:
        return 0
    return HEAD + ROW * min(len(names), MOST_SHOWN + 1) + 8


def _inputs(part: Graph) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {name: set() for name in part.columns}
    for edge in part.edges:
        if edge.source.relation != edge.target.relation:
            found.setdefault(edge.target.relation, set()).add(edge.source.relation)
            found.setdefault(edge.source.relation, set())
    return found


def _depths(relation: str, inputs: Mapping[str, set[str]]) -> dict[str, int]:
    """The longest way of each relation to the product; a cycle is cut where it closes."""
    depth = {relation: 0}
    for _ in range(len(inputs)):
        changed = False
        for name, its in inputs.items():
            for other in its if name in depth else ():
                if depth.get(other, -1) < depth[name] + 1 <= len(inputs):
                    depth[other], changed = depth[name] + 1, True
        if not changed:
            break
    return depth


def _untangled(ranks: dict[int, list[str]], inputs: Mapping[str, set[str]]) -> dict[int, list[str]]:
    """Order within each rank by the mean place of neighbours (barycentre; Sugiyama, Tagawa and Toda 1981)."""
    order = {rank: list(names) for rank, names in sorted(ranks.items())}
    for left, right in [*pairwise(sorted(order, reverse=True)), *pairwise(sorted(order))]:
        place = {name: i for i, name in enumerate(order[left])}

        def mean(name: str, place: Mapping[str, int] = place) -> float:
            near = [place[o] for o in place if o in inputs.get(name, ()) or name in inputs.get(o, ())]
            return sum(near) / len(near) if near else len(place) / 2

        order[right].sort(key=mean)
    return order


def _used(part: Graph, relation: str) -> dict[str, list[str]]:
    """The columns of each relation that matter to the product, in the relation's own order; all of the product's."""
    touched = {ref for edge in part.edges for ref in (edge.source, edge.target)} | set(part.unknown)
    found = {}
    for name, columns in part.columns.items():
        rows = [ROWS] if any(e.source == ColumnRef(name, ROWS) for e in part.edges) else []
        found[name] = [c for c in columns if name == relation or ColumnRef(name, c) in touched] + rows
    return found


# -- drawing -------------------------------------------------------------------------------------------------------


def _lines(part: Graph, boxes: Mapping[str, _Box], lanes: _Lanes) -> list[str]:
    drawn: dict[tuple[ColumnRef, ColumnRef], list[Edge]] = {}
    for edge in part.edges:
        if edge.source.relation in boxes and edge.target.relation in boxes and edge.target.column != ROWS:
            drawn.setdefault((edge.source, edge.target), []).append(edge)
    ordered = sorted(drawn.items(), key=lambda item: any(e.kind == DIRECT for e in item[1]))
    return [_line(source, target, edges, _course(source, target, boxes, lanes)) for (source, target), edges in ordered]


def _course(source: ColumnRef, target: ColumnRef, boxes: Mapping[str, _Box], lanes: _Lanes) -> str:
    """The path of a line, through the lanes of the ranks that it skips."""
    one, other = boxes[source.relation], boxes[target.relation]
    x, y = one.x + WIDTH, one.row(source.column)
    path = [f"M{x},{y}"]
    ahead = [*lanes.get((source.relation, target.relation), ()), (other.x, other.row(target.column))]
    for place, (to_x, to_y) in enumerate(ahead):
        bend = max(40, abs(to_x - x) // 2)
        path.append(f"C{x + bend},{y} {to_x - bend},{to_y} {to_x},{to_y}")
        x, y = to_x, to_y
        if place + 1 < len(ahead):
            x += WIDTH
            path.append(f"H{x}")
    return " ".join(path)


def _line(source: ColumnRef, target: ColumnRef, edges: list[Edge], course: str) -> str:
    direct = [e for e in edges if e.kind == DIRECT]
    kind = ("declassified" if all(e.declassifier for e in direct) else "direct") if direct else "indirect"
    words = ", ".join(f"{e.transform} through {e.declassifier}" if e.declassifier else e.transform for e in edges)
    return (
        f'<path class="{kind}" data-from="{_key(source)}" data-to="{_key(target)}"'
        f' d="{course}">'
        f"<title>{escape(str(source))} → {escape(str(target))}: {escape(words)}</title></path>"
    )


def _box(box: _Box, part: Graph, levels: Levels | None, label: str) -> str:
    parts = [
        f'<g class="box{"" if box.relation in part.built else " source"}">'
        f'<rect x="{box.x}" y="{box.y}" width="{WIDTH}" height="{box.height}" rx="6"/>'
        f'<text class="head" x="{box.x + 10}" y="{box.y + 17}">{escape(_short(box.relation, label))}'
        f"<title>{escape(box.relation)} {escape(label)}</title></text>"
        f'<text class="layer" x="{box.x + 2}" y="{box.y - 5}">{escape(_layer(box.relation))}</text>'
    ]
    parts += [_column(box, name, part, levels) for name in box.names]
    if box.hidden:
        parts.append(
            f'<text class="more" x="{box.x + 10}" y="{box.row("") + 4}">… {box.hidden} more 另有 {box.hidden} 列</text>'
        )
    return "\n".join([*parts, "</g>"])


def _column(box: _Box, name: str, part: Graph, levels: Levels | None) -> str:
    ref, y = ColumnRef(box.relation, name), box.row(name)
    shown = "rows 行" if name == ROWS else name
    shown = fitted(shown, 30)
    unknown = " unknown" if ref in part.unknown else ""
    why = "; ".join(f"{u.reason} {u.subject}" for u in part.unknown.get(ref, ()))
    level = levels.effective(ref) if levels is not None else ""
    colour = _LEVEL_COLOURS.get(level, "#444")
    badge = f'<text class="level" x="{box.x + WIDTH - 10}" y="{y + 4}" fill="{colour}">{level}</text>'
    mark = " ?" if unknown else ""
    return (
        f'<g class="column{unknown}" data-key="{_key(ref)}"><rect class="hit" x="{box.x + 1}" y="{y - ROW // 2}"'
        f' width="{WIDTH - 2}" height="{ROW}"/><text x="{box.x + 10}" y="{y + 4}">{escape(shown)}{mark}'
        f"<title>{escape(str(ref))} {escape(why)}</title></text>{badge if level else ''}</g>"
    )


def _short(relation: str, label: str) -> str:
    text = " ".join(part for part in (relation.rpartition(".")[2], label) if part)
    return fitted(text, 30)


def _layer(relation: str) -> str:
    """The schema that a relation lies in: raw, staging, theme, product."""
    parts = split_parts(relation)
    return parts[-2] if len(parts) > 1 else ""


def _key(ref: ColumnRef) -> str:
    return escape(str(ref), quote=True)


_SCRIPT = """ const
paths=[...document.querySelectorAll('path[data-from]')],cols=[...document.querySelectorAll('.column')]; const
into={},out={};for(const p of paths){(into[p.dataset.to]??=[]).push(p);(out[p.dataset.from]??=[]).push(p)} function
walk(start,next,end,keys,lit){const todo=[start];while(todo.length){for(const p of next[todo.pop()]||[]){lit.add(p);
const k=p.dataset[end];if(!keys.has(k)){keys.add(k);todo.push(k)}}}} function show(key){const keys=new
Set([key]),lit=new Set();walk(key,into,'from',keys,lit);walk(key,out,'to',keys,lit);
document.body.classList.add('chosen');paths.forEach(p=>p.classList.toggle('lit',lit.has(p)));
cols.forEach(c=>c.classList.toggle('lit',keys.has(c.dataset.key)))}
cols.forEach(c=>{c.addEventListener('mouseenter',()=>show(c.dataset.key));
c.addEventListener('mouseleave',()=>document.body.classList.remove('chosen'))}); """
_PAGE = """<!doctype html>
<html lang="zh"><head><meta charset="utf-8"><title>{heading}</title><style>
body{{margin:0;color:#1b2733;background:#fafbfc;
  font:13px/1.3 system-ui,"Noto Sans CJK SC","Microsoft YaHei",sans-serif}}
h1{{font-size:17px;margin:14px 30px 2px}}
p{{margin:0 30px;color:#5a6875}}
.box>rect{{fill:#fff;stroke:#b9c4ce}} .box.source>rect{{fill:#eef3f8}}
text{{font-size:12px}} .head{{font-weight:600}} .more{{fill:#7a8894}}
.level{{text-anchor:end;font-weight:600;font-size:11px}}
.layer{{fill:#7a8894;font-size:10px}}
.hit{{fill:transparent;stroke:none}} .column:hover .hit,.column.lit .hit{{fill:#e3eefc}}
.column.unknown text{{fill:#b3261e;font-weight:600}}
path{{fill:none;stroke-width:1.3}} path.direct{{stroke:#2b6cb0;opacity:.75}}
path.declassified{{stroke:#2e7d5b;stroke-width:2.2}}
path.indirect{{stroke:#9aa7b3;stroke-dasharray:4 4;opacity:.45}}
.chosen path{{opacity:.06}} .chosen path.lit{{opacity:1}} .chosen .column:not(.lit) text{{opacity:.35}}
i{{display:inline-block;width:26px;border-top:2px solid #2b6cb0;vertical-align:middle;margin:0 4px 0 14px}}
i.d{{border-color:#2e7d5b}} i.n{{border-top-style:dashed;border-color:#9aa7b3}}
</style></head><body><h1>{heading}</h1>
<p><i style="margin-left:0"></i>values 取值
<i class="d"></i>through a declassifier 经脱敏
<i class="n"></i>decides about rows or values 影响行或取值
&nbsp;· ? unknown 未知 · point at a column 指向一列</p>
<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 40 {width} {height}">
{lines}
{boxes}
</svg><script>{script}</script></body></html>
"""
