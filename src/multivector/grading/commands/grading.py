"""``grade``: a class's notebooks, each in its sandbox, to a table and a page per student."""

from __future__ import annotations

import argparse
import contextlib
import glob
import os
import re
import sys
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import chain, count
from pathlib import Path

from multivector import archive
from multivector.grading import grade as g
from multivector.grading import report, similar, summary
from multivector.grading.assignment import Assignment, SourceError
from multivector.grading.commands import add_overlay, assignment_of, stop
from multivector.grading.course import Variants, identify, read_groups, spread
from multivector.grading.lms import ListError, Student, read_roster
from multivector.grading.sandbox import Limits, Runtime, SandboxError, probe
from multivector.grading.submissions import (
    NotebookError,
    Submission,
    SubmissionsError,
    collect,
    read_owners,
    read_script,
)
from multivector.grading.variants import SeedError, read_seed

_WARNING = """\
--no-sandbox: every cell of every notebook now runs as you, with your files, your network and
your passwords. Only for notebooks you wrote yourself."""


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    grade = commands.add_parser(
        "grade",
        help="grade a folder, Canvas zip or Moodle zip of notebooks",
        description="Grade notebooks in a sandbox: one row per student, one feedback page each. "
        "Stopped halfway, the same command goes on where it was.",
    )
    grade.add_argument("assignment", help="name, folder or .md source of the assignment")
    grade.add_argument("submissions", type=Path, help="folder or zip")
    grade.add_argument("--output", type=Path, default=Path("grades.csv"), help="the grade table")
    grade.add_argument("--feedback", type=Path, help="folder of feedback pages (beside the table)")
    grade.add_argument(
        "--roster", type=Path, help="the class: CSV with id and name, or what the LMS exports"
    )
    grade.add_argument(
        "--owners", type=Path, help="CSV with file and id: whose a file is that fits two students"
    )
    grade.add_argument(
        "--groups", type=Path, help="CSV with group and id: what a group hands in is each member's"
    )
    grade.add_argument(
        "--layout",
        action="append",
        default=[],
        metavar="NAME=PATTERN",
        help="how your system names files: a regular expression with (?P<id>...) or (?P<name>...)",
    )
    grade.add_argument(
        "--seed-file", type=Path, help="the course's secret seed: each against their own variant"
    )
    add_overlay(grade)
    grade.add_argument(
        "--question",
        help="grade this question again and leave the rest of the table as it is",
    )
    grade.add_argument(
        "--with-solutions",
        action="store_true",
        help="after the deadline: pages with the worked solution and the chapter to read again",
    )
    grade.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="sandboxes at once")
    grade.add_argument("--cell-seconds", type=float, default=Limits.cell_seconds)
    grade.add_argument("--total-seconds", type=float, default=Limits.total_seconds)
    grade.add_argument("--memory-mb", type=int, default=Limits.memory // 1_000_000)
    grade.add_argument("--no-sandbox", action="store_true", help="no protection at all: see README")
    grade.set_defaults(run=run_grade)


def run_grade(options: argparse.Namespace) -> int:
    """Grade; return 0, 1 for what cannot be graded at all, 3 if the sandbox does not start."""
    output: Path = options.output
    feedback: Path = options.feedback or output.with_name(f"{output.stem}-feedback")
    try:
        assignment = assignment_of(options)
        roster = read_roster(options.roster) if options.roster else []
        groups = read_groups(options.groups) if options.groups else {}
        submissions = collect(
            options.submissions,
            roster,
            owners=read_owners(options.owners) if options.owners else None,
            layouts=_layouts(options.layout),
            groups=groups,
            fits=lambda script: g.belongs(assignment, script),
        )
        if groups:
            if options.seed_file:
                raise _UsageError(
                    "--groups and --seed-file: a group has one notebook, not variants"
                )
            submissions = spread(submissions, groups, roster)
        variants = _variants(assignment, options.seed_file)
        _check(options, assignment, feedback)
        students = identify(submissions, roster)
        strangers = _strangers(submissions, students, roster)
    except (SourceError, SubmissionsError, ListError, SeedError, OSError, _UsageError) as error:
        return stop(error, 1)
    limits = Limits(
        cell_seconds=options.cell_seconds,
        total_seconds=options.total_seconds,
        memory=options.memory_mb * 1_000_000,
    )
    runtime = Runtime.here()
    if options.no_sandbox:
        print(_WARNING, file=sys.stderr)
    else:
        try:
            probe(runtime, limits)
        except SandboxError as error:
            return stop(error, 3)
    grader = g.Grader(
        assignment,
        runtime,
        limits,
        sandboxed=not options.no_sandbox,
        variants=variants,
        students=students,
        question=options.question,
    )
    try:
        feedback.mkdir(parents=True, exist_ok=True)
        journal = _journal(output, assignment, options.question)
    except (OSError, _UsageError) as error:
        return stop(error, 1)
    start, progress = time.monotonic(), g.Progress(len(submissions))
    try:
        results = g.grade_all(grader, submissions, journal, options.jobs, progress)
        results = g.as_on_roster(results, grader.students, roster)
        if options.question:
            return _write_question(
                grader, submissions, results, journal, output, feedback, options.with_solutions
            )
        results = g.flag_duplicates(results)
        results += g.missing(assignment, roster, set(grader.students.values()))
        told = [strangers] if strangers else []
        told += _missing_modules(results)
        told += _write(grader, results, output, feedback, options.with_solutions)
        alike = similar.resembling(_prints(grader, submissions))
        page = summary.summary_html(assignment, results, alike)
        archive.write_whole(output.with_name(f"{output.stem}-summary.html"), page.encode())
    except KeyboardInterrupt:
        return stop("\nstopped; the same command goes on from here", 130)
    except (OSError, _UsageError) as error:
        return stop(error, 1)
    finally:
        journal.close()
    counts = Counter(r.status for r in results)
    words = ", ".join(f"{counts[s]} {s}" for s in g.STATUSES if counts[s])
    told.append(f"{output}: {words or 'nobody'}; {time.monotonic() - start:.1f} s")
    print("\n".join(told), file=sys.stderr)
    return 0


class _UsageError(ValueError):
    """Options that do not go together, or make no sense."""


def _layouts(given: Iterable[str]) -> dict[str, str]:
    """Return {name: pattern} of ``NAME=PATTERN``; raises ``_UsageError`` for anything else."""
    found = {}
    for text in given:
        name, equals, pattern = text.partition("=")
        if not (name and equals and ("(?P<id>" in pattern or "(?P<name>" in pattern)):
            raise _UsageError(
                f"--layout {text}: give NAME=PATTERN with (?P<id>...) or (?P<name>...)"
            )
        found[name] = pattern
    return found


def _strangers(
    submissions: Sequence[Submission], students: Mapping[str, str | None], roster: Sequence[Student]
) -> str:
    """Return a line that names the submissions of nobody on the roster.

    Raises ``_UsageError`` if all are: another class's roster, or a layout that is not known here.
    """
    if not roster:
        return ""
    nobody = [s.file for s in submissions if students[s.key] is None]
    names = ", ".join(nobody[:5]) + (f" and {len(nobody) - 5} more" if nobody[5:] else "")
    if submissions and len(nobody) == len(submissions):
        raise _UsageError(
            f"none of the {len(nobody)} submissions is by anybody on the roster ({names}): is it "
            "this class's, and are the files named as the LMS names them? See --layout and --owners"
        )
    one = len(nobody) == 1
    return f"{len(nobody)} submission{' matches' if one else 's match'} nobody: {names}" * bool(
        nobody
    )


def _missing_modules(results: Iterable[g.Result]) -> list[str]:
    """Return a line for every module that students import and that is not installed here."""
    missing = Counter(
        name
        for result in results
        for name in {m for e in result.errors for m in re.findall(r"No module named '([\w.]+)'", e)}
    )
    return [
        f"no module {name!r} here, {count} student{'s' if count > 1 else ''}: "
        "their cells stopped at the import; install it here, or tell them to leave it out"
        for name, count in sorted(missing.items())
    ]


def _check(options: argparse.Namespace, assignment: Assignment, feedback: Path) -> None:
    """Raise ``_UsageError`` for options that would lose something or make no sense."""
    for name in ("jobs", "cell_seconds", "total_seconds", "memory_mb"):
        if not 0 < getattr(options, name) < 1_000_000:
            option = f"--{name.replace('_', '-')}"
            raise _UsageError(f"{option} must be more than 0 and less than a million")
    if options.output.is_dir():
        raise _UsageError(f"{options.output} is a folder: give the name of a table to write")
    if options.submissions.is_dir() and any(
        p.resolve().is_relative_to(options.submissions.resolve())
        for p in (options.output, feedback)
    ):
        raise _UsageError("write the grades outside the submissions' folder: it stays as it is")
    if options.question:
        names = [q.name for q in assignment.automatic]
        if options.question not in names:
            raise _UsageError(f"--question takes one of {', '.join(names)}")
        if not options.output.exists():
            raise _UsageError(f"{options.output} does not exist: grade the whole class first")
        if not feedback.is_dir():
            raise _UsageError(f"{feedback} is no folder: give the --feedback of the whole class")


def _journal(output: Path, assignment: Assignment, question: str | None) -> g.Journal:
    """Return the journal beside a table, open.

    Raises ``_UsageError`` if another run is writing it, or if one question is to be graded again
    in a table that no class was graded into: its pages would be made of that question alone.
    Raises ``OSError`` if nothing can be written there.
    """
    path = output.with_name(f"{output.name}.journal")
    nobody = _UsageError(
        f"{path} holds no results of the whole class: give as --output the table that the class "
        "was graded into, such as grades.csv, and merge the essays again afterwards"
    )
    if question and not path.exists():
        raise nobody
    output.parent.mkdir(parents=True, exist_ok=True)
    try:
        journal = g.Journal(path)
    except BlockingIOError:
        raise _UsageError(f"another run is writing {path}") from None
    if question and not journal.has_class([q.name for q in assignment.automatic]):
        journal.close()
        raise nobody
    return journal


def _variants(assignment: Assignment, seed: Path | None) -> Variants | None:
    return Variants(assignment, read_seed(seed)) if seed else None


def _prints(grader: g.Grader, submissions: Iterable[Submission]) -> dict[str, frozenset[int]]:
    """Return what is each student's own in their notebook, for those that can be read."""
    prints = {}
    for submission in submissions:
        assignment = grader.assignment_of(submission.key)
        if assignment and submission.load:
            with contextlib.suppress(NotebookError, OSError):
                cells = read_script(submission.load()).cells
                names = [n for q in assignment.questions for n in q.answers]
                template = g.template_cells(assignment)
                prints[submission.key] = similar.fingerprint(cells, template, names)
    return prints


def _write(
    grader: g.Grader, results: list[g.Result], output: Path, feedback: Path, solutions: bool
) -> list[str]:
    """Write feedback, essay sheet and, last, the table; return what the instructor should know.

    Raises ``_UsageError`` for an essay sheet that cannot be read.
    """
    assignment = grader.assignment
    for result in results:
        theirs = grader.assignment_of(result.key) or assignment
        page = report.feedback_html(theirs, result, solutions=solutions)
        archive.write_whole(feedback / report.feedback_name(result), page.encode())
    told = _write_essays(assignment, results, output) if assignment.judged else []
    archive.write_whole(output, report.grades_csv(assignment, results).encode("utf-8-sig"))
    return told


def _write_essays(assignment: Assignment, results: list[g.Result], output: Path) -> list[str]:
    """Write the texts that no essay sheet beside the table holds yet; return what to say of it.

    A sheet that is there stays as it is: somebody may have filled it in. Raises ``_UsageError``
    for one that cannot be read.
    """
    there = sorted(output.parent.glob(f"{glob.escape(output.stem)}-essays*.csv"))
    rows = []
    for path in there:
        try:
            rows += report.rows_of(path.read_text(encoding="utf-8-sig"))
        except (OSError, UnicodeDecodeError, report.MergeError) as error:
            raise _UsageError(
                f"{path}: {error}; save it as CSV in UTF-8 or move it away, then run this again"
            ) from None
    fresh, replaced = report.unread(results, rows)
    if not any(r.essays for r in fresh):
        return ["no essay that is not in a sheet already: no new sheet"]
    ends = chain([""], (f"-{n}" for n in count(2)))
    names = (output.with_name(f"{output.stem}-essays{end}.csv") for end in ends)
    sheet = next(path for path in names if not path.exists())
    archive.write_whole(sheet, report.essay_csv(assignment, fresh).encode("utf-8-sig"))
    told = [f"{sheet}: the essays that are in no other sheet"] if there else []
    return told + [f"{who}: a new text; delete the old row before you merge" for who in replaced]


def _write_question(
    grader: g.Grader,
    submissions: Iterable[Submission],
    results: list[g.Result],
    journal: g.Journal,
    output: Path,
    feedback: Path,
    solutions: bool,
) -> int:
    """Put one question's new points into the table that is there; return the exit status."""
    question = str(grader.question)
    names = [q.name for q in grader.assignment.automatic]
    files = {s.key: g.fingerprint_of(s) for s in submissions}
    before = {r.key: journal.latest(r.key, files[r.key], names) for r in results}
    # A sandbox that did not start says nothing of the variant.
    ran = [r for r in results if before[r.key] and r.status != "failed"]
    others = [r.name for r in ran if before[r.key].variant != r.variant]
    if others:
        who = ", ".join(others[:3]) + (f" and {len(others) - 3} more" if others[3:] else "")
        return stop(
            f"{who}: not the variant that they were graded against; nothing is changed. Give "
            "--roster, --seed-file and --overlay as for the whole class",
            1,
        )
    # A file handed in since has no other points yet: its row and its page stay as they are.
    strange = [r for r in results if r.points.get(question) is not None and not before[r.key]]
    results = [r for r in results if r not in strange]
    try:
        table = output.read_bytes().decode("utf-8-sig")  # with its line ends
        text, said = report.regraded(table, results, question)
    except (report.MergeError, ListError, UnicodeDecodeError) as error:
        return stop(f"{output}: {error}", 1)
    said += [f"{r.name}: not the file that was graded; grade the whole class" for r in strange]
    for result in results:
        old, assignment = before[result.key], grader.assignment_of(result.key)
        if old and assignment and result.points.get(question) is not None:
            whole = replace(old, name=result.name, lms_id=result.lms_id).again(result)
            page = report.feedback_html(assignment, whole, solutions=solutions)
            archive.write_whole(feedback / report.feedback_name(whole), page.encode())
    archive.write_whole(output, text.encode("utf-8-sig"))
    then = "; merge the essays again" if grader.assignment.judged else ""
    print("\n".join([*said, f"{output}: {question} graded again{then}"]), file=sys.stderr)
    return 0
