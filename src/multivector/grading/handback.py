"""What goes back to the class: pages in the zips that Canvas and Moodle take, and late days.

Canvas takes feedback as a zip of files named as its own download (``name_student_upload_...``), and
reads the first two numbers between underscores. Moodle takes folders named as its own download
(``name_participant_assignsubmission_file_``), and reads the second part between underscores.
"""

from __future__ import annotations

import io
import math
import re
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from multivector import archive
from multivector.grading import lms
from multivector.grading.lms import Grade, ListError
from multivector.grading.report import MergeError, rows_of
from multivector.grading.spreadsheet import uncell

SYSTEMS = ("canvas", "moodle")
_MOODLE = re.compile(r"^([^/]+)_(\d+)_assignsubmission_(?:file|onlinetext)")


def place(system: str, file: str, lms_id: str) -> str | None:
    """Return where a student's page belongs in the zip, ``None`` if the system would not find them.

    ``file``: the notebook that was graded, as the system had named it.
    """
    first = PurePosixPath(file).parts[0] if file else ""
    if system == "canvas":
        parts = first.split("_")
        numbers = [i for i, part in enumerate(parts) if part.isdecimal()][:2]
        if len(numbers) < 2 or parts[numbers[0]] != lms_id or numbers[1] != numbers[0] + 1:
            return None
        return "_".join(parts[: numbers[1] + 1]) + "_feedback.html"
    match = _MOODLE.match(first)
    # Moodle counts from the left: an underscore in a name would move the number.
    name = match[1].replace("_", " ") if match else ""
    return f"{name}_{match[2]}_assignsubmission_file_/feedback.html" if match else None


def feedback_zip(system: str, table: str, folder: Path) -> tuple[bytes, int, list[str]]:
    """Return the zip of a class's pages, how many are in it, and whose is not.

    ``table``: the text of ``grades.csv`` or ``final.csv``. Raises ``MergeError`` for another table.
    """
    rows = rows_of(table)
    if {"student", "lms_id", "file", "feedback"} - set(rows[0]):
        raise MergeError("this is no grade table: use grades.csv or final.csv")
    pages: dict[str, bytes] = {}
    left = []
    for row in rows:
        who, file = uncell(row["student"]), uncell(row["file"])
        if not file:
            continue  # nothing was handed in
        target = place(system, file, uncell(row["lms_id"]))
        try:
            page = (folder / Path(uncell(row["feedback"]) or "none").name).read_bytes()
        except OSError:
            target = None
        if target is None:
            left.append(f"{who} ({file})")
        else:
            pages.setdefault(target, page)  # a group has one file and one page
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as zipped:
        for name, page in sorted(pages.items()):
            zipped.writestr(archive.entry(name), page)
    return made.getvalue(), len(pages), left


@dataclass(frozen=True)
class LatePolicy:
    """Per cent taken off for every day begun, and per cent at most."""

    per_day: float
    at_most: float = 100.0

    def share(self, days: float) -> float:
        """Return the share of the points that stays after so many days."""
        return 1 - min(self.per_day * math.ceil(max(days, 0.0)), self.at_most) / 100


def read_late(path: Path) -> dict[str, float]:
    """Return {id: days late} of a table with the columns ``id``, ``days`` and ``extension``.

    An extension, in days, is taken off; that column may be missing. Raises ``ListError`` for
    another table, for something that is no number, and for a student who is there twice.
    """
    table = lms.sheet(lms.decode(path.read_bytes(), path.name))
    columns = {name: table.column(name) for name in ("id", "days")}
    if "extension" in table.header:
        columns["extension"] = table.column("extension")
    found: dict[str, float] = {}
    for number, record in enumerate(table.records[1:], 2):
        row = {n: record[c].value.strip() if len(record) > c else "" for n, c in columns.items()}
        if not row["id"]:
            continue
        days = lms.to_number(row["days"] or "0")
        extension = lms.to_number(row.get("extension") or "0")
        if days is None or extension is None or min(days, extension) < 0:
            raise ListError(f"{path}, row {number}: days and extension are numbers from 0 on")
        if row["id"] in found:
            raise ListError(f"{path}: {row['id']} is there twice")
        found[row["id"]] = max(days - extension, 0.0)
    return found


def lowered(
    grades: Iterable[Grade], late: Mapping[str, float], policy: LatePolicy
) -> tuple[list[Grade], list[str]]:
    """Return the grades after the late policy, and what it did to whom. A blank stays blank."""
    found, told = [], []
    for grade in grades:
        days = late.get(grade.lms_id or grade.name, 0.0)
        share = policy.share(days)
        if grade.points is not None and share < 1:
            points = round(grade.points * share, 2)
            told.append(
                f"{grade.name} ({grade.lms_id}): {days:g} days late, "
                f"{grade.points:g} becomes {points:g}"
            )
            grade = replace(grade, points=points)
        found.append(grade)
    return found, told
