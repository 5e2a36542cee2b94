"""Whether the ledger still ends where its head says, asked before anything is added to it.

A ledger may be ahead of its head by entries that follow from it: the writer died in between. A head ahead of its
ledger, or beside it, shows one that was rolled back, cut, or replaced. The whole chain is the audit's.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from pathlib import Path

from sharing.chain import COLUMNS, Head, entry_digest, head_path, head_signature_holds
from sharing.durable import read_file
from sharing.faults import PastLacking
from sharing.keys import PublicKey
from sharing.segments import closed_digest

RESTORE = (
    "restore the newest ledger and its head from a backup; where what it lacks is lost for good, run `zhongtai audit`, "
    "and have somebody who may resolve what it finds: `zhongtai resolve FINDING --as PERSON --why TEXT`"
)


class Tail:
    """The end of one ledger. `written` is the head file as this process last wrote it: it is not verified again."""

    def __init__(self, path: Path, keys: Sequence[PublicKey]) -> None:
        self.path, self.keys = path, keys
        self.written: bytes | None = None

    def expect(self, connection: sqlite3.Connection, newest: Head) -> None:
        """PastLacking where the ledger, whose newest entry is given, is not what its head names, or has lost it."""
        where = head_path(self.path)
        try:
            data = read_file(where)
        except FileNotFoundError:
            if newest.seq:
                raise PastLacking("head_there", str(where), "the ledger has entries, and no head", RESTORE) from None
            return
        except OSError as error:
            said = f"the head cannot be read ({type(error).__name__})"
            raise PastLacking("head_readable", str(where), said, RESTORE) from None
        head = self._head(where, data)
        if head.seq > newest.seq:
            said = f"it ends at entry {newest.seq}; its head names entry {head.seq}: it was rolled back or replaced"
            raise PastLacking("ledger_behind", str(self.path), said, RESTORE)
        if head.seq and entry_at(connection, head.seq) != head.digest:
            said = f"its entry {head.seq} is not the one that its head names: it was replaced"
            raise PastLacking("ledger_other", str(self.path), said, RESTORE)
        self._follows(connection, head)

    def _head(self, where: Path, data: bytes) -> Head:
        try:
            record = json.loads(data)
            head = Head(int(record["seq"]), str(record["digest"]))
        except (ValueError, TypeError, KeyError, RecursionError):
            raise PastLacking("head_readable", str(where), "the head cannot be read", RESTORE) from None
        if data != self.written and self.keys and not head_signature_holds(record, self.keys):
            raise PastLacking("head_signature", str(where), "the head is not signed with the city's key", RESTORE)
        return head

    def _follows(self, connection: sqlite3.Connection, head: Head) -> None:
        previous = head.digest
        ahead = connection.execute(f"select {COLUMNS} from entries where seq > ? order by seq", (head.seq,))
        for number, at, kind, run, key, body, before, found in ahead:
            if before != previous or entry_digest(number, at, kind, run, (key, body), before) != found:
                said = f"its entry {number} does not follow from the one that its head names"
                raise PastLacking("ledger_other", str(self.path), said, RESTORE)
            previous = found


def entry_at(connection: sqlite3.Connection, seq: int) -> str | None:
    """The digest of one entry, closed or not; None where there is none of that number."""
    row = connection.execute("select digest from entries where seq = ?", (seq,)).fetchone()
    return str(row[0]) if row else closed_digest(connection, seq)
