"""A run as an instructor lives it: zips, names, rosters, a killed run, essays, refusals."""

from __future__ import annotations

import csv
import dataclasses
import hashlib
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from importlib import metadata
from pathlib import Path

import grading_cases as cases
import numpy as np
import pandas as pd
import pytest

import multivector
from multivector import archive, fingerprint
from multivector.cli import main
from multivector.grading import grade, notebook, report, sandbox, spreadsheet, submissions, worker
from multivector.grading.build import names_of_solution
from multivector.grading.notebook import Notebook, _Answers, run_test

SLUG = "05-measuring-vectors"
ROOT = Path(__file__).resolve().parents[1]
SOURCE = str(ROOT / "exercises" / SLUG)


def right() -> bytes:
    return cases.notebook(cases.solution_cells(SLUG))


def wrong() -> bytes:
    return cases.notebook([cases.wrong_cell(SLUG)])


def rows_of(output: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(output.read_bytes().decode("utf-8-sig"))))


def by_name(output: Path) -> dict[str, dict[str, str]]:
    return {r["student"]: r for r in rows_of(output)}


# --- whose notebook is it -----------------------------------------------------------------------


def owners(paths: list[str], tmp_path: Path) -> dict[str, tuple[str, str, str]]:
    archive = tmp_path / "in.zip"
    with zipfile.ZipFile(archive, "w") as zipped:
        for path in paths:
            zipped.writestr(path, b"{}")
    return {s.key: (s.name, s.lms_id, s.file) for s in submissions.collect(archive)}


@pytest.mark.parametrize(
    ("data", "complaint"),
    [(b'{"worksheets":[{"cells":5}]}', ""),
     (b'{"worksheets":[{"cells":{"a":1}}],"nbformat":3}', ""),
     (b'{"cells":[{"source":[[1]],"cell_type":[]}],"metadata":{"kernelspec":{"language":{}}}}', ""),
     (b'{"cells":[{"source":1}],"metadata":[]}', ""),
     (b'{"cells":[1]}', "not a notebook: it has no cells"),
     (b"[" * 100_000, "nested too deep"), (b'{"cells":' + b"9" * 10_000 + b"}", "cut off")],
)  # fmt: skip
def test_no_notebook_stops_the_class(data: bytes, complaint: str) -> None:
    """Reading it ends in words, or in cells of which none is code."""
    if complaint:
        with pytest.raises(submissions.NotebookError, match=complaint):
            submissions.read_script(data)
    else:
        assert submissions.read_script(data).cells == ()


def test_large_files_are_read_one_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sixteen at once, each thirty times its size while it is read, would end the grader."""
    now, most, real = [], [], submissions._script

    def slow(data: bytes) -> submissions.Script:
        now.append(1)
        most.append(len(now))
        time.sleep(0.05)
        now.pop()
        return real(data)

    monkeypatch.setattr(submissions, "_script", slow)
    for bound, alone in ((10, True), (1_000_000, False)):
        monkeypatch.setattr(submissions, "_LARGE_BYTES", bound)
        most.clear()
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(submissions.read_script, [right()] * 4))
        assert (max(most) == 1) is alone, most


def test_an_unforeseen_notebook_is_one_student_s_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    def surprise(notebook: dict) -> str:
        raise KeyError("what nobody thought of")

    monkeypatch.setattr(submissions, "_language", surprise)
    with pytest.raises(submissions.NotebookError, match="KeyError"):
        submissions.read_script(right())


def test_a_file_name_cannot_make_a_canvas_student_somebody_else(tmp_path: Path) -> None:
    name = "doejane_4001_90002_x_4002_assignsubmission_file_.ipynb"
    assert owners([name], tmp_path) == {"4001": ("doejane", "4001", name)}


def test_a_damaged_zip_is_said(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    archive = tmp_path / "in.zip"
    with zipfile.ZipFile(archive, "w") as zipped:
        zipped.writestr("a.ipynb", b"{}")
    data = bytearray(archive.read_bytes())
    at = data.rindex(b"PK\x01\x02")
    data[at : at + 4] = b"XXXX"
    archive.write_bytes(data)
    assert main(["grade", SOURCE, str(archive), "--output", str(tmp_path / "g.csv")]) == 1
    assert "download it again" in capsys.readouterr().err


def test_a_result_depends_on_the_tables_of_the_book(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    grader = grade.Grader(cases.assignment(SLUG), sandbox.Runtime.here(), sandbox.Limits())
    before = grader.stamp("a")
    assert before == grader.stamp("a")
    (tmp_path / "datapackage.json").write_text("{}")
    monkeypatch.setattr(fingerprint, "data_dir", lambda: tmp_path)
    assert fresh_stamp() != before


def fresh_stamp() -> str:
    """Return the stamp that a grader started now would give."""
    return grade.Grader(cases.assignment(SLUG), sandbox.Runtime.here(), sandbox.Limits()).stamp("a")


def test_a_result_depends_on_the_code_that_grades(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A corrected check reaches a class that was graded before."""
    before = fresh_stamp()
    package = tmp_path / "multivector"
    shutil.copytree(Path(multivector.__file__).parent, package)
    monkeypatch.setattr(multivector, "__file__", str(package / "__init__.py"))
    assert fresh_stamp() == before
    check = package / "grading" / "expect.py"
    check.write_text(check.read_text(encoding="utf-8") + "# corrected\n", encoding="utf-8")
    assert fresh_stamp() != before


@pytest.mark.parametrize("library", ["pandas", "numpy"])
def test_a_result_depends_on_the_libraries(library: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before = fresh_stamp()
    real = metadata.version
    monkeypatch.setattr(metadata, "version", lambda n: "0" if n == library else real(n))
    assert fresh_stamp() != before


@pytest.mark.parametrize(
    "source",
    ["answer = compute(3  # is it?", "x = [1, 2  # right?", "if x == 3  # or 4??\n    y = 1"],
)
def test_a_question_mark_in_a_comment_hides_no_error(source: str) -> None:
    error = worker.run_cell(source, {})["error"]
    assert error["type"] == "SyntaxError"
    assert error["line"] == 1


@pytest.mark.parametrize("line", ["print?", "pd.DataFrame??", "?print", "%time 1", "!ls", "*int*?"])
def test_a_line_of_ipython_is_passed_over(line: str) -> None:
    names: dict = {}
    assert worker.run_cell(f"a = 1\n{line}\nb = 2", names) == {}
    assert (names["a"], names["b"]) == (1, 2)


def test_a_magic_line_does_not_reach_into_a_text() -> None:
    text = "Is it hedging?\n% of trade\n!"
    names: dict = {}
    source = f'%matplotlib inline\nessay = """{text}"""\nif essay:\n    essay?\n!ls'
    assert worker.run_cell(source, names) == {} and names["essay"] == text
    assert worker.run_cell("x = (1\n%time y", {})["error"]["type"] == "SyntaxError"


def test_a_formula_behind_a_semicolon_is_a_text_and_comes_back() -> None:
    for text in ("fine ;=cmd|'/C calc'!A0", "a; +1;-2", "=1;=2", "plain; text", ";'=x", "a;'b"):
        cell = spreadsheet.cell(text)
        for part in cell.split(";"):
            assert not part.strip().startswith(("=", "+", "-", "@")), cell
        assert spreadsheet.uncell(cell) == text
    assert spreadsheet.cell("plain; text") == "plain; text"


def test_canvas_names(tmp_path: Path) -> None:
    found = owners(
        [
            "ivanovivan_4711_90001_05-measuring-vectors.ipynb",
            "ivanovivan_4711_90001_05-measuring-vectors-1.ipynb",
            "әлібайәсел_LATE_4712_90002_ex01 (1).ipynb",
            "smith_4713_90003_essay.docx",
        ],
        tmp_path,
    )
    assert found["4711"] == (
        "ivanovivan", "4711", "ivanovivan_4711_90001_05-measuring-vectors-1.ipynb",
    )  # fmt: skip
    assert found["4712"][0] == "әлібайәсел"
    assert set(found) == {"4711", "4712", "4713"}


def test_what_canvas_marks_as_late_is_flagged(tmp_path: Path) -> None:
    archive = tmp_path / "in.zip"
    with zipfile.ZipFile(archive, "w") as zipped:
        for path in ("aman_1_11_x.ipynb", "zhanna_LATE_2_12_x.ipynb", "zhanna_2_10_LATE_3_4.ipynb"):
            zipped.writestr(path, b"{}")
    notes = {s.key: s.note for s in submissions.collect(archive)}
    assert notes == {"1": "", "2": "2 notebooks, graded the latest; late"}


def test_moodle_names(tmp_path: Path) -> None:
    found = owners(
        [
            "Әсел Қайратқызы_881_assignsubmission_file_/05-measuring-vectors.ipynb",
            "Иван Петров_882_assignsubmission_file/ex01 (1).ipynb",
            "John O'Neill_883_assignsubmission_file_05.ipynb",
            "__MACOSX/._x.ipynb",
        ],
        tmp_path,
    )
    assert {k: v[0] for k, v in found.items()} == {
        "881": "Әсел Қайратқызы", "882": "Иван Петров", "883": "John O'Neill",
    }  # fmt: skip


def test_two_students_of_one_name_stay_two(tmp_path: Path) -> None:
    found = owners(
        ["Ли_1_assignsubmission_file_/a.ipynb", "Ли_2_assignsubmission_file_/a.ipynb"], tmp_path
    )
    assert set(found) == {"1", "2"}


def test_a_folder_of_files_and_folders(tmp_path: Path) -> None:
    (tmp_path / "Айгүл").mkdir()
    (tmp_path / "Айгүл" / "ex01 (1).ipynb").write_bytes(right())
    (tmp_path / "nobody").mkdir()
    (tmp_path / "bob.ipynb").write_bytes(right())
    (tmp_path / "carol.pdf").write_bytes(b"%PDF")
    (tmp_path / ".DS_Store").write_bytes(b"x")
    found = {s.name: s for s in submissions.collect(tmp_path)}
    assert set(found) == {"Айгүл", "bob", "carol"}
    assert found["carol"].load is None and "not an .ipynb" in found["carol"].problem


def test_links_are_not_followed(tmp_path: Path) -> None:
    secret = tmp_path / "secret.ipynb"
    secret.write_bytes(right())
    folder = tmp_path / "in"
    (folder / "dan").mkdir(parents=True)
    (folder / "eve.ipynb").symlink_to(secret)
    (folder / "mallory").symlink_to(tmp_path)
    (folder / "dan" / "a.ipynb").symlink_to("/etc/passwd")
    os.mkfifo(folder / "pipe.ipynb")
    for found in submissions.collect(folder):
        assert found.load is None, found
        assert "not followed" in found.problem or "no notebook" in found.problem


@pytest.mark.parametrize(
    "name",
    [
        "../../../etc/cron.d/x.ipynb", "/etc/passwd.ipynb", "..\\..\\x.ipynb",
        "=cmd|' /C calc'!A0.ipynb", "<script>alert(1)</script>.ipynb", "-rf.ipynb",
        "a\nb.ipynb", "\u202eevil.ipynb", "x" * 230 + ".ipynb", "CON.ipynb", "%00.ipynb",
        "' onmouseover='alert(1).ipynb", "@SUM(A1:A9).ipynb",
    ],
)  # fmt: skip
def test_a_hostile_name_is_only_a_name(name: str, tmp_path: Path) -> None:
    archive = tmp_path / "in.zip"
    with zipfile.ZipFile(archive, "w") as zipped:
        zipped.writestr(name, b"{}")
    (found,) = submissions.collect(archive)
    empty = grade.Result(found.key, found.name, found.lms_id, found.file, "unreadable", "why")
    page = report.feedback_name(empty)
    assert "/" not in page and "\\" not in page and not page.startswith((".", "-"))
    assert len(page.encode()) < 200
    assert "<script" not in report.feedback_html(cases.assignment(SLUG), empty)
    (row,) = csv.DictReader(io.StringIO(report.grades_csv(cases.assignment(SLUG), [empty])))
    for value in row.values():
        assert not value.startswith(("=", "+", "-", "@"))
        assert "\n" not in value and "\u202e" not in value


def test_a_name_that_is_not_utf8(tmp_path: Path) -> None:
    path = os.path.join(os.fsencode(tmp_path), b"\xff\xfe.ipynb")
    with open(path, "wb") as file:
        file.write(right())
    (found,) = submissions.collect(tmp_path)
    found.name.encode("utf-8")
    assert found.load is not None and found.load() == right()


def test_a_zip_bomb_and_a_broken_member(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(submissions, "MAX_BYTES", 1_000_000)
    archive = tmp_path / "in.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as zipped:
        zipped.writestr("bomb.ipynb", b"0" * 50_000_000)
        zipped.writestr("good.ipynb", right())
    content = bytearray(archive.read_bytes())
    place = content.index(b"good.ipynb") + len(b"good.ipynb") + 40
    content[place : place + 20] = b"\xff" * 20
    archive.write_bytes(bytes(content))
    for found in submissions.collect(archive):
        assert found.load is not None
        with pytest.raises(submissions.NotebookError):
            submissions.read_script(found.load())


def test_neither_folder_nor_zip(tmp_path: Path) -> None:
    (tmp_path / "x.zip").write_bytes(b"PK nonsense")
    with pytest.raises(submissions.SubmissionsError):
        submissions.collect(tmp_path / "x.zip")


# --- runs ---------------------------------------------------------------------------------------


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    target = tmp_path / "new" / f"{'ә' * 120}.csv"
    archive.write_whole(target, b"one")
    archive.write_whole(target, b"two")
    assert target.read_bytes() == b"two" and list(target.parent.iterdir()) == [target]
    with pytest.raises(OSError):
        archive.write_whole(target.parent, b"three")
    assert list(tmp_path.iterdir()) == [target.parent]


@pytest.mark.parametrize("kind", ["canvas", "moodle"])
def test_a_zip_is_graded(kind: str, tmp_path: Path) -> None:
    names = {
        "canvas": ("aman_1_11_x.ipynb", "zhanna_LATE_2_12_x.ipynb", "empty_3_13_x.ipynb"),
        "moodle": tuple(
            f"{n}_{i}_assignsubmission_file_/x.ipynb"
            for i, n in enumerate(("aman", "zhanna", "empty"), 1)
        ),
    }[kind]
    archive = tmp_path / "class.zip"
    with zipfile.ZipFile(archive, "w") as zipped:
        for name, content in zip(names, (right(), wrong(), b""), strict=True):
            zipped.writestr(name, content)
    roster = tmp_path / "roster.csv"
    roster.write_text("id,name\n1,aman\n2,zhanna\n3,empty\n4,Құралай\n", encoding="utf-8")
    before = hashlib.sha256(archive.read_bytes()).hexdigest()
    output = tmp_path / "out" / "grades.csv"
    arguments = ["grade", SOURCE, str(archive), "--output", str(output), "--roster", str(roster)]
    assert main(arguments) == 0
    rows = by_name(output)
    assert (rows["aman"]["status"], rows["aman"]["total"]) == ("graded", "20")
    assert (rows["zhanna"]["status"], rows["zhanna"]["total"]) == ("graded", "0")
    assert (rows["empty"]["status"], rows["empty"]["total"]) == ("unreadable", "")
    assert (rows["Құралай"]["status"], rows["Құралай"]["total"]) == ("missing", "")
    assert hashlib.sha256(archive.read_bytes()).hexdigest() == before
    assert output.read_bytes().startswith(b"\xef\xbb\xbf"), "Excel needs the BOM"
    page = output.with_name("grades-summary.html").read_text(encoding="utf-8")
    assert "Құралай" in page and "0 of 2" in page
    hidden = [c.name for q in cases.assignment(SLUG).questions for c in q.cases if c.hidden]
    assert not any(name in page for name in hidden)


def class_of(folder: Path, count: int) -> None:
    folder.mkdir()
    for number in range(count):
        cells = [*cases.solution_cells(SLUG), f"import time\ntime.sleep(0.3)  # {number}"]
        (folder / f"student{number:02}.ipynb").write_bytes(cases.notebook(cells))


def start(folder: Path, output: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "multivector.cli", "grade", SOURCE, str(folder)]
    return subprocess.Popen(
        [*command, "--output", str(output), "--jobs", "2"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        # A test run in the background ignores Ctrl-C, and so would the grader it starts.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


def workers() -> list[str]:
    lines = []
    for entry in Path("/proc").iterdir():
        try:
            line = (entry / "cmdline").read_bytes()
        except OSError:
            continue
        if entry.name.isdigit() and b"grading/worker.py" in line:
            lines.append(entry.name)
    return lines


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_killed_run_goes_on_where_it_was(how: signal.Signals, tmp_path: Path) -> None:
    folder, output = tmp_path / "in", tmp_path / "grades.csv"
    class_of(folder, 10)
    journal = tmp_path / "grades.csv.journal"
    others = set(workers())
    run = start(folder, output)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if journal.exists() and journal.read_bytes().count(b"\n") >= 3:
            break
        time.sleep(0.02)
    run.send_signal(how)
    run.wait(timeout=60)
    assert not output.exists(), "no half a table"
    done = journal.read_bytes()
    assert 3 <= done.count(b"\n") < 10
    deadline = time.monotonic() + 5
    while set(workers()) - others and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not set(workers()) - others, "a sandbox outlived its grader"
    with journal.open("ab") as file:
        file.write(b'{"stamp": "half a li')  # as a power cut would leave it
    assert start(folder, output).wait(timeout=120) == 0
    keys = [json.loads(line)["key"] for line in journal.read_bytes().splitlines()]
    assert len(keys) == len(set(keys)) == 10, "nobody graded twice, nobody lost"
    assert journal.read_bytes().startswith(done[: done.rfind(b"\n") + 1])
    assert {r["total"] for r in rows_of(output)} == {"20"}


def test_only_what_changed_is_graded_again(tmp_path: Path) -> None:
    folder, output = tmp_path / "in", tmp_path / "grades.csv"
    folder.mkdir()
    for name in ("a", "b"):
        (folder / f"{name}.ipynb").write_bytes(wrong())
    assert main(["grade", SOURCE, str(folder), "--output", str(output)]) == 0
    journal = tmp_path / "grades.csv.journal"
    first = journal.read_bytes()
    assert main(["grade", SOURCE, str(folder), "--output", str(output)]) == 0
    assert journal.read_bytes() == first
    (folder / "b.ipynb").write_bytes(right())
    assert main(["grade", SOURCE, str(folder), "--output", str(output)]) == 0
    assert journal.read_bytes().count(b"\n") == 3
    assert {n: r["total"] for n, r in by_name(output).items()} == {"a": "0", "b": "20"}


def test_a_journal_of_other_tests_or_limits_is_not_believed(tmp_path: Path) -> None:
    result = grade.Result("k", "n", "", "f", "graded", points={"q1": 2.0})
    first = grade.Journal(tmp_path / "j")
    first.add("sha", "one", result)
    with pytest.raises(OSError):
        grade.Journal(tmp_path / "j")
    first.close()
    journal = grade.Journal(tmp_path / "j")
    assert journal.get("k", "sha", "one") == result
    assert journal.get("k", "sha", "two") is None
    assert journal.get("k", "other file", "one") is None
    journal.close()


@pytest.mark.parametrize("line", [b"null\n", b"{}\n", b"[1]\n", b'{"stamp":"s"}\n', b"\xff\n"])
def test_a_spoilt_journal_costs_a_line(line: bytes, tmp_path: Path) -> None:
    (tmp_path / "j").write_bytes(line)
    journal = grade.Journal(tmp_path / "j")
    journal.add("sha", "s", grade.Result("k", "n", "", "f", "graded"))
    journal.close()
    again = grade.Journal(tmp_path / "j")
    assert again.get("k", "sha", "s") is not None
    again.close()


def test_without_a_sandbox_it_refuses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sandbox.shutil, "which", lambda name: None)
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.ipynb").write_bytes(right())
    output = tmp_path / "grades.csv"
    assert main(["grade", SOURCE, str(tmp_path / "in"), "--output", str(output)]) == 3
    said = capsys.readouterr().err
    assert "apt install bubblewrap" in said and "--no-sandbox" in said
    assert not output.exists()


def test_a_sandbox_too_slow_to_answer_is_said() -> None:
    with pytest.raises(sandbox.SandboxError, match="time limit"):
        sandbox.probe(sandbox.Runtime.here(), sandbox.Limits(cell_seconds=0))


def test_the_complaint_of_ubuntu_is_explained() -> None:
    assert "AppArmor" in sandbox.explain("bwrap: setting up uid map: Permission denied")


def test_no_sandbox_must_be_asked_for_and_warns(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.ipynb").write_bytes(right())
    output = tmp_path / "grades.csv"
    arguments = ["grade", SOURCE, str(tmp_path / "in"), "--output", str(output), "--no-sandbox"]
    assert main(arguments) == 0
    assert rows_of(output)[0]["total"] == "20"
    assert "runs as you" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("option", "value"),
    [("jobs", "0"), ("cell-seconds", "-1"), ("cell-seconds", "0"), ("cell-seconds", "nan"),
     ("total-seconds", "inf"), ("total-seconds", "-5"), ("memory-mb", "0")],
)  # fmt: skip
def test_a_limit_that_nobody_can_keep_is_refused(
    option: str, value: str, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.ipynb").write_bytes(right())
    arguments = ["grade", SOURCE, str(tmp_path / "in"), "--output", str(tmp_path / "grades.csv")]
    assert main([*arguments, "--no-sandbox", f"--{option}={value}"]) == 1
    assert f"--{option} must be more than 0" in capsys.readouterr().err
    assert os.listdir(tmp_path) == ["in"]


@pytest.mark.parametrize(
    ("output", "there", "complaint"),
    [
        ("folder", "folder/x", "folder is a folder"),
        ("grades.csv", "grades.csv.journal/x", "grades.csv.journal: Is a directory"),
        ("grades.csv", "grades-feedback", "grades-feedback: File exists"),
        ("file/grades.csv", "file", "file/grades-feedback: Not a directory"),
    ],
)
def test_what_cannot_be_written_is_said_before_anybody_is_graded(
    output: str,
    there: str,
    complaint: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture,
) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.ipynb").write_bytes(right())
    (tmp_path / there).parent.mkdir(exist_ok=True)
    (tmp_path / there).touch()
    monkeypatch.setattr(grade, "grade_all", lambda *a: pytest.fail("somebody was graded"))
    assert main(["grade", SOURCE, str(tmp_path / "in"), "--output", str(tmp_path / output)]) == 1
    assert complaint in capsys.readouterr().err


def test_another_run_on_the_same_table_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    (tmp_path / "in").mkdir()
    journal = grade.Journal(tmp_path / "grades.csv.journal")
    arguments = ["grade", SOURCE, str(tmp_path / "in"), "--output", str(tmp_path / "grades.csv")]
    assert main(arguments) == 1
    assert "another run is writing" in capsys.readouterr().err
    journal.close()


def test_what_cannot_be_written_after_grading_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    assignment = cases.assignment(SLUG)
    results = essay_rows("one")
    grades, sheet = tmp_path / "grades.csv", tmp_path / "essays.csv"
    grades.write_text(report.grades_csv(assignment, results), encoding="utf-8")
    sheet.write_text(report.essay_csv(assignment, results), encoding="utf-8")
    book = tmp_path / "book.csv"
    book.write_text("Student,ID,Measuring vectors (1)\nPoints Possible,,20\ns0,1,\n")
    for output, complaint in ((tmp_path, "Is a directory"), (grades / "x.csv", "File exists")):
        to = ["--output", str(output)]
        assert main(["merge-essays", SOURCE, str(grades), str(sheet), *to]) == 1
        export = ["export-grades", SOURCE, str(grades), str(book), "--without-essays", *to]
        assert main(export) == 1
        assert capsys.readouterr().err.count(complaint) == 2
    assert set(os.listdir(tmp_path)) == {"grades.csv", "essays.csv", "book.csv"}


def test_a_source_that_is_not_utf8_is_named(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    source = tmp_path / f"{SLUG}.md"
    source.write_bytes(cases.assignment(SLUG).template.encode("utf-16"))
    private = tmp_path / "private"
    private.mkdir()
    (private / source.name).write_bytes("---\n# Әсел\n---\n".encode("utf-16"))
    for command in (
        ["grade", str(source), str(private)],
        ["build-assignment", str(source)],
        ["merge-essays", str(source), "grades.csv", "essays.csv"],
        ["export-grades", str(source), "final.csv", "book.csv", "--output", "import.csv"],
        ["demo-class", str(tmp_path / "demo"), "--assignment", str(source)],
        ["build-assignment", SOURCE, "--overlay", str(private)],
    ):
        assert main(command) == 1
        assert f"{source.name}: not in UTF-8" in capsys.readouterr().err, command


def test_grades_are_not_written_among_the_submissions(tmp_path: Path) -> None:
    (tmp_path / "a.ipynb").write_bytes(right())
    assert main(["grade", SOURCE, str(tmp_path), "--output", str(tmp_path / "grades.csv")]) == 1
    assert os.listdir(tmp_path) == ["a.ipynb"]


@pytest.mark.parametrize("arguments", [["no-such-thing", "."], [SOURCE, "/no/such/folder"]])
def test_a_wrong_argument_is_named(arguments: list[str], capsys: pytest.CaptureFixture) -> None:
    assert main(["grade", *arguments]) == 1
    assert capsys.readouterr().err.strip()


# --- essays -------------------------------------------------------------------------------------


def essay_rows(*texts: str) -> list[grade.Result]:
    points = {q.name: q.points for q in cases.assignment(SLUG).automatic}
    return [
        grade.Result(f"s{i}", f"s{i}", "", "f", "graded", points=dict(points), essays={"q7": t})
        for i, t in enumerate(texts)
    ]


def filled(sheet: str, *marks: str, separator: str = ",") -> str:
    rows = list(csv.DictReader(io.StringIO(sheet)))
    columns = [c for c in rows[0] if c.startswith("q7 ")]
    for row in rows:
        row.update(zip(columns, marks, strict=True))
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, list(rows[0]), delimiter=separator)
    writer.writeheader()
    writer.writerows(rows)
    return buffer.getvalue()


def test_essays_are_merged_into_a_final_mark() -> None:
    assignment = cases.assignment(SLUG)
    results = essay_rows("Қазақстан мен Ресей", "=HYPERLINK(1)")
    grades, sheet = report.grades_csv(assignment, results), report.essay_csv(assignment, results)
    for separator, half in ((",", "1.5"), (";", "1,5"), ("\t", "1.5")):
        text = filled(sheet, "2", half, "1", separator=separator)
        text += separator * 5 + "\r\n"  # a row that somebody emptied
        rows = list(csv.DictReader(io.StringIO(report.merge_essays(assignment, grades, [text]))))
        assert [(r["q7"], r["final"]) for r in rows] == [("4.5", "24.5")] * 2


def test_an_unfinished_sheet_gives_no_final_mark() -> None:
    assignment = cases.assignment(SLUG)
    lost = grade.Result("t", "t", "", "f", "timeout", points={"q1": None})
    results = [*essay_rows("one", ""), lost]
    grades, sheet = report.grades_csv(assignment, results), report.essay_csv(assignment, results)
    for text in (sheet, filled(sheet, "2", "", "1")):
        rows = list(csv.DictReader(io.StringIO(report.merge_essays(assignment, grades, [text]))))
        assert [r["final"] for r in rows] == ["", "", ""]


def test_an_empty_essay_is_marked_by_a_person_like_any_other() -> None:
    assignment = cases.assignment(SLUG)
    results = essay_rows("one", "")
    grades, sheet = report.grades_csv(assignment, results), report.essay_csv(assignment, results)
    text = filled(sheet, "0", "0", "0")
    rows = list(csv.DictReader(io.StringIO(report.merge_essays(assignment, grades, [text]))))
    assert [(r["q7"], r["final"]) for r in rows] == [("0", "20")] * 2


def test_a_name_that_looks_like_a_formula_stays_who_it_is() -> None:
    """Merged twice, exported: the apostrophe that keeps a spreadsheet quiet does not pile up."""
    assignment = cases.assignment(SLUG)
    (one,) = essay_rows("one")
    odd = dataclasses.replace(one, name="=1+1", key="=1+1")
    table, sheet = report.grades_csv(assignment, [odd]), report.essay_csv(assignment, [odd])
    for _ in range(2):
        table = report.merge_essays(assignment, table, [filled(sheet, "2", "2", "1")])
        assert table.splitlines()[1].startswith("'=1+1,")
    grades, _ = report.exported(assignment, table)
    assert (grades[0].name, grades[0].points) == ("=1+1", 25)


def test_the_sheets_of_two_readers_are_merged() -> None:
    assignment = cases.assignment(SLUG)
    results = essay_rows("one", "two")
    grades = report.grades_csv(assignment, results)
    sheets = [
        filled(report.essay_csv(assignment, [result]), *marks)
        for result, marks in zip(results, (("2", "2", "1"), ("1", "0", "0")), strict=True)
    ]
    merged = report.merge_essays(assignment, grades, sheets)
    finals = {r["student"]: r["final"] for r in csv.DictReader(io.StringIO(merged))}
    assert finals == {"s0": "25", "s1": "21"}
    with pytest.raises(report.MergeError, match="twice"):
        report.merge_essays(assignment, grades, [*sheets, sheets[0]])


def test_a_total_that_a_person_entered_counts() -> None:
    """A notebook that ran out of time has no total, until somebody has looked at it."""
    assignment = cases.assignment(SLUG)
    (one,) = essay_rows("one")
    lost = dataclasses.replace(one, status="timeout")
    sheet = filled(report.essay_csv(assignment, [one]), "2", "2", "1")
    table = report.grades_csv(assignment, [lost])
    for text, final in ((table, ""), (table.replace("timeout,,,", "timeout,,13.5,"), "18.5")):
        merged = report.merge_essays(assignment, text, [sheet])
        assert [r["final"] for r in csv.DictReader(io.StringIO(merged))] == [final]


def test_a_total_entered_for_a_notebook_without_a_text_is_final() -> None:
    """Nothing of it is in an essay sheet, so no mark can be awaited; a graded one waits."""
    assignment = cases.assignment(SLUG)
    read, lost = essay_rows("one", "two")
    sheet = filled(report.essay_csv(assignment, [read]), "2", "2", "1")
    for status, entered, final in (
        ("unreadable", "12", "12"), ("missing", "0", "0"), ("killed", "7.5", "7.5"),
        ("unreadable", "", ""), ("graded", "12", ""),
    ):  # fmt: skip
        given = dataclasses.replace(lost, status=status)
        table = report.grades_csv(assignment, [read, given])
        rows = list(csv.reader(io.StringIO(table)))
        rows[2][rows[0].index("total")] = entered
        text = io.StringIO()
        csv.writer(text).writerows(rows)
        merged = report.merge_essays(assignment, text.getvalue(), [sheet])
        finals = [r["final"] for r in csv.DictReader(io.StringIO(merged))]
        assert finals == ["25", final], status


def test_a_sheet_saved_in_a_code_page_is_named_and_nothing_is_lost(
    tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    assignment = cases.assignment(SLUG)
    results = essay_rows("Теңгерім саясаты")
    grades, sheet = tmp_path / "grades.csv", tmp_path / "essays.csv"
    grades.write_text(report.grades_csv(assignment, results), encoding="utf-8")
    text = filled(report.essay_csv(assignment, results), "2", "2", "1")
    sheet.write_bytes(text.encode("cp1251", "replace"))
    out = tmp_path / "final.csv"
    arguments = ["merge-essays", SOURCE, str(grades), str(sheet), "--output", str(out)]
    assert main(arguments) == 1 and not out.exists()
    said = capsys.readouterr().err
    assert f"{sheet}: not UTF-8" in said and "CSV UTF-8" in said
    assert main(["export-grades", SOURCE, str(sheet), str(grades), "--output", str(out)]) == 1
    assert f"{sheet}: not UTF-8" in capsys.readouterr().err and not out.exists()
    sheet.write_text(text, encoding="utf-8")
    assert main(arguments) == 0 and out.exists()


def test_what_comes_after_grading_starts_where_no_sandbox_can() -> None:
    """On Windows there is neither fcntl nor resource."""
    code = (
        "import sys; sys.modules['fcntl'] = sys.modules['resource'] = None\n"
        "from multivector.cli import main\n"
        "main(['merge-essays', '--help'])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0 and "the sheet, or one for each reader" in done.stdout, done.stderr


def test_what_is_no_grade_table_is_said_and_blanks_left_out_are_blanks() -> None:
    assignment = cases.assignment(SLUG)
    results = essay_rows("one")
    sheet = filled(report.essay_csv(assignment, results), "2", "2", "1")
    with pytest.raises(report.MergeError, match="no grade table"):
        report.merge_essays(assignment, "a,b\r\n1,2\r\n", [sheet])
    grades = report.grades_csv(assignment, results)
    head, row = grades.splitlines()
    short = f"{head}\r\n{row.rstrip(',')}\r\n{'z,,,missing'}\r\n"
    rows = list(csv.DictReader(io.StringIO(report.merge_essays(assignment, short, [sheet]))))
    assert [r["final"] for r in rows] == ["25", ""]


def test_a_quote_that_does_not_close_does_not_swallow_the_table() -> None:
    assignment = cases.assignment(SLUG)
    results = essay_rows("one", "two")
    sheet = filled(report.essay_csv(assignment, results), "2", "2", "1")
    grades = report.grades_csv(assignment, results).replace("\r\ns0", '\r\n"s0')
    with pytest.raises(report.MergeError, match="line 2: a quote opens"):
        report.merge_essays(assignment, grades, [sheet])


@pytest.mark.parametrize("mark", ["3", "-1", "two", "nan", "inf", "1e9"])
def test_a_mark_outside_its_criterion_is_refused(mark: str) -> None:
    assignment = cases.assignment(SLUG)
    results = essay_rows("one")
    grades, sheet = report.grades_csv(assignment, results), report.essay_csv(assignment, results)
    with pytest.raises(report.MergeError, match="s0"):
        report.merge_essays(assignment, grades, [filled(sheet, mark, "1", "1")])


def test_a_stranger_and_a_double_in_the_sheet_are_refused() -> None:
    assignment = cases.assignment(SLUG)
    results = essay_rows("one", "two")
    sheet = report.essay_csv(assignment, results)
    with pytest.raises(report.MergeError, match="s1"):
        report.merge_essays(assignment, report.grades_csv(assignment, results[:1]), [sheet])
    with pytest.raises(report.MergeError, match="twice"):
        double = sheet + sheet.splitlines()[1] + "\r\n"
        report.merge_essays(assignment, report.grades_csv(assignment, results), [double])


def test_a_filled_sheet_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.ipynb").write_bytes(right())
    output = tmp_path / "grades.csv"
    arguments = ["grade", SOURCE, str(tmp_path / "in"), "--output", str(output)]
    assert main(arguments) == 0
    sheet = tmp_path / "grades-essays.csv"
    sheet.write_text(filled(sheet.read_text(encoding="utf-8-sig"), "2", "2", "1"))
    mine = sheet.read_bytes()
    assert main(arguments) == 0
    assert sheet.read_bytes() == mine
    final = tmp_path / "final.csv"
    assert main(["merge-essays", SOURCE, str(output), str(sheet), "--output", str(final)]) == 0
    assert rows_of(final)[0]["final"] == "25"


def test_a_later_run_writes_only_new_texts_and_the_sheets_merge(
    tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    """Marks are lost in no run, and every text is in one sheet."""

    def hand_in(name: str, text: str) -> None:
        cell = f"judgement = {text!r}"
        notebook = cases.notebook([*cases.solution_cells(SLUG), cell])
        (tmp_path / "in" / f"{name}.ipynb").write_bytes(notebook)

    def mark(sheet: Path, separator: str = ",") -> bytes:
        text = filled(sheet.read_text("utf-8-sig"), "2", "1", "1", separator=separator)
        sheet.write_text(text, encoding="utf-8-sig", newline="")
        return sheet.read_bytes()

    def sheets() -> list[str]:
        return sorted(p.name for p in tmp_path.glob("*essays*"))

    (tmp_path / "in").mkdir()
    output, final = tmp_path / "grades.csv", tmp_path / "final.csv"
    arguments = ["grade", SOURCE, str(tmp_path / "in"), "--output", str(output)]
    first, second, third = (tmp_path / f"grades-essays{e}.csv" for e in ("", "-2", "-3"))
    hand_in("a", "=one\n\n  two")
    assert main(arguments) == 0
    one = mark(first, ";")
    capsys.readouterr()
    assert main(arguments) == 0
    assert "no new sheet" in capsys.readouterr().err and sheets() == [first.name]
    hand_in("b", "three")
    assert main(arguments) == 0
    assert [r["student"] for r in rows_of(second)] == ["b"]
    two = mark(second)
    hand_in("c", "four")
    assert main(arguments) == 0
    assert [r["student"] for r in rows_of(third)] == ["c"]
    mark(third)
    assert (first.read_bytes(), second.read_bytes()) == (one, two)
    assert sheets() == sorted(p.name for p in (first, second, third))
    merge = ["merge-essays", SOURCE, str(output), *map(str, (first, second, third))]
    assert main([*merge, "--output", str(final)]) == 0
    assert {r["student"]: r["final"] for r in rows_of(final)} == dict.fromkeys("abc", "24")
    # Another text of the same student is to be read too; a person takes the old row out.
    hand_in("b", "five")
    capsys.readouterr()
    assert main(arguments) == 0
    assert "b, q7: a new text; delete the old row" in capsys.readouterr().err
    assert [r["text"] for r in rows_of(tmp_path / "grades-essays-4.csv")] == ["five"]


@pytest.mark.parametrize(
    ("data", "complaint"),
    [("Әсел".encode("utf-16"), "codec"), (b'student,lms_id,question,text\n"a,,q7,x\n', "quote")],
)
def test_a_sheet_that_cannot_be_read_stops_the_run_and_stays(
    data: bytes, complaint: str, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.ipynb").write_bytes(wrong())
    (tmp_path / "grades-essays.csv").write_bytes(data)
    output = tmp_path / "grades.csv"
    arguments = ["grade", SOURCE, str(tmp_path / "in"), "--output", str(output)]
    assert main(arguments) == 1
    said = capsys.readouterr().err
    assert complaint in said and "CSV in UTF-8" in said and not output.exists()
    assert [p.read_bytes() for p in tmp_path.glob("*essays*")] == [data]


def test_points_and_comments_of_a_person_reach_the_student_s_page(
    tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.ipynb").write_bytes(right())
    (tmp_path / "in" / "b.ipynb").write_bytes(wrong())
    output, final = tmp_path / "grades.csv", tmp_path / "final.csv"
    graded = ["grade", SOURCE, str(tmp_path / "in"), "--output", str(output)]
    assert main(graded) == 0
    sheet = tmp_path / "grades-essays.csv"
    rows = rows_of(sheet)
    for row in rows:
        if row["student"] == "a":
            marks = [name for name in row if "(0-" in name]
            row.update({name: "1" for name in marks})
            row["comment"] = "Clear <b>and</b> short; the last step is missing."
    with sheet.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    merge = ["merge-essays", SOURCE, str(output), str(sheet), "--output", str(final)]
    for _ in range(2):  # once more changes nothing
        assert main(merge) == 0
        page = (tmp_path / "grades-feedback" / by_name(output)["a"]["feedback"]).read_text("utf-8")
        assert "Comment: Clear &lt;b&gt;and&lt;/b&gt; short; the last step is missing." in page
        assert page.count("Comment:") == 1 and "so far" not in page
        total = by_name(final)["a"]["final"]
        assert f"Graded. {total} of 25 points." in page and "<li>1 of" in page
        other = (tmp_path / "grades-feedback" / by_name(output)["b"]["feedback"]).read_text("utf-8")
        assert "read by a person, out of" in other and "so far" in other
    assert main([*merge, "--feedback", str(tmp_path / "nowhere")]) == 1
    assert "no folder" in capsys.readouterr().err


def test_after_the_deadline_the_pages_have_the_solutions(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "b.ipynb").write_bytes(wrong())
    output = tmp_path / "grades.csv"
    for options in ([], ["--with-solutions"], []):
        assert main(["grade", SOURCE, str(tmp_path / "in"), "--output", str(output), *options]) == 0
        page = next((tmp_path / "grades-feedback").iterdir()).read_text("utf-8")
        for word in ("Worked solution", "Right is:", "Tried: <code>herfindahl(", "Read again:"):
            assert (word in page) == bool(options), word


def told(slug: str, name: str, answers: dict) -> tuple[float, list[str], list[str]]:
    question = cases.assignment(slug).question(name)
    return grade._decided(question, grade._complaints(question.cases, _Answers(answers)))


def test_a_hidden_failure_says_the_answer_and_what_kind_of_slip_it_is() -> None:
    """Which part is wrong, and what the student wrote; never the right answer."""
    points, said, details = told("01-concepts", "q2", {"against_hedging": ["A"]})
    assert points == 0
    assert said == ["`against_hedging`: you chose A. A letter is missing. "
                    "Judge every option by itself."]  # fmt: skip
    assert details == ["Right is: A, C"]
    names = names_of_solution(cases.assignment("05-measuring-vectors"))
    right = float(names["turnover_russia"])
    for wrong, slip in ((right * 1.01, "rounded or left out"), (7.0, "Check the year")):
        _, said, details = told("05-measuring-vectors", "q1", {"turnover_russia": wrong})
        assert len(said) == 1 and f"`turnover_russia` is {wrong:.6g}" in said[0]
        assert slip in said[0] and f"{right:.6g}" not in said[0]
        assert details == [f"Right is: {right:.6g}"]


def test_points_grow_with_what_is_right() -> None:
    """One wrong code costs less than three, and one code written everywhere earns nothing."""
    right = names_of_solution(cases.assignment("01-concepts"))["strategy"]
    earned = []
    for wrong in ("", "a", "abc", "abcdefg"):
        given = {k: ("hedging" if k in wrong else v) for k, v in right.items()}
        points, said, _ = told("01-concepts", "q1", {"strategy": given})
        earned.append(points)
        assert all(f'{k} (you wrote "hedging")' in " ".join(said) for k in wrong if k != "f")
    assert earned == sorted(earned, reverse=True) and len(set(earned)) == 4
    assert earned[0] == 4 and earned[-1] == 0


@pytest.mark.parametrize("form", ["series", "cyrillic", "spaces", "numpy", "rounded"])
def test_a_right_answer_in_another_form_is_right_or_told_what_to_do(form: str) -> None:
    solved = names_of_solution(cases.assignment("05-measuring-vectors"))
    answers = dict(solved)
    if form == "cyrillic":
        answers |= {"explanations": ["\u0410", "\u0421"], "objection": "\u0412"}
    elif form == "spaces":
        answers |= {"explanations": "A, C", "objection": " b "}
    elif form == "numpy":
        answers |= {"eu_share": np.float64(solved["eu_share"])}
    elif form == "rounded":
        answers |= {k: round(float(solved[k]), 3) for k in ("eu_share", "hhi_eu_as_one")}
    else:
        answers["eu_share"] = pd.Series([solved["eu_share"]])
    for question in cases.assignment("05-measuring-vectors").automatic:
        points, said, _ = told("05-measuring-vectors", question.name, answers)
        if form == "series" and question.name == "q3":
            assert "take the single value" in " ".join(said)
        else:
            assert (points, said) == (question.points, []), (question.name, said)


def test_a_stopped_cell_is_told_as_its_error_with_its_line() -> None:
    """ "Not answered yet" is for what nobody wrote."""
    checks = Notebook({"q1": [{"name": "t", "source": "def t(x):\n"
        "    from multivector.grading.expect import number\n    number(x, 'x')\n"}]})  # fmt: skip
    assert "not answered yet" in repr(checks.check("q1", {}))

    class Ran:
        info = type("Info", (), {"raw_cell": "y = 1\nx = y + z\n"})
        error_before_exec = None
        error_in_exec = None

    try:
        exec(compile(Ran.info.raw_cell, "<ipython>", "exec"), {})
    except NameError as error:
        Ran.error_in_exec = error
    checks._errors(Ran)
    said = repr(checks.check("q1", {}))
    assert "its cell stopped: NameError: name 'z' is not defined (line 2)" in said
    Ran.error_in_exec = None
    checks._errors(Ran)
    assert "not answered yet" in repr(checks.check("q1", {}))


def test_a_function_that_changes_what_it_is_given_is_told_before_handing_in() -> None:
    call = "    from multivector.grading.expect import result\n    result(f, 'f', {'a': 1})\n"
    source = f"def t(f):\n{call}"

    def changing(prior: dict) -> dict:
        prior["a"] = 2
        return prior

    assert "begin with a copy" in run_test("t", source, _Answers({"f": changing}))
    assert run_test("t", source, _Answers({"f": lambda prior: {**prior, "a": 2}})) is None
    adding = lambda table: table.assign(b=1) if table.insert(0, "c", 1) is None else 0  # noqa: E731
    frame = source.replace("{'a': 1}", "__import__('pandas').DataFrame({'a': [1]})")
    assert run_test("t", frame, _Answers({"f": adding})) is None


def test_a_series_with_names_is_a_dictionary_and_one_of_letters_a_list() -> None:
    for slug, question, name in (("03-alignment-choice", "q7", "changes"),
                                 ("03-alignment-choice", "q2", "payoffs"),
                                 ("01-concepts", "q1", "strategy"),
                                 ("06-capstone-2025", "q4", "three_theories")):  # fmt: skip
        solved = names_of_solution(cases.assignment(slug))
        answers = {**solved, name: pd.Series(solved[name])}
        points, said, _ = told(slug, question, answers)
        assert (points, said) == (cases.assignment(slug).question(question).points, []), said
    letters = {"against_hedging": pd.Series(["A", "C"])}
    assert told("01-concepts", "q2", letters)[0] == 2
    letters = {"against_hedging": np.array(["a", "c"])}
    assert told("01-concepts", "q2", letters)[0] == 2


def test_a_slip_that_only_the_grader_may_name_is_named_after_handing_in() -> None:
    for name, answers, said in (
        ("q4", {"needed": "D"}, "stands in the table already"),
        ("q5", {"voices": 5}, "those are documents"),
    ):
        points, told_so, _ = told("01-concepts", name, answers)
        assert points == 0 and said in told_so[0]
        question = cases.assignment("01-concepts").question(name)
        public = [c for c in question.cases if not c.hidden]
        assert not any(grade._complaints(public, _Answers(answers)).values())


def test_a_row_that_can_be_read_in_two_ways_has_two_right_codes() -> None:
    right = names_of_solution(cases.assignment("06-capstone-2025"))["coding"]
    for code, points in (("investment", 0.5), ("open", 0.5), ("purchase", 0.33)):
        assert told("06-capstone-2025", "q3", {"coding": {**right, "r3": code}})[0] == points


def test_names_are_found_in_a_cell_that_is_no_python() -> None:
    source = "a = 1\nb, c = 2 +\ndef f(x):\n    d = 3\nif a == e: pass\nг: float = 4\n"
    assert notebook.names_given(source) == {"a", "b", "c", "f", "г"}


# --- the protocol -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "line",
    [
        b"", b"x", b"[]", b"1", b'{"id": true}', b'{"id": "1"}', b'{"value": 1}',
        b'{"id": 1, "value": NaN}', b'{"id": 1, "value": Infinity}', b"[" * 100_000,
        b'{"id": ' + b"9" * 5000 + b"}", b"\xff\xfe", b'{"id": 1' + b" " * 2_000_000 + b"}",
        b'{"id": 1, "v": ' + b"[" * 50 + b"]" * 50 + b"}",
    ],
)  # fmt: skip
def test_a_reply_of_no_worker_of_ours(line: bytes) -> None:
    with pytest.raises(sandbox.Lost) as caught:
        sandbox.parse_reply(line)
    assert caught.value.kind == "tampered"


def test_brackets_in_an_essay_are_no_nesting() -> None:
    text = "[{" * 400
    assert sandbox.parse_reply(json.dumps({"id": 1, "v": text}).encode())["v"] == text


def test_lost_is_not_something_a_test_can_catch() -> None:
    class Answers:
        def get(self, name: str) -> object:
            def call() -> None:
                raise sandbox.Lost("killed", "x")

            return call

    with pytest.raises(sandbox.Lost):
        run_test("test_x", "def test_x(f):\n    f()\n", Answers())


def test_a_test_that_breaks_on_an_answer_does_not_pass() -> None:
    checks = Notebook({"q": [{"name": "test_x", "source": "def test_x(a):\n    a.nothing\n"}]})
    assert checks.check("q", {"a": 1}).messages


def test_feedback_in_a_notebook_is_escaped() -> None:
    source = "def test_x(a):\n    raise AssertionError(f'`a` is {a}')\n"
    checks = Notebook({"q": [{"name": "test_x", "source": source}]})
    shown = checks.check("q", {"a": "<script>"})._repr_html_()
    assert "<script>" not in shown and "<code>a</code>" in shown
