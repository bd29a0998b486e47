"""A table, typed and validated, from wherever the package runs.

``load("trade")`` reads ``data/trade.csv`` with the types of ``data/datapackage.json``.
``python -m multivector.data check`` validates every table and names file, row, column and rule;
``hash`` records the sha256 of every table after a deliberate change; ``codebook`` writes
``data/README.md``.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import io
import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import pandas as pd

from multivector import archive

_HERE = Path(__file__).resolve().parent
# ASCII: \d would take the digits of every script, and a table is to be read by any program.
_NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?", re.ASCII)
_INTEGER = re.compile(r"-?(0|[1-9]\d*)", re.ASCII)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_BOOLEANS = {"true": True, "false": False}


class DataError(ValueError):
    """A table that cannot be trusted: the message names file, row, column and rule."""


@dataclass(frozen=True)
class Problem:
    """One broken rule. ``row`` counts lines of the file, the header being row 1."""

    file: str
    row: int | None
    column: str | None
    rule: str
    message: str

    def __str__(self) -> str:
        place = self.file
        if self.row is not None:
            place += f", row {self.row}"
        if self.column is not None:
            place += f", column {self.column}"
        return f"{place}: {self.rule}: {self.message}"


def data_dir() -> Path:
    """Return the folder of tables: the repository's, or the copy inside an installed wheel.

    Raises ``DataError`` where neither exists.
    """
    for folder in (_HERE.parents[1] / "data", _HERE / "_data"):
        if (folder / "datapackage.json").is_file():
            return folder
    raise DataError("no data folder: the package was installed without its tables")


def package(folder: Path | None = None) -> dict[str, Any]:
    """Return ``datapackage.json`` as a dictionary; raises ``DataError`` if it is not JSON."""
    path = (folder or data_dir()) / "datapackage.json"
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise DataError(f"{path.name}: not readable as JSON: {error}") from error


def resource(name: str, folder: Path | None = None) -> dict[str, Any]:
    """Return the description of one table; raises ``DataError`` for an unknown name."""
    resources = package(folder)["resources"]
    for entry in resources:
        if entry["name"] == name:
            return entry
    known = ", ".join(entry["name"] for entry in resources)
    raise DataError(f"no table called {name!r}; there are: {known}")


def load(name: str, folder: Path | None = None, *, reporter: str | None = None) -> pd.DataFrame:
    """Return the table ``name``, one row per record, columns typed by ``datapackage.json``.

    ``reporter``: only the rows of this country (ISO3), in a table that holds several.

    Types: string as str (blank stays missing), integer and year as Int64, number as float64,
    boolean as boolean, date as datetime64. Units are in the table's codebook entry.
    Raises ``DataError`` with file, row, column and rule for a cell that does not fit, and for a
    reporter of whom the table has no row.
    The frame is the caller's own: changing it changes nothing else.
    """
    folder = folder or data_dir()
    entry = resource(name, folder)
    path = folder / entry["path"]
    table = _load(str(path), json.dumps(entry["schema"]), stamp(path))
    if reporter is None:
        return table.copy()
    if "reporter" not in table.columns:
        raise DataError(f"{entry['path']}: the table has no column reporter to choose by")
    rows = table[(table["reporter"] == reporter).fillna(False)]
    if rows.empty:
        raise DataError(f"{entry['path']}: no row has the reporter {reporter!r}")
    return rows.reset_index(drop=True)


def stamp(path: Path) -> tuple[int, int] | None:
    """Return what changes when a file is written anew; ``None`` where there is none."""
    return (path.stat().st_mtime_ns, path.stat().st_size) if path.is_file() else None


@lru_cache(maxsize=64)
def _load(path: str, schema: str, stamp: tuple[int, int] | None) -> pd.DataFrame:
    fields = json.loads(schema)["fields"]
    header, rows = _rows(Path(path))
    problems = list(_header_problems(Path(path).name, header, fields))
    problems += _cell_problems(Path(path).name, rows, fields) if not problems else []
    if problems:
        raise DataError(str(problems[0]))
    columns = {}
    for index, field in enumerate(fields):
        cells = [row[index] if row[index] != "" else None for _, row in rows]
        columns[field["name"]] = _typed(cells, field["type"])
    return pd.DataFrame(columns)


def _typed(cells: list[str | None], kind: str) -> pd.Series:
    if kind in ("integer", "year"):
        return pd.Series([None if c is None else int(c) for c in cells], dtype="Int64")
    if kind == "number":
        return pd.Series([float("nan") if c is None else float(c) for c in cells], dtype="float64")
    if kind == "boolean":
        return pd.Series([None if c is None else _BOOLEANS[c] for c in cells], dtype="boolean")
    if kind == "date":
        return pd.to_datetime(pd.Series(cells, dtype="str"), format="%Y-%m-%d")
    return pd.Series(cells, dtype="str")


def _rows(path: Path) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Return the header and (line number, cells) pairs of a CSV file, or raise ``DataError``."""
    name = path.name
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise DataError(f"{name}: missing file: {error.strerror}") from error
    if not raw.strip():
        raise DataError(f"{name}, row 1: empty file: a header row is expected")
    if raw.startswith(b"\xef\xbb\xbf"):
        raise DataError(f"{name}, row 1: byte-order mark: save as UTF-8 without one")
    if b"\x00" in raw:
        row = raw[: raw.index(b"\x00")].count(b"\n") + 1
        raise DataError(f"{name}, row {row}: NUL byte: not a text file")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        row = raw[: error.start].count(b"\n") + 1
        raise DataError(f"{name}, row {row}: not UTF-8: {error.reason}") from error
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    header: list[str] | None = None
    rows: list[tuple[int, list[str]]] = []
    start = 1
    try:
        for cells in reader:
            if header is None:
                header = cells
            else:
                rows.append((start, cells))
            start = reader.line_num + 1
    except csv.Error as error:
        raise DataError(f"{name}, row {start}: quoting: {error}") from error
    return header or [], rows


def _header_problems(name: str, header: list[str], fields: list[dict]) -> Iterator[Problem]:
    expected = [field["name"] for field in fields]
    for column in expected:
        if column not in header:
            yield Problem(name, 1, column, "missing column", f"the header has {header}")
            return
    if header != expected:
        yield Problem(name, 1, None, "header", f"expected {expected}, found {header}")


def _cell_problems(
    name: str, rows: list[tuple[int, list[str]]], fields: list[dict]
) -> list[Problem]:
    """Check width and plain types cell by cell: stricter than Table Schema on numbers.

    Table Schema accepts ``NaN``, ``INF``, ``1e3`` and padding; a table of figures must not.
    """
    problems: list[Problem] = []
    for line, cells in rows:
        if len(cells) != len(fields):
            problems.append(
                Problem(name, line, None, "width", f"{len(cells)} cells, expected {len(fields)}")
            )
            continue
        for cell, field in zip(cells, fields, strict=True):
            rule = _type_rule(cell, field["type"])
            if rule:
                problems.append(Problem(name, line, field["name"], "type", f"{cell!r} {rule}"))
    return problems


def _type_rule(cell: str, kind: str) -> str | None:
    if cell == "":
        return None
    if kind in ("integer", "year") and not _INTEGER.fullmatch(cell):
        return "is not a whole number"
    if kind == "number" and not _NUMBER.fullmatch(cell):
        return "is not a plain decimal number"
    if kind == "boolean" and cell not in _BOOLEANS:
        return "is neither true nor false"
    # The form on its own: pandas reads 2025-1-5 with this format too.
    if kind == "date" and (
        not _DATE.fullmatch(cell)
        or pd.isna(pd.to_datetime(cell, format="%Y-%m-%d", errors="coerce"))
    ):
        return "is not a date as YYYY-MM-DD"
    if cell != cell.strip():
        return "has spaces around it"
    if any(ord(char) < 32 and char != "\n" for char in cell):
        return "has a control character"
    return None


# --- validation at build and test time -------------------------------------------------------


def problems(folder: Path | None = None, *, hashes: bool = True) -> list[Problem]:
    """Return every broken rule of every table; an empty list means the package is sound.

    Type and shape first, by this module; then constraints, keys and foreign keys by frictionless
    (installed with the book, not in Binder), which wait until every row can be read; and the house
    rules on terms and hashes. A table whose cells are broken is not told that its hash is too.
    """
    folder = folder or data_dir()
    descriptor = package(folder)
    found: list[Problem] = []
    for entry in descriptor["resources"]:
        broken = _table_problems(folder, entry)
        found += broken
        found += _terms_problems(entry)
        if hashes and not broken and entry.get("hash") != file_hash(folder / entry["path"]):
            message = "the file changed; after a deliberate change run: make data"
            found.append(Problem(entry["path"], None, None, "sha256", message))
    if not any(problem.row for problem in found):
        found += _frictionless_problems(folder, descriptor)
    return found


def _table_problems(folder: Path, entry: dict) -> list[Problem]:
    name, fields = entry["path"], entry["schema"]["fields"]
    try:
        header, rows = _rows(folder / name)
    except DataError as error:
        match = re.match(r"[^,:]+(?:, row (\d+))?: ([^:]+): (.*)", str(error), re.S)
        row, rule, message = match.groups() if match else (None, "file", str(error))
        return [Problem(name, int(row) if row else None, None, rule, message)]
    return list(_header_problems(name, header, fields)) or _cell_problems(name, rows, fields)


def _terms_problems(entry: dict) -> list[Problem]:
    terms = entry.get("terms", {})
    missing = [key for key in ("title", "path", "checked", "redistribution") if not terms.get(key)]
    if missing:
        return [Problem(entry["path"], None, None, "terms", f"no {', '.join(missing)}")]
    if terms["redistribution"] not in ("yes", "no"):
        return [Problem(entry["path"], None, None, "terms", "redistribution is yes or no")]
    return []


def _frictionless_problems(folder: Path, descriptor: dict) -> list[Problem]:
    # Imported here: a reader's machine and Binder load tables without it.
    import frictionless

    checked = frictionless.Package.from_descriptor(
        {"resources": [_plain(entry) for entry in descriptor["resources"]]},
        basepath=str(folder),
    )
    found = []
    for task in checked.validate().tasks:
        for error in task.errors:
            row = getattr(error, "row_number", None)
            column = getattr(error, "field_name", None)
            found.append(
                Problem(Path(task.place).name, row, column, error.type, error.note or error.message)
            )
    return found


def _plain(entry: dict) -> dict:
    """Keep what Table Schema knows; the house's own keys and hash format stay out."""
    return {
        "name": entry["name"],
        "path": entry["path"],
        "encoding": "utf-8",
        "format": "csv",
        "type": "table",
        "schema": entry["schema"],
    }


def file_hash(path: Path) -> str:
    """Return ``sha256:`` and the hexadecimal digest of a file's bytes."""
    return "sha256:" + hashlib.sha256(path.read_bytes()).hexdigest()


def descriptor_text(descriptor: dict[str, Any]) -> str:
    """Return the description of a package as ``datapackage.json`` holds it."""
    return json.dumps(descriptor, indent=2, ensure_ascii=False) + "\n"


def write_hashes(folder: Path | None = None) -> None:
    """Record every table's sha256 in ``datapackage.json``, after a deliberate change."""
    folder = folder or data_dir()
    descriptor = package(folder)
    for entry in descriptor["resources"]:
        entry["hash"] = file_hash(folder / entry["path"])
    text = descriptor_text(descriptor)
    (folder / "datapackage.json").write_text(text, encoding="utf-8", newline="\n")


def write_zip(target: Path, folder: Path | None = None) -> None:
    """Write the data package as one zip: every table whose terms let it be passed on.

    The descriptor inside names only the tables inside. The same tables give the same bytes.
    """
    folder = folder or data_dir()
    descriptor = package(folder)
    descriptor["resources"] = [
        entry for entry in descriptor["resources"] if entry["terms"]["redistribution"] == "yes"
    ]
    files = {"datapackage.json": descriptor_text(descriptor).encode()}
    files |= {
        entry["path"]: (folder / entry["path"]).read_bytes() for entry in descriptor["resources"]
    }
    archive.pack(target, files)


def codebook(folder: Path | None = None, used: dict[str, list[str]] | None = None) -> str:
    """Return the codebook as Markdown: one section a table, generated from the descriptor.

    ``used``: table -> links to the pages that use it, added to its section where given.
    """
    folder = folder or data_dir()
    return "\n".join(
        _codebook_section(entry, folder, (used or {}).get(entry["name"], []))
        for entry in package(folder)["resources"]
    )


def _codebook_section(entry: dict, folder: Path, pages: list[str]) -> str:
    terms = entry["terms"]
    rows = len(_rows(folder / entry["path"])[1])
    lines = [
        f"## {entry['title']}",
        "",
        f"`data/{entry['path']}`, {rows} rows. {entry['description']}",
        "",
        f"- **What it counts.** {entry['counts']}",
        f"- **What it does not count.** {entry['not_counted']}",
    ]
    lines += [f"- **Caveat.** {caveat}" for caveat in entry["caveats"]]
    lines += [f"- **How it was compiled.** {entry['compiled']}"]
    sources = "; ".join(
        f"[{s['title']}]({s['path']})" if s.get("path", "").startswith("http") else s["title"]
        for s in entry["sources"]
    )
    may = "may be passed on" if terms["redistribution"] == "yes" else "may not be passed on"
    lines += [
        f"- **Source.** {sources}",
        f"- **Terms.** [{terms['title']}]({terms['path']}), read on {terms['checked']}: {may}.",
        *([f"- **Used on.** {', '.join(pages)}"] if pages else []),
        "",
        "| column | type | unit | meaning |",
        "|---|---|---|---|",
    ]
    for field in entry["schema"]["fields"]:
        unit, meaning = field.get("unit", ""), field["description"]
        if values := field.get("constraints", {}).get("enum"):
            listed = ", ".join(f"`{value}`" for value in values)
            meaning = f"{meaning.rstrip('.')}. One of: {listed}."
        lines.append(f"| `{field['name']}` | {field['type']} | {unit} | {meaning} |")
    return "\n".join(lines) + "\n"


_README_HEAD = """# Codebook

Generated by `make data` from `datapackage.json`; edit that file, not this one.
Each table says what it counts, what it does not, where it comes from and on what terms.

"""


def main(argv: list[str] | None = None) -> int:
    """Run ``check``, ``hash`` or ``codebook``; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m multivector.data", description=__doc__)
    parser.add_argument("command", choices=["check", "hash", "codebook"])
    command = parser.parse_args(argv).command
    if command == "hash":
        write_hashes()
    elif command == "codebook":
        text = _README_HEAD + codebook()
        (data_dir() / "README.md").write_text(text, encoding="utf-8", newline="\n")
    else:
        found = problems()
        for problem in found:
            print(problem, file=sys.stderr)
        print(f"{len(package()['resources'])} tables, {len(found)} problems")
        return 1 if found else 0
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
