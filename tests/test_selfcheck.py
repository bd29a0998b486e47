"""Self-checks: the grammar, the form it becomes, and the build's own questions about coverage."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path

import pytest
from sphinx.testing.util import SphinxTestApp

from multivector import selfcheck

CHOICE = """:objective: 2
Which is *right*?
- [ ] this :: no: it is not
- [x] that :: yes: it is
"""
NUMERIC = """What is a quarter?
= 0.25 +- 0.005 :: Yes.
! 25 +- 0.5 :: That is a percentage, not a share.
! :: Divide one by four.
"""
ORDER = """:order:
Sort them.
1. one :: first
2. two
3. three
! :: Count.
"""


def test_a_choice_keeps_what_was_written() -> None:
    check = selfcheck.parse("sc-a", CHOICE)
    assert (check.kind, check.objectives, check.question) == ("choice", (2,), "Which is *right*?")
    assert [(a.text, a.feedback, a.right) for a in check.answers] == [
        ("this", "no: it is not", False),
        ("that", "yes: it is", True),
    ]


def test_a_number_has_a_tolerance_and_an_answer_for_the_rest() -> None:
    check = selfcheck.parse("sc-n", NUMERIC)
    assert [(a.text, a.tolerance, a.right) for a in check.answers] == [
        ("0.25", 0.005, True),
        ("25", 0.5, False),
    ]
    assert check.otherwise == "Divide one by four."


def test_an_option_may_stand_anywhere_and_an_answer_go_on() -> None:
    check = selfcheck.parse("sc-m", "All?\n:multiple:\n- [x] a\n  long one :: yes\n- [x] b :: yes")
    assert check.kind == "multiple"
    assert check.answers[0].text == "a long one"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("Only a question?", "no answers"),
        ("- [x] a :: b\n- [ ] c :: d", "no question"),
        ("Q?\n- [x] a :: b\n- [x] c :: d", "exactly one"),
        ("Q?\n- [x] a :: b", "a wrong answer"),
        ("Q?\n- [x] a :: b\n- [ ] c", "no feedback for 'c'"),
        (":multiple:\nQ?\n- [ ] a :: b", "needs an \\[x\\]"),
        ("Q?\n= about five :: b", "not a number"),
        ("Q?\n! 5 :: b\n! :: c", "exactly one = line"),
        ("Q?\n- [x] a :: b\n= 5 :: c", "among answers in words"),
        (":order:\nQ?\n1. a\n2. b", "three items"),
        (":objective: two\nQ?\n- [x] a :: b\n- [ ] c :: d", "objective numbers"),
        (":colour: red\nQ?\n- [x] a :: b\n- [ ] c :: d", "no option :colour:"),
        ("Q?\n- [x] a :: b\n- [ ] c :: d\nAfterthought", "after the answers"),
    ],
)
def test_a_mistake_is_named(text: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        selfcheck.parse("sc-x", text)


def test_a_number_can_come_from_a_computed_value() -> None:
    check = selfcheck.parse("sc-g", "Q?\n= {glue:text}`x:.1f` +- 0.1 :: yes")
    found = selfcheck.resolved(check, {"x": 2.5}.__getitem__)
    assert float(found.answers[0].text) == 2.5


def test_answers_are_shuffled_alike_every_time_and_never_sorted() -> None:
    names = [f"sc-{n}" for n in range(60)]
    orders = [selfcheck.shown(selfcheck.parse(name, ORDER)) for name in names]
    assert orders == [selfcheck.shown(selfcheck.parse(name, ORDER)) for name in names]
    assert all(sorted(order) == [0, 1, 2] for order in orders)
    assert [0, 1, 2] not in orders
    assert len({tuple(order) for order in orders}) > 2
    fixed = selfcheck.parse("sc-a", ":fixed:\n" + CHOICE)
    assert selfcheck.shown(fixed) == [0, 1]


class Balance(HTMLParser):
    """Counts tags left open and controls without a label of their own."""

    VOID = ("input", "br", "meta", "link", "img", "hr")

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.bare: list[str] = []
        self.labelled: set[str] = set()

    def handle_starttag(self, tag: str, attributes: list) -> None:
        values = dict(attributes)
        if tag == "label" and "for" in values:
            self.labelled.add(values["for"])
        if tag == "input" and "label" not in self.open and values.get("id") not in self.labelled:
            self.bare.append(str(values))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            assert self.open.pop() == tag


@pytest.mark.parametrize("text", [CHOICE, NUMERIC, ORDER])
def test_the_form_is_well_made_and_every_control_has_a_label(text: str) -> None:
    parser = Balance()
    parser.feed(selfcheck.form(selfcheck.parse("sc-a", text)))
    assert parser.open == []
    assert parser.bare == []


def test_the_folded_answer_holds_every_feedback_the_right_one_first() -> None:
    text = selfcheck.form(selfcheck.parse("sc-a", CHOICE))
    folded = text[text.index("<details") :]
    assert folded.index("yes: it is") < folded.index("no: it is not")


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("- [x] a :: Right: four parts.", "Four parts."),
        ("- [x] a :: Right, and no more.", "And no more."),
        ("- [x] a :: Yes: *it* is.", "<em>it</em> is."),
        ("- [x] a :: Right.", "Right."),
        ("- [x] a :: Rightly so.", "Rightly so."),
        ("- [ ] a :: No: shares stay.", "Shares stay."),
        ("- [ ] a :: No share does.", "No share does."),
        ("- [ ] a :: Right, but of last year.", "Right, but of last year."),
    ],
)
def test_a_feedback_does_not_repeat_the_verdict_before_it(line: str, why: str) -> None:
    check = selfcheck.parse("sc-a", f":multiple:\nQ?\n{line}\n- [x] b :: yes")
    assert f'<span class="mv-check-why">{why}</span>' in selfcheck.form(check)


def test_plain_markdown_is_escaped_before_it_is_marked_up() -> None:
    assert selfcheck.markdown_inline("*a* < `b<c` [d](e)") == (
        '<em>a</em> &lt; <code>b&lt;c</code> <a href="e">d</a>'
    )


def test_a_notebook_asks_with_the_same_form() -> None:
    widget = selfcheck.ask("sc-n", NUMERIC)
    assert 'data-kind="numeric"' in widget.html
    assert "mvSelfCheck" in widget._esm


# --- on a page ----------------------------------------------------------------------------------

PAGE = """# A page

```{objectives}
1. Do this.
2. Do that.
```

```{self-check} sc-a
:objective: 2
Which is *right*?

More of the question.
- [ ] `this` :: no: it is not
- [x] that :: yes: it is
```

```{coverage}
```
"""


def build(folder: Path, page: str = PAGE, builder: str = "html") -> tuple[str, str]:
    """Return (page, warnings) of a book of one page."""
    folder.mkdir(exist_ok=True)
    (folder / "conf.py").write_text(
        "extensions = ['myst_parser', 'multivector.book.learning.selfcheck']\nroot_doc = 'index'\n"
    )
    (folder / "index.md").write_text(page, encoding="utf-8")
    app = SphinxTestApp(buildername=builder, srcdir=folder)
    try:
        app.build()
        suffix = "xhtml" if builder == "epub" else "html"
        return (Path(app.outdir) / f"index.{suffix}").read_text(), app.warning.getvalue()
    finally:
        app.cleanup()


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    return build(tmp_path_factory.mktemp("book") / "src")


def test_the_page_has_form_objectives_and_table(built: tuple[str, str]) -> None:
    page, _ = built
    assert '<form class="mv-check" id="sc-a"' in page
    assert "<em>right</em>" in page
    assert 'id="obj-2"' in page
    assert 'href="#sc-a"' in page
    assert page.count("selfcheck.js") == 1


def test_an_objective_that_nothing_covers_is_a_warning(built: tuple[str, str]) -> None:
    _, warnings = built
    assert "objective 1 has no self-check and no exercise: Do this." in warnings
    assert "objective 2" not in warnings


def test_an_exercise_covers_an_objective_too(tmp_path: Path) -> None:
    folder = tmp_path / "src"
    (folder / "exercises").mkdir(parents=True)
    (folder / "exercises" / "01-x.md").write_text(
        "---\norphan: true\nmultivector:\n  covers: {index: [1]}\n---\n# x\n"
    )
    page, warnings = build(folder)
    assert "no exercise" not in warnings
    assert "01-x" in page


def test_an_exercise_that_covers_what_is_not_there_is_a_warning(tmp_path: Path) -> None:
    folder = tmp_path / "src"
    (folder / "exercises").mkdir(parents=True)
    (folder / "exercises" / "01-x.md").write_text(
        "---\norphan: true\nmultivector:\n  covers: {index: [3], gone: [1]}\n---\n# x\n"
    )
    _, warnings = build(folder)
    assert "01-x covers objective 3 of index" in warnings
    assert "01-x covers objective 1 of gone" in warnings


def test_what_no_assignment_measures_is_listed(built: tuple[str, str], tmp_path: Path) -> None:
    page, _ = built
    assert "Assignments measure 0 of the 2 objectives; self-checks 1." in page
    assert "objective 1</a>, " in page
    folder = tmp_path / "src"
    (folder / "exercises").mkdir(parents=True)
    (folder / "exercises" / "01-x.md").write_text(
        "---\norphan: true\nmultivector:\n  covers: {index: [1, 2]}\n---\n# x\n"
    )
    page, _ = build(folder)
    assert "Every objective is measured for marks." in page


def test_a_wrong_number_and_a_second_name_are_warnings(tmp_path: Path) -> None:
    check = PAGE[PAGE.index("```{self-check}") : PAGE.index("```{coverage}")]
    _, warnings = build(tmp_path / "src", PAGE + "\n" + check.replace(": 2", ": 3"))
    assert "names objective 3 of 2" in warnings
    assert "sc-a is also in" in warnings


def test_a_mistake_in_the_grammar_is_reported_with_its_words(tmp_path: Path) -> None:
    _, warnings = build(tmp_path / "src", PAGE.replace("[x]", "[ ]"))
    assert "needs exactly one [x]" in warnings


def test_an_epub_has_no_buttons(tmp_path: Path) -> None:
    page, _ = build(tmp_path / "src", builder="epub")
    assert "<details" in page
    assert "mv-check-actions" not in page
