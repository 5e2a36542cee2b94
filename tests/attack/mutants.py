"""Mutants: each condition of what judges models and products turned about, and the tests must notice.

Every mutant is one module with one comparison, boolean operator, negation, condition or yield changed, put in the
place of the real one in a process of its own, which imports the project anew and runs the tests of that module's
group. A mutant that no test notices has survived. Those that no input can tell from the original are in
`equivalents.yml`, with the reason.

usage: python -m tests.attack.mutants GROUP [--only MODULE …] [--seconds N] [--offset N]: tries a group, as far as the
time goes, and prints each survivor and the score.
"""

from __future__ import annotations

import argparse
import ast
import copy
import importlib
import os
import random
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_file_location
from pathlib import Path
from types import ModuleType

import yaml

from tests.attack.score import Score

ROOT = Path(__file__).resolve().parents[2]
_OURS = ("contracts", "quality", "lineage", "sharing", "lake", "orchestration", "portal", "tests")


@dataclass(frozen=True)
class Group:
    """Modules that are changed, as globs below the project, and the tests that must notice."""

    modules: tuple[str, ...]
    tests: tuple[str, ...]

    def paths(self) -> Iterator[Path]:
        """The modules, in order."""
        for one in self.modules:
            yield from (path for path in sorted(ROOT.glob(one)) if path.name != "__init__.py")


_LINEAGE_TESTS = tuple(
    f"tests/unit/lineage/test_{name}.py" for name in ("given", "parameters", "outputs", "policy_tightening")
)
GROUPS: dict[str, Group] = {
    "gates": Group(("lineage/gates/*.py",), ("tests/unit/gates",)),
    "parameters": Group(("lineage/parameters.py", "lineage/given.py", "lineage/origins.py"), _LINEAGE_TESTS),
    "outputs": Group(("lineage/outputs.py", "lineage/constraints.py", "lineage/policy_tightening.py"), _LINEAGE_TESTS),
    "one select": Group(("contracts/one_select.py",), ("tests/unit/contracts/test_one_select.py",)),
    "sandbox": Group(
        ("orchestration/transform/sandbox/*.py",),
        ("tests/unit/orchestration/test_sandbox_project.py", "tests/unit/orchestration/test_sandbox_guard.py"),
    ),
    "plan": Group(
        tuple(f"lineage/plan/{name}.py" for name in ("expressions", "operators", "joins", "statements")),
        ("tests/unit/lineage/test_corpus.py", "tests/unit/lineage/test_wide_grammar.py", *_LINEAGE_TESTS),
    ),
    "sharing": Group(("sharing/*.py",), ("tests/unit/sharing",)),
    "policies": Group(
        ("orchestration/share/recipient_policy.py", "orchestration/share/objections.py", "lineage/together.py"),
        (
            "tests/unit/orchestration/test_recipient_policy.py",
            "tests/unit/orchestration/test_objections.py",
            "tests/unit/lineage/test_together.py",
        ),
    ),
    "traces": Group(
        ("lake/held.py", "portal/traces/*.py", "portal/statements/*.py", "sharing/department_reads.py"),
        (
            "tests/unit/lake/test_held.py",
            "tests/unit/portal/test_traces.py",
            "tests/unit/portal/test_statements.py",
        ),
    ),
    "acts": Group(
        ("lake/acts.py", "lake/approving.py", "lake/entitlements.py", "orchestration/share/dossier.py"),
        tuple(f"tests/unit/lake/test_{name}.py" for name in ("acts", "entitlements", "approving")),
    ),
    "cases": Group(
        ("sharing/cases/*.py", *(f"lake/cases/{name}.py" for name in ("acting", "answering", "escalating", "reading"))),
        (
            *(f"tests/unit/sharing/test_cases_{name}.py" for name in ("law", "year")),
            *("tests/unit/lake/test_cases.py", "tests/unit/portal/test_requests.py"),
        ),
    ),
    "corrections": Group(
        (
            *(f"sharing/corrections/{name}.py" for name in ("about", "deadlines", "law", "steps")),
            *(f"lake/corrections/{name}.py" for name in ("acting", "attachments", "confirming", "opening", "reading")),
            *(f"lake/quarantine/{name}.py" for name in ("book", "masking", "returned", "rows", "sight", "workbook")),
            *("portal/corrections/sight.py", "portal/quarantine/routes.py"),
        ),
        (
            *("tests/unit/sharing/test_corrections_law.py", "tests/unit/lake/test_corrections.py"),
            *(f"tests/unit/portal/test_{name}.py" for name in ("corrections", "quarantine")),
        ),
    ),
    "identity": Group(
        (
            "sharing/identity/steps.py",
            *(f"lake/identity/{name}.py" for name in ("acting", "files", "pairs", "reading", "records", "who")),
            "portal/identity/desk.py",
        ),
        (
            *("tests/unit/sharing/test_identity_law.py", "tests/unit/lake/test_registry.py"),
            *("tests/unit/lake/test_deciding.py", "tests/unit/portal/test_identity.py"),
        ),
    ),
    "overrides": Group(
        ("contracts/overrides.py", "lake/overriding.py"),
        ("tests/unit/gates/test_overrides.py", "tests/unit/lake/test_overriding.py"),
    ),
    "rules": Group(
        ("contracts/reading_rules.py", "contracts/reading_suites.py", "quality/across.py"),
        ("tests/unit/contracts/test_cross_rules.py", "tests/unit/quality/test_across.py"),
    ),
    "at rest": Group(
        ("lake/landed.py", "lake/scratch.py", "lake/statistics.py"),
        tuple(f"tests/unit/lake/test_{name}.py" for name in ("landed", "statistics")),
    ),
    "persons": Group(
        (
            *(f"orchestration/share/{name}.py" for name in ("groups", "persons", "differencing", "determination")),
            "lineage/shadow/*.py",
        ),
        tuple(
            f"tests/unit/orchestration/test_{name}.py"
            for name in ("groups", "differencing", "determination", "shadow", "leaves")
        ),
    ),
}

_TURNED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}


@dataclass(frozen=True)
class Mutant:
    """One change of one module; `what` says which, by line."""

    module: str
    what: str
    tree: ast.Module

    @property
    def name(self) -> str:
        """How a list of equivalents names it."""
        return f"{self.module}: {self.what}"


@cache
def equivalents() -> dict[str, str]:
    """What no input can tell from the original, by name, each with the reason."""
    listed = yaml.safe_load((Path(__file__).parent / "equivalents.yml").read_text("utf-8"))
    return {f"{module}: {one['what']}": one["because"] for module, found in listed.items() for one in found}


def mutants(group: Group) -> Iterator[Mutant]:
    """Every mutant of a group, in order of module and line."""
    for path in group.paths():
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        text = path.read_text("utf-8")
        tree, lines, told = ast.parse(text), text.splitlines(), dict[str, int]()
        for place, node in enumerate(ast.walk(tree)):
            for what, change in _changes(node):
                turned = copy.deepcopy(tree)
                change(next(one for number, one in enumerate(ast.walk(turned)) if number == place))
                # By what the line says, and not by its number, which any change above it moves.
                said = f"{what} in `{lines[_line(node) - 1].strip()}`"
                told[said] = told.get(said, 0) + 1
                said = f"{said} ({told[said]})" if told[said] > 1 else said
                yield Mutant(module, said, ast.fix_missing_locations(turned))


def _line(node: ast.AST) -> int:
    return int(getattr(node, "lineno", 0) or getattr(getattr(node, "target", None), "lineno", 1))


def _changes(node: ast.AST):  # type: ignore[no-untyped-def]
    if isinstance(node, ast.Compare):
        for place, operator in enumerate(node.ops):
            other = _TURNED[type(operator)]
            yield f"{type(operator).__name__} to {other.__name__}", _set_operator(place, other)
    if isinstance(node, ast.BoolOp):
        other_bool = ast.Or if isinstance(node.op, ast.And) else ast.And
        yield f"{type(node.op).__name__} to {other_bool.__name__}", lambda target: setattr(target, "op", other_bool())
    if isinstance(node, ast.If | ast.IfExp | ast.While):
        yield "condition never holds", lambda target: setattr(target, "test", ast.Constant(False))
        yield "condition always holds", lambda target: setattr(target, "test", ast.Constant(True))
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield "not taken away", lambda target: setattr(target, "op", ast.UAdd()) or _plain(target)
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Yield | ast.YieldFrom):
        yield "violation not given", lambda target: setattr(target, "value", _nothing())
    if isinstance(node, ast.Raise) and node.exc is not None:
        # In the place of the exception, the same statement that raises none.
        yield "not raised", _unraise
    if isinstance(node, ast.comprehension) and node.ifs:
        yield "taken whatever it is", lambda target: setattr(target, "ifs", [])


def _set_operator(place: int, operator: type[ast.cmpop]):  # type: ignore[no-untyped-def]
    def change(target: ast.Compare) -> None:
        target.ops[place] = operator()

    return change


def _plain(target: ast.UnaryOp) -> None:
    # `not not x`: the truth of x itself.
    target.op = ast.Not()
    target.operand = ast.UnaryOp(ast.Not(), target.operand)


def _unraise(target: ast.Raise) -> None:
    target.__class__ = ast.Expr  # type: ignore[assignment]
    target.__dict__.update(value=target.exc)
    target._fields = ast.Expr._fields


def _nothing() -> ast.YieldFrom:
    return ast.YieldFrom(ast.Tuple([], ast.Load()))


class _Changed(MetaPathFinder, Loader):
    """Imports the mutant in the place of its module."""

    def __init__(self, mutant: Mutant) -> None:
        self.mutant = mutant

    def find_spec(self, name: str, *_: object) -> ModuleSpec | None:
        """The module's own place, with this as its loader."""
        if name != self.mutant.module:
            return None
        return spec_from_file_location(name, ROOT / f"{name.replace('.', '/')}.py", loader=self)

    def exec_module(self, module: ModuleType) -> None:
        """Run the changed text."""
        exec(compile(self.mutant.tree, str(module.__file__), "exec"), module.__dict__)


def survives(mutant: Mutant, tests: Sequence[str]) -> bool:
    """Whether the tests pass with the mutant in place; tried in a child of this process."""
    child = os.fork()
    if child == 0:
        os._exit(_try(mutant, tests))
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def _try(mutant: Mutant, tests: Sequence[str]) -> int:
    import pytest

    silent = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silent, 1)
    os.dup2(silent, 2)
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    for name in [name for name in sys.modules if name.split(".")[0] in _OURS]:
        del sys.modules[name]
    sys.meta_path.insert(0, _Changed(mutant))
    try:
        importlib.import_module(mutant.module)
    except Exception:
        return 1  # it does not even import: noticed
    # The tests' conftest speaks to xdist: without it pytest fails on every mutant, and on none at all.
    options = ["-q", "-x", "-p", "no:cacheprovider", "-p", "xdist.plugin", "-o", "addopts=", "-o", "filterwarnings="]
    return int(pytest.main([*options, f"--rootdir={ROOT}", *(str(ROOT / one) for one in tests)]))


def _tried(group: Group, chosen: Iterable[Mutant], seconds: float) -> tuple[int, list[str]]:
    """How many were tried in this time, and which of them survive. Raises where the tests fail without any."""
    # Once, before the children are made: what they import anew is the project alone.
    for path in group.paths():
        importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
    importlib.import_module("pytest")
    ends, tried, alive = time.monotonic() + seconds, 0, list[str]()
    for mutant in chosen:
        if not tried and not survives(_unchanged(mutant), group.tests):
            raise RuntimeError("the tests fail without a mutant, so they notice none")
        if time.monotonic() > ends:
            break
        if mutant.name in equivalents():
            continue
        tried += 1
        if survives(mutant, group.tests):
            alive.append(mutant.name)
    return tried, alive


def _unchanged(mutant: Mutant) -> Mutant:
    file = ROOT / f"{mutant.module.replace('.', '/')}.py"
    return replace(mutant, what="nothing changed", tree=ast.parse(file.read_text("utf-8")))


def attack(seed: int, most: int | None = None, groups: Sequence[str] = tuple(GROUPS)) -> Score:
    """Try all mutants of these groups, or so many of them by chance."""
    tried, fell = 0, list[str]()
    for name in groups:
        found = list(mutants(GROUPS[name]))
        chosen = found if most is None else random.Random(seed).sample(found, most)
        try:
            number, alive = _tried(GROUPS[name], chosen, float("inf"))
        except RuntimeError as error:
            number, alive = 1, [f"{name}: {error}"]
        tried, fell = tried + number, [*fell, *alive]
    return Score("mutants", tried, tried - len(fell), fell)


def main() -> int:
    """A group, in pieces; 1 if a mutant survives."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("group", choices=list(GROUPS))
    parser.add_argument("--only", nargs="*", help="these modules alone, by their last word")
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--offset", type=int, default=0)
    asked = parser.parse_args()
    group = GROUPS[asked.group]
    found = [one for one in mutants(group) if not asked.only or one.module.rsplit(".", 1)[-1] in asked.only]
    tried, alive = _tried(group, found[asked.offset :], asked.seconds)
    for name in alive:
        print(f"survives: {name}")
    known = sum(one.name in equivalents() for one in found)
    print(f"{asked.group}: {tried - len(alive)} of {tried} killed, of {len(found)} ({known} equivalent)")
    return 1 if alive else 0


if __name__ == "__main__":
    sys.exit(main())
