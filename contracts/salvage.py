"""What is sound of a misshapen declaration, with stand-ins for the rest, so that its other faults can be found as well.

The result is for looking further only and never enters a catalogue: the misfits were noted on the document before. No
fault is worded here.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from enum import Enum
from functools import cache
from types import UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

ModelT = TypeVar("ModelT", bound=BaseModel)

_EMPTY: dict[type, Any] = {str: "", int: 0, float: 0.0, bool: False, date: date(1, 1, 1), tuple: (), list: [], dict: {}}


def salvage(model: type[ModelT], data: Mapping[Any, Any]) -> ModelT:
    """The model with every field that fits; lists keep their length, so that places in them stay right."""
    values: dict[str, Any] = {}
    for name, info in model.model_fields.items():
        key = info.alias or name
        if key in data:
            values[key] = _field(model, name, data[key])
        elif info.is_required():
            values[key] = stand_in(info.annotation)
    return model.model_construct(**values)


def stand_in(annotation: Any) -> Any:
    """A value of a type that says nothing: empty text, zero, the first member, an empty list."""
    inner = _bare(annotation)
    origin, arguments = get_origin(inner), get_args(inner)
    if origin is Literal:
        return arguments[0]
    if origin in (Union, UnionType):
        return None if type(None) in arguments else stand_in(arguments[0])
    if isinstance(inner, type) and issubclass(inner, BaseModel):
        return salvage(inner, {})
    if isinstance(inner, type) and issubclass(inner, Enum):
        return next(iter(inner))
    return _EMPTY.get(origin or inner)


def _field(model: type[BaseModel], name: str, given: Any) -> Any:
    info = model.model_fields[name]
    try:
        return _adapter(model, name).validate_python(given, extra="ignore")
    except (ValidationError, ValueError):
        return _pieces(info.annotation, given, info)


@cache
def _adapter(model: type[BaseModel], name: str) -> TypeAdapter[Any]:
    info = model.model_fields[name]
    annotation: Any = info.annotation
    return TypeAdapter(Annotated[annotation, *info.metadata] if info.metadata else annotation)


@cache
def _plain(annotation: Any) -> TypeAdapter[Any]:
    return TypeAdapter(annotation)


def _pieces(annotation: Any, given: Any, info: FieldInfo | None = None) -> Any:
    """What fits of a value that does not fit as a whole."""
    for branch in _branches(annotation):
        origin, arguments = get_origin(branch), get_args(branch)
        if isinstance(branch, type) and issubclass(branch, BaseModel) and isinstance(given, dict):
            return salvage(branch, given)
        if origin in (list, tuple) and isinstance(given, list):
            return origin(_piece(arguments[0], one) for one in given)
        if origin is dict and isinstance(given, dict):
            return {str(key): _piece(arguments[1], one) for key, one in given.items()}
    if info is not None and not info.is_required():
        return info.get_default(call_default_factory=True)
    return stand_in(annotation)


def _piece(annotation: Any, given: Any) -> Any:
    try:
        return _plain(annotation).validate_python(given, extra="ignore")
    except (ValidationError, ValueError):
        return _pieces(annotation, given)


def _branches(annotation: Any) -> list[Any]:
    inner = _bare(annotation)
    return [_bare(one) for one in get_args(inner)] if get_origin(inner) in (Union, UnionType) else [inner]


def _bare(annotation: Any) -> Any:
    return _bare(get_args(annotation)[0]) if get_origin(annotation) is Annotated else annotation
