"""Cases that people who run courses met with other graders: whose a file is, and which counts."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from pathlib import Path

import grading_cases as cases
import pytest

from multivector.cli import main
from multivector.grading import handback, lms, submissions

SLUG = "05-measuring-vectors"
SOURCE = str(Path(__file__).resolve().parents[1] / "exercises" / SLUG)


def right(slug: str = SLUG) -> bytes:
    return cases.notebook(cases.solution_cells(slug))


def zipped(tmp_path: Path, files: dict[str, bytes]) -> Path:
    path = tmp_path / "in.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def roster_of(tmp_path: Path, people: dict[str, str]) -> Path:
    path = tmp_path / "roster.csv"
    rows = "".join(f'{i},"{n}"\n' for i, n in people.items())
    path.write_text(f"id,name\n{rows}", encoding="utf-8")
    return path


def run(tmp_path: Path, files: dict[str, bytes], people: dict[str, str], *options: str) -> int:
    arguments = ["grade", SOURCE, str(zipped(tmp_path, files))]
    arguments += ["--output", str(tmp_path / "grades.csv"), *options]
    if people:
        arguments += ["--roster", str(roster_of(tmp_path, people))]
    return main(arguments)


def rows(tmp_path: Path) -> list[dict[str, str]]:
    text = (tmp_path / "grades.csv").read_bytes().decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def owners(tmp_path: Path, names: list[str], people: dict[str, str]) -> dict[str, str]:
    """Return {file: id, name, or "?" for nobody's}."""
    roster = [lms.Student(i, n) for i, n in people.items()]
    found = submissions.collect(zipped(tmp_path, dict.fromkeys(names, b"{}")), roster)
    return {s.file: "?" if s.status == "unknown" else s.lms_id or s.name for s in found}


# --- who is it ----------------------------------------------------------------------------------


def test_a_name_that_ends_in_a_number_takes_nobody_s_place(tmp_path: Path) -> None:
    """Canvas keeps an underscore of a name: x_501 with the id 77000 is not the student 501."""
    long, short = "x_501_77000_9002_a.ipynb", "name_501_9001_a.ipynb"
    people = {"501": "Name", "77000": "X 501"}
    assert owners(tmp_path, [long, short], people) == {long: "77000", short: "501"}
    # 77000 has left the course: the file is not 501's.
    assert owners(tmp_path, [long, short], {"501": "Name"}) == {long: "?", short: "501"}
    # Without a roster nothing decides, and 501 keeps what is certainly theirs.
    assert owners(tmp_path, [long, short], {}) == {long: "?", short: "501"}


def test_a_group_s_number_is_no_student_s(tmp_path: Path) -> None:
    people = {"3": "Анна Ли", "17": "Иван Петров", "4711": "Ғани Өмір"}
    files = [
        "group_3_4711_90001_a.ipynb",
        "Team A_17_assignsubmission_file_/a.ipynb",
        "Иван Петров_18_assignsubmission_file_/a.ipynb",
    ]
    found = owners(tmp_path, files, people)
    assert found[files[0]] == found[files[1]] == "?"


def test_a_group_s_notebook_is_each_member_s(tmp_path: Path) -> None:
    people = {"3": "Анна Ли", "17": "Иван Петров", "4711": "Ғани Өмір"}
    groups = tmp_path / "groups.csv"
    groups.write_text("group,id\nTeam A,3\nTeam A,17\nTeam B,4711\n", encoding="utf-8")
    files = {"Team A_17_assignsubmission_file_/a.ipynb": right()}
    assert run(tmp_path, files, people, "--groups", str(groups)) == 0
    found = {r["lms_id"]: r for r in rows(tmp_path)}
    assert found["3"]["total"] == found["17"]["total"] == "20"
    assert "group Team A" in found["3"]["flags"] and "same notebook" not in found["3"]["flags"]
    assert found["4711"]["status"] == "missing"


def test_a_person_says_whose_a_file_is(tmp_path: Path) -> None:
    said = tmp_path / "owners.csv"
    said.write_text("file,id\nx_501_77000_9002_a.ipynb,77000\n", encoding="utf-8")
    files = {"x_501_77000_9002_a.ipynb": right(), "name_501_9001_a.ipynb": right()}
    people = {"501": "Name", "77000": "Somebody Else"}
    assert run(tmp_path, files, people) == 0
    status = {r["lms_id"]: r["status"] for r in rows(tmp_path)}
    assert status == {"": "unknown", "501": "graded", "77000": "missing"}
    assert run(tmp_path, files, people, "--owners", str(said)) == 0
    assert {r["lms_id"]: r["status"] for r in rows(tmp_path)} == dict.fromkeys(people, "graded")


def test_a_class_that_matches_nobody_is_an_error(
    tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    people = {"1": "Анна Ли", "2": "Иван Петров"}
    assert run(tmp_path, {"submission_1/a.ipynb": right(), "submission_2/a.ipynb": right()}, people)
    assert "none of the 2 submissions" in capsys.readouterr().err
    assert not (tmp_path / "grades.csv").exists()
    files = {"Анна Ли/a.ipynb": right(), "Stranger/a.ipynb": right()}
    assert run(tmp_path, files, people) == 0
    assert "1 submission matches nobody: Stranger/a.ipynb" in capsys.readouterr().err


LAYOUTS = [
    ("Week 5_asel_attempt_2026-11-02-10-00-00_a.ipynb", {"asel": "Әсел"}, "asel"),
    ("Submitted files/Анна Ли/Week 5/Version 2/a.ipynb", {"1": "Анна Ли"}, "Анна Ли"),
    ("submitted/1/05-measuring-vectors/a.ipynb", {"1": "Анна Ли"}, "1"),
    ("Анна Ли - a.ipynb", {"1": "Анна Ли"}, "Анна Ли"),
    ("Participant_881_assignsubmission_file_/a.ipynb", {"881": "881"}, "881"),
]


@pytest.mark.parametrize(("path", "people", "expected"), LAYOUTS)
def test_layouts_of_other_systems(
    path: str, people: dict[str, str], expected: str, tmp_path: Path
) -> None:
    other = path.replace("asel", "b").replace("Анна Ли", "Б Б").replace("881", "882")
    other = other.replace("/1/", "/2/")
    found = owners(tmp_path, [path, other], people)
    file = next(f for f in found if path.endswith(f))
    assert found[file] == expected


def test_an_instructor_adds_a_layout(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    files = {"s-17-week5.ipynb": right(), "s-18-week5.ipynb": right()}
    people = {"17": "Иван Петров", "18": "Анна Ли"}
    mine = r"mine=^s-(?P<id>\d+)-"
    assert run(tmp_path, files, people, "--layout", mine) == 0
    assert {r["lms_id"]: r["total"] for r in rows(tmp_path)} == {"17": "20", "18": "20"}
    for wrong in ("mine", "mine=^x", "mine=(?P<id>"):
        assert run(tmp_path, files, people, "--layout", wrong) == 1


def test_folders_around_a_class_are_looked_through(tmp_path: Path) -> None:
    people = {"881": "Анна Ли", "882": "Иван Петров"}
    files = {
        f"Week 5/download/{n}_{i}_assignsubmission_file_/a.ipynb": right()
        for i, n in people.items()
    }
    assert run(tmp_path, files, people) == 0
    assert {r["total"] for r in rows(tmp_path)} == {"20"}


def test_one_student_s_folder_is_no_class(tmp_path: Path) -> None:
    names = ["Анна Ли/a.ipynb", "Анна Ли/b/c.ipynb"]
    assert owners(tmp_path, names, {}) == {"Анна Ли/a.ipynb": "Анна Ли"}
    assert owners(tmp_path, names, {"1": "Анна Ли"}) == {"Анна Ли/a.ipynb": "Анна Ли"}


def test_russian_names_of_windows(tmp_path: Path) -> None:
    for encoding in ("cp866", "cp1251", "utf-8"):
        info = zipfile.ZipInfo("x.ipynb")
        info.filename = "Анна Ли_881_assignsubmission_file_/a.ipynb".encode(encoding).decode(
            "cp437"
        )
        assert submissions._zip_name(info).startswith("Анна Ли_881"), encoding


# --- which file ---------------------------------------------------------------------------------


def test_the_notebook_of_this_assignment_counts(tmp_path: Path) -> None:
    other = json.loads(right("01-concepts"))
    other["cells"].insert(0, {"cell_type": "markdown", "metadata": {}, "source": "# Concepts"})
    files = {
        "anna_1_100_05.ipynb": right(),
        "anna_1_101_Untitled.ipynb": cases.notebook(["x = 1"]),
        "anna_1_102_01.ipynb": json.dumps(other).encode(),
        "ivan_2_103_01.ipynb": json.dumps(other).encode(),
    }
    assert run(tmp_path, files, {"1": "Anna", "2": "Ivan"}) == 0
    found = {r["lms_id"]: r for r in rows(tmp_path)}
    assert found["1"]["total"] == "20" and "latest of this assignment" in found["1"]["flags"]
    assert (found["2"]["status"], found["2"]["total"]) == ("other", "")
    assert "not the notebook of 'Measuring vectors': Concepts" in found["2"]["reason"]


@pytest.mark.parametrize("ending", [".ipynb.txt", ".ipynb.json", ".IPYNB"])
def test_a_notebook_as_a_browser_saves_it_is_read(ending: str, tmp_path: Path) -> None:
    assert run(tmp_path, {f"anna_1_100_a{ending}": right()}, {"1": "Anna"}) == 0
    assert rows(tmp_path)[0]["total"] == "20"


def test_conflict_markers_are_named(tmp_path: Path) -> None:
    text = right().decode().replace('"cells"', '<<<<<<< HEAD\n"cells"', 1) + ">>>>>>> other\n"
    assert run(tmp_path, {"a.ipynb": text.encode()}, {}) == 0
    assert "git's marks" in rows(tmp_path)[0]["reason"]


# --- what a notebook holds ----------------------------------------------------------------------


def test_a_full_solution_with_plots_and_magics_keeps_its_points(
    tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    """A cell that is lost at its first line takes the answers in it away, without a word."""
    extra = "import matplotlib.pyplot as plt\nimport seaborn\nfrom google.colab import drive\n"
    extra += "%time y = 1\n!pip install \\\n  something\nfiles = !ls\nplt.subplots()[1].plot()\n"
    extra += "import pandas\npandas.Series([1, 2]).plot()\npandas.DataFrame({1: [2]}).plot.bar()\n"
    first, *rest = cases.solution_cells(SLUG)
    files = {
        "a.ipynb": cases.notebook([extra + first, *rest]),
        "b.ipynb": cases.notebook([first, *rest, "import nowhere\nx = 1"]),
        "c.ipynb": cases.notebook(["import asyncio\nawait asyncio.sleep(0)\n" + first, *rest]),
    }
    assert run(tmp_path, files, {}) == 0
    found = {r["student"]: r for r in rows(tmp_path)}
    assert [r["total"] for r in found.values()] == ["20"] * 3
    assert "stopped" in found["b"]["flags"] and "no module 'nowhere' here, 1 student" in (
        capsys.readouterr().err
    )


def test_an_essay_in_a_markdown_cell_is_flagged(tmp_path: Path) -> None:
    notebook = json.loads(cases.notebook(cases.solved_without(SLUG, "q7")))
    essay = "My essay says this. " * 20
    notebook["cells"].append({"cell_type": "markdown", "metadata": {}, "source": essay})
    assert run(tmp_path, {"a.ipynb": json.dumps(notebook).encode()}, {}) == 0
    assert "a text of 80 words in a Markdown cell" in rows(tmp_path)[0]["flags"]


def test_escapes_of_an_exception_are_not_on_the_page(tmp_path: Path) -> None:
    cell = "raise ValueError('\\x1b[31mred\\u202eevil')"
    assert run(tmp_path, {"a.ipynb": cases.notebook([*cases.solution_cells(SLUG), cell])}, {}) == 0
    page = next((tmp_path / "grades-feedback").iterdir()).read_text("utf-8")
    assert "ValueError: [31mredevil" in page and "\x1b" not in page and "\u202e" not in page


def test_all_tries_share_one_limit(tmp_path: Path) -> None:
    import time

    loops = ["while True: pass"] * 3 + cases.solution_cells(SLUG)
    start = time.monotonic()
    options = ("--total-seconds", "5", "--cell-seconds", "4")
    assert run(tmp_path, {"a.ipynb": cases.notebook(loops)}, {}, *options) == 0
    assert time.monotonic() - start < 9 and rows(tmp_path)[0]["status"] == "timeout"


# --- what goes back -----------------------------------------------------------------------------


def moodle_reads(name: str) -> str:
    """Return the participant that Moodle's importer finds in a path."""
    return name.split("/")[0].split("_", 4)[1]


def canvas_reads(name: str) -> list[str]:
    """Return the student and the upload that Canvas finds in a file's name."""
    return [part for part in name.split("_") if part.isdecimal()][:2]


@pytest.mark.parametrize("system", ["canvas", "moodle"])
def test_the_pages_go_back_in_a_zip_that_finds_each_student(
    system: str, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    people = {"881": "Анна Ли", "882": "O_Neill Sara", "883": "Иван Петров"}
    files = {}
    for number, name in list(people.items())[:2]:
        canvas = f"{name.replace(' ', '').lower()}_LATE_{number}_90{number}_05.ipynb"
        moodle = f"{name}_{number}_assignsubmission_file_/05.ipynb"
        files[canvas if system == "canvas" else moodle] = right()
    assert run(tmp_path, files, people) == 0
    out = tmp_path / "back.zip"
    back = ["feedback-zip", str(tmp_path / "grades.csv"), "--lms", system, "--output", str(out)]
    assert main(back) == 0
    with zipfile.ZipFile(out) as archive:
        names = archive.namelist()
        assert all("<h1>Measuring vectors" in archive.read(n).decode() for n in names)
    if system == "canvas":
        assert sorted(map(canvas_reads, names)) == [["881", "90881"], ["882", "90882"]]
    else:
        assert sorted(map(moodle_reads, names)) == ["881", "882"]
    first = out.read_bytes()
    assert main(back) == 0 and out.read_bytes() == first
    other = "moodle" if system == "canvas" else "canvas"
    assert main([*back[:3], other, *back[4:]]) == 1
    assert main([*back, "--feedback", str(tmp_path / "nowhere")]) == 1


def test_late_days_are_taken_off_by_one_rule(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    policy = handback.LatePolicy(10, 30)
    assert [round(policy.share(d), 2) for d in (0, 0.1, 1, 1.5, 9)] == [1, 0.9, 0.9, 0.8, 0.7]
    late = tmp_path / "late.csv"
    late.write_text('id,days,extension\n1,"1,5",\n2,3,3\n3,1,\n', encoding="utf-8")
    grades = [lms.Grade("a", "1", 20.0, ""), lms.Grade("b", "2", 10.0, ""),
              lms.Grade("c", "3", None, "no total"), lms.Grade("d", "4", 5.0, "")]  # fmt: skip
    found, told = handback.lowered(grades, handback.read_late(late), policy)
    assert [g.points for g in found] == [16, 10, None, 5]
    assert told == ["a (1): 1.5 days late, 20 becomes 16"]
    for text in ("id,days\n1,x\n", "id,days\n1,-1\n", "id,days\n1,1\n1,2\n", "who\n1\n"):
        late.write_text(text, encoding="utf-8")
        with pytest.raises(lms.ListError):
            handback.read_late(late)
