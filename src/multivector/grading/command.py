"""The grader's commands: ``grade``, ``build-assignment`` and ``merge-essays``."""

from __future__ import annotations

import argparse
import csv
import io
import os
import sys
import time
from collections import Counter
from pathlib import Path

from multivector.grading.assignment import Assignment, SourceError, read
from multivector.grading.sandbox import Limits, Runtime, SandboxError, probe
from multivector.grading.submissions import SubmissionsError, collect

_WARNING = """\
--no-sandbox: every cell of every notebook now runs as you, with your files, your network and
your passwords. Only for notebooks you wrote yourself."""


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the grader's commands to the console script."""
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
    grade.add_argument("--roster", type=Path, help="CSV with a column 'id', and perhaps 'name'")
    grade.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="sandboxes at once")
    grade.add_argument("--cell-seconds", type=float, default=Limits.cell_seconds)
    grade.add_argument("--total-seconds", type=float, default=Limits.total_seconds)
    grade.add_argument("--memory-mb", type=int, default=Limits.memory // 1_000_000)
    grade.add_argument("--no-sandbox", action="store_true", help="no protection at all: see README")
    grade.set_defaults(run=run_grade)

    make = commands.add_parser(
        "build-assignment",
        help="make the student notebook and everything else from an assignment's source",
    )
    make.add_argument("assignment")
    make.add_argument("--output", type=Path, help="default: _build/assignments/NAME")
    make.add_argument(
        "--only", default="student,colab,solution,gradescope", help="parts, separated by commas"
    )
    make.add_argument("--package", default="multivector", help="what pip installs in Colab")
    make.set_defaults(run=run_build)

    students = commands.add_parser(
        "student-notebooks", help="write every assignment's student notebook, for Binder and Colab"
    )
    students.add_argument("out", type=Path)
    students.add_argument("--root", type=Path, default=Path(__file__).resolve().parents[3])
    students.add_argument("--package", default="multivector", help="what pip installs in Colab")
    students.set_defaults(run=run_students)

    merge = commands.add_parser("merge-essays", help="add the filled-in essay sheet to the grades")
    merge.add_argument("assignment")
    merge.add_argument("grades", type=Path)
    merge.add_argument("essays", type=Path)
    merge.add_argument("--output", type=Path, default=Path("final.csv"))
    merge.set_defaults(run=run_merge)


def run_grade(options: argparse.Namespace) -> int:
    """Grade; return 0, 1 for what cannot be graded at all, 3 if the sandbox does not start."""
    from multivector.grading import grade as g
    from multivector.grading import report

    try:
        assignment = read(options.assignment)
        submissions = collect(options.submissions)
        roster = _roster(options.roster)
    except (SourceError, SubmissionsError, OSError) as error:
        return _stop(str(error), 1)
    output: Path = options.output
    feedback: Path = options.feedback or output.with_name(f"{output.stem}-feedback")
    if options.jobs < 1:
        return _stop("--jobs must be at least 1", 1)
    if options.submissions.is_dir() and any(
        p.resolve().is_relative_to(options.submissions.resolve()) for p in (output, feedback)
    ):
        return _stop("write the grades outside the submissions' folder: it stays as it is", 1)
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
            return _stop(str(error), 3)
    grader = g.Grader(assignment, runtime, limits, not options.no_sandbox, _template(assignment))
    journal_path = output.with_name(f"{output.name}.journal")
    output.parent.mkdir(parents=True, exist_ok=True)
    try:
        journal = g.Journal(journal_path, grader.stamp())
    except OSError:
        return _stop(f"another run is writing {journal_path}", 1)
    start = time.monotonic()
    try:
        results = g.grade_all(
            grader, submissions, journal, options.jobs, g.Progress(len(submissions))
        )
    except KeyboardInterrupt:
        return _stop("\nstopped; the same command goes on from here", 130)
    finally:
        journal.close()
    keys = {r.key for r in results} | {r.name for r in results}
    results = g.flag_duplicates(results) + g.missing(assignment, roster, keys)
    for result in results:
        page = report.feedback_html(assignment, result)
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


def _template(assignment: Assignment) -> tuple[str, ...]:
    from multivector.grading.build import student_notebook
    from multivector.grading.submissions import read_script

    return read_script(student_notebook(assignment).encode()).cells


def _roster(path: Path | None) -> list[tuple[str, str]]:
    if path is None:
        return []
    rows = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"))))
    if rows and "id" not in rows[0]:
        raise SubmissionsError(f"{path}: no column called 'id'")
    return [(row["id"], row.get("name") or row["id"]) for row in rows if row["id"]]


def run_build(options: argparse.Namespace) -> int:
    """Build an assignment; return 0, or 1 with the reason."""
    from multivector.grading.build import PARTS, BuildError, build

    parts = [p for p in options.only.split(",") if p]
    if not set(parts) <= set(PARTS):
        return _stop(f"--only takes {', '.join(PARTS)}", 1)
    try:
        assignment = read(options.assignment)
        target = options.output or Path("_build") / "assignments" / assignment.slug
        for path in build(assignment, target, parts, options.package):
            print(path)
    except (SourceError, BuildError) as error:
        return _stop(str(error), 1)
    return 0


def run_students(options: argparse.Namespace) -> int:
    """Write the student notebooks; return 0, or 1 with the reason."""
    from multivector.grading.build import BuildError, student_notebooks

    try:
        for path in student_notebooks(options.root, options.out, options.package):
            print(path)
    except (SourceError, BuildError) as error:
        return _stop(str(error), 1)
    return 0


def run_merge(options: argparse.Namespace) -> int:
    """Merge judged points into the grades; return 0, or 1 with the reason."""
    from multivector.grading import report

    try:
        assignment = read(options.assignment)
        texts = [p.read_text(encoding="utf-8-sig") for p in (options.grades, options.essays)]
        merged = report.merge_essays(assignment, *texts)
    except (SourceError, report.MergeError, OSError, UnicodeDecodeError) as error:
        return _stop(str(error), 1)
    report.write_text(options.output, merged, bom=True)
    print(options.output)
    return 0


def _stop(message: str, code: int) -> int:
    print(message, file=sys.stderr)
    return code
