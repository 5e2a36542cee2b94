"""The command that takes in what feeds have brought, and says how a day's windows stand."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape

from lake.cli.options import Json, Workspace
from lake.cli.output import WRONG, emit, fail, say, table
from lake.settings import Settings, load_settings

if TYPE_CHECKING:
    from contracts.model import Catalogue
    from contracts.windows import WindowSet
    from lake.windows.records import Day, Told
    from lake.windows.step import Taken

_POLL = 0.5
_SHOWN = 20


def windows(
    name: Annotated[str | None, typer.Option("--set", help="Which windows; left out: the only ones there are.")] = None,
    day: Annotated[str | None, typer.Option("--day", help="Of which day, YYYY-MM-DD; left out: today.")] = None,
    follow: Annotated[bool, typer.Option("--follow", help="Go on, as micro-batches come and time passes.")] = False,
    clock_is_right: Annotated[
        bool, typer.Option("--clock-is-right", help="The clock is right, whatever it said at the last step.")
    ] = False,
    workspace: Workspace = None,
    as_json: Json = False,
) -> None:
    """Take in the micro-batches that wait, make the windows that are over, and say how the day's windows stand."""
    from lake.city import declarations, expect_city
    from lake.windows.step import at_work, judged_signs, run_name, take_in, waits

    settings = load_settings(workspace)
    expect_city(settings)
    catalogue = declarations(settings)
    chosen, of = _chosen(catalogue, name), _day(settings, day)
    lineages = judged_signs(settings, catalogue)
    if clock_is_right:
        with at_work(settings, catalogue, run_name(settings.clock.now()), lineages) as step:
            step.believe_clock()
    while True:
        taken = take_in(settings, catalogue, run_name(settings.clock.now()), lineages)
        _show(settings, chosen, of or _day(settings, None), taken, as_json)
        if not follow:
            return
        while not waits(settings, catalogue):
            time.sleep(_POLL)


def _chosen(catalogue: Catalogue, name: str | None) -> WindowSet:
    from lake.windows.step import window_set

    if name is None and len(catalogue.windows) != 1:
        fail(f"say which windows, with --set: {', '.join(sorted(catalogue.windows)) or 'none are declared'}", WRONG)
    return window_set(catalogue, name or next(iter(catalogue.windows)))


def _day(settings: Settings, given: str | None) -> date | None:
    from contracts.clock import today

    if given is None:
        return today(settings.clock)
    try:
        return date.fromisoformat(given)
    except ValueError:
        fail(f"{given!r} is no day: write it as 2026-11-21", WRONG)


def _show(settings: Settings, chosen: WindowSet, of: date | None, taken: Taken, as_json: bool) -> None:
    from lake.windows.reading import day as day_of
    from lake.windows.reading import signs

    assert of is not None
    found, told = day_of(settings, chosen, of), signs(settings, chosen, settings.clock.now())
    if as_json:
        emit(_json(chosen, of, found, told, taken))
    else:
        _print(chosen, of, found, told, taken)


def _json(chosen: WindowSet, of: date, found: Day, told: tuple[Told, ...], taken: Taken) -> dict[str, Any]:
    return {
        "set": chosen.name,
        "day": of.isoformat(),
        "counts": found.counts,
        "missing": found.missing,
        "untold": [{**one.as_dict(), "windows": count} for one, count in found.untold.items()],
        "signs": [one.as_dict() for one in told],
        "windows": [one.as_dict() for one in found.windows if one.seq],
        "taken": [one.as_dict() for one in taken.batches],
        "stored": taken.stored.get(chosen.name, {}),
        "faults": taken.faults,
        "leap_seconds": int(taken.leap.total_seconds()),
        "older": taken.older.get(chosen.name, 0),
    }


def _print(chosen: WindowSet, of: date, found: Day, told: tuple[Told, ...], taken: Taken) -> None:
    for line in _step(chosen, taken):
        say(escape(line))
    counts = ", ".join(f"{count} {state}" for state, count in found.counts.items() if count)
    say(escape(f"{chosen.title_zh} {chosen.title_en}, {of}: {len(found.windows)} windows: {counts}"))
    for name, count in found.missing.items():
        say(f"  missing: {name} in {count} windows")
    for untold, count in list(found.untold.items())[:_SHOWN]:
        say(escape(f"  not told: {untold.sign} in {count} windows: {untold.why}"))
    table("体征 Signs", ("sign", "", "value", "unit", "of", "coverage", "state"), [_sign(one) for one in told])
    short = [one for one in found.windows if one.seq and str(one.state) != "complete"]
    if short:
        rows = [(_clock(one.start), str(one.state), f"{one.coverage:.1%}", one.revision, one.why) for one in short]
        table("不完整或修订 Incomplete or amended", ("window", "state", "coverage", "revision", "why"), rows[-_SHOWN:])


def _step(chosen: WindowSet, taken: Taken) -> Iterator[str]:
    """What a step has to tell, line by line."""
    for one in taken.batches:
        told = f". {one.message}" if one.message else ""
        if one.state in {"failed", "waiting", "recalled"}:
            yield f"{one.state}  {one.path}: {one.message}"
        elif one.quarantined:
            why = ", ".join(f"{name} {rows:,}" for name, rows in sorted(one.reasons.items()))
            yield f"{one.state}  {one.path}: {one.quarantined:,} of {one.rows_read:,} in quarantine ({why}){told}"
    for name, why in sorted(taken.faults.items()):
        yield f"sign {name} cannot be told: {why}"
    if taken.leap:
        closed = sum(count for state, count in taken.stored.get(chosen.name, {}).items() if state != "amended")
        wrong = "If it is wrong, set it right, then: zhongtai windows --clock-is-right"
        yield f"the clock went on by {taken.leap} since the last step, and {closed} windows were closed. {wrong}"
    if behind := taken.older.get(chosen.name):
        yield f"{behind} windows stand by an older formula: each step makes some of them anew, the newest first"


def _sign(one: Told) -> tuple[object, ...]:
    window = one.window
    value = "–" if one.value is None else f"{one.value:,.10g}"
    of = _clock(window.start) if window else "never"
    state = "late" if one.late else str(window.state) if window else ""
    return one.sign, one.title_zh, value, one.unit, of, f"{window.coverage:.1%}" if window else "", state


def _clock(moment: datetime) -> str:
    from contracts.clock import in_city

    return f"{in_city(moment):%m-%d %H:%M}"


COMMANDS: dict[str, Callable[..., None]] = {"windows": windows}
