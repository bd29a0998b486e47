"""Feedback in the student's own notebook: ``grader.check("q1")``.

The same call as otter-grader's, on the same test functions, without otter: its import pulls in a
browser's driver, and it wants its tests in files that a notebook opened in Colab does not have.
Here they travel inside the notebook. Only public tests ever come this way.
"""

from __future__ import annotations

import html
import json
import sys
from dataclasses import dataclass
from typing import Any, Self

from multivector.grading.plain import UNANSWERED, local


@dataclass(frozen=True)
class Feedback:
    """The outcome of one question's public tests, for a notebook or a terminal to show."""

    question: str
    messages: tuple[str, ...]

    def __repr__(self) -> str:
        if self.messages:
            return "\n".join([f"{self.question}: not yet", *(f"  - {m}" for m in self.messages)])
        return (
            f"{self.question}: nothing to complain about. "
            "The form is right; the value is compared after you hand in."
        )

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
        messages = []
        for test in self._tests[question]:
            message = run_test(test["name"], test["source"], _Answers(env))
            if message is not None and message not in messages:
                messages.append(message)
        return Feedback(question, tuple(messages))

    def check_all(self) -> list[Feedback]:
        """Run every question's public tests on the caller's globals."""
        env = sys._getframe(1).f_globals
        return [self.check(question, env) for question in self._tests]


class _Answers:
    """Looks a name up in the notebook, as a plain value: what the grader would see."""

    def __init__(self, env: dict[str, Any]) -> None:
        self._env = env

    def get(self, name: str) -> Any:
        return local(self._env[name]) if name in self._env else UNANSWERED


def run_test(name: str, source: str, answers: Any) -> str | None:
    """Run one test function on ``answers.get(parameter)``; return its complaint, or ``None``.

    The source is the instructor's. An error that is not a complaint is one all the same: no
    answer may break a test into passing.
    """
    scope: dict[str, Any] = {"__name__": "multivector_test"}
    exec(compile(source, f"<{name}>", "exec"), scope)
    test = scope[name]
    params = test.__code__.co_varnames[: test.__code__.co_argcount]
    values = {param: answers.get(param) for param in params}
    try:
        test(**values)
    except AssertionError as error:
        return str(error) or "This is not right yet."
    except Exception as error:
        return f"The answer could not be read ({type(error).__name__})."
    return None
