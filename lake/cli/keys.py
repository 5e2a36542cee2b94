"""The command for the city's own keys: make them, say which they are, replace and revoke them.

Each change of a key is an act of a person. Making, replacing and revoking is `sharing.keyring`'s.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from lake.cli.options import Json, Key, Passphrase, Workspace, login_name
from lake.cli.output import WRONG, emit, fail, say
from lake.settings import Settings, load_settings

_DOINGS = ("init", "show", "rotate", "revoke", "endorse")


def keys(
    doing: Annotated[str, typer.Argument(help=", ".join(_DOINGS))],
    subject: Annotated[str | None, typer.Argument(help="revoke: the key's id; endorse: the public key's file.")] = None,
    why: Annotated[str, typer.Option("--why", help="The reason, for the ledger and whoever verifies.")] = "",
    sm2: Annotated[bool, typer.Option("--sm2", help="init: a signing key of SM2 instead of Ed25519.")] = False,
    by: Annotated[str | None, typer.Option("--as", help="The person who does it; default: the login name.")] = None,
    key: Key = None,
    passphrase: Passphrase = None,
    workspace: Workspace = None,
    as_json: Json = False,
) -> None:
    """Make the city's keys, show their ids, replace the signing key, or revoke one that was lost."""
    settings = load_settings(workspace)
    if doing not in _DOINGS:
        fail(f"{doing!r} is none of {', '.join(_DOINGS)}", WRONG)
    if doing in ("rotate", "revoke", "endorse"):
        if not why.strip():
            fail(f"say why, with --why TEXT: `keys {doing}` is for the record", WRONG)
        found = _changed(settings, doing, subject, why.strip(), (by or login_name(), key, passphrase))
    else:
        found = _made(settings, sm2) if doing == "init" else _shown(settings)
    if as_json:
        emit(found)
        return
    for name, value in found.items():
        say(f"{name}: {value}")


def _made(settings: Settings, sm2: bool) -> dict[str, Any]:
    from sharing.faults import SharingRefused
    from sharing.keyring import make_keys
    from sharing.keys import ED25519, SM2

    place = settings.key_place
    if settings.has_past:
        raise SharingRefused(
            "private_key", str(place.folder), "this city has a past, and its keys with it", "restore them from a backup"
        )
    if place.hardware:
        _in_hardware(place.hardware)
    signer = make_keys(place, SM2 if sm2 else ED25519)
    return {"signing key": signer.public.key_id, "algorithm": signer.public.algorithm, "folder": str(place.folder)}


def _in_hardware(uri: str) -> None:
    from sharing.faults import SharingRefused
    from sharing.hardware import HardwareSigner, TokenKey, create_token_key

    place = TokenKey.parse(uri)
    try:
        HardwareSigner(place)
    except SharingRefused as refused:
        if "0 keys" not in refused.fault.message:
            raise
        create_token_key(place)


def _shown(settings: Settings) -> dict[str, Any]:
    from sharing.keyring import fingerprints, open_signing

    signer = open_signing(settings.key_place)
    prints = fingerprints(settings.key_place, signer)
    public = sorted(path.stem for path in settings.public_keys.glob("*.pem"))
    return {"signing key": prints["signing"], "algorithm": signer.public.algorithm, "public keys": ", ".join(public)}


def _changed(
    settings: Settings, doing: str, subject: str | None, why: str, who: tuple[str, Path | None, Path | None]
) -> dict[str, Any]:
    from contracts.acts import Deed
    from lake import approving
    from lake.acts import Acts, Persons, actor, record_act
    from lake.city import declarations, open_books
    from lake.own_keys import record_keys
    from sharing.keyring import open_signing

    persons = Persons.of(settings, declarations(settings))
    person = actor(persons, *who)
    at = settings.clock.now()
    with open_books(settings) as (ledger, _):
        about = f"key {subject or 'signing'}"
        said = approving.said(Acts(ledger, persons), about, at, f"{doing}: {why}")
        act = person.act(Deed.KEY, about, {"key": _before(settings)}, said)
        found = _done(settings, doing, subject, why)
        record_act(ledger, act, at)
        record_keys(settings, ledger, open_signing(settings.key_place))
    return found


def _before(settings: Settings) -> str:
    from sharing.keyring import open_signing

    return open_signing(settings.key_place).public.key_id


def _done(settings: Settings, doing: str, subject: str | None, why: str) -> dict[str, Any]:
    from sharing.keyring import endorse, open_signing, revoke, rotate
    from sharing.keys import PublicKey

    place, public, at = settings.key_place, settings.public_keys, settings.clock.now()
    if doing == "rotate":
        old, new = rotate(place, public, why, at)
        return {"old key": old.key_id, "new key": new.key_id}
    if subject is None:
        fail(f"say which: `keys {doing} {'KEY_ID' if doing == 'revoke' else 'PUBLIC_KEY_FILE'}`", WRONG)
    if doing == "revoke":
        revoke(open_signing(place), subject, public, why, at)
        return {"revoked": subject}
    new = PublicKey.read(Path(subject))
    endorse(open_signing(place), new, public, why, at)
    return {"endorsed": new.key_id}


COMMANDS: dict[str, Callable[..., None]] = {"keys": keys}
