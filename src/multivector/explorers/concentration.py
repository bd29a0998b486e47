"""Explorer: how concentrated Kazakhstan's trade is, and what decides the answer."""

from __future__ import annotations

from typing import Any

import pandas as pd

from multivector.data import load
from multivector.explorers.base import Explorer
from multivector.explorers.trade import prepare

LEAD = ("EU27", "ITA", "CHN", "RUS", "NLD", "TUR", "UZB")


class Concentration(Explorer):
    """Herfindahl-Hirschman index of partners and its inverse, over time.

    Controls: ``flow``, ``group`` (``countries``, ``eu`` or ``vectors``), ``drop`` (ISO3 codes to
    leave out, ``EU27`` for all members), ``measure`` (``index`` or ``number``) and ``year`` (of
    the ranking). The definition is :func:`multivector.indicators.concentration`.
    """

    name = "concentration"
    title = "How concentrated is the trade?"
    cannot = (
        "An index of shares knows no routes, no goods and no substitutes: two equal numbers can "
        "hide different dependence. Customs record the first port, so oil landed at Trieste for "
        "others counts as Italy's."
    )
    source = (
        "Data: Bureau of National Statistics of Kazakhstan, external trade by country. "
        "Index: Hirschman 1945; the effective number is its inverse."
    )

    def __init__(
        self,
        trade: pd.DataFrame | None = None,
        partners: pd.DataFrame | None = None,
        **values: Any,
    ) -> None:
        """Read the tables ``trade`` and ``partners`` unless given; ``values`` set controls."""
        trade = load("trade") if trade is None else trade
        partners = load("partners") if partners is None else partners
        data = prepare(trade, partners, [])
        names = {p["code"]: p["name"] for p in data["partners"]} | {"EU27": "All of the EU"}
        lead = [(code, names[code]) for code in LEAD]
        rest = sorted(((c, n) for c, n in names.items() if c not in LEAD), key=lambda n: n[1])
        controls: list[dict[str, Any]] = [
            {
                "key": "flow", "type": "choice", "label": "Flow", "default": "exports",
                "options": [("exports", "Exports"), ("imports", "Imports"),
                            ("turnover", "Turnover")],
            },
            {
                "key": "measure", "type": "choice", "label": "Show", "default": "number",
                "options": [("number", "Effective number of partners"), ("index", "Index")],
            },
            {
                "key": "group", "type": "choice", "label": "Count as one partner",
                "default": "countries",
                "options": [("countries", "Each country"), ("eu", "The EU"),
                            ("vectors", "Each vector")],
            },
            {
                "key": "drop", "type": "many", "label": "Leave out", "default": [],
                "options": [*lead, *rest], "lead": len(lead), "more": f"{len(rest)} more partners",
            },
            {
                "key": "year", "type": "slider", "label": "Ranking of", "digits": 0,
                "min": data["years"][0], "max": data["years"][-1], "step": 1,
                "default": data["years"][-1],
                "names": [str(year) for year in data["years"]],
            },
        ]  # fmt: skip
        super().__init__(data, controls, **values)
