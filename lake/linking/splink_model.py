"""Our levels and parameters as a model of Splink's. Lives here: settings, and the linker on a table.

Must not live here: what is trained on what (`training.py`), what is scored (`scoring.py`).
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import duckdb

from contracts.matching import Matching
from lake.linking.levels import levels_of
from lake.linking.parameters import Chances
from lake.linking.preparing import kind_at

MOST_ROUNDS = 50
"""How many rounds a session may take to come to rest."""

_AT_REST = 0.0005


@contextmanager
def quiet() -> Iterator[None]:
    """Without what Splink writes to people: what matters of it is told by us."""
    log = logging.getLogger("splink")
    before = log.level
    log.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        log.setLevel(before)


def comparison(matching: Matching, place: int, chances: Chances) -> dict[str, Any]:
    """One comparison as Splink has it."""
    kind = kind_at(matching, place)
    absent, *conditions = levels_of(matching, place)
    levels: list[dict[str, Any]] = [{"sql_condition": absent, "label_for_charts": "null", "is_null_level": True}]
    for number, (level, when) in enumerate(zip(kind.levels, conditions, strict=True)):
        written = {
            "sql_condition": when,
            "label_for_charts": level.name,
            "m_probability": chances.m[number],
            "u_probability": chances.u[number],
        }
        levels.append(written)
    return {"output_column_name": f"c{place}", "comparison_levels": levels}


def linker(
    connection: duckdb.DuckDBPyConnection, table: str, comparisons: Iterable[dict[str, Any]], prior: float
) -> Any:
    """Splink's linker on a table of the form of `prepared`."""
    with warnings.catch_warnings():
        # sqlglot, by which Splink reads SQL, deprecates a parser that other packages bring along.
        warnings.simplefilter("ignore", DeprecationWarning)
        from splink import DuckDBAPI, Linker, SettingsCreator

    settings = SettingsCreator(
        link_type="dedupe_only",
        comparisons=list(comparisons),
        blocking_rules_to_generate_predictions=[],
        probability_two_random_records_match=prior,
        em_convergence=_AT_REST,
        max_iterations=MOST_ROUNDS,
        retain_matching_columns=False,
        unique_id_column_name="unique_id",
    )
    api = DuckDBAPI(connection)
    return Linker(api.register(table), settings, log_level=None, validate_settings=False)
