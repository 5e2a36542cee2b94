"""A drafted change put into the text of a contract: columns added, taken out, or given one more header; the version.

The text is changed at the places that its own nodes name, so that comments and order stay. What is drafted is noted by
`lake/drifting.py`; nothing is written here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import yaml


class ChangeRefused(ValueError):
    """A drafted change cannot be put into the contract as it is written now."""


def changed_text(text: str, draft: Mapping[str, Any], added: Sequence[Mapping[str, Any]]) -> str:
    """The contract with the change in it. `added` are the properties of new columns. Raises `ChangeRefused`."""
    for one in draft["renamed"]:
        text = _with_header(text, str(one["column"]), str(one["header"]))
    for name in draft["removed"]:
        text = _without(text, str(name))
    for one in added:
        text = _appended(text, one)
    return _versioned(text, "major" if draft["removed"] else "minor")


def _root(text: str) -> yaml.MappingNode:
    root = yaml.compose(text)
    if not isinstance(root, yaml.MappingNode):
        raise ChangeRefused("the contract is no mapping")
    return root


def _at(node: yaml.Node, *path: str | int) -> yaml.Node:
    for step in path:
        if isinstance(node, yaml.SequenceNode) and isinstance(step, int):
            node = node.value[step]
        else:
            found = [value for key, value in getattr(node, "value", []) if key.value == step]
            if not found:
                raise ChangeRefused(f"the contract has no {step!r} where it was looked for")
            node = found[0]
    return node


def _has(node: yaml.Node, name: str) -> bool:
    return isinstance(node, yaml.MappingNode) and any(key.value == name for key, _ in node.value)


def _properties(text: str) -> yaml.SequenceNode:
    node = _at(_root(text), "schema", 0, "properties")
    if not isinstance(node, yaml.SequenceNode):
        raise ChangeRefused("schema.properties is no list")
    return node


def _property(text: str, name: str) -> tuple[yaml.SequenceNode, int]:
    node = _properties(text)
    for number, one in enumerate(node.value):
        if _has(one, "name") and _at(one, "name").value == name:
            return node, number
    raise ChangeRefused(f"the contract has no column {name!r} any more: draft the change anew, by a run")


def _with_header(text: str, column: str, header: str) -> str:
    """One more header, before the others that a column may have."""
    node, number = _property(text, column)
    customs = _at(node.value[number], "customProperties")
    for item in customs.value:
        if _at(item, "property").value == "headers":
            return _first_in(text, _at(item, "value"), _flow(header))
    return _first_in(text, customs, _flow({"property": "headers", "value": [header]}))


def _first_in(text: str, node: yaml.Node, item: str) -> str:
    """The text with one more item at the beginning of a list."""
    if not isinstance(node, yaml.SequenceNode) or not node.value:
        raise ChangeRefused("a list was expected, with at least one item")
    first = node.value[0].start_mark
    if node.flow_style:
        return f"{text[: first.index]}{item}, {text[first.index :]}"
    dash = text.rindex("-", 0, first.index)
    indent = " " * (dash - (text.rfind("\n", 0, dash) + 1))
    return f"{text[: first.index]}{item}\n{indent}- {text[first.index :]}"


def _without(text: str, column: str) -> str:
    node, number = _property(text, column)
    if node.flow_style or len(node.value) == 1:
        raise ChangeRefused(f"{column!r} cannot be taken out: it is the only column, or stands in a list on one line")
    start = text.rindex("-", 0, node.value[number].start_mark.index)
    start = text.rfind("\n", 0, start) + 1
    return text[:start] + text[_end(text, node.value[number]) :]


def _end(text: str, node: yaml.Node) -> int:
    """Behind the last line of a node: its own mark stands behind the comments that follow it."""
    while isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        node = last[1] if isinstance(last, tuple) else last
    return text.find("\n", node.end_mark.index) + 1 or len(text)


def _appended(text: str, item: Mapping[str, Any]) -> str:
    node = _properties(text)
    if node.flow_style:
        raise ChangeRefused("the columns stand in a list on one line: write them one below the other")
    dash = text.rindex("-", 0, node.value[0].start_mark.index)
    indent = " " * (dash - (text.rfind("\n", 0, dash) + 1))
    lines = yaml.safe_dump([dict(item)], allow_unicode=True, sort_keys=False, width=10_000).rstrip("\n").split("\n")
    end = _end(text, node)
    joined = "" if text[:end].endswith("\n") else "\n"
    return text[:end] + joined + "".join(f"{indent}{line}\n" for line in lines) + text[end:]


def _versioned(text: str, part: str) -> str:
    node = _at(_root(text), "version")
    major, minor, _ = (int(number) for number in str(node.value).split("."))
    version = f"{major + 1}.0.0" if part == "major" else f"{major}.{minor + 1}.0"
    return f"{text[: node.start_mark.index]}{version}{text[node.end_mark.index :]}"


def _flow(value: object) -> str:
    text = yaml.safe_dump(value, allow_unicode=True, default_flow_style=True, width=10_000)
    return text.strip().removesuffix("\n...")
