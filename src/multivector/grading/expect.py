"""What a test asks of an answer, in sentences a student can act on.

Every helper takes an answer (a raw object or a plain value), raises ``Wrong`` with a message, or
returns the answer ready to use. Used by the tests inside an assignment's source: in the student's
notebook, in our grader and, through otter, on Gradescope.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from multivector.grading.plain import (
    TOO_LARGE,
    UNANSWERED,
    AnswerError,
    Column,
    Function,
    Other,
    Table,
    local,
)


class Wrong(AssertionError):
    """An answer that is not (yet) right; the message is written for the student."""


def _plain(value: Any) -> Any:
    known = (Column, Table, Other, Function, int, float, str, bool, list, dict)
    return value if value is UNANSWERED or isinstance(value, known) else local(value)


def answered(value: Any, name: str) -> Any:
    """Return the plain answer; raises ``Wrong`` if it is undefined, ``...``, ``None`` or huge."""
    value = _plain(value)
    if value is UNANSWERED:
        raise Wrong(f"`{name}` is not answered yet. Fill in its cell, run it, then check again.")
    if value == Other(TOO_LARGE):
        raise Wrong(
            f"`{name}` holds far more than the question asks for, perhaps a whole table: "
            "pick out of it what is asked for."
        )
    if value is None:
        hint = " Does your function end in `return`?" if name.endswith(")") else ""
        raise Wrong(f"`{name}` is None.{hint}")
    return value


def number(value: Any, name: str, low: float | None = None, high: float | None = None) -> float:
    """Return the answer as a float; raises ``Wrong`` for anything but one finite number."""
    value = answered(value, name)
    if isinstance(value, bool):
        raise Wrong(f"`{name}` is True or False; a number is asked for.")
    if isinstance(value, str):
        raise Wrong(f"`{name}` is text in quotes; a number is asked for: drop the quotes.")
    if isinstance(value, Column):
        hint = "take the single value out of it, for example with `.iloc[0]` or `.sum()`"
        raise Wrong(
            f"`{name}` is a whole column (Series or array); one number is asked for: {hint}."
        )
    if isinstance(value, Table):
        raise Wrong(f"`{name}` is a table; one number is asked for.")
    if isinstance(value, (list, dict)):
        raise Wrong(f"`{name}` is a collection; one number is asked for.")
    if isinstance(value, Function):
        raise Wrong(f"`{name}` is a function, not its result: call it with ( ).")
    if isinstance(value, Other):
        raise Wrong(f"`{name}` is of type {value.type_name}; a plain number is asked for.")
    result = float(value)
    if math.isnan(result):
        raise Wrong(f"`{name}` is NaN, not a number: a blank crept in, or zero divided by zero.")
    if math.isinf(result):
        raise Wrong(f"`{name}` is infinite: something was divided by zero.")
    if low is not None and result < low:
        raise Wrong(f"`{name}` is {result:g}; it cannot be below {low:g}.")
    if high is not None and result > high:
        raise Wrong(f"`{name}` is {result:g}; it cannot be above {high:g}.")
    return result


def share(value: Any, name: str) -> float:
    """Return a share in [0, 1]; raises ``Wrong``, with its own message for a percentage."""
    result = number(value, name)
    if 1 < result <= 100:
        raise Wrong(
            f"`{name}` is {result:g}: that looks like per cent. "
            "A share lies between 0 and 1: divide by the total, without the 100."
        )
    return number(result, name, 0, 1)


def close(value: Any, expected: float, name: str, rel: float = 1e-3, abs_tol: float = 1e-9) -> None:
    """Raise ``Wrong`` unless the answer lies within ``rel`` of ``expected``; never names it."""
    if not math.isclose(number(value, name), expected, rel_tol=rel, abs_tol=abs_tol):
        raise Wrong(f"`{name}` has the right form, but not the right value.")


def not_mistaken(value: Any, name: str, mistakes: Mapping[str, float], rel: float = 2e-3) -> None:
    """Raise ``Wrong`` with the message of the known wrong value that the answer equals."""
    result = number(value, name)
    for message, wrong in mistakes.items():
        if math.isclose(result, wrong, rel_tol=rel):
            raise Wrong(message)


def pair(value: Any, name: str, what: str = "two numbers") -> tuple[float, float]:
    """Return an answer of two numbers, in their order; raises ``Wrong`` for anything else."""
    value = answered(value, name)
    values = list(value.values) if isinstance(value, Column) else value
    if not isinstance(values, list) or len(values) != 2:
        raise Wrong(f"`{name}` should be {what}, with a comma between them: (first, second).")
    return number(values[0], f"{name}[0]"), number(values[1], f"{name}[1]")


def interval(value: Any, name: str) -> tuple[float, float]:
    """Return a lower and an upper bound; raises ``Wrong`` if they are turned round."""
    low, high = pair(value, name, "a lower and an upper bound")
    if low > high:
        raise Wrong(f"`{name}` has its bounds the wrong way round: {low:g} is above {high:g}.")
    return low, high


def letter(value: Any, name: str, options: str) -> str:
    """Return one of ``options`` in upper case; raises ``Wrong`` for anything else."""
    value = answered(value, name)
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if not isinstance(value, str) or len(value.strip()) != 1:
        raise Wrong(f'`{name}` should be one letter in quotes, such as "{options[0]}".')
    result = value.strip().upper()
    if result not in options:
        raise Wrong(f"`{name}` should be one of {', '.join(options)}. (Latin letters, please.)")
    return result


def letters(value: Any, name: str, options: str) -> frozenset[str]:
    """Return a set of letters out of ``options``; accepts a list, a set or one string."""
    value = answered(value, name)
    if isinstance(value, str):
        value = [c for c in value if c not in " ,;"]
    if not isinstance(value, list):
        raise Wrong(f'`{name}` should be a list of letters, such as ["{options[0]}"].')
    return frozenset(letter(v, name, options) for v in value)


def coded(value: Any, name: str, keys: Iterable[str], codes: Iterable[str]) -> dict[str, str]:
    """Return a dictionary that gives every key one of the codes; raises ``Wrong`` otherwise."""
    value, keys, codes = answered(value, name), list(keys), list(codes)
    if not isinstance(value, dict):
        raise Wrong(f"`{name}` should be a dictionary: one code for every statement.")
    missing = [k for k in keys if value.get(k, UNANSWERED) in (None, UNANSWERED)]
    if missing:
        raise Wrong(f"`{name}` has no code yet for: {', '.join(missing)}.")
    result = {}
    for key in keys:
        code = value[key]
        if not isinstance(code, str) or code.strip().lower() not in codes:
            raise Wrong(f'`{name}["{key}"]` should be one of: {", ".join(codes)}.')
        result[key] = code.strip().lower()
    return result


def text(value: Any, name: str, min_words: int, max_words: int) -> str:
    """Return a text of ``min_words`` to ``max_words`` words; raises ``Wrong`` otherwise."""
    value = answered(value, name)
    if not isinstance(value, str):
        raise Wrong(f"`{name}` should be text between triple quotes.")
    count = len(value.split())
    if not min_words <= count <= max_words:
        raise Wrong(f"`{name}` has {count} words; {min_words} to {max_words} are asked for.")
    return value


def function(value: Any, name: str, params: int) -> Function:
    """Return a callable answer taking ``params`` arguments; raises ``Wrong`` otherwise."""
    value = answered(value, name)
    if not isinstance(value, Function):
        raise Wrong(f"`{name}` should be a function: keep the line that begins with `def`.")
    if len(value.params) != params:
        raise Wrong(f"`{name}` should take {params} arguments, as in the template.")
    return value


def result(func: Any, name: str, *args: Any, blank: bool = False) -> Any:
    """Call the student's function; raises ``Wrong`` with its error, or if nothing is returned.

    ``blank``: ``None`` is an answer here.
    """
    try:
        value = function(func, name, len(args))(*args)
    except AnswerError as error:
        raise Wrong(f"`{name}` stopped with an error: {str(error)[:300]}") from None
    return None if blank and value is None else answered(value, f"{name}(...)")
