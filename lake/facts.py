"""What happened, as the ledger has it: writing facts as steps end, and reading them back as the tables people see.

Shapes are those that the command line prints as JSON. No fact is computed here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from contracts.violation import CheckResult, Verdict
from lake.city import City
from lake.ingest import Batch
from sharing.ledger import Ledger


def record_batches(city: City, batches: Iterable[Batch]) -> None:
    """Append the outcome of deliveries; one that is in the ledger already as it is now is not repeated."""
    known = _batches(city.ledger)
    fresh = [batch for batch in batches if _is_news(batch, known)]
    _append(city, "batch", [batch.as_dict() for batch in fresh])


def record_look(city: City, dataset: str, batches: Iterable[Batch]) -> None:
    """Append which deliveries of a dataset there were to look at, where that has changed: a failed one may be gone."""
    paths = sorted({batch.path for batch in batches})
    before = city.ledger.latest("look", dataset)
    if before is None or before.body["paths"] != paths:
        _append(city, "look", [{"dataset": dataset, "paths": paths}])


def _is_news(batch: Batch, known: Mapping[tuple[str, str], Mapping[str, Any]]) -> bool:
    before = known.get((batch.dataset, batch.path))
    if batch.state == "failed":
        return before is None or before["state"] != "failed" or before["message"] != batch.message
    if batch.state == "known":
        # Committed to the lake by a run that died before it could record it.
        return not any(entry["batch"] == batch.batch for entry in known.values())
    return True


def record_merges(city: City, dataset: str, merged: Mapping[str, int]) -> None:
    """Append how many accepted rows of each batch fell to a newer version."""
    before = city.ledger.latest("merge", dataset)
    if before is None or before.body["merged"] != dict(merged):
        _append(city, "merge", [{"dataset": dataset, "merged": dict(merged)}])


def record_checks(city: City, results: Sequence[CheckResult]) -> None:
    """Append check results."""
    _append(city, "check", [result.as_dict() for result in results])


def record_verdict(city: City, verdict: Verdict, details: Mapping[str, Any]) -> None:
    """Append what the gates said of a product, with the evidence they used."""
    _append(city, "verdict", [{**verdict.as_dict(), **details}])


def _append(city: City, kind: str, bodies: Iterable[Mapping[str, Any]]) -> None:
    items = [(kind, {**body, "run_id": city.run_id}) for body in bodies]
    if items:
        city.ledger.append_many(items, city.now())


def _batches(ledger: Ledger) -> dict[tuple[str, str], dict[str, Any]]:
    """The newest entry for every delivered path of every dataset."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for entry in ledger.entries("batch"):
        found[(entry.body["dataset"], entry.body["path"])] = dict(entry.body)
    return found


def datasets(ledger: Ledger) -> list[dict[str, Any]]:
    """One row per delivery, in dataset and delivery order, with merged rows; a failed one only while it is there."""
    merged = {key: entry.body["merged"] for key, entry in ledger.current("merge").items()}
    there = {key: entry.body["paths"] for key, entry in ledger.current("look").items()}
    rows = [
        _dataset_row(body, merged.get(body["dataset"], {}))
        for (dataset, path), body in _batches(ledger).items()
        if body["state"] != "failed" or path in there.get(dataset, (path,))
    ]
    return sorted(rows, key=lambda row: (row["dataset"], row["delivery"], row["path"]))


def _dataset_row(body: Mapping[str, Any], merged: Mapping[str, int]) -> dict[str, Any]:
    names = ("dataset", "batch", "read", "accepted", "quarantined", "reasons", "state", "delivery", "delivered_on")
    row = {name: body[name] for name in names}
    return {**row, "merged": merged.get(body["batch"], 0), "path": body["path"], "message": body["message"]}


def _newest(ledger: Ledger, kind: str, run: str | None) -> Iterator[Mapping[str, Any]]:
    """The newest entry of a kind for every key; of one run alone, where a run is given."""
    for entry in ledger.current(kind).values():
        if run in (None, entry.run):
            yield entry.body


def checks(ledger: Ledger, run: str | None = None) -> list[dict[str, Any]]:
    """The newest result of every check, by table and rule."""
    return [{k: v for k, v in body.items() if k != "run_id"} for body in _newest(ledger, "check", run)]


def verdicts(ledger: Ledger, run: str | None = None) -> list[dict[str, Any]]:
    """The newest verdict of every agreement, as a `release` row."""
    names = ("agreement", "product", "verdict", "release_id", "rows", "violations")
    return [{name: body.get(name) for name in names} for body in _newest(ledger, "verdict", run)]


def summary(ledger: Ledger) -> dict[str, Any]:
    """What `zhongtai status` prints: everything as the ledger has it, and the newest run."""
    newest = max(ledger.entries(), key=lambda entry: entry.seq, default=None)
    return _summary(ledger, (newest.run if newest else None) or "", 0.0, None)


def run_summary(ledger: Ledger, run_id: str, seconds: float, *, ended: bool = True) -> dict[str, Any]:
    """What `zhongtai run` prints: deliveries as they are, and the checks and verdicts that this run itself made.

    Of a run that did not end well, also of deliveries only what it did itself: the rest may have been before it.
    """
    found = _summary(ledger, run_id, seconds, run_id)
    if ended:
        return found
    own = {(entry.body["dataset"], entry.body["path"]) for entry in ledger.entries("batch", run=run_id)}
    return {**found, "datasets": [row for row in found["datasets"] if (row["dataset"], row["path"]) in own]}


def _summary(ledger: Ledger, run_id: str, seconds: float, only: str | None) -> dict[str, Any]:
    return {
        "run_id": run_id,
        "seconds": round(seconds, 3),
        "datasets": datasets(ledger),
        "checks": checks(ledger, only),
        "releases": verdicts(ledger, only),
    }
