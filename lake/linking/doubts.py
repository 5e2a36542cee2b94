"""Which pairs are asked about, however likely they are. Lives here: what never is sure by itself, in SQL over levels.

Must not live here: what levels are worth (`scoring.py`).

Scores count what is compared as if each came by itself. Kin, branches and neighbours are where that is wrong: twins
share birthday, address and phone, and one character tells them apart; an organisation's branches share name and phone,
and where they are tells them apart; shops under one roof share all but the name. However much the shared things weigh,
such a pair is not one without being asked, unless an identifier is as good as the same.
"""

from __future__ import annotations

from collections.abc import Iterable

from contracts.matching import ComparisonKind, Matching
from lake.linking.all_kinds import KINDS

_OTHER_PERSON = ("near", "surname", "different")
_OTHER_LATIN, _OTHER_WHOLE_LATIN = ("far", "different"), ("sound", "far", "different")
_SAME_LATIN, _SAME_DAY = ("equal", "near"), ("equal",)
_OTHER_BRANCH = ("branch",)
_SAME_NAME = ("equal", "core")
_OTHER_ORGANISATION = ("different",)
_SAME_PHONE = ("equal",)
_ELSEWHERE = ("street", "road", "district", "elsewhere", "different")
_OTHER_SITE = ("elsewhere",)
_SAME_IDENTIFIER = ("equal", "digit", "swapped")
_ADDRESSES = (ComparisonKind.CHINESE_ADDRESS, ComparisonKind.LATIN_ADDRESS)


_AGAINST_PERSONS, _AGAINST_NEIGHBOURS = -30.0, -15.0


def doubtful(matching: Matching) -> str:
    """The condition, in SQL over `g<i>`, under which a pair is asked about; true, false, never null."""
    return _unproved(matching, [*_persons(matching), *_kin(matching), *_neighbours(matching), *_elsewhere(matching)])


def against(matching: Matching) -> str:
    """What such a pair counts in the mean between two clusters, in SQL over `g<i>`; null of others.

    So no record that goes with both of two twins, or with two shops under a roof, makes them one.
    """
    persons, neighbours = _unproved(matching, _persons(matching)), _unproved(matching, _neighbours(matching))
    return f"(case when {persons} then {_AGAINST_PERSONS} when {neighbours} then {_AGAINST_NEIGHBOURS} end)"


def _unproved(matching: Matching, reasons: list[str]) -> str:
    proofs = [_at(matching, place, _SAME_IDENTIFIER) for place in _places(matching, ComparisonKind.IDENTIFIER)]
    if not reasons:
        return "false"
    return f"(({' or '.join(reasons)}) and not ({' or '.join(proofs) or 'false'}))"


def _persons(matching: Matching) -> list[str]:
    """Another name than by sound, spelling, order or shortening; of Latin names where a person has but one."""
    reasons = [_at(matching, place, _OTHER_PERSON) for place in _places(matching, ComparisonKind.CHINESE_NAME)]
    latin = _places(matching, ComparisonKind.LATIN_NAME)
    return reasons + ([_at(matching, latin[0], _OTHER_WHOLE_LATIN)] if len(latin) == 1 else [])


def _neighbours(matching: Matching) -> list[str]:
    """Another branch, and another name under one roof, unless the phone is the same."""
    organisations = _places(matching, ComparisonKind.ORGANISATION_NAME)
    phones = [_at(matching, place, _SAME_PHONE) for place in _places(matching, ComparisonKind.PHONE)]
    reasons = [_at(matching, place, _OTHER_BRANCH) for place in organisations]
    return reasons + [
        f"({_at(matching, place, _OTHER_ORGANISATION)} and not ({' or '.join(phones) or 'false'}))"
        for place in organisations
    ]


def _elsewhere(matching: Matching) -> list[str]:
    """An organisation under another name elsewhere; and one whose house and street both are others."""
    organisations = _places(matching, ComparisonKind.ORGANISATION_NAME)
    addresses = [place for kind in _ADDRESSES for place in _places(matching, kind)]
    reasons = [
        f"(not {_at(matching, name, _SAME_NAME)} and {_at(matching, address, _ELSEWHERE)})"
        for name in organisations
        for address in addresses
    ]
    if organisations:
        reasons += [_at(matching, place, _OTHER_SITE) for place in _places(matching, ComparisonKind.LATIN_ADDRESS)]
    return reasons


def _kin(matching: Matching) -> list[str]:
    """Of several Latin names, another beside one that is the same, born that day."""
    names = _places(matching, ComparisonKind.LATIN_NAME)
    return [
        f"({_at(matching, one, _OTHER_LATIN)} and {_at(matching, other, _SAME_LATIN)} and "
        f"{_at(matching, day, _SAME_DAY)})"
        for one in names
        for other in names
        if other != one
        for day in _places(matching, ComparisonKind.DATE)
    ]


def _places(matching: Matching, kind: ComparisonKind) -> list[int]:
    return [place for place, one in enumerate(matching.comparisons) if one.kind is kind]


def _at(matching: Matching, place: int, levels: Iterable[str]) -> str:
    names = [level.name for level in KINDS[matching.comparisons[place].kind].levels]
    numbers = ", ".join(str(names.index(level)) for level in levels if level in names)
    return f"coalesce(g{place} in ({numbers}), false)"
