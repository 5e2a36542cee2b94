"""Jurisdictions: the shape of `contracts/standards/jurisdictions/*.yml`, judged; and the one that a city names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated

from pydantic import Field

from contracts.city_declarations import CityDeclaration
from contracts.declarations import Declaration, Text, Title, Truth
from contracts.documents import Document
from contracts.faults import nearest
from contracts.jurisdiction import Ground, Jurisdiction, Limit
from contracts.names import Name


class LimitDeclaration(Declaration):
    """So many working days after the day of what they begin with."""

    working_days: Annotated[int, Field(strict=True, ge=1, le=260)]
    source: Text = Field(description="the law that says so")
    verify: Truth = Field(False, description="not read in the law's own text: an example, to be set right")


class LimitsDeclaration(Declaration):
    """The deadlines of cases."""

    answer_unconditional: LimitDeclaration = Field(description="a request for what is shared without condition")
    answer_conditional: LimitDeclaration = Field(description="a request for what is shared on condition")
    share: LimitDeclaration = Field(description="from the bureau's approval to the first release")
    dispute: LimitDeclaration = Field(description="from an objection to a refusal to its decision")
    answer_public_request: LimitDeclaration
    answer_registration: LimitDeclaration
    answer_objection: LimitDeclaration
    correction_send: LimitDeclaration | None = Field(None, description="from a correction's opening to its sending")
    correction_answer: LimitDeclaration | None = Field(None, description="from its sending to the department's answer")
    correction_mend: LimitDeclaration | None = Field(None, description="from that answer to the delivery that mends it")
    correction_dispute: LimitDeclaration | None = Field(None, description="from a dispute to the bureau's decision")


class StopDeclaration(Declaration):
    """Whether the clock stands still while a question is with whoever asked."""

    value: Truth
    source: Text
    verify: Truth = False


class GroundDeclaration(Declaration):
    """A ground on which a request may be refused."""

    title: Title
    source: Text
    verify: Truth = False


class JurisdictionDeclaration(Declaration):
    """`contracts/standards/jurisdictions/<jurisdiction>.yml`."""

    jurisdiction: Name
    title: Title
    source: Text
    deadlines: LimitsDeclaration
    questions_stop_the_clock: StopDeclaration
    grounds: Annotated[dict[Name, GroundDeclaration], Field(min_length=1)]
    correction_grounds: dict[Name, GroundDeclaration] = Field(
        {}, description="on which a department may say that its data is right as it is; none: it may not"
    )


def read_jurisdictions(documents: Iterable[Document]) -> dict[str, Jurisdiction]:
    """The jurisdictions by name; a city's file cannot declare again what the platform ships."""
    found: dict[str, Jurisdiction] = {}
    for document in documents:
        declared = document.shaped(JurisdictionDeclaration) if document.usable else None
        if declared is None:
            continue
        if declared.jurisdiction != document.path.stem:
            text = f"{declared.jurisdiction!r} is not the file's name"
            document.fault(("jurisdiction",), text, document.path.stem)
        if declared.jurisdiction in found:
            text = f"the jurisdiction {declared.jurisdiction!r} exists already"
            document.fault(("jurisdiction",), text, "a name of its own, which zhongtai.yml names")
        found.setdefault(declared.jurisdiction, _jurisdiction(declared))
    return found


def chosen(city: CityDeclaration, known: Mapping[str, Jurisdiction], document: Document) -> Jurisdiction:
    """The jurisdiction that a city names; the fault of one that is none goes to the city's file."""
    if city.jurisdiction not in known:
        text = f"there is no jurisdiction {city.jurisdiction!r}"
        document.fault(("jurisdiction",), text, nearest(city.jurisdiction, known))
    return known.get(city.jurisdiction, Jurisdiction())


def _jurisdiction(declared: JurisdictionDeclaration) -> Jurisdiction:
    limits = {
        name: Limit(one.working_days, one.source, one.verify)
        for name in type(declared.deadlines).model_fields
        if (one := getattr(declared.deadlines, name))
    }
    grounds, own = _grounds(declared.grounds), _grounds(declared.correction_grounds)
    title = declared.title
    stop = declared.questions_stop_the_clock.value
    return Jurisdiction(declared.jurisdiction, title.zh, title.en, declared.source, limits, stop, grounds, own)


def _grounds(declared: Mapping[str, GroundDeclaration]) -> dict[str, Ground]:
    return {code: Ground(code, one.title.zh, one.title.en, one.source, one.verify) for code, one in declared.items()}
