"""What a portal does beside answering: it probes what is released once a day and after each release, and keeps the
store of quality up to date, so that no page waits for it.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

from lake.quality_past.store import QualityPast
from portal.city import City
from portal.files.proof import Proofs
from portal.probing.probe import probe_all
from portal.released import Released
from sharing.faults import SharingRefused

_SECONDS = 5.0
_LOG = logging.getLogger(__name__)


@contextmanager
def kept_up(city: City, past: QualityPast) -> Iterator[None]:
    """While this lasts, releases are probed when they are due, and the store follows the ledger."""
    ended = Event()
    released, proofs = Released(city), Proofs()

    def once() -> None:
        try:
            past.follow(city.catalogue)
            past.read_on(0)
            past.judge_all()
            probe_all(city, released, proofs, due=True)
        except (OSError, sqlite3.Error, SharingRefused) as error:
            # The next turn tries again; what cannot be written now is no reason to serve nothing.
            _LOG.warning("quality is not brought up to date: %s", type(error).__name__)

    def keep() -> None:
        try:
            once()
            while not ended.wait(_SECONDS):
                once()
        finally:
            past.kept = False  # whoever asks then does so again

    past.kept = True
    thread = Thread(target=keep, name="quality", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join(10)
