"""Frozen dataclasses ⇄ JSON by their own type hints, so that a new field of a view or an input travels by itself.

Reading is strict about kinds and tolerant about names: an unknown field is passed over, a missing one takes its
default. Types understood: str, int, float, bool, None, datetime, enums, Literal, Any, dict[str, …], tuple, list,
frozenset, dataclasses, and unions of these.
"""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Callable, Mapping
from datetime import datetime
from enum import Enum
from functools import cache
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

T = TypeVar("T")


class BadFrame(ValueError):
    """What came is not what it says it is; the words name the field."""


def write(value: Any) -> Any:
    """JSON of a value; dataclasses become objects, tuples lists, times ISO 8601."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {name: write(getattr(value, name)) for name in _kinds(type(value))}
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return {str(key): write(one) for key, one in value.items()}
    if isinstance(value, tuple | list | frozenset | set):
        return [write(one) for one in value]
    return value


def read(kind: type[T], data: Any) -> T:
    """The value that `write` wrote. Raises BadFrame."""
    value: T = _read(kind, data, getattr(kind, "__name__", str(kind)))
    return value


@cache
def _kinds(kind: type) -> dict[str, Any]:
    hints = get_type_hints(kind)
    return {field.name: hints[field.name] for field in dataclasses.fields(kind) if field.init}


def _read(kind: Any, data: Any, where: str) -> Any:
    origin = get_origin(kind)
    if kind is Any:
        return data
    if origin in (Union, types.UnionType):
        return _read_union(get_args(kind), data, where)
    if origin is Literal:
        return data if data in get_args(kind) else _refuse(where, data, f"one of {get_args(kind)}")
    if origin is dict or kind is dict:
        return _read_dict(kind, data, where)
    if (origin or kind) in (tuple, list, frozenset):
        return _read_many(origin or kind, get_args(kind), data, where)
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        return _read_dataclass(kind, data, where)
    return _read_plain(kind, data, where)


def _read_plain(kind: Any, data: Any, where: str) -> Any:
    if kind is None or kind is type(None):
        return None if data is None else _refuse(where, data, "nothing")
    if kind is float and isinstance(data, int) and not isinstance(data, bool):
        return float(data)
    if kind is datetime:
        return _tried(datetime.fromisoformat, data, where, "a time")
    if isinstance(kind, type) and issubclass(kind, Enum):
        return _tried(kind, data, where, kind.__name__)
    if kind is str and type(data) is str:
        return whole(data)
    if kind in (int, float, bool) and type(data) is kind:
        return data
    return _refuse(where, data, getattr(kind, "__name__", str(kind)))


def whole(text: str) -> str:
    """Without half characters, which no message can carry: two halves become one, a lonely one a mark."""
    return text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _tried(made: Callable[[Any], Any], data: Any, where: str, wanted: str) -> Any:
    try:
        return made(data)
    except (TypeError, ValueError):
        return _refuse(where, data, wanted)


def _read_union(kinds: tuple[Any, ...], data: Any, where: str) -> Any:
    if data is None and type(None) in kinds:
        return None
    problem = BadFrame(f"{where}: nothing fits")
    for kind in kinds:
        try:
            return _read(kind, data, where)
        except BadFrame as error:
            problem = error
    raise problem


def _read_dict(kind: Any, data: Any, where: str) -> dict[str, Any]:
    if not isinstance(data, dict):
        _refuse(where, data, "an object")
    _, inner = get_args(kind) or (str, Any)
    return {str(key): _read(inner, one, f"{where}.{key}") for key, one in data.items()}


def _read_many(kind: Any, inner: tuple[Any, ...], data: Any, where: str) -> Any:
    if not isinstance(data, list):
        _refuse(where, data, "a list")
    if kind is tuple and inner and inner[-1] is not Ellipsis:
        if len(inner) != len(data):
            _refuse(where, len(data), f"{len(inner)} values")
        pairs = enumerate(zip(inner, data, strict=True))
        return tuple(_read(one, value, f"{where}[{at}]") for at, (one, value) in pairs)
    each = inner[0] if inner else Any
    return kind(_read(each, value, f"{where}[{at}]") for at, value in enumerate(data))


def _read_dataclass(kind: type, data: Any, where: str) -> Any:
    if not isinstance(data, dict):
        _refuse(where, data, "an object")
    values = {name: _read(one, data[name], f"{where}.{name}") for name, one in _kinds(kind).items() if name in data}
    try:
        return kind(**values)
    except TypeError as error:
        raise BadFrame(f"{where}: {error}") from None


def _refuse(where: str, data: Any, wanted: str) -> Any:
    raise BadFrame(f"{where}: {str(data)[:40]!r} is not {wanted}")
