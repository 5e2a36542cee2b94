"""What SQL needs of declared processes: the calendar of working days, and who owns each category in each district.

Text building only. Neither table nor view, but put into the few models that read them: each costs a run a fifth of a
second to make.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from contracts.calendar import Calendar
from contracts.model import Catalogue
from contracts.routing import Route, Routing
from contracts.sql_text import literal
from contracts.working_days import is_working_day, known_years
from orchestration.twins.text import banner, column_yaml

CALENDAR, ROUTES = "working_day", "process_route"
_YEARS = 3
_OF_DAYS = (
    ("day", "日期", "Day"),
    ("day_number", "日序号", "Days since the first"),
    ("worked", "是否工作日", "1 where offices work, else 0"),
    ("worked_so_far", "累计工作日", "Working days up to and including it"),
)
_OF_ROUTES = (
    ("process", "流程", "Theme table of the process"),
    ("category", "类别", "Category"),
    ("district", "行政区划", "District"),
    ("owner", "责任部门", "Department that owns it"),
    ("opens_at", "上班时间（分）", "Minute of the day at which clocks start"),
    ("closes_at", "下班时间（分）", "Minute of the day at which clocks stop"),
    ("assign_minutes", "派遣时限（工作分钟）", "Office minutes from found to assigned"),
    ("close_days", "结案时限（工作日）", "Working days from found to closed"),
    ("repeat_days", "重复期（日）", "Days within which it is a repeated one"),
)


def process_files(catalogue: Catalogue) -> dict[str, str]:
    """Path below the dbt project -> SQL; nothing where no process is declared. Their properties: `process_yaml`."""
    if not catalogue.routing:
        return {}
    processes = list(catalogue.routing.values())
    return {
        f"models/staging/{CALENDAR}.sql": calendar_sql(catalogue.calendar),
        f"models/staging/{ROUTES}.sql": routes_sql(processes),
    }


def process_yaml() -> dict[str, Any]:
    """The properties of both models."""
    return {
        "version": 2,
        "models": [
            {
                "name": name,
                "description": told,
                "config": {"materialized": "ephemeral"},
                "columns": [column_yaml(*column, "code", "L1") for column in columns],
            }
            for name, told, columns in (
                (CALENDAR, "工作日历 / Working days: one row per day of the newest years that are known.", _OF_DAYS),
                (ROUTES, "派遣规则 / Routes: one row per process, category and district.", _OF_ROUTES),
            )
        ],
    }


def calendar_sql(calendar: Calendar) -> str:
    """One row per day of the newest years whose working days are known: whether it is worked, and how many were so far.

    Monday to Friday by counting, with the days that are otherwise; so the text has a line for a holiday and none for
    the days between.
    """
    first, last = span(calendar)
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    others = [one for one in days if is_working_day(one, calendar) != (one.weekday() < 5)]
    listed = ",\n    ".join(f"({(one - first).days}, {int(is_working_day(one, calendar))})" for one in others)
    week = f"(numbers.number + {first.weekday()}) % 7 < 5"
    return f"""-- {banner("change calendar: in zhongtai.yml, not this file.")}
-- A day that is not here is not known to be worked or not, and nothing is reckoned over it.
with digits as (
  select digit from (values (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) as listed (digit)
), numbers as (
  select ones.digit + 10 * tens.digit + 100 * hundreds.digit + 1000 * thousands.digit as number
  from digits as ones
  cross join digits as tens
  cross join digits as hundreds
  cross join digits as thousands
), otherwise as (
  select number, worked from (values
    {listed}
  ) as listed (number, worked)
), told as (
  select
    numbers.number,
    coalesce(otherwise.worked, case when {week} then 1 else 0 end) as worked
  from numbers
  left join otherwise on otherwise.number = numbers.number
  where numbers.number < {len(days)}
)

select
  cast({{{{ dbt.dateadd("day", "told.number", "cast('{first}' as date)") }}}} as date) as day,
  told.number as day_number,
  told.worked,
  cast(sum(told.worked) over (order by told.number) as integer) as worked_so_far
from told
"""


def routes_sql(processes: list[Routing]) -> str:
    """One row per process, category and district, with who owns it and by when."""
    rows = [
        _row(process, category, district, route)
        for process in sorted(processes, key=lambda one: one.name)
        for category, district, route in process.places()
    ]
    listed = ",\n  ".join(rows)
    return f"""-- {banner("change contracts/routing, not this file.")}
select
  process,
  category,
  district,
  owner,
  opens_at,
  closes_at,
  assign_minutes,
  close_days,
  repeat_days
from (values
  {listed}
) as listed (process, category, district, owner, opens_at, closes_at, assign_minutes, close_days, repeat_days)
"""


def _row(process: Routing, category: str, district: str, route: Route) -> str:
    opens, closes = process.office
    numbers = f"{opens * 60}, {closes * 60}, {route.assign_hours * 60}, {route.close_days}, {process.repeat_days}"
    texts = ", ".join(literal(one) for one in (process.name, category, district, route.owner))
    return f"({texts}, {numbers})"


def span(calendar: Calendar) -> tuple[date, date]:
    """The first and last day of the newest years whose working days are known."""
    years = known_years(calendar)
    last = max(years)
    first = max(last - _YEARS + 1, min(years))
    while any(year not in years for year in range(first, last)):
        first += 1
    return date(first, 1, 1), date(last, 12, 31)
