"""MQTT, by Eclipse's client: a topic for each feed, `<prefix>/<department>/<dataset>`, at least once (QoS 1).

The session lasts: what comes while nobody listens is kept by the broker, and a message is acknowledged once it lies on
the disk (`gathering`). Reconnecting is the client's own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from threading import Event

import paho.mqtt.client as mqtt

from lake.windows.ways.gathering import Gatherer

_QOS = 1
_POLL = 0.2


class BrokerRefused(RuntimeError):
    """A broker does not let this client in."""

    def __init__(self, place: str, why: str) -> None:
        self.place, self.why = place, why
        super().__init__(f"{place}: the broker refuses ({why}); correct the address, or the user in the secret")


@dataclass(frozen=True)
class Broker:
    """Where a broker is, how it is reached, and what is before the feeds' names in topics."""

    host: str
    port: int
    prefix: str = "feeds"
    tls: bool = False
    client: str = "zhongtai"


class Mqtt:
    """A broker that is listened to."""

    def __init__(self, broker: Broker, gatherer: Gatherer, secret: Mapping[str, str]) -> None:
        self._broker, self._gatherer = broker, gatherer
        self._refused = Event()
        self._why = ""
        self._client = mqtt.Client(
            mqtt.CallbackAPIVersion.VERSION2, broker.client, clean_session=False, manual_ack=True
        )
        if secret:
            self._client.username_pw_set(secret["user"], secret["password"])
        if broker.tls:
            self._client.tls_set()
        self._client.on_connect = self._connected
        self._client.on_message = self._came

    def listen(self, ended: Callable[[], bool]) -> None:
        """Bring what comes, until it is to end. Raises `BrokerRefused`, OSError where nobody listens there."""
        self._client.connect(self._broker.host, self._broker.port)
        self._client.loop_start()
        try:
            while not ended():
                if self._refused.wait(_POLL):
                    raise BrokerRefused(f"{self._broker.host}:{self._broker.port}", self._why)
                self._gatherer.pump()
        finally:
            self._gatherer.pump(all_of_it=True)
            self._client.disconnect()
            self._client.loop_stop()

    def _connected(
        self, client: mqtt.Client, _: object, __: mqtt.ConnectFlags, reason: mqtt.ReasonCode, ___: object
    ) -> None:
        if reason.is_failure:
            self._why = str(reason)
            self._refused.set()
            return
        client.subscribe([(self._topic(name), _QOS) for name in self._gatherer.feeds])

    def _came(self, client: mqtt.Client, _: object, message: mqtt.MQTTMessage) -> None:
        dataset = message.topic.removeprefix(f"{self._broker.prefix}/").replace("/", ".", 1)
        mid = message.mid
        self._gatherer.bring(dataset, bytes(message.payload), lambda: _acknowledge(client, mid))

    def _topic(self, dataset: str) -> str:
        return f"{self._broker.prefix}/{dataset.replace('.', '/', 1)}"


def _acknowledge(client: mqtt.Client, mid: int) -> None:
    client.ack(mid, _QOS)
