"""What a test asks of an answer, in sentences a student can act on.

Every helper takes an answer (a raw object or a plain value), raises ``Wrong`` with a message, or
returns the answer ready to use. Used by the tests inside an assignment's source: in the student's
notebook, in our grader and, through otter, on Gradescope.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from multivector.grading.plain import (
    TOO_LARGE,
    UNANSWERED,
    AnswerError,
    ChangedArgument,
    Column,
    Function,
    Other,
    Stopped,
    Table,
    local,
)


class Wrong(AssertionError):
    """An answer that is not (yet) right; the message is written for the student.

    ``share``: the part of the test's points that is earned all the same, in [0, 1). ``right``: the
    value that was expected; a student reads it only where the worked solution is shown too.
    """

    def __init__(self, message: str = "", *, share: float = 0.0, right: Any = None) -> None:
        super().__init__(message)
        self.share, self.right = share, right


def _plain(value: Any) -> Any:
    known = (Column, Table, Other, Function, Stopped, int, float, str, bool, list, dict)
    return value if value is UNANSWERED or isinstance(value, known) else local(value)


def answered(value: Any, name: str) -> Any:
    """Return the plain answer; raises ``Wrong`` if it is undefined, ``...``, ``None`` or huge.

    A Series with names as labels is a dictionary; any other Series, Index or array is a list. Where
    the cell that should define it stopped, the message is that cell's error.
    """
    value = _plain(value)
    if isinstance(value, Stopped):
        raise Wrong(
            f"`{name}` has no value, because its cell stopped: {value.error}. "
            "Correct that line, run the cell again, then check again."
        )
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
    if isinstance(value, Column):
        named = value.index and all(isinstance(label, str) for label in value.index)
        if named and len(set(value.index)) == len(value.values):
            return dict(zip(value.index, value.values, strict=True))
        return list(value.values)
    return value


def number(value: Any, name: str, low: float | None = None, high: float | None = None) -> float:
    """Return the answer as a float; raises ``Wrong`` for anything but one finite number."""
    value = _plain(value)
    value = value if isinstance(value, Column) else answered(value, name)
    if isinstance(value, bool):
        raise Wrong(f"`{name}` is True or False; a number is asked for.")
    if isinstance(value, str):
        comma = " and write a point for the decimal comma" if "," in value else ""
        raise Wrong(f"`{name}` is text in quotes; a number is asked for: drop the quotes{comma}.")
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
    """Raise ``Wrong`` unless the answer lies within ``rel`` of ``expected``.

    One rule for rounding: what is rounded right to three digits (a share below 0.1 to three
    decimals) is the value. The message names the answer and the slip it looks like, never the
    expected value.
    """
    given = number(value, name)
    if math.isclose(given, expected, rel_tol=rel, abs_tol=abs_tol) or _rounded(given, expected):
        return
    slip = _slip(given, float(expected), max(rel, 1e-3))
    raise Wrong(f"`{name}` is {given:.6g}, and that is not the value. {slip}", right=expected)


def close_each(*checks: tuple[Any, float, str], rel: float = 1e-3, abs_tol: float = 1e-9) -> None:
    """Raise ``Wrong`` unless every (answer, expected, name) is ``close``.

    Each one that is right earns its part of the test's points.
    """
    wrong = []
    for value, expected, name in checks:
        try:
            close(value, expected, name, rel=rel, abs_tol=abs_tol)
        except Wrong as error:
            wrong.append((str(error), f"{name} {expected:.6g}"))
    if wrong:
        raise Wrong(
            " ".join(told for told, _ in wrong),
            share=(len(checks) - len(wrong)) / len(checks),
            right="; ".join(right for _, right in wrong),
        )


def _rounded(given: float, expected: float) -> bool:
    """Return whether ``given`` is ``expected`` rounded to three digits."""
    if not expected or not math.isfinite(expected):
        return False
    digits = 2 - math.floor(math.log10(abs(expected)))
    places = {digits, 3} if 0.01 <= abs(expected) < 0.1 else {digits}
    return any(math.isclose(given, round(expected, n), rel_tol=1e-9) for n in places)


def _slip(given: float, expected: float, rel: float) -> str:
    """Return the usual slip that leads from ``expected`` to ``given``, or what to check."""
    known = (
        (100 * expected, "It looks like per cent where a share is asked for: do not multiply."),
        (expected / 100, "It is a hundredth of the value: is per cent asked for, and not a share?"),
        (1000 * expected, "It is a thousand times too large: check millions and billions."),
        (expected / 1000, "It is a thousand times too small: check millions and billions."),
        (-expected, "The sign is the other way round: which of the two is taken away?"),
        (1 - expected, "It is one minus the value: which of the two parts is asked for?"),
        (1 / expected if expected else 0.0, "The fraction is upside down."),
    )
    for wrong, told in known:
        if expected and math.isclose(given, wrong, rel_tol=rel):
            return told
    # As many digits as the student kept: a right value that was rounded first.
    text = f"{given:.10f}".rstrip("0")
    places = len(text.partition(".")[2])
    if places < 4 and round(expected, places) == round(given, places):
        return "It was rounded, here or on the way: use the number as it is computed."
    if expected and abs(given / expected - 1) < 0.02:
        return "It is close: check whether something was rounded or left out on the way."
    return "Check the year, the unit, and what is counted."


def not_mistaken(
    value: Any, name: str, mistakes: Mapping[str, float | str], rel: float = 2e-3
) -> None:
    """Raise ``Wrong`` with the message of the known wrong value that the answer equals.

    A value in text is one that ``seal`` made: it is compared with three digits of the answer.
    """
    result = number(value, name)
    seals: set[str] = set()
    if any(isinstance(wrong, str) for wrong in mistakes.values()):
        seals = {seal(result * factor) for factor in (1 - 1e-3, 1, 1 + 1e-3)}
    for message, wrong in mistakes.items():
        if wrong in seals if isinstance(wrong, str) else math.isclose(result, wrong, rel_tol=rel):
            raise Wrong(message)


@lru_cache(maxsize=256)
def _seal(digits: str) -> str:
    return hashlib.pbkdf2_hmac("sha256", digits.encode(), b"multivector", 30_000).hex()[:16]


def seal(value: float) -> str:
    """Return a slow digest of three digits of a number: no number can be read from it."""
    return _seal(f"{value:.2e}")


def pair(value: Any, name: str, what: str = "two numbers") -> tuple[float, float]:
    """Return an answer of two numbers, in their order; raises ``Wrong`` for anything else."""
    value = _plain(value)
    values = list(value.values) if isinstance(value, Column) else answered(value, name)
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
    result = plain_text(value).upper()
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
        if not isinstance(code, str) or plain_text(code) not in map(plain_text, codes):
            raise Wrong(f'`{name}["{key}"]` should be one of: {", ".join(codes)}.')
        result[key] = plain_text(code)
    return result


def same_codes(value: Any, name: str, right: Mapping[str, str | tuple[str, ...]]) -> None:
    """Raise ``Wrong`` unless every key of ``right`` has its code (one of several) in the answer.

    The message says which keys are wrong and what was written there, never the right code. What is
    right earns its part of the points, less what one code written everywhere would earn.
    """
    given = answered(value, name)
    if not isinstance(given, dict):
        raise Wrong(f"`{name}` should be a dictionary: one code for every statement.")
    codes = {
        key: [plain_text(c) for c in ([code] if isinstance(code, str) else code)]
        for key, code in right.items()
    }
    wrong = [key for key, fine in codes.items() if plain_text(given.get(key)) not in fine]
    if not wrong:
        return
    known = {code for fine in codes.values() for code in fine}
    guess = max(sum(one in fine for fine in codes.values()) for one in known)
    found = len(codes) - len(wrong)
    share = (found - guess) / (len(codes) - guess) if len(codes) > guess else 0.0
    written = ", ".join(f"{k} (you wrote {_shown(given.get(k))})" for k in wrong)
    raise Wrong(
        f"`{name}`: {found} of {len(codes)} compared here are right. Wrong: {written}. "
        "Read the definition of what you wrote there again.",
        share=max(0.0, share),
        right={key: " or ".join(fine) for key, fine in codes.items()},
    )


def same_letters(value: Any, name: str, options: str, right: Iterable[str]) -> None:
    """Raise ``Wrong`` unless the answer is the set of letters ``right``."""
    given, expected = letters(value, name, options), frozenset(right)
    if given == expected:
        return
    written = ", ".join(sorted(given)) or "no letter"
    more, less = given - expected, expected - given
    if more and less:
        hint = "At least one letter in it is wrong, and at least one is missing"
    else:
        hint = "A letter is missing" if less else "At least one letter in it is wrong"
    raise Wrong(
        f"`{name}`: you chose {written}. {hint}. Judge every option by itself.",
        right=", ".join(sorted(expected)),
    )


def same_letter(value: Any, name: str, options: str, right: str) -> None:
    """Raise ``Wrong`` unless the answer is the letter ``right``."""
    given = letter(value, name, options)
    if given != right:
        raise Wrong(
            f"`{name}`: you chose {given}, and another option is right. Read all of them again.",
            right=right,
        )


def same_text(value: Any, name: str, right: Iterable[str]) -> None:
    """Raise ``Wrong`` unless the answer is one of the words ``right``, in any case."""
    given, accepted = answered(value, name), list(right)
    if not isinstance(given, str):
        raise Wrong(f"`{name}` should be text in quotes.")
    if plain_text(given) not in map(plain_text, accepted):
        raise Wrong(
            f"`{name}`: you wrote {_shown(given)}, and another one is right.", right=accepted[0]
        )


def _shown(value: Any) -> str:
    """Return an answer as a sentence can quote it: short, and text in quotes."""
    if isinstance(value, str):
        return f'"{value[:60]}"'
    if value is None or value is UNANSWERED:
        return "nothing"
    return repr(value)[:60]


#: Letters that a Kazakh or Russian keyboard has where the Latin one of the same shape is meant.
_LOOK_ALIKE = str.maketrans("АВСЕНІКМОРТХасеіорх", "ABCEHIKMOPTXaceiopx")


def plain_text(value: Any) -> str:
    """Return a word as it is compared: lower case, single spaces, Cyrillic look-alikes Latin."""
    return " ".join(str(value).translate(_LOOK_ALIKE).split()).lower()


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
    except ChangedArgument:
        raise Wrong(
            f"`{name}` changes what it is given, so your later cells go on with another value: "
            "begin with a copy, such as `new = dict(old)` or `new = list(old)`."
        ) from None
    except AnswerError as error:
        raise Wrong(f"`{name}` stopped with an error: {str(error)[:300]}") from error
    return None if blank and value is None else answered(value, f"{name}(...)")
