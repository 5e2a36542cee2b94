"""The models of indicators: one view of all measures over one table, window and place; one of each formula. Text only.

A view has one row per window and place and one column per indicator, so that each indicator has a lineage of its own.
The whole city is counted from the rows, beside the districts: districts do not add up to means or to different things.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from contracts.indicators import CITY, Aggregate, Indicator, Indicators, Measure, Window
from contracts.sql_text import column as sql_name
from contracts.sql_text import literal
from orchestration.twins.text import banner

FOLDER = "models/indicators"
SCHEMA = "indicator"
_DIGITS = "decimal(38, 6)"
"""Sums of floating point numbers depend on the order of the rows; sums of these do not."""
_HEADER = f"-- {banner('change the declarations in contracts/indicators/, not this file.')}\n"


@dataclass(frozen=True)
class View:
    """One generated view: `name` of its model, what it shows, and whether districts have rows of their own."""

    name: str
    indicators: tuple[Indicator, ...]
    by_district: bool

    @property
    def window(self) -> Window:
        """The window of all its indicators."""
        return self.indicators[0].window

    @property
    def relation(self) -> str:
        """Its name in the lake."""
        return f"{SCHEMA}.{self.name}"


def views(indicators: Indicators) -> dict[str, View]:
    """Every view, by the name of its model."""
    found: dict[str, list[Indicator]] = {}
    for one in indicators.every.values():
        found.setdefault(view_name(one), []).append(one)
    return {
        name: View(name, tuple(ones), all(_by_district(indicators, one.id) for one in ones))
        for name, ones in found.items()
    }


def view_name(indicator: Indicator) -> str:
    """The model that an indicator is a column of. Declared names hold no `__`, so that none is met by chance."""
    measure = indicator.measure
    if measure is None:
        return f"indicator__{indicator.id}"
    parts = ("indicators", measure.table, str(indicator.window), measure.time, measure.place)
    return "__".join(part for part in parts if part)


def _by_district(indicators: Indicators, name: str) -> bool:
    return all(indicators.every[leaf].by_district for leaf in indicators.under(name))


def files(indicators: Indicators) -> Iterator[tuple[str, str]]:
    """The SQL of every view: path below the dbt project and text."""
    known = views(indicators)
    for view in known.values():
        first = view.indicators[0]
        if first.measure:
            sql = _measures_sql(view, first.measure)
        elif first.formula:
            sql = _formula_sql(indicators, known, view)
        else:
            sql = _model_sql(view)
        yield f"{FOLDER}/{view.name}.sql", _HEADER + sql


def properties(indicators: Indicators) -> dict[str, Any]:
    """The properties of every view."""
    return {
        "version": 2,
        "models": [
            {
                "name": view.name,
                "description": "指标 / Indicators: one row per "
                + ("place" if view.window is Window.DELIVERY else f"{view.window} and place")
                + ".",
                "config": {"materialized": "view", "schema": SCHEMA, "contract": {"enforced": False}},
                "columns": [
                    {"name": one.id, "description": f"{one.title_zh} / {one.title_en} ({one.unit})"}
                    for one in view.indicators
                ],
            }
            for view in views(indicators).values()
        ],
    }


def _measures_sql(view: View, measure: Measure) -> str:
    columns = [*_keys(view.window, measure), *(f"  {_value(one)} as {sql_name(one.id)}" for one in view.indicators)]
    lines = ["select", ",\n".join(columns), f"from {{{{ ref('{measure.table}') }}}}"]
    if measure.time:
        lines.append(f"where {sql_name(measure.time)} is not null")
    return "\n".join([*lines, *_grouping(view.window, measure)]) + "\n"


def _start(window: Window, time: str) -> str:
    return f"cast(date_trunc('{window}', {sql_name(time)}) as date)"


def _keys(window: Window, measure: Measure) -> Iterator[str]:
    if measure.time:
        yield f"  {_start(window, measure.time)} as window_start"
    if measure.place:
        place = sql_name(measure.place)
        yield f"  case when grouping({place}) = 1 then {literal(CITY)} else cast({place} as varchar) end as place"
    else:
        yield f"  {literal(CITY)} as place"


def _grouping(window: Window, measure: Measure) -> Iterator[str]:
    start = [_start(window, measure.time)] if measure.time else []
    if measure.place:
        place = sql_name(measure.place)
        yield f"group by grouping sets (({', '.join([*start, place])}), ({', '.join(start)}))"
        # A row whose district is called as the city is counts for the city alone.
        yield f"having grouping({place}) = 1 or {place} <> {literal(CITY)}"
    elif start:
        yield f"group by {start[0]}"


def _value(indicator: Indicator) -> str:
    measure = indicator.measure
    assert measure is not None
    value = _aggregated(measure)
    if measure.times != 1:
        value = f"{value} * cast({measure.times!r} as double)"
    if measure.divide != 1:
        # Of a double: a quotient of decimals has other places on other engines.
        value = f"cast({value} as double) / cast({measure.divide!r} as double)"
    return f"cast({value} as double)"


def _aggregated(measure: Measure) -> str:
    of = f"case when ({measure.where}) then ({measure.of}) end" if measure.where else f"({measure.of})"
    match measure.aggregate:
        case Aggregate.COUNT:
            return f"count(case when ({measure.where}) then 1 end)" if measure.where else "count(*)"
        case Aggregate.SUM:
            return f"sum(cast({of} as {_DIGITS}))"
        case Aggregate.MEAN:
            return f"avg(cast({of} as {_DIGITS}))"
        case Aggregate.HIGHEST:
            return f"max(cast({of} as double))"
        case Aggregate.LOWEST:
            return f"min(cast({of} as double))"
        case Aggregate.DISTINCT:
            return f"count(distinct {of})"
        case Aggregate.PERSONS:
            counted = f"count(distinct {of})".replace("\\", "\\\\").replace('"', '\\"')
            return f'{{{{ zhongtai.declassify_k_count("{counted}") }}}}'
        case Aggregate.SHARE:
            return _share(measure)


def _share(measure: Measure) -> str:
    kept = f"({measure.where}) and ({measure.of})" if measure.where else f"({measure.of})"
    # A condition that nobody can judge is no answer: such a row counts on neither side.
    known = f"({measure.of}) is not null"
    judged = f"({measure.where}) and {known}" if measure.where else known
    held, all_ = f"count(case when {kept} then 1 end)", f"count(case when {judged} then 1 end)"
    return f"cast({held} as double) / nullif({all_}, 0)"


def _formula_sql(indicators: Indicators, known: Mapping[str, View], view: View) -> str:
    [one] = view.indicators
    formula = indicators.formula_over_measures(one.id)
    tables: dict[str, str] = {}
    for name in formula.names:
        tables.setdefault(view_name(indicators.every[name]), f"t{len(tables) + 1}")

    def column(name: str) -> str:
        return f"{tables[view_name(indicators.every[name])]}.{sql_name(name)}"

    timed = view.window is not Window.DELIVERY
    keys = ["window_start", "place"] if timed else ["place"]
    shown = [f"  keys.{key}" for key in keys]
    reasons = [f"when {column(name)} is null then {literal(f'there is no value of {name}')}" for name in formula.names]
    reasons += [
        f"when {sql} = 0 then {literal(f'it divides by zero: {text}')}" for sql, text in formula.divisors(column)
    ]
    shown.append(f"  cast({formula.sql(column)} as double) as {sql_name(one.id)}")
    shown.append("  case\n    " + "\n    ".join(reasons) + f"\n  end as {one.id}__why")
    union = "\n  union\n".join(
        f"  select {', '.join(keys)} from {{{{ ref('{name}') }}}}"
        + ("" if view.by_district or not known[name].by_district else f" where place = {literal(CITY)}")
        for name in tables
    )
    joins = "".join(
        f"left join {{{{ ref('{name}') }}}} as {alias}\n  on "
        + " and ".join(f"{alias}.{key} = keys.{key}" for key in keys)
        + "\n"
        for name, alias in tables.items()
    )
    return f"with keys as (\n{union}\n)\n\nselect\n" + ",\n".join(shown) + f"\nfrom keys\n{joins}"


def _model_sql(view: View) -> str:
    [one] = view.indicators
    keys = ["  place"] if view.window is Window.DELIVERY else ["  window_start", "  place"]
    shown = ",\n".join([*keys, f"  cast({sql_name(one.id)} as double) as {sql_name(one.id)}"])
    return f"select\n{shown}\nfrom {{{{ ref('{one.model}') }}}}\n"
