"""Several queries run at the same time, their rows one Arrow stream: what DuckDB by itself does one after another.

So it does with the parts of a union that is written to a table or a file. Batches are taken from the queries in turn,
so the order of the stream does not depend on which was faster. What the queries are is the callers'.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from queue import Queue
from threading import Event, Thread
from typing import Any

import duckdb
import pyarrow as pa

# A row group's worth; a few wait for whoever writes them.
_ROWS = 122_880
_WAITING = 3


@contextmanager
def side_by_side(
    cursors: Sequence[duckdb.DuckDBPyConnection], queries: Sequence[str]
) -> Iterator[pa.RecordBatchReader]:
    """The rows of `queries`, each run on the cursor in its place. An error of one ends the stream with that error."""
    readers = [cursor.execute(query).to_arrow_reader(_ROWS) for cursor, query in zip(cursors, queries, strict=True)]
    queues: list[Queue[Any]] = [Queue(_WAITING) for _ in readers]
    given_up = Event()
    threads = [
        Thread(target=_fill, args=(queue, reader, given_up), daemon=True)
        for queue, reader in zip(queues, readers, strict=True)
    ]
    for thread in threads:
        thread.start()
    try:
        yield pa.RecordBatchReader.from_batches(readers[0].schema, _in_turn(queues))
    finally:
        given_up.set()
        for queue in queues:
            while not queue.empty():
                queue.get_nowait()
        for thread in threads:
            thread.join()


def _fill(queue: Queue[Any], reader: pa.RecordBatchReader, given_up: Event) -> None:
    """Put each batch; in the end None, or the error that ended it."""
    try:
        for batch in reader:
            if given_up.is_set():
                return
            queue.put(batch)
    except BaseException as error:
        queue.put(error)
    else:
        queue.put(None)


def _in_turn(queues: Sequence[Queue[Any]]) -> Iterator[pa.RecordBatch]:
    live = list(queues)
    while live:
        for queue in list(live):
            item = queue.get()
            if item is None:
                live.remove(queue)
            elif isinstance(item, BaseException):
                raise item
            else:
                yield item
