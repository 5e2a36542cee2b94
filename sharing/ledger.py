"""The ledger: an append-only, hash-chained record of batches, checks, what ran, verdicts, releases and accesses.

One SQLite file (WAL): one writer at a time and any number of readers. Every entry holds the digest of the one before
it, and a head file beside the ledger names the newest, so that a changed, missing or cut-off entry shows (`audit.py`).
What the entries mean is their writers' business: nothing is judged here.
"""

from __future__ import annotations

import json
import lzma
import sqlite3
import threading
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from sharing.audit import verify_ledger
from sharing.canonical import canonical_json
from sharing.chain import COLUMNS, START, Entry, Head, entry_digest, entry_of, head_path, read_only, signed_head
from sharing.durable import write_file
from sharing.faults import Fault, SharingRefused
from sharing.keys import PublicKey, Signer
from sharing.schema import NO_TABLE, SCHEMA, altered, is_table
from sharing.sealing import Limits, closable, let_go, write_segment
from sharing.segments import KIND as SEGMENT
from sharing.segments import LEAVING, chained, closed_end, leaves, missing_segments
from sharing.tail import Tail, entry_at
from sharing.transactions import transaction
from sharing.tree import Range

KEYS: dict[str, tuple[str, ...]] = {
    "batch": ("dataset",),
    "look": ("dataset",),
    "files": ("subject",),
    "landed_gone": ("batch",),
    "corrected": ("dataset", "batch"),
    "declared": ("subject",),
    "merge": ("dataset",),
    "profile": ("dataset",),
    "probe": ("agreement",),
    "check": ("table", "rule", "column"),
    "sql": ("digest",),
    "executed": ("table",),
    "classified": ("agreement",),
    "verdict": ("agreement",),
    "release": ("agreement",),
    "switch": ("agreement",),
    "privacy": ("recipient", "dataset", "agreement", "content"),
    "withdrawal": ("agreement",),
    "recall": ("batch",),
    "acknowledgement": ("notice",),
    "act": ("about",),
    "case": ("case",),
    "access": ("subject",),
    "draft": ("subject",),
    "account": ("person",),
    "grant": ("recipient", "token"),
    "read": ("recipient",),
    "pushed": ("dataset",),
    "run": ("run_id",),
    "key": ("name",),
    "blind": ("key",),
    "finding": ("finding",),
    "resolution": ("finding",),
    "returned": ("finding",),
    "digest": ("person", "by"),
    "registry": ("entity",),
    "identity": ("entity",),
    "learning": ("entity",),
    "indicators": ("making",),
    "anchor": ("path",),
    "segment": ("segment",),
    "exemption": ("services",),
}
"""The kinds of entry, each with the fields of its body that say what it is about; `column` may be left out."""


_LIMITS = Limits()


class Ledger:
    """One ledger, open for appending and reading. Safe to use from several threads."""

    def __init__(
        self, path: Path, connection: sqlite3.Connection, signer: Signer | None, keys: Sequence[PublicKey] = ()
    ) -> None:
        self.path = path
        self._connection = connection
        self._signer = signer
        self._keys = (*((signer.public,) if signer else ()), *keys)
        self._lock = threading.Lock()
        self._tail = Tail(path, self._keys)
        self._range = Range()

    @classmethod
    def open(cls, path: Path, signer: Signer | None = None, keys: Sequence[PublicKey] = ()) -> Ledger:
        """Open the ledger at `path`, making it if it is not there; with a signer its head is signed.

        `keys` are those that signed heads before. SharingRefused where the file is not a sound SQLite database.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            connection = sqlite3.connect(path, timeout=20, isolation_level=None, check_same_thread=False)
        except sqlite3.Error as error:
            raise _unreadable(path, error) from error
        try:
            connection.execute("pragma journal_mode = wal")
            connection.execute("pragma synchronous = full")
            # Only an empty file is given the triggers: where they were taken away, the audit is to say so.
            if not is_table(connection):
                connection.executescript(SCHEMA)
            opened = cls(path, connection, signer, keys)
            # Where a ledger begins its head says so: from then on a ledger without a head has lost it.
            if opened._newest().seq == 0 and not head_path(path).exists():
                opened._write_head()
        except (sqlite3.DatabaseError, ValueError) as error:
            connection.close()
            raise _unreadable(path, error) from error
        return opened

    @classmethod
    def read(cls, path: Path) -> Ledger:
        """The ledger at `path` for reading alone, also where nothing can be written."""
        return cls(path, read_only(path), None)

    def __enter__(self) -> Ledger:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; nothing more can be appended."""
        self._connection.close()

    def append(self, kind: str, body: Mapping[str, Any], at: datetime) -> Entry:
        """Add one entry (see `append_many`)."""
        return self.append_many([(kind, body)], at)[0]

    def append_after(self, kind: str, body: Mapping[str, Any], at: datetime, last: int) -> Entry:
        """Add one entry, if the newest of its kind and key has the number `last` (0: there is none yet).

        Of two who act on what they saw at once the second is told, and writes nothing: SharingRefused. Else as
        `append_many`.
        """
        return self.append_many([(kind, body)], at, last)[0]

    def append_many(
        self, items: Iterable[tuple[str, Mapping[str, Any]]], at: datetime, last: int | None = None
    ) -> list[Entry]:
        """Add entries `(kind, body)` in one transaction: all of them or none.

        `body` is JSON-ready and has the fields that `KEYS` names; `run_id` in it makes the entry findable by run. `at`
        is aware. SharingRefused for an unknown kind, a missing field, or a body that JSON cannot hold; PastLacking
        where the ledger lacks what its head names, and nothing is written. `last` is what `append_after` says, of all
        of the first one's kind and key.
        """
        if at.tzinfo is None:
            raise SharingRefused("entry_time", "ledger", "the time has no time zone", "pass an aware datetime")
        drafts = [_draft(kind, body) for kind, body in items]
        with self._lock:
            with transaction(self._connection):
                head = self._newest()
                self._tail.expect(self._connection, head)
                if last is not None and drafts:
                    self._expect_last(drafts[0][0], drafts[0][2], last)
                entries = list(_chain(drafts, at.isoformat(), head))
                self._insert(entries)
            self._write_head()
        return [entry_of(row) for row in entries]

    def about(self, kind: str, key: str) -> Iterator[Entry]:
        """The entries of a kind about `key`, in order (see `latest`); not of a kind in `LEAVING`."""
        if kind in LEAVING:
            raise ValueError(f"of {kind} the ledger's own file may not have all")
        yield from self._select("kind = :kind and key = :key order by seq", {"kind": kind, "key": key})

    def entries(self, kind: str | None = None, run: str | None = None) -> Iterator[Entry]:
        """The entries in order, of one kind and one run where these are given. Streams; may run beside a writer.

        Closed segments are read only for what the ledger's own file may have let go: of a kind in `LEAVING`, and where
        no entry of the run is open.
        """
        wanted = {name: value for name, value in (("kind", kind), ("run", run)) if value is not None}
        where = " and ".join(f"{name} = :{name}" for name in wanted) or "true"
        if kind is not None and kind not in LEAVING:
            yield from self._select(f"{where} order by seq", wanted)
            return
        with self._reading() as connection:
            end, runs = closed_end(connection), "select 1 from entries where run = ? and seq > ?"
            rows: Iterator[tuple[Any, ...]]
            if run is not None and connection.execute(runs, (run, end)).fetchone():
                rows = connection.execute(f"select {COLUMNS} from entries where {where} order by seq", wanted)
            else:
                rows = chained(connection, self.path)
            yield from (entry_of(row) for row in rows if kind in (None, row[2]) and run in (None, row[3]))

    def after(self, kind: str, seq: int) -> Iterator[Entry]:
        """The entries of a kind after a number, in order; closed segments are read only where some may be in them."""
        where, wanted = "kind = :kind and seq > :seq order by seq", {"kind": kind, "seq": seq}
        if kind not in LEAVING:
            yield from self._select(where, wanted)
            return
        with self._reading() as connection:
            whole = closed_end(connection) <= seq
            open_ones = f"select {COLUMNS} from entries where {where}"
            rows = connection.execute(open_ones, wanted) if whole else chained(connection, self.path, seq)
            yield from (entry_of(row) for row in rows if row[2] == kind)

    def kept_after(self, kinds: Collection[str], seq: int) -> Iterator[Entry]:
        """The entries of some kinds after a number, in order; of kinds in `LEAVING` those that the own file has yet."""
        named = {f"kind{number}": kind for number, kind in enumerate(sorted(kinds))}
        marks = ", ".join(f":{name}" for name in named)
        # With the plus by number alone: by kind, all there ever was of them would be sorted for what is new.
        yield from self._select(f"+kind in ({marks}) and seq > :seq order by seq", {**named, "seq": seq})

    def recent(self, kind: str, each: int, saying: Collection[str] = ()) -> list[Entry]:
        """The newest `each` entries of a kind about every key, and all whose body has one of these texts, in order.

        Answered by the file itself, so that a past of millions is not read for its end.
        """
        said = {f"said{number}": text for number, text in enumerate(saying)}
        also = "".join(f" or instr(body, :{name})" for name in said)
        place = "row_number() over (partition by key order by seq desc)"
        newest = f"select seq from (select seq, {place} as place from entries where kind = :kind) where place <= :each"
        where = f"kind = :kind and (seq in ({newest}){also}) order by seq"
        return list(self._select(where, {"kind": kind, "each": each, **said}))

    def newest_but(self, kinds: Collection[str], seq: int) -> int:
        """The number of the newest entry after a number that is of none of some kinds; that number if there is none."""
        marks = ", ".join("?" for _ in kinds)
        sql = f"select seq from entries where seq > ? and +kind not in ({marks}) order by seq desc limit 1"
        with self._reading() as connection:
            found = connection.execute(sql, (seq, *kinds)).fetchone()
            return int(found[0]) if found else seq

    def size(self) -> int:
        """The number of the newest entry; 0 in an empty ledger."""
        with self._reading() as connection:
            return int(connection.execute("select coalesce(max(seq), 0) from entries").fetchone()[0])

    def latest(self, kind: str, key: str) -> Entry | None:
        """The newest entry of a kind about `key`: the fields of `KEYS[kind]` joined with `/`."""
        found = self._select("kind = :kind and key = :key order by seq desc limit 1", {"kind": kind, "key": key})
        return next(found, None)

    def current(self, kind: str) -> dict[str, Entry]:
        """The newest entry of a kind for every key, by key."""
        newest = "seq in (select max(seq) from entries where kind = :kind group by key) order by key"
        return {entry.key: entry for entry in self._select(newest, {"kind": kind})}

    def newest(self) -> Entry | None:
        """The newest entry; None in an empty ledger."""
        return next(self._select("true order by seq desc limit 1", {}), None)

    def newest_time(self) -> datetime | None:
        """When the newest entry was written; None in an empty ledger."""
        found = self.newest()
        return found.at if found else None

    def head(self) -> Head:
        """The newest entry's number and digest; number 0 for an empty ledger."""
        with self._lock:
            return self._newest()

    def verify(self, witnesses: Iterable[Head] = ()) -> list[Fault]:
        """Recompute the whole chain; see `sharing.audit.verify_ledger`."""
        return verify_ledger(self.path, self._keys, witnesses)

    def digests(self, after: int = 0) -> Iterator[bytes]:
        """The digests of the entries after number `after`, in order, 32 bytes each: the leaves of the ledger's tree."""
        with self._reading() as connection:
            yield from leaves(connection, after)

    def first(self) -> str | None:
        """The digest of the first entry; None in an empty ledger."""
        return entry_at(self._connection, 1)

    def tree(self) -> tuple[int, str]:
        """The size and the root, in hex, of the tree over all entries (RFC 9162); each entry is read once."""
        with self._lock:
            for leaf in self.digests(self._range.size):
                self._range.add(leaf)
            return self._range.size, self._range.root.hex()

    def begin_tree(self, begun: Range) -> None:
        """Take the tree of the first entries as it is known, so that they need not be read for it."""
        with self._lock:
            if self._range.size == 0:
                self._range = begun

    def rows(self, kind: str, after: int) -> Iterator[dict[str, Any]]:
        """The entries of a kind after a number: each its `row`, exactly as it was digested, and its `body` read.

        Of a kind in `LEAVING` those alone that the ledger's own file has.
        """
        for row in self._connection.execute(
            f"select {COLUMNS} from entries where kind = ? and seq > ? order by seq", (kind, after)
        ):
            yield {"row": dict(zip(COLUMNS.split(", "), row, strict=True)), "body": json.loads(row[5])}

    def holds(self, head: Head) -> bool:
        """Whether the ledger has exactly this entry."""
        return head.seq == 0 or entry_at(self._connection, head.seq) == head.digest

    def begins(self, seq: int, start: str) -> bool:
        """Whether the entry of a number has a digest that begins so."""
        return (entry_at(self._connection, seq) or "").startswith(start)

    def released_last(self, agreement: str) -> str | None:
        """The release that the newest verdict to release anything of an agreement names; None where none did."""
        row = self._connection.execute(
            "select json_extract(body, '$.release_id') from entries where kind = 'verdict' and key = ? "
            "and json_extract(body, '$.verdict') = 'released' order by seq desc limit 1",
            (agreement,),
        ).fetchone()
        return str(row[0]) if row and row[0] else None

    def close_segments(self, before: datetime, at: datetime, limits: Limits = _LIMITS) -> int:
        """Close what was written before a moment into segments, and let go of what they supersede; how many entries.

        PastLacking as `append_many`. The writer's alone: nobody may append meanwhile.
        """
        closed = 0
        if next(altered(self._connection), None):
            return closed  # triggers that somebody took away are not put back: the audit is to say so
        while (bounds := closable(self._connection, before, limits)) is not None:
            body = write_segment(self._connection, self.path, bounds)
            draft = _draft(SEGMENT, body)
            with self._lock:
                with transaction(self._connection):
                    head = self._newest()
                    self._tail.expect(self._connection, head)
                    self._insert(list(_chain([draft], at.isoformat(), head)))
                    let_go(self._connection, bounds)
                self._write_head()
            closed += bounds[1] - bounds[0] + 1
        return closed

    def missing_segments(self) -> list[Fault]:
        """Each closed segment whose file is not there as it was written, by its size."""
        with self._reading() as connection:
            return list(missing_segments(connection, self.path))

    def accept_end(self) -> None:
        """Take the ledger as it is now for whole: its head names the newest entry. A named person's act alone does."""
        with self._lock:
            self._write_head()

    def _insert(self, entries: Sequence[tuple[Any, ...]]) -> None:
        self._connection.executemany(f"insert into entries ({COLUMNS}) values (?,?,?,?,?,?,?,?)", entries)

    def _expect_last(self, kind: str, key: str, last: int) -> None:
        newest = "select coalesce(max(seq), 0) from entries where kind = ? and key = ?"
        found = int(self._connection.execute(newest, (kind, key)).fetchone()[0])
        if found != last:
            told = f"entry {found} was written meanwhile, after {last}"
            raise SharingRefused("entry_expected", f"{kind} {key}", told, "look at it as it is now, and do it again")

    def _newest(self) -> Head:
        row = self._connection.execute("select seq, digest from entries order by seq desc limit 1").fetchone()
        return Head(*row) if row else Head(0, START)

    def _write_head(self) -> None:
        data = canonical_json(signed_head(self._newest(), self._signer))
        write_file(head_path(self.path), data)
        self._tail.written = data

    def _select(self, condition: str, values: Mapping[str, Any]) -> Iterator[Entry]:
        with self._reading() as connection:
            for row in connection.execute(f"select {COLUMNS} from entries where {condition}", dict(values)):
                yield entry_of(row)

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        """A connection in one reading transaction: what it sees of segments and of entries is of one moment."""
        try:
            with closing(read_only(self.path)) as connection:
                connection.execute("begin")
                yield connection
        except (sqlite3.DatabaseError, ValueError, lzma.LZMAError, EOFError) as error:
            raise _unreadable(self.path, error) from error


# What SQLite says of a file that is well, and what to do; anything else is damage.
_NOT_DAMAGED = {
    "readonly": ("it may not be written", "give this account the right to write it"),
    "locked": ("another process is writing to it", "wait until that has ended"),
    "is full": ("there is no space left for it", "free space there"),
    NO_TABLE: ("its entries are no table any more: somebody replaced them", "restore it, and find out who wrote to it"),
    "disk i/o error": ("its disk cannot be read or written", "see to the disk"),
}


def _unreadable(path: Path, error: Exception) -> SharingRefused:
    said = str(error).lower()
    known = next((words for phrase, words in _NOT_DAMAGED.items() if phrase in said), None)
    damaged = (f"not a readable ledger ({type(error).__name__})", "restore it from a backup")
    return SharingRefused("ledger_readable", str(path), *(known or damaged))


def _draft(kind: str, body: Mapping[str, Any]) -> tuple[str, str | None, str, str]:
    if kind not in KEYS:
        raise SharingRefused(
            "entry_kind", "ledger", f"no kind of entry is called {kind}", f"use one of {', '.join(KEYS)}"
        )
    missing = [name for name in KEYS[kind] if name != "column" and not isinstance(body.get(name), str)]
    if missing:
        raise SharingRefused(
            "entry_key", "ledger", f"a {kind} entry without {', '.join(missing)}", "give each of them as text"
        )
    key = "/".join(str(body[name]) for name in KEYS[kind] if body.get(name) is not None)
    try:
        text = canonical_json(dict(body)).decode("utf-8")
    except (TypeError, ValueError) as error:
        raise SharingRefused(
            "entry_body", "ledger", f"the body of a {kind} entry is not JSON-ready", "convert it with its as_dict()"
        ) from error
    run = body.get("run_id")
    return kind, None if run is None else str(run), key, text


def _chain(drafts: list[tuple[str, str | None, str, str]], at: str, head: Head) -> Iterator[tuple[Any, ...]]:
    seq, previous = head.seq, head.digest
    for kind, run, key, body in drafts:
        seq += 1
        found = entry_digest(seq, at, kind, run, (key, body), previous)
        yield seq, at, kind, run, key, body, previous, found
        previous = found
