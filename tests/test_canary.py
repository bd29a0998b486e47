"""Tomorrow's tools: the steps of the weekly canary, really run.

The workflow is the only place where they are written; this runs each as the runner would.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
CANARY = yaml.safe_load((ROOT / ".github/workflows/canary.yml").read_text(encoding="utf-8"))


@pytest.mark.soak
def test_the_book_builds_on_the_newest_sphinx_without_jupyter_book(tmp_path):
    tree = tmp_path / "tree"
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(tree)], check=True)
    # A virtual environment of its own: what is installed here must not help.
    outside = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
    for step in CANARY["jobs"]["newest"]["steps"]:
        if "run" in step:
            command = ["bash", "-euo", "pipefail", "-c", step["run"]]
            done = subprocess.run(command, cwd=tree, env=outside, capture_output=True, text=True)
            assert done.returncode == 0, f"{step['run']}\n{(done.stdout + done.stderr)[-3000:]}"
    pages = sorted((tree / "_build/canary/chapters").rglob("*.html"))
    assert len(pages) >= len(list((ROOT / "chapters").rglob("*.md")))
