"""Models: properties, cases worked by hand, limiting cases derived, refusals, and the tables."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from multivector import indicators as ind
from multivector import load, theory

quick = settings(derandomize=True, max_examples=50, deadline=None)
fraction = st.floats(min_value=0, max_value=1, allow_nan=False)
inner = st.floats(min_value=0.01, max_value=0.99, allow_nan=False)
cost = st.floats(min_value=0, max_value=3, allow_nan=False)

EVEN = dict.fromkeys(theory.THREAT_COMPONENTS, 1.0)


def threats(**rows: tuple[float, float, float, float]) -> pd.DataFrame:
    return pd.DataFrame.from_dict(rows, orient="index", columns=list(theory.THREAT_COMPONENTS))


# --- composites and threats ------------------------------------------------------------------


def test_a_threat_by_hand():
    scores = threats(X=(1.0, 0.5, 0.5, 0.0), Y=(0.4, 0.8, 0.4, 0.8))
    even = theory.threat_ranking(scores, EVEN)
    assert even["score"].tolist() == pytest.approx([0.5, 0.6])
    assert even["rank"].tolist() == [2, 1]
    # Twice the weight on power: (2 + .5 + .5 + 0) / 5 = .6 and (.8 + .8 + .4 + .8) / 5 = .56.
    tilted = theory.threat_ranking(scores, EVEN | {"power": 2.0})
    assert tilted["score"].tolist() == pytest.approx([0.6, 0.56])
    assert tilted["rank"].tolist() == [1, 2]


def test_all_weight_on_power_is_the_balance_of_power():
    # Limit: with w = (1, 0, 0, 0) the mean of the four components is the first one.
    scores = threats(X=(0.9, 0, 0, 0), Y=(0.3, 1, 1, 1), Z=(0.6, 1, 0, 1))
    only = {"power": 3.0, "proximity": 0, "offence": 0, "intent": 0}
    result = theory.threat_ranking(scores, only)
    assert result["score"].tolist() == pytest.approx(scores["power"].tolist())
    assert result["rank"].tolist() == [1, 3, 2]


def test_a_state_above_another_in_everything_is_above_it_under_every_weighting():
    # x_k >= y_k for all k, and w >= 0, give sum w x >= sum w y; strict if all are strict.
    scores = threats(above=(0.9, 0.8, 0.7, 0.6), below=(0.5, 0.4, 0.3, 0.2))
    result = theory.threat_stability(scores, step=0.1)
    assert result.loc["above", ["best_rank", "worst_rank", "rank_1"]].tolist() == [1, 1, 1]
    assert result.loc["below", ["best_rank", "worst_rank", "rank_2"]].tolist() == [2, 2, 1]


def test_stability_by_hand():
    # Two components, X = (1, 0), Y = (0, 1): with weights 0, .5, 1 on the first, Y wins once, X
    # wins once, and once they tie: half the tie each.
    table = pd.DataFrame({"a": [1.0, 0.0], "b": [0.0, 1.0]}, index=["X", "Y"])
    result = theory.rank_stability(table, step=0.5)
    assert result["rank_1"].tolist() == pytest.approx([0.5, 0.5])
    assert result["best_rank"].tolist() == [1, 1]
    assert result["worst_rank"].tolist() == [2, 2]


table_of_scores = st.integers(min_value=2, max_value=6).flatmap(
    lambda n: st.lists(st.tuples(inner, inner, inner, inner), min_size=n, max_size=n)
)


@quick
@given(table_of_scores, st.tuples(inner, inner, inner, inner))
def test_scores_ranks_and_stability_hang_together(rows, weight):
    scores = threats(**{f"S{place}": row for place, row in enumerate(rows)})
    weights = dict(zip(theory.THREAT_COMPONENTS, weight, strict=True))
    ranked = theory.threat_ranking(scores, weights)
    assert ranked["score"].between(0, 1).all()
    # Weights count only in proportion, and the order of the rows not at all.
    scaled = theory.threat_ranking(scores.iloc[::-1], {k: 7 * v for k, v in weights.items()})
    np.testing.assert_allclose(scaled["score"].iloc[::-1], ranked["score"], rtol=1e-12)
    stable = theory.threat_stability(scores, step=0.25)
    shares = stable.filter(like="rank_")
    np.testing.assert_allclose(shares.sum(axis=1), 1)
    np.testing.assert_allclose(shares.sum(axis=0), 1)
    assert (stable["best_rank"] <= stable["worst_rank"]).all()


def test_the_lattice_holds_every_weighting_once():
    lattice = theory.weight_lattice(4, 0.05)
    assert lattice.shape == (math.comb(23, 3), 4)
    np.testing.assert_allclose(lattice.sum(axis=1), 1)
    assert len(np.unique(lattice, axis=0)) == len(lattice)
    assert theory.weight_lattice(1, 0.5).tolist() == [[1.0]]


def test_a_composite_by_hand():
    table = pd.DataFrame(
        {"partners": [10.0, 20.0, 15.0], "hhi": [0.3, 0.1, 0.2]}, index=["X", "Y", "Z"]
    )
    result = theory.composite(table, {"partners": 1, "hhi": 3}, invert=["hhi"])
    assert result["score"].tolist() == pytest.approx([0.0, 1.0, 0.5])
    assert result["rank"].tolist() == [3, 1, 2]
    # Not inverted, the two columns contradict each other: X = 3/4, Y = 1/4, Z = 1/2.
    other = theory.composite(table, {"partners": 1, "hhi": 3})
    assert other["score"].tolist() == pytest.approx([0.75, 0.25, 0.5])
    # Limit: all weight on one column ranks as the column does.
    assert theory.composite(table, {"partners": 1, "hhi": 0})["rank"].tolist() == [3, 1, 2]


def test_equal_items_share_a_rank():
    table = pd.DataFrame({"a": [1.0, 1.0, 0.0], "b": [0.5, 0.5, 0.0]})
    assert theory.composite(table, {"a": 1, "b": 1})["rank"].tolist() == [1, 1, 3]
    # .1 + .2 + .3 and .3 + .2 + .1 differ in the last bit; they are one number all the same.
    scores = threats(X=(0.1, 0.2, 0.3, 0.0), Y=(0.3, 0.2, 0.1, 0.0))
    assert theory.threat_ranking(scores, EVEN)["rank"].tolist() == [1, 1]


@quick
@given(
    st.lists(st.tuples(cost, cost), min_size=3, max_size=6),
    st.floats(min_value=0.1, max_value=10),
    st.floats(min_value=-5, max_value=5),
)
def test_units_do_not_matter_to_a_composite(rows, scale, shift):
    table = pd.DataFrame(rows, columns=["a", "b"])
    assume(np.ptp(table["a"]) > 0.1 and np.ptp(table["b"]) > 0.1)
    changed = table.assign(a=table["a"] * scale + shift)
    weights = {"a": 2, "b": 1}
    np.testing.assert_allclose(
        theory.composite(changed, weights)["score"],
        theory.composite(table, weights)["score"],
        atol=1e-9,
    )


def test_weights_are_the_callers_and_complete():
    scores = threats(X=(1, 0, 0, 0))
    for weights in (
        {},
        {"power": 1},
        EVEN | {"luck": 1},
        EVEN | {"power": -1},
        EVEN | {"power": math.nan},
        dict.fromkeys(EVEN, 0),
    ):
        with pytest.raises(ValueError, match="weight"):
            theory.threat_ranking(scores, weights)
    with pytest.raises(TypeError):
        theory.composite(scores)  # type: ignore[call-arg]


def test_a_gap_is_not_scored():
    with pytest.raises(ValueError, match="blank.*row X, column power: nan"):
        theory.threat_ranking(threats(X=(math.nan, 0, 0, 0)), EVEN)
    with pytest.raises(ValueError, match="between 0 and 1: row X, column intent: 2"):
        theory.threat_ranking(threats(X=(0, 0, 0, 2)), EVEN)
    with pytest.raises(ValueError, match="intent"):
        theory.threat_ranking(threats(X=(1, 0, 0, 0)).drop(columns="intent"), EVEN)
    with pytest.raises(ValueError, match="all items are equal in a"):
        theory.composite(pd.DataFrame({"a": [1, 1], "b": [0, 1]}), {"a": 1, "b": 1})
    with pytest.raises(ValueError, match="must divide 1"):
        theory.weight_lattice(3, 0.3)
    with pytest.raises(ValueError, match="larger step"):
        theory.weight_lattice(12, 0.01)


# --- alignment -------------------------------------------------------------------------------

GAME = dict(
    ties=1.0,
    strong_share=0.4,
    profit=0.1,
    loss=2.0,
    arms=0.2,
    insurance=0.1,
    balance_protection=0.6,
    hedge_protection=0.4,
    bandwagon_protection=0.8,
    exposure=0.5,
    hedge_exposure=0.2,
)


def game(**changes: float) -> theory.AlignmentGame:
    return theory.AlignmentGame(**(GAME | changes))


games = st.builds(
    theory.AlignmentGame,
    ties=st.floats(min_value=0.1, max_value=3),
    strong_share=fraction,
    profit=cost,
    loss=cost,
    arms=cost,
    insurance=cost,
    balance_protection=fraction,
    hedge_protection=fraction,
    bandwagon_protection=fraction,
    exposure=cost,
    hedge_exposure=cost,
)


def test_payoffs_by_hand():
    # p = .5, r = .5: multi-vector 1 - 1 - .25; hedge .9 - .6 - .1; balance .4 - .4;
    # bandwagon .5 - .2.
    row = theory.alignment_payoffs(game(), 0.5, 0.5).iloc[0]
    assert row.tolist() == pytest.approx([-0.25, 0.2, 0.0, 0.3])
    choice = theory.alignment_choice(game(), 0.5, 0.5).iloc[0]
    assert choice["choice"] == "bandwagon"
    assert (choice["payoff"], choice["margin"]) == pytest.approx((0.3, 0.1))


def test_a_border_by_hand():
    # Multi-vector against hedge at r = 0: 1 - 2p = .9 - 1.2p, so p = .125; rivalry brings it
    # nearer: 1 - 2p - .5r = .9 - 1.2p - .2r, p = (.1 - .3r) / .8.
    assert theory.border_threat(game(), "multivector", "hedge", 0) == pytest.approx(0.125)
    assert theory.border_threat(game(), "multivector", "hedge", 0.2) == pytest.approx(0.05)


@quick
@given(games, fraction, fraction)
def test_the_choice_is_a_best_reply(some, p, r):
    payoffs = theory.alignment_payoffs(some, p, r).iloc[0]
    chosen = theory.alignment_choice(some, p, r).iloc[0]
    assert payoffs[chosen["choice"]] == payoffs.max() == chosen["payoff"]
    assert chosen["margin"] >= 0


@quick
@given(games, fraction, fraction)
def test_borders_give_the_difference_of_payoffs_everywhere(some, p, r):
    payoffs = theory.alignment_payoffs(some, p, r).iloc[0]
    borders = theory.alignment_borders(some)
    assert len(borders) == math.comb(len(theory.STRATEGIES), 2)
    for _, line in borders.iterrows():
        value = line["constant"] + line["by_threat"] * p + line["by_rivalry"] * r
        difference = payoffs[line["first"]] - payoffs[line["second"]]
        assert value == pytest.approx(difference, abs=1e-9)


@quick
@given(games, fraction)
def test_on_a_border_two_strategies_are_worth_the_same(some, r):
    for first, second in itertools.combinations(theory.STRATEGIES, 2):
        p = theory.border_threat(some, first, second, r)
        if math.isnan(p) or not 0 <= p <= 1:
            continue
        payoffs = theory.alignment_payoffs(some, p, r).iloc[0]
        assert payoffs[first] == pytest.approx(payoffs[second], abs=1e-6)


@quick
@given(games)
def test_in_quiet_times_insurance_and_arms_buy_nothing(some):
    # p = r = 0: U = a. Hedge is ties - insurance <= ties, balance (1 - w) ties - arms <= ties,
    # bandwagon w ties + profit > ties only if profit > (1 - w) ties.
    choice = theory.alignment_choice(some, 0, 0)["choice"].iloc[0]
    given_up = (1 - some.strong_share) * some.ties
    assume(abs(some.profit - given_up) > 1e-9)
    assert choice == ("bandwagon" if some.profit > given_up else "multivector")


@quick
@given(games, inner, fraction)
def test_when_everything_is_at_stake_protection_alone_decides(some, p, r):
    # U / loss -> -p (1 - sigma) as loss grows: the largest sigma wins if it is the only one.
    protection = some.terms()["protection"].sort_values()
    assume(protection.iloc[-1] - protection.iloc[-2] > 0.01)
    huge = theory.AlignmentGame(
        **{name: getattr(some, name) for name in GAME if name != "loss"}, loss=1e6
    )
    assert theory.alignment_choice(huge, p, r)["choice"].iloc[0] == protection.index[-1]


@quick
@given(games, fraction, inner)
def test_when_open_refusal_costs_everything_nobody_stays_multivector(some, p, r):
    # U_multivector -> -infinity as exposure grows, at any r > 0; the others stay where they are.
    forced = theory.AlignmentGame(
        **{name: getattr(some, name) for name in GAME if name != "exposure"}, exposure=1e6
    )
    assert theory.alignment_choice(forced, p, r)["choice"].iloc[0] != "multivector"


@quick
@given(games, fraction, fraction)
def test_a_hedge_without_cost_or_cover_is_multivectorism(some, p, r):
    # insurance = 0, hedge_protection = 0, equal exposure: all three terms agree.
    values = {name: getattr(some, name) for name in GAME}
    values |= {"insurance": 0.0, "hedge_protection": 0.0, "hedge_exposure": some.exposure}
    payoffs = theory.alignment_payoffs(theory.AlignmentGame(**values), p, r).iloc[0]
    assert payoffs["hedge"] == payoffs["multivector"]


@quick
@given(games, fraction, fraction, fraction, fraction)
def test_each_strategy_holds_a_convex_region(some, p1, r1, p2, r2):
    # The best of linear functions: what is best at two points is best between them.
    ends = theory.alignment_choice(some, [p1, p2], [r1, r2])
    assume(ends["choice"].nunique() == 1 and (ends["margin"] > 1e-6).all())
    middle = theory.alignment_choice(some, (p1 + p2) / 2, (r1 + r2) / 2)
    assert middle["choice"].iloc[0] == ends["choice"].iloc[0]


def test_a_grid_is_answered_at_once():
    p, r = np.meshgrid(np.linspace(0, 1, 21), np.linspace(0, 1, 21))
    grid = theory.alignment_choice(game(), p, r)
    assert len(grid) == 441
    assert set(grid["choice"]) <= set(theory.STRATEGIES)
    assert grid["choice"].nunique() >= 3


def test_an_impossible_game_is_refused():
    for change in (
        {"ties": 0},
        {"loss": -1},
        {"strong_share": 1.2},
        {"hedge_protection": 1.1},
        {"arms": math.inf},
    ):
        with pytest.raises(ValueError, match=next(iter(change))):
            game(**change)
    with pytest.raises(ValueError, match="threat must lie"):
        theory.alignment_choice(game(), 1.5, 0)
    with pytest.raises(ValueError, match="unknown strategy"):
        theory.border_threat(game(), "neutrality", "hedge", 0)
    assert math.isnan(theory.border_threat(game(loss=0), "multivector", "hedge", 0))


# --- shocks ----------------------------------------------------------------------------------


def trade_of(**flows: float) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "year": 2024,
            "partner": list(flows),
            "exports_musd": [float(value) for value in flows.values()],
            "imports_musd": 1.0,
        }
    )


def shock(table, partner, loss, redirect, discount, **options):
    return theory.shock_partner(
        table,
        partner,
        loss,
        year=2024,
        redirect=redirect,
        discount=discount,
        min_partners=1,
        **options,
    )


def test_a_lost_partner_by_hand():
    # 40 of 100; half of it stops, half of that is sold elsewhere at four fifths of the price:
    # lost 20, recovered .5 * .8 * 20 = 8; B and C take it 5:1.
    result = shock(trade_of(A=40, B=50, C=10), "A", 0.5, 0.5, 0.2)
    assert (result.total, result.lost, result.recovered) == pytest.approx((100, 20, 8))
    assert (result.sensitivity, result.vulnerability) == pytest.approx((0.20, 0.12))
    assert result.flows["after"].tolist() == pytest.approx([20, 50 + 8 * 5 / 6, 10 + 8 / 6])
    assert result.over(1000) == pytest.approx((0.020, 0.012))
    assert result.unit == "musd"


flows = st.lists(st.floats(min_value=0.1, max_value=1e5), min_size=2, max_size=10)


@quick
@given(flows, fraction, fraction)
def test_no_shock_changes_nothing(values, redirect, discount):
    table = trade_of(**{f"P{place}": value for place, value in enumerate(values)})
    result = shock(table, "P0", 0, redirect, discount)
    assert result.lost == result.recovered == result.sensitivity == result.vulnerability == 0
    np.testing.assert_array_equal(result.flows["before"], result.flows["after"])


@quick
@given(flows, fraction, fraction, fraction)
def test_vulnerability_never_passes_sensitivity_and_the_books_balance(values, loss, f, d):
    table = trade_of(**{f"P{place}": value for place, value in enumerate(values)})
    result = shock(table, "P0", loss, f, d)
    assert -1e-12 <= result.vulnerability <= result.sensitivity + 1e-12 <= 1 + 1e-9
    before, after = result.flows["before"].sum(), result.flows["after"].sum()
    assert before - after == pytest.approx(result.net_loss, rel=1e-6, abs=1e-6)
    assert (result.flows["after"] >= 0).all()


def test_limits_of_substitution():
    # recovered = f (1 - d) lost: nothing at f = 0 or d = 1; everything at f = 1 and d = 0.
    table = trade_of(A=90, B=10)
    for f, d in ((0, 0), (1, 1)):
        none = shock(table, "A", 1, f, d)
        assert none.vulnerability == none.sensitivity == pytest.approx(0.9)
    assert shock(table, "A", 1, 1, 0).vulnerability == pytest.approx(0)
    # With a single partner there is nowhere to go, whatever f says.
    alone = shock(trade_of(A=5), "A", 1, 1, 0)
    assert alone.sensitivity == alone.vulnerability == 1


def test_a_bloc_can_be_shocked_as_one():
    table = trade_of(A=10, B=20, C=70)
    result = shock(table, "AB", 1, 0, 0, merge={"AB": ["A", "B"]})
    assert result.sensitivity == pytest.approx(0.3)


ROUTES = {"west": 60.0, "north": 20.0, "east": 20.0}


def test_a_closed_route_by_hand():
    # West closes: 60 lost, room for 5 north and 15 east: 20 saved, 40 of 100 stranded.
    result = theory.shock_route(ROUTES, "west", 1, spare={"north": 5, "east": 15})
    assert (result.lost, result.recovered) == (60, 20)
    assert (result.sensitivity, result.vulnerability) == pytest.approx((0.6, 0.4))
    assert result.flows["after"].tolist() == pytest.approx([0, 25, 35])
    assert result.unit == "mt"


@quick
@given(
    st.lists(st.tuples(cost, cost), min_size=2, max_size=6),
    fraction,
    st.integers(min_value=1, max_value=5),
)
def test_routes_balance_and_stay_within_their_room(parts, loss, number_hit):
    tonnes = {f"R{place}": mt + 0.01 for place, (mt, _) in enumerate(parts)}
    hit = list(tonnes)[:number_hit]
    room = {name: part[1] for (name, part) in zip(tonnes, parts, strict=True) if name not in hit}
    result = theory.shock_route(tonnes, hit, loss, spare=room)
    before, after = result.flows["before"], result.flows["after"]
    assert before.sum() - after.sum() == pytest.approx(result.net_loss, abs=1e-9)
    assert 0 <= result.vulnerability <= result.sensitivity <= 1 + 1e-12
    for name, spare in room.items():
        assert after[name] <= before[name] + spare + 1e-9
    if loss == 0:
        np.testing.assert_array_equal(before, after)


def test_limits_of_routes():
    none = {"north": 0, "east": 0}
    plenty = {"north": 100, "east": 0}
    assert theory.shock_route(ROUTES, "west", 0, spare=none).lost == 0
    stuck = theory.shock_route(ROUTES, "west", 1, spare=none)
    assert stuck.vulnerability == stuck.sensitivity
    assert theory.shock_route(ROUTES, "west", 1, spare=plenty).vulnerability == 0
    # A chokepoint that all routes share leaves nothing to take over.
    shut = theory.shock_route(ROUTES, list(ROUTES), 1, spare={})
    assert shut.vulnerability == 1


def test_shocks_refuse_what_is_not_said():
    with pytest.raises(ValueError, match="how much room there is on east"):
        theory.shock_route(ROUTES, "west", 1, spare={"north": 5})
    with pytest.raises(ValueError, match="room must be known.*: -1.0 on east"):
        theory.shock_route(ROUTES, "west", 1, spare={"north": 5, "east": -1})
    with pytest.raises(ValueError, match="sea"):
        theory.shock_route(ROUTES, "sea", 1, spare={})
    with pytest.raises(ValueError, match="tonnes must be known.*: nan on west"):
        theory.shock_route(ROUTES | {"west": math.nan}, "west", 1, spare={"north": 0, "east": 0})
    with pytest.raises(ValueError, match="loss must lie"):
        shock(trade_of(A=1, B=1), "A", 1.5, 0, 0)
    with pytest.raises(ValueError, match="no partner 'Z'"):
        shock(trade_of(A=1, B=1), "Z", 1, 0, 0)
    with pytest.raises(TypeError):
        theory.shock_partner(trade_of(A=1), "A", 1, year=2024)  # type: ignore[call-arg]
    with pytest.raises(ValueError, match="published"):
        shock(trade_of(A=1, B=1), "A", 1, 0, 0).over(math.nan)


# --- portfolio -------------------------------------------------------------------------------


def rates(**columns: list[float]) -> pd.DataFrame:
    size = len(next(iter(columns.values())))
    return pd.DataFrame(columns, index=pd.Index(range(2021, 2021 + size), name="year"))


STEADY = [0.1, -0.1, 0.1, -0.1, 0.0]


def test_a_portfolio_by_hand():
    # A has mean 0 and variance .04 / 4 = .01; B = -A has the same; half and half is flat.
    growth = rates(A=STEADY, B=[-value for value in STEADY])
    alone = theory.portfolio(growth, {"A": 1, "B": 0})
    assert (alone["mean"], alone["volatility"]) == pytest.approx((0, 0.1))
    both = theory.portfolio(growth, {"A": 1, "B": 1})
    assert both["volatility"] == pytest.approx(0, abs=1e-9)
    assert both["undiversified"] == pytest.approx(0.1)
    least = theory.minimum_variance(growth)
    assert (least["A"], least["volatility"]) == pytest.approx((0.5, 0), abs=1e-9)


def test_partners_that_move_as_one_do_not_diversify():
    growth = rates(A=STEADY, B=STEADY)
    mix = theory.portfolio(growth, {"A": 0.3, "B": 0.7})
    assert mix["volatility"] == pytest.approx(mix["undiversified"])


def test_uncorrelated_equal_partners_diversify_by_the_root_of_their_number():
    # Var(mean of n uncorrelated of variance v) = v / n. Columns of a Hadamard matrix.
    signs = np.array([[1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]]) * 0.1
    growth = rates(**{name: signs[:, place].tolist() for place, name in enumerate("ABC")})
    mix = theory.portfolio(growth, {"A": 1, "B": 1, "C": 1})
    assert mix["volatility"] == pytest.approx(mix["undiversified"] / math.sqrt(3))
    least = theory.minimum_variance(growth)
    assert least[["A", "B", "C"]].tolist() == pytest.approx([1 / 3] * 3)


def test_two_uncorrelated_partners_are_held_against_their_variances():
    # min w^2 a + (1 - w)^2 b gives w = b / (a + b): variances 1 to 4, weights 4/5 to 1/5.
    growth = rates(A=[0.1, 0.1, -0.1, -0.1], B=[0.2, -0.2, 0.2, -0.2])
    least = theory.minimum_variance(growth)
    assert least[["A", "B"]].tolist() == pytest.approx([0.8, 0.2])


growth_tables = st.integers(min_value=1, max_value=5).flatmap(
    lambda n: st.lists(
        st.lists(st.floats(min_value=-0.5, max_value=1), min_size=n, max_size=n),
        min_size=5,
        max_size=7,
    )
)


def growth_of(rows: list[list[float]]) -> pd.DataFrame:
    return rates(**{f"P{k}": [row[k] for row in rows] for k in range(len(rows[0]))})


@quick
@given(growth_tables)
def test_the_frontier_is_convex_admissible_and_never_beaten(rows):
    growth = growth_of(rows)
    result = theory.frontier(growth, points=9)
    weights = result[list(growth.columns)]
    assert (weights >= 0).all(axis=None)
    np.testing.assert_allclose(weights.sum(axis=1), 1)
    # The mix has the mean it stands at, up to the slack allowed to a weight.
    np.testing.assert_allclose(weights @ growth.mean(), result["mean"], atol=1e-6)
    sd = result["volatility"].to_numpy()
    assert (sd[1:-1] <= (sd[:-2] + sd[2:]) / 2 + 1e-6).all()
    # No mix has the same mean and less volatility: a chance mix, brought to the mean of the
    # middle point by adding one end of the frontier, is never better than the middle point.
    generator = np.random.default_rng(1)
    ends, middle = weights.iloc[[0, -1]].to_numpy(), result["mean"].iloc[4]
    for mix in generator.dirichlet(np.ones(len(growth.columns)), size=20):
        for end in ends:
            here, there = mix @ growth.mean(), end @ growth.mean()
            if abs(here - there) < 1e-6 or not min(here, there) <= middle <= max(here, there):
                continue
            part = (middle - there) / (here - there)
            held = dict(zip(growth.columns, part * mix + (1 - part) * end, strict=True))
            assert theory.portfolio(growth, held)["volatility"] >= sd[4] - 1e-6
    least = theory.minimum_variance(growth)
    assert least["volatility"] <= sd.min() + 1e-6


@quick
@given(growth_tables)
def test_the_frontier_matches_a_fine_search_over_two_partners(rows):
    growth = growth_of(rows).iloc[:, :2]
    assume(growth.shape[1] == 2)
    mean = growth.mean()
    assume(abs(mean.iloc[0] - mean.iloc[1]) > 1e-3)
    for _, point in theory.frontier(growth, points=5).iterrows():
        # Two partners and one mean leave one mix: w = (mean - m_b) / (m_a - m_b).
        w = min(max((point["mean"] - mean.iloc[1]) / (mean.iloc[0] - mean.iloc[1]), 0), 1)
        held = theory.portfolio(growth, {growth.columns[0]: w, growth.columns[1]: 1 - w})
        assert point["volatility"] == pytest.approx(held["volatility"], abs=1e-6)


def test_the_ends_of_the_frontier_are_single_partners():
    growth = rates(A=[0.1, 0.2, 0.0, 0.1, 0.1], B=[0.5, 0.9, -0.2, 0.3, 0.0], C=STEADY)
    result = theory.frontier(growth, points=5)
    assert result.iloc[-1]["B"] == pytest.approx(1)
    assert result.iloc[0]["C"] == pytest.approx(1)


def test_a_portfolio_needs_years_and_no_blanks():
    with pytest.raises(ValueError, match="too few"):
        theory.frontier(rates(A=[0.1, 0.2], B=[0.2, 0.1]))
    with pytest.raises(ValueError, match="blank"):
        theory.minimum_variance(rates(A=[0.1, math.nan, 0.1, 0.2, 0.3]))
    with pytest.raises(ValueError, match="exact frontier"):
        theory.frontier(growth_of([[0.1 * k for k in range(13)] for _ in range(5)]))
    with pytest.raises(ValueError, match="at least two points"):
        theory.frontier(rates(A=STEADY), points=1)


def test_growth_wants_long_unbroken_series():
    years = pd.DataFrame(
        {
            "year": [2020 + k for k in range(6)] * 2,
            "partner": ["A"] * 6 + ["B"] * 6,
            "exports_musd": [1.0, 2, 2, 1, 4, 4] + [1.0, 0, 1, 1, 1, 1],
            "imports_musd": 1.0,
        }
    )
    growth = theory.growth_rates(years, min_partners=1)
    assert list(growth.columns) == ["A"]
    assert growth["A"].tolist() == pytest.approx([1, 0, -0.5, 3, 0])
    with pytest.raises(ValueError, match=r"B has a year without trade \(first: 2021\)"):
        theory.growth_rates(years, ["B"], min_partners=1)
    with pytest.raises(ValueError, match="only 3 growth rates"):
        theory.growth_rates(years[years["year"] < 2024], min_partners=1)
    with pytest.raises(ValueError, match="consecutive"):
        theory.growth_rates(years[years["year"] != 2022], min_partners=1)


def test_a_blank_inside_a_merged_partner_is_not_growth():
    years = pd.DataFrame(
        {
            "year": [2020 + k for k in range(6)] * 3,
            "partner": ["A"] * 6 + ["B"] * 6 + ["C"] * 6,
            "exports_musd": [50.0] * 6 + [50.0, math.nan, 50, 50, 50, 50] + [1.0] * 6,
            "imports_musd": 1.0,
        }
    )
    options = {"merge": {"AB": ["A", "B"]}, "min_partners": 1}
    with pytest.raises(ValueError, match="series of AB is broken: B is blank in 2021"):
        theory.growth_rates(years, ["AB"], **options)
    assert list(theory.growth_rates(years, **options)) == ["C"]
    # Half of a turnover is a blank too; imports have none.
    with pytest.raises(ValueError, match="B is blank in 2021"):
        theory.growth_rates(years, ["B"], flow="turnover", min_partners=1)
    assert list(theory.growth_rates(years, flow="imports", **options)) == ["AB", "C"]
    # A member without a row had no trade that the table knows of: nothing is left open.
    assert list(theory.growth_rates(years.dropna(), **options)) == ["AB", "C"]


def test_one_year_left_out_at_a_time():
    with pytest.raises(ValueError, match="3 growth rates are too few"):
        theory.leave_one_year_out(rates(A=[0.1, 0.2, 0.3, 0.4]))
    growth = rates(A=STEADY, B=[0.2, 0.1, 0.0, 0.1, 0.2])
    result = theory.leave_one_year_out(growth, {"A": 1, "B": 0})
    assert list(result.index) == ["none", "2021", "2022", "2023", "2024", "2025"]
    assert result.loc["2021", "mean"] == pytest.approx(np.mean(STEADY[1:]))
    found = theory.leave_one_year_out(growth)
    assert found.loc["none", "A"] == pytest.approx(theory.minimum_variance(growth)["A"])


# --- Bayesian comparison ---------------------------------------------------------------------


def evidence(rows: dict[str, tuple[float, ...]], theories: str = "HB") -> pd.DataFrame:
    return pd.DataFrame.from_dict(rows, orient="index", columns=list(theories))


def test_a_posterior_by_hand():
    # Even prior, ratio 3, then 1/2: odds 3/1, then 3/2.
    result = theory.bayes_update(
        {"H": 0.5, "B": 0.5}, evidence({"vote": (0.6, 0.2), "visit": (0.4, 0.8)})
    )
    assert result["H"].tolist() == pytest.approx([0.5, 0.75, 0.6])
    assert list(result.index) == ["prior", "vote", "visit"]
    weight = theory.weight_of_evidence(evidence({"vote": (0.6, 0.2)}), "H", "B").loc["vote"]
    assert weight["ratio"] == pytest.approx(3)
    assert weight["decibels"] == pytest.approx(10 * math.log10(3))


chances = st.tuples(inner, inner, inner)


@quick
@given(st.lists(chances, min_size=1, max_size=8), chances, st.randoms(use_true_random=False))
def test_the_order_of_the_evidence_does_not_matter(rows, raw, random):
    prior = {name: value / sum(raw) for name, value in zip("HBM", raw, strict=True)}
    table = evidence({f"e{place}": row for place, row in enumerate(rows)}, "HBM")
    order = list(table.index)
    random.shuffle(order)
    straight, shuffled = (theory.bayes_update(prior, t) for t in (table, table.loc[order]))
    np.testing.assert_allclose(straight.iloc[-1], shuffled.iloc[-1], rtol=1e-9)
    np.testing.assert_allclose(straight.sum(axis=1), 1)
    # Nor does it matter how the table's columns stand, or that evidence comes in two sittings.
    half = len(table) // 2
    first = theory.bayes_update(prior, table.iloc[:half, ::-1]).iloc[-1]
    second = theory.bayes_update(dict(first / first.sum()), table.iloc[half:])
    np.testing.assert_allclose(second.iloc[-1][list("HBM")], straight.iloc[-1], rtol=1e-9)


@quick
@given(st.lists(st.tuples(inner, inner), min_size=1, max_size=8), inner)
def test_posterior_odds_are_prior_odds_times_the_ratios(rows, prior):
    table = evidence({f"e{place}": row for place, row in enumerate(rows)})
    last = theory.bayes_update({"H": prior, "B": 1 - prior}, table).iloc[-1]
    weight = theory.weight_of_evidence(table, "H", "B")
    odds = prior / (1 - prior) * weight["ratio"].prod()
    assert last["H"] == pytest.approx(odds / (1 + odds), rel=1e-9)
    total = 10 * math.log10(prior / (1 - prior)) + weight["decibels"].sum()
    assert 10 * math.log10(odds) == pytest.approx(total, abs=1e-6)


def test_limits_of_belief():
    flat = evidence({"e": (0.3, 0.3)})
    # Equal likelihoods cancel in the quotient: nothing is learnt, whatever their size.
    assert theory.bayes_update({"H": 0.2, "B": 0.8}, flat).iloc[-1].tolist() == pytest.approx(
        [0.2, 0.8]
    )
    # 0 times anything is 0: what was excluded beforehand cannot come back.
    stuck = theory.bayes_update({"H": 0, "B": 1}, evidence({"e": (1, 0.01)}))
    assert stuck.iloc[-1].tolist() == [0, 1]
    # Impossible evidence ends a theory.
    ended = theory.bayes_update({"H": 0.9, "B": 0.1}, evidence({"e": (0, 0.01)}))
    assert ended.iloc[-1].tolist() == [0, 1]
    # No evidence: the prior.
    none = theory.bayes_update({"H": 0.9, "B": 0.1}, flat.iloc[:0])
    assert none.iloc[-1].tolist() == [0.9, 0.1]


def test_there_is_no_hidden_prior():
    table = evidence({"e": (0.5, 0.5)})
    with pytest.raises(TypeError):
        theory.bayes_update(likelihood=table)  # type: ignore[call-arg]
    with pytest.raises(ValueError, match="no hidden one"):
        theory.bayes_update({}, table)
    with pytest.raises(ValueError, match="sum to 1"):
        theory.bayes_update({"H": 0.5, "B": 0.6}, table)
    with pytest.raises(ValueError, match="same theories"):
        theory.bayes_update({"H": 0.5, "X": 0.5}, table)
    with pytest.raises(ValueError, match="same theories"):
        theory.bayes_update({"H": 0.5, "B": 0.5}, table[["H", "B", "B"]])


def test_a_theory_may_be_called_by_a_number():
    table = evidence({"e": (0.75, 0.25)}).set_axis([1, 2], axis=1)
    assert theory.bayes_update({1: 0.5, 2: 0.5}, table).loc["e"].to_dict() == {"1": 0.75, "2": 0.25}


def test_evidence_is_checked():
    even = {"H": 0.5, "B": 0.5}
    for bad in ((1.2, 0.5), (-0.1, 0.5), (math.nan, 0.5)):
        with pytest.raises(ValueError, match=f"between 0 and 1.*row e, column H: {bad[0]}"):
            theory.bayes_update(even, evidence({"e": bad}))
    with pytest.raises(ValueError, match="'e' is impossible"):
        theory.bayes_update(even, evidence({"e": (0, 0)}))
    with pytest.raises(ValueError, match="cannot tell them apart"):
        theory.weight_of_evidence(evidence({"e": (0, 0)}), "H", "B")
    with pytest.raises(ValueError, match="no theory 'X'"):
        theory.weight_of_evidence(evidence({"e": (0.1, 0.2)}), "X", "B")
    assert theory.weight_of_evidence(evidence({"e": (0.1, 0)}), "H", "B")["ratio"].iloc[0] == (
        math.inf
    )


# --- the tables ------------------------------------------------------------------------------


def test_a_shock_from_the_table_is_the_share_of_the_partner():
    trade, eu = load("trade"), ind.bloc(load("partners"), "eu27")
    result = theory.shock_partner(trade, "EU27", 1, year=2024, redirect=0, discount=0, merge=eu)
    share = ind.shares(trade, years=2024, merge=eu).loc[2024, "EU27"]
    assert result.sensitivity == result.vulnerability == pytest.approx(share)


def test_growth_from_the_table_is_the_growth_of_the_flows():
    trade = load("trade")
    growth = theory.growth_rates(trade, ["CHN", "RUS", "ITA"])
    assert list(growth.index) == [2021, 2022, 2023, 2024, 2025]
    china = trade[trade["partner"] == "CHN"].set_index("year")["exports_musd"]
    assert growth.loc[2025, "CHN"] == pytest.approx(china[2025] / china[2024] - 1)
    pd.testing.assert_frame_equal(theory.growth_rates(trade, "CHN"), growth[["CHN"]])


def test_one_year_moves_the_least_volatile_mix_from_the_table():
    # What the chapter says of five years: leaving one out moves some weight by tens of points.
    growth = theory.growth_rates(load("trade"), merge=ind.groups(load("partners")))
    found = theory.leave_one_year_out(growth)[list(growth.columns)]
    moved = (found - found.loc["none"]).abs().max(axis=None)
    assert moved > 0.3


# --- the limits that the docstrings state --------------------------------------------------------


def test_limits_of_the_lattice_and_of_ranks():
    # One part can only have all the weight; a step of 1 gives it to each part in turn.
    assert theory.weight_lattice(1, 0.1).tolist() == [[1.0]]
    assert sorted(theory.weight_lattice(3, 1).tolist()) == [[0, 0, 1], [0, 1, 0], [1, 0, 0]]
    # With one column there is one ranking; who leads in every column is first under all weights.
    one = theory.rank_stability(pd.DataFrame({"x": [3.0, 1.0, 2.0]}))
    assert one["best_rank"].tolist() == one["worst_rank"].tolist() == [1, 3, 2]
    leads = theory.rank_stability(pd.DataFrame({"x": [3.0, 1.0, 2.0], "y": [9.0, 8.0, 1.0]}))
    assert leads["rank_1"].tolist() == [1.0, 0.0, 0.0]


def test_limits_of_rescaling():
    # (x - min) / (max - min) sends two items to 0 and 1 and leaves a column from 0 to 1 alone.
    two = theory.rescale(pd.DataFrame({"x": [5.0, -2.0]}))
    assert two["x"].tolist() == [1.0, 0.0]
    unit = pd.DataFrame({"x": [0.0, 0.3, 1.0]})
    assert theory.rescale(unit).equals(unit)


def test_limits_of_payoffs():
    # U = a - p*loss*(1 - sigma) - r*c: at p = r = 0 only a is left; sigma = 1 removes p, c = 0 r.
    game = theory.AlignmentGame(1, 0.4, 0.1, 1.5, 0.1, 0.1, 1.0, 0.3, 0.5, 0.5, 0.2)
    quiet = theory.alignment_payoffs(game, 0, 0).iloc[0]
    assert quiet.tolist() == pytest.approx(game.terms()["value"].tolist())
    stormy = theory.alignment_payoffs(game, 1, 1).iloc[0]
    assert stormy["balance"] == pytest.approx(quiet["balance"])


def test_limits_of_a_single_partner_and_of_steady_growth():
    # One partner is every mix; growth without variance is the same whichever year is left out.
    alone = pd.DataFrame({"A": [0.1, 0.3, -0.1, 0.2, 0.0]}, index=range(2021, 2026))
    edge = theory.frontier(alone, points=3)
    assert edge["A"].tolist() == [1.0, 1.0, 1.0]
    assert theory.minimum_variance(alone)["volatility"] == pytest.approx(alone["A"].std())
    steady = pd.DataFrame({"A": [0.1] * 5, "B": [0.1] * 5}, index=range(2021, 2026))
    left = theory.leave_one_year_out(steady)
    assert left["mean"].tolist() == pytest.approx([0.1] * 6)
    assert left["volatility"].tolist() == pytest.approx([0.0] * 6, abs=1e-9)


def test_limits_of_the_weight_of_evidence():
    # ratio = P(e|first)/P(e|second): alike weighs log 1 = 0, ten to one 10, exchanged the negative.
    table = pd.DataFrame({"A": [0.4, 0.5, 0.2], "B": [0.4, 0.05, 0.8]})
    there = theory.weight_of_evidence(table, "A", "B")["decibels"]
    assert there.tolist()[:2] == pytest.approx([0.0, 10.0])
    back = theory.weight_of_evidence(table, "B", "A")["decibels"]
    assert back.tolist() == pytest.approx((-there).tolist())


def test_limits_of_a_loss_over_the_product():
    # (lost, lost - recovered) / product: with nothing recovered the two are one.
    shock = theory.shock_route({"a": 3.0, "b": 1.0}, "a", 1.0, spare={"b": 0.0})
    assert shock.over(6.0) == (0.5, 0.5)
