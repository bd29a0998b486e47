"""A made-up class to try everything on: roster, submissions and the LMS's own gradebook.

The same class every time, from the assignment's solution: right, partly right, slips, hard-coded,
broken in the usual ways, copied, late, missing. The people do not exist.
"""

from __future__ import annotations

import csv
import inspect
import io
import json
import re
import zipfile
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from multivector import archive
from multivector.grading.assignment import Assignment, Cell, sum_points, with_solution
from multivector.grading.build import names_of_solution, student_notebook
from multivector.grading.lms import Student

KINDS_OF_LMS = ("canvas", "moodle")
# Women's and men's in turn, since many surnames here have two forms.
_FIRST = (
    "Әсел", "Иван", "Айгүл", "Ғани", "Sara", "Nurlan", "Құралай", "Өміржан", "Динара", "Ұлан",
    "Мария", "Tomás", "Үміт", "Һашим", "Іңкәр", "Ерлан", "Mei", "Әлихан", "Елена", "Бауыржан",
)  # fmt: skip
_LAST = (
    ("Құрманғалиқызы", "Құрманғалиұлы"), ("Петрова", "Петров"), ("Әбдірахманова", "Әбдірахманов"),
    ("O'Neill", "O'Neill"), ("Сейітқали", "Сейітқали"), ("Ким", "Ким"), ("Ыбырайым", "Ыбырайым"),
    ("Соколова-Ли", "Соколов-Ли"), ("Тұрсынбек", "Тұрсынбек"), ("García", "García"),
    ("Нұрғали", "Нұрғали"),
)  # fmt: skip


@dataclass(frozen=True)
class _Maker:
    """One student's notebook in the making. ``number`` makes it theirs."""

    assignment: Assignment
    number: int

    def pick(self, choices: Sequence[Any], what: str = "") -> Any:
        """Return one of the choices, the same on every machine."""
        key = f"{self.assignment.slug} {self.number} {what}"
        return choices[zlib.crc32(key.encode()) % len(choices)]

    def some(self, what: str, of: int = 3) -> bool:
        """Return ``True`` for one student in ``of``."""
        return self.pick(range(of), what) == 0

    def one_question(self) -> str:
        """Return the question in which something certainly goes wrong, if anything does."""
        return self.pick(self.assignment.automatic, "one").name

    def notebook(self, answer: Callable[[Cell], str], *extra: str) -> bytes:
        """Return the student's notebook with ``answer(cell)`` in the place of every answer."""
        content = json.loads(student_notebook(self.assignment))
        slug = self.assignment.slug
        cells = {f"cell-{slug}-{n}"[:64]: c for n, c in enumerate(self.assignment.cells)}
        for cell in content["cells"]:
            source = cells.get(cell["id"])
            if source is not None and source.role == "solution":
                cell["source"] = answer(source)
        for number, source in enumerate((self.scribbles(), *extra)):
            content["cells"].append(
                {
                    "cell_type": "code",
                    "id": f"mine-{number}",
                    "metadata": {},
                    "source": source,
                    "outputs": [],
                    "execution_count": None,
                }
            )
        return json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True).encode()

    def scribbles(self) -> str:
        """Return the trying-out that stands at the end of a student's notebook."""
        verbs = ("len", "sorted", "list", "set", "max", "str")
        lines = []
        for line in range(6):
            verb = self.pick(verbs, f"verb {line}")
            values = [self.pick(range(10, 99), f"{line} {place}") for place in range(3)]
            lines.append(f"try_{line} = {verb}('{values[0]} {values[1]}'.split()), {values[2]}")
        return "\n".join(lines)

    def solved(self, cell: Cell) -> str:
        """Return a right answer; a text is this student's own selection of sentences."""
        question = self.assignment.question(cell.question)
        if not question.manual:
            return with_solution(cell.source)
        model = names_of_solution(self.assignment)
        return "\n".join(self._essay(name, model[name]) for name in question.answers)

    def _essay(self, name: str, model: Any) -> str:
        if not isinstance(model, str):
            return f"{name} = {model!r}"
        sentences = re.split(r"(?<=[.;])\s+", model.strip())
        kept = [s for i, s in enumerate(sentences) if not self.some(f"{name} {i}", 9)] or sentences
        text = " ".join(kept).replace("\\", "\\\\").replace('"""', "'''")
        return f'{name} = """\n{text}\n"""'

    def slipped(self, cell: Cell, every: int = 2) -> str:
        """Return a right answer with a slip after it, in one question out of ``every``."""
        answer = self.solved(cell)
        question = self.assignment.question(cell.question)
        here = question.name == self.one_question() or self.some(question.name, every)
        if question.manual or not here:
            return answer
        values = names_of_solution(self.assignment)
        name = self.pick(question.answers, question.name)
        return f"{answer}\n{self._slip(name, values.get(name))}"

    def _slip(self, name: str, value: Any) -> str:
        if callable(value):
            names = ", ".join(inspect.signature(value).parameters)
            return f"def {name}({names}):\n    print(0.5)"
        if isinstance(value, str):
            other = self.pick([c for c in "ABCD" if c != value], name)
            return f"{name} = {other!r}" if len(value) == 1 else f"{name} = 'not ' + {name}"
        if isinstance(value, (list, tuple, set)):
            return f"{name} = list({name})[1:]"
        if isinstance(value, dict):
            return f"{name} = dict.fromkeys({name}, list({name}.values())[0])"
        forms = ("100 * {}", "{} / 1000", "-{}", "str({})")
        return f"{name} = {self.pick(forms, name).format(name)}"

    def hard_coded(self, cell: Cell) -> str:
        """Return numbers typed in, and functions that return one."""
        question = self.assignment.question(cell.question)
        if question.manual:
            return self.solved(cell)
        values, lines = names_of_solution(self.assignment), []
        for name in question.answers:
            value = values.get(name)
            value = value.item() if hasattr(value, "item") else value
            if callable(value):
                names = ", ".join(inspect.signature(value).parameters)
                lines.append(f"def {name}({names}):\n    return 0.25")
            else:
                lines.append(f"{name} = {value!r}")
        return "\n".join(lines)

    def broken(self, cell: Cell, damage: str) -> str:
        """Return right answers, and ``damage`` at the end of one question's."""
        return self.solved(cell) + (damage if cell.question == self.one_question() else "")


def _right(maker: _Maker) -> bytes:
    return maker.notebook(maker.solved)


def _partly(maker: _Maker) -> bytes:
    left = {q.name for q in maker.assignment.questions if maker.some(f"left {q.name}", 3)}
    left.add(maker.one_question())
    return maker.notebook(lambda c: "..." if c.question in left else maker.solved(c))


def _slips(maker: _Maker) -> bytes:
    return maker.notebook(maker.slipped)


def _typed(maker: _Maker) -> bytes:
    return maker.notebook(maker.hard_coded)


def _syntax(maker: _Maker) -> bytes:
    return maker.notebook(lambda c: maker.broken(c, "\nprint('almost there'"))


def _loop(maker: _Maker) -> bytes:
    return maker.notebook(lambda c: maker.broken(c, "\nwhile True:\n    pass"))


def _empty(maker: _Maker) -> bytes:
    return b""


def _cut(maker: _Maker) -> bytes:
    return _right(maker)[:2000]


def _untouched(maker: _Maker) -> bytes:
    return student_notebook(maker.assignment).encode()


def _short(maker: _Maker) -> bytes:
    def answer(cell: Cell) -> str:
        question = maker.assignment.question(cell.question)
        if question.manual:
            return "\n".join(f'{name} = """Мәтін әлі дайын емес."""' for name in question.answers)
        return maker.slipped(cell, 3)

    return maker.notebook(answer)


# The first dozen show everything once; a bigger class goes on with what is common.
_KINDS: dict[str, Callable[[_Maker], bytes]] = {
    "right": _right,
    "partly": _partly,
    "slips": _slips,
    "hard-coded": _typed,
    "syntax error": _syntax,
    "endless loop": _loop,
    "empty file": _empty,
    "copied": _right,
    "renamed": _right,
    "copied with other names": _right,
    "short text": _short,
    "untouched": _untouched,
    "cut off": _cut,
}
_COMMON = ("right", "slips", "partly", "right", "slips", "short text", "partly", "hard-coded")


def kinds(count: int) -> list[str]:
    """Return what each of ``count`` submissions is like."""
    first = list(_KINDS)
    return [first[i] if i < len(first) else _COMMON[i % len(_COMMON)] for i in range(count)]


def people(count: int, lms: str) -> list[Student]:
    """Return ``count`` people; the second and the last share a name, as happens."""
    start = 4001 if lms == "canvas" else 88001
    found = []
    for number in range(count):
        twin = 1 if number == count - 1 and count > 3 else number
        first, last = _FIRST[twin % len(_FIRST)], _LAST[twin * 4 % len(_LAST)][twin % 2]
        found.append(Student(str(start + 7 * number), f"{first} {last}"))
    return found


def demo_class(
    book: Assignment,
    count: int,
    lms: str,
    variant_of: Callable[[str], Assignment] | None = None,
) -> dict[str, bytes]:
    """Return {file name: content} of a class: roster.csv, submissions.zip and gradebook.csv.

    ``count`` submissions, and two people on the roster (one, in a class under ten) without any.
    ``variant_of``: the assignment as the student with an id has it.
    """
    absent = 2 if count >= 10 else 1
    roster = people(count + absent, lms)
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as zipped:
        for number, kind in enumerate(kinds(count)):
            student = roster[number]
            mine = variant_of(student.id) if variant_of else book
            # Copied is copied from the first; their variants may differ, as they would.
            source = variant_of(roster[0].id) if variant_of and "copied" in kind else mine
            maker = _Maker(source, 0 if "copied" in kind else number)
            content = _KINDS[kind](maker)
            if kind == "copied with other names":
                content = content.replace(b"try_", b"attempt_").replace(b" = set(", b" =  set(")
            name = "Untitled3 (1).ipynb" if kind == "renamed" else f"{book.slug}.ipynb"
            zipped.writestr(archive.entry(_path(student, number, name, lms)), content)
    return {
        "roster.csv": _csv([["id", "name"], *([s.id, s.name] for s in roster)]),
        "submissions.zip": made.getvalue(),
        "gradebook.csv": _gradebook(book, roster, lms),
    }


def _path(student: Student, number: int, name: str, lms: str) -> str:
    if lms == "moodle":
        return f"{student.name}_{student.id}_assignsubmission_file_/{name}"
    *first, last = student.name.split()
    who = "".join(c for c in f"{last}{''.join(first)}".lower() if c.isalnum())
    late = "LATE_" if number % 9 == 4 else ""
    return f"{who}_{late}{student.id}_{90001 + number}_{name}"


def _gradebook(book: Assignment, roster: Sequence[Student], lms: str) -> bytes:
    points = sum_points(q.points for q in book.questions)
    if lms == "moodle":
        head = ["Identifier", "Full name", "Email address", "Status", "Grade", "Maximum Grade"]
        head += ["Grade can be changed", "Last modified (submission)", "Last modified (grade)"]
        rows = [
            [f"Participant {s.id}", s.name, f"s{s.id}@example.org", "Submitted for grading", ""]
            + [f"{points:.2f}", "Yes", "-", "-", ""]
            for s in roster
        ]
        return _csv([[*head, "Feedback comments"], *rows])
    head = ["Student", "ID", "SIS Login ID", "Section", f"{book.title} (1201)", "Final Score"]
    rows = [["    Points Possible", "", "", "", f"{points:g}", "(read only)"]]
    for student in roster:
        *first, last = student.name.split()
        rows.append([f"{last}, {' '.join(first)}", student.id, f"s{student.id}", "A", "", ""])
    return _csv([head, *rows, ["Student, Test", "4000", "test", "A", "", ""]])


def _csv(rows: Sequence[Sequence[str]]) -> bytes:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\r\n").writerows(rows)
    return buffer.getvalue().encode("utf-8-sig")


def write(out: Path, files: dict[str, bytes]) -> list[Path]:
    """Write the class into a folder; raises ``FileExistsError`` rather than overwrite one."""
    there = [n for n in files if (out / n).exists()]
    if there:
        raise FileExistsError(f"{out / there[0]} exists: give a new folder")
    out.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (out / name).write_bytes(content)
    return [out / name for name in files]
