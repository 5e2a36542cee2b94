"""Who may act, as declared: keys are public ones, each of one person, and nobody's private key is taken for one."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from contracts.acts import person_key
from contracts.faults import DeclarationsRefused
from contracts.load import load_catalogue, load_persons
from sharing.keyring import KeyPlace, make_keys
from sharing.keys import ED25519, SM2
from tests.keys import signer_in

TERM = "from: 2026-01-01, until: 2026-12-31"
PERSON = """persons:
  anna@city.example:
    title: {{zh: 安, en: Anna}}
    roles: [{{role: owner, from: 2026-01-01, until: 2026-12-31}}]
    keys: [{{key: {key}, from: 2026-01-01, until: 2026-12-31}}]
"""


def text_of(pem: bytes) -> str:
    return "".join(line for line in pem.decode().splitlines() if not line.startswith("-----"))


def declared(workspace: Path, key: str) -> None:
    (workspace / "contracts" / "persons.yml").write_text(PERSON.format(key=key), encoding="utf-8")
    load_catalogue(workspace)


@pytest.mark.parametrize("algorithm", [ED25519, SM2])
def test_public_keys_of_both_kinds_are_taken(workspace: Path, tmp_path: Path, algorithm: str) -> None:
    declared(workspace, text_of(make_keys(KeyPlace(tmp_path / "keys"), algorithm).public.pem))


@pytest.mark.parametrize("algorithm", [ED25519, SM2])
def test_a_private_key_is_named_for_what_it_is(workspace: Path, tmp_path: Path, algorithm: str) -> None:
    place = KeyPlace(tmp_path / "keys")
    make_keys(place, algorithm)
    with pytest.raises(DeclarationsRefused) as refused:
        declared(workspace, text_of(place.signing.read_bytes()))
    (fault,) = refused.value.faults
    assert "PRIVATE" in fault.what and "person-key" in fault.write_instead
    assert fault.where == "persons.anna@city.example.keys[0].key"


def test_what_is_no_key_is_refused_at_its_place(workspace: Path, tmp_path: Path) -> None:
    whole = base64.b64decode(text_of(signer_in(tmp_path / "keys").public.pem))
    for der in (whole + b"\0", whole[:-1], b"\0" + whole, bytes(44), whole[:11] + b"\1" + whole[12:]):
        with pytest.raises(DeclarationsRefused) as refused:
            declared(workspace, base64.b64encode(der).decode())
        (fault,) = refused.value.faults
        assert "no public key" in fault.what


def test_a_level_of_rows_is_for_whoever_sees_rows(workspace: Path) -> None:
    def declare(role: str) -> str:
        text = f"persons:\n  anna@city.example:\n    title: {{zh: 安, en: Anna}}\n    roles: [{{{role}, {TERM}}}]\n"
        (workspace / "contracts" / "persons.yml").write_text(text, encoding="utf-8")
        return load_catalogue(workspace).persons["anna@city.example"].roles[0].level

    assert (declare("role: owner, level: L4"), declare("role: steward")) == ("L4", "")
    for role, why in (("role: officer, level: L2", "sees no rows"), ("role: owner, level: L9", "L9")):
        with pytest.raises(DeclarationsRefused) as refused:
            declare(role)
        assert why in str(refused.value)


@pytest.mark.parametrize("dot", [".", "。"])
def test_a_dot_at_the_end_of_an_address_makes_nobody_else(workspace: Path, tmp_path: Path, dot: str) -> None:
    assert person_key(f" Anna@City.example{dot}") == person_key("anna@city.example")
    key = text_of(signer_in(tmp_path / "keys").public.pem)
    told = PERSON.format(key=key).replace("anna@city.example", f"anna@city.example{dot}")
    (workspace / "contracts" / "persons.yml").write_text(told, encoding="utf-8")
    with pytest.raises(DeclarationsRefused) as refused:
        load_catalogue(workspace)
    (fault,) = refused.value.faults
    assert "ends with a dot" in fault.what


@pytest.mark.parametrize(
    ("more", "read"),
    [
        ("quality: {weights: {accuracy: -1}}", True),
        ("quality: {weights: {beauty: 1}}", True),
        ("retention: soon", True),
        ("demonstration: perhaps", False),
        ("demonstation: true", False),
        ("quality: {weights: [", False),
    ],
)
def test_persons_are_read_beside_what_says_nothing_of_them(workspace: Path, more: str, read: bool) -> None:
    (workspace / "contracts" / "persons.yml").write_text(
        PERSON.replace("{{", "{")
        .replace("}}", "}")
        .replace("    keys: [{key: {key}, from: 2026-01-01, until: 2026-12-31}]\n", "    keys: []\n"),
        encoding="utf-8",
    )
    file = workspace / "zhongtai.yml"
    file.write_text(file.read_text("utf-8") + f"\n{more}\n", encoding="utf-8")
    with pytest.raises(DeclarationsRefused):
        load_catalogue(workspace)
    if read:
        assert list(load_persons(workspace).persons) == ["anna@city.example"]
        return
    with pytest.raises(DeclarationsRefused) as refused:
        load_persons(workspace)
    assert {fault.file for fault in refused.value.faults} == {"zhongtai.yml"}
