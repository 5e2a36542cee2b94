"""An approved request as a change for an engineer to review: the agreement, and a first model of its product.

Texts alone, in the workspace's own form; nothing of the workspace is changed, and no draft lets anything leave: its
agreement names the persons who approved the request, who sign what is judged in the end. A product that another agency
receives is drafted from that one's model, so that pseudonyms are keyed anew; anything else selects the asked columns.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import yaml
from pydantic import ValidationError

from contracts import masks
from contracts.declarations import AgreementDeclaration
from contracts.model import Agreement, Catalogue, Level, LogicalType
from contracts.names import LONGEST
from contracts.reserved import RESERVED
from contracts.sql_text import column as sql_name
from lake.cases.resources import CITY_ID, Resource, ResourceColumn, find_resource
from quality.casts import SQL_TYPES, sql_type
from sharing.cases.law import Case
from sharing.cases.vocabulary import Kind, State
from sharing.faults import SharingRefused
from sharing.ledger import Ledger

HIGHEST = Level.L3
"""What an agency may receive at most; above it columns leave lowered or not at all."""
_WIDE = 116
_READY = frozenset({State.BUREAU_APPROVED, State.DRAFTED, State.RELEASED})
# By a column's mask: the declassifier that an engineer may lower it with.
_LOWERED_BY = {"hmac": "declassify_hmac", "middle": "declassify_mask_id", "year": "declassify_year",
               "age_band": "declassify_age_band"}  # fmt: skip


@dataclass(frozen=True)
class Draft:
    """A change: its files by their places in the workspace, and what is left to its reviewer."""

    request: str
    agreement: str
    product: str
    files: Mapping[str, str]
    notes: tuple[str, ...]

    @property
    def patch(self) -> str:
        """The same as one patch, for `git apply`."""
        return "".join(_added(place, text) for place, text in sorted(self.files.items()))


def draft(case: Case, catalogue: Catalogue, ledger: Ledger) -> Draft:
    """The change for a case that the bureau approved. SharingRefused where there is nothing to draft."""
    resource = _expect(case, catalogue, ledger)
    named = _names(case, catalogue)
    agreement, product = named
    approvals = list(dict.fromkeys(one.person for one in case.acts))
    if resource.whole:
        return _from_product(case, catalogue, resource, named, approvals)
    asked = [one for one in resource.columns if one.name in case.asked.columns]
    kept = [one for one in asked if one.level <= HIGHEST]
    left = [one for one in asked if one.level > HIGHEST]
    if not kept:
        told = f"all that is asked is above {HIGHEST}, and nothing of it may leave as it is"
        raise SharingRefused("draft_columns", case.id, told, "write the product's model by hand")
    types = _types(catalogue, resource)
    files = {
        f"contracts/agreements/{agreement}.yml": _agreement(case, named, kept, left, approvals),
        f"dbt_project/models/products/{agreement}/{product}.sql": _sql(case, resource, kept, left),
        f"dbt_project/models/products/{agreement}/{product}.yml": _yml(case, product, kept, types),
    }
    return _sound(case, named, files, tuple(_notes(kept, left)))


def _expect(case: Case, catalogue: Catalogue, ledger: Ledger) -> Resource:
    if case.kind is not Kind.REQUEST or case.state not in _READY:
        told = f"it is a {case.kind}, {case.state}: only an approved request becomes an agreement"
        raise SharingRefused("draft_approved", case.id, told, "have the departments and the bureau approve it first")
    answering = [one.name for one in catalogue.agreements.values() if one.request == case.id]
    if answering:
        what = f"{', '.join(answering)} answers it already"
        raise SharingRefused("draft_needed", case.id, what, "change that agreement, or file another request")
    found = find_resource(catalogue, ledger, case.asked.resource)
    missing = sorted(set(case.asked.columns) - {one.name for one in found.columns}) if found else []
    if found is None or missing:
        told = f"{case.asked.resource} is no more what was asked of{': ' + ', '.join(missing) if missing else ''}"
        raise SharingRefused("draft_resource", case.id, told, "have it asked anew of what there is")
    return found


def _names(case: Case, catalogue: Catalogue) -> tuple[str, str]:
    """The names of agreement and product: of the purpose, with a number where they are taken."""
    folder = catalogue.root / "dbt_project" / "models"
    taken = {path.stem for path in folder.rglob("*.sql")} | {one.product for one in catalogue.agreements.values()}
    taken |= {*catalogue.entities, *(table for domain in catalogue.domains.values() for table in domain.rules)}
    prefix = f"{case.asked.agency}__"
    agreement = _free(prefix + case.asked.purpose_code, set(catalogue.agreements))
    return agreement, _free(f"{case.asked.purpose_code[: LONGEST - len('_data_999')]}_data".replace("__", "_"), taken)


def _free(name: str, taken: set[str]) -> str:
    tried = (name, *(f"{name}_{number}" for number in range(2, 1000)))
    return next(one for one in tried if one not in taken)


def _agreement(
    case: Case, named: tuple[str, str], kept: list[ResourceColumn], left: list[ResourceColumn], approvals: list[str]
) -> str:
    columns = [
        {
            "name": one.name,
            "type": one.type,
            "title": {"zh": one.title_zh, "en": one.title_en},
            "purpose": case.asked.columns[one.name],
            # The same for every recipient: it leaves where that is said, and so approved.
            **({"mask": masks.CITY_ID} if one.name == CITY_ID else {}),
        }
        for one in kept
    ]
    told = {**_terms(case, named, approvals), "level_ceiling": str(max(one.level for one in kept))}
    comments = [f"{one.name} is {one.level}, above what may leave ({HIGHEST}): left out here" for one in left]
    if any(one.sensitive_personal for one in kept):
        comments.append(
            "Sensitive personal information is in it: name its impact_assessment (个人信息保护法, article 55)."
        )
    return _yaml(case, {**told, "columns": columns}, comments)


def _terms(case: Case, named: tuple[str, str], approvals: list[str]) -> dict[str, Any]:
    asked = case.asked
    purpose = {"code": asked.purpose_code, "text": asked.purpose, "legal_basis": asked.legal_basis}
    return {
        "agreement": named[0],
        "agency": asked.agency,
        "title": {"zh": asked.title, "en": asked.title},
        "product": named[1],
        "request": case.id,
        "purpose": purpose,
        "scope": {"text": asked.scope},
        "sharing_attribute": asked.sharing,
        "valid": {"from": asked.valid_from, "until": asked.valid_until},
        "approvals": approvals,
    }


def _yaml(case: Case, told: Mapping[str, Any], comments: Iterable[str]) -> str:
    lines = [
        *_comment(_HEADING.format(request=case.id), "#"),
        *(line for one in comments for line in _comment(one, "#")),
    ]
    for name, value in told.items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            lines += [f"{name}:", *(f"  - {_flow(one)}" for one in value)]
        else:
            lines.append(f"{name}: {_flow(value)}")
    return "\n".join(lines) + "\n"


def _flow(value: Any) -> str:
    if isinstance(value, date):
        return value.isoformat()
    text: str = yaml.safe_dump(value, default_flow_style=True, allow_unicode=True, sort_keys=False, width=1_000_000)
    return text.removesuffix("\n...\n").rstrip("\n")


_HEADING = "Drafted from request {request}: read it, correct it, and have it reviewed before it is merged."


def _comment(text: str, mark: str) -> list[str]:
    plain = re.sub(r"\s+", " ", text).strip()
    return [f"{mark} {line}" for line in textwrap.wrap(plain, _WIDE, break_on_hyphens=False)]


def _sql(case: Case, resource: Resource, kept: list[ResourceColumn], left: list[ResourceColumn]) -> str:
    lines = _comment(_HEADING.format(request=case.id), "--")
    for one in left:
        by = _LOWERED_BY.get(one.mask)
        how = f"zhongtai.{by}, if its output serves the purpose" if by else "a declassifier, if one serves the purpose"
        why = case.asked.columns[one.name]
        lines += _comment(f"{one.name} is {one.level} and left out; it is asked to: {why}. Lower it by {how}.", "--")
    columns = ",\n".join(f"  {sql_name(one.name)}" for one in kept)
    # Whoever merges it unread lets nothing leave: what the scope means only a person can write.
    scope = _comment(f"The scope, to be written in place of `false`: {case.asked.scope}", "--")
    return (
        "\n".join([*lines, "select", columns, f"from {{{{ ref('{resource.model}') }}}}", *scope, "where false"]) + "\n"
    )


def _yml(case: Case, product: str, kept: list[ResourceColumn], types: Mapping[str, str]) -> str:
    columns = [
        {
            "name": one.name,
            **({"quote": True} if one.name in RESERVED else {}),
            "description": f"{one.title_zh} / {one.title_en}",
            "data_type": types[one.name].lower(),
        }
        for one in kept
    ]
    told = f"{case.asked.title}: drafted, its grain to be said. Rebuilt whole from all current batches."
    return _models({"name": product, "description": told, "columns": columns}, case)


def _models(model: Mapping[str, Any], case: Case) -> str:
    head = "\n".join(_comment(_HEADING.format(request=case.id), "#"))
    text = yaml.safe_dump({"version": 2, "models": [dict(model)]}, allow_unicode=True, sort_keys=False, width=_WIDE)
    return f"{head}\n{text}"


def _types(catalogue: Catalogue, resource: Resource) -> Mapping[str, str]:
    """The types that the columns have in the lake."""
    dataset = catalogue.datasets.get(resource.id)
    if dataset is not None:
        return {one.name: sql_type(one.element) for one in dataset.columns}
    entity = catalogue.entities[resource.model]
    told = {CITY_ID: SQL_TYPES[LogicalType.STRING], entity.identifier: sql_type(catalogue.elements[entity.identifier])}
    return told | {one.name: sql_type(one.element) for one in entity.attributes}


def _notes(kept: list[ResourceColumn], left: list[ResourceColumn]) -> Iterable[str]:
    yield "no row leaves until the scope is written as the model's condition, in place of `false`"
    for one in left:
        yield f"{one.name} ({one.level}) is left out: lower it by a declassifier, or leave it so"
    if any(one.sensitive_personal for one in kept):
        yield "sensitive personal information is in it: name its impact assessment"


def _from_product(
    case: Case, catalogue: Catalogue, resource: Resource, named: tuple[str, str], approvals: list[str]
) -> Draft:
    """The other agency's product once more, for this one: the same model in a folder of its own."""
    first = min(
        (one for one in catalogue.agreements.values() if one.product == resource.model), key=lambda one: one.name
    )
    place = catalogue.root / "dbt_project" / "models" / "products" / first.name
    agreement, product = named
    try:
        sql = (place / f"{first.product}.sql").read_text("utf-8")
        described = yaml.safe_load((place / f"{first.product}.yml").read_text("utf-8"))["models"]
        model = next(one for one in described if one["name"] == first.product)
        terms = yaml.safe_load(first.path.read_text("utf-8")) if first.path else {}
    except (OSError, StopIteration, KeyError, TypeError, yaml.YAMLError):
        told = f"the model of {first.product} is not in dbt_project/models/products/{first.name}/"
        raise SharingRefused("draft_model", case.id, told, "write the product's model by hand") from None
    head = "\n".join(_comment(f"{_HEADING.format(request=case.id)} It is the model of {first.name}.", "--"))
    files = {
        f"contracts/agreements/{agreement}.yml": _as_agreed(case, named, terms, first, approvals),
        f"dbt_project/models/products/{agreement}/{product}.sql": f"{head}\n{sql}",
        f"dbt_project/models/products/{agreement}/{product}.yml": _models({**model, "name": product}, case),
    }
    notes = ("see that the scope of the model is what was asked", "who approves declassifiers here is to be named")
    return _sound(case, named, files, notes)


_OF_ONE = (
    "version", "author", "declassifiers", "impact_assessment", "allowed_purposes", "tell_persons", "untold_basis",
)  # fmt: skip
"""What was agreed on with the other agency alone."""


def _as_agreed(
    case: Case, named: tuple[str, str], terms: Mapping[str, Any], first: Agreement, approvals: list[str]
) -> str:
    own = _terms(case, named, approvals)
    kept = {name: value for name, value in terms.items() if name not in _OF_ONE and name not in own}
    columns = [{**one, "purpose": case.asked.columns[one["name"]]} for one in terms["columns"]]
    comments = [f"{first.name} has named an impact assessment: this agreement needs its own."]
    return _yaml(case, {**own, **kept, "columns": columns}, comments if first.impact_assessment else [])


def _sound(case: Case, named: tuple[str, str], files: dict[str, str], notes: tuple[str, ...]) -> Draft:
    """The draft, its agreement being one by its shape; what it refers to is judged where it is applied."""
    place = f"contracts/agreements/{named[0]}.yml"
    try:
        AgreementDeclaration.model_validate(yaml.safe_load(files[place]))
    except ValidationError as error:
        where = ", ".join(sorted({".".join(map(str, one["loc"])) for one in error.errors()}))
        told = f"what is asked makes no agreement: {where}"
        raise SharingRefused("draft_sound", case.id, told, "write the agreement by hand") from None
    return Draft(case.id, *named, files, notes)


def _added(place: str, text: str) -> str:
    lines = text.split("\n")[:-1]
    head = [f"diff --git a/{place} b/{place}", "new file mode 100644", "--- /dev/null", f"+++ b/{place}"]
    return "\n".join([*head, f"@@ -0,0 +1,{len(lines)} @@", *(f"+{line}" for line in lines)]) + "\n"
