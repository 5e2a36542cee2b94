"""Reads who is told each day of what is bad from `zhongtai.yml`, and judges it against the city's persons."""

from __future__ import annotations

from collections.abc import Collection

from contracts.alerts import Alerts, Mail, Tls, Told, Way
from contracts.city_declarations import CityDeclaration
from contracts.documents import Document
from contracts.faults import nearest

_THIS_MACHINE = ("localhost", "127.0.0.1", "::1")


def read_alerts(city: CityDeclaration) -> Alerts:
    """What a city declares of it; nobody is told where it declares nothing."""
    declared = city.alerts
    if declared is None:
        return Alerts()
    to = tuple(Told(one.person, one.by, one.secret, one.ca_file) for one in declared.to)
    return Alerts(declared.portal.rstrip("/"), Mail(**declared.mail.model_dump()) if declared.mail else None, to)


def check_alerts(city: CityDeclaration, document: Document, persons: Collection[str]) -> None:
    """Whoever is told is a person of the city, once by each way, and there is all that the way needs."""
    _check_mail(city, document)
    seen = set[tuple[str, str]]()
    for number, one in enumerate(city.alerts.to if city.alerts else ()):
        at = ("alerts", "to", number)
        if one.person not in persons:
            document.fault((*at, "person"), f"{one.person!r} is no person of the city", nearest(one.person, persons))
        if (one.person, one.by) in seen:
            document.fault(at, f"{one.person} is told by {one.by} already", "each person once by each way")
        seen.add((one.person, one.by))
        if one.by is Way.MAIL and city.alerts and city.alerts.mail is None:
            document.fault((*at, "by"), "there is no mail server", "mail: {server: …, sender: …} beside it")
        if (one.by is Way.MAIL) != (one.secret is None):
            text = "mail goes by the server's own secret" if one.secret else f"{one.by} needs to know where"
            fix = "leave secret out" if one.secret else "secret: the name of a file below the secrets that has `url:`"
            document.fault(at, text, fix)


def _check_mail(city: CityDeclaration, document: Document) -> None:
    """A password goes over no wire that others may listen to."""
    mail = city.alerts.mail if city.alerts else None
    if mail and mail.secret and mail.tls is Tls.NONE and mail.server not in _THIS_MACHINE:
        text = f"the password for {mail.server} would be sent as everybody between may read it"
        document.fault(("alerts", "mail", "tls"), text, "implicit or starttls; or leave secret out")
