"""A dataset whose files lie in a department's own store: what the ODCS server of such a contract says of the place.

How a store is reached, and with whose key, is `lake/sources/`'s.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from open_data_contract_standard.model import Server

from contracts.databases import SECRET_NAME
from contracts.documents import Document, YamlPath
from contracts.model import Dataset
from contracts.source import Store

# ODCS's words for a server's type -> the keys of a server that are acted on for it, beside those of files.
STORES: Mapping[str, frozenset[str]] = {
    "s3": frozenset({"location", "endpointUrl"}),
    "sftp": frozenset({"location"}),
    "http": frozenset({"location"}),
    "https": frozenset({"location"}),
}
_EXAMPLES = {"s3": "s3://bucket/prefix", "sftp": "sftp://files.example:22/outgoing"}


def read_store(document: Document, at: YamlPath, server: Server, secret: str, place: YamlPath) -> Store | None:
    """The store that a server declares; None for the city's own folder, and after noting that none can be made out."""
    if server.type not in STORES:
        if secret:
            document.fault(place, "secret is not acted on for files of the city's own", "nothing: leave secret out")
        return None
    if secret and not SECRET_NAME.fullmatch(secret):
        document.fault(place, f"secret is {secret!r}", "the name of a file of secrets: outgoing_files")
    if server.type == "sftp" and not secret:
        document.fault(place, "sftp needs a secret: who logs in, and the key of the right host", "the name of one")
    location = (server.location or "").rstrip("/")
    if fault := _location_fault(server.type or "", location):
        example = _EXAMPLES.get(server.type or "", f"{server.type}://files.example/outgoing")
        document.fault((*at, "location"), f"location is {server.location!r}: {fault}", example)
        return None
    endpoint = server.endpointUrl or ""
    if endpoint and urlsplit(endpoint).scheme not in {"http", "https"}:
        document.fault((*at, "endpointUrl"), f"endpointUrl is {endpoint!r}", "https://s3.example")
    return Store(server.type or "", location, endpoint, secret)


def _location_fault(kind: str, location: str) -> str | None:
    try:
        parts = urlsplit(location)
        port = parts.port
    except ValueError:
        return "it is no URL"
    if parts.scheme != kind or not parts.hostname:
        return f"it is no URL of {kind}"
    if "@" in parts.netloc:
        return "who opens it, and how, stands in a file of secrets"
    if parts.query or parts.fragment or set(location) & set("*?[]{}#"):
        return "it is no place, but a question or a pattern: that is what path is for"
    return "it leaves its own place" if ".." in parts.path.split("/") or port == 0 else None


def store_of(dataset: Dataset) -> Store | None:
    """The store of a dataset's files; None where they lie below the city's own deliveries."""
    return dataset.source.place if isinstance(dataset.source.place, Store) else None
