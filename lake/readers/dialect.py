"""How one text is written, in bytes: what a contract declares of it, and what its own line ends show."""

from __future__ import annotations

from dataclasses import dataclass

from contracts.model import Dataset, Source
from lake.readers.parity import Parity, Shape


@dataclass(frozen=True)
class Dialect:
    """Marks of a text in UTF-8; no `delimiter` where a line is one cell. `escape` is empty where none is declared;
    `watched` says whether its undeclared use is
    a fault. `end` is LF, CRLF or CR; `loose` says that other ends may be meant by it (none is declared).
    """

    delimiter: bytes
    quote: bytes
    escape: bytes
    watched: bool
    comment: bytes
    end: str
    loose: bool

    @property
    def repeated(self) -> bytes:
        """The one sign that a delimiter repeats, as || does; empty where it has one, or they differ."""
        signs = self.delimiter.decode()
        return signs[0].encode() if len(signs) > 1 and len(set(signs)) == 1 else b""


def written_as(source: Source) -> str:
    """The format of a text itself: that of an archive's members, where it is in one."""
    return source.inner_format


def parity_of(dataset: Dataset) -> Parity:
    """The count that a text of this dataset begins with."""
    source = dataset.source
    fixed = written_as(source) == "fixed"
    return Parity(
        b"\n" if fixed else source.delimiter.encode()[:1],
        b"" if fixed else source.quote.encode(),
        source.skip_rows,
        None if source.header else len(dataset.columns),
        watch_escapes=source.escape is None and not fixed,
        escape=b"" if fixed or source.escape in {None, source.quote} else (source.escape or "").encode(),
    )


def dialect_of(source: Source, shape: Shape) -> Dialect:
    """The dialect of a text that has this shape."""
    fixed = written_as(source) == "fixed"
    escape = source.escape or ""
    return Dialect(
        delimiter=b"" if fixed else source.delimiter.encode(),
        quote=b"" if fixed else source.quote.encode(),
        escape=b"" if escape == source.quote else escape.encode(),
        watched=source.escape is None and not fixed and (shape.escaped or shape.doubled),
        comment=(source.comment or "").encode(),
        end=_end(shape) if source.line_end == "any" else source.line_end,
        loose=source.line_end == "any",
    )


def _end(shape: Shape) -> str:
    """The line end that most lines have; a return before a newline is part of it."""
    if shape.returns - shape.both > shape.newlines:
        return "CR"
    return "CRLF" if shape.both * 2 > shape.newlines else "LF"
