"""A newer vintage is a new file: the difference is shown, the published one is untouched."""

from __future__ import annotations

import json
import shutil

import pytest

from multivector import data, load, vintage

KEEP = ("trade", "partners", "sources", "states")


@pytest.fixture
def folder(tmp_path):
    """A package of four tables, free to grow."""
    descriptor = data.package()
    descriptor["resources"] = [e for e in descriptor["resources"] if e["name"] in KEEP]
    for entry in descriptor["resources"]:
        shutil.copy(data.data_dir() / entry["path"], tmp_path)
    text = json.dumps(descriptor, indent=2, ensure_ascii=False) + "\n"
    (tmp_path / "datapackage.json").write_text(text, encoding="utf-8")
    return tmp_path


@pytest.fixture
def newer(folder, tmp_path_factory):
    """The trade table with one cell revised, one blanked, one row gone and one added."""
    rows = (folder / "trade.csv").read_text(encoding="utf-8").splitlines()
    first, second = rows[1].split(","), rows[2].split(",")
    first[3], second[4] = "700.5", ""
    added = ["KAZ", "2020", "ZZZ", "1.5", "", "bns-trade"]
    partners = folder / "partners.csv"
    line = "ZZZ,Test,Тест,Тест,other,false,false\n"
    partners.write_text(partners.read_text(encoding="utf-8") + line, encoding="utf-8")
    last_2020 = max(i for i, row in enumerate(rows) if row.startswith("KAZ,2020,"))
    changed = [rows[0], ",".join(first), ",".join(second), *rows[4 : last_2020 + 1]]
    changed += [",".join(added), *rows[last_2020 + 1 :]]
    file = tmp_path_factory.mktemp("new") / "new.csv"
    file.write_text("\n".join(changed) + "\n", encoding="utf-8")
    return file


def test_the_difference_is_shown_cell_by_cell(folder, newer):
    published = load("trade", folder)
    found = vintage.compare("trade", newer, folder)
    assert found["change"].value_counts().to_dict() == {"revised": 2, "added": 1, "removed": 1}
    revised = found[found["change"] == "revised"].set_index("column")
    assert revised.at["exports_musd", "before"] == published.at[0, "exports_musd"]
    assert revised.at["exports_musd", "after"] == 700.5
    assert revised.at["imports_musd", "before"] == published.at[1, "imports_musd"]
    assert revised.at["imports_musd", "after"] is None
    assert found.loc[found["change"] == "added", "partner"].tolist() == ["ZZZ"]
    gone = found.loc[found["change"] == "removed", "partner"].tolist()
    assert gone == [published.at[2, "partner"]]


def test_an_equal_file_has_no_difference(folder):
    assert vintage.compare("trade", folder / "trade.csv", folder).empty


def test_a_vintage_is_published_beside_the_old_one(folder, newer):
    before = (folder / "trade.csv").read_bytes()
    path, difference = vintage.add("trade", newer, "2027-03", "2027-03-15", folder)
    assert (folder / "trade.csv").read_bytes() == before
    assert path.read_bytes() == newer.read_bytes()
    assert len(difference) == 4
    assert load("trade-2027-03", folder).at[0, "exports_musd"] == 700.5
    entry = data.resource("trade-2027-03", folder)
    assert entry["vintage_of"] == "trade"
    assert entry["terms"]["checked"] == "2027-03-15"
    names = [e["name"] for e in data.package(folder)["resources"]]
    assert names.index("trade-2027-03") == names.index("trade") + 1


def test_a_published_vintage_is_never_overwritten(folder, newer):
    path, _ = vintage.add("trade", newer, "2027-03", "2027-03-15", folder)
    kept = path.read_bytes(), (folder / "datapackage.json").read_bytes()
    with pytest.raises(data.DataError, match="never overwrite"):
        vintage.add("trade", folder / "trade.csv", "2027-03", "2027-04-01", folder)
    assert (path.read_bytes(), (folder / "datapackage.json").read_bytes()) == kept


def test_a_file_lying_there_is_not_overwritten_either(folder, newer):
    (folder / "trade-2027-03.csv").write_text("mine", encoding="utf-8")
    with pytest.raises(data.DataError, match="never overwrite"):
        vintage.add("trade", newer, "2027-03", "2027-03-15", folder)
    assert (folder / "trade-2027-03.csv").read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda text: text.replace("700.5", "700,5"), "row 2"),
        (lambda text: text.replace("ZZZ", "QQQ"), "foreign-key"),
        (lambda text: text.replace("exports_musd", "exports"), "exports_musd"),
        (lambda text: "", "empty file"),
    ],
)
def test_a_vintage_that_breaks_a_rule_is_refused(folder, newer, spoil, message):
    newer.write_text(spoil(newer.read_text(encoding="utf-8")), encoding="utf-8")
    kept = sorted(path.name for path in folder.iterdir())
    with pytest.raises(data.DataError, match=message):
        vintage.add("trade", newer, "2027-03", "2027-03-15", folder)
    assert sorted(path.name for path in folder.iterdir()) == kept


@pytest.mark.parametrize(
    ("name", "checked"), [("2027", "2027-03-15"), ("2027-13", "2027-03-15"), ("2027-03", "soon")]
)
def test_a_vintage_needs_real_dates(folder, newer, name, checked):
    with pytest.raises(data.DataError):
        vintage.add("trade", newer, name, checked, folder)


def test_the_command_names_the_missing_file(capsys):
    assert vintage.main(["compare", "trade", "no-such-file.csv"]) == 1
    assert "missing file" in capsys.readouterr().err


def test_the_command_shows_that_nothing_changed(capsys):
    assert vintage.main(["compare", "trade", str(data.data_dir() / "trade.csv")]) == 0
    assert capsys.readouterr().out.startswith("0 added, 0 removed, 0 revised")
