"""Asking the index of persons: with the city's key, and never without a line in the ledger that says who asked and why.

What the index holds is `held`'s. The number that is asked about is written nowhere. Neither lake nor models are needed:
the ledger, the index, the declarations and the key are.
"""

from __future__ import annotations

from collections.abc import Iterable

import duckdb

from contracts.model import Catalogue
from lake.city import declarations, open_books
from lake.column_lineage import policy_of
from lake.engine_macros import install_macros
from lake.held import Holding, holdings
from lake.settings import Settings
from sharing.faults import SharingRefused
from sharing.keyring import open_pseudonym
from sharing.ledger import Ledger

KIND = "access"


def who_held(settings: Settings, value: str, asking: tuple[str, str]) -> list[Holding]:
    """Every release, and whether it held the person; `asking` is who asks, and what for. It is recorded first."""
    catalogue = declarations(settings)
    with open_books(settings) as (ledger, _):
        open_pseudonym(settings.key_place)  # who cannot be answered has not asked
        ledger.append(KIND, access(*asking), settings.clock.now())
        return answered(settings, catalogue, ledger, (value, person_elements(settings)))


def access(by: str, why: str) -> dict[str, str]:
    """What the ledger says of one question: who asked, and what for. About whom it never says."""
    return {"subject": "held", "by": by, "why": why}


def person_elements(settings: Settings) -> tuple[str, ...]:
    """The data elements by which persons are in the index. Raises what reading the lineage policy does."""
    return policy_of(settings).anonymity.person_elements


def answered(
    settings: Settings, catalogue: Catalogue, ledger: Ledger, asked: tuple[str, Iterable[str]]
) -> list[Holding]:
    """Every release, and whether it held the person of an id of one of these elements: for who has recorded it.

    SharingRefused where the city's pseudonym key is not there, or the index cannot be asked.
    """
    key = open_pseudonym(settings.key_place)
    with duckdb.connect(config={"threads": settings.threads, "autoinstall_known_extensions": "false"}) as connection:
        connection.execute("set enable_progress_bar = false")
        install_macros(connection, key)
        try:
            return holdings(connection, settings, catalogue, ledger, asked)
        except duckdb.FatalException:
            raise
        except duckdb.Error as error:
            why = f"it could not be asked ({type(error).__name__})"  # the engine's own text may quote the number
            raise SharingRefused("index_readable", str(settings.held), why, "see that it can be read") from None
