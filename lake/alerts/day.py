"""The day of one city as digests see it: its declarations as they are, and all that is bad now."""

from __future__ import annotations

from lake.alerts.sending import Day
from lake.city import declarations
from lake.findings.everything import everything
from lake.settings import Settings
from sharing.ledger import Ledger


def day_of_city(settings: Settings, ledger: Ledger) -> Day:
    """Today. Raises `DeclarationsRefused`."""
    catalogue = declarations(settings)
    return Day(settings, catalogue, ledger, everything(settings, catalogue, ledger))
