"""What a contract of a streamed dataset may say: only what holds however its records are cut into deliveries.

A stream is not looked at as a table, so a promise about the table would be nobody's. The contract itself is read in
`odcs.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from contracts.documents import Document
from contracts.faults import nearest
from contracts.model import Column, DeliveryMode, LogicalType, Rule, Source
from contracts.odcs_extras import ContractExtras, Places
from contracts.rules import KINDS
from contracts.violation import Severity
from contracts.windows import Stream

# What depends on which records come in one file, or makes the dataset a part of the city's tables.
_NOT_OF_STREAMS = ("parts", "provides", "authoritative_for", "key_twice", "drift", "formerly", "coordinates")


@dataclass(frozen=True)
class Written:
    """A contract as far as it was read."""

    document: Document
    extra: ContractExtras
    places: Places
    names: Sequence[str] | None
    """The names of all columns; None where they are not all known."""
    source: Source | None = None


def read_stream(contract: Written, columns: Sequence[Column], own: Sequence[Rule]) -> Stream | None:
    """What the feed promises of time; None where the dataset is no stream, or after noting what is wrong.

    `own` are the rules that the contract writes out.
    """
    extra, document, places = contract.extra, contract.document, contract.places
    if extra.delivery_mode is not DeliveryMode.STREAM:
        if extra.stream is not None:
            text = f"a dataset of delivery_mode {extra.delivery_mode} has no stream"
            document.fault(places["stream"], text, "delivery_mode: stream, or leave it out")
        return None
    if extra.stream is None:
        wanted = "{property: stream, value: {event_time: …, lateness_seconds: …, ahead_seconds: …, amend_hours: …}}"
        document.fault(places["stream"], "'stream' is missing: nothing says what time its records are of", wanted)
        return None
    for name in sorted(extra.model_fields_set & set(_NOT_OF_STREAMS)):
        document.fault(places[name], f"{name} is not acted on in a stream", f"nothing: leave {name} out")
    _check_time(contract, columns)
    _check_source(contract)
    _check_rules(contract, own)
    declared = extra.stream
    return Stream(
        declared.event_time,
        timedelta(seconds=declared.lateness_seconds),
        timedelta(seconds=declared.ahead_seconds),
        timedelta(hours=declared.amend_hours),
    )


def _check_time(contract: Written, columns: Sequence[Column]) -> None:
    """The time is in the key: a record that is delivered again lies in the same window, and is found there."""
    stream, document, at = contract.extra.stream, contract.document, (*contract.places["stream"], "event_time")
    if stream is None or contract.names is None:
        return
    column = next((one for one in columns if one.name == stream.event_time), None)
    if stream.event_time not in contract.names:
        text = f"there is no column {stream.event_time!r}"
        document.fault(at, text, nearest(stream.event_time, contract.names))
    elif column is not None and column.element.type is not LogicalType.TIMESTAMP:
        document.fault(at, f"{column.name} is no column of moments", "a column whose element is of type timestamp")
    elif column is not None and not (column.key and column.required):
        text = f"{column.name} is not part of the primary key, or not required"
        document.fault(at, text, "primaryKey: true and required: true on it, and on what else tells records apart")


def _check_source(contract: Written) -> None:
    """Windows are counted by one offset, and micro-batches lie where whoever brings them can put them."""
    source, document = contract.source, contract.document
    if source is None:
        return
    if source.place is not None:
        text = "a stream is not fetched: what comes elsewhere is brought by `zhongtai listen`, or pushed"
        document.fault(("servers", 0, "type"), text, "type: local")
    zone = ZoneInfo(source.zone)
    if len({datetime(2026, month, 1, tzinfo=zone).utcoffset() for month in range(1, 13)}) > 1:
        text = f"the clocks of {source.zone} are put forward and back, so that an hour of them is two"
        document.fault(("servers", 0), text, "zone: UTC, and times that are written so")


def _check_rules(contract: Written, own: Sequence[Rule]) -> None:
    """Rules that one row decides, and that send it to quarantine: no others are ever looked at."""
    for one in own:
        if not KINDS[one.kind].per_row:
            text = f"the rule {one.name} is about the whole table, which of a stream nobody looks at"
            contract.document.fault(("schema", 0), text, "a rule that one row decides, or leave it out")
        elif one.severity is not Severity.ERROR:
            text = f"the rule {one.name} is a warning, which of a stream nobody reads"
            contract.document.fault(("schema", 0), text, "severity: error, or leave it out")
