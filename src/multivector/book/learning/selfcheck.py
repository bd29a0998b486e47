"""Self-checks and learning objectives on the page.

``{self-check}`` turns the grammar of :mod:`multivector.selfcheck` into a form that is a question
and a folded answer without JavaScript, and answers with it. ``{objectives}`` numbers what a
chapter promises, ``{coverage}`` prints which self-check or assignment covers each promise, and the
build warns of one that nothing covers.

Own code, because no extension looked at meets the need (November 2026): teachbooks-questions 0.4
loads its number fields from two content networks, has no ordering and no answer without
JavaScript; jupyterquiz 2.9 draws in a notebook only, without form elements on a static page.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from multivector import selfcheck
from multivector.book.build import cache
from multivector.book.learning import assignments
from multivector.grading.assignment import FOLDER, front_matter

logger = logging.getLogger(__name__)


class SelfCheckForm(nodes.General, nodes.Element):
    """The form: raw HTML and parsed Markdown in turns, so that every builder keeps the words."""


class Buttons(nodes.General, nodes.Element):
    """The buttons, which only a page with a script needs."""


class Objective(nodes.General, nodes.Element):
    """The words of one objective: on a page a label that a reader can tick."""


class Coverage(nodes.General, nodes.Element):
    """Where the table of objectives goes once every page has been read."""


class SelfCheckDirective(SphinxDirective):
    """``{self-check} sc-name``; the grammar is in :mod:`multivector.selfcheck`."""

    required_arguments = 1
    has_content = True
    option_spec = {
        **{name: directives.unchanged for name in selfcheck.FIELDS},
        **{name: directives.flag for name in selfcheck.FLAGS},
    }

    def run(self) -> list[nodes.Node]:
        """Return the form, or stop with the grammar's own words."""
        name = self.arguments[0]
        written = [f":{key}: {value or ''}" for key, value in self.options.items()]
        try:
            check = selfcheck.parse(name, "\n".join([*written, *self.content]))
            check = selfcheck.resolved(check, self._glue)
        except ValueError as error:
            raise self.error(str(error)) from error
        _checks(self.env).setdefault(self.env.docname, []).append((name, check.objectives))
        form = SelfCheckForm(ids=[name])
        self.state.document.note_explicit_target(form, form)
        for kind, text in selfcheck.pieces(check):
            form += self._piece(kind, text)
        for node in form.findall(_is_answer):
            _flatten(node)
        return [form]

    def _glue(self, key: str) -> float:
        from myst_nb.core.variables import RetrievalError
        from myst_nb.ext.glue.utils import retrieve_glue_data

        try:
            return float(retrieve_glue_data(self.state.document, key).data["text/plain"])
        except (RetrievalError, KeyError) as error:
            raise ValueError(f"self-check {self.arguments[0]!r}: {error}") from error

    def _piece(self, kind: str, text: str) -> list[nodes.Node]:
        if kind == "html":
            return [nodes.raw("", text, format="html")]
        if kind == "buttons":
            return [Buttons()]
        parsed = self.parse_text_to_nodes(text)
        if kind == "block":
            return parsed
        if len(parsed) != 1 or not isinstance(parsed[0], nodes.paragraph):
            raise self.error(f"self-check {self.arguments[0]!r}: {text!r} is not one paragraph")
        # A wrapper keeps roles that replace themselves among inline neighbours.
        return [nodes.inline("", "", *parsed[0].children)]


def _is_answer(node: nodes.Node) -> bool:
    """Tell whether a node is the text of an answer: all but the question, which comes first."""
    if not isinstance(node, nodes.inline) or not isinstance(node.parent, SelfCheckForm):
        return False
    return node is not next(n for n in node.parent.children if isinstance(n, nodes.inline))


def _flatten(node: nodes.Element) -> None:
    """Leave a fact's words alone in an answer: a button inside a label would take its click."""
    from multivector.book.statements.facts import FactReference

    for reference in list(node.findall(FactReference)):
        reference.replace_self(nodes.Text(reference.astext()))


class Objectives(SphinxDirective):
    """``{objectives}``: a numbered list of what a reader can do after the chapter."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        """Return the list, each item a target ``obj-1`` and so on."""
        parsed = self.parse_content_to_nodes()
        if len(parsed) != 1 or not isinstance(parsed[0], nodes.enumerated_list):
            raise self.error("objectives is one numbered list")
        texts = [item.astext() for item in parsed[0].children]
        for number, item in enumerate(parsed[0].children, 1):
            item["ids"].append(f"obj-{number}")
            words = item[0]
            words.children = [Objective("", *words.children, number=number)]
            words.setup_child(words[0])
        _objectives(self.env)[self.env.docname] = texts
        box = nodes.container(classes=["mv-objectives"])
        box += nodes.paragraph("", "", nodes.strong(text="After this chapter you can"))
        box += parsed
        return [box]


class CoverageDirective(SphinxDirective):
    """``{coverage}``: which self-check or assignment covers which objective, and the gaps."""

    def run(self) -> list[nodes.Node]:
        """Return the marker; the table needs every page."""
        self.env.mv_coverage_page = self.env.docname
        return [Coverage()]


def exercises(root: Path) -> dict[str, dict[int, list[str]]]:
    """Return {chapter: {objective: [assignment]}} as the sources under ``exercises/`` declare.

    An assignment's front matter has ``multivector: {covers: {chapters/theory/x: [1, 3]}}``: the
    objectives that nobody can reach full marks without.
    """
    found: dict[str, dict[int, list[str]]] = {}
    for path in sorted((root / FOLDER).rglob("*.md")):
        text = path.read_text(encoding="utf-8")
        if not text.startswith("---\n"):
            continue
        front = front_matter(text)
        for chapter, numbers in front.get("multivector", {}).get("covers", {}).items():
            for number in numbers:
                found.setdefault(chapter, {}).setdefault(number, []).append(path.stem)
    return found


def coverage(env: Any) -> list[tuple[str, int, str, list[str], list[str]]]:
    """Return (chapter, number, objective, self-checks, assignments) for every objective."""
    assigned = exercises(Path(env.srcdir))
    rows = []
    for docname, texts in sorted(_objectives(env).items()):
        for number, text in enumerate(texts, 1):
            checks = [name for name, goals in _checks(env).get(docname, []) if number in goals]
            rows.append((docname, number, text, checks, assigned.get(docname, {}).get(number, [])))
    return rows


def _check_all(app: Any, env: Any) -> None:
    """Warn of an objective that nothing covers, a number without objective, a name used twice."""
    for docname, number, text, checks, tasks in coverage(env):
        if not checks and not tasks:
            logger.warning(
                "objective %s has no self-check and no exercise: %s", number, text,
                location=docname, type="multivector", subtype="coverage",
            )  # fmt: skip
    for docname, claimed in sorted(exercises(Path(env.srcdir)).items()):
        for number, tasks in sorted(claimed.items()):
            if not 1 <= number <= len(_objectives(env).get(docname, [])):
                logger.warning(
                    "%s covers objective %s of %s, which has none of that number",
                    ", ".join(tasks), number, docname, type="multivector", subtype="coverage",
                )  # fmt: skip
    seen: dict[str, str] = {}
    for docname, found in sorted(_checks(env).items()):
        promised = len(_objectives(env).get(docname, []))
        for name, goals in found:
            if name in seen:
                logger.warning("self-check %s is also in %s", name, seen[name], location=docname)
            seen[name] = docname
            for goal in goals:
                if not 1 <= goal <= promised:
                    logger.warning(
                        "self-check %s names objective %s of %s", name, goal, promised,
                        location=docname, type="multivector", subtype="coverage",
                    )  # fmt: skip


def gaps(rows: list[tuple[str, int, str, list[str], list[str]]]) -> dict[str, list[int]]:
    """Return {chapter: [objective]} of the objectives that no assignment measures."""
    found: dict[str, list[int]] = {}
    for chapter, number, _, _, tasks in rows:
        if not tasks:
            found.setdefault(chapter, []).append(number)
    return found


def _fill(app: Any, doctree: nodes.document, docname: str) -> None:
    for place in list(doctree.findall(Coverage)):
        rows = coverage(app.env)
        place.replace_self([_table(app, docname, rows), *_gaps(app, docname, rows)])


def _link(app: Any, docname: str, text: str, target: str, anchor: str = "") -> nodes.reference:
    uri = app.builder.get_relative_uri(docname, target) + (f"#{anchor}" if anchor else "")
    return nodes.reference("", text, refuri=uri, internal=True)


def _table(app: Any, docname: str, rows: list[tuple]) -> nodes.table:
    def link(text: str, target: str, anchor: str) -> nodes.paragraph:
        return nodes.paragraph("", "", _link(app, docname, text, target, anchor))

    def task(name: str) -> nodes.paragraph:
        page = f"{assignments.PAGES}/{name}"
        if page in app.env.found_docs:
            return nodes.paragraph("", "", _link(app, docname, name, page))
        return nodes.paragraph(text=name)

    head = ("Chapter", "Objective", "Self-checks", "Assignments")
    group = nodes.tgroup("", *(nodes.colspec(colwidth=1) for _ in head), cols=len(head))
    titles = (nodes.entry("", nodes.paragraph(text=word)) for word in head)
    group += nodes.thead("", nodes.row("", *titles))
    body = nodes.tbody()
    for chapter, number, text, checks, tasks in rows:
        title = app.env.titles[chapter].astext()
        cells = (
            [nodes.paragraph(text=title)],
            [link(f"{number}. {text}", chapter, f"obj-{number}")],
            [link(name.removeprefix("sc-"), chapter, name) for name in checks],
            [task(name) for name in tasks],
        )
        body += nodes.row("", *(nodes.entry("", *cell) for cell in cells))
    group += body
    return nodes.table("", group)


def _gaps(app: Any, docname: str, rows: list[tuple]) -> list[nodes.Node]:
    """Say how many objectives an assignment measures, and list those that none does."""
    missing = gaps(rows)
    left = sum(map(len, missing.values()))
    words = (
        f"Assignments measure {len(rows) - left} of the {len(rows)} objectives; "
        f"self-checks {sum(bool(row[3]) for row in rows)}. "
    )
    if not left:
        return [nodes.paragraph(text=words + "Every objective is measured for marks.")]
    items = []
    for chapter, numbers in missing.items():
        text = nodes.paragraph("", f"{app.env.titles[chapter].astext()}: ")
        for number in numbers:
            text += _link(app, docname, f"objective {number}", chapter, f"obj-{number}")
            text += nodes.Text(", " if number != numbers[-1] else "")
        items.append(nodes.list_item("", text))
    words += "These are measured by self-checks alone, so not for marks:"
    return [nodes.paragraph(text=words), nodes.bullet_list("", *items)]


# --- what each page promises and asks, kept with the environment --------------------------------


def _objectives(env: Any) -> dict[str, list[str]]:
    if not hasattr(env, "mv_objectives"):
        env.mv_objectives = {}
    return env.mv_objectives


def _checks(env: Any) -> dict[str, list[tuple[str, tuple[int, ...]]]]:
    if not hasattr(env, "mv_selfchecks"):
        env.mv_selfchecks = {}
    return env.mv_selfchecks


def objectives_of(env: Any, docname: str) -> list[str]:
    """Return the objectives of a page in their order."""
    return _objectives(env).get(docname, [])


def checks_of(env: Any, docname: str) -> list[str]:
    """Return the names of a page's self-checks in their order."""
    return [name for name, _ in _checks(env).get(docname, [])]


def _purge(app: Any, env: Any, docname: str) -> None:
    _objectives(env).pop(docname, None)
    _checks(env).pop(docname, None)


def _again(app: Any, env: Any) -> list[str]:
    page = getattr(env, "mv_coverage_page", None)
    return [page] if page in env.found_docs and cache.reading(app) else []


def _assets(app: Any, page: str, template: str, context: dict, doctree: Any) -> None:
    body = context.get("body", "")
    if 'class="mv-check"' in body or "mv-objectives" in body:
        app.add_css_file("selfcheck.css")
    if 'class="mv-check"' in body:
        app.add_js_file("selfcheck.js", loading_method="defer")


# --- writing ------------------------------------------------------------------------------------


def _pass(self: Any, node: nodes.Node) -> None:
    """Write nothing of its own: the children say all."""


def _buttons(self: Any, node: Buttons) -> None:
    # An ePub is a page without a script: nobody would answer the button.
    if self.builder.name != "epub":
        self.body.append(selfcheck.BUTTONS)
    raise nodes.SkipNode


def _objective(self: Any, node: Objective) -> None:
    """Open the label; without a script its box is not shown and the list is a plain list."""
    if self.builder.name != "epub":
        self.body.append(
            '<label class="mv-tick"><input type="checkbox" autocomplete="off" '
            f'data-objective="{node["number"]}">'
        )


def _objective_end(self: Any, node: Objective) -> None:
    # The mark of answered self-checks is there from the start, unseen: nothing moves when it shows.
    if self.builder.name != "epub":
        self.body.append('</label><span class="mv-goal-done">\u2713<span class="mv-hidden"> '
                         "self-checks answered</span></span>")


def _skip(self: Any, node: nodes.Node) -> None:
    raise nodes.SkipNode


def setup(app: Any) -> dict[str, Any]:
    """Register the three directives; pages with a self-check get its script and style."""
    app.add_directive("self-check", SelfCheckDirective)
    app.add_directive("objectives", Objectives)
    app.add_directive("coverage", CoverageDirective)
    plain, skip = (_pass, _pass), (_skip, None)
    app.add_node(SelfCheckForm, html=plain, latex=plain, text=plain, man=plain, texinfo=plain)
    app.add_node(Buttons, html=(_buttons, None), latex=skip, text=skip, man=skip, texinfo=skip)
    ends = (_objective, _objective_end)
    app.add_node(Objective, html=ends, latex=plain, text=plain, man=plain, texinfo=plain)
    app.add_node(Coverage)
    app.connect("env-purge-doc", _purge)
    app.connect("env-check-consistency", _check_all)
    app.connect("env-updated", _again)
    app.connect("doctree-resolved", _fill)
    app.connect("html-page-context", _assets)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
