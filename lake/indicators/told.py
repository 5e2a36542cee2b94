"""Indicators as programs read them, the same on the command line and over the network; and numbers as people do."""

from __future__ import annotations

from typing import Any

from contracts.indicators import Indicators
from lake.indicators.asking import Values
from lake.indicators.comparing import peers, year_on_year
from lake.indicators.standing import Shown


def told_of(one: Shown) -> dict[str, Any]:
    """An indicator as programs read it. `level` 2 is a second-level sign; `sensitivity` is that of its value."""
    value, declared = one.value, one.indicator
    shown = value if one.number is not None or str(one.state) == "undefined" else None
    return {
        "id": declared.id,
        "level": 2,
        "group": declared.group,
        "dimension": str(declared.dimension),
        "title": {"zh": declared.title_zh, "en": declared.title_en},
        "value": one.number,
        "unit": declared.unit,
        "window": _window(one),
        "over": None if value is None else not one.going_on,
        "revision": shown.revision if shown else None,
        "state": str(one.state),
        "verdict": one.verdict,
        "why": one.why,
        "next": one.fix,
        "late": list(one.late),
        "owner": declared.owner,
        "sensitivity": one.level,
        "sources": list(one.sources),
    }


def _window(one: Shown) -> dict[str, str] | None:
    return {"of": str(one.indicator.window), "start": one.value.start.isoformat()} if one.value else None


def groups_told(indicators: Indicators) -> list[dict[str, Any]]:
    """First-level signs as programs read them."""
    return [
        {
            "id": group.id,
            "level": 1,
            "dimension": str(group.dimension),
            "title": {"zh": group.title_zh, "en": group.title_en},
            "indicators": list(group.indicators),
        }
        for group in indicators.groups.values()
    ]


def whole(values: Values | None, one: Shown) -> dict[str, Any]:
    """One indicator with its windows, its places, its year before, and why its newest window was amended."""
    told = told_of(one)
    if values is None or one.value is None or one.number is None:
        return {**told, "windows": [], "peers": [], "revisions": [], "year_before": None}
    name, value = one.indicator.id, one.value
    # A part of a year is nothing beside a whole one.
    before = None if one.going_on else year_on_year(values, one.indicator, value)
    return {
        **told,
        "windows": [
            {"start": each.start.isoformat(), "value": each.value, "revision": each.revision, "state": each.state}
            for each in values.windows(name, value.place)
        ],
        "peers": [
            {"place": each.place, "value": each.value, "rank": each.rank}
            for each in peers(one.indicator, values.places(name, value.start))
        ],
        "revisions": revisions_told(values, one),
        "year_before": before
        and {
            "now": before.now,
            "before": before.before,
            "change": before.change,
            "basis": before.basis,
            "windows": [each.isoformat() for each in before.windows],
        },
    }


def revisions_told(values: Values, one: Shown) -> list[dict[str, Any]]:
    """What was said of the newest window, and which batches came or went before each later word."""
    assert one.value
    revisions = values.revisions(one.indicator.id, one.value.place, one.value.start)
    makings = [0, *values.makings(one.indicator.id, one.value.place, one.value.start)]
    return [
        {
            "revision": each.revision,
            "value": each.value,
            "state": each.state,
            "why": each.why,
            "at": each.at,
            "redefined": bool(number) and values.redefined(makings[number], makings[number + 1], each.indicator),
            "because": [
                {"dataset": turn.dataset, "batch": turn.batch, "change": turn.change}
                for turn in (values.turns(makings[number], makings[number + 1], one.sources) if number else ())
            ],
        }
        for number, each in enumerate(revisions)
    ]


def spelt(number: float | None) -> str:
    """A number for people: no more places than tell something."""
    if number is None:
        return "–"
    if abs(number) >= 1e15:
        return f"{number:.4g}"
    if float(number).is_integer() or abs(number) >= 1000:
        return f"{number:,.0f}"
    return f"{number:,.4g}" if abs(number) < 100 else f"{number:,.1f}"
