"""`contracts/routing/<process>.yml`, judged: every category in every district has one owner, not none and not two.

The codes are all declared, so that this is decided before any event is there. The files' shape is
`routing_declarations`'.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from contracts.documents import Document, YamlPath
from contracts.faults import nearest
from contracts.known import Known
from contracts.routing import Route, Routing
from contracts.routing_declarations import RoutingDeclaration

_DIVISIONS = "administrative_division"
_SHOWN = 6


def read_routing(documents: Iterable[Document], known: Known) -> dict[str, Routing]:
    """Process -> its routes; faults go to the documents."""
    found: dict[str, Routing] = {}
    for document in documents:
        declared = document.shaped(RoutingDeclaration) if document.usable else None
        if declared is None or document.faults:
            continue
        made = _Reading(document, known).read(declared)
        if not document.faults:
            found[made.name] = made
    return found


@dataclass
class _Reading:
    """One file being read."""

    document: Document
    known: Known

    def read(self, declared: RoutingDeclaration) -> Routing:
        """The routes, after noting what is wrong with them."""
        if declared.routing != self.document.path.stem:
            self.document.fault(("routing",), f"{declared.routing!r} is not the file's name", self.document.path.stem)
        self.known.check_table(f"theme.{declared.routing}", self.document, ("routing",))
        if declared.office.from_ >= declared.office.until:
            text = f"the office opens at {declared.office.from_} and closes at {declared.office.until}"
            self.document.fault(("office",), text, "an hour to open before the hour to close")
        self.known.check_code_set(declared.code_set, self.document, ("code_set",))
        self._codes(("districts",), declared.districts, _DIVISIONS)
        for number, route in enumerate(declared.routes):
            at: YamlPath = ("routes", number)
            self.known.check_department(route.owner, self.document, (*at, "owner"))
            self._codes((*at, "categories"), route.categories, declared.code_set)
            self._within((*at, "districts"), route.districts or (), declared.districts)
        made = _made(declared)
        if not self.document.faults:
            self._one_owner_each(made)
        return made

    def _codes(self, at: YamlPath, named: tuple[str, ...], code_set: str) -> None:
        self._within(at, named, self.known.codes(code_set))

    def _within(self, at: YamlPath, named: tuple[str, ...], known: Iterable[str] | None) -> None:
        for number, code in enumerate(named):
            if known is not None and code not in known:
                self.document.fault((*at, number), f"{code!r} is none of them", nearest(code, known))
            if code in named[:number]:
                self.document.fault((*at, number), f"{code!r} is named twice", "each once")

    def _one_owner_each(self, made: Routing) -> None:
        """None and two are refused alike: an event that nobody or more than one owns is nobody's."""
        first: dict[tuple[str, str], int] = {}
        for number, route in enumerate(made.routes):
            pairs = [(c, d) for c in route.categories for d in route.districts]
            taken = [pair for pair in pairs if pair in first]
            if taken:
                other = made.routes[first[taken[0]]]
                text = f"{_spelt(taken)} would have two owners: {other.name} owns {'it' if len(taken) == 1 else 'them'}"
                self.document.fault(("routes", number), text, "each category in each district in one route")
            first |= {pair: number for pair in pairs if pair not in first}
        codes = self.known.codes(made.code_set) or ()
        lacking = [(c, d) for c in sorted(codes) for d in made.districts if (c, d) not in first]
        if lacking:
            text = f"{_spelt(lacking)} would have no owner"
            self.document.fault(("routes",), text, "a route for each category in each district")


def _made(declared: RoutingDeclaration) -> Routing:
    routes = tuple(
        Route(
            one.name,
            one.categories,
            one.districts if one.districts is not None else declared.districts,
            one.owner,
            one.assign_hours,
            one.close_days,
        )
        for one in declared.routes
    )
    return Routing(
        declared.routing,
        declared.title.zh,
        declared.title.en,
        declared.code_set,
        declared.districts,
        (declared.office.from_, declared.office.until),
        declared.repeat_days,
        routes,
    )


def _spelt(pairs: list[tuple[str, str]]) -> str:
    shown = ", ".join(f"{category} in {district}" for category, district in pairs[:_SHOWN])
    return shown + (f" and {len(pairs) - _SHOWN} more" if len(pairs) > _SHOWN else "")
