"""Client credentials: what is exchanged for what, how long it is good, and that nothing else is."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from sharing.grants import Asked, end, give
from tests.unit.portal.conftest import RECIPIENT, Portal

FORM = b"grant_type=client_credentials&client_secret="
SHARES = "/delta-sharing/shares"


def token(portal: Portal, client: str, secret: str, **form: str) -> Any:
    told = {"grant_type": "client_credentials", "client_id": client, "client_secret": secret, **form}
    return portal.ask("POST", "/oauth/token", data=told)


def test_a_secret_is_exchanged_for_a_token_that_ends_with_the_grant(portal: Portal) -> None:
    portal.publish()
    grant, secret = give(portal.city.ledger, Asked(RECIPIENT, 90), portal.clock.now())
    answer = token(portal, grant.token, secret)
    assert (answer.status_code, answer.json()["expires_in"]) == (200, 3600)
    who = {"Authorization": f"Bearer {answer.json()['access_token']}"}
    assert portal.ask("GET", SHARES, headers=who).json()["items"]
    basic = base64.b64encode(f"{grant.token}:{secret}".encode()).decode()
    headers = {"Authorization": f"Basic {basic}"}
    assert (
        portal.ask("POST", "/oauth/token", data={"grant_type": "client_credentials"}, headers=headers).status_code
        == 200
    )
    portal.clock.pass_by(seconds=3600)
    assert portal.ask("GET", SHARES, headers=who).status_code == 401
    portal.clock.pass_by(seconds=-1)
    assert portal.ask("GET", SHARES, headers=who).status_code == 200
    end(portal.city.ledger, RECIPIENT, "office", portal.clock.now(), grant.token)
    assert portal.ask("GET", SHARES, headers=who).status_code == 401
    assert token(portal, grant.token, secret).status_code == 401


@pytest.mark.parametrize("wrong", ["client", "secret", "kind", "no utf-8"])
def test_nothing_else_is_exchanged(portal: Portal, wrong: str) -> None:
    grant, secret = give(portal.city.ledger, Asked(RECIPIENT, 90), portal.clock.now())
    other, _ = give(portal.city.ledger, Asked(RECIPIENT, 90), portal.clock.now())
    answers = {
        "client": lambda: token(portal, other.token, secret),
        "secret": lambda: token(portal, grant.token, secret[:-1]),
        "kind": lambda: token(portal, grant.token, secret, grant_type="password"),
        "no utf-8": lambda: portal.ask(
            "POST", "/oauth/token", content=b"grant_type=client_credentials&client_secret=\xff"
        ),
    }
    assert answers[wrong]().status_code in (400, 401) and "access_token" not in answers[wrong]().text


@pytest.mark.parametrize("text", ["zta_", "zta_.", "zta_..", "zta_x.9999999999.0", "ztk_", "zta_é.1.2", "a" * 10_000])
def test_a_token_that_was_not_made_here_is_none(portal: Portal, text: str) -> None:
    answer = portal.ask("GET", SHARES, headers={"Authorization": f"Bearer {text}".encode("latin-1")})
    assert answer.status_code == 401
