"""Grade a class: one sandbox per submission, comparison out here, a journal for every result.

A result is *graded* or it has no total. What was earned before a cell hung stays, question by
question; what could not be decided is blank for a person to look at, never 0.
"""

from __future__ import annotations

import ast
import builtins
import contextlib
import hashlib
import json
import os
import re
import sys
import threading
import time
from collections.abc import Callable, Collection, Container, Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import asdict, dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from multivector import fingerprint
from multivector.grading.assignment import Assignment, Question, TestCase, sum_points
from multivector.grading.build import student_notebook
from multivector.grading.course import Variants, label_of
from multivector.grading.lms import Student
from multivector.grading.notebook import Verdict, because, judge, names_given, told_error
from multivector.grading.plain import printable
from multivector.grading.sandbox import Limits, Lost, Runtime, SandboxError, Session
from multivector.grading.submissions import NotebookError, Script, Submission, read_script

VERSION = 2
STATUSES = (
    "graded", "unreadable", "other", "missing", "unknown",
    "timeout", "killed", "tampered", "failed",
)  # fmt: skip
_RESTARTS = 2
#: A judged text, or a Markdown cell, of fewer words is none.
_ESSAY_WORDS = 30
_STRANGER = "not on the roster, so nobody knows which variant it should be"


@dataclass(frozen=True)
class Result:
    """One student's row. ``points`` per question are ``None`` where they could not be decided."""

    key: str
    name: str
    lms_id: str
    file: str
    status: str
    reason: str = ""
    points: dict[str, float | None] = field(default_factory=dict)
    flags: tuple[str, ...] = ()
    messages: dict[str, list[str]] = field(default_factory=dict)
    errors: tuple[str, ...] = ()
    essays: dict[str, str] = field(default_factory=dict)
    digest: str = ""
    seconds: float = 0.0
    variant: str = ""
    #: For the pages with the worked solutions only: what was called, and what is right.
    details: dict[str, list[str]] = field(default_factory=dict)

    @property
    def who(self) -> str:
        """The id that the LMS knows the student by, or the name where there is none."""
        return self.lms_id or self.name

    @property
    def total(self) -> float | None:
        """Points in all, or ``None`` unless every question was graded."""
        known = [p for p in self.points.values() if p is not None]
        whole = self.status == "graded" and len(known) == len(self.points)
        return sum_points(known) if whole else None

    def again(self, part: Result) -> Result:
        """Return this result with the questions that ``part`` decided anew."""
        if None in part.points.values():
            return self
        return replace(
            self,
            points=self.points | part.points,
            messages=self.messages | part.messages,
            details=self.details | part.details,
        )


@dataclass(frozen=True)
class Grader:
    """Everything one submission is graded with."""

    assignment: Assignment
    runtime: Runtime
    limits: Limits
    sandboxed: bool = True
    variants: Variants | None = None
    #: {submission's key: student's id}; asked only where there are variants.
    students: Mapping[str, str | None] = field(default_factory=dict)
    #: The one question to grade again; ``None`` for all.
    question: str | None = None
    #: Hidden tests compute what they expect from the book's tables, with its indicators, and
    #: compare it with code of this folder: after a corrected check everybody is graded again.
    book: str = field(default_factory=lambda: fingerprint.current(without=("book",)))

    def assignment_of(self, key: str) -> Assignment | None:
        """Return the assignment as the student behind a key has it, ``None`` for a stranger."""
        if self.variants is None:
            return self.assignment
        student = self.students.get(key)
        return None if student is None else self.variants.of(student)

    def stamp(self, key: str) -> str:
        """Return a digest of what a result depends on besides the notebook."""
        variant = self.assignment_of(key)
        digest = variant.digest if variant else None
        parts = [VERSION, self.book, digest, asdict(self.limits), self.sandboxed]
        parts += [self.question] if self.question else []
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()

    def undecided(self, submission: Submission, status: str, reason: str = "") -> Result:
        """Return the result of a submission of which nothing could be decided."""
        return Result(
            submission.key,
            submission.name,
            submission.lms_id,
            submission.file,
            status,
            reason,
            # Only what was asked: a question graded again is never taken for the whole notebook.
            points={
                q.name: None for q in self.assignment.automatic if self.question in (None, q.name)
            },
            flags=(submission.note,) if submission.note else (),
        )

    def grade(self, submission: Submission) -> Result:
        """Return the result of one submission; never raises for what is in it.

        Raises ``SandboxError`` if no sandbox starts.
        """
        start = time.monotonic()
        empty = self.undecided(submission, submission.status, submission.problem)
        if submission.load is None:
            return empty
        assignment = self.assignment_of(submission.key)
        if assignment is None:
            return replace(empty, status="unknown", reason=_STRANGER)
        empty = replace(empty, variant=label_of(assignment.chosen))
        try:
            script = read_script(submission.load())
        except NotebookError as error:
            return replace(empty, reason=str(error))
        except OSError as error:
            return replace(empty, reason=f"cannot be read: {error.strerror}")
        if not belongs(assignment, script):
            found = _heading(script) or "it has no title and none of the names that are asked for"
            reason = f"this is not the notebook of {assignment.title!r}: {found}"
            return replace(empty, status="other", reason=reason, digest=script.digest)
        result = _Run(self, assignment, script, empty).result()
        if stopped := sum(e.startswith("Code cell") for e in result.errors):
            said = f"{stopped} cell{'s' if stopped > 1 else ''} stopped"
            result = replace(result, flags=(*result.flags, said))
        if result.status == "graded" and (words := _essay_elsewhere(assignment, script, result)):
            said = f"a text of {words} words in a Markdown cell"
            result = replace(result, flags=(*result.flags, said))
        if script.cells == template_cells(assignment):
            result = replace(result, flags=(*result.flags, "untouched template"))
        return replace(result, digest=script.digest, seconds=round(time.monotonic() - start, 3))


def belongs(assignment: Assignment, script: Script) -> bool:
    """Return whether a notebook is of this assignment, by what is in it.

    Its title is, or it gives the names that are asked for; under another title most of them.
    """
    if _heading(script) == assignment.title:
        return True
    asked = {name for q in assignment.questions for name in q.answers}
    given = asked & {name for cell in script.cells for name in names_given(cell)}
    return len(given) >= len(asked) / 2 if _heading(script) else bool(given) or not asked


def _heading(script: Script) -> str:
    """Return the first title in a notebook's text, or an empty text."""
    for text in script.texts:
        if found := re.search(r"^#\s+(.+?)\s*$", text, re.MULTILINE):
            return printable(found[1])[:100]
    return ""


def _essay_elsewhere(assignment: Assignment, script: Script, result: Result) -> int:
    """Return the words of the longest text of the student's own, where a judged one is missing."""
    if all(len(result.essays.get(q.name, "").split()) >= _ESSAY_WORDS for q in assignment.judged):
        return 0
    ours = {" ".join(c.source.split()) for c in assignment.cells if c.role == "text"}
    own = [t for t in script.texts if " ".join(t.split()) not in ours]
    longest = max((len(t.split()) for t in own), default=0)
    return longest if longest >= _ESSAY_WORDS else 0


_TEMPLATES: dict[str, tuple[str, ...]] = {}


def template_cells(assignment: Assignment) -> tuple[str, ...]:
    """Return the code cells of the student's notebook as it is handed out."""
    if assignment.digest not in _TEMPLATES:
        if len(_TEMPLATES) > 256:
            _TEMPLATES.clear()  # a class of variants; memory stays flat
        notebook = student_notebook(assignment)
        _TEMPLATES[assignment.digest] = read_script(notebook.encode()).cells
    return _TEMPLATES[assignment.digest]


class _Run:
    """One submission, in up to three sandboxes: a cell that ends one is left out of the next."""

    def __init__(
        self, grader: Grader, assignment: Assignment, script: Script, empty: Result
    ) -> None:
        self._grader = grader
        self._asked = [q for q in assignment.questions if grader.question in (None, q.name)]
        self._script, self._empty = script, empty
        self._left_out: set[int] = set()
        self._undecided: set[str] = set()
        self._losses: list[tuple[str, str]] = []
        self._where = ""
        self._at: int | str | None = None
        self._deadline = time.monotonic() + grader.limits.total_seconds

    def result(self) -> Result:
        while True:
            try:
                return self._attempt()
            except Lost as loss:
                self._losses.append((loss.kind, f"{self._where}: {loss}"))
                late = time.monotonic() >= self._deadline
                tries = len(self._losses) > _RESTARTS or self._at is None
                if loss.kind == "tampered" or tries or late:
                    return self._given_up()
                if isinstance(self._at, int):
                    self._left_out.add(self._at)
                else:
                    self._undecided.add(self._at)

    def _given_up(self) -> Result:
        # Tampering outranks what was lost before it: a person has to look at this one.
        kinds = [kind for kind, _ in self._losses]
        index = kinds.index("tampered") if "tampered" in kinds else 0
        kind, reason = self._losses[index]
        return replace(self._empty, status=kind, reason=reason)

    def _attempt(self) -> Result:
        grader = self._grader
        # All tries together have the time of one.
        left = max(self._deadline - time.monotonic(), 0.1)
        limits = replace(grader.limits, total_seconds=left)
        with Session(grader.runtime, limits, sandboxed=grader.sandboxed) as session:
            errors: list[str] = []
            stopped: dict[str, str] = {}
            for index, source in enumerate(self._script.cells):
                if index in self._left_out:
                    continue
                self._where, self._at = f"code cell {index + 1}", index
                error = session.run(source)
                told = told_error(error["type"], error["message"], error["line"]) if error else ""
                for name in names_given(source):
                    stopped.pop(name, None)
                    if told:
                        stopped[name] = told
                if told:
                    errors.append(f"Code cell {index + 1}: {told}")
            essays: dict[str, str] = {}
            found: dict[str, dict[str, Verdict | None]] = {q.name: {} for q in self._asked}
            # One memory for all questions: what a function changes while it is tried with hidden
            # arguments is in no answer, and so in no message.
            answers = dict.fromkeys(found, _Answers(session, stopped))
            for question in self._asked:
                self._where, self._at = f"question {question.name}", question.name
                if question.name not in self._undecided:
                    answers[question.name].fetch(question.answers)
            # Public tests of every question first: what a hidden one hands to a student's function
            # could otherwise come back in the message of a public one.
            for hidden in (False, True):
                for question in self._asked:
                    name = question.name
                    if name in self._undecided:
                        continue
                    self._where, self._at = f"question {name}", name
                    if question.manual and not hidden:
                        essays |= _essay(question, answers[name])
                    cases = [case for case in question.cases if case.hidden == hidden]
                    found[name] |= _complaints(cases, answers[name])
        points: dict[str, float | None] = {}
        messages: dict[str, list[str]] = {}
        details: dict[str, list[str]] = {}
        for question in self._asked:
            name = question.name
            if name in self._undecided:
                points[name], messages[name] = None, ["Your function did not come to an end."]
            else:
                points[name], messages[name], details[name] = _decided(question, found[name])
        return replace(self._outcome(points, messages, essays, errors), details=details)

    def _outcome(
        self,
        points: dict[str, float | None],
        messages: dict[str, list[str]],
        essays: dict[str, str],
        errors: list[str],
    ) -> Result:
        status, reason = "graded", ""
        if self._losses:
            status, reason = self._losses[0]
            worth = {q.name: q.points for q in self._asked}
            # A cell is missing from this run: what fell short may only have needed that cell.
            points = {q: p if p == worth[q] else None for q, p in points.items()}
            errors = [f"{where.capitalize()}." for _, where in self._losses] + errors
        return replace(
            self._empty,
            status=status,
            reason=reason,
            points={q.name: points[q.name] for q in self._asked if not q.manual},
            messages=messages,
            errors=tuple(errors[:50]),
            essays=essays,
        )


class _Answers:
    """Fetches a name from the sandbox once."""

    def __init__(self, session: Session, stopped: Mapping[str, str]) -> None:
        self._session, self._stopped = session, stopped
        self._seen: dict[str, Any] = {}

    def get(self, name: str) -> Any:
        if name not in self._seen:
            value = self._session.get(name)
            self._seen[name] = because(value, name, self._stopped)
        return self._seen[name]

    def fetch(self, names: Iterable[str]) -> None:
        """Fetch these names now."""
        for name in names:
            self.get(name)


def _complaints(cases: Iterable[TestCase], answers: Any) -> dict[str, Verdict | None]:
    """Return what each test says, ``None`` where it is content."""
    return {case.name: judge(case.name, case.source, answers) for case in cases}


def _decided(
    question: Question, found: Mapping[str, Verdict | None]
) -> tuple[float, list[str], list[str]]:
    """Return the points earned, what the student reads, and what stands beside a solution only.

    Public tests come first; where they have nothing to say of an answer, hidden ones say what is
    wrong with it.
    """
    earned: list[float] = []
    public: list[str] = []
    failed: list[set[str]] = []
    hidden: list[str] = []
    details: list[str] = []
    for case in sorted(question.cases, key=lambda c: c.hidden):
        verdict = found[case.name]
        if verdict is None:
            earned.append(case.points)
            continue
        earned.append(round(case.points * verdict.share, 2))
        if case.hidden:
            named = any(f"`{name}" in told for name in case.params for told in public)
            tried = verdict.calls and any(known <= set(case.params) for known in failed)
            if not named and not tried:
                hidden.append(_told(case, verdict))
            details += _detail(verdict)
        else:
            public.append(verdict.message)
            failed.append(set(case.params))
    said = list(dict.fromkeys([*public, *hidden]))
    return sum_points(earned), said, list(dict.fromkeys(details))


def _told(case: TestCase, verdict: Verdict) -> str:
    """Return a hidden test's complaint as a student may read it before the solutions are out.

    Once a function was called with hidden arguments it can put them into whatever it returns or
    raises, so then only the instructor's own words and the names of Python's errors are left.
    """
    if not verdict.calls:
        return verdict.message
    names = " and ".join(dict.fromkeys(f"`{c[1:].partition('(')[0]}`" for c in verdict.calls))
    kind = verdict.error.partition(":")[0]
    if verdict.error:
        known = isinstance(getattr(builtins, kind, None), type)
        end = f"it stopped with {kind if known else 'an error'}"
    elif verdict.message in _constants(case.source):
        end = verdict.message[0].lower() + verdict.message[1:].rstrip(".")
    else:
        end = "what it returned is not right"
    return (
        f"{names} was tried on other arguments than those of the check, and {end}. "
        "Try it on tables and numbers of your own, with a zero, a blank and more rows."
    )


@lru_cache(maxsize=512)
def _constants(source: str) -> frozenset[str]:
    """Return every text that stands in a test word by word."""
    nodes = ast.walk(ast.parse(source))
    return frozenset(n.value for n in nodes if isinstance(n, ast.Constant) and type(n.value) is str)


def _detail(verdict: Verdict) -> list[str]:
    """Return the last call that was tried and what is right, for a page with solutions."""
    told = f"Tried: {verdict.calls[-1]}." if verdict.calls else ""
    if verdict.right is not None:
        right = verdict.right
        text = f"{right:.6g}" if isinstance(right, (int, float)) else _shown(right)
        told += f" Right is: {text}"
    elif told:
        told += f" {verdict.message}"
    return [told.strip()] if told else []


def _shown(right: Any) -> str:
    """Return an expected answer as a sentence shows it: codes by key, or the text itself."""
    return (
        ", ".join(f"{k}: {v}" for k, v in right.items()) if isinstance(right, dict) else str(right)
    )


def _essay(question: Question, answers: _Answers) -> dict[str, str]:
    values = (answers.get(name) for name in question.answers)
    return {question.name: "\n\n".join(v.strip() for v in values if isinstance(v, str))}


class Journal:
    """Results on disk, one a line, written through: what a killed run leaves for the next.

    Raises ``BlockingIOError`` if another run is writing the same journal.
    """

    def __init__(self, path: Path) -> None:
        import fcntl  # here: what comes after grading, and the help, also run where there is none

        self._lock = threading.Lock()
        self._file = open(path, "ab+")  # noqa: SIM115
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._file.close()
            raise
        self._done = self._read()

    def _read(self) -> dict[tuple[str, str, str], Result]:
        self._file.seek(0)
        content = self._file.read()
        end = content.rfind(b"\n") + 1
        if end < len(content):
            self._file.truncate(end)  # the line that was being written when the run was killed
        done = {}
        for line in content[:end].splitlines():
            with contextlib.suppress(ValueError, KeyError, TypeError):
                record = json.loads(line)
                fields = record["result"]
                for name in ("flags", "errors"):
                    fields[name] = tuple(fields[name])
                done[record["key"], record["sha256"], record["stamp"]] = Result(**fields)
        return done

    def get(self, key: str, sha256: str, stamp: str) -> Result | None:
        """Return the result of this very file under these very tests and limits, if known."""
        return self._done.get((key, sha256, stamp))

    def has_class(self, questions: Collection[str]) -> bool:
        """Return whether anything here was graded in all of these questions at once."""
        return any(set(r.points) == set(questions) for r in self._done.values())

    def latest(self, key: str, sha256: str, questions: Collection[str]) -> Result | None:
        """Return what this file last got in all of these questions, ``None`` if it never was.

        What was decided since, a question at a time, is in it.
        """
        whole: Result | None = None
        for (k, s, _), result in self._done.items():
            if (k, s) != (key, sha256):
                continue
            if set(result.points) == set(questions):
                whole = result
            elif whole:
                whole = whole.again(result)
        return whole

    def add(self, sha256: str, stamp: str, result: Result) -> None:
        """Write one result through to the disk."""
        record = {
            "stamp": stamp,
            "key": result.key,
            "sha256": sha256,
            "result": asdict(result),
        }
        line = json.dumps(record, ensure_ascii=True).encode() + b"\n"
        with self._lock:
            self._file.write(line)
            self._file.flush()
            os.fsync(self._file.fileno())

    def close(self) -> None:
        """Let go of the journal."""
        self._file.close()


def grade_all(
    grader: Grader,
    submissions: Iterable[Submission],
    journal: Journal,
    jobs: int,
    progress: Callable[[Result, bool], None],
) -> list[Result]:
    """Return one result per submission, in their order. ``progress(result, from_journal)``.

    A submission for which no sandbox starts, twice, has the status ``failed`` and is tried again
    by the next run.
    """

    def one(submission: Submission) -> tuple[Result, bool]:
        fingerprint, stamp = fingerprint_of(submission), grader.stamp(submission.key)
        known = journal.get(submission.key, fingerprint, stamp)
        if known is not None:
            return replace(known, file=submission.file), True
        result = _tried(grader, submission)
        if result.status != "failed":
            journal.add(fingerprint, stamp, result)
        return result, False

    results: dict[str, Result] = {}
    order = []
    with ThreadPoolExecutor(max_workers=jobs) as pool:
        try:
            for result, known in _bounded(pool, one, submissions, jobs, order):
                results[result.key] = result
                progress(result, known)
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise
    return [results[key] for key in order]


def _tried(grader: Grader, submission: Submission) -> Result:
    """Return the result of one submission, ``failed`` if twice no sandbox starts for it."""
    try:
        return grader.grade(submission)
    except SandboxError:
        time.sleep(1)
    try:
        return grader.grade(submission)
    except SandboxError as error:
        reason = f"the sandbox did not start: {error}".strip()
        return grader.undecided(submission, "failed", reason)


def _bounded(
    pool: ThreadPoolExecutor,
    work: Callable[[Submission], tuple[Result, bool]],
    submissions: Iterable[Submission],
    jobs: int,
    order: list[str],
) -> Iterator[tuple[Result, bool]]:
    """Keep twice as many in flight as there are jobs, whatever the size of the class."""
    running: set[Future[tuple[Result, bool]]] = set()
    for submission in submissions:
        order.append(submission.key)
        running.add(pool.submit(work, submission))
        while len(running) >= 2 * jobs:
            finished, running = wait(running, return_when=FIRST_COMPLETED)
            yield from (f.result() for f in finished)
    while running:
        finished, running = wait(running, return_when=FIRST_COMPLETED)
        yield from (f.result() for f in finished)


def fingerprint_of(submission: Submission) -> str:
    """Return a digest of the file, or of the reason why there is none."""
    content = submission.problem.encode()
    if submission.load is not None:
        try:
            content = submission.load()
        except (NotebookError, OSError) as error:
            content = repr(error).encode()
    return hashlib.sha256(content).hexdigest()


def as_on_roster(
    results: Iterable[Result], students: Mapping[str, str | None], roster: Iterable[Student]
) -> list[Result]:
    """Return the results under the roster's names and ids, where it knows the student.

    ``students``: {key: id}. An LMS's file name is a name run together; the roster's is readable.
    """
    known = {s.id: s for s in roster}
    found = []
    for result in results:
        student = known.get(students.get(result.key) or "")
        if student is not None:
            result = replace(result, name=student.name, lms_id=student.id)
        found.append(result)
    return found


def flag_duplicates(results: list[Result]) -> list[Result]:
    """Return the results with a flag on every notebook that another student handed in as well."""
    same: dict[str, list[Result]] = {}
    for result in results:
        if result.digest and "untouched template" not in result.flags:
            same.setdefault(result.digest, []).append(result)
    flagged = []
    for result in results:
        alike = [
            r
            for r in same.get(result.digest, [])
            if r.key != result.key and not _one_group(r, result)
        ]
        others = [r.name for r in alike if r.name != result.name]
        twice = bool(alike)
        extra = (f"same notebook as {', '.join(others) or result.name}",) if twice else ()
        flagged.append(replace(result, flags=(*result.flags, *extra)))
    return flagged


def _one_group(one: Result, other: Result) -> bool:
    """Return whether two students handed in one file together."""
    groups = [{n for n in "; ".join(r.flags).split("; ") if n.startswith("group ")}
              for r in (one, other)]  # fmt: skip
    return one.file == other.file and bool(groups[0] & groups[1])


def missing(
    assignment: Assignment, roster: Iterable[Student], there: Container[str | None]
) -> list[Result]:
    """Return a ``missing`` row for everybody on the roster whose id is not ``there``."""
    points: dict[str, float | None] = {q.name: None for q in assignment.automatic}
    return [
        Result(s.id, s.name, s.id, "", "missing", "nothing was handed in", dict(points))
        for s in roster
        if s.id not in there
    ]


class Progress:
    """One line on standard error: a bar in a terminal, a line every tenth elsewhere."""

    def __init__(self, total: int) -> None:
        self._total, self._done, self._fresh = total, 0, 0
        self._start = time.monotonic()
        self._tty = sys.stderr.isatty()

    def __call__(self, result: Result, known: bool) -> None:
        """Count one student, ``known`` if an earlier run had graded them, and redraw the line."""
        self._done += 1
        self._fresh += not known
        spent = time.monotonic() - self._start
        left = spent / max(self._fresh, 1) * (self._total - self._done)
        share = self._done / max(self._total, 1)
        text = f"{self._done}/{self._total}, about {left:.0f} s left"
        if self._tty:
            bar = "#" * round(30 * share)
            end = "\n" if self._done == self._total else ""
            print(f"\r[{bar:<30}] {text}   ", end=end, file=sys.stderr, flush=True)
        elif self._done == self._total or self._done * 10 // self._total != (
            (self._done - 1) * 10 // self._total
        ):
            print(text, file=sys.stderr, flush=True)
