"""Charts as inline SVG: a line with its normal band, the same small, many side by side, and bars of weights. From
numbers alone.

They have no style and fetch nothing. All colours are the text's own, so that they hold on a dark ground and on paper;
what is outside its band is a ring as well as a colour. The numbers stand beside a chart as text, which is the
template's to see to.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

_EDGE, _TEXT = 8, 46
_MOST_DOTS = 40


@dataclass(frozen=True)
class Mark:
    """One point of a line: what it is of, its value (None: a gap), its band where it has one, whether it is odd."""

    at: str
    value: float | None
    low: float | None = None
    high: float | None = None
    odd: bool = False


@dataclass(frozen=True)
class Frame:
    """How large a chart is, and what its scale ends at; None: at what is shown."""

    wide: int = 640
    high: int = 160
    least: float | None = None
    most: float | None = None
    scale: bool = True
    """Whether the ends of the scale and of time are written beside it."""


SMALL = Frame(140, 32, None, 100.0, scale=False)
SCORES = Frame(least=None, most=100.0)


def line(marks: Sequence[Mark], label: str, frame: Frame = SCORES) -> str:
    """A line with its band; empty where there is no value to show."""
    if not any(mark.value is not None for mark in marks):
        return ""
    place = _Place(marks, frame)
    parts = [place.band(), place.curve(), place.dots(), place.words() if frame.scale else ""]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="{escape(label)}" width="{frame.wide}" '
        f'height="{frame.high}" viewBox="0 0 {frame.wide} {frame.high}">{"".join(parts)}</svg>'
    )


class _Place:
    """Where points are."""

    def __init__(self, marks: Sequence[Mark], frame: Frame) -> None:
        self._marks, self._frame = marks, frame
        shown = [value for one in marks for value in (one.value, one.low, one.high) if value is not None]
        least = min(shown) if frame.least is None else frame.least
        most = max(shown) if frame.most is None else frame.most
        if frame.least is None and frame.most is not None:
            least = min(least, frame.most - 10)
        self.least, self.most = least, most if most > least else least + 1
        self._right = frame.wide - (_TEXT if frame.scale else 3)
        self._foot = frame.high - (20 if frame.scale else 3)
        self._top, self._left = (_EDGE, _EDGE) if frame.scale else (3, 3)

    def _x(self, number: int) -> float:
        count = len(self._marks)
        return self._left + (self._right - self._left) * (number / (count - 1) if count > 1 else 0.5)

    def _y(self, value: float) -> float:
        share = (value - self.least) / (self.most - self.least)
        return self._foot - (self._foot - self._top) * min(1.0, max(0.0, share))

    def band(self) -> str:
        """The band, wherever it is known."""
        drawn = []
        for each in _runs([one.low is not None and one.high is not None for one in self._marks]):
            upper = [f"{self._x(n):.1f},{self._y(self._marks[n].high or 0.0):.1f}" for n in each]
            lower = [f"{self._x(n):.1f},{self._y(self._marks[n].low or 0.0):.1f}" for n in reversed(each)]
            drawn.append(f'<polygon points="{" ".join(upper + lower)}" fill="currentColor" fill-opacity="0.12"/>')
        return "".join(drawn)

    def curve(self) -> str:
        """The line itself, broken where there is no value."""
        drawn = []
        for each in _runs([one.value is not None for one in self._marks]):
            points = " ".join(f"{self._x(n):.1f},{self._y(self._marks[n].value or 0.0):.1f}" for n in each)
            drawn.append(f'<polyline points="{points}" fill="none" stroke="currentColor" stroke-width="1.6"/>')
        return "".join(drawn)

    def dots(self) -> str:
        """A ring for what is odd; of a short line, a dot for each value."""
        few = self._frame.scale and len(self._marks) <= _MOST_DOTS
        drawn = []
        for number, one in enumerate(self._marks):
            if one.value is None or not (one.odd or few or len(self._marks) == 1):
                continue
            look = (
                'r="5" fill="none" stroke="var(--bad)" stroke-width="2"' if one.odd else 'r="2.4" fill="currentColor"'
            )
            title = f"<title>{escape(one.at)} {one.value:g}</title>"
            drawn.append(f'<circle cx="{self._x(number):.1f}" cy="{self._y(one.value):.1f}" {look}>{title}</circle>')
        return "".join(drawn)

    def words(self) -> str:
        """The ends of the scale, and of time."""
        drawn = []
        for value in (self.least, self.most):
            y = self._y(value)
            drawn.append(
                f'<line x1="{self._left}" x2="{self._right}" y1="{y:.1f}" y2="{y:.1f}" stroke="currentColor" '
                f'stroke-opacity="0.2"/><text x="{self._right + 4}" y="{y + 4:.1f}" font-size="11" '
                f'fill="currentColor">{escape(short(value))}</text>'
            )
        y = self._frame.high - 4
        drawn.append(
            f'<text x="{self._left}" y="{y}" font-size="11" fill="currentColor">{escape(self._marks[0].at)}</text>'
        )
        if len(self._marks) > 1:
            drawn.append(
                f'<text x="{self._right}" y="{y}" font-size="11" text-anchor="end" fill="currentColor">'
                f"{escape(self._marks[-1].at)}</text>"
            )
        return "".join(drawn)


def weights(parts: Sequence[tuple[str, float]], label: str) -> str:
    """Bars from a middle line: to the right what speaks for, to the left what speaks against; a row each, in order."""
    if not parts:
        return ""
    most = max(max(abs(value) for _, value in parts), 1.0)
    middle, side, row = 210, 190, 22
    drawn = []
    for number, (name, value) in enumerate(parts):
        long, y = abs(value) * side / most, number * row + 4
        x = middle if value >= 0 else middle - long
        look = 'fill="currentColor" fill-opacity="0.55"' if value >= 0 else 'fill="none" stroke="currentColor"'
        drawn.append(
            f"<g><title>{escape(name)} {value:+.1f}</title>"
            f'<rect x="{x:.1f}" y="{y}" width="{long:.1f}" height="{row - 8}" {look}/></g>'
        )
    high = len(parts) * row + 4
    axis = f'<line x1="{middle}" x2="{middle}" y1="0" y2="{high}" stroke="currentColor" stroke-opacity="0.4"/>'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="{escape(label)}" width="{2 * middle}" '
        f'height="{high}" viewBox="0 0 {2 * middle} {high}">{axis}{"".join(drawn)}</svg>'
    )


def _runs(there: Sequence[bool]) -> list[list[int]]:
    """The stretches of numbers for which something is there."""
    found, current = list[list[int]](), list[int]()
    for number, one in enumerate(there):
        if one:
            current.append(number)
        elif current:
            found.append(current)
            current = []
    return [*found, current] if current else found


def short(value: float) -> str:
    """A number in few characters."""
    for least, unit in ((1e8, "亿"), (1e4, "万")):
        if abs(value) >= least:
            return f"{value / least:.3g}{unit}"
    return f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}"
