"""Measurements for make bench: they print, they never judge."""

import subprocess
from pathlib import Path


def commit() -> str:
    """Return the commit that is measured, and its date."""
    git = ["git", "-C", str(Path(__file__).parent), "log", "-1", "--format=%h of %cs"]
    return subprocess.run(git, capture_output=True, text=True, check=True).stdout.strip()
