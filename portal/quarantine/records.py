"""What the pages of quarantine show: reasons, batches, days, what came back corrected, and whom missing rows touch.

From the ledger and the declarations alone. Rows, and who sees them, are `routes.py`'s.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from contracts.acts import Role
from contracts.model import Agreement, Catalogue, Dataset
from lake.quarantine.book import Rejected, by_reason
from lake.quarantine.words import columns_of, words_of
from portal.catalogue.made_of import MadeOf
from portal.people.reader import Reader
from sharing.corrections.law import Case
from sharing.corrections.vocabulary import State

OF_QUARANTINE = (Role.STEWARD, Role.OWNER, Role.OFFICER, Role.AUDITOR)
_MOST_DAYS = 60


@dataclass(frozen=True)
class Reason:
    """One reason: in words, of which columns, how many rows, in how many batches, since when; and its open cases.

    `batch` is the newest with it about which no case is open; "" where there is none.
    """

    name: str
    zh: str
    en: str
    columns: tuple[str, ...]
    rows: int
    batches: int
    since: str
    newest: str
    batch: str
    cases: tuple[Case, ...]


@dataclass(frozen=True)
class Touched:
    """A product that rows are missing from, and who receives it."""

    agreement: Agreement
    recipient: str
    released: bool


def departments(reader: Reader) -> frozenset[str] | None:
    """The departments whose quarantine a reader may know; None: all."""
    if reader.has(Role.OFFICER, Role.AUDITOR):
        return None
    held = [reader.departments(role) for role in (Role.STEWARD, Role.OWNER)]
    return None if None in held else frozenset().union(*(one for one in held if one is not None))


def reasons(dataset: Dataset, rejected: Sequence[Rejected], cases: Iterable[Case]) -> list[Reason]:
    """The reasons of the batches of which rows are open, the most rows first."""
    going = [one for one in cases if one.about.dataset == dataset.id and one.state is not State.CLOSED]
    found = []
    left = [one for one in rejected if one.open]
    for name, rows in by_reason(left).items():
        of = [one for one in left if name in one.reasons]
        zh, en = words_of(dataset, name)
        known = tuple(one for one in going if one.about.rule in ("", name))
        days = [one.delivered_on for one in of]
        columns = columns_of(dataset, name)
        taken = {one.about.batch for one in known}
        free = next((one.batch for one in of if one.batch not in taken), "")
        found.append(Reason(name, zh, en, columns, rows, len(of), min(days), max(days), free, known))
    return found


def touched(catalogue: Catalogue, made_of: MadeOf, dataset: Dataset, current: frozenset[str]) -> list[Touched]:
    """The products that are made of a dataset, by whatever way, and who receives them."""
    above: defaultdict[str, set[str]] = defaultdict(set)
    for table in made_of.tables():
        for source in made_of.direct(table):
            above[source].add(table)
    seen, todo = set[str](), [f"raw.{dataset.table}"]
    while todo:
        for table in above[todo.pop()] - seen:
            seen.add(table)
            todo.append(table)
    agreements = [one for one in catalogue.agreements.values() if f"product.{one.product}" in seen]
    titles = {name: one.title_zh for name, one in catalogue.departments.items()} | {"public": "社会公众"}
    return [Touched(one, titles.get(one.agency, one.agency), one.name in current) for one in agreements]


def over_time(rejected: Iterable[Rejected]) -> list[tuple[str, int, int, int]]:
    """Day of delivery, rows read, rows rejected, rows open: the newest days, the oldest first."""
    days: dict[str, tuple[int, int, int]] = {}
    for one in rejected:
        read, rows, left = days.get(one.delivered_on, (0, 0, 0))
        days[one.delivered_on] = read + one.read, rows + one.rows, left + one.open
    return [(day, *days[day]) for day in sorted(days)][-_MOST_DAYS:]


_HIGH, _STEP, _BAR = 84, 18, 12


def bars(days: Sequence[tuple[str, int, int, int]]) -> str:
    """Rejected rows by day as bars, what is open of them filled; every number stands in the table beside it."""
    if not days:
        return ""
    most = max(rows for _, _, rows, _ in days) or 1
    drawn = []
    for place, (day, _, rows, left) in enumerate(days):
        x, tall, full = 2 + place * _STEP, rows * 60 / most, left * 60 / most
        title = f"<title>{escape(day)}: {rows} rejected, {left} open</title>"
        drawn.append(
            f'<g>{title}<rect x="{x}" y="{66 - tall:.1f}" width="{_BAR}" height="{tall:.1f}" fill="none" '
            f'stroke="currentColor"/><rect x="{x}" y="{66 - full:.1f}" width="{_BAR}" height="{full:.1f}" '
            f'fill="currentColor" fill-opacity="0.55"/></g>'
        )
    wide = 4 + len(days) * _STEP + 60
    label = f"被拒行数 Rejected rows: {days[0][0]} – {days[-1][0]}"
    ends = f'<text x="2" y="80" font-size="11" fill="currentColor">{escape(days[0][0])}</text>'
    if len(days) > 8:
        end = 2 + (len(days) - 1) * _STEP - 40
        ends += f'<text x="{end}" y="80" font-size="11" fill="currentColor">{escape(days[-1][0])}</text>'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="{escape(label)}" width="{wide}" '
        f'height="{_HIGH}" viewBox="0 0 {wide} {_HIGH}">{"".join(drawn)}{ends}</svg>'
    )


def mended(rejected: Iterable[Rejected]) -> list[tuple[Rejected, Mapping[str, int]]]:
    """The batches of which later deliveries mended rows, with those deliveries."""
    return [(one, one.mended) for one in rejected if one.mended]
