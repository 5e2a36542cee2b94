"""Who answers for a dataset and how often it comes: `team` and `slaProperties` of an ODCS contract.

What follows from an old delivery is the freshness gate's business.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from open_data_contract_standard.model import ServiceLevelAgreementProperty, Team, TeamMember

from contracts.documents import Document, YamlPath
from contracts.faults import nearest
from contracts.odcs_extras import ServiceLevels
from contracts.owners import WANTED, is_owner

_UNITS = ("min", "h", "d", "w", "m", "q", "y")
_MOST = 10_000
_UNREAD = ("valueExt", "element", "scheduler", "schedule")


def read_owner(document: Document, team: Team | list[TeamMember] | None) -> str | None:
    """The team's present owner, None where the department's holds; notes one that Dagster would not take."""
    at: YamlPath = ("team", "members") if isinstance(team, Team) else ("team",)
    members = (team.members if isinstance(team, Team) else team) or []
    # ODCS keeps those who left in the list, with the day.
    owners = [
        (n, one.username or "")
        for n, one in enumerate(members)
        if (one.role or "").lower() == "owner" and not one.dateOut
    ]
    for number, username in owners:
        if not is_owner(username.strip()):
            document.fault((*at, number, "username"), f"{username!r} is no owner", WANTED)
    if len(owners) > 1:
        document.fault((*at, owners[1][0]), "there are two owners", "one member with role: owner; dateOut for who left")
    return owners[0][1].strip() if owners else None


def read_service_levels(
    document: Document, properties: Sequence[ServiceLevelAgreementProperty]
) -> ServiceLevels | None:
    """The service levels of a contract; notes what nobody would keep."""
    given: dict[str, Any] = {}
    places: dict[str, YamlPath] = {}
    if not all(item.property for item in properties) or not document.well_formed(("slaProperties",)):
        for name in ServiceLevels.model_fields:
            document.presume(("slaProperties", name))
    for number, item in enumerate(properties):
        place: YamlPath = ("slaProperties", number)
        name = item.property or ""
        if not name:
            document.fault((*place, "property"), "the service level has no name", "{property: <name>, value: …}")
            continue
        if name in given:
            document.fault(place, f"{name!r} is given twice", "it once")
            continue
        _check_keys(document, place, item)
        places[name] = (*place, "value") if name in ServiceLevels.model_fields else place
        given[name] = _frequency(document, place, item) if name == "frequency" else item.value
    return document.shaped(ServiceLevels, data=given, at=("slaProperties",), places=places)


def _check_keys(document: Document, at: YamlPath, item: ServiceLevelAgreementProperty) -> None:
    for key in _UNREAD:
        if getattr(item, key) is not None:
            document.fault((*at, key), f"{key} is not acted on by this platform", f"nothing: leave {key} out")
    if item.property == "freshness_working_days" and item.unit not in (None, "d"):
        text = f"working days are not counted in {item.unit!r}"
        document.fault((*at, "unit"), text, "nothing: leave unit out")


def _frequency(document: Document, at: YamlPath, item: ServiceLevelAgreementProperty) -> str:
    value, unit = item.value, item.unit
    if value == "irregular" and unit is None:
        return "irregular"
    if isinstance(value, bool) or not isinstance(value, int | float) or not 1 <= value <= _MOST or value % 1:
        what = f"a whole number of units from 1 to {_MOST}, or irregular (without unit)"
        document.fault((*at, "value"), f"frequency is {value!r}", what)
        value = 1
    if unit not in _UNITS:
        document.fault((*at, "unit"), f"there is no unit {unit!r}", nearest(unit, _UNITS))
    return f"{int(value)}{unit}"
