"""What happened, as the ledger has it: writing facts as steps end, and reading them back as the tables people see.

Shapes are those that the command line prints as JSON. No fact is computed here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from contracts.violation import CheckResult, Severity, Verdict
from lake.batch import UNTAKEN, Batch
from lake.city import City
from lake.corrected import Corrected
from sharing.chain import Entry
from sharing.ledger import Ledger
from sharing.notices import open_notices
from sharing.recall import recalled_batches


def record_batches(city: City, batches: Iterable[Batch]) -> None:
    """Append the outcome of deliveries; one that is in the ledger already as it is now is not repeated."""
    told = list(batches)
    known = {name: _known(city.ledger.about("batch", name)) for name in {batch.dataset for batch in told}}
    fresh = [batch for batch in told if _is_news(batch, known[batch.dataset])]
    _append(city, "batch", [batch.as_dict() for batch in fresh])


def record_look(city: City, dataset: str, batches: Iterable[Batch]) -> None:
    """Append which deliveries of a dataset there were to look at, where that has changed: a failed one may be gone."""
    paths = sorted({batch.path for batch in batches})
    before = city.ledger.latest("look", dataset)
    if before is None or before.body["paths"] != paths:
        _append(city, "look", [{"dataset": dataset, "paths": paths}])


def forget_undeclared(city: City) -> None:
    """Append that of datasets which are declared no more nothing is to be looked at: what failed of them is past."""
    looks = city.ledger.current("look")
    gone = [name for name, entry in looks.items() if name not in city.catalogue.delivered and entry.body["paths"]]
    _append(city, "look", [{"dataset": name, "paths": []} for name in sorted(gone)])


def _is_news(batch: Batch, known: _Known) -> bool:
    before = known.failed.get((batch.dataset, batch.path))
    if batch.state in UNTAKEN:
        return before is None or (before["state"], before["message"]) != (batch.state, batch.message)
    # One that was committed to the lake by a run that died before it could record it is news, too.
    had = known.whole.get((batch.dataset, batch.path, batch.batch, str(batch.delivered_on)))
    if before is not None or had is None or batch.state in {"accepted", "rejudged"}:
        return True
    return batch.state != "known" and (had["state"], had.get("contract")) != (batch.state, batch.contract)


def record_merges(city: City, dataset: str, merged: Mapping[str, int]) -> None:
    """Append how many accepted rows of each batch fell to a newer version."""
    before = city.ledger.latest("merge", dataset)
    if before is None or before.body["merged"] != dict(merged):
        _append(city, "merge", [{"dataset": dataset, "merged": dict(merged)}])


def record_corrected(city: City, dataset: str, found: Iterable[Corrected]) -> None:
    """Append for each batch of which rejected rows are corrected, or no longer are, how many and by which, as news."""
    by_batch: dict[str, dict[str, int]] = {}
    for one in found:
        by_batch.setdefault(one.batch, {})[one.by] = one.rows
    known = {entry.body["batch"]: entry.body["by"] for entry in _corrections(city.ledger, dataset)}
    fresh = {batch: by_batch.get(batch, {}) for batch in sorted({*by_batch, *known})}
    bodies = [
        {"dataset": dataset, "batch": batch, "by": by, "rows": sum(by.values())}
        for batch, by in fresh.items()
        if by != known.get(batch, {})
    ]
    _append(city, "corrected", bodies)


def corrections(ledger: Ledger, dataset: str) -> dict[str, dict[str, int]]:
    """Batch -> the later batches that brought keys of its rejected rows with accepted ones, and how many."""
    found = {entry.body["batch"]: dict(entry.body["by"]) for entry in _corrections(ledger, dataset)}
    return {batch: by for batch, by in found.items() if by}


def _corrections(ledger: Ledger, dataset: str) -> list[Entry]:
    return [entry for entry in ledger.current("corrected").values() if entry.body["dataset"] == dataset]


def record_checks(city: City, results: Sequence[CheckResult]) -> None:
    """Append check results."""
    _append(city, "check", [result.as_dict() for result in results])


def record_verdict(city: City, verdict: Verdict, details: Mapping[str, Any]) -> None:
    """Append what the gates said of a product, with the evidence they used."""
    _append(city, "verdict", [{**verdict.as_dict(), **details}])


def record_run(city: City, run_id: str, did: Mapping[str, Any]) -> None:
    """Append that a run was, and how much it did and left."""
    city.ledger.append("run", {"run_id": run_id, **did}, city.now())


def _append(city: City, kind: str, bodies: Iterable[Mapping[str, Any]]) -> None:
    items = [(kind, {**body, "run_id": city.run_id}) for body in bodies]
    if items:
        city.ledger.append_many(items, city.now())


@dataclass
class _Known:
    """The newest entry of every delivery (dataset, path, batch, day), and of every path that was last not taken."""

    whole: dict[tuple[str, str, str, str], dict[str, Any]] = field(default_factory=dict)
    failed: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)


def _batches(ledger: Ledger) -> _Known:
    return _known(ledger.entries("batch"))


def _known(entries: Iterable[Entry]) -> _Known:
    known = _Known()
    for entry in entries:
        body = dict(entry.body)
        path = (body["dataset"], body["path"])
        if body["state"] in UNTAKEN:
            known.failed[path] = body
        else:
            known.failed.pop(path, None)
            key = (*path, body["batch"], str(body["delivered_on"]))
            # A delivery that was never told of but as recalled came after the recall.
            came = known.whole[key]["came"] if key in known.whole else body["state"]
            known.whole[key] = body | {"seq": entry.seq, "came": came}
    return known


def withdrawn(ledger: Ledger) -> set[tuple[str, str, str, str]]:
    """Dataset, path, batch and day of every delivery that was taken back, and did not come again since."""
    return {key for key, body in _batches(ledger).whole.items() if body["state"] == "withdrawn"}


def datasets(ledger: Ledger) -> list[dict[str, Any]]:
    """One row per batch, in dataset and delivery order, with merged rows and every delivery of it.

    A failed or waiting delivery has a row of its own, while it is there. Where recalled bytes were delivered again,
    `redelivered` says at which paths and on which days.
    """
    merged = {key: entry.body["merged"] for key, entry in ledger.current("merge").items()}
    there = {key: entry.body["paths"] for key, entry in ledger.current("look").items()}
    known = _batches(ledger)
    still = [body for (dataset, path), body in known.failed.items() if path in there.get(dataset, (path,))]
    together: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for body in known.whole.values():
        together.setdefault((body["dataset"], body["batch"]), []).append(body)
    recalled = recalled_batches(ledger)
    stored = (_recalled_row(row, recalled) for row in map(_batch_row, together.values()))
    bodies = [*stored, *({**body, "deliveries": []} for body in still)]
    rows = [_dataset_row(body, merged.get(body["dataset"], {})) for body in bodies]
    return sorted(rows, key=lambda row: (row["dataset"], row["delivery"], str(row["delivered_on"] or ""), row["path"]))


def _batch_row(deliveries: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """One batch, by its first delivery and what was last told of its rows; all its deliveries that count beside it."""
    first = min(deliveries, key=lambda body: (body["delivery"], body["seq"]))
    live = [body for body in deliveries if body["state"] != "withdrawn"]
    told = max((body for body in live if body["state"] != "known"), key=lambda body: body["seq"], default=None)
    newest = told or (live or [first])[0]
    counts = ("read", "accepted", "quarantined", "reasons", "state", "message")
    return {
        **first,
        **{name: newest[name] for name in counts},
        "deliveries": _places(live),
        "redelivered": _places([body for body in live if body["came"] == "recalled"]),
    }


def _places(deliveries: Iterable[dict[str, Any]]) -> list[dict[str, str]]:
    """Path and day of each delivery, in the order of their days."""
    days = sorted({(str(body["delivered_on"]), body["path"]) for body in deliveries})
    return [{"path": path, "delivered_on": day} for day, path in days]


def _recalled_row(row: dict[str, Any], recalled: Mapping[str, str]) -> dict[str, Any]:
    """A batch is recalled from the moment that the ledger says so, also before the next run."""
    if row["batch"] not in recalled:
        return row
    why = (
        f"{row['dataset']}: {row['path']}: batch {row['batch']} was recalled: {recalled[row['batch']]}. "
        "Its rows count for nothing; have corrected bytes delivered."
    )
    return {**row, "state": "recalled", "message": why}


def _dataset_row(body: Mapping[str, Any], merged: Mapping[str, int]) -> dict[str, Any]:
    names = ("dataset", "batch", "read", "accepted", "quarantined", "reasons", "state", "delivery", "delivered_on")
    row = {name: body[name] for name in names}
    more = {name: body[name] for name in ("path", "message", "deliveries")}
    more["redelivered"] = body.get("redelivered", [])
    return {**row, "merged": merged.get(body["batch"], 0), **more}


# Said of every table that a model makes, also where no rule stands on it; datasets' own tables are known by name.
_BUILT, _OF_DATASETS = "built", ("raw.", "staging.stg_")


def _newest(ledger: Ledger, kind: str, run: str | None, left: Collection[str] = ()) -> Iterator[Mapping[str, Any]]:
    """The newest entry of a kind for every key; where a run is given, of that run, and of what it left as it stood."""
    for entry in ledger.current(kind).values():
        if run in (None, entry.run) or entry.body.get(_ABOUT.get(kind, "agreement")) in left:
            yield entry.body


_ABOUT = {"check": "table"}


def checks(ledger: Ledger, run: str | None = None, left: Collection[str] = ()) -> list[dict[str, Any]]:
    """The newest result of every check, by table and rule."""
    return [{k: v for k, v in body.items() if k != "run_id"} for body in _newest(ledger, "check", run, left)]


def check_results(ledger: Ledger) -> list[CheckResult]:
    """The newest result of every check, as the record that it was."""
    return [CheckResult(**{**row, "severity": Severity(row["severity"])}) for row in checks(ledger)]


def verdicts(ledger: Ledger, run: str | None = None, left: Collection[str] = ()) -> list[dict[str, Any]]:
    """The newest verdict of every agreement, as a `release` row."""
    names = ("agreement", "product", "verdict", "release_id", "rows", "violations")
    return [{name: body.get(name) for name in names} for body in _newest(ledger, "verdict", run, left)]


def drift(ledger: Ledger, run: str | None = None) -> list[dict[str, Any]]:
    """Every product column that is classified otherwise than when its product was last released."""
    return [
        {"agreement": body["agreement"], "table": body["table"], **change}
        for body in _newest(ledger, "classified", run)
        for change in body["drift"]
    ]


def counts_of(ledger: Ledger) -> dict[str, frozenset[str]]:
    """Release id -> its columns that were counts of persons when it was released; none where that was not recorded."""
    return {
        str(entry.body.get("release_id")): frozenset(entry.body.get("counts", ()))
        for entry in ledger.entries("release")
    }


def summary(ledger: Ledger, rules: Mapping[str, Collection[str]] | None = None) -> dict[str, Any]:
    """What `zhongtai status` prints: everything as the ledger has it, and the newest run.

    With `rules` (table -> names of those that stand on it) without the results of rules and datasets that are no
    longer declared.
    """
    newest = ledger.newest()
    found = _summary(ledger, (newest.run if newest else None) or "", 0.0, None)
    if rules is None:
        return found
    return _standing(found, rules)


def _standing(found: dict[str, Any], rules: Mapping[str, Collection[str]]) -> dict[str, Any]:
    def stands(table: str, rule: str) -> bool:
        return rule in rules[table] if table in rules else rule == _BUILT and not table.startswith(_OF_DATASETS)

    return {**found, "checks": [row for row in found["checks"] if stands(row["table"], row["rule"])]}


@dataclass(frozen=True)
class Left:
    """What a run left as it stood, having seen that nothing it depends on has changed: tables and agreements."""

    tables: frozenset[str] = frozenset()
    agreements: frozenset[str] = frozenset()

    def numbers(self) -> dict[str, int]:
        """How many."""
        return {"tables": len(self.tables), "agreements": len(self.agreements)}


_NONE = Left()


def run_summary(
    ledger: Ledger,
    run_id: str,
    seconds: float,
    left: Left = _NONE,
    *,
    ended: bool = True,
    rules: Mapping[str, Collection[str]] | None = None,
) -> dict[str, Any]:
    """What `zhongtai run` prints: deliveries as they are, and the checks and verdicts that this run itself made, or saw
    that they stand.

    With `rules` as `summary`. Of a run that did not end well, also of deliveries only what it did itself: the rest may
    have been before it.
    """
    found = _summary(ledger, run_id, seconds, run_id, left)
    found = found if rules is None else _standing(found, rules)
    if ended:
        return found
    own = {(entry.body["dataset"], entry.body["path"]) for entry in ledger.entries("batch", run=run_id)}
    return {**found, "datasets": [row for row in found["datasets"] if (row["dataset"], row["path"]) in own]}


def _summary(ledger: Ledger, run_id: str, seconds: float, only: str | None, left: Left = _NONE) -> dict[str, Any]:
    return {
        "run_id": run_id,
        "seconds": round(seconds, 3),
        "datasets": datasets(ledger),
        "checks": checks(ledger, only, left.tables),
        "releases": verdicts(ledger, only, left.agreements),
        "drift": drift(ledger, only),
        "notices": open_notices(ledger),
    }
