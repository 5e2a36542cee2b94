"""Where a dataset's deliveries lie and how they are written, as its contract says. Read by `servers`."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

ARCHIVES = frozenset({"zip", "tar"})
# How a database is talked to: encrypted where it offers it, or else not at all; or only after it proved who it is.
TLS = ("offered", "encrypted", "verified")


@dataclass(frozen=True)
class Database:
    """A database that is asked for a table or for a query's rows, all of them or those above a mark.

    `kind` is postgresql or mysql, `secret` the name of the file that holds user and password. `mark` is a column, and
    rows down to `overlap` below its last value are asked for again. `tls` is one of `TLS`.
    """

    kind: str
    host: str
    port: int
    database: str
    secret: str
    schema: str = ""
    table: str = ""
    query: str = ""
    mark: str = ""
    overlap: int | timedelta = 0
    tls: str = "offered"


@dataclass(frozen=True)
class Store:
    """A store that is not the city's own folder: `location` is the URL below which `path` is a glob.

    `kind` is s3, sftp, http or https, `endpoint` the address of an S3 that is not the usual one, `secret` the name of
    the file that holds what opens it ("": nothing has to).
    """

    kind: str
    location: str
    endpoint: str = ""
    secret: str = ""


@dataclass(frozen=True)
class Source:
    """Where deliveries lie and how they are written.

    `path` is a glob below the deliveries root, one match per delivery. `format` is one of `odcs_extras.Format`.
    `member` is a sheet, a SQLite table, a table of a page, or a glob of zip members, which are of `member_format`.
    `skip_rows` are lines before the header; `header` False means columns come by position, in contract order;
    `header_rows` are the rows that names are written in. `ignored_headers` are delivered columns that the contract
    knows and does not take (`*` takes any).

    `escape` None means that none is declared (its use is a fault), "" that a backslash is text. `line_end` is any, LF,
    CRLF or CR. Records from the first whose first cell matches one of `footer` on, the last `footer_rows`, and lines
    that begin with `comment` are none; `table` is which one of several tables in one text is meant. `widths` are those
    of fixed columns in characters, `records` the path to the records of JSON or XML. `merged` is fault or fill.
    Archives unpack to at most `largest_unpacked` bytes and `largest_ratio` times their size. `delivery_date` says where
    a delivery's day is read from, `zone` is the zone of local times.

    A file is whole once it has not changed for `settled_seconds`, and what `complete` names lies beside it ("" asks for
    neither).
    """

    path: str
    format: str
    encoding: str = "utf-8"
    delimiter: str = ","
    quote: str = '"'
    header: bool = True
    skip_rows: int = 0
    member: str | None = None
    nulls: tuple[str, ...] = ()
    ignored_headers: tuple[str, ...] = ()
    escape: str | None = None
    line_end: str = "any"
    comment: str | None = None
    header_rows: int = 1
    footer: tuple[str, ...] = ()
    footer_rows: int = 0
    table: int | None = None
    widths: tuple[int, ...] = ()
    records: str | None = None
    merged: str = "fault"
    member_format: str = "csv"
    largest_unpacked: int = 10_000_000_000
    largest_ratio: int = 200
    delivery_date: str = "path"
    zone: str = "Asia/Shanghai"
    # Not of what decides what becomes of the bytes: a contract that only says when they are whole judges nothing again.
    settled_seconds: int = field(default=0, repr=False)
    complete: str = field(default="", repr=False)
    # Where the bytes come from does not change what becomes of them. None: below the city's own deliveries.
    place: Database | Store | None = field(default=None, repr=False)

    @property
    def is_archive(self) -> bool:
        """Whether a delivery is an archive, whose members are what is read."""
        return self.format in ARCHIVES

    @property
    def inner_format(self) -> str:
        """The format of what is read: that of an archive's members, where it is in one."""
        return self.member_format if self.is_archive else self.format
