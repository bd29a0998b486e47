"""Who is who in a class, and which variant of an assignment each student has.

A student is known by the roster's id, and a submission by what the LMS wrote into its file name;
nothing inside a notebook is asked.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Any

from multivector import archive
from multivector.grading import variants
from multivector.grading.assignment import Assignment, SourceError, vary
from multivector.grading.build import BuildError, self_test, solution_notebook, student_notebook
from multivector.grading.lms import ListError, Student, decode, known, plain_name, sheet, whose
from multivector.grading.spreadsheet import csv_text
from multivector.grading.submissions import Submission


class Variants:
    """The variants of one assignment under one course seed.

    Raises ``SourceError`` if the assignment has nothing to vary, ``SeedError`` for a weak seed.
    """

    def __init__(self, assignment: Assignment, seed: str) -> None:
        if not assignment.parameters:
            raise SourceError(f"{assignment.slug} has no parameters: leave out the seed")
        self._base, self._seed = assignment, seed
        # A class shares them; a bound, because an assignment can have thousands.
        self._read = lru_cache(maxsize=64)(lambda key: vary(assignment, json.loads(key)))
        self.of("")  # a weak seed is refused before anybody is graded

    def of(self, student: str) -> Assignment:
        """Return the assignment as this student (an id) has it."""
        chosen = variants.draw(self._base.parameters, self._seed, self._base.slug, student)
        return self._read(json.dumps(chosen))


def label_of(chosen: Mapping[str, Any] | None) -> str:
    """Return a variant in words, such as ``year 2023, pair ITA/CHN``; the book's is empty."""
    parts = []
    for name, choice in (chosen or {}).items():
        values = choice.values() if isinstance(choice, Mapping) else [choice]
        parts.append(f"{name} {'/'.join(map(str, values))}")
    return ", ".join(parts)


def identify(submissions: Iterable[Submission], roster: Sequence[Student]) -> dict[str, str | None]:
    """Return {submission's key: student's id}, ``None`` for somebody who is not on the roster.

    The LMS's id decides, then a name that only one person on the roster has (see ``lms.known``).
    Without a roster the LMS's id alone counts.
    """
    ids, found = known(roster), {}
    for submission in submissions:
        if not roster:
            found[submission.key] = submission.lms_id or None
        else:
            found[submission.key] = whose(ids, submission.lms_id, submission.name)
    return found


def read_groups(path: Path) -> dict[str, list[str]]:
    """Return {group: ids} of a table with the columns ``group`` and ``id``.

    Raises ``ListError`` for another table, or for somebody who is in two groups.
    """
    table = sheet(decode(path.read_bytes(), path.name))
    group, who = table.column("group"), table.column("id")
    found: dict[str, list[str]] = {}
    for record in table.records[1:]:
        if len(record) > max(group, who) and record[who].value.strip():
            found.setdefault(record[group].value.strip(), []).append(record[who].value.strip())
    twice = [i for i, n in Counter(i for ids in found.values() for i in ids).items() if n > 1]
    if twice:
        raise ListError(f"{path}: {twice[0]} is in two groups")
    return found


def spread(
    submissions: Iterable[Submission],
    groups: Mapping[str, Sequence[str]],
    roster: Sequence[Student],
) -> list[Submission]:
    """Return the submissions with what a group handed in under each member's id.

    A group is found by the name in the file, or by its number, before any student is. If a member's
    own file is there as well, or a second one of the group, the LMS's later one is not guessed:
    raises ``ListError``.
    """
    names = {s.id: s.name for s in roster}
    by_name = {plain_name(group): group for group in groups}
    member_of = {who: group for group, ids in groups.items() for who in ids}
    found: dict[str, Submission] = {}
    for one in submissions:
        given = (one.name, one.key, PurePosixPath(one.file).parts[0].split("_")[0])
        group = next((by_name[n] for n in map(plain_name, given) if n in by_name), None)
        if group is None and one.lms_id in member_of:
            group = member_of[one.lms_id]  # Canvas: one member's file is the group's
        members = groups.get(group, ()) if group else ()
        for who in members or (one.key,):
            if who in found:
                raise ListError(f"{group or who}: two files, {found[who].file} and {one.file}")
            if members:
                note = "; ".join(filter(None, (one.note, f"group {group}")))
                name = names.get(who, who)
                found[who] = replace(one, key=who, name=name, lms_id=who, note=note)
            else:
                found[who] = one
    return list(found.values())


def build_variants(
    made: Variants,
    roster: Sequence[Student],
    target: Path,
    parts: Iterable[str],
    package: str,
) -> list[Path]:
    """Write each student's notebook under ``target``, and for the instructor who has which.

    ``target/variants/ID/NAME.ipynb`` and ``target/instructor/variants.csv``; with ``colab`` among
    the parts ``NAME-colab.ipynb`` beside the first (it installs ``package``), with ``solution``
    ``target/instructor/variants/ID-solution.ipynb``. Raises ``BuildError`` if a
    variant cannot be solved or two ids would share a folder.
    """
    folders = Counter(folder_of(s) for s in roster)
    shared = [f for f, n in folders.items() if n > 1]
    if shared:
        raise BuildError(f"two ids of the roster would both be the folder {shared[0]!r}")
    written, rows, tested = [], [], set()
    for student in roster:
        variant, folder = made.of(student.id), folder_of(student)
        if variant.digest not in tested:
            self_test(variant)
            tested.add(variant.digest)
        files = {f"variants/{folder}/{variant.slug}.ipynb": student_notebook(variant)}
        if "colab" in parts:
            text = student_notebook(variant, colab=True, package=package)
            files[f"variants/{folder}/{variant.slug}-colab.ipynb"] = text
        if "solution" in parts:
            files[f"instructor/variants/{folder}-solution.ipynb"] = solution_notebook(variant)
        for name, text in files.items():
            archive.write_whole(target / name, text.encode())
            written.append(target / name)
        first = next(iter(files))
        rows.append([student.id, student.name, label_of(variant.chosen), first])
    index = target / "instructor" / "variants.csv"
    table = csv_text(["id", "name", "variant", "file"], rows)
    archive.write_whole(index, table.encode("utf-8-sig"))
    return [*written, index]


def folder_of(student: Student) -> str:
    """Return the id as a name for a folder; raises ``ListError`` if nothing of it is left."""
    name = re.sub(r"[^\w@.-]", "_", student.id).lstrip(".-")[:80]
    if not name:
        raise ListError(f"{student.name}: {student.id!r} is no id")
    return name
