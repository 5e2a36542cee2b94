"""What a person does with a key of an agreement, on record: make it, encode and link under it, meet a peer, destroy it.

Each refuses a key that was destroyed here, and each is written down: who, why, how many rows were read; never what was
found (`sharing/blind/record.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from contracts.clock import today
from contracts.faults import nearest
from contracts.model import Catalogue
from lake.acts import Acts, Persons
from lake.blind.meeting import meet
from lake.blind.program import ProgramIntersection
from lake.blind.tokens import Linked, encode, link
from lake.blind.verified import Counted, expect_element
from lake.city import declarations, open_books_beside
from lake.settings import Settings
from sharing.blind import record as books
from sharing.blind.key import Algorithm, BlindKey, expect_usable, make_key, overwrite, read_key, remove
from sharing.faults import SharingRefused
from sharing.ledger import Ledger


@dataclass(frozen=True)
class Source:
    """Identifiers in a file: its name, their column, and the name of the data element they are of."""

    file: Path
    column: str
    element: str


@dataclass(frozen=True)
class Who:
    """Who does it, and what for."""

    by: str
    why: str


def make(settings: Settings, path: Path, agreement: str, until: date, who: Who) -> BlindKey:
    """A key of one agreement, on record; SharingRefused for an end that the agreement does not reach."""
    catalogue = declarations(settings)
    known = catalogue.agreements
    declared = known.get(agreement)
    if declared is None:
        raise SharingRefused("blind_agreement", agreement, "there is no such agreement", nearest(agreement, known))
    now = today(settings.clock)
    if not now <= until <= declared.valid_until:
        told = f"{until} is not between today, {now}, and the agreement's last day, {declared.valid_until}"
        raise SharingRefused("blind_until", agreement, told, "say a day on which the agreement still holds")
    with open_books_beside(settings) as (ledger, _):
        _expect_agreed(settings, catalogue, ledger, agreement)
        key = make_key(path, agreement, until)
        try:
            told_of = {"agreement": agreement, "until": until.isoformat()}
            books.record(ledger, key.key_id, books.MADE, _doing(settings, who), told_of)
        except BaseException:
            overwrite(path)
            remove(path)
            raise
    return key


def make_tokens(
    settings: Settings, source: Source, keyed: tuple[Path, Algorithm], out: Path, who: Who
) -> tuple[Counted, BlindKey]:
    """Write the tokens of a file's verified identifiers; what was read, and the key. SharingRefused for a key that has
    ended or was destroyed here, for an agreement that is known here and does not hold, and for what cannot be read.
    """
    catalogue = declarations(settings)
    element = expect_element(catalogue.elements, source.element)
    key = read_key(keyed[0])
    expect_usable(key, today(settings.clock))
    with open_books_beside(settings) as (ledger, _):
        books.expect_standing(ledger, key.key_id)
        _expect_agreed(settings, catalogue, ledger, key.agreement)
        counted = encode(settings, (source.file, source.column), element, (key, keyed[1]), out)
        told = {"agreement": key.agreement, "element": element.name, "algorithm": str(keyed[1]), **counted.as_dict()}
        books.record(ledger, key.key_id, books.ENCODED, _doing(settings, who), told)
    return counted, key


def link_tokens(settings: Settings, files: tuple[Path, Path], out: Path, who: Who) -> Linked:
    """Write which rows of two token files have one token; the counts. SharingRefused for tokens of two sorts."""
    with open_books_beside(settings) as (ledger, _):
        linked, sort = link(settings, *files, out)
        told = {"agreement": sort.agreement, "element": sort.element, "left": linked.left, "right": linked.right}
        books.record(ledger, sort.key, books.LINKED, _doing(settings, who), told)
    return linked


def meet_peer(
    settings: Settings, source: Source, program: tuple[tuple[str, ...], str], out: Path, who: Who
) -> tuple[Counted, int]:
    """Write which rows of ours a peer has too, by an external program (argv, peer); what was read, and how many."""
    element = expect_element(declarations(settings).elements, source.element)
    adapter = ProgramIntersection(settings, program[0])
    with open_books_beside(settings) as (ledger, _):
        # Before: a program that fails has seen them all the same.
        named = {"element": element.name, "peer": program[1]}
        books.record(ledger, f"program:{adapter.name}", books.HANDED, _doing(settings, who), named)
        counted, size = meet(settings, adapter, (source.file, source.column, element), program[1], out)
        told = {**named, **counted.as_dict()}
        books.record(ledger, f"program:{adapter.name}", books.MET, _doing(settings, who), told)
    return counted, size


def destroy(settings: Settings, path: Path, who: Who) -> str:
    """Overwrite and remove a key, on record; its id. Again after a crash: what is left is done, and written once."""
    with open_books_beside(settings) as (ledger, _):
        key_id = overwrite(path)
        if not books.is_destroyed(ledger, key_id):
            books.record(ledger, key_id, books.DESTROYED, _doing(settings, who))
        remove(path)
    return key_id


def _expect_agreed(settings: Settings, catalogue: Catalogue, ledger: Ledger, name: str) -> None:
    """SharingRefused where the agreement is declared here and does not hold today, or was stopped.

    The other side may not have it among its own: there the key's own last day has to do.
    """
    declared = catalogue.agreements.get(name)
    if declared is None:
        return
    now = today(settings.clock)
    if not declared.valid_from <= now <= declared.valid_until:
        told = f"today is {now}; it is in force from {declared.valid_from} to {declared.valid_until}"
        raise SharingRefused("blind_agreement", name, told, "renew the agreement, or destroy its key")
    stopped = Acts(ledger, Persons.of(settings, catalogue)).evidence(declared, {}).stopped
    if stopped is not None:
        told = "the agreement was stopped"
        raise SharingRefused("blind_agreement", name, told, "have it approved again, or destroy its key")


def _doing(settings: Settings, who: Who) -> books.Doing:
    return books.Doing(who.by, who.why, settings.clock.now())
