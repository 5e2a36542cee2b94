"""A city's keys: made once, for their owner alone, encrypted where asked, replaced with the old one's word, revoked."""

from __future__ import annotations

import os
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sharing.faults import SharingRefused
from sharing.hardware import HardwareSigner, TokenKey, create_token_key
from sharing.keyring import (
    KeyPlace,
    endorse,
    fingerprints,
    make_keys,
    open_pseudonym,
    open_signing,
    revocation,
    revoke,
    rotate,
    successor,
)
from sharing.keys import ED25519, SM2, PublicKey, create_key, open_signer
from tests.keys import signer_in

AT = datetime(2026, 11, 21, 10, tzinfo=UTC)


@pytest.fixture
def passphrase(tmp_path: Path) -> Path:
    path = tmp_path / "passphrase"
    path.write_text("correct horse battery staple\nsecond line\n")
    path.chmod(0o600)
    return path


def test_keys_are_for_their_owner_alone_and_made_once(tmp_path: Path) -> None:
    place = KeyPlace(tmp_path / "keys")
    first, secret = make_keys(place), open_pseudonym(place)
    assert {path.name: path.stat().st_mode & 0o777 for path in place.folder.iterdir()} == {
        "signing.pem": 0o600,
        "pseudonym.key": 0o600,
    }
    assert make_keys(place).public.key_id == first.public.key_id
    assert open_pseudonym(place) == secret
    assert len(secret) == 32


@pytest.mark.parametrize("name, open_it", [("signing.pem", open_signing), ("pseudonym.key", open_pseudonym)])
def test_a_key_that_is_missing_open_to_others_or_damaged_is_refused_and_not_made(
    tmp_path: Path, name: str, open_it: object
) -> None:
    place = KeyPlace(tmp_path / "keys")
    make_keys(place)
    path = place.folder / name
    whole = path.read_bytes()
    for mode in (0o640, 0o604, 0o666, 0o620):
        path.chmod(mode)
        with pytest.raises(SharingRefused, match="others may read"):
            open_it(place)  # type: ignore[operator]
    path.chmod(0o600)
    for content in (b"", whole[:20], b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"):
        path.write_bytes(content)
        with pytest.raises(SharingRefused, match="restore it"):
            open_it(place)  # type: ignore[operator]
    path.unlink()
    with pytest.raises(SharingRefused, match="missing"):
        open_it(place)  # type: ignore[operator]
    assert not path.exists()


@pytest.mark.parametrize("algorithm", [ED25519, SM2])
def test_both_kinds_sign_and_are_read_back_from_text(tmp_path: Path, algorithm: str) -> None:
    signer = create_key(tmp_path / "key.pem", algorithm)
    signature = signer.sign(b"what was said")
    public = PublicKey.read(signer.public.pem)
    assert (public.key_id, public.algorithm) == (signer.public.key_id, algorithm)
    assert public.verifies(signature, b"what was said")
    assert not public.verifies(signature, b"what was not said")
    for number in range(len(signature)):
        changed = bytearray(signature)
        changed[number] ^= 1
        assert not public.verifies(bytes(changed), b"what was said"), number
    assert not public.verifies(signature + b"\0", b"what was said")
    assert not public.verifies(b"", b"what was said")


def test_sm2_is_what_openssl_says_it_is(tmp_path: Path) -> None:
    signer = create_key(tmp_path / "key.pem", SM2)
    message, signature, public = tmp_path / "message", tmp_path / "signature", tmp_path / "public.pem"
    message.write_bytes(b"what was said")
    signature.write_bytes(signer.sign(b"what was said"))
    public.write_bytes(signer.public.pem)
    options = ["-rawin", "-digest", "sm3", "-pkeyopt", "distid:1234567812345678", "-pubin", "-inkey", str(public)]
    command = ["openssl", "pkeyutl", "-verify", "-in", str(message), "-sigfile", str(signature), *options]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize("algorithm", [ED25519, SM2])
def test_an_encrypted_key_needs_its_passphrase(tmp_path: Path, passphrase: Path, algorithm: str) -> None:
    place = KeyPlace(tmp_path / "keys", passphrase)
    first, secret = make_keys(place, algorithm), open_pseudonym(place)
    assert all(b"ENCRYPTED" in path.read_bytes() for path in place.folder.iterdir())
    assert open_signing(place).public.key_id == first.public.key_id
    assert open_pseudonym(place) == secret
    assert not any(secret in path.read_bytes() for path in place.folder.iterdir())
    without = KeyPlace(place.folder)
    passphrase.write_text("another one\n")
    for other in (place, without):
        for open_it in (open_signing, open_pseudonym):
            with pytest.raises(SharingRefused, match=r"passphrase|key's file"):
                open_it(other).sign(b"x")  # type: ignore[union-attr]
    passphrase.chmod(0o644)
    with pytest.raises(SharingRefused, match="others may read"):
        open_pseudonym(place)


def test_the_old_key_speaks_for_the_new_one(tmp_path: Path) -> None:
    place, public = KeyPlace(tmp_path / "keys"), tmp_path / "public"
    first = make_keys(place).public
    steps = [rotate(place, public, "yearly", AT) for _ in range(3)]
    assert [old.key_id for old, _ in steps] == [first.key_id, steps[0][1].key_id, steps[1][1].key_id]
    newest = open_signing(place).public
    assert newest.key_id == steps[-1][1].key_id
    found = successor(public, first, newest.key_id)
    assert found and found.key_id == newest.key_id
    assert successor(public, newest, first.key_id) is None
    assert successor(public, signer_in(tmp_path / "strangers").public, newest.key_id) is None
    old = open_signer(place.folder / f"signing.{first.key_id[:16]}.retired.pem")
    assert old.public.key_id == first.key_id


def test_a_word_that_was_changed_or_is_another_s_leads_nowhere(tmp_path: Path) -> None:
    place, public = KeyPlace(tmp_path / "keys"), tmp_path / "public"
    first = make_keys(place).public
    _, second = rotate(place, public, "yearly", AT)
    word = public / f"{second.key_id}.endorsement.json"
    whole = word.read_bytes()
    for number in range(0, len(whole), 7):
        changed = bytearray(whole)
        changed[number] ^= 1
        word.write_bytes(bytes(changed))
        assert successor(public, first, second.key_id) is None, number
    stranger = signer_in(tmp_path / "strangers")
    endorse(stranger, second, public, "of mine", AT)
    assert successor(public, first, second.key_id) is None
    # A chain that leads back into itself ends.
    word.write_bytes(whole)
    endorse(open_signing(place), first, public, "round", AT)
    assert successor(public, stranger.public, second.key_id) is None
    (public / f"{second.key_id}.pem").write_bytes(stranger.public.pem)
    assert successor(public, first, second.key_id) is None


@pytest.mark.parametrize("algorithm", [ED25519, SM2])
def test_who_has_a_key_open_goes_on_signing_with_it(tmp_path: Path, algorithm: str) -> None:
    place = KeyPlace(tmp_path / "keys")
    opened = make_keys(place, algorithm)
    old, _ = rotate(place, tmp_path / "public", "its time", AT)
    assert old.verifies(opened.sign(b"a message"), b"a message")


def test_a_revoked_key_is_told_by_the_city_s_key_alone(tmp_path: Path) -> None:
    place, public = KeyPlace(tmp_path / "keys"), tmp_path / "public"
    make_keys(place)
    old, new = rotate(place, public, "it was on a stick that was lost", AT)
    assert revocation(public, old, new) is None
    revoke(open_signing(place), old.key_id, public, "lost", AT)
    assert revocation(public, old, new) == "lost"
    assert revocation(public, new, new) is None
    stranger = signer_in(tmp_path / "strangers")
    assert revocation(public, old, stranger.public) is None
    with pytest.raises(SharingRefused, match="no such public key"):
        revoke(open_signing(place), "0" * 64, public, "lost", AT)
    # Nobody is told by a key that it is not to be believed.
    with pytest.raises(SharingRefused, match="rotate"):
        revoke(open_signing(place), open_signing(place).public.key_id, public, "lost", AT)


def test_fingerprints_tell_keys_apart_and_nothing_of_them(tmp_path: Path) -> None:
    one, other = KeyPlace(tmp_path / "one"), KeyPlace(tmp_path / "other")
    prints = [fingerprints(place, make_keys(place)) for place in (one, other)]
    assert not set(prints[0].values()) & set(prints[1].values())
    assert prints[0] == fingerprints(one, open_signing(one))
    assert open_pseudonym(one).hex() not in str(prints)


@pytest.fixture
def token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A token of SoftHSM, as a URI."""
    library = next(
        path
        for path in map(Path, ("/usr/lib/softhsm/libsofthsm2.so", "/usr/lib64/pkcs11/libsofthsm2.so"))
        if path.exists()
    )
    (tmp_path / "tokens").mkdir()
    (tmp_path / "softhsm2.conf").write_text(f"directories.tokendir = {tmp_path / 'tokens'}\nlog.level = ERROR\n")
    monkeypatch.setenv("SOFTHSM2_CONF", str(tmp_path / "softhsm2.conf"))
    command = ["softhsm2-util", "--init-token", "--free", "--label", "city", "--pin", "123456", "--so-pin", "654321"]
    subprocess.run(command, check=True, capture_output=True, env=dict(os.environ))
    pin = tmp_path / "pin"
    pin.write_text("123456\n")
    pin.chmod(0o600)
    return f"pkcs11:token=city;object=signing?module-path={library}&pin-source=file:{pin}"


def test_a_key_in_hardware_signs_there(tmp_path: Path, token: str) -> None:
    made = create_token_key(TokenKey.parse(token))
    place = KeyPlace(tmp_path / "keys", hardware=token)
    signer = make_keys(place)
    assert isinstance(signer, HardwareSigner)
    assert [path.name for path in place.folder.iterdir()] == ["pseudonym.key"]
    assert signer.public.key_id == made.public.key_id
    assert signer.public.verifies(signer.sign(b"said"), b"said")
    with pytest.raises(SharingRefused, match="a key already"):
        create_token_key(TokenKey.parse(token))
    with pytest.raises(SharingRefused, match="0 keys of that name"):
        HardwareSigner(TokenKey.parse(token.replace("object=signing", "object=other")))
    (tmp_path / "pin").write_text("999999\n")
    with pytest.raises(SharingRefused, match="cannot be used"):
        signer.sign(b"said")
    with pytest.raises(SharingRefused, match="not replaced from here"):
        rotate(place, tmp_path / "public", "yearly", AT)


@pytest.mark.parametrize(
    "uri",
    [
        "pkcs11:token=city;object=signing",
        "pkcs11:token=city?module-path=/x&pin-source=file:/y",
        "file:/somewhere",
        "pkcs11:token=city;object=signing?module-path=/x&pin-source=file:/y&pin-value=123456",
    ],
)
def test_a_uri_that_names_no_whole_key_is_refused_and_never_shown(uri: str) -> None:
    with pytest.raises(SharingRefused) as refused:
        TokenKey.parse(uri)
    assert "123456" not in str(refused.value)
