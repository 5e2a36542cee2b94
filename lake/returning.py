"""What was lost and is there again, noted in the findings file and in the ledger: from then on it excuses nothing.

A finding is of one event. What comes back ends it, whether somebody accepted the loss or nobody has yet; the same lost
once more is another finding. Only what can be seen to be there counts as back: that its witness is gone does not.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cached_property

from lake.settings import Settings
from lake.switches import switch_faults
from sharing import witnesses
from sharing.chain import head_path, read_head
from sharing.checkpoint import CHECKPOINT
from sharing.findings import RETURNED, Findings, token
from sharing.keys import Signer
from sharing.ledger import Ledger
from sharing.tree import Range
from sharing.witnesses import Placed, Recorded

_OF_RELEASES = {"release_swapped", "release_file", "certificate_readable", "certificate_signature", "certificate_key"}
_OF_ALL = {
    *("digest", "chain", "sequence", "head_readable", "head_signature", "ledger_guarded", "findings_changed"),
    *("log_signature", "log_checkpoint", "segment_lacking"),
}
"""Faults that a whole audit alone looks for."""


@dataclass(frozen=True)
class Present:
    """The city as it was looked at: `faults` are the tokens of all that is wrong, accepted or not.

    `lake` says that the pseudonym key was looked at, `whole` that all was, as an audit does.
    """

    settings: Settings
    ledger: Ledger
    faults: Collection[str]
    lake: bool = True
    whole: bool = False

    @cached_property
    def recorded(self) -> Recorded:
        """What the ledger has of releases."""
        return Recorded.of(self.ledger)

    @cached_property
    def placed(self) -> Mapping[str, Placed]:
        """What lies among the releases."""
        return witnesses.placed(self.settings.releases)

    @cached_property
    def switches(self) -> set[str]:
        """The tokens of the switches that are wrong."""
        return {token(one) for one in switch_faults(self.settings, self.ledger)}

    def is_back(self, lost: str) -> bool:
        """Whether what a token names is there again."""
        rule, _, subject = lost.partition(" ")
        if rule in _OF_ALL:
            return self.whole and lost not in self.faults
        if rule in _OF_RELEASES:
            name = "/".join(subject.split("/")[:2])
            return self.whole and lost not in self.faults and _folder(self, name)
        return rule in _SEEN and _SEEN[rule](self, subject)


def _folder(now: Present, name: str) -> bool:
    return name in now.placed and now.placed[name].folder is not None


def _begins(now: Present, subject: str) -> bool:
    _, seq, start = subject.split(" ")
    return now.ledger.begins(int(seq), start)


def _ends(now: Present, subject: str) -> bool:
    """The ledger has as many entries again, and the one that its head names."""
    try:
        head = read_head(head_path(now.ledger.path))[0]
    except (OSError, ValueError):
        return False
    return now.ledger.head().seq >= int(subject.rpartition(" ")[2]) and now.ledger.holds(head)


def _grown(now: Present, subject: str) -> bool:
    size, root = subject.split(" ")
    grown = Range()
    for leaf in now.ledger.digests():
        if grown.size == int(size):
            break
        grown.add(leaf)
    return grown.size == int(size) and grown.root.hex().startswith(root)


def _stone(now: Present, name: str) -> bool:
    return name in now.placed and now.placed[name].stone is not None


def _released(now: Present, name: str) -> bool:
    # A folder that lies sealed away beside a withdrawal is not served, and is there.
    return name in now.placed or name in now.recorded.withdrawn


def _key(now: Present, subject: str) -> bool:
    """A key that is on record is there; `subject` names it, or its file."""
    name = "pseudonym" if "pseudonym" in subject else "signing"
    looked = name == "signing" or now.lake
    return looked and not any(one.startswith((f"key_missing {name}", f"key_other {name}")) for one in now.faults)


def _anchor(now: Present, subject: str) -> bool:
    path = next((one for one in now.settings.anchors if str(one) == subject), None)
    return path is not None and path.exists() and not any(one.endswith(f" {subject}") for one in now.faults)


_SEEN: dict[str, Callable[[Present, str], bool]] = {
    "head_lacking": _begins,
    "head": _ends,
    "tail": _ends,
    "tree_lacking": _grown,
    "release_lacking": lambda now, name: name in now.recorded.released,
    "withdrawal_lacking": lambda now, name: name in now.recorded.withdrawn,
    "ledger_missing": lambda now, _: now.settings.ledger.exists(),
    "head_missing": lambda now, _: head_path(now.settings.ledger).exists(),
    "log_missing": lambda now, _: (now.settings.log / CHECKPOINT).exists(),
    "log_tile": lambda now, name: now.whole and not any(one.startswith(("log_", "tree_")) for one in now.faults),
    "release_missing": _released,
    "tombstone_missing": _stone,
    "private_key": _key,
    "pseudonym_key": _key,
    "key_missing": _key,
    "key_other": _key,
    "switch": lambda now, subject: f"switch {subject}" not in now.switches,
    "switch_withdrawn": lambda now, subject: f"switch_withdrawn {subject}" not in now.switches,
    "anchor_missing": _anchor,
    "anchor_readable": _anchor,
    "anchor_signature": _anchor,
}
"""How it is seen of each kind of loss that it is over."""


def note_returned(findings: Findings, now: Present, signer: Signer) -> bool:
    """Note what has come back, where anything has. The ledger must lack nothing."""
    settings, ledger = now.settings, now.ledger
    opened = {one.finding for one in findings.open(ledger)}
    back = dict[str, list[str]]()
    for name, lost in sorted(findings.awaited(ledger)):
        # The tree is computed for what nobody has accepted alone: an accepted root is of one past, and not lost twice.
        if (name in opened or not lost.startswith("tree_lacking ")) and now.is_back(lost):
            back.setdefault(name, []).append(lost)
    if back:
        at = settings.clock.now()
        ledger.append_many([(RETURNED, body) for body in findings.note(back, at, signer)], at)
    return bool(back)
