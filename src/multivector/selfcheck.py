"""Self-checks: one grammar, read by the book's pages and by its notebooks.

A self-check is written once in a chapter. The page shows it as a form (``multivector.book.
selfcheck``), a notebook calls :func:`ask`, and both take their HTML from :func:`pieces` and their
behaviour from the same script. :func:`parse` reads::

    :objective: 2
    Question in Markdown
    - [x] right answer :: what a reader sees who chose it
    - [ ] wrong answer :: what misunderstanding leads here

One ``[x]`` is a choice, ``:multiple:`` allows several. ``= 0.27 +- 0.005 :: why`` is a number with
its tolerance, ``! 27 +- 0.5 :: why not`` a wrong number worth an answer of its own, ``! :: hint``
meets every other one. ``:order:`` with a ``1.`` list, written in the right order, is an ordering.
``:unit:`` stands after a number's field, ``:fixed:`` keeps the choices in their written order.
"""

from __future__ import annotations

import hashlib
import html
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

#: A piece of a form: HTML as it is, or Markdown of a kind for the home to render
Piece = tuple[str, str]
FLAGS = ("multiple", "order", "fixed")
FIELDS = ("objective", "unit")
_OPTION = re.compile(r"^:([a-z]+):\s*(.*)$")
_CHOICE = re.compile(r"^- \[([ xX])\] (.*)$")
_NUMBER = re.compile(r"^([=!])\s*(.*)$")
_ITEM = re.compile(r"^\d+\. (.*)$")
_ROLE = re.compile(r"^\{(fact|glue|glue:text)\}`([^`]+)`$")
#: How a feedback begins that repeats the verdict before it, by whether the answer is right
_ECHO = {True: re.compile(r"^(?:Right|Yes)[:;,.] +(.)"), False: re.compile(r"^No[:;,.] +(.)")}
_STATIC = Path(__file__).resolve().parent / "book" / "static"


@dataclass(frozen=True)
class Answer:
    """One answer: its Markdown, its feedback, whether it is right; a number has a tolerance."""

    text: str
    feedback: str
    right: bool
    tolerance: float = 0.0


@dataclass(frozen=True)
class SelfCheck:
    """A question: ``kind`` is choice, multiple, numeric or order; numbers' ``text`` is a number."""

    name: str
    kind: str
    question: str
    answers: tuple[Answer, ...]
    objectives: tuple[int, ...] = ()
    otherwise: str = ""
    unit: str = ""
    fixed: bool = False


def parse(name: str, text: str, *, question_elsewhere: bool = False) -> SelfCheck:
    """Return the self-check written in ``text``; raises ``ValueError`` saying what is missing.

    ``question_elsewhere`` allows a blank question: in a notebook it stands in the cell above.
    """
    options: dict[str, str] = {}
    question: list[str] = []
    entries: list[str] = []
    for line in text.strip("\n").splitlines():
        if found := _OPTION.match(line.strip()):
            if found[1] not in (*FLAGS, *FIELDS):
                raise ValueError(f"self-check {name!r}: there is no option :{found[1]}:")
            options[found[1]] = found[2].strip()
        elif _CHOICE.match(line) or _NUMBER.match(line) or _is_item(line, options):
            entries.append(line.strip())
        elif entries and line.startswith(" ") and line.strip():
            entries[-1] += " " + line.strip()
        elif entries and line.strip():
            raise ValueError(f"self-check {name!r}: {line.strip()!r} stands after the answers")
        else:
            question.append(line)
    check = SelfCheck(
        name=name,
        kind=_kind(name, options, entries),
        question="\n".join(question).strip(),
        answers=(),
        objectives=_objectives(name, options.get("objective", "")),
        unit=options.get("unit", ""),
        fixed="fixed" in options,
    )
    if not check.question and not question_elsewhere:
        raise ValueError(f"self-check {name!r} has no question")
    return _checked(_with_answers(check, entries))


def _is_item(line: str, options: dict[str, str]) -> bool:
    return "order" in options and bool(_ITEM.match(line))


def _kind(name: str, options: dict[str, str], entries: list[str]) -> str:
    if not entries:
        raise ValueError(f"self-check {name!r} has no answers")
    if "order" in options:
        return "order"
    if any(_CHOICE.match(entry) for entry in entries):
        return "multiple" if "multiple" in options else "choice"
    return "numeric"


def _objectives(name: str, text: str) -> tuple[int, ...]:
    try:
        return tuple(int(part) for part in re.split(r"[,\s]+", text) if part)
    except ValueError:
        raise ValueError(f"self-check {name!r}: {text!r} are not objective numbers") from None


def _with_answers(check: SelfCheck, entries: list[str]) -> SelfCheck:
    answers: list[Answer] = []
    otherwise = ""
    for entry in entries:
        if (found := _CHOICE.match(entry)) and check.kind in ("choice", "multiple"):
            text, feedback = _split(found[2])
            answers.append(Answer(text, feedback, found[1] in "xX"))
        elif (found := _ITEM.match(entry)) and check.kind == "order":
            answers.append(Answer(*_split(found[1]), True))
        elif found := _NUMBER.match(entry):
            text, feedback = _split(found[2])
            if found[1] == "!" and not text:
                otherwise = feedback
            elif check.kind != "numeric":
                raise ValueError(f"self-check {check.name!r}: {entry!r} among answers in words")
            else:
                answers.append(_number(check.name, text, feedback, right=found[1] == "="))
        else:
            raise ValueError(f"self-check {check.name!r}: {entry!r} among answers of another kind")
    return replace(check, answers=tuple(answers), otherwise=otherwise)


def _split(text: str) -> tuple[str, str]:
    answer, _, feedback = re.sub(r"^:: ", " :: ", text).partition(" :: ")
    return answer.strip(), feedback.strip()


def _number(name: str, text: str, feedback: str, *, right: bool) -> Answer:
    value, _, tolerance = (part.strip() for part in text.partition("+-"))
    try:
        width = float(tolerance) if tolerance else 0.0
        if not _ROLE.match(value):
            float(value)
    except ValueError:
        raise ValueError(f"self-check {name!r}: {text!r} is not a number") from None
    return Answer(value, feedback, right, width)


def _checked(check: SelfCheck) -> SelfCheck:
    right = sum(answer.right for answer in check.answers)
    wants = {
        "choice": (right == 1 < len(check.answers), "needs exactly one [x] and a wrong answer"),
        "multiple": (right >= 1, "needs an [x]"),
        "numeric": (right == 1, "needs exactly one = line"),
        "order": (len(check.answers) > 2, "needs three items or more"),
    }
    fine, problem = wants[check.kind]
    if not fine:
        raise ValueError(f"self-check {check.name!r} {problem}")
    for answer in check.answers:
        if not answer.feedback and check.kind != "order":
            raise ValueError(f"self-check {check.name!r}: no feedback for {answer.text!r}")
    if check.kind == "numeric" and not check.otherwise:
        return replace(check, otherwise="Not this number. Try again, or open the answer.")
    return check


def resolved(check: SelfCheck, glue: Callable[[str], float]) -> SelfCheck:
    """Return ``check`` with every number that a role names replaced by its value.

    ``{fact}`id` `` is the fact's number; ``glue`` looks up a computed one by its key and raises
    ``ValueError`` where there is none.
    """

    def value(answer: Answer) -> Answer:
        found = _ROLE.match(answer.text)
        if not found:
            return answer
        if found[1] == "fact":
            from multivector import facts

            return replace(answer, text=repr(facts.value(found[2].strip())))
        return replace(answer, text=repr(glue(found[2].rsplit(":", 1)[0].strip())))

    if check.kind != "numeric":
        return check
    return replace(check, answers=tuple(value(answer) for answer in check.answers))


def shown(check: SelfCheck) -> list[int]:
    """Return the order in which answers are shown: shuffled, but the same in every build.

    An ordering is never shown solved.
    """
    count = list(range(len(check.answers)))
    if check.fixed or check.kind == "numeric":
        return count

    def rank(index: int) -> str:
        return hashlib.sha256(f"{check.name} {index}".encode()).hexdigest()

    order = sorted(count, key=rank)
    return order[1:] + order[:1] if check.kind == "order" and order == count else order


def pieces(check: SelfCheck) -> list[Piece]:
    """Return the form as a list of ("html", text), ("inline", Markdown), ("block", Markdown).

    Without a script it is a question and a folded answer; the script finds its feedback there.
    """
    name = html.escape(check.name)
    first, _, more = check.question.partition("\n\n")
    goals = ", ".join(
        f'<a href="#obj-{number}">objective {number}</a>' for number in check.objectives
    )
    # method=dialog outside a dialog submits nothing, with or without a script
    out: list[Piece] = [
        ("html", f'<form class="mv-check" id="{name}" method="dialog" data-kind="{check.kind}" '
                 f'data-objectives="{" ".join(map(str, check.objectives))}" autocomplete="off">'
                 f'<p class="mv-check-head"><strong>Self-check</strong>'
                 f"{f' <span>on {goals}</span>' if goals else ''}"
                 f'<span class="mv-check-mark"></span></p>'),
    ]  # fmt: skip
    describe = f' aria-describedby="{name}-more"' if more.strip() else ""
    out.append(("html", f"<fieldset{describe}><legend>"))
    out += [("inline", first), ("html", "</legend>")]
    if more.strip():
        out += [("html", f'<div id="{name}-more">'), ("block", more), ("html", "</div>")]
    out += _inputs(check)
    out.append(("html", "</fieldset>"))
    out.append(("buttons", ""))
    out.append(("html", '<div class="mv-check-result" role="status"></div>'))
    out += _answer(check)
    out.append(("html", "</form>"))
    return out


def _inputs(check: SelfCheck) -> list[Piece]:
    name = html.escape(check.name)
    if check.kind == "numeric":
        unit = f" ({html.escape(check.unit)})" if check.unit else ""
        field = (
            f'<p><label for="{name}-number">Your answer{unit}</label> '
            f'<input id="{name}-number" name="{name}" type="text" inputmode="decimal" size="12" />'
            "</p>"
        )
        return [("html", field)]
    out: list[Piece] = []
    if check.kind == "order":
        out.append(("html", '<ol class="mv-check-order">'))
        for index in shown(check):
            out += [("html", f'<li data-item="{index}"><span>'),
                    ("inline", check.answers[index].text), ("html", "</span></li>")]  # fmt: skip
        return [*out, ("html", "</ol>")]
    kind = "checkbox" if check.kind == "multiple" else "radio"
    for index in shown(check):
        field = f'<label><input type="{kind}" name="{name}" value="{index}" /> <span>'
        out += [("html", field), ("inline", check.answers[index].text), ("html", "</span></label>")]
    return out


def _answer(check: SelfCheck) -> list[Piece]:
    """Return the folded answer: the right one first, then what each other one misses."""
    tag = "ol" if check.kind == "order" else "ul"
    out: list[Piece] = [
        ("html", f'<details class="mv-check-answer"><summary>Answer</summary><{tag}>')
    ]
    order = sorted(range(len(check.answers)), key=lambda i: (not check.answers[i].right, i))
    for index in order:
        answer = check.answers[index]
        number = ""
        if check.kind == "numeric":
            number = f' data-value="{float(answer.text)!r}" data-tolerance="{answer.tolerance!r}"'
        out.append(("html", f'<li data-answer="{index}" data-right="{int(answer.right)}"{number}>'))
        if check.kind != "order":
            out.append(("html", f"<strong>{'Right' if answer.right else 'Not this'}:</strong> "))
        # A number shows itself; a computed one as precisely as its tolerance asks.
        text = _shown_number(answer) if check.kind == "numeric" else answer.text
        out += [("html", "<span>"), ("inline", text), ("html", "</span>")]
        if answer.feedback:
            why = _ECHO[answer.right].sub(lambda first: first[1].upper(), answer.feedback)
            out += [("html", ' <span class="mv-check-why">'), ("inline", why),
                    ("html", "</span>")]  # fmt: skip
        out.append(("html", "</li>"))
    out.append(("html", f"</{tag}>"))
    if check.otherwise:
        out += [("html", '<p class="mv-check-otherwise"><strong>Otherwise:</strong> <span>'),
                ("inline", check.otherwise), ("html", "</span></p>")]  # fmt: skip
    return [*out, ("html", "</details>")]


def _shown_number(answer: Answer) -> str:
    if len(answer.text) < 8 or not answer.tolerance:
        return answer.text
    return f"{float(answer.text):.{max(0, -int(f'{answer.tolerance:e}'.split('e')[1]))}f}"


BUTTONS = (
    '<p class="mv-check-actions"><button type="submit">Check</button> '
    '<button type="reset">Start again</button></p>'
)


def markdown_inline(text: str) -> str:
    """Return the HTML of one line of plain Markdown: code, strong, emphasis, links; no more."""
    out = []
    for index, part in enumerate(re.split(r"`([^`]+)`", text)):
        if index % 2:
            out.append(f"<code>{html.escape(part)}</code>")
            continue
        part = html.escape(part, quote=False)
        part = re.sub(r"\[([^\]]+)\]\(([^)\s]+)\)", r'<a href="\2">\1</a>', part)
        part = re.sub(r"\*\*(.+?)\*\*", r"<strong>\1</strong>", part)
        out.append(re.sub(r"\*(.+?)\*", r"<em>\1</em>", part))
    return "".join(out)


def script() -> str:
    """Return the behaviour of a self-check, the same text on a page and in a notebook."""
    return (_STATIC / "selfcheck.js").read_text(encoding="utf-8")


def form(check: SelfCheck) -> str:
    """Return the whole form as HTML, from plain Markdown; what a notebook shows."""
    render = {
        "html": lambda text: text,
        "inline": markdown_inline,
        "block": lambda text: f"<p>{markdown_inline(text)}</p>",
        "buttons": lambda text: BUTTONS,
    }
    return "".join(render[kind](text) for kind, text in pieces(check))


def ask(name: str, text: str) -> Any:
    """Return a widget that asks the self-check ``text`` in a notebook.

    The question may stand in the Markdown cell above. Raises ``ValueError`` for a text that
    :func:`parse` refuses.
    """
    import anywidget
    import traitlets

    check = parse(name, text, question_elsewhere=True)
    if not check.question:
        check = replace(check, question="Your answer to the question above")

    class Question(anywidget.AnyWidget):
        # Results of a notebook stay out of the book's own storage: another origin, another run.
        _esm = script() + _RENDER
        _css = (_STATIC / "selfcheck.css").read_text(encoding="utf-8")
        html = traitlets.Unicode().tag(sync=True)
        result = traitlets.Unicode("").tag(sync=True)

    bare = f'<div class="mv-check-bare">{form(replace(check, objectives=()))}</div>'
    return Question(html=bare)


_RENDER = """
export default {
  render({ model, el }) {
    el.innerHTML = model.get("html");
    globalThis.mvSelfCheck(el, function (name, right) {
      model.set("result", right ? "right" : "wrong");
      model.save_changes();
    });
    // JupyterLab must not act on keys typed here; it asks the element that has the focus first.
    el.querySelectorAll("a, button, input, summary").forEach(function (one) {
      one.dataset.lmSuppressShortcuts = "true";
    });
  },
};
"""
