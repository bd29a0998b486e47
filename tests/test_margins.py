"""A finding about counts says how many missed events would turn it, and computes that."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest

from multivector import margins
from multivector.book.statements.margins import bare

CASE = Path(__file__).resolve().parents[1] / "chapters" / "case-2025"


def fewest(counts: dict[str, int], holds) -> int:
    """Return by trial how few events, added or taken away, make ``holds`` untrue."""
    names = list(counts)
    for events in range(1, 30):
        for change in product(range(-events, events + 1), repeat=len(names)):
            if sum(map(abs, change)) == events:
                turned = {n: counts[n] + c for n, c in zip(names, change, strict=True)}
                if min(turned.values()) >= 0 and not holds(turned):
                    return events
    raise AssertionError("nothing turns it")


@pytest.mark.parametrize("counts", [(3, 1, 0), (7, 4, 2), (1, 0, 0), (5, 4, 4)])
def test_a_lead_turns_with_the_fewest_events(counts):
    named = dict(zip("abc", counts, strict=True))
    trial = fewest(named, lambda t: t["a"] > max(t["b"], t["c"]))
    assert margins.lead(named, "a") == trial


@pytest.mark.parametrize(("part", "whole"), [(4, 7), (3, 5), (1, 1), (6, 6), (8, 14), (9, 14)])
def test_a_majority_turns_with_the_fewest_events(part, whole):
    named = {"part": part, "rest": whole - part}
    trial = fewest(named, lambda t: 2 * t["part"] > t["part"] + t["rest"])
    assert margins.majority(part, whole) == trial


def test_what_is_no_finding_has_no_margin():
    for call in (
        lambda: margins.lead({"a": 2, "b": 2}, "a"),
        lambda: margins.lead({"a": 2}, "a"),
        lambda: margins.majority(3, 6),
        lambda: margins.majority(7, 6),
        lambda: margins.told(0, "trip"),
    ):
        with pytest.raises(ValueError):
            call()


@pytest.mark.parametrize("events", [1, 2, 9, 10, 31])
def test_a_margin_is_told_in_the_words_that_the_role_takes(events):
    assert margins.TOLD.fullmatch(margins.told(events, "incoming visit"))


@pytest.mark.parametrize("page", sorted(CASE.glob("*.md")), ids=lambda page: page.stem)
def test_a_comparison_of_counts_shows_its_margin(page):
    assert bare(page.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "words",
    [
        "There were more trips to Russia than to any other partner.",
        "Most guests came from the Union.",
        "Trips to Russia lead the list.",
        "Russia leads with seven points.",
        "The largest group of visits is European.",
    ],
)
def test_a_comparison_is_seen(words):
    assert bare(f"# A page\n\n{words}\n")
    assert not bare(f"# A page\n\n{words} ({{margin}}`lead`)\n")
