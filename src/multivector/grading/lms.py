"""Class lists and gradebooks as Canvas and Moodle write them, and grades put back into them.

Both systems import the file that they exported: Canvas its gradebook (``Student``, ``ID``, ...,
``Title (id)``, a row ``Points Possible``), Moodle an assignment's offline grading worksheet
(``Identifier`` with ``Participant 881``, ..., ``Grade``, ``Last modified (grade)``). So a grade is
written into the cell where it belongs, and every other byte stays what it was. The formats are
those of ``gradebook_exporter.rb`` and ``gradebook_importer.rb`` in canvas-lms and of
``mod/assign/feedback/offline`` in Moodle.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

#: What Canvas writes for a student who is excused, or to whom the assignment is not given.
_SET_APART = ("EX", "N/A")
#: What Moodle says of a grade in other columns of the same row.
_MAXIMUM, _CHANGEABLE = "Maximum Grade", "Grade can be changed"
_PARTICIPANT = re.compile(r"^\D+(\d+)$")
_QUOTED = re.compile(r'"(?:[^"]|"")*"')
_NUMBER = re.compile(r"[+-]?\d+(?:[.,]\d+)?", re.ASCII)
#: Thousands set apart, and a decimal mark of the other kind: 1,000.00 and 1.000,00.
_GROUPED = re.compile(r"[+-]?\d{1,3}(?:(?:,\d{3})+\.\d+|(?:\.\d{3})+,\d+)", re.ASCII)
#: The answers in Moodle's column "Grade can be changed", in the languages of its sites.
_YES = {"yes", "да", "иә", "так", "ооба", "ha", "ja", "oui", "sí", "sì", "sim", "tak", "evet", "是"}
_NO = {"no", "нет", "жоқ", "ні", "жок", "yo'q", "nein", "non", "não", "nie", "hayır", "nee", "否"}
_CANVAS_COLUMN = re.compile(r"^(?P<title>.*) \((?P<id>\d+)\)$")


class ListError(ValueError):
    """A class list or gradebook that cannot be used; the message names the row or column."""


@dataclass(frozen=True)
class Student:
    """One person of a class list. ``others``: further ids of the same person, such as a login."""

    id: str
    name: str
    others: tuple[str, ...] = ()


@dataclass(frozen=True)
class Field:
    """One field of a CSV file: its value, and where it stands in the text."""

    value: str
    start: int
    end: int


@dataclass(frozen=True)
class Sheet:
    """A CSV file taken apart without loss: the text, its records and their fields."""

    text: str
    separator: str
    records: tuple[tuple[Field, ...], ...]

    @property
    def header(self) -> list[str]:
        """The names of the columns."""
        return [f.value.strip() for f in self.records[0]]

    def column(self, name: str) -> int:
        """Return where a column stands; raises ``ListError`` unless it is there once."""
        places = [i for i, h in enumerate(self.header) if h == name]
        if len(places) != 1:
            there = "no column" if not places else "more than one column"
            raise ListError(f"{there} called {name!r}; there are: {', '.join(self.header)}")
        return places[0]

    def number(self, points: float, places: int = 2) -> str:
        """Return a number as this file writes it: semicolons go with a decimal comma."""
        text = f"{points:.{places}f}".rstrip("0").rstrip(".")
        return text.replace(".", ",") if self.separator == ";" else text

    def with_values(self, values: Mapping[tuple[int, int], str]) -> str:
        """Return the text with the fields at (record, column) replaced, all else as it was."""
        parts, done = [], 0
        for (record, column), value in sorted(values.items()):
            place = self.records[record][column]
            quoted = self.text[place.start : place.end].startswith('"')
            parts += [self.text[done : place.start], f'"{value}"' if quoted else value]
            done = place.end
        return "".join([*parts, self.text[done:]])


def decode(data: bytes, name: str) -> str:
    """Return a CSV file's text with its byte order mark, if it has one, still in front."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise ListError(f"{name}: not in UTF-8; export it again, or save it as CSV UTF-8") from None


def sheet(text: str) -> Sheet:
    """Return a CSV text taken apart: comma, semicolon or tab, any line end, blank lines skipped.

    Raises ``ListError`` for a quote that does not close and for an empty text.
    """
    start = 1 if text.startswith("\ufeff") else 0
    # Excel's own first line, which names the separator and is no row.
    if hint := re.match(r"sep=[,;\t]\r?\n", text[start:], re.IGNORECASE):
        start += hint.end()
    # A separator inside quotes is part of a name: "Essay, part 2".
    first = _QUOTED.sub("", text[start:]).lstrip("\r\n").partition("\n")[0]
    separator = max(",;\t", key=first.count)
    records: list[tuple[Field, ...]] = []
    fields: list[Field] = []
    position = start
    while position <= len(text):
        value, end = _field(text, position, separator)
        fields.append(Field(value, position, end))
        if text[end : end + 1] == separator:
            position = end + 1
            continue
        if len(fields) > 1 or fields[0].value:
            records.append(tuple(fields))
        fields = []
        if end >= len(text):
            break
        position = end + (2 if text.startswith("\r\n", end) else 1)
    if not records:
        raise ListError("the table is empty")
    return Sheet(text, separator, tuple(records))


def _field(text: str, start: int, separator: str) -> tuple[str, int]:
    """Return the value of the field that starts here, and where it ends."""
    if text[start : start + 1] == '"':
        end = start + 1
        while True:
            end = text.find('"', end)
            if end < 0:
                line = text.count("\n", 0, start) + 1
                raise ListError(f"line {line}: a quote opens and does not close")
            if text[end + 1 : end + 2] != '"':
                break
            end += 2
        value, end = text[start + 1 : end].replace('""', '"'), end + 1
        if text[end : end + 1] not in ("", separator, "\r", "\n"):
            line = text.count("\n", 0, end) + 1
            raise ListError(f"line {line}: a quote closes in the middle of a field")
        return value, end
    match = re.compile(rf"[^{separator}\r\n]*").match(text, start)
    return match[0], match.end()


def _kind(table: Sheet) -> str:
    header = table.header
    if "id" in header:
        return "ours"
    if "ID" in header and {"Student", "LastName"} & set(header):
        return "canvas"
    # Moodle's headings are in the language of the site; a participant's identifier is not.
    rows = table.records[1:]
    if rows and all(_PARTICIPANT.match(r[0].value.strip()) for r in rows):
        return "moodle"
    raise ListError(
        "neither a roster (columns id, name), nor Canvas's gradebook (Student, ID, ...), nor "
        f"Moodle's grading worksheet (Identifier: Participant 881); it has: {', '.join(header)}"
    )


def _students(table: Sheet) -> dict[int, Student]:
    """Return {record: student}; raises ``ListError`` for an id or a row that makes no sense."""
    kind, header = _kind(table), table.header
    found = {}
    for number, record in enumerate(table.records[1:], 1):
        row = {h: f.value.strip() for h, f in zip(header, record, strict=False)}
        if kind == "ours":
            if row.get("id"):
                found[number] = Student(row["id"], row.get("name") or row["id"])
            elif there := ", ".join(filter(None, row.values())):
                raise ListError(f"row {number + 1} ({there}) has no id")
        elif kind == "moodle":
            first = record[0].value.strip()
            name = row.get("Full name") or (record[1].value.strip() if len(record) > 1 else first)
            # Marked anonymously, a file is called after the identifier.
            found[number] = Student(_PARTICIPANT.match(first)[1], name, (first,))
        elif row.get("ID"):  # neither Points Possible nor the row on hidden columns has one
            name = row.get("Student") or f"{row.get('LastName')}, {row.get('FirstName')}"
            others = tuple(row[c] for c in ("SIS User ID", "SIS Login ID") if row.get(c))
            found[number] = Student(row["ID"], name, others)
    twice = [i for i, n in Counter(s.id for s in found.values()).items() if n > 1]
    if twice:
        who = next(s for s in found.values() if s.id == twice[0])
        raise ListError(f"{who.name} (id {who.id}) is there twice: leave one row")
    return found


def read_roster(path: Path) -> list[Student]:
    """Return the class of a roster, a Canvas gradebook or a Moodle worksheet.

    Raises ``ListError`` for any other table, and for a student who is there twice.
    """
    try:
        found = _students(sheet(decode(path.read_bytes(), path.name))).values()
        # Canvas's preview of a course is in its gradebook like a student.
        return [s for s in found if s.name != "Student, Test"]
    except ListError as error:
        raise ListError(f"{path}: {error}") from None


@dataclass(frozen=True)
class Grade:
    """What one student's row of the grade table says; ``points`` is ``None`` for a blank."""

    name: str
    lms_id: str
    points: float | None
    why: str


@dataclass
class Filled:
    """A filled-in gradebook: its bytes, and what an instructor has to know about it."""

    data: bytes
    column: str
    filled: int = 0
    blank: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    not_graded: list[str] = field(default_factory=list)
    not_listed: list[str] = field(default_factory=list)


def fill(
    data: bytes,
    grades: Sequence[Grade],
    out_of: float,
    *,
    name: str = "the gradebook",
    column: str | None = None,
    hint: str = "",
    scale: bool = False,
) -> Filled:
    """Return an LMS's own file with the grades in it, every other byte unchanged.

    ``out_of``: the points that a grade is of. ``column``: the heading to fill; not needed for a
    Moodle worksheet in English, nor where one Canvas column's title contains ``hint``. ``scale``:
    convert to the column's maximum if it is another one. A student without a grade keeps what the
    cell held: a blank is never a 0. Raises ``ListError`` for everything that would guess.
    """
    table = sheet(decode(data, name))
    students, kind = _students(table), _kind(table)
    if kind == "ours":
        raise ListError(f"{name}: a roster; give the gradebook that your LMS exported")
    place = table.column(column or _grade_column(table, kind, hint))
    result = Filled(b"", table.header[place])
    beside = _beside(table, kind, place, students)
    for number, student in students.items():
        if len(table.records[number]) <= max([place, *beside]):
            raise ListError(f"{student.name} ({student.id}): the row is shorter than the header")
    maxima = _maxima(table, place, beside, students)
    owners = _match(students, grades)
    changes: dict[tuple[int, int], str] = {}
    for number, student in students.items():
        grade, who = owners.get(number), f"{student.name} ({student.id})"
        held = table.records[number][place].value.strip()
        if grade is None:
            result.not_graded.append(who)
        elif grade.points is None:
            result.blank.append(f"{who}: {grade.why}")
        elif held.upper() in _SET_APART:
            result.kept.append(f"{who}: {held}")
        elif kind == "moodle" and _locked(table, number, beside[-1]):
            result.kept.append(f"{who}: Moodle says that this grade cannot be changed")
        else:
            points, most = grade.points, maxima[number]
            if most != out_of:
                if not scale:
                    raise ListError(
                        f"{result.column!r} is out of {most:g}, the grades are out of {out_of:g}: "
                        "change it in the LMS, or convert with --scale"
                    )
                points = points * most / out_of
            changes[number, place] = table.number(points)
    found = {id(g) for g in owners.values()}
    result.not_listed = [f"{g.name} ({g.lms_id})" for g in grades if id(g) not in found]
    result.filled = len(changes)
    result.data = table.with_values(changes).encode()
    return result


def _beside(
    table: Sheet, kind: str, place: int, students: Mapping[int, Student]
) -> tuple[int, ...]:
    """Return where Moodle says a grade's maximum, and whether it can be changed; else nothing.

    Found by their English headings or, in another language, by Moodle's order: the maximum stands
    right of the grade, and one or two columns on the Yes or No. Raises ``ListError`` where they
    are not there: an import would go on without the check.
    """
    if kind != "moodle":
        return ()
    found = [table.column(c) for c in (_MAXIMUM, _CHANGEABLE) if c in table.header]
    if len(found) == 2:
        return tuple(found)

    def values(column: int) -> set[str]:
        rows = (table.records[number] for number in students)
        return {r[column].value.strip() for r in rows if len(r) > column}

    def numbers(column: int) -> bool:
        return all(to_number(v) is not None for v in values(column))

    if place + 1 >= len(table.header) or not values(place + 1) or not numbers(place + 1):
        raise ListError(
            f"the column right of {table.header[place]!r} should hold the maximum grade, as in the "
            "worksheet that Moodle exports: is it the right column, with a numeric grade?"
        )
    for column in (place + 2, place + 3):
        said = {v.casefold() for v in values(column)} if column < len(table.header) else set()
        if said and said <= _YES | _NO:
            return place + 1, column
    raise ListError(
        "no column says whether a grade can be changed (Yes or No) in a language known here: "
        "export the worksheet with the site in English"
    )


def _locked(table: Sheet, number: int, column: int) -> bool:
    """Return whether Moodle would silently leave this row out of an import."""
    return table.records[number][column].value.strip().casefold() in _NO


def _grade_column(table: Sheet, kind: str, hint: str) -> str:
    if kind == "moodle":
        if "Grade" not in table.header:
            raise ListError(
                "no column called 'Grade': name the column of the grade with --column; there are: "
                + ", ".join(table.header)
            )
        return "Grade"
    titled = [(m["title"], m[0]) for h in table.header if (m := _CANVAS_COLUMN.match(h))]
    fitting = [h for title, h in titled if hint and _letters(hint) in _letters(title)]
    if len(fitting) != 1:
        raise ListError(
            "which column? Name it with --column; the assignments are: "
            + (", ".join(h for _, h in titled) or "none")
        )
    return fitting[0]


def _letters(text: str) -> str:
    return "".join(c for c in text.casefold() if c.isalnum())


def _maxima(
    table: Sheet, place: int, beside: Sequence[int], students: Mapping[int, Student]
) -> dict[int, float]:
    """Return what each student's cell is out of.

    Raises ``ListError`` where the file does not say: a wrong scale would go unseen.
    """
    if beside:
        found = {n: to_number(table.records[n][beside[0]].value) for n in students}
    else:
        # Canvas writes it into a row of its own, whose name is in the language of the course.
        rest = (r for n, r in enumerate(table.records) if n and n not in students)
        said = {to_number(r[place].value) for r in rest if len(r) > place} - {None}
        found = dict.fromkeys(students, said.pop() if len(said) == 1 else None)
    if None in found.values():
        raise ListError(
            f"{table.header[place]!r} does not say how many points it is out of: leave the row "
            "Points Possible (Canvas) or the column Maximum Grade (Moodle) as it was exported"
        )
    return {n: most for n, most in found.items() if most is not None}


def to_number(text: str) -> float | None:
    """Return the number in a cell, with a decimal point or comma, or ``None``."""
    text = re.sub(r"[\s\u00a0\u202f']", "", text)
    if _GROUPED.fullmatch(text):
        mark = max(".,", key=text.rfind)
        return float(text.replace("," if mark == "." else ".", "").replace(mark, "."))
    found = _NUMBER.fullmatch(text)
    return float(found[0].replace(",", ".")) if found else None


def plain_name(text: str) -> str:
    """Return a name as two lists may share it: without case, blanks, marks and forms of letters."""
    text = unicodedata.normalize("NFKC", text).casefold()
    return "".join(c for c in text if c.isalnum())


def known(students: Iterable[Student]) -> dict[str, str]:
    """Return {id, other id or name: id}: an id first, the others where one person has them.

    Names stand there as ``plain_name`` makes them.
    """
    students = list(students)
    found = {s.id: s.id for s in students}
    others = {(key, s.id) for s in students for key in s.others}
    names = {(plain_name(s.name), s.id) for s in students}
    for pairs in (others, names):
        owners = Counter(key for key, _ in pairs)
        found |= {key: who for key, who in pairs if key and owners[key] == 1 and key not in found}
    return found


def whose(ids: Mapping[str, str], lms_id: str, name: str) -> str | None:
    """Return a student's id by what ``known`` returned: the LMS's id counts, else the name."""
    if lms_id:
        return ids.get(lms_id)
    return ids.get(name) or ids.get(plain_name(name))


def _match(students: Mapping[int, Student], grades: Sequence[Grade]) -> dict[int, Grade]:
    """Return {record: grade}; raises ``ListError`` for two grades of one student."""
    ids, numbers = known(students.values()), {s.id: n for n, s in students.items()}
    found: dict[int, Grade] = {}
    for grade in grades:
        number = numbers.get(whose(ids, grade.lms_id, grade.name) or "")
        if number is None:
            continue
        if number in found:
            raise ListError(f"{students[number].name}: two rows of the grade table are theirs")
        found[number] = grade
    return found
