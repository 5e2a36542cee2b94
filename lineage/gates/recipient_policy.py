"""The recipient's policy in the contract gate: no row outside the agreed scope, no cell without its agreed mask.

Lives here: judging what was counted in the files, and what lineage says of how a masked column was made. Must not live
here: the counting (`sharing.policy_proof`), nor any rewriting: what leaves is what the model's author wrote.
"""

from __future__ import annotations

from collections.abc import Iterator

from contracts.evidence import MaskedColumn, PolicyEvidence
from contracts.masks import maker
from contracts.violation import Violation
from lineage.gates.gate import Case, Gate


def policy_violations(gate: Gate, case: Case) -> Iterator[Violation]:
    """What the files do not keep of the rows and masks that their agreement declares, if it declares any."""
    masks = {column.name: column.mask for column in case.agreement.columns if column.mask is not None}
    if not case.agreement.rows and not masks:
        return
    seen = case.evidence.policy
    if not _counted(case, seen, masks):
        yield gate.refuse(
            "policy_proved",
            case.evidence.candidate.table,
            "the files were not held against the rows and masks that the agreement declares",
            "run again; if it stays, see that the files have every column that scope.rows and mask: name",
        )
        return
    assert seen is not None
    if seen.outside != 0:
        yield _outside(gate, case, seen)
    for one in seen.masks:
        yield from _mask(gate, case, one)


def _counted(case: Case, seen: PolicyEvidence | None, masks: dict[str, str]) -> bool:
    """Whether somebody counted, all the rows there are, and by what the agreement says now."""
    return (
        seen is not None
        and seen.conditions == case.agreement.rows
        and {one.column: one.mask for one in seen.masks} == masks
        and seen.rows == case.evidence.candidate.rows
    )


def _outside(gate: Gate, case: Case, seen: PolicyEvidence) -> Violation:
    number = "an unknown number" if seen.outside is None else seen.outside
    broken = {column: rows for column, rows in seen.breaking.items() if rows}
    by = ", ".join(f"{column} in {rows}" for column, rows in broken.items()) or "by a column that is not known"
    return gate.refuse(
        "row_scope",
        case.evidence.candidate.table,
        f"{number} of {seen.rows} rows are outside the scope of {case.subject}: {by}",
        "select only rows of the scope in the product model (where … in (…)), or agree on a wider scope",
        outside=seen.outside,
        rows=seen.rows,
        by_column=broken,
    )


def _mask(gate: Gate, case: Case, one: MaskedColumn) -> Iterator[Violation]:
    subject = case.column(one.column)
    if one.pattern is None:
        yield gate.refuse(
            "mask_known",
            subject,
            f"nobody knows what the text of mask {one.mask} looks like: cells could not be held against it",
            "name a mask of docs/declarations.md, or a declassifier with a pattern or a fixed length as post-condition",
        )
    elif one.unmasked != 0:
        number = "an unknown number" if one.unmasked is None else one.unmasked
        yield gate.refuse(
            "mask_shape",
            subject,
            f"{number} of {case.evidence.candidate.rows} cells do not show the mask {one.mask} that is agreed",
            "mask the column in the product model, or leave it out",
            unmasked=one.unmasked,
            rows=case.evidence.candidate.rows,
        )
    wanted = maker(one.mask)
    made = {item.declassifier.lower() for item in case.evidence.lineage.declassifications if item.column == one.column}
    if wanted is not None and (wanted not in made or one.past != ()):
        yield gate.refuse(
            "mask_made",
            subject,
            _otherwise(one, wanted if wanted not in made else ""),
            f"call {wanted} in the product model (zhongtai.declassify_hmac for a pseudonym), or agree on what it is",
            past=one.past,
        )


def _otherwise(one: MaskedColumn, missing: str) -> str:
    """What lineage says of a column that its mask does not say."""
    if missing:
        return f"lineage finds no {missing} behind it, of which the mask {one.mask} is made"
    if one.past is None:
        return f"it is not known whether all its values come through what makes the mask {one.mask}"
    return f"values of {', '.join(one.past[:3])} come into it past what makes the mask {one.mask}"
