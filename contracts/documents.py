"""One YAML file as data that can still say on which line each part of it stands.

Reads text and judges form only: encoding, tabs, duplicate keys, unknown keys and wrong types against a Pydantic model.
What the declarations mean is judged elsewhere.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from contracts.faults import Fault, nearest

Step = str | int
YamlPath = tuple[Step, ...]
ModelT = TypeVar("ModelT", bound=BaseModel)

# The other branch of a union (a list of members where a team was written) fails too; saying so would mislead.
_BRANCH_ERRORS = {"list_type", "model_type", "string_type"}


class _Loader(yaml.CSafeLoader):
    """PyYAML's C loader, which also notes mapping keys written twice (YAML forbids them, PyYAML keeps the last).

    It remembers how a plain scalar resolves: declarations repeat the same few hundred words, and trying a dozen
    regular expressions on each again takes a third of the time of reading them.
    """

    _resolved: ClassVar[dict[tuple[str, bool], str]] = {}

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.repeated: list[tuple[str, int]] = []

    def resolve(self, kind: type[yaml.Node], value: str, implicit: tuple[bool, bool]) -> str:
        if kind is not yaml.ScalarNode:
            return str(super().resolve(kind, value, implicit))
        place = (value, implicit[0])
        tag = self._resolved.get(place)
        if tag is None:
            tag = self._resolved[place] = str(super().resolve(kind, value, implicit))
        return tag

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen = set()
        for key, _ in node.value:
            if key.value in seen:
                self.repeated.append((str(key.value), key.start_mark.line + 1))
            seen.add(key.value if isinstance(key.value, str) else id(key))
        return super().construct_mapping(node, deep=deep)


class Document:
    """One declaration file: `data` is its mapping (empty where unusable), `faults` what was found so far."""

    def __init__(self, path: Path, root: Path) -> None:
        self.path = path
        self.file = path.relative_to(root).as_posix() if path.is_relative_to(root) else path.name
        self.faults: list[Fault] = []
        self.data: dict[str, Any] = {}
        self._text = ""
        self._read()

    @property
    def usable(self) -> bool:
        """Whether the file holds a mapping at all."""
        return bool(self.data)

    def fault(self, path: YamlPath, what: str, write_instead: str) -> None:
        """Note one fault at a path inside the file."""
        self.faults.append(Fault(self.file, spell(path), what, write_instead, self.line(path)))

    @cached_property
    def _node(self) -> yaml.Node | None:
        # Composed again only where there is a fault to place: keeping every file's nodes doubles the time of loading.
        return _Loader(self._text).get_single_node()

    def line(self, path: YamlPath) -> int | None:
        """The line on which the deepest existing part of a path stands, counted from 1."""
        node = self._node
        line = 1 if node is not None else None
        for step in path:
            found = _child(node, step)
            if found is None:
                break
            node, line = found
        return line

    def shaped(
        self, model: type[ModelT], *, data: Any = None, at: YamlPath = (), places: Mapping[str, YamlPath] | None = None
    ) -> ModelT | None:
        """The data (or a part of it, found at a path) as a model; None after noting each key and value that misfits.

        `places` says where single keys of the part really stand, for parts gathered from a list of properties.
        """
        whole = self.data if data is None else data
        try:
            return model.model_validate(whole, extra="forbid")
        except ValidationError as error:
            for detail in _meant(error.errors(include_url=False, include_input=False)):
                self._shape_fault(model, detail, _real(detail["loc"], whole), at, places or {})
            return None

    def _read(self) -> None:
        try:
            text = self.path.read_bytes().decode("utf-8-sig")
        except UnicodeDecodeError as error:
            return self.fault((), f"the file is not UTF-8 (byte {error.start})", "the same text saved as UTF-8")
        loader = _Loader(text)
        try:
            node = loader.get_single_node()
            data = None if node is None else loader.construct_document(node)
        except yaml.MarkedYAMLError as error:
            return self._syntax_fault(error, text)
        except (yaml.YAMLError, ValueError) as error:
            return self.fault((), f"not YAML: {error}", "text that a YAML reader accepts")
        self._text = text
        self._take(data, loader)

    def _take(self, data: Any, loader: _Loader) -> None:
        if data is None:
            return self.fault((), "the file is empty", "the declaration, or delete the file")
        if not isinstance(data, dict):
            return self.fault((), f"a {type(data).__name__} stands where a mapping belongs", "key: value lines")
        for key, line in loader.repeated:
            text = f"the key {key!r} is written twice in one mapping"
            self.faults.append(Fault(self.file, key, text, "the key once, with the value that is meant", line))
        self.data = data

    def _syntax_fault(self, error: yaml.MarkedYAMLError, text: str) -> None:
        line = error.problem_mark.line if error.problem_mark else 0
        lines = text.splitlines()
        tabbed = line < len(lines) and "\t" in lines[line][: len(lines[line]) - len(lines[line].lstrip())]
        what = "a tab indents the line" if tabbed else f"not YAML: {error.problem or error.context}"
        instead = "spaces" if tabbed else "valid YAML; quote text that holds ': ', '#', '{', '*' or starts with '@'"
        self.faults.append(Fault(self.file, "", what, instead, line + 1))

    def _shape_fault(
        self, model: type[BaseModel], detail: ErrorDetails, real: YamlPath, at: YamlPath, places: Mapping[str, YamlPath]
    ) -> None:
        path = (*places[str(real[0])], *real[1:]) if real and real[0] in places else at + real
        last = detail["loc"][-1] if detail["loc"] else ""
        match detail["type"]:
            case "extra_forbidden":
                known = _keys_at(model, detail["loc"][:-1])
                self.fault(path, f"unknown key {last!r}", f"{nearest(last, known)} (or leave it out)")
            case "missing":
                self.fault(path, f"{last!r} is missing", f"{last}: …")
            case _:
                self.fault(path, _lower(detail["msg"]), _instead(detail))


def spell(path: YamlPath) -> str:
    """A path as people write it: `schema[0].properties[3].name`."""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return text.removeprefix(".")


def _child(node: yaml.Node | None, step: Step) -> tuple[yaml.Node, int] | None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == str(step):
                return value, key.start_mark.line + 1
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step], node.value[step].start_mark.line + 1
    return None


def _meant(details: list[ErrorDetails]) -> list[ErrorDetails]:
    if len(details) == 1:
        return details
    return [d for d in details if not (d["type"] in _BRANCH_ERRORS and _other_branch(d, details))]


def _other_branch(detail: ErrorDetails, details: list[ErrorDetails]) -> bool:
    parent = detail["loc"][:-1]
    return any(
        other is not detail and len(other["loc"]) > len(detail["loc"]) and other["loc"][: len(parent)] == parent
        for other in details
    )


def _real(loc: YamlPath, data: Any) -> YamlPath:
    """The steps of an error's location that exist in the data: Pydantic also names union branches and validators."""
    path: list[Step] = []
    for number, step in enumerate(loc):
        if isinstance(data, dict) and step in data:  # noqa: SIM114 - one branch cannot be typed
            data = data[step]
        elif isinstance(data, list) and isinstance(step, int) and step < len(data):
            data = data[step]
        elif step == "[key]" or number < len(loc) - 1 or not isinstance(data, dict):
            continue
        path.append(step)
    return tuple(path)


def _keys_at(model: type[BaseModel], loc: YamlPath) -> list[str]:
    """The keys a model allows at a location, found by walking its annotations."""
    found: list[type[BaseModel]] = [model]
    for step in loc:
        inner = [
            part
            for owner in found
            for name, info in owner.model_fields.items()
            if step in (name, info.alias)
            for part in _models_in(info.annotation)
        ]
        found = inner or found
    return [info.alias or name for owner in found for name, info in owner.model_fields.items()]


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in getattr(annotation, "__args__", ()) for model in _models_in(part)]


def _lower(message: str) -> str:
    return message[:1].lower() + message[1:]


def _instead(detail: ErrorDetails) -> str:
    match detail["type"]:
        case "string_type":
            return "text; put it in quotes"
        case "enum" | "literal_error":
            return str(detail["ctx"]["expected"])
        case "string_pattern_mismatch":
            return f"text that matches {detail['ctx']['pattern']}"
        case "value_error":
            return "what the message asks for"
        case kind:
            return f"a value of the right type ({kind.removesuffix('_type').removesuffix('_parsing')})"
