"""A program that the tests need: found, or installed from Debian's packages; never skipped."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys


def need(program: str, package: str, name: str, advice: str) -> int:
    """Find or install ``program``, and say where it is; return 1 where neither works."""
    if shutil.which(program) is None and shutil.which("apt-get") and os.geteuid() == 0:
        subprocess.run(["apt-get", "update", "-q"], check=False, stdout=subprocess.DEVNULL)
        subprocess.run(
            ["apt-get", "install", "-y", "-q", "--no-install-recommends", package],
            env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
            stdout=subprocess.DEVNULL,
            check=False,
        )
    path = shutil.which(program)
    if path is None:
        print(f"no {name}: install {advice}, then try again", file=sys.stderr)
        return 1
    print(f"{name}: {path}")
    return 0
