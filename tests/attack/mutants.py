"""Mutants of the gates: each condition of each gate turned about, and the gates' tests must notice.

Every mutant is one module with one comparison, boolean operator, negation, condition or yield changed, put in the place
of the real one in a process of its own, in which the tests then run. A mutant that no test notices has survived.
"""

from __future__ import annotations

import ast
import copy
import importlib
import os
import random
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from tests.attack.score import Score

ROOT = Path(__file__).resolve().parents[2]
_GATES = ROOT / "lineage" / "gates"
_TESTS = ROOT / "tests" / "unit" / "gates"
# What no input can tell from the original, with the reason.
EQUIVALENT: dict[str, str] = {}

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


def mutants() -> Iterator[Mutant]:
    """Every mutant of every gate, in order of module and line."""
    for path in sorted(_GATES.glob("*.py")):
        if path.name == "__init__.py":
            continue
        module = f"lineage.gates.{path.stem}"
        tree = ast.parse(_source(module))
        for place, node in enumerate(ast.walk(tree)):
            for what, change in _changes(node):
                turned = copy.deepcopy(tree)
                target = next(one for number, one in enumerate(ast.walk(turned)) if number == place)
                change(target)
                yield Mutant(module, f"line {getattr(node, 'lineno', 0)}: {what}", ast.fix_missing_locations(turned))


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


def _set_operator(place: int, operator: type[ast.cmpop]):  # type: ignore[no-untyped-def]
    def change(target: ast.Compare) -> None:
        target.ops[place] = operator()

    return change


def _plain(target: ast.UnaryOp) -> None:
    # `not not x`: the truth of x itself.
    target.op = ast.Not()
    target.operand = ast.UnaryOp(ast.Not(), target.operand)


def _nothing() -> ast.YieldFrom:
    return ast.YieldFrom(ast.Tuple([], ast.Load()))


def _source(module: str) -> str:
    return (_GATES / f"{module.rsplit('.', 1)[-1]}.py").read_text("utf-8")


def survives(mutant: Mutant) -> bool:
    """Whether the gates' tests pass with the mutant in place; tried in a child of this process."""
    child = os.fork()
    if child == 0:
        os._exit(_try(mutant))
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def _try(mutant: Mutant) -> int:
    import pytest

    silent = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silent, 1)
    os.dup2(silent, 2)
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    try:
        module = importlib.import_module(mutant.module)
        exec(compile(mutant.tree, str(module.__file__), "exec"), module.__dict__)
        _forget_users(mutant.module)
    except Exception:
        return 1  # it does not even import: noticed
    # The tests' conftest speaks to xdist: without it pytest fails on every mutant, and on none at all.
    options = ["-q", "-x", "-p", "no:cacheprovider", "-p", "xdist.plugin", "-o", "addopts=", "-o", "filterwarnings="]
    return int(pytest.main([*options, f"--rootdir={ROOT}", str(_TESTS)]))


def _forget_users(changed: str) -> None:
    """Have what imported names of the mutant import them anew."""
    users = [name for name in sys.modules if name.startswith(("lineage.gates", "tests.unit.gates")) and name != changed]
    for name in users:
        del sys.modules[name]


def attack(seed: int, most: int | None = None) -> Score:
    """Try all mutants, or so many of them by chance."""
    # Once, before the children are made.
    importlib.import_module("pytest")
    importlib.import_module("lineage.gates.registry")
    found = list(mutants())
    unchanged = replace(found[0], what="nothing changed", tree=ast.parse(_source(found[0].module)))
    if not survives(unchanged):
        return Score("mutants of the gates", 1, 0, ["the tests fail without a mutant, so they notice none"])
    chosen = found if most is None else random.Random(seed).sample(found, most)
    alive = [mutant.name for mutant in chosen if survives(mutant) and mutant.name not in EQUIVALENT]
    return Score("mutants of the gates", len(chosen), len(chosen) - len(alive), alive)
