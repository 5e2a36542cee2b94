"""What a city looks at, on the command line: every indicator with its state; one with its windows, peers and causes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape

from lake.cli.options import Json, Workspace
from lake.cli.output import WRONG, emit, fail, say, table
from lake.settings import load_settings

if TYPE_CHECKING:
    from lake.indicators.standing import Shown
    from lake.indicators.today import Looking


def indicators(
    indicator: Annotated[
        str | None, typer.Argument(help="One indicator: its windows, its places, how it was amended.")
    ] = None,
    dimension: Annotated[str | None, typer.Option("--dimension", help="Of one of the six dimensions.")] = None,
    state: Annotated[str | None, typer.Option("--state", help="In one state: stale, amended, recalled, …")] = None,
    place: Annotated[str, typer.Option("--place", help="A district's code; default: the whole city.")] = "city",
    workspace: Workspace = None,
    as_json: Json = False,
) -> None:
    """Vital signs of the city: each with its value, window, owner, level, sources, and whether it is up to date."""
    from lake.indicators.today import looking
    from lake.indicators.told import groups_told, told_of

    with looking(load_settings(workspace)) as found:
        if indicator is not None:
            told = _one(found, indicator, place)
            emit(told) if as_json else _show_one(told)
            return
        _expect_named(found, dimension, state, place)
        every = [
            one
            for one in found.shown(place)
            if dimension in (None, str(one.indicator.dimension)) and state in (None, str(one.state))
        ]
        if as_json:
            emit(
                {
                    "groups": groups_told(found.catalogue.indicators),
                    "indicators": [told_of(one) for one in every],
                    "place": place,
                }
            )
        else:
            _show(found, every)


def _expect_named(found: Looking, dimension: str | None, state: str | None, place: str) -> None:
    from contracts.indicators import CITY, SignDimension
    from lake.indicators.standing import State

    for given, known in ((dimension, SignDimension), (state, State)):
        if given is not None and given not in {str(one) for one in known}:
            fail(f"there is no {given!r}: it is one of {', '.join(known)}", WRONG)
    if place != CITY and not _is_place(found, place):
        fail(f"there is no place {place!r}: {CITY}, or the code of a district", WRONG)


def _is_place(found: Looking, place: str) -> bool:
    divisions = found.catalogue.code_sets.get("administrative_division")
    return (divisions is not None and place in divisions.codes) or bool(found.values and found.values.knows(place))


def _one(found: Looking, name: str, place: str) -> dict[str, Any]:
    """One indicator with its windows, its places, its year before, and why its newest window was amended."""
    from contracts.faults import nearest
    from lake.indicators.told import whole

    if name not in found.catalogue.indicators.every:
        fail(f"there is no indicator {name!r}: {nearest(name, found.catalogue.indicators.every)}", WRONG)
    _expect_named(found, None, None, place)
    one = next(each for each in found.shown(place) if each.indicator.id == name)
    return whole(found.values, one)


def _show(found: Looking, every: Sequence[Shown]) -> None:
    from lake.indicators.standing import SOUND, TITLES

    if not found.catalogue.indicators.every:
        say("no indicators are declared: contracts/indicators/<dimension>.yml declares them (docs/indicators.md)")
        return
    for dimension, (zh, en) in found.catalogue.indicators.titles.items():
        rows = [_row(found, one) for one in every if one.indicator.dimension is dimension]
        if rows:
            table(f"{zh} {en}", ("group", "indicator", "value", "unit", "window", "state", "why"), rows)
    states = {state: sum(one.state is state for one in every) for state in TITLES}
    told = ", ".join(f"{count:,} {TITLES[state][0]} {TITLES[state][1]}" for state, count in states.items() if count)
    say(f"{len(every):,} indicators: {told}")
    for one in every:
        if one.state not in SOUND and one.fix:
            say(f"  → {one.indicator.id}: {escape(one.fix)}")


def _row(found: Looking, one: Shown) -> tuple[str, ...]:
    from lake.indicators.standing import TITLES
    from lake.indicators.told import spelt

    group = found.catalogue.indicators.groups[one.indicator.group]
    window = one.value.start.isoformat() if one.value and one.number is not None else ""
    window += " so far" if window and one.going_on else ""
    number = spelt(one.number)
    return (
        group.title_zh,
        f"{one.indicator.id} {one.indicator.title_zh} {one.indicator.title_en}",
        number,
        one.indicator.unit,
        window,
        TITLES[one.state][1],
        one.why,
    )


def _show_one(told: dict[str, Any]) -> None:
    from lake.indicators.told import spelt

    say(f"[bold]{escape(told['title']['zh'])} {escape(told['title']['en'])}[/bold] ({told['id']})")
    window = f", {told['window']['of']} {told['window']['start']}" if told["window"] else ""
    say(f"{spelt(told['value'])} {escape(told['unit'])}{window}: {told['state']} {escape(told['why'])}")
    if told["next"]:
        say(f"  → {escape(told['next'])}")
    say(f"owner {told['owner']}; level {told['sensitivity']}; made of {', '.join(told['sources']) or 'nothing yet'}")
    before = told["year_before"]
    if before:
        change = "" if before["change"] is None else f" ({before['change']:+.1%})"
        held = ", ".join(before["windows"])
        say(f"year before: {spelt(before['before'])}{change}, by {before['basis']} of {held}")
    if told["peers"]:
        rows = [(one["rank"], one["place"], spelt(one["value"])) for one in told["peers"]]
        table("各区 Places", ("rank", "place", "value"), rows)
    if told["windows"]:
        windows = [(one["start"], spelt(one["value"]), one["revision"], one["state"]) for one in told["windows"][-14:]]
        table("历史 Windows", ("start", "value", "revision", "state"), windows)
    for one in told["revisions"][1:]:
        turns = ", ".join(f"{turn['dataset']} {turn['batch'][:12]} {turn['change']}" for turn in one["because"])
        why = ("declared anew; " if one["redefined"] else "") + turns
        say(f"revision {one['revision']} at {one['at']}: {spelt(one['value'])} {one['state']}; {escape(why)}")


COMMANDS: dict[str, Callable[..., None]] = {"indicators": indicators}
