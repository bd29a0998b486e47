"""The tables of facts: keys resolve, conflicts are mutual, words are from the vocabulary."""

from __future__ import annotations

import datetime
import re

import pytest

from multivector import load
from multivector.data import package

FACTS = load("facts").set_index("fact_id")
TABLES = [entry["name"] for entry in package()["resources"]]
FIVE = {"alibayov-ru", "alibayov-kk", "mustafin", "velizade", "kukeyeva"}

# What the sources contradict each other about, each pair from both sides. The list is kept by
# hand so that a conflict cannot vanish with the row that held it.
CONFLICTS = """
oil-cpc-2025-premier oil-cpc-2025-minister
oil-cpc-2021-government oil-cpc-2021-eurasianet
oil-samara-2024 oil-samara-2025
titr-2024 titr-ports-2024
fdi-usa-2005-2013 fdi-usa-2005-2014
fdi-ita-30-years fdi-ita-2005-2023
fdi-ita-30-years fdi-ita-20-years-to-2024
fdi-kor-2005-2022 fdi-kor-to-2023-trend
eu-investment-cumulative eu-investment-2005-eur
air-astana-787-first-2026 air-astana-787-first-2027
fdi-rus-to-2024-tokayev fdi-rus-kremlin-2024
fdi-rus-kremlin-2024 fdi-stock-rus-2021
fdi-rus-to-2024-tokayev fdi-stock-rus-2021
russia-trade-2024-putin russia-trade-2024-tokayev
russia-trade-2024-putin russia-trade-2024-putin-statement
russia-trade-2024-putin russia-trade-2024-bns
china-trade-2024-customs china-trade-2024-bns
us-deals-count-2025 us-deals-count-timesca
us-deals-value-2025 us-deals-value-timesca
us-john-deere-2025 us-john-deere-state-2025
us-boeing-2025 boeing-firm-orders-2025
china-investment-cumulative fdi-stock-chn-2021
china-investment-cumulative fdi-stock-chn-2025-edb
us-summit-first c5-first-summit-2023
us-summit-first c5-first-summit-kazinform-2023
china-visit-2025-rank china-visit-2025-rank-kk
us-visit-2025-rank-kk summit-washington-2025
equidistance-mustafin equidistance-alibayov
equidistance-mustafin equidistance-alibayov-kk
paper-equal-distance paper-different-distance-vectors
tracks-separated-alibayov oil-west-cpc
tracks-separated-alibayov putin-coupled-pipelines-2026
paper-eu-largest-partner paper-eu-lags-behind
paper-soft-turned-hard paper-def-hard-balancing
paper-small-economy middle-power-velizade
paper-small-economy bridge-power-mustafin
paper-unsc-15 un-crimea-rights-2017-kaz
oil-china-recent oil-china-2009
italy-exports-2024-bns italy-trieste-kpler-2024
titr-2022-jan-sep titr-2022-jan-sep-trend
oil-btc-2025-jan-aug oil-btc-2025-jan-jul
fdi-nld-growth-2022 fdi-nld-growth-2022-critic
transit-containers-2022 transit-containers-2023
"""


def rivals(fact_id):
    cell = FACTS.at[fact_id, "conflicts_with"]
    return set(cell.split()) if isinstance(cell, str) else set()


def partial_date(text):
    """Return the first day of YYYY, YYYY-MM or YYYY-MM-DD; raises ValueError for no real date."""
    if not re.fullmatch(r"\d{4}(-\d{2}(-\d{2})?)?", text):
        raise ValueError(text)
    return datetime.date.fromisoformat(text + "-01-01"[len(text) - 4 :])


def test_partial_dates_are_real():
    assert partial_date("2025") == datetime.date(2025, 1, 1)
    assert partial_date("2025-09") == datetime.date(2025, 9, 1)
    for wrong in ("2025-13", "2025-02-30", "25", "2025-9"):
        with pytest.raises(ValueError, match="."):
            partial_date(wrong)


def test_conflicts_are_mutual_and_resolve():
    for fact_id in FACTS.index:
        for rival in rivals(fact_id):
            assert rival in FACTS.index, f"{fact_id} names {rival}, which is no fact"
            assert rival != fact_id, f"{fact_id} contradicts itself"
            assert fact_id in rivals(rival), f"{rival} does not name {fact_id}"


@pytest.mark.parametrize("pair", CONFLICTS.strip().splitlines())
def test_the_conflict_is_in_the_data(pair):
    first, second = pair.split()
    assert second in rivals(first)
    assert first in rivals(second)


@pytest.mark.parametrize("table", TABLES)
def test_every_fact_and_source_named_by_a_table_exists(table):
    frame = load(table)
    sources = set(load("sources")["source_id"])
    for column in frame.columns:
        if column.endswith("source_id"):
            assert set(frame[column].dropna()) <= sources, column
        if column in ("fact_id", "fact_id_other", "what_next_fact_id"):
            assert set(frame[column].dropna()) <= set(FACTS.index), column
        if column == "fact_ids":
            named = {i for cell in frame[column].dropna() for i in cell.split()}
            assert named <= set(FACTS.index)


@pytest.mark.parametrize("entry", package()["resources"], ids=TABLES)
def test_every_table_has_a_codebook_entry_and_dated_terms(entry):
    for key in ("title", "description", "counts", "not_counted", "caveats", "compiled", "sources"):
        assert entry[key], key
    assert datetime.date.fromisoformat(entry["terms"]["checked"]) <= datetime.date.today()
    assert entry["terms"]["redistribution"] in ("yes", "no")
    for field in entry["schema"]["fields"]:
        assert field.get("description") or field.get("title"), field["name"]


@pytest.mark.parametrize("table", TABLES)
def test_rows_are_sorted_by_their_key(table):
    frame = load(table)
    key = next(e for e in package()["resources"] if e["name"] == table)["schema"]["primaryKey"]
    rows = list(frame[key].itertuples(index=False, name=None))
    assert rows == sorted(rows)


def test_dates_are_real_and_in_order():
    for fact_id, row in FACTS.iterrows():
        days = [row[c] for c in ("period_start", "period_end") if isinstance(row[c], str)]
        assert all(partial_date(day) for day in days)
        # A month may end what a day of it began: compare as precisely as the coarser one.
        coarse = min(map(len, days), default=0)
        assert sorted(days, key=lambda day: day[:coarse]) == days, fact_id
    for table, columns in (
        ("events", ["date_start", "date_end"]),
        ("un_resolutions", ["date"]),
        ("deals", ["date"]),
        ("documents", ["date"]),
    ):
        for cell in load(table)[columns].stack().dropna():
            partial_date(cell)


def test_a_quote_is_short_and_has_a_language_and_a_translation():
    quoted = FACTS[FACTS["quote"].notna()]
    long = [i for i, quote in quoted["quote"].items() if len(quote.split()) > 25]
    assert long == []
    assert quoted["quote_language"].notna().all()
    foreign = quoted[quoted["quote_language"] != "en"]
    assert foreign[foreign["quote_en"].isna()].index.tolist() == []
    assert FACTS[FACTS["quote"].isna() & FACTS["quote_en"].notna()].index.tolist() == []


def test_a_fact_without_a_quote_says_why():
    bare = FACTS[FACTS["quote"].isna()]
    assert not set(bare["source_id"]) & FIVE
    assert bare[bare["note"].isna() & bare["basis"].isna()].index.tolist() == []


def test_values_have_a_qualifier_and_ranges_are_ranges():
    valued = FACTS[FACTS["value"].notna()]
    assert valued[valued["qualifier"].isna()].index.tolist() == []
    ranged = FACTS[FACTS["value_high"].notna()]
    assert (ranged["value_high"] > ranged["value"]).all()
    words = FACTS[FACTS["value"].isna()]
    assert set(words["unit"]) <= {"date", "text", "vote", "rank", "year"}


def test_kinds_fit_their_units():
    money = FACTS[FACTS["unit"].isin(["bn_usd", "mn_usd", "bn_eur", "mn_eur"])]
    kinds = "flow stock cumulative pledge memorandum purchase mixed portfolio spending forecast"
    assert set(money["kind"]) <= set(kinds.split())
    assert set(FACTS.loc[FACTS["kind"].isin(["share"]), "unit"]) == {"percent"}


def test_generated_facts_equal_the_trade_table():
    trade, partners = load("trade"), load("partners")
    year = trade[trade["year"] == 2024]
    groups = {
        "russia-trade-2024-bns": (["RUS"], 2),
        "china-trade-2024-bns": (["CHN"], 2),
        "usa-trade-2024-bns": (["USA"], 2),
        "italy-exports-2024-bns": (["ITA"], 1),
        "eu-trade-2024-bns": (partners.loc[partners["eu27"], "iso3"], 2),
        "eu-exports-2024-bns": (partners.loc[partners["eu27"], "iso3"], 1),
    }
    assert set(groups) == {i for i in FACTS.index if FACTS.at[i, "source_id"] == "bns-trade"}
    for fact_id, (members, columns) in groups.items():
        rows = year[year["partner"].isin(members)]
        total = rows[["exports_musd", "imports_musd"][:columns]].sum().sum() / 1000
        assert FACTS.at[fact_id, "value"] == pytest.approx(total, abs=0.005), fact_id


def million_tonnes(fact_id):
    value = FACTS.at[fact_id, "value"]
    return value / 1000 if FACTS.at[fact_id, "unit"] == "kt" else value


def test_oil_routes_are_generated_from_their_facts():
    routes = load("oil_routes")
    for row in routes.itertuples():
        ids = [i for i in (row.fact_id, row.fact_id_other) if isinstance(i, str)]
        values = [million_tonnes(i) for i in ids]
        if not values:
            assert routes.loc[row.Index, ["mt_low", "mt_high"]].isna().all()
            assert isinstance(row.note, str)
            continue
        assert (row.mt_low, row.mt_high) == (min(values), max(values))
        assert all(FACTS.at[i, "period_start"] == str(row.year) for i in ids)
    named = routes[routes["route"] != "total"]
    assert (named["russia_share_low"] <= named["russia_share_high"]).all()


def test_pipelines_through_russia_give_the_published_shares():
    routes = load("oil_routes").set_index(["year", "route"])
    low, high = routes["mt_low"], routes["mt_high"]

    def pipes(column, year):
        return column[(year, "cpc")] + column[(year, "atyrau-samara")]

    assert round(pipes(low, 2009) / low[(2009, "total")] * 100, 1) == 66.1
    assert round(pipes(low, 2022) / low[(2022, "total")] * 100) == 94
    listed = sum(low[(2024, r)] for r in ("cpc", "atyrau-samara", "china", "aktau", "rail"))
    assert round(pipes(low, 2024) / listed * 100, 1) == 92.9
    shares = [round(pipes(c, 2025) / low[(2025, "total")] * 100, 1) for c in (low, high)]
    assert shares == [92.2, 93.5]


def test_corridor_cargo_is_generated_from_its_facts():
    cargo = load("corridor_cargo")
    for row in cargo.itertuples():
        value = million_tonnes(row.fact_id) if row.unit == "mt" else FACTS.at[row.fact_id, "value"]
        assert row.value == value, row.fact_id
    series = cargo[cargo["series"]]
    assert series["year"].tolist() == list(range(2019, 2026))
    assert set(series["corridor"]) == {"titr"}
    assert set(series["measure"]) == {"tonnes"}
    line = series.set_index("year")["value"]
    assert line[2025] < line[2024]


def test_investment_classes_agree_with_the_kinds():
    table = load("investment")
    kinds = {
        "inflow": {"flow"},
        "cumulative": {"cumulative"},
        "stock": {"stock"},
        "announced": {"pledge", "memorandum", "mixed"},
    }
    for row in table.itertuples():
        assert row.kind == FACTS.at[row.fact_id, "kind"], row.fact_id
        family = row.measure.split("_")[0]
        assert row.kind in kinds.get(family, {row.kind}), row.fact_id


def test_the_visits_of_2025_are_those_found():
    events = load("events")
    year = events[events["date_start"].str.startswith("2025")]
    trips = year[year["direction"].eq("abroad") & year["format"].ne("absence")]
    trips = trips[trips["format"] != "declaration"]
    guests = year[year["direction"].eq("at_home")]
    guests = guests[guests["format"].isin(["visit", "summit", "forum"])]
    assert trips["trip_id"].nunique() == 19
    assert guests["trip_id"].nunique() == 15
    ranks = load("event_ranks")
    beijing = ranks.loc[ranks["event_id"] == "beijing-2025", "rank"]
    assert set(beijing) == {"official", "state"}


def test_votes_are_complete_grids_and_blanks_stay_blank():
    votes = load("un_resolutions")
    assert (votes.groupby("resolution_id").size() == 4).all()
    grid = votes.pivot(index="resolution_id", columns="country", values="vote")
    assert grid.at["un-es-11-3", "KAZ"] == "against"
    assert grid.at["un-es-11-1", "KAZ"] == "abstain"
    assert grid.at["un-council-of-europe-2023", "KAZ"] == "for"
    unknown = ["un-es-11-7", "un-es-11-8", "un-crimea-rights-2024"]
    unknown += ["un-crimea-military-2019", "un-crimea-military-2020"]
    for text in unknown:
        assert not isinstance(grid.at[text, "KAZ"], str), text


def test_crimea_has_its_plenary_votes_on_rights_and_on_militarisation():
    """The plenary of 2018 was blank though a table of the book's own sources held it."""
    votes = load("un_resolutions")
    plenary = votes[votes["body"] == "General Assembly"]
    grid = plenary.pivot(index="resolution_id", columns="country", values="vote")
    rights = grid[grid.index.str.startswith("un-crimea-rights")]
    against = rights.index[rights["KAZ"].eq("against")]
    years = ["2016-plenary", "2017", "2018", "2019", "2020", "2021", "2022"]
    assert sorted(against) == [f"un-crimea-rights-{year}" for year in years]
    assert (rights.loc[against, ["RUS", "CHN"]] == "against").all(axis=None)
    military = grid[grid.index.str.startswith("un-crimea-military")]
    assert military["KAZ"].dropna().to_dict() == {"un-crimea-military-2018": "abstain"}
    assert (military["RUS"] == "against").all()
    totals = {"2016-plenary": (70, 26, 77), "2018": (65, 27, 70), "2021": (65, 25, 85)}
    for year, counted in totals.items():
        sides = [f"un-crimea-rights-{year}-{side}" for side in ("for", "against", "abstaining")]
        assert tuple(FACTS.loc[sides, "value"]) == counted, year


def test_a_forecast_is_no_claim():
    """Its quote had lost "will break the mark this year, making": a forecast stood as a claim."""
    fact = FACTS.loc["largest-partner-vlast-2026"]
    assert fact["kind"] == "forecast"
    assert fact["speaker"] == "Vladimir Putin" and fact["reported_by"] == "Vlast.kz"
    for word in ("he is confident that", "will break", "this year", "making"):
        assert word in fact["quote"]


def test_totals_of_a_vote_are_facts():
    for resolution in load("un_resolutions")["resolution_id"].unique():
        for side in ("for", "against", "abstaining"):
            assert FACTS.at[f"{resolution}-{side}", "value"] >= 0


def test_a_deal_never_climbs_down():
    ladder = ["talks", "memorandum", "agreement", "contract", "financing", "delivery"]
    deals = load("deals")
    for row in deals.itertuples():
        assert ladder.index(row.status_at_signing) <= ladder.index(row.status), row.deal_id
        if row.status != row.status_at_signing:
            assert isinstance(row.what_next_fact_id, str), row.deal_id


def test_two_languages_of_one_interview_are_one_voice():
    sources = load("sources").set_index("source_id")
    assert sources.at["alibayov-ru", "voice"] == sources.at["alibayov-kk", "voice"]
    assert sources.loc[sorted(FIVE), "sha256"].notna().all()


def test_roles_are_coded_from_their_own_text():
    roles = load("roles")
    for row in roles.itertuples():
        assert FACTS.at[row.fact_id, "source_id"] == row.source_id, row.role_id
    distance = roles.dropna(subset=["equidistance"])
    assert set(distance["equidistance"]) == {"affirmed", "denied"}


def test_the_gap_of_2022_stays_a_gap():
    exports = load("commodities")
    gap = exports[exports["year"].eq(2022) & exports["group"].ne("total")]
    assert gap["exports_musd"].isna().all()
    rest = exports.drop(gap.index)
    assert rest["exports_musd"].notna().all()
    wide = rest.pivot(index="year", columns="group", values="exports_musd")
    share = wide["crude-oil"] / wide["total"]
    assert share.round(3).loc[[2015, 2024, 2025]].tolist() == [0.583, 0.525, 0.505]


def test_the_splice_of_gdp_is_named_row_by_row():
    macro = load("macro")
    known = macro[macro["gdp_busd"].notna()]
    assert known["gdp_source_id"].notna().all()
    kazakh = known[known["iso3"] == "KAZ"].set_index("year")["gdp_source_id"]
    assert set(kazakh.loc[:2023]) == {"wb-wdi"}
    assert set(kazakh.loc[2024:]) == {"imf-weo"}
