"""Reading each current release as its recipient would: listed for it, proved, described, and read to its last row.

What the protocol answers from is what is looked at here (`released`, `files.proof`, `delta.types`), in this process and
without a token, so that no reading is counted as a recipient's. What is found goes into the ledger, of dimension
accessibility; a product that was never probed is not measured.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from contracts.clock import day_of
from contracts.model import Agreement
from portal.city import City
from portal.delta.types import TypeUnknown, schema_string
from portal.files.proof import Proofs, ReleaseDamaged
from portal.released import Released, Table, Version
from sharing.faults import SharingRefused
from sharing.release import current_release

KIND = "probe"
_ROWS_AT_ONCE = 65_536
_LISTED, _PROVED, _DESCRIBED, _READ = "listed", "proved", "described", "read"


@dataclass(frozen=True)
class Probed:
    """What came of reading one release: what was `tried`, in order, and `why` the last of it failed ("" if it did not).

    `rows` are the certificate's (at least one, so that an empty product counts), `failing_rows` those that were not
    read.
    """

    agreement: str
    table: str
    recipient: str
    release_id: str
    rows: int
    failing_rows: int
    passed: bool
    tried: Sequence[str]
    why: str
    sources: Sequence[str]
    severity: str = "error"
    error: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """The record as JSON-ready data, and the body of its entry."""
        told = asdict(self) | {"tried": list(self.tried), "sources": list(self.sources)}
        said = f"{', '.join(self.tried)}: {self.why or f'{self.rows} rows'}"
        return {**told, "observed": said}


class Unread(Exception):
    """A release that its recipient cannot read. `rows` were read before that showed."""

    def __init__(self, why: str, rows: int = 0) -> None:
        self.why, self.rows = why, rows
        super().__init__(why)


def probe_all(city: City, released: Released, proofs: Proofs, *, due: bool = False) -> list[Probed]:
    """Probe every agreement with a current release, and record it; with `due` those alone that were not probed today,
    or not as what is released now.
    """
    found = []
    for name, agreement in sorted(city.agreements.items()):
        current = _current(city, name)
        if current is None or (due and not _is_due(city, name, current)):
            continue
        one = probe(city, released, proofs, agreement)
        if one is not None:
            city.ledger.append(KIND, {**one.as_dict(), "run_id": ""}, city.now())
            found.append(one)
    return found


def _current(city: City, name: str) -> str | None:
    """What is released; "" where what lies there cannot be read."""
    try:
        release = current_release(city.settings.releases, name, day_of(city.now()))
    except (OSError, ValueError, SharingRefused):
        return ""
    return release.release_id if release else None


def _is_due(city: City, name: str, current: str) -> bool:
    before = city.ledger.latest(KIND, name)
    return before is None or before.body["release_id"] != current or day_of(before.at) != day_of(city.now())


def probe(city: City, released: Released, proofs: Proofs, agreement: Agreement) -> Probed | None:
    """Read one release; None where it was withdrawn meanwhile."""
    tried: list[str] = []
    version: Version | None = None
    rows, why, read = 1, "", 0
    try:
        tried.append(_LISTED)
        version = _listed(released, agreement).newest
        rows = max(1, version.statement.predicate.rows)
        tried.append(_PROVED)
        proofs.expect(city, version.folder)
        tried.append(_DESCRIBED)
        _described(version)
        tried.append(_READ)
        read = _read(version)
    except Unread as unread:
        why, read = unread.why, unread.rows
    except (ReleaseDamaged, TypeUnknown) as refused:
        why = str(refused)
    except (OSError, ValueError, SharingRefused, pa.ArrowException) as error:
        why = f"{type(error).__name__} when it was {tried[-1]}"  # a library's own words may hold a value
    current = _current(city, agreement.name)
    if why and current is None:
        return None
    facts = (agreement.name, f"product.{agreement.product}", agreement.agency, current or "", rows)
    lost = max(1, rows - read) if why else 0
    return Probed(*facts, min(rows, lost), not why, tuple(tried), why, _sources(version))


def _listed(released: Released, agreement: Agreement) -> Table:
    """The table as its recipient finds it."""
    found = next((one for one in released.tables(agreement.agency) if one.agreement == agreement.name), None)
    if found is None or not found.versions:
        raise Unread("what is released is not listed for its recipient")
    return found


def _described(version: Version) -> None:
    promised = [one.name for one in version.statement.predicate.columns]
    for file in version.files:
        schema_string(file)
        if sorted(pq.read_schema(file).names) != sorted(promised):
            raise Unread("its columns are not those of its certificate")


def _read(version: Version) -> int:
    """All rows of all files, every value decoded; how many."""
    count = sum(_batches(version))
    promised = version.statement.predicate.rows
    if count != promised:
        raise Unread(f"{count} rows can be read, and its certificate has {promised}", count)
    return count


def _batches(version: Version) -> Iterator[int]:
    for file in version.files:
        with pq.ParquetFile(file) as opened:
            for batch in opened.iter_batches(_ROWS_AT_ONCE):
                yield batch.num_rows


def _sources(version: Version | None) -> tuple[str, ...]:
    origins = version.statement.predicate.sources if version else ()
    return tuple(sorted({origin.dataset for origin in origins}))
