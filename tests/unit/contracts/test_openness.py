"""What is open to the public is declared, and what is not declared is not: datasets, licences, whom to ask."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from contracts.changes import changes
from contracts.load import load_catalogue
from contracts.model import Licence, OpenAttribute, OpenData
from sharing.canonical import agreement_digest
from tests.unit.contracts.test_categories import changed
from tests.unit.gates import cases

RESIDENTS = "contracts/departments/police/residents.yml"


def test_nothing_is_open_where_nothing_is_said(workspace: Path) -> None:
    city = load_catalogue(workspace)
    assert {one.open_attribute for one in city.datasets.values()} == {OpenAttribute.NOT_OPEN}
    assert city.open_data == OpenData() and {one.licence for one in city.agreements.values()} == {None}


def test_what_is_said_is_read(workspace: Path) -> None:
    last = "  - {property: category, value: important}\n"
    city = changed(workspace, RESIDENTS, last, f"{last}  - {{property: open_attribute, value: conditional}}\n")
    assert city.datasets["police.residents"].open_attribute is OpenAttribute.CONDITIONAL
    said = "open_data: {licence: {title: Ours, url: https://x.example/l}, contact: {name: Office, email: o@x.example}}"
    city = changed(workspace, "zhongtai.yml", "deliveries: deliveries\n", f"deliveries: deliveries\n{said}\n")
    assert city.open_data == OpenData(Licence("Ours", "https://x.example/l"), "Office", "o@x.example")


def test_an_agreement_that_says_nothing_new_is_the_one_that_was_signed() -> None:
    terms = cases.agreement(agency="public", name="public__ages")
    signed = agreement_digest(terms)
    assert agreement_digest(replace(terms, open_attribute=OpenAttribute.UNCONDITIONAL, licence=None)) == signed
    others = [{"licence": Licence("L", "https://x.example")}, {"open_attribute": OpenAttribute.CONDITIONAL}]
    assert len({signed, *(agreement_digest(replace(terms, **other)) for other in others)}) == 3  # type: ignore[arg-type]


def test_who_has_it_without_registering_is_promised_that(workspace: Path) -> None:
    before = load_catalogue(workspace)
    (name,) = before.agreements
    stricter = replace(before.agreements[name], open_attribute=OpenAttribute.CONDITIONAL)
    after = replace(before, agreements={name: stricter})
    assert [(one.kind, one.breaking) for one in changes(before, after)] == [("openness_changed", True)]
    assert [(one.kind, one.breaking) for one in changes(after, before)] == [("openness_changed", False)]
