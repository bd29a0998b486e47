"""Find a Java for epubcheck, which judges the ePub, or install one; never skip silently."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys


def main() -> int:
    """Find or install, and say where it is; return 1 where neither works."""
    if shutil.which("java") is None and shutil.which("apt-get") and os.geteuid() == 0:
        subprocess.run(["apt-get", "update", "-q"], check=False, stdout=subprocess.DEVNULL)
        subprocess.run(
            ["apt-get", "install", "-y", "-q", "--no-install-recommends", "default-jre-headless"],
            env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
            stdout=subprocess.DEVNULL,
            check=False,
        )
    path = shutil.which("java")
    if path is None:
        print("no Java: install a Java runtime (11 or newer), then try again", file=sys.stderr)
        return 1
    print(f"Java: {path}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
