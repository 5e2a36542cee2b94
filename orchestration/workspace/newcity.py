"""What a new city is called and when it begins: its arguments, judged before anything is written.

No file is written or looked for here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import yaml

_NAME = re.compile(r"^[a-z][a-z0-9]*(_[a-z0-9]+)*$")
# The packages that every city's dbt project works with.
_PACKAGES = ("dbt", "dbt_duckdb", "zhongtai")


class CityRefused(Exception):
    """A city cannot begin like this: `what` is wrong, and `instead` is the next step."""

    def __init__(self, what: str, instead: str) -> None:
        self.what, self.instead = what, instead
        super().__init__(f"{what}. {instead}")


@dataclass(frozen=True)
class NewCity:
    """A city that is about to begin; `today` dates its first delivery."""

    name: str
    title_zh: str
    title_en: str
    today: date


def new_city(folder: Path, name: str | None, title_zh: str | None, title_en: str | None, today: date) -> NewCity:
    """The city of a folder: its name, unless told, is the folder's, and its titles follow the name.

    Raises `CityRefused`.
    """
    chosen = folder.name if name is None else name
    if not _NAME.match(chosen):
        whose = "The folder's name" if name is None else "--name"
        raise CityRefused(
            f"{whose} {chosen!r} cannot name a city: it names a dbt project too, so it must be lower_snake_case",
            f"Say --name {_suggested(chosen)}, or another such name",
        )
    if _has_a_meaning(chosen):
        raise CityRefused(f"{chosen!r} means something else to dbt or YAML already", f"Say --name {chosen}_city")
    english = _title("--title-en", title_en, chosen.replace("_", " ").title())
    return NewCity(chosen, _title("--title-zh", title_zh, english), english, today)


def _has_a_meaning(name: str) -> bool:
    from dbt.contracts.project import BANNED_PROJECT_NAMES  # takes most of a second

    return name in _PACKAGES or name in BANNED_PROJECT_NAMES or yaml.safe_load(name) != name


def _suggested(name: str) -> str:
    words = re.findall(r"[a-z0-9]+", name.lower())
    suggested = "_".join(words).lstrip("0123456789_")
    return suggested if _NAME.match(suggested) else "my_city"


def _title(option: str, given: str | None, otherwise: str) -> str:
    title = otherwise if given is None else given.strip()
    if not title or not title.isprintable():
        raise CityRefused(f"{option} {given!r} is no title: it is empty or has line breaks", "Give one line of text")
    return title
