"""Models: what the theory chapters run, as pure functions with visible assumptions.

None of these models proves a theory. Each turns the words of one into a few lines of arithmetic,
so that a reader can see what follows from which assumption and change it. Weights, priors and
payoffs are therefore always the caller's: there is no default that could pass for a finding.
Functional forms that are this book's own, and not the literature's, say so.

Shapes: tables in, tables out (pandas); a *weight* is non-negative and weights are divided by
their sum; a *share* and a *probability* are fractions of one. Every refusal is a ``ValueError``.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from multivector import indicators

#: Walt's four components of a threat, in his order.
THREAT_COMPONENTS: tuple[str, ...] = ("power", "proximity", "offence", "intent")

#: The strategies of :class:`AlignmentGame`; the order breaks ties.
STRATEGIES: tuple[str, ...] = ("multivector", "hedge", "balance", "bandwagon")

#: Growth rates a partner needs before a mean and a variance are worth a number. Five is few: it
#: is what 2020-2025 offers, and :func:`leave_one_year_out` shows how little five can carry.
MIN_GROWTH_RATES = 5

#: The frontier is found by going through every set of partners held, 2**n - 1 of them.
MAX_PORTFOLIO = 12

#: A weight this little below zero is rounding, not a short sale.
_WEIGHT_SLACK = 1e-9

#: Weight lattices larger than this are refused rather than waited for.
MAX_LATTICE = 200_000

__all__ = [
    "MAX_PORTFOLIO",
    "MIN_GROWTH_RATES",
    "STRATEGIES",
    "THREAT_COMPONENTS",
    "AlignmentGame",
    "Shock",
    "alignment_borders",
    "alignment_choice",
    "alignment_payoffs",
    "bayes_update",
    "border_threat",
    "composite",
    "frontier",
    "growth_rates",
    "leave_one_year_out",
    "minimum_variance",
    "portfolio",
    "rank_stability",
    "rescale",
    "shock_partner",
    "shock_route",
    "threat_ranking",
    "threat_stability",
    "weight_lattice",
    "weight_of_evidence",
]


# --------------------------------------------------------------------------------------------
# Weighted scores: composites and threats


def rescale(table: pd.DataFrame, invert: Iterable[str] = ()) -> pd.DataFrame:
    """Columns rescaled to ``[0, 1]``: ``(x - min) / (max - min)``, or one minus that.

    Args:
        table: one row an item, one numeric column an indicator, no blanks.
        invert: columns where less is more.

    Returns:
        The same shape; 0 for the lowest item of a column and 1 for the highest (the other way
        round where inverted).

    Raises:
        ValueError: a blank, a column in which all items are equal, or an unknown column.

    The scale depends on which items are in the table: adding one can move every other.

    Limiting cases: with two items each column is 0 and 1; a column that is ``[0, 1]`` from end to
    end already is returned as it is.

    Source: min-max scaling, the usual first step of a composite index.
    """
    values = _numbers(table)
    flipped = set(invert)
    if unknown := sorted(flipped - set(table.columns)):
        raise ValueError(f"no column {', '.join(unknown)} to invert")
    low, high = values.min(axis=0), values.max(axis=0)
    if flat := [str(name) for name, same in zip(table.columns, low == high, strict=True) if same]:
        raise ValueError(f"all items are equal in {', '.join(flat)}: it cannot rank them")
    scaled = (values - low) / (high - low)
    for position, name in enumerate(table.columns):
        if name in flipped:
            scaled[:, position] = 1.0 - scaled[:, position]
    return pd.DataFrame(scaled, index=table.index, columns=table.columns)


def composite(
    table: pd.DataFrame, weights: Mapping[str, float], *, invert: Iterable[str] = ()
) -> pd.DataFrame:
    """A composite index with the caller's weights: ``C_i = sum_k w_k z_ik / sum_k w_k``.

    ``z`` is :func:`rescale` of the table. No composite "multi-vector score" is established in the
    literature; read this one together with :func:`rank_stability`.

    Args:
        table: one row an item, one numeric column an indicator.
        weights: one non-negative weight for every column; there is no default.
        invert: columns where less is more.

    Returns:
        The items' ``score`` in ``[0, 1]`` and ``rank`` (1 is highest; equal items share the
        smaller number), in the order of the table.

    Raises:
        ValueError: as for :func:`rescale`, or weights that are missing, extra, negative or zero
            in sum.

    Limiting cases: all weight on one column ranks as that column does; an item that is lowest in
    every column scores 0, one that is highest in every column scores 1, whatever the weights.

    Source: a weighted mean; the book's own use.
    """
    return _score(rescale(table, invert), _weights(weights, list(table.columns)))


def threat_ranking(scores: pd.DataFrame, weights: Mapping[str, float]) -> pd.DataFrame:
    """Walt's balance of threat as a weighted mean of four visible judgements.

    ``threat_i = sum_k w_k x_ik / sum_k w_k`` over ``power``, ``proximity``, ``offence`` and
    ``intent``, each judged in ``[0, 1]`` by the caller. Walt gives no weights and no addition:
    the form is this book's, made so that the reader can disagree with it number by number.

    Args:
        scores: one row a state, the four columns of :data:`THREAT_COMPONENTS` in ``[0, 1]``.
        weights: one non-negative weight for each of the four; there is no default.

    Returns:
        ``score`` in ``[0, 1]`` and ``rank`` (1 is the greatest threat), in the order of the table.

    Raises:
        ValueError: a component is missing, blank or outside ``[0, 1]``, or bad weights.

    Limiting cases: all weight on ``power`` is the balance of *power* (Waltz 1979); a state above
    another in all four ranks above it under every weighting.

    Source: Walt 1985, 1987.
    """
    return _score(_threats(scores), _weights(weights, list(THREAT_COMPONENTS)))


def threat_stability(scores: pd.DataFrame, *, step: float = 0.05) -> pd.DataFrame:
    """How the threat ranking depends on the weights: :func:`rank_stability` on Walt's scores.

    Args:
        scores: as for :func:`threat_ranking`.
        step: distance between neighbouring weights.

    Returns:
        As for :func:`rank_stability`.

    Raises:
        ValueError: as for :func:`threat_ranking` and :func:`weight_lattice`.

    Source: Walt 1985, 1987 for the components; the sweep over weights is this book's.
    """
    return _stability(_threats(scores), step)


def rank_stability(
    table: pd.DataFrame, *, invert: Iterable[str] = (), step: float = 0.1
) -> pd.DataFrame:
    """Every ranking that some weights can give: ranks over the whole lattice of weights.

    Args:
        table, invert: as for :func:`composite`.
        step: distance between neighbouring weights on the lattice; must divide 1.

    Returns:
        One row an item: ``best_rank`` and ``worst_rank`` over all weights, and ``rank_1`` ...
        ``rank_n``, the fraction of all weightings under which it has that rank (an item tied for
        ranks a to b counts equally in each). Each row and each ``rank`` column sums to 1.

    Raises:
        ValueError: as for :func:`composite`, or a step that does not divide 1.

    With L the lattice and ``r_i(w)`` the rank of item i under weights w, ``rank_k`` is
    ``#{w in L: r_i(w) = k} / #L``.

    Limiting cases: with one column there is one weighting, and best and worst rank are one; an
    item that leads in every column has ``rank_1 = 1``.

    Source: the book's own; a deterministic sweep, so that two readers see the same numbers.
    """
    return _stability(rescale(table, invert), step)


def weight_lattice(parts: int, step: float) -> NDArray[np.float64]:
    """All weightings of ``parts`` components in multiples of ``step`` that sum to 1.

    Args:
        parts: number of components, at least 1.
        step: for example 0.1; must divide 1.

    Returns:
        An array of shape ``(C(m + parts - 1, parts - 1), parts)`` with ``m = 1/step``.

    Raises:
        ValueError: the step does not divide 1, or the lattice would be too large
            (:data:`MAX_LATTICE`).

    Limiting cases: one part has the single weighting 1; a step of 1 gives all weight to each part
    in turn.

    Source: counting by stars and bars.
    """
    count = round(1 / step) if step > 0 else 0
    if count < 1 or abs(count * step - 1) > 1e-9:
        raise ValueError("the step between weights must divide 1, for example 0.1 or 0.05")
    size = math.comb(count + parts - 1, parts - 1)
    if size > MAX_LATTICE:
        raise ValueError(f"{size} weightings are too many: take a larger step")
    # Stars and bars: the places of parts - 1 bars among count + parts - 1 signs.
    bars = np.array(list(combinations(range(count + parts - 1), parts - 1)), dtype=int)
    bars = bars.reshape(size, parts - 1)
    edges = np.hstack([np.full((size, 1), -1), bars, np.full((size, 1), count + parts - 1)])
    return (np.diff(edges, axis=1) - 1) / count


# --------------------------------------------------------------------------------------------
# The alignment choice


@dataclass(frozen=True, slots=True)
class AlignmentGame:
    """What a smaller state gains and risks between a strong power and its rivals.

    Two players move against it. The strong power coerces with probability ``p`` (the *threat*);
    the powers as a whole demand that it take a side with probability ``r`` (the *rivalry*). For
    each strategy s the expected payoff is linear in both::

        U_s = a_s - p * loss * (1 - sigma_s) - r * c_s

        strategy     value in quiet times a_s             protection sigma_s    exposure c_s
        multivector  ties                                 0                     exposure
        hedge        ties - insurance                     hedge_protection      hedge_exposure
        balance      (1 - strong_share) * ties - arms     balance_protection    0
        bandwagon    strong_share * ties + profit         bandwagon_protection  0

    Payoffs have the unit of ``ties`` (set it to 1 and read the rest as multiples of it).

    Attributes:
        ties: value of undisturbed ties with all powers, > 0.
        strong_share: the strong power's part of those ties, in [0, 1].
        profit: what the strong power adds for exclusive alignment, >= 0 (Schweller's reward).
        loss: what coercion costs a state without protection, >= 0.
        arms: cost of balancing, >= 0 (own arms, an ally's price).
        insurance: cost of hedging, >= 0 (contradictory measures kept up at once).
        balance_protection, hedge_protection, bandwagon_protection: part of the loss averted, in
            [0, 1]: by counter-weight, by the fall-back, by appeasing the source of danger.
        exposure, hedge_exposure: what refusing to take a side costs when sides are demanded, >= 0.

    Raises:
        ValueError: a value outside its range.

    Source: the *content* of the strategies after Walt 1985 (balance against, bandwagon with, a
    threat), Schweller 1994 (bandwagon for profit), Kuik 2008 (hedge as a fall-back under
    uncertainty), Vanderhill, Joireman and Tulepbayeva 2020 (multivectorism). The linear form is
    this book's own teaching model; no parameter in it has been measured.
    """

    ties: float
    strong_share: float
    profit: float
    loss: float
    arms: float
    insurance: float
    balance_protection: float
    hedge_protection: float
    bandwagon_protection: float
    exposure: float
    hedge_exposure: float

    def __post_init__(self) -> None:
        fractions = {
            "strong_share",
            "balance_protection",
            "hedge_protection",
            "bandwagon_protection",
        }
        for field in fields(self):
            value = getattr(self, field.name)
            if not math.isfinite(value) or value < 0:
                raise ValueError(f"{field.name} must be a number and not below zero")
            if field.name in fractions and value > 1:
                raise ValueError(f"{field.name} is a fraction: at most 1")
        if self.ties == 0:
            raise ValueError("ties must be above zero: they are the unit of every payoff")

    def terms(self) -> pd.DataFrame:
        """The three terms of each strategy: ``value`` a, ``protection`` sigma, ``exposure`` c.

        Returns:
            One row a strategy (index ``strategy``, in the order of :data:`STRATEGIES`);
            ``value`` and ``exposure`` in the unit of ``ties``, ``protection`` in [0, 1].

        Source: see :class:`AlignmentGame`.
        """
        return pd.DataFrame(
            {
                "value": [
                    self.ties,
                    self.ties - self.insurance,
                    (1.0 - self.strong_share) * self.ties - self.arms,
                    self.strong_share * self.ties + self.profit,
                ],
                "protection": [
                    0.0,
                    self.hedge_protection,
                    self.balance_protection,
                    self.bandwagon_protection,
                ],
                "exposure": [self.exposure, self.hedge_exposure, 0.0, 0.0],
            },
            index=pd.Index(STRATEGIES, name="strategy"),
        )


def alignment_payoffs(game: AlignmentGame, threat: ArrayLike, rivalry: ArrayLike) -> pd.DataFrame:
    """Expected payoff of every strategy: ``U_s = a_s - p*loss*(1 - sigma_s) - r*c_s``.

    Args:
        game: the parameters.
        threat: p in [0, 1], a number or a list.
        rivalry: r in [0, 1], a number or a list that matches.

    Returns:
        One row a point (p, r), one column a strategy, in the unit of ``game.ties``.

    Raises:
        ValueError: p or r outside [0, 1].

    Limiting cases: with p = r = 0 the payoff is ``a_s``; full protection makes it independent of
    p, and no exposure independent of r.

    Source: see :class:`AlignmentGame`.
    """
    p, r = np.broadcast_arrays(_probability(threat, "threat"), _probability(rivalry, "rivalry"))
    p, r = p.ravel(), r.ravel()
    terms = game.terms()
    payoffs = (
        terms["value"].to_numpy()
        - np.outer(p * game.loss, 1.0 - terms["protection"].to_numpy())
        - np.outer(r, terms["exposure"].to_numpy())
    )
    return pd.DataFrame(payoffs, columns=pd.Index(STRATEGIES, name="strategy"))


def alignment_choice(game: AlignmentGame, threat: ArrayLike, rivalry: ArrayLike) -> pd.DataFrame:
    """The best reply to the powers' conduct (p, r), and by how much it is best.

    Args:
        game, threat, rivalry: as for :func:`alignment_payoffs`.

    Returns:
        One row a point: ``threat``, ``rivalry``, ``choice`` (of equal ones the first in
        :data:`STRATEGIES`), ``payoff``, ``margin`` (best minus second best, 0 on a border).

    Raises:
        ValueError: as for :func:`alignment_payoffs`.

    Limiting cases: with p = r = 0 insurance and arms buy nothing, so hedging is never better than
    multi-vectorism, and bandwagoning is only if ``profit`` exceeds the ties it gives up,
    ``(1 - strong_share) * ties``. As ``loss`` grows without bound at p > 0 the best reply is the
    strategy with most protection. As exposure grows without bound at r > 0 the state takes a side
    or hedges quietly. With no insurance, no protection and equal exposure hedging *is*
    multi-vectorism.

    Source: see :class:`AlignmentGame`.
    """
    payoffs = alignment_payoffs(game, threat, rivalry)
    p, r = np.broadcast_arrays(np.asarray(threat, float), np.asarray(rivalry, float))
    values = payoffs.to_numpy()
    best = values.argmax(axis=1)
    ordered = np.sort(values, axis=1)
    return pd.DataFrame(
        {
            "threat": p.ravel(),
            "rivalry": r.ravel(),
            "choice": np.array(STRATEGIES, dtype=object)[best],
            "payoff": ordered[:, -1],
            "margin": ordered[:, -1] - ordered[:, -2],
        }
    )


def alignment_borders(game: AlignmentGame) -> pd.DataFrame:
    """The straight line on which each pair of strategies is worth the same.

    From ``U_s = U_t``: ``constant + by_threat * p + by_rivalry * r = 0`` with::

        constant   = a_s - a_t
        by_threat  = loss * (sigma_s - sigma_t)
        by_rivalry = c_t - c_s

    and s is the better of the two where the left side is above zero.

    Args:
        game: the parameters.

    Returns:
        One row a pair: ``first`` (s), ``second`` (t), ``constant``, ``by_threat``,
        ``by_rivalry``. A pair with all three at zero is worth the same everywhere.

    Source: see :class:`AlignmentGame`.
    """
    terms = game.terms()
    rows = []
    for s, t in combinations(STRATEGIES, 2):
        first, second = terms.loc[s], terms.loc[t]
        rows.append(
            {
                "first": s,
                "second": t,
                "constant": first["value"] - second["value"],
                "by_threat": game.loss * (first["protection"] - second["protection"]),
                "by_rivalry": second["exposure"] - first["exposure"],
            }
        )
    return pd.DataFrame(rows)


def border_threat(game: AlignmentGame, first: str, second: str, rivalry: float) -> float:
    """The threat at which two strategies are worth the same, at a given rivalry.

    ``p* = ((a_s - a_t) + r*(c_t - c_s)) / (loss * (sigma_t - sigma_s))``.

    Args:
        game: the parameters.
        first, second: two different strategies of :data:`STRATEGIES`.
        rivalry: r in [0, 1].

    Returns:
        p*; outside [0, 1] the border is not on the map. ``nan`` if no single threat does it: both
        protect alike, or there is no loss.

    Raises:
        ValueError: an unknown strategy or rivalry outside [0, 1].

    Source: see :class:`AlignmentGame`.
    """
    for name in (first, second):
        if name not in STRATEGIES:
            raise ValueError(f"unknown strategy {name!r}: use one of {', '.join(STRATEGIES)}")
    r = float(_probability(rivalry, "rivalry"))
    terms = game.terms()
    s, t = terms.loc[first], terms.loc[second]
    slope = game.loss * (t["protection"] - s["protection"])
    if slope == 0:
        return math.nan
    return float(((s["value"] - t["value"]) + r * (t["exposure"] - s["exposure"])) / slope)


# --------------------------------------------------------------------------------------------
# Shocks: sensitivity before, vulnerability after substitution


@dataclass(frozen=True, slots=True)
class Shock:
    """A loss before and after substitution, in dollars or tonnes.

    Attributes:
        unit: ``"musd"`` or ``"mt"``.
        total: the whole flow before the shock.
        lost: what stops at once.
        recovered: what other partners or routes take up, net of its cost.
        sensitivity: ``lost / total``, before anyone adjusts.
        vulnerability: ``(lost - recovered) / total``, after substitution.
        flows: one row a partner or route with ``before`` and ``after`` (the cost of redirecting
            is subtracted where the trade goes).
    """

    unit: str
    total: float
    lost: float
    recovered: float
    sensitivity: float
    vulnerability: float
    flows: pd.DataFrame

    @property
    def net_loss(self) -> float:
        """``lost - recovered``, in the unit of the shock."""
        return self.lost - self.recovered

    def over(self, product: float) -> tuple[float, float]:
        """Loss over a product (GDP) before and after substitution.

        Gross trade stands over value added: a ratio, not a loss of income.

        Args:
            product: in the unit of the shock; for dollars ``shock.over(gdp_busd * 1000)``.

        Returns:
            ``(lost / product, (lost - recovered) / product)``: two fractions, dimensionless and
            >= 0, the second never above the first.

        Raises:
            ValueError: the product is not above zero.

        Source: sensitivity and vulnerability, Keohane and Nye 1977; trade over product, Oneal and
        Russett 1997.
        """
        if not product > 0:
            raise ValueError("the product (GDP) must be published and above zero")
        return self.lost / product, self.net_loss / product


def shock_partner(
    trade: pd.DataFrame,
    partner: str,
    loss: float,
    *,
    year: int,
    redirect: float,
    discount: float,
    flow: indicators.Flow = "exports",
    merge: Mapping[str, Iterable[str]] | None = None,
    min_partners: int = indicators.MIN_PARTNERS,
) -> Shock:
    """Trade with one partner falls; part of it is sold elsewhere, at a price.

    With ``T_j`` the flow with the partner, ``T`` the whole flow, x = ``loss``, f = ``redirect``
    and d = ``discount``::

        lost          = x * T_j
        recovered     = f * (1 - d) * lost
        sensitivity   = lost / T
        vulnerability = (lost - recovered) / T
        after_k       = T_k + recovered * T_k / (T - T_j)   for the others, pro rata
        after_j       = T_j - lost

    Args:
        trade, flow, merge, min_partners: as for :func:`multivector.indicators.shares`.
        partner: the partner, or a name made by ``merge``.
        loss: x in [0, 1], the part of the trade with it that stops.
        year: the year whose trade is shocked.
        redirect: f in [0, 1], the part of what stops that others take. An assumption of the
            caller's; there is no default.
        discount: d in [0, 1], what redirecting costs as a part of its value.

    Returns:
        A :class:`Shock` in million US dollars.

    Raises:
        ValueError: as for ``shares``, an unknown partner, or a fraction outside [0, 1].

    Limiting cases: x = 0 changes nothing. With f = 0, or d = 1, vulnerability is sensitivity;
    with f = 1 and d = 0 it is nothing, however large the partner: *vulnerability is not size but
    lack of substitutes*. With no other partner nothing can be redirected and f counts as 0.

    Source: sensitivity and vulnerability after Keohane and Nye 1977; supply effect, Hirschman
    1945. First-round arithmetic: no prices, no second round, no response of the exchange rate.
    """
    x = float(_probability(loss, "loss"))
    f = float(_probability(redirect, "redirect"))
    d = float(_probability(discount, "discount"))
    # Public functions only: shares times total gives the flow by partner back.
    share = indicators.shares(trade, flow, years=year, merge=merge, min_partners=min_partners)
    family = indicators.concentration(
        trade, flow, years=year, merge=merge, min_partners=min_partners
    )
    total = float(family["total_musd"].iloc[0])
    before = share.iloc[0].to_numpy() * total
    names = list(share.columns)
    if partner not in names:
        raise ValueError(f"the trade table has no partner {partner!r}")
    place = names.index(partner)
    others = total - before[place]
    lost = x * before[place]
    recovered = f * (1.0 - d) * lost if others > 0 else 0.0
    after = before + (recovered * before / others if others > 0 else 0.0)
    after[place] = before[place] - lost
    return Shock(
        unit="musd",
        total=total,
        lost=float(lost),
        recovered=float(recovered),
        sensitivity=float(lost / total),
        vulnerability=float((lost - recovered) / total),
        flows=pd.DataFrame({"before": before, "after": after}, index=share.columns),
    )


def shock_route(
    tonnes: Mapping[str, float] | pd.Series,
    routes: str | Iterable[str],
    loss: float,
    *,
    spare: Mapping[str, float],
) -> Shock:
    """One route, or several that share a chokepoint, closes in part; others have some room.

    With ``Q_k`` the tonnes of route k, ``Q`` their sum, R the routes hit, x = ``loss`` and
    ``F_k`` the room of the routes not hit::

        lost          = x * sum_{k in R} Q_k
        recovered     = min(lost, sum_{k not in R} F_k)
        sensitivity   = lost / Q
        vulnerability = (lost - recovered) / Q
        after_k       = (1 - x) Q_k in R,  Q_k + recovered * F_k / sum F  elsewhere

    Args:
        tonnes: route -> million tonnes a year.
        routes: the route or routes hit.
        loss: x in [0, 1].
        spare: route -> room for more, million tonnes a year. Every route that is not hit must be
            named: an unknown room is not a room of zero, and the caller says which is meant.

    Returns:
        A :class:`Shock` in million tonnes.

    Raises:
        ValueError: an unknown route, a blank or negative number, a loss outside [0, 1], or no
            room named for a route that stays open.

    Limiting cases: x = 0 changes nothing; with no room vulnerability is sensitivity; with room
    for all that is lost it is 0; with every route hit nothing can be recovered.

    Source: Keohane and Nye 1977; chokepoints, Farrell and Newman 2019. Tonnes, not dollars: a
    longer route also costs more, which this does not show.
    """
    x = float(_probability(loss, "loss"))
    flows = pd.Series(tonnes, dtype=float)
    flows.index = flows.index.astype(str)
    hit = indicators._codes(routes)
    if unknown := [name for name in [*hit, *spare] if name not in flows.index]:
        raise ValueError(f"no tonnes are given for the route {', '.join(map(str, unknown))}")
    open_ = [name for name in flows.index if name not in hit]
    if silent := [name for name in open_ if name not in spare]:
        raise ValueError(f"say how much room there is on {', '.join(silent)}, if only zero")
    room = pd.Series({name: float(spare[name]) for name in open_}, dtype=float)
    for what, values in (("tonnes", flows), ("room", room)):
        if (wrong := ~(np.isfinite(values) & (values >= 0))).any():
            name = values.index[wrong][0]
            raise ValueError(
                f"{what} must be known and not below zero: {values[wrong].iloc[0]} on {name}"
            )
    total = float(flows.sum())
    if total <= 0:
        raise ValueError("no tonnes at all")
    lost = x * float(flows[flows.index.isin(hit)].sum())
    space = float(room.sum())
    recovered = min(lost, space)
    after = flows.copy()
    after[flows.index.isin(hit)] *= 1.0 - x
    if space > 0:
        after[open_] += recovered * room / space
    return Shock(
        unit="mt",
        total=total,
        lost=lost,
        recovered=recovered,
        sensitivity=lost / total,
        vulnerability=(lost - recovered) / total,
        flows=pd.DataFrame({"before": flows, "after": after}).rename_axis("route"),
    )


# --------------------------------------------------------------------------------------------
# Portfolio of vectors


def growth_rates(
    trade: pd.DataFrame,
    partners: str | Iterable[str] | None = None,
    *,
    flow: indicators.Flow = "exports",
    merge: Mapping[str, Iterable[str]] | None = None,
    min_rates: int = MIN_GROWTH_RATES,
    min_partners: int = indicators.MIN_PARTNERS,
) -> pd.DataFrame:
    """Yearly growth of trade with each partner that has a long enough unbroken series.

    ``g_it = T_it / T_i,t-1 - 1``.

    Args:
        trade, flow, merge, min_partners: as for :func:`multivector.indicators.shares`.
        partners: one partner or several; by default all whose series is long enough and unbroken. A
            merged partner's is broken where a member is in the table with a blank: without it
            the sum would fall, and rise when it is reported again.
        min_rates: how many growth rates each needs.

    Returns:
        One row a year (from the second), one column a partner; 0.1 is ten percent.

    Raises:
        ValueError: the years are not consecutive or too few, or a partner that was asked for has
            a year without trade or, merged, a member that was not reported.

    Range: above -1. Trade that does not change grows by 0.

    Source: simple growth. Dollar values: a boom in the price of oil is growth here.
    """
    share = indicators.shares(trade, flow, merge=merge, min_partners=min_partners)
    total = indicators.concentration(trade, flow, merge=merge, min_partners=min_partners)[
        "total_musd"
    ]
    years = share.index.to_numpy()
    if len(years) < 2 or (np.diff(years) != 1).any():
        raise ValueError("growth needs consecutive years")
    if len(years) - 1 < min_rates:
        raise ValueError(
            f"only {len(years) - 1} growth rates can be had, and {min_rates} are needed before a "
            "mean and a volatility mean anything"
        )
    flows = share.mul(total, axis=0)
    gaps = _gaps(trade, flow, merge)
    unbroken = (flows > 0).all(axis=0) & ~flows.columns.isin(list(gaps))
    if partners is None:
        flows = flows.loc[:, unbroken]
    else:
        wanted = indicators._codes(partners)
        if unknown := [name for name in wanted if name not in flows.columns]:
            raise ValueError(f"the trade table has no partner {', '.join(unknown)}")
        if broken := [name for name in wanted if not unbroken[name] and name not in gaps]:
            year = int((flows[broken[0]] > 0).idxmin())
            raise ValueError(
                f"the series of {', '.join(broken)} has a year without trade (first: {year})"
            )
        if broken := [name for name in wanted if name in gaps]:
            year, member = gaps[broken[0]]
            raise ValueError(
                f"the series of {', '.join(broken)} is broken: {member} is blank in {year}"
            )
        flows = flows[wanted]
    return flows.pct_change().iloc[1:]


def _gaps(
    trade: pd.DataFrame, flow: str, merge: Mapping[str, Iterable[str]] | None
) -> dict[str, tuple[int, str]]:
    """Each partner with a blank, counted as in ``merge``: the first such year and its member."""
    blank = trade[trade[list(indicators.flow_columns(flow))].isna().any(axis=1)]
    group = {
        code: name
        for name, members in (merge or {}).items()
        for code in indicators._codes(members)
    }
    found: dict[str, tuple[int, str]] = {}
    for year, code in sorted(zip(blank["year"].astype(int), blank["partner"], strict=True)):
        found.setdefault(group.get(code, code), (year, code))
    return found


def portfolio(growth: pd.DataFrame, weights: Mapping[str, float]) -> pd.Series:
    """Mean growth and volatility of a mix of vectors.

    ``mean = w'm``, ``volatility = sqrt(w'Sw)`` with m the means and S the sample covariance
    (divisor n - 1) of the yearly growth rates. Also ``undiversified = w'sqrt(diag S)``, the
    volatility if all moved together.

    Args:
        growth: one row a year, one column a partner (:func:`growth_rates`).
        weights: one non-negative weight for every partner; divided by their sum.

    Returns:
        ``mean``, ``volatility``, ``undiversified`` (all per year; 0.1 is ten percentage points).

    Raises:
        ValueError: too few years, blanks, or bad weights.

    Limiting cases: all weight on one partner gives its own mean and volatility; partners that
    move as one give ``volatility = undiversified``; n partners that are uncorrelated and equally
    volatile give 1/sqrt(n) of it.

    Source: Markowitz 1952. A state does not choose its trade as an investor chooses shares, and
    five years are no sample: see :func:`leave_one_year_out`.
    """
    mean, covariance = _moments(growth)
    weight = _weights(weights, list(growth.columns))
    return pd.Series(
        {
            "mean": float(weight @ mean),
            "volatility": math.sqrt(max(0.0, float(weight @ covariance @ weight))),
            "undiversified": float(weight @ np.sqrt(np.diag(covariance))),
        }
    )


def minimum_variance(growth: pd.DataFrame) -> pd.Series:
    """The mix of least volatility without negative weights: its mean, volatility, weights.

    ``min_w w'Sw`` with ``w >= 0`` and ``sum w = 1``, S the sample covariance; every set of partners
    held is solved in closed form and the best admissible one kept.

    Args:
        growth: as for :func:`portfolio`, at most :data:`MAX_PORTFOLIO` partners.

    Returns:
        ``mean``, ``volatility`` (per year; 0.1 is ten percentage points) and one entry a partner
        (weights in [0, 1] that sum to 1).

    Raises:
        ValueError: too few years, blanks, or more partners than :data:`MAX_PORTFOLIO`.

    Limiting cases: one partner holds everything; two that are uncorrelated are held in inverse
    proportion to their variances, ``w_1 = v_2 / (v_1 + v_2)``.

    Source: Markowitz 1952.
    """
    mean, covariance = _moments(growth)
    _check_portfolio(len(mean))
    unit = _unit_scale(covariance)
    best: tuple[float, NDArray[np.float64]] | None = None
    for held in _subsets(len(mean)):
        size = len(held)
        solved = _least_variance(unit[np.ix_(held, held)], np.ones((1, size)), np.ones((1, 1)))
        if solved is None or (solved[0] < -_WEIGHT_SLACK).any():
            continue
        weight = _spread(held, solved[0], len(mean))
        variance = float(weight @ covariance @ weight)
        if best is None or variance < best[0]:
            best = (variance, weight)
    assert best is not None  # a single partner is always a solution
    return pd.Series(
        {
            "mean": float(best[1] @ mean),
            "volatility": math.sqrt(max(0.0, best[0])),
            **dict(zip(map(str, growth.columns), best[1].tolist(), strict=True)),
        }
    )


def frontier(growth: pd.DataFrame, points: int = 41) -> pd.DataFrame:
    """Least volatility for each mean growth, without negative weights.

    For each mean between the lowest and the highest of the partners the smallest ``w'Sw`` with
    ``w >= 0``, ``sum w = 1``, ``w'm = mean``. A trade share cannot be negative, so Markowitz's
    closed form (which sells short) does not apply; instead every set of partners held is solved
    in closed form and the best admissible one kept, which is exact for the few vectors there are.
    The volatility is a convex function of the mean.

    Args:
        growth: one row a year, one column a partner, at most :data:`MAX_PORTFOLIO` partners.
        points: how many means, evenly spaced, at least 2.

    Returns:
        Columns ``mean``, ``volatility`` and one a partner (its weight), ordered by mean.

    Raises:
        ValueError: too few years, blanks, more partners than :data:`MAX_PORTFOLIO`, or fewer
            than two points.

    Limiting cases: at the lowest and the highest mean one partner is held alone; with one partner
    every point is that partner.

    Source: Markowitz 1952.
    """
    mean, covariance = _moments(growth)
    _check_portfolio(len(mean))
    if points < 2:
        raise ValueError("a frontier needs at least two points")
    target = np.linspace(mean.min(), mean.max(), points)
    # Means and variances in units of their own size: how well a system can be solved must not
    # depend on whether growth is written as 0.1 or as 10.
    span = float(mean.max() - mean.min()) or 1.0
    level, wanted = (mean - mean.min()) / span, (target - mean.min()) / span
    unit = _unit_scale(covariance)
    best = np.full(points, np.inf)
    weights = np.zeros((points, len(mean)))
    for held in _subsets(len(mean)):
        size = len(held)
        block = unit[np.ix_(held, held)]
        if np.ptp(level[held]) <= _WEIGHT_SLACK:
            # All have one mean: they compete only where that mean is the target, and there the
            # second condition says nothing that the first does not.
            solved = _least_variance(block, np.ones((1, size)), np.ones((1, points)))
            reached = np.abs(wanted - level[held[0]]) <= _WEIGHT_SLACK
        else:
            # A singular system (fewer years than partners) loses nothing: weight can be moved
            # along the flat direction until a partner is dropped, and the smaller set is solved
            # in its own turn.
            rows = np.vstack([np.ones(size), level[held]])
            solved = _least_variance(block, rows, np.vstack([np.ones(points), wanted]))
            reached = np.ones(points, dtype=bool)
        if solved is None:
            continue
        for row in np.flatnonzero(reached & (solved >= -_WEIGHT_SLACK).all(axis=1)):
            weight = _spread(held, solved[row], len(mean))
            variance = float(weight @ covariance @ weight)
            if variance < best[row]:
                best[row], weights[row] = variance, weight
    result = pd.DataFrame(weights, columns=[str(name) for name in growth.columns])
    result.insert(0, "volatility", np.sqrt(np.maximum(best, 0.0)))
    result.insert(0, "mean", target)
    return result


def leave_one_year_out(
    growth: pd.DataFrame, weights: Mapping[str, float] | None = None
) -> pd.DataFrame:
    """How much one year decides: the same answer with each year left out in turn.

    Args:
        growth: as for :func:`portfolio`.
        weights: a mix to follow; by default the least volatile mix is found anew each time, so
            that its weights can be seen to jump.

    Returns:
        Index ``left_out`` (``"none"`` first, then each year as text); columns ``mean``,
        ``volatility`` and one a partner (the weights used).

    Raises:
        ValueError: as for :func:`portfolio`, and with fewer than :data:`MIN_GROWTH_RATES` years:
            one less is too few once a year is left out.

    Limiting case: growth that is the same every year gives the same answer every time.

    Source: the jackknife; its use on Markowitz 1952 is this book's.
    """
    cases: list[tuple[str, pd.DataFrame]] = [("none", growth)]
    cases += [(str(year), growth.drop(index=year)) for year in growth.index]
    rows = []
    for _, rates in cases:
        if weights is None:
            rows.append(minimum_variance(rates))
            continue
        result = portfolio(rates, weights)
        mix = _weights(weights, list(growth.columns))
        rows.append(
            pd.Series(
                {
                    "mean": result["mean"],
                    "volatility": result["volatility"],
                    **dict(zip(map(str, growth.columns), mix.tolist(), strict=True)),
                }
            )
        )
    return pd.DataFrame(rows, index=pd.Index([name for name, _ in cases], name="left_out"))


# --------------------------------------------------------------------------------------------
# Bayesian comparison of theories


def bayes_update(prior: Mapping[str, float], likelihood: pd.DataFrame) -> pd.DataFrame:
    """Belief in rival theories after each piece of evidence.

    ``P(T | e_1..e_k) = P(T) prod_j P(e_j | T) / sum_U P(U) prod_j P(e_j | U)``. The product does
    not depend on the order, so neither does the last row; the rows between show the path taken.

    Args:
        prior: theory -> probability before any evidence. Must be given and sum to 1: a prior that
            nobody chose is still a choice.
        likelihood: one row a piece of evidence, one column a theory: how probable this evidence
            is if the theory is right, in [0, 1]. May be empty of rows.

    Returns:
        First row ``"prior"``, then one row a piece of evidence (its index label); one column a
        theory; each row sums to 1.

    Raises:
        ValueError: no prior, a prior that does not sum to 1 or names other theories than the
            table, a likelihood outside [0, 1] or blank, or evidence that is impossible under
            every theory still held.

    Assumes that the theories exclude each other and leave nothing out, and that pieces of
    evidence are independent once a theory is given: two reports of one interview are one piece.

    Limiting cases: equal likelihoods change nothing; with two theories posterior odds are prior
    odds times the likelihood ratio; a theory with prior 0 stays at 0 whatever is seen; evidence
    impossible under a theory ends it.

    Source: Bayes' rule in process tracing: Bennett in Bennett and Checkel 2015; Fairfield and
    Charman 2017.
    """
    if not prior:
        raise ValueError("give a prior for every theory: there is no hidden one")
    theories = [str(name) for name in prior]
    start = np.array([float(value) for value in prior.values()])
    if not bool(np.all((start >= 0) & (start <= 1))) or abs(start.sum() - 1.0) > 1e-9:
        raise ValueError("a prior is a set of probabilities that sum to 1")
    likelihood = likelihood.rename(columns=str)
    if sorted(theories) != sorted(likelihood.columns):
        raise ValueError("the prior and the table of evidence must name the same theories")
    chances = likelihood[theories].to_numpy(dtype=float)
    if (wrong := ~((chances >= 0) & (chances <= 1))).any():
        raise ValueError(
            "a likelihood is a probability between 0 and 1, and none may be blank: "
            f"{_first(likelihood[theories], wrong)}"
        )
    belief = [start]
    for label, row in zip(likelihood.index, chances, strict=True):
        joint = belief[-1] * row
        if joint.sum() <= 0:
            raise ValueError(
                f"the evidence {label!r} is impossible under every theory still held: a theory is "
                "missing, or a likelihood of 0 was too bold"
            )
        belief.append(joint / joint.sum())
    index = pd.Index(["prior", *likelihood.index], name="after")
    return pd.DataFrame(np.vstack(belief), index=index, columns=theories)


def weight_of_evidence(likelihood: pd.DataFrame, first: str, second: str) -> pd.DataFrame:
    """Likelihood ratio of two theories for each piece of evidence, and in decibels.

    ``ratio = P(e | first) / P(e | second)``, ``decibels = 10 log10(ratio)``. Decibels of
    independent pieces add up.

    Args:
        likelihood: as for :func:`bayes_update`.
        first, second: two theories.

    Returns:
        One row a piece of evidence: ``ratio`` in [0, inf] (``inf`` if impossible under the second
        only) and ``decibels`` in [-inf, inf] (above 0 in favour of the first).

    Raises:
        ValueError: an unknown theory, a likelihood outside [0, 1], or evidence impossible under
            both.

    Limiting cases: evidence as probable under both weighs 0 decibels; ten times as probable under
    the first, 10; with the theories exchanged the decibels change sign.

    Source: Fairfield and Charman 2017.
    """
    for name in (first, second):
        if name not in likelihood.columns:
            raise ValueError(f"no theory {name!r} in the table of evidence")
    top = _probability(likelihood[first].to_numpy(dtype=float), "likelihood")
    bottom = _probability(likelihood[second].to_numpy(dtype=float), "likelihood")
    if ((top == 0) & (bottom == 0)).any():
        raise ValueError("evidence impossible under both theories cannot tell them apart")
    with np.errstate(divide="ignore"):
        ratio = top / bottom
        decibels = 10.0 * np.log10(ratio)
    return pd.DataFrame({"ratio": ratio, "decibels": decibels}, index=likelihood.index)


# --------------------------------------------------------------------------------------------
# Shared parts


def _numbers(table: pd.DataFrame) -> NDArray[np.float64]:
    values = table.to_numpy(dtype=float, na_value=np.nan)
    if values.size == 0:
        raise ValueError("the table is empty")
    if (wrong := ~np.isfinite(values)).any():
        raise ValueError(f"the table has a blank: a gap cannot be scored ({_first(table, wrong)})")
    return values


def _first(table: pd.DataFrame, wrong: NDArray[np.bool_]) -> str:
    """The first cell marked, by its labels and with what stands there."""
    row, column = np.argwhere(wrong)[0]
    return f"row {table.index[row]}, column {table.columns[column]}: {table.iat[row, column]}"


def _weights(weights: Mapping[str, float], names: Sequence[Any]) -> NDArray[np.float64]:
    wanted = [str(name) for name in names]
    given = {str(name): float(value) for name, value in dict(weights).items()}
    if set(given) != set(wanted):
        raise ValueError(f"give one weight for each of {', '.join(wanted)}, and no other")
    values = np.array([given[name] for name in wanted])
    if not bool(np.all(np.isfinite(values) & (values >= 0))) or values.sum() <= 0:
        raise ValueError("weights must not be negative and must not all be zero")
    return values / values.sum()


def _threats(scores: pd.DataFrame) -> pd.DataFrame:
    if missing := [name for name in THREAT_COMPONENTS if name not in scores.columns]:
        raise ValueError(f"the table has no column {', '.join(missing)}")
    table = scores[list(THREAT_COMPONENTS)]
    values = _numbers(table)
    if (wrong := (values < 0) | (values > 1)).any():
        raise ValueError(f"each component is judged between 0 and 1: {_first(table, wrong)}")
    return table.astype(float)


def _ranks(score: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Smallest and largest rank of each item by descending score, ties sharing; per column."""
    # Rounding noise must not break a tie: two equal items stay equal under every weighting.
    rounded = np.round(score, 12)
    above = np.array([(rounded > row).sum(axis=0) for row in rounded])
    equal = np.array([(rounded == row).sum(axis=0) for row in rounded])
    return above + 1, above + equal


def _score(table: pd.DataFrame, weight: NDArray[np.float64]) -> pd.DataFrame:
    score = table.to_numpy(dtype=float) @ weight
    return pd.DataFrame(
        {"score": score, "rank": _ranks(score[:, None])[0][:, 0]}, index=table.index
    )


def _stability(table: pd.DataFrame, step: float) -> pd.DataFrame:
    lattice = weight_lattice(table.shape[1], step)
    low, high = _ranks(table.to_numpy(dtype=float) @ lattice.T)
    columns: dict[str, Any] = {"best_rank": low.min(axis=1), "worst_rank": high.max(axis=1)}
    for rank in range(1, len(table) + 1):
        part = ((low <= rank) & (rank <= high)) / (high - low + 1)
        columns[f"rank_{rank}"] = part.mean(axis=1)
    return pd.DataFrame(columns, index=table.index)


def _probability(values: ArrayLike, what: str) -> NDArray[np.float64]:
    array = np.asarray(values, dtype=float)
    if not bool(np.all((array >= 0) & (array <= 1))):
        raise ValueError(f"{what} must lie between 0 and 1")
    return array


def _moments(growth: pd.DataFrame) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    values = _numbers(growth)
    # One fewer than growth_rates asks for, because leave_one_year_out takes one away.
    if len(values) < MIN_GROWTH_RATES - 1:
        raise ValueError(
            f"{len(values)} growth rates are too few for a volatility "
            f"(at least {MIN_GROWTH_RATES - 1})"
        )
    centred = values - values.mean(axis=0)
    return values.mean(axis=0), centred.T @ centred / (len(values) - 1)


def _check_portfolio(size: int) -> None:
    if size > MAX_PORTFOLIO:
        raise ValueError(
            f"{size} partners are too many for an exact frontier: choose or merge down to "
            f"{MAX_PORTFOLIO}"
        )


def _subsets(size: int) -> Iterable[list[int]]:
    for held in range(1, size + 1):
        for chosen in combinations(range(size), held):
            yield list(chosen)


def _unit_scale(covariance: NDArray[np.float64]) -> NDArray[np.float64]:
    size = float(np.diag(covariance).max())
    return covariance / size if size > 0 else covariance


def _least_variance(
    block: NDArray[np.float64], rows: NDArray[np.float64], right: NDArray[np.float64]
) -> NDArray[np.float64] | None:
    """Minimise ``w'Sw`` subject to ``rows @ w = right`` by its linear first-order conditions.

    Args:
        block: S, (k, k).
        rows: (c, k) conditions.
        right: (c, points), one column a problem.

    Returns:
        (points, k) weights of any sign, or None where the system is singular in practice.
    """
    count = len(rows)
    system = np.block([[block, rows.T], [rows, np.zeros((count, count))]])
    if np.linalg.cond(system) > 1e10:
        return None
    full = np.vstack([np.zeros((len(block), right.shape[1])), right])
    return np.linalg.solve(system, full)[: len(block)].T


def _spread(held: list[int], part: NDArray[np.float64], size: int) -> NDArray[np.float64]:
    weight = np.zeros(size)
    weight[held] = np.maximum(part, 0.0)
    return weight / weight.sum()
