"""Commands on services and events: what needs no material or visit, and how processes go."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import typer

from lake.cli.options import Json, Workspace
from lake.cli.output import emit, say, table
from lake.settings import load_settings

_SHOWN = 8
# A line of reasons in a table; `--item` shows them whole.
_WIDTH = 90


def exempt(
    agency: Annotated[
        str | None, typer.Option("--agency", help="One agency, as the list or departments.yml has it.")
    ] = None,
    item: Annotated[str | None, typer.Option("--item", help="One service item, with every reason.")] = None,
    workspace: Workspace = None,
    as_json: Json = False,
) -> None:
    """Which service items need no material and no visit at present, why not, and which share would change most."""
    from lake.services.told import exemptions

    found = exemptions(load_settings(workspace), agency, item)
    if as_json:
        emit(found)
    elif item:
        for one in found["items"]:
            _show_item(one)
    else:
        _show_all(found)


def _show_item(one: dict[str, Any]) -> None:
    say(f"{one['item']} {one['name']} ({one['agency']})")
    say(_verdict("no material needed", "materials needed", one["exempt"], one["exempt_reasons"]))
    say(_verdict("no visit needed", "a visit needed", one["without_visit"], one["visit_reasons"]))
    for material in one["materials"]:
        say(f"  {'✗' if material['needed'] else '✓'} {material['material']}: {material['reason']}")
        for field in material["fields"]:
            say(f"      {field['element']} of {field['source']}: {field['reason']}")


def _verdict(good: str, bad: str, holds: bool, reasons: list[str]) -> str:
    return f"✓ {good}" if holds else "\n".join([f"✗ {bad}", *(f"    {reason}" for reason in reasons)])


def _show_all(found: dict[str, Any]) -> None:
    for name, counts in found["totals"].items():
        say(
            f"{name}: {counts['items']} items, {counts['exempt']} need no material, {counts['without_visit']} no visit "
            f"({_share(counts['exempt'], counts['items'])} and {_share(counts['without_visit'], counts['items'])})"
        )
    headers = ("agency", "department", "items", "no material", "share", "no visit", "share")
    rows = [_agency(one) for one in found["agencies"]]
    table("免证办 Items by agency", headers, rows)
    shares = [
        (one["items"], one["department"], one["dataset"], ", ".join(one["columns"])) for one in found["shares"][:_SHOWN]
    ]
    table("一项共享可再免证 One share would exempt", ("items", "to", "dataset", "columns"), shares)
    exempted = [(one["item"], one["name"], one["agency"]) for one in found["items"] if one["exempt"]]
    table("无需提交材料 No material needed", ("item", "name", "agency"), exempted[:_SHOWN])
    needed = [
        (one["item"], one["name"], "; ".join(one["exempt_reasons"])[:_WIDTH])
        for one in found["items"]
        if not one["exempt"]
    ]
    table("仍需材料 Materials needed", ("item", "name", "why"), needed[:_SHOWN])
    say("one item with every reason: zhongtai exempt --item CODE")
    for one in found["history"][-_SHOWN:]:
        counts = f"{one['exempt']} of {one['items']}, {one['without_visit']} without a visit"
        say(f"{one['day']}  {one['services']}: {counts}")


def _agency(one: dict[str, Any]) -> tuple[object, ...]:
    rates = (f"{one[key]:.0%}" for key in ("exempt_rate", "without_visit_rate"))
    exempted, remote = rates
    return (
        one["agency"],
        one["department"] or "?",
        one["items"],
        one["exempt"],
        exempted,
        one["without_visit"],
        remote,
    )


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.0%}" if whole else "none"


def events(workspace: Workspace = None, as_json: Json = False) -> None:
    """How events and tickets go: in order, violations, open ones, overdue by owner, without an owner, repeated."""
    from lake.processes.told import processes

    found = processes(load_settings(workspace))
    if as_json:
        emit(found)
        return
    for one in found["processes"]:
        _show_process(one)
    if found["records"]:
        headers = ("table", "records", "valid", "expired", "objected", "without end")
        table(f"有效期与异议 Records on {found['day']}", headers, [tuple(one.values()) for one in found["records"]])


def _show_process(one: dict[str, Any]) -> None:
    share = "none has ended" if one["conformance"] is None else f"{one['conformance']:.1%} of those that ended in order"
    say(f"[bold]{one['title']['zh']} {one['process']}[/bold]: {one['cases']:,} cases, {share}")
    for title, counts in (("violations", one["violations"]), ("open", one["open_by_state"])):
        say(f"  {title}: {', '.join(f'{name} {n:,}' for name, n in counts.items()) or 'none'}")
    say(f"  overdue {one['overdue']:,}, closed late {one['closed_late']:,}, repeated {one['repeated']:,}")
    say(f"  without an owner {one['unrouted']:,}, open without a clock {one['without_clock']:,}")
    owners = [
        (row["owner"] or "nobody", row["cases"], row["open"], row["overdue"], row["closed_late"])
        for row in one["owners"]
    ]
    table("责任部门 Owners", ("owner", "cases", "open", "overdue", "closed late"), owners)


COMMANDS: dict[str, Callable[..., None]] = {"exempt": exempt, "events": events}
