"""What landed lies sealed where the city says so, is opened with its key alone, and is what was delivered or named."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lake.city import put_away
from lake.landed import LandedLost, LandingPlace, land_again, landed_copy, seal_landing
from lake.readers.landing import Landed, land
from lake.scratch import empty_scratch, reader_spill
from lake.settings import load_settings
from sharing.faults import SharingRefused
from sharing.keyring import KeyPlace
from tests.unit.lake.desk import people

ONE = people()
TEXT = b"id,name,age\n1,110105194912310021,1\n"


@pytest.fixture
def place(tmp_path: Path) -> LandingPlace:
    (tmp_path / "keys").mkdir(mode=0o700)
    return LandingPlace(tmp_path / "landing", tmp_path / "scratch", KeyPlace(tmp_path / "keys"))


def landed(place: LandingPlace, text: bytes = TEXT) -> Landed:
    file = place.folder.parent / "people.csv"
    file.write_bytes(text)
    return land(ONE, f"file://{file}", place.folder)


def everything(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


def test_nothing_of_what_was_delivered_lies_open_and_all_is_found_again(place: LandingPlace) -> None:
    found = landed(place)
    seal_landing(place)
    assert b"1101051949" not in everything(place.folder)
    assert everything(place.folder).startswith(b"age-encryption.org/v1")
    assert landed_copy(ONE, found.batch, place).read_bytes() == TEXT
    again = land_again(ONE, found.batch, place)
    assert (again.batch, again.digest, again.lines) == (found.batch, found.digest, found.lines)
    seal_landing(place)
    seal_landing(place)
    assert b"1101051949" not in everything(place.folder)
    assert len(list(place.folder.rglob("*.csv"))) == 1


def test_a_sealed_copy_is_its_owner_s_only(place: LandingPlace) -> None:
    found = landed(place)
    seal_landing(place)
    landed_copy(ONE, found.batch, place)
    for folder in (place.folder, place.scratch, place.keys.folder):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(place.keys.landing.stat().st_mode) == 0o600


def test_the_same_file_again_mends_a_damaged_sealed_copy(place: LandingPlace) -> None:
    found = landed(place)
    seal_landing(place)
    (sealed,) = place.folder.rglob("*.csv")
    sealed.write_bytes(sealed.read_bytes()[:-1])
    with pytest.raises(LandedLost, match="cannot be opened"):
        landed_copy(ONE, found.batch, place)
    landed(place)
    assert landed_copy(ONE, found.batch, place).read_bytes() == TEXT
    seal_landing(place)
    assert landed_copy(ONE, found.batch, place).read_bytes() == TEXT


@settings(max_examples=20)
@given(place_of_bit=st.floats(0, 1, exclude_max=True))
def test_one_changed_bit_of_a_sealed_copy_is_seen(
    tmp_path_factory: pytest.TempPathFactory, place_of_bit: float
) -> None:
    root = tmp_path_factory.mktemp("bit")
    (root / "keys").mkdir(mode=0o700)
    place = LandingPlace(root / "landing", root / "scratch", KeyPlace(root / "keys"))
    found = landed(place)
    seal_landing(place)
    (sealed,) = place.folder.rglob("*.csv")
    content = bytearray(sealed.read_bytes())
    bit = int(place_of_bit * len(content) * 8)
    content[bit // 8] ^= 1 << bit % 8
    sealed.write_bytes(content)
    with pytest.raises(LandedLost):
        landed_copy(ONE, found.batch, place)


@pytest.mark.parametrize("lost", ["gone", "other", "readable", "damaged"])
def test_without_its_key_nothing_is_opened_and_no_other_key_is_made(place: LandingPlace, lost: str) -> None:
    found, key = landed(place), place.keys.landing
    seal_landing(place)
    if lost == "gone":
        key.unlink()
    elif lost == "readable":
        key.chmod(0o644)
    elif lost == "damaged":
        key.write_bytes(key.read_bytes()[:-9])
    else:
        key.rename(key.with_name("kept"))
        other = LandingPlace(place.folder.parent / "elsewhere", place.scratch, place.keys)
        landed(other)
        seal_landing(other)
    with pytest.raises((SharingRefused, LandedLost)):
        landed_copy(ONE, found.batch, place)
    if lost != "other":
        landed(place, TEXT + b"2,x,2\n")
        with pytest.raises(SharingRefused, match=r"restore|chmod"):
            seal_landing(place)


@pytest.mark.attack
def test_its_key_is_encrypted_with_the_passphrase_of_the_others(tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir(mode=0o700)
    word = tmp_path / "word"
    word.touch(mode=0o600)
    word.write_text("一句话 and more\n")
    place = LandingPlace(tmp_path / "landing", tmp_path / "scratch", KeyPlace(tmp_path / "keys", word))
    found = landed(place)
    seal_landing(place)
    assert b"AGE-SECRET-KEY" not in place.keys.landing.read_bytes()
    assert landed_copy(ONE, found.batch, place).read_bytes() == TEXT
    bare = LandingPlace(place.folder, place.scratch, KeyPlace(tmp_path / "keys"))
    with pytest.raises(SharingRefused, match="passphrase"):
        landed_copy(ONE, found.batch, bare)


def test_at_the_end_scratch_is_empty_but_for_who_is_reading(tmp_path: Path) -> None:
    settings = load_settings(tmp_path, {})
    for name in ("spill", "candidates", reader_spill(1), reader_spill(2**22 + 5)):
        (settings.scratch / name).mkdir(parents=True)
        (settings.scratch / name / "rows.tmp").write_bytes(TEXT)
    (settings.scratch / "link").symlink_to(tmp_path)
    empty_scratch(settings.scratch)
    assert [path.name for path in settings.scratch.iterdir()] == [reader_spill(1)]
    assert tmp_path.is_dir()


def test_a_city_that_declares_nothing_lands_in_the_clear(tmp_path: Path) -> None:
    settings = load_settings(tmp_path, {})
    settings.keys.mkdir(parents=True, mode=0o700)
    settings.key_place.pseudonym.touch(mode=0o600)
    settings.key_place.pseudonym.write_bytes(bytes(32))
    place = LandingPlace.of(settings)
    found = landed(place)
    put_away(settings, landed=False)
    assert found.file.read_bytes() == TEXT
    put_away(settings, landed=True)
    assert not found.file.exists() and landed_copy(ONE, found.batch, place).read_bytes() == TEXT
