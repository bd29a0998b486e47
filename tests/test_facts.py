"""A fact reads as its author meant it, and a card says who, when, what kind and in whose words."""

from __future__ import annotations

import dataclasses
import re

import pytest

from multivector import facts
from multivector.book.statements.facts import card, words
from multivector.data import DataError


def fact(**given):
    blank = {field.name: None for field in dataclasses.fields(facts.Fact)}
    base = {"fact_id": "x", "source_id": "mustafin", "speaker": "Somebody", "kind": "flow"}
    return facts.Fact(**{**blank, **base, **given})


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"value": 48.8, "unit": "bn_usd"}, "$48.8 bn"),
        ({"value": 15.0, "unit": "bn_usd", "qualifier": "over"}, "over $15 bn"),
        ({"value": 30.0, "unit": "bn_usd", "qualifier": "almost"}, "almost $30 bn"),
        ({"value": 25.0, "value_high": 26.0, "unit": "bn_usd"}, "$25 to 26 bn"),
        ({"value": 85.0, "unit": "percent", "qualifier": "about"}, "about 85%"),
        ({"value": 70.0, "unit": "count", "qualifier": "over"}, "over 70"),
        ({"value": 12762.0, "unit": "kt"}, "12,762 thousand tonnes"),
        ({"kind": "event", "period_start": "2025-11-06"}, "6 November 2025"),
        (
            {"kind": "event", "period_start": "2025-08-30", "period_end": "2025-09-03"},
            "30 August to 3 September 2025",
        ),
        (
            {"kind": "event", "period_start": "2025-11-11", "period_end": "2025-11-12"},
            "11 to 12 November 2025",
        ),
        ({"kind": "characterisation", "quote_en": "a bridge"}, "“a bridge”"),
    ],
)
def test_a_statement_reads_as_prose(given, text):
    assert facts.prose(fact(**given)) == text


def test_every_fact_has_wording_citation_and_card():
    for one in facts.all_facts().values():
        assert facts.prose(one).strip(), one.fact_id
        assert facts.cite(one).strip(), one.fact_id
        assert "Said by" in card(one)


def test_every_kind_and_unit_can_be_worded():
    for one in facts.all_facts().values():
        assert one.kind in facts.KINDS, one.fact_id


def test_an_unknown_fact_is_named():
    with pytest.raises(DataError, match="no-such-fact"):
        facts.get("no-such-fact")


def test_rivals_are_found_from_both_sides():
    one = "russia-trade-2024-putin"
    for rival in facts.rivals(one):
        assert one in (rival.conflicts_with or "").split()
    assert facts.rivals(one)


def test_a_card_escapes_what_a_speaker_says():
    shown = card(fact(quote="<script>x</script>", quote_language="en", value=1.0, unit="count"))
    assert "<script>" not in shown
    assert "&lt;script&gt;" in shown


def test_a_quote_keeps_its_language():
    one = next(f for f in facts.all_facts().values() if f.quote_language == "kk")
    assert '<q lang="kk">' in card(one)


def test_quote_refuses_a_fact_without_words():
    with pytest.raises(DataError, match="no quote"):
        words(fact(value=1.0, unit="count"), quote=True)


#: a word directly before a number that limits it -> qualifiers that keep it
_HEDGES = {
    r"over|more than|exceed(?:ed|s|ing)?|surpass(?:ed|es)?|upwards of|break the": {"over"},
    r"about|around|approximately|roughly": {"about"},
    r"nearly|almost": {"almost"},
    r"up to": {"up_to"},
}


def test_a_hedge_before_a_quoted_number_is_kept():
    # "Nearly $25 billion" recorded as "$25 bn" would be a claim that nobody made.
    seen = 0
    for one in facts.all_facts().values():
        words = one.quote_en or (one.quote if one.quote_language == "en" else None)
        if one.value is None or not words:
            continue
        number = re.escape(f"{one.value:,.10g}")
        for hedge, kept in _HEDGES.items():
            if re.search(rf"\b(?:{hedge})\s+(?:US|USD)?\s?[$€]?{number}(?![\d.,]*\d)", words, re.I):
                seen += 1
                assert one.qualifier in kept, f"{one.fact_id}: {words}"
    assert seen > 30
