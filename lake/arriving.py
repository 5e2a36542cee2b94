"""What lies in the deliveries folder, by names, sizes and times alone, and whether it has come to rest.

Nothing is opened: whether a delivery is whole is judged by the run (`readers.settling`), which this only wakes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta

from contracts.completeness import WITHDRAWN
from contracts.databases import is_fetched
from contracts.model import Catalogue, Dataset
from lake.readers.landing import find_deliveries
from lake.readers.settling import Fingerprint, fingerprint, is_marked, mark_beside, quiet_for
from lake.settings import Settings


class Watch:
    """Looks at the deliveries of a city time and again; what has not changed since the last look is at rest.

    What is written anew counts as it was before until it is at rest again, so that one change is told once.
    """

    def __init__(self, settings: Settings, catalogue: Catalogue) -> None:
        self._settings, self._catalogue = settings, catalogue
        self._before: dict[str, Fingerprint] = {}
        self._at_rest: dict[str, Fingerprint] = {}

    def look(self) -> str:
        """A digest of all that is at rest; empty where nothing is. Raises OSError as the store has it."""
        seen = {url: (print_, ready) for url, print_, ready in self._seen()}
        resting = {url: print_ for url, (print_, ready) in seen.items() if ready and self._before.get(url) == print_}
        kept = {url: print_ for url, print_ in self._at_rest.items() if url in seen}
        self._before = {url: print_ for url, (print_, _) in seen.items()}
        self._at_rest = kept | resting
        if not self._at_rest:
            return ""
        return hashlib.sha256(repr(sorted(self._at_rest.items())).encode()).hexdigest()

    def _seen(self) -> Iterator[tuple[str, Fingerprint, bool]]:
        root = self._catalogue.deliveries
        for dataset in self._catalogue.datasets.values():
            if is_fetched(dataset):
                continue  # a schedule goes there: what costs a department's server is not looked at every minute
            for url in find_deliveries(dataset, root):
                yield from self._looked_at(dataset, url)
            for url in find_deliveries(dataset, root, WITHDRAWN):
                with suppress(OSError):
                    yield url, fingerprint(url), True

    def _looked_at(self, dataset: Dataset, url: str) -> Iterator[tuple[str, Fingerprint, bool]]:
        """A delivery; one that is taken away meanwhile, or leads nowhere, is the run's to tell of."""
        with suppress(OSError):
            ready = self._is_ready(dataset, url)
            # A file and what says that it is whole come to rest together.
            mark = fingerprint(mark_beside(dataset, url)) if ready and dataset.source.complete else ()
            yield url, (*fingerprint(url), *mark), ready

    def _is_ready(self, dataset: Dataset, url: str) -> bool:
        """Whether the contract's witnesses that cost nothing to ask let it be taken."""
        source = dataset.source
        if source.complete and not is_marked(dataset, url):
            return False
        if not source.settled_seconds:
            return True
        quiet = quiet_for(url, self._settings.clock)
        return quiet is not None and quiet >= timedelta(seconds=source.settled_seconds)
