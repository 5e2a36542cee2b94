"""A request as it is written becomes what is asked: the resource looked up, its columns, and whose data they are.

All that is wrong with it is told at once. Filing it is `acting.py`'s.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from contracts.faults import nearest
from contracts.model import Catalogue, SharingAttribute
from contracts.requests import PublicDeclaration, RequestDeclaration
from contracts.words import misfit
from lake.cases.resources import Resource, find_resource
from sharing.cases.asked import Asked
from sharing.cases.vocabulary import Kind
from sharing.faults import Fault, SharingRefused
from sharing.ledger import Ledger


class RequestRefused(SharingRefused):
    """A request that cannot be filed as it is; `faults` are all that is wrong with it, each by its field."""

    def __init__(self, faults: list[Fault]) -> None:
        first = faults[0]
        more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
        super().__init__(first.rule, first.subject, first.message + more, first.fix)
        self.faults = tuple(faults)


def read_request(told: Mapping[str, Any], catalogue: Catalogue, ledger: Ledger) -> Asked:
    """What a request asks for. Raises `RequestRefused`."""
    try:
        declared = RequestDeclaration.model_validate(told)
    except ValidationError as error:
        raise RequestRefused(list(_misfits(error))) from None
    resource = find_resource(catalogue, ledger, declared.resource)
    if resource is None:
        raise RequestRefused([_unknown("resource", declared.resource, catalogue.datasets)])
    faults = [*_named(declared, catalogue), *_columns(declared, resource)]
    if faults:
        raise RequestRefused(faults)
    return Asked(
        title=declared.title,
        purpose=declared.purpose.text,
        agency=declared.agency,
        resource=resource.id,
        columns=dict(declared.columns),
        purpose_code=declared.purpose.code,
        legal_basis=declared.purpose.legal_basis,
        scope=declared.scope,
        valid_from=declared.valid.from_,
        valid_until=declared.valid.until,
        departments=resource.departments(declared.columns),
        sharing=str(resource.sharing(declared.columns)),
    )


def read_public(told: Mapping[str, Any]) -> tuple[Kind, Asked]:
    """What anybody asks, and of which kind it is. Raises `RequestRefused`.

    What it is about is kept as it was written: whether there is such a thing is nobody's to find out by asking.
    """
    try:
        declared = PublicDeclaration.model_validate(told)
    except ValidationError as error:
        raise RequestRefused(list(_misfits(error))) from None
    return Kind(declared.kind), Asked(declared.title, declared.text, resource=declared.about)


def _misfits(error: ValidationError) -> Iterator[Fault]:
    by: dict[str, list[Any]] = {}
    for detail in error.errors(include_url=False):
        by.setdefault(".".join(map(str, detail["loc"])), []).append(detail)
    for place, details in by.items():
        if details[0]["type"] == "missing":
            yield Fault("request_understood", place, "it is not there", f"write {place}")
        elif details[0]["type"] == "extra_forbidden":
            yield Fault("request_understood", place, "nobody asks for this", "leave it out")
        else:
            yield Fault("request_understood", place, *misfit(details))


def _named(declared: RequestDeclaration, catalogue: Catalogue) -> Iterator[Fault]:
    known = {*catalogue.departments, *(one.agency for one in catalogue.agreements.values())} - {"public"}
    if declared.agency not in known:
        yield _unknown("agency", declared.agency, known)


def _columns(declared: RequestDeclaration, resource: Resource) -> Iterator[Fault]:
    names = {one.name for one in resource.columns if one.knowable}
    for name in declared.columns:
        if name not in names:
            yield _unknown(f"columns.{name}", name, names)
        elif resource.column(name).sharing is SharingAttribute.NOT_SHARED:
            told = f"{resource.id}.{name} is not shared (不予共享)"
            yield Fault("request_shareable", f"columns.{name}", told, "leave it out; see the catalogue for the reason")
    missing = sorted(names - set(declared.columns)) if resource.whole else []
    if missing:
        told = f"a product is asked for whole, and {', '.join(missing)} is left out"
        yield Fault("request_whole", "columns", told, "say of each column what it is needed for, or ask for datasets")


def _unknown(place: str, name: str, known: Any) -> Fault:
    return Fault("request_known", place, f"there is no {name!r}", nearest(name, known))
