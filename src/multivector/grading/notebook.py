"""Feedback in the student's own notebook: ``grader.check("q1")``.

The same call as otter-grader's, on the same test functions, without otter: its import pulls in a
browser's driver, and it wants its tests in files that a notebook opened in Colab does not have.
Here they travel inside the notebook. Only public tests ever come this way.
"""

from __future__ import annotations

import html
import json
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from multivector.grading.plain import (
    UNANSWERED,
    AnswerError,
    Column,
    Function,
    Stopped,
    Table,
    local,
    printable,
)


@dataclass(frozen=True)
class Feedback:
    """The outcome of one question's public tests, for a notebook or a terminal to show."""

    question: str
    messages: tuple[str, ...]

    def __repr__(self) -> str:
        if self.messages:
            return "\n".join([f"{self.question}: not yet", *(f"  - {m}" for m in self.messages)])
        return f"{self.question}: the form is correct. The value is checked after you hand in."

    def _repr_html_(self) -> str:
        first, *rest = repr(self).splitlines()
        items = "".join(f"<li>{code(line[4:])}</li>" for line in rest)
        mark = "&#9998;" if self.messages else "&#10003;"
        return f"<p><strong>{mark} {html.escape(first)}</strong></p>" + (
            f"<ul>{items}</ul>" if items else ""
        )


def code(text: str) -> str:
    """Return text as HTML, escaped, with `backticks` turned into ``<code>``."""
    parts = html.escape(text).split("`")
    return "".join(f"<code>{p}</code>" if i % 2 else p for i, p in enumerate(parts))


class Notebook:
    """A notebook's public tests: ``{question: [{"name": ..., "source": ...}]}``."""

    def __init__(self, tests: dict[str, list[dict[str, str]]] | None = None) -> None:
        self._tests = tests or {}
        self._errors = Errors.listening()

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Return the checks written into a notebook's first cell as JSON."""
        return cls(json.loads(text))

    def check(self, question: str, env: dict[str, Any] | None = None) -> Feedback:
        """Run one question's public tests on the notebook's names.

        ``env``: the names; the caller's globals if not given. Raises ``KeyError`` for a question
        that this notebook does not have.
        """
        if env is None:
            env = sys._getframe(1).f_globals
        if question not in self._tests:
            raise KeyError(f"no question {question!r} here; there are: {', '.join(self._tests)}")
        messages, answers = [], _Answers(env, self._errors.stopped)
        for test in self._tests[question]:
            message = run_test(test["name"], test["source"], answers)
            if message is not None and message not in messages:
                messages.append(message)
        return Feedback(question, tuple(messages))

    def check_all(self) -> list[Feedback]:
        """Run every question's public tests on the caller's globals."""
        env = sys._getframe(1).f_globals
        return [self.check(question, env) for question in self._tests]


class _Answers:
    """Looks a name up in the notebook, as a plain value: what the grader would see."""

    def __init__(self, env: dict[str, Any], stopped: Mapping[str, str] | None = None) -> None:
        self._env, self._stopped = env, stopped or {}

    def get(self, name: str) -> Any:
        value = local(self._env[name]) if name in self._env else UNANSWERED
        return because(value, name, self._stopped)


def because(value: Any, name: str, stopped: Mapping[str, str]) -> Any:
    """Return an answer, or how its cell stopped if that is why there is none.

    ``stopped``: {name: the error of the cell that should give it}.
    """
    return Stopped(stopped[name]) if value is UNANSWERED and name in stopped else value


def names_given(source: str) -> set[str]:
    """Return the names that a cell's text assigns or defines, also where it is not Python."""
    found = (m[1] or m[2] for m in _GIVES.finditer(source))
    return {name for part in found for name in re.findall(r"[^\W\d]\w*", part)}


#: Lines at the margin such as ``x = ``, ``a, b = ``, ``x: float = ``, ``x += `` and ``def f``.
_GIVES = re.compile(
    r"^(?:def\s+(\w+)|([^\W\d]\w*(?:\s*,\s*[^\W\d]\w*)*)\s*(?::[^=\n]+)?[-+*/]?=(?!=))",
    re.MULTILINE,
)


class Errors:
    """What stopped in the notebook so far: ``stopped`` is {name: error} of names without a value.

    Called by IPython after every cell.
    """

    def __init__(self) -> None:
        self.stopped: dict[str, str] = {}

    def __call__(self, result: Any) -> None:
        """Remember how a cell stopped, or forget it when the cell comes to its end."""
        source = getattr(getattr(result, "info", None), "raw_cell", "") or ""
        error = result.error_before_exec or result.error_in_exec
        for name in names_given(source):
            if error is None:
                self.stopped.pop(name, None)
            else:
                self.stopped[name] = _described(error)

    @classmethod
    def listening(cls) -> Self:
        """Return what listens to the notebook this runs in; to nothing outside of IPython."""
        errors = cls()
        ipython = sys.modules.get("IPython")
        shell = ipython.get_ipython() if ipython is not None else None
        if shell is not None:
            shell.events.register("post_run_cell", errors)
        return errors


def _described(error: BaseException) -> str:
    """Return an error of a cell as its type, message and line within that cell."""
    line = getattr(error, "lineno", None)
    trace, file = error.__traceback__, None
    while trace is not None:
        code_of = trace.tb_frame.f_code
        # The first frame of a cell is its module level; a function's lines count in its own cell.
        if code_of.co_name in ("<module>", "<cell line: 1>") or code_of.co_name.startswith("<cell"):
            file = file or code_of.co_filename
        if file is not None and code_of.co_filename == file:
            line = trace.tb_lineno
        trace = trace.tb_next
    return told_error(type(error).__name__, str(error), line)


def told_error(kind: str, message: str, line: int | None) -> str:
    """Return an error in one line, such as ``NameError: name 'x' is not defined (line 3)``."""
    # Python writes the place of a SyntaxError into its message too: "(<cell>, line 3)".
    message = re.sub(r"\s*\([^()]*, line \d+\)$", "", message)
    text = printable(f"{kind}: {message}"[:300]).rstrip(": ")
    return f"{text} (line {line})" if line else text


@dataclass(frozen=True)
class Verdict:
    """What a test says of an answer that is not right.

    ``share``: the part of the points earned all the same. ``calls``: every call of a student's
    function, in words. ``right``: the expected value, if the test named one. ``error``: how the
    student's function stopped, if it did.
    """

    message: str
    share: float = 0.0
    calls: tuple[str, ...] = ()
    right: Any = None
    error: str = ""


def judge(name: str, source: str, answers: Any) -> Verdict | None:
    """Run one test function on ``answers.get(parameter)``; return its complaint, or ``None``.

    The source is the instructor's. An error that is not a complaint is one all the same: no
    answer may break a test into passing.
    """
    scope: dict[str, Any] = {"__name__": "multivector_test"}
    exec(compile(source, f"<{name}>", "exec"), scope)
    test = scope[name]
    params = test.__code__.co_varnames[: test.__code__.co_argcount]
    calls: list[str] = []
    values = {param: _watched(answers.get(param), param, calls) for param in params}
    try:
        test(**values)
    except AssertionError as error:
        share = getattr(error, "share", 0.0)
        cause = str(error.__cause__) if isinstance(error.__cause__, AnswerError) else ""
        right = getattr(error, "right", None)
        return Verdict(str(error) or "This is not right yet.", share, tuple(calls), right, cause)
    except Exception as error:
        stopped = next((k for k, v in values.items() if isinstance(v, Stopped)), None)
        if stopped is not None:
            return Verdict(
                f"`{stopped}` has no value, because its cell stopped: {values[stopped].error}."
            )
        return Verdict(f"The answer could not be read ({type(error).__name__}).", 0.0, tuple(calls))
    return None


def run_test(name: str, source: str, answers: Any) -> str | None:
    """Return what ``judge`` says in words, or ``None``."""
    verdict = judge(name, source, answers)
    return None if verdict is None else verdict.message


def _watched(value: Any, name: str, calls: list[str]) -> Any:
    """Return a function that writes each of its calls into ``calls``; other answers as they are."""
    if not isinstance(value, Function):
        return value

    def call(*args: Any) -> Any:
        said = f"{name}({', '.join(_short(a) for a in args)})"
        calls.append(f"`{said}` did not come to an end")
        try:
            result = value(*args)
        except AnswerError as error:
            calls[-1] = f"`{said}` stopped with {printable(str(error))[:200]}"
            raise
        calls[-1] = f"`{said}` returned {_short(result)}"
        return result

    return Function(value.params, call)


def _short(value: Any) -> str:
    """Return a value as a sentence can show it, cut where it is long."""
    if hasattr(value, "to_dict") and hasattr(value, "columns"):
        text = f"a table of {len(value)} rows"
    elif isinstance(value, Table):
        text = f"a table of {len(value.rows)} rows"
    elif isinstance(value, Column):
        text = repr(list(value.values))
    else:
        text = f"{value:.6g}" if isinstance(value, float) else repr(value)
    return printable(text.replace("`", "'"))[:200]
