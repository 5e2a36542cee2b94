"""Feeds of the sample city: vehicles at gates, positions, parking lots and incidents, as micro-batches of minutes.

Any number of vehicles, gates and windows, in as many files as are asked for; what is planted in them is told as truth.
Every record's place in time is decided by its number alone, so that the same plan gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from duckdb import DuckDBPyConnection

from tests.sample_city import words
from tests.sample_city.city import City
from tests.sample_city.departments.housing import lots
from tests.sample_city.identifiers import plate
from tests.sample_city.layout import layout
from tests.sample_city.places import coded, district, latitude, longitude

GATES, SEGMENTS = 64, len(words.DISTRICTS) * len(words.ROADS)
FOLDER = "feeds"
BEGIN = datetime(2026, 11, 21, 9, 30)
FEEDS = ("transport.gate_feed", "transport.vehicle_feed", "transport.parking_feed", "transport.incident_feed")
_FORMATS = {"transport.gate_feed": "parquet", "transport.vehicle_feed": "parquet"}


@dataclass(frozen=True)
class Plan:
    """What is fed: so many windows from `begin` on, in files of `together` windows each.

    Of a thousand records of a file so many are `late` (one to `latest` windows), `doubled` (again with the next file)
    or of the `future` (a day). A feed in `stopped` gives nothing from one window up to another; one in `held` gives all
    of such windows with the last of them.
    """

    city: City
    windows: int = 14
    together: int = 7
    begin: datetime = BEGIN
    seconds: int = 120
    gates: int = GATES
    passings: int = 400
    positions: int = 200
    lots: int = 0
    late: int = 10
    latest: int = 3
    doubled: int = 10
    future: int = 2
    stopped: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    held: Mapping[str, tuple[int, int]] = field(default_factory=dict)

    @property
    def parking_lots(self) -> int:
        """How many parking lots tell."""
        return self.lots or lots(self.city)


def demonstration(city: City) -> Plan:
    """The half hour before the demonstration's now, in few files: what comes with the city's deliveries."""
    return Plan(city, passings=max(400, city.people // 20), positions=max(200, city.people // 40))


def write(connection: DuckDBPyConnection, plan: Plan, out: Path) -> None:
    """Write the feeds, and `<out>/truth/feeds.csv`: of each what was sent, and what was planted in it."""
    write_feeds(connection, plan, out)
    rows = [f"('{name}', {', '.join(map(str, kinds.values()))})" for name, kinds in planted(connection, plan).items()]
    told = f"select * from (values {', '.join(rows)}) as t(dataset, sent, future, doubled, late)"
    connection.execute(f"copy ({told}) to '{out / 'truth' / 'feeds.csv'}' (format csv, header true)")


def write_feeds(connection: DuckDBPyConnection, plan: Plan, out: Path) -> list[Path]:
    """Write `<out>/feeds/<department>/<dataset>/<time>.<ext>`, each as of when it is sent; the files, in that order."""
    return [
        path for number in range(0, plan.windows, plan.together) for path in write_file(connection, plan, out, number)
    ]


def write_file(connection: DuckDBPyConnection, plan: Plan, out: Path, number: int) -> Iterator[Path]:
    """The files that are sent once window `number` and those together with it are over."""
    last = min(number + plan.together, plan.windows)
    sent = plan.begin + timedelta(seconds=plan.seconds * last)
    for dataset in FEEDS:
        rows = _sent(plan, dataset, number, last)
        found = connection.execute(f"select count(*) from ({rows})").fetchone()
        if found and found[0]:
            ending = _FORMATS.get(dataset, "ndjson")
            path = out / FOLDER / dataset.replace(".", "/") / f"{sent:%Y%m%dT%H%M%S}.{ending}"
            path.parent.mkdir(parents=True, exist_ok=True)
            options = "format parquet" if ending == "parquet" else "format json"
            connection.execute(f"copy ({rows}) to '{path}' ({options})")
            yield path


def truth(connection: DuckDBPyConnection, plan: Plan, dataset: str) -> list[tuple[int, int]]:
    """Window -> its records that are believed, each key once, of those that were sent; of all windows that have any."""
    key = ", ".join(layout(dataset).key)
    rows = f"select _window, {key} from ({_records(plan, dataset)}) where not _future and _sent < {plan.windows}"
    return connection.execute(f"select _window, count(distinct ({key})) from ({rows}) group by 1 order by 1").fetchall()


def planted(connection: DuckDBPyConnection, plan: Plan) -> dict[str, dict[str, int]]:
    """Dataset -> how many records were planted of each kind, in the files as they were sent."""
    found = {}
    for dataset in FEEDS:
        row = connection.execute(
            "select count(*), count(*) filter (_future), count(*) filter (_doubled), "
            f"count(*) filter (_sent > _window) from ({_records(plan, dataset)}) where _sent < {plan.windows}"
        ).fetchone()
        assert row
        found[dataset] = dict(zip(("sent", "future", "doubled", "late"), row, strict=True))
    return found


def _sent(plan: Plan, dataset: str, first: int, last: int) -> str:
    low, held = max(0, first - plan.latest - 1), plan.held.get(dataset)
    low = max(0, min(low, held[0] - plan.latest - 1)) if held and first <= held[1] < last else low
    records = _records(plan, dataset, (low, min(last, plan.windows)))
    own = f"select * exclude (_window, _sent, _again, _future, _doubled) from ({records})"
    return f"{own} where _sent >= {first} and _sent < {last} order by all"


def _records(plan: Plan, dataset: str, of: tuple[int, int] | None = None) -> str:
    """Every record of a feed, or of some windows `of` it, as often as it is sent: `_window` is that it is of, `_sent`
    that with whose file it is sent.
    """
    first, last = of or (0, plan.windows)
    count, columns, time = _PARTS[dataset](plan)
    key = f"(w * {count} + n)"
    city, at = plan.city, f"(timestamp '{plan.begin}' + to_seconds(w * {plan.seconds} + {_offset(plan, key)}))"
    by = f"1 + {city.below(key, 'by', plan.latest)}"
    late = f"case when {_per_mille(city, key, 'late')} < {plan.late} then {by} else 0 end"
    again = "[w + _late] || case when _doubled then [w + _late + 1] else [] end"
    future = f"{_per_mille(city, key, 'future')} < {plan.future}"
    named = ", ".join(f"{sql.replace('<k>', key)} as {name}" for name, sql in columns.items())
    held = plan.held.get(dataset)
    sent = f"case when sent >= {held[0]} and sent < {held[1]} then {held[1]} else sent end" if held else "sent"
    stopped = plan.stopped.get(dataset)
    kept = f"where not (w >= {stopped[0]} and w < {stopped[1]})" if stopped else ""
    return f"""
      select * exclude (w, n, sent, _late), w as _window, {sent} as _sent, sent > w + _late as _again
      from (
        select *, unnest({again}) as sent
        from (
          select w, n, {named}, {at} + case when {future} then interval 1 day else interval 0 day end as {time},
            {future} as _future, {late} as _late, {_per_mille(city, key, "doubled")} < {plan.doubled} as _doubled
          from range({first}, {last}) as windows(w), range({count}) as records(n)
          {kept}
        )
      )"""


def _offset(plan: Plan, key: str) -> str:
    return plan.city.below(key, "second", plan.seconds)


def _per_mille(city: City, key: str, name: str) -> str:
    return city.below(key, f"planted {name}", 1000)


def _speed(city: City, name: str) -> str:
    return f"(8 + {city.below('<k>', name, 70)})::INTEGER"


def _gates(plan: Plan) -> tuple[int, dict[str, str], str]:
    # Each gate sees somebody in each window.
    gate = f"case when n < {plan.gates} then n else {plan.city.below('<k>', 'feed gate', plan.gates)} end"
    vehicle = plan.city.below("<k>", "feed vehicle", max(1, plan.city.vehicles))
    columns = {
        "gate_id": coded("G", f"({gate})", 4),
        "plate_number": plate(plan.city, vehicle),
        "segment_id": coded("R", f"({gate}) * 5 % {SEGMENTS}", 6),
        "speed": _speed(plan.city, "feed speed"),
        "lane": f"(1 + {plan.city.below('<k>', 'feed lane', 4)})::INTEGER",
    }
    return max(plan.passings, plan.gates), columns, "passed_at"


def _positions(plan: Plan) -> tuple[int, dict[str, str], str]:
    segment = plan.city.below("<k>", "feed segment", SEGMENTS)
    columns = {
        "plate_number": plate(plan.city, f"n % {max(1, plan.city.vehicles)}"),
        "service": "list_extract(['bus', 'bus', 'taxi', 'lorry'], n % 4 + 1)",
        "segment_id": coded("R", segment, 6),
        "longitude": longitude(plan.city, segment, "feed"),
        "latitude": latitude(plan.city, segment, "feed"),
        "speed": _speed(plan.city, "feed pace"),
        "passengers": f"case when n % 4 < 2 then {plan.city.below('<k>', 'feed load', 90)}::INTEGER end",
        "capacity": "case when n % 4 < 2 then 90 end",
    }
    return plan.positions, columns, "positioned_at"


def _parking(plan: Plan) -> tuple[int, dict[str, str], str]:
    columns = {"lot_id": coded("P", "n", 6), "vacant": f"{plan.city.below('<k>', 'feed vacant', 20)}::INTEGER"}
    return plan.parking_lots, columns, "counted_at"


def _incidents(plan: Plan) -> tuple[int, dict[str, str], str]:
    kinds = "['none', 'none', 'none', 'collision', 'breakdown', 'roadworks', 'flooding']"
    columns = {
        "district": district("n"),
        "report_id": coded("E", "<k>", 12),
        "kind": f"list_extract({kinds}, {plan.city.below('<k>', 'feed kind', 7)} + 1)",
    }
    return len(words.DISTRICTS), columns, "reported_at"


_PARTS = dict(zip(FEEDS, (_gates, _positions, _parking, _incidents), strict=True))
