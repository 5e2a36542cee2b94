"""How persons sign in to the portal of a city, as its `zhongtai.yml` declares it. Signing them in is not known here."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Provider:
    """A provider of OpenID Connect: `claim` says who somebody is, `secret` names a file below the secrets."""

    issuer: str
    client: str
    claim: str = "email"
    secret: str | None = None
    ca_file: str | None = None
    element: str = ""
    """For the people of the city: the data element that the claim is of."""


@dataclass(frozen=True)
class SigningIn:
    """Where persons sign in, and for how long: passwords in days, sessions in minutes without use and hours in all."""

    provider: Provider | None = None
    citizens: Provider | None = None
    local_accounts: bool = True
    password_days: int = 90
    idle_minutes: int = 30
    session_hours: int = 10
