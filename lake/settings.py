"""Where state lives and what the environment says: the only module that reads environment variables.

No default here may reach outside the workspace, and no secret is held: keys lie in files below `state`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from contracts.clock import Clock, FixedClock, SystemClock
from contracts.load import CITY_FILE
from sharing.keyring import KeyPlace

REPOSITORY = Path(__file__).resolve().parent.parent

# Nothing phones home: set before any of these libraries is imported, and handed to every child process.
SILENCE = {
    "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    "DO_NOT_TRACK": "1",
    "GX_ANALYTICS_ENABLED": "false",
    "DAGSTER_DISABLE_TELEMETRY": "true",
}
# Dagster stores the events that announce a run together, and not each in a transaction.
_TOGETHER = {"DAGSTER_EVENT_BATCH_SIZE": "1000"}
_MOST_THREADS, _MOST_MEMORY = 1024, 1_000_000
_NUMBER = re.compile(r"\d+(\.\d+)?")
# Sizes that DuckDB takes, bytes alone left out: nobody means a bare number.
_SIZE = re.compile(r"\d+(\.\d+)?\s*([KMGT]i?B)", re.IGNORECASE)


@dataclass(frozen=True)
class Settings:
    """One workspace and where its state lies; every path is absolute.

    `threads` and `memory_limit` bound DuckDB; `clock` is the only source of time. `key_passphrase` is the file of what
    encrypts the keys at rest, `signing_key` the URI of a signing key in hardware.
    """

    workspace: Path
    state: Path
    deliveries: Path | None
    threads: int
    memory_limit: str
    clock: Clock
    key_passphrase: Path | None = None
    signing_key: str | None = None
    anchors: tuple[Path, ...] = ()
    """Files, on other mounts, where the newest signed head of the ledger is written, too."""
    witnesses: Path | None = None
    """The file that declares who is asked to sign the ledger's log."""
    secrets_folder: Path | None = None
    """Where the files lie that say with which user and password departments' stores and databases are asked."""
    stamp_authority: str | None = None
    stamp_root: Path | None = None
    """An authority for time stamps (RFC 3161), and the file of its root certificate."""

    @property
    def has_past_without_ledger(self) -> bool:
        """Whether anything is there that a ledger would have recorded: a lake, landed files, releases, or its head."""
        beside = (self.ledger.with_name(f"{self.ledger.name}.{end}") for end in ("head", "open", "findings"))
        return any(path.exists() for path in (self.catalog, self.landing, self.releases, self.log, *beside))

    @property
    def has_past(self) -> bool:
        """Whether anything was ever done here: a ledger, a lake, landed files or releases are there."""
        return any(path.exists() for path in (self.ledger, self.catalog, self.landing, self.releases))

    @property
    def key_place(self) -> KeyPlace:
        """Where the city's keys lie."""
        return KeyPlace(self.keys, self.key_passphrase, self.signing_key)

    @property
    def public_keys(self) -> Path:
        """Public keys, and what is said of them, beside the releases."""
        return self.releases / "keys"

    @property
    def catalog(self) -> Path:
        """The SQLite catalog of the lake; it holds the lake's encryption keys."""
        return self.state / "lake" / "catalog.sqlite"

    @property
    def lake_data(self) -> Path:
        """The lake's encrypted Parquet files."""
        return self.state / "lake" / "data"

    @property
    def landing(self) -> Path:
        """Delivered bytes, untouched, by batch."""
        return self.state / "landing"

    @property
    def ledger(self) -> Path:
        """The ledger's SQLite file."""
        return self.state / "ledger.sqlite"

    @property
    def log(self) -> Path:
        """The ledger's log: hashes alone, for everybody to read."""
        return self.state / "ledger.tiles"

    @property
    def releases(self) -> Path:
        """Release folders, by agreement."""
        return self.state / "releases"

    @property
    def keys(self) -> Path:
        """Signing and pseudonym keys."""
        return self.state / "keys"

    @property
    def secrets(self) -> Path:
        """What opens departments' stores and databases: a file each, its owner's only."""
        return self.secrets_folder or self.state / "secrets"

    @property
    def seen(self) -> Path:
        """What tells of a store's files whether they have changed since they were taken."""
        return self.state / "seen"

    @property
    def quality(self) -> Path:
        """What is derived of the ledger about quality over time; it may be deleted, and is made again."""
        return self.state / "quality"

    @property
    def scratch(self) -> Path:
        """Files that one run makes and removes."""
        return self.state / "scratch"

    @property
    def held(self) -> Path:
        """The keyed index of the persons behind released rows."""
        return self.state / "held"

    @property
    def extensions(self) -> Path:
        """DuckDB's extension directory, filled from the installed wheels."""
        return self.state / "extensions"

    @property
    def dbt_project(self) -> Path:
        """The workspace's dbt project."""
        return self.workspace / "dbt_project"

    @property
    def dbt_target(self) -> Path:
        """Where dbt writes its manifest, compiled SQL and logs."""
        return self.state / "dbt"

    @property
    def manifest(self) -> Path:
        """The manifest that dbt wrote of the project as it last was."""
        return self.dbt_target / "target" / "manifest.json"

    @property
    def data_docs(self) -> Path:
        """Great Expectations' pages of tables, as they were last asked for."""
        return self.state / "data_docs"

    @property
    def dagster_home(self) -> Path:
        """Dagster's own storage."""
        return self.state / "dagster"


class SettingsRefused(ValueError):
    """A setting that the environment gives cannot be meant so; `name` is the variable."""

    def __init__(self, name: str, value: str, what: str, write: str) -> None:
        self.name, self.value = name, value
        super().__init__(f"{name}={value!r}: {what}. Write {write}.")


def _clock(environment: Mapping[str, str]) -> Clock:
    fixed = environment.get("ZHONGTAI_NOW")
    if not fixed:
        return SystemClock()
    try:
        return FixedClock(datetime.fromisoformat(fixed))
    except ValueError as error:
        what = "it has no time zone" if "time zone" in str(error) else "no moment can be read from it"
        raise SettingsRefused("ZHONGTAI_NOW", fixed, what, "one such as 2026-11-21T10:00:00+08:00") from None


def _threads(environment: Mapping[str, str]) -> int:
    given = environment.get("ZHONGTAI_THREADS")
    if not given:
        return os.cpu_count() or 2
    if not (given.isascii() and given.isdigit() and 1 <= int(given) <= _MOST_THREADS):
        what = f"not a whole number from 1 to {_MOST_THREADS}"
        raise SettingsRefused("ZHONGTAI_THREADS", given, what, "one such as 4")
    return int(given)


def _memory(environment: Mapping[str, str]) -> str:
    given = environment.get("ZHONGTAI_MEMORY") or "3GB"
    if not _SIZE.fullmatch(given.strip()) or float(_NUMBER.match(given.strip()).group()) > _MOST_MEMORY:  # type: ignore[union-attr]
        raise SettingsRefused("ZHONGTAI_MEMORY", given, "not a size of memory", "a number and its unit, such as 4GB")
    return given.strip()


def _folder(environment: Mapping[str, str], name: str) -> Path | None:
    given = environment.get(name)
    if not given:
        return None
    folder = Path(given).resolve()
    if folder.exists() and not folder.is_dir():
        raise SettingsRefused(name, given, "it is no folder", "the path of a folder")
    return folder


def _file(environment: Mapping[str, str], name: str) -> Path | None:
    given = environment.get(name)
    if given and not Path(given).is_file():
        raise SettingsRefused(name, given, "there is no such file", "the path of a file of mode 0600")
    return Path(given).resolve() if given else None


def _files(environment: Mapping[str, str], name: str) -> tuple[Path, ...]:
    """Files that need not be there yet."""
    given = [one for one in environment.get(name, "").split(os.pathsep) if one]
    for one in given:
        if Path(one).is_dir():
            raise SettingsRefused(name, one, "it is a folder", "the path of a file, on another mount")
    return tuple(Path(one).resolve() for one in given)


def _here() -> Path | None:
    """The folder one stands in, where that is a city."""
    return Path.cwd() if Path(CITY_FILE).is_file() else None


def load_settings(workspace: Path | None = None, environment: Mapping[str, str] | None = None) -> Settings:
    """Settings of a workspace (default: `ZHONGTAI_WORKSPACE`, else the city one stands in, else the repository's own).

    `ZHONGTAI_STATE` and `ZHONGTAI_DELIVERIES` move state and deliveries, `ZHONGTAI_THREADS` and `ZHONGTAI_MEMORY` bound
    DuckDB, `ZHONGTAI_NOW` (ISO 8601 with a time zone) fixes the clock. `ZHONGTAI_KEY_PASSPHRASE_FILE` names the file of
    the passphrase that encrypts the keys, `ZHONGTAI_SIGNING_KEY` a key in hardware (PKCS#11), `ZHONGTAI_ANCHOR` one or
    more files (divided as in PATH) where the ledger's newest signed head is kept, too, `ZHONGTAI_WITNESSES` the file
    that declares who signs the ledger's log, `ZHONGTAI_TSA` and `ZHONGTAI_TSA_ROOT` an authority for time stamps and
    its root certificate, `ZHONGTAI_SECRETS` the folder of what opens departments' databases. Raises `SettingsRefused`.
    """
    env = os.environ if environment is None else environment
    root = Path(workspace or env.get("ZHONGTAI_WORKSPACE") or _here() or REPOSITORY).resolve()
    return Settings(
        workspace=root,
        state=_folder(env, "ZHONGTAI_STATE") or root / ".zhongtai",
        deliveries=_folder(env, "ZHONGTAI_DELIVERIES"),
        threads=_threads(env),
        memory_limit=_memory(env),
        clock=_clock(env),
        key_passphrase=_file(env, "ZHONGTAI_KEY_PASSPHRASE_FILE"),
        signing_key=env.get("ZHONGTAI_SIGNING_KEY") or None,
        anchors=_files(env, "ZHONGTAI_ANCHOR"),
        witnesses=_file(env, "ZHONGTAI_WITNESSES"),
        secrets_folder=_folder(env, "ZHONGTAI_SECRETS"),
        stamp_authority=env.get("ZHONGTAI_TSA") or None,
        stamp_root=_file(env, "ZHONGTAI_TSA_ROOT"),
    )


def silence_libraries() -> None:
    """Turn every library's telemetry off for this process and its children, and have Dagster write less often."""
    os.environ.update(SILENCE | _TOGETHER)


def child_environment(settings: Settings) -> dict[str, str]:
    """The environment for a child process (dbt, the Dagster server) on this workspace."""
    return {
        **os.environ,
        **SILENCE,
        **_TOGETHER,
        "ZHONGTAI_WORKSPACE": str(settings.workspace),
        "ZHONGTAI_STATE": str(settings.state),
        "DAGSTER_HOME": str(settings.dagster_home),
        **({"ZHONGTAI_DELIVERIES": str(settings.deliveries)} if settings.deliveries else {}),
    }
