"""What a release was made from, so that it can be made again: its batches' deliveries, and their landed copies.

The ledger up to where the certificate saw it end says what was delivered when; landing has the bytes. What is missing
is named. Building from it is `orchestration`'s.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from contracts.model import Catalogue, Dataset
from contracts.sql_text import literal
from lake.batch import UNTAKEN, Batch, Ingestion
from lake.carry import contract_digest
from lake.ingest import Lying, ingest_lying
from lake.landed import LandedLost, LandingPlace, landed_copy
from sharing.canonical import agreement_digest
from sharing.certificate import Statement
from sharing.ledger import Ledger


@dataclass(frozen=True)
class Origin:
    """One delivery that a release was made from, in the order in which they came; `contract` is what judged it then."""

    dataset: str
    batch: str
    path: str
    day: date
    contract: str


def origins(ledger: Ledger, statement: Statement) -> list[Origin]:
    """The deliveries of a certificate's batches, as the ledger had them when it was issued, in their order."""
    wanted = {(one.dataset, batch) for one in statement.predicate.sources for batch in one.batches}
    end = statement.predicate.ledger.seq if statement.predicate.ledger else None
    found: dict[tuple[str, str, str, str], Origin] = {}
    for entry in ledger.entries("batch"):
        body = entry.body
        if (end is not None and entry.seq > end) or (body["dataset"], body["batch"]) not in wanted:
            continue
        key = (body["dataset"], body["path"], body["batch"], str(body["delivered_on"]))
        if body["state"] == "withdrawn":
            found.pop(key, None)
        elif body["state"] not in UNTAKEN:
            contract = str(body.get("contract") or "")
            day = date.fromisoformat(str(body["delivered_on"]))
            found[key] = Origin(body["dataset"], body["batch"], body["path"], day, contract)
    return list(found.values())


def missing(catalogue: Catalogue, statement: Statement, found: Sequence[Origin]) -> Iterator[str]:
    """What is not there of what the release was made from, each by name."""
    name = statement.predicate.agreement.name
    if name not in catalogue.agreements:
        near = difflib.get_close_matches(name, list(catalogue.agreements), 3)
        yield f"the agreement {name} is not declared" + (f"; near are {', '.join(near)}" if near else "")
    known = {(one.dataset, one.batch) for one in found}
    for source in statement.predicate.sources:
        if source.dataset not in catalogue.datasets:
            yield f"the dataset {source.dataset} is not declared"
        for batch in source.batches:
            if (source.dataset, batch) not in known:
                yield f"the ledger knows no delivery of batch {batch} of {source.dataset}"


def differences(catalogue: Catalogue, statement: Statement, found: Sequence[Origin]) -> Iterator[str]:
    """What is declared otherwise now than when the release was made."""
    agreement = catalogue.agreements.get(statement.predicate.agreement.name)
    if agreement and agreement_digest(agreement) != statement.predicate.agreement.digest:
        yield f"the agreement {agreement.name} is not as it was when the release was made"
    for name in sorted({one.dataset for one in found} & catalogue.datasets.keys()):
        digest = contract_digest(catalogue.datasets[name], catalogue.code_sets)
        if any(one.dataset == name and one.contract not in ("", digest) for one in found):
            yield f"the contract of {name} is not the one that judged its deliveries then"


def carried(context: Ingestion, dataset: Dataset, found: Sequence[Origin], place: LandingPlace) -> list[Batch]:
    """A dataset carried into a fresh lake from its landed copies, in the order they came. Raises `LandedLost`."""
    own = [one for one in found if one.dataset == dataset.id]
    lying = [Lying(f"file://{landed_copy(dataset, one.batch, place)}", one.path, one.day) for one in own]
    return ingest_lying(context, dataset, lying)


def lost(catalogue: Catalogue, found: Sequence[Origin], place: LandingPlace) -> Iterator[str]:
    """The landed copies that are gone, or not what was delivered."""
    for one in {(one.dataset, one.batch): one for one in found}.values():
        dataset = catalogue.datasets.get(one.dataset)
        if dataset is None:
            continue
        try:
            landed_copy(dataset, one.batch, place)
        except LandedLost as gone:
            yield str(gone)


def content_digest(connection: duckdb.DuckDBPyConnection, files: Sequence[Path]) -> str:
    """`<rows>-<16 hex digits>` over the rows of Parquet files, whatever their order and the files' own bytes."""
    listed = ", ".join(literal(str(file)) for file in files)
    row = connection.execute(
        "select count(*), coalesce(sum(hash(*columns(*)))::uhugeint % 18446744073709551616, 0) "
        f"from read_parquet([{listed}])"
    ).fetchone()
    rows, digest = row or (0, 0)
    return f"{rows}-{int(digest):016x}"
