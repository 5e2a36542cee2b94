"""Tokens of identifiers: made of a file under a key, written with what they are of, linked by nothing but themselves.

A token file is Parquet with the columns `token` (64 hex digits) and `row` (its row in the file it was made of, from 1),
and says of which key, agreement, element, version and hash its tokens are.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import duckdb
import pyarrow as pa
from cryptography.hazmat.primitives import hashes, hmac
from duckdb.func import PythonUDFType

from contracts.model import Element
from contracts.sql_text import literal
from lake.blind.engine import number, own_engine, write_parquet
from lake.blind.verified import Counted, load_verified
from lake.settings import Settings
from sharing.blind.key import VERSION, Algorithm, BlindKey
from sharing.canonical import canonical_json
from sharing.faults import SharingRefused

_BLOCK = 64
_PROOF = b"zhongtai blind proof\n"


@dataclass(frozen=True)
class Sort:
    """What tokens are of; only those of one sort are compared. `proof` is a token of the sort, of no identifier."""

    key: str
    agreement: str
    element: str
    version: int
    algorithm: str
    proof: str

    @classmethod
    def under(cls, key: BlindKey, element: str, algorithm: Algorithm) -> Sort:
        """The sort of the tokens that a key makes of an element."""
        proof = _keyed(key.derived(element, algorithm), algorithm)(_PROOF)
        return cls(key.key_id, key.agreement, element, VERSION, str(algorithm), proof)


@dataclass(frozen=True)
class Linked:
    """How two token files met: their rows, tokens that both have, pairs of rows, and rows that repeat a token."""

    left: int
    right: int
    tokens: int
    pairs: int
    left_repeated: int
    right_repeated: int


def encode(
    settings: Settings, source: tuple[Path, str], element: Element, keyed: tuple[BlindKey, Algorithm], out: Path
) -> Counted:
    """Write the tokens of a file's column to `out`; what was read. SharingRefused for files that cannot be read."""
    file, column = source
    with own_engine(settings, file.name) as connection:
        counted = load_verified(connection, file, column, element)
        write_tokens(connection, "verified", keyed[0], element.name, keyed[1], out)
    return counted


def write_tokens(
    connection: duckdb.DuckDBPyConnection,
    relation: str,
    key: BlindKey,
    element: str,
    algorithm: Algorithm,
    out: Path,
) -> None:
    """Write the tokens of a relation (identifier, row) to `out`."""
    token = _MAKERS[algorithm](connection, key.derived(element, algorithm))
    # Once for each identifier, however many rows have it.
    made = f"select identifier, {token} as token from (select distinct identifier from {relation})"
    select = f"select token, row from {relation} join ({made}) using (identifier) order by row"
    write_parquet(connection, select, out, canonical_json(asdict(Sort.under(key, element, algorithm))).decode())


def link(settings: Settings, left: Path, right: Path, out: Path) -> tuple[Linked, Sort]:
    """Write the pairs (left_row, right_row) of rows with one token to `out`; the counts, and of what the tokens are.

    SharingRefused for files that are no token files, and for tokens of two sorts.
    """
    with own_engine(settings, f"{left.name} and {right.name}") as connection:
        sorts = [load_tokens(connection, file, name) for file, name in ((left, "a"), (right, "b"))]
        expect_one_sort(*sorts)
        pairs = "select a.row as left_row, b.row as right_row from a join b using (token)"
        write_parquet(connection, f"{pairs} order by left_row, right_row", out)
        counts = number(
            connection,
            "select (select count(*) from a), (select count(*) from b), "
            "(select count(*) from (select token from a intersect select token from b)), "
            f"(select count(*) from ({pairs})), (select count(*) - count(distinct token) from a), "
            "(select count(*) - count(distinct token) from b)",
        )
    return Linked(*counts), sorts[0]


def load_tokens(connection: duckdb.DuckDBPyConnection, file: Path, name: str) -> Sort:
    """Make the table `name` (token, row) of a token file; of what its tokens are. SharingRefused for another file."""
    if not file.is_file():
        raise SharingRefused("blind_tokens", str(file), "there is no such file", "name a file of tokens")
    at = literal(str(file))
    try:
        said = connection.execute(
            f"select decode(value) from parquet_kv_metadata({at}) where decode(key) = 'zhongtai_blind'"
        ).fetchall()
        columns = connection.execute(f"select column_name, column_type from (describe from read_parquet({at}))")
        shape = columns.fetchall()
        sort = Sort(**json.loads(said[0][0]))
    except (duckdb.Error, LookupError, TypeError, ValueError):
        raise _no_tokens(file) from None
    if shape != [("token", "VARCHAR"), ("row", "BIGINT")] or not all(
        isinstance(value, int if field == "version" else str) for field, value in asdict(sort).items()
    ):
        raise _no_tokens(file)
    connection.execute(f"create table {name} as select token, row from read_parquet({at})")
    wrong = f"token is null or row is null or row < 1 or not regexp_full_match(token, '[0-9a-f]{{{_BLOCK}}}')"
    bad, rows, apart = number(
        connection, f"select count(*) filter ({wrong}), count(row), count(distinct row) from {name}"
    )
    if bad or rows != apart:
        raise _no_tokens(file)
    return sort


def expect_one_sort(left: Sort, right: Sort) -> None:
    """SharingRefused where two sides' tokens are not of one key, agreement, element, version and hash."""
    for field, a in asdict(left).items():
        if a != (b := getattr(right, field)):
            told = "the tokens are not made by one key" if field == "proof" else f"{field} {a!a} is not {b!a}"
            fix = "have both sides encode anew, with one key, element and hash"
            raise SharingRefused("blind_sort", "tokens", told, fix)


def _no_tokens(file: Path) -> SharingRefused:
    return SharingRefused(
        "blind_tokens", file.name, "it is no file of tokens", "name what `zhongtai blind encode` wrote"
    )


def _of_sha256(connection: duckdb.DuckDBPyConnection, key: bytes) -> str:
    """SQL for the token of `identifier`: HMAC (RFC 2104) by the engine's own SHA-256, in its vectors of rows."""
    padded = key.ljust(_BLOCK, b"\0")
    inner, outer = (bytes(one ^ pad for one in padded).hex() for pad in (0x36, 0x5C))
    connection.execute(f"create table pads as select unhex('{inner}') as inner_pad, unhex('{outer}') as outer_pad")
    first = "unhex(sha256((select inner_pad from pads) || encode(identifier)))"
    return f"sha256((select outer_pad from pads) || {first})"


def _of_sm3(connection: duckdb.DuckDBPyConnection, key: bytes) -> str:
    """SQL for the token of `identifier` by SM3, which the engine lacks: a function over batches of distinct values."""
    token = _keyed(key, Algorithm.SM3)

    def tokens(identifiers: pa.ChunkedArray) -> pa.Array:
        return pa.array([token(one.encode()) for one in identifiers.to_pylist()], pa.string())

    connection.create_function("blind_sm3", tokens, ["VARCHAR"], "VARCHAR", type=PythonUDFType.ARROW)
    return "blind_sm3(identifier)"


_MAKERS: dict[Algorithm, Callable[[duckdb.DuckDBPyConnection, bytes], str]] = {
    Algorithm.SHA256: _of_sha256,
    Algorithm.SM3: _of_sm3,
}
_HASHES: dict[Algorithm, Callable[[], hashes.HashAlgorithm]] = {
    Algorithm.SHA256: hashes.SHA256,
    Algorithm.SM3: hashes.SM3,
}


def _keyed(key: bytes, algorithm: Algorithm) -> Callable[[bytes], str]:
    start = hmac.HMAC(key, _HASHES[algorithm]())

    def token(message: bytes) -> str:
        made = start.copy()
        made.update(message)
        return made.finalize().hex()

    return token
