"""``grade``: a class's notebooks, each in its sandbox, to a table and a page per student."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from multivector.grading import grade as g
from multivector.grading import report, similar, summary
from multivector.grading.assignment import Assignment, SourceError
from multivector.grading.commands import add_overlay, assignment_of, stop
from multivector.grading.course import Variants, identify
from multivector.grading.lms import ListError, read_roster
from multivector.grading.sandbox import Limits, Runtime, SandboxError, probe
from multivector.grading.submissions import (
    NotebookError,
    Submission,
    SubmissionsError,
    collect,
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
        "--seed-file", type=Path, help="the course's secret seed: each against their own variant"
    )
    add_overlay(grade)
    grade.add_argument(
        "--question",
        help="grade this question again and leave the rest of the table as it is",
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
        submissions = collect(options.submissions)
        roster = read_roster(options.roster) if options.roster else []
        variants = _variants(assignment, options.seed_file)
        _check(options, assignment, feedback)
    except (SourceError, SubmissionsError, ListError, SeedError, OSError, _UsageError) as error:
        return stop(str(error), 1)
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
            return stop(str(error), 3)
    grader = g.Grader(
        assignment,
        runtime,
        limits,
        sandboxed=not options.no_sandbox,
        variants=variants,
        students=identify(submissions, roster),
        question=options.question,
    )
    journal_path = output.with_name(f"{output.name}.journal")
    output.parent.mkdir(parents=True, exist_ok=True)
    try:
        journal = g.Journal(journal_path)
    except OSError:
        return stop(f"another run is writing {journal_path}", 1)
    start, progress = time.monotonic(), g.Progress(len(submissions))
    try:
        results = g.grade_all(grader, submissions, journal, options.jobs, progress)
        results = g.as_on_roster(results, grader.students, roster)
        if options.question:
            return _write_question(grader, submissions, results, journal, output, feedback)
    except KeyboardInterrupt:
        return stop("\nstopped; the same command goes on from here", 130)
    finally:
        journal.close()
    results = g.flag_duplicates(results)
    results += g.missing(assignment, roster, set(grader.students.values()))
    _write(grader, results, output, feedback)
    alike = similar.resembling(_prints(grader, submissions))
    page = summary.summary_html(assignment, results, alike)
    report.write_text(output.with_name(f"{output.stem}-summary.html"), page)
    counts = Counter(r.status for r in results)
    told = ", ".join(f"{counts[s]} {s}" for s in g.STATUSES if counts[s])
    print(f"{output}: {told or 'nobody'}; {time.monotonic() - start:.1f} s", file=sys.stderr)
    return 0


class _UsageError(ValueError):
    """Options that do not go together."""


def _check(options: argparse.Namespace, assignment: Assignment, feedback: Path) -> None:
    """Raise ``_UsageError`` for options that would lose something or make no sense."""
    if options.jobs < 1:
        raise _UsageError("--jobs must be at least 1")
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


def _write(grader: g.Grader, results: list[g.Result], output: Path, feedback: Path) -> None:
    """Write feedback, essay sheet and, last, the table."""
    assignment = grader.assignment
    for result in results:
        page = report.feedback_html(grader.assignment_of(result.key) or assignment, result)
        report.write_text(feedback / report.feedback_name(result), page)
    if assignment.judged:
        sheet = output.with_name(f"{output.stem}-essays.csv")
        if sheet.exists():
            # Somebody may have filled it in.
            sheet = output.with_name(f"{output.stem}-essays-new.csv")
        report.write_text(sheet, report.essay_csv(assignment, results), bom=True)
    report.write_text(output, report.grades_csv(assignment, results), bom=True)


def _write_question(
    grader: g.Grader,
    submissions: Iterable[Submission],
    results: list[g.Result],
    journal: g.Journal,
    output: Path,
    feedback: Path,
) -> int:
    """Put one question's new points into the table that is there; return the exit status."""
    question = str(grader.question)
    try:
        table = output.read_bytes().decode("utf-8-sig")  # with its line ends
        text, said = report.regraded(table, results, question)
    except (report.MergeError, ListError, UnicodeDecodeError) as error:
        return stop(f"{output}: {error}", 1)
    files = {s.key: s for s in submissions}
    for result in results:
        before = journal.latest_whole(result.key, g.fingerprint_of(files[result.key]))
        assignment = grader.assignment_of(result.key)
        if before and assignment and result.points.get(question) is not None:
            whole = replace(
                before,
                name=result.name,
                lms_id=result.lms_id,
                points=before.points | result.points,
                messages=before.messages | result.messages,
            )
            page = report.feedback_html(assignment, whole)
            report.write_text(feedback / report.feedback_name(whole), page)
    report.write_text(output, text, bom=True)
    print("\n".join([*said, f"{output}: {question} graded again"]), file=sys.stderr)
    return 0
