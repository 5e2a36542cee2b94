"""What was read, by whom, and what was refused, in the ledger before the first byte of an answer goes out.

Entries of requests that come at once are written together, in one transaction: whoever waits for a disk waits once.
What an entry says is its writer's business.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from contracts.clock import Clock
from sharing.ledger import Ledger

_Waiting = tuple[str, Mapping[str, Any], "asyncio.Future[int]"]
# So many are written in one transaction at most.
_TOGETHER = 512


class Journal:
    """The one place from which the portal appends. Used from one event loop."""

    def __init__(self, ledger: Ledger, clock: Clock) -> None:
        self._ledger, self._clock = ledger, clock
        self._waiting: list[_Waiting] = []
        self._writing: asyncio.Task[None] | None = None

    async def write(self, kind: str, body: Mapping[str, Any]) -> int:
        """Append an entry; returns its number once it is on the disk. Raises what the ledger raises."""
        told: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._waiting.append((kind, body, told))
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write())
        return await told

    async def _write(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[:_TOGETHER], self._waiting[_TOGETHER:]
            items = [(kind, body) for kind, body, _ in batch]
            try:
                entries = await asyncio.to_thread(self._ledger.append_many, items, self._clock.now())
            except Exception as error:
                for _, _, told in batch:
                    if not told.done():
                        told.set_exception(error)
                continue
            for entry, (_, _, told) in zip(entries, batch, strict=True):
                if not told.done():
                    told.set_result(entry.seq)
