"""The application: its parts put together. Nothing is decided here; what is not answered is `refusals.py`'s."""

from __future__ import annotations

from starlette.applications import Starlette

from lake.quality_past.store import QualityPast
from portal import description
from portal.access import Access
from portal.audit.routes import Audit
from portal.catalogue.api import CatalogueApi
from portal.catalogue.exports import Exports
from portal.catalogue.routes import CataloguePages
from portal.catalogue.shelf import Shelf
from portal.city import City
from portal.corrections.desk import CorrectionDesk
from portal.corrections.routes import CorrectionPages
from portal.delta.routes import DeltaSharing
from portal.entrance.at_provider import AtProvider
from portal.entrance.own import Own
from portal.entrance.routes import SigningIn
from portal.feeds.routes import Feeds
from portal.files.downloads import Downloads
from portal.files.proof import Proofs
from portal.files.routes import Files
from portal.find.routes import Find
from portal.findings.morning import Morning
from portal.findings.routes import FindingPages
from portal.home.routes import Home
from portal.identity.desk import IdentityDesk
from portal.identity.routes import IdentityPages
from portal.indicators.desk import IndicatorDesk
from portal.indicators.routes import IndicatorPages
from portal.lineage.routes import LineagePages
from portal.open.routes import OpenData
from portal.pages import Pages
from portal.people.people import People
from portal.quality.data_docs import DataDocsPages
from portal.quality.routes import QualityPages
from portal.quarantine.routes import QuarantinePages
from portal.refusals import Refusals
from portal.released import Released
from portal.requests.desk import Desk
from portal.requests.routes import Requests
from portal.rules.routes import Rules
from portal.statements.routes import StatementPages
from portal.traces.routes import OwnTraces
from portal.verdicts.routes import Verdicts
from portal.wall.routes import Wall


def application(city: City, people: People) -> Starlette:
    """The ASGI application of one city and its persons."""
    shared, base = (city, Released(city), Proofs()), people.base
    shelf, past = Shelf(city), QualityPast(city.settings, city.ledger, city.catalogue)
    pages = Pages(people)
    entrance, desk, corrections = SigningIn(people, pages), Desk(people), CorrectionDesk(people)
    identity, rules = IdentityDesk(people), Rules(people, pages)
    morning = Morning(city, past, [corrections.found])
    signs = IndicatorDesk(city, past)
    indicators = IndicatorPages(people, pages, signs)
    found = Starlette(
        routes=[
            *Home(desk, (corrections, identity), (shared[1], morning), pages).routes(),
            *FindingPages(people, morning, pages).routes(),
            *DeltaSharing(*shared, base).routes(),
            *Files(*shared).routes(),
            *Downloads(*shared).routes(),
            *Access(city).routes(),
            *Feeds(city).routes(),
            *CatalogueApi(people, shelf).routes(),
            *Exports(people, shelf, shared[1]).routes(),
            *CataloguePages(people, (shelf, past), pages, shared[1]).routes(),
            *Find(people, shelf, pages).routes(),
            *LineagePages(people, shelf, pages).routes(),
            *OpenData(shared, pages, desk).routes(),
            *entrance.routes(),
            *AtProvider(people, entrance).routes(),
            *Own(people, pages).routes(),
            *DataDocsPages(people, pages).routes(),
            *QualityPages(people, pages, past).routes(),
            *Verdicts(people, pages).routes(),
            *Audit(people, pages).routes(),
            *rules.routes(),
            *description.routes(),
            *Requests(desk, pages).routes(),
            *StatementPages(people, pages).routes(),
            *OwnTraces(people, pages).routes(),
            *QuarantinePages(corrections, shelf, pages).routes(),
            *CorrectionPages(corrections, pages).routes(),
            *IdentityPages(identity, pages).routes(),
            *indicators.routes(),
            *Wall(people, pages, signs, indicators).routes(),
            *pages.routes(),
        ],
        exception_handlers=Refusals(city, pages).handlers(),
    )
    found.state.shelf, found.state.morning, found.state.past = shelf, morning, past
    found.state.rules = rules.shelf
    found.router.redirect_slashes = False  # they would be sent to whatever host a request names
    return found
