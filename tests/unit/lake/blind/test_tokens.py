"""Tokens are the keyed hash they say they are, of verified identifiers alone, and meet only their own sort."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import replace
from datetime import date
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives import hmac as keyed
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from lake.blind.tokens import Linked, encode, link
from lake.blind.verified import Counted, expect_element
from lake.settings import Settings
from sharing.blind.key import Algorithm, BlindKey
from sharing.faults import SharingRefused
from tests.unit.lake.blind.files import RESIDENT, csv, parquet, resident, rows

KEY = BlindKey("tax__firms", date(2026, 12, 31), bytes(range(32)))
ONE, TWO, THREE = (resident(number) for number in (1, 2, 3))
SHA = Algorithm.SHA256
WRONG = ONE[:-1] + ("0" if ONE[-1] != "0" else "1")


def made(settings: Settings, file: Path, key: BlindKey = KEY, algorithm: Algorithm = SHA) -> Path:
    out = file.with_suffix(f".{algorithm}.{key.key_id[:6]}.tokens")
    encode(settings, (file, "id"), RESIDENT, (key, algorithm), out)
    return out


@pytest.mark.parametrize("algorithm", Algorithm)
def test_a_token_is_the_hash_of_the_standard_spelling_under_the_derived_key(
    settings: Settings, tmp_path: Path, algorithm: Algorithm
) -> None:
    info = b'zhongtai blind token\n["tax__firms","resident_id",1,"%s"]' % str(algorithm).encode()
    derived = HKDF(hashes.SHA256(), 32, salt=None, info=info).derive(KEY.secret)
    found = rows(made(settings, parquet(tmp_path / "a.parquet", [ONE]), algorithm=algorithm))
    if algorithm is SHA:
        expected = hmac.digest(derived, ONE.encode(), hashlib.sha256).hex()
    else:
        one = keyed.HMAC(derived, hashes.SM3())
        one.update(ONE.encode())
        expected = one.finalize().hex()
    assert found == [{"token": expected, "row": 1}]


@pytest.mark.parametrize("write", [parquet, csv])
def test_rows_without_a_verified_identifier_are_counted_and_left_out(
    settings: Settings, tmp_path: Path, write: object
) -> None:
    short = "99900190010100" + "2"  # fifteen digits of before 1999: the same person in eighteen
    values = [ONE, None, WRONG, "E12345678", "", f" {ONE.lower()} ", "11111111111111111X", short]
    file = write(tmp_path / f"a.{write.__name__}", values)  # type: ignore[operator, attr-defined]
    out = tmp_path / "a.tokens"
    counted = encode(settings, (file, "id"), RESIDENT, (KEY, SHA), out)
    assert counted == Counted(rows=8, verified=3, unverified=3, empty=2, repeated=1)
    found = rows(out)
    assert [one["row"] for one in found] == [1, 6, 8]
    assert found[0]["token"] == found[1]["token"] != found[2]["token"]
    assert found[2] == {
        "token": rows(made(settings, parquet(tmp_path / "b.parquet", [resident(2)])))[0]["token"],
        "row": 8,
    }
    assert out.stat().st_mode & 0o777 == 0o600
    everything = out.read_bytes()
    assert not any(one.encode() in everything for one in (ONE, WRONG, short, KEY.secret.hex(), "E12345678"))


def test_two_files_are_linked_by_their_tokens_and_what_stands_twice_is_told(settings: Settings, tmp_path: Path) -> None:
    left = made(settings, parquet(tmp_path / "left.parquet", [ONE, TWO, ONE, None]))
    right = made(settings, csv(tmp_path / "right.csv", [THREE, TWO, ONE]))
    linked, sort = link(settings, left, right, tmp_path / "pairs.parquet")
    assert linked == Linked(left=3, right=3, tokens=2, pairs=3, left_repeated=1, right_repeated=0)
    assert [tuple(one.values()) for one in rows(tmp_path / "pairs.parquet")] == [(1, 3), (2, 2), (3, 3)]
    assert (sort.key, sort.agreement, sort.element) == (KEY.key_id, "tax__firms", "resident_id")


@pytest.mark.parametrize(
    "other",
    [
        (replace(KEY, secret=bytes(32)), SHA),
        (replace(KEY, agreement="tax__others"), SHA),
        (replace(KEY, until=date(2027, 1, 1)), SHA),
        (KEY, Algorithm.SM3),
    ],
)
def test_tokens_of_another_sort_do_not_meet(
    settings: Settings, tmp_path: Path, other: tuple[BlindKey, Algorithm]
) -> None:
    file = parquet(tmp_path / "a.parquet", [ONE])
    with pytest.raises(SharingRefused) as caught:
        link(settings, made(settings, file), made(settings, file, *other), tmp_path / "pairs.parquet")
    assert caught.value.rule == "blind_sort"
    assert not (tmp_path / "pairs.parquet").exists()


def test_tokens_that_say_they_are_of_another_key_are_not_believed(settings: Settings, tmp_path: Path) -> None:
    """The metadata is anybody's to write; the proof is the key's."""
    file = parquet(tmp_path / "a.parquet", [ONE])
    honest, other = made(settings, file), made(settings, file, replace(KEY, secret=bytes(32)))
    told, proof = (pq.read_schema(one).metadata[b"zhongtai_blind"] for one in (honest, other))
    lying = told.replace(*(one.partition(b'"proof":"')[2][:64] for one in (told, proof)))
    pq.write_table(pq.read_table(other).replace_schema_metadata({b"zhongtai_blind": lying}), tmp_path / "lying")
    with pytest.raises(SharingRefused, match="not made by one key"):
        link(settings, honest, tmp_path / "lying", tmp_path / "pairs.parquet")


def test_what_is_no_file_of_tokens_or_of_identifiers_is_refused_in_words(settings: Settings, tmp_path: Path) -> None:
    plain, tokens = parquet(tmp_path / "a.parquet", [ONE]), made(settings, parquet(tmp_path / "b.parquet", [ONE]))
    garbage = tmp_path / "garbage.parquet"
    garbage.write_bytes(ONE.encode() * 9)
    broken = pq.read_table(tokens)
    told = pq.read_schema(tokens).metadata
    short = broken.set_column(0, "token", [["0" * 63]]).replace_schema_metadata(told)
    pq.write_table(short, tmp_path / "short")
    for file in (plain, garbage, tmp_path / "short", tmp_path / "nowhere"):
        with pytest.raises(SharingRefused) as caught:
            link(settings, tokens, file, tmp_path / "pairs.parquet")
        assert caught.value.rule == "blind_tokens" and ONE not in str(caught.value)
    for file, column, rule in (
        (garbage, "id", "blind_file"), (plain, "no", "blind_column"), (tmp_path / "a.txt", "id", "blind_file"),
    ):  # fmt: skip
        with pytest.raises(SharingRefused) as caught:
            encode(settings, (file, column), RESIDENT, (KEY, SHA), tmp_path / "out")
        assert caught.value.rule == rule and ONE not in str(caught.value)
    with pytest.raises(SharingRefused, match="something is there already"):
        encode(settings, (plain, "id"), RESIDENT, (KEY, SHA), tokens)


def test_an_element_that_nobody_can_verify_is_not_encoded() -> None:
    with pytest.raises(SharingRefused, match=r"no check character.*take one that has: resident_id"):
        expect_element({"resident_id": RESIDENT, "phone": replace(RESIDENT, name="phone", check=None)}, "phone")
    with pytest.raises(SharingRefused, match="no such data element"):
        expect_element({"resident_id": RESIDENT}, "resident")
