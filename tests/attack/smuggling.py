"""Models that smuggle: products of which more would leave than may, each withheld by the rule it was written for.

`models/*.yml` has the cases. All are products of one copy of the sample city, in place of its own; it is run as often
as the longest case has steps. Controls are honest products, and must leave: what keeps everything back proves
nothing.

A case: `id` (the product), `kind` (its family), `sql` or `steps` (one text per run), `columns` {name: type} (`int` is
an integer of 32 bits), `agreement` (what differs from transport, L2, conditional), `files` (others of the dbt
project, path: text), `must` (`withheld` unless given; `released`, `any`, or `not_both` with `pair`), `by` (any of: a
gate, a gate's rule, `aside` or `aside: word` for models that were set aside before they ran), `must_not_write` (a
file in TRIED_FOLDER, an empty folder).
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml

from tests.attack.score import Score
from tests.command import call
from tests.sample_city.generate import generate

ROOT = Path(__file__).resolve().parents[2]
MODELS = Path(__file__).parent / "models"
NOW = "2026-11-21T10:00:00+08:00"
ASIDE = "its model could not be made"
_SQL_TYPES = {"string": "varchar", "integer": "bigint", "int": "integer", "number": "double"}


@dataclass(frozen=True)
class Case:
    """One product that is tried."""

    id: str
    kind: str
    columns: Mapping[str, str]
    sql: str = ""
    steps: Sequence[str] = ()
    agreement: Mapping[str, Any] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    must: str = "withheld"
    by: str | Sequence[str] = ()
    pair: str = ""
    must_not_write: str = ""
    extension: str = "sql"

    @property
    def agency(self) -> str:
        """Who is to get it."""
        return str(self.agreement.get("agency", "transport"))

    @property
    def name(self) -> str:
        """Its agreement."""
        return f"{self.agency}__{self.id}"

    def text(self, step: int) -> str:
        """What its model says in this run; a case without steps says the same in all."""
        texts = self.steps or [self.sql]
        return texts[min(step, len(texts) - 1)]

    @property
    def rules(self) -> tuple[str, ...]:
        """The rules any of which may withhold it."""
        return (self.by,) if isinstance(self.by, str) else tuple(self.by)


@dataclass(frozen=True)
class Tried:
    """What came of a case: why it was withheld, as `gate.rule` and as messages."""

    verdict: str
    rules: tuple[str, ...] = ()
    messages: tuple[str, ...] = ()

    def by(self, rule: str) -> bool:
        """Whether this rule withheld it."""
        kind, _, word = rule.partition(": ")
        if kind == "aside":
            return any(ASIDE in message and word in message.split(ASIDE, 1)[1] for message in self.messages)
        return any(one == rule or one.startswith(f"{rule}.") for one in self.rules)


@cache
def cases() -> tuple[Case, ...]:
    """All cases, in the order of the files and in them."""
    return tuple(
        Case(**one) for path in sorted(MODELS.glob("*.yml")) for one in yaml.safe_load(path.read_text("utf-8"))
    )


def attack(seed: int, people: int = 1500, only: Sequence[str] | None = None) -> Score:
    """Try all cases, or those named and what they are held against."""
    chosen = [case for case in cases() if only is None or case.id in only]
    with TemporaryDirectory() as folder:
        city = City(Path(folder), seed, people)
        tried = city.tried(chosen)
        fell = [what for case in chosen for what in _faults(case, tried, city.folder)]
    return Score("models that smuggle", len(chosen), len(chosen) - len({one.split(":")[0] for one in fell}), fell)


def _faults(case: Case, tried: Mapping[str, Tried], folder: Path) -> Iterator[str]:
    """What is wrong with what came of a case."""
    got = tried[case.id]
    why = f"{got.verdict} by {', '.join(got.rules) or 'nothing'} [{' | '.join(got.messages)[:300]}]"
    if case.must_not_write and (folder / case.must_not_write).exists():
        yield f"{case.id}: {case.must_not_write} was written"
    if case.must == "any":
        return
    both = case.must == "not_both" and "released" == got.verdict == tried[case.pair].verdict
    wanted = {"withheld": got.verdict == "withheld", "released": got.verdict == "released"}.get(case.must, not both)
    if not wanted:
        yield f"{case.id}: {why}"
    elif got.verdict == "withheld" and case.must != "released" and not any(got.by(rule) for rule in case.rules):
        yield f"{case.id}: not by {' or '.join(case.rules) or 'any rule that it names'}: {why}"


class City:
    """A copy of the sample city without products of its own, in which cases are tried."""

    def __init__(self, place: Path, seed: int, people: int) -> None:
        self.workspace, self.folder = place / "city", place / "tried"
        self.folder.mkdir(parents=True)
        self.environment = {
            "ZHONGTAI_NOW": NOW,
            "ZHONGTAI_STATE": str(place / "state"),
            "ZHONGTAI_DELIVERIES": str(place / "deliveries"),
        }
        generate(people=people, out=place / "deliveries", seed=seed)
        for part in ("contracts", "dbt_project"):
            kept = shutil.ignore_patterns(
                "*.py", "__pycache__", "target", "logs", "dbt_packages", "standards", "agreements", "products"
            )
            shutil.copytree(ROOT / part, self.workspace / part, ignore=kept)
        shutil.copy(ROOT / "zhongtai.yml", self.workspace)
        (self.workspace / "contracts" / "agreements").mkdir()

    def tried(self, chosen: Sequence[Case]) -> dict[str, Tried]:
        """Case -> what came of it in the last run."""
        releases: dict[str, Any] = {}
        for step in range(max(len(case.steps or [1]) for case in chosen)):
            for case in chosen:
                self._write(case, step)
            releases = self._run()
        return {case.id: self._what(releases.get(case.name)) for case in chosen}

    def _what(self, release: Mapping[str, Any] | None) -> Tried:
        if release is None:
            return Tried("no verdict")
        found = release.get("violations", ())
        rules = dict.fromkeys(f"{one['gate']}.{one['rule']}" for one in found)
        return Tried(release["verdict"], tuple(rules), tuple(str(one["message"]) for one in found))

    def _run(self) -> dict[str, Any]:
        said = call("run", "--workspace", str(self.workspace), "--json", environment=self.environment)
        told = next((line for line in said.out.splitlines() if line.startswith("{")), "")
        if not told:
            raise RuntimeError(f"the run told nothing: {said.out[-1500:]}{said.err[-1500:]}")
        return {one["agreement"]: one for one in json.loads(told)["releases"]}

    def _write(self, case: Case, step: int) -> None:
        project = self.workspace / "dbt_project"
        folder = project / "models" / "products" / case.name
        files = {f"{folder}/{case.id}.{case.extension}": case.text(step), **case.files}
        for path, text in files.items():
            file = project / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text.replace("TRIED_FOLDER", str(self.folder)) + "\n", "utf-8")
        columns = [
            {"name": name, "description": name, "data_type": _SQL_TYPES.get(kind, kind)}
            for name, kind in case.columns.items()
        ]
        twin = {"version": 2, "models": [{"name": case.id, "description": case.id, "columns": columns}]}
        (folder / f"{case.id}.yml").write_text(yaml.safe_dump(twin, sort_keys=False), "utf-8")
        agreement = self.workspace / "contracts" / "agreements" / f"{case.name}.yml"
        agreement.write_text(_agreement(case), "utf-8")


def _agreement(case: Case) -> str:
    given = dict(case.agreement)
    rules = given.pop("rules", ())
    columns = [
        {
            "name": name,
            "type": "integer" if kind == "int" else kind,
            "title": {"zh": name, "en": name},
            "purpose": "tried",
        }
        for name, kind in case.columns.items()
    ]
    terms = {
        "agreement": case.name,
        "agency": case.agency,
        "title": {"zh": "试验", "en": "Tried"},
        "product": case.id,
        "purpose": {"code": "tried", "text": "tried", "legal_basis": "none"},
        "scope": {"text": "tried"},
        "level_ceiling": "L2",
        "sharing_attribute": "conditional",
        **given,
        "approvals": ["data-office@city.example"],
        "impact_assessment": "PIA-2026-999",
        "columns": columns,
        "rules": [{"name": "some", "kind": "row_count", "minimum": 1}, *rules],
    }
    # Dates as YAML writes them, not as texts.
    valid = "valid: {from: 2026-01-01, until: 2028-12-31}\n"
    return yaml.safe_dump(terms, allow_unicode=True, sort_keys=False) + valid
