"""Explorer: the visits, summits and other events of 2025, as found, on a map and a timeline."""

from __future__ import annotations

from typing import Any

import pandas as pd

from multivector import facts
from multivector.data import load
from multivector.explorers import basemap
from multivector.explorers.base import Explorer, listed

YEAR = "2025"
ASTANA = (71.43, 51.13)
MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
VECTORS = (
    ("eu", "European Union"), ("china", "China"), ("russia", "Russia"), ("usa", "United States"),
    ("turkic", "Turkic states"), ("gulf", "Gulf"), ("neighbours", "Central Asia"),
    ("multilateral", "Multilateral"), ("other", "Other"),
)  # fmt: skip


class Year(Explorer):
    """The events of 2025 in sequence: where, with whom, how far, who calls it what.

    Controls: ``event`` (its number in the sequence), ``vectors`` and ``trail`` (earlier events
    too).
    """

    name = "year"
    title = "The year 2025 on a map and a timeline"
    cannot = (
        "Visits, summits and other meetings, declarations, a launch and an attack as found, not a "
        "complete list; the vector is the book's filing. A visit is an output of two sides and "
        "does not measure closeness; the line is the shortest way from Astana, not the route "
        "flown. No border is drawn but Kazakhstan's own."
    )
    source = (
        "Data: events.csv, event_ranks.csv and facts.csv, each event with its source. Map: "
        "Natural Earth (public domain), Equal Earth projection."
    )

    def __init__(self, **values: Any) -> None:
        """Read ``events`` and ``event_ranks``; ``values`` set controls."""
        data = tables(load("events"), load("event_ranks"))
        here = {event["vector"] for event in data["events"]}
        vectors = [pair for pair in VECTORS if pair[0] in here]
        controls: list[dict[str, Any]] = [
            {"key": "event", "type": "slider", "label": "Event", "min": 1,
             "max": len(data["events"]), "step": 1, "default": len(data["events"]),
             "steps": True,
             "names": [f"{n}. {e['when']}: {e['place']}"
                       for n, e in enumerate(data["events"], 1)]},
            {"key": "vectors", "type": "many", "label": "Vectors", "options": vectors,
             "default": [code for code, _ in vectors]},
            {"key": "trail", "type": "flag", "label": "Keep earlier events in view",
             "default": True},
        ]  # fmt: skip
        super().__init__(data, controls, **values)


def tables(events: pd.DataFrame, ranks: pd.DataFrame) -> dict[str, Any]:
    """Return what the JavaScript shows.

    ``map``: width, height, land, kazakhstan, and Astana's pixel; ``events`` in sequence: place,
    when, day (of the year; the middle of the month where no day is known), exact, vector, format,
    x, y (pixels), km (from Astana, of a trip; else ``None``), route (path), what, by, said (id of
    the statement, its page, quote, language and English), ranks (who calls the visit what, and the
    rank that is).
    """
    start = events["date_start"].astype(str)
    chosen = events[start.str.startswith(YEAR) & (events["format"] != "absence")].copy()
    # A month without a day comes after the days of that month.
    chosen["order"] = chosen["date_start"].astype(str).map(lambda d: d if len(d) > 7 else f"{d}-99")
    out = []
    for row in chosen.sort_values(["order", "event_id"]).itertuples():
        place = (float(row.lon), float(row.lat))
        fact = facts.get(row.fact_id)
        x, y = basemap.project(*place)
        km = basemap.distance_km(ASTANA, place)
        said = [
            {"word": r.rank_worded if pd.isna(r.rank_worded_en) else r.rank_worded_en,
             "rank": r.rank, "by": facts.voice(facts.get(r.fact_id))}
            for r in ranks[ranks["event_id"] == row.event_id].itertuples()
        ]
        date = str(row.date_start)
        month = int(date[5:7])
        exact = len(date) > 7
        day = pd.Timestamp(date if exact else f"{date}-15").day_of_year
        out.append({
            "place": row.place, "vector": row.vector, "format": row.format,
            "x": round(x, 1), "y": round(y, 1),
            "km": round(km) if row.direction == "abroad" else None,
            "route": basemap.route(ASTANA, place, 24) if row.direction == "abroad" else "",
            "when": f"{int(date[8:10])} {MONTHS[month - 1]}" if exact else MONTHS[month - 1],
            "day": int(day), "exact": exact, "by": facts.voice(fact),
            "what": (fact.indicator or "").removeprefix(f"{row.place}: "),
            "said": {"id": fact.fact_id, "page": listed(fact), "quote": fact.quote,
                     "language": fact.quote_language, "english": fact.quote_en},
            "ranks": said,
        })  # fmt: skip
    ground = basemap.basemap()
    x, y = basemap.project(*ASTANA)
    return {
        "map": {
            "width": ground["width"], "height": ground["height"], "land": ground["land"],
            "kazakhstan": ground["kazakhstan"], "home": [round(x, 1), round(y, 1)],
        },
        "months": MONTHS,
        "vectors": [list(pair) for pair in VECTORS],
        "events": out,
    }  # fmt: skip
