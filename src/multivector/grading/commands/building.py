"""``build-assignment`` and ``student-notebooks``: from a source to what leaves it."""

from __future__ import annotations

import argparse
from pathlib import Path

from multivector.grading.assignment import Assignment, SourceError
from multivector.grading.commands import add_overlay, assignment_of, stop
from multivector.grading.lms import ListError
from multivector.grading.variants import SeedError


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the commands that build."""
    make = commands.add_parser(
        "build-assignment",
        help="make the student notebook and everything else from an assignment's source",
        description="Make the student notebook and everything else from an assignment's source. "
        "With --roster and --seed-file, also a notebook per student with their own parameters.",
    )
    make.add_argument("assignment")
    make.add_argument("--output", type=Path, help="default: _build/assignments/NAME")
    make.add_argument(
        "--only", default="student,colab,solution,gradescope", help="parts, separated by commas"
    )
    add_overlay(make)
    make.add_argument("--package", default="multivector", help="what pip installs in Colab")
    make.add_argument("--roster", type=Path, help="the class: a notebook for each (see README)")
    make.add_argument("--seed-file", type=Path, help="file with the course's secret seed")
    make.set_defaults(run=run_build)

    students = commands.add_parser(
        "student-notebooks", help="write every assignment's student notebook, for Binder and Colab"
    )
    students.add_argument("out", type=Path)
    students.add_argument("--root", type=Path, default=Path(__file__).resolve().parents[4])
    students.add_argument("--package", default="multivector", help="what pip installs in Colab")
    students.set_defaults(run=run_students)


def run_build(options: argparse.Namespace) -> int:
    """Build an assignment; return 0, or 1 with the reason."""
    from multivector.grading.build import PARTS, BuildError, build

    parts = [p for p in options.only.split(",") if p]
    if not set(parts) <= set(PARTS):
        return stop(f"--only takes {', '.join(PARTS)}", 1)
    if bool(options.roster) != bool(options.seed_file):
        return stop("variants need both --roster and --seed-file", 1)
    try:
        assignment = assignment_of(options)
        target = options.output or Path("_build") / "assignments" / assignment.slug
        written = build(assignment, target, parts, options.package)
        if options.roster:
            written += _variants(assignment, options, target, parts)
    except (SourceError, BuildError, ListError, SeedError, OSError) as error:
        return stop(str(error), 1)
    print("\n".join(map(str, written)))
    return 0


def _variants(
    assignment: Assignment, options: argparse.Namespace, target: Path, parts: list[str]
) -> list[Path]:
    from multivector.grading.course import Variants, build_variants
    from multivector.grading.lms import read_roster
    from multivector.grading.variants import read_seed

    made = Variants(assignment, read_seed(options.seed_file))
    roster = read_roster(options.roster)
    return build_variants(made, roster, target, parts, options.package)


def run_students(options: argparse.Namespace) -> int:
    """Write the student notebooks; return 0, or 1 with the reason."""
    from multivector.grading.build import BuildError, student_notebooks

    try:
        for path in student_notebooks(options.root, options.out, options.package):
            print(path)
    except (SourceError, BuildError) as error:
        return stop(str(error), 1)
    return 0
