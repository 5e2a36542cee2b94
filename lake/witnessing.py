"""Having others sign the log: witnesses that are declared, and an authority for time stamps, asked when a run ends.

    <log>/cosigned/<witness>              the newest checkpoint that it signed
    <log>/stamps/<size>.checkpoint, .tsr  what was stamped, and the answer

Who cannot be reached is told, and the run goes on; who has signed another past is a finding.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lake.guarding import keep, open_past
from lake.one_writer import one_writer
from lake.settings import Settings
from sharing.checkpoint import CHECKPOINT, Checkpoint, read_checkpoint
from sharing.durable import make_folder, read_file, write_file
from sharing.faults import Fault, SharingRefused
from sharing.keys import PublicKey
from sharing.log_audit import Root
from sharing.serving import Conflict, ask
from sharing.tiles import Tiles, folder_reader
from sharing.transparency import Log


@dataclass(frozen=True)
class DeclaredWitness:
    """A witness that the city asks: its name, where it is reached, and its public key."""

    name: str
    url: str
    key: PublicKey


def declared(settings: Settings) -> list[DeclaredWitness]:
    """The witnesses of the file that `ZHONGTAI_WITNESSES` names: lines of name, address and the file of a public key.

    SharingRefused where a line is none.
    """
    if settings.witnesses is None:
        return []
    return [_declared(settings.witnesses, line) for line in _lines(settings.witnesses)]


def _lines(path: Path) -> list[str]:
    text = read_file(path).decode("utf-8", "replace")
    return [line.strip() for line in text.splitlines() if line.strip() and not line.strip().startswith("#")]


def _declared(path: Path, line: str) -> DeclaredWitness:
    parts = line.split()
    if len(parts) != 3 or not re.fullmatch(r"[\w.-]+", parts[0]):
        fix = "write lines such as: audit.example https://audit.example audit.pem"
        raise SharingRefused("witness", str(path), f"the line {line[:80]!r} declares no witness", fix)
    return DeclaredWitness(parts[0], parts[1], PublicKey.read(path.parent / parts[2]))


def have_signed(settings: Settings) -> list[str]:
    """Ask every witness and the authority to sign the newest checkpoint; what a person should know of it, in lines."""
    checkpoint = Log(settings.log).checkpoint()
    if checkpoint is None or not checkpoint.size:
        return []
    return [*_cosigned(settings, checkpoint), *_stamped(settings, checkpoint)]


def _cosigned(settings: Settings, checkpoint: Checkpoint) -> Iterator[str]:
    tiles = Tiles(folder_reader(settings.log))
    for one in declared(settings):
        last = signed_last(settings, one)
        old = last.size if last and last.origin == checkpoint.origin and last.size <= checkpoint.size else 0
        try:
            signature = ask(one.url, old, checkpoint, tiles)
        except Conflict as conflict:
            _find(settings, conflict.fault)
            yield f"witness {one.name} refuses: {conflict.message}; {conflict.fix}"
            continue
        except SharingRefused as refused:
            yield f"witness {one.name} did not sign: {refused.message}; {refused.fix}"
            continue
        except OSError as error:
            yield f"witness {one.name} cannot be reached ({type(error).__name__}); the next run asks it again"
            continue
        signed = checkpoint.with_signatures([*checkpoint.signatures, signature])
        if signed.cosigned(one.name, one.key) is None:
            yield f"witness {one.name} answered with a signature that is not its key's; see {settings.witnesses}"
            continue
        make_folder(settings.log / "cosigned")
        write_file(settings.log / "cosigned" / one.name, signed.note)
        checkpoint = signed
        now = Log(settings.log).checkpoint()
        if now is not None and now.body == checkpoint.body:  # else somebody wrote on while it was asked
            write_file(settings.log / CHECKPOINT, checkpoint.note)


def _find(settings: Settings, fault: Fault) -> None:
    with one_writer(settings.state):
        ledger, signer = open_past(settings)
        with ledger:
            keep(settings, ledger, [fault], signer)


def signed_last(settings: Settings, one: DeclaredWitness) -> Checkpoint | None:
    """The newest checkpoint that a witness signed; None where there is none, or what is there is not its word."""
    try:
        found = read_checkpoint(read_file(settings.log / "cosigned" / one.name))
    except (OSError, SharingRefused):
        return None
    return found if found.cosigned(one.name, one.key) else None


def _stamped(settings: Settings, checkpoint: Checkpoint) -> Iterator[str]:
    if not settings.stamp_authority or not settings.stamp_root:
        return
    from sharing.timestamps import read_root, request_stamp  # its libraries take a while to import

    place = settings.log / "stamps" / f"{checkpoint.size}.tsr"
    if place.exists():
        return
    try:
        token = request_stamp(settings.stamp_authority, checkpoint.note, read_root(settings.stamp_root))
    except SharingRefused as refused:
        yield f"no time stamp: {refused.message}; {refused.fix}"
        return
    except OSError as error:
        yield f"the time stamp authority cannot be reached ({type(error).__name__}); the next run asks it again"
        return
    make_folder(place.parent)
    write_file(place.with_suffix(".checkpoint"), checkpoint.note)
    write_file(place, token)


def signed_roots(settings: Settings) -> tuple[list[Root], list[Fault], list[str]]:
    """What others signed of the log: roots that the ledger's tree must have had, what does not hold, and their ages."""
    roots, faults, notes = list[Root](), list[Fault](), list[str]()
    for one in declared(settings):
        last = signed_last(settings, one)
        if last is None:
            notes.append(f"witness {one.name} has signed nothing yet: run `zhongtai run` where it can be reached")
            continue
        when = last.cosigned(one.name, one.key)
        notes.append(f"witness {one.name} signed {last.size} entries at {when.isoformat() if when else 'no time'}")
        roots.append(Root(last.size, last.root.hex(), f"witness {one.name}"))
    for path in sorted((settings.log / "stamps").glob("*.tsr")) if settings.stamp_root else []:
        try:
            roots.append(_stamp(settings, path))
        except (SharingRefused, OSError) as error:
            message = error.message if isinstance(error, SharingRefused) else "what it stamps is gone"
            fix = "restore it from a backup, and find out who wrote to it"
            faults.append(Fault("time_stamp", f"stamps/{path.name}", message, fix))
    return roots, faults, notes


def _stamp(settings: Settings, path: Path) -> Root:
    from sharing.timestamps import read_root, stamped_at

    assert settings.stamp_root is not None
    note = read_file(path.with_suffix(".checkpoint"))
    when = stamped_at(read_file(path), note, read_root(settings.stamp_root))
    found = read_checkpoint(note)
    return Root(found.size, found.root.hex(), f"the time stamp of {when.isoformat()}")
