"""The reference intersection: each side makes tokens under the key they share, and the peer is a file of its tokens.

Whoever holds the key and tokens can try every identifier: what this hides, and from whom, is in
docs/linking-without-showing.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from contracts.sql_text import literal
from lake.blind.engine import own_engine, write_parquet
from lake.blind.tokens import Sort, expect_one_sort, load_tokens, write_tokens
from lake.settings import Settings
from sharing.blind.key import Algorithm, BlindKey
from sharing.faults import SharingRefused


@dataclass(frozen=True)
class KeyedIntersection:
    """`PrivateSetIntersection` by keyed hashes of an element."""

    settings: Settings
    key: BlindKey
    element: str
    algorithm: Algorithm = Algorithm.SHA256

    @property
    def name(self) -> str:
        """What the ledger calls it."""
        return str(self.algorithm)

    def intersect(self, ours: Path, peer: str, found: Path) -> None:
        """As the protocol says. SharingRefused for a peer's file of other tokens, or with one twice."""
        with own_engine(self.settings, Path(peer).name) as connection:
            sort = load_tokens(connection, Path(peer), "theirs")
            expect_one_sort(Sort.under(self.key, self.element, self.algorithm), sort)
            if connection.execute("select 1 from theirs group by token having count(*) > 1 limit 1").fetchone():
                told = "the peer's tokens are no set: one stands twice"
                raise SharingRefused("blind_set", Path(peer).name, told, "have the peer send each identifier once")
            connection.execute(f"create table ours as select identifier, row from read_parquet({literal(str(ours))})")
            mine = found.with_name(f"{found.name}.tokens")
            try:
                write_tokens(connection, "ours", self.key, self.element, self.algorithm, mine)
                tokens = f"select token, row from read_parquet({literal(str(mine))})"
                write_parquet(connection, f"select row from ({tokens}) semi join theirs using (token)", found)
            finally:
                mine.unlink(missing_ok=True)
