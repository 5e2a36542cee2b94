"""Which pairs are asked about, however likely they are. Lives here: what never is sure by itself, in SQL over levels.

Must not live here: what levels are worth (`scoring.py`).

Scores count what is compared as if each came by itself. Kin and branches are where that is wrong: twins share birthday,
address and phone, and one character tells them apart; an organisation's branches share name and phone, and are told
apart by where they are. However much the shared things weigh, such a pair is not one without being asked, unless an
identifier is as good as the same.
"""

from __future__ import annotations

from collections.abc import Iterable

from contracts.matching import ComparisonKind, Matching
from lake.linking.all_kinds import KINDS

_OTHER_PERSON = ("near", "surname", "different")
_OTHER_BRANCH = ("branch",)
_SAME_NAME = ("equal", "core")
_ELSEWHERE = ("street", "road", "district", "different")
_SAME_IDENTIFIER = ("equal", "digit", "swapped")
_ADDRESSES = (ComparisonKind.CHINESE_ADDRESS, ComparisonKind.LATIN_ADDRESS)


def doubtful(matching: Matching) -> str:
    """The condition, in SQL over `g<i>`, under which a pair is asked about; true, false, never null."""
    names = _places(matching, ComparisonKind.CHINESE_NAME)
    organisations = _places(matching, ComparisonKind.ORGANISATION_NAME)
    addresses = [place for kind in _ADDRESSES for place in _places(matching, kind)]
    reasons = [_at(matching, place, _OTHER_PERSON) for place in names]
    reasons += [_at(matching, place, _OTHER_BRANCH) for place in organisations]
    reasons += [
        f"(not {_at(matching, name, _SAME_NAME)} and {_at(matching, address, _ELSEWHERE)})"
        for name in organisations
        for address in addresses
    ]
    proofs = [_at(matching, place, _SAME_IDENTIFIER) for place in _places(matching, ComparisonKind.IDENTIFIER)]
    if not reasons:
        return "false"
    return f"(({' or '.join(reasons)}) and not ({' or '.join(proofs) or 'false'}))"


def _places(matching: Matching, kind: ComparisonKind) -> list[int]:
    return [place for place, one in enumerate(matching.comparisons) if one.kind is kind]


def _at(matching: Matching, place: int, levels: Iterable[str]) -> str:
    names = [level.name for level in KINDS[matching.comparisons[place].kind].levels]
    numbers = ", ".join(str(names.index(level)) for level in levels if level in names)
    return f"coalesce(g{place} in ({numbers}), false)"
