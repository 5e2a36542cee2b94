"""Indicators in the words of other tools: MetricFlow's semantic models, and Apache Ossie (Open Semantic Interchange).

MetricFlow: dbt's semantic layer, standalone YAML, judged by `dbt-semantic-interfaces`. Ossie: core metadata 0.2.0.dev0.
What counts persons is exported over the view that keeps small counts back, never over the rows behind it. Text only.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from contracts.formulas import Formula
from contracts.indicators import Aggregate, Indicator, Indicators, Measure, Window
from contracts.sql_text import column as sql_name
from orchestration.twins.indicators import SCHEMA, view_name

FORMATS = ("metricflow", "ossie")
OSSIE = "0.2.0.dev0"
_AGGREGATES = {
    Aggregate.COUNT: "sum",
    Aggregate.SUM: "sum",
    Aggregate.MEAN: "average",
    Aggregate.HIGHEST: "max",
    Aggregate.LOWEST: "min",
    Aggregate.DISTINCT: "count_distinct",
}
_SQL = {
    "sum": "SUM({})",
    "average": "AVG({})",
    "max": "MAX({})",
    "min": "MIN({})",
    "count_distinct": "COUNT(DISTINCT {})",
}
_AS_OF = "as_of"


def exported(indicators: Indicators, city: str, form: str) -> str:
    """All indicators as one YAML text in one of `FORMATS`."""
    told = _metricflow(indicators) if form == "metricflow" else _ossie(indicators, city)
    return yaml.safe_dump(told, allow_unicode=True, sort_keys=False, width=120)


# What both are made of: for each indicator the measures over one table, and what is done with them.


def _of_table(one: Indicator) -> bool:
    """Whether it is told over the theme table itself: nothing of it is kept back."""
    return one.measure is not None and one.measure.aggregate is not Aggregate.PERSONS


def _model(one: Indicator) -> str:
    return one.measure.table if one.measure and _of_table(one) else view_name(one)


def _place(one: Indicator) -> str | None:
    return one.measure.place if one.measure and _of_table(one) else "place"


def _time(one: Indicator) -> str | None:
    if one.measure and _of_table(one):
        return one.measure.time
    return None if one.window is Window.DELIVERY else "window_start"


def _parts(one: Indicator) -> list[tuple[str, str, str]]:
    """The measures of an indicator: name, how it is aggregated, and of which expression."""
    measure = one.measure
    if measure is None or not _of_table(one):
        return [(one.id, "max", sql_name(one.id))]
    if measure.aggregate is Aggregate.SHARE:
        known = f"({measure.of}) is not null"
        every = f"({measure.where}) and {known}" if measure.where else known
        return [
            (f"{one.id}_held", "sum", f"case when {every} and ({measure.of}) then 1 else 0 end"),
            (f"{one.id}_judged", "sum", f"case when {every} then 1 else 0 end"),
        ]
    return [(one.id, _AGGREGATES[measure.aggregate], _expression(measure))]


def _expression(measure: Measure) -> str:
    if measure.aggregate is Aggregate.COUNT:
        return f"case when ({measure.where}) then 1 else 0 end" if measure.where else "1"
    return f"case when ({measure.where}) then ({measure.of}) end" if measure.where else measure.of


def _factor(one: Indicator) -> str:
    measure = one.measure
    if measure is None or not _of_table(one):
        return ""
    times = f" * {measure.times:g}" if measure.times != 1 else ""
    return times + (f" / {measure.divide:g}" if measure.divide != 1 else "")


def _measured(indicators: Indicators) -> Iterator[Indicator]:
    return (one for one in indicators.every.values() if one.formula is None)


# MetricFlow


def _metricflow(indicators: Indicators) -> dict[str, Any]:
    models: dict[tuple[str, str, str], list[Indicator]] = {}
    for one in _measured(indicators):
        models.setdefault((_model(one), _time(one) or "", _place(one) or ""), []).append(one)
    return {
        "semantic_models": [_semantic_model(*key, ones) for key, ones in models.items()],
        "metrics": [metric for one in indicators.every.values() for metric in _metrics(one)],
    }


def _semantic_model(model: str, time: str, place: str, ones: list[Indicator]) -> dict[str, Any]:
    # Two underscores are MetricFlow's own, between an entity and a dimension.
    name = re.sub("_+", "_", "_".join(filter(None, (model, time, place))))
    # `day` and `hour` are words of MetricFlow's own; a state has no time but that of whoever asks.
    moment = {"name": f"{time}_at" if time else _AS_OF, "type": "time", "type_params": {"time_granularity": "day"}}
    moment["expr"] = sql_name(time) if time else "current_date"
    return {
        "name": name,
        "model": f"ref('{model}')",
        "defaults": {"agg_time_dimension": moment["name"]},
        "primary_entity": f"{name}_row",
        "dimensions": [moment, *([{"name": place, "type": "categorical"}] if place else [])],
        "measures": [
            {"name": f"{part}_measure", "agg": aggregate, "expr": of, "description": one.title_en}
            for one in ones
            for part, aggregate, of in _parts(one)
        ],
    }


def _metrics(one: Indicator) -> Iterator[dict[str, Any]]:
    facts = {"label": f"{one.title_zh} {one.title_en}", "description": f"{one.title_en}, {one.unit}"}
    if one.formula is not None:
        yield {"name": one.id, **facts, "type": "derived", "type_params": _derived(one.formula)}
        return
    parts, factor = _parts(one), _factor(one)
    plain = len(parts) == 1 and not factor
    for name, _, _ in parts:
        own = {"name": one.id, **facts} if plain else {"name": f"{name}_base", "label": f"{name} (base)"}
        yield {**own, "type": "simple", "type_params": {"measure": f"{name}_measure"}}
    if not plain:
        names = [f"{name}_base" for name, _, _ in parts]
        expression = " / nullif(".join(names) + (", 0)" if len(names) > 1 else "")
        made = {"expr": f"({expression}){factor}", "metrics": [{"name": name} for name in names]}
        yield {"name": one.id, **facts, "type": "derived", "type_params": made}


def _derived(formula: Formula) -> dict[str, Any]:
    return {"expr": formula.sql(str), "metrics": [{"name": name} for name in formula.names]}


# Apache Ossie


def _ossie(indicators: Indicators, city: str) -> dict[str, Any]:
    models: dict[str, list[Indicator]] = {}
    for one in _measured(indicators):
        models.setdefault(_model(one), []).append(one)
    formulas = [one for one in indicators.every.values() if one.formula is not None]
    return {
        "version": OSSIE,
        "name": city,
        "description": "Indicators of the city, as zhongtai computes them",
        "datasets": [_dataset(model, ones) for model, ones in models.items()],
        "metrics": [_ossie_metric(one, _formula_sql(indicators, one)) for one in formulas],
    }


def _dataset(model: str, ones: list[Indicator]) -> dict[str, Any]:
    schema = "theme" if _of_table(ones[0]) else SCHEMA
    times = dict.fromkeys(time for one in ones if (time := _time(one)))
    places = dict.fromkeys(place for one in ones if (place := _place(one)))
    fields = [{"name": name, "expression": _spoken(sql_name(name)), "dimension": {"is_time": True}} for name in times]
    fields += [{"name": name, "expression": _spoken(sql_name(name)), "datatype": "String"} for name in places]
    return {
        "name": model,
        "source": f"lake.{schema}.{model}",
        "fields": fields,
        "metrics": [_ossie_metric(one, _metric_sql(one)) for one in ones],
    }


def _ossie_metric(one: Indicator, sql: str) -> dict[str, Any]:
    return {
        "name": one.id,
        "expression": _spoken(sql),
        "description": f"{one.title_en}, {one.unit}",
        "datatype": "Float",
        "ai_context": {"synonyms": [one.title_zh]},
    }


def _spoken(sql: str) -> dict[str, Any]:
    return {"dialects": [{"dialect": "ANSI_SQL", "expression": sql}]}


def _metric_sql(one: Indicator) -> str:
    told = [_SQL[aggregate].format(of) for _, aggregate, of in _parts(one)]
    whole = told[0] if len(told) == 1 else f"{told[0]} * 1.0 / NULLIF({told[1]}, 0)"
    return f"({whole}){_factor(one)}" if _factor(one) else whole


def _formula_sql(indicators: Indicators, one: Indicator) -> str:
    formula = indicators.formula_over_measures(one.id)
    made: Mapping[str, str] = {name: f"({_metric_sql(indicators.every[name])})" for name in formula.names}
    return formula.sql(made.__getitem__)
