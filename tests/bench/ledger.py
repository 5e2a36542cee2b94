"""What the ledger costs: proofs over millions of entries, the audit of a year of daily runs, and a run's own share.

    python -m tests.bench.ledger [--entries 1000000] [--days 365]

Entries are made up: a year's are as many, and as long, as those of the sample city's runs. Seconds are the processor's,
and the disk is not waited for. What was aimed at is printed beside.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

from lake.auditing import past_faults
from lake.city import City
from lake.guarding import guarded
from lake.own_keys import record_keys
from lake.settings import Settings, load_settings
from sharing.canonical import canonical_json
from sharing.certificate import CERTIFICATE
from sharing.envelope import sign_payload
from sharing.keyring import make_keys, publish_key
from sharing.keys import Signer
from sharing.ledger import Ledger
from sharing.tiles import Tiles, add_tiles, folder_reader
from sharing.transparency import publish
from sharing.tree import Range, consistency_proof, consistent, includes, inclusion_proof, leaf_hash

PROOF_SECONDS, AUDIT_SECONDS, NEW_SECONDS = 0.1, 10.0, 1.0
START = datetime(2026, 1, 1, 8, tzinfo=UTC)
CHECKS, AGREEMENTS, EVIDENCE = 980, 6, 57_000
_PIECE = 1 << 18


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--days", type=int, default=365)
    asked = parser.parse_args()
    os.fsync = lambda fd: None
    with TemporaryDirectory() as folder:
        found = [*proofs(Path(folder) / "log", asked.entries), *year(Path(folder), asked.days)]
    for what, seconds, most in found:
        bound = f"≤ {most:g} s" if most else ""
        print(f"{what:62} {seconds:10.4f} s  {bound}")


def proofs(folder: Path, entries: int) -> list[tuple[str, float, float]]:
    """The slowest of some inclusion and consistency proofs, each made from cold tiles and verified."""
    begun, size, tree, leaves, old = time.process_time(), 0, Range(), dict[int, bytes](), dict[int, bytes]()
    wanted = {entries * share // 7 for share in range(1, 7)} | {1, entries - 1}
    while size < entries:
        hashes = []
        for number in range(size, min(size + _PIECE, entries)):
            leaf = hashlib.sha256(number.to_bytes(8, "big")).digest()
            if number in wanted:
                leaves[number], old[number] = leaf, tree.root
            tree.add(leaf)
            hashes.append(leaf_hash(leaf))
        size = add_tiles(folder, size, hashes)
    made, slow = time.process_time() - begun, [0.0, 0.0]
    for number in sorted(wanted):
        begun = time.process_time()
        proof = inclusion_proof(Tiles(folder_reader(folder)), number, size)
        assert includes(leaves[number], number, (size, tree.root), proof)
        between = time.process_time()
        proof = consistency_proof(Tiles(folder_reader(folder)), number, size)
        assert consistent((number, old[number]), (size, tree.root), proof)
        slow = [max(slow[0], between - begun), max(slow[1], time.process_time() - between)]
    named = f"over {entries:,} entries"
    return [
        (f"tiles of {entries:,} entries, made", made, 0),
        (f"inclusion proof {named}", slow[0], PROOF_SECONDS),
        (f"consistency proof {named}", slow[1], PROOF_SECONDS),
    ]


def year(place: Path, days: int) -> list[tuple[str, float, float]]:
    """A ledger of daily runs: the audit of all, of one day more, and what opening and ending it costs a run."""
    settings = load_settings(
        place, {"ZHONGTAI_STATE": str(place / "state"), "ZHONGTAI_NOW": "2027-01-01T08:00:00+08:00"}
    )
    signer = make_keys(settings.key_place)
    publish_key(settings.public_keys, signer.public)
    with Ledger.open(settings.ledger, signer) as ledger:
        record_keys(settings, ledger, signer)
        for day in range(days):
            _run(settings, ledger, signer, day)
        publish(settings.log, settings.releases, ledger, signer)
        entries = ledger.head().seq
    whole = _audited(settings, signer, new=False)
    with Ledger.open(settings.ledger, signer) as ledger:
        begun = time.process_time()
        with guarded(settings, ledger, signer):
            opened = time.process_time() - begun
            begun = time.process_time()
            _run(settings, ledger, signer, days)
            written = time.process_time() - begun
            begun = time.process_time()
        ended = time.process_time() - begun
    named = f"{days} daily runs, {entries:,} entries"
    return [
        (f"audit of {named}", whole, AUDIT_SECONDS),
        ("audit of one run more", _audited(settings, signer, new=True), NEW_SECONDS),
        ("opening such a ledger for a run", opened, 0),
        ("a run's entries", written, 0),
        ("ending it, with its log", ended, 0),
    ]


def _audited(settings: Settings, signer: Signer, *, new: bool) -> float:
    with Ledger.open(settings.ledger, signer) as ledger:
        begun = time.process_time()
        found = past_faults(City(settings, cast(Any, None), cast(Any, None), ledger, signer), new=new)
        taken = time.process_time() - begun
    assert found == [], found[:3]
    return taken


def _run(settings: Settings, ledger: Ledger, signer: Signer, day: int) -> None:
    """One run's entries, and the certificates of what it released."""
    at, run = START + timedelta(days=day), f"run{day}"
    checks = [
        ("check", {"table": f"raw.t{n % 27}", "rule": f"r{n}", "column": None, "run_id": run, "observed": "x" * 180})
        for n in range(CHECKS)
    ]
    ledger.append_many(checks, at)
    for number in range(AGREEMENTS):
        agreement, identity = f"agency__p{number}", hashlib.sha256(f"{day} {number}".encode()).hexdigest()[:32]
        _release(settings, ledger, signer, (agreement, identity), at)
        body = {"agreement": agreement, "release_id": identity, "run_id": run}
        ledger.append("release", {**body, "batches": []}, at)
        ledger.append("verdict", {**body, "verdict": "released", "evidence": "x" * EVIDENCE}, at)


def _release(settings: Settings, ledger: Ledger, signer: Signer, named: tuple[str, str], at: datetime) -> None:
    agreement, identity = named
    folder = settings.releases / agreement / identity
    folder.mkdir(parents=True)
    size, root = ledger.tree()
    predicate = {
        "release_id": identity,
        "agreement": {"name": agreement},
        "ledger": ledger.head().as_dict(),
        "tree": {"size": size, "root": root},
        "issued_at": at.isoformat(),
        "checks": "x" * 20_000,
    }
    (folder / CERTIFICATE).write_bytes(sign_payload(canonical_json({"predicate": predicate}), signer))
    (folder.parent / "current.json").write_bytes(canonical_json({"release_id": identity}))


if __name__ == "__main__":
    main()
