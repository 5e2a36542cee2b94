"""What the tests of the catalogue share: a portal on the sample city's declarations, with a ledger written by hand."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from contracts.acts import Role, RoleGrant
from contracts.load import load_catalogue
from contracts.model import Catalogue
from portal.catalogue.shelf import Shelf, View
from portal.catalogue.sight import Sight
from quality.declared import DuckDBEngine
from tests.unit.portal.conftest import Portal

ROOT = Path(__file__).resolve().parents[3]
INSIDE, WHOLE = Sight(inside=True), Sight(inside=True, whole=True)


@cache
def sample() -> Catalogue:
    """The sample city's declarations."""
    return load_catalogue(ROOT, engine=DuckDBEngine())


def role(name: Role, **of: str) -> RoleGrant:
    """A role that holds now."""
    return RoleGrant(name, date(2026, 1, 1), date(2028, 12, 31), **of)


@dataclass
class Catalogued:
    """A portal whose ledger is written by hand."""

    portal: Portal

    def tell(self, kind: str, *bodies: dict[str, Any]) -> None:
        """Entries of one moment."""
        self.portal.city.ledger.append_many([(kind, body) for body in bodies], self.portal.clock.now())

    def delivered(self, dataset: str, day: str, batch: str = "b1", state: str = "accepted") -> None:
        """A delivery, as a run tells of it."""
        told = {"dataset": dataset, "path": f"{day}/x.csv", "state": state, "batch": batch, "delivered_on": day}
        self.tell("batch", told)

    def made(self, table: str, *sources: str) -> None:
        """A table, and the SQL that made it."""
        text = " join ".join('"lake"."{}"."{}"'.format(*source.split(".")) for source in sources)
        self.tell("sql", {"digest": f"d-{table}", "text": f"select * from {text}"})
        self.tell("executed", {"table": table, "version": f"v-{table}", "texts": [f"d-{table}"]})

    def checked(self, table: str, run: str, **failing: int) -> None:
        """The results of rules on a table of a hundred rows."""
        self.tell("check", *(result(table, run, rule, rows) for rule, rows in failing.items()))

    def view(self, sight: Sight) -> View:
        """What a sight shows now."""
        return Shelf(self.portal.city).view(sight)

    def get(self, path: str, as_: dict[str, str] | None = None, **params: str) -> Any:
        """A page."""
        return self.portal.ask("GET", path, headers=as_ or {}, params=params or None)


def result(table: str, run: str, rule: str, failing: int) -> dict[str, Any]:
    told = {"table": table, "rule": rule, "dimension": "accuracy", "severity": "error", "passed": failing == 0}
    none = dict.fromkeys(("column", "observed", "error", "data_version"))
    return {**told, **none, "rows": 100, "failing_rows": failing, "run_id": run}


def ids(view: View) -> set[str]:
    """The ids that a view knows."""
    return set(view.known)


def names(view: View, of: str) -> Iterable[str]:
    """The columns of a resource that a view knows."""
    return [field.name for field in view.known[of].fields]
