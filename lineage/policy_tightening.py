"""Whether a workspace's lineage policy asks for at least as much as the platform's: it may tighten it, never loosen it.

Each key is compared by what it does to a level; a key that is not known here must be the same in both. Nothing is read
from files, and no policy is merged: a workspace writes its own out in full.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from lineage.declassifiers import Declassifier
from lineage.graph import REASONS
from lineage.policy import Cost, CostException, Policy

_LEVELS = ("undeclared", "unknown", "rows")
_COMPARED = {"levels", *_LEVELS, "technical", "sources", "indirect", "declassifiers", "rises"}
# Numbers of a post-condition that are stricter when smaller, and when greater.
_SMALLER, _GREATER = {"at_most"}, {"at_least"}
# Numbers of a rise: the smaller they are, the sooner it holds.
_SOONER = {"datasets", "over"}
# Of a declassifier: names for people, and what is compared by what it does.
_JUDGED_APART = {"name", "title", "title_zh", "standard", "to", "lowers", "takes", "post_condition"}


@dataclass(frozen=True)
class Loosening:
    """One place where a workspace's policy asks for less; both values as they are written."""

    key: str
    platform: str
    workspace: str

    def __str__(self) -> str:
        return f"{self.key} is {self.workspace}, and the platform has {self.platform}"


class PolicyLoosened(ValueError):
    """A workspace's policy asks for less than the platform's; `loosenings` lists every place."""

    def __init__(self, loosenings: tuple[Loosening, ...]) -> None:
        self.loosenings = loosenings
        told = "; ".join(map(str, loosenings))
        super().__init__(
            f"contracts/standards/lineage_policy.yml may tighten the platform's policy and not loosen it: {told}. "
            "Give each at least the platform's value, or take the file out"
        )


def refuse_loosening(platform: Policy, workspace: Policy) -> None:
    """Raises `PolicyLoosened` unless the workspace's policy gives every column at least the platform's level."""
    found = tuple(_loosenings(platform, workspace))
    if found:
        raise PolicyLoosened(found)


def _loosenings(platform: Policy, own: Policy) -> Iterator[Loosening]:
    if platform.levels != own.levels:
        yield Loosening("levels", ", ".join(platform.levels), ", ".join(own.levels))
        return  # nothing else can be compared
    for key in _LEVELS:
        if own.rank(getattr(own, key)) < platform.rank(getattr(platform, key)):
            yield Loosening(key, getattr(platform, key), getattr(own, key))
    yield from _of_columns("technical", platform, platform.technical, own.technical)
    yield from _of_columns("sources", platform, platform.sources, own.sources)
    yield from _costs(platform, own)
    yield from _exceptions(platform, own)
    yield from _declassifiers(platform, own)
    yield from _rises(platform, own)
    for key in sorted(set(type(platform).model_fields) - _COMPARED):
        if getattr(platform, key) != getattr(own, key):
            yield Loosening(key, str(getattr(platform, key)), str(getattr(own, key)))


def _of_columns(key: str, policy: Policy, platform: Mapping[str, str], own: Mapping[str, str]) -> Iterator[Loosening]:
    """Names and patterns with levels: one that is new would give a level to what is undeclared now."""
    for name in sorted(platform.keys() | own.keys()):
        least, given = platform.get(name, policy.undeclared), own.get(name)
        if given is None or policy.rank(given) < policy.rank(least):
            yield Loosening(f"{key}.{name}", platform.get(name, f"undeclared, {least}"), given or "left out")


def _costs(platform: Policy, own: Policy) -> Iterator[Loosening]:
    if not _at_least(own, own.indirect.default, platform.indirect.default):
        yield Loosening("indirect.default", _told(platform.indirect.default), _told(own.indirect.default))
    for reason in sorted(REASONS):
        least = platform.indirect.reasons.get(reason, platform.indirect.default)
        given = own.indirect.reasons.get(reason, own.indirect.default)
        if not _at_least(own, given, least):
            yield Loosening(f"indirect.reasons.{reason}", _told(least), _told(given))


def _at_least(policy: Policy, one: Cost, other: Cost) -> bool:
    """Whether a cost carries over at least what another does, from whatever level."""
    return all(policy.priced(one, rank) >= policy.priced(other, rank) for rank in range(len(policy.levels)))


def _told(cost: Cost) -> str:
    return cost.kind or (f"at_most {cost.at_most}" if cost.at_most else f"less {cost.less}")


def _exceptions(platform: Policy, own: Policy) -> Iterator[Loosening]:
    """Each of the workspace's is one of the platform's, in its order, at no lower cost; or carries the whole level.

    The first that fits decides. So one may be left out only where all that come after it cost as much.
    """
    whole, place, known = Cost(kind="same"), 0, platform.indirect.exceptions
    kept: list[int] = []
    for number, exception in enumerate(own.indirect.exceptions):
        if _at_least(own, exception.cost, whole):
            continue
        found = next((i for i in range(place, len(known)) if _within(known[i], own, exception)), None)
        if found is None:
            yield Loosening(
                f"indirect.exceptions.{number}", "none such", f"{exception.relation}: {_told(exception.cost)}"
            )
            continue
        kept.append(found)
        place = found
    for number, left in enumerate(known):
        after = [known[i] for i in kept if i > number]
        if number not in kept and not all(_at_least(own, one.cost, left.cost) for one in after):
            yield Loosening(f"indirect.exceptions.{number}", f"{left.relation}: {_told(left.cost)}", "left out")


def _within(known: CostException, own: Policy, exception: CostException) -> bool:
    return (
        (known.relation, known.source) == (exception.relation, exception.source)
        and set(exception.reasons) <= set(known.reasons)
        and (exception.twins or not known.twins)
        and _at_least(own, exception.cost, known.cost)
    )


def _declassifiers(platform: Policy, own: Policy) -> Iterator[Loosening]:
    known = platform.registry
    for one in own.declassifiers:
        registered = known.get(one.name)
        if registered is None:
            yield Loosening(f"declassifiers.{one.name}", "not registered", f"lowers to {one.to}")
        else:
            yield from _declassifier(platform, registered, one)


def _declassifier(policy: Policy, platform: Declassifier, own: Declassifier) -> Iterator[Loosening]:
    key = f"declassifiers.{own.name}"
    if policy.rank(own.to) < policy.rank(platform.to):
        yield Loosening(f"{key}.to", platform.to, own.to)
    if not set(own.lowers) <= set(platform.lowers):
        yield Loosening(f"{key}.lowers", ", ".join(platform.lowers), ", ".join(own.lowers))
    if not set(own.takes) <= set(platform.takes):
        yield Loosening(f"{key}.takes", ", ".join(platform.takes) or "none", ", ".join(own.takes))
    first, second = platform.model_dump(), own.model_dump()
    for name in sorted(first.keys() - _JUDGED_APART):
        if first[name] != second[name]:
            yield Loosening(f"{key}.{name}", str(first[name]), str(second[name]))
    yield from _post_condition(f"{key}.post_condition", first["post_condition"], second["post_condition"])


def _rises(platform: Policy, own: Policy) -> Iterator[Loosening]:
    """Each rule of the platform's is there, holds as soon and raises as high; others may stand beside it."""
    given = {rise.name: rise for rise in own.rises}
    for rise in platform.rises:
        key, other = f"rises.{rise.name}", given.get(rise.name)
        if other is None:
            yield Loosening(key, rise.title, "left out")
            continue
        first, second = rise.when.model_dump(), other.when.model_dump()
        if second != first | {name: second.get(name) for name in _SOONER & first.keys()}:
            yield Loosening(f"{key}.when", str(first), str(second))
        for name in sorted(_SOONER & first.keys() & second.keys()):
            if second[name] > first[name]:
                yield Loosening(f"{key}.when.{name}", str(first[name]), str(second[name]))
        if rise.level and (other.level is None or own.rank(other.level) < own.rank(rise.level)):
            yield Loosening(f"{key}.level", rise.level, other.level or "left out")
        if rise.category and (other.category is None or other.category.rank < rise.category.rank):
            yield Loosening(f"{key}.category", str(rise.category), str(other.category or "left out"))


def _post_condition(key: str, platform: Any, own: Any) -> Iterator[Loosening]:
    if not (isinstance(platform, dict) and isinstance(own, dict)):
        if platform != own:
            yield Loosening(key, str(platform), str(own))
        return
    for name in sorted(platform.keys() | own.keys()):
        least, given = platform.get(name), own.get(name)
        if given != least and not _is_stricter(name, least, given):
            yield Loosening(f"{key}.{name}", str(least), str(given))


def _is_stricter(name: str, least: Any, given: Any) -> bool:
    if not all(isinstance(one, (int, float)) and not isinstance(one, bool) for one in (least, given)):
        return False
    return bool((name in _SMALLER and given <= least) or (name in _GREATER and given >= least))
