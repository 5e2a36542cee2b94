"""The picture of the resources around one, as SVG. It has no style and fetches nothing.

All colours are the text's own, so that they hold on a dark ground and on paper. Every name in it
stands beside it as text, which is the template's to see to.
"""

from __future__ import annotations

from portal.catalogue.neighbours import Neighbours
from portal.catalogue.records import Resource
from portal.drawings import Box, Line, layered

_MOST = 9


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
