"""One YAML file as data that can still say on which line each part of it stands.

Reads files and judges shape only: encoding, unknown keys and wrong types against a Pydantic model. YAML itself is
`yaml_text.py`'s; what the declarations mean is judged elsewhere.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from contracts.faults import Fault, nearest
from contracts.salvage import salvage
from contracts.words import given, misfit
from contracts.yaml_text import Misread, compose, read_yaml

Step = str | int
YamlPath = tuple[Step, ...]
ModelT = TypeVar("ModelT", bound=BaseModel)

# The other branch of a union (a list of members where a team was written) fails too; saying so would mislead.
_BRANCH_ERRORS = {"list_type", "model_type", "string_type"}


class Document:
    """One declaration file: `data` is its mapping (empty where unusable), `faults` what was found so far."""

    def __init__(self, path: Path, root: Path) -> None:
        self.path = path
        self.file = path.relative_to(root).as_posix() if path.is_relative_to(root) else path.name
        self.faults: list[Fault] = []
        self.data: dict[str, Any] = {}
        self._text = ""
        self._misshapen: set[YamlPath] = set()
        self._read()

    @property
    def usable(self) -> bool:
        """Whether the file holds a mapping at all."""
        return bool(self.data)

    def fault(self, path: YamlPath, what: str, write_instead: str) -> None:
        """Note one fault at a path inside the file, unless it only follows from the wrong shape of what is there."""
        if self.well_formed(path):
            self.faults.append(Fault(self.file, spell(path), what, write_instead, self.line(path)))

    def well_formed(self, *paths: YamlPath) -> bool:
        """Whether the values at these paths are what was written: none is missing, of a wrong type, or within such."""
        return not any(path[:end] in self._misshapen for path in paths for end in range(1, len(path) + 1))

    def presume(self, path: YamlPath) -> None:
        """Take what stands at a path, or is missing there, for wrong by a fault that was noted elsewhere."""
        self._misshapen.add(path)

    def _presume_meant(self, path: YamlPath) -> None:
        """What a misspelt key was meant for is neither missing nor unset, unless it is there as well."""
        data: Any = self.data
        for step in path:
            data = data.get(step) if isinstance(data, dict) else _member(data, step)
        if data is None:
            self.presume(path)

    def names_all(self, path: YamlPath) -> bool:
        """Whether every member of a list is there, with its name: only then is another name an unknown one."""
        short = len(path) + 1
        within = [one for one in self._misshapen if one[: len(path)] == path]
        return self.well_formed(path) and not any(len(one) == short or one[short:] == ("name",) for one in within)

    def faulty(self, path: YamlPath) -> bool:
        """Whether anything was noted at a path or within it."""
        place = spell(path)
        within = (one.where == place or one.where.startswith((f"{place}.", f"{place}[")) for one in self.faults)
        return any(within) or any(one[: len(path)] == path for one in self._misshapen)

    @cached_property
    def _node(self) -> yaml.Node | None:
        # Composed again only where there is a fault to place: keeping every file's nodes doubles the time of loading.
        return compose(self._text)

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
        self,
        model: type[ModelT],
        *,
        data: Any = None,
        at: YamlPath = (),
        places: Mapping[str, YamlPath] | None = None,
        strict: bool | None = None,
    ) -> ModelT | None:
        """The data (or a part of it, found at a path) as a model, after noting each key and value that misfits.

        Where something misfits, the rest is there and stand-ins are in its place, so that what else is wrong comes in
        the same wave; None only for what is no mapping. `places` says where single keys of the part really stand, for
        parts gathered from a list of properties. `strict` is for models of others, which else take "yes" for true.
        """
        whole = self.data if data is None else data
        try:
            return model.model_validate(whole, extra="forbid", strict=strict)
        except ValidationError as error:
            found: dict[YamlPath, list[ErrorDetails]] = {}
            for detail in _meant(error.errors(include_url=False), whole):
                found.setdefault(_placed(_real(detail, whole), at, places or {}), []).append(detail)
            for path, (detail, *_) in found.items():
                if detail["type"] == "extra_forbidden":
                    self._presume_meant((*path[:-1], _known_key(model, detail["loc"])))
            for path, details in found.items():
                self._shape_fault(model, details, path)
            return salvage(model, whole) if isinstance(whole, dict) else None

    def _read(self) -> None:
        try:
            if self.path.exists() and not self.path.is_file():
                # A folder, or a pipe that nobody may ever write to: it is not opened.
                raise OSError(errno.EINVAL, "it is no file")
            text = self.path.read_bytes().decode("utf-8-sig")
        except UnicodeDecodeError as error:
            return self.fault((), f"the file is not UTF-8 (byte {error.start})", "the same text saved as UTF-8")
        except OSError as error:
            return self.fault((), f"the file cannot be read ({error.strerror})", "a readable file, or delete this one")
        data = self._parsed(text)
        if data is None and self.faults:
            return None
        self._text = text
        if not isinstance(data, dict):
            return self.fault((), f"{given(data)} stands where a mapping belongs", "key: value lines")
        if not data:
            return self.fault((), "the file is empty", "the declaration, or delete the file")
        self.data = data
        self._misshapen.update(_misread(data, ()) if self.faults else ())
        return None

    def _parsed(self, text: str) -> Any:
        """The data of the file's text, None where nothing can be read; what is wrong with it is noted."""
        data, notes = read_yaml(text)
        self.faults += [Fault(self.file, note.key, note.what, note.write_instead, note.line) for note in notes]
        return data

    def _shape_fault(self, model: type[BaseModel], details: list[ErrorDetails], path: YamlPath) -> None:
        detail = details[0]
        last = detail["loc"][-1] if detail["loc"] else ""
        match detail["type"]:
            case "extra_forbidden":
                instead = nearest(last, _keys_at(model, detail["loc"][:-1]))
                return self.fault(path, f"unknown key {last!r}", f"{instead} (or leave it out)")
            case "missing":
                self.fault(path, f"{last!r} is missing", f"{last}: …")
            case _:
                self.fault(path, *misfit(details))
        return self.presume(path)


def spell(path: YamlPath) -> str:
    """A path as people write it: `schema[0].properties[3].name`."""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return text.removeprefix(".")


def _misread(data: Any, at: YamlPath) -> Iterator[YamlPath]:
    """Where values stand that were noted when the text was read: nothing more is to be said of them."""
    if isinstance(data, Misread):
        yield at
    elif isinstance(data, dict):
        for key, value in data.items():
            yield from _misread(key, (*at, str(key)))
            yield from _misread(value, (*at, key))
    elif isinstance(data, list):
        for number, value in enumerate(data):
            yield from _misread(value, (*at, number))


def _child(node: yaml.Node | None, step: Step) -> tuple[yaml.Node, int] | None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == str(step):
                return value, key.start_mark.line + 1
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step], node.value[step].start_mark.line + 1
    return None


def _meant(details: list[ErrorDetails], data: Any) -> list[ErrorDetails]:
    """The errors without those of a union's branches that were not meant, because another branch got further."""
    unions = [(detail, _union(detail, data)) for detail in details]
    further = {place for detail, place in unions if place is not None and len(detail["loc"]) > len(place) + 1}
    return [
        detail
        for detail, place in unions
        if detail["type"] not in _BRANCH_ERRORS or place not in further or len(detail["loc"]) > len(place or ()) + 1
    ]


def _union(detail: ErrorDetails, data: Any) -> YamlPath | None:
    """The place of the union that an error's location passes: where its next step is no key but a branch."""
    loc = detail["loc"][:-1] if detail["type"] in ("missing", "extra_forbidden") else detail["loc"]
    for number, step in enumerate(loc):
        if isinstance(data, dict) and step in data:  # noqa: SIM114 - one branch cannot be typed
            data = data[step]
        elif isinstance(data, list) and isinstance(step, int) and step < len(data):
            data = data[step]
        else:
            return None if step == "[key]" else loc[:number]
    return None


def _real(detail: ErrorDetails, data: Any) -> YamlPath:
    """The steps of an error's location that exist in the data: Pydantic also names union branches and validators."""
    path: list[Step] = []
    absent = detail["type"] in ("missing", "extra_forbidden")
    for number, step in enumerate(loc := detail["loc"]):
        if isinstance(data, dict) and step in data:  # noqa: SIM114 - one branch cannot be typed
            data = data[step]
        elif isinstance(data, list) and isinstance(step, int) and step < len(data):
            data = data[step]
        elif not (absent and number == len(loc) - 1):
            continue
        path.append(step)
    return tuple(path)


def _member(data: Any, step: Step) -> Any:
    return data[step] if isinstance(data, list) and isinstance(step, int) and step < len(data) else None


def _placed(real: YamlPath, at: YamlPath, places: Mapping[str, YamlPath]) -> YamlPath:
    return (*places[str(real[0])], *real[1:]) if real and real[0] in places else at + real


def _known_key(model: type[BaseModel], loc: YamlPath) -> Step:
    return nearest(loc[-1], _keys_at(model, loc[:-1]))


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
