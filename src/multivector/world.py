"""The recipe of the tables on other states: from raw public files to the rows that are shipped.

    python -m multivector.world FOLDER

reads the raw files named in :data:`RAW` from FOLDER and writes, into ``data/``, the tables
``un_agreement``, ``ideal_points``, ``macro`` (rows of other states only), ``state_trade`` and
``state_treaties``. Two of the raw sources say nothing clear about being passed on, so the book
ships figures by country and year computed from them, and this recipe, never the pairs themselves.

Each function takes a raw table and gives the rows of one shipped table; none reads or writes.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import pandas as pd

from multivector import indicators
from multivector.data import data_dir, load, resource

#: The five permanent members of the Security Council: the powers with which states are compared.
#: A rule that is not ours, and the same for every state.
POWERS = ("CHN", "FRA", "GBR", "RUS", "USA")

#: Raw file -> where it comes from. The terms of each stand beside the table in datapackage.json.
RAW = {
    "un_agreement_all_pairs_1992_2019.csv.gz": "agreement of all pairs, from unvotes",
    "ideal_points_apr2020_mit.csv.gz": "Voeten's estimates of April 2020",
    "wdi_gdp_population_1992_2024.csv": "World Development Indicators, an older copy",
    "cow_trade_all_pairs_1992_2014.csv.gz": "Correlates of War, trade by pair",
    "atop_all_pairs_1992_2018.csv.gz": "Alliance Treaty Obligations and Provisions, by pair",
}

#: Session 1 of the General Assembly opened in 1946.
_YEAR_BEFORE_SESSION_1 = 1945
#: Serbia votes since 2006, in the file under the old code of Yugoslavia.
_SERBIA_SINCE = 2006


def agreement_rows(
    pairs: pd.DataFrame, reporters: Sequence[str], known: pd.DataFrame
) -> pd.DataFrame:
    """Agreement of each reporter with the five powers, and the pairs the table holds already.

    Args:
        pairs: ``year``, ``iso3``, ``partner``, ``joint_votes``, ``agreement``, ``s_score``.
        reporters: states (ISO3).
        known: the table ``un_agreement``; a pair of reporter and partner in it stays.

    Returns:
        The columns of ``un_agreement``, sorted by reporter, year and partner.
    """
    wanted = {(state, power) for state in reporters for power in POWERS if state != power}
    wanted |= set(zip(known["reporter"], known["partner"], strict=True))
    rows = pairs.rename(columns={"iso3": "reporter"})
    mine = [pair in wanted for pair in zip(rows["reporter"], rows["partner"], strict=True)]
    columns = ["reporter", "year", "partner", "joint_votes", "agreement", "s_score"]
    return rows.loc[mine, columns].sort_values(columns[:3], ignore_index=True)


def ideal_point_rows(raw: pd.DataFrame, states: Sequence[str]) -> pd.DataFrame:
    """Ideal points by calendar year, from the estimates by session.

    Args:
        raw: ``iso3c``, ``session``, ``NVotes``, ``IdealPoint``, ``Q5%``, ``Q95%``.
        states: states (ISO3), the powers included.

    Returns:
        ``iso3``, ``year`` (of the session's opening, 1992 on), ``votes``, ``ideal_point``,
        ``q05``, ``q95``.
    """
    rows = pd.DataFrame(
        {
            "iso3": raw["iso3c"],
            "year": raw["session"] + _YEAR_BEFORE_SESSION_1,
            "votes": raw["NVotes"],
            "ideal_point": raw["IdealPoint"].round(4),
            "q05": raw["Q5%"].round(4),
            "q95": raw["Q95%"].round(4),
        }
    )
    serbia = (rows["iso3"] == "YUG") & (rows["year"] >= _SERBIA_SINCE)
    rows.loc[serbia, "iso3"] = "SRB"
    rows = rows[rows["iso3"].isin(states) & (rows["year"] >= 1992)]
    return rows.sort_values(["iso3", "year"], ignore_index=True)


def product_rows(raw: pd.DataFrame, states: Sequence[str], known: pd.DataFrame) -> pd.DataFrame:
    """Products and populations of states that the table ``macro`` does not hold yet.

    Args:
        raw: ``iso3``, ``year``, ``gdp_usd`` (dollars), ``population`` (persons).
        states: states (ISO3).
        known: the rows of ``macro`` to keep as they are: one state never mixes two copies.

    Returns:
        The columns of ``macro``; billion dollars, six decimals.
    """
    rows = raw[raw["iso3"].isin(set(states) - set(known["iso3"]))]
    fresh = pd.DataFrame(
        {
            "iso3": rows["iso3"],
            "year": rows["year"],
            "gdp_busd": (rows["gdp_usd"] / 1e9).round(6),
            "gdp_source_id": rows["gdp_usd"].notna().map({True: "wb-wdi-copy", False: None}),
            "population": rows["population"].astype("Int64"),
        }
    )
    return pd.concat([known, fresh]).sort_values(["iso3", "year"], ignore_index=True)


def trade_rows(pairs: pd.DataFrame, states: Iterable[str], union: Sequence[str]) -> pd.DataFrame:
    """Concentration of each state's trade and the shares of four partners, by year.

    Args:
        pairs: ``year``, ``iso3``, ``partner``, ``exports_musd``, ``imports_musd``.
        states: states (ISO3).
        union: the members of the European Union today (ISO3), counted as one partner in
            ``share_eu27`` and as countries in the index.

    Returns:
        ``reporter``, ``year``, ``flow``, ``partners`` (with a flow above nothing), ``unreported``,
        ``herfindahl``, ``effective_number``, ``largest``, ``largest_share``, ``share_chn``,
        ``share_eu27``, ``share_rus``, ``share_usa``: fractions of one. A year with fewer than
        :data:`multivector.indicators.MIN_PARTNERS` partners is left out.
    """
    frames = []
    for state in states:
        trade = pairs.loc[pairs["iso3"] == state].rename(columns={"iso3": "reporter"})
        for flow in indicators.FLOWS:
            columns = list(indicators.flow_columns(flow))
            reported = trade[columns].notna().any(axis=1).groupby(trade["year"]).sum()
            years = reported.index[reported >= indicators.MIN_PARTNERS]
            if len(years):
                frames.append(_trade_family(trade[trade["year"].isin(years)], flow, union))
    table = pd.concat(frames, ignore_index=True)
    return table.sort_values(["reporter", "year", "flow"], ignore_index=True)


def _trade_family(trade: pd.DataFrame, flow: indicators.Flow, union: Sequence[str]) -> pd.DataFrame:
    family = indicators.concentration(trade, flow)
    share = indicators.shares(trade, flow)
    table = family[["partners", "unreported"]].copy()
    for column in ("herfindahl", "effective_number"):
        table[column] = family[column].round(4)
    table["largest"], table["largest_share"] = family["largest"], family["largest_share"].round(4)
    for name, members in (("chn", ["CHN"]), ("eu27", union), ("rus", ["RUS"]), ("usa", ["USA"])):
        held = [code for code in members if code in share.columns]
        table[f"share_{name}"] = share[held].sum(axis=1).round(4)
    table.insert(0, "flow", flow)
    table.insert(0, "reporter", trade["reporter"].iloc[0])
    return table.reset_index()[["reporter", "year", *table.columns[1:]]]


def treaty_rows(pairs: pd.DataFrame, states: Iterable[str]) -> pd.DataFrame:
    """Duties of defence in force: with how many states, with how many powers, with whom alone.

    Args:
        pairs: ``year``, ``iso3``, ``partner``, ``atop_defense`` (1 yes, 0 no).
        states: states (ISO3).

    Returns:
        ``iso3``, ``year``, ``defence_partners``, ``defence_powers`` (of :data:`POWERS`) and
        ``only_power`` (its code where there is one, blank where there is none or several).
    """
    rows = []
    for (state, year), part in pairs[pairs["iso3"].isin(set(states))].groupby(["iso3", "year"]):
        bound = part.loc[part["atop_defense"] == 1, "partner"]
        powers = sorted(set(bound) & set(POWERS))
        only = powers[0] if len(powers) == 1 else None
        rows.append((state, year, len(bound), len(powers), only))
    columns = ["iso3", "year", "defence_partners", "defence_powers", "only_power"]
    return pd.DataFrame(rows, columns=columns)


def tables(raw: Path, folder: Path | None = None) -> dict[str, pd.DataFrame]:
    """Compute every table of the recipe: name -> rows.

    Raises ``FileNotFoundError`` for a raw file that is not in ``raw``.
    """
    files = {
        name: pd.read_csv(raw / name, encoding="latin-1" if "mit" in name else "utf-8",
                          keep_default_na=True)
        for name in RAW
    }  # fmt: skip
    pairs, points, product, trade, treaties = files.values()
    states = list(load("states", folder)["iso3"])
    partners = load("partners", folder)
    union = indicators.bloc(partners, "eu27")["EU27"]
    macro = load("macro", folder)
    kept = macro[macro["gdp_source_id"].fillna("") != "wb-wdi-copy"]
    kept = kept[kept["gdp_source_id"].notna() | kept["iso3"].isin(("KAZ", *POWERS))]
    return {
        "un_agreement": agreement_rows(pairs, states, load("un_agreement", folder)),
        "ideal_points": ideal_point_rows(points, [*states, *POWERS]),
        "macro": product_rows(product, states, kept),
        "state_trade": trade_rows(trade, states, union),
        "state_treaties": treaty_rows(treaties, states),
    }


def main(argv: list[str] | None = None) -> int:
    """Write the tables from the folder of raw files named on the command line."""
    given = sys.argv[1:] if argv is None else argv
    if len(given) != 1:
        print("usage: python -m multivector.world FOLDER", file=sys.stderr)
        return 2
    try:
        found = tables(Path(given[0]))
    except FileNotFoundError as error:
        print(f"{error.filename}: missing; needed are {', '.join(RAW)}", file=sys.stderr)
        return 1
    for name, table in found.items():
        path = data_dir() / resource(name)["path"]
        table.to_csv(path, index=False, lineterminator="\n", float_format="%.12g")
        print(f"{path.name}: {len(table)} rows; now run: make data")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
