"""``build-assignment`` and ``student-notebooks``: from a source to what leaves it."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from multivector.grading.assignment import Assignment, SourceError
from multivector.grading.commands import add_overlay, assignment_of, stop
from multivector.grading.lms import ListError
from multivector.grading.variants import SeedError

#: Parts that a stranger's machine opens, and that install the package there.
INSTALLING = ("colab", "gradescope")
_NO_PACKAGE = """\
NOT BUILT: {parts}. It would install the package, and nobody said from where: this folder has no
address, and the bare name may be a stranger's. Give --package "multivector @ git+ADDRESS"."""


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
        "--only",
        help="parts, separated by commas, of student, colab, solution and gradescope; "
        "default: the first three",
    )
    add_overlay(make)
    _add_package(make)
    make.add_argument("--roster", type=Path, help="the class: a notebook for each (see README)")
    make.add_argument("--seed-file", type=Path, help="file with the course's secret seed")
    make.set_defaults(run=run_build)

    students = commands.add_parser(
        "student-notebooks", help="write every assignment's student notebook, for Binder and Colab"
    )
    students.add_argument("out", type=Path)
    students.add_argument("--root", type=Path, default=Path(__file__).resolve().parents[4])
    _add_package(students)
    students.set_defaults(run=run_students)


def _add_package(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--package",
        help="what pip installs in Colab and on Gradescope, such as "
        '"multivector @ git+https://..."; default: this repository, where it has an address',
    )


def run_build(options: argparse.Namespace) -> int:
    """Build an assignment; return 0, or 1 with the reason."""
    from multivector.grading.build import DEFAULT_PARTS, PARTS, BuildError, build, own_package

    parts = [p for p in (options.only or ",".join(DEFAULT_PARTS)).split(",") if p]
    if not set(parts) <= set(PARTS):
        return stop(f"--only takes {', '.join(PARTS)}", 1)
    options.package = options.package or own_package()
    if not options.package:
        parts = _without_installing(parts)
        if not parts:
            return 1
    if bool(options.roster) != bool(options.seed_file):
        return stop("variants need both --roster and --seed-file", 1)
    try:
        assignment = assignment_of(options)
        target = options.output or Path("_build") / "assignments" / assignment.slug
        written = build(assignment, target, parts, options.package)
        if options.roster:
            written += _variants(assignment, options, target, parts)
    except (SourceError, BuildError, ListError, SeedError, OSError) as error:
        return stop(error, 1)
    print("\n".join(map(str, written)))
    return 0


def _without_installing(parts: list[str]) -> list[str]:
    """Return the parts that install nothing, and say which are left out."""
    left_out = [p for p in parts if p in INSTALLING]
    if left_out:
        print(_NO_PACKAGE.format(parts=" and ".join(left_out)), file=sys.stderr)
    return [p for p in parts if p not in INSTALLING]


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
    from multivector.grading.build import BuildError, own_package, student_notebooks

    try:
        package = options.package or own_package(options.root)
        for path in student_notebooks(options.root, options.out, package):
            print(path)
    except (SourceError, BuildError, OSError) as error:
        return stop(error, 1)
    if not package:
        print(_NO_PACKAGE.format(parts="colab"), file=sys.stderr)
    return 0
