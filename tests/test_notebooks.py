"""Chapters as notebooks: nothing raw in the prose, nothing left to chance, every cell runs."""

from __future__ import annotations

import ast
import copy
import json
import re
from pathlib import Path

import nbformat
import pytest
from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn
from sampling import EXTENT, turn

from multivector import facts, searches
from multivector.book.notebooks import notebooks, plain
from multivector.book.notebooks.plain import Directive, Prose

BIB = """@book{one1999, author={One, Ann}, title={A {B}ook}, publisher={Press}, year={1999}}
@article{many2001, author={A, X. and B, Y. and C, Z.}, title={``Many''}, year=2001, doi={10.1/x}}
@unpublished{none, editor={Two, Bea and Three, Cy}, title={No year}}
"""


def make(text: str, *, glue: dict | None = None, figures: dict | None = None) -> notebooks.Book:
    """Return a book of the chapter ``text`` and a second one to refer to."""
    page = notebooks.chapter("chapters/theory/here", text)
    other = notebooks.chapter(
        "chapters/case-2025/there",
        "# There\n\n(lab)=\n## A part\n\n```{code-cell}\n1\n```\n```{glossary}\nt\n: x\n```",
    )
    book = notebooks.Book({page.docname: page, other.docname: other}, plain.bibliography(BIB))
    book.outcomes[page.docname] = notebooks.Outcome(glue or {}, figures or {})
    return book


def markdown(text: str, **ran: dict) -> str:
    """Return the Markdown of the notebook that a chapter becomes."""
    book = make(text, **ran)
    page = next(iter(book.chapters.values()))
    cells = notebooks.Writer(book, page).cells()
    return "\n".join(cell["source"] for cell in cells if cell["cell_type"] == "markdown")


CLAIMS = """# There

```{code-cell} ipython3
year = 2024
```

```{code-cell} ipython3
:tags: [remove-cell, claims]

assert year == 2024, "the page says so"
```

```{code-cell} ipython3
fig
```
"""


def test_claims_stay_out_of_the_notebook_and_move_no_figure() -> None:
    meta = {"sources": ["bns-trade"], "caption": "C", "takeaway": "T."}
    book = make(CLAIMS, figures={2: [meta]})
    cells = notebooks.Writer(book, next(iter(book.chapters.values()))).cells()
    sources = [cell["source"] for cell in cells]
    assert not any("assert" in source for source in sources)
    assert sources.index("fig") + 1 == next(
        i for i, source in enumerate(sources) if source.startswith("**Figure 1.** C")
    )


def test_a_page_that_was_not_run_again_keeps_its_figures(tmp_path: Path) -> None:
    """Of such a page the build leaves the cells without their outputs; the cache has them."""
    page = notebooks.chapter("chapters/theory/here", "# Here\n\n```{code-cell}\nfig\n```\n")
    meta = {"name": "fig-a", "sources": ["bns-trade"], "caption": "C", "takeaway": "T."}
    bare = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell("fig")],
        metadata={"kernelspec": {"name": "python3", "display_name": "P", "language": "python"}},
    )
    ran = copy.deepcopy(bare)
    ran.cells[0].execution_count = 1
    ran.cells[0].outputs = [
        nbformat.v4.new_output(
            "display_data", {notebooks.PLOTLY: {"data": [], "layout": {"meta": {"book": meta}}}}
        )
    ]
    executed = tmp_path / "executed"
    left = executed / f"{page.docname}.ipynb"
    left.parent.mkdir(parents=True)
    nbformat.write(bare, left)
    cache = get_cache(tmp_path / "cache")
    assert notebooks.built(page, executed, tmp_path / "cache").figures == {}
    cache.cache_notebook_bundle(CacheBundleIn(ran, "here.md"), check_validity=False)
    assert notebooks.built(page, executed, tmp_path / "cache").figures == {0: [meta]}


def test_cells_of_claims_hold_asserts_alone() -> None:
    """Nothing else of a chapter may hang on a cell that its notebook does not have."""
    seen = 0
    for page in notebooks.read().with_code():
        for block in page.blocks:
            if isinstance(block, Directive) and "claims" in block.options.get("tags", ""):
                seen += 1
                tree = ast.parse("\n".join(block.content))
                assert tree.body, f"{page.docname}: a cell of claims without a claim"
                assert all(isinstance(node, ast.Assert) and node.msg for node in tree.body), (
                    f"{page.docname}: more than asserts with their words in a cell of claims"
                )
                assert "remove-cell" in block.options["tags"], page.docname
    assert seen, "no chapter holds its words to the data"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("by {cite:t}`one1999`", "by One (1999)"),
        ("so {cite:p}`one1999,many2001`", "so (One 1999; A *et al.* 2001)"),
        ("see {cite:t}`none`", "see Two and Three (n.d.)"),
        ("is {glue:text}`x:.1f` or {glue}`name`", "is 2.3 or Italy"),
        ("costs {glue:text}`money`", "costs \\$5"),
        ("in {doc}`../case-2025/there`", "in [There](../case-2025/there.ipynb)"),
        ("in [that](../case-2025/there.md#x)", "in [that](../case-2025/there.ipynb)"),
        ("an {term}`vector <vectors>`", "an vector"),
        ("{ref}`lab`", "A part of [There](../case-2025/there.ipynb)"),
        ("{ref}`this part <lab>`", "this part of [There]"),
        ("{numref}`fig-b` and {numref}`Chart %s <fig-a>`", "Figure 2 and Chart 1"),
        ("[слово]{lang=ru}", '<span lang="ru">слово</span>'),
        ("`{fact}` is a role", "`{fact}` is a role"),
        ("a note[^1]\n\n[^1]: Its text", "a note<sup>1</sup>\n\n<sup>1</sup> Its text"),
        ("Term\n: Meaning", "**Term**: Meaning"),
        ("H{sub}`2`O costs $x$", "H<sub>2</sub>O costs $x$"),
        ("[out](https://a.b/c)", "[out](https://a.b/c)"),
        ("```python\n{fact}`x`\n```", "```python\n{fact}`x`\n```"),
    ],
)
def test_a_role_becomes_words(text: str, words: str) -> None:
    figures = {0: [_figure("fig-a")], 3: [_figure("fig-b")]}
    found = markdown(f"# T\n\n{text}\n", glue={"x": "2.34", "name": "'Italy'", "money": "'$5'"},
                     figures=figures)  # fmt: skip
    assert words in found


def _figure(name: str) -> dict:
    return {"name": name, "caption": "C $1", "takeaway": "T", "sources": ["bns-trade"]}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (":::{note}\nSee {cite:t}`one1999`.\n:::", "> **Note**\n>\n> See One (1999)."),
        ("::::{admonition} Head\n:class: x\n:::{tip}\nin\n:::\n::::", "> **Head**\n>\n> > **Tip**"),
        ("```{dropdown} More\ntext\n```", "<summary>More</summary>\n\ntext\n\n</details>"),
        ("```{math}\n:label: e\na=b\n```\nSee {eq}`e`.", "a=b \\tag{1}\n$$\nSee (1)."),
        ("```{exercise}\n:label: ex\nDo.\n```\nIn {ref}`ex`", "**Exercise 1**\n\nDo."),
        ("```{prf:definition} Vector\n:label: d\nA.\n```", "> **Definition 1 (Vector).** A."),
        ("```{objectives}\n1. Do.\n```", "**After this chapter you can**\n\n1. Do."),
        ("```{list-table} T\n* - a\n  - b\n* - c\n  - d\n```", "| a | b |\n| --- | --- |\n| c |"),
        ("```{figure} x.png\n:alt: A map\nOf it\n```", "> *Picture in the book:* A map"),
        ("(there)=\n## Head\n\n{ref}`there`", "Head"),
        ("% a comment\n+++\nText", "Text"),
    ],
)
def test_a_directive_becomes_markdown(text: str, words: str) -> None:
    found = markdown(f"# T\n\n{text}\n")
    assert words in found
    assert ":::" not in found and "% a" not in found and ")=" not in found


def test_a_fact_names_speaker_and_source_and_is_quoted_at_the_end() -> None:
    fact = facts.get("eu-trade-2024")
    found = markdown("# T\n\nTrade is {fact}`eu-trade-2024`.\n")
    shown = plain.escape(facts.prose(fact))
    assert f"Trade is {shown} ({fact.speaker}, source {fact.source_id})." in found
    assert fact.quote in found.partition("## Who said it")[2]


def test_a_negative_is_dated_and_its_search_told_at_the_end() -> None:
    search = searches.get("accords-signature")
    found = markdown("# T\n\nNo signature {search}`was found <accords-signature>`.\n")
    assert f"No signature was found (search of {search.day})." in found
    notes = found.partition("## What was looked for")[2]
    assert search.question in notes and search.words in notes and search.places in notes


@pytest.mark.parametrize(
    "text",
    ["{glue}`none`", "{cite:t}`none9`", "{ref}`none`", "{doc}`none`", "{unknown}`x`",
     "```{unknown}\nx\n```", "```{note}\nnever closed", "{fact}`none-such`",
     "{search}`none-such`"],
)  # fmt: skip
def test_what_cannot_be_said_stops_the_build(text: str) -> None:
    with pytest.raises(ValueError):
        markdown(f"# T\n\n{text}\n")


@pytest.mark.parametrize(
    ("entry", "who", "title"),
    [
        ("author={H{\\\"a}ge, Frank M.}, title={Choice \\& Chance}", "Häge", "Choice & Chance"),
        ("author={{\\v S}uplata, J.}, title={In 1950--1985}", "Šuplata", "In 1950–1985"),
        ("author={de Wilde, P. and Lee, A.}, title={``{Effective}'' {UN}}", "de Wilde and Lee",
         "“Effective” UN"),
        ("editor={Ann Lee}, title={A {B} c}", "Lee", "A B c"),
    ],
)  # fmt: skip
def test_a_bibliography_is_read_as_it_is_printed(entry: str, who: str, title: str) -> None:
    work = plain.bibliography(f"@book{{a, {entry}, year={{2001}}}}")["a"]
    assert (work.who, work.title, work.year) == (who, title, "2001")


def test_a_bibliography_with_a_fault_is_named() -> None:
    with pytest.raises(plain.PlainError, match="bibliography"):
        plain.bibliography("@book{a, title={never closed")


def test_fences_nest_and_options_are_read() -> None:
    text = "a\n::::{x} arg\n:k: v\n\n:::{y}\nin\n:::\n::::\n```py\n:::{z}\n```\nb".splitlines()
    first, outer, last = plain.split(text)
    assert isinstance(first, Prose) and first.lines == ["a"]
    assert isinstance(outer, Directive)
    assert (outer.argument, outer.options, outer.line) == ("arg", {"k": "v"}, 2)
    assert isinstance(last, Prose) and last.lines == ["```py", ":::{z}", "```", "b"]


def test_a_self_check_is_asked_alive_with_the_same_answers() -> None:
    text = "# T\n\n```{self-check} sc-a\nHow much is {glue}`x`?\n= {glue}`x` +- 0.1 :: It is\n```\n"
    book = make(text, glue={"x": "2.5"})
    page = next(iter(book.chapters.values()))
    code = [c["source"] for c in notebooks.Writer(book, page).cells() if c["cell_type"] == "code"]
    assert len(code) == 1
    widget = eval(code[0].partition("\n\n")[2], {"selfcheck": notebooks.selfcheck})
    assert 'data-value="2.5"' in widget.html
    assert "How much is 2.5?" in markdown(text, glue={"x": "2.5"})


def test_ids_are_unique_and_bytes_repeat() -> None:
    text = "# T\n\n" + "```{code-cell}\nprint(1)\n```\n" * 3
    first, second = make(text), make(text)
    page = next(iter(first.chapters.values()))
    assert notebooks.notebook(first, page) == notebooks.notebook(second, page)
    ids = [cell["id"] for cell in json.loads(notebooks.notebook(first, page))["cells"]]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", cell_id) for cell_id in ids)


def test_what_is_raw_is_found() -> None:
    def one(source: str) -> list[str]:
        cell = {"cell_type": "markdown", "metadata": {}, "source": [source]}
        return list(notebooks.raw(json.dumps({"cells": [cell]})))

    assert one("a {fact}`b` c") and one(":::{note}") and one("```{math}") and one("(x)=")
    assert not one("plain `code` and $x_{i}$ and **bold**")


# --- the chapters themselves --------------------------------------------------------------------


@pytest.fixture(scope="module")
def book() -> notebooks.Book:
    """The real book, every chapter run once in a kernel of its own."""
    found = notebooks.read()
    found.outcomes = {page.docname: notebooks.run(page) for page in found.with_code()}
    return found


PAGE_NUMBER = re.compile(
    r'class="caption-number">(Fig\.|Table|Exercise|Definition) (\d+)|'
    r"<span class=\"caption-number\">(Exercise|Definition) (\d+)"
)
OWN_NUMBER = re.compile(r"\*\*(Figure|Table|Exercise|Definition) (\d+)")


@pytest.mark.slow
def test_a_notebook_counts_as_its_page_does(book: notebooks.Book) -> None:
    """Figure 26 of the page is Figure 26 of the notebook, so are exercises and tables."""
    built = notebooks.ROOT / "_build" / "html"
    seen = 0
    for page in book.with_code():
        html = (built / f"{page.docname}.html").read_text(encoding="utf-8")
        found = [[g for g in match.groups() if g] for match in PAGE_NUMBER.finditer(html)]
        shown = {(kind.replace("Fig.", "Figure"), number) for kind, number in found}
        cells = notebooks.Writer(book, page).cells()
        text = "\n".join(cell["source"] for cell in cells if cell["cell_type"] == "markdown")
        assert set(OWN_NUMBER.findall(text)) == shown, page.docname
        seen += len(shown)
    assert seen >= 50, "figures, tables, exercises and definitions of the chapters"


@pytest.mark.slow
def test_no_notebook_shows_raw_myst(book: notebooks.Book, tmp_path: Path) -> None:
    paths = notebooks.write(book, tmp_path)
    assert paths
    for path in paths:
        text = path.read_text(encoding="utf-8")
        assert list(notebooks.raw(text)) == [], path.name
        for cell in json.loads(text)["cells"]:
            assert not cell.get("outputs"), path.name


@pytest.mark.slow
@pytest.mark.parametrize("extent", EXTENT)
def test_every_notebook_runs_from_top_to_bottom_anywhere(
    book: notebooks.Book, tmp_path: Path, extent: str
) -> None:
    import nbformat
    from nbclient import NotebookClient

    made = notebooks.write(book, tmp_path / "made")
    for path in made if extent == "all" else turn(made, 5):
        notebook = nbformat.read(path, as_version=4)
        nbformat.validate(notebook)
        work = tmp_path / "elsewhere"
        work.mkdir(exist_ok=True)
        # The limit is a cell's: one that takes longer is too slow to teach with.
        NotebookClient(notebook, timeout=60, resources={"metadata": {"path": str(work)}}).execute()
