"""DuckDB's side of the declassifiers, and of what may identify anybody: SQL macros in an in-memory database `zt`.

dbt models call them by name (`zt.declassify_hmac(x)`), so that the pseudonym key stays in a table of that database and
never reaches compiled SQL, a manifest, a log or an error. What each one may lower, and by how much, is declared in
`contracts/standards/lineage_policy.yml`, not here.
"""

from __future__ import annotations

import duckdb

from lake.coordinate_macros import COORDINATES
from quality.engine.characters import invisible_sql
from quality.engine.check_digits import resident_id_sql, social_credit_code_sql
from quality.engine.placeholders import placeholder_sql

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
create or replace macro zt.declassify_grid(degrees, cell) as
  case when cell >= 0.01 then round(floor(degrees / cell) * cell, 6) end;
create or replace macro zt.declassify_k_count(counted) as
  case when counted >= 10 then cast(counted as bigint) end;
create or replace macro zt.declassify_vehicles(counted) as
  case when counted >= 10 then cast(counted as bigint) end;
create or replace macro zt.declassify_k_rows(counted) as coalesce(counted >= 10, false);
"""


def keyed_hash(key: str, text: str) -> str:
    """SQL for the nested hash of a text under one of the keys. No macro of its own: a model could call it for a key."""
    column = f"(select {key} from zt.pseudonym_key)"
    return f"sha256({column} || 'o' || sha256({column} || 'i' || {text}))"


# A key of its own for each agreement and period, so that two recipients cannot join what they got, nor one of them two
# periods: HKDF-Expand (RFC 5869, 2.3) with the nested hash above; the key is uniform, so nothing is extracted. The
# length before the agreement keeps ('a', 'b:1') and ('a:b', '1') apart.
_SUBKEY = keyed_hash("derive_key", "length(agreement) || ':' || agreement || ':' || period || chr(1)")
_PSEUDONYM = f"""
create or replace macro zt.declassify_pseudonym(value, agreement, period) as
  case when value is null then null
  else sha256('outer' || {_SUBKEY} || sha256('inner' || {_SUBKEY} || value)) end;
"""

EPSILON = 0.5
"""What one noisy count costs: the two-sided geometric mechanism (Ghosh, Roughgarden, Sundararajan 2009), the difference
of two geometric numbers. They are drawn from 48 bits of a keyed hash of cell and count: who asks again sees them again.
"""
_SEED = keyed_hash("noise_key", "counted || ':' || coalesce(cast(cell as varchar), '')")


def _geometric(place: int) -> str:
    """A geometric number drawn from the 12 hex digits of the seed at a place."""
    drawn = f"(cast('0x' || substring({_SEED}, {place}, 12) as bigint) + 1) / {2**48}.0"
    return f"floor(ln({drawn}) / -{EPSILON})"


_NOISE = f"""
create or replace macro zt.declassify_noise(counted, cell) as
  greatest(cast(counted + {_geometric(1)} - {_geometric(17)} as bigint), 0);
"""

# Free text: what looks like a number of a person, an address of mail or a person with a title becomes a sign. Digits go
# last and all of them: whoever writes a number in groups, in full width or in words writes it all the same.
_SIGNS = (
    (r"[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+", "[邮箱]"),
    (r"[0-9]{17}[0-9Xx]|[0-9]{15}", "[证件]"),
    (r"1[3-9][0-9]{9}|0[0-9]{2,3}-?[0-9]{7,8}", "[电话]"),
    (r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-Z][ ·]?[A-Z0-9]{5,6}", "[车牌]"),
    (r"(姓名|联系人|患者|病人|申请人|当事人|举报人|投诉人|户主)([是为叫:： ]*)\p{Han}{2,4}", r"\1\2[姓名]"),
    (r"\p{Han}{1,3}(先生|女士|小姐|同志|师傅|老师|医生|大夫)", r"[姓名]\1"),
    (r"\b(Mr|Ms|Mrs|Dr)\b\.? *[A-Za-z]+", r"\1 [姓名]"),
    (r"[零〇一二三四五六七八九幺]{5,}", "[数字]"),
    (r"[0-9](?:[ \-._/]*[0-9]){4,}", "[数字]"),
)


def _redacted(value: str) -> str:
    for pattern, sign in _SIGNS:
        value = f"regexp_replace({value}, '{pattern}', '{sign}', 'g')"
    return value


_REDACT = f"""
create or replace macro zt.declassify_redact(value) as
  {_redacted("translate(value, '０１２３４５６７８９', '0123456789')")};
"""

# GB 11643-1999: a 15-digit id becomes 18 digits: century 19 and the check character of ISO 7064 MOD 11-2. Letters are
# of a foreigner's card; 996 to 999 at the end were for people of a hundred years and more, of no century. The '1' and
# '9' that are put in have weights 2 and 1: 11 together.
_WEIGHTS = (7, 9, 10, 5, 8, 4, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK = " + ".join(f"{w} * cast(substring(value, {n}, 1) as integer)" for n, w in enumerate(_WEIGHTS, start=1))
STANDARD_SPELLINGS = f"""
create or replace macro zt.normalise_resident_id(value) as
  case when length(value) = 15 and translate(value, '0123456789', '') = '' and substring(value, 13, 3) < '996'
  then substring(value, 1, 6) || '19' || substring(value, 7, 9)
    || substring('10X98765432', (11 + {_CHECK}) % 11 + 1, 1)
  else upper(value) end;
create or replace macro zt.normalise_credit_code(value) as upper(value);
create or replace macro zt.normalise_phone(value) as replace(replace(value, ' ', ''), '-', '');
"""
"""Standard spellings of data elements that declare `normalise`; the lineage policy lists them as keepers."""
# Whether a value may identify anybody: the very SQL that judged the rows when they were delivered.
_IDENTIFIES = f"""
create or replace macro zt.identifies_resident_id(value) as coalesce({resident_id_sql("value")}, false);
create or replace macro zt.identifies_credit_code(value) as coalesce({social_credit_code_sql("value")}, false);
create or replace macro zt.identifies_number(value) as
  coalesce(not {placeholder_sql("value")} and not {invisible_sql("value", strict=True)}, false);
"""
PLAIN_MACROS = _IDENTIFIES + COORDINATES
"""The macros that lower nothing, as statements: whoever reads lineage has to know what they are made of."""


def install_macros(connection: duckdb.DuckDBPyConnection, pseudonym_key: bytes) -> None:
    """Attach `zt` with the declassifier macros, keyed by 32 bytes; all cursors of the connection see it."""
    key = pseudonym_key.hex()
    connection.execute("attach ':memory:' as zt")
    # Not as a bound parameter: the first one makes DuckDB import pandas, three seconds that most commands do not need.
    connection.execute(
        "create table zt.pseudonym_key as select "
        + ", ".join(f"sha256('{use}{key}') as {use}_key" for use in ("inner", "outer", "derive", "noise", "held"))
    )
    for text in (_MACROS, _PSEUDONYM, _NOISE, _REDACT, PLAIN_MACROS, STANDARD_SPELLINGS):
        for statement in text.split(";\n"):
            if statement.strip():
                connection.execute(statement)
