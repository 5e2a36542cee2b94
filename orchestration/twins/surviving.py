"""Which of several departments' values of an attribute an entity shows, as SQL: by trust, day, or how many say it.

Lives here: one attribute over the aliases of those that give it, in the order of trust. Must not live here: who is one.
"""

from __future__ import annotations

from collections.abc import Sequence

from contracts.model import Attribute, Entity
from contracts.provision import Survivor
from contracts.sql_text import column as sql_name

_NEVER = "cast('0001-01-01' as date)"


def needs_days(entity: Entity) -> bool:
    """Whether some attribute is shown as it was said last, so that rows must have their days."""
    return any(one.survivor is Survivor.RECENCY for one in entity.attributes)


def survivor(attribute: Attribute, aliases: Sequence[str], departments: Sequence[str]) -> list[str]:
    """The columns of an attribute and of its source. `departments` is SQL for whose the value of each alias is."""
    name = sql_name(attribute.name)
    values = [f"{alias}.{name}" for alias in aliases]
    conditions = _conditions(attribute, aliases, values)
    value = f"coalesce({', '.join(values)})" if len(values) > 1 else values[0]
    if len(values) > 1 and attribute.survivor is not Survivor.PRECEDENCE:
        value = _case(conditions, values)
    source = _case(conditions, departments)
    return [value if value == f"{aliases[0]}.{name}" else f"{value} as {name}", f"{source} as {attribute.name}_source"]


def _case(conditions: Sequence[str], values: Sequence[str]) -> str:
    cases = "\n".join(f"    when {one} then {value}" for one, value in zip(conditions, values, strict=True))
    return f"case\n{cases}\n  end"


def _conditions(attribute: Attribute, aliases: Sequence[str], values: Sequence[str]) -> list[str]:
    """When the value of each is the one that is shown, unless that of an earlier one is."""
    given = [f"{value} is not null" for value in values]
    if len(values) == 1 or attribute.survivor is Survivor.PRECEDENCE:
        return given
    if attribute.survivor is Survivor.RECENCY:
        weights = [
            f"case when {value} is not null then coalesce({_day(alias, attribute)}, {_NEVER}) else {_NEVER} end"
            for alias, value in zip(aliases, values, strict=True)
        ]
    else:
        weights = [
            "(" + " + ".join(f"case when {other} = {value} then 1 else 0 end" for other in values) + ")"
            for value in values
        ]
    most = f"greatest({', '.join(weights)})"
    return [f"{one} and {weight} = {most}" for one, weight in zip(given, weights, strict=True)]


def _day(alias: str, attribute: Attribute) -> str:
    """The day of a value: rows of matched things are of several days, one for each attribute."""
    return f"{alias}.{attribute.name}_dated" if alias == "matched" else f"{alias}._dated"
