"""Errata: a book that asks to be traced shows its own corrections."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from multivector import facts, load

ROOT = Path(__file__).resolve().parents[1]
ERRATA = load("errata")


def test_every_erratum_names_a_page_of_the_book_and_its_days_in_order():
    for row in ERRATA.itertuples():
        assert (ROOT / "chapters" / f"{row.page}.md").is_file(), row.erratum_id
        assert row.since < row.mended, row.erratum_id


def test_what_is_right_is_a_statement_that_the_page_shows_or_counts():
    counted = set(load("events")["fact_id"])
    for row in ERRATA.dropna(subset=["fact_id"]).itertuples():
        page = (ROOT / "chapters" / f"{row.page}.md").read_text(encoding="utf-8")
        assert f"`{row.fact_id}`" in page or row.fact_id in counted, row.erratum_id
        assert facts.get(row.fact_id)


def test_the_wrong_words_stand_nowhere_any_more():
    gone = ("votes with Russia on rights", "We found no such visit", "Votes with Russia on rights")
    for page in (ROOT / "chapters").rglob("*.md"):
        text = page.read_text(encoding="utf-8")
        assert [words for words in gone if words in text] == [], page.name


def test_a_row_without_a_statement_says_what_is_right_in_words():
    blank = ERRATA[ERRATA["fact_id"].isna()]
    assert (blank["right"].str.len() > 20).all() and not pd.isna(ERRATA["right"]).any()
