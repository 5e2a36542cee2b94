"""Which day a delivery is of: read from its path as people write days, or the day it arrived where that is declared.

Digits that only look like a day are none, a day that no calendar has refuses the delivery, and so does a path without
one. No file is opened here.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import PurePosixPath

from contracts.delivery_dates import ARRIVAL, FOLDER, NAME, PATH
from contracts.model import Dataset
from lake.readers.refusal import DeliveryRefused

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
_FIX = "Move the file to a folder of the day it was delivered on."
_UNDATED = (
    "Move the file to a folder of the day it was delivered on (2026-11-20), or declare delivery_date "
    "(path, folder, name, a pattern such as *_%d%m%Y.csv, or arrival) in servers."
)


def delivered_on(dataset: Dataset, path: str, today: date) -> date:
    """The day of a delivery at `path` below the deliveries' root; `today` where the contract takes the arrival's.

    Raises `DeliveryRefused` for a path without a day, a day that no calendar has, and one that is still to come.
    """
    where = dataset.source.delivery_date
    if where == ARRIVAL:
        return today
    day = _by_pattern(dataset, path, where) if "%" in where else _by_spelling(dataset, path, where)
    if day > today:
        what = f"its path has the date {day}, which is still to come: today is {today}"
        raise DeliveryRefused(dataset.id, path, what, "its path", _FIX)
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
