"""`matching:` of an entity, judged: what it compares must be the entity's, and what it blocks by must be compared.

Lives here: from the declaration to the record. Must not live here: the vocabulary (`matching.py`)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from contracts.declarations import ComparisonDeclaration, EntityDeclaration, MatchingDeclaration
from contracts.documents import Document, YamlPath
from contracts.faults import nearest
from contracts.matching import KEYS, TYPES, BlockKey, Comparison, ComparisonKind, Matching
from contracts.model import LogicalType


def read_matching(
    document: Document, at: YamlPath, entity: EntityDeclaration, types: Mapping[str, LogicalType]
) -> Matching | None:
    """How an entity's rows are matched; None where that is not declared, or after noting what is wrong.

    `types` are those of its attributes.
    """
    declared = entity.matching
    if declared is None:
        return None
    known = {entity.identifier, *(one.name for one in entity.attributes)}
    comparisons = tuple(_comparisons(document, (*at, "compare"), declared, known))
    compared = {one.name: one for one in comparisons}
    for number, one in enumerate(comparisons):
        _check_types(document, (*at, "compare", number), one, types)
    for number, one in enumerate(comparisons):
        if one.name in {earlier.name for earlier in comparisons[:number]}:
            document.fault((*at, "compare", number), f"{one.name!r} is compared twice", "each attribute once")
    blocks = tuple(
        tuple(_keys(document, (*at, "block", number), written, compared))
        for number, written in enumerate(declared.block)
    )
    if declared.review > declared.automatic:
        text = f"review from {declared.review}, but automatic from {declared.automatic}"
        document.fault((*at, "review"), text, "a probability that is not above `automatic`")
    for number, name in enumerate(declared.conflicts):
        if name == entity.identifier:
            text = f"{name!r} is the identifier: where it differs, they are two things"
            document.fault((*at, "conflicts", number), text, "an attribute that departments may say otherwise")
        elif name not in known:
            document.fault((*at, "conflicts", number), f"there is no attribute {name!r}", nearest(name, known))
    return Matching(
        comparisons=comparisons,
        blocks=blocks,
        automatic=float(declared.automatic),
        review=float(declared.review),
        two_persons=declared.two_persons,
        most_pairs=declared.most_pairs,
        conflicts=declared.conflicts,
    )


def _check_types(document: Document, at: YamlPath, one: Comparison, types: Mapping[str, LogicalType]) -> None:
    fitting = TYPES.get(one.kind, frozenset({LogicalType.STRING}))
    for name in one.attributes:
        if name in types and types[name] not in fitting:
            text = f"{name} is {types[name]}, and {one.kind} compares {' or '.join(sorted(fitting))}"
            document.fault(at, text, "a kind that compares what it is, or another attribute")


def _comparisons(
    document: Document, at: YamlPath, declared: MatchingDeclaration, known: set[str]
) -> Iterator[Comparison]:
    for number, one in enumerate(declared.compare):
        place = (*at, number)
        names = _named(document, place, one)
        for name in names:
            if name not in known:
                document.fault(place, f"there is no attribute {name!r}", nearest(name, known))
        if names:
            yield Comparison(names, one.as_)


def _named(document: Document, at: YamlPath, one: ComparisonDeclaration) -> tuple[str, ...]:
    """The attributes of one comparison: one, but longitude and latitude of coordinates."""
    names = (*([one.attribute] if one.attribute else []), *one.attributes)
    wanted = 2 if one.as_ is ComparisonKind.COORDINATES else 1
    if len(names) != wanted or (one.attribute and one.attributes):
        instead = "attributes: [<longitude>, <latitude>]" if wanted == 2 else "attribute: <name>"
        document.fault(at, f"{one.as_} compares {wanted} attribute(s), {len(names)} are given", instead)
        return ()
    return names


def _keys(
    document: Document, at: YamlPath, written: tuple[str, ...], compared: dict[str, Comparison]
) -> Iterator[BlockKey]:
    if not written:
        document.fault(at, "a block of no keys would compare every row with every other", "[<attribute>, …]")
    for text in written:
        name, _, key = text.partition(".")
        if (one := compared.get(name)) is None:
            document.fault(at, f"{name!r} is not compared", nearest(name, compared))
        elif key and key not in KEYS[one.kind]:
            document.fault(at, f"{one.kind} has no key {key!r}", nearest(key, KEYS[one.kind]))
        else:
            yield BlockKey(name, key or KEYS[one.kind][0])
