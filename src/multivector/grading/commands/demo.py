"""``demo-class``: a made-up class to try a course's commands on."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from multivector.grading.assignment import SourceError, read
from multivector.grading.commands import stop
from multivector.grading.variants import SeedError


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    from multivector.grading.demo import KINDS_OF_LMS

    make = commands.add_parser(
        "demo-class",
        help="make a roster, sample submissions and a gradebook to try grading on",
        description="Make a class that does not exist: roster.csv, submissions.zip as the LMS "
        "would give them to you, and the gradebook to fill in. The same class every time.",
    )
    make.add_argument("out", type=Path, help="a new folder")
    make.add_argument("--assignment", default="05-measuring-vectors")
    make.add_argument("--n", type=int, default=50, help="number of submissions")
    make.add_argument("--lms", choices=KINDS_OF_LMS, default="canvas")
    make.add_argument("--seed-file", type=Path, help="the course's seed: each has their variant")
    make.set_defaults(run=run_demo)


def run_demo(options: argparse.Namespace) -> int:
    """Write the class; return 0, or 1 with the reason."""
    from multivector.grading import demo
    from multivector.grading.course import Variants
    from multivector.grading.variants import read_seed

    if not 1 <= options.n <= 1000:
        return stop("--n takes 1 to 1000", 1)
    try:
        book = read(options.assignment)
        seed = options.seed_file
        variant_of = Variants(book, read_seed(seed)).of if seed else None
        written = demo.write(options.out, demo.demo_class(book, options.n, options.lms, variant_of))
    except (SourceError, SeedError, OSError) as error:
        return stop(error, 1)
    print("\n".join(map(str, written)))
    out, extra = options.out, f" --seed-file {seed}" if seed else ""
    print(
        "Now, for example:\n"
        f"  multivector grade {options.assignment} {out / 'submissions.zip'} "
        f"--roster {out / 'roster.csv'} --output {out / 'grades.csv'}{extra}",
        file=sys.stderr,
    )
    return 0
