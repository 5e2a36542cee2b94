"""The days that daily figures and events of the networks, the weather and the brigades are told of, as base relations.

420 days, so that a year ago is known. Most datasets tell all of them at once, in the third delivery; one of figures and
one of events come in two, with rows that are told again.
"""

from __future__ import annotations

from datetime import date, timedelta

from tests.sample_city import words
from tests.sample_city.bases import Base
from tests.sample_city.city import City, listed

FIRST = date(2025, 9, 22)
"""The first of the days, a Monday."""
WEEKS, NEW_WEEKS = 60, 2
"""All weeks, and how many of them are new in the third delivery where the first has told of the others."""
LAST_DELIVERY = 2
_REVISED_DAYS = 7
_PLACES = len(words.DISTRICTS)
# How large districts are beside one another: the city has 80 such parts.
_SIZES, _PARTS = ("11", "10", "12", "11", "9", "10", "9", "8"), 80


def all_days() -> Base:
    """Every day and district, in the third delivery: `day`, `t` its number, `place` the district's, `q` that of both.

    `warm` is 0 in winter to 182 in summer; `provisional` where the figures of the last week are not final yet.
    """
    return _days(LAST_DELIVERY, 0, WEEKS * 7)


def first_days() -> Base:
    """What the first delivery of two tells."""
    return _days(0, 0, (WEEKS - NEW_WEEKS) * 7)


def last_days() -> tuple[Base, int]:
    """What the third delivery tells after that, and how many of its rows tell again, finally, what was provisional."""
    start = (WEEKS - NEW_WEEKS) * 7 - _REVISED_DAYS
    return _days(LAST_DELIVERY, start, WEEKS * 7 - start), _REVISED_DAYS * _PLACES


def _days(delivery: int, start: int, days: int) -> Base:
    sql = f"""SELECT n, {delivery} AS d, n // {_PLACES} + {start} AS t, n % {_PLACES} AS place,
            n + {start * _PLACES} AS q, DATE '{FIRST + timedelta(start)}' + (n // {_PLACES})::INTEGER AS day,
            abs((dayofyear(day) + 165) % 365 - 182) AS warm, n // {_PLACES} >= {days - _REVISED_DAYS} AS provisional
        FROM range({days * _PLACES}) AS t(n)"""
    return Base(sql, days * _PLACES)


def served(city: City) -> str:
    """SQL for how many people the networks of a district serve."""
    return f"(list_extract([{', '.join(_SIZES)}], place + 1) * {city.people} // {_PARTS})"


def amount(city: City, name: str, per_thousand: int, season: int, growth: int) -> str:
    """SQL for what a district takes on a day, in whole small units: so much for a thousand people.

    In summer so many thousandths more and in winter less, growing by so many a year; up and down by three in a hundred.
    """
    noise = f"{city.below('q', name, 61)} - 30"
    much = f"1000 + {season} * (warm - 91) // 91 + {growth} * t // 365 + {noise}"
    return f"({served(city)} * {per_thousand} // 1000 * ({much}) // 1000)"


def part(whole: str, thousandths: str) -> str:
    """SQL for so many thousandths of an amount."""
    return f"({whole} * ({thousandths}) // 1000)"


def told(amount: str) -> str:
    """SQL for an amount as it is first told: four thousandths less until it is final."""
    return f"({amount} * CASE WHEN provisional THEN 996 ELSE 1000 END // 1000)"


def decimal(number: str, places: int = 1) -> str:
    """SQL for a whole number of tenths, hundredths, … as a decimal."""
    return f"(({number}) / {10**places})::DECIMAL(18, {places})"


def events(weekly: int, weeks: tuple[int, int], delivery: int) -> Base:
    """So many events a week in a run of weeks [first, end): `g` is the number over all of them, evenly in time."""
    first, end = weeks
    sql = f"SELECT n, {delivery} AS d, n + {first * weekly} AS g FROM range({(end - first) * weekly}) AS t(n)"
    return Base(sql, (end - first) * weekly)


def happened(city: City, weekly: int, name: str) -> str:
    """SQL for the moment of event `g`."""
    apart = 7 * 86_400 // weekly
    return f"(TIMESTAMP '{FIRST}' + to_seconds(g * {apart} + {city.below('g', name, apart)}))"


def weighed(city: City, key: str, name: str, *options: tuple[str, int]) -> str:
    """SQL for one of the options, each as likely as its weight says."""
    spread = [option for option, weight in options for _ in range(weight)]
    return listed(spread, city.below(key, name, len(spread)))
