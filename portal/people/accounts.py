"""Local accounts: an invitation, a password set with it, signing in by it, changing it, ending it.

A person is invited by name, by an officer of the city at the command line; the code is shown once and good for days.
Whatever becomes of an account is in the ledger, by the person's name and without what opens it. Roles are not here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from contracts.acts import person_key
from portal.people import passwords
from portal.people.store import Store, known_as, new_secret
from portal.people.throttle import Throttle

KIND = "account"
INVITED_DAYS = 7


@dataclass(frozen=True)
class Account:
    """What is known of a person's own way in: when the password was set; None where there is none."""

    person: str
    set_at: datetime | None
    digest: str = field(default="", repr=False)


@dataclass(frozen=True)
class Proof:
    """A question to the file of accounts that is answered for as long as a change may be made."""

    sql: str
    value: str


class Denied(Exception):
    """Somebody is not let in. `why` is for the person, in both languages, and tells nothing of what exists."""

    def __init__(self, zh: str, en: str, wait: int = 0) -> None:
        self.zh, self.en, self.wait = zh, en, wait
        super().__init__(en)


class Accounts:
    """The local accounts of a city."""

    def __init__(self, store: Store) -> None:
        self._store, self._throttle = store, Throttle(store)

    def invite(self, person: str, at: datetime) -> str:
        """A code by which the person sets a password, once, within days; codes of before are nothing from now on."""
        code = new_secret()
        with self._store.writing() as connection:
            connection.execute("delete from invitations where person = ?", (person_key(person),))
            until = (at + timedelta(days=INVITED_DAYS)).timestamp()
            connection.execute("insert into invitations values (?, ?, ?)", (known_as(code), person_key(person), until))
        return code

    def invited(self, code: str, at: datetime) -> str | None:
        """Whom a code invites; None for none that is good."""
        row = self._store.row(
            "select person from invitations where code = ? and until > ?", known_as(code), at.timestamp()
        )
        return str(row[0]) if row else None

    def accept(self, code: str, password: str, at: datetime) -> str:
        """Set the first password, by a code; returns the person. Raises `Denied`."""
        person = self.invited(code, at)
        if person is None:
            raise Denied("邀请无效或已过期", "no invitation that is good; ask for another")
        self._set(person, password, at, Proof("select 1 from invitations where code = ?", known_as(code)))
        return person

    def sign_in(self, name: str, password: str, address: str, at: datetime) -> Account:
        """The account of a name and its password. Raises `Denied`, in the same words whatever was wrong."""
        person = person_key(name)[:200]
        about = (f"person {known_as(person)}", f"address {known_as(address)}")
        wait = self._throttle.waits(about, at)
        if wait:
            raise Denied("尝试次数过多，请稍后再试", "too many attempts; wait before the next", wait)
        found = self.account(person)
        digest = found.digest or None
        if not passwords.matches(digest, password):
            self._throttle.failed(about, at)
            raise Denied("姓名或密码不对", "no account of that name and password")
        self._throttle.forget(about[0])
        return self._renewed(found, password) if passwords.outdated(found.digest) else found

    def _renewed(self, account: Account, password: str) -> Account:
        """The account with a digest of today's parameters, unless it changed meanwhile."""
        digest = passwords.kept(password)
        with self._store.writing() as connection:
            changed = connection.execute(
                "update passwords set digest = ? where person = ? and digest = ?",
                (digest, person_key(account.person), account.digest),
            )
            return replace(account, digest=digest) if changed.rowcount else account

    def change(self, person: str, old: str, new: str, address: str, at: datetime) -> None:
        """Another password instead of the old one. Raises `Denied`."""
        found = self.sign_in(person, old, address, at)
        if old == new:
            raise Denied("新密码与旧密码相同", "the new password is the old one")
        self._set(person_key(person), new, at, Proof("select 1 from passwords where digest = ?", found.digest))

    def account(self, person: str) -> Account:
        """What is known of a person's account."""
        row = self._store.row("select set_at, digest from passwords where person = ?", person_key(person))
        if row is None:
            return Account(person, None)
        return Account(person, datetime.fromtimestamp(float(str(row[0])), UTC), str(row[1]))

    def end(self, person: str) -> None:
        """No way in any more by a password, and none by an invitation."""
        with self._store.writing() as connection:
            for table in ("passwords", "invitations", "sessions"):
                connection.execute(f"delete from {table} where person = ?", (person_key(person),))

    def _set(self, person: str, password: str, at: datetime, proof: Proof) -> None:
        """Set a password, if what it is set by still stands as it is written: a digest takes its time."""
        wrong = passwords.fault(password, person)
        if wrong:
            raise Denied(f"密码不合要求（至少 {passwords.LEAST} 个字符，不含姓名）", f"the password {wrong}")
        digest = passwords.kept(password)
        with self._store.writing() as connection:
            if connection.execute(proof.sql, (proof.value,)).fetchone() is None:
                raise Denied("邀请或密码已失效", "what it was to be set by is good no more")
            connection.execute("insert or replace into passwords values (?, ?, ?)", (person, digest, at.timestamp()))
            connection.execute("delete from invitations where person = ?", (person,))
            connection.execute("delete from sessions where person = ?", (person,))


def happened(person: str, what: str, **more: Any) -> tuple[str, Mapping[str, Any]]:
    """An entry of the ledger about an account."""
    return KIND, {"person": person, "what": what, **more}
