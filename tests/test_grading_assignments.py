"""The assignments themselves: what leaves the build, what a student is told, what it is worth."""

from __future__ import annotations

import dataclasses
import html
import io
import json
import math
import re
import tempfile
import textwrap
import zipfile
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import grading_cases as cases
import grading_slips
import numpy as np
import pytest

from multivector import load
from multivector.book.learning.selfcheck import exercises
from multivector.grading import build, expect, grade, plain, report, seal
from multivector.grading.assignment import (
    Assignment,
    SourceError,
    parse,
    with_solution,
    without_solution,
)
from multivector.grading.build import names_of_solution
from multivector.grading.notebook import Notebook, _Answers, run_test

#: Points that the grader decides, and points that a person does.
POINTS = {
    "01-concepts": (20, 5),
    "02-threat-and-balancing": (15, 10),
    "03-alignment-choice": (15, 10),
    "04-interdependence": (15, 10),
    "05-measuring-vectors": (20, 5),
    "06-capstone-2025": (12, 25),
}
SLUGS = cases.SLUGS
# otter takes half a minute for each: two in `make test`, the others in `make soak`.
OTTER = [
    pytest.param(slug, marks=[] if slug[:2] in ("01", "05") else [pytest.mark.soak])
    for slug in SLUGS
]
ROOT = Path(__file__).resolve().parents[1]


def numbers_in(text: str) -> set[float]:
    """Return the numbers of a text that have three digits or more."""
    found = re.findall(r"(?<![\w.])\d+(?:\.\d+)?(?:e-?\d+)?(?![\w.])", text)
    return {float(n) for n in found if len(re.sub(r"\D", "", n).lstrip("0")) >= 3}


def combined(values: list[float]) -> Iterator[tuple[float, str]]:
    """Yield what one step of arithmetic makes of one or two numbers, and in words."""
    for a in values:
        yield from ((a, f"{a}"), (-a, f"-{a}"), (1 - a, f"1-{a}"), (100 * a, f"100*{a}"))
        if a:
            yield from ((a / 100, f"{a}/100"), (1 / a, f"1/{a}"))
        for b in values:
            if a != b:
                yield from ((a + b, f"{a}+{b}"), (a - b, f"{a}-{b}"), (a * b, f"{a}*{b}"))
                if b:
                    yield a / b, f"{a}/{b}"


def answers_of(assignment: Assignment) -> dict[str, float]:
    """Return every number that the solution answers with."""
    names, found = names_of_solution(assignment), {}

    def take(name: str, value: object) -> None:
        if isinstance(value, dict):
            for key, part in value.items():
                take(f"{name}[{key}]", part)
        elif isinstance(value, (list, tuple)):
            for place, part in enumerate(value):
                take(f"{name}[{place}]", part)
        elif isinstance(value, (int, float, np.number)) and not isinstance(value, bool):
            found[name] = float(value)

    for question in assignment.automatic:
        for name in question.answers:
            take(name, names[name])
    # A small whole number comes out of any arithmetic.
    return {n: v for n, v in found.items() if v != round(v, 2)}


@pytest.mark.parametrize("slug", SLUGS)
def test_public_checks_give_no_answer_away(slug: str) -> None:
    """No number of a check that calls no function leads to an answer, in one step."""
    assignment = cases.assignment(slug)
    prompts = "\n".join(c.source for c in assignment.cells if c.role == "text")
    sources = [t["source"] for ts in assignment.public_tests().values() for t in ts]
    values = {v for s in sources if "result(" not in s for v in numbers_in(s)} - numbers_in(prompts)
    for answer, right in answers_of(assignment).items():
        for value, words in combined(sorted(values)):
            assert not math.isclose(value, right, rel_tol=1e-3), (answer, words)


def test_a_sealed_slip_is_told_as_before() -> None:
    source = (
        "def test_x(x):\n    from multivector.grading.expect import not_mistaken\n\n"
        '    p, loss = 0.3, 2\n    not_mistaken(\n        x,\n        "x",\n'
        '        {\n            "é: half": 0.9 - p * loss,\n            "own": other(x),\n'
        '            "long":\n                -4.545714,\n        },\n    )\n'
    )
    made = seal.sealed(source)
    assert "4.54" not in made and "p * loss," not in made and "other(x)" in made
    made = made.replace('"own": other(x),', "")
    for value, message in ((0.3, "é: half"), (-4.5457, "long"), (-4.55, "long"), (0.31, None)):
        assert run_test("test_x", made, _Answers({"x": value})) == message


@pytest.mark.parametrize("slug", SLUGS)
def test_a_judged_prompt_says_what_each_part_is_worth(slug: str) -> None:
    assignment = cases.assignment(slug)
    for question in assignment.judged:
        cells = [c.source for c in assignment.cells if c.question == question.name]
        text = "\n".join(cells)
        for criterion in question.rubric:
            points = f"{criterion['points']:g}"
            assert f"({points})" in text or f"({points} point" in text, (question.name, points)


def test_every_question_names_a_chapter_to_read_again() -> None:
    for slug in SLUGS:
        for question in cases.assignment(slug).questions:
            assert question.read, (slug, question.name)
            assert all((ROOT / f"{page}.md").is_file() for page in question.read)


@pytest.mark.parametrize("slug", SLUGS)
def test_solution_gets_full_marks_and_template_nothing(slug: str) -> None:
    build.self_test(cases.assignment(slug))


@pytest.mark.parametrize("slug", SLUGS)
def test_two_builds_are_the_same_bytes(slug: str, tmp_path: Path) -> None:
    parts = ("student", "colab", "solution")
    first = build.build(cases.assignment(slug), tmp_path / "a", parts)
    second = build.build(cases.assignment(slug), tmp_path / "b", parts)
    assert [p.read_bytes() for p in first] == [p.read_bytes() for p in second]
    assert len({p.name for p in first}) >= 3


@lru_cache
def gradescope(slug: str) -> bytes:
    """Return an assignment's zip for Gradescope; otter takes its time, so each is built once."""
    pytest.importorskip("otter")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.zip"
        build.gradescope_zip(cases.assignment(slug), path, package="multivector==0.1.0")
        return path.read_bytes()


@pytest.mark.slow
def test_otter_builds_the_same_source_into_the_same_zip() -> None:
    slug = "05-measuring-vectors"
    assert gradescope(slug) == gradescope.__wrapped__(slug)


@pytest.mark.slow
@pytest.mark.parametrize("slug", OTTER)
def test_every_test_is_in_the_zip(slug: str) -> None:
    assignment = cases.assignment(slug)
    with zipfile.ZipFile(io.BytesIO(gradescope(slug))) as archive:
        names = archive.namelist()
        assert {f"tests/{q.name}.py" for q in assignment.questions} <= set(names)
        assert b"multivector==0.1.0" in archive.read("environment.yml")
        for question in assignment.automatic:
            source = archive.read(f"tests/{question.name}.py").decode()
            for case in question.cases:
                assert f"def {case.name}(" in source
                assert source.count("hidden=True") == sum(c.hidden for c in question.cases)


@pytest.mark.slow
@pytest.mark.parametrize("slug", OTTER)
def test_gradescope_agrees(slug: str, tmp_path: Path) -> None:
    """otter runs the zip's tests as on Gradescope: the same points as ours, and it asks no name."""
    execute = pytest.importorskip("otter.execute")
    assignment = cases.assignment(slug)
    with zipfile.ZipFile(io.BytesIO(gradescope(slug))) as archive:
        archive.extractall(tmp_path)
    config = json.loads((tmp_path / "otter_config.json").read_text())
    assert "assignment_name" not in config, "a student's notebook need not carry it"
    tests = sorted(str(p) for p in (tmp_path / "tests").glob("*.py"))
    for name, text, points in (
        ("solution", build.solution_notebook(assignment), assignment.out_of),
        ("untouched", build.student_notebook(assignment), 0),
    ):
        path = tmp_path / f"{name}.ipynb"
        path.write_text(text, encoding="utf-8")
        found = execute.grade_notebook(
            str(path), tests_glob=tests, test_dir=str(tmp_path / "tests"), cwd=str(tmp_path)
        )
        earned = sum(found.get_score(q.name) for q in assignment.automatic)
        assert earned == pytest.approx(points), name


@pytest.mark.parametrize("slug", SLUGS)
@pytest.mark.parametrize("colab", [False, True])
def test_nothing_leaks(slug: str, colab: bool) -> None:
    assignment = cases.assignment(slug)
    text = build.student_notebook(assignment, colab=colab)
    content = json.loads(text)
    assert build.leaks(assignment, text) == []
    for question in assignment.questions:
        for case in question.cases:
            assert (case.name in text) != case.hidden
    for word in ("SOLUTION", "hidden", "Model answer", "BEGIN", "rubric"):
        assert not re.search(rf"\b{word}\b", text), word
    assert all(not c.get("outputs") for c in content["cells"])
    assert set(content["metadata"]) == {"kernelspec", "language_info", "title"}


@pytest.mark.parametrize("slug", SLUGS)
def test_a_leak_would_be_noticed(slug: str) -> None:
    """The guard above is worth nothing if it cannot fail."""
    assignment = cases.assignment(slug)
    judged = {q.name for q in assignment.judged}
    for cell in assignment.cells:
        if cell.role == "solution" and cell.question not in judged:
            assert build.leaks(assignment, json.dumps({"x": with_solution(cell.source)}))
    hidden = [c for q in assignment.questions for c in q.cases if c.hidden]
    assert hidden
    for case in hidden:
        assert build.leaks(assignment, json.dumps({"x": case.source}))


@pytest.mark.parametrize(
    "line",
    [
        r'pattern = re.compile("\d+\s*%")',
        r'path = "data\\trade.csv"  # two',
        "a < b and 'қазақ' != \"x\"",
    ],
)
def test_a_leak_is_noticed_however_a_file_writes_it(line: str) -> None:
    """Also with backslashes, in JSON inside JSON, in Python's quotes and in HTML."""
    assignment = cases.assignment(SLUGS[0])
    at = next(i for i, c in enumerate(assignment.cells) if c.role == "solution")
    source = f"# BEGIN SOLUTION\n{line}\n# END SOLUTION"
    changed = dataclasses.replace(assignment.cells[at], source=source)
    cells = (*assignment.cells[:at], changed, *assignment.cells[at + 1 :])
    secret = dataclasses.replace(assignment, cells=cells)
    once = json.dumps({"x": line})
    for text in (line, once, json.dumps({"y": once}), repr([line]), html.escape(line),
                 json.dumps({"x": line}, ensure_ascii=False)):  # fmt: skip
        assert build.leaks(secret, text) == [line], text
    assert build.leaks(secret, "nothing of it") == []


@pytest.mark.parametrize("slug", SLUGS)
def test_student_notebook_is_a_valid_notebook(slug: str) -> None:
    nbformat = pytest.importorskip("nbformat")
    for colab in (False, True):
        notebook = nbformat.reads(
            build.student_notebook(cases.assignment(slug), colab=colab),
            as_version=nbformat.NO_CONVERT,
        )
        nbformat.validate(notebook)
        ids = [c["id"] for c in notebook.cells]
        assert len(ids) == len(set(ids))
        assert notebook.cells[0].source.startswith("# "), "the title comes first"


@pytest.mark.parametrize("slug", SLUGS)
def test_colab_needs_no_file_beside_the_notebook(slug: str) -> None:
    text = build.student_notebook(
        cases.assignment(slug), colab=True, package="multivector @ git+https://x"
    )
    sources = ["".join(c["source"]) for c in json.loads(text)["cells"] if c["cell_type"] == "code"]
    assert "%pip install" in sources[0] and "git+https://x" in sources[0]
    scope: dict[str, object] = {}
    exec(sources[1], scope)
    assert scope["grader"].check("q1", {}).messages


@pytest.mark.parametrize("slug", SLUGS)
def test_facts_about_the_assignment(slug: str) -> None:
    assignment = cases.assignment(slug)
    assert sum(q.minutes for q in assignment.questions) == assignment.minutes
    assert {o for q in assignment.questions for o in q.objectives} == set(assignment.objectives)
    judged = sum(q.points for q in assignment.judged)
    assert (assignment.out_of, judged) == POINTS[slug]
    for question in assignment.questions:
        prompt = next(
            c.source for c in assignment.cells if c.question == question.name and c.role == "text"
        )
        points = f"{question.points:g} {'point' if question.points == 1 else 'points'}"
        assert f"*{points}, about {question.minutes:g} minutes" in prompt


def test_what_an_assignment_covers_is_an_objective_of_a_chapter() -> None:
    """The book's table of coverage takes their word for it."""
    found = exercises(ROOT)
    assert {task for goals in found.values() for tasks in goals.values() for task in tasks} == set(
        SLUGS
    )
    for chapter, goals in found.items():
        text = (ROOT / f"{chapter}.md").read_text(encoding="utf-8")
        promised = re.search(r"```\{objectives\}\n(.*?)```", text, re.DOTALL)
        assert promised, chapter
        numbers = {int(n) for n in re.findall(r"^(\d+)\. ", promised[1], re.MULTILINE)}
        assert set(goals) <= numbers, chapter


@pytest.mark.parametrize("chapter", ["what-is-a-vector", "balancing", "bandwagoning"])
def test_every_objective_of_the_first_chapters_is_measured(chapter: str) -> None:
    assert set(exercises(ROOT)[f"chapters/theory/{chapter}"]) == {1, 2, 3, 4}


def played(slug: str, code: str) -> dict:
    """Return the names of a notebook in which the solution has run and then ``code``."""
    env = {k: dict(v) if type(v) is dict else v for k, v in solved(slug).items()}
    exec(textwrap.dedent(code), env)
    return env


def feedback(slug: str, question: str, code: str) -> tuple[str, ...]:
    """Return what a student reads who runs the solution and then ``code``."""
    env = played(slug, code)
    return Notebook(cases.assignment(slug).public_tests()).check(question, env).messages


@lru_cache
def solved(slug: str) -> dict:
    """Return the names of a notebook in which the solution has run. Copy it before a change."""
    env: dict = {"display": lambda *a: None}
    for source in cases.solution_cells(slug):
        if "grader.check" not in source:
            exec(source, env)
    return env


@pytest.mark.parametrize("slug", SLUGS)
def test_the_solution_hears_no_complaint(slug: str) -> None:
    for question in cases.assignment(slug).questions:
        if not question.manual:
            assert feedback(slug, question.name, "") == ()


# What students really do, done by code, so that a figure typed into a message's test goes stale
# loudly when the data change.
SLIPS_05 = [
    ("q1", "turnover_russia = float(russia['exports_musd'].iloc[0])", "exports alone"),
    ("q1", "turnover_russia = float(russia['imports_musd'].iloc[0])", "imports alone"),
    (
        "q1",
        "turnover_russia = float((russia['exports_musd'] - russia['imports_musd']).iloc[0])",
        "balance",
    ),
    (
        "q1",
        "turnover_russia = float((russia['imports_musd'] - russia['exports_musd']).iloc[0])",
        "imports minus exports",
    ),
    ("q1", "turnover_russia = turnover_russia / 1000", "millions, not billions"),
    ("q1", "turnover_russia = russia['exports_musd'] + russia['imports_musd']", "whole column"),
    ("q1", "del turnover_russia", "not answered yet"),
    (
        "q2",
        "old = partner_share\ndef partner_share(t, p, y): return 100 * old(t, p, y)",
        "per cent",
    ),
    (
        "q2",
        """
        def partner_share(t, p, y):
            t = t.assign(x=t.exports_musd + t.imports_musd)
            return t[t.partner == p].x.sum() / t.x.sum()
        """,
        "All years",
    ),
    (
        "q2",
        """
        def partner_share(t, p, y):
            t = t.assign(x=t.exports_musd + t.imports_musd)
            return t[(t.partner == p) & (t.year == y)].x.sum() / t.x.sum()
        """,
        "total is over all years",
    ),
    ("q2", "def partner_share(t, p, y): print(0.25)", "return"),
    ("q2", "def partner_share(t, p, y): return t.no_such_column", "stopped with an error"),
    ("q2", "def partner_share(t, p): return 0.25", "3 arguments"),
    ("q2", "def partner_share(t, p, y): return 0.25", "In the year before"),
    ("q2", "partner_share = 0.25", "should be a function"),
    (
        "q3",
        "eu_share = flows.loc[members, 'exports_musd'].sum() / flows['exports_musd'].sum()",
        "share of exports",
    ),
    (
        "q3",
        "eu_share = flows.loc[members, 'imports_musd'].sum() / flows['imports_musd'].sum()",
        "share of imports",
    ),
    ("q3", "eu_share = 100 * eu_share", "per cent"),
    ("q3", "largest_country = 'Uzbekistan'", "code in quotes"),
    ("q3", "largest_partner = 27", "code in quotes"),
    ("q4", "def herfindahl(values): return sum(v**2 for v in values)", "squared the amounts"),
    (
        "q4",
        "def herfindahl(v): return sum((100 * x / sum(v))**2 for x in v)",
        "squared percentages",
    ),
    ("q4", "old = herfindahl\ndef herfindahl(v): return old(v) ** 0.5", "square root"),
    ("q4", "def herfindahl(v): return sum(x / sum(v) for x in v)", "square each"),
    ("q4", "def herfindahl(v): return 0.625", "one, one and three fifths"),
    ("q4", "hhi_eu_as_one = hhi_countries", "every country for itself"),
    ("q4", "effective_partners = hhi_eu_as_one", "one divided by"),
    ("q4", "effective_partners = 1 / hhi_countries", "second case"),
    (
        "q4",
        "hhi_countries = herfindahl(list(flows['turnover']))",
        "asks for exports",
    ),
    (
        "q4",
        """
        turnover = flows["turnover"]
        hhi_eu_as_one = herfindahl([*turnover[~members], turnover[members].sum()])
        """,
        "asks for exports",
    ),
    ("q5", "mirror_gap = (china_customs - own) / own", "divided by Kazakhstan"),
    ("q5", "mirror_gap = (own - china_customs) / china_customs", "turned round"),
    ("q5", "mirror_gap = china_customs - own", "difference in billions"),
    ("q5", "mirror_gap = (china_customs - own * 1000) / china_customs", "one unit"),
    ("q5", "mirror_gap = 100 * mirror_gap", "per cent"),
    ("q5", "explanations = []", "empty"),
    (
        "q6",
        "inflow_2020_2022 = figures[figures.kind.isin(['flow', 'stock'])].value.sum()",
        "added a stock to flows",
    ),
    ("q6", "inflow_2020_2022 = float(figures.value.sum())", "three kinds"),
    (
        "q6",
        "inflow_2020_2022 = figures[figures.kind.isin(['flow', 'pledge'])].value.sum()",
        "A promise",
    ),
    ("q6", "inflow_2020_2022 = figures[figures.kind == 'flow'].value.mean()", "mean"),
    ("q6", "objection = 'double counting'", "one letter"),
    ("q7", "judgement = 'Too short.'", "2 words"),
]

SLIPS_01 = [
    ("q1", "strategy = {**strategy, 'a': 'realism'}", "should be one of"),
    ("q1", "strategy = {'a': 'hedging'}", "no code yet for: b, c, d, e, f, g"),
    ("q1", "strategy = dict.fromkeys('abcdefg', 'hedging')", "All seven"),
    ("q1", "strategy['g'] = ...", "no code yet for: g"),
    ("q1", "strategy['b'] = 'internal balancing'", "somebody else's arms"),
    ("q2", "against_hedging = 'ABCD'", "All four"),
    ("q2", "against_hedging = ['B', 'D']", "what hedging expects"),
    ("q2", "against_hedging = []", "nothing counts against"),
    ("q3", "kinds['s3'] = 'stock'", "that is no stock"),
    ("q3", "kinds['s2'] = 'flow'", "Has any of it arrived"),
    ("q3", "kinds['s4'] = 'pledge'", "which way the money goes"),
    ("q3", "kinds['s7'] = 'flow'", "at a date"),
    ("q5", "voices = 3.5", "whole number"),
    (
        "q6",
        """
        def agreement(a, b):
            keys = set(a) | set(b)
            return sum(a.get(k) == b.get(k) for k in keys) / len(keys)
        """,
        "only one of the two",
    ),
    ("q6", "def agreement(a, b): return 50", "per cent"),
    ("q6", "def agreement(a, b): return 0.5", "second pair of codings"),
    ("q7", "judgement = 'word ' * 300", "300 words"),
]


SLIPS_02 = [
    ("q1", "kinds = dict.fromkeys('abcdef', 'soft')", "All six"),
    ("q1", "kinds['a'] = 'internal'", "should be one of"),
    ("q1", "kinds['b'] = 'soft'", "a duty to fight"),
    ("q1", "kinds['d'] = 'hard'", "against whom"),
    ("q1", "kinds['e'] = 'soft'", "if R were harmless"),
    (
        "q2",
        "def threat(j, w): return sum(w[k] * j[k] for k in j if j[k] is not None)",
        "weighted sum",
    ),
    (
        "q2",
        "def threat(j, w): return sum(w[k] * (j[k] or 0) for k in j) / sum(w.values())",
        "one of the gap",
    ),
    (
        "q2",
        """
        def threat(j, w):
            known = [k for k in j if j[k] is not None]
            return sum(w[k] * j[k] for k in known) / len(known)
        """,
        "sum of their weights",
    ),
    ("q2", "def threat(j, w): return sum(w[k] * (j[k] or 0) for k in j) / 4", "divide by four"),
    (
        "q2",
        """
        def threat(j, w):
            known = [j[k] for k in j if j[k] is not None]
            return sum(known) / len(known)
        """,
        "plain mean",
    ),
    ("q2", "def threat(j, w): return j['power']", "three more components"),
    ("q2", "def threat(j, w): return sum(w[k] * j[k] for k in j)", "TypeError"),
    (
        "q2",
        """
        def threat(j, w):
            known = [k for k in j if j[k]]
            return sum(w[k] * j[k] for k in known) / sum(w[k] for k in known)
        """,
        "Only None is a gap",
    ),
    ("q2", "def threat(j, w): return 0.46", "not 1/3"),
    ("q2", "def threat(j, w): print(0.46)", "return"),
    ("q2", "def threat(j, w): return 0.5", "not 0.46"),
    ("q3", "by_threat = scores['power'].idxmax()", "greatest power"),
    ("q3", "by_power = by_threat", "one column only"),
    ("q3", "by_power = 'Russia'", "should be one of"),
    ("q3", "tipping_intent -= scores.loc['RUS', 'intent']", "by how much intent must rise"),
    ("q3", "tipping_intent = scores.loc['RUS', 'intent'] + gap", "weight of intent is missing"),
    ("q3", "tipping_intent = scores.loc['RUS', 'intent'] - gap / 2", "sign is turned round"),
    (
        "q3",
        "tipping_intent = scores.loc['RUS', 'intent'] + score.max() - score['RUS']",
        "gap between two scores",
    ),
    ("q3", "tipping_intent = 100 * tipping_intent", "between 0 and 1"),
    *[
        (
            "q4",
            f"""
            def first_places(states, weightings):
                wins = dict.fromkeys(states, 0)
                for w in weightings:
                    reached = {{name: threat(j, w) for name, j in states.items()}}
                    best = [n for n in reached if reached[n] == {worst}(reached.values())]
                    for name in {taken}:
                        wins[name] += {each}
                return {{name: {share} for name, count in wins.items()}}
            """,
            message,
        )
        for worst, taken, each, share, message in (
            ("max", "best[:1]", "1", "count / 4", "stands first"),
            ("max", "best[-1:]", "1", "count / 4", "stands last"),
            ("max", "best", "1", "count / 4", "gave it to both"),
            ("max", "best", "1 / len(best)", "count / 4", "divided it"),
            ("max", "best if len(best) == 1 else []", "1", "count", "numbers of weightings"),
            ("max", "best if len(best) == 1 else []", "1", "25 * count", "per cent"),
            ("max", "best if len(best) == 1 else []", "1", "count / 3", "without a first"),
            ("min", "best if len(best) == 1 else []", "1", "count / 4", "where a state is last"),
        )
    ],
    ("q4", "def first_places(s, w): return max(s)", "dictionary"),
    ("q4", "def first_places(s, w): return dict.fromkeys(s, float('nan'))", "NaN"),
    ("q5", "expected_by['d'] = 'walt'", "joining it balancing"),
    ("q5", "expected_by['a'] = 'walt'", "Where is the threat"),
    ("q5", "expected_by = dict.fromkeys('abcd', 'both')", "All four"),
    ("q6", "expectation = 'Nothing yet.'", "2 words"),
    ("q7", "change = change / 100", "A share times 100"),
    ("q7", "excess = excess / 100", "in shares; give"),
    ("q7", "change = -change", "after minus before"),
    ("q7", "excess = -excess", "`RUS` comes first"),
    ("q7", "change = 100 * float((late.mean() / early.mean() - 1)['RUS'])", "in per cent of what"),
    (
        "q7",
        "change = 100 * float((wide.loc[2014:2017].mean() - early.mean())['RUS'])",
        "years after",
    ),
    (
        "q7",
        "change = 100 * float((late.mean() - wide.loc[2011:2014].mean())['RUS'])",
        "years before",
    ),
    ("q7", "change = 100 * float((wide.loc[2015] - wide.loc[2013])['RUS'])", "two single years"),
    ("q7", "excess = change", "the change itself"),
    ("q7", "excess = float(change - moved.drop('RUS').sum())", "took the sum"),
    ("q7", "excess = float(change + moved.drop('RUS').mean())", "to be taken away"),
    ("q7", "excess = float(change - moved.mean())", "without `RUS`"),
    ("q7", "excess = moved", "whole column"),
    ("q7", "reading = 'Bee'", "one letter"),
    ("q8", "bearing['e2'] = 'supports'", "with whom"),
    ("q8", "bearing['e4'] = 'supports'", "is a vote arms"),
    ("q8", "bearing['e5'] = 'supports'", "is a corridor arms"),
    ("q8", "bearing['e1'] = 'supports'", "who would buy"),
    ("q8", "arms_reading = 'A'", "a stock"),
    ("q8", "arms_reading = 'C'", "about money"),
    ("q9", "judgement = 'word ' * 149", "149 words"),
]


def payoff(formula: str, which: str = "hedge") -> str:
    """One payoff of question 2, worked out by another formula."""
    return f"payoffs.update({{n: {formula} for n, s in strategies.items() if n == '{which}'}})"


def dominating(condition: str) -> str:
    """A function that names every strategy s for which some t meets the condition."""
    return f"""
        def dominated(table):
            v, g, e = "value", "protection", "exposure"
            return [n for n, s in table.items() if any({condition} for t in table.values())]
    """


def bordering(formula: str) -> str:
    """v, g, e: what the first brings more, averts less and is exposed more than the second."""
    return f"""
        def border(f, s, loss, r):
            v = f["value"] - s["value"]
            g = s["protection"] - f["protection"]
            e = f["exposure"] - s["exposure"]
            return {formula}
    """


def replying(formula: str, chosen: str) -> str:
    """worth: the payoff of every strategy s by the formula; chosen: what is returned."""
    return f"""
        def best_replies(table, loss, p, r):
            worth = {{n: {formula} for n, s in table.items()}}
            return {chosen}
    """


RIGHT = "s['value'] - p * loss * (1 - s['protection']) - r * s['exposure']"

SLIPS_03 = [
    ("q1", "reply = dict.fromkeys('abcdef', 'hedging')", "All six"),
    ("q1", "reply['a'] = 'balancing'", "against the power that it fears"),
    ("q1", "reply['d'] = 'hedging'", "What does S keep"),
    ("q1", "reply['e'] = 'bandwagoning for security'", "who has threatened"),
    ("q1", "reply['e'] = 'bandwagoning'", "should be one of"),
    (
        "q2",
        payoff("s['value'] - p * loss * s['protection'] - r * s['exposure']"),
        "use 1 - protection",
    ),
    (
        "q2",
        payoff("s['value'] - loss * (1 - s['protection']) - r * s['exposure']"),
        "probability of coercion is missing",
    ),
    ("q2", payoff("s['value'] - p * loss * (1 - s['protection'])"), "refusing a side is missing"),
    (
        "q2",
        payoff("s['value'] + p * loss * (1 - s['protection']) + r * s['exposure']"),
        "losses are taken away",
    ),
    (
        "q2",
        payoff("s['value'] - p * loss * (1 - s['protection']) - s['exposure']"),
        "only with probability r",
    ),
    ("q2", payoff(RIGHT, "balance"), "allies may abandon"),
    (
        "q2",
        payoff("s['value'] - p * loss * (1 - s['protection']) * (1 - abandonment)", "balance"),
        "grows and does not shrink",
    ),
    (
        "q2",
        payoff("s['value'] - p * loss * (1 - s['protection'] * abandonment)", "balance"),
        "probability that allies come",
    ),
    ("q2", "choice = 'multivector'", "by your own four numbers"),
    ("q2", "choice = min(payoffs, key=payoffs.get)", "by your own four numbers"),
    ("q2", "choice = max(payoffs.values())", "name of one of the four"),
    ("q2", "payoffs = list(payoffs.values())", "four strategies as keys"),
    ("q3", replying(RIGHT, "max(worth.values())"), "not their payoff"),
    ("q3", replying(RIGHT, "max(worth, key=worth.get)"), "also when it has one name"),
    ("q3", replying(RIGHT, "[min(worth, key=worth.get)]"), "lowest payoff"),
    ("q3", replying("s['protection']", "[max(worth, key=worth.get)]"), "or the protection"),
    ("q3", replying(RIGHT, "[max(worth, key=worth.get)]"), "both belong in the list"),
    ("q3", replying(RIGHT, "[max(reversed(worth), key=worth.get)]"), "both belong in the list"),
    (
        "q3",
        replying(
            "s['value'] - p * loss * s['protection'] - r * s['exposure']",
            "[n for n in worth if worth[n] == max(worth.values())]",
        ),
        "something that is to be taken away is missing",
    ),
    ("q3", replying(RIGHT, "list(worth)"), "every strategy"),
    ("q3", "def best_replies(s, loss, p): return []", "4 arguments"),
    ("q4", bordering("-(v - r * e) / (loss * g)"), "which side"),
    ("q4", bordering("(v - r * e) / g"), "loss is missing"),
    ("q4", bordering("v / (loss * g)"), "rivalry is missing"),
    ("q4", bordering("(v + r * e) / (loss * g)"), "exposure has the wrong sign"),
    ("q4", bordering("(v - r * e) / (loss * s['protection'])"), "not one of them"),
    ("q4", bordering("(loss * g) / (v - r * e)"), "inverse"),
    ("q4", bordering("(v - r * e) / (loss * abs(g))"), "in either order"),
    ("q4", bordering("(v - r * e) / (loss * g) if g else 0"), "no border: return `None`"),
    ("q4", bordering("None"), "outside 0 to 1"),
    ("q4", bordering("(v - r * e) / (loss * g)"), "ZeroDivisionError"),
    (
        "q5",
        dominating("t[v] <= s[v] and t[g] <= s[g] and t[e] >= s[e] and t != s"),
        "the ones they beat",
    ),
    (
        "q5",
        dominating("t[v] >= s[v] and t[g] >= s[g] and t[e] >= s[e] and t != s"),
        "More exposure is worse",
    ),
    (
        "q5",
        dominating("t[v] >= s[v] and t[g] >= s[g] and (t[v], t[g]) != (s[v], s[g])"),
        "Exposure counts",
    ),
    ("q5", "def dominated(table): return ['c']", "a dominates it"),
    (
        "q5",
        dominating("t[v] > s[v] and t[g] > s[g] and t[e] < s[e]"),
        "Equal in two respects",
    ),
    ("q5", dominating("t[v] > s[v] or (t[v] == s[v] and t[e] < s[e])"), "no worse in any"),
    (
        "q5",
        dominating("t[v] >= s[v] and t[g] >= s[g] and t[e] <= s[e]"),
        "Nothing dominates itself",
    ),
    ("q5", "def dominated(table): return 'b'", "should return a list"),
    ("q5", "def dominated(table): return ['x']", "d dominates c"),
    ("q5", "reward_needed = -reward_needed", "must bandwagoning grow"),
    ("q5", "reward_needed += strategies['bandwagon']['value']", "new value"),
    (
        "q5",
        "reward_needed = strategies['hedge']['value'] - strategies['bandwagon']['value']",
        "Compare what they are worth",
    ),
    (
        "q5",
        """
        balancer = strategies["balance"]
        always = balancer["value"] - p * loss * (1 - balancer["protection"])
        reward_needed = always - payoffs["bandwagon"]
        """,
        "allies always come",
    ),
    ("q6", "argument = 'word ' * 181", "181 words"),
    ("q7", "changes = {k: v / 100 for k, v in changes.items()}", "a share times 100"),
    ("q7", "changes = {k: -v for k, v in changes.items()}", "later year minus"),
    (
        "q7",
        "changes = dict(100 * (shares.loc[2024, centres] / shares.loc[2020, centres] - 1))",
        "growth in per cent",
    ),
    *[
        (
            "q7",
            f"""
            other = 100 * indicators.shares(trade, "{flow}", merge=union)[centres]
            changes = dict(other.loc[2024] - other.loc[2020])
            """,
            f"That is {flow}",
        )
        for flow in ("turnover", "exports")
    ],
    ("q7", "del changes['USA']", "four codes as keys"),
    ("q7", "def exclusive(c): return [max(c, key=c.get)]", "largest growth is not enough"),
    ("q7", "def exclusive(c): return [k for k in c if c[k] > 0]", "Growing is not enough"),
    ("q7", "def exclusive(c): return []", "only A passes"),
    ("q8", "lines['a'] = 'test'", "would fail it"),
    ("q8", "lines['c'] = 'test'", "seeking is not having"),
    ("q8", "lines['b'] = 'aim'", "what would you look up"),
    *[
        ("q8", f"def kept(t, f): return [c for c, ties in t.items() if {condition}]", message)
        for condition, message in (
            ("max(ties.values()) >= f", "every tie has to reach it"),
            ("min(ties.values()) > f", "equals the floor"),
            ("min(ties.values()) < f", "below the floor"),
            ("100 * min(ties.values()) >= f", "Nothing is multiplied"),
        )
    ],
    ("q8", "def kept(t, f): return len(t)", "list of names"),
    ("q8", "def kept(t, f): return ['X']", "only Y keeps"),
    ("q9", "judgement = ...", "not answered yet"),
]

SLIPS = {
    "01-concepts": SLIPS_01,
    "02-threat-and-balancing": SLIPS_02,
    "03-alignment-choice": SLIPS_03,
    "05-measuring-vectors": SLIPS_05,
    **grading_slips.SLIPS,
}


@pytest.mark.parametrize(
    ("slug", "question", "code", "message"),
    [(slug, *slip) for slug, slips in SLIPS.items() for slip in slips],
)
def test_a_slip_gets_its_own_message(slug: str, question: str, code: str, message: str) -> None:
    said = feedback(slug, question, code)
    assert any(message in m for m in said), said


@pytest.mark.parametrize("slug", SLUGS)
def test_a_slip_that_was_not_heeded_costs_points(slug: str) -> None:
    """The public tests warn; the hidden ones know the value, and no slip may pass them."""
    questions = {q.name: q for q in cases.assignment(slug).automatic}
    for name, code, _ in SLIPS[slug]:
        if name in questions:
            answers, points = _Answers(played(slug, code)), 0.0
            for case in questions[name].cases:
                points += case.points * (run_test(case.name, case.source, answers) is None)
            assert points < questions[name].points, code


@pytest.mark.parametrize("slug", SLUGS)
def test_every_typed_mistake_is_tried(slug: str) -> None:
    """Each message of ``not_mistaken`` is provoked above by code, or its figure could be stale."""
    slips = SLIPS[slug]
    for question in cases.assignment(slug).questions:
        for case in question.cases:
            if case.hidden or "not_mistaken" not in case.source:
                continue
            for message in re.findall(r'^\s+"([A-Z][^"]{20,})":', case.source, re.MULTILINE):
                tried = [m for q, _, m in slips if q == question.name and m in message]
                # The other partner's divisor is arithmetic of the little table, not of the data.
                assert tried or "other partner" in message or "both lists" in message, message


def test_another_correct_way() -> None:
    code = """
    from multivector import indicators
    def partner_share(table, partner, year):
        rows = table.query("year == @year").fillna({"exports_musd": 0, "imports_musd": 0})
        rows = rows.set_index("partner")
        return (rows["exports_musd"] + rows["imports_musd"]).pipe(lambda t: t / t.sum())[partner]
    """
    assert feedback("05-measuring-vectors", "q2", code) == ()


# Solutions in another style: pandas, tuples and sets, rounded numbers, capitals.
OTHER_WAYS = {
    "02-threat-and-balancing": """
        kinds = {k: v.upper() for k, v in kinds.items()}
        def threat(judgements, weights):
            judged = pd.Series(judgements, dtype=float).dropna()
            return (judged * pd.Series(weights)[judged.index]).sum() / sum(
                weights[name] for name in judged.index
            )
        by_power, tipping_intent = " usa", round(tipping_intent, 3)
        def first_places(states, weightings):
            table, wins = pd.DataFrame(states).T.astype(float), dict.fromkeys(states, 0)
            for weighting in weightings:
                reached = (table * pd.Series(weighting)).sum(axis=1) / sum(weighting.values())
                top = reached[reached == reached.max()]
                if len(top) == 1:
                    wins[top.index[0]] += 1
            return pd.Series(wins).div(len(weightings)).to_dict()
        expected_by = {k: v.title() for k, v in expected_by.items()}
        change, excess, reading = round(change, 1), round(excess, 1), ["b"]
    """,
    "03-alignment-choice": """
        import numpy as np
        payoffs, choice = {k: np.round(v, 2) for k, v in payoffs.items()}, "Hedge"
        def best_replies(strategies, loss, p, r):
            t = pd.DataFrame(strategies).T
            worth = t["value"] - p * loss * (1 - t["protection"]) - r * t["exposure"]
            return tuple(worth.index[np.isclose(worth, worth.max(), atol=1e-6, rtol=0)])
        def border(first, second, loss, r):
            one, two = (s["value"] - r * s["exposure"] for s in (first, second))
            try:
                p = (one - two) / (loss * (second["protection"] - first["protection"]))
            except ZeroDivisionError:
                return None
            return None if p < 0 or p > 1 else np.float64(p)
        def dominated(strategies):
            found = set()
            for a, x in strategies.items():
                for b, y in strategies.items():
                    least = x["value"] <= y["value"] and x["protection"] <= y["protection"]
                    if a != b and x != y and least and x["exposure"] >= y["exposure"]:
                        found.add(a)
            return found
        reward_needed = round(reward_needed, 2)
        changes = {k: round(v, 1) for k, v in changes.items()}
        def exclusive(changes):
            c = pd.Series(changes)
            return [k for k in c.index if c[k] > 0 and (c.drop(k) < 0).all()]
        def kept(table, floor):
            ties = pd.DataFrame(table)
            return ties.columns[ties.min() >= floor].tolist()
    """,
    "05-measuring-vectors": """
        largest_country, largest_partner = largest_country.lower(), " EU27"
        hhi_countries, hhi_eu_as_one = round(hhi_countries, 4), round(hhi_eu_as_one, 4)
        effective_partners = round(effective_partners, 2)
    """,
    "06-capstone-2025": """
        from math import prod
        row = dict.fromkeys(theories, 0.5) | {"bandwagoning": 0.6}  # 0.6 - 0.5 < 0.1 in floats
        likelihood["arms"] = row
        belief = posterior(prior, list(likelihood.values()))
        first, second = sorted(belief, key=belief.get, reverse=True)[:2]
        keeps = sum(leader == first for leader in without(prior, likelihood).values())
        p1, p2 = (prod([row[t] for row in likelihood.values()]) for t in (first, second))
        weight = prior[first] / (sum(prior.values()) - prior[second])
        level_prior = weight * p1 / (p2 + weight * p1)
    """,
}


@pytest.mark.parametrize("slug", OTHER_WAYS)
def test_another_style_gets_full_marks(slug: str) -> None:
    answers, points = _Answers(played(slug, OTHER_WAYS[slug])), 0.0
    for case in (c for q in cases.assignment(slug).questions for c in q.cases):
        assert run_test(case.name, case.source, answers) is None, case.name
        points += case.points
    assert points == cases.assignment(slug).out_of


@pytest.mark.parametrize("slug", SLUGS)
def test_a_constant_earns_nothing(slug: str) -> None:
    """A public test prints what its example should give; a function that returns that fails."""
    for question in cases.assignment(slug).questions:
        for case in question.cases:
            functions = [n for n in case.params if callable(solved(slug).get(n))]
            if not case.points or not functions:
                continue
            for constant in {0.0, 1.0, *map(float, re.findall(r"\b\d+\.?\d*\b", case.source))}:
                code = "\n".join(
                    f"def {name}({', '.join(solved(slug)[name].__code__.co_varnames[:count])}): "
                    f"return {constant}"
                    for name in functions
                    for count in [solved(slug)[name].__code__.co_argcount]
                )
                answers = _Answers(played(slug, code))
                assert run_test(case.name, case.source, answers), (case.name, constant)


def test_the_column_of_kinds_is_not_in_the_notebook_of_01() -> None:
    assert "kind" not in solved("01-concepts")["facts"]


def test_codes_of_01_are_those_of_the_facts() -> None:
    facts = load("facts").set_index("fact_id")
    env = solved("01-concepts")
    chosen, kinds = env["chosen"], env["kinds"]
    assert {k: facts.loc[v, "kind"] for k, v in chosen.items()} == kinds


def test_wrong_answers_are_well_formed_and_earn_nothing() -> None:
    for slug in SLUGS:
        env: dict[str, object] = {}
        exec(cases.wrong_cell(slug), env)
        assert set(cases.names(slug)) <= set(env)
        for question in cases.assignment(slug).automatic:
            assert hidden_points(slug, question.name, env) == 0, (slug, question.name)


def hidden_points(slug: str, name: str, env: dict) -> float:
    """Return what the hidden tests of a question would give."""
    question = next(q for q in cases.assignment(slug).questions if q.name == name)
    return sum(
        case.points
        for case in question.cases
        if case.hidden and run_test(case.name, case.source, _Answers(env)) is None
    )


@pytest.mark.parametrize("slug", list(grading_slips.SLIPS))
def test_a_criterion_says_what_earns_full_half_and_no_points(slug: str) -> None:
    page = build.solution_page(cases.assignment(slug))
    for question in cases.assignment(slug).judged:
        for criterion in question.rubric:
            for word in ("full", "half", "none"):
                assert html.escape(criterion[word]) in page


def belief_case(likelihood: dict) -> str | None:
    """Return what the hidden test of 06, question 5 says to a table with its right posterior."""
    code = f"""
    likelihood = {likelihood!r}
    belief = posterior(prior, list(likelihood.values()))
    """
    answers = _Answers(played("06-capstone-2025", code))
    (question,) = (q for q in cases.assignment("06-capstone-2025").questions if q.name == "q5")
    (case,) = (c for c in question.cases if c.name == "test_q5_belief")
    assert case.hidden and case.points
    return run_test(case.name, case.source, answers)


def test_two_pieces_against_the_leader_are_worth_points_in_06() -> None:
    theories, pieces = (solved("06-capstone-2025")[name] for name in ("theories", "pieces"))
    row = dict.fromkeys(theories, 0.3) | {"routine": 0.8}
    against = dict.fromkeys(theories, 0.5) | {"routine": 0.4}
    for count in range(3):
        names = list(pieces)[:7]
        table = {p: against if i < count else row for i, p in enumerate(names)}
        said = belief_case(table)
        assert (said is None) if count == 2 else ("against the leader" in (said or "")), count


def test_a_table_that_says_nothing_is_worth_nothing_with_a_key_too_many_in_06() -> None:
    theories, pieces = (solved("06-capstone-2025")[name] for name in ("theories", "pieces"))
    empty = {p: dict.fromkeys(theories, 0.5) | {"x": 0.99 if i % 2 else 0.01}
             for i, p in enumerate(list(pieces)[:6])}  # fmt: skip
    assert "other keys" in (belief_case(empty) or "")
    firm = next(
        c for q in cases.assignment("06-capstone-2025").questions for c in q.cases
        if c.name == "test_q5_firm"
    )  # fmt: skip
    answers = solved("06-capstone-2025") | {"likelihood": empty}
    assert "other keys" in (run_test(firm.name, firm.source, _Answers(answers)) or "")


def test_the_guesses_of_the_verdict_are_known_to_06() -> None:
    """Its check tells a student who copies the chapter's rows; they must still be the chapter's."""
    chapter = (ROOT / "chapters" / "case-2025" / "verdict.md").read_text(encoding="utf-8")
    block = re.search(r"table = pd\.DataFrame\(\s*\{(.*?)\},\s*index=names", chapter, re.DOTALL)
    assert block is not None
    rows = [json.loads("[" + re.sub(r"(?<!\d)\.", "0.", row) + "]")
            for row in re.findall(r"\[([\d., ]+)\]", block[1])]  # fmt: skip
    table = {
        piece: dict(zip(solved("06-capstone-2025")["theories"], row, strict=True))
        for piece, row in zip(solved("06-capstone-2025")["pieces"], rows, strict=False)
    }
    assert len(rows) == len(table) == 8
    said = feedback("06-capstone-2025", "q5", f"likelihood = {table!r}")
    assert any("chapter's guesses" in m for m in said), said
    assert "chapter's guesses" in (belief_case(table) or "")
    for piece in list(table)[:5]:
        del table[piece]
    kept = {**solved("06-capstone-2025")["likelihood"], **table}
    said = feedback("06-capstone-2025", "q5", f"likelihood = {kept!r}")
    assert any("chapter's guesses" in m for m in said), "three rows are enough to tell"
    assert belief_case(kept) is not None, "and a copy costs points"
    assert belief_case(solved("06-capstone-2025")["likelihood"]) is None


def test_the_assignments_are_mostly_automatic() -> None:
    """About three fifths over the course; of the capstone two thirds are read by a person."""
    shares = {}
    for slug, (automatic, judged) in POINTS.items():
        shares[slug] = judged / (automatic + judged)
        assert (0.6 < shares[slug] < 0.7) if slug.startswith("06") else (shares[slug] <= 0.4), slug
    automatic, judged = (sum(points) for points in zip(*POINTS.values(), strict=True))
    assert 0.55 < automatic / (automatic + judged) < 0.65


@pytest.mark.parametrize(
    ("broken", "complaint"),
    [
        (("# END QUESTION\n# BEGIN QUESTION\nname: q2", "# BEGIN QUESTION\nname: q2"), "inside it"),
        (("name: q2\n", "name: q1\n"), "share a name"),
        (("hidden: true", "hidden: false"), "no hidden test"),
        (("points: 2\nhidden", "hidden"), "nothing about its points"),
        (("objectives: [compute]\n", "objectives: [guess]\n"), "not described"),
        (("points: 5\n", "points: 4\n"), "rubric"),
        (("name: q2\n", "name: [q2\n"), "is not YAML"),
        (("points: 2\nhidden", "points: 2: 3\nhidden"), "is not YAML"),
        (("---\n", "---\n- a list\n---\n\n---\n"), "no list of names"),
        (("multivector:\n", "multivector: [1]\nother:\n"), "multivector: no list of names"),
        (("q1:\n      minutes: 5\n", "q1: 3\n    other:\n"), "q1: no list of names"),
        (("minutes: 5\n", "minutes: five\n"), "q1, minutes: no number"),
        (("objectives: [compute]\n", "objectives: compute\n"), "q1, objectives: no list"),
        (("names them, points: 2}", "names them}"), "q7, rubric: a criterion has an id"),
        (("names them, points: 2}", "names them, points: two}"), "q7, rubric: no number"),
        (("points: 2\nhidden", "points: two\nhidden"), "q1: a test's points: no number"),
        (("# BEGIN QUESTION\nname: q1", "BEGIN QUESTION\nname: q1"), "not an otter block: BEGIN"),
    ],
)
def test_a_broken_source_is_named(broken: tuple[str, str], complaint: str) -> None:
    source = cases.assignment("05-measuring-vectors")
    text = source.template.replace(*broken)
    assert text != source.template
    with pytest.raises(SourceError, match=complaint):
        parse(text, source.path)


def test_a_source_without_a_text_is_named() -> None:
    text = "---\nkernelspec: {}\n---\n\n```otter\n```\n\n```{code-cell} ipython3\nx = 1\n```\n"
    with pytest.raises(SourceError, match="no text"):
        parse(text, Path("x.md"))


def test_points_need_not_be_binary_fractions() -> None:
    """A tenth of every point: as floating-point numbers they do not add up to a tenth."""
    source = cases.assignment("05-measuring-vectors")
    tenths = re.sub(r"points: ([\d.]+)", lambda m: f"points: {float(m[1]) / 10:g}", source.template)
    assignment = parse(tenths, source.path)
    whole = [round(10 * q.points, 9) for q in assignment.questions]
    assert whole == [q.points for q in source.questions]
    assert assignment.out_of == 2
    build.self_test(assignment)
    lost = {q.name: None for q in assignment.automatic}
    nobody = [grade.Result("a", "a", "", "f", "missing", points=lost)]
    table = report.merge_essays(assignment, report.grades_csv(assignment, nobody), [])
    assert report.exported(assignment, table)[1] == 2.5


@pytest.mark.parametrize(
    ("line", "left"),
    [
        ("x = 1  # SOLUTION", "x = ..."),
        ("    total = sum(a)  # SOLUTION", "    total = ..."),
        ("a.b['c'] = f(x == 1)  # SOLUTION", "a.b['c'] = ..."),
        ("print(x)  # SOLUTION", "..."),
        ("secret = 1  # SOLUTION NO PROMPT", ""),
        ("kept = 2", "kept = 2"),
    ],
)
def test_stripping_a_line(line: str, left: str) -> None:
    assert without_solution(line) == left


def test_an_unclosed_solution_stops_the_build() -> None:
    with pytest.raises(SourceError):
        without_solution("# BEGIN SOLUTION\nx = 1")


@pytest.mark.parametrize(
    "value",
    [None, True, 0, -5, 1.5, "Қазақстан", [1, [2.0, "x"]], {"a": 1, "b": [True, None]}, ...],
)
def test_plain_values_survive_the_journey(value: object) -> None:
    wire = json.loads(json.dumps(plain.encode(value), allow_nan=False))
    result = plain.decode(wire)
    assert (result is plain.UNANSWERED) if value is ... else (result == value)


@pytest.mark.parametrize(
    "message",
    [
        None, [], {}, {"k": 1}, {"k": "int", "v": True}, {"k": "int", "v": 10**30},
        {"k": "float", "v": "1.0"}, {"k": "float", "v": []}, {"k": "str", "v": "x" * 30_000},
        {"k": "list", "v": [{"k": "none"}] * 20_000}, {"k": "dict", "v": [[1]]},
        {"k": "function", "p": "self"}, {"k": "bool", "v": "true"}, {"k": "nonsense", "v": 1},
        {"k": "table", "c": [], "v": [1]}, {"k": "column", "i": 5, "v": []},
        {"k": "other", "type": 5}, {"k": "float", "v": 10**400},
    ],
)  # fmt: skip
def test_a_forged_message_is_refused(message: object) -> None:
    with pytest.raises(plain.PlainError):
        plain.decode(message, lambda: None)


def test_a_deep_message_is_refused_without_a_stack_overflow() -> None:
    message: dict = {"k": "none"}
    for _ in range(5000):
        message = {"k": "list", "v": [message]}
    with pytest.raises(plain.PlainError):
        plain.decode(message)


def test_encode_never_raises_for_a_strange_value() -> None:
    loop: list = []
    loop.append(loop)
    for value in (loop, object(), float("nan"), 10**100, "\ud800", {1: {2: loop}}, b"x", 1j, int):
        json.dumps(plain.encode(value), allow_nan=False).encode()


def test_expectations_explain_themselves() -> None:
    with pytest.raises(expect.Wrong, match="per cent"):
        expect.share(34.5, "x")
    with pytest.raises(expect.Wrong, match="below 0"):
        expect.share(-0.1, "x")
    assert expect.share(1, "x") == 1.0
    with pytest.raises(expect.Wrong) as caught:
        expect.close(1.0, 2.71828, "x")
    assert "2.7" not in str(caught.value), "a message never names the right value"


def test_two_numbers_and_an_interval_are_asked_for_in_words() -> None:
    assert expect.pair((1, 2.5), "x") == expect.pair(np.array([1, 2.5]), "x") == (1.0, 2.5)
    assert expect.interval([1, 1], "x") == (1.0, 1.0)
    for value, complaint in (
        (3.0, "two numbers"),
        ([1, 2, 3], "two numbers"),
        (("1", 2), "drop the quotes"),
        ((1, float("nan")), "NaN"),
        (..., "not answered"),
    ):
        with pytest.raises(expect.Wrong, match=complaint):
            expect.pair(value, "x")
    with pytest.raises(expect.Wrong, match="wrong way round"):
        expect.interval((2, 1), "x")


def test_solution_page_shows_everything_to_the_instructor() -> None:
    assignment = cases.assignment("05-measuring-vectors")
    page = build.solution_page(assignment)
    assert 'content="noindex"' in page
    for question in assignment.questions:
        assert all(c.name in page for c in question.cases)
        assert all(html.escape(r["criterion"]) in page for r in question.rubric)


def test_sources_are_not_pages_of_the_book() -> None:
    toc = (ROOT / "_toc.yml").read_text(encoding="utf-8")
    assert not re.search(r"exercises/\d\d-[\w-]+/\d\d-", toc), "a source holds its solution"
