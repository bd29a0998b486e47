"""No bare number passes, and nothing that is allowed is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from multivector.book.statements.numbers import bare_numbers

HEAD = "---\njupytext:\n  format_version: 0.13\n---\n\n# Title\n\n"


def found(body: str) -> list[str]:
    return [bare.text for bare in bare_numbers(HEAD + body, "page.md")]


@pytest.mark.parametrize(
    "body",
    [
        "Trade reached 48.8 billion.",
        "It rose by 12 per cent.",
        "- over 70 agreements",
        "| a | 17.2 |",
        "A price of $5 and another word.",
        ":::{note}\nAbout 30 deals.\n:::",
        "```{self-check} sc-x\n- [x] It is 15 :: yes\n```",
        "He named 3,000 people.",
        "It costs 1850 million dollars.",
        "The pipe carries 2000 tonnes a day.",
        "The loan of $1900 and the fee.",
        "About 1600 students came.",
        "A road of 2000 km.",
        "It fell by 1500 per cent.",
        "Shares of 2025% are wrong.",
    ],
)
def test_a_typed_figure_is_refused(body):
    assert found(body)


@pytest.mark.parametrize(
    "body",
    [
        "In 2025 tonnage fell; the 2014 annexation, 1992-2019, the 1990s, by 2060.",
        "Between 2000 and 2025; 1991 to today; the year 2024.",
        "On 6 November 2025 and from 30 August to 3 September 2025, in the 1990s.",
        "{fact}`eu-trade-2024` and {glue:text}`h27:.3f`.",
        "The C5+1 met; the vote on ES-11/1; fifteen 787-9 aircraft.",
        "1. first objective\n2. second objective",
        "The 21st century, in section 3 and chapter 12.",
        "Then $H = 0.5^2$ and `x = 12`.",
        "$$\n0.5 + 0.5\n$$",
        "```{code-cell} ipython3\nx = 48.8\n```",
        "```{math}\n0.25\n```",
        ":::{admonition} Worked example\n:class: example\n\nHalf is 0.5.\n:::",
        "[a link](https://example.org/2024/12/page-17)",
        "```{self-check} sc-x\n:objective: 1, 2\nHow many?\n= 0.25 +- 0.001 :: Right.\n```",
        "2020-2025 and 2014/15.",
    ],
)
def test_what_is_allowed_passes(body):
    assert found(body) == []


def test_file_and_line_are_named():
    bare = bare_numbers(HEAD + "Good.\nIt was 42.5.\n", "page.md")[0]
    assert (bare.line, bare.text) == (HEAD.count("\n") + 2, "42.5")
    assert str(bare).startswith("page.md:9: bare number")


def test_after_an_example_prose_is_prose_again():
    body = ":::{admonition} Worked example\n:class: example\n0.5\n:::\n\nIt is 0.5 again."
    assert found(body) == ["0.5"]


def test_words_given_to_a_figure_hold_no_digits():
    cell = '```{code-cell} ipython3\nfig = f(caption="Trade of 48.8 bn in 2024")\n```'
    assert found(cell) == ["48.8"]
    fine = '```{code-cell} ipython3\nfig = f(caption=f"Trade of {x:.1f} bn in 2024")\n```'
    assert found(fine) == []


def test_every_chapter_is_clean():
    pages = sorted(Path("chapters").rglob("*.md"))
    assert pages
    assert [str(b) for p in pages for b in bare_numbers(p.read_text("utf-8"), str(p))] == []
