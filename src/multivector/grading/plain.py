"""Answers as plain values: what may cross from a student's process to the grader.

``encode`` turns any Python object into JSON-safe tagged values without calling the object's own
comparison or conversion methods where that can be avoided; ``decode`` turns them back into plain
Python values and four small classes of our own. Nothing here unpickles, imports by name or
evaluates. The standard library alone: this file also runs inside the sandbox.
"""

from __future__ import annotations

import math
import sys
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

MAX_DEPTH = 6
MAX_ITEMS = 5_000
MAX_TEXT = 20_000
#: Letters of all texts of one answer together: six bytes each, escaped, stay under a megabyte.
MAX_LETTERS = 100_000
MAX_INT = 2**63


class PlainError(ValueError):
    """A message that is not in the format; the grader calls its sender tampered."""


class Unanswered:
    """A name that is not defined, or still holds the ``...`` of the template."""

    def __repr__(self) -> str:
        return "unanswered"


UNANSWERED = Unanswered()


@dataclass(frozen=True)
class Stopped:
    """A name without a value because the cell that gives it stopped; ``error`` says how."""

    error: str


#: The type that is given for an answer with too many values or letters.
TOO_LARGE = "too large"


@dataclass(frozen=True)
class Column:
    """A pandas Series or a numpy array: its labels (empty for an array) and its values."""

    index: tuple[Any, ...]
    values: tuple[Any, ...]


@dataclass(frozen=True)
class Table:
    """A pandas DataFrame: column names and rows of plain values."""

    columns: tuple[Any, ...]
    rows: tuple[tuple[Any, ...], ...]


@dataclass(frozen=True)
class Other:
    """Anything else; only the name of its type is known, and that is the sender's word."""

    type_name: str


@dataclass(frozen=True)
class Function:
    """A function of the student's: ``call`` takes plain arguments and returns a plain value."""

    params: tuple[str, ...]
    call: Callable[..., Any] = field(compare=False)

    def __call__(self, *args: Any) -> Any:
        """Call the student's function where it lives."""
        return self.call(*args)


class AnswerError(Exception):
    """The student's function raised: ``str(error)`` is its type and message."""


class ChangedArgument(AnswerError):
    """The student's function changed a dictionary or list that it was given."""


def encode(value: Any) -> dict[str, Any]:
    """Return ``value`` as tagged JSON: ``{"k": kind, "v": ...}``. Never raises for a strange value.

    What ``encode`` returns, ``decode`` can read. The answer to a question is small: one with more
    than ``MAX_ITEMS`` values or ``MAX_LETTERS`` letters becomes ``{"k": "other", "type": "too
    large"}`` as a whole, and a text is cut after ``MAX_TEXT`` letters.
    """
    try:
        return _encode(value, MAX_DEPTH, _Budget())
    except _TooLarge:
        return {"k": "other", "type": TOO_LARGE}


def argument(value: Any) -> dict[str, Any]:
    """Return ``value`` as tagged JSON, for a test that calls a student's function with it.

    Raises ``ValueError`` where it is too large: the function would be tried on a part of it.
    """
    try:
        return _encode(value, MAX_DEPTH, _Budget())
    except _TooLarge:
        raise ValueError(
            f"a test calls a function with more than {MAX_ITEMS} values: give it fewer rows"
        ) from None


class _TooLarge(Exception):
    pass


class _Budget:
    """How many values and letters an answer may still have."""

    def __init__(self) -> None:
        self.items, self.letters = MAX_ITEMS, MAX_LETTERS

    def spend(self, letters: int = 0) -> None:
        """Count one value and the letters of a text; raises ``_TooLarge`` when none is left."""
        self.items -= 1
        self.letters -= letters
        if self.items < 0 or self.letters < 0:
            raise _TooLarge


def _encode(value: Any, depth: int, budget: _Budget) -> dict[str, Any]:
    budget.spend(min(len(value), MAX_TEXT) if type(value) is str else 0)
    kind = type(value)
    if depth < 0:
        return _other(kind)
    if value is None:
        return {"k": "none"}
    if value is Ellipsis or kind is Unanswered:
        return {"k": "unanswered"}
    if kind is bool:
        return {"k": "bool", "v": value}
    if kind is int:
        return {"k": "int", "v": value} if -MAX_INT <= value < MAX_INT else _other(kind)
    if kind is float:
        return {"k": "float", "v": value if math.isfinite(value) else repr(value)}
    if kind is str:
        return {"k": "str", "v": writable(value[:MAX_TEXT])}
    if depth == 0 and kind in (list, tuple, set, frozenset, dict):
        return _other(kind)  # a label or a cell is one value
    if kind in (list, tuple, set, frozenset):
        return {"k": "list", "v": [_encode(v, depth - 1, budget) for v in value]}
    if kind is dict:
        return {
            "k": "dict",
            "v": [[_encode(k, 0, budget), _encode(v, depth - 1, budget)] for k, v in value.items()],
        }
    return _encode_foreign(value, kind, depth, budget)


def _encode_foreign(value: Any, kind: type, depth: int, budget: _Budget) -> dict[str, Any]:
    """numpy and pandas, if the sender has them loaded; functions; and the rest by type name."""
    numpy, pandas = sys.modules.get("numpy"), sys.modules.get("pandas")
    if numpy is not None and isinstance(value, numpy.generic):
        item = value.item()
        return _other(kind) if type(item) is kind else _encode(item, depth, budget)
    if numpy is not None and kind is numpy.ndarray:
        if value.ndim == 0:
            return _encode(value.item(), depth, budget)
        if depth == 0:
            return _other(kind)
        _check_size(value.size)
        flat = value.ravel().tolist()
        return {"k": "column", "i": [], "v": [_encode(v, depth - 1, budget) for v in flat]}
    if pandas is not None:
        if value is pandas.NA or value is pandas.NaT:
            return {"k": "none"}
        if kind in (pandas.Series, pandas.Index, pandas.DataFrame):
            if depth == 0:
                return _other(kind)
            _check_size(value.size)
        if kind in (pandas.Series, pandas.Index):
            labels = list(value.index) if kind is pandas.Series else []
            return {
                "k": "column",
                "i": [_encode(v, 0, budget) for v in labels],
                "v": [_encode(v, depth - 1, budget) for v in value.tolist()],
            }
        if kind is pandas.DataFrame:
            rows = value.itertuples(index=False, name=None)
            return {
                "k": "table",
                "c": [_encode(c, 0, budget) for c in value.columns],
                "v": [[_encode(v, 0, budget) for v in row] for row in rows],
            }
        if kind is pandas.Timestamp:
            return {"k": "str", "v": value.isoformat()}
    if callable(value) and hasattr(value, "__code__"):
        code = value.__code__
        return {"k": "function", "p": [str(n) for n in code.co_varnames[: code.co_argcount]]}
    return _other(kind)


def _check_size(values: int) -> None:
    """Raise ``_TooLarge`` before the values of a large table are turned into Python objects."""
    if values > MAX_ITEMS:
        raise _TooLarge


def _other(kind: type) -> dict[str, Any]:
    return {"k": "other", "type": str(getattr(kind, "__name__", "object"))[:100]}


def decode(message: Any, call: Callable[..., Any] | None = None) -> Any:
    """Return the plain value of one tagged message.

    ``call`` is what a function answer does when it is called. Raises ``PlainError`` for anything
    that ``encode`` could not have sent.
    """
    return _decode(message, call, MAX_DEPTH + 2, [2 * MAX_ITEMS])


def _decode(message: Any, call: Callable[..., Any] | None, depth: int, budget: list[int]) -> Any:
    budget[0] -= 1
    if depth < 0 or budget[0] < 0:
        raise PlainError("an answer is nested too deep or too long")
    if type(message) is not dict or type(message.get("k")) is not str:
        raise PlainError("an answer is not in the format")
    kind, value = message["k"], message.get("v")
    if kind == "none":
        return None
    if kind == "unanswered":
        return UNANSWERED
    if kind == "bool" and type(value) is bool:
        return value
    if kind == "int" and type(value) is int and -MAX_INT <= value < MAX_INT:
        return value
    if kind == "float":
        if type(value) is float or (type(value) is int and -MAX_INT <= value < MAX_INT):
            return float(value)
        if value in ("nan", "inf", "-inf"):
            return float(value)
    if kind == "str" and type(value) is str and len(value) <= MAX_TEXT:
        return writable(value)
    if kind == "other":
        return Other(_short(message.get("type")))
    if kind == "function" and _is_list(message.get("p")):
        if call is None:  # in a table, or what a function returned: there is no way to call it
            return Other("function")
        return Function(tuple(_short(p) for p in message["p"]), call)
    if _is_list(value):
        if kind == "list":
            return [_decode(v, call, depth - 1, budget) for v in value]
        if kind == "dict":
            return dict(_pair(pair, call, depth, budget) for pair in value)
        if kind == "column" and _is_list(message.get("i")):
            labels = tuple(_scalar(v, budget) for v in message["i"])
            return Column(labels, tuple(_decode(v, call, depth - 1, budget) for v in value))
        if kind == "table" and _is_list(message.get("c")) and all(_is_list(r) for r in value):
            names = tuple(_scalar(c, budget) for c in message["c"])
            return Table(names, tuple(tuple(_scalar(v, budget) for v in row) for row in value))
    raise PlainError("an answer is not in the format")


def _is_list(value: Any) -> bool:
    return type(value) is list and len(value) <= MAX_ITEMS


def _short(value: Any) -> str:
    if type(value) is not str:
        raise PlainError("a name is not text")
    return writable(value[:100])


def printable(text: str) -> str:
    """Return text on one line without control characters, escapes and direction overrides."""
    kept = (" " if c in "\r\n\t" else c for c in writable(text))
    return "".join(c for c in kept if unicodedata.category(c)[0] != "C")


def writable(text: str) -> str:
    """Return text without the lone surrogates that JSON can smuggle and no file can hold."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _scalar(message: Any, budget: list[int]) -> Any:
    """A label or a cell: never something that cannot be hashed or compared."""
    value = _decode(message, None, 0, budget)
    return value if isinstance(value, (str, int, float, bool, type(None))) else str(value)


def _pair(pair: Any, call: Callable[..., Any] | None, depth: int, budget: list[int]) -> tuple:
    if type(pair) is not list or len(pair) != 2:
        raise PlainError("a dictionary is not in the format")
    return _scalar(pair[0], budget), _decode(pair[1], call, depth - 1, budget)


def to_pandas(value: Any) -> Any:
    """Return what a student's function expects: a DataFrame for a table, a Series for a column."""
    if isinstance(value, (Table, Column)):
        import pandas

        if isinstance(value, Table):
            return pandas.DataFrame(list(value.rows), columns=list(value.columns))
        return pandas.Series(list(value.values), index=list(value.index) or None)
    if isinstance(value, list):
        return [to_pandas(v) for v in value]
    if isinstance(value, dict):
        return {k: to_pandas(v) for k, v in value.items()}
    return value


def local(value: Any) -> Any:
    """Return ``value`` as the grader would see it, for checks in the student's own notebook."""

    def call(*args: Any) -> Any:
        plain_args = [argument(a) for a in args]
        # Through the same door as in the sandbox: copies, plain columns.
        given = [to_pandas(decode(a)) for a in plain_args]
        try:
            result = value(*given)
        except Exception as error:
            raise AnswerError(f"{type(error).__name__}: {error}") from error
        # A column added to a table harms nobody; a changed prior is in every later answer.
        if any(
            isinstance(after, (dict, list)) and encode(after) != before
            for after, before in zip(given, plain_args, strict=True)
        ):
            raise ChangedArgument("it changes its argument")
        return local(result)

    return decode(encode(value), call)
