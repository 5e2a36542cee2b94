"""Whether the Jinja of one text keeps to the vocabulary, by its tree as dbt's own parser makes it.

Nothing is rendered here. A name counts as the text's own only where it is sure to have been set: else Jinja would look
for it in dbt's context, where `run_query` and `env_var` are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from orchestration.transform.sandbox.vocabulary import (
    CONSTANTS,
    EXPRESSIONS,
    FILTERS,
    FUNCTIONS,
    STATEMENTS,
    TESTS,
    TEXT_MACROS,
)

Scope = frozenset[str]


class JinjaRefused(ValueError):
    """A text uses `name`, which is not of the vocabulary."""

    def __init__(self, name: str, what: str) -> None:
        self.name = name
        super().__init__(what)


@dataclass(frozen=True)
class Macros:
    """The macros that a text may call: by bare name, and by package."""

    bare: frozenset[str]
    of_package: Mapping[str, frozenset[str]]

    def dispatched(self) -> frozenset[str]:
        """Names that `adapter.dispatch` may look for: of macros that are judged themselves."""
        names = self.bare | frozenset().union(*self.of_package.values())
        return frozenset(without_prefix(name) for name in names) | names


def without_prefix(name: str) -> str:
    """A macro's name as dispatch has it: without the adapter's."""
    return name.split("__", 1)[1] if "__" in name.strip("_") else name


def judge_jinja(text: str, macros: Macros) -> None:
    """Raises `JinjaRefused` at the first word or shape that is not of the vocabulary."""
    from dbt_common.clients.jinja import get_environment

    _Text(macros).body([get_environment(None).parse(text)], frozenset())


@dataclass(frozen=True)
class _Text:
    macros: Macros

    def body(self, nodes: Iterable[Any], scope: Scope) -> Scope:
        """Statements in their order; the names that are set for certain after them."""
        for node in nodes:
            scope = self._statement(node, scope)
        return scope

    def _statement(self, node: Any, scope: Scope) -> Scope:
        kind = type(node).__name__
        if kind not in STATEMENTS:
            raise JinjaRefused(kind.lower(), f"its Jinja has {kind.lower()}, which is no part known here")
        if kind in ("Template", "Scope"):
            return self.body(node.body, scope)
        if kind == "Output":
            for one in node.nodes:
                if type(one).__name__ != "TemplateData":
                    self._value(one, scope)
            return scope
        if kind == "ExprStmt":
            self._value(node.node, scope)
            return scope
        if kind in ("Assign", "AssignBlock"):
            return self._assigned(node, kind, scope)
        if kind == "If":
            return self._branches(node, scope)
        self._block(node, kind, scope)
        return scope

    def _assigned(self, node: Any, kind: str, scope: Scope) -> Scope:
        if kind == "Assign":
            self._value(node.node, scope)
        else:
            self.body(node.body, scope)
            if node.filter is not None:
                self._filters(node.filter, scope)
        return scope | _targets(node.target)

    def _branches(self, node: Any, scope: Scope) -> Scope:
        self._value(node.test, scope)
        ends = [self.body(node.body, scope)]
        for other in node.elif_:
            self._value(other.test, scope)
            ends.append(self.body(other.body, scope))
        ends.append(self.body(node.else_, scope))
        return frozenset.intersection(*ends)

    def _block(self, node: Any, kind: str, scope: Scope) -> None:
        if kind == "For":
            self._value(node.iter, scope)
            inner = scope | _targets(node.target) | {"loop"}
            if node.test is not None:
                self._value(node.test, inner)
            self.body(node.body, inner)
            self.body(node.else_, scope)
        elif kind == "FilterBlock":
            self._filters(node.filter, scope)
            self.body(node.body, scope)
        elif kind == "With":
            for value in node.values:
                self._value(value, scope)
            self.body(node.body, scope.union(*map(_targets, node.targets)))
        else:
            if kind == "CallBlock":
                self._value(node.call, scope)
            for default in node.defaults:
                # A macro's own language, as dbt writes it into every materialization.
                self._value(default, scope)
            self.body(node.body, scope.union(*map(_targets, node.args)))

    def _filters(self, node: Any, scope: Scope) -> None:
        if node is not None:
            self._value(node, scope)

    def _value(self, node: Any, scope: Scope) -> None:
        kind = type(node).__name__
        if kind not in EXPRESSIONS:
            raise JinjaRefused(kind.lower(), f"its Jinja has {kind.lower()}, which is no part known here")
        if kind == "Name":
            self._name(node.name, scope)
        elif kind == "Call":
            self._call(node, scope)
        elif kind == "Filter" and node.name not in FILTERS:
            raise JinjaRefused(node.name, f"its Jinja uses the filter {node.name}, which is none that may be used")
        elif kind == "Test" and node.name not in TESTS:
            raise JinjaRefused(node.name, f"its Jinja asks `is {node.name}`, which may not be asked")
        else:
            self._attribute(node, kind)
            self._below(node, scope)

    def _below(self, node: Any, scope: Scope) -> None:
        for one in node.iter_child_nodes():
            self._value(one, scope)

    def _attribute(self, node: Any, kind: str) -> None:
        key = node.attr if kind == "Getattr" else getattr(node.arg, "value", "") if kind == "Getitem" else ""
        if isinstance(key, str) and key.startswith("_"):
            raise JinjaRefused(key, f"its Jinja reaches for {key}, which is Python's own")

    def _name(self, name: str, scope: Scope) -> None:
        if name not in scope | CONSTANTS | FUNCTIONS | self.macros.bare | TEXT_MACROS:
            what = f"its Jinja uses {name}, which is no word or macro of a model's"
            raise JinjaRefused(name, f"{what}: it might differ from one compilation to the next, act, or not be there")

    def _call(self, node: Any, scope: Scope) -> None:
        called = node.node
        kind, root = type(called).__name__, _root(called)
        if kind == "Name":
            self._name(called.name, scope)
        elif root is None or root in scope or root in FUNCTIONS:
            self._value(called, scope)
        else:
            self._qualified(root, called.attr, node)
        for one in node.iter_child_nodes(exclude=("node",)):
            self._value(one, scope)

    def _qualified(self, root: str, name: str, node: Any) -> None:
        """A call of `root.name`, where root is a package or an object of dbt's."""
        if (root, name) == ("exceptions", "raise_compiler_error"):
            return
        if (root, name) == ("adapter", "dispatch"):
            words = [getattr(one, "value", None) for one in [*node.args, *(one.value for one in node.kwargs)]]
            if words and words[0] in self.macros.dispatched() and all(isinstance(one, str) for one in words):
                return
            raise JinjaRefused(
                "adapter.dispatch", f"its Jinja dispatches to {words[:1]}, which is no macro of a city's"
            )
        known = TEXT_MACROS if root == "dbt" else self.macros.of_package.get(root, frozenset())
        if name not in known:
            raise JinjaRefused(f"{root}.{name}", f"its Jinja calls {root}.{name}, which is none that may be called")


def _root(node: Any) -> str | None:
    """The name before the dot, where a call is of one name of one object."""
    plain = type(node).__name__ == "Getattr" and type(node.node).__name__ == "Name"
    return str(node.node.name) if plain else None


def _targets(node: Any) -> Scope:
    kind = type(node).__name__
    if kind == "Name":
        return frozenset({node.name})
    if kind == "Tuple":
        return frozenset().union(*map(_targets, node.items))
    # `set space.name` changes what stands.
    return frozenset()
