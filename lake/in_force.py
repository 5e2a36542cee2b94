"""Which declarations were in force when the last run ended: kept beside the ledger, which holds their digest.

A contract that a run refused is not in force: what it replaces stays so, until it has a version of its own. What
differs between two states is `contracts/changes.py`'s to say.
"""

from __future__ import annotations

import hashlib
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from contracts.changes import unversioned, unversioned_agreements
from contracts.compare import Comparison
from contracts.model import Catalogue
from lake.city import City
from lake.settings import Settings
from lake.store import TableRefused
from sharing.durable import make_folder, write_file
from sharing.ledger import Ledger

KIND, SUBJECT = "declared", "city"
_CATALOGUE = TypeAdapter(Catalogue)


class BreaksWithoutVersion(TableRefused):
    """A contract takes a promise back, and its version does not say so. `comparison` has what differs."""

    def __init__(self, dataset: str, comparison: Comparison) -> None:
        self.dataset, self.comparison = dataset, comparison
        broken = "; ".join(f"{one.kind} ({one.subject})" for one in comparison.differences if one.breaking)
        super().__init__(
            f"{dataset}: its contract breaks what version {comparison.before} promised: {broken}. Say version "
            f"{comparison.least_version} or higher in the contract once its recipients know (`zhongtai plan` names "
            "them), or take the change back; until then nothing of it is carried."
        )


def in_force(settings: Settings, ledger: Ledger) -> Catalogue | None:
    """The declarations of the last run; None where there was none, or where the file is not what the ledger says."""
    entry = ledger.latest(KIND, SUBJECT)
    if entry is None:
        return None
    with suppress(OSError, ValidationError):
        text = _file(settings, str(entry.body["digest"])).read_bytes()
        if hashlib.sha256(text).hexdigest() == entry.body["digest"]:
            return _CATALOGUE.validate_json(text)
    return None


def as_kept(catalogue: Catalogue) -> Catalogue:
    """The catalogue as it would be read back: to be compared with what was kept."""
    return _CATALOGUE.validate_json(_text(catalogue))


def refused_contracts(city: City) -> dict[str, TableRefused]:
    """Datasets whose contracts break a promise without a version that says so: nothing of them may be carried."""
    before = in_force(city.settings, city.ledger)
    if before is None:
        return {}
    found = unversioned(before, as_kept(city.catalogue))
    return {name: BreaksWithoutVersion(name, comparison) for name, comparison in found.items()}


def broken_agreements(city: City) -> dict[str, tuple[str, ...]]:
    """Agreements that promise their recipient less without a version that says so -> the version that they want, and
    what of them breaks. What they were stays in force. One under which nothing was ever released promised nobody."""
    before = in_force(city.settings, city.ledger)
    if before is None:
        return {}
    promised = city.ledger.current("release").keys()
    found = unversioned_agreements(before, as_kept(city.catalogue), promised)
    return {
        name: (broken[0].wants, *(f"{one.kind.replace('_', ' ')} ({one.subject})" for one in broken))
        for name, broken in found.items()
    }


def keep_in_force(city: City) -> None:
    """Set down, as a run ends, what is in force now; nothing where that is what was."""
    before, now = in_force(city.settings, city.ledger), as_kept(city.catalogue)
    stay = {name: before.datasets[name] for name in unversioned(before, now)} if before else {}
    promised = city.ledger.current("release").keys()
    broken = unversioned_agreements(before, now, promised) if before else {}
    kept = {name: before.agreements[name] for name in broken} if before else {}
    text = _text(replace(now, datasets={**now.datasets, **stay}, agreements={**now.agreements, **kept}))
    digest = hashlib.sha256(text).hexdigest()
    file = _file(city.settings, digest)
    entry = city.ledger.latest(KIND, SUBJECT)
    if entry and entry.body["digest"] == digest and file.exists():
        return
    make_folder(file.parent)
    write_file(file, text)
    body = {"subject": SUBJECT, "digest": digest, "datasets": len(now.datasets), "agreements": len(now.agreements)}
    city.ledger.append(KIND, {**body, "run_id": city.run_id} if city.run_id else body, city.now())


def forget_former(settings: Settings, ledger: Ledger) -> int:
    """Remove what was in force before what is, to which nothing is compared any more; how many they were."""
    entry = ledger.latest(KIND, SUBJECT)
    now = _file(settings, str(entry.body["digest"])) if entry else None
    if now is None or not now.exists():
        return 0
    former = [one for one in now.parent.glob("*.json") if one != now]
    for one in former:
        one.unlink()
    return len(former)


def _text(catalogue: Catalogue) -> bytes:
    """The declarations in one spelling, without where they lie: a city that was moved declares the same."""
    nowhere = Path()
    bare = replace(
        catalogue,
        root=nowhere,
        deliveries=nowhere,
        persons={},
        datasets={name: replace(one, path=None) for name, one in sorted(catalogue.datasets.items())},
        agreements={name: replace(one, path=None) for name, one in sorted(catalogue.agreements.items())},
        streams={name: replace(one, path=None) for name, one in sorted(catalogue.streams.items())},
        windows={name: replace(one, path=None) for name, one in sorted(catalogue.windows.items())},
    )
    calendar = replace(catalogue.calendar, holidays=frozenset(), workdays=frozenset(), years=frozenset())
    return _CATALOGUE.dump_json(replace(bare, calendar=calendar))


def _file(settings: Settings, digest: str) -> Path:
    return settings.state / "declared" / f"{digest}.json"
