"""Making a release again on a clean lake, from its certificate, the workspace and what landed, and comparing the two.

Nothing of the city's own state is written: lake, ledger and exports are made in a folder that is removed in the end.
What is missing is named before anything is built; whether the release may leave is not judged.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from contracts.clock import FixedClock
from contracts.model import Catalogue
from lake import reproducing
from lake.batch import UNTAKEN
from lake.city import City, declarations, expect_run, open_city
from lake.column_lineage import CityLineage
from lake.landed import LandingPlace
from lake.reproducing import Origin
from lake.settings import Settings
from orchestration.share.candidate import export_candidate
from orchestration.steps.build import begin_build
from orchestration.steps.matching import show_as_known
from orchestration.steps.resource import RunCity
from sharing.canonical import digest
from sharing.certificate import CERTIFICATE, Statement, parse_statement
from sharing.durable import read_file
from sharing.envelope import open_envelope
from sharing.faults import SharingRefused
from sharing.ledger import Ledger


@dataclass(frozen=True)
class Reproduced:
    """What came of it. `outcome` is `files` (every byte is the same), `rows` (the same rows in other bytes), `other`,
    or `impossible`; `missing` says what it lacked, `differences` what is declared otherwise than it was.
    """

    release_id: str
    outcome: str
    missing: tuple[str, ...] = ()
    differences: tuple[str, ...] = ()
    files: Mapping[str, tuple[str, str]] | None = None
    """File -> its digest in the release, and as made again."""
    content: tuple[str, str] | None = None
    """The digests of the rows: of the release, and as made again; where files differ."""

    @property
    def same(self) -> bool:
        """Whether the release was made again."""
        return self.outcome in {"files", "rows"}

    def as_dict(self) -> dict[str, Any]:
        """The record as JSON-ready data."""
        return {**vars(self), "reproduced": self.same}


def reproduce(settings: Settings, folder: Path) -> Reproduced:
    """Make the release in `folder` again. SharingRefused where it has no readable certificate; `NothingRunYet`."""
    statement = _statement(folder)
    expect_run(settings)
    catalogue = declarations(settings)
    with Ledger.read(settings.ledger) as ledger:
        found = reproducing.origins(ledger, statement)
    with _clean(settings, statement) as clean:
        place = LandingPlace(settings.landing, clean.scratch, settings.key_place)
        lacking = [*reproducing.missing(catalogue, statement, found), *reproducing.lost(catalogue, found, place)]
        lacking += _keys(settings, clean)
        changed = tuple(reproducing.differences(catalogue, statement, found))
        if lacking:
            return Reproduced(statement.predicate.release_id, "impossible", tuple(lacking), changed)
        with open_city(clean, catalogue=catalogue, run_id="reproduce") as city:
            return _made(city, settings, statement, (folder, found, place), changed)


def _statement(folder: Path) -> Statement:
    try:
        return parse_statement(open_envelope(read_file(folder / CERTIFICATE), CERTIFICATE)[0])
    except OSError:
        what = f"there is no readable {CERTIFICATE}"
        raise SharingRefused("certificate_present", str(folder), what, "give the folder of one release") from None


@contextmanager
def _clean(settings: Settings, statement: Statement) -> Iterator[Settings]:
    """A state of its own, at the moment at which the certificate was issued."""
    with TemporaryDirectory(prefix="zhongtai-") as place:
        clock = FixedClock(statement.predicate.issued_at)
        nothing = Path(place) / "deliveries"
        nothing.mkdir()
        state = Path(place) / "state"
        yield replace(settings, state=state, deliveries=nothing, clock=clock, signing_key=None, anchors=())


def _keys(settings: Settings, clean: Settings) -> Iterator[str]:
    """The key of pseudonyms is the city's: with another all of them would differ. The signing key is not needed."""
    key = settings.key_place.pseudonym
    if not key.is_file():
        yield f"the key of pseudonyms is not there: {key}"
        return
    clean.keys.mkdir(parents=True, mode=0o700)
    shutil.copy2(key, clean.key_place.pseudonym)


def _made(
    city: City,
    settings: Settings,
    statement: Statement,
    made_from: tuple[Path, list[Origin], LandingPlace],
    changed: tuple[str, ...],
) -> Reproduced:
    folder, found, place = made_from
    run, product, identity = RunCity(city), statement.predicate.product, statement.predicate.release_id
    failed = [*_carried(run, city.catalogue, found, place)]
    if failed:
        return Reproduced(identity, "impossible", tuple(failed), changed)
    with Ledger.read(settings.ledger) as ledger:
        show_as_known(run, settings, ledger, statement.predicate.issued_at)
    build = begin_build(city, run.manifest, [f"+{product}"])
    for _ in build.tables():
        pass
    broken = [f"{table}: {one.message}" for table, one in build.results.items() if not one.ok]
    if broken:
        return Reproduced(identity, "impossible", tuple(broken), changed)
    changed += tuple(_lineage(run.lineage, statement))
    return _compared(city, statement, folder, changed)


def _carried(run: RunCity, catalogue: Catalogue, found: list[Origin], place: LandingPlace) -> Iterator[str]:
    for dataset in catalogue.datasets.values():
        for batch in reproducing.carried(run.ingestion, dataset, found, place):
            if batch.state in {*UNTAKEN, "held"}:
                yield batch.message


def _lineage(lineage: CityLineage, statement: Statement) -> Iterator[str]:
    relation = f"lake.product.{statement.predicate.product}"
    edges = digest(sorted(str(edge) for edge in lineage.graph.ancestry(relation).edges))
    if edges != statement.predicate.lineage_digest:
        yield "the lineage of the product is not what it was: its models, or contracts above, have changed"


def _compared(city: City, statement: Statement, folder: Path, changed: tuple[str, ...]) -> Reproduced:
    export = city.settings.scratch / "reproduced"
    made = export_candidate(city.connection, statement.predicate.product, export)
    released = {one.name: one.digest.get("sha256", "") for one in statement.subject}
    again = {file.name: file.sha256 for file in made.files}
    files = {name: (released.get(name, ""), again.get(name, "")) for name in sorted({*released, *again})}
    done = Reproduced(statement.predicate.release_id, "files", (), changed, files)
    if released == again:
        return done
    rows = (
        reproducing.content_digest(city.connection, [folder / name for name in sorted(released)]),
        reproducing.content_digest(city.connection, [export / name for name in sorted(again)]),
    )
    return replace(done, outcome="rows" if rows[0] == rows[1] else "other", content=rows)
