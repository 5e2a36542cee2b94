"""DuckDB's side of the declassifiers, and of what may identify anybody: SQL macros in an in-memory database `zt`.

dbt models call them by name (`zt.declassify_hmac(x)`), so that the pseudonym key stays in a table of that database and
never reaches compiled SQL, a manifest, a log or an error. What each one may lower, and by how much, is declared in
`contracts/standards/lineage_policy.yml`, not here.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path

import duckdb

from quality.engine.characters import invisible_sql
from quality.engine.check_digits import resident_id_sql, social_credit_code_sql
from quality.engine.placeholders import placeholder_sql

_KEY_BYTES = 32

# HMAC (RFC 2104) written out over DuckDB's sha256: inner and outer pads are kept as hex digests of the key, so that the
# construction is a nested keyed hash with two independent sub-keys (NMAC). Output: 64 hex characters.
_MACROS = """
create or replace macro zt.declassify_hmac(value) as
  case when value is null then null
  else sha256((select outer_key from zt.pseudonym_key)
    || sha256((select inner_key from zt.pseudonym_key) || value)) end;
create or replace macro zt.declassify_city_key(value) as substring(zt.declassify_hmac(value), 1, 20);
create or replace macro zt.declassify_registered_id(city_id) as city_id;
create or replace macro zt.declassify_mask_id(value) as
  case when length(value) = 18 then left(value, 6) || '********' || right(value, 4) end;
create or replace macro zt.declassify_mask_name(value) as
  case when value is null then null else left(value, 1) || repeat('*', greatest(length(value) - 1, 1)) end;
create or replace macro zt.declassify_mask_phone(value) as
  case when length(value) = 11 then left(value, 3) || '****' || right(value, 4) end;
create or replace macro zt.declassify_year(value) as cast(extract(year from value) as integer);
create or replace macro zt.declassify_age_band(birth_date, as_of) as
  case when birth_date is null or as_of < birth_date then null
  else cast(floor(date_diff('year', birth_date, as_of) / 10) * 10 as integer) end;
create or replace macro zt.declassify_k_count(counted) as
  case when counted >= 10 then cast(counted as bigint) end;
create or replace macro zt.declassify_k_rows(counted) as coalesce(counted >= 10, false);
"""
# Whether a value may identify anybody: the very SQL that judged the rows when they were delivered.
_IDENTIFIES = f"""
create or replace macro zt.identifies_resident_id(value) as coalesce({resident_id_sql("value")}, false);
create or replace macro zt.identifies_credit_code(value) as coalesce({social_credit_code_sql("value")}, false);
create or replace macro zt.identifies_number(value) as
  coalesce(not {placeholder_sql("value")} and not {invisible_sql("value", strict=True)}, false);
"""
PLAIN_MACROS = _IDENTIFIES
"""The macros that lower nothing, as statements: whoever reads lineage has to know what they are made of."""


class KeyDamaged(RuntimeError):
    """The pseudonym key is not of its length: with another key no pseudonym would be what it was."""

    def __init__(self, path: Path, found: int) -> None:
        self.path, self.found = path, found
        super().__init__(f"{path}: the pseudonym key has {found} bytes, not {_KEY_BYTES}; restore it from a backup")


def pseudonym_key(keys: Path) -> bytes:
    """The workspace's pseudonym key, made on first use with owner-only permissions. Raises `KeyDamaged`."""
    path = keys / "pseudonym.key"
    if not path.exists():
        keys.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = path.with_suffix(".new")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(_KEY_BYTES))
        draft.replace(path)
    key = path.read_bytes()
    if len(key) != _KEY_BYTES:
        raise KeyDamaged(path, len(key))
    return key


def install_macros(connection: duckdb.DuckDBPyConnection, keys: Path) -> None:
    """Attach `zt` with the declassifier macros; all cursors of the connection see it."""
    key = pseudonym_key(keys).hex()
    connection.execute("attach ':memory:' as zt")
    # Not as a bound parameter: the first one makes DuckDB import pandas, three seconds that most commands do not need.
    connection.execute(
        f"create table zt.pseudonym_key as select sha256('inner{key}') as inner_key, sha256('outer{key}') as outer_key"
    )
    for statement in (_MACROS + _IDENTIFIES.lstrip()).split(";\n"):
        if statement.strip():
            connection.execute(statement)
