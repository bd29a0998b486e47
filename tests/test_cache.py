"""What runs the chapters again, and what only writes their pages again."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from multivector.book import cache, notebooks

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "src" / "multivector"


@pytest.mark.parametrize(
    ("changed", "runs", "writes"),
    [
        ("charts.py", True, True),
        ("trade.csv", True, True),
        ("explorers/year.js", True, True),
        ("book/figures.py", False, True),
        ("grading/grade.py", False, True),
        ("book/keep/pdf.py", False, False),
        ("notes.txt", False, False),
    ],
)
def test_a_change_does_what_it_must_and_no_more(tmp_path, changed, runs, writes):
    for name in ("charts.py", "trade.csv", "explorers/year.js", "book/figures.py",
                 "grading/grade.py", "book/keep/pdf.py", "notes.txt"):  # fmt: skip
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("old")

    def now() -> tuple[str, str]:
        rooms = (cache._NOT_IN_CELLS, cache._NOT_IN_PAGES)
        return tuple(cache.fingerprint(tmp_path, without=without) for without in rooms)

    before = now()
    (tmp_path / changed).write_text("new")
    assert [old != new for old, new in zip(before, now(), strict=True)] == [runs, writes]


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
