"""What has landed, found again: the copy of a batch proved by its digest, opened where it lies sealed.

Where a city declares `encrypt_landing`, whatever landed is sealed when a command ends, in the age format
(age-encryption.org/v1), and opened for one reading in the owner's scratch folder. Landing itself is `landing`'s.

    <landing>/<table>/<batch>/<name>          as delivered
    <landing>/<table>/<batch>.sealed/<name>   sealed
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyrage

from contracts.model import Dataset
from lake.readers.landing import Landed, batch_id, land
from lake.scratch import own_folder
from lake.settings import Settings
from sharing.durable import read_file
from sharing.faults import SharingRefused
from sharing.keyring import KeyPlace
from sharing.keys import read_passphrase, refuse_readable, write_owned

SEALED = ".sealed"
_FIX = "restore it from a backup of the keys"


@dataclass(frozen=True)
class LandingPlace:
    """Where deliveries land, where one that is sealed is opened for a while, and where the keys lie."""

    folder: Path
    scratch: Path
    keys: KeyPlace

    @classmethod
    def of(cls, settings: Settings) -> LandingPlace:
        """The landing of a workspace."""
        return cls(settings.landing, settings.scratch, settings.key_place)


class LandedLost(Exception):
    """The landed copy of a batch is gone, or is not what was delivered; `file` is where it should be."""

    def __init__(self, dataset: str, batch: str, file: Path, what: str) -> None:
        self.dataset, self.batch, self.file, self.what = dataset, batch, file, what
        super().__init__(
            f"{dataset}: batch {batch}: its landed copy {what}. Deliver the same file again, or restore it from "
            "a backup."
        )


def landed_copy(dataset: Dataset, batch: str, place: LandingPlace) -> Path:
    """The landed file of a batch, proved by its digest. Raises `LandedLost`; SharingRefused without the key."""
    plain = place.folder / dataset.table / batch
    file = _only(plain) or _opened(dataset, batch, place)
    if file is None:
        raise LandedLost(dataset.id, batch, plain, "is gone")
    with file.open("rb") as source:
        digest = hashlib.file_digest(source, "sha256").hexdigest()
    if batch_id(dataset, digest) != batch:
        raise LandedLost(dataset.id, batch, file, "is not what was delivered (its digest differs)")
    return file


def lies_landed(dataset: Dataset, batch: str, landing: Path) -> bool:
    """Whether anything lies where the landed copy of a batch should, open or sealed."""
    home = landing / dataset.table
    return any(_only(home / name) is not None for name in (batch, f"{batch}{SEALED}"))


def land_again(dataset: Dataset, batch: str, place: LandingPlace) -> Landed:
    """A landed batch, described anew, to be read again. Raises `LandedLost`, `DeliveryRefused`."""
    return land(dataset, f"file://{landed_copy(dataset, batch, place)}", place.folder)


def unland(dataset: Dataset, batch: str, folder: Path) -> None:
    """Take away what landed of a delivery that was refused: the lake has nothing of it, and nobody else knows it."""
    for ending in ("", SEALED):
        shutil.rmtree(folder / dataset.table / f"{batch}{ending}", ignore_errors=True)


def forget_opened(place: LandingPlace, batch: str) -> None:
    """Remove what was opened of a sealed batch for one reading."""
    shutil.rmtree(place.scratch / "landed" / batch, ignore_errors=True)


def seal_landing(place: LandingPlace) -> None:
    """Seal whatever lies open; again is nothing. A crash leaves a file open, sealed or both, and each can be read."""
    found = list(_unsealed(place.folder))
    if not found:
        return
    recipient = _identity(place, make=True).to_public()
    for file in found:
        sealed = file.parent.with_name(f"{file.parent.name}{SEALED}")
        draft = sealed.with_name(f".{sealed.name}")
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        pyrage.encrypt_file(str(file), str(draft / file.name), [recipient])
        # What came now may mend what lay there.
        shutil.rmtree(sealed, ignore_errors=True)
        draft.replace(sealed)
        shutil.rmtree(file.parent)


def expect_key(place: LandingPlace) -> None:
    """SharingRefused where files are sealed and their key is not there, or cannot be read: before anything lands."""
    if place.keys.landing.exists() or next(place.folder.glob(f"*/*{SEALED}"), None) is not None:
        _identity(place)


def _unsealed(landing: Path) -> Iterator[Path]:
    for folder in sorted(landing.glob("*/*")):
        if folder.is_dir() and not folder.name.endswith(SEALED) and (file := _only(folder)):
            yield file


def _only(folder: Path) -> Path | None:
    return next(iter(sorted(folder.iterdir())), None) if folder.is_dir() else None


def _opened(dataset: Dataset, batch: str, place: LandingPlace) -> Path | None:
    sealed = _only(place.folder / dataset.table / f"{batch}{SEALED}")
    if sealed is None:
        return None
    folder = place.scratch / "landed" / batch
    own_folder(place.scratch)
    folder.mkdir(parents=True, exist_ok=True)
    try:
        pyrage.decrypt_file(str(sealed), str(folder / sealed.name), [_identity(place)])
    except (pyrage.DecryptError, OSError) as error:
        # Of a chunk that was changed it says so as of a file that cannot be read, without a number of the system's.
        if getattr(error, "errno", None) is not None:
            raise
        (folder / sealed.name).unlink(missing_ok=True)
        raise LandedLost(dataset.id, batch, sealed, "cannot be opened: damaged, or sealed with another key") from None
    return folder / sealed.name


def _identity(place: LandingPlace, *, make: bool = False) -> pyrage.x25519.Identity:
    path, passphrase = place.keys.landing, place.keys.passphrase
    if not path.exists():
        if not make or next(place.folder.glob(f"*/*{SEALED}"), None) is not None:
            what = "the key of what landed is missing, and files are sealed with it"
            raise SharingRefused("landing_key", str(path), what, _FIX)
        text = str(pyrage.x25519.Identity.generate()).encode()
        secret = pyrage.passphrase.encrypt(text, read_passphrase(passphrase).decode()) if passphrase else text
        write_owned(path, secret)
    refuse_readable(path, "key of what landed")
    data = read_file(path)
    try:
        if not data.startswith(b"AGE-SECRET-KEY-"):
            data = pyrage.passphrase.decrypt(data, read_passphrase(passphrase).decode() if passphrase else "")
        return pyrage.x25519.Identity.from_str(data.decode().strip())
    except (pyrage.DecryptError, pyrage.IdentityError, UnicodeDecodeError):
        what = "it cannot be read: damaged, or of another passphrase"
        raise SharingRefused("landing_key", str(path), what, _FIX) from None
