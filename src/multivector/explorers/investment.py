"""Explorer: investment figures under their kinds, rivals side by side, deals on a ladder."""

from __future__ import annotations

from typing import Any

import pandas as pd

from multivector import facts
from multivector.data import load
from multivector.explorers.base import Explorer, listed

#: measure of investment.csv -> the group within which figures may share an axis
GROUPS = {
    "inflow_gross": "gross",
    "inflow_net": "net",
    "inflow_unstated": "flow",
    "equity_paid_in": "flow",
    "stock_immediate_investor": "stock",
    "stock_ultimate_owner": "owner",
    "stock_unstated": "stock",
    "position_all_instruments": "position",
    "cumulative_gross": "cumulative",
    "cumulative_unstated": "cumulative",
    "announced": "announced",
    "portfolio": "portfolio",
    "public_spending": "spending",
    "target": "target",
}
KINDS = (
    ("stock", "Stock"),
    ("cumulative", "Cumulative sum"),
    ("gross", "Flow, gross"),
    ("flow", "Flow, basis not stated"),
    ("net", "Flow, net"),
    ("announced", "Announced"),
    ("owner", "Stock by ultimate owner"),
    ("position", "All instruments"),
    ("portfolio", "Portfolio"),
    ("spending", "Public spending"),
    ("finance", "Official finance"),
    ("target", "Target"),
)
#: how a figure was counted, where its kind does not say it
BASIS = {
    "inflow_unstated": "gross or net not stated",
    "equity_paid_in": "equity paid in",
    "stock_immediate_investor": "by first investor",
    "stock_unstated": "basis not stated",
    "cumulative_gross": "gross",
    "cumulative_unstated": "basis not stated",
}
#: Official finance by the state of its projects: no inflow, so never on the axis of inflows.
FINANCE = ("aiddata-pipeline-value", "aiddata-implementation-value", "aiddata-completion-value")
RUNGS = ("talks", "memorandum", "agreement", "contract", "financing", "delivery")
#: unit -> billions, and of which currency; figures in euros stand only among rivals, with no axis
UNITS = {"bn_usd": (1.0, "USD"), "mn_usd": (0.001, "USD"), "bn_eur": (1.0, "EUR"),
         "mn_eur": (0.001, "EUR")}  # fmt: skip


class Investment(Explorer):
    """Who says what was invested, and of which kind the number is.

    Controls: ``view`` (``figures``, ``rivals`` or ``ladder``), ``kinds`` (one at a time shares an
    axis), ``origins``, ``rivals`` (which contradiction) and ``years`` (deals of other years too).
    """

    name = "investment"
    title = "Investment: of which kind is the number, and who says it?"
    cannot = (
        "Not a series: single statements found in the sources, mostly in dollars of different "
        "years. The Netherlands is largely a conduit, and the first investor is not the owner. "
        "What was not found is not here."
    )
    source = "Data: facts.csv, investment.csv and deals.csv; every statement with its source."

    def __init__(self, **values: Any) -> None:
        """Read ``facts``, ``investment``, ``deals`` and ``partners``; ``values`` set controls."""
        data = tables(load("investment"), load("deals"), load("partners"))
        counts: dict[str, int] = {}
        for figure in data["figures"]:
            counts[figure["origin"]] = counts.get(figure["origin"], 0) + 1
        names = {f["origin"]: f["who"] for f in data["figures"]}
        order = sorted(counts, key=lambda code: (-counts[code], names[code]))
        present = {f["group"] for f in data["figures"]}
        # Under the name of a statement, not by position: a link kept must open the same set.
        sets = [(s["key"], s["label"]) for s in data["rivals"]]
        controls: list[dict[str, Any]] = [
            {"key": "view", "type": "choice", "label": "Show", "default": "figures",
             "options": [("figures", "Figures of one kind"), ("rivals", "Rival figures"),
                         ("ladder", "Deals on the ladder")]},
            {"key": "kinds", "type": "many", "label": "Kind", "default": ["stock"],
             "options": [k for k in KINDS if k[0] in present], "lead": 6, "more": "Other kinds",
             "when": {"view": ["figures"]}},
            {"key": "origins", "type": "many", "label": "From", "lead": 6,
             "options": [(code, names[code]) for code in order], "more": "Other origins",
             "default": [code for code in order if code in ("RUS", "CHN", "USA", "EU", "NLD")],
             "when": {"view": ["figures"]}},
            {"key": "rivals", "type": "select", "label": "Figures at odds",
             "options": sets, "default": sets[0][0], "when": {"view": ["rivals"]}},
            {"key": "years", "type": "flag", "label": "Deals of other years too",
             "default": False, "when": {"view": ["ladder"]}},
        ]  # fmt: skip
        super().__init__(data, controls, **values)


def tables(
    investment: pd.DataFrame, deals: pd.DataFrame, partners: pd.DataFrame
) -> dict[str, Any]:
    """Return what the JavaScript shows.

    ``figures``: one a statement in money: id, page (that lists it), origin, who, vector, group,
    value (billions), currency, high, words, when, by, quote, basis (where the kind does not say
    it), months (of a flow), rivals (ids); ``rivals``: {key, label, ids} of statements that stand
    against each other; ``deals`` (``since``: what is known since the signing; ``fact`` and
    ``next``: id and page of the statements on both) and ``rungs`` of the ladder.
    """
    names = dict(zip(partners["iso3"], partners["name_en"], strict=True))
    names |= {"EU": "European Union", "KAZ": "Kazakhstan"}
    figures = []
    for row in investment.itertuples():
        fact = facts.get(row.fact_id)
        if row.measure not in GROUPS or fact.unit not in UNITS or fact.value is None:
            continue
        factor, currency = UNITS[fact.unit]
        finance = fact.fact_id in FINANCE
        origin = "ALL" if pd.isna(row.origin) else str(row.origin)
        figures.append({
            "id": fact.fact_id,
            "page": listed(fact),
            "origin": origin,
            "who": names.get(origin, "All origins" if origin == "ALL" else origin),
            "vector": str(row.vector),
            "group": "finance" if finance else GROUPS[row.measure],
            "basis": (fact.indicator or "").rpartition("projects ")[2] if finance
            else BASIS.get(row.measure, ""),
            "value": fact.value * factor,
            "currency": currency,
            "high": None if fact.value_high is None else fact.value_high * factor,
            "words": facts.prose(fact),
            "when": _when(fact),
            "by": facts.voice(fact),
            "quote": fact.quote_en or fact.quote or "",
            "months": None if pd.isna(row.months) else int(row.months),
            "rivals": (fact.conflicts_with or "").split(),
        })  # fmt: skip
    return {
        "figures": figures,
        "kinds": [list(k) for k in KINDS],
        "rivals": _rivals(figures),
        "deals": _deals(deals),
        "rungs": list(RUNGS),
    }


def _when(fact: facts.Fact) -> str:
    if fact.period_start is None and fact.period_end is not None:
        return f"up to {facts.date_words(fact.period_end)}"
    return facts.period(fact) or "no date given"


def _rivals(figures: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the sets of statements joined by a contradiction, the largest first."""
    known = {figure["id"]: figure for figure in figures}
    seen: set[str] = set()
    out = []
    for start in known:
        group, todo = [], [start]
        while todo:
            one = todo.pop()
            if one in seen or one not in known:
                continue
            seen.add(one)
            group.append(one)
            todo += known[one]["rivals"]
        if len(group) > 1:
            group.sort(key=lambda i: -known[i]["value"])
            values = ", ".join(dict.fromkeys(known[i]["words"] for i in group))
            label = f"{known[group[0]]['who']}: {values}"
            out.append({"key": min(group), "label": label, "ids": group})
    return sorted(out, key=lambda s: (-len(s["ids"]), s["label"]))


def _deals(deals: pd.DataFrame) -> list[dict[str, Any]]:
    out = []
    for row in deals.sort_values(["date", "deal_id"]).itertuples():
        fact = facts.get(row.fact_id)
        out.append({
            "title": row.title, "parties": row.parties, "vector": row.vector,
            "date": str(row.date), "from": row.status_at_signing, "to": row.status,
            "direction": row.direction, "words": _amount(fact), "by": facts.voice(fact),
            "package": row.sector == "several", "since": "" if pd.isna(row.note) else row.note,
            "fact": _statement(row.fact_id), "next": _statement(row.what_next_fact_id),
        })  # fmt: skip
    return out


def _statement(fact_id: Any) -> dict[str, str] | None:
    return None if pd.isna(fact_id) else {"id": fact_id, "page": listed(facts.get(fact_id))}


def _amount(fact: facts.Fact) -> str:
    if fact.unit in UNITS:
        return facts.prose(fact)
    return f"{facts.prose(fact)} in number" if fact.unit == "count" else "no amount stated"
