"""A table is typed and validated, and a broken one says where it is broken."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import zipfile
from pathlib import Path

import pandas as pd
import pytest

from multivector import data, load, vintage
from multivector.book.notebooks import binder, notebooks
from multivector.book.statements import codebook

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def folder(tmp_path):
    """A copy of the tables of the first path, free to be broken."""
    here = data.data_dir()
    descriptor = data.package()
    descriptor["resources"] = [
        entry
        for entry in descriptor["resources"]
        if entry["name"] in ("trade", "partners", "sources", "states")
    ]
    for entry in descriptor["resources"]:
        shutil.copy(here / entry["path"], tmp_path)
    text = json.dumps(descriptor, ensure_ascii=False)
    (tmp_path / "datapackage.json").write_text(text, encoding="utf-8")
    return tmp_path


def lines(folder, name="trade.csv"):
    return (folder / name).read_text(encoding="utf-8").split("\n")


def write(folder, rows, name="trade.csv"):
    (folder / name).write_text("\n".join(rows), encoding="utf-8")


def test_every_table_is_sound():
    assert [str(problem) for problem in data.problems()] == []


def test_trade_is_typed_and_complete():
    trade = load("trade")
    assert list(trade.columns)[:3] == ["reporter", "year", "partner"]
    assert str(trade["year"].dtype) == "Int64"
    assert trade["exports_musd"].dtype == "float64"
    counts = trade.groupby("year").size()
    assert counts.index.tolist() == list(range(2020, 2026))
    assert counts.between(74, 76).all()


def test_the_quoted_totals_follow_from_the_table():
    trade = load("trade")
    partners = load("partners")
    eu = partners.loc[partners["eu27"], "iso3"]
    assert len(eu) == 27
    year = trade[trade["year"] == 2024]
    rows = year[year["partner"].isin(eu)]
    turnover = rows[["exports_musd", "imports_musd"]].sum().sum() / 1000
    assert round(turnover, 2) == 48.84
    assert round(rows["exports_musd"].sum() / 1000, 2) == 38.14
    russia = year[year["partner"] == "RUS"][["exports_musd", "imports_musd"]].sum().sum() / 1000
    assert round(russia, 2) == 28.14


def test_a_frame_is_the_callers_own():
    first = load("trade")
    first["year"] = 0
    assert load("trade")["year"].min() == 2020


def test_an_unknown_table_names_those_there_are():
    with pytest.raises(data.DataError, match="trade"):
        load("no-such-table")


def broken(rows, kind):
    """Return the lines of trade.csv with one thing broken, and where it is expected."""
    cells = rows[4].split(",")
    if kind == "wrong type":
        cells[3] = "12.5x"
        return [*rows[:4], ",".join(cells), *rows[5:]], 5, "exports_musd", "type"
    if kind == "not a number":
        cells[3] = "NaN"
        return [*rows[:4], ",".join(cells), *rows[5:]], 5, "exports_musd", "type"
    if kind == "unknown partner":
        cells[2] = "XXX"
        return [*rows[:4], ",".join(cells), *rows[5:]], 5, None, "foreign-key"
    if kind == "duplicate key":
        return [*rows[:5], rows[4], *rows[5:]], 6, None, "primary-key"
    if kind == "negative trade":
        cells[3] = "-1.5"
        return [*rows[:4], ",".join(cells), *rows[5:]], 5, "exports_musd", "constraint-error"
    if kind == "missing year":
        cells[1] = ""
        return [*rows[:4], ",".join(cells), *rows[5:]], 5, "year", "constraint-error"
    if kind == "missing column":
        cut = [",".join(row.split(",")[:3] + row.split(",")[4:]) for row in rows if row]
        return cut, 1, "exports_musd", "missing column"
    if kind == "a cell too many":
        return [*rows[:4], rows[4] + ",1", *rows[5:]], 5, None, "width"
    raise AssertionError(kind)


@pytest.mark.parametrize(
    "kind",
    [
        "wrong type",
        "not a number",
        "unknown partner",
        "duplicate key",
        "negative trade",
        "missing year",
        "missing column",
        "a cell too many",
    ],
)
def test_a_broken_cell_names_file_row_column_and_rule(folder, kind):
    rows, row, column, rule = broken(lines(folder), kind)
    write(folder, rows)
    found = data.problems(folder, hashes=False)
    assert found, "the broken table was accepted"
    hit = found[0]
    assert hit.file == "trade.csv"
    assert hit.row == row
    assert column is None or hit.column == column
    assert rule in hit.rule
    assert f"row {row}" in str(hit)


@pytest.mark.parametrize(
    ("raw", "rule"),
    [
        (b"", "empty file"),
        (b"\n\n", "empty file"),
        (b"\xef\xbb\xbfyear,partner\n", "byte-order mark"),
        ("year,partner\n2020,Қ".encode("utf-16"), "NUL byte"),
        (b"year,partner\n2020,\xff\xfe\n", "not UTF-8"),
        (b'year,partner,exports_musd,imports_musd,source_id\n2020,"AB"C,1,1,x\n', "quoting"),
    ],
)
def test_an_unreadable_file_is_named(folder, raw, rule):
    (folder / "trade.csv").write_bytes(raw)
    found = data.problems(folder, hashes=False)
    assert found[0].file == "trade.csv"
    assert found[0].rule == rule
    with pytest.raises(data.DataError, match="trade.csv"):
        load("trade", folder)


def test_a_missing_file_is_named(folder):
    (folder / "trade.csv").unlink()
    assert "missing file" in str(data.problems(folder, hashes=False)[0])


def test_a_silent_change_is_noticed(folder):
    rows = lines(folder)
    cells = rows[4].split(",")
    cells[3] = str(float(cells[3]) + 1)
    write(folder, [*rows[:4], ",".join(cells), *rows[5:]])
    assert "sha256" in {problem.rule for problem in data.problems(folder)}


def test_a_silent_change_is_noticed_beside_another_broken_table(folder):
    (folder / "partners.csv").write_bytes(b"iso3\n")
    rows = lines(folder)
    for name in ("trade.csv", "sources.csv"):
        assert data.resource(name[:-4], folder)["path"] == name
    cells = rows[4].split(",")
    cells[3] = str(float(cells[3]) + 1)
    write(folder, [*rows[:4], ",".join(cells), *rows[5:]])
    # The order of the tables must not matter.
    descriptor = data.package(folder)
    for order in (descriptor["resources"], descriptor["resources"][::-1]):
        text = json.dumps(descriptor | {"resources": order})
        (folder / "datapackage.json").write_text(text, encoding="utf-8")
        found = [(p.file, p.rule) for p in data.problems(folder) if p.rule == "sha256"]
        assert found == [("trade.csv", "sha256")]


def test_no_program_that_writes_a_described_file_leaves_its_line_ends_to_the_system():
    for module in (data, vintage, notebooks, binder):
        calls = re.findall(r"\.write_text\(.*", Path(module.__file__).read_text(encoding="utf-8"))
        assert calls and all('newline="\\n"' in call for call in calls), module.__name__


def test_a_checkout_keeps_the_bytes_that_were_hashed():
    if not (ROOT / ".git").exists():
        pytest.skip("not a checkout")
    asked = ["git", "-C", str(ROOT), "check-attr", "eol", "data/trade.csv"]
    done = subprocess.run(asked, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "data/trade.csv: eol: lf"


@pytest.mark.parametrize(
    ("cell", "kind", "fits"),
    [
        ("2025-01-05", "date", True),
        ("2025-1-5", "date", False),
        ("2025-01", "date", False),
        ("2025-02-30", "date", False),
        ("٢٠٢٥-٠١-٠٥", "date", False),
        ("1٢", "integer", False),
        ("12", "integer", True),
        ("1٢", "year", False),
        ("1.٢", "number", False),
        ("1.2", "number", True),
        # A partial date is text with a pattern of its own, such as a fact's period.
        ("2025-01", "string", True),
    ],
)
def test_a_cell_is_written_as_its_type_says(cell, kind, fits):
    assert (data._type_rule(cell, kind) is None) is fits


@pytest.mark.parametrize(
    ("text", "tables"),
    [
        ("explorers.Shock(cut=3)", {"oil_routes", "commodities", "trade", "macro"}),
        ("explorers.Year()", {"events", "event_ranks", "facts", "sources"}),
        ("{quote}`bridge-power`", {"facts", "sources"}),
        ("prose\n```{statements}\n```", {"facts", "sources"}),
        ('load("un_agreement", reporter="KAZ")', {"un_agreement"}),
        ("prose\n```{errata}\n```", {"errata"}),
        ("explorers are fun", set()),
    ],
)
def test_the_codebook_counts_what_a_page_reads_through_others(tmp_path, text, tables):
    (tmp_path / "a.md").write_text(text, encoding="utf-8")
    assert set(codebook.used(tmp_path, ["a"])) >= tables
    assert bool(codebook.used(tmp_path, ["a"])) is bool(tables)


def test_the_codebook_finds_the_pages_of_a_vintage(tmp_path):
    (tmp_path / "a.md").write_text('load("trade-2027-03") load("macro")', encoding="utf-8")
    found = codebook.used(tmp_path, ["a"])
    assert found == {"trade-2027-03": ["{doc}`/a`"], "macro": ["{doc}`/a`"]}


def test_a_blank_stays_blank(folder):
    rows = lines(folder)
    cells = rows[4].split(",")
    cells[3] = ""
    write(folder, [*rows[:4], ",".join(cells), *rows[5:]])
    assert data.problems(folder, hashes=False) == []
    assert pd.isna(load("trade", folder)["exports_musd"].iloc[3])


def test_terms_without_a_date_are_refused(folder):
    descriptor = data.package(folder)
    descriptor["resources"][0]["terms"]["checked"] = ""
    (folder / "datapackage.json").write_text(json.dumps(descriptor), encoding="utf-8")
    assert "terms" in {problem.rule for problem in data.problems(folder, hashes=False)}


def test_the_zip_holds_what_may_be_passed_on_and_nothing_else(folder, tmp_path):
    descriptor = data.package(folder)
    descriptor["resources"][0]["terms"]["redistribution"] = "no"
    kept_back = descriptor["resources"][0]["path"]
    (folder / "datapackage.json").write_text(json.dumps(descriptor), encoding="utf-8")
    data.write_zip(tmp_path / "one.zip", folder)
    data.write_zip(tmp_path / "two.zip", folder)
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "one.zip") as archive:
        names = set(archive.namelist())
        inside = json.loads(archive.read("datapackage.json"))
    rest = {entry["path"] for entry in descriptor["resources"]} - {kept_back}
    assert names == rest | {"datapackage.json"}
    assert {entry["path"] for entry in inside["resources"]} == rest


def test_the_codebook_names_every_code_that_a_column_may_hold():
    text = data.codebook()
    coded = 0
    for entry in data.package()["resources"]:
        for field in entry["schema"]["fields"]:
            values = field.get("constraints", {}).get("enum", [])
            coded += bool(values)
            row = f"| `{field['name']}` | {field['type']} |"
            assert not values or any(
                row in line and all(f"`{value}`" in line for value in values)
                for line in text.splitlines()
            ), (entry["name"], field["name"])
    assert coded > 20


def test_the_committed_codebook_is_the_generated_one():
    written = (data.data_dir() / "README.md").read_text(encoding="utf-8")
    assert data.codebook() in written
