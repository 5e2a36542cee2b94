"""The command that listens to a broker, and puts what comes into the inboxes of the city's feeds."""

from __future__ import annotations

import signal
from collections.abc import Callable
from threading import Event
from typing import TYPE_CHECKING, Annotated
from urllib.parse import SplitResult, urlsplit

import typer
from rich.markup import escape

from lake.cli.options import Json, Workspace
from lake.cli.output import WRONG, emit, fail, say
from lake.settings import Settings, load_settings

if TYPE_CHECKING:
    from contracts.model import Catalogue
    from lake.windows.ways.gathering import Gatherer, Way

_PORTS = {"mqtt": 1883, "mqtts": 8883, "kafka": 9092}
_SECRET = ("user", "password")
_PLACE = "mqtt://HOST[:PORT][/PREFIX], mqtts://… or kafka://HOST[:PORT]/PREFIX"


def listen(
    place: Annotated[str, typer.Argument(help=escape(_PLACE))],
    secret: Annotated[str | None, typer.Option("--secret", help="The file of secrets with user and password.")] = None,
    seconds: Annotated[float, typer.Option("--seconds", min=0.1, help="How long messages are gathered.")] = 5.0,
    workspace: Workspace = None,
    as_json: Json = False,
) -> None:
    """Listen to a broker until a signal ends it; what comes lies in the feeds' folders, for `windows` to take in."""
    from contracts.clock import SystemClock
    from lake.city import declarations
    from lake.windows.ways.gathering import Gatherer

    settings, told = load_settings(workspace), urlsplit(place)
    if told.scheme not in _PORTS or not told.hostname or told.username:
        fail(f"{place!r} is no broker: write it as mqtt://host, mqtts://host or kafka://host, without a user", WRONG)
    catalogue = declarations(settings)
    # Not the city's, which may stand still: messages would be held for ever.
    gatherer = Gatherer(catalogue, SystemClock(), seconds)
    ended = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    _way(told, gatherer, _opened(settings, catalogue, secret)).listen(ended.is_set)
    if as_json:
        emit({"brought": gatherer.told})
    else:
        counts = ", ".join(f"{name}: {count:,}" for name, count in sorted(gatherer.told.items()))
        say(escape(counts) or "nothing came")


def _way(told: SplitResult, gatherer: Gatherer, secret: dict[str, str]) -> Way:
    host, port = str(told.hostname), told.port or _PORTS[told.scheme]
    prefix = told.path.strip("/") or "feeds"
    if told.scheme == "kafka":
        from lake.windows.ways.kafka import Cluster, Kafka

        return Kafka(Cluster(f"{host}:{port}", prefix), gatherer)
    from lake.windows.ways.mqtt import Broker, Mqtt

    return Mqtt(Broker(host, port, prefix, tls=told.scheme == "mqtts"), gatherer, secret)


def _opened(settings: Settings, catalogue: Catalogue, name: str | None) -> dict[str, str]:
    if name is None:
        return {}
    from lake.sources.secrets import read_secret

    if not catalogue.streams:
        fail("the city has no streams: nothing could be listened for", WRONG)
    first = next(iter(catalogue.streams.values()))
    return dict(read_secret(first, name, settings.secrets, _SECRET, _SECRET))


COMMANDS: dict[str, Callable[..., None]] = {"listen": listen}
