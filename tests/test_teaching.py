"""What instructors rely on: the syllabuses, the questions for the room, the assignments' pages."""

from __future__ import annotations

import html
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from sphinx.testing.util import SphinxTestApp

from multivector.book.build import repository
from multivector.book.learning import assignments, syllabus
from multivector.book.learning.study import WORDS_A_MINUTE, Reading
from multivector.book.learning.syllabus import SyllabusError, Week
from multivector.book.notebooks import launch, plain
from multivector.cli import parser
from multivector.grading import build
from multivector.grading.assignment import read_all

ROOT = Path(__file__).resolve().parents[1]
TEACHING = ROOT / "chapters" / "teaching"
CHAPTERS = sorted(
    p.relative_to(ROOT).with_suffix("").as_posix()
    for room in ("theory", "case-2025")
    for p in (ROOT / "chapters" / room).glob("*.md")
)
ASSIGNMENTS = {a.slug: a for a in read_all(ROOT)}


def front(slug: str) -> dict:
    return yaml.safe_load(ASSIGNMENTS[slug].source[4:].partition("\n---")[0])["multivector"]


# --- the course as numbers ----------------------------------------------------------------------


def test_every_chapter_has_a_load() -> None:
    for docname in CHAPTERS:
        blocks = plain.split(plain.body((ROOT / f"{docname}.md").read_text("utf-8"))[0])
        prose = [line for b in blocks if isinstance(b, plain.Prose) for line in b.lines]
        assert 500 < len(re.findall(r"\w+", " ".join(prose))) < 10_000, docname
        assert sum(getattr(b, "name", "") == "self-check" for b in blocks) >= 3, docname


def test_minutes_are_rounded_up_and_count_the_assignment() -> None:
    slug, assignment = next(iter(ASSIGNMENTS.items()))
    week = Week(("a", "b"), "x", (slug,))
    loads = {"a": Reading(WORDS_A_MINUTE, {}), "b": Reading(0, {})}
    exact = assignment.minutes + 1
    found = syllabus.minutes(week, loads, ASSIGNMENTS)
    assert found % syllabus.STEP == 0
    assert exact <= found < exact + syllabus.STEP


@pytest.mark.parametrize(
    ("numbers", "words"),
    [([], ""), ([2], "2"), ([5, 1, 2, 3], "1\u20113, 5"), ([1, 2], "1\u20112")],
)
def test_runs(numbers: list[int], words: str) -> None:
    assert syllabus.runs(numbers) == words


def test_what_a_week_measures() -> None:
    rows = [("a", 1, "x", ["sc"], []), ("a", 2, "x", ["sc"], ["t"]), ("b", 1, "x", [], ["t"])]
    assert [syllabus.measured(rows, page) for page in "ab"] == ["1\u20112", ""]
    assert [syllabus.measured(rows, page, "t") for page in "ab"] == ["2", "1"]


def test_hours() -> None:
    assert [syllabus.hours(n) for n in (60, 95)] == ["1 h", "1 h 35 min"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: [", "not YAML"),
        ("", "an item a week"),
        ("- read: [x]", "week 1"),
        ("- {class: talk}\n- {class: talk, room: 3}", "week 2"),
    ],
)
def test_a_plan_that_is_none_says_where(text: str, words: str) -> None:
    with pytest.raises(SyllabusError, match=words):
        syllabus.plan(text)


def test_what_a_plan_leaves_out_is_found() -> None:
    weeks = [Week(("a",), "x", ("one",)), Week(("b", "b", "c"), "x", ("odd",))]
    assert syllabus.problems(weeks, ["a", "b", "d"], {"one": ["b"], "two": []}) == [
        "week 1: one is due before b",
        "d is not read",
        "c is unknown",
        "b is read twice",
        "two is not due",
        "odd is unknown",
    ]


def plans() -> list[str]:
    text = (TEACHING / "syllabus.md").read_text("utf-8")
    return re.findall(r"^```\{syllabus\}\n(.*?)^```", text, re.M | re.S)


#: An assignment that is due before a chapter it covers, and the one section it needs of it.
EARLY = {
    "01-concepts": ("chapters/case-2025/beijing", "Fivefold of what?"),
    "02-threat-and-balancing": ("chapters/case-2025/moscow", "The ally"),
}


def test_the_two_syllabuses_are_whole_courses() -> None:
    covered = {
        slug: [p for p in front(slug).get("covers", {}) if p not in EARLY.get(slug, ())]
        for slug in ASSIGNMENTS
    }
    # What a page asks to read whole is read by then too, whether or not it is measured.
    covered["05-measuring-vectors"].append("chapters/case-2025/beijing")
    found = [syllabus.plan(text) for text in plans()]
    assert [len(weeks) for weeks in found] == [7, 14]
    for weeks in found:
        assert syllabus.problems(weeks, CHAPTERS, covered) == []


@pytest.mark.parametrize("slug", sorted(EARLY))
def test_what_is_read_early_is_named_and_there(slug: str) -> None:
    text = (TEACHING / "syllabus.md").read_text("utf-8")
    page, section = EARLY[slug]
    line = next(x for x in text.splitlines() if f"](../exercises/{slug})" in x)
    assert f'"{section}" in' in line and f"(../{page.removeprefix('chapters/')})" in line
    assert f"\n## {section}\n" in (ROOT / f"{page}.md").read_text("utf-8")
    assert page in front(slug)["covers"]


# --- questions for the room ---------------------------------------------------------------------


def discussions() -> dict[str, str]:
    text = (TEACHING / "discussion.md").read_text("utf-8")
    sections = re.split(r"^### .*$", text, flags=re.M)[1:]
    return {
        re.search(r"^Chapter: \[\]\(\.\./([\w/-]+)\)", section, re.M)[1]: section
        for section in sections
    }


def test_every_chapter_has_its_questions() -> None:
    assert sorted(f"chapters/{name}" for name in discussions()) == CHAPTERS


@pytest.mark.parametrize("name", sorted(discussions()))
def test_questions_screen_note_and_activity(name: str) -> None:
    section = discussions()[name]
    assert 4 <= len(re.findall(r"^\d\. .*\?", section, re.M)) <= 6
    screen = re.search(r"^\*\*On the screen:\*\* (.*)$", section, re.M)
    assert screen and re.search(r"\{(fact|quote|numref)\}", screen[1])
    assert re.search(r"^\*\*It turns on\*\* ", section, re.M)
    assert re.search(r"^\*\*Ten minutes\.\*\* ", section, re.M)


# --- assignments in the book --------------------------------------------------------------------


@pytest.mark.parametrize("slug", sorted(ASSIGNMENTS))
def test_an_assignment_has_its_page(slug: str) -> None:
    text = (ROOT / assignments.PAGES / f"{slug}.md").read_text("utf-8")
    assert re.findall(r"^```\{(assignment[\w-]*)\} (.*)$", text, re.M) == [
        ("assignment", slug),
        ("assignment-questions", slug),
    ]
    warm = re.findall(r"^```\{self-check\} (.*)\n(.*)", text, re.M)
    assert len(warm) == 3
    for name, first in warm:
        assert name.startswith("sc-warm-")
        assert ":objective:" not in first, "a warm-up is nobody's measure"


@pytest.mark.parametrize("slug", sorted(ASSIGNMENTS))
def test_the_page_asks_all_and_tells_nothing(slug: str) -> None:
    assignment = ASSIGNMENTS[slug]
    text = {q.name: "\n".join(assignments.prompts(assignment, q)) for q in assignment.questions}
    assert all(text.values())
    assert build.leaks(assignment, "\n".join(text.values())) == []


@pytest.mark.parametrize("slug", sorted(ASSIGNMENTS))
def test_an_assignment_says_once_what_it_covers(slug: str) -> None:
    """YAML keeps the last of two and is silent; that the objectives exist is held elsewhere."""
    assert ASSIGNMENTS[slug].source.count("\n  covers:\n") == 1


def test_points_in_a_sentence() -> None:
    for assignment in ASSIGNMENTS.values():
        automatic, judged = assignments.points(assignment)
        words = assignments.summary(assignment)
        assert f"{automatic + judged:g} points" in words
        assert f"{assignment.minutes:g} minutes" in words
        assert (f"{judged:g}." in words) == bool(judged)


def book(folder: Path, page: str, slug: str = "01-concepts") -> tuple[str, str]:
    """Return (page, warnings) of a book of one page with one assignment."""
    source = ASSIGNMENTS[slug]
    (folder / "exercises" / source.slug).mkdir(parents=True)
    copy = folder / "exercises" / source.slug / f"{source.slug}.md"
    copy.write_bytes(source.path.read_bytes())
    (folder / "conf.py").write_text(
        "extensions = ['myst_parser', 'multivector.book.learning.selfcheck',\n"
        "              'multivector.book.learning.assignments',"
        " 'multivector.book.learning.syllabus']\n"
        "root_doc = 'index'\nexclude_patterns = ['exercises']\n"
    )
    (folder / "index.md").write_text(page, encoding="utf-8")
    app = SphinxTestApp(srcdir=folder)
    try:
        app.build()
        return (Path(app.outdir) / "index.html").read_text("utf-8"), app.warning.getvalue()
    finally:
        app.cleanup()


def test_an_unknown_name_stops_with_its_words(tmp_path: Path) -> None:
    page = (
        "# A\n\n```{assignment} 99-none\n```\n\n"
        "```{syllabus}\n- {class: talk, due: [99-none]}\n```\n\n"
        "```{syllabus}\n- {class: talk, read: [no/page]}\n```\n"
    )
    _, warnings = book(tmp_path / "src", page)
    assert "no assignment called '99-none' in exercises/" in warnings
    assert "week 1: no assignment called '99-none'" in warnings
    assert "week 1: no page called 'chapters/no/page'" in warnings


@pytest.mark.parametrize("slug", sorted(ASSIGNMENTS))
def test_facts_questions_and_syllabus_on_a_page(slug: str, tmp_path: Path) -> None:
    source = ASSIGNMENTS[slug]
    page = (
        f"# A\n\n```{{assignments}}\n```\n\n```{{assignment}} {slug}\n```\n\n## Questions\n\n"
        f"```{{assignment-questions}} {slug}\n```\n\n"
        f"## Weeks\n\n```{{syllabus}}\n- {{class: A *talk*, due: [{slug}]}}\n```\n"
    )
    text, _ = book(tmp_path / "src", page, slug)
    text = html.unescape(text).replace("\u2019", "'")
    assert f'_downloads/notebooks/exercises/{slug}.ipynb" download' in text
    for goal in source.objectives.values():
        assert goal in text
    assert "<em>Together</em>" in text
    assert text.count(f"<p>{source.minutes:g}</p>") >= 2, "its row, and the sum of one row"
    assert text.count('id="question-') == len(source.questions)
    for question in source.judged:
        for line in question.rubric:
            assert line["criterion"] in text
            for told in {"full", "half", "none"} & set(line):
                assert line[told] not in text, "what a full answer says is for readers"
    assert "{{" not in text, "a parameter without its value"
    assert "<em>talk</em>" in text
    spent = syllabus.minutes(Week((), "x", (slug,)), {}, ASSIGNMENTS)
    assert f"Self-study in 1 weeks: {syllabus.hours(spent)}" in text


# --- the guide ----------------------------------------------------------------------------------


def blocks() -> list[str]:
    """The shell commands of the guide, in order."""
    text = (TEACHING / "guide.md").read_text("utf-8")
    return re.findall(r"^```sh\n(.*?)^```", text, re.M | re.S)


def test_every_command_that_the_guide_names_exists() -> None:
    text = (TEACHING / "guide.md").read_text("utf-8")
    named = set(re.findall(r"\bmultivector ([a-z][a-z-]+)", "\n".join(blocks())))
    named |= set(re.findall(r"`multivector ([a-z][a-z-]+)", text))
    commands = parser()._subparsers._group_actions[0].choices
    assert named and named <= set(commands)


def test_the_guide_regrades_the_table_with_the_journal_and_names_the_package() -> None:
    commands = "".join(blocks()).replace("\\\n", " ").splitlines()
    (again,) = (line for line in commands if "--question" in line)
    (first,) = (line for line in commands if " grade " in line and "--question" not in line)
    assert again.split()[: len(first.split())] == first.split(), "the same table and roster"
    (students,) = (line for line in commands if "student-notebooks" in line)
    assert '--package "multivector @ git+ADDRESS"' in students


def test_without_make_is_what_make_runs() -> None:
    make = (ROOT / "Makefile").read_text("utf-8")
    readme = (ROOT / "README.md").read_text("utf-8")
    rows = dict(re.findall(r"^\| `make (\w+)` \| (.*) \|$", readme, re.M))
    (build_line,) = re.findall(r"^BUILD := (.*)$", make, re.M)
    recipes = re.findall(r"^(\w+):(.*)\n((?:\t.*\n)+)", make, re.M)
    assert {name for name, _, _ in recipes} - {"assets"} == set(rows)
    for name, needs, recipe in recipes:
        row = rows.get(name, rows["book"])
        for line in recipe.replace("$(BUILD)", build_line).splitlines():
            command = line.strip().lstrip("@").partition(" || ")[0]
            if not command.startswith(("#", "echo")):
                told = command.replace("$(BIN)", ".venv/bin").replace("$$(", "$(")
                assert f"`{told}`" in row, (name, told)
        assert ("installation of `make check`" in row) == (
            ".venv/.test" in needs and name != "check"
        )
        if "book" in needs.split():
            assert "the lines of `make book`" in row, name


def test_a_repository_with_an_address_offers_binder_and_colab(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = repository.Repository("github.com", "owner/name", "main")
    monkeypatch.setattr(repository, "find", lambda root: home)
    monkeypatch.setenv(launch.BRANCH, "notebooks")
    text, _ = book(tmp_path / "src", "# A\n\n```{assignment} 01-concepts\n```\n")
    assert "mybinder.org/v2/gh/owner/name/main?urlpath=lab%2Ftree%2Fnotebooks%2Fexercises" in text
    assert "colab.research.google.com/github/owner/name/blob/notebooks/" in text
    assert "exercises/01-concepts-colab.ipynb" in text


READER = """
import csv, sys
with open(sys.argv[1], encoding="utf-8-sig", newline="") as sheet:
    head, *rows = csv.reader(sheet)
marked = [["1" if "(0-" in h else cell for h, cell in zip(head, row)] for row in rows]
with open(sys.argv[1], "w", encoding="utf-8-sig", newline="") as sheet:
    csv.writer(sheet).writerows([head, *marked])
"""


@pytest.mark.slow
def test_the_guide_as_it_is_written(tmp_path: Path) -> None:
    """Every command of the guide, copied from the page, on a sample class of four."""
    here = tmp_path / "multi-vector"
    here.mkdir()
    for entry in ROOT.iterdir():
        if entry.name != "_build":
            (here / entry.name).symlink_to(entry)
    script = "".join(blocks())
    for line in ("git clone ADDRESS multi-vector\n", "cd multi-vector\n", "make book\n"):
        assert line in script
        script = script.replace(line, "")  # the reader's copy of the book is this one
    # What a person does in a spreadsheet: a point for every criterion.
    merge = "multivector merge-essays"
    assert script.count(merge) == 1
    script = script.replace(
        merge, f"{sys.executable} ../read.py ../demo/grades-essays.csv\n{merge}"
    )
    (tmp_path / "read.py").write_text(READER)
    small = re.sub(r"(multivector demo-class .*)", r"\1 --n 4", script)
    assert small != script
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", small],
        cwd=here,
        capture_output=True,
        text=True,
        timeout=300,
        env={**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    demo = tmp_path / "demo"
    text = (TEACHING / "guide.md").read_text("utf-8")
    promised = set(re.findall(r"^\| `(grades[\w.-]+)/?` \|", text, re.M))
    promised |= {name for name in re.findall(r"\.\./demo/([\w.-]+)", script)}
    assert {"grades.csv", "final.csv", "import.csv"} <= promised
    assert [name for name in sorted(promised) if not (demo / name).exists()] == []
    before, after = (demo / f"{name}.csv" for name in ("gradebook", "import"))
    lines = [path.read_text("utf-8-sig").splitlines() for path in (before, after)]
    assert lines[0][0] == lines[1][0], "the LMS knows its own columns"
    assert lines[0] != lines[1], "somebody was given a grade"
    assert len(list((demo / "built" / "variants").iterdir())) >= 4
