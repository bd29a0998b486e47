"""The grader against a class: what students hand in, and what attackers would."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unicodedata
from dataclasses import dataclass
from pathlib import Path

import grading_cases as cases
import pytest
from sampling import sampled

from multivector.grading import report

SLUG = "05-measuring-vectors"
ROOT = Path(__file__).resolve().parents[1]
NOBODY = 65534
TIGHT = ["--cell-seconds", "3", "--total-seconds", "12", "--jobs", "2"]
#: For longer assignments, on a machine that may have other work meanwhile.
ROOMY = ["--cell-seconds", "6", "--total-seconds", "24", "--jobs", "2"]

pytestmark = pytest.mark.slow


def file_name(case: str) -> str:
    return unicodedata.normalize("NFC", case.replace("/", "-")) + ".ipynb"


def snapshot(folder: Path) -> dict[str, str]:
    return {
        str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest()
        if p.is_file() and not p.is_symlink()
        else os.readlink(p)
        if p.is_symlink()
        else "folder"
        for p in sorted(folder.rglob("*"))
    }


def processes() -> set[str]:
    """Return the command lines of this machine's processes that an attack or a worker left."""
    found = set()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:
                continue
            if cases.MARK in line or "grading/worker.py" in line:
                found.add(f"{entry.name} {line[:80]}")
    return found


def staying(found: set[str]) -> set[str]:
    """Return those that do not go away: another grader's workers come and go on this machine."""
    deadline = time.monotonic() + 30
    while found and time.monotonic() < deadline:
        time.sleep(0.2)
        found &= processes()
    return found


def as_user(command: list[str], user: str) -> tuple[list[str], dict[str, str]]:
    """Return a command and environment that run the grader as root or as an ordinary user."""
    environment = {"PATH": os.environ["PATH"], "SECRET": "never seen inside", "LANG": "C.UTF-8"}
    if user == "root":
        return [sys.executable, "-m", "multivector.cli", *command], environment
    libraries = next(p for p in sys.path if p.endswith("site-packages"))
    environment |= {"PYTHONPATH": f"{ROOT / 'src'}:{libraries}", "PYTHONDONTWRITEBYTECODE": "1"}
    python = ordinary_python()
    drop = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
    return [*(drop if os.geteuid() == 0 else []), python, "-m", "multivector.cli", *command], (
        environment
    )


def ordinary_python() -> str:
    """Return an interpreter of our version that an ordinary user may run, or skip."""
    if os.geteuid() != 0:
        return sys.executable
    version = f"python3.{sys.version_info.minor}"
    for candidate in (sys.executable, f"/usr/bin/{version}", f"/usr/local/bin/{version}"):
        tried = subprocess.run(
            ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
            + [candidate, "-c", "print(1)"],
            capture_output=True,
            check=False,
        )
        if tried.returncode == 0:
            return candidate
    pytest.skip("no interpreter here that an ordinary user may run")


def users() -> list[str]:
    """Return who can run the grader on this machine."""
    return ["root", "ordinary"] if os.geteuid() == 0 else ["ordinary"]


def sampled_users() -> list:
    """Return the same for a class: one of them with each commit, the other in the soak."""
    return sampled(users(), 1)


@dataclass
class Class:
    """A graded class: its rows by case, pages of feedback, and what the world looked like."""

    rows: dict[str, dict[str, str]]
    results: dict[str, dict]
    pages: dict[str, str]
    untouched: bool
    left: set[str]
    calls: int
    output: Path


def grade(
    folder: Path, output: Path, user: str, slug: str, *extra: str
) -> subprocess.CompletedProcess:
    arguments = ["grade", str(ROOT / "exercises" / slug), str(folder), "--output", str(output)]
    command, environment = as_user([*arguments, *extra], user)
    environment["TMPDIR"] = str(output.parent / "tmp")
    return subprocess.run(
        command, env=environment, cwd=output.parent, capture_output=True, text=True, timeout=1800
    )


def rows_of(output: Path) -> list[dict[str, str]]:
    text = output.read_bytes().decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def graded_class(
    user: str, slug: str, chosen: dict[str, cases.Case], limits: list[str] = TIGHT
) -> Class:
    home = Path(tempfile.mkdtemp(prefix="multivector-test-"))
    try:
        home.chmod(0o777)
        folder = home / "submissions"
        folder.mkdir()
        (home / "tmp").mkdir()
        (home / "tmp").chmod(0o777)
        with socket.create_server(("127.0.0.1", 0)) as server:
            server.settimeout(0.2)
            cases.LISTENER["port"] = server.getsockname()[1]
            for name, case in chosen.items():
                content = case.make(slug)
                if content is not None:
                    (folder / file_name(name)).write_bytes(content)
            calls: list[str] = []
            stop = threading.Event()

            def listen() -> None:
                while not stop.is_set():
                    try:
                        calls.append(server.accept()[1])
                    except TimeoutError:
                        continue

            listener = threading.Thread(target=listen)
            listener.start()
            before, processes_before = snapshot(folder), processes()
            try:
                done = grade(folder, home / "grades.csv", user, slug, *limits)
            finally:
                stop.set()
                listener.join()
        assert done.returncode == 0, done.stderr
        left = staying(processes() - processes_before)
        left |= set(os.listdir(home / "tmp"))
        left |= {n for n in os.listdir(tempfile.gettempdir()) if cases.MARK in n}
        known = {
            *("submissions", "tmp", "grades.csv", "grades.csv.journal"),
            *("grades-feedback", "grades-essays.csv", "grades-summary.html"),
        }
        left |= set(os.listdir(home)) - known
        rows = {r["file"].removesuffix(".ipynb"): r for r in rows_of(home / "grades.csv")}
        lines = (home / "grades.csv.journal").read_text().splitlines()
        results = {json.loads(line)["result"]["key"]: json.loads(line)["result"] for line in lines}
        pages = {
            name: (home / "grades-feedback" / row["feedback"]).read_text(encoding="utf-8")
            for name, row in rows.items()
        }
        return Class(
            rows, results, pages, snapshot(folder) == before, left, len(calls), home / "grades.csv"
        )
    finally:
        shutil.rmtree(home)


@pytest.fixture(scope="module", params=sampled_users())
def students(request: pytest.FixtureRequest) -> Class:
    return graded_class(request.param, SLUG, cases.BROKEN)


@pytest.fixture(scope="module", params=sampled_users())
def attackers(request: pytest.FixtureRequest) -> Class:
    return graded_class(request.param, SLUG, cases.ATTACKS)


def check_row(klass: Class, name: str, case: cases.Case, slug: str) -> None:
    key = file_name(name).removesuffix(".ipynb")
    row, page = klass.rows[key], klass.pages[key]
    assert row["status"] in case.statuses, row
    full = cases.assignment(slug).out_of
    if case.total == "full":
        assert float(row["total"]) == full, row
    elif case.total in ("less q", "less name"):
        first = next(q for q in cases.assignment(slug).questions if q.name == cases.FIRST[slug])
        asked = {"less q": set(first.answers), "less name": {cases.FIRST_NAME[slug]}}[case.total]
        lost = sum(c.points for c in first.cases if asked & set(c.params))
        total = float(row["total"])
        if case.total == "less name":  # a test may compare other names too: they keep their part
            assert full - lost <= total < full, row
        else:
            assert total == full - lost, row
    elif case.total is None:
        assert row["total"] == "", row
    elif case.total != "any":
        assert row["total"] in ("", str(case.total)), row
        if row["status"] == "graded":
            assert row["total"] == str(case.total), row
    if case.says:
        assert case.says in page or case.says in row["reason"], (row["reason"], page)


@pytest.mark.parametrize("name", cases.BROKEN)
def test_every_submission_gets_its_own_row(students: Class, name: str) -> None:
    check_row(students, name, cases.BROKEN[name], SLUG)


@pytest.mark.parametrize("name", cases.ATTACKS)
def test_no_attack_gains_a_point(attackers: Class, name: str) -> None:
    case = cases.ATTACKS[name]
    key = file_name(name).removesuffix(".ipynb")
    row = attackers.rows[key]
    questions = [q.name for q in cases.assignment(SLUG).automatic]
    gained = {q: row[q] for q in questions if row[q] not in ("", "0")}
    assert not gained, row
    if case.total != "any":
        check_row(attackers, name, case, SLUG)
    if row["status"] != "graded":
        assert row["total"] == "", "a run that could not be graded has no total"


@pytest.mark.parametrize("name", cases.ATTACKS)
def test_no_attack_finds_anything(attackers: Class, name: str) -> None:
    check_loot(attackers, name)


def check_loot(klass: Class, name: str) -> None:
    """An attack writes what it found into every essay."""
    essays = klass.results[file_name(name).removesuffix(".ipynb")]["essays"]
    if name != "essay as a formula":
        assert set(" ".join(essays.values()).split()) <= {"nothing"}, essays


def check_world(klass: Class, expected: int) -> None:
    assert klass.untouched, "the submissions' folder changed"
    assert not klass.left, klass.left
    assert klass.calls == 0, "a notebook reached a listener on localhost"
    assert len(klass.rows) == expected, "one row each"


def test_a_class_leaves_nothing_behind(students: Class) -> None:
    check_world(students, len(cases.BROKEN))


def test_attackers_leave_nothing_behind(attackers: Class) -> None:
    check_world(attackers, len(cases.ATTACKS))


def test_untouched_and_copied_notebooks_are_flagged(students: Class) -> None:
    assert "untouched template" in students.rows["untouched"]["flags"]
    flags = students.rows["correct"]["flags"]
    assert "same notebook as" in flags and "nbformat 3" in flags
    assert "same notebook" not in students.rows["untouched"]["flags"]
    assert "same notebook" not in students.pages["correct"], "a student reads nothing of others"


def check_pages(klass: Class) -> None:
    hidden = [c for q in cases.assignment(SLUG).questions for c in q.cases if c.hidden]
    for page in klass.pages.values():
        assert "<script" not in page and "<img" not in page
        assert "default-src 'none'" in page
        for case in hidden:
            assert case.name not in page
        assert "has the right form, but" not in page, "a hidden test's message"


def test_feedback_is_public_messages_and_no_markup(students: Class) -> None:
    check_pages(students)


def test_feedback_on_attacks_is_no_markup(attackers: Class) -> None:
    check_pages(attackers)


def test_no_cell_of_the_table_is_a_formula(attackers: Class) -> None:
    for row in attackers.rows.values():
        for value in row.values():
            assert not value.lstrip("\ufeff ").startswith(("=", "+", "-", "@", "\t", "\r")), value


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("=1+1", "'=1+1"),
        ("  =1+1", "'=1+1"),
        ("\t=1+1", "'=1+1"),
        ("\u200b=1", "'=1"),
        ("\uff1d1", "'\uff1d1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("-2+3|cmd", "'-2+3|cmd"),
        ("'=1", "''=1"),
        ("Иван\r\n=1", "Иван  =1"),
        ("a\x00b\u202ec", "abc"),
        (0.5, "0.5"),
        (20.0, "20"),
        (None, ""),
        ("Әсел Қайратқызы", "Әсел Қайратқызы"),
    ],
)
def test_a_csv_cell(value: object, written: str) -> None:
    assert report.cell(value) == written


#: What depends on an assignment's own names and functions, and what might. `make test` deals these
#: out over the assignments, the first few to each; the soak tries everything on everything.
ALWAYS = ["correct", "partly correct", "untouched", "wrong names"]
SAMPLE = [
    "infinite loop in a function", "nbformat 3", "truncated", "string", "Series", "other kernel",
    "NaN", "answer cell deleted", "cells pasted twice", "numpy scalar",
]  # fmt: skip
ALWAYS_ATTACKS = ["equal to everything"]
SAMPLE_ATTACKS = [
    "patched builtins", "read the tests", "replaced encoder", "forged replies in advance",
    "os._exit", "20 children", "call home", "forged huge reply", "functions that bite",
    "patched grader",
]  # fmt: skip
OTHERS = [slug for slug in cases.SLUGS if slug != SLUG]


def check_class(slug: str, user: str, broken: list[str], attacks: list[str]) -> None:
    klass = graded_class(
        user,
        slug,
        {n: cases.BROKEN[n] for n in broken} | {n: cases.ATTACKS[n] for n in attacks},
        ROOMY,
    )
    check_world(klass, len(broken) + len(attacks))
    questions = [q.name for q in cases.assignment(slug).automatic]
    for name in broken:
        check_row(klass, name, cases.BROKEN[name], slug)
    for name in attacks:
        row = klass.rows[file_name(name).removesuffix(".ipynb")]
        assert all(row[q] in ("", "0") for q in questions), row
        assert row["status"] in cases.ATTACKS[name].statuses, row
        check_loot(klass, name)


@pytest.mark.parametrize("slug", OTHERS)
def test_a_sample_holds_on_every_other_assignment(slug: str) -> None:
    turn, step = OTHERS.index(slug), len(OTHERS)
    check_class(
        slug,
        users()[-1],
        [*ALWAYS, *SAMPLE[turn::step]],
        [*ALWAYS_ATTACKS, *SAMPLE_ATTACKS[turn::step]],
    )


@pytest.mark.soak
@pytest.mark.parametrize("user", users())
@pytest.mark.parametrize("slug", cases.SLUGS)
def test_everything_holds_everywhere(slug: str, user: str) -> None:
    check_class(slug, user, list(cases.BROKEN), list(cases.ATTACKS))
