"""What runs the chapters again, and what only writes their pages again."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from multivector import fingerprint
from multivector.book.build import cache
from multivector.book.notebooks import notebooks

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "src" / "multivector"


@pytest.mark.parametrize(
    ("changed", "runs", "writes"),
    [
        ("charts.py", True, True),
        ("trade.csv", True, True),
        ("explorers/year.js", True, True),
        ("book/figures/figures.py", False, True),
        ("book/templates/layout.html", False, True),
        ("book/static/favicon.svg", False, True),
        ("grading/grade.py", False, True),
        ("book/keep/pdf.py", False, False),
        ("notes.txt", False, False),
    ],
)
def test_a_change_does_what_it_must_and_no_more(tmp_path, changed, runs, writes):
    for name in ("charts.py", "trade.csv", "explorers/year.js", "book/figures/figures.py",
                 "book/templates/layout.html", "book/static/favicon.svg", "grading/grade.py",
                 "book/keep/pdf.py", "notes.txt"):  # fmt: skip
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("old")

    def now() -> tuple[str, str]:
        rooms = (cache._NOT_IN_CELLS, cache._NOT_IN_PAGES)
        return tuple(fingerprint.of_folders([tmp_path], without) for without in rooms)

    before = now()
    (tmp_path / changed).write_text("new")
    assert [old != new for old, new in zip(before, now(), strict=True)] == [runs, writes]


@pytest.mark.parametrize("library", ["pandas", "plotly", "numpy", "anywidget", "python"])
def test_another_version_of_a_library_runs_the_chapters_again(library, monkeypatch):
    before = fingerprint.current(cache._NOT_IN_CELLS)
    if library == "python":
        monkeypatch.setattr(fingerprint.platform, "python_version", lambda: "3.99.0")
    else:
        real = fingerprint.metadata.version
        monkeypatch.setattr(
            fingerprint.metadata, "version", lambda name: "0" if name == library else real(name)
        )
    assert fingerprint.current(cache._NOT_IN_CELLS) != before


def test_no_cell_can_reach_the_rooms_that_do_not_count():
    rooms = "|".join(cache._NOT_IN_CELLS)
    inner = re.compile(
        rf"^\s*(?:from multivector import .*\b(?:{rooms})\b"
        rf"|(?:from|import) multivector\.(?:{rooms})\b)",
        re.M,
    )
    files = [*PACKAGE.glob("*.py"), *(PACKAGE / "explorers").glob("*.py")]
    # The command line starts the grader; no cell imports it.
    reach = [f.name for f in files if inner.search(f.read_text("utf-8")) and f.name != "cli.py"]
    assert reach == []
    for page in notebooks.read(ROOT).with_code():
        code = "\n".join(page.cells)
        assert not inner.search(code) and "multivector.cli" not in code, page.docname


CONF = """
extensions = ["myst_nb", "multivector.book.build.cache", "multivector.book.build.status"]
html_theme = "basic"
"""
INDEX = "# First\n\n```{toctree}\nstatus\n```\n"


@pytest.mark.slow
def test_a_build_with_nothing_new_writes_nothing_and_a_new_commit_one_page(tmp_path):
    """Broken when a part asks for its page at every build: Sphinx then writes the whole frame."""
    source, out = tmp_path / "source", tmp_path / "out"
    source.mkdir()

    def git(*words: str) -> None:
        who = ("-c", "user.name=A", "-c", "user.email=a@example.org")
        subprocess.run(["git", "-C", source, *who, *words], check=True, capture_output=True)

    def build() -> str:
        command = [sys.executable, "-m", "sphinx", "-b", "html", source, out]
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def commit() -> str:
        git("commit", "--allow-empty", "-m", "A commit")
        done = subprocess.run(
            ["git", "-C", source, "log", "-1", "--format=%h"], capture_output=True, text=True
        )
        return done.stdout.strip()

    def when(name: str) -> int:
        return (out / f"{name}.html").stat().st_mtime_ns

    pages = {"conf.py": CONF, "index.md": INDEX, "second.md": "---\norphan: true\n---\n# Second\n",
             "status.md": "# Status\n\n```{status}\n```\n"}  # fmt: skip
    for name, text in pages.items():
        (source / name).write_text(text)
    git("init", "-q")
    first = commit()
    build()
    assert first in (out / "status.html").read_text("utf-8")
    written = {name: when(name) for name in ("index", "second", "status")}

    assert "no targets are out of date" in build()
    assert written == {name: when(name) for name in written}

    second = commit()
    build()
    text = (out / "status.html").read_text("utf-8")
    assert second in text and first not in text
    assert when("second") == written["second"]
    assert "no targets are out of date" in build()

    # A page that is gone counts as news: what is made of all pages must forget it.
    (source / "second.md").unlink()
    before = when("status")
    build()
    assert when("status") > before
