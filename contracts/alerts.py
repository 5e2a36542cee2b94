"""Who is told each day of what is bad, and by which way, as `zhongtai.yml` declares it. Telling is not known here.

What opens a way (a password, an address with a key in it) is a file below the secrets, which is named here alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Way(StrEnum):
    """How a digest goes out."""

    MAIL = "mail"
    WEBHOOK = "webhook"
    WECOM = "wecom"
    DINGTALK = "dingtalk"


class Tls(StrEnum):
    """How a mail server is spoken to: TLS at once, TLS after STARTTLS, or none on a machine of one's own."""

    IMPLICIT = "implicit"
    STARTTLS = "starttls"
    NONE = "none"


@dataclass(frozen=True)
class Mail:
    """The mail server; `secret` names a file with `user:` and `password:`, None where it asks for none."""

    server: str
    port: int
    sender: str
    tls: Tls = Tls.STARTTLS
    secret: str | None = None
    ca_file: str | None = None


@dataclass(frozen=True)
class Told:
    """One person by one way; of all but mail `secret` names a file with `url:`, and `token:` or `sign:`."""

    person: str
    way: Way
    secret: str | None = None
    ca_file: str | None = None


@dataclass(frozen=True)
class Alerts:
    """Who is told, where links lead, and the mail server."""

    portal: str = ""
    mail: Mail | None = None
    to: tuple[Told, ...] = ()
