"""What ``make test`` samples and ``make soak`` runs whole.

A test that is the same for forty pages, or for every notebook in JupyterLab, runs on a few of them
each time: on others with each commit, so that a fault waits for a few commits at most. The soak
runs them all.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
#: For a test that chooses within itself: a few values, and all of them in the soak
EXTENT = ("some", pytest.param("all", marks=pytest.mark.soak))


@lru_cache(maxsize=1)
def commit_number() -> int:
    """Return how many commits led here; 0 outside a checkout."""
    asked = ["git", "-C", str(ROOT), "rev-list", "--count", "HEAD"]
    done = subprocess.run(asked, capture_output=True, text=True, check=False)
    return int(done.stdout) if done.returncode == 0 else 0


def turn(values: Sequence[Any], keep: int) -> list[Any]:
    """Return ``keep`` of the values, the next ones with each commit, in their own order."""
    size = len(values)
    start = commit_number() * keep
    chosen = {(start + step) % size for step in range(min(keep, size))}
    return [value for place, value in enumerate(values) if place in chosen]


def sampled(values: Iterable[Any], keep: int) -> list[Any]:
    """Return all values as parameters of a test; those whose turn it is not are of the soak."""
    values = list(values)
    mine = turn(range(len(values)), keep)
    return [
        value if place in mine else pytest.param(*_tuple(value), marks=pytest.mark.soak)
        for place, value in enumerate(values)
    ]


def _tuple(value: Any) -> tuple:
    return value if isinstance(value, tuple) else (value,)
