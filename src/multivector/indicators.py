"""Indicators: numbers computed from tables, by pure functions.

Every function takes its data as an argument, changes nothing, and gives the same answer to the
same question. Where the data cannot carry a number the function refuses with a ``ValueError``
that says why in plain words, because a share of eleven partners or a ratio to a gross domestic
product nobody has published yet looks exactly like a real one once it stands in a chart.

Names and units
---------------
``trade`` is the table ``trade``: ``reporter`` and ``partner`` (ISO 3166 alpha-3), ``year``,
``exports_musd`` and ``imports_musd`` in million US dollars. The *reporter* is the country whose
statistics these are. Where a table holds the rows of several, ``reporter=`` says whose are
meant, and without it the function refuses: figures of two countries are never mixed. A *flow* is
``"exports"``, ``"imports"`` or ``"turnover"`` (their sum). A blank cell is *not reported*: it
counts as nothing in a sum and is counted in ``unreported``, so that a reader sees that something
is missing.

A *share* is a fraction of one, never a percentage.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

Flow = Literal["exports", "imports", "turnover"]
FLOWS: tuple[str, ...] = ("exports", "imports", "turnover")

#: A year needs at least this many reported partners before its partners can be called "all".
#: The national table names 74 to 76 a year, some 99.8 % of exports; the longer series that can be
#: had for earlier years names eleven partners and no world total, and its "shares" would be
#: shares of a selection.
MIN_PARTNERS = 50

_SHARE_TOLERANCE = 1e-9

__all__ = [
    "FLOWS",
    "MIN_PARTNERS",
    "agreement",
    "bloc",
    "commodity_share",
    "concentration",
    "dependence_asymmetry",
    "dependence_ratio",
    "effective_number",
    "entropy",
    "evenness",
    "flow_columns",
    "groups",
    "herfindahl",
    "ideal_point_distance",
    "interdependence",
    "mirror_gap",
    "route_concentration",
    "rows_of",
    "s_score",
    "salience",
    "shares",
    "symmetry",
    "trade_dependence",
    "un_agreement",
]


# --------------------------------------------------------------------------------------------
# Whose figures, and groupings


def rows_of(table: pd.DataFrame, reporter: str | None = None) -> tuple[pd.DataFrame, str | None]:
    """Rows of one reporter, so that the figures of two countries are never mixed.

    Args:
        table: any table; ``reporter`` (ISO3) is its column of whose figures these are.
        reporter: whose rows; by default those of the only reporter in the table.

    Returns:
        The rows (the table itself where it has no such column) and the reporter's code, ``None``
        where neither the table nor the caller names one.

    Raises:
        ValueError: several reporters and none chosen, one that is not in the table, or a blank.
    """
    if "reporter" not in table.columns:
        return table, reporter
    if table["reporter"].isna().any():
        raise ValueError("every row needs a reporter: a row without one could be anybody's")
    held = sorted(table["reporter"].astype(str).unique())
    if reporter is None:
        if len(held) > 1:
            raise ValueError(
                f"the table holds the figures of {len(held)} reporters ({', '.join(held[:6])}"
                f"{', ...' if len(held) > 6 else ''}): choose one, for example "
                f'reporter="{held[0]}", or they would be mixed'
            )
        return table, held[0] if held else None
    if reporter not in held:
        raise ValueError(f"the table has no rows of the reporter {reporter!r}")
    return table[(table["reporter"] == reporter).to_numpy()], reporter


def bloc(partners: pd.DataFrame, flag: str, name: str | None = None) -> dict[str, list[str]]:
    """Members of a bloc marked by a yes-or-no column, ready to pass as ``merge``.

    ``bloc(load("partners"), "eu27")`` gives ``{"EU27": ["AUT", "BEL", ...]}``.

    Args:
        partners: the table ``partners`` (``iso3`` and the yes-or-no column).
        flag: the column, for example ``"eu27"`` or ``"eaeu"``.
        name: what the merged partner is called; the column's name in capitals by default.

    Returns:
        One entry: the bloc's name -> its members (ISO3, in the order of the alphabet).

    Raises:
        ValueError: no such column, one that is not yes or no, or nobody is marked in it.
    """
    _need_columns(partners, ("iso3", flag))
    # Words read as truth: of "yes" and "no" both would be members.
    if not pd.api.types.is_bool_dtype(partners[flag]):
        raise ValueError(f"the column {flag!r} is not yes or no: it holds {partners[flag].dtype}")
    member = partners[flag].fillna(False).astype(bool)
    members = sorted(partners.loc[member.to_numpy(), "iso3"].astype(str))
    if not members:
        raise ValueError(f"no partner is marked in the column {flag!r}")
    return {name or flag.upper(): members}


def groups(partners: pd.DataFrame, column: str = "vector") -> dict[str, list[str]]:
    """Every value of a column with its members, ready to pass as ``merge``.

    ``groups(load("partners"))`` gives ``{"china": ["CHN"], "eu": [...], ...}``.

    Args:
        partners: the table ``partners`` (``iso3`` and the column).
        column: the column to group by.

    Returns:
        Each value of the column -> its members (ISO3), both in the order of the alphabet.

    Raises:
        ValueError: no such column, or a partner has no value in it.
    """
    _need_columns(partners, ("iso3", column))
    if partners[column].isna().any():
        blank = sorted(partners.loc[partners[column].isna(), "iso3"].astype(str))
        raise ValueError(f"no {column} is given for {', '.join(blank)}")
    found: dict[str, list[str]] = {}
    for iso3, value in zip(partners["iso3"].astype(str), partners[column].astype(str), strict=True):
        found.setdefault(value, []).append(iso3)
    return {key: sorted(found[key]) for key in sorted(found)}


# --------------------------------------------------------------------------------------------
# Shares and concentration


def flow_columns(flow: Flow) -> tuple[str, ...]:
    """Return the columns of the trade table that make up a flow, in million dollars."""
    return ("exports_musd", "imports_musd") if flow == "turnover" else (f"{flow}_musd",)


def shares(
    trade: pd.DataFrame,
    flow: Flow = "exports",
    *,
    years: int | Iterable[int] | None = None,
    merge: Mapping[str, Iterable[str]] | None = None,
    drop: Iterable[str] = (),
    min_partners: int = MIN_PARTNERS,
    reporter: str | None = None,
) -> pd.DataFrame:
    """Share of each partner in a flow, by year: ``s_i = T_i / sum_k T_k``.

    Order of work: partners named in ``drop`` leave; members named in ``merge`` become one
    partner; the rest are divided by what is left. Dropping therefore asks "how concentrated is
    the trade that is not with X", not "how concentrated would trade be without X".

    Args:
        trade: ``year``, ``partner`` and the columns of the flow, million US dollars.
        flow: ``"exports"``, ``"imports"`` or ``"turnover"``.
        years: one year or several; every year in the table by default.
        merge: new name -> partners counted as one, for example ``bloc(partners, "eu27")``.
        drop: partners, or names made by ``merge``, to leave out.
        min_partners: how many partners with a reported value a year needs, counted before
            ``merge`` and ``drop``. Lower it only for a table that is complete by construction.
        reporter: whose trade (ISO3); needed where the table holds several reporters.

    Returns:
        One row a year (index ``year``, ascending), one column a partner (alphabetical), fractions
        of one; each row sums to 1. A partner without trade in a year has 0.

    Raises:
        ValueError: several reporters and none chosen, or one that is not in the table; fewer than
            ``min_partners`` partners in a year, an unknown flow, year or partner, a partner twice
            in one year or in two groups, a negative or infinite value, or nothing left to divide.

    Source: the definition of a trade share; grouping after Hirschman 1945 is the user's choice
    and changes every index built on it.
    """
    table = _flow_table(trade, flow, years, merge, drop, min_partners, reporter)
    return pd.DataFrame(
        table.values / table.values.sum(axis=1, keepdims=True),
        index=pd.Index(table.years, name="year"),
        columns=pd.Index(table.names, name="partner"),
    )


def herfindahl(share: ArrayLike | pd.Series | pd.DataFrame) -> Any:
    """Herfindahl-Hirschman index of shares: ``H = sum_i s_i**2``.

    Range ``[1/n, 1]`` for n partners with a share; ``1/n`` when all are equal, ``1`` when one has
    everything. Merging partners never lowers it: ``(a+b)**2 - a**2 - b**2 = 2ab >= 0``.

    Args:
        share: one-dimensional (one set of shares) or two-dimensional (one set a row) fractions of
            one that sum to 1. A blank is no share.

    Returns:
        A ``float`` for one set, a ``Series`` for a ``DataFrame``, an array for a 2-d array.

    Raises:
        ValueError: a negative share, or a set that does not sum to 1.

    Source: Hirschman 1945 (his own index is the square root of this one). It cannot show *who*
    the partners are, and it moves with the oil price.
    """
    values = _as_shares(share)
    return _like(share, (values**2).sum(axis=-1))


def effective_number(share: ArrayLike | pd.Series | pd.DataFrame) -> Any:
    """Effective number of partners: ``N = 1 / sum_i s_i**2``.

    The number of equal partners that would give the same index; range ``[1, n]``.

    Args:
        share: as for :func:`herfindahl`.

    Returns:
        As for :func:`herfindahl`.

    Raises:
        ValueError: as for :func:`herfindahl`.

    Source: Laakso and Taagepera 1979, there for parties.
    """
    values = _as_shares(share)
    return _like(share, 1.0 / (values**2).sum(axis=-1))


def entropy(share: ArrayLike | pd.Series | pd.DataFrame) -> Any:
    """Shannon entropy of shares in nats: ``E = -sum_i s_i ln s_i`` with ``0 ln 0 = 0``.

    Range ``[0, ln n]``: 0 when one partner has everything, ``ln n`` when n are equal. It gives
    small partners more weight than the Herfindahl index does, and so depends more on how finely
    they are reported.

    Args:
        share: as for :func:`herfindahl`.

    Returns:
        As for :func:`herfindahl`.

    Raises:
        ValueError: as for :func:`herfindahl`.

    Source: Shannon 1948 (with base-2 logarithms there; natural here).
    """
    return _like(share, _entropy(_as_shares(share)))


def evenness(share: ArrayLike | pd.Series | pd.DataFrame) -> Any:
    """Entropy as a fraction of its maximum: ``J = E / ln n``, n = partners with a share above 0.

    Range ``[0, 1]``; 1 when all are equal. With a single partner there is nothing to be even
    about and the answer is blank (``nan``).

    Args:
        share: as for :func:`herfindahl`.

    Returns:
        As for :func:`herfindahl`.

    Raises:
        ValueError: as for :func:`herfindahl`.

    Source: Shannon 1948 for the entropy; the quotient is its relative entropy.
    """
    values = _as_shares(share)
    return _like(share, _evenness(_entropy(values), (values > 0).sum(axis=-1)))


def concentration(
    trade: pd.DataFrame,
    flow: Flow = "exports",
    *,
    years: int | Iterable[int] | None = None,
    merge: Mapping[str, Iterable[str]] | None = None,
    drop: Iterable[str] = (),
    min_partners: int = MIN_PARTNERS,
    reporter: str | None = None,
) -> pd.DataFrame:
    """The concentration family in one table, by year.

    With ``T_i >= 0`` the flow with partner i after ``drop`` and ``merge``, ``T = sum_i T_i``,
    ``s_i = T_i / T`` and ``n = #{i: T_i > 0}``::

        herfindahl        H = sum_i s_i**2
        effective_number  1 / H
        entropy           E = -sum_{s_i > 0} s_i ln s_i
        evenness          E / ln n          (blank when n = 1)
        largest_share     max_i s_i

    Args:
        trade, flow, years, merge, drop, min_partners, reporter: as for :func:`shares`.

    Returns:
        Index ``year``; columns ``partners`` (n), ``unreported`` (partners of the table with a
        blank in that year, after ``drop``; of turnover one blank side is enough, and the other
        still counts in T), ``total_musd`` (T), ``herfindahl``, ``effective_number``,
        ``entropy``, ``evenness``, ``largest`` (its name; the first in the alphabet if several
        are equal), ``largest_share``.

    Raises:
        ValueError: as for :func:`shares`.

    Source: Hirschman 1945; Laakso and Taagepera 1979; Shannon 1948. What it cannot show: the EU
    as one partner or as twenty-seven changes the answer, the oil price moves it, and customs
    record the first port (Italy's is largely oil landed at Trieste for others).
    """
    table = _flow_table(trade, flow, years, merge, drop, min_partners, reporter)
    total = table.values.sum(axis=1)
    share = table.values / total[:, None]
    number = (table.values > 0).sum(axis=1)
    index = (share**2).sum(axis=1)
    nats = _entropy(share)
    top = share.argmax(axis=1)
    return pd.DataFrame(
        {
            "partners": number,
            "unreported": table.unreported,
            "total_musd": total,
            "herfindahl": index,
            "effective_number": 1.0 / index,
            "entropy": nats,
            "evenness": _evenness(nats, number),
            "largest": table.names[top],
            "largest_share": share[np.arange(len(top)), top],
        },
        index=pd.Index(table.years, name="year"),
    )


def commodity_share(
    commodities: pd.DataFrame,
    group: str,
    *,
    years: int | Iterable[int] | None = None,
    total: str = "total",
    reporter: str | None = None,
) -> pd.Series:
    """Share of a commodity group in all goods exports, by year: ``s_g = X_g / X_total``.

    Args:
        commodities: ``year``, ``group``, ``exports_musd``; one group is the total.
        group: the group's code, for example ``"crude-oil"``.
        years: one year or several; by default every year in which group and total are known.
        total: code of the group that holds all exports.
        reporter: whose exports (ISO3); needed where the table holds several reporters.

    Returns:
        A ``Series`` by year, fractions of one in ``[0, 1]``.

    Raises:
        ValueError: a year asked for is blank (2022: eleven months of groups under twelve months
            of total, so the table leaves it blank) or absent, the group is not in the table, a
            group stands twice in one year, a total is not above zero, or a value is negative or
            above the total.

    Source: the definition of a share. A group is a customs heading; the chemicals heading is only
    an upper bound for uranium.
    """
    _need_columns(commodities, ("year", "group", "exports_musd"))
    commodities, _ = rows_of(commodities, reporter)
    for code in (group, total):
        if not (commodities["group"] == code).any():
            raise ValueError(f"the table has no commodity group {code!r}")
    _need_once(commodities, "group", "group")
    wide = commodities.pivot(index="year", columns="group", values="exports_musd").astype(float)
    wide.index = wide.index.astype(int)
    known = wide[[group]].assign(whole=wide[total]).dropna().sort_index()
    if years is not None:
        wanted = _year_list(years)
        if absent := [year for year in wanted if year not in known.index]:
            raise ValueError(
                f"no full year of the group {group!r} is known for {_words(absent)}: a share of "
                "part of a year would be too low, so none is given"
            )
        known = known.loc[wanted]
    for year, part, whole in zip(known.index, known[group], known["whole"], strict=True):
        if not (whole > 0 and np.isfinite(whole)):
            raise ValueError(f"the group {total!r} of {year} must be a number above zero: {whole}")
        if not 0 <= part <= whole:
            raise ValueError(
                f"the group {group!r} of {year} must lie between zero and the total: {part} of "
                f"{whole}"
            )
    return (known[group] / known["whole"]).rename(group).rename_axis("year")


# --------------------------------------------------------------------------------------------
# Dependence


def trade_dependence(
    trade: pd.DataFrame,
    macro: pd.DataFrame,
    flow: Flow = "turnover",
    *,
    years: int | Iterable[int] | None = None,
    partners: str | Iterable[str] | None = None,
    reporter: str | None = None,
    merge: Mapping[str, Iterable[str]] | None = None,
) -> pd.DataFrame:
    """Trade with each partner over the reporter's own product: ``D_ij = T_ij / GDP_i``.

    Args:
        trade: as for :func:`shares`.
        macro: ``iso3``, ``year``, ``gdp_busd`` (billion US dollars).
        flow: ``"exports"``, ``"imports"`` or ``"turnover"``.
        years: one year or several; every year of the trade table by default.
        partners: one partner (or merged name) or several; all by default.
        reporter: whose trade and whose product (ISO3); needed where the table holds several
            reporters or does not say whose it is.
        merge: as for :func:`shares`.

    Returns:
        One row a year, one column a partner, dimensionless and >= 0 (0.1 is a tenth of the
        product). A partner that did not report has a blank, not a zero.

    Raises:
        ValueError: several reporters and none chosen, or no reporter at all; a year without a
            published product of the reporter, in particular one beyond its last year; a product
            that is not above zero or stands twice; an unknown partner.

    Source: Oneal and Russett 1997. Gross trade stands over value added, so the ratio may pass 1;
    a product in dollars moves with the exchange rate.
    """
    table = _flow_table(trade, flow, years, merge, (), 1, reporter)
    if table.reporter is None:
        raise ValueError(
            "the trade table does not say whose trade it is: name the reporter, "
            'for example reporter="KAZ", whose product then divides'
        )
    product = _gdp(macro, table.reporter, table.years)
    values = np.where(table.reported, table.values, np.nan) / (product[:, None] * 1000.0)
    result = pd.DataFrame(
        values,
        index=pd.Index(table.years, name="year"),
        columns=pd.Index(table.names, name="partner"),
    )
    if partners is None:
        return result
    wanted = _codes(partners)
    if unknown := [code for code in wanted if code not in result.columns]:
        raise ValueError(f"the trade table has no partner {_words(unknown)}")
    return result[wanted]


def salience(share_i: ArrayLike, share_j: ArrayLike) -> Any:
    """Barbieri's salience of a tie: ``sqrt(s_i * s_j)``.

    Args:
        share_i: share of j in i's total trade, fractions of one, any shape.
        share_j: share of i in j's total trade, same shape.

    Returns:
        Range ``[0, 1]``; 0 when the tie is nothing to either side, 1 when it is everything to
        both.

    Raises:
        ValueError: a share outside ``[0, 1]``.

    Source: Barbieri 1996. Share and dependence can point opposite ways: Gartzke and Li 2003.
    """
    first, second = _fraction(share_i), _fraction(share_j)
    return _scalar(np.sqrt(first * second))


def symmetry(share_i: ArrayLike, share_j: ArrayLike) -> Any:
    """Barbieri's symmetry of a tie: ``1 - |s_i - s_j|``.

    Args:
        share_i, share_j: as for :func:`salience`.

    Returns:
        Range ``[0, 1]``; 1 when both depend alike (also when neither depends at all).

    Raises:
        ValueError: a share outside ``[0, 1]``.

    Source: Barbieri 1996.
    """
    first, second = _fraction(share_i), _fraction(share_j)
    return _scalar(1.0 - np.abs(first - second))


def interdependence(share_i: ArrayLike, share_j: ArrayLike) -> Any:
    """Barbieri's interdependence: salience times symmetry.

    Args:
        share_i, share_j: as for :func:`salience`.

    Returns:
        Range ``[0, 1]``; 1 only when each is the other's whole trade.

    Raises:
        ValueError: a share outside ``[0, 1]``.

    Source: Barbieri 1996.
    """
    return _scalar(np.asarray(salience(share_i, share_j)) * symmetry(share_i, share_j))


def dependence_ratio(
    trade_i: ArrayLike, gdp_i: ArrayLike, trade_j: ArrayLike, gdp_j: ArrayLike
) -> Any:
    """How many times more the tie weighs on i than on j: ``(T_i/GDP_i) / (T_j/GDP_j)``.

    Args:
        trade_i: the tie's trade by i's statistics, any unit.
        gdp_i: i's product, same unit as ``gdp_j``.
        trade_j: the same trade by j's statistics, same unit as ``trade_i``.
        gdp_j: j's product.

    Returns:
        A positive number; 1 when the tie weighs alike on both.

    Raises:
        ValueError: a value that is blank, zero or negative.

    Limiting case: with one set of statistics ``T_i = T_j`` the trade cancels and the ratio is
    ``GDP_j / GDP_i``, whatever the two countries trade.

    Source: Hirschman 1945 (influence effect); Keohane and Nye 1977.
    """
    named = {"trade_i": trade_i, "gdp_i": gdp_i, "trade_j": trade_j, "gdp_j": gdp_j}
    arrays = {}
    for name, value in named.items():
        array = np.asarray(value, dtype=float)
        if not bool(np.all(np.isfinite(array) & (array > 0))):
            raise ValueError(f"{name} must be published and above zero")
        arrays[name] = array
    return _scalar((arrays["trade_i"] / arrays["gdp_i"]) / (arrays["trade_j"] / arrays["gdp_j"]))


def dependence_asymmetry(
    macro: pd.DataFrame,
    partners: str | Iterable[str],
    *,
    reporter: str,
    years: int | Iterable[int],
) -> pd.DataFrame:
    """Asymmetry of dependence on total trade, from the table of products.

    On one country's turnover figures the trade cancels (see :func:`dependence_ratio`), so this is
    ``GDP_j / GDP_i``: a ratio of sizes, to be read with routes, critical goods and substitutes.

    Args:
        macro: ``iso3``, ``year``, ``gdp_busd``.
        partners: one partner or several (ISO3).
        reporter: country i (ISO3).
        years: one year or several.

    Returns:
        One row a year, one column a partner; 70 means that the same trade weighs seventy times
        more on the reporter.

    Raises:
        ValueError: a product is not published for a year, in particular beyond its last year, is
            not above zero or stands twice.

    Source: Hirschman 1945; Keohane and Nye 1977.
    """
    wanted = _year_list(years)
    own = _gdp(macro, reporter, np.asarray(wanted))
    columns = {code: _gdp(macro, code, np.asarray(wanted)) / own for code in _codes(partners)}
    return pd.DataFrame(columns, index=pd.Index(wanted, name="year")).rename_axis(columns="partner")


def mirror_gap(
    own: Mapping[str, float], partner: Mapping[str, float], flow: Flow = "turnover"
) -> float:
    """Gap between two countries' figures for one trade: ``(P - O) / P``.

    ``O`` is the own figure and ``P`` the partner's for the same goods: own imports stand against
    the partner's exports, own exports against the partner's imports, turnover against turnover
    (given, or the sum of both flows).

    Args:
        own: the reporter's figures, keys among ``exports``, ``imports``, ``turnover``.
        partner: the partner's figures *as the partner calls them*, same unit.
        flow: which of the reporter's flows is compared.

    Returns:
        Dimensionless, below 1; 0 when both agree, above 0 when the partner records more, below
        when less (without bound as the partner's figure goes to nothing).

    Raises:
        ValueError: the figure needed was not published, for example only turnover is known and
            exports or imports are asked for; or a figure is not positive, or infinite.

    Source: mirror statistics, a working definition of this book. Causes of a gap: freight and
    insurance (CIF against FOB), transit, re-export, timing; a gap is not a fraud.
    """
    if flow not in FLOWS:
        raise ValueError(f"unknown flow {flow!r}: use one of {', '.join(FLOWS)}")
    mirrored = {"exports": "imports", "imports": "exports", "turnover": "turnover"}[flow]
    ours = _published(own, flow, "own")
    theirs = _published(partner, mirrored, "partner's")
    return (theirs - ours) / theirs


# --------------------------------------------------------------------------------------------
# United Nations votes


def agreement(votes_i: ArrayLike, votes_j: ArrayLike) -> float:
    """Share of joint votes cast alike: ``A = #{v_i = v_j} / #{both voted}``.

    Args:
        votes_i, votes_j: one vote a roll call, in the same order, coded 1 yes, 2 abstain, 3 no; a
            blank (``nan``) is an absence and leaves the roll call out.

    Returns:
        Range ``[0, 1]``: 1 when every joint vote is alike, 0 when none is.

    Raises:
        ValueError: different lengths, a code other than 1, 2, 3, or no joint vote.

    Source: after Lijphart 1963; here equal votes over joint votes, with nothing for half an
    agreement. The agenda drifts and resolutions adopted without a vote are unseen.
    """
    first, second = _joint_votes(votes_i, votes_j)
    return float((first == second).mean())


def s_score(votes_i: ArrayLike, votes_j: ArrayLike, weights: ArrayLike | None = None) -> float:
    """Signorino and Ritter's S over votes: ``S = 1 - 2 sum_k(w_k d_k) / (d_max sum_k w_k)``.

    ``d_k = |v_ik - v_jk|`` and ``d_max = 2`` for votes coded 1 yes, 2 abstain, 3 no.

    Args:
        votes_i, votes_j: as for :func:`agreement`.
        weights: one non-negative weight a roll call; all equal by default.

    Returns:
        Range ``[-1, 1]``: 1 when all votes are alike, -1 when all are opposed.

    Raises:
        ValueError: as for :func:`agreement`, or weights that are negative, infinite or sum to zero.

    Limiting case: with yes and no only, ``S = 2A - 1``, since every unequal vote is opposed.

    Source: Signorino and Ritter 1999. It does not correct for agreement by chance (Häge 2011).
    """
    first, second = _joint_votes(votes_i, votes_j)
    if weights is None:
        weight = np.ones_like(first)
    else:
        every = np.asarray(weights, dtype=float)
        if every.shape != np.asarray(votes_i, dtype=float).shape:
            raise ValueError("one weight is needed for every roll call")
        both = ~np.isnan(np.asarray(votes_i, float)) & ~np.isnan(np.asarray(votes_j, float))
        weight = every[both]
        if np.isinf(weight).any():
            raise ValueError("weights must be finite: beside an infinite one no vote counts")
        if not bool(np.all(weight >= 0)) or weight.sum() <= 0:
            raise ValueError("weights must not be negative and must not all be zero")
    return float(1.0 - 2.0 * (weight * np.abs(first - second)).sum() / (2.0 * weight.sum()))


def un_agreement(
    table: pd.DataFrame,
    partners: str | Iterable[str] | None = None,
    *,
    years: int | Iterable[int] | None = None,
    value: str = "agreement",
    min_joint_votes: int = 10,
    reporter: str | None = None,
) -> pd.DataFrame:
    """Agreement with partners in the General Assembly, by year, from the table of agreement.

    Args:
        table: ``reporter``, ``year``, ``partner``, ``joint_votes`` and the value's column.
        partners: one partner or several (ISO3); all by default.
        years: one year or several; all by default.
        value: ``"agreement"`` (see :func:`agreement`) or ``"s_score"`` (see
            :func:`s_score`).
        min_joint_votes: fewer joint votes than this give a blank.
        reporter: whose votes (ISO3); needed where the table holds several reporters.

    Returns:
        One row a year, one column a partner; agreement in ``[0, 1]``, S in ``[-1, 1]``.

    Raises:
        ValueError: several reporters and none chosen; a partner or a year outside the table, or a
            partner twice in one year. The roll calls end where the table ends; later votes are not
            extrapolated.

    Source: Lijphart 1963; Signorino and Ritter 1999; roll calls of Bailey, Strezhnev and Voeten
    2017.
    """
    _need_columns(table, ("year", "partner", "joint_votes", value))
    table, _ = rows_of(table, reporter)
    _need_once(table, "partner", "partner")
    enough = table["joint_votes"].astype(float) >= min_joint_votes
    wide = (
        table.assign(**{value: table[value].astype(float).where(enough)})
        .pivot(index="year", columns="partner", values=value)
        .sort_index()
    )
    wide.index = wide.index.astype(int)
    if years is not None:
        wanted = _year_list(years)
        if absent := [year for year in wanted if year not in wide.index]:
            raise ValueError(
                f"no roll calls for {_words(absent)}: the table covers {wide.index.min()} to "
                f"{wide.index.max()} and is not extrapolated"
            )
        wide = wide.loc[wanted]
    if partners is not None:
        codes = _codes(partners)
        if unknown := [code for code in codes if code not in wide.columns]:
            raise ValueError(f"no roll calls are compared with {_words(unknown)}")
        wide = wide[codes]
    return wide


def ideal_point_distance(
    points: pd.DataFrame,
    a: str,
    b: str,
    *,
    years: int | Iterable[int] | None = None,
) -> pd.DataFrame:
    """Distance between two states' ideal points: ``|theta_a - theta_b|``, with an interval.

    The interval is the range of ``|x - y|`` over x and y in their own 90 % intervals. It assumes
    nothing about how the two estimates vary together and is therefore wide: it covers both true
    points with at least 80 % (one minus twice a tenth).

    Args:
        points: ``year``, ``iso3``, ``ideal_point``, ``q05``, ``q95``.
        a, b: two states (ISO3).
        years: one year or several; every year both have by default.

    Returns:
        Index ``year``; columns ``distance``, ``low``, ``high``, all >= 0 and in the units of the
        scale (which has no meaning outside it).

    Raises:
        ValueError: a state or a year outside the table, or a state twice in one year.

    Source: Bailey, Strezhnev and Voeten 2017. One dimension, close to support for the US-led
    order.
    """
    _need_columns(points, ("year", "iso3", "ideal_point", "q05", "q95"))
    both = []
    for code in (a, b):
        rows = points.loc[(points["iso3"] == code).to_numpy()]
        if rows.empty:
            raise ValueError(f"no ideal points for {code}")
        _need_once(rows, "iso3", "ideal point of")
        frame = rows.set_index("year")[["ideal_point", "q05", "q95"]].astype(float)
        frame.index = frame.index.astype(int)
        both.append(frame.sort_index())
    shared = both[0].index.intersection(both[1].index)
    wanted = list(shared) if years is None else _year_list(years)
    if absent := [year for year in wanted if year not in shared]:
        raise ValueError(f"no ideal points for both {a} and {b} in {_words(absent)}")
    first, second = both[0].loc[wanted], both[1].loc[wanted]
    above = (first["q05"] - second["q95"]).to_numpy()
    below = (second["q05"] - first["q95"]).to_numpy()
    return pd.DataFrame(
        {
            "distance": (first["ideal_point"] - second["ideal_point"]).abs().to_numpy(),
            "low": np.maximum(0.0, np.maximum(above, below)),
            "high": np.maximum(
                (first["q95"] - second["q05"]).abs().to_numpy(),
                (second["q95"] - first["q05"]).abs().to_numpy(),
            ),
        },
        index=pd.Index(wanted, name="year"),
    )


# --------------------------------------------------------------------------------------------
# Routes


def route_concentration(
    routes: pd.DataFrame,
    country: str = "RUS",
    *,
    totals: Mapping[int, float] | None = None,
) -> pd.DataFrame:
    """Dependence of an export on routes through one country, as an interval, by year.

    Some routes certainly cross ``country`` and some may, in part. With certain tonnes ``R``,
    possible tonnes ``U`` and all tonnes ``Q``::

        share_low  = R / Q          nothing of the possible part crosses
        share_high = (R + U) / Q    all of it does

    The Herfindahl index over *controllers* (tonnes grouped by who controls the route) depends on
    where the possible part ran. With ``x_g`` in ``[0, u_g]`` the tonnes of controller g's routes
    that crossed ``country`` and ``b_g`` the tonnes that certainly did not::

        H(x) = ((R + sum x_g)**2 + sum_g (b_g + u_g - x_g)**2) / Q**2

    is convex: its largest value stands at a corner (each ``x_g`` nothing or all), its smallest
    where controllers are as equal as the possible part allows; both are computed exactly.

    Args:
        routes: ``year``, ``route``, ``mt`` (million tonnes), ``controller`` (who controls the
            route for certain: ISO3 or a name) and ``possible`` (blank, or the country which part
            of the route may cross).
        country: the country asked about.
        totals: published total by year, used as Q in the shares where given (routes rarely add up
            to it exactly).

    Returns:
        Index ``year``; columns ``total_mt`` (Q), ``unallocated_mt`` (the published total minus
        the routes: in neither bound, so that a reader sees it), ``share_low``, ``share_high``,
        ``herfindahl_low``, ``herfindahl_high`` (over the routes listed). Tonnes in millions,
        shares in ``[0, 1]``, low never above high.

    Limiting cases: with no possible part each interval is a point; with every tonne possible and
    none certain the share runs from 0 to 1.

    Raises:
        ValueError: a blank, infinite or negative tonnage, a route without a name or a controller
            or twice in a year, a blank or infinite total, or routes that add up to more than the
            published total.

    Source: the index after Hirschman 1945 applied to routes; chokepoints after Farrell and Newman
    2019. The interval is this book's arithmetic.
    """
    _need_columns(routes, ("year", "route", "mt", "controller", "possible"))
    for name in ("route", "controller"):
        # A group without a name drops out of every sum over groups.
        if (blank := routes[name].isna().to_numpy()).any():
            row = routes.iloc[int(blank.argmax())]
            raise ValueError(f"no {name} is given for the route {row['route']!r} in {row['year']}")
    frame = pd.DataFrame(
        {
            "year": routes["year"].astype(int).to_numpy(),
            "route": routes["route"].astype(str).to_numpy(),
            "mt": routes["mt"].astype(float).to_numpy(),
            "controller": routes["controller"].astype(str).to_numpy(),
            "possible": routes["possible"].fillna("").astype(str).to_numpy(),
        }
    )
    for wrong, rule in (
        (~(np.isfinite(frame["mt"]) & (frame["mt"] >= 0)),
         "every route needs a tonnage, and none may be negative or infinite"),
        (frame.duplicated(["year", "route"]), "a route stands twice in one year"),
    ):  # fmt: skip
        if wrong.any():
            first = frame[wrong].iloc[0]
            raise ValueError(f"{rule}: {first['route']!r} in {first['year']}")
    rows = []
    for year, part in frame.groupby("year", sort=True):
        listed = float(part["mt"].sum())
        total = float(totals[int(year)]) if totals and int(year) in totals else listed
        if not np.isfinite(total):
            raise ValueError(f"the published total of {year} is blank or infinite")
        # One part in a million is rounding in a published table, more is a contradiction.
        if listed > total * (1 + 1e-6):
            raise ValueError(f"the routes of {year} add up to more than the published total")
        if listed <= 0:
            raise ValueError(f"no tonnes at all in {year}")
        certain = part["controller"] == country
        maybe = ~certain & (part["possible"] == country)
        through = float(part.loc[certain, "mt"].sum())
        possible = float(part.loc[maybe, "mt"].sum())
        fixed = part.loc[~certain & ~maybe].groupby("controller")["mt"].sum()
        open_ = part.loc[maybe].groupby("controller")["mt"].sum()
        low, high = _herfindahl_range(through, fixed, open_)
        rows.append(
            {
                "year": int(year),
                "total_mt": total,
                "unallocated_mt": max(0.0, total - listed),
                "share_low": through / total,
                "share_high": (through + possible) / total,
                "herfindahl_low": low / listed**2,
                "herfindahl_high": high / listed**2,
            }
        )
    return pd.DataFrame(rows).set_index("year")


def _herfindahl_range(through: float, fixed: pd.Series, open_: pd.Series) -> tuple[float, float]:
    """Smallest and largest sum of squares over all ways the open tonnes may have run."""
    others = float((fixed.drop(open_.index, errors="ignore") ** 2).sum())
    base = fixed.reindex(open_.index, fill_value=0.0).to_numpy(dtype=float)
    spare = open_.to_numpy(dtype=float)
    # Smallest: raise the country's level until it meets the groups that can still give. The level
    # solves level = through + sum(clip(base + spare - level, 0, spare)); the right side falls as
    # the level rises, so bisection between nothing given and all given finds it.
    low, high = through, through + float(spare.sum())
    for _ in range(200):
        middle = (low + high) / 2
        if through + np.clip(base + spare - middle, 0.0, spare).sum() > middle:
            low = middle
        else:
            high = middle
    given = np.clip(base + spare - high, 0.0, spare)
    smallest = (through + given.sum()) ** 2 + ((base + spare - given) ** 2).sum()
    # Largest: a convex function is largest at a corner; there are few open controllers.
    largest = 0.0
    for corner in range(2 ** len(spare)):
        chosen = np.array([bool(corner >> bit & 1) for bit in range(len(spare))], dtype=bool)
        moved = np.where(chosen, spare, 0.0)
        value = (through + moved.sum()) ** 2 + ((base + spare - moved) ** 2).sum()
        largest = max(largest, float(value))
    return float(smallest) + others, largest + others


# --------------------------------------------------------------------------------------------
# Shared parts


class _FlowTable:
    """A flow as a dense years x partners array: what every index above is computed from."""

    __slots__ = ("years", "names", "values", "reported", "unreported", "reporter")

    def __init__(
        self,
        years: NDArray[np.int64],
        names: NDArray[Any],
        values: NDArray[np.float64],
        reported: NDArray[np.bool_],
        unreported: NDArray[np.int64],
        reporter: str | None,
    ) -> None:
        self.years = years
        self.names = names
        self.values = values
        self.reported = reported
        self.unreported = unreported
        self.reporter = reporter


def _flow_table(
    trade: pd.DataFrame,
    flow: str,
    years: int | Iterable[int] | None,
    merge: Mapping[str, Iterable[str]] | None,
    drop: Iterable[str],
    min_partners: int,
    reporter: str | None,
) -> _FlowTable:
    if flow not in FLOWS:
        raise ValueError(f"unknown flow {flow!r}: use one of {', '.join(FLOWS)}")
    columns = flow_columns(flow)
    _need_columns(trade, ("year", "partner", *columns))
    trade, reporter = rows_of(trade, reporter)
    if trade["year"].isna().any() or trade["partner"].isna().any():
        raise ValueError("every row of the trade table needs a year and a partner")

    row, year_codes = pd.factorize(trade["year"].to_numpy(dtype=np.int64), sort=True)
    column, names = pd.factorize(trade["partner"].to_numpy(dtype=object), sort=True)
    parts = [trade[name].to_numpy(dtype=float, na_value=np.nan) for name in columns]
    for name, part in zip(columns, parts, strict=True):
        for wrong, rule in ((part < 0, "negative"), (np.isinf(part), "infinite")):
            if wrong.any():
                at = int(wrong.argmax())
                raise ValueError(
                    f"a trade value is {rule}: {name} of {names[column[at]]} in "
                    f"{year_codes[row[at]]}"
                )
    known = ~np.isnan(parts[0])
    blank = np.isnan(parts[0])
    value = np.nan_to_num(parts[0])
    for part in parts[1:]:
        known = known | ~np.isnan(part)
        blank = blank | np.isnan(part)
        value = value + np.nan_to_num(part)

    shape = (len(year_codes), len(names))
    cell = row * shape[1] + column
    if len(cell) and (times := np.bincount(cell)).max() > 1:
        year, partner = divmod(int(times.argmax()), shape[1])
        raise ValueError(
            f"a partner stands twice in one year: {names[partner]} in {year_codes[year]}"
        )
    values = np.zeros(shape)
    reported = np.zeros(shape, dtype=bool)
    values.ravel()[cell] = value
    reported.ravel()[cell] = known
    gaps = np.zeros(shape, dtype=bool)
    gaps.ravel()[cell] = blank

    if years is not None:
        wanted = _year_list(years)
        place = {int(year): position for position, year in enumerate(year_codes)}
        if absent := [year for year in wanted if year not in place]:
            raise ValueError(f"the trade table has no rows for {_words(absent)}")
        chosen = [place[year] for year in wanted]
        year_codes = np.asarray(wanted, dtype=np.int64)
        values, reported, gaps = values[chosen], reported[chosen], gaps[chosen]

    # Counted before drop and merge: the question is whether the *table* is complete.
    count = reported.sum(axis=1)
    if (count < min_partners).any():
        short = [int(year) for year in year_codes[count < min_partners]]
        raise ValueError(
            f"{_words(short)}: only {int(count.min())} partners are reported and no world total "
            f"is known, so shares would be shares of a selection (at least {min_partners} needed)"
        )

    group_of, group_names = _grouping(names, merge, drop)
    kept = group_of >= 0
    if not kept.any():
        raise ValueError("no partner is left after dropping")
    unreported = gaps[:, kept].sum(axis=1)
    # Not the number of names: a group of one keeps it, and may stand elsewhere in the alphabet.
    if np.array_equal(group_of, np.arange(len(names))):
        merged, seen = values, reported
    else:
        # Columns of one group side by side, then summed from each group's first column.
        order = np.argsort(np.where(kept, group_of, len(group_names)), kind="stable")
        order = order[: int(kept.sum())]
        first = np.searchsorted(group_of[order], np.arange(len(group_names)))
        merged = np.add.reduceat(values[:, order], first, axis=1)
        seen = np.logical_or.reduceat(reported[:, order], first, axis=1)
    empty = merged.sum(axis=1) <= 0
    if empty.any():
        raise ValueError(
            f"{_words([int(year) for year in year_codes[empty]])}: no {flow} left to divide"
        )
    return _FlowTable(
        year_codes.astype(np.int64),
        group_names,
        merged,
        seen,
        unreported.astype(np.int64),
        reporter,
    )


def _grouping(
    names: NDArray[Any], merge: Mapping[str, Iterable[str]] | None, drop: Iterable[str]
) -> tuple[NDArray[np.int64], NDArray[Any]]:
    """Column of each partner after dropping and merging (-1: dropped), and the columns' names."""
    known = set(names)
    dropped = set(_codes(drop))
    label = {name: name for name in names}
    assigned: dict[str, str] = {}
    for new, members in (merge or {}).items():
        for code in _codes(members):
            if code not in known:
                raise ValueError(f"the trade table has no partner {code!r} to merge into {new!r}")
            if code in assigned:
                raise ValueError(f"{code} stands in two groups: {assigned[code]} and {new}")
            assigned[code] = new
            label[code] = new
    for new in merge or {}:
        if new in known and assigned.get(new) != new:
            raise ValueError(f"{new!r} is a partner already: give the group another name")
    if unknown := sorted(dropped - known - set(merge or {})):
        raise ValueError(f"the trade table has no partner {_words(unknown)} to leave out")
    # A group loses the members that are dropped by their own code, and all of them if the group
    # itself is dropped.
    final = [None if n in dropped or label[n] in dropped else label[n] for n in names]
    columns = sorted({name for name in final if name is not None})
    place = {name: position for position, name in enumerate(columns)}
    codes = np.array([-1 if name is None else place[name] for name in final], dtype=np.int64)
    return codes, np.array(columns, dtype=object)


def _entropy(share: NDArray[np.float64]) -> NDArray[np.float64]:
    # log(1) where the share is 0 gives 0 ln 0 = 0 without a warning; + 0.0 turns -0.0 into 0.0.
    return -(share * np.log(np.where(share > 0, share, 1.0))).sum(axis=-1) + 0.0


def _evenness(nats: ArrayLike, number: ArrayLike) -> NDArray[np.float64]:
    count = np.asarray(number, dtype=float)
    return np.asarray(nats) / np.where(count > 1, np.log(np.maximum(count, 2.0)), np.nan)


def _as_shares(share: ArrayLike | pd.Series | pd.DataFrame) -> NDArray[np.float64]:
    if isinstance(share, pd.DataFrame | pd.Series):
        values = share.to_numpy(dtype=float, na_value=np.nan)
    else:
        values = np.asarray(share, dtype=float)
    if values.ndim not in (1, 2) or values.size == 0:
        raise ValueError("shares must be one set (1-d) or one set a row (2-d), and not empty")
    values = np.nan_to_num(values, nan=0.0)
    if (values < 0).any():
        raise ValueError(f"a share is negative: {_place(share, np.argwhere(values < 0)[0])}")
    sums = values.sum(axis=-1)
    if (wrong := np.abs(sums - 1.0) > _SHARE_TOLERANCE).any():
        where = f" ({_place(share, np.argwhere(wrong)[0])})" if values.ndim == 2 else ""
        found = float(np.atleast_1d(sums[wrong])[0])
        raise ValueError(f"these are not shares: a set must sum to 1{where}, not {found:.10g}")
    return values


def _place(share: Any, at: NDArray[np.int64]) -> str:
    """Where in a set of shares, or in sets one a row, by its labels if it has any."""
    if isinstance(share, pd.DataFrame):
        labels: tuple[Any, ...] = (share.index, share.columns)
    elif isinstance(share, pd.Series):
        labels = (share.index,)
    else:
        labels = tuple(range(size) for size in np.shape(share))
    if len(labels) == 1:
        return f"entry {labels[0][at[0]]}"
    words = [f"row {labels[0][at[0]]}"]
    words += [f"column {labels[1][at[1]]}"] if len(at) == 2 else []
    return ", ".join(words)


def _like(share: Any, values: NDArray[np.float64] | np.float64) -> Any:
    if isinstance(share, pd.DataFrame):
        return pd.Series(values, index=share.index)
    return _scalar(values)


def _scalar(values: Any) -> Any:
    array = np.asarray(values)
    return float(array) if array.ndim == 0 else array


def _fraction(values: ArrayLike) -> NDArray[np.float64]:
    array = np.asarray(values, dtype=float)
    if not bool(np.all((array >= 0) & (array <= 1))):
        raise ValueError("a share must lie between 0 and 1")
    return array


def _joint_votes(
    votes_i: ArrayLike, votes_j: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    first, second = np.asarray(votes_i, dtype=float), np.asarray(votes_j, dtype=float)
    if first.shape != second.shape or first.ndim != 1:
        raise ValueError("two lists of votes of the same length are needed")
    for votes in (first, second):
        if not np.isin(votes[~np.isnan(votes)], (1.0, 2.0, 3.0)).all():
            raise ValueError("votes are coded 1 yes, 2 abstain, 3 no, blank absent")
    both = ~np.isnan(first) & ~np.isnan(second)
    if not both.any():
        raise ValueError("the two never voted together")
    return first[both], second[both]


def _gdp(macro: pd.DataFrame, iso3: str, years: Sequence[int] | NDArray[Any]) -> NDArray[Any]:
    _need_columns(macro, ("iso3", "year", "gdp_busd"))
    rows = macro.loc[(macro["iso3"] == iso3).to_numpy()]
    _need_once(rows, "iso3", "product (GDP) of")
    known = {
        int(year): float(value)
        for year, value in zip(rows["year"], rows["gdp_busd"], strict=True)
        if not pd.isna(value)
    }
    if not known:
        raise ValueError(f"no product (GDP) is known for {iso3}")
    if wrong := [year for year, value in known.items() if not 0 < value < np.inf]:
        raise ValueError(
            f"the product (GDP) of {iso3} in {wrong[0]} must be a number above zero: "
            f"{known[wrong[0]]}"
        )
    if absent := [int(year) for year in years if int(year) not in known]:
        raise ValueError(
            f"no product (GDP) of {iso3} for {_words(absent)}: the last year known is "
            f"{max(known)}, and a ratio is not carried beyond it or into a gap"
        )
    return np.array([known[int(year)] for year in years], dtype=float)


def _published(figures: Mapping[str, float], flow: str, whose: str) -> float:
    value = figures.get(flow)
    if _blank(value) and flow == "turnover":
        parts = [figures.get("exports"), figures.get("imports")]
        if not any(_blank(part) for part in parts):
            value = float(parts[0]) + float(parts[1])  # type: ignore[arg-type]
    if _blank(value):
        if not _blank(figures.get("turnover")):
            raise ValueError(
                f"the {whose} figure is turnover only: nobody published its split, so {flow} "
                "cannot be compared"
            )
        raise ValueError(f"the {whose} {flow} figure is not published")
    if not float(value) > 0:  # type: ignore[arg-type]
        raise ValueError(f"the {whose} {flow} figure must be above zero")
    if not np.isfinite(float(value)):  # type: ignore[arg-type]
        raise ValueError(f"the {whose} {flow} figure is infinite")
    return float(value)  # type: ignore[arg-type]


def _blank(value: Any) -> bool:
    return value is None or bool(pd.isna(value))


def _codes(items: str | Iterable[str]) -> list[str]:
    """One code or several as a list: a lone text is one code, not its letters."""
    return [items] if isinstance(items, str) else [str(code) for code in items]


def _year_list(years: int | Iterable[int]) -> list[int]:
    if isinstance(years, int | np.integer):
        return [int(years)]
    wanted = sorted({int(year) for year in years})
    if not wanted:
        raise ValueError("no year is asked for")
    return wanted


def _need_columns(table: pd.DataFrame, columns: Iterable[str]) -> None:
    if missing := [name for name in columns if name not in table.columns]:
        raise ValueError(f"the table has no column {_words(missing)}")


def _need_once(table: pd.DataFrame, column: str, what: str) -> None:
    if (twice := table.duplicated([column, "year"])).any():
        row = table[twice].iloc[0]
        raise ValueError(f"the {what} {row[column]} stands twice in {row['year']}")


def _words(items: Iterable[Any]) -> str:
    listed = [str(item) for item in items]
    return listed[0] if len(listed) == 1 else f"{', '.join(listed[:-1])} and {listed[-1]}"
