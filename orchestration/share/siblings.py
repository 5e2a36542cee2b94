"""Which released products somebody has together: one recipient's, and those that are open to everybody.

Lives here: the choice. Must not live here: what they tell together (`differencing.py`, `lineage/together.py`)."""

from __future__ import annotations

from contracts.model import Agreement
from lake.city import City
from lineage.gates.gate import PUBLIC
from sharing.release import current_release


def siblings(city: City, agreement: Agreement) -> list[Agreement]:
    """The other agreements by name whose product is released, and read together with that of this one."""
    return [
        other
        for other in sorted(city.catalogue.agreements.values(), key=lambda one: one.name)
        if other.name != agreement.name
        and (other.agency == agreement.agency or PUBLIC in (other.agency, agreement.agency))
        and current_release(city.settings.releases, other.name) is not None
    ]
