"""From single messages to micro-batches: lines of one feed are gathered for some seconds, then put down as one file.

A message is told to be safe once the file that has it is on the disk, and not before: a broker that is told so at once
would lose what a crash takes. So it may come twice, and a record that does counts once. Messages of one shape are
gathered together: a file is refused as a whole, and what one device sends wrongly is no other's fault. Brokers are not
known here.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from threading import Lock
from typing import Protocol

from contracts.clock import Clock
from contracts.model import Catalogue
from lake.windows.inbox import FeedRefused, Inbox, Put

SECONDS = 5.0
_LINES = "ndjson"


Shape = tuple[str, ...] | None
"""The names that a message has, in order; None where it cannot be read."""


class Way(Protocol):
    """A broker that is listened to."""

    def listen(self, ended: Callable[[], bool]) -> None:
        """Bring what comes, until it is to end. Raises what the broker's client does where there is no broker."""
        ...


@dataclass
class _Held:
    """Messages of one feed that are not on the disk yet, and who waits to hear that they are."""

    since: datetime
    lines: list[bytes] = field(default_factory=list)
    safe: list[Callable[[], None]] = field(default_factory=list)
    size: int = 0


class Gatherer:
    """Where every way brings its messages. Safe to use from several threads; `pump` is called time and again.

    `told` counts what was put down by feed, and what no feed takes by its reason.
    """

    def __init__(self, catalogue: Catalogue, clock: Clock, seconds: float = SECONDS) -> None:
        root = Path(str(catalogue.deliveries))
        self._inboxes = {name: Inbox(root, one) for name, one in catalogue.streams.items()}
        self._lines = {name for name, one in catalogue.streams.items() if one.source.format == _LINES}
        self._clock, self._age = clock, timedelta(seconds=seconds)
        self._held: dict[tuple[str, Shape], _Held] = {}
        self._lock = Lock()
        self.told: dict[str, int] = {}

    @property
    def feeds(self) -> Mapping[str, Inbox]:
        """The inboxes by dataset."""
        return self._inboxes

    def bring(self, dataset: str, message: bytes, safe: Callable[[], None]) -> None:
        """Take one message of a feed; `safe` is called once it is on the disk, or is none that will ever be."""
        with self._lock:
            if dataset not in self._inboxes:
                self._count("no feed of that name")
                safe()
            elif dataset not in self._lines:
                self._put(dataset, message, [safe])
            else:
                self._hold(dataset, message, safe)

    def pump(self, *, all_of_it: bool = False) -> None:
        """Put down what was held for long enough."""
        with self._lock:
            now = self._clock.now()
            for key, held in list(self._held.items()):
                if all_of_it or now - held.since >= self._age:
                    self._flush(key)

    def _hold(self, dataset: str, message: bytes, safe: Callable[[], None]) -> None:
        line = _one_line(message)
        key = (dataset, _shape(line))
        held = self._held.get(key)
        if held is not None and held.size + len(line) >= self._inboxes[dataset].most:
            self._flush(key)
            held = None
        if held is None:
            held = self._held[key] = _Held(self._clock.now())
        held.lines.append(line)
        held.safe.append(safe)
        held.size += len(message) + 1

    def _flush(self, key: tuple[str, Shape]) -> None:
        held = self._held[key]
        self._put(key[0], b"\n".join([*held.lines, b""]), held.safe)
        # Only now: what could not be put down is still held, and nobody was told that it is safe.
        self._held.pop(key, None)

    def _put(self, dataset: str, data: bytes, safe: list[Callable[[], None]]) -> Put | None:
        try:
            found = self._inboxes[dataset].put(data)
        except FeedRefused as refused:
            # It will never be taken, and would come again for ever.
            self._count(refused.what)
            found = None
        else:
            self._count(dataset)
        for one in safe:
            one()
        return found

    def _count(self, what: str) -> None:
        self.told[what] = self.told.get(what, 0) + 1


def _one_line(message: bytes) -> bytes:
    """A message as one line: in JSON an end of line is never within a text, and blank everywhere else."""
    return message.strip(b"\r\n").replace(b"\r", b" ").replace(b"\n", b" ")


def _shape(line: bytes) -> Shape:
    try:
        read = json.loads(line)
    except (ValueError, RecursionError):  # neither UTF-8 nor JSON, or nested without end
        return None
    return tuple(sorted(map(str, read))) if isinstance(read, dict) else None
