"""A small city whose graph shows what each declassifier was given, and a short way to write its calls."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from lake.settings import REPOSITORY
from lineage.calls import Argument, Call
from lineage.elements import Declared
from lineage.facts import DIRECT, INDIRECT, ColumnRef, Edge
from lineage.graph import Graph
from lineage.policy import Policy, load_policy

POLICY: Policy = load_policy(REPOSITORY / "contracts" / "standards" / "lineage_policy.yml")
REGISTRY = POLICY.registry
RAW, REGISTERED, PRODUCT = "lake.raw.deaths", "lake.theme.natural_person__registered", "lake.product.p"
ELEMENTS = {
    "resident_id": "resident_id",
    "name": "person_name",
    "phone": "phone",
    "address": "address",
    "birth_date": "birth_date",
    "visited_at": "timestamp",
    "diagnosis": "diagnosis_code",
    "credit_code": "credit_code",
    "longitude": "longitude",
}
DECLARED = Declared(
    elements={
        **{ColumnRef(RAW, name): element for name, element in ELEMENTS.items()},
        ColumnRef("lake.staging.identity_decisions", "city_id"): "registered_city_id",
    },
    types={"birth_date": "date", "timestamp": "date"},
    identifiers=frozenset({"resident_id", "credit_code"}),
    issued=frozenset({"registered_city_id"}),
    attributes={ColumnRef("lake.theme.person", "name"): "person_name"},
)


def ref(text: str) -> ColumnRef:
    """A column: of the raw table where no relation is given."""
    return ColumnRef.parse(text) if "." in text else ColumnRef(RAW, text)


def column(*names: str) -> Argument:
    """An argument that is one of some stored columns."""
    found = frozenset(map(ref, names))
    return Argument("column", found, found)


def given(kind: str, *names: str) -> Argument:
    """An argument of another kind, computed from some columns; a distinct count is of copies of them."""
    found = frozenset(map(ref, names))
    return Argument(kind, found if kind == "count_distinct" else frozenset(), found)


CONSTANT = Argument("constant")


def graph(
    calls: Mapping[str, Call | Iterable[Call]],
    copies: Mapping[str, Iterable[str] | None] | None = None,
    edges: Iterable[Edge] = (),
) -> Graph:
    """A graph of calls by column, copies by column, and edges: those that the calls make are added."""
    found = {ref(at): (one,) if isinstance(one, Call) else tuple(one) for at, one in calls.items()}
    into: dict[ColumnRef, list[Edge]] = {}
    for at, all_calls in found.items():
        for call in all_calls:
            for source in sorted({source for argument in call.arguments for source in argument.sources}):
                into.setdefault(at, []).append(Edge(source, at, DIRECT, "expression", call.name))
    kept = {ref(at): None if names is None else frozenset(map(ref, names)) for at, names in (copies or {}).items()}
    for at, names in kept.items():
        into.setdefault(at, []).extend(Edge(name, at, DIRECT, "identity") for name in sorted(names or ()))
    for edge in edges:
        into.setdefault(edge.target, []).append(edge)
    columns: dict[str, tuple[str, ...]] = {}
    for one in sorted({*DECLARED.elements, *into, *kept, *(e.source for all_e in into.values() for e in all_e)}):
        if one.column != "*":
            columns[one.relation] = (*columns.get(one.relation, ()), one.column)
    built = frozenset(at.relation for at in into)
    return Graph(columns, {at: tuple(all_e) for at, all_e in into.items()}, {}, built, found, kept)


def decides(source: str, target: str, declassifier: str = "", reason: str = "case_condition") -> Edge:
    """An edge that decides."""
    return Edge(ref(source), ref(target), INDIRECT, reason, declassifier)


REGISTRY_CALL = Call("declassify_city_key", (column(f"{REGISTERED}.identifier"),))
REGISTRY_EDGES = (
    Edge(
        ColumnRef("lake.staging.identity_decisions", "city_id"), ColumnRef(REGISTERED, "city_id"), DIRECT, "expression"
    ),
)
REGISTRY_COPIES: Mapping[str, Iterable[str] | None] = {
    f"{REGISTERED}.identifier": ["resident_id"],
    f"{REGISTERED}.city_id": None,
}


def with_registry(
    calls: Mapping[str, Call | Iterable[Call]],
    copies: Mapping[str, Iterable[str] | None] | None = None,
    edges: Iterable[Edge] = (),
) -> Graph:
    """The same, in a city whose registry has made city ids of resident ids."""
    return graph(
        {f"{REGISTERED}.city_id": REGISTRY_CALL, **calls},
        {**REGISTRY_COPIES, **(copies or {})},
        (*REGISTRY_EDGES, *edges),
    )
