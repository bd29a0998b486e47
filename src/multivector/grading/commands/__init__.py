"""The grader's commands, a file for each step of a course: build, grade, hand back."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from multivector.grading.assignment import Assignment


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the grader's commands to the console script."""
    from multivector.grading.commands import building, demo, grading, results

    for step in (grading, building, results, demo):
        step.register(commands)


def add_overlay(command: argparse.ArgumentParser) -> None:
    """Add the option ``--overlay``."""
    command.add_argument(
        "--overlay", type=Path, help="folder with your own hidden tests and choices (see README)"
    )


def assignment_of(options: argparse.Namespace) -> Assignment:
    """Return the assignment asked for with its overlay, and say what that changes.

    Raises ``SourceError``.
    """
    from multivector.grading.overlay import read_with

    assignment, told = read_with(options.assignment, options.overlay)
    if told:
        print(told, file=sys.stderr)
    return assignment


def stop(why: str | Exception, code: int) -> int:
    """Say why a command ends here, and return its exit status."""
    if isinstance(why, OSError) and why.filename:
        why = f"{why.filename2 or why.filename}: {why.strerror}"
    print(why, file=sys.stderr)
    return code
