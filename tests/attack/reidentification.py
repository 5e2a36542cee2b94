"""An attacker with the public register tries every release of the sample city, and every two releases together.

The register says of everybody who lives in the city: name, sex, birth date, district, address, phone. A row of a
release is matched with all who agree with it in whatever both have; one of so many is then the best guess. Beside the
city's own products stand four that were made for this: one too fine, one coarse enough, and two that differ by one
person. With the minimum group taken away the attack must succeed, or it would show nothing.
"""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

import duckdb
import yaml

from lake.attach import open_lake
from lake.settings import load_settings
from orchestration.share.counting import Counting
from tests.attack.score import Score
from tests.command import call
from tests.sample_city.generate import generate

ROOT = Path(__file__).resolve().parents[2]
NOW = "2026-11-21T10:00:00+08:00"
K = 10
PERSONS = "{{ ref('natural_person') }}"
_COUNT = "{{ zhongtai.declassify_k_count('count(distinct resident_id)') }}"
_ENOUGH = "{{ zhongtai.declassify_k_rows('count(distinct resident_id)') }}"
_BANDED = "{{ zhongtai.declassify_age_band('birth_date', \"date '2026-01-01'\") }}"
_FLOW = f"select district, {_COUNT} as n from {PERSONS} where WHO group by district having {_ENOUGH}"

# What the register has, by the names that columns of releases bear.
KNOWN = {
    "name": "name",
    "sex": "sex",
    "birth_date": "birth_date",
    "birth_year": "cast(extract(year from birth_date) as integer)",
    "age_band": "cast(floor(date_diff('year', birth_date, date '2026-01-01') / 10) * 10 as integer)",
    "district": "district",
    "address": "address",
    "phone": "phone",
}


@dataclass(frozen=True)
class Planted:
    """A product made for the attack: its SQL, and its columns with their types."""

    sql: str
    columns: Mapping[str, str]


def _planted(chance: random.Random) -> dict[str, Planted]:
    at = chance.randrange(1, 40)
    somebody = f"(select max(resident_id) from (select resident_id from {PERSONS} order by 1 limit {at}) as t)"
    profile = f"select district, sex, birth_date from {PERSONS} where birth_date is not null and district is not null"
    aged = "birth_date between date '1967-01-01' and date '2006-12-31' and sex in ('1', '2')"
    counts = {"district": "string", "n": "integer"}
    return {
        "attacked_profile": Planted(profile, {"district": "string", "sex": "string", "birth_date": "date"}),
        "attacked_bands": Planted(
            f"select sex, {_BANDED} as age_band from {PERSONS} where {aged}", {"sex": "string", "age_band": "integer"}
        ),
        "attacked_all": Planted(_FLOW.replace("WHO", "district is not null"), counts),
        "attacked_but_one": Planted(
            _FLOW.replace("WHO", f"district is not null and resident_id <> {somebody}"), counts
        ),
    }


@dataclass(frozen=True)
class Found:
    """What a run released, and what the attacker made of it.

    `chances` has for each release, not of single persons by agreement, the best guess of any row and the rows tried;
    `told` the pairs of releases that tell of few persons together.
    """

    released: frozenset[str]
    chances: Mapping[str, tuple[float, int]]
    told: tuple[str, ...]
    pairs: int


def attack(seed: int, people: int = 400) -> Score:
    """Run the city with its minimum group and without, and attack both."""
    with TemporaryDirectory() as folder:
        city = _City(Path(folder), seed, people)
        held = city.attacked()
        with patch.object(Counting, "policy", property(_without_k)):
            open_ = city.attacked()
    fell = [f"{name}: a row is one of {1 / chance:.0f}" for name, (chance, _) in held.chances.items() if chance > 1 / K]
    fell += [f"{pair} together tell of fewer than {K}" for pair in held.told]
    wanted = {"attacked_bands", "attacked_all"}
    fell += [f"{name} was not released, and nothing was tried on it" for name in sorted(wanted - set(held.chances))]
    # Evidence that the attack can succeed.
    if max((chance for chance, _ in open_.chances.values()), default=0.0) < 1.0:
        fell.append("without a minimum group nobody was found again by a row")
    if not open_.told:
        fell.append("without a minimum group nobody was found again by subtracting")
    tried = sum(rows for _, rows in held.chances.values()) + held.pairs + len(wanted) + 2
    return Score("re-identification by the public register", tried, tried - len(fell), fell)


def _without_k(self: Counting) -> Any:
    return self.lineage.policy.anonymity.model_copy(update={"k": 1})


class _City:
    def __init__(self, place: Path, seed: int, people: int) -> None:
        self.workspace, self.planted = place / "city", _planted(random.Random(seed))
        self.environment = {
            "ZHONGTAI_NOW": NOW,
            "ZHONGTAI_STATE": str(place / "state"),
            "ZHONGTAI_DELIVERIES": str(place / "deliveries"),
        }
        generate(people=people, out=place / "deliveries", seed=seed)
        for part in ("contracts", "dbt_project"):
            kept = shutil.ignore_patterns("*.py", "__pycache__", "target", "logs", "dbt_packages", "standards")
            shutil.copytree(ROOT / part, self.workspace / part, ignore=kept)
        shutil.copy(ROOT / "zhongtai.yml", self.workspace)
        for name, planted in self.planted.items():
            self._write(name, planted)

    def _write(self, product: str, planted: Planted) -> None:
        agreement = f"transport__{product}"
        folder = self.workspace / "dbt_project" / "models" / "products" / agreement
        folder.mkdir(parents=True)
        (folder / f"{product}.sql").write_text(planted.sql + "\n", encoding="utf-8")
        columns = [
            {"name": name, "description": name, "data_type": _type(name, kind)}
            for name, kind in planted.columns.items()
        ]
        twin = {"version": 2, "models": [{"name": product, "description": product, "columns": columns}]}
        (folder / f"{product}.yml").write_text(yaml.safe_dump(twin, sort_keys=False), encoding="utf-8")
        terms = (ROOT / "contracts" / "agreements" / "transport__visitor_flow.yml").read_text(encoding="utf-8")
        head = terms[: terms.index("columns:")].replace("transport__visitor_flow", agreement)
        head = head.replace("product: visitor_flow", f"product: {product}")
        promised = [
            {"name": name, "type": kind, "title": {"zh": name, "en": name}, "purpose": "tried"}
            for name, kind in planted.columns.items()
        ]
        tail = {"columns": promised, "rules": [{"name": "some", "kind": "row_count", "minimum": 1}]}
        path = self.workspace / "contracts" / "agreements" / f"{agreement}.yml"
        path.write_text(head + yaml.safe_dump(tail, allow_unicode=True, sort_keys=False), encoding="utf-8")

    def attacked(self) -> Found:
        """Run, and try everything that is released then."""
        said = call("run", "--workspace", str(self.workspace), "--json", environment=self.environment)
        assert "releases" in said.out, f"{said.out[-1500:]}{said.err[-1500:]}"
        verdicts = {row["product"]: row for row in json.loads(said.out)["releases"]}
        settings = load_settings(self.workspace, environment=self.environment)
        paths = {
            name: settings.releases / row["agreement"] / row["release_id"]
            for name, row in verdicts.items()
            if row["verdict"] == "released"
        }
        with open_lake(settings, read_only=True) as connection:
            connection.execute("create temp table register as from lake.theme.natural_person")
            tried = {
                name: path for name, path in paths.items() if not self._single_persons(verdicts[name]["agreement"])
            }
            chances = {name: _best_guess(connection, path) for name, path in tried.items()}
            mine = {name: path for name, path in tried.items() if name in self.planted}
            told, pairs = _subtracted(connection, mine)
        return Found(frozenset(paths), {name: one for name, one in chances.items() if one}, tuple(told), pairs)

    def _single_persons(self, agreement: str) -> bool:
        said = call("explain", agreement, "--workspace", str(self.workspace), "--json", environment=self.environment)
        return bool(json.loads(said.out)["evidence"]["quality"]["groups"]["person_by_agreement"])


def _type(name: str, kind: str) -> str:
    """dbt's contract wants the exact type: age bands are INTEGER, counts BIGINT."""
    return "integer" if name == "age_band" else {"string": "varchar", "integer": "bigint", "date": "date"}[kind]


def _best_guess(connection: duckdb.DuckDBPyConnection, release: Path) -> tuple[float, int] | None:
    """The chance of the surest match of any row with the register, and the rows that match anybody."""
    source = f"read_parquet('{release}/*.parquet')"
    columns = [name for name, *_ in connection.execute(f"describe from {source}").fetchall() if name in KNOWN]
    if not columns:
        return None
    names = ", ".join(columns)
    known = ", ".join(f"{KNOWN[name]} as {name}" for name in columns)
    row = connection.execute(
        f"""select max(1.0 / alike), count(*) from (from {source}) as released
        join (select {names}, count(*) as alike from (select {known} from register) group by all) using ({names})"""
    ).fetchone()
    return (float(row[0]), int(row[1])) if row and row[1] else None


def _subtracted(connection: duckdb.DuckDBPyConnection, releases: Mapping[str, Path]) -> tuple[list[str], int]:
    told = []
    pairs = list(_alike(connection, releases))
    for one, other in pairs:
        row = connection.execute(
            f"""select count(*) from read_parquet('{releases[one]}/*.parquet') as a
            join read_parquet('{releases[other]}/*.parquet') as b using (district)
            where abs(a.n - b.n) between 1 and {K - 1}"""
        ).fetchone()
        if row and row[0]:
            told.append(f"{one} and {other}")
    return told, len(pairs)


def _alike(connection: duckdb.DuckDBPyConnection, releases: Mapping[str, Path]) -> Iterator[tuple[str, str]]:
    """Releases that count by district."""
    counts = []
    for name, path in sorted(releases.items()):
        described = connection.execute(f"describe from read_parquet('{path}/*.parquet')").fetchall()
        if {column for column, *_ in described} == {"district", "n"}:
            counts.append(name)
    return combinations(counts, 2)
