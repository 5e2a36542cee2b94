"""Which rejected rows are open, by what a ledger tells: the same read on or at once, kept in a file or not."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from contracts.model import Catalogue, Dataset, DeliveryMode
from lake.quarantine.book import QuarantineBook
from sharing.ledger import Ledger
from tests.unit.lake.desk import people

AT = datetime.fromisoformat("2026-11-20T09:00:00+08:00")
Said = tuple[str, dict[str, Any]]


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger.open(tmp_path / "ledger.sqlite")


def city(*datasets: Dataset) -> Catalogue:
    return Catalogue("c", "c", "c", Path(), Path(), {}, {one.id: one for one in datasets}, {}, {}, {}, {})


def looked_up(entries: list[Said], dataset: Dataset) -> set[tuple[Any, ...]]:
    """Each batch with rejected rows as it stands, looked up in all that was ever said, each time from the beginning."""
    recalled = {body["batch"]: body["reason"] for kind, body in entries if kind == "recall"}
    found, counting = [], [""]
    undone = {batch for batch in menders(entries) if batch in recalled or is_gone(entries, dataset, batch)}
    for name in (dataset.id, *dataset.formerly):
        own = [
            (seq, body) for seq, (kind, body) in enumerate(entries, 1) if kind == "batch" and body["dataset"] == name
        ]
        mended = {b["batch"]: b["by"] for k, b in entries if k == "corrected" and b["dataset"] == name}
        for batch in {body["batch"] for _, body in own if body["batch"]}:
            said = [
                (seq, body)
                for seq, body in own
                if body["batch"] == batch and body["state"] not in ("failed", "waiting")
            ]
            lying: dict[tuple[str, str], None] = {}
            for _, body in said:
                place = body["path"], body["delivered_on"]
                lying.pop(place, None) if body["state"] == "withdrawn" else lying.setdefault(place)
            judged = [one for one in said if one[1]["state"] not in ("known", "withdrawn")]
            if not judged:
                continue
            seq, body = judged[-1]
            state = "recalled" if batch in recalled else body["state"] if lying else "withdrawn"
            place = next(iter(lying), (body["path"], body["delivered_on"]))
            last = max((day for _, day in lying), default=place[1])
            by = {mender: rows for mender, rows in mended.get(batch, {}).items() if mender not in undone}
            found.append((batch, *place, last, body["quarantined"], state, seq, sum(by.values())))
            if lying and state not in ("recalled", "held"):
                counting.append(last)
    gone, snapshot = {"withdrawn", "recalled"}, dataset.mode is DeliveryMode.SNAPSHOT
    told = set()
    for batch, path, day, last, rows, state, seq, by in found:
        old = snapshot and last < max(counting) and state not in gone
        left = 0 if old or state in gone else max(rows - by, 0)
        if rows:
            told.add(
                (batch, path, day, last, rows, "superseded" if old and is_any_open(found, gone) else state, seq, left)
            )
    return told


def menders(entries: list[Said]) -> set[str]:
    return {by for kind, body in entries if kind == "corrected" for by in body["by"]}


def is_gone(entries: list[Said], dataset: Dataset, batch: str) -> bool:
    """Whether a batch was judged under one of the dataset's names, and lies under none of them."""
    judged, lying = False, set[tuple[str, ...]]()
    for kind, body in entries:
        if kind != "batch" or body["batch"] != batch or body["dataset"] not in (dataset.id, *dataset.formerly):
            continue
        place = body["dataset"], body["path"], body["delivered_on"]
        judged = judged or body["state"] not in ("known", "withdrawn", "failed", "waiting")
        (lying.discard if body["state"] == "withdrawn" else lying.add)(place)
    return judged and not lying


def is_any_open(found: list[tuple[Any, ...]], gone: set[str]) -> bool:
    """Whether a row would be open if nothing were superseded: else nothing is said to be."""
    return any(rows > by and state not in gone for *_, rows, state, _, by in found)


def told_by(book: QuarantineBook, dataset: Dataset) -> set[tuple[Any, ...]]:
    return {
        (one.batch, one.path, one.delivered_on, one.last_on, one.rows, one.state, one.seq, one.open)
        for one in book.rejected(dataset)
    }


@pytest.mark.parametrize("seed", range(4))
def test_what_is_open_is_what_one_would_look_up_in_all_that_was_said(ledger: Ledger, tmp_path: Path, seed: int) -> None:
    drawn, entries, states = random.Random(seed), list[Said](), set[str]()
    modes = [DeliveryMode.SNAPSHOT, DeliveryMode.APPEND] * 3
    every = [replace(people(), mode=mode, formerly=(f"test.former{n}",)) for n, mode in enumerate(modes)]
    known, file = city(*every), tmp_path / "told" / "quarantine.sqlite"
    names = [name for one in every for name in (one.id, one.id, *one.formerly)]
    book = QuarantineBook(ledger)
    for _ in range(25):
        fresh = list[Said]()
        for _ in range(drawn.choice([1, 2, 12])):
            fresh.append(said(drawn, drawn.choice(names), [*entries, *fresh]))
        ledger.append_many(fresh, AT)
        entries += fresh
        kept = QuarantineBook(ledger, file)  # as another process that goes on from where the last one was
        lists = book.open(known), kept.open(known)
        assert lists[0] == lists[1]
        rows = {one.dataset: (one.rows, one.batches, one.since, one.newest) for one in lists[0]}
        for one in every:
            expected = looked_up(entries, one)
            assert told_by(book, one) == told_by(kept, one) == expected
            states |= {each[5] for each in expected}
            left = [each for each in expected if each[-1]]
            days = [each[2] for each in left]
            whole = (sum(each[-1] for each in left), len(left), min(days), max(days)) if left else None
            assert rows.get(one.id) == whole
    at_once = QuarantineBook(ledger)
    assert at_once.open(known) == book.open(known) != []
    assert [told_by(at_once, one) for one in every] == [told_by(book, one) for one in every]
    assert {"accepted", "held", "recalled", "superseded", "rejudged"} <= states


def said(drawn: random.Random, dataset: str, entries: list[Said]) -> Said:
    """Something that a run may say of a dataset: of a batch that is new or known, at a path that it has or another."""
    own = [body for kind, body in entries if kind == "batch" and body["dataset"] == dataset and body["batch"]]
    day = f"2026-11-{drawn.randrange(1, 20):02d}"
    chance, batch = drawn.random(), drawn.choice(own)["batch"] if own else ""
    if own and chance < 0.1:
        return "recall", {"batch": batch, "reason": f"why {len(entries)}"}
    if own and chance < 0.22:
        return "corrected", {
            "dataset": dataset,
            "batch": batch,
            "by": {drawn.choice(own)["batch"]: drawn.choice([1, 3])},
            "rows": 3,
        }
    rows = drawn.choice([0, 0, 3, 5])
    told = {"batch": f"{dataset} {len(entries)}", "state": drawn.choice(["accepted", "accepted", "held"])}
    if chance > 0.95:
        told = {"batch": "", "state": drawn.choice(["failed", "waiting"])}
    elif own and chance < 0.6:
        told = {"batch": batch, "state": drawn.choice(["known", "withdrawn", "withdrawn", "rejudged", "accepted"])}
        before = drawn.choice([body for body in own if body["batch"] == batch])
        day = before["delivered_on"] if drawn.random() < 0.7 else day
        rows = rows if told["state"] in ("rejudged", "accepted") else before["quarantined"]
    counts = {"read": 9, "quarantined": rows, "reasons": {"type:age": rows} if rows else {}}
    return "batch", {"dataset": dataset, "path": f"{day}/x.csv", "delivered_on": day, **told, **counts}


def test_a_file_that_is_no_store_or_is_of_another_ledger_is_made_again(ledger: Ledger, tmp_path: Path) -> None:
    one, file = people(), tmp_path / "quarantine.sqlite"
    counts = {"delivered_on": "2026-11-03", "read": 9, "quarantined": 2, "reasons": {}}
    told = {"dataset": one.id, "path": "x.csv", "state": "accepted", "batch": "b1", **counts}
    ledger.append("batch", told, AT)
    file.write_bytes(b"no database" * 1000)
    assert [each.open for each in QuarantineBook(ledger, file).rejected(one)] == [2]
    with Ledger.open(tmp_path / "other.sqlite") as other:
        other.append("batch", told | {"batch": "b2"}, AT)
        assert [each.batch for each in QuarantineBook(other, file).rejected(one)] == ["b2"]
