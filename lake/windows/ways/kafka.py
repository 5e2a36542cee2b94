"""Kafka: a topic for each feed, `<prefix>.<department>.<dataset>`; what was brought is committed once it is safe.

The client (`kafka-python`) is the extra `kafka` of this project; without it this way is not there, and says so.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from lake.windows.ways.gathering import Gatherer

_POLL = 500
_MOST = 5_000


class ClientMissing(RuntimeError):
    """The client of a broker is not installed."""

    def __init__(self) -> None:
        super().__init__("Kafka's client is not installed: pip install 'zhongtai[kafka]'")


@dataclass(frozen=True)
class Cluster:
    """The servers of a cluster, what is before the feeds' names in topics, and as which group this reads."""

    servers: str
    prefix: str = "feeds"
    group: str = "zhongtai"


class Kafka:
    """A cluster that is listened to. Raises `ClientMissing`."""

    def __init__(self, cluster: Cluster, gatherer: Gatherer, consumer: Any = None) -> None:
        self._cluster, self._gatherer = cluster, gatherer
        self._consumer = consumer or self._connected()

    def _connected(self) -> Any:
        try:
            kafka = importlib.import_module("kafka")
        except ImportError:
            raise ClientMissing from None
        topics = [f"{self._cluster.prefix}.{name}" for name in self._gatherer.feeds]
        return kafka.KafkaConsumer(
            *topics,
            bootstrap_servers=self._cluster.servers.split(","),
            group_id=self._cluster.group,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
        )

    def listen(self, ended: Callable[[], bool]) -> None:
        """Bring what comes, until it is to end; offsets are committed for whole rounds that lie on the disk."""
        try:
            while not ended():
                self._round()
        finally:
            self._consumer.close()

    def _round(self) -> None:
        came = self._consumer.poll(timeout_ms=_POLL, max_records=_MOST)
        for records in came.values():
            for one in records:
                dataset = one.topic.removeprefix(f"{self._cluster.prefix}.")
                self._gatherer.bring(dataset, one.value, lambda: None)
        if came:
            self._gatherer.pump(all_of_it=True)
            self._consumer.commit()
