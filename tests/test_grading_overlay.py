"""An instructor's own tests and choices: woven in, kept from students, and never a surprise."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import grading_cases as cases
import pytest

from multivector.cli import main
from multivector.grading import build, variants
from multivector.grading.assignment import SourceError, vary
from multivector.grading.overlay import read_with

SLUG = "05-measuring-vectors"
ROOT = Path(__file__).resolve().parents[1]
SOURCE = str(ROOT / "exercises" / SLUG)

HEAD = "---\nmultivector:\n  parameters: {choices}\n---\n"
TEST = """
```otter
# BEGIN QUESTION
name: {question}
# BEGIN TESTS
```

```{{code-cell}} ipython3
\"\"\" # BEGIN TEST CONFIG
points: {points}
hidden: {hidden}
\"\"\" # END TEST CONFIG
def {name}({answer}):
    from multivector.grading.expect import number

    my_private_measure_of_an_answer = number({answer}, "{answer}", {{{{ year }}}} - 2100)
    assert my_private_measure_of_an_answer != 41.5 + 0.5, "Nobody's answer but the instructor's."
```

```otter
# END TESTS
# END QUESTION
```
"""


def test_cell(name: str, *, question: str = "q1", points: float = 0, hidden: bool = True) -> str:
    answer = "turnover_{{ partner.word }}" if question == "q1" else "eu_share"
    return (
        TEST.format(
            question=question, points=points, hidden=str(hidden).lower(), name=name, answer=answer
        )
        .replace("{{{{", "{{")
        .replace("}}}}", "}}")
    )


test_cell.__test__ = False  # not one of pytest's


def overlay(tmp_path: Path, *tests: str, choices: str = "{}") -> Path:
    folder = tmp_path / "private"
    folder.mkdir(exist_ok=True)
    text = HEAD.format(choices=choices) + "".join(tests)
    (folder / f"{SLUG}.md").write_text(text, encoding="utf-8")
    return folder


def test_tests_are_added_and_replaced(tmp_path: Path) -> None:
    folder = overlay(
        tmp_path, test_cell("test_q1_mine"), test_cell("test_q3_share", question="q3", points=2)
    )
    woven, told = read_with(SOURCE, folder)
    assert "added test_q1_mine" in told and "replaced test_q3_share" in told
    book = cases.assignment(SLUG)
    assert woven.out_of == book.out_of and woven.digest != book.digest
    mine = {c.name: c for q in woven.questions for c in q.cases}
    assert "2024 - 2100" in mine["test_q1_mine"].source, "placeholders work here too"
    assert "turnover_russia" in mine["test_q1_mine"].params
    assert "my_private" in mine["test_q3_share"].source
    build.self_test(woven)
    for name in ("test_q4_values", "test_q1_slips"):
        assert name in mine
    variant = vary(woven, variants.default(woven.parameters) | {"year": 2022})
    assert "2022 - 2100" in next(c for c in variant.questions[0].cases if "mine" in c.name).source


def test_nothing_of_it_reaches_a_student(tmp_path: Path) -> None:
    folder = overlay(tmp_path, test_cell("test_q1_mine"), choices="{year: [2023, 2022]}")
    roster, seed = tmp_path / "roster.csv", tmp_path / "seed.txt"
    roster.write_text("id,name\n1,a\n2,b\n3,c\n4,d\n")
    seed.write_text("a seed that only the tests know")
    out = tmp_path / "out"
    arguments = ["build-assignment", SOURCE, "--output", str(out), "--overlay", str(folder)]
    arguments += ["--only", "student,colab,solution", "--roster", str(roster)]
    assert main([*arguments, "--seed-file", str(seed)]) == 0
    book, _ = read_with(SOURCE, None)
    for path in (p for p in out.rglob("*.ipynb") if "instructor" not in p.parts):
        text = path.read_text(encoding="utf-8")
        assert "my_private" not in text and "test_q1_mine" not in text and "draws" not in text
        if "variants" not in path.parts:
            assert text == build.student_notebook(book, colab="colab" in path.parts)
        else:
            assert "in 2023, in millions" in text or "in 2022, in millions" in text
    assert "test_q1_mine" in (out / "instructor" / f"{SLUG}-solution.html").read_text()
    # The guard itself knows the overlay: a leak of its test would stop the build.
    woven, _ = read_with(SOURCE, folder)
    case = next(c for q in woven.questions for c in q.cases if c.name == "test_q1_mine")
    assert build.leaks(woven, json.dumps({"x": case.source}))


def test_the_grader_uses_it(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    """A hidden test of an instructor's that the book's solution fails: its points are lost."""
    test = test_cell("test_q1_value", points=2).replace("!= 41.5", "== 41.5")
    folder = overlay(tmp_path, test)
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.ipynb").write_bytes(cases.notebook(cases.solution_cells(SLUG)))
    output = tmp_path / "grades.csv"
    arguments = ["grade", SOURCE, str(tmp_path / "in"), "--output", str(output)]
    for extra, total in ((["--overlay", str(folder)], "18"), ([], "20")):
        assert main([*arguments, *extra]) == 0
        (row,) = csv.DictReader(io.StringIO(output.read_text("utf-8-sig")))
        assert row["total"] == total, "results of other tests are not believed"
        assert ("replaced test_q1_value" in capsys.readouterr().err) is bool(extra)
    page = next((tmp_path / "grades-feedback").glob("*.html")).read_text()
    assert "Nobody's answer" not in page


def test_choices_are_drawn_from_the_overlay_alone(tmp_path: Path) -> None:
    woven, told = read_with(SOURCE, overlay(tmp_path, choices="{year: [2022]}"))
    assert "choices of year" in told
    draws = [variants.draw(woven.parameters, "s" * 16, SLUG, str(i)) for i in range(30)]
    assert {d["year"] for d in draws} == {2022}
    assert len({d["partner"]["code"] for d in draws}) > 3, "the others stay"
    assert woven.source.count("in 2024") and woven.chosen is None, "the book's stays the book's"


@pytest.mark.parametrize(
    ("tests", "choices", "complaint"),
    [
        ([test_cell("test_q1_mine", hidden=False)], "{}", "public"),
        ([test_cell("test_q1_form")], "{}", "public test of the assignment"),
        ([test_cell("test_q1_mine", points=1)], "{}", "promises 2"),
        ([test_cell("test_x", question="q9")], "{}", "no question q9"),
        ([], "{month: [1, 2]}", "parameters are: year, partner"),
        ([], "{year: []}", "a list of choices"),
        ([], "{year: [2021-01-01]}", "quote it"),
        ([], "{}\n  2: x", "not 2"),
        ([], "{partner: [RUS]}", "same parts"),
        (["```{code-cell} ipython3\nx = 1\n```\n"], "{}", "tests only"),
    ],
)
def test_an_overlay_that_would_surprise_is_refused(
    tests: list[str], choices: str, complaint: str, tmp_path: Path
) -> None:
    folder = overlay(tmp_path, *tests, choices=choices)
    with pytest.raises(SourceError, match=complaint) as caught:
        read_with(SOURCE, folder)
    assert str(folder) in str(caught.value)


def test_an_overlay_with_a_text_for_facts_is_refused(tmp_path: Path) -> None:
    folder = overlay(tmp_path)
    (folder / f"{SLUG}.md").write_text("---\nmultivector: text\n---\n")
    with pytest.raises(SourceError, match="multivector: no list of names"):
        read_with(SOURCE, folder)


def test_an_overlay_in_the_repository_or_nowhere_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="repository"):
        read_with(SOURCE, ROOT / "exercises")
    with pytest.raises(SourceError, match="no folder"):
        read_with(SOURCE, tmp_path / "nothing")
    (tmp_path / "empty").mkdir()
    copy = tmp_path / f"{SLUG}.md"
    copy.write_text(cases.assignment(SLUG).template)
    assert read_with(copy, overlay(tmp_path, test_cell("test_q1_mine")))[1].endswith("mine")
    woven, told = read_with(SOURCE, tmp_path / "empty")
    assert woven.digest == cases.assignment(SLUG).digest and told.endswith("nothing")


@pytest.mark.slow
def test_gradescope_gets_it(tmp_path: Path) -> None:
    pytest.importorskip("otter")
    import zipfile

    woven, _ = read_with(SOURCE, overlay(tmp_path, test_cell("test_q1_mine")))
    build.gradescope_zip(woven, tmp_path / "a.zip")
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        assert "def test_q1_mine(" in archive.read("tests/q1.py").decode()
