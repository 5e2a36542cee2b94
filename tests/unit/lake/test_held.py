"""Which releases held one person: found by the key, in whatever spelling, and by nobody else; asked on record alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from contracts.load import load_catalogue
from contracts.model import Catalogue
from contracts.sql_text import literal
from lake.attach import bare_connection
from lake.engine_macros import install_macros
from lake.held import Numbered, holdings, keep_index, write_index
from lake.settings import REPOSITORY, Settings, load_settings
from sharing.ledger import Ledger

AT = datetime(2026, 6, 1, 8, tzinfo=UTC)
ELEMENTS = ("resident_id", "passport_number")
ANNA, SHORT = "110105194912310021", "110105491231002"
BORIS = "E12345678"


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load_catalogue(REPOSITORY)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings(tmp_path, {"ZHONGTAI_STATE": str(tmp_path / "state")})


@contextmanager
def engine(settings: Settings, key: bytes = bytes(32)) -> Iterator[duckdb.DuckDBPyConnection]:
    connection = bare_connection(settings)
    install_macros(connection, key)
    yield connection
    connection.close()


def index(settings: Settings, catalogue: Catalogue, release: str, *persons: tuple[str, str | None]) -> Path:
    """A release's index of (element, id)."""
    draft = settings.state / "draft.parquet"
    with engine(settings) as connection:
        listed = [
            Numbered(element, f"select {literal(one) if one is not None else 'null'}::varchar as person")
            for element, one in persons
        ]
        write_index(connection, catalogue, listed, draft)
    keep_index(settings, "tax__firms", release, draft)
    return settings.held / "tax__firms" / f"{release}.parquet"


def asked(settings: Settings, catalogue: Catalogue, value: str, key: bytes = bytes(32)) -> dict[str, bool | None]:
    with Ledger.open(settings.ledger) as ledger, engine(settings, key) as connection:
        if not list(ledger.entries("release")):
            for release in ("a", "b", "c"):
                body = {"agreement": "tax__firms", "release_id": release, "recipient": "tax"}
                ledger.append_many([("release", body), ("release", body)], AT)
            ledger.append("withdrawal", {"agreement": "tax__firms", "release_id": "b"}, AT + timedelta(days=1))
        found = holdings(connection, settings, catalogue, ledger, (value, ELEMENTS))
        assert [(one.recipient, one.withdrawn is not None) for one in found] == [
            ("tax", False),
            ("tax", True),
            ("tax", False),
        ]
        return {one.release_id: one.held for one in found}


def test_each_release_that_held_a_person_is_found_and_no_other(settings: Settings, catalogue: Catalogue) -> None:
    index(settings, catalogue, "a", ("resident_id", ANNA), ("resident_id", ANNA), ("passport_number", BORIS))
    index(settings, catalogue, "b", ("passport_number", BORIS), ("resident_id", ""), ("resident_id", None))
    assert asked(settings, catalogue, ANNA) == {"a": True, "b": False, "c": None}
    assert asked(settings, catalogue, BORIS) == {"a": True, "b": True, "c": None}
    assert asked(settings, catalogue, "") == {"a": False, "b": False, "c": None}
    assert asked(settings, catalogue, "' or true --") == {"a": False, "b": False, "c": None}


def test_a_person_is_found_by_any_standard_spelling(settings: Settings, catalogue: Catalogue) -> None:
    index(settings, catalogue, "a", ("resident_id", SHORT))
    with engine(settings) as connection:
        long = str(connection.execute(f"select zt.normalise_resident_id('{SHORT}')").fetchone()[0])  # type: ignore[index]
    for spelled in (SHORT, long, long.lower(), f" {long} "):
        assert asked(settings, catalogue, spelled)["a"] is True, spelled


def test_an_id_of_one_element_is_nobody_of_another(settings: Settings, catalogue: Catalogue) -> None:
    index(settings, catalogue, "a", ("other_element", ANNA))
    assert asked(settings, catalogue, ANNA)["a"] is False


def test_another_key_finds_nobody_and_the_file_tells_nothing(settings: Settings, catalogue: Catalogue) -> None:
    file = index(settings, catalogue, "a", ("resident_id", ANNA), ("passport_number", BORIS))
    assert asked(settings, catalogue, ANNA, key=bytes(31) + b"\1")["a"] is False
    assert ANNA.encode() not in file.read_bytes()
    assert (file.stat().st_mode & 0o777, settings.held.stat().st_mode & 0o777) == (0o600, 0o700)
    with duckdb.connect() as plain:
        rows = plain.execute(f"select who from read_parquet('{file}')").fetchall()
    assert len(rows) == 2 and rows == sorted(rows) and all(len(who) == 64 for (who,) in rows)


def test_the_index_of_a_release_stays_what_it_was(settings: Settings, catalogue: Catalogue) -> None:
    before = index(settings, catalogue, "a", ("resident_id", ANNA)).read_bytes()
    assert index(settings, catalogue, "a", ("passport_number", BORIS)).read_bytes() == before
    keep_index(settings, "tax__firms", "z", settings.state / "none.parquet")
    assert not (settings.held / "tax__firms" / "z.parquet").exists()


def test_an_element_that_is_written_as_it_is_is_compared_so(settings: Settings, catalogue: Catalogue) -> None:
    bare = replace(catalogue, elements={})
    index(settings, bare, "a", ("resident_id", SHORT))
    assert asked(settings, bare, SHORT)["a"] is True
    assert asked(settings, catalogue, SHORT)["a"] is False


def test_a_damaged_index_tells_nothing_and_takes_nothing_from_the_others(
    settings: Settings, catalogue: Catalogue
) -> None:
    index(settings, catalogue, "a", ("resident_id", ANNA))
    file = index(settings, catalogue, "b", ("resident_id", ANNA))
    file.write_bytes(b"PAR1" + bytes(40))
    assert asked(settings, catalogue, ANNA) == {"a": True, "b": None, "c": None}
