"""What of the catalogue an address asks for: the words, the filters, and the page. Nothing is shown here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from portal.asking import Refused
from portal.catalogue.records import Resource
from portal.catalogue.shelf import View

FILTERS = ("department", "kind", "domain", "state", "sharing", "open")
_LONGEST = 200


@dataclass(frozen=True)
class Found:
    """What was found: all, one page of it, and what was asked."""

    every: Sequence[Resource]
    shown: Sequence[Resource]
    page: int
    pages: int
    asked: Mapping[str, str]

    def address(self, page: int) -> str:
        """The query of another page of the same."""
        told = {name: value for name, value in self.asked.items() if value}
        return urlencode({**told, **({"page": page} if page > 1 else {})})


def page_of(params: Mapping[str, str]) -> int:
    """The page that is asked for, from 1 on. Raises `Refused`."""
    page = params.get("page", "1")
    if not (page.isascii() and page.isdigit() and 0 < len(page) < 7 and int(page)):
        raise Refused(400, "INVALID_PARAMETER_VALUE", "page is a whole number from 1 on")
    return int(page)


def find(view: View, params: Mapping[str, str], size: int) -> Found:
    """What the words and filters of an address find, and its page of so many. Raises `Refused`."""
    page = page_of(params)
    asked = {name: params.get(name, "").strip()[:_LONGEST] for name in ("q", *FILTERS)}
    every = [one for one in view.find(asked["q"]) if _is(view, one, asked)]
    first = (page - 1) * size
    return Found(every, every[first : first + size], page, max(1, -(-len(every) // size)), asked)


def _is(view: View, one: Resource, asked: Mapping[str, str]) -> bool:
    plain: dict[str, Any] = {"kind": one.kind, "domain": one.domain, "sharing": one.sharing, "open": one.open}
    if any(asked[name] and asked[name] != value for name, value in plain.items()):
        return False
    if asked["department"] and asked["department"] not in one.provider.split(", "):
        return False
    return not asked["state"] or view.days(one).state == asked["state"]
