"""A course: a variant for each student, and grades that go back to where the class came from."""

from __future__ import annotations

import csv
import io
import json
import re
import sys
import zipfile
from pathlib import Path

import grading_cases as cases
import pytest

from multivector.book.build import repository
from multivector.cli import main
from multivector.grading import build, course, grade, lms, report, sandbox, variants
from multivector.grading.assignment import Assignment, parse, vary
from multivector.grading.build import solution_notebook
from multivector.grading.submissions import Submission

SLUG = "05-measuring-vectors"
SOURCE = str(Path(__file__).resolve().parents[1] / "exercises" / SLUG)
SEED = "a seed that only the tests know"
CLASS = {"4711": "Әсел Құрманғалиқызы", "4712": "Иван Петров", "4713": "Ғани Өмір"}


def variant_of(student: str) -> Assignment:
    base = cases.assignment(SLUG)
    return vary(base, variants.draw(base.parameters, SEED, SLUG, student))


def rows_of(output: Path) -> dict[str, dict[str, str]]:
    text = output.read_bytes().decode("utf-8-sig")
    return {r["lms_id"]: r for r in csv.DictReader(io.StringIO(text))}


def files(tmp_path: Path) -> tuple[Path, Path]:
    roster, seed = tmp_path / "roster.csv", tmp_path / "seed.txt"
    rows = "".join(f"{i},{n}\n" for i, n in CLASS.items())
    roster.write_text(f"id,name\n{rows}", encoding="utf-8-sig")
    seed.write_text(SEED + "\n", encoding="utf-8")
    return roster, seed


# --- variants -----------------------------------------------------------------------------------


def test_a_class_gets_its_variants_twice_the_same(tmp_path: Path) -> None:
    roster, seed = files(tmp_path)
    with roster.open("a", encoding="utf-8") as file:
        file.write("4714,=1+1\n")
    for out in ("a", "b"):
        arguments = ["build-assignment", SOURCE, "--output", str(tmp_path / out)]
        arguments += ["--only", "student,solution", "--roster", str(roster)]
        assert main([*arguments, "--seed-file", str(seed)]) == 0
    one, two = (sorted(p for p in (tmp_path / d).rglob("*") if p.is_file()) for d in "ab")
    assert [p.read_bytes() for p in one] == [p.read_bytes() for p in two]
    made = {p.parent.name: p.read_text() for p in (tmp_path / "a" / "variants").rglob("*.ipynb")}
    assert set(made) == {*CLASS, "4714"} and len(set(made.values())) > 1
    for student, text in made.items():
        assert f"in {variant_of(student).chosen['year']}, in millions" in text
        assert "{{" not in text and SEED not in text and student not in text
    index = (tmp_path / "a" / "instructor" / "variants.csv").read_text(encoding="utf-8-sig")
    assert CLASS["4711"] in index and index.count("\n") == 5
    assert ",'=1+1," in index, "no cell is a formula"
    # The book's own assignment does not change because a class has variants.
    book = tmp_path / "a" / "student" / f"{SLUG}.ipynb"
    assert "with Russia (`RUS`) in 2024" in book.read_text()


def test_without_otter_a_class_gets_its_variants_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    """`make book` installs no otter-grader: the zip for Gradescope is made when asked for."""
    monkeypatch.setitem(sys.modules, "otter", None)
    roster, seed = files(tmp_path)
    arguments = ["build-assignment", SOURCE, "--output", str(tmp_path / "out")]
    arguments += ["--package", "multivector @ git+https://example.org/a/b"]
    assert main([*arguments, "--roster", str(roster), "--seed-file", str(seed)]) == 0
    built = {p.relative_to(tmp_path / "out").parts[0] for p in (tmp_path / "out").rglob("*")}
    assert built == {"student", "colab", "instructor", "variants"}
    assert len(list((tmp_path / "out" / "variants").iterdir())) == len(CLASS)
    assert main([*arguments, "--only", "gradescope"]) == 1
    said = capsys.readouterr().err
    assert '-c constraints.txt -e ".[instructor]"' in said and "'multivector[" not in said


def test_nothing_installs_a_bare_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    """On an index `multivector` may be a stranger's: without an address there is no such part."""
    home = repository.Repository("github.com", "owner/name")
    given = "multivector @ git+https://example.org/a/b"
    for address, package, expected in (
        (None, [], ""),
        (None, ["--package", given], given),
        (home, [], "multivector @ git+https://github.com/owner/name"),
        (home, ["--package", given], given),
    ):
        monkeypatch.setattr(repository, "find", lambda root, found=address: found)
        out = tmp_path / str(len(list(tmp_path.iterdir())))
        assert main(["build-assignment", SOURCE, "--output", str(out / "one"), *package]) == 0
        assert main(["student-notebooks", str(out / "all"), *package]) == 0
        told = capsys.readouterr().err
        texts = [p.read_text("utf-8") for p in out.rglob("*.ipynb") if "olab" in str(p)]
        assert bool(texts) == bool(expected) == ("NOT BUILT: colab" not in told)
        assert told.count("NOT BUILT") == (0 if expected else 2)
        assert all(f"pip install -q '{expected}'" in text for text in texts)
    monkeypatch.setattr(repository, "find", lambda root: None)
    arguments = ["build-assignment", SOURCE, "--output", str(tmp_path / "none")]
    assert main([*arguments, "--only", "colab,gradescope"]) == 1
    assert "NOT BUILT: colab and gradescope" in capsys.readouterr().err
    assert not (tmp_path / "none").exists()
    # An installed copy lies in somebody's repository, and that is not ours.
    monkeypatch.setattr(repository, "find", lambda root: home)
    assert build.own_package(tmp_path) == ""
    monkeypatch.setattr(repository, "find", lambda root: None)
    assert "'multivector @ git+" in build.student_notebook(cases.assignment(SLUG), colab=True)


@pytest.mark.parametrize(
    ("roster", "seed", "complaint"),
    [
        ("id,name\n1,a\n1,b\n", SEED, "twice"),
        ("id,name\n1/2,a\n1_2,b\n", SEED, "folder"),
        ("id,name\n..,a\n", SEED, "is no id"),
        ("name\na\n", SEED, "neither a roster"),
        ("id,name\n1,a\n", "secret", "characters or more"),
    ],
)
def test_a_class_that_cannot_be_built_is_named(
    roster: str, seed: str, complaint: str, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    (tmp_path / "r.csv").write_text(roster)
    (tmp_path / "s.txt").write_text(seed)
    arguments = ["build-assignment", SOURCE, "--output", str(tmp_path / "out"), "--only", "student"]
    arguments += ["--roster", str(tmp_path / "r.csv"), "--seed-file", str(tmp_path / "s.txt")]
    assert main(arguments) == 1
    assert complaint in capsys.readouterr().err


def test_an_assignment_without_parameters_has_no_variants(
    tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    _, seed = files(tmp_path)
    (tmp_path / "in").mkdir()
    name = next(s for s in ("01-concepts",) if not cases.assignment(s).parameters)
    assert main(["grade", name, str(tmp_path / "in"), "--seed-file", str(seed)]) == 1
    assert "no parameters" in capsys.readouterr().err


def test_a_seed_that_is_no_text_is_said(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    (tmp_path / "in").mkdir()
    seed = tmp_path / "seed"
    seed.write_bytes(bytes(range(128, 256)))
    assert main(["grade", SOURCE, str(tmp_path / "in"), "--seed-file", str(seed)]) == 1
    assert f"{seed} holds no text" in capsys.readouterr().err


def different_variants() -> tuple[str, str]:
    """Return two students of the class whose variants differ."""
    first = "4711"
    return first, next(s for s in CLASS if variant_of(s).chosen != variant_of(first).chosen)


@pytest.mark.slow
def test_everybody_is_graded_against_their_own_variant(tmp_path: Path) -> None:
    roster, seed = files(tmp_path)
    one, two = different_variants()
    swapped = json.loads(solution_notebook(variant_of(one)))
    claim = f"student_id = id = STUDENT = 'id {one}'"
    swapped["cells"].insert(0, {"cell_type": "code", "source": claim, "metadata": {}})
    swapped["metadata"] |= {"student": one, "variant": variant_of(one).chosen}
    archive = tmp_path / "class.zip"
    with zipfile.ZipFile(archive, "w") as zipped:
        zipped.writestr(f"a_{one}_1_x.ipynb", solution_notebook(variant_of(one)))
        # Another student's right answers, and a notebook that claims to be that student's.
        zipped.writestr(f"b_{two}_2_x.ipynb", json.dumps(swapped))
        zipped.writestr("stranger_99_3_x.ipynb", solution_notebook(cases.assignment(SLUG)))
    output = tmp_path / "out" / "grades.csv"
    arguments = ["grade", SOURCE, str(archive), "--output", str(output), "--roster", str(roster)]
    assert main([*arguments, "--seed-file", str(seed)]) == 0
    rows = rows_of(output)
    assert (rows[one]["status"], rows[one]["total"]) == ("graded", "20")
    assert rows[one]["variant"] == course.label_of(variant_of(one).chosen)
    assert rows[two]["status"] == "graded" and float(rows[two]["total"]) < 20
    assert rows[two]["q1"] == "0"
    assert (rows["99"]["status"], rows["99"]["total"]) == ("unknown", "")
    assert "roster" in rows["99"]["reason"]
    (absent,) = set(CLASS) - {one, two}
    assert rows[absent]["status"] == "missing"
    # Nothing is graded twice; under another seed nobody's result is believed.
    journal = output.with_name("grades.csv.journal")
    before = journal.read_bytes()
    assert main([*arguments, "--seed-file", str(seed)]) == 0
    assert journal.read_bytes() == before
    assert main(arguments) == 0
    assert "variant" not in rows_of(output)[one] and rows_of(output)["99"]["total"] == "20"
    assert float(rows_of(output)[one]["total"]) < 20


def test_variants_that_differ_in_a_later_part_stay_two() -> None:
    """Two choices may begin alike: a pair of partners with the same first one."""
    base = cases.assignment(SLUG)
    old = "      - {code: CHN, name: China, word: china}\n"
    twin = "      - {code: RUS, name: Russia, word: second}\n"
    assert old in base.template
    made = course.Variants(parse(base.template.replace(old, twin), base.path), SEED)
    drawn = [made.of(str(i)) for i in range(60)]
    words = {v.chosen["partner"]["word"] for v in drawn if v.chosen["partner"]["code"] == "RUS"}
    assert words == {"russia", "second"}
    for number, variant in enumerate(drawn):
        assert variant.source == made.of(str(number)).source
    assert len({course.label_of(v.chosen) for v in drawn}) == len({v.source for v in drawn})


def submission(name: str, lms_id: str) -> Submission:
    return Submission(lms_id or name, name, lms_id, f"{name}.ipynb", None)


def test_who_is_who() -> None:
    """An id decides; a name only where one person has it; nothing is guessed."""
    roster = [
        lms.Student("1", "Ли", ("li1",)),
        lms.Student("2", "Ли", ("li2",)),
        lms.Student("3", "Аян"),
        lms.Student("Аян", "4"),
        lms.Student("5", "Ким", ("kim", "kim", "both")),
        lms.Student("6", "Пак", ("pak", "both")),
    ]
    found = course.identify(
        [
            submission("x", "1"),
            submission("Аян", "77"),
            submission("Ли", ""),
            submission("li2", ""),
            submission("Аян", ""),
            submission("3", ""),
            submission("4", ""),
            submission("kim", ""),
            submission("both", ""),
        ],
        roster,
    )
    assert found == {
        "1": "1",
        "77": None,
        "Ли": None,
        "li2": "2",
        "Аян": "Аян",
        "3": "3",
        "4": "Аян",
        "kim": "5",
        "both": None,
    }
    # Whose a grade is: the same answer.
    columns = ["Student,ID,SIS User ID,SIS Login ID,Week (1)"]
    rows = [f"{s.name},{s.id},{','.join((*s.others, '', '')[:2])}," for s in roster[:-2]]
    others = ["Ким,5,kim,kim,", "Пак,6,both,pak,", "Цой,7,both,tsoy,"]
    book = "\n".join([*columns, ",,,,25", *rows, *others])
    graded = [lms.Grade(name, "", 1.0, "") for name in ("kim", "both", "Ли", "li2")]
    filled = lms.fill(book.encode(), graded, 25, column="Week (1)")
    assert filled.filled == 2 and filled.not_listed == ["both ()", "Ли ()"]
    alone = course.identify([submission("x", "1"), submission("y", "")], [])
    assert alone == {"1": "1", "y": None}


# --- gradebooks ---------------------------------------------------------------------------------

CANVAS = (
    "Student,ID,SIS User ID,SIS Login ID,Section,Week 1 (100),Measuring vectors (1234),"
    "Final Score\r\n"
    ",,,,,,Manual Posting,\r\n"
    "    Points Possible,,,,,10,25,(read only)\r\n"
    '"Құрманғалиқызы, Әсел",4711,S1,asel@example.kz,"A, ""one""",8,,55.5\r\n'
    '"Петров, Иван",4712,S2,ivan,A,"9",3,\r\n'
    '"Өмір, Ғани",4713,S3,gani,B,,"",\r\n'
    '"Ли, Анна",4714,S4,anna,B,,EX,\r\n'
    '"Student, Test",4799,,d41d8cd9,A,,,\r\n'
)
MOODLE = (
    "Identifier,Full name,Email address,Status,Grade,Maximum Grade,Grade can be changed,"
    "Last modified (submission),Last modified (grade),Feedback comments\n"
    "Participant 4711,Әсел Құрманғалиқызы,a@example.kz,Submitted for grading,,25.00,Yes,"
    '"Monday, 2 November 2026, 10:00 AM",-,"<p>""Жақсы""\nекі жол</p>"\n'
    "Participant 4712,Иван Петров,i@example.kz,No submission,3.00,25.00,Yes,-,-,\n"
    "Participant 4713,Ғани Өмір,g@example.kz,No submission,,25.00,Yes,-,-,\n"
)
GRADES = [
    lms.Grade("asel", "4711", 22.5, ""),
    lms.Grade("ivan", "4712", None, "a cell ran past its limit"),
    lms.Grade("stranger", "99", 25.0, ""),
]


def fields(data: bytes) -> list[list[str]]:
    return [[f.value for f in record] for record in lms.sheet(data.decode()).records]


@pytest.mark.parametrize("bom", ["", "\ufeff"])
@pytest.mark.parametrize(("book", "row", "column"), [(CANVAS, 3, 6), (MOODLE, 1, 4)])
def test_one_cell_changes_and_nothing_else(book: str, row: int, column: int, bom: str) -> None:
    data = (bom + book).encode()
    filled = lms.fill(data, GRADES, 25, hint="Measuring vectors")
    expected = fields(data)
    expected[row][column] = "22.5"
    assert fields(filled.data) == expected
    assert len(filled.data) == len(data) + len("22.5"), "not a byte but the grade"
    assert filled.data.replace(b"22.5", b"") == data
    assert filled.filled == 1
    assert [w.partition(" (")[2] for w in filled.blank] == ["4712): a cell ran past its limit"]
    assert filled.not_listed == ["stranger (99)"]
    assert any("4713" in w for w in filled.not_graded), "who is missing is said"


def test_ungraded_is_never_a_nought_and_what_the_lms_holds_stays() -> None:
    nobody = [lms.Grade("x", str(i), None, "nothing was handed in") for i in range(4711, 4715)]
    for book in (CANVAS, MOODLE):
        filled = lms.fill(book.encode(), nobody, 25, hint="measuring vectors")
        assert filled.data == book.encode() and filled.filled == 0
    excused = [lms.Grade("x", "4714", 25.0, "")]
    filled = lms.fill(CANVAS.encode(), excused, 25, hint="Measuring vectors")
    assert filled.data == CANVAS.encode() and filled.kept == ["Ли, Анна (4714): EX"]


def test_a_grade_that_moodle_has_locked_is_told() -> None:
    book = MOODLE.replace("Submitted for grading,,25.00,Yes", "Submitted for grading,,25.00,No")
    filled = lms.fill(book.encode(), GRADES, 25)
    assert filled.data == book.encode() and "cannot be changed" in filled.kept[0]


def test_an_earned_nought_is_written() -> None:
    filled = lms.fill(MOODLE.encode(), [lms.Grade("x", "4713", 0.0, "")], 25)
    assert fields(filled.data)[3][4] == "0"


def test_what_was_exported_imports_again_and_again() -> None:
    """The filled-in file is itself a gradebook of the same columns: filling it changes nothing."""
    for book in (CANVAS, MOODLE):
        once = lms.fill(book.encode(), GRADES, 25, hint="Measuring vectors").data
        assert lms.fill(once, GRADES, 25, hint="Measuring vectors").data == once
        assert fields(once)[0] == fields(book.encode())[0]


def test_the_separator_and_comma_of_a_language() -> None:
    book = MOODLE.replace(",", ";").replace("Identifier;Full name", "Идентификатор;Полное имя")
    book = book.replace("Grade;Maximum Grade", "Оценка;Максимальная оценка")
    book = book.replace("Participant", "Участник")
    with pytest.raises(lms.ListError, match="--column"):
        lms.fill(book.encode(), GRADES, 25)
    filled = lms.fill(book.encode(), GRADES, 25, column="Оценка")
    assert filled.data.replace(b"22,5", b"") == book.encode()


def test_another_maximum_is_not_guessed() -> None:
    book = CANVAS.replace(",10,25,", ",10,100,").encode()
    with pytest.raises(lms.ListError, match="out of 100"):
        lms.fill(book, GRADES, 25, hint="Measuring vectors")
    filled = lms.fill(book, GRADES, 25, hint="Measuring vectors", scale=True)
    assert filled.data.replace(b",90,55.5", b",,55.5") == book


RUSSIAN = (
    "Идентификатор;Полное имя;Статус;Оценка;Максимальная оценка;Оценка может быть изменена;"
    "Последнее изменение (ответ);Последнее изменение (оценка)\n"
    "Участник 4711;Әсел Құрманғалиқызы;Отправлено;;25,00;Да;-;-\n"
    "Участник 4712;Иван Петров;Отправлено;3,00;25,00;Нет;-;-\n"
)


def test_a_worksheet_in_russian_is_held_to_its_maximum_and_its_locks() -> None:
    grades = [lms.Grade("a", "4711", 22.5, ""), lms.Grade("i", "4712", 20.0, "")]
    filled = lms.fill(RUSSIAN.encode(), grades, 25, column="Оценка")
    assert filled.filled == 1 and filled.data.replace(b"22,5", b"") == RUSSIAN.encode()
    assert "cannot be changed" in filled.kept[0]
    other = RUSSIAN.replace("25,00", "100,00").encode()
    with pytest.raises(lms.ListError, match="out of 100"):
        lms.fill(other, grades, 25, column="Оценка")
    assert b";90;" in lms.fill(other, grades, 25, column="Оценка", scale=True).data
    for old, new in (("Да", "Qua"), ("25,00", "хорошо")):
        with pytest.raises(lms.ListError, match=r"can be changed|maximum"):
            lms.fill(RUSSIAN.replace(old, new).encode(), grades, 25, column="Оценка")


def test_canvas_maximum_in_any_way_of_writing_is_read_or_refused() -> None:
    for written, fits in (('"1,000.00"', False), ("25.00", True), ("", None), ("many", None)):
        book = CANVAS.replace(",10,25,", f",10,{written},").replace("Points Possible", "Баллов")
        if fits:
            assert lms.fill(book.encode(), GRADES, 25, hint="Measuring vectors").filled == 1
        else:
            why = "out of 1000" if fits is False else "does not say"
            with pytest.raises(lms.ListError, match=why):
                lms.fill(book.encode(), GRADES, 25, hint="Measuring vectors")


def test_numbers_of_every_language() -> None:
    for text, number in (("1,000.00", 1000), ("1.000,50", 1000.5), ("1 000,5", 1000.5),
                         ("22,5", 22.5), ("", None), ("1,2,3", None)):  # fmt: skip
        assert lms.to_number(text) == number, text


def test_the_first_line_that_names_a_separator_is_no_row() -> None:
    book = "sep=;\r\nid;name\r\n1;Анна\r\n"
    assert lms.sheet(book).header == ["id", "name"]


def test_names_are_matched_whatever_their_form() -> None:
    ids = lms.known([lms.Student("1", "Иван  Петров"), lms.Student("2", "Й Ли"),
                     lms.Student("3", "Ли А"), lms.Student("4", "ли а")])  # fmt: skip
    assert lms.whose(ids, "", "иван петров") == "1"
    assert lms.whose(ids, "", "\u0418\u0306 \u041b\u0438") == "2", "NFD"
    assert lms.whose(ids, "", "Ли А") is None, "two of one name are nobody"


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("4712", "4711", "twice"),
        ("Participant 4712", "Participant 4711", "twice"),
        (
            "Measuring vectors (1234)",
            "Measuring vectors (1234),Measuring vectors 2 (1235)",
            "which",
        ),
        ("Measuring vectors (1234)", "Something else (1234)", "which column"),
        ("Student,ID", "Who,What", "neither"),
        ('one"""', "one", "quote"),
        ('Ли, Анна"', "Ли, Анна", "quote"),
    ],
)
def test_a_gradebook_that_makes_no_sense_is_named(old: str, new: str, complaint: str) -> None:
    book = MOODLE if old.startswith("Participant") else CANVAS
    assert old in book
    data = book.replace(old, new).encode()
    with pytest.raises(lms.ListError, match=complaint):
        lms.fill(data, GRADES, 25, hint="Measuring vectors")


@pytest.mark.parametrize("kept", [4, 5, 6])
def test_a_row_without_what_a_grade_needs_is_named(kept: int) -> None:
    def book(fields: int) -> bytes:
        row = "Participant 4711,Ә,a@x,-,,25.00,Yes,-,-,".split(",")[:fields]
        return "\n".join([MOODLE.partition("\n")[0], ",".join(row)]).encode()

    assert lms.fill(book(7), GRADES, 25).filled == 1
    with pytest.raises(lms.ListError, match="Ә .4711.: the row is shorter"):
        lms.fill(book(kept), GRADES, 25)


def test_a_student_twice_among_the_grades_and_other_encodings() -> None:
    double = [lms.Grade("a", "4711", 1.0, ""), lms.Grade("asel@example.kz", "", 2.0, "")]
    with pytest.raises(lms.ListError, match="two rows"):
        lms.fill(CANVAS.encode(), double, 25, hint="Measuring vectors")
    with pytest.raises(lms.ListError, match="UTF-8"):
        lms.fill(CANVAS.encode("utf-16"), GRADES, 25)
    with pytest.raises(lms.ListError, match="empty"):
        lms.fill(b"", GRADES, 25)


def test_a_person_without_an_id_is_named(tmp_path: Path) -> None:
    """A spreadsheet leaves out the blanks at the end of a row; an empty row is nobody."""
    path = tmp_path / "r.csv"
    for text, complaint in (
        ("name,id\nAida,1\nBek\n", r"row 3 \(Bek\) has no id"),
        ("id,name\n1,Aida\n,Bek\n", r"row 3 \(Bek\) has no id"),
    ):
        path.write_text(text)
        with pytest.raises(lms.ListError, match=complaint):
            lms.read_roster(path)
    path.write_text("name,id\nAida,1\n,\n")
    assert [s.id for s in lms.read_roster(path)] == ["1"]


def test_an_lms_export_is_a_roster(tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    for book, ids in ((CANVAS, ["4711", "4712", "4713", "4714"]), (MOODLE, list(CLASS))):
        path.write_text(book, encoding="utf-8-sig")
        assert [s.id for s in lms.read_roster(path)] == ids
    assert lms.read_roster(path)[0].name == "Әсел Құрманғалиқызы"


TABLE = (
    "student,lms_id,file,status,reason,total,out_of,q7,final\r\n"
    "asel,4711,f,graded,,18,20,4.5,22.5\r\n"
    "ivan,4712,f,timeout,a cell ran past its limit,,20,,\r\n"
    "stranger,99,f,graded,,20,20,5,25\r\n"
    "gani,4713,f,graded,,20,20,,\r\n"
)


def test_the_command_fills_and_tells(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    (tmp_path / "final.csv").write_text(TABLE, encoding="utf-8-sig")
    (tmp_path / "book.csv").write_text(CANVAS, encoding="utf-8", newline="")
    out = tmp_path / "import.csv"
    places = [str(tmp_path / "final.csv"), str(tmp_path / "book.csv"), "--output", str(out)]
    assert main(["export-grades", SOURCE, *places]) == 0
    assert out.read_bytes().replace(b",22.5,", b",,") == CANVAS.encode()
    said = capsys.readouterr().err
    for told in ("1 grades of 25", "limit", "essays are not marked", "stranger (99)", "BY HAND"):
        assert told.lower() in said.lower(), said
    # Without the judged points the total is of another size, and that is not guessed either.
    text = TABLE.replace(",q7,final", "").replace(",4.5,22.5", "").replace(",5,25", "")
    text = text.replace(",20,,\r\n", ",20\r\n")
    (tmp_path / "final.csv").write_text(text, encoding="utf-8-sig", newline="")
    out.unlink()
    assert main(["export-grades", SOURCE, *places]) == 1
    assert "merge-essays" in capsys.readouterr().err and not out.exists()
    assert main(["export-grades", SOURCE, *places, "--without-essays"]) == 1
    assert "out of 25" in capsys.readouterr().err


# --- one question again -------------------------------------------------------------------------


def failing(test: str) -> str:
    """Return the source with a test that nobody passes."""
    text = cases.assignment(SLUG).template
    (head,) = re.findall(rf"^def {test}\(.*\):\n", text, re.M)
    return text.replace(head, f"{head}    raise AssertionError('a wrong test')\n")


def marked(sheet: Path, *marks: str) -> None:
    """Fill in every row of an essay sheet, as a reader does."""
    essays = lms.sheet(sheet.read_text("utf-8-sig"))
    places = [i for i, h in enumerate(essays.header) if h.startswith("q7 ")]
    rows = range(1, len(essays.records))
    values = {(n, p): m for n in rows for p, m in zip(places, marks, strict=True)}
    sheet.write_text(essays.with_values(values), encoding="utf-8-sig", newline="")


@pytest.mark.slow
def test_one_question_is_graded_again_and_the_rest_stays(tmp_path: Path) -> None:
    """A hidden test was wrong: everybody's q3 anew, and not a point besides, nor a typed one."""
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.ipynb").write_bytes(cases.notebook(cases.solution_cells(SLUG)))
    (folder / "b.ipynb").write_bytes(cases.notebook([cases.wrong_cell(SLUG)]))
    source = tmp_path / f"{SLUG}.md"
    source.write_text(failing("test_q3_partner"))
    output, final = tmp_path / "grades.csv", tmp_path / "final.csv"
    arguments = ["grade", str(source), str(folder), "--output", str(output)]
    assert main(arguments) == 0
    table = {r["student"]: r for r in csv.DictReader(io.StringIO(output.read_text("utf-8-sig")))}
    assert (table["a"]["q3"], table["a"]["total"]) == ("3", "19")
    # A person gave b a point for q1, and the essays are marked and merged.
    sheet = lms.sheet(output.read_text("utf-8-sig"))
    typed = sheet.with_values({(2, sheet.column("q1")): "1", (2, sheet.column("total")): "1"})
    output.write_text(typed, encoding="utf-8-sig", newline="")
    essays = tmp_path / "grades-essays.csv"
    marked(essays, "2", "1", "1")
    merge = ["merge-essays", str(source), str(output), str(essays), "--output", str(final)]
    assert main(merge) == 0
    before, sheets = final.read_text("utf-8-sig"), essays.read_bytes()
    assert ",4,23\n" in before
    source.write_text(cases.assignment(SLUG).template)
    arguments += ["--question", "q3"]
    for _ in range(2):
        assert main(arguments) == 0
        changed = typed.replace(",19,20,2,4,3,", ",20,20,2,4,4,")
        assert changed != typed and lines(output) == changed.splitlines()
        assert main(merge) == 0
        changed = before.replace(",19,20,2,4,3,", ",20,20,2,4,4,").replace(",4,23\n", ",4,24\n")
        assert lines(final) == changed.splitlines()
        assert essays.read_bytes() == sheets
        assert "24 of 25 points" in page_of("a", output), "with what a person gave"


def lines(table: Path) -> list[str]:
    return table.read_text("utf-8-sig").splitlines()


def page_of(student: str, output: Path) -> str:
    (page,) = output.with_name(f"{output.stem}-feedback").glob(f"{student}-*.html")
    return page.read_text("utf-8")


def everything(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def class_of_one(tmp_path: Path) -> tuple[list[str], Path, Path]:
    """Grade one right notebook; return the command, its table and the notebook."""
    (tmp_path / "in").mkdir()
    notebook, output = tmp_path / "in" / "a.ipynb", tmp_path / "out" / "grades.csv"
    notebook.write_bytes(cases.notebook(cases.solution_cells(SLUG)))
    arguments = ["grade", SOURCE, str(tmp_path / "in"), "--output", str(output)]
    assert main(arguments) == 0
    return arguments, output, notebook


def test_a_page_is_never_made_of_one_question(
    tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    """A table that no class was graded into is refused, and not a byte is lost or added."""
    arguments, output, _ = class_of_one(tmp_path)
    final = output.with_name("final.csv")
    final.write_bytes(output.read_bytes())
    pages = str(output.with_name("grades-feedback"))
    again = [*arguments[:-1], str(final), "--feedback", pages]
    before = everything(output.parent)
    for question in ("q3", "q3", "q4"):
        assert main([*again, "--question", question]) == 1
        assert "give as --output the table that the class was" in capsys.readouterr().err
        assert everything(output.parent) == before
    # A journal of single questions alone, as an earlier grader left them, is none either.
    journal = grade.Journal(final.with_name("final.csv.journal"))
    journal.add("sha", "s", grade.Result("a", "a", "", "f", "graded", points={"q3": 4.0}))
    journal.close()
    before = everything(output.parent)
    assert main([*again, "--question", "q4"]) == 1
    assert everything(output.parent) == before
    # Nor are the pages of the class left behind for a new folder.
    odd = [*arguments, "--question", "q3", "--feedback", str(tmp_path / "elsewhere")]
    assert main(odd) == 1 and "--feedback" in capsys.readouterr().err
    assert everything(output.parent) == before


@pytest.mark.slow
def test_a_question_is_not_graded_again_against_another_variant(
    tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    """The seed was forgotten: everybody would be held to the book's own assignment."""
    roster, seed = files(tmp_path)
    student = next(s for s in CLASS if variant_of(s).chosen != cases.assignment(SLUG).chosen)
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / f"a_{student}_1_x.ipynb").write_text(solution_notebook(variant_of(student)))
    output = tmp_path / "grades.csv"
    arguments = ["grade", SOURCE, str(tmp_path / "in"), "--output", str(output)]
    with_seed = ["--roster", str(roster), "--seed-file", str(seed)]
    assert main([*arguments, *with_seed]) == 0
    before = everything(tmp_path / "grades-feedback") | {"table": output.read_bytes()}
    assert rows_of(output)[student]["total"] == "20"
    capsys.readouterr()
    assert main([*arguments, "--roster", str(roster), "--question", "q1"]) == 1
    said = capsys.readouterr().err
    assert "not the variant" in said and "--seed-file" in said
    assert everything(tmp_path / "grades-feedback") | {"table": output.read_bytes()} == before
    assert main([*arguments, *with_seed, "--question", "q1"]) == 0
    assert rows_of(output)[student]["total"] == "20"


def test_a_sandbox_that_did_not_start_is_no_other_variant(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    roster, seed = files(tmp_path)
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a_4711_1_x.ipynb").write_text(solution_notebook(variant_of("4711")))
    output = tmp_path / "grades.csv"
    arguments = ["grade", SOURCE, str(tmp_path / "in"), "--output", str(output)]
    arguments += ["--roster", str(roster), "--seed-file", str(seed)]
    assert main(arguments) == 0
    before = output.read_bytes()

    def refused(*_: object) -> None:
        raise sandbox.SandboxError("no room")

    monkeypatch.setattr(grade.Grader, "grade", refused)
    monkeypatch.setattr(grade.time, "sleep", lambda seconds: None)
    assert main([*arguments, "--question", "q1"]) == 0
    assert "did not start: no room; q1 stays as it was" in capsys.readouterr().err
    assert output.read_bytes() == before


@pytest.mark.slow
@pytest.mark.parametrize(
    "channel",
    [
        "global mirror_gap; mirror_gap = type('Seen' + str(seen), (), {})(); return right(values)",
        "raise ValueError('Seen' + str(seen))",
        "raise type('Seen' + str(seen), (Exception,), {})()",
        "return type('Seen' + str(seen), (), {})()",
        "return 'Seen' + str(seen)",
        "return float(''.join(str(int(v)) for v in values))",
    ],
)
def test_no_hidden_input_comes_back_on_a_page(channel: str, tmp_path: Path) -> None:
    """A student's function puts what it is given wherever a message could show it."""
    spy = (
        "right, seen, calls = herfindahl, '', 0\n"
        "def herfindahl(values):\n"
        "    global seen, calls\n"
        "    calls += 1\n"
        "    seen += str(list(values)).replace(' ', '')\n"
        "    if calls < 3:\n"
        "        return right(values)\n"
        f"    {channel}\n"
    )
    (tmp_path / "in").mkdir()
    notebook = tmp_path / "in" / "a.ipynb"
    notebook.write_bytes(cases.notebook([*cases.solution_cells(SLUG), spy]))
    output = tmp_path / "grades.csv"
    assert main(["grade", SOURCE, str(tmp_path / "in"), "--output", str(output)]) == 0
    page = page_of("a", output)
    text = cases.assignment(SLUG).template
    body = text[text.index("def test_q4_function_hidden") :]
    hidden = re.findall(r"\[[\d., ]+\]", body[: body.index("```")])
    assert hidden and not any(h.replace(" ", "") in page.replace(" ", "") for h in hidden)
    assert "Seen" not in page and "4444" not in page and "1703" not in page


def test_two_questions_in_turn_are_both_on_the_page(tmp_path: Path) -> None:
    arguments, output, _ = class_of_one(tmp_path)
    source = tmp_path / f"{SLUG}.md"
    arguments[1] = str(source)
    for question, test in (("q3", "test_q3_partner"), ("q4", "test_q4_values")):
        source.write_text(failing(test))
        assert main([*arguments, "--question", question]) == 0
    row, page = rows_of(output)[""], page_of("a", output)
    assert row["q3"] == "3" and row["q4"] != "4" and float(row["total"]) < 19
    assert f"Graded. {row['total']} of 20 points so far" in page and "not decided" not in page
    for question in ("q3", "q4"):
        assert f"<p>{row[question]} of 4</p>" in page


def test_a_file_handed_in_since_keeps_its_row_and_page(
    tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    arguments, output, notebook = class_of_one(tmp_path)
    table, page = output.read_bytes(), page_of("a", output)
    notebook.write_bytes(cases.notebook([cases.wrong_cell(SLUG)]))
    assert main([*arguments, "--question", "q3"]) == 0
    assert "a: not the file that was graded" in capsys.readouterr().err
    assert (output.read_bytes(), page_of("a", output)) == (table, page)


def test_what_is_known_of_a_file_is_the_whole_and_what_came_after(tmp_path: Path) -> None:
    def result(status: str = "graded", **points: float | None) -> grade.Result:
        return grade.Result("k", "k", "", "f", status, points=points)

    journal = grade.Journal(tmp_path / "j")
    for stamp, one in enumerate(
        (
            result(q1=9.0, q2=9.0),
            result(q1=1.0, q2=2.0),
            result(q2=3.0),
            result("timeout", q1=None),
        )
    ):
        journal.add("sha", str(stamp), one)
    journal.add("part", "s", result(q2=3.0))
    journal.close()
    journal = grade.Journal(tmp_path / "j")
    assert journal.latest("k", "sha", ["q1", "q2"]).points == {"q1": 1.0, "q2": 3.0}
    assert journal.latest("k", "part", ["q1", "q2"]) is None
    assert journal.latest("other", "sha", ["q1", "q2"]) is None
    assert journal.has_class(["q1", "q2"]) and not journal.has_class(["q1", "q2", "q3"])
    journal.close()
    # One that could not be decided has that one question too, and is not taken for the whole.
    base = cases.assignment(SLUG)
    grader = grade.Grader(base, sandbox.Runtime.here(), sandbox.Limits(), question="q3")
    assert grader.grade(submission("k", "")).points == {"q3": None}


def test_one_question_again_with_names_of_a_roster(tmp_path: Path) -> None:
    """A folder of names, a roster of ids: the same rows and the same pages as before."""
    roster, _ = files(tmp_path)
    (tmp_path / "in").mkdir()
    path = tmp_path / "in" / f"{CLASS['4711']}.ipynb"
    path.write_bytes(cases.notebook([cases.wrong_cell(SLUG)]))
    output, pages = tmp_path / "grades.csv", tmp_path / "grades-feedback"
    arguments = ["grade", SOURCE, str(tmp_path / "in"), "--output", str(output)]
    arguments += ["--roster", str(roster)]
    assert main(arguments) == 0
    table, before = output.read_bytes(), {p.name: p.read_bytes() for p in pages.iterdir()}
    assert rows_of(output)["4711"]["student"] == CLASS["4711"] and len(before) == 3
    assert main([*arguments, "--question", "q4"]) == 0
    assert output.read_bytes() == table
    assert {p.name: p.read_bytes() for p in pages.iterdir()} == before


def test_a_question_that_cannot_be_graded_again_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    (tmp_path / "in").mkdir()
    output = tmp_path / "grades.csv"
    arguments = ["grade", SOURCE, str(tmp_path / "in"), "--output", str(output), "--question"]
    for question, complaint in (("q7", "one of q1"), ("q1", "whole class first")):
        assert main([*arguments, question]) == 1
        assert complaint in capsys.readouterr().err


def test_what_is_not_decided_this_time_keeps_its_points() -> None:
    table = (
        "student,lms_id,status,total,q3,final\na,,graded,19,3,\nb,,timeout,,,\nc,,graded,5,1,9\n"
    )
    results = [
        grade.Result("a", "a", "", "f", "timeout", "slow", {"q3": None}),
        grade.Result("b", "b", "", "f", "graded", "", {"q3": 4.0}),
        grade.Result("c", "c", "", "f", "graded", "", {"q3": 2.125}),
        grade.Result("d", "d", "", "f", "graded", "", {"q3": 4.0}),
    ]
    text, said = report.regraded(table, results, "q3")
    assert text == table.replace("timeout,,,", "timeout,,4,").replace("5,1,9", "6.125,2.125,10.125")
    assert [s.partition(":")[0] for s in said] == ["a", "b", "d"]
    with pytest.raises(report.MergeError, match="q9"):
        report.regraded(table, results, "q9")
    with pytest.raises(report.MergeError, match="b: the row is shorter"):
        report.regraded(table.replace("b,,timeout,,,", "b,,timeout,"), results, "q3")


@pytest.mark.parametrize(
    "text",
    [
        'Student;ID;"Essay, part 2, on Russia, China (7)"\n"Есенова, Алия";17;"8,5"\n',
        'Student\tID\t"Essay, part 2; draft, (7)"\n"Есенова, Алия"\t17\t"8,5"\n',
        'Student,ID,"Essay; part 2; on Russia; China (7)"\n"Есенова; Алия",17,"8.5"\n',
    ],
)
def test_a_separator_inside_quotes_separates_nothing(text: str) -> None:
    table = lms.sheet(text)
    assert [len(record) for record in table.records] == [3, 3]
    assert table.header[:2] == ["Student", "ID"]


@pytest.mark.parametrize(
    ("cell", "number"),
    [("8.5", 8.5), ("8,5", 8.5), (" 10 ", 10), ("-1", -1), ("nan", None), ("inf", None),
     ("1_0", None), ("", None), ("EX", None), ("٨", None), ("1.5.2", None)],
)  # fmt: skip
def test_a_cell_is_a_number_or_none(cell: str, number: float | None) -> None:
    assert lms.to_number(cell) == number
