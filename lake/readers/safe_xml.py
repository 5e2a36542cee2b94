"""Reading XML as a stream, without what XML can do beyond markup: a document that declares entities is not read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol
from xml.parsers import expat

_BLOCK = 1 << 16
_DEEPEST = 1000


class XmlFault(Exception):
    """What is wrong with a document, and in which line."""

    def __init__(self, what: str, line: int) -> None:
        self.what, self.line = what, line
        super().__init__(f"{what} (line {line})")


class Source(Protocol):
    """What gives bytes."""

    def read(self, size: int, /) -> bytes:
        """At most so many bytes; none at the end."""


class Blocks:
    """Blocks of bytes as a source."""

    def __init__(self, blocks: Iterator[bytes]) -> None:
        self._blocks = blocks

    def read(self, size: int, /) -> bytes:
        """The next block that is not empty, whatever its size."""
        return next((block for block in self._blocks if block), b"")


class Handler:
    """What a reader does with elements and text; names come without their namespace."""

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """An element begins."""

    def end(self, name: str) -> None:
        """An element ends."""

    def text(self, text: str) -> None:
        """Text, possibly in pieces."""


def local(name: str) -> str:
    """A name without its namespace."""
    return name.rsplit(" ", 1)[-1]


def parse(source: Source, handler: Handler, encoding: str | None = None) -> Iterator[None]:
    """Feed a document to a handler; yields after every block, so that what it gathered can be taken away.

    Raises `XmlFault`.
    """
    parser = expat.ParserCreate(encoding, namespace_separator=" ")
    parser.buffer_text = True
    depth = 0

    names: dict[str, str] = {}  # few names stand in a document, many times

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > _DEEPEST:
            raise XmlFault("its elements are nested too deeply", parser.CurrentLineNumber)
        if any(" " in key for key in attributes):
            attributes = {local(key): value for key, value in attributes.items()}
        handler.start(names.get(name) or names.setdefault(name, local(name)), attributes)

    def end(name: str) -> None:
        nonlocal depth
        depth -= 1
        handler.end(names.get(name) or local(name))

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler = handler.text
    parser.EntityDeclHandler = _refuse(parser)
    try:
        while block := source.read(_BLOCK):
            parser.Parse(block, False)
            yield
        parser.Parse(b"", True)
        yield
    except expat.ExpatError as error:
        raise XmlFault("it is no well-formed XML, or was cut", error.lineno) from None
    except LookupError:
        raise XmlFault("its encoding is unknown", 1) from None


def _refuse(parser: expat.XMLParserType) -> Callable[..., None]:
    def refuse(*_: object) -> None:
        raise XmlFault("it declares entities, which are not expanded", parser.CurrentLineNumber)

    return refuse
