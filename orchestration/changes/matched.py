"""The registry's tables, as what is made of the rows that are compared and of what stewards decided.

They are nobody's models: the step that matches makes them, before the models that read them. Who is who is a function
of the rows, of the decisions and of the registry's own past, so these digests say when it is asked again.
"""

from __future__ import annotations

from contracts.matching import REGISTRY
from contracts.model import Entity
from lake.city import City
from lake.matched.decided import decisions, decisions_digest
from orchestration.changes.texts import Text
from sharing.canonical import digest


def matched_texts(city: City) -> dict[str, Text]:
    """`registry.<entity>` and its companion -> what they hang on."""
    found, book = dict[str, Text](), decisions(city)
    for entity in city.catalogue.matched:
        own = digest([repr(entity.matching), entity.id_prefix, decisions_digest(book, entity.name)])
        for table in tables_of(entity):
            found[table] = Text(own, (records_of(entity),), stored=False)
    return found


def tables_of(entity: Entity) -> tuple[str, str]:
    """The registry's tables of an entity that models read."""
    return (f"{REGISTRY}.{entity.name}", f"{REGISTRY}.{entity.name}__ids")


def records_of(entity: Entity) -> str:
    """The view of what is compared."""
    return f"staging.{entity.name}__records"
