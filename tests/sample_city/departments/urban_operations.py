"""Urban operations: governance events with the four times of their process, some of which cannot be."""

from __future__ import annotations

from tests.sample_city.bases import moment, things
from tests.sample_city.city import City, listed, padded
from tests.sample_city.dirt import RAGGED, Fault, impossible_date, missing, outside_codes, outside_pattern
from tests.sample_city.extract import Extract, Table
from tests.sample_city.places import building_address, coded, district

_SOURCES = ("网格员巡查", "网格员巡查", "网格员巡查", "视频智能识别", "物联感知", "市民随手拍")
_UNITS = ("市住房和城乡建设局", "市交通运输局", "市城市运行管理中心", "市公安局")
# Of ten events one waits to be assigned, one to be checked, one to be closed.
_DONE = "n % 10 < 7"


def extracts(city: City) -> list[Extract]:
    """Each week's events."""
    table, week = _events(city), max(60, city.people // 100)
    return [Extract(city, table, d, things(week, d)) for d in range(3)]


def _events(city: City) -> Table:
    key = "n * 3 + d"
    found = moment(city, key, "event found")
    assigned = f"({found} + to_minutes(10 + {city.below(key, 'event assigned', 600)}))"
    checked = f"({assigned} + to_minutes(60 + {city.below(key, 'event handled', 4000)}))"
    closed = f"({checked} + to_minutes(5 + {city.below(key, 'event closed', 900)}))"
    place = city.below(key, "event place", max(16, city.buildings // 4))
    return Table(
        "urban_operations.events",
        {
            "event_id": f"'SJ' || {padded('(d + 1) * 100000000000 + n', 12)}",
            "category": city.choice(key, "event category", ("01", "02", "03", "03", "04", "05", "06", "06", "07")),
            "grid": coded("WG", place, 5),
            "district": district(place),
            "place": building_address(place),
            "responsible_unit": listed(_UNITS, "n % 4"),
            "event_source": city.choice(key, "event source", _SOURCES),
            "found_at": found,
            "assigned_at": f"CASE WHEN n % 10 <> 7 THEN {assigned} END",
            "checked_at": f"CASE WHEN n % 10 NOT IN (7, 8) THEN {checked} END",
            "closed_at": f"CASE WHEN {_DONE} THEN {closed} END",
        },
        (
            # Accepted all the same: what the process makes of them is told by their state.
            Fault("assigned_before_found", {"assigned_at": f"{found} - to_hours(1)"}, when=_DONE, share=60),
            Fault("checked_before_assigned", {"checked_at": f"{assigned} - to_minutes(1)"}, when=_DONE, share=60),
            missing("event_id"),
            Fault("closed_before_checked", {"closed_at": f"{checked} - to_minutes(1)"}, when=_DONE, share=60),
            Fault("checked_without_assigned", {"assigned_at": "NULL"}, when=_DONE, share=60),
            Fault("closed_without_checked", {"checked_at": "NULL"}, when=_DONE, share=60),
            Fault("unrouted", {"district": "NULL"}, when=_DONE, share=60),
            outside_codes("category", "99"),
            outside_pattern("grid", "一号网格"),
            impossible_date("closed_at", "2026-11-31 10:00:00"),
            *RAGGED,
        ),
    )
