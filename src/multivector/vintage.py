"""A newer vintage of a table: a new file, the difference shown, the published one untouched.

Statistics are revised. A chapter that was written from one vintage must not change its numbers
because another was published; so a newer vintage is a table of its own beside the older one:

    python -m multivector.vintage compare trade new.csv
    python -m multivector.vintage add trade new.csv --vintage 2027-03 --checked 2027-03-15

``compare`` shows which cells were added, removed and revised. ``add`` does the same, then copies
the file to ``data/trade-2027-03.csv`` and describes it in ``datapackage.json``; a chapter moves to
it by writing ``load("trade-2027-03")``. Nothing is ever overwritten, and a file that breaks a rule
of the table it renews is refused.
"""

from __future__ import annotations

import argparse
import datetime
import json
import re
import shutil
import sys
import tempfile
from pathlib import Path

import pandas as pd

from multivector import data
from multivector.data import DataError


def compare(name: str, file: Path, folder: Path | None = None) -> pd.DataFrame:
    """Return the difference between the published table ``name`` and ``file``, cell by cell.

    Columns: the table's key, then ``column``, ``before``, ``after`` and ``change`` (added, removed
    or revised), sorted by key. A row that is new or gone stands once, with ``column`` blank.
    Raises ``DataError`` if ``file`` breaks a rule of the table.
    """
    folder = folder or data.data_dir()
    before, after = data.load(name, folder), _load_as(name, file, folder)
    key = list(data.resource(name, folder)["schema"]["primaryKey"])
    old, new = before.set_index(key), after.set_index(key)
    rows = [(*_tuple(i), None, None, None, "added") for i in new.index.difference(old.index)]
    rows += [(*_tuple(i), None, None, None, "removed") for i in old.index.difference(new.index)]
    shared = old.index.intersection(new.index)
    for column in old.columns:
        left, right = old.loc[shared, column], new.loc[shared, column]
        same = (left == right).fillna(False).astype(bool) | (left.isna() & right.isna())
        for index in shared[~same.to_numpy()]:
            pair = (left.loc[index], right.loc[index])
            cells = [None if pd.isna(cell) else cell for cell in pair]
            rows.append((*_tuple(index), column, *cells, "revised"))
    frame = pd.DataFrame(rows, columns=[*key, "column", "before", "after", "change"], dtype=object)
    return frame.sort_values([*key, "column"], na_position="first", ignore_index=True)


def add(
    name: str, file: Path, vintage: str, checked: str, folder: Path | None = None
) -> tuple[Path, pd.DataFrame]:
    """Publish ``file`` as the table ``name-vintage``; return its path and the difference.

    ``vintage`` is YYYY-MM or YYYY-MM-DD; ``checked`` (YYYY-MM-DD) is the day on which the terms of
    the new file were read. Raises ``DataError`` if a rule is broken, a date is none, or a table or
    file of that name exists: nothing is written then.
    """
    folder = folder or data.data_dir()
    if not re.fullmatch(r"\d{4}-\d{2}(-\d{2})?", vintage):
        raise DataError(f"vintage {vintage!r}: write YYYY-MM or YYYY-MM-DD")
    for date in (checked, vintage if len(vintage) == 10 else f"{vintage}-01"):
        try:
            datetime.date.fromisoformat(date)
        except ValueError as error:
            raise DataError(f"{date!r} is not a date: {error}") from error
    difference = compare(name, file, folder)
    descriptor = data.package(folder)
    fresh = f"{name}-{vintage}"
    path = folder / f"{fresh}.csv"
    if path.exists() or fresh in {entry["name"] for entry in descriptor["resources"]}:
        raise DataError(f"{path.name} is published: choose another vintage, never overwrite one")
    entry = json.loads(json.dumps(data.resource(name, folder)))
    entry |= {
        "name": fresh,
        "path": path.name,
        "title": f"{entry['title']} (vintage {vintage})",
        "vintage_of": name,
        "hash": data.file_hash(file),
    }
    entry["terms"]["checked"] = checked
    with path.open("xb") as stream:  # "x": refuses an existing file even if one has just appeared
        stream.write(file.read_bytes())
    place = [item["name"] for item in descriptor["resources"]].index(name) + 1
    descriptor["resources"].insert(place, entry)
    text = data.descriptor_text(descriptor)
    (folder / "datapackage.json").write_text(text, encoding="utf-8", newline="\n")
    return path, difference


def _tuple(index: object) -> tuple:
    return index if isinstance(index, tuple) else (index,)


def _load_as(name: str, file: Path, folder: Path) -> pd.DataFrame:
    """Read ``file`` under every rule of the table ``name``, in a copy of the package."""
    if not Path(file).is_file():
        raise DataError(f"{file}: missing file")
    with tempfile.TemporaryDirectory() as copy:
        trial = Path(copy)
        for entry in data.package(folder)["resources"]:
            shutil.copy(folder / entry["path"], trial)
        shutil.copy(folder / "datapackage.json", trial)
        shutil.copy(file, trial / data.resource(name, folder)["path"])
        found = data.problems(trial, hashes=False)
        if found:
            raise DataError(f"{Path(file).name} as {found[0]}")
        return data.load(name, trial)


def main(argv: list[str] | None = None) -> int:
    """Run ``compare`` or ``add``; return the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m multivector.vintage",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True)
    for command in ("compare", "add"):
        sub = commands.add_parser(command)
        sub.add_argument("table")
        sub.add_argument("file", type=Path)
        if command == "add":
            sub.add_argument("--vintage", required=True, help="YYYY-MM or YYYY-MM-DD")
            sub.add_argument("--checked", required=True, help="day on which the terms were read")
    given = parser.parse_args(argv)
    try:
        if given.command == "add":
            path, difference = add(given.table, given.file, given.vintage, given.checked)
            print(f"published {path.name}; now run: make data")
        else:
            difference = compare(given.table, given.file)
    except DataError as error:
        print(error, file=sys.stderr)
        return 1
    counts = difference["change"].value_counts()
    print(", ".join(f"{counts.get(c, 0)} {c}" for c in ("added", "removed", "revised")))
    if len(difference):
        print(difference.to_string(index=False, na_rep=""))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
