"""Asking the index of persons: with the city's key, and never without a line in the ledger that says who asked and why.

What the index holds is `held`'s. The number that is asked about is written nowhere.
"""

from __future__ import annotations

from lake.attach import bare_connection
from lake.city import declarations, open_books
from lake.column_lineage import policy_of
from lake.engine_macros import install_macros
from lake.held import Holding, holdings
from lake.settings import Settings
from sharing.keyring import open_pseudonym


def who_held(settings: Settings, value: str, asking: tuple[str, str]) -> list[Holding]:
    """Every release, and whether it held the person; `asking` is who asks, and what for. It is recorded first."""
    catalogue = declarations(settings)
    by, why = asking
    with open_books(settings) as (ledger, _):
        key = open_pseudonym(settings.key_place)
        ledger.append("access", {"subject": "held", "by": by, "why": why}, settings.clock.now())
        connection = bare_connection(settings)
        try:
            install_macros(connection, key)
            elements = policy_of(settings).anonymity.person_elements
            return holdings(connection, settings, catalogue, ledger, (value, elements))
        finally:
            connection.close()
