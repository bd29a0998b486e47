"""Find a Chromium for the browser tests, or install one; never skip silently.

Prints what it found; ``--path`` prints the path alone and installs nothing. Order:
$MULTIVECTOR_CHROMIUM, one on the machine, Debian's package (as root), Playwright's own download.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def find() -> str | None:
    """Return the path of a Chromium, or ``None``."""
    named = os.environ.get("MULTIVECTOR_CHROMIUM")
    if named:
        return named
    for name in NAMES:
        if path := shutil.which(name):
            return path
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if os.path.exists(path) else None


def install() -> None:
    """Install a Chromium by the first way that works here."""
    if hasattr(os, "geteuid") and os.geteuid() == 0 and shutil.which("apt-get"):
        subprocess.run(["apt-get", "update", "-q"], check=False, stdout=subprocess.DEVNULL)
        command = ["apt-get", "install", "-y", "-q", "--no-install-recommends", "chromium"]
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        done = subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=False)
        if done.returncode == 0:
            return
    subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=True)


def main() -> int:
    """Find or install, and say where it is; return 1 where neither works."""
    path = find()
    if sys.argv[1:] == ["--path"]:
        print(path or "")
        return path is None
    if path is None:
        install()
        path = find()
    if path is None:
        print("no Chromium: install one and set MULTIVECTOR_CHROMIUM to it", file=sys.stderr)
        return 1
    print(f"Chromium: {path}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
