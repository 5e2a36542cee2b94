"""Records of an XML document: the elements at a declared path (`records`), their children and attributes as columns.

A child of a name that came before in one record, or with elements within, holds more than one value: a fault.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from contracts.model import Dataset
from lake.readers.counting import utf8_blocks
from lake.readers.headers import match_headers
from lake.readers.json_lines import KEY_TWICE, NESTED, UNKNOWN_KEY, wanted
from lake.readers.kinds import kind_hint
from lake.readers.landing import Landed
from lake.readers.markup_count import count_marks, own_encoding
from lake.readers.refusal import DeliveryRefused
from lake.readers.safe_xml import Blocks, Handler, XmlFault, parse
from lake.readers.text_table import TextTable, nothing
from quality.conform import Delivered

_SAMPLE = 1000
_OWN_TEXT = "the empty name is that of text in an element that is no record: declare servers.records, their path"
_AGAIN = "Ask for the file again, or correct servers.format and records in the contract."


def read_xml(dataset: Dataset, landed: Landed, scratch: Path) -> tuple[Delivered, int]:
    """The elements at `servers.records` (`/rows/row`), or the children of the root, each a record."""
    path = record_names(dataset.source.records)
    try:
        encoding = own_encoding(landed.file, dataset.source.encoding)
        keys = _sampled(landed.file, path, encoding)
        if not keys and count_marks(landed.file, dataset.source.encoding, path[:-1]):
            return nothing(dataset, scratch / f"{landed.batch}.parquet"), 0
        if not keys:
            what = f"there is no record at {dataset.source.records or 'the children of its root'}"
            raise DeliveryRefused(dataset.id, landed.file.name, what, "document", _AGAIN).because(
                kind_hint(landed.file, "xml")
            )
        absent = [c.headers[0] for c in dataset.columns if not c.required and not set(c.headers) & set(keys)]
        try:
            match_headers(dataset, landed.file.name, [*keys, *absent], ordered=False)
        except DeliveryRefused as refusal:
            raise refusal.because(_OWN_TEXT if "" in keys else "") from None
        with TextTable(dataset, scratch / f"{landed.batch}.parquet", [c.name for c in dataset.columns]) as table:
            for record in _records(landed.file, path, encoding):
                table.add(*_row(dataset, record))
    except XmlFault as fault:
        raise DeliveryRefused(
            dataset.id, landed.file.name, f"the file cannot be read: {fault.what}", f"line {fault.line}", _AGAIN
        ).because(kind_hint(landed.file, "xml")) from None
    return table.delivered(), count_marks(landed.file, dataset.source.encoding, path)


def record_names(path: str | None) -> list[str]:
    """The names of the elements that lead to the records; without a path, they are the children of the root."""
    return (path or "/*/*").strip("/").split("/")


def _sampled(file: Path, path: list[str], encoding: str) -> list[str]:
    keys: dict[str, None] = {}
    for place, record in enumerate(_records(file, path, encoding)):
        if place >= _SAMPLE:
            break
        keys |= dict.fromkeys(record.values)
    return list(keys)


def _records(file: Path, path: list[str], encoding: str) -> Iterator[Record]:
    handler = _Records(path)
    blocks = utf8_blocks(file, encoding)
    try:
        for _ in parse(Blocks(blocks), handler, "utf-8"):
            yield from handler.ready
            handler.ready = []
    except UnicodeDecodeError:
        raise XmlFault(f"its bytes are not {encoding}, as it says of itself or the contract does", 1) from None


class Record:
    """The values of one element by name, and what is wrong with its shape."""

    def __init__(self, attributes: dict[str, str]) -> None:
        self.values: dict[str, str] = dict(attributes)
        self.twice: set[str] = set()
        self.nested: set[str] = set()


def _row(dataset: Dataset, record: Record) -> tuple[list[str | None], str | None, str | None]:
    texts: list[str | None] = []
    fault = None
    for column in dataset.columns:
        found = [header for header in column.headers if header in record.values]
        texts.append(record.values[found[0]] if found else None)
        if len(found) > 1 or set(found) & record.twice:
            fault = fault or KEY_TWICE
        elif set(found) & record.nested:
            fault = fault or NESTED
    ignored = set(dataset.source.ignored_headers)
    others = sorted(record.values.keys() - wanted(dataset) - ignored) if "*" not in ignored else []
    if others:
        fault = fault or UNKNOWN_KEY
    return texts, fault, "\n".join(f"{name}: {record.values[name]}" for name in others) or None


class _Records(Handler):
    """Records as they end."""

    def __init__(self, path: list[str]) -> None:
        self._path = path
        self._open: list[str] = []
        self._record: Record | None = None
        self._own: list[str] = []  # text of the record itself, beside its elements
        self._texts: list[str] = []
        self.ready: list[Record] = []

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._open.append(name)
        depth, level = len(self._open), len(self._path)
        if depth == level and self._is_record():
            self._record, self._own = Record(attributes), []
        elif self._record is not None and depth == level + 1:
            self._texts = []
            if attributes and set(attributes) - {"nil", "type", "space", "lang"}:
                self._record.nested.add(name)
        elif self._record is not None and depth > level + 1:
            self._record.nested.add(self._open[level])

    def _is_record(self) -> bool:
        return all(want in ("*", name) for want, name in zip(self._path, self._open, strict=True))

    def end(self, name: str) -> None:
        depth, level = len(self._open), len(self._path)
        self._open.pop()
        if self._record is None:
            return
        if depth == level:
            text = "".join(self._own).strip()
            if text:
                self._add("", text)
            self.ready.append(self._record)
            self._record = None
        elif depth == level + 1:
            self._add(name, "".join(self._texts))
            self._texts = []

    def _add(self, name: str, text: str) -> None:
        assert self._record is not None
        if name in self._record.values:
            self._record.twice.add(name)
        self._record.values.setdefault(name, text)

    def text(self, text: str) -> None:
        if self._record is not None:
            (self._own if len(self._open) == len(self._path) else self._texts).append(text)
