"""The city's own keys against those on record: the ledger has each by its digest, first and on every change.

Another signing key counts where the one on record speaks for it; another pseudonym key never does. Making and replacing
keys is `sharing.keyring`'s.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lake.settings import Settings
from sharing.faults import Fault, SharingRefused
from sharing.keyring import fingerprints, successor
from sharing.keys import PublicKey, Signer
from sharing.ledger import Ledger

KIND = "key"
SIGNING, PSEUDONYM = "signing", "pseudonym"
_RESTORE = (
    "restore the key on record from a backup of the keys; where it is lost for good, have somebody resolve it: "
    "`zhongtai resolve FINDING --as PERSON --why TEXT`"
)


def on_record(ledger: Ledger) -> tuple[PublicKey, ...]:
    """Every signing key that the ledger has had on record."""
    found = {entry.body["digest"]: entry.body["pem"] for entry in ledger.entries(KIND) if entry.body.get("pem")}
    return tuple(PublicKey.read(str(pem).encode()) for pem in found.values())


def key_faults(settings: Settings, ledger: Ledger, signer: Signer, *, lake: bool = True) -> list[Fault]:
    """What is wrong with the keys that are there: each that is missing, or is not the one on record.

    Who does not open the lake needs no pseudonym key.
    """
    return list(_faults(settings, ledger, signer, lake))


def _faults(settings: Settings, ledger: Ledger, signer: Signer, lake: bool) -> Iterator[Fault]:
    recorded = {name: entry.body for name, entry in ledger.current(KIND).items()}
    try:
        have = fingerprints(settings.key_place, signer) if lake else {SIGNING: signer.public.key_id}
    except SharingRefused as refused:
        if refused.fault.rule != "pseudonym_key":
            raise  # it is there, and cannot be used as things are
        yield Fault("key_missing", PSEUDONYM, f"{refused.subject}: {refused.message}", _RESTORE)
        have = {SIGNING: signer.public.key_id}
    for name, digest in have.items():
        if name in recorded and not _follows(settings, name, recorded[name], digest):
            on = str(recorded[name]["digest"])
            said = f"key {digest[:16]} is there, and key {on[:16]} is on record"
            yield Fault("key_other", f"{name} {digest[:16]}", said, _RESTORE)


def _follows(settings: Settings, name: str, recorded: Any, digest: str) -> bool:
    if recorded["digest"] == digest:
        return True
    if name != SIGNING or not recorded.get("pem"):
        return False
    before = PublicKey.read(str(recorded["pem"]).encode())
    return successor(settings.public_keys, before, digest) is not None


def record_keys(settings: Settings, ledger: Ledger, signer: Signer, *, lake: bool = True) -> None:
    """Put on record each key that is not: at first, and after every change; without the lake the signing key alone."""
    recorded = {name: entry.body["digest"] for name, entry in ledger.current(KIND).items()}
    now = settings.clock.now()
    have = fingerprints(settings.key_place, signer) if lake else {SIGNING: signer.public.key_id}
    for name, digest in have.items():
        if recorded.get(name) != digest:
            body: dict[str, Any] = {"name": name, "digest": digest}
            if name == SIGNING:
                body |= {"algorithm": signer.public.algorithm, "pem": signer.public.pem.decode()}
                body["token"] = settings.signing_key is not None
            ledger.append(KIND, body, now)


def expect_no_token(settings: Settings) -> None:
    """SharingRefused where no token is named, and the signing key on record lies in one: no file of it is lost."""
    with Ledger.read(settings.ledger) as ledger:
        recorded = ledger.latest(KIND, SIGNING)
    if recorded is not None and recorded.body.get("token") and settings.signing_key is None:
        told = f"key {str(recorded.body['digest'])[:16]}, which is on record, lies in a token, and none is named"
        raise SharingRefused("hardware_key", "signing key", told, "name it in ZHONGTAI_SIGNING_KEY")
