"""YAML text as data, with a note on the line of everything that YAML 1.1 would take silently for something else.

Form only: keys written twice, numbers that read otherwise than they are written, days that do not exist, text nested or
repeated without end. What the data should look like is `documents.py`'s, what it means is judged elsewhere.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, ClassVar

import yaml

# Far above what declarations need, and far below what overflows the C parser's stack or a machine's memory.
MOST_NESTED, MOST_REPEATED = 64, 10_000

_PLAIN_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_PLAIN_FLOAT = re.compile(r"[-+]?([0-9]+\.[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?")
_MAYBE_NESTED = re.compile(r"^[ ]{64}|(?:[-?][ ]+){32}", re.MULTILINE)
_TEMPLATE = re.compile(r"\{[{%#]")
_MAYBE_MARKED = re.compile(r"\{[{%#]|\\[0abefrvxuUNLP]|[\x7f-\x9f]")
# Regular expressions, and what may name a delimiter.
_FREE = {"pattern", "value", "delimiter", "quote"}
_WIDE = re.compile(r"[-\s]*\w+：[^:]*$")
_TAG = "tag:yaml.org,2002:"
_LARGEST = 2**63 - 1
# What YAML 1.1 takes a key for that is not in quotes.
_NO_WORDS = {
    **{"bool": "true or false", "int": "a number", "float": "a number", "timestamp": "a day or a time"},
    **{"null": "nothing", "binary": "bytes"},
}
_NOTED = "!noted"


class Misread(str):
    """Text in place of a value whose form was noted already, so that nobody complains of its type as well."""


@dataclass(frozen=True)
class Note:
    """One thing that the text says in a way that is not meant: its line, from 1; `key` where it is one."""

    line: int | None
    what: str
    write_instead: str
    key: str = ""


class Reader(yaml.CSafeLoader):
    """PyYAML's C loader, which also notes what PyYAML passes over (YAML forbids keys written twice, PyYAML keeps one).

    It remembers how a plain scalar resolves: declarations repeat the same few hundred words, and trying a dozen
    regular expressions on each again takes a third of the time of reading them.
    """

    _resolved: ClassVar[dict[tuple[str, bool], str]] = {}

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.notes: list[Note] = []

    def resolve(self, kind: type[yaml.Node], value: str, implicit: tuple[bool, bool]) -> str:
        """The tag of a node, remembered for plain scalars."""
        if kind is not yaml.ScalarNode:
            return str(super().resolve(kind, value, implicit))
        place = (value, implicit[0])
        tag = self._resolved.get(place)
        if tag is None:
            tag = self._resolved[place] = str(super().resolve(kind, value, implicit))
        return tag

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        """The mapping, with its repeated keys and those that are no words noted."""
        seen = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                self.note(key, "a list or a mapping stands where a key belongs", "a word before the colon")
            elif key.value in seen:
                text = f"the key {key.value!r} is written twice in one mapping"
                self.note(key, text, "the key once, with the value that is meant", key.value)
            elif what := _NO_WORDS.get(key.tag.removeprefix(_TAG)):
                self.note(key, f"the key {key.value or 'before the colon'} reads as {what}", f'"{key.value}" in quotes')
            seen.add(key.value if isinstance(key, yaml.ScalarNode) else id(key))
        node.value = [(_key(key), value) for key, value in node.value if isinstance(key, yaml.ScalarNode)]
        return super().construct_mapping(node, deep=deep)

    def note(self, node: yaml.Node, what: str, write_instead: str, key: str = "") -> None:
        """Note a fault of form at a node."""
        self.notes.append(Note(node.start_mark.line + 1, what, write_instead, key))


def read_yaml(text: str) -> tuple[Any, list[Note]]:
    """The data of a text, and what is wrong with its form; the data is None where the text cannot be read at all."""
    if (unreadable := _bounds(text)) is not None:
        return None, [unreadable]
    reader = Reader(text)
    try:
        node = reader.get_single_node()
        if node is None:
            return None, [Note(1, "the file is empty", "the declaration, or delete the file")]
        _check_repeated(node, text)
        _check_texts(reader, node, text)
        return reader.construct_document(node), reader.notes
    except yaml.MarkedYAMLError as error:
        return None, [*reader.notes, _syntax(error, text)]
    except yaml.YAMLError as error:
        return None, [_strange_character(error, text)]


def _key(node: yaml.ScalarNode) -> yaml.ScalarNode:
    """The key as text, whatever it reads as: that it is none was noted, and nothing else is to be said of it."""
    if node.tag.removeprefix(_TAG) in _NO_WORDS:
        node.tag = _NOTED
    return node


def compose(text: str) -> yaml.Node | None:
    """The nodes of a text that was read before, for their lines."""
    return Reader(text).get_single_node()


def _bounds(text: str) -> Note | None:
    """Whether the text is nested so deep that the C parser would overflow its stack, which nothing can catch."""
    if _MAYBE_NESTED.search(text) is None and _brackets(text) < MOST_NESTED // 2:
        return None
    depth = 0
    try:
        for event in yaml.parse(text, Loader=yaml.CSafeLoader):
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > MOST_NESTED:
                line = event.start_mark.line + 1 if event.start_mark else None
                return Note(line, f"more than {MOST_NESTED} levels lie in one another", "a declaration, which has few")
    except yaml.YAMLError:
        return None  # said by the reader, with its place
    return None


def _brackets(text: str) -> int:
    depth = deepest = 0
    for bracket in re.findall(r"[\[\]{}]", text):
        depth += 1 if bracket in "[{" else -1
        deepest = max(deepest, depth)
    return deepest


def _check_repeated(node: yaml.Node, text: str) -> None:
    """Aliases repeat what an anchor names: refuse those that hold themselves, and those that multiply without bound."""
    if "&" not in text or "*" not in text:
        return
    written: set[int] = set()
    size = _size(node, {}, (), written)
    if size - len(written) > MOST_REPEATED:
        what = f"aliases (*) repeat {size - len(written)} values"
        raise yaml.MarkedYAMLError(problem=f"{what}; {MOST_REPEATED} is the most", problem_mark=node.start_mark)


def _check_texts(reader: Reader, node: yaml.Node, text: str) -> None:
    """Titles, codes and conditions go into dbt's files, where a template would be run; and no word holds a control."""
    if not _MAYBE_MARKED.search(text):
        return
    nodes: list[tuple[str, yaml.Node]] = [("", node)]
    seen: set[int] = set()
    while nodes:
        key, one = nodes.pop()
        if isinstance(one, yaml.ScalarNode) and key not in _FREE:
            _check_text(reader, one)
        elif id(one) not in seen:
            seen.add(id(one))
            nodes += _keyed(key, one)


def _keyed(key: str, node: yaml.Node) -> Iterator[tuple[str, yaml.Node]]:
    if isinstance(node, yaml.MappingNode):
        for name, value in node.value:
            yield from (("", name), (str(name.value) if isinstance(name, yaml.ScalarNode) else "", value))
    elif isinstance(node, yaml.SequenceNode):
        yield from ((key, one) for one in node.value)


def _check_text(reader: Reader, node: yaml.ScalarNode) -> None:
    if mark := _TEMPLATE.search(node.value):
        reader.note(node, f"{mark.group()} begins a template, which dbt would run", "text without it")
    if any(unicodedata.category(one) == "Cc" and one not in "\n\t" for one in node.value):
        reader.note(node, "a control character stands in a text", "text without it")


def _size(node: yaml.Node, known: dict[int, int], within: tuple[int, ...], written: set[int]) -> int:
    if id(node) in within:
        raise yaml.MarkedYAMLError(problem="an anchor (&) holds itself", problem_mark=node.start_mark)
    written.add(id(node))
    if id(node) not in known:
        inside = (*within, id(node))
        known[id(node)] = 1 + sum(_size(child, known, inside, written) for child in _children(node))
    return known[id(node)]


def _children(node: yaml.Node) -> Iterator[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield from (key, value)
    elif isinstance(node, yaml.SequenceNode):
        yield from node.value


def _syntax(error: yaml.MarkedYAMLError, text: str) -> Note:
    line = error.problem_mark.line if error.problem_mark else 0
    lines = text.splitlines()
    if line < len(lines) and "\t" in lines[line][: len(lines[line]) - len(lines[line].lstrip())]:
        return Note(line + 1, "a tab indents the line", "spaces")
    for number in (line, line - 1):  # the parser finds out on the next line
        if 0 <= number < len(lines) and _WIDE.match(lines[number]):
            return Note(number + 1, "a full-width colon (：) stands where : and a space belong", "key: value")
    if error.problem == "but found another document":
        return Note(line + 1, "a second document begins (---)", "one declaration a file")
    instead = "valid YAML; quote text that holds ': ', '#', '{', '*' or starts with '@'"
    return Note(line + 1, f"not YAML: {error.problem or error.context}", instead)


def _strange_character(error: yaml.YAMLError, text: str) -> Note:
    place = getattr(error, "position", 0)
    line = text.encode("utf-8")[:place].count(b"\n") + 1
    what = "not YAML: a control character stands in the text"
    return Note(line, what, 'text without it, or an escape such as "\\x01" in double quotes')


def _integer(reader: Reader, node: yaml.ScalarNode) -> int | str:
    if not _PLAIN_INTEGER.fullmatch(node.value):
        return _otherwise(reader, node)
    if len(node.value) > 20 or abs(int(node.value)) > _LARGEST:
        reader.note(node, f"the number {node.value[:24]} has more than 64 bits", "a smaller number, or text in quotes")
        return Misread(node.value)
    return int(node.value)


def _float(reader: Reader, node: yaml.ScalarNode) -> float | str:
    if not _PLAIN_FLOAT.fullmatch(node.value) or not math.isfinite(float(node.value)):
        return _otherwise(reader, node)
    return float(node.value)


def _otherwise(reader: Reader, node: yaml.ScalarNode) -> str:
    text = f"{node.value[:40]} reads as a number that is not written so (octal, base 60, grouped or without end)"
    reader.note(node, text, f"'{node.value[:40]}' in quotes where text is meant, else a plain decimal number")
    return Misread(node.value)


def _timestamp(reader: Reader, node: yaml.ScalarNode) -> date | datetime | str:
    try:
        found: date | datetime = reader.construct_yaml_timestamp(node)
        return found
    except (ValueError, OverflowError, AttributeError) as error:
        why = "another form" if isinstance(error, AttributeError) else error
        reader.note(node, f"{node.value[:40]} is no day or time ({why})", "a day that exists, as YYYY-MM-DD")
        return Misread(node.value)


def _truth(reader: Reader, node: yaml.ScalarNode) -> bool | str:
    if node.value.lower() in reader.bool_values:
        return reader.bool_values[node.value.lower()]
    reader.note(node, f"{node.value[:40]} is neither true nor false", "true or false")
    return Misread(node.value)


def _text(reader: Reader, node: yaml.ScalarNode) -> str:
    return str(reader.construct_scalar(node))


def _unread(reader: Reader, node: yaml.Node) -> str:
    reader.note(node, f"the type {node.tag.removeprefix(_TAG)} is not read", "text, numbers, days, lists and mappings")
    return Misread()


# `=` is a type of its own in YAML 1.1 that PyYAML knows no reading of.
_READINGS: dict[str, Callable[[Reader, Any], Any]] = {
    "int": _integer,
    "float": _float,
    "bool": _truth,
    "timestamp": _timestamp,
    "value": _text,
    **dict.fromkeys(("binary", "omap", "pairs", "set"), _unread),
}
for _name, _reading in _READINGS.items():
    Reader.add_constructor(_TAG + _name, _reading)
Reader.add_constructor(_NOTED, lambda reader, node: Misread(node.value))
