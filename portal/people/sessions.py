"""Sessions: who is signed in in which browser, until it was not used for a while, and at the latest after some hours.

A browser has a secret in a cookie that no script reads; the file of accounts has its digest. A form brings back what is
derived from both, so that no other site can send one. Roles are asked of the declarations each time.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock

from contracts.acts import person_key
from contracts.signing_in import SigningIn
from portal.people.reader import Citizen
from portal.people.store import Store, known_as, new_secret

_CITIZEN, _PASSWORD = "yes", "password"


@dataclass(frozen=True)
class Session:
    """One session: `person` is "" for somebody of the city, whose identifier is in memory alone."""

    known_as: str
    person: str
    begun: datetime
    citizen: Citizen | None = None
    password: bool = False
    """Whether it was begun by a password, which may have to be changed meanwhile."""


class Sessions:
    """The sessions of a portal."""

    def __init__(self, store: Store, rules: SigningIn, key: bytes) -> None:
        self._store, self._key = store, key
        self._idle = timedelta(minutes=rules.idle_minutes)
        self._longest = timedelta(hours=rules.session_hours)
        self._citizens: dict[str, Citizen] = {}
        self._lock = Lock()

    def begin(self, person: str, at: datetime, citizen: Citizen | None = None, digest: str = "") -> str | None:
        """A new session; the secret for its browser. Those that ended are cleared away.

        `digest` is that of the password by which it begins: where it is nobody's any more, so is the session (None).
        """
        secret = new_secret()
        name = known_as(secret)
        with self._store.writing() as connection:
            oldest, unused = (at - self._longest).timestamp(), (at - self._idle).timestamp()
            connection.execute("delete from sessions where begun <= ? or used <= ?", (oldest, unused))
            known = "select 1 from passwords where person = ? and digest = ?"
            if digest and connection.execute(known, (person_key(person), digest)).fetchone() is None:
                return None
            moment, how = at.timestamp(), _CITIZEN if citizen else _PASSWORD if digest else ""
            connection.execute(
                "insert into sessions values (?, ?, ?, ?, ?)", (name, person_key(person), how, moment, moment)
            )
            left = {str(row[0]) for row in connection.execute("select session from sessions where citizen = 'yes'")}
        with self._lock:
            self._citizens = {one: of for one, of in self._citizens.items() if one in left}
            if citizen:
                self._citizens[name] = citizen
        return secret

    def find(self, secret: str, at: datetime) -> Session | None:
        """The session of a browser's secret, used now; None where it ended, or never was."""
        name = known_as(secret)
        row = self._store.row("select person, citizen, begun, used from sessions where session = ?", name)
        if row is None:
            return None
        begun, used = (datetime.fromtimestamp(float(str(moment)), at.tzinfo) for moment in row[2:])
        if not (at - begun < self._longest and at - used < self._idle):
            self.end(secret)
            return None
        citizen = self._citizens.get(name) if row[1] == _CITIZEN else None
        if row[1] == _CITIZEN and citizen is None:
            return None  # served by a process that is no more: whoever it was signs in again
        if at - used > self._idle / 30:
            with self._store.writing() as connection:
                connection.execute("update sessions set used = ? where session = ?", (at.timestamp(), name))
        return Session(name, str(row[0]), begun, citizen, row[1] == _PASSWORD)

    def end(self, secret: str) -> None:
        """End the session of a browser."""
        with self._store.writing() as connection:
            connection.execute("delete from sessions where session = ?", (known_as(secret),))
        with self._lock:
            self._citizens.pop(known_as(secret), None)

    def form_token(self, session: Session) -> str:
        """What each form of a session brings back."""
        return hmac.new(self._key, f"form {session.known_as}".encode(), hashlib.sha256).hexdigest()
