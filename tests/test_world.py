"""The tables on other states: what they hold, and the recipe that made them."""

from __future__ import annotations

import os
from pathlib import Path

import pandas as pd
import pytest

from multivector import indicators, load, world

STATES = tuple(load("states")["iso3"])


def pairs_of(values: dict[str, float], year: int = 2000) -> pd.DataFrame:
    """Trade of one state, AAA, with the partners given: exports and imports alike."""
    return pd.DataFrame(
        [("AAA", year, partner, value, value) for partner, value in values.items()],
        columns=["iso3", "year", "partner", "exports_musd", "imports_musd"],
    )


def test_thirty_states_are_compared_with_the_five_powers_in_every_year_with_votes():
    table = load("un_agreement")
    assert 30 <= len(STATES) <= 40
    without = set(STATES) - set(table["reporter"])
    assert without == {"SRB"}, "its roll calls stand under the code of another state"
    for state in set(STATES) - without:
        assert set(load("un_agreement", reporter=state)["partner"]) >= set(world.POWERS)
    assert table.groupby("reporter")["year"].max().unique().tolist() == [2019]


def test_where_kazakhstan_stands_can_be_read_off():
    """Agreement with Russia in 2019: 0.67 is neither high nor low among these states."""
    table = load("un_agreement")
    year = table[(table["year"] == 2019) & (table["partner"] == "RUS")].set_index("reporter")
    agreement = year["agreement"]
    assert round(agreement["KAZ"], 2) == 0.67
    assert agreement["BLR"] == agreement.max()
    assert agreement["UKR"] < agreement["KAZ"]


def test_the_vote_of_march_2022_has_every_state_once():
    votes = load("state_votes").set_index("iso3")["vote"]
    assert sorted(votes.index) == sorted(STATES)
    assert votes["KAZ"] == "abstain"
    assert votes["BLR"] == "no"
    assert votes["SRB"] == "yes"
    assert votes["UZB"] == "absent"


def test_one_state_never_mixes_two_copies_of_the_product():
    macro = load("macro").dropna(subset=["gdp_busd"])
    copies = macro.groupby("iso3")["gdp_source_id"].agg(set)
    mixed = {state for state, ids in copies.items() if "wb-wdi-copy" in ids and len(ids) > 1}
    assert mixed == set()
    assert set(STATES) <= set(copies.index)


def test_concentration_by_hand():
    # Fifty equal partners and China with as much as all of them.
    pairs = pairs_of({f"P{i:02}": 1.0 for i in range(50)} | {"CHN": 50.0})
    row = world.trade_rows(pairs, ["AAA"], ["P00", "P01"]).set_index("flow").loc["exports"]
    assert row["herfindahl"] == pytest.approx(0.25 + 50 * 0.01**2)
    assert row["share_chn"] == 0.5
    assert row["share_eu27"] == pytest.approx(0.02)
    assert row["share_rus"] == 0
    assert (row["largest"], row["partners"]) == ("CHN", 51)


def test_a_year_of_few_partners_is_left_out():
    few = pairs_of({f"P{i:02}": 1.0 for i in range(indicators.MIN_PARTNERS - 1)})
    many = pairs_of({f"P{i:02}": 1.0 for i in range(indicators.MIN_PARTNERS)}, year=2001)
    found = world.trade_rows(pd.concat([few, many]), ["AAA"], [])
    assert set(found["year"]) == {2001}


def test_duties_of_defence_by_hand():
    pairs = pd.DataFrame(
        [
            ("AAA", 2000, "RUS", 1), ("AAA", 2000, "BBB", 1), ("AAA", 2000, "USA", 0),
            ("AAA", 2001, "RUS", 1), ("AAA", 2001, "USA", 1),
            ("AAA", 2002, "RUS", None),
        ],
        columns=["iso3", "year", "partner", "atop_defense"],
    )  # fmt: skip
    found = world.treaty_rows(pairs, ["AAA"]).set_index("year")
    assert found["defence_partners"].tolist() == [2, 2, 0]
    assert found["defence_powers"].tolist() == [1, 2, 0]
    assert found["only_power"].fillna("").tolist() == ["RUS", "", ""]


def test_serbia_is_found_under_its_old_code_only_since_it_stands_alone():
    raw = pd.DataFrame(
        {
            "iso3c": ["YUG", "YUG"], "session": [60, 61], "NVotes": [80, 81],
            "IdealPoint": [0.11111, 0.22222], "Q5%": [0.0, 0.1], "Q95%": [0.2, 0.3],
        }
    )  # fmt: skip
    found = world.ideal_point_rows(raw, ["SRB"])
    assert found[["iso3", "year", "ideal_point"]].values.tolist() == [["SRB", 2006, 0.2222]]


def test_a_missing_raw_file_is_named(tmp_path, capsys):
    assert world.main([str(tmp_path)]) == 1
    assert "un_agreement_all_pairs_1992_2019.csv.gz: missing" in capsys.readouterr().err


def test_the_recipe_gives_the_tables_that_are_shipped():
    folder = os.environ.get("WORLD")
    if not folder:
        pytest.skip("no folder of raw files: set WORLD to make the tables of other states anew")
    for name, table in world.tables(Path(folder)).items():
        pd.testing.assert_frame_equal(
            load(name), table, check_dtype=False, obj=name, check_exact=False, atol=1e-9
        )
