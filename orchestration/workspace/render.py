"""The files of a new workspace: those in `template/`, filled in for one city. Nothing is written here."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from string import Template

from contracts.working_days import CalendarHorizon, is_working_day
from orchestration.workspace.newcity import NewCity

_HERE = Path(__file__).parent
_FILES = _HERE / "template"
_CALENDAR = _HERE / "calendar.yml"
# Wheels carry no file whose name begins with a dot, and a delivery's folder is named for its day.
_NAMED = {"gitignore": ".gitignore"}
_TODAY = "today"
# How long the first agreement holds.
_YEARS = 2


def files(city: NewCity) -> dict[str, str]:
    """Path in the workspace -> content. The same city gives the same bytes."""
    values = _values(city)
    return {
        _place(path.relative_to(_FILES), city): Template(path.read_text(encoding="utf-8")).substitute(values)
        for path in _FILES.rglob("*")
        if path.is_file()
    }


def _values(city: NewCity) -> Mapping[str, str]:
    year = city.today.year
    values = {
        "city": city.name,
        # As YAML writes text in double quotes, which JSON does too.
        "title_zh": json.dumps(city.title_zh, ensure_ascii=False),
        "title_en": json.dumps(city.title_en, ensure_ascii=False),
        "heading": f"{city.title_zh} {city.title_en}" if city.title_zh != city.title_en else city.title_en,
        "today": city.today.isoformat(),
        "year": str(year),
        "until": str(year + _YEARS),
    }
    calendar = "" if _is_known(city) else Template(_CALENDAR.read_text(encoding="utf-8")).substitute(values)
    return {**values, "calendar": calendar}


def _is_known(city: NewCity) -> bool:
    """Whether somebody has said which days of the city's first year are holidays."""
    try:
        is_working_day(city.today)
    except CalendarHorizon:
        return False
    return True


def _place(path: Path, city: NewCity) -> str:
    parts = [city.today.isoformat() if part == _TODAY else _NAMED.get(part, part) for part in path.parts]
    return "/".join(parts)
