"""All that is bad in one city now, wherever it is found: one place for pages and for digests."""

from __future__ import annotations

from collections.abc import Iterator

from contracts.model import Catalogue
from lake.findings.finding import Finding
from lake.findings.gather import findings
from lake.findings.told import Told
from lake.settings import Settings
from sharing.ledger import Ledger


def everything(settings: Settings, catalogue: Catalogue, ledger: Ledger) -> list[Finding]:
    """Every fault, the urgent first."""
    told = Told(ledger)
    told.read_on()
    return findings(told, catalogue, more(settings, catalogue, ledger))


def more(settings: Settings, catalogue: Catalogue, ledger: Ledger) -> Iterator[Finding]:
    """What other parts find than rules, gates and deliveries."""
    yield from ()
