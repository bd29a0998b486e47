"""The made-up class, from clone to the file that the LMS imports, as an instructor would."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections import Counter
from pathlib import Path

import grading_cases as cases
import pytest

from multivector.cli import main
from multivector.grading import build, demo, lms

SLUG = "05-measuring-vectors"
SOURCE = str(Path(__file__).resolve().parents[1] / "exercises" / SLUG)


def rows_of(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_text("utf-8-sig"))))


@pytest.mark.parametrize("kind", demo.KINDS_OF_LMS)
@pytest.mark.parametrize("slug", cases.SLUGS)
def test_the_same_class_every_time(slug: str, kind: str) -> None:
    book = cases.assignment(slug)
    made = demo.demo_class(book, 14, kind)
    assert made == demo.demo_class(book, 14, kind)
    roster = lms.sheet(made["roster.csv"].decode())
    assert len(roster.records) == 1 + 14 + 2
    names = [r[1].value for r in roster.records[1:]]
    assert set("әқңөұүһғі") <= set("".join(names).lower()), "Kazakh letters"
    assert [n for n, c in Counter(names).items() if c == 2], "two people of one name"
    with zipfile.ZipFile(io.BytesIO(made["submissions.zip"])) as archive:
        assert len(archive.namelist()) == 14 and archive.testzip() is None


def test_a_zip_does_not_name_the_system_that_made_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = cases.assignment(SLUG)
    here = demo.demo_class(book, 1, "canvas")["submissions.zip"]
    (tmp_path / "a.zip").write_bytes(here)
    build._normalise_zip(tmp_path / "a.zip", tmp_path / "here.zip")
    monkeypatch.setattr(zipfile.sys, "platform", "win32")
    assert demo.demo_class(book, 1, "canvas")["submissions.zip"] == here
    build._normalise_zip(tmp_path / "a.zip", tmp_path / "there.zip")
    assert (tmp_path / "there.zip").read_bytes() == (tmp_path / "here.zip").read_bytes()


def test_a_big_class_and_a_small_one() -> None:
    assert set(demo.kinds(13)) == set(demo.kinds(50)) and len(demo.kinds(50)) == 50
    assert Counter(demo.kinds(50))["endless loop"] == 1, "a class is not a quarter of an hour"
    assert demo.kinds(1) == ["right"]


@pytest.mark.slow
def test_from_nothing_to_the_gradebook(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    """Thirteen of the fifty, with variants: make, grade, mark, merge, export, import."""
    seed, out = tmp_path / "seed.txt", tmp_path / "class"
    seed.write_text("a seed that only the tests know")
    arguments = [str(out), "--assignment", SOURCE, "--n", "13", "--lms", "moodle"]
    assert main(["demo-class", *arguments, "--seed-file", str(seed)]) == 0
    assert main(["demo-class", *arguments]) == 1, "an existing class is not overwritten"
    grades, roster = out / "grades.csv", out / "roster.csv"
    arguments = ["grade", SOURCE, str(out / "submissions.zip"), "--output", str(grades)]
    arguments += ["--roster", str(roster), "--seed-file", str(seed), "--cell-seconds", "8"]
    assert main(arguments) == 0
    rows = rows_of(grades)
    kinds = dict(zip(demo.kinds(13), rows, strict=False))
    assert Counter(r["status"] for r in rows) == {
        "graded": 10, "timeout": 1, "unreadable": 2, "missing": 2,
    }  # fmt: skip
    assert kinds["right"]["total"] == kinds["renamed"]["total"] == "20"
    assert kinds["untouched"]["total"] == "0" and "template" in kinds["untouched"]["flags"]
    assert kinds["endless loop"]["total"] == kinds["empty file"]["total"] == ""
    for kind in ("partly", "slips", "hard-coded"):
        assert 0 < float(kinds[kind]["total"]) < 20, kind
    assert "same notebook as" in kinds["copied"]["flags"]
    page = (out / "grades-summary.html").read_text("utf-8")
    alike = page.partition("<h2>Alike</h2>")[2]
    assert kinds["copied with other names"]["student"] in alike.replace("&#x27;", "'")
    # A person reads the essays.
    sheet = out / "grades-essays.csv"
    essays = lms.sheet(sheet.read_text("utf-8-sig"))
    places = [i for i, h in enumerate(essays.header) if re.match(r"q\d+ .*\(0-", h)]
    marked = essays.with_values(
        {(n, p): "1" for n in range(1, len(essays.records)) for p in places}
    )
    sheet.write_text(marked, encoding="utf-8-sig", newline="")
    final, filled = out / "final.csv", out / "import.csv"
    assert main(["merge-essays", SOURCE, str(grades), str(sheet), "--output", str(final)]) == 0
    finals = {r["lms_id"]: r["final"] for r in rows_of(final)}
    assert finals[kinds["right"]["lms_id"]] == "23"
    book = out / "gradebook.csv"
    assert main(["export-grades", SOURCE, str(final), str(book), "--output", str(filled)]) == 0
    before, after = (lms.sheet(p.read_text("utf-8")) for p in (book, filled))
    column = before.column("Grade")
    for number, (old, new) in enumerate(zip(before.records, after.records, strict=True)):
        for place, (one, two) in enumerate(zip(old, new, strict=True)):
            if number and place == column:
                points = finals[old[0].value.removeprefix("Participant ")]
                assert (one.value, two.value) == ("", points)
            else:
                assert one.value == two.value
    said = capsys.readouterr().err
    assert "10 grades of 25" in said and "nothing was handed in" in said


@pytest.mark.slow
@pytest.mark.parametrize("slug", [s for s in cases.SLUGS if s != SLUG])
def test_every_other_assignment_has_its_class(slug: str, tmp_path: Path) -> None:
    source = str(cases.assignment(slug).path)
    assert main(["demo-class", str(tmp_path), "--assignment", source, "--n", "4"]) == 0
    output = tmp_path / "grades.csv"
    arguments = ["grade", source, str(tmp_path / "submissions.zip"), "--output", str(output)]
    assert main(arguments) == 0
    kinds = dict(zip(demo.kinds(4), rows_of(output), strict=True))
    full = cases.assignment(slug).out_of
    assert float(kinds["right"]["total"]) == full
    for kind in ("partly", "slips", "hard-coded"):
        assert 0 <= float(kinds[kind]["total"]) < full, kind
