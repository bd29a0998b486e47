"""The console script ``multivector``: the grader registers its commands."""

from __future__ import annotations

import argparse
from collections.abc import Sequence


def parser() -> argparse.ArgumentParser:
    """Return the parser with the grader's commands.

    ``register(commands)`` adds its subparsers and sets ``run`` on each: a function of the parsed
    options that returns an exit status.
    """
    from multivector.grading.commands import register

    result = argparse.ArgumentParser(
        prog="multivector", description="Tools around the book Multi-Vector."
    )
    commands = result.add_subparsers(metavar="COMMAND", required=True)
    register(commands)
    return result


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return its exit status."""
    options = parser().parse_args(arguments)
    return options.run(options)


if __name__ == "__main__":
    raise SystemExit(main())
