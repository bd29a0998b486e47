"""Facts against the five texts: by hash and place always, against the text where one is given.

``TEXTS=folder make test`` gives the texts; they are their publishers' and are not shipped.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from multivector import load, texts
from multivector.data import resource

FIVE = ("alibayov-kk", "alibayov-ru", "kukeyeva", "mustafin", "velizade")
FACTS = load("facts")
QUOTED = FACTS[FACTS["source_id"].isin(FIVE)]


@pytest.fixture(scope="session")
def given():
    folder = os.environ.get("TEXTS")
    if not folder:
        pytest.skip("no folder of texts: set TEXTS to check the quotes against them")
    found = texts.find(Path(folder))
    missing = set(FIVE) - set(found)
    assert not missing, f"{folder} holds no file with the sha256 of {sorted(missing)}"
    return found


def test_every_statement_of_the_texts_has_its_quote_placed_and_hashed():
    quotes = load("quotes").set_index("fact_id")
    assert set(quotes.index) == set(QUOTED["fact_id"])
    for row in QUOTED.itertuples():
        digest = hashlib.sha256(row.quote.encode("utf-8")).hexdigest()
        assert digest == quotes.at[row.fact_id, "quote_sha256"], row.fact_id
        assert len(row.quote) == quotes.at[row.fact_id, "length"], row.fact_id
        assert row.locator == f"line {quotes.at[row.fact_id, 'line']}", row.fact_id
        assert row.source_id == quotes.at[row.fact_id, "source_id"], row.fact_id


def test_every_numeral_is_recorded_or_has_its_reason():
    numerals = load("numerals")
    assert set(numerals["source_id"]) == set(FIVE)
    open_rows = numerals[numerals["fact_ids"].isna() & numerals["reason"].isna()]
    assert open_rows.index.tolist() == []
    of_text = FACTS.set_index("fact_id")["source_id"]
    for row in numerals.dropna(subset=["fact_ids"]).itertuples():
        for fact_id in row.fact_ids.split():
            assert of_text[fact_id] == row.source_id, (row.source_id, row.line, fact_id)


def test_the_count_of_facts_per_text_is_known():
    # A row that goes missing, or comes without its numeral, shows here.
    counts = QUOTED.groupby("source_id").size().to_dict()
    assert counts == {
        "alibayov-kk": 30,
        "alibayov-ru": 29,
        "kukeyeva": 136,
        "mustafin": 80,
        "velizade": 30,
    }
    codebook = resource("facts")["counts"]
    for source, count in counts.items():
        assert f"{source} {count}" in codebook


@pytest.mark.parametrize("source", FIVE)
def test_each_quote_stands_where_it_is_said_to_stand(given, source):
    text = given[source]
    for row in QUOTED[QUOTED["source_id"] == source].itertuples():
        lines = texts.locate(text, row.quote)
        assert int(row.locator.removeprefix("line ")) in lines, row.fact_id


@pytest.mark.parametrize("source", FIVE)
def test_the_list_of_numerals_is_that_of_the_text(given, source):
    listed = load("numerals")
    listed = listed[listed["source_id"] == source]
    known = {(r.line, r.position, r.numeral) for r in listed.itertuples()}
    language = "kk" if source == "alibayov-kk" else "ru"
    digits = texts.numerals(given[source])
    words = texts.number_words(given[source], language)
    missed = [n for n in (*digits, *words) if (n.line, n.position, n.token) not in known]
    assert missed == []
    by_place = listed[listed["form"] == "digits"]
    assert len(by_place) == len(digits)


@pytest.mark.parametrize("source", FIVE)
def test_quotes_stay_within_a_tenth_of_a_text(given, source):
    quoted = sum(len(q) for q in QUOTED.loc[QUOTED["source_id"] == source, "quote"])
    assert quoted <= len(given[source]) / 10


@pytest.mark.parametrize("source", FIVE)
def test_normalising_changes_spaces_hyphens_and_marks_only(given, source):
    text = given[source]
    flat = texts.normalise(text)
    assert texts.skeleton(flat) == texts.skeleton(text)
    assert texts.normalise(flat) == flat
    assert "\n" not in flat


def test_a_changed_text_is_not_recognised(tmp_path):
    (tmp_path / "001.txt").write_text("Казахстан", encoding="utf-8")
    assert texts.find(tmp_path) == {}


@pytest.mark.parametrize(
    ("raw", "flat"),
    [
        ("поли-\nтика", "политика"),
        ("военно-\nполитический", "военно-политический"),
        ("Центрально-\nАзиатский", "Центрально-Азиатский"),
        ("какой -\nлибо", "какой-либо"),
        ("2014–\n2020 гг.", "2014–2020 гг."),
        ("слово –  \n другое", "слово – другое"),
        ("Ка\u00adзах\u200bстан", "Казахстан"),
        ("й\u0306", "й"),
    ],
)
def test_the_rules_of_normalising(raw, flat):
    assert texts.normalise(raw) == flat


def test_a_quote_is_located_across_a_line_break():
    text = "первая строка\nмного-\nвекторность и ещё\n"
    assert texts.locate(text, "многовекторность и") == [2]
    assert texts.locate(text, "равноудаленность") == []
    with pytest.raises(ValueError, match="empty quote"):
        texts.locate(text, "")


def test_numerals_keep_decimals_whole():
    found = texts.numerals("на 17,2 млрд\nи 30 соглашений")
    assert [(n.line, n.position, n.token) for n in found] == [(1, 3, "17,2"), (2, 2, "30")]
    assert [n.token for n in texts.number_words("за три года", "ru")] == ["три"]
