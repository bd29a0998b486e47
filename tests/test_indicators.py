"""Indicators: bounds and invariances, cases worked by hand, limits, refusals, and the tables."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from multivector import indicators as ind
from multivector import load

quick = settings(derandomize=True, max_examples=60, deadline=None)

FAMILY = ["herfindahl", "effective_number", "entropy", "evenness", "largest_share"]


def trade_of(*flows: dict[str, float | None], first_year: int = 2021) -> pd.DataFrame:
    """A small trade table: one mapping of partner to exports a year; imports are twice that."""
    rows = [
        (first_year + step, partner, value, None if value is None else 2 * value)
        for step, year in enumerate(flows)
        for partner, value in year.items()
    ]
    table = pd.DataFrame(rows, columns=["year", "partner", "exports_musd", "imports_musd"])
    return table.astype({"exports_musd": float, "imports_musd": float})


def measured(table: pd.DataFrame, **options) -> pd.Series:
    return ind.concentration(table, min_partners=1, **options).iloc[0]


amounts = st.floats(min_value=0.001, max_value=1e6, allow_nan=False)
flows = st.lists(amounts, min_size=2, max_size=30)


def named(values: list[float]) -> dict[str, float]:
    return {f"P{place:02d}": value for place, value in enumerate(values)}


# --- properties ------------------------------------------------------------------------------


@quick
@given(flows)
def test_every_member_of_the_family_stays_in_its_range(values):
    row = measured(trade_of(named(values)))
    n = len(values)
    assert 1 / n - 1e-12 <= row["herfindahl"] <= 1 + 1e-12
    assert 1 - 1e-12 <= row["effective_number"] <= n + 1e-9
    assert -1e-12 <= row["entropy"] <= math.log(n) + 1e-9
    assert -1e-12 <= row["evenness"] <= 1 + 1e-12
    # The largest share bounds the index from both sides: s^2 <= H <= s.
    assert row["largest_share"] ** 2 - 1e-12 <= row["herfindahl"] <= row["largest_share"] + 1e-12


@quick
@given(flows, st.randoms(use_true_random=False), st.floats(min_value=1e-3, max_value=1e3))
def test_order_and_scale_do_not_matter(values, random, scale):
    table = trade_of(named(values))
    order = list(range(len(table)))
    random.shuffle(order)
    moved = table.iloc[order].assign(exports_musd=lambda t: t["exports_musd"] * scale)
    pd.testing.assert_series_equal(
        measured(table)[FAMILY].astype(float), measured(moved)[FAMILY].astype(float), rtol=1e-9
    )


@quick
@given(flows, st.data())
def test_merging_partners_never_lowers_concentration(values, data):
    names = list(named(values))
    members = data.draw(st.lists(st.sampled_from(names), min_size=1, unique=True))
    table = trade_of(named(values))
    apart, together = measured(table), measured(table, merge={"BLOC": members})
    assert together["herfindahl"] >= apart["herfindahl"] - 1e-12
    assert together["entropy"] <= apart["entropy"] + 1e-12
    # The rise is exactly (sum s)^2 - sum s^2 over the members: the cross products.
    share = ind.shares(table, min_partners=1).iloc[0][members]
    rise = share.sum() ** 2 - (share**2).sum()
    assert together["herfindahl"] - apart["herfindahl"] == pytest.approx(rise, abs=1e-9)


@quick
@given(st.integers(min_value=2, max_value=200), amounts)
def test_equal_shares_give_one_nth(n, amount):
    row = measured(trade_of({f"P{place:03d}": amount for place in range(n)}))
    assert row["herfindahl"] == pytest.approx(1 / n, rel=1e-12)
    assert row["effective_number"] == pytest.approx(n, rel=1e-12)
    assert row["entropy"] == pytest.approx(math.log(n), rel=1e-12)
    assert row["evenness"] == pytest.approx(1, rel=1e-12)


@quick
@given(flows, amounts)
def test_moving_trade_from_a_smaller_to_a_larger_partner_raises_the_index(values, amount):
    flows_ = named(values)
    small, large = min(flows_, key=flows_.get), max(flows_, key=flows_.get)
    assume(small != large)
    moved = min(amount, flows_[small] * 0.9)
    after = flows_ | {small: flows_[small] - moved, large: flows_[large] + moved}
    before_row, after_row = measured(trade_of(flows_)), measured(trade_of(after))
    assert after_row["herfindahl"] >= before_row["herfindahl"] - 1e-12
    assert after_row["entropy"] <= before_row["entropy"] + 1e-12


@quick
@given(flows, st.data())
def test_dropping_leaves_the_ratios_of_the_rest_alone(values, data):
    table = trade_of(named(values))
    gone = data.draw(st.sampled_from(list(named(values))))
    whole = ind.shares(table, min_partners=1).iloc[0].drop(gone)
    rest = ind.shares(table, drop=[gone], min_partners=1).iloc[0]
    assert gone not in rest.index
    np.testing.assert_allclose(rest, whole / whole.sum(), rtol=1e-9)


@quick
@given(flows)
def test_the_table_and_the_single_functions_agree(values):
    table = trade_of(named(values))
    share = ind.shares(table, min_partners=1)
    row = measured(table)
    for name in ("herfindahl", "effective_number", "entropy", "evenness"):
        function = getattr(ind, name)
        assert function(share).iloc[0] == pytest.approx(row[name], rel=1e-12)
        assert function(share.iloc[0]) == pytest.approx(row[name], rel=1e-12)
        assert function(share.to_numpy())[0] == pytest.approx(row[name], rel=1e-12)


fraction = st.floats(min_value=0, max_value=1, allow_nan=False)


@quick
@given(fraction, fraction)
def test_barbieri_is_symmetric_and_bounded(a, b):
    for function in (ind.salience, ind.symmetry, ind.interdependence):
        assert 0 <= function(a, b) <= 1
        assert function(a, b) == function(b, a)
    assert ind.interdependence(a, b) <= ind.salience(a, b)


votes = st.lists(
    st.tuples(st.sampled_from([1, 2, 3, None]), st.sampled_from([1, 2, 3, None])), min_size=1
)


@quick
@given(votes)
def test_votes_are_symmetric_bounded_and_ignore_absences(pairs):
    both = [(a, b) for a, b in pairs if a and b]
    assume(both)
    a, b = zip(*pairs, strict=True)
    a, b = np.array(a, float), np.array(b, float)
    share, score = ind.agreement(a, b), ind.s_score(a, b)
    assert 0 <= share <= 1 and -1 <= score <= 1
    assert (share, score) == (ind.agreement(b, a), ind.s_score(b, a))
    present = np.array(both, float)
    assert share == ind.agreement(present[:, 0], present[:, 1])
    # An unequal vote costs S at least half of what an opposed one costs, at most all of it.
    assert 2 * share - 1 - 1e-12 <= score <= share + 1e-12


@quick
@given(st.lists(st.sampled_from([1, 3]), min_size=1, max_size=40), st.randoms())
def test_with_yes_and_no_only_s_is_twice_agreement_minus_one(first, random):
    # Derivation: d is 0 or 2 = d_max, so S = 1 - 2 (1 - A) = 2A - 1.
    second = [random.choice([1, 3]) for _ in first]
    assert ind.s_score(first, second) == pytest.approx(2 * ind.agreement(first, second) - 1)


tonnes = st.floats(min_value=0, max_value=100, allow_nan=False)


@quick
@given(
    st.lists(
        st.tuples(
            tonnes, st.sampled_from(["RUS", "KAZ", "CHN", "AZE"]), st.sampled_from(["", "RUS"])
        ),
        min_size=1,
        max_size=7,
    ),
    st.lists(fraction, min_size=7, max_size=7),
)
def test_no_course_of_the_uncertain_tonnes_leaves_the_interval(parts, crossed):
    assume(sum(mt for mt, _, _ in parts) > 0.01)
    routes = pd.DataFrame(
        [(2024, f"R{place}", *part) for place, part in enumerate(parts)],
        columns=["year", "route", "mt", "controller", "possible"],
    )
    row = ind.route_concentration(routes, "RUS").iloc[0]
    by_country: dict[str, float] = {}
    for (mt, controller, possible), part in zip(parts, crossed, strict=False):
        moved = mt * part if possible == "RUS" else 0.0
        by_country["RUS"] = by_country.get("RUS", 0.0) + moved
        by_country[controller] = by_country.get(controller, 0.0) + mt - moved
    total = sum(by_country.values())
    index = sum((mt / total) ** 2 for mt in by_country.values())
    assert row["share_low"] - 1e-9 <= by_country["RUS"] / total <= row["share_high"] + 1e-9
    assert row["herfindahl_low"] - 1e-9 <= index <= row["herfindahl_high"] + 1e-9


# --- cases worked by hand --------------------------------------------------------------------


def test_shares_by_hand():
    # 50, 30, 20 of 100: H = .25 + .09 + .04 = .38; E = -(.5 ln .5 + .3 ln .3 + .2 ln .2).
    row = measured(trade_of({"A": 50, "B": 30, "C": 20}))
    nats = 0.5 * math.log(2) + 0.3 * math.log(10 / 3) + 0.2 * math.log(5)
    assert row["partners"] == 3
    assert row["total_musd"] == 100
    assert row["herfindahl"] == pytest.approx(0.38)
    assert row["effective_number"] == pytest.approx(1 / 0.38)
    assert row["entropy"] == pytest.approx(nats)
    assert row["evenness"] == pytest.approx(nats / math.log(3))
    assert (row["largest"], row["largest_share"]) == ("A", 0.5)


def test_merging_and_dropping_by_hand():
    table = trade_of({"A": 50, "B": 30, "C": 20})
    # B and C as one: .5 and .5. Without A: .6 and .4, H = .36 + .16 = .52.
    assert measured(table, merge={"BC": ["B", "C"]})["herfindahl"] == pytest.approx(0.5)
    assert measured(table, drop=["A"])["herfindahl"] == pytest.approx(0.52)
    # A member that is dropped by its own code leaves the group; the group can be dropped whole.
    assert measured(table, merge={"BC": ["B", "C"]}, drop=["C"])["total_musd"] == 80
    assert measured(table, merge={"BC": ["B", "C"]}, drop=["BC"])["total_musd"] == 50


def test_a_group_of_one_keeps_its_own_numbers_wherever_it_sorts():
    table = trade_of({"A": 50, "B": 30, "C": 20})
    row = ind.shares(table, min_partners=1, merge={"Z": ["A"]}).loc[2021]
    assert row.to_dict() == {"B": 0.3, "C": 0.2, "Z": 0.5}
    assert measured(table, merge={"Z": ["A"]})["largest"] == "Z"


def test_one_partner_only_is_full_concentration_and_no_evenness():
    row = measured(trade_of({"A": 7}))
    assert (row["herfindahl"], row["effective_number"], row["entropy"]) == (1, 1, 0)
    assert math.isnan(row["evenness"])


def test_a_blank_is_counted_and_not_taken_for_a_partner():
    row = measured(trade_of({"A": 50, "B": 50, "C": None}))
    assert (row["partners"], row["unreported"], row["herfindahl"]) == (2, 1, 0.5)


def test_one_blank_side_of_turnover_is_counted_and_the_other_side_too():
    table = trade_of({"A": 50, "B": 50})
    table.loc[1, "imports_musd"] = math.nan
    row = measured(table, flow="turnover")
    assert (row["unreported"], row["total_musd"], row["partners"]) == (1, 200, 2)
    assert measured(table)["unreported"] == 0


def test_turnover_is_both_flows_and_years_stay_apart():
    table = trade_of({"A": 1, "B": 3}, {"A": 2})
    result = ind.concentration(table, "turnover", min_partners=1)
    assert list(result.index) == [2021, 2022]
    assert list(result["total_musd"]) == [12, 6]
    assert list(ind.shares(table, min_partners=1).loc[2022]) == [1, 0]
    assert list(ind.concentration(table, years=2022, min_partners=1).index) == [2022]


def test_barbieri_by_hand():
    # s_i = .4, s_j = .1: salience sqrt(.04) = .2, symmetry .7, product .14.
    assert ind.salience(0.4, 0.1) == pytest.approx(0.2)
    assert ind.symmetry(0.4, 0.1) == pytest.approx(0.7)
    assert ind.interdependence(0.4, 0.1) == pytest.approx(0.14)
    # Limits: no tie to one side gives 0; only each other's whole trade gives 1.
    assert ind.interdependence(0.9, 0) == 0
    assert ind.interdependence(1, 1) == 1
    np.testing.assert_allclose(ind.salience([0.4, 1], [0.1, 1]), [0.2, 1])


def test_asymmetry_is_a_ratio_of_sizes_whatever_is_traded():
    # With one set of statistics T cancels: (T/2)/(T/10) = 5 for every T.
    for traded in (0.001, 1, 1e6):
        assert ind.dependence_ratio(traded, 2, traded, 10) == pytest.approx(5)
    # With the partner's own, larger figure the tie weighs relatively less on the reporter.
    assert ind.dependence_ratio(30, 2, 40, 10) == pytest.approx(3.75)


def test_dependence_by_hand():
    macro = pd.DataFrame({"iso3": ["KAZ"], "year": [2021], "gdp_busd": [2.0]})
    table = trade_of({"A": 100, "B": None})
    # 100 + 200 million over 2 billion.
    result = ind.trade_dependence(table, macro, reporter="KAZ")
    assert result.loc[2021, "A"] == pytest.approx(0.15)
    assert math.isnan(result.loc[2021, "B"])


def test_mirror_gap_by_hand():
    # The partner exported 40 where 30 were received: a quarter is missing.
    assert ind.mirror_gap({"imports": 30}, {"exports": 40}, "imports") == pytest.approx(0.25)
    assert ind.mirror_gap({"turnover": 30}, {"exports": 20, "imports": 20}) == pytest.approx(0.25)
    assert ind.mirror_gap({"turnover": 40}, {"turnover": 40}) == 0
    assert ind.mirror_gap({"turnover": 50}, {"turnover": 40}) < 0


def test_votes_by_hand():
    # Five roll calls, one absence: 4 joint, 2 alike; distances 0, 1, 2, 0.
    first, second = [1, 1, 1, 3, 1], [1, 2, 3, 3, None]
    second = np.array(second, float)
    assert ind.agreement(first, second) == 0.5
    assert ind.s_score(first, second) == pytest.approx(1 - 2 * 3 / (2 * 4))
    # All weight on the opposed vote gives -1, on the equal one 1.
    assert ind.s_score(first, second, [0, 0, 1, 0, 0]) == -1
    assert ind.s_score(first, second, [1, 0, 0, 0, 5]) == 1


def test_ideal_points_by_hand():
    points = pd.DataFrame(
        {
            "year": [2019] * 3,
            "iso3": ["KAZ", "USA", "UZB"],
            "ideal_point": [0.0, 3.0, -0.1],
            "q05": [-0.2, 2.8, -0.3],
            "q95": [0.2, 3.2, 0.1],
        }
    )
    far = ind.ideal_point_distance(points, "KAZ", "USA").loc[2019]
    assert tuple(far) == pytest.approx((3.0, 2.6, 3.4))
    near = ind.ideal_point_distance(points, "KAZ", "UZB").loc[2019]
    # Overlapping intervals: the distance may be nothing.
    assert tuple(near) == pytest.approx((0.1, 0.0, 0.5))
    same = ind.ideal_point_distance(points, "KAZ", "KAZ").loc[2019]
    assert same["distance"] == 0
    with pytest.raises(ValueError, match="ideal point of UZB stands twice in 2019"):
        ind.ideal_point_distance(pd.concat([points, points.tail(1)]), "KAZ", "UZB")


def route_table(*rows):
    return pd.DataFrame(rows, columns=["year", "route", "mt", "controller", "possible"])


def test_routes_by_hand():
    # 6 certain, 2 possible, 2 elsewhere of 10: share .6 to .8; squares: 36+4+4 to 64+4.
    row = ind.route_concentration(
        route_table(
            (2024, "pipe", 6.0, "RUS", None),
            (2024, "port", 2.0, "KAZ", "RUS"),
            (2024, "east", 2.0, "CHN", None),
        )
    ).loc[2024]
    assert row["share_low"] == pytest.approx(0.6)
    assert row["share_high"] == pytest.approx(0.8)
    assert row["herfindahl_low"] == pytest.approx(0.44)
    assert row["herfindahl_high"] == pytest.approx(0.68)


def test_the_least_concentrated_course_can_lie_between_the_ends():
    # 1 certain and 9 possible: equal at 5 and 5 (H = .5), ends .82 and 1.
    row = ind.route_concentration(
        route_table((2024, "pipe", 1.0, "RUS", None), (2024, "port", 9.0, "KAZ", "RUS"))
    ).loc[2024]
    assert row["herfindahl_low"] == pytest.approx(0.5)
    assert row["herfindahl_high"] == pytest.approx(1.0)


def test_without_an_uncertain_route_the_interval_is_a_point():
    row = ind.route_concentration(
        route_table((2024, "pipe", 3.0, "RUS", ""), (2024, "east", 1.0, "CHN", ""))
    ).loc[2024]
    assert row["share_low"] == row["share_high"] == 0.75
    assert row["herfindahl_low"] == pytest.approx(row["herfindahl_high"])


def test_a_published_total_above_the_routes_is_shown_and_not_hidden():
    row = ind.route_concentration(
        route_table((2009, "pipe", 45.0, "RUS", ""), (2009, "port", 22.8, "KAZ", "RUS")),
        totals={2009: 68.1},
    ).loc[2009]
    assert row["unallocated_mt"] == pytest.approx(0.3)
    assert row["share_low"] == pytest.approx(45 / 68.1)


# --- refusals --------------------------------------------------------------------------------


def test_eleven_partners_are_no_world():
    eleven = trade_of({f"P{place:02d}": 10 for place in range(11)})
    for function in (ind.shares, ind.concentration):
        with pytest.raises(ValueError, match="only 11 partners.*no world total"):
            function(eleven)
    # A partner named but blank does not make the year complete.
    padded = trade_of({f"P{place:02d}": 10 if place < 11 else None for place in range(60)})
    with pytest.raises(ValueError, match="only 11 partners"):
        ind.shares(padded)


def test_a_year_with_too_few_partners_refuses_also_beside_good_years():
    good = {f"P{place:02d}": 10.0 for place in range(60)}
    with pytest.raises(ValueError, match="2022"):
        ind.concentration(trade_of(good, {"P00": 1.0}))
    assert len(ind.concentration(trade_of(good, {"P00": 1.0}), years=2021)) == 1


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"flow": "services"}, "unknown flow"),
        ({"years": 1999}, "no rows for 1999"),
        ({"years": []}, "no year"),
        ({"drop": ["XXX"]}, "no partner XXX"),
        ({"drop": ["A", "B", "C"]}, "no partner is left"),
        ({"merge": {"M": ["XXX"]}}, "no partner 'XXX'"),
        ({"merge": {"M": ["A"], "N": ["A"]}}, "two groups"),
        ({"merge": {"A": ["B"]}}, "partner already"),
    ],
)
def test_a_question_the_table_cannot_answer_is_refused(options, words):
    with pytest.raises(ValueError, match=words):
        ind.shares(trade_of({"A": 1, "B": 2, "C": 3}), min_partners=1, **options)


def test_a_broken_table_is_refused():
    table = trade_of({"A": 1, "B": 2})
    with pytest.raises(ValueError, match="twice in one year: A in 2021"):
        ind.shares(pd.concat([table, table]), min_partners=1)
    for value, rule in ((-1.0, "negative"), (math.inf, "infinite")):
        with pytest.raises(ValueError, match=f"{rule}: exports_musd of B in 2021"):
            ind.shares(table.assign(exports_musd=[1.0, value]), min_partners=1)
    with pytest.raises(ValueError, match="no exports left"):
        ind.shares(table.assign(exports_musd=0.0), min_partners=1)
    with pytest.raises(ValueError, match="no column exports_musd"):
        ind.shares(table.drop(columns="exports_musd"), min_partners=1)


@pytest.mark.parametrize("bad", [[0.5, 0.4], [1.2, -0.2], [], [[0.5, 0.5], [0.5, 0.6]]])
def test_what_is_not_a_set_of_shares_is_refused(bad):
    for function in (ind.herfindahl, ind.effective_number, ind.entropy, ind.evenness):
        with pytest.raises(ValueError):
            function(bad)


def test_what_is_not_a_share_is_named():
    rows = pd.DataFrame({"A": [0.5, 0.5], "B": [0.5, 0.6]}, index=[2021, 2022])
    with pytest.raises(ValueError, match=r"sum to 1 \(row 2022\), not 1.1"):
        ind.herfindahl(rows)
    with pytest.raises(ValueError, match="negative: row 2022, column B"):
        ind.herfindahl(rows.assign(B=[0.5, -0.5]))
    with pytest.raises(ValueError, match="negative: entry B"):
        ind.herfindahl(pd.Series({"A": 1.5, "B": -0.5}))
    with pytest.raises(ValueError, match="negative: row 1, column 0"):
        ind.herfindahl([[1, 0], [-1, 2]])
    with pytest.raises(ValueError, match="sum to 1, not 0.9"):
        ind.herfindahl([0.5, 0.4])


def test_a_bloc_is_marked_by_yes_or_no():
    # "no" is a word, and a word is true.
    with pytest.raises(ValueError, match="'eu' is not yes or no"):
        ind.bloc(pd.DataFrame({"iso3": ["DEU", "CHN"], "eu": ["yes", "no"]}), "eu")
    marked = pd.DataFrame({"iso3": ["DEU", "CHN"], "eu": [True, False]})
    assert ind.bloc(marked, "eu") == {"EU": ["DEU"]}
    blank = marked.assign(eu=pd.array([True, None], dtype="boolean"))
    assert ind.bloc(blank, "eu") == {"EU": ["DEU"]}


@pytest.mark.parametrize(
    ("oil", "whole", "words"),
    [
        (1.0, 0.0, "'total' of 2021 must be a number above zero"),
        (1.0, math.inf, "'total' of 2021 must be a number above zero"),
        (-1.0, 2.0, "'oil' of 2021 must lie between zero and the total"),
        (3.0, 2.0, "'oil' of 2021 must lie between zero and the total"),
    ],
)
def test_a_commodity_is_a_part_of_a_total(oil, whole, words):
    table = pd.DataFrame(
        {
            "year": [2020, 2020, 2021, 2021],
            "group": ["oil", "total"] * 2,
            "exports_musd": [1.0, 2.0, oil, whole],
        }
    )
    for years in (None, 2021):
        with pytest.raises(ValueError, match=words):
            ind.commodity_share(table, "oil", years=years)
    assert ind.commodity_share(table, "oil", years=2020).to_dict() == {2020: 0.5}


def two_reporters() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Trade of two states with A, and their products: 0.3 of a product of 2 and of 1 billion."""
    one = trade_of({"A": 200}).assign(reporter="KAZ")
    other = trade_of({"A": 100}).assign(reporter="UZB")
    macro = pd.DataFrame({"iso3": ["KAZ", "UZB"], "year": [2021, 2021], "gdp_busd": [2.0, 1.0]})
    return pd.concat([one, other], ignore_index=True), macro


def test_the_product_is_that_of_the_reporter_of_the_trade():
    table, macro = two_reporters()
    uzbek = table[table["reporter"] == "UZB"]
    # 300 million over Uzbekistan's 1 billion, never over Kazakhstan's 2.
    assert ind.trade_dependence(uzbek, macro).loc[2021, "A"] == pytest.approx(0.3)
    assert ind.trade_dependence(table, macro, reporter="UZB").loc[2021, "A"] == pytest.approx(0.3)
    with pytest.raises(ValueError, match="no rows of the reporter 'KAZ'"):
        ind.trade_dependence(uzbek, macro, reporter="KAZ")
    with pytest.raises(ValueError, match="does not say whose trade it is"):
        ind.trade_dependence(uzbek.drop(columns="reporter"), macro)


@pytest.mark.parametrize(
    "ask",
    [
        lambda table, **how: ind.shares(table, min_partners=1, **how),
        lambda table, **how: ind.concentration(table, min_partners=1, **how),
        lambda table, **how: ind.trade_dependence(table, two_reporters()[1], **how),
        lambda table, **how: ind.commodity_share(table.assign(group="total"), "total", **how),
        lambda table, **how: ind.un_agreement(table.assign(joint_votes=50, agreement=0.5), **how),
    ],
    ids=["shares", "concentration", "trade_dependence", "commodity_share", "un_agreement"],
)
def test_figures_of_two_reporters_are_never_mixed(ask):
    table, _ = two_reporters()
    with pytest.raises(ValueError, match="2 reporters .KAZ, UZB.: choose one"):
        ask(table)
    assert len(ask(table, reporter="UZB")) == 1
    with pytest.raises(ValueError, match="no rows of the reporter 'XXX'"):
        ask(table, reporter="XXX")
    blank = table.assign(reporter=[None, "UZB"])
    with pytest.raises(ValueError, match="every row needs a reporter"):
        ask(blank, reporter="UZB")


@pytest.mark.parametrize("product", [0.0, -2.0, math.inf])
def test_a_product_is_above_zero_and_stands_once(product):
    macro = pd.DataFrame({"iso3": ["KAZ"], "year": [2021], "gdp_busd": [product]})
    with pytest.raises(ValueError, match="KAZ in 2021 must be a number above zero"):
        ind.trade_dependence(trade_of({"A": 1}), macro, reporter="KAZ")
    good = macro.assign(gdp_busd=2.0)
    with pytest.raises(ValueError, match="KAZ stands twice in 2021"):
        ind.trade_dependence(trade_of({"A": 1}), pd.concat([good, good]), reporter="KAZ")


def test_ratios_stop_where_the_product_is_unpublished():
    macro = pd.DataFrame(
        {"iso3": ["KAZ", "KAZ", "RUS"], "year": [2021, 2022, 2021], "gdp_busd": [2.0, None, 9.0]}
    )
    table = trade_of({"A": 1}, {"A": 1})
    with pytest.raises(ValueError, match="KAZ for 2022: the last year known is 2021"):
        ind.trade_dependence(table, macro, reporter="KAZ")
    with pytest.raises(ValueError, match="2022"):
        ind.dependence_asymmetry(macro, "RUS", reporter="KAZ", years=[2021, 2022])
    with pytest.raises(ValueError, match="XXX"):
        ind.dependence_asymmetry(macro, "XXX", reporter="KAZ", years=2021)
    assert (
        ind.dependence_asymmetry(macro, "RUS", reporter="KAZ", years=2021).loc[2021, "RUS"] == 4.5
    )


@pytest.mark.parametrize("flow", ["exports", "imports"])
def test_turnover_is_not_split_by_anybody_but_its_publisher(flow):
    both = {"exports": 10, "imports": 20}
    with pytest.raises(ValueError, match="turnover only: nobody published its split"):
        ind.mirror_gap(both, {"turnover": 40}, flow)
    with pytest.raises(ValueError, match="turnover only"):
        ind.mirror_gap({"turnover": 40}, both, flow)
    with pytest.raises(ValueError, match="not published"):
        ind.mirror_gap(both, {}, flow)


def test_other_refusals():
    with pytest.raises(ValueError, match="never voted together"):
        ind.agreement([1.0, math.nan], [math.nan, 1.0])
    with pytest.raises(ValueError, match="coded"):
        ind.agreement([1, 4], [1, 1])
    with pytest.raises(ValueError, match="same length"):
        ind.agreement([1, 1], [1])
    with pytest.raises(ValueError, match="weight"):
        ind.s_score([1, 1], [1, 1], [0, 0])
    with pytest.raises(ValueError, match="between 0 and 1"):
        ind.salience(1.2, 0)
    with pytest.raises(ValueError, match="above zero"):
        ind.dependence_ratio(1, 0, 1, 1)
    with pytest.raises(ValueError, match="more than the published total"):
        ind.route_concentration(route_table((2024, "pipe", 9.0, "RUS", "")), totals={2024: 8.0})
    with pytest.raises(ValueError, match="finite"):
        ind.s_score([1, 1], [1, 3], [1, math.inf])
    with pytest.raises(ValueError, match="partner's exports figure is infinite"):
        ind.mirror_gap({"imports": 1.0}, {"exports": math.inf}, "imports")
    for bad in (math.nan, -1.0, math.inf):
        with pytest.raises(ValueError, match="needs a tonnage.*: 'pipe' in 2024"):
            ind.route_concentration(route_table((2024, "pipe", bad, "RUS", "")))
    pipe = (2024, "pipe", 1.0, "RUS", "")
    with pytest.raises(ValueError, match="twice in one year: 'pipe' in 2024"):
        ind.route_concentration(route_table(pipe, pipe))
    for nobody in (None, math.nan):
        with pytest.raises(ValueError, match="no controller is given for the route 'port' in 2024"):
            ind.route_concentration(route_table(pipe, (2024, "port", 1.0, nobody, "")))
    with pytest.raises(ValueError, match="total of 2024 is blank"):
        ind.route_concentration(route_table(pipe), totals={2024: math.nan})


def test_functions_leave_their_tables_alone():
    table = trade_of({"A": 1, "B": 2, "C": None})
    copy = table.copy(deep=True)
    ind.concentration(table, merge={"AB": ["A", "B"]}, drop=["C"], min_partners=1)
    pd.testing.assert_frame_equal(table, copy)


# --- the tables ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def trade() -> pd.DataFrame:
    return load("trade")


@pytest.fixture(scope="module")
def eu() -> dict[str, list[str]]:
    return ind.bloc(load("partners"), "eu27")


def test_export_concentration_from_the_table(trade, eu):
    by_country = ind.concentration(trade)["herfindahl"].loc[2021:2025]
    assert [round(value, 3) for value in by_country] == [0.079, 0.081, 0.101, 0.113, 0.103]
    assert len(eu["EU27"]) == 27
    as_one = ind.concentration(trade, years=2024, merge=eu).loc[2024]
    assert round(as_one["herfindahl"], 3) == 0.270
    assert as_one["largest"] == "EU27"


def test_the_index_agrees_with_the_plain_way_of_writing_it(trade):
    for flow in ("exports", "imports"):
        column = trade[f"{flow}_musd"]
        total = column.groupby(trade["year"]).transform("sum")
        plain = ((column / total) ** 2).groupby(trade["year"]).sum()
        np.testing.assert_allclose(ind.concentration(trade, flow)["herfindahl"], plain, rtol=1e-12)


def test_vectors_sum_to_the_same_total(trade):
    vectors = ind.groups(load("partners"))
    merged = ind.concentration(trade, merge=vectors)
    np.testing.assert_allclose(merged["total_musd"], ind.concentration(trade)["total_musd"])
    assert set(ind.shares(trade, merge=vectors).columns) <= set(vectors)


def test_asymmetry_from_the_table():
    result = ind.dependence_asymmetry(
        load("macro"), ["RUS", "CHN"], reporter="KAZ", years=2023
    ).loc[2023]
    assert round(result["RUS"], 1) == 7.8
    assert round(result["CHN"]) == 70


def test_dependence_from_the_table_ends_with_the_product(trade):
    macro = load("macro")
    result = ind.trade_dependence(trade, macro, partners=["CHN", "RUS"])
    row = trade.set_index(["year", "partner"]).loc[(2024, "RUS")]
    kazakh = macro.set_index(["iso3", "year"]).loc[("KAZ", 2024), "gdp_busd"]
    expected = (row["exports_musd"] + row["imports_musd"]) / (kazakh * 1000)
    assert result.loc[2024, "RUS"] == pytest.approx(expected)
    one = ind.trade_dependence(trade, macro, partners="RUS")
    pd.testing.assert_frame_equal(one, result[["RUS"]])
    last = int(macro.loc[(macro["iso3"] == "KAZ") & macro["gdp_busd"].notna(), "year"].max())
    beyond = trade[trade["year"] == trade["year"].max()].assign(year=last + 1)
    with pytest.raises(ValueError, match=f"last year known is {last}"):
        ind.trade_dependence(beyond, macro)


@pytest.mark.parametrize(
    ("name", "ask", "words"),
    [
        ("un_agreement", lambda t: ind.un_agreement(t, reporter="ZAF"), "partner {partner}"),
        ("commodities", lambda t: ind.commodity_share(t, "crude-oil"), "group {group}"),
    ],
)
def test_what_stands_twice_in_a_table_is_named(name, ask, words):
    table = load(name)
    words = f"{words} stands twice in {{year}}".format(**table.iloc[-1])
    with pytest.raises(ValueError, match=words):
        ask(pd.concat([table, table.tail(1)]))


def test_un_agreement_from_the_table():
    table = load("un_agreement", reporter="KAZ")
    result = ind.un_agreement(table, ["CHN", "RUS", "USA"], years=2019).loc[2019]
    assert [round(value, 2) for value in result] == [0.82, 0.67, 0.14]
    with pytest.raises(ValueError, match="covers 1992 to 2019"):
        ind.un_agreement(table, years=2022)
    with pytest.raises(ValueError, match="no roll calls are compared with XXX"):
        ind.un_agreement(table, "XXX")
    # S never exceeds agreement, nor falls below twice it minus one (see the property above).
    share, score = ind.un_agreement(table), ind.un_agreement(table, value="s_score")
    gap = (share - score).to_numpy()
    assert np.nanmin(gap) >= -1e-3
    assert np.nanmax(score.to_numpy() * -1 + 2 * share.to_numpy() - 1) <= 1e-3


def test_crude_oil_from_the_table_leaves_the_short_year_out():
    table = load("commodities")
    share = ind.commodity_share(table, "crude-oil")
    assert 2022 not in share.index
    assert {year: round(share[year], 3) for year in (2015, 2024, 2025)} == {
        2015: 0.583,
        2024: 0.525,
        2025: 0.505,
    }
    with pytest.raises(ValueError, match="2022"):
        ind.commodity_share(table, "crude-oil", years=[2021, 2022])
    with pytest.raises(ValueError, match="no commodity group 'uranium'"):
        ind.commodity_share(table, "uranium")


def test_the_longer_series_is_refused_as_soon_as_only_eleven_partners_are_left(trade):
    eleven = sorted(trade["partner"].unique())[:11]
    with pytest.raises(ValueError, match="no world total"):
        ind.concentration(trade[trade["partner"].isin(eleven)])
