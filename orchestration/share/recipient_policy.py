"""What the files of a product hold of the rows and masks that their recipient is promised, as evidence.

Lives here: which pattern a mask of the agreement stands for. Must not live here: the counting (`sharing.policy_proof`)
and the refusal (the contract gate).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from contracts.evidence import MaskedColumn, PolicyEvidence
from contracts.masks import SHAPES
from contracts.model import Agreement
from lineage.declassifiers import Registry
from sharing.faults import SharingRefused
from sharing.policy_proof import count


def policy_seen(agreement: Agreement, registry: Registry, files: Sequence[Path]) -> PolicyEvidence | None:
    """What was counted in the files, as far as it could be; None where the agreement declares no policy."""
    masks = {column.name: column.mask for column in agreement.columns if column.mask is not None}
    if not agreement.rows and not masks:
        return None
    patterns = {name: _pattern(mask, registry) for name, mask in masks.items()}
    try:
        found = count(files, agreement.rows, {name: one for name, one in patterns.items() if one is not None})
    except SharingRefused:
        unknown = tuple(MaskedColumn(name, mask, patterns[name], None) for name, mask in masks.items())
        return PolicyEvidence(agreement.rows, unknown, None, None)
    seen = tuple(MaskedColumn(name, mask, patterns[name], found.unmasked.get(name)) for name, mask in masks.items())
    return PolicyEvidence(agreement.rows, seen, found.rows, found.outside, found.breaking)


def _pattern(mask: str, registry: Registry) -> str | None:
    """The pattern of all text that a mask leaves; None where single cells show nothing of it."""
    known = registry.get(mask)
    if known is None:
        return SHAPES.get(mask)
    condition = known.post_condition
    if condition.kind == "fixed_length":
        return f"[{condition.alphabet}]{{{condition.length}}}"
    return condition.pattern if condition.kind == "pattern" else None
