"""One digest of the platform that does the work: its own program texts, and the versions of the libraries it asks.

Lives here: the digest. Must not live here: what follows when it is another.
"""

from __future__ import annotations

from functools import cache
from importlib.metadata import PackageNotFoundError, version

from lake.settings import REPOSITORY
from sharing.canonical import digest, file_digest

_LIBRARIES = (
    "duckdb", "dbt-core", "dbt-duckdb", "dagster", "great-expectations", "pyarrow", "sqlglot", "python-stdnum",
    "chinesecalendar", "duckdb-extension-ducklake", "duckdb-extension-excel", "duckdb-extension-sqlite-scanner",
)  # fmt: skip
_OWN = ("contracts", "quality", "lineage", "sharing", "lake", "orchestration")
_TEXTS = {".py", ".sql", ".yml", ".jinja", ".json"}


@cache
def platform_digest() -> str:
    """The digest; another one as soon as a program text or a library's version is another."""
    texts = {
        str(path.relative_to(REPOSITORY)): file_digest(path)
        for folder in (*_OWN, "dbt_project/packages")
        for path in sorted((REPOSITORY / folder).rglob("*"))
        # What a city declares is told by itself.
        if path.suffix == ".py" or (path.suffix in _TEXTS and folder != "contracts")
    }
    return digest({"libraries": {name: _version(name) for name in _LIBRARIES}, "texts": texts})


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""
