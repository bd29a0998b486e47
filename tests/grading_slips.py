"""What students really do in assignments 04 and 06, done by code, and what they are told.

Each entry: the question, the code that runs after the solution, a part of the message.
"""

from __future__ import annotations

# A function of the solution with one thing changed.
_DEPENDENCES = """
def dependences(flows, products, partner, year):
    row = flows[(flows["partner"] == partner) & (flows["year"] == year)].fillna(0)
    x, m = row["exports_musd"].sum(), row["imports_musd"].sum()
    gdp = products[products["year"] == year].set_index("iso3")["gdp_busd"] * 1000
    own, other = gdp["KAZ"], gdp[partner]
    return RETURN
"""
_SHOCK = """
def shock(exports, partner, loss, redirect, discount, months):
    total, part = sum(exports.values()), exports[partner]
    lost, selling = loss * part, (12 - months) / 12
    resold = lost * redirect * (1 - discount) * selling
    return RETURN
"""
_CROSSING = """
def crossing(table, total):
    lo, hi = table["mt_low"], table["mt_high"]
    a, b = table["russia_share_low"], table["russia_share_high"]
    return RETURN
"""
_LEFT_OVER = """
def left_over(lost, room, total):
    return RETURN
"""


def _with(template: str, returned: str) -> str:
    return template.replace("RETURN", returned)


SLIPS_04 = [
    ("q1", "terms = {**terms, 'a': 'vulnerability'}", "another supplier yet"),
    ("q1", "terms = {**terms, 'b': 'sensitivity'}", "is over by then"),
    ("q1", "terms = {**terms, 'd': 'chokepoint'}", "been stopped"),
    ("q1", "terms = {**terms, 'e': 'panopticon'}", "What happens to the banks"),
    ("q1", "terms = {**terms, 'f': 'chokepoint'}", "somebody who *uses*"),
    ("q1", "terms = {**terms, 'f': 'dependence'}", "should be one of"),
    ("q2", _with(_DEPENDENCES, "x / own, x / other"), "exports alone"),
    ("q2", _with(_DEPENDENCES, "m / own, m / other"), "imports alone"),
    ("q2", _with(_DEPENDENCES, "1000 * (x + m) / own, 1000 * (x + m) / other"), "one unit"),
    ("q2", _with(_DEPENDENCES, "100 * (x + m) / own, 100 * (x + m) / other"), "per cent"),
    ("q2", _with(_DEPENDENCES, "(x + m) / other, (x + m) / own"), "comes first"),
    ("q2", _with(_DEPENDENCES, "(x + m) / own"), "two numbers"),
    (
        "q2",
        """
        old = dependences
        def dependences(flows, products, partner, year):
            products = products.assign(year=products["year"] + 1)
            return old(flows, products, partner, year)
        """,
        "product of another year",
    ),
    (
        "q2",
        """
        def dependences(flows, products, partner, year):
            t = flows[flows["year"] == year][["exports_musd", "imports_musd"]].sum().sum()
            gdp = products[products["year"] == year].set_index("iso3")["gdp_busd"] * 1000
            return t / gdp["KAZ"], t / gdp[partner]
        """,
        "every partner's turnover",
    ),
    (
        "q2",
        """
        def dependences(flows, products, partner, year):
            t = flows[flows["partner"] == partner][["exports_musd", "imports_musd"]].sum().sum()
            gdp = products[products["year"] == year].set_index("iso3")["gdp_busd"] * 1000
            return t / gdp["KAZ"], t / gdp[partner]
        """,
        "added up all years",
    ),
    (
        "q2",
        """
        def dependences(flows, products, partner, year):
            row = flows[(flows["partner"] == partner) & (flows["year"] == year)].iloc[0]
            gdp = products[products["year"] == year].set_index("iso3")["gdp_busd"] * 1000
            turnover = row["exports_musd"] + row["imports_musd"]
            return turnover / gdp["KAZ"], turnover / gdp[partner]
        """,
        "a blank crept in",
    ),
    ("q2", "two_sides = [100 * v for v in two_sides]", "not per cent"),
    ("q2", "two_sides = two_sides[::-1]", "comes first, the partner's second"),
    ("q2", "two_sides = two_sides[0]", "two numbers"),
    ("q3", "def asymmetry(a, b, c, d): return (c / d) / (a / b)", "upside down"),
    ("q3", "def asymmetry(a, b, c, d): return (a / b) / (a / d)", "the trade cancelled"),
    ("q3", "def asymmetry(a, b, c, d): return a / b - c / d", "difference of the two"),
    ("q3", "def asymmetry(a, b, c, d): return (c / b) / (a / d)", "its own product"),
    (
        "q3",
        "def asymmetry(a, b, c, d): return (a / b) / (c / d) if c else 1.0",
        "use the own count on both sides",
    ),
    ("q3", "def asymmetry(a, b, c, d): return (a / b) / (c / d)", "stopped with an error"),
    ("q3", "ratio = 1 / ratio", "upside down"),
    ("q3", "unmoved = ['B', 'C']", "those are what moves the ratio"),
    ("q3", "unmoved = ['A']", "know what is traded"),
    ("q3", "unmoved = []", "what cancels"),
    ("q3", "ratio = ratio_two_counts", "keep to one count"),
    ("q3", "ratio = gdp['RUS'] / gdp['KAZ']", "GDP of another country"),
    ("q3", "ratio_two_counts = ratio", "put the customs figure on China's side"),
    (
        "q3",
        "ratio_two_counts = asymmetry(china_customs, gdp['KAZ'], counted_here, gdp['CHN'])",
        "stands on Kazakhstan's side",
    ),
    (
        "q3",
        "ratio_two_counts = asymmetry(counted_here * 1000, gdp['KAZ'], china_customs, gdp['CHN'])",
        "different units",
    ),
    ("q4", _with(_SHOCK, "loss, (lost - resold) / total"), "not of those to the partner"),
    ("q4", _with(_SHOCK, "part / total, (lost - resold) / total"), "multiply by `loss`"),
    (
        "q4",
        _with(_SHOCK, "lost / (total - part), (lost - resold) / total"),
        "divide by all exports",
    ),
    ("q4", _with(_SHOCK, "lost, lost - resold"), "the amount that is lost"),
    ("q4", _with(_SHOCK, "(lost - resold) / total, lost / total"), "Sensitivity comes first"),
    (
        "q4",
        _with(_SHOCK, "lost / total, lost * (1 - redirect * (1 - discount)) / total"),
        "forgot the waiting: in",
    ),
    (
        "q4",
        _with(_SHOCK, "lost / total, lost * (1 - redirect * (1 - discount) * months / 12) / total"),
        "as the months of selling",
    ),
    (
        "q4",
        _with(_SHOCK, "lost / total, lost * (1 - redirect * selling) / total"),
        "forgot the discount: others pay less",
    ),
    (
        "q4",
        _with(_SHOCK, "lost / total, lost * (1 - redirect) / total"),
        "forgot the discount and the waiting",
    ),
    ("q4", _with(_SHOCK, "lost / total, resold / total"), "what is recovered"),
    (
        "q4",
        _with(_SHOCK, "lost / total, lost * (1 - redirect * discount * selling) / total"),
        "what they do not pay",
    ),
    (
        "q4",
        _with(_SHOCK, "lost / total, (lost - resold) / part"),
        "Vulnerability is a share of all exports",
    ),
    ("q4", "loss_musd = shares_lost", "holds shares"),
    ("q4", "loss_musd = loss_musd[::-1]", "comes first"),
    ("q4", "needed = 100 * needed", "per cent"),
    (
        "q4",
        """
        row = trade[(trade["partner"] == "CHN") & (trade["year"] == 2024)].iloc[0]
        half = (row["exports_musd"] + row["imports_musd"]) / 2
        loss_musd = half, half * 0.66
        """,
        "half of turnover",
    ),
    ("q4", "loss_musd = sold['CHN'], sold['CHN'] * 0.66", "only half of them stop"),
    ("q4", "loss_musd = [v / 1000 for v in loss_musd]", "in billions"),
    ("q4", "loss_musd = loss_musd[0], loss_musd[0] * (1 - 0.6 * 0.85)", "four months"),
    ("q4", "needed = 1 - to_russia / to_union", "forgot the discount: a part"),
    ("q4", "needed = to_russia / to_union", "what must find a buyer"),
    (
        "q4",
        """
        flows = trade[trade["year"] == 2024].set_index("partner")
        both = flows[["exports_musd", "imports_musd"]].fillna(0).sum(axis=1)
        needed = (1 - both["RUS"] / both[both.index.isin(eu)].sum()) / 0.9
        """,
        "compared turnover",
    ),
    ("q5", _with(_CROSSING, "(lo * a).sum(), (hi * b).sum()"), "Those are tonnes"),
    (
        "q5",
        _with(_CROSSING, "(lo * a).sum() / lo.sum(), (hi * b).sum() / lo.sum()"),
        "sum of the routes",
    ),
    ("q5", _with(_CROSSING, "(lo * b).sum() / total, (hi * b).sum() / total"), "as if it did"),
    ("q5", _with(_CROSSING, "(lo * a).sum() / total, (hi * a).sum() / total"), "left out what may"),
    ("q5", _with(_CROSSING, "(lo * a).sum() / total, (lo * b).sum() / total"), "high amounts too"),
    ("q5", _with(_CROSSING, "(hi * b).sum() / total, (lo * a).sum() / total"), "wrong way round"),
    (
        "q5",
        _with(_LEFT_OVER, "(lost[0] - room[0]) / total, (lost[1] - room[1]) / total"),
        "least loss with the most room",
    ),
    (
        "q5",
        _with(_LEFT_OVER, "lost[0] - room[1], lost[1] - room[0]"),
        "Those are tonnes",
    ),
    ("q5", "share_russia = [total * v for v in share_russia]", "tonnes or per cent"),
    ("q5", "vulnerability_routes = share_russia", "nothing finds room"),
    ("q5", "narrower = 'C'", "Does the price enter"),
    ("q6", "at_stake = share_russia[0]", "share in tonnes"),
    ("q6", "at_stake = share_russia[0] * goods['crude-oil']", "holds dollars"),
    ("q6", "at_stake = oil_part", "how much of it crosses Russia"),
    ("q6", "at_stake = share_russia[1] * oil_part", "asks for the least"),
    ("q6", "at_stake = 100 * at_stake", "per cent"),
    ("q7", "judgement = 'word ' * 200", "200 words"),
]

_COVERS = """
def covers(value, qualifier, decimals, slack):
    if qualifier == "=":
        return value - HALF, value + HALF
    low = value - SLACK if qualifier in ("almost", "about") else value
    high = value + SLACK if qualifier in ("over", "about") else value
    return low, high
"""


def _covers(half: str = "0.5 * 10**-decimals", slack: str = "value * slack") -> str:
    return _COVERS.replace("HALF", half).replace("SLACK", slack)


_BOUNDS = """
def bounds(rows, what):
    low = high = 0
    for deal in sorted({r["deal"] for r in rows}):
        own = [r for r in rows if r["deal"] == deal]
        sure = SURE
        fit = FIT
        low += min(r["low"] for r in sure) if sure else 0
        high += max(r["high"] for r in fit) if fit else 0
    return low, high
"""
_ALL = 'own if all(r["code"] == what for r in own) else []'
_SOME = '[r for r in own if r["code"] in (what, "open")]'


def _bounds(sure: str = _ALL, fit: str = _SOME) -> str:
    return _BOUNDS.replace("SURE", sure).replace("FIT", fit)


_POSTERIOR = """
def posterior(prior, evidence):
    evidence = [p for p in evidence if None not in p.values()]
    belief = dict(prior)
    for piece in evidence:
        belief = {t: STEP for t, b in belief.items()}
    total = sum(belief.values())
    return {t: b / total for t, b in belief.items()}
"""


def _posterior(step: str) -> str:
    return _POSTERIOR.replace("STEP", step)


SLIPS_06 = [
    ("q1", _covers("10**-decimals"), "not a whole one"),
    ("q1", _covers("value * slack"), "only the rounding does"),
    ("q1", _covers("0.5"), "half of a tenth"),
    ("q1", _covers(slack="slack"), "not an amount"),
    ("q1", "def covers(a, b, c, d): return a", "lower and an upper bound"),
    ("q1", "statistics = statistics * 1000", "in millions"),
    ("q1", "statistics = russia['exports_musd'] / 1000", "exports alone"),
    ("q1", "statistics = russia['imports_musd'] / 1000", "imports alone"),
    ("q1", "compatible = ['A', 'C']", "same wording"),
    ("q1", "compatible = ['A', 'B', 'C', 'D']", "reach the statistics"),
    ("q1", "least_slack = 100 * least_slack", "per cent"),
    ("q1", "least_slack = 30 / statistics - 1", "divided by the statistics"),
    ("q1", "least_slack = 30 - statistics", "difference in billions"),
    ("q1", "least_slack = 1 - statistics / 28.7", "took statement B"),
    ("q1", "follows = 'B'", "round the national figure"),
    ("q2", "lead_mixed = china_customs - 1000 * turnover['RUS']", "to billions"),
    ("q2", "lead_one_ruler = -lead_one_ruler", "China's figure comes first"),
    ("q2", "lead_mixed, lead_one_ruler = lead_one_ruler, lead_mixed", "wrong way round"),
    ("q2", "from_mixing = 100 * from_mixing", "per cent"),
    (
        "q2",
        "lead_one_ruler = (year.loc['CHN'] - year.loc['RUS'])['exports_musd'] / 1000",
        "lead in exports",
    ),
    ("q2", "from_mixing = lead_one_ruler / lead_mixed", "left on one ruler"),
    ("q2", "from_mixing = (china_customs - turnover['CHN']) / china_customs", "mirror gap"),
    ("q3", "coding = {**coding, 'r1': 'investment'}", "pays for the aircraft"),
    ("q3", "coding = {**coding, 'r2': 'investment'}", "pays for the locomotives"),
    ("q3", "coding = {**coding, 'r3': 'purchase'}", "will be set up"),
    ("q3", "coding = {**coding, 'r4': 'investment'}", "procurement is buying"),
    ("q3", "coding = {**coding, 'r5': 'investment'}", "who invests and who sells"),
    ("q3", "coding = {**coding, 'r6': ...}", "no code yet for: r6"),
    ("q3", _bounds('own if all(r["code"] in (what, "open") for r in own) else []'), "open deal"),
    ("q3", _bounds('[r for r in own if r["code"] == what]'), "Deal w has two codes"),
    ("q3", _bounds('[r for r in own if r["code"] in (what, "open")]'), "is not either"),
    (
        "q3",
        "def bounds(rows, what): return sum(r['low'] for r in rows), sum(r['high'] for r in rows)",
        "That is everything",
    ),
    ("q3", _bounds(fit=_SOME + ' if len({r["code"] for r in own}) == 1 else []'), "Deal w may be"),
    ("q3", _bounds(fit='[r for r in own if r["code"] == what]'), "add it to the upper bound"),
    ("q3", _bounds(fit=_SOME).replace('max(r["high"]', 'max(r["low"]'), "take the high amounts"),
    (
        "q3",
        _bounds(fit='own if any(r["code"] in (what, "open") for r in own) else []'),
        "the other amount",
    ),
    ("q3", _bounds(fit=_ALL), "only possible"),
    ("q3", "purchases = bounds(rows, 'purchase')", "in billions"),
    ("q3", "above = 'C'", "by hand"),
    ("q3", "printable = 'A'", "your interval for investment"),
    ("q3", "printable = 'C'", "Has any of it flowed"),
    (
        "q3",
        """
        now = deals.loc[ledger["deal"], "status"].to_numpy()
        memorandum_busd = ledger.loc[now == "memorandum", "low"].sum()
        """,
        "today's status",
    ),
    (
        "q3",
        """
        weak = ledger["status_at_signing"].isin(["memorandum", "agreement"])
        memorandum_busd = ledger.loc[weak, "low"].sum()
        """,
        "leave the agreements out",
    ),
    ("q4", _posterior("b * piece[t]").replace("b / total", "b"), "did not divide by the sum"),
    (
        "q4",
        """
        def posterior(prior, evidence):
            belief = {t: w / sum(prior.values()) for t, w in prior.items()}
            for piece in evidence:
                belief = {t: b * piece[t] for t, b in belief.items()}
            return belief
        """,
        "prior was rescaled",
    ),
    (
        "q4",
        _posterior("b * piece[t]").replace("dict(prior)", "dict.fromkeys(prior, 1)"),
        "prior is missing",
    ),
    ("q4", _posterior("prior[t] * piece[t]"), "last piece only"),
    ("q4", _posterior("b * piece[t]").replace("in evidence:", "in evidence[:1]:"), "first piece"),
    (
        "q4",
        """
        def posterior(prior, evidence):
            belief = {t: w * sum(p[t] for p in evidence) for t, w in prior.items()}
            return {t: b / sum(belief.values()) for t, b in belief.items()}
        """,
        "pieces multiply",
    ),
    ("q4", _posterior("b / piece[t]"), "divided by the likelihoods"),
    ("q4", _posterior("b * (1 - piece[t])"), "one minus the likelihood"),
    ("q4", "def posterior(prior, evidence): return max(prior)", "should return a dictionary"),
    (
        "q4",
        """
        def posterior(prior, evidence):
            belief = dict(prior)
            for piece in evidence:
                belief = {t: b * (piece[t] or 1) for t, b in belief.items()}
            return {t: b / sum(belief.values()) for t, b in belief.items()}
        """,
        "not used for any theory",
    ),
    ("q4", "three_theories = {t: 2 * v / 5 for t, v in three_theories.items()}", "add up to one"),
    ("q4", "named_tests = {**named_tests, 'a': 'smoking gun'}", "a surprise"),
    ("q4", "named_tests = {**named_tests, 'a': 'doubly decisive'}", "although the theory"),
    ("q5", "prior = {**prior, 'routine': 0}", "no evidence could ever"),
    ("q5", "prior = {'routine': 1}", "should have these theories"),
    ("q5", "likelihood = {'visits': likelihood['oil']}", "not in the list"),
    (
        "q5",
        "likelihood = {**likelihood, 'oil': {**likelihood['oil'], 'routine': 1}}",
        "keep to 0.01 to 0.99",
    ),
    (
        "q5",
        "likelihood = {**likelihood, 'oil': dict.fromkeys(theories, 0.5)}",
        "no evidence",
    ),
    ("q5", "likelihood = {k: likelihood[k] for k in list(likelihood)[:5]}", "has 5 pieces"),
    (
        "q5",
        "likelihood = {**likelihood, 'accords': likelihood['deals'], 'board': likelihood['deals']}",
        "all four be independent",
    ),
    (
        "q5",
        """
        row = dict.fromkeys(theories, 0.3) | {"routine": 0.8}
        likelihood = {k: row for k in likelihood}
        """,
        "What would its critic bring",
    ),
    ("q5", "belief = {t: 0.3 * v for t, v in belief.items()}", "divide by the sum"),
    ("q5", "keeps = 8", "larger than the number of pieces"),
    ("q5", "keeps = 2.5", "whole number"),
    ("q5", "level_prior = belief[second]", "is the posterior of the second"),
    ("q5", "level_prior = belief[second] / belief[first]", "ratio of posteriors"),
    (
        "q5",
        """
        def without(prior, likelihood):
            given = {k: posterior(prior, [row]) for k, row in likelihood.items()}
            return {k: max(v, key=v.get) for k, v in given.items()}
        """,
        "only the piece that it should leave out",
    ),
    (
        "q5",
        """
        def without(prior, likelihood):
            result = posterior(prior, list(likelihood.values()))
            return {k: max(result, key=result.get) for k in likelihood}
        """,
        "really left out",
    ),
    ("q5", "def without(prior, likelihood): return 'routine'", "an entry for every piece"),
    ("q6", "defence = 'word ' * 40", "40 words"),
    ("q7", "essay = 'word ' * 650", "650 words"),
]

SLIPS = {"04-interdependence": SLIPS_04, "06-capstone-2025": SLIPS_06}
