"""The ledger held against what witnesses it, before anybody writes to it: what it lacks is found, kept, and refused.

A writer that died may have released or withdrawn what it could not record any more; a mark of the open ledger tells so,
and what it left is recorded. Without that mark the same is a past that was lost. The whole audit is `auditing`'s.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from lake.anchoring import missing_anchors, remember_anchors, write_anchors
from lake.one_writer import one_writer
from lake.own_keys import expect_no_token, key_faults, on_record
from lake.returning import Present, note_returned
from lake.settings import Settings
from sharing import witnesses
from sharing.canonical import canonical_json
from sharing.chain import Head, head_path, head_signature_holds, read_head, signed_head
from sharing.checkpoint import CHECKPOINT
from sharing.durable import remove_file, write_file
from sharing.faults import Fault, PastLacking, SharingRefused
from sharing.findings import KIND, Finding, Findings, made_of, token
from sharing.keyring import open_signing
from sharing.keys import PublicKey, Signer
from sharing.ledger import Ledger
from sharing.release import list_releases
from sharing.segments import LACKING as SEGMENT_LACKING
from sharing.tail import RESTORE
from sharing.tiles import Tiles, folder_reader
from sharing.transparency import LOG, Log, publish
from sharing.tree import Range
from sharing.withdrawal import Books, settle_withdrawn
from sharing.witnesses import Placed, Recorded


def findings_of(settings: Settings) -> Findings:
    """The findings of a city, beside its ledger."""
    return Findings(settings.ledger.with_name(f"{settings.ledger.name}.findings"))


def _mark(settings: Settings) -> Path:
    """The file that says that a writer has the ledger open; whoever died left it."""
    return settings.ledger.with_name(f"{settings.ledger.name}.open")


_REMADE = "the next run makes it anew; whoever has an older checkpoint of it can tell whether it is the same"
_NAMED = 3
_LEFT = {"release_lacking", "withdrawal_lacking"}
LACKING = {*_LEFT, "head_lacking", "head_missing", "tree_lacking", "key_missing", "key_other", SEGMENT_LACKING}
"""The faults by which nothing may be written."""


def known_keys(settings: Settings, ledger: Ledger, signer: Signer | None) -> tuple[PublicKey, ...]:
    """The keys that count for what was signed before: the present one, those that lead to it, and those on record."""
    present = [signer.public] if signer else []
    leading = [one for key in present for one in witnesses.speaking_keys(settings.public_keys, key)]
    keys = (*present, *leading, *on_record(ledger))
    return tuple({key.key_id: key for key in keys}.values())


@dataclass(frozen=True)
class Seen:
    """What was found: `lacking` forbids writing, `missing` does not; and what lies there unrecorded.

    `present` are the tokens of all that is wrong, what was accepted as lost with it.
    """

    lacking: list[Fault] = field(default_factory=list)
    missing: list[Fault] = field(default_factory=list)
    folders: list[Placed] = field(default_factory=list)
    stones: list[Placed] = field(default_factory=list)
    present: frozenset[str] = frozenset()


def head_witnesses(settings: Settings, keys: Sequence[PublicKey]) -> tuple[list[Head], list[Fault]]:
    """The signed heads beside the ledger and in its anchors."""
    heads, faults = witnesses.anchored(settings.anchors, keys)
    logged, wrong = Log(settings.log).head(keys)
    heads, faults = [*heads, *logged], [*faults, *wrong]
    for path, place in ((head_path(settings.ledger), "its head file"), (_mark(settings), "its open mark")):
        try:
            head, record = read_head(path)
        except (OSError, ValueError):
            continue
        if head_signature_holds(record, keys):
            heads.append(Head(head.seq, head.digest, place))
    return heads, faults


def examine(settings: Settings, ledger: Ledger, signer: Signer | None, *, lake: bool = True) -> Seen:
    """The ledger held against heads, releases and tombstones, and what was found before and is lacking still.

    Without a signer, who only reads, keys are left out; without the lake, the pseudonym key.
    """
    accepted, keys = findings_of(settings).excused(ledger), known_keys(settings, ledger, signer)
    recorded, found = Recorded.of(ledger), witnesses.placed(settings.releases)
    heads, unread = head_witnesses(settings, keys)
    folders, stones = witnesses.unrecorded(recorded, found)
    said = [witnesses.told(one.folder, one.name) for one in folders if one.folder]
    heads += [one.head for one in said if one and one.head]
    lacking = [*witnesses.lacking_releases(recorded, found), *witnesses.lacking_heads(ledger, heads)]
    lacking += [*_headless(settings, ledger), *ledger.missing_segments()]
    lacking += _still(settings, ledger, recorded)
    lacking += key_faults(settings, ledger, signer, lake=lake) if signer else []
    missing = [*witnesses.missing_releases(recorded, found), *witnesses.missing_stones(recorded, found)]
    missing += [*_unlogged(settings, ledger), *missing_anchors(settings, ledger)]
    present = frozenset(token(one) for one in (*lacking, *missing, *unread))
    return Seen(_fresh(lacking, accepted), _fresh(missing, accepted), folders, stones, present)


def _fresh(faults: Sequence[Fault], accepted: set[str]) -> list[Fault]:
    once: dict[str, Fault] = {}
    for fault in faults:
        once.setdefault(token(fault), fault)
    return [fault for name, fault in once.items() if name not in accepted]


def _unlogged(settings: Settings, ledger: Ledger) -> Iterator[Fault]:
    """The log is missing, though a writer that makes one has been here before, and ended."""
    path = settings.log / CHECKPOINT
    if ledger.latest("key", "signing") and not path.exists() and not _mark(settings).exists():
        yield Fault("log_missing", f"{LOG}/{CHECKPOINT}", "the ledger's log is gone", _REMADE)


def _headless(settings: Settings, ledger: Ledger) -> Iterator[Fault]:
    path = head_path(settings.ledger)
    if not path.exists() and ledger.head().seq:
        yield Fault("head_missing", path.name, "the ledger has entries, and its head file is gone", RESTORE)


def _still(settings: Settings, ledger: Ledger, recorded: Recorded) -> Iterator[Fault]:
    """What an open finding says is lost, and still is: its witness may be gone by now."""
    for finding in findings_of(settings).open(ledger):
        for one in finding.lost:
            rule, _, subject = one.partition(" ")
            if _lost_still(rule, subject, ledger, recorded):
                yield Fault(rule, subject, f"finding {finding.finding} has it, and the ledger lacks it", RESTORE)


def _lost_still(rule: str, subject: str, ledger: Ledger, recorded: Recorded) -> bool:
    if rule == "head_lacking":
        _, seq, start = subject.split(" ")
        return not ledger.begins(int(seq), start)
    known = {"release_lacking": recorded.released, "withdrawal_lacking": recorded.withdrawn}.get(rule)
    return known is not None and subject not in known


def expect_ledger(settings: Settings) -> None:
    """PastLacking where there was a ledger and is none: everything else of a city's past is there."""
    if settings.ledger.exists() or not settings.has_past_without_ledger:
        return
    fault = Fault("ledger_missing", settings.ledger.name, "the ledger is gone, and what it recorded is there", RESTORE)
    with suppress(OSError):  # who may only read tells of it all the same
        keep(settings, None, [fault])
    raise PastLacking(fault.rule, str(settings.ledger), fault.message, fault.fix)


def open_past(settings: Settings, opening: Callable[[], Signer] | None = None) -> tuple[Ledger, Signer]:
    """The ledger, open for writing, and who signs; nothing is examined yet. A key that is lost is a finding; one that
    cannot be used as things are (its mode, its passphrase, its token) is refused, and nothing more.
    """
    expect_ledger(settings)
    try:
        signer = (opening or (lambda: open_signing(settings.key_place)))()
    except SharingRefused as refused:
        if settings.ledger.exists() and refused.fault.rule == "private_key":
            expect_no_token(settings)
            subject = refused.subject.replace(f"{settings.state}/", "")
            with Ledger.read(settings.ledger) as read:
                keep(settings, read, [Fault(refused.rule, subject, refused.message, refused.fix)])
        raise
    keys = witnesses.speaking_keys(settings.public_keys, signer.public)
    if settings.ledger.exists():
        with Ledger.read(settings.ledger) as ledger:
            keys = (*keys, *on_record(ledger))
    return Ledger.open(settings.ledger, signer, keys), signer


@contextmanager
def guarded(
    settings: Settings, ledger: Ledger, signer: Signer, *, refuse: bool = True, lake: bool = True
) -> Iterator[Seen]:
    """Hold the ledger against its witnesses, then leave a mark for as long as it is open; PastLacking where it lacks.

    Without `refuse` what is lacking is only kept, for an audit.
    """
    seen = examine(settings, ledger, signer, lake=lake)
    if _mark(settings).exists() and not [one for one in seen.lacking if one.rule not in _LEFT]:
        record_lost(settings, ledger, signer, seen, "left by a writer that did not end")
        seen = examine(settings, ledger, signer, lake=lake)
    keep(settings, ledger, [*seen.lacking, *seen.missing], signer)
    if seen.lacking:
        if refuse:
            raise _refusal(settings, seen.lacking)
        yield seen
        return
    _begin_tree(settings, ledger)
    write_file(_mark(settings), canonical_json(signed_head(ledger.head(), signer)))
    findings = findings_of(settings)
    note_returned(findings, Present(settings, ledger, seen.present, lake), signer)
    try:
        yield seen
        remember_anchors(settings, ledger, signer, findings.excused(ledger))
        if findings.awaited(ledger):  # what this writer has brought back itself
            after = examine(settings, ledger, signer, lake=lake)
            if not after.lacking:
                note_returned(findings, Present(settings, ledger, after.present, lake), signer)
    finally:
        publish(settings.log, settings.releases, ledger, signer)
        # What was released or withdrawn and not recorded is left to the next writer, which the mark tells.
        folders, stones = witnesses.unrecorded(Recorded.of(ledger), witnesses.placed(settings.releases))
        if not (folders or stones):
            remove_file(_mark(settings))
        write_anchors(settings, ledger, signer, findings.excused(ledger))


def _begin_tree(settings: Settings, ledger: Ledger) -> None:
    """Spare reading all entries for the tree, where the log's tiles give the root of its checkpoint."""
    try:
        checkpoint = Log(settings.log).checkpoint()
    except SharingRefused:
        return
    if checkpoint is None or not ledger.holds(Head(checkpoint.size, checkpoint.entry)):
        return
    with suppress(OSError, ValueError):
        begun = Range.of(Tiles(folder_reader(settings.log)), checkpoint.size)
        if begun.root == checkpoint.root:
            ledger.begin_tree(begun)


def standing_findings(settings: Settings, ledger: Ledger) -> list[dict[str, str]]:
    """Every finding that nobody has resolved, and what the ledger lacks now that nobody has audited; for readers."""
    opened = findings_of(settings).faults(ledger)
    found = [fault.as_dict() | {"finding": one.finding} for one, fault in opened]
    if _mark(settings).exists():
        return found  # a writer is at work: what it has released is not all recorded yet
    seen = examine(settings, ledger, None)
    known = findings_of(settings).named(ledger)
    return [*found, *(one.as_dict() for one in (*seen.lacking, *seen.missing) if token(one) not in known)]


def expect_past(settings: Settings) -> None:
    """Refuse before anything is begun: PastLacking where a writer would be refused."""
    expect_ledger(settings)
    if not settings.ledger.exists():
        return
    with one_writer(settings.state):
        ledger, signer = open_past(settings)
        with ledger, guarded(settings, ledger, signer):
            pass


def _refusal(settings: Settings, lacking: Sequence[Fault]) -> PastLacking:
    named = "; ".join(f"{one.subject}: {one.message}" for one in lacking[:_NAMED])
    more = len(lacking) - _NAMED
    said = f"it lacks a part of its past: {named}" + (f"; and {more} more are lacking" if more > 0 else "")
    return PastLacking("past_whole", str(settings.ledger), said, lacking[0].fix, tuple(lacking))


def record_lost(settings: Settings, ledger: Ledger, signer: Signer, seen: Seen, why: str) -> None:
    """Record what lies among the releases and the ledger does not know, as found: a recall must reach it."""
    now = settings.clock.now()
    known = {f"{one.agreement}/{one.release_id}": one for one in list_releases(settings.releases)}
    for one in seen.folders:
        body = known[one.name].as_dict() if one.name in known else {}
        named = {"agreement": one.agreement, "release_id": one.release_id, "found": why}
        ledger.append("release", {**body, **named}, now)
    settle_withdrawn(Books(ledger, settings.releases, signer), now, lost=True)


def keep(settings: Settings, ledger: Ledger | None, faults: Sequence[Fault], signer: Signer | None = None) -> None:
    """Keep faults as findings, those that are news: in the file, and in the ledger where nothing is lacking.

    Where the signing key is not the one on record, its signature is worth nothing, and none is made.
    """
    if any(one.rule == "key_other" for one in faults):
        signer = None
    findings = findings_of(settings)
    names = {one.finding for one in findings.every(ledger)}
    fresh = made_of(faults, findings.named(ledger), names, settings.clock.now())
    findings.keep(fresh, signer)
    if ledger is not None and signer is not None and not any(one.rule in LACKING for one in faults):
        _tell_ledger(settings, ledger, findings.open(ledger))


def _tell_ledger(settings: Settings, ledger: Ledger, findings: Sequence[Finding]) -> None:
    known = set(ledger.current(KIND))
    try:
        for one in findings:
            if one.finding not in known:
                ledger.append(KIND, one.as_dict(), settings.clock.now())
    except PastLacking:
        return  # it is in the file, and the ledger has it once it can be written
