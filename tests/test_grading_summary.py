"""The class on one page, and which notebooks resemble each other."""

from __future__ import annotations

import html.parser
import random
import re

import grading_cases as cases
import pytest

from multivector.grading import grade, report, similar, summary

SLUG = "05-measuring-vectors"
WORDS = "trade partner share total value row frame union goods tenge border route".split()


def written(seed: int, lines: int = 30) -> list[str]:
    """Return code of nobody else's: a student with a style of their own."""
    chance = random.Random(seed)

    def word() -> str:
        return f"{chance.choice(WORDS)}_{chance.randrange(1000)}"

    def line() -> str:
        call, key = f"trade.query('{word()}').{word()}", word()
        forms = (f"{word()} = {call}", f"for {word()} in {call}:\n    print({word()} * {key!r})")
        return chance.choice(forms)

    return ["\n".join(line() for _ in range(lines))]


def disguised(cells: list[str]) -> list[str]:
    """Return the same code with other names, comments and spaces."""
    names = {n for c in cells for n in re.findall(r"^(\w+) =|^for (\w+)", c, re.M) for n in n if n}
    return [
        re.sub(r"\b\w+\b", lambda m: "my_" + m[0] if m[0] in names else m[0], c).replace(
            " = ", "   =   # mine\\\n  "
        )
        for c in cells
    ]


def prints(people: dict[str, list[str]], template: list[str] = ()) -> dict[str, frozenset[int]]:
    return {k: similar.fingerprint(c, template, ["eu_share"]) for k, c in people.items()}


def test_a_copy_in_disguise_is_seen_and_the_class_is_not() -> None:
    people = {f"s{i:02}": written(i) for i in range(40)}
    people["copy"] = disguised(people["s07"])
    assert people["copy"] != people["s07"]
    found = similar.resembling(prints(people))
    assert [(a, b) for a, b, _ in found] == [("copy", "s07")]
    assert 0.7 <= found[0][2] <= 1


def test_the_template_and_what_everybody_writes_are_no_likeness() -> None:
    template = written(1000, 60)
    common = written(1001, 60)
    people = {f"s{i}": [*template, *common, *written(i, 12)] for i in range(30)}
    assert similar.resembling(prints(people, template)) == []
    assert not similar.fingerprint(template, template, [])


def test_a_shared_essay_is_seen() -> None:
    text = " ".join(random.Random(3).choices(WORDS, k=150))
    people = {f"s{i}": [f'judgement = """{text if i in (4, 9) else i}"""'] for i in range(20)}
    assert [(a, b) for a, b, _ in similar.resembling(prints(people))] == [("s4", "s9")]


def test_too_little_of_ones_own_is_no_likeness() -> None:
    people = {"a": ["x = trade.sum()"], "b": ["x = trade.sum()"]}
    assert similar.resembling(prints(people)) == []


def test_a_solution_handed_in_by_a_whole_class_accuses_nobody() -> None:
    solution = [c.source for c in cases.assignment(SLUG).cells if c.role == "solution"]
    people = {f"s{i}": solution for i in range(12)}
    assert similar.resembling(prints(people)) == []


@pytest.mark.parametrize("cell", ['"""' * 5001, "(" * 10**6, "\ud800 'x", "'''\"\"\"" * 1000, ""])
def test_a_hostile_cell_is_only_text(cell: str) -> None:
    assert isinstance(similar.fingerprint([cell] * 3, [], []), frozenset)


# --- the page -----------------------------------------------------------------------------------

EVIL = "<script>alert(1)</script>\u202e\"'"


def result(
    key: str, status: str = "graded", q1: float | None = 2.0, **more: object
) -> grade.Result:
    points = {q.name: q.points for q in cases.assignment(SLUG).automatic} | {"q1": q1}
    if status != "graded":
        points = dict.fromkeys(points)
    return grade.Result(key, more.pop("name", key), key, "f", status, points=points, **more)


class Text(html.parser.HTMLParser):
    """What a reader sees, and the tags it stands in."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.words, self.tags = [], set()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list) -> None:
        self.tags.add(tag)

    def handle_data(self, data: str) -> None:
        self.words.append(data.strip())

    @property
    def text(self) -> str:
        return " ".join(w for w in self.words if w)


def page(*results: grade.Result, alike: list[tuple[str, str, float]] = ()) -> Text:
    return Text(summary.summary_html(cases.assignment(SLUG), results, alike))


def test_distribution_statuses_and_messages() -> None:
    wrong = {"q1": ["That is exports alone."]}
    percent = [{"q3": [f"`eu_share` is {n}: that looks like per cent."]} for n in (31.2, 44, 31.2)]
    shown = page(
        result("a"),
        result("b", q1=0.0, messages=wrong),
        result("c", q1=0.0, messages=wrong),
        *(result(f"d{i}", messages=said) for i, said in enumerate(percent)),
        result("e", "timeout", reason="code cell 3: slow"),
        result("f", "missing"),
    ).text
    for told in ("Graded 6", "Ran out of time 1", "Nothing handed in 1", "16 to 20 6"):
        assert told in shown, shown
    assert "2 of 2 4 0 of 2 2" in shown, "those without a notebook are no noughts"
    assert "2 × That is exports alone." in shown
    assert "3 × eu_share is 31.2: that looks like per cent. (and with other numbers)" in shown
    assert "code cell 3: slow" in shown


def test_likeness_is_named_with_its_limits() -> None:
    three = [result(k, digest=d) for k, d in (("a", "1"), ("b", "2"), ("c", "2"))]
    flagged = [r.flags for r in grade.flag_duplicates(three)]
    assert flagged[1] and not flagged[0]
    shown = page(*grade.flag_duplicates(three), alike=[("a", "b", 0.934), ("b", "c", 1.0)]).text
    assert "no proof" in shown and "a (a) b (b) 93%" in shown
    assert "100%" not in shown, "identical notebooks are told once, as identical"
    assert "same notebook as" in shown


def test_names_and_messages_are_only_text() -> None:
    shown = page(
        result("x", name=EVIL, messages={"q1": [EVIL]}, flags=(EVIL,)),
        result("y", "timeout", name=EVIL, reason=EVIL, digest="1"),
        result("z", "missing", name="Әсел Құрманғалиқызы"),
        alike=[("x", "y", 0.8)],
    )
    assert not shown.tags & {"script", "img", "iframe", "link", "a", "form", "object"}
    assert "<script>alert(1)</script>" in shown.text and "Әсел Құрманғалиқызы" in shown.text
    source = summary.summary_html(cases.assignment(SLUG), [result("x", name=EVIL)], [])
    assert f'content="{report.POLICY}"' in source and "http" not in re.sub("http-equiv", "", source)


def test_nobody_is_a_page_too() -> None:
    assert "Nobody yet." in page().text


def test_a_total_on_a_border_is_in_the_class_that_begins_there() -> None:
    assert dict(summary._classes([0.6], 1.0))["0.6 to under 0.8"] == 1
    assert summary._classes([0], 0) == [], "an essay alone has no automatic points"
