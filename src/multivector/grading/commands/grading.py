"""``grade``: a class's notebooks, each in its sandbox, to a table and a page per student."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections import Counter
from pathlib import Path

from multivector.grading.assignment import Assignment, SourceError, read
from multivector.grading.commands import stop
from multivector.grading.course import Variants, identify
from multivector.grading.lms import ListError, read_roster
from multivector.grading.sandbox import Limits, Runtime, SandboxError, probe
from multivector.grading.submissions import SubmissionsError, collect
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
    grade.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="sandboxes at once")
    grade.add_argument("--cell-seconds", type=float, default=Limits.cell_seconds)
    grade.add_argument("--total-seconds", type=float, default=Limits.total_seconds)
    grade.add_argument("--memory-mb", type=int, default=Limits.memory // 1_000_000)
    grade.add_argument("--no-sandbox", action="store_true", help="no protection at all: see README")
    grade.set_defaults(run=run_grade)


def run_grade(options: argparse.Namespace) -> int:
    """Grade; return 0, 1 for what cannot be graded at all, 3 if the sandbox does not start."""
    from multivector.grading import grade as g
    from multivector.grading import report

    try:
        assignment = read(options.assignment)
        submissions = collect(options.submissions)
        roster = read_roster(options.roster) if options.roster else []
        variants = _variants(assignment, options.seed_file)
    except (SourceError, SubmissionsError, ListError, SeedError, OSError) as error:
        return stop(str(error), 1)
    output: Path = options.output
    feedback: Path = options.feedback or output.with_name(f"{output.stem}-feedback")
    if options.jobs < 1:
        return stop("--jobs must be at least 1", 1)
    if options.submissions.is_dir() and any(
        p.resolve().is_relative_to(options.submissions.resolve()) for p in (output, feedback)
    ):
        return stop("write the grades outside the submissions' folder: it stays as it is", 1)
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
    students = identify(submissions, roster)
    grader = g.Grader(assignment, runtime, limits, not options.no_sandbox, variants, students)
    journal_path = output.with_name(f"{output.name}.journal")
    output.parent.mkdir(parents=True, exist_ok=True)
    try:
        journal = g.Journal(journal_path)
    except OSError:
        return stop(f"another run is writing {journal_path}", 1)
    start = time.monotonic()
    try:
        results = g.grade_all(
            grader, submissions, journal, options.jobs, g.Progress(len(submissions))
        )
    except KeyboardInterrupt:
        return stop("\nstopped; the same command goes on from here", 130)
    finally:
        journal.close()
    there = set(students.values())
    results = g.flag_duplicates(results) + g.missing(assignment, roster, there)
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
    counts = Counter(r.status for r in results)
    told = ", ".join(f"{counts[s]} {s}" for s in g.STATUSES if counts[s])
    print(f"{output}: {told or 'nobody'}; {time.monotonic() - start:.1f} s", file=sys.stderr)
    return 0


def _variants(assignment: Assignment, seed: Path | None) -> Variants | None:
    return Variants(assignment, read_seed(seed)) if seed else None
