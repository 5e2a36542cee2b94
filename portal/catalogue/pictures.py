"""Pictures for pages, as SVG: a line of scores, and the resources around one. They have no style and fetch nothing.

All colours are the text's own, so that they hold on a dark ground and on paper. Every number and name in a picture
stands beside it as text, which is the template's to see to.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from contracts.fitted import fitted
from portal.catalogue.neighbours import Neighbours
from portal.catalogue.quality_past import Point
from portal.catalogue.records import Resource

_WIDE, _HIGH, _EDGE = 320, 96, 12
_BOX, _ROW, _GAP_X, _GAP_Y = 168, 44, 48, 12
_MOST = 9


def quality_line(points: Sequence[Point]) -> str:
    """The scores as a line, from the least that is shown to 100."""
    scores = [one.score.overall for one in points]
    least = min(60.0, *(score // 10 * 10 for score in scores))
    places = [(_across(n, len(points)), _up(score, least)) for n, score in enumerate(scores)]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    dots = "".join(
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="currentColor">'
        f"<title>{one.day} {one.score.overall}</title></circle>"
        for (x, y), one in zip(places, points, strict=True)
    )
    marks = "".join(
        f'<line x1="{_EDGE}" x2="{_WIDE - 30}" y1="{_up(at, least):.1f}" y2="{_up(at, least):.1f}" '
        f'stroke="currentColor" stroke-opacity="0.2"/>'
        f'<text x="{_WIDE - 26}" y="{_up(at, least) + 4:.1f}" font-size="11" fill="currentColor">{at:g}</text>'
        for at in (least, 100.0)
    )
    label = f"质量评分 Quality score: {points[0].day} {scores[0]} – {points[-1].day} {scores[-1]}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="{escape(label)}" width="{_WIDE}" '
        f'height="{_HIGH}" viewBox="0 0 {_WIDE} {_HIGH}">{marks}'
        f'<polyline points="{line}" fill="none" stroke="currentColor" stroke-width="2"/>{dots}</svg>'
    )


def _across(number: int, count: int) -> float:
    return _EDGE + (_WIDE - 2 * _EDGE - 30) * (number / (count - 1) if count > 1 else 0.5)


def _up(score: float, least: float) -> float:
    return _HIGH - _EDGE - (_HIGH - 2 * _EDGE) * (score - least) / (100.0 - least)


def ancestry(around: Neighbours) -> str:
    """The resources around one, what it is made of on the left; at most so many in a column that all is one screen."""
    ranks = {rank: each[:_MOST] for rank, each in sorted(around.ranks.items())}
    left = {rank: len(each) - _MOST for rank, each in around.ranks.items() if len(each) > _MOST}
    tallest = max(len(each) + (rank in left) for rank, each in ranks.items())
    width, height = len(ranks) * (_BOX + _GAP_X) - _GAP_X + 4, tallest * (_ROW + _GAP_Y) + 4
    places: dict[str, tuple[float, float]] = {}
    boxes = []
    for column, (rank, each) in enumerate(ranks.items()):
        x, count = 2 + column * (_BOX + _GAP_X), len(each) + (rank in left)
        top = (height - count * (_ROW + _GAP_Y)) / 2
        for row, one in enumerate(each):
            places[one.id] = x, top + row * (_ROW + _GAP_Y)
            boxes.append(_box(one, places[one.id], own=rank == 0))
        if rank in left:
            y = top + len(each) * (_ROW + _GAP_Y) + _ROW / 2
            boxes.append(f'<text x="{x + 8}" y="{y}" font-size="12" fill="currentColor">… +{left[rank]}</text>')
    label = f"上游 {len(around.upstream)} 项，下游 {len(around.downstream)} 项 upstream and downstream"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="group" aria-label="{escape(label)}" width="{width}" '
        f'height="{height:g}" viewBox="0 0 {width} {height:g}">{_lines(around, places)}{"".join(boxes)}</svg>'
    )


def _lines(around: Neighbours, places: Mapping[str, tuple[float, float]]) -> str:
    drawn = []
    for source, target in sorted(around.edges):
        if source in places and target in places and places[source][0] < places[target][0]:
            x, y = places[source][0] + _BOX, places[source][1] + _ROW / 2
            to_x, to_y = places[target][0], places[target][1] + _ROW / 2
            bend = (to_x - x) / 2
            way = f"M{x:g},{y:g} C{x + bend:g},{y:g} {to_x - bend:g},{to_y:g} {to_x:g},{to_y:g}"
            drawn.append(f'<path d="{way}" fill="none" stroke="currentColor" stroke-opacity="0.45"/>')
    return "".join(drawn)


def _box(one: Resource, place: tuple[float, float], *, own: bool) -> str:
    x, y = place
    body = (
        f'<rect x="{x:g}" y="{y:g}" width="{_BOX}" height="{_ROW}" rx="5" fill="currentColor" '
        f'fill-opacity="{0.12 if own else 0.03}" stroke="currentColor" stroke-width="{2 if own else 1}"/>'
        f'<text x="{x + 8:g}" y="{y + 18:g}" font-size="13" fill="currentColor">'
        f"{escape(fitted(one.title_zh, 22))}</text>"
        f'<text x="{x + 8:g}" y="{y + 35:g}" font-size="11" fill="currentColor">{escape(fitted(one.id, 27))}'
        f"<title>{escape(one.title_zh)} {escape(one.id)}</title></text>"
    )
    return body if own else f'<a href="/catalogue/{escape(one.id)}">{body}</a>'
