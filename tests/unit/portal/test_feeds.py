"""Pushing micro-batches: by a token of the department's own, whole, and never into a lake."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from contracts.load import load_catalogue
from tests.unit.lake.windows.fed import GATES, write_city
from tests.unit.portal.conftest import Portal

ADDRESS = "/api/feeds/transport/gates"
LINE = b'{"sender": "a"}\n'


@pytest.fixture
def fed(portal: Portal, tmp_path: Path) -> Path:
    """The portal's city with feeds; where their deliveries lie."""
    known = load_catalogue(write_city(tmp_path / "fed"))
    portal.city.catalogue = replace(portal.city.catalogue, streams=known.streams, deliveries=known.deliveries)
    return Path(str(known.deliveries))


def test_a_push_lies_in_the_delivery_folder(portal: Portal, fed: Path) -> None:
    grant, header = portal.grant("feed.transport")
    answer = portal.ask("POST", ADDRESS, content=LINE, headers=header)
    digest = hashlib.sha256(LINE).hexdigest()
    told = {"dataset": GATES, "digest": digest, "known": False, "bytes": len(LINE)}
    assert (answer.status_code, answer.json()) == (201, told)
    again = portal.ask("POST", ADDRESS, content=LINE, headers=header)
    assert (again.status_code, again.json()["known"]) == (200, True)
    assert [file.read_bytes() for file in (fed / "feeds" / "gates").iterdir()] == [LINE]
    pushed = [dict(entry.body) for entry in portal.city.ledger.entries("pushed")]
    assert [(one["digest"], one["token"]) for one in pushed] == [(digest, grant.token)] * 2
    assert not portal.city.settings.catalog.exists(), "no lake was made"


def test_who_may_not_push(portal: Portal, fed: Path) -> None:
    for headers, status in (
        ({}, 401),
        (portal.grant("transport")[1], 404),  # what reads pushes nothing
        (portal.grant("feed.health")[1], 404),
    ):
        answer = portal.ask("POST", ADDRESS, content=LINE, headers=headers)
        assert answer.status_code == status, answer.text
    mine = portal.grant("feed.transport")[1]
    assert portal.ask("POST", "/api/feeds/transport/unknown", content=LINE, headers=mine).status_code == 404
    assert portal.ask("POST", "/api/feeds/x/..%2f..", content=LINE, headers=mine).status_code == 404
    assert portal.ask("POST", ADDRESS, content=b"x" * (1 << 21), headers=mine).status_code == 413
    assert not (fed / "feeds").exists()
    # And it reads nothing.
    assert portal.ask("GET", "/delta-sharing/shares", headers=mine).json()["items"] == []
