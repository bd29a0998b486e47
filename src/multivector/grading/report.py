"""What people read: the grade table, a page of feedback per student, the sheet for essays.

Every name, message and essay here was chosen by a stranger. In HTML it is escaped, under a policy
that allows no script; in CSV nothing a spreadsheet would take for a formula stays one.
"""

from __future__ import annotations

import hashlib
import html
import math
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from multivector.grading import lms
from multivector.grading.assignment import Assignment, Question, sum_points, with_solution
from multivector.grading.grade import Result
from multivector.grading.lms import Grade
from multivector.grading.notebook import code
from multivector.grading.plain import printable
from multivector.grading.spreadsheet import cell, csv_text, uncell

POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
WORDS = {
    "graded": "Graded",
    "unreadable": "Could not be read",
    "other": "Another notebook",
    "missing": "Nothing handed in",
    "unknown": "Not on the class list",
    "timeout": "Ran out of time",
    "killed": "Stopped before its end",
    "tampered": "Held back for your instructor",
    "failed": "Not graded yet",
}


class MergeError(ValueError):
    """A filled-in essay sheet that does not fit the grades; the message names student and cell."""


def grades_csv(assignment: Assignment, results: Sequence[Result]) -> str:
    """Return the grade table: a row per student, blank where nothing could be decided."""
    header = ["student", "lms_id", "file", "status", "reason", "total", "out_of"]
    header += [q.name for q in assignment.automatic] + ["flags", "feedback"]
    varied = any(r.variant for r in results)
    header += ["variant"] if varied else []
    rows = [
        [r.name, r.lms_id, r.file, r.status, r.reason, r.total, assignment.out_of]
        + [r.points.get(q.name) for q in assignment.automatic]
        + ["; ".join(r.flags), feedback_name(r)]
        + ([r.variant] if varied else [])
        for r in results
    ]
    return csv_text(header, rows)


def feedback_name(result: Result) -> str:
    """Return a file name that is safe, readable and one student's alone."""
    digest = hashlib.sha256(result.key.encode("utf-8", "replace")).hexdigest()[:10]
    words = re.sub(r"[^\w]+", "-", unicodedata.normalize("NFC", result.name)).strip("-_")
    while len(words.encode()) > 80:
        words = words[:-1]
    return f"{words or 'student'}-{digest}.html"


def feedback_html(assignment: Assignment, result: Result, *, solutions: bool = False) -> str:
    """Return one student's page: points, and what was said about each answer; nothing of others.

    ``solutions``: with the worked solution of every question, what hidden tests tried, and the
    chapter to read again. For after the deadline.
    """
    e = html.escape
    rows = [_section(assignment, question, result, solutions) for question in assignment.questions]
    total = (
        f"{result.total:g} of {assignment.out_of:g} points so far"
        if result.total is not None
        else "No total yet: your instructor will look at it"
    )
    reason = f"<p>{e(printable(result.reason))}</p>" if result.reason else ""
    errors = "".join(f"<li><code>{e(printable(error))}</code></li>" for error in result.errors)
    problems = f"<section><h2>Cells that stopped</h2><ul>{errors}</ul></section>" if errors else ""
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n'
        f"<title>{e(assignment.title)}: feedback</title>\n"
        "<style>:root{color-scheme:light dark}"
        "body{font:1rem/1.5 sans-serif;max-width:42rem;margin:2rem auto;padding:0 1rem;"
        "overflow-wrap:anywhere}h2{font-size:1.1rem;margin:1.5rem 0 0}p{margin:.2rem 0}"
        "code,pre{background:#eee;color:#111}pre{padding:.6rem;overflow:auto;white-space:pre-wrap}"
        "</style>\n</head>\n<body>\n<main>\n"
        f"<h1>{e(assignment.title)}</h1>\n<p><bdi>{e(result.name)}</bdi></p>\n"
        f'<p id="total"><strong>{e(WORDS[result.status])}. {e(total)}.</strong></p>\n{reason}\n'
        + "\n".join(rows)
        + f"\n{problems}\n</main>\n</body>\n</html>\n"
    )


def _section(assignment: Assignment, question: Question, result: Result, solutions: bool) -> str:
    """Return what a page says of one question."""
    earned = result.points.get(question.name)
    if question.manual:
        shown = f"read by a person, out of {question.points:g}"
    elif earned is None:
        shown = f"not decided, out of {question.points:g}"
    else:
        shown = f"{earned:g} of {question.points:g}"
    said = _list(result.messages.get(question.name, []))
    more = ""
    if solutions:
        more = _list(result.details.get(question.name, []))
        cells = [c for c in assignment.cells if c.question == question.name]
        worked = [with_solution(c.source) for c in cells if c.role == "solution"]
        if worked:
            text = html.escape("\n\n".join(worked))
            more += f"<details><summary>Worked solution</summary><pre>{text}</pre></details>"
        if question.read:
            titles = "; ".join(chapter_title(assignment, page) for page in question.read)
            more += f"<p>Read again: {html.escape(titles)}.</p>"
    return (
        f'<section id="q-{html.escape(question.name)}"><h2>{html.escape(question.title)}</h2>'
        f'<div class="marks"><p>{html.escape(shown)}</p></div>{said}{more}</section>'
    )


def chapter_title(assignment: Assignment, page: str) -> str:
    """Return the title of a chapter given as in ``covers``, or the given words without a file."""
    file = assignment.path.resolve().parents[2] / f"{page}.md"
    try:
        found = re.search(r"^# (.+)$", file.read_text(encoding="utf-8"), re.MULTILINE)
    except OSError:
        found = None
    return found[1].strip() if found else page


def _list(messages: Iterable[str]) -> str:
    items = "".join(f"<li>{code(printable(m))}</li>" for m in messages)
    return f"<ul>{items}</ul>" if items else ""


def with_marks(
    assignment: Assignment, page: str, marks: Mapping[str, Marks], final: float | None
) -> str:
    """Return a student's page with what a person gave and wrote; the rest as it was.

    ``marks``: {judged question: its marks}. ``final``: the points in all, ``None`` while something
    is not decided. May be done again. Raises ``MergeError`` for a page without these questions.
    """
    for name, given in marks.items():
        head = f'<section id="q-{html.escape(name)}">'
        start = page.find(head)
        begin = page.find('<div class="marks">', start)
        end = page.find("</div>", begin)
        if min(start, begin, end) < 0:
            raise MergeError("a feedback page is of an older kind: grade the class again")
        page = page[:begin] + f'<div class="marks">{_marks_html(given)}' + page[end:]
    if final is not None:
        out_of = sum_points(q.points for q in assignment.questions)
        total = f'<p id="total"><strong>Graded. {final:g} of {out_of:g} points.</strong></p>'
        page = re.sub(r'<p id="total">.*?</p>', total, page, count=1)
    return page


def _marks_html(given: Marks) -> str:
    whole = sum_points(most for _, _, most in given.criteria)
    total = _all([points for _, points, _ in given.criteria])
    shown = f"not marked yet, out of {whole:g}" if total is None else f"{total:g} of {whole:g}"
    items = "".join(
        f"<li>{'not marked' if points is None else f'{points:g}'} of {most:g}: "
        f"{html.escape(words)}</li>"
        for words, points, most in given.criteria
    )
    comment = f"<p>Comment: {html.escape(printable(given.comment))}</p>" if given.comment else ""
    return f"<p>{shown}, read by a person</p><ul>{items}</ul>{comment}"


@dataclass(frozen=True)
class Marks:
    """What a person gave one text: (criterion, points or ``None``, out of), and a comment."""

    criteria: tuple[tuple[str, float | None, float], ...]
    comment: str = ""


def read_marks(assignment: Assignment, sheets: Iterable[str]) -> dict[tuple[str, str], Marks]:
    """Return {(who, judged question): marks} of filled-in essay sheets; raises ``MergeError``."""
    found: dict[tuple[str, str], Marks] = {}
    columns = _criteria(assignment)
    for row in (row for sheet in sheets for row in rows_of(sheet)):
        if {"student", "lms_id", "question", *(n for n, _, _ in columns)} - set(row):
            raise MergeError("a sheet does not have the columns of this assignment's essay sheet")
        place = (row["student"], row["lms_id"], row["question"])
        key = (_who(row), row["question"])
        if key in found:
            raise MergeError(f"{place}: twice in the essay sheets; keep one row")
        cells = [(row[n], n, most) for n, q, most in columns if q.name == row["question"]]
        if not cells:
            raise MergeError(f"{place}: no such judged question")
        criteria = tuple(
            (n.partition(": ")[2], _mark(text, n, most, row["student"]), most)
            for text, n, most in cells
        )
        found[key] = Marks(criteria, row.get("comment", "").strip())
    return found


def marked_pages(
    assignment: Assignment, merged: str, marks: Mapping[tuple[str, str], Marks], folder: Path
) -> tuple[dict[Path, str], list[str]]:
    """Return {page: its new text} for everybody whose text was read, and who has no page there.

    ``merged``: the table of ``merge_essays``.
    """
    pages: dict[Path, str] = {}
    without = []
    for row in rows_of(merged):
        theirs = {q: m for (who, q), m in marks.items() if who == _who(row)}
        if not any(
            m.comment or any(p is not None for _, p, _ in m.criteria) for m in theirs.values()
        ):
            continue
        path = folder / Path(uncell(row.get("feedback", "")) or "none").name
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            without.append(uncell(row["student"]))
            continue
        pages[path] = with_marks(assignment, text, theirs, lms.to_number(row["final"]))
    return pages, without


def essay_csv(assignment: Assignment, results: Sequence[Result]) -> str:
    """Return the sheet for the judged questions: a row per text, a blank column per criterion."""
    columns = _criteria(assignment)
    header = ["student", "lms_id", "key", "question", "words", "text"]
    header += [name for name, _, _ in columns] + ["comment"]
    rows = [
        [r.name, r.lms_id, r.key, q.name, len(r.essays[q.name].split()), r.essays[q.name]]
        + ["" if q is owner else "-" for _, owner, _ in columns]
        + [""]
        for r in results
        for q in assignment.judged
        # An empty text too: that it is worth nothing is for a person to say.
        if q.name in r.essays
    ]
    return csv_text(header, rows)


def unread(
    results: Iterable[Result], rows: Iterable[Mapping[str, str]]
) -> tuple[list[Result], list[str]]:
    """Return the results with only the essays that no sheet holds yet, and whose were replaced.

    ``rows``: of all sheets; what is no row of an essay sheet counts for nothing. A text is the
    same whatever a spreadsheet did to its blanks.
    """
    held: dict[tuple[str, str], set[str]] = {}
    for row in rows:
        if {"student", "lms_id", "question", "text"} <= set(row):
            held.setdefault((_who(row), row["question"]), set()).add(_words(row["text"]))
    fresh, replaced = [], []
    for result in results:
        who = str(cell(result.who))
        new = {
            name: text
            for name, text in result.essays.items()
            if _words(cell(text)) not in held.get((who, name), ())
        }
        replaced += [f"{who}, {name}" for name in new if (who, name) in held]
        fresh.append(replace(result, essays=new))
    return fresh, replaced


def _who(row: Mapping[str, str]) -> str:
    """Return whose a row of a table is, as ``Result.who`` of a result."""
    return row.get("lms_id") or row.get("student", "")


def _words(text: str) -> str:
    return " ".join(text.split())


def _criteria(assignment: Assignment) -> list[tuple[str, Question, float]]:
    """Return (column name, question, points) of every criterion of every rubric."""
    return [
        (_words(f"{q.name} {r['id']} (0-{r['points']:g}): {r['criterion']}"), q, float(r["points"]))
        for q in assignment.judged
        for r in q.rubric
    ]


def merge_essays(assignment: Assignment, grades: str, sheets: Iterable[str]) -> str:
    """Return the grade table with judged points, and ``final`` where everything is decided.

    ``grades`` and ``sheets`` are texts of CSV files; several sheets where several people read. A
    total that a person entered counts like one that was computed; for a notebook from which no
    text came into any sheet it is all there is to decide. Raises ``MergeError`` for a
    points cell that is no number within its criterion, a student twice, or one the table does not
    know.
    """
    judged = {
        key: _all([points for _, points, _ in marks.criteria])
        for key, marks in read_marks(assignment, sheets).items()
    }
    table = rows_of(grades)
    if {"student", "lms_id", "status", "total"} - set(table[0]):
        raise MergeError("the first table is no grade table: use grades.csv")
    read = {student for student, _ in judged}
    strangers = sorted(read - set(map(_who, table)))
    if strangers:
        raise MergeError(f"not in the grades: {', '.join(strangers)}")
    names = [q.name for q in assignment.judged]
    header = [*[h for h in table[0] if h not in (*names, "final")], *names, "final"]
    rows = []
    for row in table:
        marks = [judged.get((_who(row), n)) for n in names]
        total = _mark(row["total"], "total", assignment.out_of, row["student"])
        textless = row["status"] != "graded" and _who(row) not in read
        kept = [uncell(row[h]) for h in header[: -len(names) - 1]]
        rows.append([*kept, *marks, _all([total] if textless else [total, *marks])])
    return csv_text(header, rows)


def regraded(table: str, results: Iterable[Result], question: str) -> tuple[str, list[str]]:
    """Return the grade table with one question's points anew, and what a person has to look at.

    Only that column changes, and with it ``total`` and ``final`` where they are filled in: other
    questions, essay marks and whatever a person entered stay. What could not be decided this time
    keeps its points. Raises ``MergeError`` for a table or a row without that question.
    """
    sheet = lms.sheet(table)
    header = sheet.header
    if {"student", "lms_id", "total", question} - set(header):
        raise MergeError(f"no grade table with a column {question!r}: grade the whole class first")
    rows = {}
    for number, record in enumerate(sheet.records[1:], 1):
        row = {h: f.value.strip() for h, f in zip(header, record, strict=False)}
        rows[_who(row)] = (number, row)
    changes: dict[tuple[int, int], str] = {}
    said = []
    for result in results:
        who, new = result.who, result.points.get(question)
        number, row = rows.get(str(cell(who)), (0, {}))
        if not number:
            said.append(f"{who}: not in the table; grade without --question first")
        elif new is None:
            said.append(f"{who}: {result.reason or 'not decided'}; {question} stays as it was")
        elif question not in row:
            raise MergeError(f"{who}: the row is shorter than the header")
        elif (old := lms.to_number(row[question])) != new:
            changes[number, sheet.column(question)] = sheet.number(new, 6)
            for name in ("total", "final"):
                sum_before = lms.to_number(row.get(name, ""))
                if sum_before is not None and old is not None:
                    changes[number, sheet.column(name)] = sheet.number(sum_before - old + new, 6)
            if old is None:
                said.append(f"{who}: {question} had no points; add them to the total yourself")
    return sheet.with_values(changes), said


def exported(
    assignment: Assignment, table: str, *, without_essays: bool = False
) -> tuple[list[Grade], float]:
    """Return what a grade table gives each student, and out of how much.

    ``table``: the text of ``final.csv``, or of ``grades.csv`` where nothing is judged. Raises
    ``MergeError`` for a table without the judged points, unless ``without_essays``.
    """
    rows = rows_of(table)
    column = "final" if "final" in rows[0] and not without_essays else "total"
    if {"student", "lms_id", "status", column} - set(rows[0]):
        raise MergeError("this is no grade table: use grades.csv or final.csv")
    out_of = assignment.out_of
    if assignment.judged and not without_essays:
        if column != "final":
            raise MergeError(
                "the judged points are not in this table: run merge-essays first and give its "
                "output, or export the automatic points alone with --without-essays"
            )
        out_of = sum_points(q.points for q in assignment.questions)
    grades = []
    for row in rows:
        text = row[column].strip()
        points = _mark(text, column, out_of, row["student"])
        why = row.get("reason") or row["status"]
        if row["status"] == "graded":
            why = "its essays are not marked yet" if column == "final" else "no total"
        grades.append(Grade(uncell(row["student"]), uncell(row["lms_id"]), points, why))
    return grades, out_of


def rows_of(text: str) -> list[dict[str, str]]:
    """Return the rows of a CSV text by column; raises ``MergeError`` if there are none to read."""
    try:
        table = lms.sheet(text)
    except lms.ListError as error:
        raise MergeError(str(error)) from None
    header, blank = table.header, [""] * len(table.header)
    records = [[field.value for field in record] for record in table.records[1:]]
    # A spreadsheet leaves out the blanks at the end of a row, and keeps a row that was emptied.
    rows = [dict(zip(header, r + blank, strict=False)) for r in records if any(r)]
    if not rows:
        raise MergeError("the table is empty")
    return rows


def _all(marks: Sequence[float | None]) -> float | None:
    """Return the marks added up, ``None`` while one is missing."""
    return None if None in marks else sum_points(m for m in marks if m is not None)


def _mark(text: str, name: str, most: float, student: str) -> float | None:
    text = text.strip().replace(",", ".")
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value <= most:
        raise MergeError(
            f"{student}, {name.split(' (')[0]}: {text!r} is not between 0 and {most:g}"
        )
    return value
