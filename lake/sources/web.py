"""A department's web server as a file system that stays where the contract says.

A request to any other origin (scheme, host and port) than that of `location` is refused before it is sent, whoever
sends there: a redirect, or a link. What a refusal means is `store_answers`'s to say.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from importlib import import_module
from typing import Any

from fsspec.utils import glob_translate


class OtherOrigin(Exception):
    """The server sends to another origin; it was told nothing. Of the address, the origin alone is kept."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        super().__init__(origin)


class Asks(Exception):
    """The page lists a file by a link that asks a question: `name` is the file's, without the question."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(name)


def within(location: str) -> Callable[[Any, Callable[[Any], Awaitable[Any]]], Awaitable[Any]]:
    """What stands between a session and the network: each request passes here, those of redirects too."""
    yarl: Any = import_module("yarl")
    own = _origin(yarl.URL(location))

    async def stay(request: Any, send: Callable[[Any], Awaitable[Any]]) -> Any:
        if _origin(request.url) != own:
            raise OtherOrigin(str(request.url.origin()))
        return await send(request)

    return stay


def _origin(url: Any) -> tuple[str, str, int]:
    return url.scheme, (url.host or "").lower(), url.port  # a port that is left out is that of the scheme


def web(kind: Any) -> Any:
    """The file system, which tells of a file that a link asks for by a question, where it would pass it over."""

    class Web(kind):
        async def _find(self, path: str, *given: Any, **more: Any) -> Any:
            self.listed: Mapping[str, Any] = await super()._find(path, *given, **more)
            return self.listed

        async def _glob(self, path: str, *given: Any, **more: Any) -> Any:
            self.listed = {}
            found = await super()._glob(path, *given, **more)
            wanted = re.compile(glob_translate(path))
            for address in sorted(self.listed):
                name, asks, _ = address.partition("?")
                # An index that is sorted by a click asks its own folder.
                if asks and not name.endswith("/") and wanted.match(name):
                    raise Asks(name.rsplit("/", 1)[-1])
            return found

    return Web
