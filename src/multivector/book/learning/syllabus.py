"""A course over the book's chapters, as a table that computes what a week asks of a student.

``{syllabus}`` takes a list in YAML, an item a week, with ``read`` (pages below ``chapters/``),
``class`` (what happens in the room) and ``due`` (assignments). Minutes come from the pages and the
assignments' sources, objectives from what self-checks and assignments say they measure: none is
typed. ``{syllabus-rates}`` prints the rates of ``study``.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from multivector.book.build import cache
from multivector.book.learning import assignments, selfcheck
from multivector.book.learning.study import Reading, rates, readings
from multivector.grading.assignment import Assignment, read_all

#: Weeks are rounded up to so many minutes
STEP = 5
_KEYS = {"read", "class", "due"}


class SyllabusError(ValueError):
    """A plan that cannot be a course; says which week and why."""


@dataclass(frozen=True)
class Week:
    """One week: docnames to read, what happens in class, names of the assignments due."""

    read: tuple[str, ...]
    activity: str
    due: tuple[str, ...] = ()


def plan(text: str) -> list[Week]:
    """Return the weeks written in ``text``; raises ``SyllabusError`` naming the week."""
    try:
        items = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise SyllabusError(f"the plan is not YAML: {error}") from None
    if not isinstance(items, list) or not items:
        raise SyllabusError("the plan is a list, an item a week")
    weeks = []
    for number, item in enumerate(items, 1):
        if not isinstance(item, dict) or not set(item) <= _KEYS or not item.get("class"):
            raise SyllabusError(f"week {number}: has class, and perhaps read and due, nothing else")
        read = tuple(f"chapters/{name}" for name in item.get("read", []))
        weeks.append(Week(read, str(item["class"]), tuple(item.get("due", []))))
    return weeks


def problems(
    weeks: Iterable[Week], chapters: Iterable[str], covers: Mapping[str, Iterable[str]]
) -> list[str]:
    """Return what keeps a plan from being the whole course, in words.

    ``chapters`` are the docnames that teach; ``covers`` maps each assignment to the chapters that
    have to be read first. Every chapter is read once, every assignment is due once, and not
    before its chapters have been read.
    """
    found = []
    read: list[str] = []
    due: list[str] = []
    for number, week in enumerate(weeks, 1):
        read += week.read
        for name in week.due:
            due.append(name)
            early = sorted(set(covers.get(name, ())) - set(read))
            if early:
                found.append(f"week {number}: {name} is due before {', '.join(early)}")
    for names, wanted, word in ((read, set(chapters), "read"), (due, set(covers), "due")):
        found += [f"{name} is not {word}" for name in sorted(wanted - set(names))]
        found += [f"{name} is unknown" for name in sorted(set(names) - wanted)]
        found += [f"{n} is {word} twice" for n in sorted({n for n in names if names.count(n) > 1})]
    return found


def minutes(week: Week, loads: Mapping[str, Reading], given: Mapping[str, Assignment]) -> int:
    """Return a week's minutes of self-study, assignments included, rounded up to ``STEP``."""
    total = sum(loads[page].exact for page in week.read)
    total += sum(given[name].minutes for name in week.due)
    return STEP * math.ceil(total / STEP)


def runs(numbers: Iterable[int]) -> str:
    """Return numbers short enough for a table: 1, 2, 3, 5 as "1-3, 5", never cut at a hyphen."""
    groups: list[list[int]] = []
    for number in sorted(set(numbers)):
        if groups and number == groups[-1][-1] + 1:
            groups[-1].append(number)
        else:
            groups.append([number])
    return ", ".join(f"{g[0]}\u2011{g[-1]}" if len(g) > 1 else str(g[0]) for g in groups)


def measured(rows: Iterable[tuple], page: str, task: str | None = None) -> str:
    """Return which objectives of a page its self-checks measure, or one assignment does.

    ``rows`` are those of :func:`multivector.book.learning.selfcheck.coverage`.
    """
    found = [(n, checks, tasks) for chapter, n, _, checks, tasks in rows if chapter == page]
    return runs(n for n, checks, tasks in found if (task in tasks if task else checks))


def hours(total: int) -> str:
    """Return minutes as hours and minutes, in words."""
    whole, rest = divmod(total, 60)
    return f"{whole} h {rest} min" if rest else f"{whole} h"


class SyllabusPlace(nodes.General, nodes.Element):
    """Where the table goes once every page has been read."""


class Syllabus(SphinxDirective):
    """``{syllabus}``: see the module."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        """Return the marker with the plan in it; the table needs every page."""
        root = Path(self.env.srcdir)
        try:
            weeks = plan("\n".join(self.content))
        except SyllabusError as error:
            raise self.error(str(error)) from error
        given = {a.slug for a in read_all(root)}
        for number, week in enumerate(weeks, 1):
            for name in week.due:
                if name not in given:
                    raise self.error(f"week {number}: no assignment called {name!r}")
            for page in week.read:
                if page not in self.env.found_docs:
                    raise self.error(f"week {number}: no page called {page!r}")
        place = SyllabusPlace(weeks=weeks)
        # Children, not attributes: their references are resolved with the page's.
        place += [nodes.paragraph("", "", *self.parse_inline(w.activity)[0]) for w in weeks]
        pages = getattr(self.env, "mv_syllabus_pages", set())
        self.env.mv_syllabus_pages = pages | {self.env.docname}
        return [place]


class Rates(SphinxDirective):
    """``{syllabus-rates}``: by which rates the minutes are computed."""

    def run(self) -> list[nodes.Node]:
        """Return one paragraph."""
        words = (
            f"{rates()} An assignment takes the time that it states. "
            f"Weeks are rounded up to {STEP} minutes."
        )
        return [nodes.paragraph(text=words)]


def _fill(app: Any, doctree: nodes.document, docname: str) -> None:
    places = list(doctree.findall(SyllabusPlace))
    if not places:
        return
    given = {a.slug: a for a in read_all(Path(app.srcdir))}
    rows = selfcheck.coverage(app.env)
    for place in places:
        place.replace_self(_table(app, docname, place, readings(app.env), given, rows))


def _table(
    app: Any,
    docname: str,
    place: SyllabusPlace,
    loads: Mapping[str, Reading],
    given: Mapping[str, Assignment],
    rows: list[tuple],
) -> list[nodes.Node]:
    def link(target: str, text: str) -> nodes.Node:
        if target not in app.env.found_docs:
            return nodes.Text(text)
        uri = app.builder.get_relative_uri(docname, target)
        return nodes.reference("", text, refuri=uri, internal=True)

    def title(page: str) -> str:
        return app.env.titles[page].astext().partition(":")[0]

    def reading(page: str) -> nodes.paragraph:
        numbers = measured(rows, page)
        return nodes.paragraph(
            "", "", link(page, title(page)), nodes.Text(f": {numbers}" if numbers else "")
        )

    def task(name: str) -> list[nodes.paragraph]:
        goals = {page: measured(rows, page, name) for page, *_ in rows}
        found = [f"{title(page)} {numbers}" for page, numbers in goals.items() if numbers]
        address = link(f"{assignments.PAGES}/{name}", assignments.label(given[name]))
        return [nodes.paragraph("", "", address), nodes.paragraph(text="; ".join(found))]

    head = (
        "Week",
        "Read, and the objectives of its self-checks",
        "In class",
        "Self-study, minutes",
        "Due, and the objectives it measures",
    )
    widths = (1, 5, 5, 2, 6)
    group = nodes.tgroup("", *(nodes.colspec(colwidth=w) for w in widths), cols=len(head))
    group += nodes.thead("", nodes.row("", *(_entry([nodes.paragraph(text=w)]) for w in head)))
    lines, total = nodes.tbody(), 0
    for number, (week, activity) in enumerate(
        zip(place["weeks"], list(place.children), strict=True), 1
    ):
        spent = minutes(week, loads, given)
        total += spent
        cells = (
            [nodes.paragraph(text=str(number))],
            [reading(page) for page in week.read],
            [activity],
            [nodes.paragraph(text=str(spent))],
            [line for name in week.due for line in task(name)],
        )
        lines += nodes.row("", *map(_entry, cells))
    group += lines
    weeks = len(place["weeks"])
    mean = STEP * round(total / weeks / STEP)
    words = f"Self-study in {weeks} weeks: {hours(total)}, about {hours(mean)} a week."
    return [nodes.table("", group, classes=["mv-plan", "mv-syllabus"]), nodes.paragraph(text=words)]


def _entry(children: Iterable[nodes.Node]) -> nodes.entry:
    return nodes.entry("", *children)


def _style(app: Any, page: str, template: str, context: dict, doctree: Any) -> None:
    if "mv-plan" in context.get("body", ""):
        app.add_css_file("syllabus.css")


def _again(app: Any, env: Any) -> list[str]:
    pages = getattr(env, "mv_syllabus_pages", set()) & env.found_docs
    return sorted(pages) if cache.reading(app) else []


def setup(app: Any) -> dict[str, Any]:
    """Register the directives; the page is written again whenever some page changed."""
    app.add_directive("syllabus", Syllabus)
    app.add_directive("syllabus-rates", Rates)
    app.add_node(SyllabusPlace)
    app.connect("doctree-resolved", _fill)
    app.connect("env-updated", _again)
    app.connect("html-page-context", _style)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
