"""``merge-essays`` and ``export-grades``: from the grade table to the LMS."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from multivector import archive
from multivector.grading.assignment import SourceError, read
from multivector.grading.commands import stop


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the commands that come after grading."""
    merge = commands.add_parser("merge-essays", help="add the filled-in essay sheet to the grades")
    merge.add_argument("assignment")
    merge.add_argument("grades", type=Path)
    merge.add_argument("essays", type=Path, nargs="+", help="the sheet, or one for each reader")
    merge.add_argument("--output", type=Path, default=Path("final.csv"))
    merge.add_argument(
        "--feedback", type=Path, help="folder of the students' pages (the one beside the grades)"
    )
    merge.set_defaults(run=run_merge)

    export = commands.add_parser(
        "export-grades",
        help="write the grades into the gradebook that Canvas or Moodle exported",
        description="Write the grades into a copy of the file that Canvas (gradebook) or Moodle "
        "(grading worksheet) exported, ready to import again: one column changes, nothing else.",
    )
    export.add_argument("assignment")
    export.add_argument("grades", type=Path, help="final.csv, or grades.csv if nothing is judged")
    export.add_argument("gradebook", type=Path, help="the file your LMS exported")
    export.add_argument("--output", type=Path, required=True, help="the file to import")
    export.add_argument("--column", help="heading of the column to fill, if it is not obvious")
    export.add_argument("--scale", action="store_true", help="convert to the column's maximum")
    export.add_argument(
        "--without-essays", action="store_true", help="export the automatic points alone"
    )
    export.add_argument(
        "--late", type=Path, help="CSV with id, days late and, if you like, extension in days"
    )
    export.add_argument("--late-per-day", type=float, help="per cent taken off for each day begun")
    export.add_argument("--late-at-most", type=float, default=100.0, help="per cent at most")
    export.set_defaults(run=run_export)

    back = commands.add_parser(
        "feedback-zip",
        help="put the students' pages into a zip that Canvas or Moodle takes",
        description="Canvas: upload it in SpeedGrader's gradebook menu as submission comments. "
        "Moodle: upload it as multiple feedback files in a zip.",
    )
    back.add_argument("grades", type=Path, help="grades.csv or final.csv")
    back.add_argument("--lms", choices=("canvas", "moodle"), required=True)
    back.add_argument(
        "--feedback", type=Path, help="folder of the pages (the one beside the grades)"
    )
    back.add_argument("--output", type=Path, required=True, help="the zip to upload")
    back.set_defaults(run=run_feedback)


def _text(path: Path) -> str:
    """Return a table that a spreadsheet may have saved; raises ``MergeError`` if not as UTF-8."""
    from multivector.grading.report import MergeError

    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        # Not guessed: the code page of a Russian Windows has no letter for half of Kazakh.
        raise MergeError(
            f"{path}: not UTF-8; save it as CSV UTF-8 (comma delimited) from the file as it was "
            "written, for letters that the other encoding lacks are lost"
        ) from None


def run_merge(options: argparse.Namespace) -> int:
    """Merge judged points into the grades, and points and comments into the students' pages.

    Return 0, or 1 with the reason and nothing written.
    """
    from multivector.grading import report

    try:
        assignment = read(options.assignment)
        grades, *sheets = map(_text, (options.grades, *options.essays))
        merged = report.merge_essays(assignment, grades, sheets)
        marks = report.read_marks(assignment, sheets)
        folder = options.feedback or options.grades.with_name(f"{options.grades.stem}-feedback")
        if options.feedback and not folder.is_dir():
            return stop(f"{folder} is no folder of feedback pages", 1)
        pages, without = report.marked_pages(assignment, merged, marks, folder)
        for path, text in pages.items():
            archive.write_whole(path, text.encode())
        archive.write_whole(options.output, merged.encode("utf-8-sig"))
    except (SourceError, report.MergeError, OSError) as error:
        return stop(error, 1)
    print(f"{folder}: points and comments in {len(pages)} pages", file=sys.stderr)
    if without:
        print(f"no page in {folder} for: {', '.join(without)}", file=sys.stderr)
    print(options.output)
    return 0


def run_export(options: argparse.Namespace) -> int:
    """Fill in a gradebook; return 0, or 1 with the reason and nothing written."""
    from multivector.grading import handback, lms, report

    if (options.late is None) != (options.late_per_day is None):
        return stop("--late and --late-per-day go together", 1)
    try:
        assignment = read(options.assignment)
        text = _text(options.grades)
        grades, out_of = report.exported(assignment, text, without_essays=options.without_essays)
        late: list[str] = []
        if options.late:
            policy = handback.LatePolicy(options.late_per_day, options.late_at_most)
            if not (0 <= policy.per_day <= 100 and 0 <= policy.at_most <= 100):
                return stop("--late-per-day and --late-at-most are per cent, from 0 to 100", 1)
            grades, late = handback.lowered(grades, handback.read_late(options.late), policy)
        filled = lms.fill(
            options.gradebook.read_bytes(),
            grades,
            out_of,
            name=str(options.gradebook),
            column=options.column,
            hint=assignment.title,
            scale=options.scale,
        )
        archive.write_whole(options.output, filled.data)
    except (SourceError, report.MergeError, lms.ListError, OSError) as error:
        return stop(error, 1)
    told = [f"{options.output}: {filled.filled} grades of {out_of:g} in {filled.column!r}"]
    for heading, people in (
        ("lowered because they came late", late),
        ("left as they were, because they have no grade", filled.blank),
        ("left as the LMS has them", filled.kept),
        ("in the gradebook, but not among the grades", filled.not_graded),
        ("GRADED, BUT NOT IN THE GRADEBOOK: enter these by hand", filled.not_listed),
    ):
        if people:
            told += [f"{len(people)} {heading}:", *(f"  {p}" for p in people)]
    print("\n".join(told), file=sys.stderr)
    return 0


def run_feedback(options: argparse.Namespace) -> int:
    """Write the zip; return 0, or 1 with the reason."""
    from multivector.grading import handback, report

    folder = options.feedback or options.grades.with_name(f"{options.grades.stem}-feedback")
    if not folder.is_dir():
        return stop(f"{folder} is no folder of pages: give it with --feedback", 1)
    try:
        data, count, left = handback.feedback_zip(options.lms, _text(options.grades), folder)
        if not count:
            return stop(f"no page can be named as {options.lms} names files; hand them out", 1)
        archive.write_whole(options.output, data)
    except (report.MergeError, OSError) as error:
        return stop(error, 1)
    told = [f"{options.output}: {count} pages"]
    if left:
        told += [f"{len(left)} that {options.lms} would not find; send these yourself:"]
        told += [f"  {who}" for who in left]
    print("\n".join(told), file=sys.stderr)
    return 0
