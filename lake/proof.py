"""The deep audit: everything recounted and digested from the bytes themselves, not from anybody's record of them.

Landing is recounted by the second method of each format, and each landed, stored, built and released file is held
against the digest that was written down when it came to be. Nothing is mended here: each fault names what does.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from contracts.model import Dataset
from lake.carry import contract_digest
from lake.city import City
from lake.lake_files import KIND, SUBJECT, known_files, live_files, manifest
from lake.landed import LandedLost, LandingPlace, landed_copy, lies_landed
from lake.leaving import gone_landed
from lake.order import StoredBatch
from lake.readers.recount import recount
from lake.readers.refusal import DeliveryRefused
from lake.store import stored_batches
from lake.ways_back import REBUILD
from sharing.canonical import file_digest
from sharing.release import find_public_key, list_releases
from sharing.verify import verify_release

# What a release's own verification says of its bytes; expiry and withdrawal are no damage.
_OF_TERMS = {"in_force", "not_withdrawn"}


@dataclass
class Proof:
    """What a deep audit looked at, and what was wrong."""

    faults: list[dict[str, str]] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)

    def looked(self, what: str) -> None:
        """One more of a kind was looked at."""
        self.counts[what] = self.counts.get(what, 0) + 1

    def fault(self, rule: str, subject: str, message: str) -> None:
        """Something is not as it was written down."""
        self.faults.append({"rule": rule, "subject": subject, "message": message})


def prove(city: City) -> Proof:
    """Landing, lake and releases held against what was written down of them."""
    proof = Proof()
    batches, gone = stored_batches(city.connection), gone_landed(city.ledger)
    for dataset in city.catalogue.delivered.values():
        digest = contract_digest(dataset, city.catalogue.code_sets)
        for stored in batches.get(dataset.id, []):
            if stored.batch in gone and not lies_landed(dataset, stored.batch, city.settings.landing):
                proof.looked("landed files gone by their retention")
                continue
            _prove_landed(city, proof, dataset, stored, recounted=stored.contract == digest)
    _prove_lake(city, proof)
    _prove_releases(city, proof)
    return proof


def prove_lake(city: City) -> Proof:
    """The lake's files alone, by the catalog: also where rows cannot be read."""
    proof = Proof()
    _prove_lake(city, proof)
    return proof


def _prove_landed(city: City, proof: Proof, dataset: Dataset, stored: StoredBatch, *, recounted: bool) -> None:
    subject = f"{dataset.id} {stored.batch}"
    proof.looked("landed files")
    try:
        file = landed_copy(dataset, stored.batch, LandingPlace.of(city.settings))
    except LandedLost as lost:
        proof.fault("landed", subject, str(lost))
        return
    if not recounted:
        # Another version of the contract says how it is to be read.
        proof.looked("landed files of an earlier contract, not recounted")
        return
    try:
        records = recount(dataset, file, city.settings.scratch)
    except DeliveryRefused as refusal:
        proof.fault("recounted", subject, str(refusal))
        return
    proof.looked("landed files recounted")
    if records != stored.rows_read:
        proof.fault("recounted", subject, f"its landed copy has {records} records, and {stored.rows_read} were read")


def _prove_lake(city: City, proof: Proof) -> None:
    known, live = known_files(city.settings), live_files(city)
    entry = city.ledger.latest(KIND, SUBJECT)
    path = manifest(city.settings)
    have = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "absent"
    if entry and entry.body["digest"] != have:
        message = f"the list of the lake's files is not the one that the ledger names; {REBUILD}"
        proof.fault("lake_files", str(path.name), message)
    for name, table in live.items():
        proof.looked("lake files")
        file = city.settings.lake_data / name
        subject = f"{table}: {name}"
        if not file.is_file():
            proof.fault("lake_file", subject, f"the file is gone; {REBUILD}")
        elif name not in known:
            message = "nobody wrote down its digest: a run ended before it could; run again, then audit again"
            proof.fault("lake_file", subject, message)
        elif file_digest(file) != known[name]:
            proof.fault("lake_file", subject, f"its bytes are not those that were written; {REBUILD}")


def _prove_releases(city: City, proof: Proof) -> None:
    for release in list_releases(city.settings.releases):
        proof.looked("releases")
        key = find_public_key(city.settings.releases, release.path)
        for fault in verify_release(release.path, key, city.now()):
            if fault.rule not in _OF_TERMS:
                proof.fault("release", f"{release.agreement} {release.release_id}: {fault.subject}", fault.message)
