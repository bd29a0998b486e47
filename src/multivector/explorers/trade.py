"""Explorer: Kazakhstan's goods trade, partner by partner."""

from __future__ import annotations

from typing import Any

import pandas as pd

from multivector import indicators
from multivector.data import load, package
from multivector.explorers.base import Explorer, column

FIRST_CHOICE = ("EU27", "CHN", "RUS", "USA")


class Trade(Explorer):
    """Goods trade by partner: exports, imports, turnover or balance, in dollars or as shares.

    Controls: ``partners`` (ISO3 codes, ``EU27`` for the EU), ``flow``, ``unit``, ``eu``
    (``one`` or ``members``) and ``mirror`` (the other side's customs figure, where known).
    """

    name = "trade"
    title = "Kazakhstan's goods trade by partner"
    cannot = (
        "Goods only, by the partner that customs record: a first port is not a final buyer, "
        "services are left out, and dollars move with the price of oil. There is no trade by "
        "partner before 2020 here."
    )
    source = (
        "Data: Bureau of National Statistics of Kazakhstan, external trade by country. China's "
        "figure, where it is drawn: China's customs, in facts.csv."
    )

    def __init__(
        self,
        trade: pd.DataFrame | None = None,
        partners: pd.DataFrame | None = None,
        mirror: list[dict[str, Any]] | None = None,
        **values: Any,
    ) -> None:
        """Read the tables ``trade`` and ``partners`` unless given; ``values`` set controls."""
        trade = load("trade") if trade is None else trade
        partners = load("partners") if partners is None else partners
        data = prepare(trade, partners, mirror_figures() if mirror is None else mirror)
        last = [(p["x"][-1] or 0) + (p["m"][-1] or 0) for p in data["partners"]]
        order = sorted(range(len(last)), key=lambda i: (-last[i], data["partners"][i]["code"]))
        names = [(p["code"], p["name"]) for p in (data["partners"][i] for i in order)]
        lead = [("EU27", "European Union (27)"), *[n for n in names if n[0] in FIRST_CHOICE]]
        rest = [n for n in names if n[0] not in FIRST_CHOICE]
        controls = [
            {
                "key": "partners", "type": "many", "label": "Partners",
                "options": [*lead, *rest[:4], *sorted(rest[4:], key=lambda n: n[1])],
                "lead": len(lead) + 4, "more": f"{len(rest) - 4} more partners",
                "default": list(FIRST_CHOICE),
            },
            {
                "key": "flow", "type": "choice", "label": "Flow", "default": "turnover",
                "options": [("turnover", "Turnover"), ("exports", "Exports"),
                            ("imports", "Imports"), ("balance", "Balance")],
            },
            {
                "key": "unit", "type": "choice", "label": "Measured in", "default": "dollars",
                "options": [("dollars", "Dollars"), ("share", "Share")],
            },
            {
                "key": "eu", "type": "choice", "label": "The EU as", "default": "one",
                "options": [("one", "One partner"), ("members", "Twenty-seven")],
            },
        ]  # fmt: skip
        if data["mirror"]:
            controls.append({
                "key": "mirror", "type": "flag", "default": False,
                "when": {"flow": ["turnover"], "unit": ["dollars"]},
                "label": "Beside it, the figure of China's customs, where known",
            })  # fmt: skip
        super().__init__(data, controls, **values)


def prepare(
    trade: pd.DataFrame, partners: pd.DataFrame, mirror: list[dict[str, Any]]
) -> dict[str, Any]:
    """Return what the JavaScript computes with: for this explorer and for concentration.

    ``years``; ``partners``: code, name, vector, eu27, ``x`` exports and ``m`` imports in million
    dollars, one value a year, ``None`` where the table has no row; ``mirror`` as given. Raises
    ``ValueError`` where the table holds several reporters.
    """
    trade, _ = indicators.rows_of(trade)
    years = sorted(int(year) for year in trade["year"].unique())
    about = partners.set_index("iso3")
    out = []
    for code, rows in trade.groupby("partner", sort=True):
        rows = rows.set_index("year").reindex(years)
        out.append({
            "code": str(code),
            "name": str(about.at[code, "name_en"]),
            "vector": str(about.at[code, "vector"]),
            "eu27": bool(about.at[code, "eu27"]),
            "x": column(rows["exports_musd"]),
            "m": column(rows["imports_musd"]),
        })  # fmt: skip
    return {"years": years, "partners": out, "mirror": mirror}


def mirror_figures() -> list[dict[str, Any]]:
    """Return the other side's customs figures for whole years, from ``facts.csv``.

    Each: code, vector, year, musd, name (who counted), label.
    """
    # Asked of the descriptor: a table of facts that is there and broken must say so.
    if "facts" not in {entry["name"] for entry in package()["resources"]}:
        return []  # a book without facts has no figure of the other side
    facts = load("facts")
    chosen = facts[
        facts["speaker"].fillna("").str.contains("Customs")
        & facts["unit"].isin(["bn_usd", "mn_usd"])
        & (facts["kind"] == "flow")
        & (facts["indicator"] == "goods turnover")
        & facts["period_start"].fillna("").astype(str).str.fullmatch(r"\d{4}")
    ]
    out = []
    for row in chosen.itertuples():
        if row.counterpart != "CHN" or pd.isna(row.value):
            continue
        musd = float(row.value) * (1000 if row.unit == "bn_usd" else 1)
        out.append({
            "code": "CHN", "vector": "china", "year": int(row.period_start), "musd": musd,
            "name": "China's customs", "label": "China's customs",
        })  # fmt: skip
    return out
