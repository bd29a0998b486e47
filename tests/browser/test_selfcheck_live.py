"""Self-checks in a real browser, opened as a file: by mouse, by keyboard, without a script."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from explorer_support import cell_output, jupyterlab, until
from playwright.sync_api import Browser, Page
from sphinx.testing.util import SphinxTestApp

sys.path.insert(0, str(Path(__file__).parents[1]))
from multivector.book.build import assets  # noqa: E402

pytestmark = pytest.mark.browser

SOURCE = """# Questions

```{objectives}
1. Choose.
2. Compute.
```

```{self-check} sc-choice
:objective: 1
:fixed:
Which?
- [ ] wrong :: no: it is *not*
- [x] right :: Right: yes: it is
```

```{self-check} sc-many
:objective: 1
:multiple:
:fixed:
Which ones?
- [x] one :: yes, one
- [x] two :: yes, two
- [ ] three :: not three
```

```{self-check} sc-number
:objective: 2
What share?
= 0.27 +- 0.005 :: that is it
! 27 +- 0.5 :: a percentage, not a share
! :: divide
```

```{self-check} sc-order
:objective: 2
:order:
In time.
1. first
2. second
3. third
! :: look at the dates
```
"""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("book") / "src"
    folder.mkdir()
    (folder / "conf.py").write_text(
        "extensions = ['myst_parser', 'multivector.book.build.assets',"
        " 'multivector.book.learning.selfcheck']\n"
        "html_theme = 'sphinx_book_theme'\nroot_doc = 'index'\nlanguage = 'en'\n"
        "html_context = {'default_mode': 'light'}\n"
    )
    (folder / "index.md").write_text(SOURCE)
    app = SphinxTestApp(srcdir=folder)
    try:
        app.build()
        assert app.warning.getvalue() == ""
        return (Path(app.outdir) / "index.html").as_uri()
    finally:
        app.cleanup()


@pytest.fixture
def page(chromium: Browser, address: str) -> Iterator[Page]:
    context = chromium.new_context()
    errors: list[str] = []
    tab = context.new_page()
    tab.on("pageerror", lambda error: errors.append(str(error)))
    tab.goto(address)
    yield tab
    context.close()
    assert errors == []


def result(page: Page, name: str) -> str:
    return page.locator(f"#{name} .mv-check-result").inner_text()


def check(page: Page, name: str) -> str:
    page.locator(f"#{name} button[type=submit]").click()
    return result(page, name)


def test_every_choice_has_its_own_answer(page: Page) -> None:
    assert check(page, "sc-choice") == "Choose an answer first."
    page.get_by_label("wrong", exact=True).check()
    assert check(page, "sc-choice") == "✗ Not yet. no: it is not"
    page.get_by_label("right", exact=True).check()
    assert result(page, "sc-choice") == ""  # a new choice takes the old verdict away
    assert check(page, "sc-choice") == "✓ Right. Yes: it is"


def test_a_missing_choice_is_said_and_not_named(page: Page) -> None:
    page.get_by_label("one", exact=True).check()
    said = check(page, "sc-many")
    assert "✗ Not yet. Something is still missing." in said
    assert "yes, one" in said and "two" not in said
    page.get_by_label("two", exact=True).check()
    assert "✓ Right." in check(page, "sc-many")
    page.get_by_label("three", exact=True).check()
    assert "✗ three: not three" in check(page, "sc-many")


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "Type a number first."),
        ("much", "That is not a number."),
        ("0.27", "✓ Right. that is it"),
        ("0,274", "✓ Right. that is it"),
        (" .265 ", "✓ Right. that is it"),
        ("27 %", "✓ Right. that is it"),
        ("27", "✗ Not yet. a percentage, not a share"),
        ("0.26", "✗ Not yet. divide"),
        ("-0.27", "✗ Not yet. divide"),
        ("1,270", "✗ Not yet. divide"),
        ("27 per cent", "✓ Right. that is it"),
        ("27percent", "✓ Right. that is it"),
        ("27/100", "✓ Right. that is it"),
        (" 3 ⁄ 11 ", "✓ Right. that is it"),
        ("81/3", "✗ Not yet. a percentage, not a share"),
        ("¼", "✗ Not yet. divide"),
        ("27/0", "That is not a number."),
        ("1 1/4", "That is not a number."),
        ("1¼", "That is not a number."),
    ],
)
def test_a_number_is_read_as_people_write_it(page: Page, typed: str, said: str) -> None:
    page.locator("#sc-number input").fill(typed)
    page.locator("#sc-number input").press("Enter")
    assert result(page, "sc-number") == said


def test_an_ordering_is_solved_by_keyboard_alone(page: Page) -> None:
    rows = page.locator("#sc-order li[data-item]")

    def order() -> list[str]:
        return rows.locator("> span:not(.mv-check-move)").all_inner_texts()

    assert order() != ["first", "second", "third"]
    assert "look at the dates" in check(page, "sc-order")
    for place, word in enumerate(["first", "second", "third"]):
        while order()[place] != word:
            button = rows.filter(has_text=word).locator("[data-move='-1']")
            button.focus()
            page.keyboard.press("Enter")
            # The focus travels with the item, and its new place is said.
            focused = page.evaluate("document.activeElement.getAttribute('aria-label')")
            assert focused.endswith(f": {word}")
            assert "Now place" in result(page, "sc-order")
    assert "✓ Right. Every place is right." in check(page, "sc-order")
    page.locator("#sc-order button[type=reset]").click()
    assert order() != ["first", "second", "third"]


def test_results_stay_in_the_browser_and_tick_the_objective(page: Page) -> None:
    assert page.locator(".mv-goal-done:visible").count() == 0
    page.get_by_label("right", exact=True).check()
    check(page, "sc-choice")
    for label in ("one", "two"):
        page.get_by_label(label, exact=True).check()
    check(page, "sc-many")
    kept = json.loads(page.evaluate("localStorage.getItem('mv-selfcheck')"))
    assert kept == {"sc-choice": "right", "sc-many": "right"}
    page.reload()
    assert page.locator("#obj-1 .mv-goal-done").is_visible()
    assert not page.locator("#obj-2 .mv-goal-done").is_visible()
    assert page.locator("#sc-choice .mv-check-mark").inner_text() == "✓ answered"
    assert page.context.cookies() == []


@pytest.mark.parametrize("text", ["not JSON", "5", '"x"', "[]", "null"])
def test_nonsense_in_storage_is_read_as_nothing(page: Page, text: str) -> None:
    page.evaluate("text => localStorage.setItem('mv-selfcheck', text)", text)
    page.reload()
    page.get_by_label("right", exact=True).check()
    assert "✓ Right." in check(page, "sc-choice")
    assert json.loads(page.evaluate("localStorage.getItem('mv-selfcheck')")) == {
        "sc-choice": "right"}  # fmt: skip


def test_what_another_page_erases_is_no_longer_answered(page: Page) -> None:
    for back in (False, True):
        page.get_by_label("right", exact=True).check()
        check(page, "sc-choice")
        mark = page.locator("#sc-choice .mv-check-mark")
        assert mark.inner_text() == "✓ answered"
        erase = "localStorage.removeItem('mv-selfcheck')"
        if back:  # out of the browser's memory
            page.evaluate(f"{erase}; dispatchEvent(new Event('pageshow'))")
        else:
            other = page.context.new_page()
            other.goto(page.url)
            other.evaluate(erase)
        until(page, "!document.querySelector('#sc-choice .mv-check-mark').textContent")


def test_a_screen_reader_is_told(page: Page) -> None:
    box = page.locator("#sc-choice .mv-check-result")
    assert box.get_attribute("role") == "status"
    assert page.get_by_role("group", name="Which?").count() == 1
    assert page.get_by_role("radio").count() == 2
    assert page.locator(".mv-check").get_by_role("checkbox").count() == 3


def test_without_a_script_there_is_a_question_and_an_answer(
    chromium: Browser, address: str
) -> None:
    context = chromium.new_context(java_script_enabled=False)
    tab = context.new_page()
    tab.goto(address)
    assert tab.locator(".mv-check-actions").first.is_hidden()
    form = tab.locator("#sc-choice")
    assert form.get_by_text("Yes: it is").is_hidden()
    form.locator("summary").click()
    assert form.get_by_text("Yes: it is").is_visible()
    # Enter in a field must not send the reader away.
    tab.locator("#sc-number input").press("Enter")
    assert tab.url == address
    context.close()


def test_print_shows_every_answer(page: Page) -> None:
    page.emulate_media(media="print")
    assert page.locator("#sc-choice").get_by_text("Yes: it is").is_visible()
    assert page.locator(".mv-check-actions").first.is_hidden()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing(page: Page, theme: str) -> None:
    axe = assets.ROOT / "node_modules/axe-core/axe.min.js"
    assert axe.is_file(), "axe-core is not installed: python -m multivector.book.build.assets --dev"
    page.evaluate("theme => document.documentElement.dataset.theme = theme", theme)
    page.get_by_label("wrong", exact=True).check()
    check(page, "sc-choice")
    page.get_by_label("one", exact=True).check()
    page.get_by_label("two", exact=True).check()
    check(page, "sc-many")
    check(page, "sc-order")
    page.locator("details").evaluate_all("all => all.forEach(one => one.open = true)")
    page.add_script_tag(path=str(axe))
    found = page.evaluate(
        "() => axe.run('article').then(r => r.violations.map("
        "v => v.id + ': ' + v.nodes.map(n => n.html.slice(0, 90)).join(' | ')))"
    )
    assert found == []


def test_nothing_is_wider_than_a_small_phone(page: Page) -> None:
    page.set_viewport_size({"width": 320, "height": 640})
    check(page, "sc-order")
    wide = page.locator(".mv-check").evaluate_all(
        "all => all.filter(one => one.scrollWidth > one.clientWidth + 1).map(one => one.id)"
    )
    assert wide == []
    small = page.locator(".mv-check :is(label, button, summary)").evaluate_all(
        "all => all.filter(e => e.offsetParent && e.offsetHeight < 24).map(e => e.outerHTML)"
    )
    assert small == []


def test_every_self_check_of_the_book_answers(chromium: Browser, book: Path) -> None:
    """In the built book, where the style sheet has been purged of what no page seems to use."""
    tab = chromium.new_page()
    asked = 0
    for path in sorted((book / "chapters").rglob("*.html")):
        if 'class="mv-check"' not in path.read_text(encoding="utf-8"):
            continue
        tab.goto(path.as_uri())
        for form in tab.locator(".mv-check").all():
            form.get_by_role("button", name="Check", exact=True).click(timeout=3000)
            box = form.locator(".mv-check-result[data-verdict]")
            assert box.inner_text(), (path.name, form.get_attribute("id"))
            assert box.evaluate("e => getComputedStyle(e).borderLeftWidth") == "3px"
            asked += 1
    tab.close()
    assert asked


ASK = """
from multivector import selfcheck
selfcheck.ask("sc-lab", ":order:\\nIn time.\\n1. one\\n2. two\\n3. three :: [why](#)")
"""


@pytest.mark.slow
def test_keys_on_a_self_check_do_not_drive_the_notebook(
    chromium: Browser, tmp_path_factory: pytest.TempPathFactory
) -> None:
    cells = """() => { const nb = window.jupyterapp.shell.currentWidget.content;
                       return [nb.activeCellIndex, nb.widgets.length]; }"""
    with (
        jupyterlab(tmp_path_factory.mktemp("lab")) as lab,
        cell_output(chromium, lab, ASK, ".mv-check[data-alive]") as tab,
    ):
        before = tab.evaluate(cells)
        form = tab.locator(".mv-check")
        form.locator("details").evaluate("one => { one.open = true; }")
        controls = form.locator("button, summary, a").all()
        assert len(controls) == 3 * 2 + 2 + 1 + 1
        for control in controls:
            control.focus()
            for key in ("ArrowDown", "b", "d", "d"):
                tab.keyboard.press(key)
            tab.wait_for_timeout(100)
            assert tab.evaluate(cells) == before, control.evaluate("one => one.outerHTML")
        form.get_by_role("button", name="Check", exact=True).press("Enter")
        assert "Not yet" in form.locator(".mv-check-result").inner_text()
