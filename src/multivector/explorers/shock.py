"""Explorer: what a cut costs at once (sensitivity) and after substitution (vulnerability)."""

from __future__ import annotations

from typing import Any

import pandas as pd

from multivector import indicators
from multivector.data import load
from multivector.explorers.base import Explorer
from multivector.explorers.trade import prepare

#: What oil_routes.csv calls a route -> what a reader calls it
ROUTES = {
    "cpc": "Caspian pipeline (CPC)",
    "atyrau-samara": "Atyrau-Samara pipeline",
    "china": "Pipeline to China",
    "aktau": "Port of Aktau",
    "aktau-baku": "Aktau to Baku",
    "aktau-makhachkala": "Aktau to Makhachkala",
    "rail": "Rail",
}


class Shock(Explorer):
    """Cut trade with a partner, crude oil as a good, or an oil route; replace part of it.

    Controls: ``target`` (``partner``, ``oil`` or ``route``), ``partner``, ``flow``, ``year``
    (a string), ``route``, ``cut`` (percent), ``replace`` (percent), ``room`` (million tonnes a
    year on the other routes), ``months`` before replacing starts, ``discount`` (what redirecting
    costs, percent of the value redirected). The
    arithmetic is :func:`multivector.theory.shock_partner` and ``shock_route``; what is replaced
    counts for the months that remain of the first year.
    """

    name = "shock"
    title = "Dependence and shock"
    cannot = (
        "First-round arithmetic: no prices, no second round, no exchange rate. How much could be "
        "replaced, how soon and at what price is your assumption, not a finding. Tonnes say "
        "nothing of the cost of a longer route."
    )
    source = (
        "Data: Bureau of National Statistics of Kazakhstan (trade, commodities); gross domestic "
        "product: World Bank, IMF; oil by route: officials and companies, each figure in "
        "facts.csv. Sensitivity and vulnerability: Keohane and Nye 1977."
    )

    def __init__(self, **values: Any) -> None:
        """Read the tables; ``values`` set controls."""
        data = tables(load("trade"), load("partners"), load("commodities"), load("macro"),
                      load("oil_routes"))  # fmt: skip
        names = sorted(((p["code"], p["name"]) for p in data["partners"]), key=lambda n: n[1])
        years = sorted({*map(str, data["years"]), *data["oil"], *data["routes"]}, reverse=True)
        routes = [("russia", "Every route that certainly crosses Russia"), *ROUTES.items()]

        def slider(key: str, label: str, unit: str, default: int, top: int, **more: Any) -> dict:
            return {"key": key, "type": "slider", "label": label, "unit": unit, "min": 0,
                    "max": top, "step": 1 if top <= 24 else 5, "default": default, "digits": 0,
                    **more}  # fmt: skip

        controls: list[dict[str, Any]] = [
            {"key": "target", "type": "choice", "label": "What is cut", "default": "partner",
             "options": [("partner", "Trade with a partner"), ("oil", "Crude oil exports"),
                         ("route", "An oil route")]},
            {"key": "partner", "type": "select", "label": "Partner", "default": "RUS",
             "options": [("EU27", "European Union (27)"), *names],
             "when": {"target": ["partner"]}},
            {"key": "flow", "type": "choice", "label": "Flow", "default": "exports",
             "options": [("exports", "Exports"), ("imports", "Imports"),
                         ("turnover", "Turnover")],
             "when": {"target": ["partner"]}},
            {"key": "route", "type": "select", "label": "Route", "default": "cpc",
             "options": routes, "when": {"target": ["route"]}},
            {"key": "year", "type": "select", "label": "Year", "default": years[0],
             "options": [(year, year) for year in years]},
            slider("cut", "Cut", "%", 50, 100),
            slider("replace", "Replaced elsewhere", "%", 40, 100,
                   when={"target": ["partner", "oil"]}),
            slider("room", "Room on the other routes, a year", "mln t", 10, 80,
                   when={"target": ["route"]}),
            slider("months", "Replacing starts after", "months", 6, 12),
            slider("discount", "Redirecting costs, of its value", "%", 10, 100,
                   when={"target": ["partner", "oil"]}),
        ]  # fmt: skip
        super().__init__(data, controls, **values)


def tables(
    trade: pd.DataFrame,
    partners: pd.DataFrame,
    commodities: pd.DataFrame,
    macro: pd.DataFrame,
    oil_routes: pd.DataFrame,
) -> dict[str, Any]:
    """Return what the JavaScript computes with.

    ``years``, ``partners``: as for the trade explorer; ``gdp``: year -> million dollars; ``oil``:
    year -> [crude oil, all goods] in million dollars, years with all months only; ``routes``:
    year -> {route: [million tonnes (the lower of two published figures), part through Russia at
    least]}; ``oil_total``: year -> the published total, million tonnes; ``maybe``: year -> routes
    that may cross Russia too; ``missing``: year -> routes without a figure.
    """
    trade, reporter = indicators.rows_of(trade)
    data = prepare(trade, partners, [])
    commodities, _ = indicators.rows_of(commodities, reporter)
    for partner in data["partners"]:
        del partner["vector"]
    gdp = macro[(macro["iso3"] == reporter) & macro["gdp_busd"].notna()]
    wide = commodities[commodities["group"].isin(["crude-oil", "total"])].pivot(
        index="year", columns="group", values="exports_musd"
    )
    # A year of which the table leaves one of the two blank has no share (2022: eleven months of
    # crude oil under twelve of the total).
    wide = wide.dropna()
    routes: dict[str, dict[str, list[float]]] = {}
    missing: dict[str, list[str]] = {}
    maybe: dict[str, list[str]] = {}
    published: dict[str, float] = {}
    for row in oil_routes.itertuples():
        if row.route == "total":
            if pd.notna(row.mt_low):
                published[str(row.year)] = float(row.mt_low)
            continue
        if row.russia_share_low < 1 and row.russia_share_high > 0:
            maybe.setdefault(str(row.year), []).append(row.route)
        if pd.isna(row.mt_low):
            missing.setdefault(str(row.year), []).append(row.route)
        else:
            low = 0.0 if pd.isna(row.russia_share_low) else float(row.russia_share_low)
            routes.setdefault(str(row.year), {})[row.route] = [float(row.mt_low), low]
    # A year that misses one of the two great pipelines cannot say what part of all a route is.
    routes = {y: r for y, r in routes.items() if {"cpc", "atyrau-samara"} <= set(r)}
    return {
        "years": data["years"],
        "partners": data["partners"],
        "gdp": {str(r.year): round(float(r.gdp_busd) * 1000, 3) for r in gdp.itertuples()},
        "oil": {str(y): [float(r["crude-oil"]), float(r["total"])] for y, r in wide.iterrows()},
        "routes": routes,
        "oil_total": published,
        "maybe": maybe,
        "missing": missing,
    }
