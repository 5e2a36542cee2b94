"""Arithmetic over the names of indicators: `a * 1000 / (b + c)`. Read, written out as SQL; nothing is computed here.

Python's own grammar is the parser, and of its trees only numbers, names, brackets and + - * / are known.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass

_MOST_NODES = 200
_SIGNS: Mapping[type[ast.operator], str] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}


class NotAFormula(ValueError):
    """A text is no formula: `what` of it is not, `fix` what to write."""

    def __init__(self, what: str, fix: str) -> None:
        self.what, self.fix = what, fix
        super().__init__(f"{what}; {fix}")


@dataclass(frozen=True)
class Formula:
    """A formula as it was written, and as it is meant: the same, or with other formulas written out in it."""

    text: str
    meant: str

    @classmethod
    def read(cls, text: str) -> Formula:
        """The formula that a text is. Raises `NotAFormula`."""
        try:
            tree = ast.parse(text.strip(), mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            raise NotAFormula("it cannot be read", "names of indicators, numbers, + - * / and brackets") from error
        if sum(1 for _ in ast.walk(tree)) > _MOST_NODES:
            raise NotAFormula("it is too long to be read by a person", "indicators of its parts")
        _judge(tree)
        found = cls(text.strip(), ast.unparse(tree))
        if not found.names:
            raise NotAFormula("it names no indicator", "the ids of the indicators that it is made of")
        return found

    @property
    def tree(self) -> ast.expr:
        """The tree of what is meant."""
        return ast.parse(self.meant, mode="eval").body

    @property
    def names(self) -> tuple[str, ...]:
        """The indicators that it names, each once, in the order of their names."""
        return tuple(sorted({one.id for one in ast.walk(self.tree) if isinstance(one, ast.Name)}))

    def with_inner(self, inner: Mapping[str, Formula]) -> Formula:
        """The same with the formulas of some of its names in their place."""
        return Formula(self.text, ast.unparse(_Written(inner).visit(self.tree)))

    def sql(self, column: Callable[[str], str]) -> str:
        """As SQL over a column for each name. What is divided by zero is null."""
        return _sql(self.tree, column)

    def divisors(self, column: Callable[[str], str]) -> tuple[tuple[str, str], ...]:
        """All that is divided by, as (SQL, as it was written), the innermost first."""
        divided = (one.right for one in ast.walk(self.tree) if isinstance(one, ast.BinOp) and _divides(one))
        found = [(_sql(one, column), ast.unparse(one)) for one in divided if not isinstance(one, ast.Constant)]
        return tuple(reversed(found))


class _Written(ast.NodeTransformer):
    def __init__(self, inner: Mapping[str, Formula]) -> None:
        self.inner = inner

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return self.inner[node.id].tree if node.id in self.inner else node


def _divides(node: ast.BinOp) -> bool:
    return isinstance(node.op, ast.Div)


def _judge(node: ast.expr) -> None:
    if isinstance(node, ast.BinOp) and type(node.op) in _SIGNS:
        _judge(node.left)
        _judge(node.right)
        if isinstance(node.op, ast.Div) and _number(node.right) == 0:
            raise NotAFormula("it divides by zero", "another number")
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        _judge(node.operand)
    elif isinstance(node, ast.Constant):
        if isinstance(node.value, bool) or not isinstance(node.value, int | float) or abs(node.value) > 1e15:
            raise NotAFormula(f"{ast.unparse(node)} is no number", "a plain number")
    elif not isinstance(node, ast.Name):
        raise NotAFormula(f"{ast.unparse(node)!r} is no part of a formula", "names, numbers, + - * / and brackets")


def _number(node: ast.expr) -> float | None:
    """What a part without names comes to; None where it has a name, or comes to nothing."""
    match node:
        case ast.Constant():
            return float(str(node.value))
        case ast.UnaryOp():
            inner = _number(node.operand)
            return None if inner is None else -inner
        case ast.BinOp():
            left, right = _number(node.left), _number(node.right)
            if left is None or right is None or (isinstance(node.op, ast.Div) and right == 0):
                return None
            made = {ast.Add: left + right, ast.Sub: left - right, ast.Mult: left * right}
            return made[type(node.op)] if type(node.op) in made else left / right
    return None


def _sql(node: ast.expr, column: Callable[[str], str]) -> str:
    match node:
        case ast.Name():
            return column(node.id)
        case ast.Constant():
            # A double, or a quotient of whole numbers would be cut on some engines.
            return f"cast({node.value!r} as double)"
        case ast.UnaryOp():
            return f"(-{_sql(node.operand, column)})"
        case ast.BinOp():
            left, right = _sql(node.left, column), _sql(node.right, column)
            by = f"nullif({right}, 0)" if isinstance(node.op, ast.Div) else right
            return f"({left} {_SIGNS[type(node.op)]} {by})"
    raise AssertionError(node)  # `_judge` knows no other
