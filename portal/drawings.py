"""Boxes in columns with lines between them, as SVG: what is made of what, and where something goes.

They have no style and fetch nothing; all colours are the text's own, so that they hold on a dark ground and on paper.
Every name in a picture stands beside it as text, which is the template's to see to. What a box is of is not known here.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from contracts.fitted import fitted

WIDE, HIGH, _GAP_X, _GAP_Y = 168, 44, 48, 12
_TITLE, _UNDER = 22, 25


@dataclass(frozen=True)
class Box:
    """One box: what it is called, what stands under that, where it leads.

    `own` is what the picture is about; `sign` stands in its corner, as `✗`, and says by itself what is `bad`.
    """

    key: str
    title: str
    under: str = ""
    address: str = ""
    own: bool = False
    sign: str = ""
    bad: bool = False
    tip: str = ""


@dataclass(frozen=True)
class Line:
    """From one box to another; a `faint` one decides about rows and carries no value."""

    source: str
    target: str
    faint: bool = False


_Places = Mapping[str, tuple[float, float]]


def layered(columns: Sequence[Sequence[Box]], lines: Collection[Line], label: str, more: Sequence[int] = ()) -> str:
    """The boxes column by column; `more` is how many of each column are left out."""
    left = [*more, *[0] * (len(columns) - len(more))]
    tallest = max((len(each) + bool(rest) for each, rest in zip(columns, left, strict=True)), default=1)
    width, height = len(columns) * (WIDE + _GAP_X) - _GAP_X + 4, tallest * (HIGH + _GAP_Y) + 4
    places: dict[str, tuple[float, float]] = {}
    drawn = []
    for number, (each, rest) in enumerate(zip(columns, left, strict=True)):
        x = 2 + number * (WIDE + _GAP_X)
        top = (height - (len(each) + bool(rest)) * (HIGH + _GAP_Y)) / 2
        for row, box in enumerate(each):
            places[box.key] = x, top + row * (HIGH + _GAP_Y)
            drawn.append(_box(box, places[box.key]))
        if rest:
            y = top + len(each) * (HIGH + _GAP_Y) + HIGH / 2
            drawn.append(f'<text x="{x + 8}" y="{y:g}" font-size="12" fill="currentColor">… +{rest}</text>')
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="group" aria-label="{escape(label)}" width="{width}" '
        f'height="{height:g}" viewBox="0 0 {width} {height:g}">{_ways(lines, places)}{"".join(drawn)}</svg>'
    )


def _ways(lines: Collection[Line], places: _Places) -> str:
    drawn = []
    for one in sorted(lines, key=lambda each: (each.source, each.target)):
        if one.source in places and one.target in places and places[one.source][0] < places[one.target][0]:
            x, y = places[one.source][0] + WIDE, places[one.source][1] + HIGH / 2
            to_x, to_y = places[one.target][0], places[one.target][1] + HIGH / 2
            bend = (to_x - x) / 2
            way = f"M{x:g},{y:g} C{x + bend:g},{y:g} {to_x - bend:g},{to_y:g} {to_x:g},{to_y:g}"
            dashes = ' stroke-dasharray="5 4"' if one.faint else ""
            drawn.append(f'<path d="{way}" fill="none" stroke="currentColor" stroke-opacity="0.45"{dashes}/>')
    return "".join(drawn)


def _box(one: Box, place: tuple[float, float]) -> str:
    x, y = place
    sign = (
        f'<text x="{x + WIDE - 8:g}" y="{y + 18:g}" font-size="13" text-anchor="end" fill="currentColor" '
        f'font-weight="700">{escape(one.sign)}</text>'
        if one.sign
        else ""
    )
    strong = 2 if one.own or one.sign else 1
    body = (
        f'<rect x="{x:g}" y="{y:g}" width="{WIDE}" height="{HIGH}" rx="5" fill="currentColor" '
        f'fill-opacity="{0.12 if one.own else 0.03}" stroke="currentColor" stroke-width="{strong}"/>'
        f'<text x="{x + 8:g}" y="{y + 18:g}" font-size="13" fill="currentColor">'
        f"{escape(fitted(one.title, _TITLE - 4 * bool(sign)))}</text>{sign}"
        f'<text x="{x + 8:g}" y="{y + 35:g}" font-size="11" fill="currentColor">{escape(fitted(one.under, _UNDER))}'
        f"<title>{escape(one.tip or f'{one.title} {one.under}')}</title></text>"
    )
    body = f'<g class="bad">{body}</g>' if one.bad else body
    return f'<a href="{escape(one.address)}">{body}</a>' if one.address else body
