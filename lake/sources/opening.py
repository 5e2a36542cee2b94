"""A department's store, opened for a run with its secret.

What lies there is found and copied by `readers.landing` as files of the city's own are; what a refusal means is said by
`store_answers`.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit

import fsspec

from contracts.model import Dataset, Store
from contracts.stores import store_of
from lake.readers.admission import kind_of
from lake.readers.stores import opened_store
from lake.settings import Settings
from lake.sources.secrets import read_secret
from lake.sources.store_answers import refused_by_store
from lake.sources.web import web, within
from lake.sources.words import EXTRA, DriverMissing

_PATIENCE = 20
# Kind -> the keys of its secret that are acted on, and those without which it opens nothing.
_KEYS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "s3": (("key", "secret", "region"), ("key", "secret")),
    "sftp": (("user", "password", "key_file", "host_key"), ("user", "host_key")),
    "http": (("user", "password"), ("user", "password")),
    "https": (("user", "password"), ("user", "password")),
}


@contextmanager
def opening(dataset: Dataset, settings: Settings) -> Iterator[None]:
    """While this lasts, the store of a dataset's files is open, where they lie in one. Raises `DeliveryRefused`."""
    store = store_of(dataset)
    if store is None:
        yield
        return
    secret: Mapping[str, str] = {}
    if store.secret:
        secret = read_secret(dataset, store.secret, settings.secrets, *_KEYS[store.kind])
    filesystem = _filesystem(dataset, store, secret)
    try:
        with opened_store(store.location, filesystem):
            yield
    finally:
        if store.kind == "sftp":
            filesystem.client.close()


def _filesystem(dataset: Dataset, store: Store, secret: Mapping[str, str]) -> Any:
    try:
        options = _OPTIONS[store.kind](store, secret)
        kind = fsspec.get_filesystem_class(store.kind)
        own = _KINDS.get(store.kind, lambda kind: kind)(kind)
        return own(skip_instance_cache=True, **options)
    except ImportError:
        what = f"what reaches {store.kind} is not installed"
        fix = f"Install the extra: pip install 'zhongtai[{EXTRA}]'."
        raise DriverMissing(dataset.id, dataset.source.path, what, store.kind, fix) from None
    except Exception as error:
        raise refused_by_store(dataset, dataset.source.path, error) from None


def _whole(kind: Any) -> Any:
    """A file system that raises for a folder that it cannot list, where it would pass it over as if it were empty; that
    says of a pipe or a device what it is, where it would call it a file; and that waits for no answer without end.
    """

    class Whole(kind):
        def _connect(self) -> None:
            super()._connect()
            self.ftp.get_channel().settimeout(3 * _PATIENCE)

        @staticmethod
        def _decode_stat(stat: Any, *given: Any) -> Any:
            told = kind._decode_stat(stat, *given)
            return told | {"type": kind_of(stat.st_mode)} if told["type"] == "file" else told

        def walk(self, path: str, *given: Any, **more: Any) -> Any:
            return super().walk(path, *given, **{**more, "on_error": "raise"})

    return Whole


def _s3(store: Store, secret: Mapping[str, str]) -> dict[str, Any]:
    client = {"region_name": secret.get("region", "us-east-1"), "endpoint_url": store.endpoint or None}
    config = {"connect_timeout": _PATIENCE, "read_timeout": 3 * _PATIENCE, "retries": {"max_attempts": 2}}
    who: dict[str, Any] = {"key": secret["key"], "secret": secret["secret"]} if secret else {"anon": True}
    return {**who, "client_kwargs": client, "config_kwargs": config, "use_listings_cache": False}


def _sftp(store: Store, secret: Mapping[str, str]) -> dict[str, Any]:
    paramiko: Any = import_module("paramiko")

    class TheHost(paramiko.MissingHostKeyPolicy):
        """The one host that the secret names: whoever else answers there is not told the password."""

        def missing_host_key(self, client: Any, hostname: str, key: Any) -> None:
            if f"{key.get_name()} {key.get_base64()}" != " ".join(secret["host_key"].split()[:2]):
                raise paramiko.BadHostKeyException(hostname, key, key)

    parts = urlsplit(store.location)
    own = {"password": secret["password"]} if "password" in secret else {}
    key = {"key_filename": secret["key_file"]} if "key_file" in secret else {}
    return {
        "host": parts.hostname,
        "port": parts.port or 22,
        "username": secret["user"],
        **own,
        **key,
        "host_key_policy": TheHost(),
        "look_for_keys": False,
        "allow_agent": False,
        "timeout": _PATIENCE,
        "banner_timeout": _PATIENCE,
        "auth_timeout": _PATIENCE,
        # Of the kinds of host key that there are, the one that is known is asked for.
        "disabled_algorithms": {"keys": _others(secret["host_key"].split()[0])},
    }


def _others(kind: str) -> list[str]:
    paramiko: Any = import_module("paramiko")

    names: tuple[str, ...] = paramiko.Transport._preferred_keys
    own = {kind, "rsa-sha2-512", "rsa-sha2-256"} if kind == "ssh-rsa" else {kind}
    return [name for name in names if name not in own]


def _http(store: Store, secret: Mapping[str, str]) -> dict[str, Any]:
    aiohttp: Any = import_module("aiohttp")

    who = {"headers": {"Authorization": _basic(secret["user"], secret["password"])}} if secret else {}
    patience = {"timeout": aiohttp.ClientTimeout(connect=_PATIENCE, sock_read=3 * _PATIENCE)}
    # A redirect is followed with the password, wherever it leads: no request leaves the place of the contract.
    stays = {"middlewares": (within(store.location),)}
    return {"client_kwargs": {**who, **patience, **stays}, "use_listings_cache": False}


def _basic(user: str, password: str) -> str:
    return f"Basic {b64encode(f'{user}:{password}'.encode()).decode()}"


_KINDS = {"sftp": _whole, "http": web, "https": web}
_OPTIONS = {"s3": _s3, "sftp": _sftp, "http": _http, "https": _http}
