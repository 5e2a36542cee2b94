"""Whether two globs can match one path: decided on the globs themselves, before there is any file.

`*`, `?` and `[…]` stand for characters within a folder or file, `**` for whole folders. Two classes in brackets are
taken to share a character; everything else is exact. No file is looked for here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from fnmatch import fnmatchcase
from functools import cache

_MARK = re.compile(r"[*?\[]")
_TOKENS = re.compile(r"\[!?\]?[^\]]*\]|.", re.DOTALL)


def paths_meet(one: str, other: str) -> bool:
    """Whether a path exists that both globs match."""
    return one == other or _meet(one.split("/"), other.split("/"), "**", names_meet)


def folders_key(glob: str) -> tuple[str | None, ...] | None:
    """The folders of a glob, None for each that is no plain name; None where `**` stands for any number of them.

    Two globs whose keys do not fit (`keys_fit`) match no path in common: a city of thousands is compared by them.
    """
    *folders, name = glob.split("/")
    if "**" in (*folders, name):
        return None
    return tuple(folder if _plain(folder) == folder else None for folder in folders)


def keys_fit(one: tuple[str | None, ...] | None, other: tuple[str | None, ...] | None) -> bool:
    """Whether globs of these folders may match a path in common; False only where they cannot."""
    if one is None or other is None:
        return True
    return len(one) == len(other) and all(a is None or b is None or a == b for a, b in zip(one, other, strict=True))


@cache
def _plain(name: str) -> str:
    """What a name begins with, up to its first mark that stands for other characters."""
    found = _MARK.search(name)
    return name[: found.start()] if found else name


@cache
def names_meet(one: str, other: str) -> bool:
    """Whether a name exists that both globs match; a slash is a character as any other."""
    first, second = _plain(one), _plain(other)
    if not first.startswith(second) and not second.startswith(first):
        return False  # most names of a city differ before their first star: no search is needed
    return one == other or _meet(_TOKENS.findall(one), _TOKENS.findall(other), "*", _marks_meet)


def _marks_meet(one: str, other: str) -> bool:
    """Whether one character fits both marks."""
    if "?" in (one, other) or one == other:
        return True
    if len(one) > 1 and len(other) > 1:
        return True
    return fnmatchcase(one, other) if len(other) > 1 else len(one) > 1 and fnmatchcase(other, one)


def _meet(one: Sequence[str], other: Sequence[str], many: str, fits: Callable[[str, str], bool]) -> bool:
    """Whether two sequences of marks, of which `many` stands for any number of them, match something in common."""
    places = [(0, 0)]
    seen = set(places)
    while places:
        place = places.pop()
        if place == (len(one), len(other)):
            return True
        further = set(_steps(one, other, place, many, fits)) - seen
        seen |= further
        places += further
    return False


def _steps(
    one: Sequence[str], other: Sequence[str], place: tuple[int, int], many: str, fits: Callable[[str, str], bool]
) -> Iterator[tuple[int, int]]:
    left, right = place
    first, second = ((marks[at] if at < len(marks) else None) for marks, at in ((one, left), (other, right)))
    if many in (first, second):  # nothing, or one mark of the other more
        yield from ((left + 1, right),) if first is not None else ()
        yield from ((left, right + 1),) if second is not None else ()
    elif first is not None and second is not None and fits(first, second):
        yield left + 1, right + 1
