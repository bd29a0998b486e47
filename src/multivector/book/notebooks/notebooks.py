"""Every chapter with code as a notebook: roles resolved, no outputs, the same bytes every time.

``python -m multivector.book.notebooks.notebooks OUT`` runs the chapters once, for the values that
prose quotes, and writes OUT/theory/measuring-vectors.ipynb and so on. It needs no Sphinx: Binder
builds its notebooks with it. The book's own build takes the values from the pages it has just run
and puts the same notebooks under ``_downloads/notebooks``.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from multivector import facts, searches, selfcheck
from multivector.book.build import repository
from multivector.book.notebooks import plain
from multivector.book.notebooks.plain import Directive, PlainError, Prose

ROOT = Path(__file__).resolve().parents[4]
GLUE = "application/papermill.record/"
PLOTLY = "application/vnd.plotly.v1+json"
DOWNLOADS = "_downloads/notebooks"

BOXES = {
    "admonition", "attention", "caution", "danger", "error", "hint", "important", "note",
    "seealso", "tip", "warning", "margin", "sidebar", "topic", "epigraph", "pull-quote",
}  # fmt: skip
FOLDED = {"dropdown", "toggle", "solution"}
#: Directives that only arrange what stands in them
PLAIN = {
    "grid", "grid-item", "grid-item-card", "card", "card-carousel", "tab-set", "tab-item",
    "container", "div", "rst-class", "table", "compound", "figure-md",
}  # fmt: skip
#: What has a place on the page and none in a notebook
ON_PAGE = {"codebook", "status", "coverage", "bibliography", "downloads"}
DROPPED = {"index", "contents", "tableofcontents", "toctree", "raw", "only", "exercise-end",
           "solution-end"}  # fmt: skip
_HEADING = re.compile(r"^(#{1,6})\s+(.*)$")


# --- the chapters -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Outcome:
    """What running a chapter gave: glued values as ``text/plain``, figures by their code cell."""

    glue: dict[str, str] = field(default_factory=dict)
    figures: dict[int, list[dict[str, Any]]] = field(default_factory=dict)


@dataclass
class Chapter:
    """One page of the book: its name in the table of contents, its blocks, what it can be cited by.

    ``labels`` maps a label to the words that a reference to it shows.
    """

    docname: str
    title: str
    blocks: list[plain.Block]
    labels: dict[str, str] = field(default_factory=dict)

    @property
    def cells(self) -> list[str]:
        """Return the source of every code cell."""
        return ["\n".join(b.content) for b in self.blocks if _is_cell(b)]

    @property
    def file(self) -> str:
        """Return the notebook's path below the folder of notebooks."""
        return self.docname.removeprefix("chapters/") + ".ipynb"


@dataclass
class Book:
    """All chapters by name, the works they may cite and what running them gave."""

    chapters: dict[str, Chapter]
    works: dict[str, plain.Work]
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    repository: repository.Repository | None = None

    def figures_before(self, docname: str) -> int:
        """Return how many figures the chapters before this one show: the book counts through."""
        before = 0
        for name in self.chapters:
            if name == docname:
                break
            before += sum(map(len, self.outcomes.get(name, Outcome()).figures.values()))
        return before

    def with_code(self) -> list[Chapter]:
        """Return the chapters that become notebooks, in reading order."""
        return [chapter for chapter in self.chapters.values() if chapter.cells]


def _is_cell(block: plain.Block) -> bool:
    return isinstance(block, Directive) and block.name == "code-cell"


def read(root: Path = ROOT) -> Book:
    """Return the book in ``root``; raises ``PlainError`` naming file and line of a bad fence."""
    toc = (root / "_toc.yml").read_text(encoding="utf-8")
    names = re.findall(r"^\s*-?\s*(?:root|file):\s*(\S+)\s*(?:#.*)?$", toc, re.M)
    chapters: dict[str, Chapter] = {}
    count: dict[str, int] = {}
    for name in (name.removesuffix(".md") for name in names):
        path = root / f"{name}.md"
        if path.is_file():
            chapters[name] = chapter(name, path.read_text(encoding="utf-8"), count)
    references = root / "chapters/reference/references.bib"
    works = plain.bibliography(references.read_text(encoding="utf-8"))
    return Book(chapters, works, repository=repository.find(root))


def chapter(docname: str, text: str, count: dict[str, int] | None = None) -> Chapter:
    """Return one page parsed, with the words for each of its labels.

    ``count``: how many exercises, tables and definitions the chapters before it have; it goes on
    from there, as the pages do.
    """
    lines, first = plain.body(text)
    try:
        blocks = plain.split(lines, first)
    except PlainError as error:
        raise PlainError(f"{docname}: {error}") from error
    title = next((m[2] for line in lines if (m := _HEADING.match(line))), docname)
    found = Chapter(docname, title, blocks)
    _label(found, blocks, {} if count is None else count)
    return found


def _label(page: Chapter, blocks: list[plain.Block], count: dict[str, int]) -> None:
    """Give a number to every exercise, table and proposition, a title to every label."""
    pending: list[str] = []
    for block in blocks:
        if isinstance(block, Prose):
            for line in block.lines:
                if label := plain.target(line):
                    pending.append(label)
                elif heading := _HEADING.match(line):
                    page.labels.update(dict.fromkeys(pending, heading[2]))
                    pending.clear()
            continue
        label = block.options.get("label") or block.options.get("name")
        if block.name == "self-check":
            label = block.argument
        kind, number = _numbered(block), 0
        if kind:
            count[kind] = number = count.get(kind, 0) + 1
            block.options["number"] = str(number)
        names = [*pending, label] if label else pending
        words = f"({number})" if kind == "Equation" else f"{kind} {number}"
        page.labels.update(dict.fromkeys(names, words if kind else block.argument))
        pending.clear()
        if block.name not in ("code-cell", "self-check", "math"):
            _label(page, plain.split(block.content), count)


def _numbered(block: Directive) -> str | None:
    """Return what the book calls a block that it numbers, ``None`` for any other."""
    name = block.name
    if name.startswith("prf:"):
        return name.removeprefix("prf:").capitalize()
    if name == "list-table":
        return "Table" if block.argument else None  # without a title it has no number
    return {"math": "Equation", "exercise": "Exercise", "exercise-start": "Exercise"}.get(name)


# --- what running gives -------------------------------------------------------------------------


def run(page: Chapter) -> Outcome:
    """Run a chapter's cells in a clean kernel, outside the book's folder; return what they gave.

    Raises ``nbclient.exceptions.CellExecutionError`` where a cell raises.
    """
    import nbformat
    from nbclient import NotebookClient

    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c) for c in page.cells])
    with tempfile.TemporaryDirectory() as folder:
        NotebookClient(
            notebook, timeout=120, kernel_name="python3", resources={"metadata": {"path": folder}}
        ).execute()
    return outcome([cell.outputs for cell in notebook.cells])


def outcome(outputs: list[list[Mapping[str, Any]]]) -> Outcome:
    """Return the glued values and figures among the outputs of a chapter's code cells."""
    found = Outcome()
    for index, cell in enumerate(outputs):
        for output in cell:
            data = output.get("data", {})
            name = output.get("metadata", {}).get("scrapbook", {}).get("name")
            if name:
                found.glue[name] = _joined(data.get(f"{GLUE}text/plain", data.get("text/plain")))
            meta = (data.get(PLOTLY, {}).get("layout", {}).get("meta") or {}).get("book")
            if meta:
                found.figures.setdefault(index, []).append(meta)
    return found


def built(page: Chapter, executed: Path, cache: Path | None = None) -> Outcome:
    """Return what the book's build found when it ran a page, from its folder of run notebooks.

    Of a page whose code was not run again, because only its prose changed, that folder holds the
    cells without what they gave; it is then taken from the execution ``cache``.
    Raises ``PlainError`` where the page has not been run.
    """
    path = executed / f"{page.docname}.ipynb"
    if not path.is_file():
        raise PlainError(f"{page.docname}: the page has not been run")
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    if cache and not any(cell.get("outputs") for cell in cells):
        cells = _cached(path, cache) or cells
    found = outcome([cell["outputs"] for cell in cells if cell["cell_type"] == "code"])
    glued = executed / f"{page.docname}.glue.json"
    if glued.is_file():
        values = json.loads(glued.read_text(encoding="utf-8"))
        found.glue.update({k: _joined(v["data"].get("text/plain")) for k, v in values.items()})
    return found


def _cached(path: Path, cache: Path) -> list[dict[str, Any]]:
    """Return the cells of a notebook as they were run when they were last run, none if unknown."""
    import nbformat
    from jupyter_cache import get_cache

    known = get_cache(cache)
    try:
        record = known.match_cache_notebook(nbformat.read(path, as_version=4))
    except KeyError:
        return []
    return known.get_cache_bundle(record.pk).nb.cells


def _joined(text: str | list[str] | None) -> str:
    return "".join(text or "")


# --- one notebook -------------------------------------------------------------------------------


class Writer:
    """Turns one chapter into cells; ``cells()`` is the whole of its use."""

    def __init__(self, book: Book, page: Chapter) -> None:
        self.book, self.page = book, page
        self.outcome = book.outcomes.get(page.docname, Outcome())
        self.out: list[dict[str, Any]] = []
        self.used: dict[str, None] = {}
        self.searched: dict[str, None] = {}
        self.cited: dict[str, None] = {}
        self.number = book.figures_before(page.docname)

    def cells(self) -> list[dict[str, Any]]:
        """Return the cells of the notebook; raises ``PlainError`` for what has no plain form."""
        code = 0
        for block in self.page.blocks:
            if isinstance(block, Prose):
                self.prose(block.lines)
            elif _is_cell(block):
                self.code(block)
                self.captions(code)
                code += 1
            elif block.name == "self-check":
                self.ask(block)
            else:
                self.markdown(self.directive(block))
                if block.name == "exercise":
                    self.cell("code", "# Your answer\n")
        self.notes()
        self.welcome()
        return self.out

    # cells

    def cell(self, kind: str, source: str, **metadata: Any) -> None:
        """Add a cell; its id comes from where it stands and what it says, not from chance."""
        seen = sum(cell["source"] == source for cell in self.out)
        text = f"{self.page.docname}\0{kind}\0{source}\0{seen}"
        cell = {"cell_type": kind, "id": hashlib.sha256(text.encode()).hexdigest()[:12],
                "metadata": metadata, "source": source}  # fmt: skip
        if kind == "code":
            cell |= {"execution_count": None, "outputs": []}
        self.out.append(cell)

    def markdown(self, text: str) -> None:
        """Add a Markdown cell, unless there is nothing to say."""
        if text.strip():
            self.cell("markdown", re.sub(r"\n{3,}", "\n\n", text.strip()))

    def code(self, block: Directive) -> None:
        """Add a code cell; what the page folds is folded here too.

        A cell of ``claims`` holds the page's words to the data of the day, and fails the build
        where they part. It stays out of the notebook: there the reader is meant to change things.
        """
        tags = re.findall(r"[\w-]+", block.options.get("tags", ""))
        if "claims" in tags:
            return
        metadata: dict[str, Any] = {"tags": tags} if tags else {}
        if {"hide-input", "hide-cell", "remove-input", "remove-cell"} & set(tags):
            metadata["jupyter"] = {"source_hidden": True}
        self.cell("code", "\n".join(block.content).strip("\n"), **metadata)

    def captions(self, index: int) -> None:
        """Say under a cell what the page says under its figures: the chart alone has no number."""
        for meta in self.outcome.figures.get(index, []):
            self.number += 1
            sources = "; ".join(facts.source(s)["title"] or s for s in meta["sources"])
            words = f"**Figure {self.number}.** {meta['caption']}\n\n{meta['takeaway']}\n\n"
            self.markdown(plain.escape(f"{words}*Source: {sources}.*"))

    def ask(self, block: Directive) -> None:
        """Add a self-check: the question in Markdown, the answers alive in a folded cell."""
        check = self.check(block)
        self.markdown(f"**Self-check.** {check.question}")
        text = written(check).replace("\\$", "$")
        if '"""' in text or text.endswith("\\"):
            raise self.error(block, "an answer that a Python string cannot hold")
        call = f'selfcheck.ask("{check.name}", r"""\n{text}\n""")'
        source = f"from multivector import selfcheck\n\n{call}"
        self.cell("code", source, jupyter={"source_hidden": True}, tags=["self-check"])

    def check(self, block: Directive) -> selfcheck.SelfCheck:
        """Return a self-check with its roles resolved and its computed numbers in place."""
        head = [f":{k}: {v}" for k, v in block.options.items() if k != "number"]
        lines = "\n".join([*head, *block.content])
        try:
            parsed = selfcheck.parse(block.argument, lines)
            check = selfcheck.resolved(parsed, lambda key: float(self.glued(key)))
        except ValueError as error:
            raise self.error(block, str(error)) from error

        def words(text: str) -> str:
            return self.inline(text)

        answers = tuple(
            selfcheck.Answer(words(a.text), words(a.feedback), a.right, a.tolerance)
            for a in check.answers
        )
        return selfcheck.SelfCheck(
            check.name, check.kind, words(check.question), answers, check.objectives,
            words(check.otherwise), check.unit, check.fixed,
        )  # fmt: skip

    def welcome(self) -> None:
        """Put behind the title what a reader of a live copy must know, and what it needs to run."""
        self.out, rest = [], self.out
        title, after = rest[:1], rest[1:]
        self.markdown(WELCOME)
        if self.book.repository:
            self.cell("code", SETUP.format(url=self.book.repository.url), tags=["setup"],
                      jupyter={"source_hidden": True})  # fmt: skip
        self.out = [*title, *self.out, *after]

    def notes(self) -> None:
        """Add the statements and works that the chapter named, at its end."""
        if self.used:
            lines = ["## Who said it", ""]
            for fact_id in self.used:
                fact = facts.get(fact_id)
                language = fact.quote_language or "en"
                quote = f' <q lang="{language}">{fact.quote}</q>' if fact.quote else ""
                kind = facts.KINDS[fact.kind]
                lines.append(f"- **{facts.prose(fact)}**: {kind}. {facts.cite(fact)}.{quote}")
            self.markdown(plain.escape("\n".join(lines)))
        if self.searched:
            lines = ["## What was looked for", ""]
            for search_id in self.searched:
                parts = searches.told(searches.get(search_id))
                lines.append("- " + " ".join(f"{label}: {_ended(text)}" for label, text in parts))
            self.markdown(plain.escape("\n".join(lines)))
        if self.cited:
            works = sorted((self.book.works[key] for key in self.cited),
                           key=lambda work: (work.names, work.year))  # fmt: skip
            self.markdown("\n".join(["## Works cited", "", *(f"- {w.entry()}" for w in works)]))

    # Markdown

    def prose(self, lines: list[str]) -> None:
        """Add prose as cells, a new one at each heading."""
        text = self.text(lines)
        part: list[str] = []
        fence = False
        for line in text.splitlines():
            fence ^= line.lstrip().startswith("```")
            if _HEADING.match(line) and not fence:
                self.markdown("\n".join(part))
                part = []
            part.append(line)
        self.markdown("\n".join(part))

    def text(self, lines: list[str]) -> str:
        """Return prose as plain Markdown."""
        out = []
        for literal, text in plain.outside_code(lines):
            out.append(text if literal else self.inline(_tidy(text)))
        return "\n".join(out)

    def nested(self, block: Directive) -> str:
        """Return the content of a directive as plain Markdown."""
        parts = []
        for inner in plain.split(block.content, block.line + 1):
            both = isinstance(inner, Prose)
            parts.append(self.text(inner.lines) if both else self.directive(inner))
        return "\n\n".join(part.strip() for part in parts if part.strip())

    def directive(self, block: Directive) -> str:
        """Return a directive as plain Markdown; raises ``PlainError`` for an unknown one."""
        name, title = block.name, self.inline(block.argument)
        if name in DROPPED:
            return ""
        if name in ON_PAGE:
            return "*This part stands on the page of the book.*"
        if name == "math":
            number = block.options.get("number") if "label" in block.options else None
            tag = f" \\tag{{{number}}}" if number else ""
            lines = "\n".join([block.argument, *block.content]).strip()
            return f"$$\n{lines}{tag}\n$$"
        if name == "objectives":
            return f"**After this chapter you can**\n\n{self.nested(block)}"
        if name == "self-check":
            return self.folded_check(block)
        if name in BOXES:
            default = "" if name in ("epigraph", "pull-quote") else name.capitalize()
            if name in ("admonition", "topic", "sidebar"):
                default = title
            body = self.nested(block)
            if title and default != title:
                body = f"{title}\n\n{body}"
            return _quoted(f"**{default}**\n\n{body}" if default else body)
        if name in FOLDED:
            label = title if name != "solution" else "Solution"
            return _folded(label or "More", self.nested(block))
        if name in ("exercise", "exercise-start"):
            rest = f": {title}" if title else ""
            return f"**Exercise {block.options['number']}{rest}**\n\n{self.nested(block)}"
        if name == "solution-start":
            return "**Solution**"
        if name.startswith("prf:"):
            head = f"{name.removeprefix('prf:').capitalize()} {block.options['number']}"
            rest = f" ({title})" if title else ""
            return _quoted(f"**{head}{rest}.** {self.nested(block)}")
        if name in ("figure", "image"):
            return self.picture(block)
        if name == "list-table":
            return self.list_table(block, title)
        if name == "glossary":
            return _definitions(self.nested(block))
        if name in ("code", "code-block", "sourcecode"):
            return "\n".join([f"```{block.argument}", *block.content, "```"])
        if name.startswith("glue"):
            return self.role("glue:text", block.argument)
        if name in PLAIN:
            head = f"**{title}**\n\n" if title and not title.split()[0].isdigit() else ""
            return head + self.nested(block)
        raise self.error(block, f"the directive {{{name}}} has no plain form")

    def picture(self, block: Directive) -> str:
        """Return a picture as its words: the file itself stays with the book."""
        words = [block.options.get("alt", ""), self.nested(block) if block.content else ""]
        return _quoted("*Picture in the book:* " + "\n\n".join(word for word in words if word))

    def list_table(self, block: Directive, title: str) -> str:
        """Return a list-table as a Markdown table, its first row the head."""
        rows: list[list[str]] = []
        for line in block.content:
            if found := re.match(r"^[*-] [*-] ?(.*)$", line):
                rows.append([found[1]])
            elif found := re.match(r"^ {2,}[*-] ?(.*)$", line):
                rows[-1].append(found[1])
            elif line.strip():
                rows[-1][-1] += " " + line.strip()
        rows = [[self.inline(cell.replace("|", "\\|")) for cell in row] for row in rows]
        lines = [f"| {' | '.join(row)} |" for row in rows]
        lines.insert(1, "|" + " --- |" * len(rows[0]))
        head = f"**Table {block.options['number']}. {title}**\n\n" if title else ""
        return head + "\n".join(lines)

    def folded_check(self, block: Directive) -> str:
        """Return a self-check that stands inside something else as question and folded answer."""
        check = self.check(block)
        right = [f"- {a.text}: {a.feedback}" for a in check.answers if a.right]
        rest = [f"- Not {a.text}: {a.feedback}" for a in check.answers if not a.right]
        choices = "\n".join(f"- {check.answers[i].text}" for i in selfcheck.shown(check))
        asked = "" if check.kind == "numeric" else f"\n\n{choices}"
        answer = _folded("Answer", "\n".join([*right, *rest]))
        return f"**Self-check.** {check.question}{asked}\n\n{answer}"

    # words

    def inline(self, text: str) -> str:
        """Return ``text`` with roles and links resolved."""
        return plain.inline(text, self.role, self.link)

    def role(self, name: str, content: str) -> str:
        """Return the Markdown of one role; raises ``PlainError`` for an unknown one."""
        words, target = plain.titled(content)
        if name in ("fact", "quote"):
            return self.fact(name, content)
        if name == "search":
            return self.search(content)
        if name == "margin":
            return plain.formatted(self.glued(content.strip()), "")
        if name in ("glue", "glue:text", "glue:any", "glue:md"):
            key, _, spec = content.replace("::", "\0").partition(":")
            return plain.escape(plain.formatted(self.glued(key.replace("\0", "::")), spec))
        if name.startswith("cite"):
            return self.citation(name.partition(":")[2], content)
        if name == "doc":
            return self.page_link(words, target)
        if name in ("numref", "ref", "eq", "prf:ref"):
            return self.reference(words, target)
        if name in ("sup", "sub", "kbd"):
            return f"<{name}>{content}</{name}>"
        if name in ("superscript", "subscript"):
            return f"<{name[:3]}>{content}</{name[:3]}>"
        if name in ("term", "abbr", "guilabel", "menuselection", "download", "any"):
            return words or re.sub(r"\s*\(.*\)$", "", content)
        if name == "math":
            return f"${content}$"
        if name in ("code", "python", "samp", "command", "file", "envvar", "literal"):
            return f"`{content}`"
        if name in ("emphasis", "strong"):
            return f"*{content}*" if name == "emphasis" else f"**{content}**"
        if name == "index":
            return ""
        raise PlainError(f"{self.page.docname}: the role {{{name}}}`{content}` has no plain form")

    def fact(self, name: str, fact_id: str) -> str:
        """Return a statement with who made it and where: no popover carries it here."""
        fact = facts.get(fact_id)
        self.used[fact_id] = None
        words = facts.prose(fact) if name == "fact" else f"“{fact.quote_en or fact.quote}”"
        return plain.escape(f"{words} ({fact.speaker}, source {fact.source_id})")

    def search(self, content: str) -> str:
        """Return a negative with the day it was looked for; the notes at the end say how."""
        shown, search_id = searches.split(content)
        self.searched[search_id] = None
        return plain.escape(f"{shown} (search of {searches.get(search_id).day})")

    def glued(self, key: str) -> str:
        """Return a computed value of this chapter, or of another as ``path::key``."""
        found = self.outcome
        if "::" in key:
            path, key = key.split("::", 1)
            found = self.book.outcomes.get(self.resolve(path), Outcome())
        if key not in found.glue:
            raise PlainError(f"{self.page.docname}: no computed value is called {key!r}")
        return found.glue[key]

    def citation(self, style: str, content: str) -> str:
        """Return authors and years: t "Hirschman (1945)", p "(Hirschman 1945)"."""
        works = []
        for key in re.split(r"\s*,\s*", content):
            if key not in self.book.works:
                raise PlainError(f"{self.page.docname}: no work is called {key!r}")
            self.cited[key] = None
            works.append(self.book.works[key])
        if style.startswith("t"):
            return ", ".join(f"{work.who} ({work.year})" for work in works)
        if style.startswith("author"):
            return ", ".join(work.who for work in works)
        if style.startswith("year"):
            return ", ".join(work.year for work in works)
        return "(" + "; ".join(f"{work.who} {work.year}" for work in works) + ")"

    def reference(self, words: str | None, label: str) -> str:
        """Return what a reference shows: a number in this chapter, with its chapter elsewhere."""
        pages = [self.page, *(p for p in self.book.chapters.values() if p is not self.page)]
        for page in pages:
            shown = self.figure_number(page, label) or page.labels.get(label)
            if not shown:
                continue
            shown = self.inline(shown)
            if words:
                number = re.sub(r"\D", "", shown)
                shown = words.replace("%s", number).replace("{number}", number)
            elsewhere = f" of {self.page_link(None, '/' + page.docname)}"
            return shown if page is self.page else shown + elsewhere
        raise PlainError(f"{self.page.docname}: nothing is labelled {label!r}")

    def figure_number(self, page: Chapter, label: str) -> str | None:
        """Return "Figure 2" for a figure's name, counted through the book."""
        figures = self.book.outcomes.get(page.docname, Outcome()).figures
        names = [meta["name"] for index in sorted(figures) for meta in figures[index]]
        if label not in names:
            return None
        return f"Figure {self.book.figures_before(page.docname) + names.index(label) + 1}"

    def resolve(self, path: str) -> str:
        """Return the page that a path in this chapter names."""
        path = path.removesuffix(".md")
        if path.startswith("/"):
            return path[1:]
        parts: list[str] = []
        for part in PurePosixPath(self.page.docname).parent.joinpath(path).parts:
            if part == "..":
                parts.pop()
            elif part != ".":
                parts.append(part)
        return "/".join(parts)

    def page_link(self, words: str | None, path: str) -> str:
        """Return a link to another chapter's notebook, or its title where it has none."""
        name = self.resolve(path)
        page = self.book.chapters.get(name)
        if page is None:
            raise PlainError(f"{self.page.docname}: no page is called {name!r}")
        shown = words or self.inline(page.title)
        if not page.cells:
            return shown if words else f"*{shown}*"
        depth = "../" * self.page.file.count("/")
        return f"[{shown}]({depth}{page.file})"

    def link(self, words: str, target: str) -> str:
        """Return a link within the book: to a page's notebook, or its words alone."""
        if target.startswith("#"):
            label = target[1:]
            return words or self.page.labels.get(label, label)
        path = target.partition("#")[0]
        if re.search(r"\.(?!md$)\w+$", path):
            return words  # a file of the book, which a notebook does not carry
        return self.page_link(words or None, path)

    def error(self, block: Directive, problem: str) -> PlainError:
        """Return an error that names page and line."""
        return PlainError(f"{self.page.docname}, line {block.line}: {problem}")


WELCOME = """\
> **A live copy of the chapter.**
> Run a cell with Shift+Enter, change it, run it again: nothing you do here changes the book.
>
> **Keep your work.**
> On Binder a session ends after some ten minutes without activity, and all that is in it is lost.
> Before you stop, choose *File > Download* in JupyterLab; in Colab, *File > Save a copy in Drive*.
> To go on later, start a new session and drag your file into its list of files."""

SETUP = """\
# Binder and the book's own environment have the package; elsewhere, such as Colab, fetch it once.
import importlib.util

if importlib.util.find_spec("multivector") is None:
    %pip install --quiet "multivector @ git+{url}\""""


def _tidy(text: str) -> str:
    """Drop what only MyST reads: targets, comments, cell breaks; footnotes become raised marks."""
    lines = [
        line
        for line in text.split("\n")
        if plain.target(line) is None and not line.startswith(("% ", "+++")) and line != "%"
    ]
    text = re.sub(r"^\[\^([\w-]+)\]:", r"<sup>\1</sup>", "\n".join(lines), flags=re.M)
    return _definitions(re.sub(r"\[\^([\w-]+)\]", r"<sup>\1</sup>", text))


def _definitions(text: str) -> str:
    """Write a definition list as Jupyter can: the term in bold, its meaning after it."""
    return re.sub(r"^(?![-*>#|\s])(.+)\n+:\s+(?!:)", r"**\1**: ", text, flags=re.M)


def _ended(text: str) -> str:
    """Return ``text`` with a full stop where it has no mark at its end."""
    return text if text[-1:] in ".!?…" else f"{text}."


def _quoted(text: str) -> str:
    return "\n".join(f"> {line}".rstrip() for line in text.strip().splitlines())


def _folded(title: str, text: str) -> str:
    return f"<details>\n<summary>{title}</summary>\n\n{text.strip()}\n\n</details>"


def written(check: selfcheck.SelfCheck) -> str:
    """Return the answers of a self-check in its own grammar, without the question."""
    lines = []
    if check.kind in ("multiple", "order"):
        lines.append(f":{check.kind}:")
    if check.fixed:
        lines.append(":fixed:")
    if check.unit:
        lines.append(f":unit: {check.unit}")
    for number, answer in enumerate(check.answers, 1):
        why = f" :: {answer.feedback}" if answer.feedback else ""
        if check.kind == "numeric":
            mark = "=" if answer.right else "!"
            lines.append(f"{mark} {answer.text} +- {answer.tolerance!r}{why}")
        elif check.kind == "order":
            lines.append(f"{number}. {answer.text}{why}")
        else:
            lines.append(f"- [{'x' if answer.right else ' '}] {answer.text}{why}")
    if check.otherwise:
        lines.append(f"! :: {check.otherwise}")
    return "\n".join(" ".join(line.split()) for line in lines)


def notebook(book: Book, page: Chapter) -> str:
    """Return a chapter's notebook as text, the same for the same sources and values."""
    cells = Writer(book, page).cells()
    for cell in cells:
        cell["source"] = cell["source"].splitlines(keepends=True)
    whole = {
        "cells": cells,
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(whole, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def raw(text: str) -> Iterator[str]:
    """Yield every role, directive or colon fence left in a notebook's Markdown."""
    left = re.compile(r"\{[a-z][\w:+-]*\}`[^`]*`?|^\s*(?:`{3,}|:{3,})\s*\{.*|^\s*:{3,}.*|^\(\S+\)=",
                      re.M)  # fmt: skip
    for cell in json.loads(text)["cells"]:
        if cell["cell_type"] == "markdown" or "self-check" in cell["metadata"].get("tags", []):
            yield from left.findall("".join(cell["source"]))


def write(book: Book, out: Path, problem: Callable[[str], None] | None = None) -> list[Path]:
    """Write every chapter's notebook below ``out``; return the paths.

    ``problem`` is told of a chapter that cannot be written and the others go on; without it
    ``ValueError`` is raised.
    """
    paths = []
    for page in book.with_code():
        try:
            text = notebook(book, page)
            if left := list(raw(text)):
                raise PlainError(f"{page.docname}: its notebook would show {left[0]!r}")
        except ValueError as error:
            if problem is None:
                raise
            problem(str(error))
            continue
        path = out / page.file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
        paths.append(path)
    return paths


# --- with the book ------------------------------------------------------------------------------


def _with_the_book(app: Any, error: Exception | None) -> None:
    if error or app.builder.name != "html":
        return
    from sphinx.util import logging

    logger = logging.getLogger(__name__)

    def problem(words: str) -> None:
        logger.warning("notebooks: %s", words, type="multivector", subtype="notebook")

    executed = Path(app.outdir).parent / "jupyter_execute"
    book = read(Path(app.srcdir))
    for page in book.with_code():
        try:
            book.outcomes[page.docname] = built(
                page, executed, Path(app.config.nb_execution_cache_path)
            )
        except PlainError as error:
            problem(str(error))
    write(book, Path(app.outdir, DOWNLOADS), problem)


def setup(app: Any) -> dict[str, Any]:
    """Write the notebooks when the book's build ends."""
    app.connect("build-finished", _with_the_book)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def main(argv: list[str] | None = None, execute: Callable[[Chapter], Outcome] = run) -> int:
    """Run the chapters and write their notebooks; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path, help="folder for the notebooks")
    parser.add_argument("--root", type=Path, default=ROOT, help="folder of the book's sources")
    arguments = parser.parse_args(argv)
    try:
        book = read(arguments.root)
        book.outcomes = {page.docname: execute(page) for page in book.with_code()}
        for path in write(book, arguments.out):
            print(path)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
