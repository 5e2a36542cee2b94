"""Pictures for pages, as SVG: a line of scores, and the resources around one. They have no style and fetch nothing.

All colours are the text's own, so that they hold on a dark ground and on paper. Every number and name in a picture
stands beside it as text, which is the template's to see to.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from portal.catalogue.neighbours import Neighbours
from portal.catalogue.quality_past import Point
from portal.catalogue.records import Resource
from portal.drawings import Box, Line, layered

_WIDE, _HIGH, _EDGE = 320, 96, 12
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
    ranks = [each for _, each in sorted(around.ranks.items())]
    own = next(iter(around.ranks[0])).id
    columns = [[_box(one, own=one.id == own) for one in each[:_MOST]] for each in ranks]
    label = f"上游 {len(around.upstream)} 项，下游 {len(around.downstream)} 项 upstream and downstream"
    lines = [Line(source, target) for source, target in around.edges]
    return layered(columns, lines, label, [max(0, len(each) - _MOST) for each in ranks])


def _box(one: Resource, *, own: bool) -> Box:
    return Box(one.id, one.title_zh, one.id, "" if own else f"/catalogue/{one.id}", own)
