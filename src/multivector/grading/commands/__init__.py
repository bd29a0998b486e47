"""The grader's commands, a file for each step of a course: build, grade, hand back."""

from __future__ import annotations

import argparse
import sys


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the grader's commands to the console script."""
    from multivector.grading.commands import building, grading, results

    for step in (grading, building, results):
        step.register(commands)


def stop(message: str, code: int) -> int:
    """Say why a command ends here, and return its exit status."""
    print(message, file=sys.stderr)
    return code
