"""The shape of `zhongtai.yml` as it is validated; JSON Schemas are made of it. What it means its readers say."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from contracts.alerts import Tls, Way
from contracts.declarations import (
    MAIL,
    ContactDeclaration,
    Day,
    Declaration,
    LicenceDeclaration,
    Name,
    Real,
    Text,
    Title,
    Truth,
)


class CalendarDeclaration(Declaration):
    """Holidays and make-up workdays that the built-in Chinese calendar does not know yet."""

    source: Text = Field(description="the notice that announced them")
    holidays: tuple[Day, ...] = ()
    workdays: tuple[Day, ...] = ()
    years: tuple[Annotated[int, Field(strict=True, ge=2000, le=2200)], ...] = Field(
        (), description="years beyond the built-in calendar that these lists cover whole"
    )


# A hundred years: what is kept longer than that is kept for ever, which is said by leaving it out.
Days = Annotated[int, Field(strict=True, ge=1, le=36_500)]


class RetentionDeclaration(Declaration):
    """How many days a city keeps what upkeep may clear away."""

    snapshots_days: Days = Field(30, description="former states of the lake, beside the one that is")
    runs_days: Days = Field(90, description="what Dagster and dbt wrote of runs; the ledger's own record stays")
    runs_most: Annotated[int, Field(strict=True, ge=1, le=1_000_000)] = Field(
        100, description="how many of the newest runs Dagster keeps at most, however young they are"
    )
    landing_days: Days | None = Field(
        None, description="delivered bytes, from the day of their last delivery on; left out: for ever"
    )


class OpenDataDeclaration(Declaration):
    """What a city says of all its open data."""

    licence: LicenceDeclaration | None = Field(None, description="that of every open product that names no other")
    contact: ContactDeclaration | None = None


class SignInDeclaration(Declaration):
    """A provider of OpenID Connect at which persons sign in; the client's secret lies in `secret` below the secrets."""

    issuer: Annotated[str, StringConstraints(pattern=r"^https?://[^\s?#]+$")]
    client: Text
    secret: Name | None = Field(
        None, description="<secrets>/<name>.yml has `client_secret:`; left out: a public client"
    )
    claim: Text = Field("email", description="the claim that says who it is")
    ca_file: Text | None = Field(None, description="certificates that are trusted for it, relative to this file")


class CitizensDeclaration(SignInDeclaration):
    """The provider at which the people of the city sign in, to see which releases held them."""

    element: Name = Field(description="the data element that the claim is of, as resident_id")


class PortalDeclaration(Declaration):
    """How persons sign in to the portal."""

    sign_in: SignInDeclaration | None = Field(None, description="left out: by local accounts alone")
    citizens: CitizensDeclaration | None = None
    local_accounts: Truth = Field(True, description="persons may sign in with a password of their own")
    password_days: Annotated[int, Field(strict=True, ge=1, le=3650)] = Field(90, description="how long one is good")
    idle_minutes: Annotated[int, Field(strict=True, ge=1, le=720)] = 30
    session_hours: Annotated[int, Field(strict=True, ge=1, le=24)] = 10


class MailDeclaration(Declaration):
    """The mail server by which digests go out."""

    server: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9]([A-Za-z0-9.:-]{0,252}[A-Za-z0-9])?$")]
    port: Annotated[int, Field(strict=True, ge=1, le=65535)] = 587
    tls: Tls = Field(Tls.STARTTLS, description="none: on a machine of one's own alone")
    sender: Annotated[str, StringConstraints(pattern=MAIL)]
    secret: Name | None = Field(None, description="<secrets>/<name>.yml has `user:` and `password:`")
    ca_file: Text | None = Field(None, description="certificates that are trusted for it, relative to this file")


class ToldDeclaration(Declaration):
    """One person, and the way by which they are told."""

    person: Text = Field(description="as contracts/persons.yml names them")
    by: Way
    secret: Name | None = Field(
        None,
        description="all but mail: <secrets>/<name>.yml has `url:`; webhook: `token:`, dingtalk: `sign:` may be there",
    )
    ca_file: Text | None = Field(None, description="certificates that are trusted for it, relative to this file")


class AlertsDeclaration(Declaration):
    """Who is told each day of what is bad."""

    portal: Annotated[str, StringConstraints(pattern=r"^https?://[^\s?#]+$")] = Field(
        description="the address by which the portal is reached: links begin with it"
    )
    mail: MailDeclaration | None = None
    to: tuple[ToldDeclaration, ...]


class QualityDeclaration(Declaration):
    """How quality is scored."""

    weights: dict[Text, Real] = Field(
        default_factory=dict, description="dimension -> weight; left out: all alike; one that is not named: 0"
    )


class CityDeclaration(Declaration):
    """`zhongtai.yml`."""

    city: Name
    title: Title
    deliveries: Text
    calendar: CalendarDeclaration | None = None
    demonstration: Truth = Field(
        False, description="a city that nobody lives in: the platform plays its persons, and every certificate says so"
    )
    jurisdiction: Name = Field("china", description="whose deadlines hold: standards/jurisdictions/<name>.yml")
    encrypt_landing: Truth = Field(False, description="landed files lie encrypted from the end of a command on")
    retention: RetentionDeclaration | None = Field(None, description="how long what upkeep may clear away is kept")
    open_data: OpenDataDeclaration | None = Field(None, description="what holds for all that is open to the public")
    portal: PortalDeclaration | None = Field(None, description="how persons sign in to the portal")
    alerts: AlertsDeclaration | None = Field(None, description="who is told each day of what is bad")
    quality: QualityDeclaration | None = Field(None, description="how quality is scored")
    override_working_days: Annotated[int, Field(strict=True, ge=1, le=250)] = Field(
        30, description="for how many working days at most a product may be released in spite of a failing check"
    )
