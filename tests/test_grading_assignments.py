"""The assignments themselves: what leaves the build, what a student is told, what it is worth."""

from __future__ import annotations

import html
import json
import re
import textwrap
import zipfile
from functools import lru_cache
from pathlib import Path

import grading_cases as cases
import pytest

from multivector import load
from multivector.grading import build, expect, plain
from multivector.grading.assignment import (
    SourceError,
    parse,
    with_solution,
    without_solution,
)
from multivector.grading.notebook import Notebook

SLUGS = ["01-concepts", "05-measuring-vectors"]
ROOT = Path(__file__).resolve().parents[1]


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


@pytest.mark.slow
@pytest.mark.parametrize("slug", SLUGS)
def test_otter_builds_the_same_source_into_the_same_zip(slug: str, tmp_path: Path) -> None:
    pytest.importorskip("otter")
    assignment = cases.assignment(slug)
    for name in ("a.zip", "b.zip"):
        build.gradescope_zip(assignment, tmp_path / name, package="multivector==0.1.0")
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        names = archive.namelist()
        assert {f"tests/{q.name}.py" for q in assignment.questions} <= set(names)
        assert b"multivector==0.1.0" in archive.read("environment.yml")
        for question in assignment.automatic:
            source = archive.read(f"tests/{question.name}.py").decode()
            for case in question.cases:
                assert f"def {case.name}(" in source
                assert source.count("hidden=True") == sum(c.hidden for c in question.cases)


@pytest.mark.slow
@pytest.mark.parametrize("slug", SLUGS)
def test_gradescope_agrees(slug: str, tmp_path: Path) -> None:
    """otter runs the zip's tests as on Gradescope: the same points as ours, and it asks no name."""
    execute = pytest.importorskip("otter.execute")
    assignment = cases.assignment(slug)
    build.gradescope_zip(assignment, tmp_path / "a.zip")
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
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
    for cell in assignment.cells:
        if cell.role == "solution" and cell.question != "q7":
            assert build.leaks(assignment, json.dumps({"x": with_solution(cell.source)}))
    hidden = [c for q in assignment.questions for c in q.cases if c.hidden]
    assert hidden
    for case in hidden:
        assert build.leaks(assignment, json.dumps({"x": case.source}))


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
    assert assignment.out_of == 20
    for question in assignment.questions:
        prompt = next(
            c.source for c in assignment.cells if c.question == question.name and c.role == "text"
        )
        assert f"*{question.points:g} points, about {question.minutes:g} minutes" in prompt


def feedback(slug: str, question: str, code: str) -> tuple[str, ...]:
    """Return what a student reads who runs the solution and then ``code``."""
    env = dict(solved(slug))
    for name in ("kinds", "strategy"):
        if name in env:
            env[name] = dict(env[name])
    exec(textwrap.dedent(code), env)
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
    ("q4", "def herfindahl(values): return sum(v**2 for v in values)", "squared the amounts"),
    (
        "q4",
        "def herfindahl(v): return sum((100 * x / sum(v))**2 for x in v)",
        "squared percentages",
    ),
    ("q4", "old = herfindahl\ndef herfindahl(v): return old(v) ** 0.5", "square root"),
    ("q4", "def herfindahl(v): return sum(x / sum(v) for x in v)", "square each"),
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
    ("q5", "explanations = ['А']", "Latin"),  # the Cyrillic letter
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
    ("q1", "strategy = {'a': 'hedging'}", "no code yet for: b, c, d, e, f"),
    ("q1", "strategy = dict.fromkeys('abcdef', 'hedging')", "All six"),
    ("q1", "strategy['b'] = 'internal balancing'", "somebody else's arms"),
    ("q2", "against_hedging = 'ABCD'", "All four"),
    ("q2", "against_hedging = ['B', 'D']", "what hedging expects"),
    ("q2", "against_hedging = []", "nothing counts against"),
    ("q3", "kinds['s3'] = 'stock'", "that is no stock"),
    ("q3", "kinds['s2'] = 'flow'", "Has any of it arrived"),
    ("q3", "kinds['s4'] = 'pledge'", "which way the money goes"),
    ("q3", "kinds['s7'] = 'flow'", "at a date"),
    ("q4", "needed = 'D'", "is there already"),
    ("q5", "voices = len(texts)", "printed in two languages"),
    ("q5", "voices = int(sources['voice'].nunique())", "keep to the five"),
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
    ("q7", "judgement = 'word ' * 300", "300 words"),
]


@pytest.mark.parametrize(("question", "code", "message"), SLIPS_05)
def test_a_slip_in_05_gets_its_own_message(question: str, code: str, message: str) -> None:
    said = feedback("05-measuring-vectors", question, code)
    assert any(message in m for m in said), said


@pytest.mark.parametrize(("question", "code", "message"), SLIPS_01)
def test_a_slip_in_01_gets_its_own_message(question: str, code: str, message: str) -> None:
    said = feedback("01-concepts", question, code)
    assert any(message in m for m in said), said


@pytest.mark.parametrize("slug", SLUGS)
def test_every_typed_mistake_is_tried(slug: str) -> None:
    """Each message of ``not_mistaken`` is provoked above by code, or its figure could be stale."""
    slips = SLIPS_05 if slug.startswith("05") else SLIPS_01
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


@pytest.mark.parametrize(
    ("broken", "complaint"),
    [
        (("# END QUESTION\n# BEGIN QUESTION\nname: q2", "# BEGIN QUESTION\nname: q2"), "inside it"),
        (("name: q2\n", "name: q1\n"), "share a name"),
        (("hidden: true", "hidden: false"), "no hidden test"),
        (("points: 2\nhidden", "hidden"), "nothing about its points"),
        (("objectives: [compute]}", "objectives: [guess]}"), "not described"),
        (("points: 5\n", "points: 4\n"), "rubric"),
    ],
)
def test_a_broken_source_is_named(broken: tuple[str, str], complaint: str) -> None:
    source = cases.assignment("05-measuring-vectors")
    text = source.template.replace(*broken)
    assert text != source.template
    with pytest.raises(SourceError, match=complaint):
        parse(text, source.path)


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
