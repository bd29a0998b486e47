"""A student's own variant: what a source may vary, who draws what, and that it can be solved."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from multivector.grading import build, variants
from multivector.grading.assignment import Assignment, SourceError, parse, read_all, vary

ROOT = Path(__file__).resolve().parents[1]
SEED = "a seed that only the tests know"
VARIED = [a for a in read_all(ROOT) if a.parameters]


def drawn(assignment: Assignment, student: str) -> Assignment:
    chosen = variants.draw(assignment.parameters, SEED, assignment.slug, student)
    return vary(assignment, chosen)


def test_there_is_something_to_draw() -> None:
    assert "05-measuring-vectors" in [a.slug for a in VARIED]


@pytest.mark.parametrize("student", ["1", "2", "3"])
@pytest.mark.parametrize("assignment", VARIED, ids=lambda a: a.slug)
def test_a_variant_can_be_solved_and_gives_nothing_away(
    assignment: Assignment, student: str
) -> None:
    variant = drawn(assignment, student)
    build.self_test(variant)
    text = build.student_notebook(variant)
    assert "{{" not in text and build.leaks(variant, text) == []
    assert variant.out_of == assignment.out_of


@pytest.mark.soak
@pytest.mark.parametrize("student", range(50))
@pytest.mark.parametrize("assignment", VARIED, ids=lambda a: a.slug)
def test_fifty_variants_can_be_solved(assignment: Assignment, student: int) -> None:
    test_a_variant_can_be_solved_and_gives_nothing_away(assignment, f"student {student}")


@pytest.mark.parametrize("assignment", VARIED, ids=lambda a: a.slug)
def test_the_slips_of_the_book_are_not_looked_for_in_a_variant(assignment: Assignment) -> None:
    """Not even where the draw happens to be the book's: every student gets the same help."""
    same = vary(assignment, variants.default(assignment.parameters))
    assert same.source == assignment.source and same.digest != assignment.digest
    names = {c.name for q in same.questions for c in q.cases}
    gone = {c for q in assignment.questions for c in q.cases if c.name not in names}
    assert gone and all(c.default_only for c in gone)


def test_every_choice_of_05_can_be_solved() -> None:
    (assignment,) = (a for a in VARIED if a.slug == "05-measuring-vectors")
    book = variants.default(assignment.parameters)
    for name, choices in assignment.parameters.items():
        for choice in choices[1:]:
            build.self_test(vary(assignment, book | {name: choice}))


# --- the draw -----------------------------------------------------------------------------------

DECLARED = {"year": (2024, 2023, 2022), "partner": ("RUS", "CHN", "TUR", "UZB")}


def test_a_draw_is_the_same_for_ever() -> None:
    """Typed in: another Python, machine or release must not change what a class was given."""
    found = [variants.draw(DECLARED, SEED, "05", s) for s in ("4711", "4712", "Әсел")]
    assert found == PINNED
    assert variants.draw(DECLARED, f" {SEED}\n", "05", "4711 ") == PINNED[0]


PINNED = [
    {"year": 2023, "partner": "UZB"},
    {"year": 2022, "partner": "UZB"},
    {"year": 2024, "partner": "CHN"},
]


def test_a_draw_depends_on_seed_assignment_and_student_and_reaches_every_choice() -> None:
    def many(seed: str, slug: str) -> list[dict]:
        return [variants.draw(DECLARED, seed, slug, str(s)) for s in range(200)]

    base = many(SEED, "05")
    assert base != many(SEED, "04") and base != many(SEED + "!", "05")
    for name, choices in DECLARED.items():
        counts = [sum(d[name] == c for d in base) for c in choices]
        assert min(counts) > 200 / len(choices) / 2, counts
    assert len({json.dumps(d) for d in base}) == 12


@pytest.mark.parametrize("seed", ["", "short", " " * 40])
def test_a_seed_that_can_be_guessed_is_refused(seed: str) -> None:
    with pytest.raises(variants.SeedError):
        variants.draw(DECLARED, seed, "05", "1")


# --- the syntax ---------------------------------------------------------------------------------

SMALL = """---
kernelspec: {{name: python3}}
multivector:
  parameters: {parameters}
  objectives: {{o: do it}}
  questions:
    q1: {{minutes: 1, objectives: [o]}}
---

```otter
# BEGIN QUESTION
name: q1
```

## 1. {text}

```otter
# BEGIN SOLUTION
```

```{{code-cell}} ipython3
x = 1  # SOLUTION
```

```otter
# END SOLUTION
# BEGIN TESTS
```

```{{code-cell}} ipython3
\"\"\" # BEGIN TEST CONFIG
points: 1
hidden: true
{config}
\"\"\" # END TEST CONFIG
def test_q1(x):
    assert x == 1
```

```otter
# END TESTS
# END QUESTION
```
"""


def small(parameters: str, text: str, config: str = "") -> str:
    return SMALL.format(parameters=parameters, text=text, config=config)


def test_a_placeholder_is_replaced_everywhere() -> None:
    source = small("{p: [{a: Рига, b: 1}, {a: X, b: 2}]}", "{{ p.a }}-{{ p.b }} {{ p.a }}")
    assert parse(source, Path("x.md")).questions[0].title == "1. Рига-1 Рига"
    chosen = {"p": {"a": "X", "b": 2}}
    assert parse(source, Path("x.md"), chosen).questions[0].title == "1. X-2 X"


@pytest.mark.parametrize(
    ("parameters", "text", "config", "complaint"),
    [
        ("{p: [1, 2]}", "{{ q }}", "", "q }} is no parameter"),
        ("{p: [1, 2]}", "{{ p.code }}", "", "is no parameter"),
        ("{p: [1, 2]}", "nothing", "", "occurs nowhere"),
        ("{}", "{{ p }}", "", "is no parameter"),
        ("{p: [1]}", "{{ p }}", "", "two choices"),
        ("{p: {default: 1, choices: [1, 2]}}", "{{ p }}", "", "list of two choices"),
        ("{p: [1, 1]}", "{{ p }}", "", "twice"),
        ("{p: [NO, SE]}", "{{ p }}", "", "quote it"),
        ("{p: [{a: 1}, {b: 1}]}", "{{ p.a }}", "", "same parts"),
        ("{p: [{a: 1}, 2]}", "{{ p.a }}", "", "same parts"),
        ("[p]", "{{ p }}", "", "list of choices"),
        ("{p: [1, 2]}", "{{ p }}", "default_only: true", "default_only"),
    ],
)
def test_a_parameter_that_makes_no_sense_is_named(
    parameters: str, text: str, config: str, complaint: str
) -> None:
    with pytest.raises(SourceError, match=complaint):
        parse(small(parameters, text, config), Path("x.md"))


def test_a_public_test_that_scolds_a_variant_stops_the_build() -> None:
    """A slip value of the book's that was left in a test of every variant."""
    book = next(a for a in VARIED if a.slug == "05-measuring-vectors")
    text = book.template.replace("default_only: true\n", "").replace("9551.856", "27054.45")
    chosen = variants.default(book.parameters) | {"year": 2023}
    with pytest.raises(build.BuildError, match="told: test_q1_slips"):
        build.self_test(parse(text, book.path, chosen))
