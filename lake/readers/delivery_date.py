"""Which day a delivery is of: read from its path as people write days, from a manifest, or the day it arrived.

Digits that only look like a day are none, a day that no calendar has refuses the delivery, and so does a path without
one. The delivery itself is not opened here.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path, PurePosixPath

from contracts.delivery_dates import ARRIVAL, FOLDER, MANIFEST, NAME, PATH
from contracts.model import Dataset
from lake.readers.refusal import DeliveryRefused
from lake.readers.stores import open_file

# A year of ours, then a month and a day divided by one and the same mark; or 年 月 日; or eight digits, which may be
# followed by a time. Neither letters nor digits may touch: `v20241231123` and `no9920241231` are numbers of something.
_DAY = re.compile(
    r"(?<!\d)(?:"
    r"(?P<a>(?:19|20)\d\d)(?P<mark>[-_./ ])(?P<b>\d{1,2})(?P=mark)(?P<c>\d{1,2})"
    r"|(?P<d>(?:19|20)\d\d)年(?P<e>\d{1,2})月(?P<f>\d{1,2})[日号]?"
    r"|(?P<g>(?:19|20)\d\d)(?P<h>\d\d)(?P<i>\d\d)(?:[T_-]?(?:[01]\d|2[0-3])[0-5]\d[0-5]\d)?"
    r"|(?P<j>\d{4})-(?P<k>\d\d)-(?P<l>\d\d)"
    r")(?!\d)"
)
_MANIFEST, _LARGEST = "manifest.json", 1 << 20
_FIX = "Move the file to a folder of the day it was delivered on."
_UNDATED = (
    "Move the file to a folder of the day it was delivered on (such as 2026-11-20), or declare delivery_date "
    "(path, folder, name, manifest, a pattern such as *_%d%m%Y.csv, or arrival) in servers."
)


class StillToCome(DeliveryRefused):
    """A delivery of a day after today."""


def delivered_on(dataset: Dataset, path: str, today: date, root: Path | str = "") -> date:
    """The day of a delivery at `path` below `root`; `today` where the contract takes the arrival's.

    Raises `DeliveryRefused` for a path without a day, a day that no calendar has, and one that is still to come.
    """
    where = dataset.source.delivery_date
    if where == ARRIVAL:
        return today
    if where == MANIFEST:
        day = _by_manifest(dataset, path, root)
    else:
        day = _by_pattern(dataset, path, where) if "%" in where else _by_spelling(dataset, path, where)
    if day > today:
        what = f"it is of {day}, a date which is still to come: today is {today}"
        raise StillToCome(dataset.id, path, what, "its path", _FIX)
    return day


def _by_spelling(dataset: Dataset, path: str, where: str) -> date:
    parts = PurePosixPath(path)
    text = {PATH: path, FOLDER: f"{parts.parent}/", NAME: parts.name}[where]
    for spelling, found in _spellings(text):
        try:
            return date(*found)
        except ValueError:
            what = f"its path has the date {spelling}, a day that does not exist"
            raise DeliveryRefused(dataset.id, path, what, "its path", _FIX) from None
    looked = {PATH: "its path", FOLDER: "its folders", NAME: "its name"}[where]
    raise DeliveryRefused(dataset.id, path, f"{looked} has no date that can be read", looked, _UNDATED)


def _spellings(text: str) -> Iterator[tuple[str, tuple[int, int, int]]]:
    for found in _DAY.finditer(unicodedata.normalize("NFKC", text)):
        year, month, day = (int(part) for name, part in sorted(found.groupdict().items()) if part and len(name) == 1)
        yield found.group(), (year, month, day)


def _by_manifest(dataset: Dataset, path: str, root: Path | str) -> date:
    """The `delivered_on` that a `manifest.json` in the delivery's folder has for the file, or for all of them."""
    name = PurePosixPath(path)
    place = f"{name.parent}/{_MANIFEST}"
    fix = f'Write it as {{"delivered_on": "2026-11-20"}}, or {{"files": {{"{name.name}": {{"delivered_on": …}}}}}}.'
    try:
        with open_file(f"{root}/{place}") as file:
            told = json.loads(file.read(_LARGEST))
        own = told.get("files", {}).get(name.name, {}) if isinstance(told, dict) else {}
        return date.fromisoformat(str(own.get("delivered_on") or told["delivered_on"]))
    except FileNotFoundError:
        what = f"there is no {_MANIFEST} beside it, where its date should stand"
    except (KeyError, TypeError, AttributeError):
        what = f"the {_MANIFEST} beside it has no date for it"
    except (ValueError, OSError):
        what = f"the {_MANIFEST} beside it cannot be read, or its date is none"
    raise DeliveryRefused(dataset.id, path, what, place, fix)


def _by_pattern(dataset: Dataset, path: str, pattern: str) -> date:
    expression = pattern_expression(pattern)
    found = re.search(expression, path)
    if found is None:
        what = f"its path is not spelt {pattern}, where its date should stand"
        raise DeliveryRefused(dataset.id, path, what, "its path", _UNDATED)
    spelling = "-".join(found.group(name) for name in "Ymd")
    try:
        return datetime.strptime(spelling, "%Y-%m-%d").date()
    except ValueError:
        what = f"its path has the date {spelling}, a day that does not exist"
        raise DeliveryRefused(dataset.id, path, what, "its path", _FIX) from None


_WORDS = {"%Y": r"(?P<Y>\d{4})", "%m": r"(?P<m>\d{1,2})", "%d": r"(?P<d>\d{1,2})", "*": "[^/]*", "?": "[^/]"}


def pattern_expression(pattern: str) -> str:
    """A path with `%Y`, `%m`, `%d` and the marks of a glob, as a regular expression for the end of a path."""
    pieces = re.split(r"(%Y|%m|%d|\*|\?)", pattern)
    return "(?:^|/|(?<=[^0-9]))" + "".join(_WORDS.get(piece, re.escape(piece)) for piece in pieces) + r"(?![0-9])"
