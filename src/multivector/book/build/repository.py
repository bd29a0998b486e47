"""The repository's own address, from the machine that builds or from git; never written down.

A fork that builds the book gets links to itself, a folder without an address gets none.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

#: host -> the name by which Binder knows it
BINDER = {"github.com": "gh", "gitlab.com": "gl"}
_REMOTE = re.compile(
    r"^(?:https?://(?:[^@/]+@)?|ssh://(?:[^@/]+@)?|[\w.-]+@)"
    r"([\w.-]+)(?::\d+(?=/))?[:/](.+?)(?:\.git)?/?$"
)


@dataclass(frozen=True)
class Repository:
    """Where the sources live: ``host``, ``path`` (owner/name), ``ref`` (branch, tag, HEAD)."""

    host: str
    path: str
    ref: str = "HEAD"

    @property
    def url(self) -> str:
        """Return the address of the repository's page."""
        return f"https://{self.host}/{self.path}"

    def edit(self, file: str) -> str | None:
        """Return the address that edits ``file``, where the host and the branch are known."""
        if self.host not in BINDER or self.ref == "HEAD":
            return None
        between = "edit" if self.host == "github.com" else "-/edit"
        return f"{self.url}/{between}/{quote(self.ref)}/{quote(file)}"

    def binder(self, notebook: str) -> str | None:
        """Return the address that opens ``notebook`` in JupyterLab on Binder, where it can be."""
        if self.host not in BINDER:
            return None
        # Binder wants a group's slashes escaped on GitLab, and none on GitHub.
        path = self.path if self.host == "github.com" else quote(self.path, safe="")
        target = quote(f"lab/tree/{notebook}", safe="")
        base = f"https://mybinder.org/v2/{BINDER[self.host]}/{path}/{quote(self.ref, safe='')}"
        return f"{base}?urlpath={target}"

    def colab(self, notebook: str, branch: str | None) -> str | None:
        """Return the address that opens ``notebook`` in Colab from ``branch`` of a GitHub home.

        Colab reads notebooks from a branch, and ours are generated: without a branch that
        publishing fills with them there is nothing to open.
        """
        if self.host != "github.com" or not branch:
            return None
        file = quote(f"{self.path}/blob/{branch}/{notebook}")
        return f"https://colab.research.google.com/github/{file}"


def parse(remote: str, ref: str = "HEAD") -> Repository | None:
    """Return the repository behind a git remote, or ``None`` for a folder or a bare name."""
    found = _REMOTE.match(remote.strip())
    if not found or "/" not in found[2] or "." not in found[1]:
        return None
    return Repository(found[1].lower(), found[2].strip("/"), ref)


def find(root: Path, environment: Mapping[str, str] = os.environ) -> Repository | None:
    """Return the repository of ``root``: named by GitHub's or GitLab's runner, else by git."""
    if name := environment.get("GITHUB_REPOSITORY"):
        server = environment.get("GITHUB_SERVER_URL", "https://github.com")
        # In a pull request the ref is a number that Binder could not resolve.
        ref = environment.get("GITHUB_REF_NAME", "HEAD")
        return parse(f"{server}/{name}", ref if ref and "/merge" not in ref else "HEAD")
    if address := environment.get("CI_PROJECT_URL"):
        return parse(address, environment.get("CI_COMMIT_REF_NAME", "HEAD"))
    remote = _git(root, "remote", "get-url", "origin")
    # The branch that the address shows by itself: the one at hand may never have been pushed.
    shown = _git(root, "symbolic-ref", "--short", "refs/remotes/origin/HEAD")
    return parse(remote, shown.removeprefix("origin/") or "HEAD")


def _git(root: Path, *words: str) -> str:
    try:
        done = subprocess.run(["git", "-C", str(root), *words], capture_output=True, text=True)
    except OSError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
