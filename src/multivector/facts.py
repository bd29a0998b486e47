"""One statement: who said what, when, of which kind, in whose words.

A row of ``data/facts.csv`` is one statement by one speaker. This module looks one up, finds the
statements it contradicts, and words it for prose and for a citation.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import pandas as pd

from multivector.data import DataError, data_dir, load, stamp

_QUALIFIERS = {
    "=": "",
    "about": "about ",
    "almost": "almost ",
    "over": "over ",
    "under": "under ",
    "up_to": "up to ",
}
#: unit -> how a value reads in prose; ``{}`` is the number
_UNITS = {
    "bn_usd": "${} bn",
    "mn_usd": "${} mn",
    "usd": "${}",
    "bn_eur": "€{} bn",
    "mn_eur": "€{} mn",
    "bn_kzt": "₸{} bn",
    "percent": "{}%",
    "kt": "{} thousand tonnes",
    "mt": "{} million tonnes",
    "mt_per_year": "{} million tonnes a year",
    "t": "{} tonnes",
    "times": "{} times",
    "years": "{} years",
    "months": "{} months",
    "days": "{} days",
    "hours": "{} hours",
    "km": "{} km",
    "mn_people": "{} million people",
    "mw": "{} MW",
    "gw": "{} GW",
    "points": "{} points",
    "teu": "{} TEU",
    "tiv": "{} million TIV",
}
_MONTHS = (
    "January February March April May June July August September October November December".split()
)
#: What a reader should know of a number before comparing it with another
KINDS = {
    "flow": "a flow: an amount per period",
    "stock": "a stock: an amount at one date",
    "cumulative": "a cumulative sum over several years",
    "pledge": "a pledge: announced, not yet paid",
    "memorandum": "a memorandum: an intention without obligation",
    "purchase": "a purchase",
    "mixed": "a mixed sum: purchases, investments and intentions added together",
    "portfolio": "a portfolio of projects at various stages",
    "spending": "spending",
    "capacity": "a capacity, not a use",
    "share": "a share",
    "growth": "a growth rate",
    "count": "a count",
    "event": "an event",
    "date": "a date",
    "rank": "a rank",
    "vote": "a vote",
    "forecast": "a forecast",
    "characterisation": "a characterisation: a judgement in words",
}


@dataclass(frozen=True)
class Fact:
    """One row of ``facts.csv``; blank cells are ``None``."""

    fact_id: str
    source_id: str
    speaker: str
    reported_by: str | None
    vector: str | None
    subject: str | None
    counterpart: str | None
    indicator: str | None
    qualifier: str | None
    value: float | None
    value_high: float | None
    unit: str | None
    kind: str
    period_start: str | None
    period_end: str | None
    basis: str | None
    quote: str | None
    quote_language: str | None
    quote_en: str | None
    locator: str | None
    conflicts_with: str | None
    note: str | None


@lru_cache(maxsize=8)
def _records(name: str, kind: type, changed: tuple[int, int] | None) -> dict[str, Any]:
    """Return a table's rows by their first cell, each as ``kind``; blank cells are ``None``."""
    return {
        next(iter(row.values())): kind(**{k: None if pd.isna(v) else v for k, v in row.items()})
        for row in load(name).to_dict("records")
    }


def all_facts() -> dict[str, Fact]:
    """Return every fact by its id, in the order of the table."""
    return _records("facts", Fact, stamp(data_dir() / "facts.csv"))


def get(fact_id: str) -> Fact:
    """Return one fact; raises ``DataError`` for an id that is not in the table."""
    try:
        return all_facts()[fact_id]
    except KeyError:
        raise DataError(f"no fact called {fact_id!r} in facts.csv") from None


def value(fact_id: str) -> float:
    """Return the number of a fact in its own unit; raises ``DataError`` where it has none."""
    fact = get(fact_id)
    if fact.value is None:
        raise DataError(f"fact {fact_id!r} has no number: it is {KINDS[fact.kind]}")
    return fact.value


def rivals(fact: Fact | str) -> list[Fact]:
    """Return the statements that cannot be true together with this one, given as fact or id."""
    if isinstance(fact, str):
        fact = get(fact)
    return [get(name) for name in (fact.conflicts_with or "").split()]


def prose(fact: Fact) -> str:
    """Return the statement as it reads in a sentence: "over $15 bn", "6 November 2025".

    A statement without a number reads as its period, or as its quote in English.
    """
    if fact.value is None:
        if fact.kind in ("event", "date", "vote") and fact.period_start:
            return period(fact)
        spoken = fact.quote_en or fact.quote
        return f"“{spoken}”" if spoken else fact.indicator or ""
    number = _number(fact.value)
    if fact.value_high is not None:
        number = f"{number} to {_number(fact.value_high)}"
    return _QUALIFIERS[fact.qualifier or "="] + _UNITS.get(fact.unit or "", "{}").format(number)


def _number(number: float) -> str:
    if 1900 <= number <= 2100 and number == int(number):
        return str(int(number))
    return f"{number:,.10g}"


def period(fact: Fact) -> str:
    """Return the period in words: "2024", "30 August to 3 September 2025"; blank if unknown."""
    start, end = fact.period_start, fact.period_end
    if not start:
        return ""
    if not end or end == start:
        return date_words(start)
    if len(start) == len(end) == 10 and start[:4] == end[:4]:
        left = date_words(start).rsplit(" ", 1)[0]
        if start[:7] == end[:7]:
            left = left.split(" ")[0]
        return f"{left} to {date_words(end)}"
    return f"{date_words(start)} to {date_words(end)}"


def date_words(date: str) -> str:
    """Return ``2025-11-06`` as "6 November 2025", ``2025-11`` as "November 2025", a year as is."""
    parts = date.split("-")
    if len(parts) == 3:
        return f"{int(parts[2])} {_MONTHS[int(parts[1]) - 1]} {parts[0]}"
    if len(parts) == 2:
        return f"{_MONTHS[int(parts[1]) - 1]} {parts[0]}"
    return date


def voice(fact: Fact) -> str:
    """Return who says it and through whom: "Vladimir Putin, reported by Rustem Mustafin"."""
    if fact.reported_by and fact.reported_by != fact.speaker:
        return f"{fact.speaker}, reported by {fact.reported_by}"
    return fact.speaker


def source(source_id: str) -> dict:
    """Return one row of ``sources.csv``; raises ``DataError`` for an unknown id."""
    try:
        return _records("sources", dict, stamp(data_dir() / "sources.csv"))[source_id]
    except KeyError:
        raise DataError(f"no source called {source_id!r} in sources.csv") from None


def cite(fact: Fact) -> str:
    """Return a plain-text citation: voice, title, publisher, date."""
    row = source(fact.source_id)
    parts = [voice(fact), f"“{row['title']}”" if row["title"] else None, row["publisher"]]
    if row["published_date"] is not None:
        parts.append(date_words(row["published_date"].date().isoformat()))
    elif row["year"] is not None:
        parts.append(str(row["year"]))
    return ", ".join(part for part in parts if part)
