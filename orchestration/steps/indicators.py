"""The values of indicators, taken in once their views are made. Comparing and storing are `lake/indicators`'.

A value is taken where its level, as lineage has it, is not above what is declared of it; else it is withheld, and no
page shows it. One indicator's fault is its own: others are taken in all the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import partial

from contracts.indicators import Aggregate, Indicator, Window
from lake.executed import text_digest
from lake.failure import words
from lake.indicators.asking import asked, touched
from lake.indicators.taking import Column, Readable, Taken, take
from lake.order import Delivery, StoredBatch, newest_days
from lake.store import RawView, stored_batches, stored_deliveries
from lineage.graph import ColumnRef
from orchestration.steps.resource import RunCity
from orchestration.transform.run import ModelResult
from orchestration.twins.indicators import View, views

_Stored = tuple[Mapping[str, Sequence[Delivery]], Mapping[str, Sequence[StoredBatch]]]
"""The deliveries and the batches that the lake has, by dataset."""
_NOTHING: Mapping[Aggregate, str] = {
    Aggregate.COUNT: "nothing can be counted",
    Aggregate.SUM: "there is nothing to sum",
    Aggregate.MEAN: "there are no rows to divide by",
    Aggregate.SHARE: "there are no rows to divide by",
    Aggregate.HIGHEST: "there are no rows",
    Aggregate.LOWEST: "there are no rows",
    Aggregate.DISTINCT: "nothing can be counted",
    Aggregate.PERSONS: "fewer persons than may be told of",
}


def take_indicators(run: RunCity, results: Mapping[str, ModelResult]) -> dict[str, str]:
    """Take in the values of every view that was made in this run, and of those that the store knows nothing of.

    Returns the views of which that could not be -> why: they are not what they should be, and are made again."""
    known = touched(run.city.settings.state)
    every = views(run.city.catalogue.indicators).values()
    due = [
        view for view in every if view.relation in results or not known.issuperset(one.id for one in view.indicators)
    ]
    if not due:
        return {}
    try:
        stored = stored_deliveries(run.city.connection), stored_batches(run.city.connection)
        readable = _readable(run, due, results, newest_days(*stored))
        taken = take(run.city, readable, _counting(run, stored))
    except Exception as error:  # whatever it is: it is no fault of what is released
        why = f"values were not taken in: {words(error)}"
        run.city.progress("indicators", "values", why)
        return {view.relation: why for view in due}
    if taken.anything:
        run.city.progress("indicators", "values", _told(taken))
    return dict(taken.failed)


def _told(taken: Taken) -> str:
    return f"{taken.fresh:,} new, {taken.amended:,} amended, {taken.withdrawn:,} withdrawn"


def _readable(
    run: RunCity, due: Iterable[View], results: Mapping[str, ModelResult], newest: Mapping[str, date]
) -> list[Readable]:
    with asked(run.city.settings.state) as values:
        before = {name: one.level for name, one in values.status().items()} if values else {}
    found = []
    for view in due:
        above = _above(run, view.relation)
        datasets = _datasets(run, above)
        days = [newest[name] for name in datasets if name in newest]
        failed = _why_not_made(view, above, results)
        column = partial(_failed_column, before) if failed else partial(_column, run, view)
        found.append(
            Readable(
                relation=view.relation,
                columns=tuple(column(one) for one in view.indicators),
                datasets=datasets,
                above=tuple(sorted(one for one in above if one.startswith("theme."))),
                timed=view.window is not Window.DELIVERY,
                as_of=max(days, default=None),
                failed=failed,
            )
        )
    return found


def _why_not_made(view: View, above: Iterable[str], results: Mapping[str, ModelResult]) -> str:
    """Why a view was not made in this run: its own fault, or that of what it is made of; empty where it was."""
    result = results.get(view.relation)
    if result is None or result.ok:
        return ""
    causes = sorted(one for one in above if one in results and not results[one].ok and results[one].message)
    told = "; ".join(f"{one}: {results[one].message}" for one in causes)
    return told or result.message or f"dbt: {result.status}"


def _counting(run: RunCity, stored: _Stored) -> set[tuple[str, str]]:
    """Dataset and batch of all that counts now: neither recalled, nor taken back, nor replaced by a later delivery."""
    deliveries, batches = stored
    return {
        (name, batch)
        for name, one in run.city.catalogue.datasets.items()
        for batch in RawView(one, deliveries.get(name, ()), batches.get(name, ())).counting
    }


def _above(run: RunCity, relation: str) -> set[str]:
    found, todo = set[str](), [relation]
    while todo:
        for one in run.building.above(todo.pop()):
            if one not in found:
                found.add(one)
                todo.append(one)
    return found


def _datasets(run: RunCity, above: Iterable[str]) -> tuple[str, ...]:
    raw = {f"raw.{dataset.table}": name for name, dataset in run.city.catalogue.datasets.items()}
    return tuple(sorted(raw[one] for one in above if one in raw))


def _failed_column(before: Mapping[str, str], indicator: Indicator) -> Column:
    """One whose view is not there: nothing is taken, and what was taken before is of the level that it was then."""
    return Column(indicator.id, before.get(indicator.id, indicator.level), "")


def _column(run: RunCity, view: View, indicator: Indicator) -> Column:
    level, unknown = _level(run, view, indicator)
    too_high = level > indicator.level
    otherwise = _NOTHING[indicator.measure.aggregate] if indicator.measure else "its model has no value"
    withheld = _why_withheld(view, indicator, level, unknown)
    told = repr((indicator.measure, indicator.formula and indicator.formula.meant, indicator.model, indicator.window))
    return Column(
        indicator=indicator.id,
        level=level,
        otherwise=otherwise,
        has_reason=bool(indicator.formula),
        withheld=withheld if too_high else "",
        definition=text_digest(told),
    )


def _level(run: RunCity, view: View, indicator: Indicator) -> tuple[str, bool]:
    """The level of its value, and of the reason beside it; and whether it is that for want of a known lineage."""
    names = [indicator.id, f"{indicator.id}__why"] if indicator.formula else [indicator.id]
    levels = run.lineage.levels
    found = [levels[ColumnRef(f"lake.{view.relation}", name)] for name in names]
    return max(one.effective for one in found), any(one.unknown for one in found)


def _why_withheld(view: View, indicator: Indicator, level: str, unknown: bool) -> str:
    if unknown:
        return (
            f"its lineage is not known, so that its level is {level}: "
            f"`zhongtai lineage {view.relation}.{indicator.id}` says what cannot be followed; write that otherwise"
        )
    persons = ", or count persons by `persons`" if _counts(indicator) else ""
    shown = f"declare level: {level} where that may be shown{persons}"
    fix = "measure it over what is less sensitive" if level == "L4" else shown
    return f"its value is of level {level}, and {indicator.level} is the highest declared: {fix}"


def _counts(indicator: Indicator) -> bool:
    return indicator.measure is not None and indicator.measure.aggregate in (Aggregate.COUNT, Aggregate.DISTINCT)
