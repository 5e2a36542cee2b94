"""Ways in: what comes by a broker lies in the feeds' folders, whole, and the broker is told so then and not before."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import paho.mqtt.client as mqtt
import pytest

from contracts.clock import SystemClock
from contracts.load import load_catalogue
from contracts.model import Catalogue
from lake.windows.inbox import FeedRefused, Inbox
from lake.windows.ways.gathering import Gatherer
from lake.windows.ways.kafka import Cluster, Kafka
from lake.windows.ways.mqtt import Broker, BrokerRefused, Mqtt
from tests.servers import free_port, humble, own_place, program, serving
from tests.unit.lake.windows.fed import GATES, LOTS, write_city

LINES = [b'{"sender": "a", "number": %d}' % number for number in range(3)]


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    return load_catalogue(write_city(tmp_path))


def lying(catalogue: Catalogue, dataset: str) -> list[bytes]:
    """The lines that lie in a feed's folder."""
    return sorted(line for lines in files(catalogue, dataset) for line in lines)


def files(catalogue: Catalogue, dataset: str) -> list[list[bytes]]:
    """The same, file by file."""
    folder = Path(str(catalogue.deliveries)) / "feeds" / dataset.partition(".")[2]
    return [file.read_bytes().splitlines() for file in sorted(folder.glob("*.ndjson"))]


def test_what_is_put_down_is_whole_and_known_again(catalogue: Catalogue) -> None:
    inbox = Inbox(Path(str(catalogue.deliveries)), catalogue.streams[GATES], most=100)
    first, again = inbox.put(LINES[0]), inbox.put(LINES[0])
    assert (first.known, again.known, first.digest == again.digest) == (False, True, True)
    assert lying(catalogue, GATES) == LINES[:1]
    with pytest.raises(FeedRefused, match="101 bytes is more than the 100"):
        inbox.put(b"x" * 101)
    with pytest.raises(FeedRefused, match="is no stream"):
        Inbox(Path(str(catalogue.deliveries)), replace(catalogue.streams[GATES], stream=None))
    vague = replace(catalogue.streams[GATES], source=replace(catalogue.streams[GATES].source, path="*/g.ndjson"))
    with pytest.raises(FeedRefused, match="does not say in which folder"):
        Inbox(Path(str(catalogue.deliveries)), vague)


def test_a_message_is_safe_once_it_lies_there(catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch) -> None:
    gatherer, safe = Gatherer(catalogue, SystemClock()), list[int]()
    for number, line in enumerate(LINES):
        gatherer.bring(GATES, line, lambda number=number: safe.append(number))  # type: ignore[misc]
    gatherer.bring("transport.unknown", b"{}", lambda: safe.append(9))
    gatherer.pump()
    assert (safe, lying(catalogue, GATES)) == ([9], [])  # held, until it is old enough
    with monkeypatch.context() as patched, pytest.raises(OSError, match="full"):
        patched.setattr(Inbox, "put", _full)
        gatherer.pump(all_of_it=True)
    assert safe == [9]
    gatherer.pump(all_of_it=True)
    assert (safe, lying(catalogue, GATES)) == ([9, 0, 1, 2], LINES)
    assert gatherer.told == {GATES: 1, "no feed of that name": 1}


def _full(*_: object) -> None:
    raise OSError("full")


# MQTT, by Debian's Mosquitto


@contextmanager
def mosquitto(users: str = "allow_anonymous true") -> Iterator[int]:
    """A broker; its port."""
    server, port = program("mosquitto", "mosquitto", "/usr/sbin"), free_port()
    with own_place() as folder:
        (folder / "conf").write_text(f"listener {port} 127.0.0.1\n{users}\n", encoding="utf-8")
        with serving(humble([server, "-c", folder / "conf"]), folder, lambda: _answers(port)):
            yield port


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _publish(port: int, dataset: str, lines: list[bytes]) -> None:
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
    client.connect("127.0.0.1", port)
    client.loop_start()
    for line in lines:
        client.publish(f"feeds/{dataset.replace('.', '/')}", line, qos=1).wait_for_publish(10)
    client.disconnect()
    client.loop_stop()


@contextmanager
def listening(way: Mqtt) -> Iterator[None]:
    """While this lasts, somebody listens."""
    ended = threading.Event()
    thread = threading.Thread(target=way.listen, args=[ended.is_set])
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join(20)
    assert not thread.is_alive()


def _until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.02)


def test_what_one_device_sends_wrongly_is_no_others_fault(catalogue: Catalogue) -> None:
    """A message that is no text, one of another firmware, one over several lines: none is in the file of the others."""
    gatherer = Gatherer(catalogue, SystemClock())
    pretty = b'{\n  "sender": "p",\r\n  "number": 1\n}'
    odd = [b"\xff\xfe\x00", b'{"sender": "x", "number": 1, "extra": 2}', b"[1]", b"{" * 5000]
    plain = [b'{"sender": "a", "number": 1}', b'{"number": 2, "sender": "b"}']
    for line in (plain[0], odd[0], odd[1], pretty, odd[2], plain[1], odd[3]):
        gatherer.bring(GATES, line, lambda: None)
    gatherer.pump(all_of_it=True)
    found = files(catalogue, GATES)
    together = next(lines for lines in found if plain[0] in lines)
    assert together == [plain[0], b'{   "sender": "p",    "number": 1 }', plain[1]]
    assert sorted(line for lines in found for line in lines if line not in together) == sorted(odd)


def test_mqtt(catalogue: Catalogue) -> None:
    with mosquitto() as port:
        gatherer = Gatherer(catalogue, SystemClock(), seconds=0.1)
        place = Broker("127.0.0.1", port)
        with listening(Mqtt(place, gatherer, {})):
            _until(lambda: _subscribed(port, catalogue))
            _publish(port, GATES, LINES)
            _publish(port, LOTS, LINES[:1])
            _until(lambda: lying(catalogue, GATES) == LINES and LINES[0] in lying(catalogue, LOTS))
        # What comes while nobody listens is kept, and brought later.
        _publish(port, GATES, [b'{"sender": "later"}'])
        with listening(Mqtt(place, gatherer, {})):
            _until(lambda: b'{"sender": "later"}' in lying(catalogue, GATES))


def _subscribed(port: int, catalogue: Catalogue) -> bool:
    """Whether what is published comes: a session has to be there before anything is kept for it."""
    _publish(port, LOTS, [b'{"sender": "probe"}'])
    return bool(lying(catalogue, LOTS))


def test_what_was_not_put_down_comes_again(catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch) -> None:
    with mosquitto() as port:
        place, gatherer = Broker("127.0.0.1", port), Gatherer(catalogue, SystemClock(), seconds=0.1)
        with listening(Mqtt(place, gatherer, {})):
            _until(lambda: _subscribed(port, catalogue))
        ended = threading.Event()
        with monkeypatch.context() as patched:
            patched.setattr(Inbox, "put", _full)
            _publish(port, GATES, LINES)
            with pytest.raises(OSError, match="full"):
                Mqtt(place, Gatherer(catalogue, SystemClock(), seconds=0.1), {}).listen(ended.is_set)
        assert lying(catalogue, GATES) == []
        with listening(Mqtt(place, gatherer, {})):
            _until(lambda: lying(catalogue, GATES) == LINES)


def test_a_broker_that_lets_nobody_in(catalogue: Catalogue) -> None:
    with mosquitto("allow_anonymous false") as port, pytest.raises(BrokerRefused, match="the broker refuses"):
        way = Mqtt(Broker("127.0.0.1", port), Gatherer(catalogue, SystemClock()), {"user": "x", "password": "y"})
        way.listen(lambda: False)


# Kafka


@dataclass
class Topics:
    """A consumer of messages that are there, and what was committed."""

    rounds: list[dict[str, list[Any]]]
    committed: int = 0
    closed: bool = False
    asked: dict[str, Any] = field(default_factory=dict)

    def poll(self, **asked: Any) -> dict[str, list[Any]]:
        self.asked = asked
        return self.rounds.pop(0) if self.rounds else {}

    def commit(self) -> None:
        self.committed += 1

    def close(self) -> None:
        self.closed = True


def test_kafka_commits_what_lies_there(catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch) -> None:
    def message(line: bytes) -> Any:
        return SimpleNamespace(topic=f"feeds.{GATES}", value=line)

    topics = Topics([{"0": [message(LINES[0]), message(LINES[1])]}, {}, {"0": [message(LINES[2])]}])
    gatherer = Gatherer(catalogue, SystemClock())
    Kafka(Cluster("x"), gatherer, topics).listen(lambda: not topics.rounds)
    assert (topics.committed, topics.closed, lying(catalogue, GATES)) == (2, True, LINES)
    lost = Topics([{"0": [message(b"{}")]}])
    monkeypatch.setattr(Inbox, "put", _full)
    with pytest.raises(OSError, match="full"):
        Kafka(Cluster("x"), Gatherer(catalogue, SystemClock()), lost).listen(lambda: False)
    assert (lost.committed, lost.closed) == (0, True)


@pytest.mark.skipif("ZHONGTAI_TEST_KAFKA" not in os.environ, reason="no Kafka broker: name one in ZHONGTAI_TEST_KAFKA")
def test_kafka_by_a_broker(catalogue: Catalogue) -> None:
    kafka = pytest.importorskip("kafka")
    servers, prefix = os.environ["ZHONGTAI_TEST_KAFKA"], f"feeds-{os.getpid()}"
    producer = kafka.KafkaProducer(bootstrap_servers=servers)
    for line in LINES:
        producer.send(f"{prefix}.{GATES}", line).get(20)
    way = Kafka(Cluster(servers, prefix, f"test-{os.getpid()}"), Gatherer(catalogue, SystemClock()))
    end = time.monotonic() + 30
    way.listen(lambda: lying(catalogue, GATES) == LINES or time.monotonic() > end)
    assert lying(catalogue, GATES) == LINES
