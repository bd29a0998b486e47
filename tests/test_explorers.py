"""Explorers without a browser: declarations, the page's HTML, and Python against JavaScript."""

from __future__ import annotations

import html
import json
import random
import re
import subprocess
from functools import lru_cache

import numpy as np
import pandas as pd
import pytest
import traitlets

from multivector import explorers, indicators, load, theory
from multivector.book.build.assets import node_command
from multivector.book.figures import widgets
from multivector.data import DataError
from multivector.explorers import base
from multivector.explorers import shock as shock_explorer
from multivector.explorers import trade as trade_explorer
from multivector.explorers.alignment import LABELS, game
from multivector.prose import glue

CLASSES = [getattr(explorers, name) for name in explorers.__all__ if name != "Explorer"]
CLOSE = 1e-9


@lru_cache
def made(cls):
    return cls()


def node(tmp_path, name, script, payload):
    """Run ``script`` in node with the explorer as ``explorer`` and the payload as ``input``."""
    command, environment = node_command("node")
    (tmp_path / "explorer.mjs").write_text(base.module(name), encoding="utf-8")
    (tmp_path / "run.mjs").write_text(
        'import explorer from "./explorer.mjs"; import { readFileSync } from "node:fs";\n'
        'const input = JSON.parse(readFileSync(0, "utf8"));\n'
        f"process.stdout.write(JSON.stringify((() => {{ {script} }})()));\n",
        encoding="utf-8",
    )
    done = subprocess.run(
        [*command, str(tmp_path / "run.mjs")],
        input=json.dumps(payload), capture_output=True, text=True, env=environment, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def near(a, b):
    return abs(a - b) <= CLOSE * max(1, abs(a), abs(b))


# --- declarations ---------------------------------------------------------------------------------


@pytest.mark.parametrize("cls", CLASSES)
def test_an_explorer_says_what_it_is_and_what_it_cannot_show(cls):
    explorer = made(cls)
    assert explorer.name and explorer.title and len(explorer.cannot) > 60 and explorer.source
    assert json.loads(json.dumps(explorer.state()))["spec"]["defaults"] == explorer.values
    assert all(control["label"] for control in explorer.spec["controls"])


@pytest.mark.parametrize("cls", CLASSES)
def test_a_control_refuses_what_it_cannot_hold(cls):
    explorer = cls()
    for control in explorer.spec["controls"]:
        wrong = {"text": 3, "slider": control.get("max", 0) + 1}.get(control["type"], "no such")
        with pytest.raises(traitlets.TraitError):
            setattr(explorer, control["key"], wrong)
    with pytest.raises(TypeError, match="no control"):
        cls(nonsense=1)


def test_python_sees_and_sets_a_control():
    explorer = explorers.Trade(flow="imports")
    seen = []
    explorer.observe(lambda change: seen.append(change["new"]), names="flow")
    explorer._handle_custom_msg({"change": {"flow": "balance"}}, [])
    explorer._handle_custom_msg({"change": {"unknown": 1, "flow": "exports"}}, [])
    assert seen == ["balance", "exports"] and explorer.values["flow"] == "exports"


def test_changes_that_overtake_each_other_are_put_back_in_order():
    explorer = explorers.Trade()
    seen = []
    explorer.observe(lambda change: seen.append(change["new"]), names="flow")
    flows = ["exports", "imports", "balance", "turnover", "imports"]
    for number in (2, 3, 1, 5, 4):
        message = {"change": {"flow": flows[number - 1]}, "view": "a", "number": number}
        explorer._handle_custom_msg(message, [])
    explorer._handle_custom_msg({"change": {"flow": "exports"}, "view": "b", "number": 1}, [])
    assert seen == [*flows, "exports"]


def test_two_explorers_do_not_share_their_controls():
    one, two = explorers.Trade(), explorers.Trade()
    one.partners = ["CHN"]
    assert two.partners != ["CHN"] and two.spec["defaults"]["partners"] == two.partners


# --- the JavaScript and the page ------------------------------------------------------------------


@pytest.mark.parametrize("cls", CLASSES)
def test_one_source_serves_page_and_kernel(cls):
    name = cls.name
    own = (base.HERE / f"{name}.js").read_text(encoding="utf-8")
    assert base.module(name).endswith(own)
    assert "export default" not in base.classic(name) and f'MV.mount("{name}"' in base.classic(name)
    assert not re.search(r"\bfetch\(|import\(|https?://(?!www\.w3\.org)", base.module(name))


def test_a_file_without_its_last_line_is_refused(monkeypatch):
    monkeypatch.setattr(base, "_read", lambda name: "const x = 1;\n")
    with pytest.raises(ValueError, match="export default"):
        base.classic("x")


@pytest.mark.parametrize("cls", CLASSES)
def test_the_page_gets_picture_sentence_table_and_the_same_bytes_twice(cls):
    state = made(cls).state()
    page = widgets.section(state)
    assert page == widgets.section(json.loads(json.dumps(state)))
    assert f'data-explorer="{cls.name}"' in page and 'id="explorer-' in page
    assert page.count("<svg xmlns") == 2 and 'aria-live="polite"' in page
    assert page.count("<tr>") > 2 and "disabled" in page
    assert not re.search(r"NaN|undefined|Infinity", page.split('class="mv-state"')[0])
    assert f'data-key="{cls.name}2"' in widgets.section(state, 2)


def test_text_from_data_is_never_markup():
    state = json.loads(json.dumps(made(explorers.Trade).state()))
    evil = '<img src=x onerror="alert(1)"></script>'
    state["spec"]["title"] = evil
    state["data"]["partners"][0]["name"] = evil
    state["partners"] = [state["data"]["partners"][0]["code"]]
    page = widgets.section(state)
    assert "<img" not in page.split('class="mv-state"')[0]
    assert page.count("</script>") == 1


@pytest.mark.parametrize("cls", CLASSES)
def test_an_explorer_leaves_most_of_the_page_budget_to_the_page(cls):
    import gzip

    page = widgets.section(made(cls).state())
    weight = len(gzip.compress((page + base.module(cls.name) + base.style()).encode()))
    assert weight < 60_000, f"{cls.name} weighs {weight} bytes"


# --- Python against JavaScript --------------------------------------------------------------------


def test_trade_series_equal_the_tables(tmp_path):
    trade, partners = load("trade"), load("partners")
    merge = indicators.bloc(partners, "eu27")
    state = made(explorers.Trade).state()
    years = state["data"]["years"]
    cases = [
        {"flow": flow, "unit": "share", "eu": eu, "partners": [p["code"]]}
        for flow in indicators.FLOWS
        for eu in ("one", "members")
        for p in state["data"]["partners"]
        if eu == "members" or not p["eu27"]
    ] + [
        {"flow": flow, "unit": "share", "eu": "one", "partners": ["EU27"]}
        for flow in indicators.FLOWS
    ]
    got = node(tmp_path, "trade", """
        return input.cases.map((c) => explorer.compute.series(input.data, c)[0].points);
    """, {"data": state["data"], "cases": cases})  # fmt: skip
    by_country = {f: indicators.shares(trade, f) for f in indicators.FLOWS}
    by_bloc = {f: indicators.shares(trade, f, merge=merge) for f in indicators.FLOWS}
    listed = set(zip(trade["year"], trade["partner"], strict=True))
    compared = 0
    for case, points in zip(cases, got, strict=True):
        code = case["partners"][0]
        table = (by_bloc if case["eu"] == "one" else by_country)[case["flow"]]
        for year, point in zip(years, points, strict=True):
            known = code == "EU27" or (year, code) in listed
            if point is None:
                row = trade[(trade["year"] == year) & (trade["partner"] == code)]
                assert not known or row[["exports_musd", "imports_musd"]].isna().any(axis=None)
            else:
                assert near(point, table.at[year, code]), (case, year)
                compared += 1
    assert compared > 2000


def test_dollars_and_balances_equal_the_tables(tmp_path):
    trade = load("trade").set_index(["year", "partner"])
    state = made(explorers.Trade).state()
    cases = [
        {"flow": flow, "unit": unit, "eu": "members", "partners": [p["code"]]}
        for flow in ("exports", "imports", "turnover", "balance") for unit in ("dollars", "share")
        for p in state["data"]["partners"]
        if not (unit == "share" and flow != "balance")
    ]  # fmt: skip
    got = node(tmp_path, "trade", """
        return input.cases.map((c) => explorer.compute.series(input.data, c)[0].points);
    """, {"data": state["data"], "cases": cases})  # fmt: skip
    compared = 0
    for case, points in zip(cases, got, strict=True):
        for year, point in zip(state["data"]["years"], points, strict=True):
            if point is None:
                place = (year, case["partners"][0])
                if place in trade.index:
                    gone = trade.loc[place, ["exports_musd", "imports_musd"]].isna()
                    asked = {"exports": gone.iloc[:1], "imports": gone.iloc[1:]}
                    assert asked.get(case["flow"], gone).any(), (case, year)
                    assert case["flow"] != "turnover", "one known flow is enough"
                continue
            row = trade.loc[(year, case["partners"][0])]
            x, m = float(row["exports_musd"]), float(row["imports_musd"])
            # a blank beside a known flow: nothing in turnover, as in indicators; no balance
            both = sum(value for value in (x, m) if not pd.isna(value))
            expected = {"exports": x, "imports": m, "turnover": both, "balance": x - m}
            value = expected[case["flow"]]
            if case["unit"] == "share":
                value = (x - m) / (x + m)
            assert near(point, value), (case, year)
            compared += 1
    assert compared > 1500


def test_concentration_equals_python(tmp_path):
    trade, partners = load("trade"), load("partners")
    state = made(explorers.Concentration).state()
    codes = [p["code"] for p in state["data"]["partners"]]
    eu = [p["code"] for p in state["data"]["partners"] if p["eu27"]]
    dice = random.Random(2025)
    cases = []
    for number in range(240):
        drop = dice.sample(codes, dice.choice([0, 1, 2, 5, 20, 60]))
        if number % 5 == 0:
            drop.append("EU27")
        cases.append({
            "flow": dice.choice(indicators.FLOWS),
            "group": dice.choice(["countries", "eu", "vectors"]), "drop": drop,
        })  # fmt: skip
    got = node(tmp_path, "concentration", """
        return input.cases.map((c) => input.data.years.map((_, t) =>
          explorer.compute.family(explorer.compute.flows(input.data, t, c).map((f) => f.value))));
    """, {"data": state["data"], "cases": cases})  # fmt: skip
    compared = 0
    for case, result in zip(cases, got, strict=True):
        merge = {"countries": None, "eu": indicators.bloc(partners, "eu27"),
                 "vectors": indicators.groups(partners)}[case["group"]]  # fmt: skip
        drop = [c for c in case["drop"] if c != "EU27"] + (eu if "EU27" in case["drop"] else [])
        try:
            wanted = indicators.concentration(trade, case["flow"], merge=merge, drop=set(drop))
        except ValueError:
            assert None in result
            continue
        for found, (_, row) in zip(result, wanted.iterrows(), strict=True):
            assert found["partners"] == row["partners"]
            for js, py in (("herfindahl", "herfindahl"), ("number", "effective_number"),
                           ("entropy", "entropy"), ("evenness", "evenness"),
                           ("total", "total_musd")):  # fmt: skip
                if found[js] is None:
                    assert pd.isna(row[py])
                else:
                    assert near(found[js], row[py]), (case, js)
                    compared += 1
    assert compared > 5000


def test_shock_equals_python(tmp_path):
    trade, partners = load("trade"), load("partners")
    state = made(explorers.Shock).state()
    dice = random.Random(7)
    codes = ["EU27", *[p["code"] for p in state["data"]["partners"]]]
    cases = [
        {"target": "partner", "partner": dice.choice(codes), "flow": dice.choice(indicators.FLOWS),
         "year": str(dice.choice(state["data"]["years"])), "x": dice.random(), "f": dice.random(),
         "d": dice.random()}
        for _ in range(300)
    ]  # fmt: skip
    got = node(tmp_path, "shock", """
        return input.cases.map((c) => { const b = explorer.compute.base(input.data, c);
          return b.message ? null
            : explorer.compute.partnerShock(b.part, b.total, c.x, c.f, c.d); });
    """, {"data": state["data"], "cases": cases})  # fmt: skip
    merge, compared = indicators.bloc(partners, "eu27"), 0
    for case, found in zip(cases, got, strict=True):
        wanted = theory.shock_partner(
            trade, case["partner"], case["x"], year=int(case["year"]), redirect=case["f"],
            discount=case["d"], flow=case["flow"],
            merge=merge if case["partner"] == "EU27" else None,
        )  # fmt: skip
        if found is None:
            assert wanted.lost == 0
            continue
        for key in ("total", "lost", "recovered", "sensitivity", "vulnerability"):
            assert near(found[key], getattr(wanted, key)), (case, key)
        compared += 1
    assert compared > 200


def test_route_shock_equals_python(tmp_path):
    dice = random.Random(11)
    cases = []
    for _ in range(300):
        tonnes = {f"r{i}": round(dice.uniform(0.1, 60), 3) for i in range(dice.randint(1, 6))}
        hit = dice.sample(sorted(tonnes), dice.randint(1, len(tonnes)))
        cases.append({"tonnes": tonnes, "hit": hit, "x": dice.random(),
                      "room": dice.uniform(0, 80)})  # fmt: skip
    got = node(tmp_path, "shock", """
        return input.map((c) => explorer.compute.routeShock(c.tonnes, c.hit, c.x, c.room));
    """, cases)  # fmt: skip
    for case, found in zip(cases, got, strict=True):
        others = [r for r in case["tonnes"] if r not in case["hit"]]
        spare = {r: case["room"] if i == 0 else 0 for i, r in enumerate(others)}
        wanted = theory.shock_route(case["tonnes"], case["hit"], case["x"], spare=spare)
        for key in ("total", "lost", "recovered", "sensitivity", "vulnerability"):
            assert near(found[key], getattr(wanted, key)), (case, key)


def test_a_route_is_part_of_the_published_total(tmp_path):
    routes = load("oil_routes").set_index(["year", "route"])
    data = made(explorers.Shock).data
    cases = [{"target": "route", "route": "russia", "year": year} for year in data["routes"]]
    got = node(tmp_path, "shock", """
        return input.cases.map((c) => { const b = explorer.compute.base(input.data, c);
          const found = explorer.compute.routeShock(b.tonnes, b.hit, 1, 0, b.total);
          return [found, b.least, b.whole]; });
    """, {"data": data, "cases": cases})  # fmt: skip
    for case, (found, least, whole) in zip(cases, got, strict=True):
        year = routes.loc[int(case["year"])]
        listed = year.drop("total")
        total = year.at["total", "mt_low"]
        assert near(found["total"], listed["mt_low"].sum() if pd.isna(total) else total), case
        assert whole == ("the oil of the routes found" if pd.isna(total) else "all oil exported")
        sure = listed[listed["russia_share_low"] == 1]
        assert near(found["lost"], sure["mt_low"].sum())
        open_ = listed[(listed["russia_share_low"] < 1) & (listed["russia_share_high"] > 0)]
        assert bool(least) == bool(len(open_))


def test_crude_oil_shock_starts_from_the_commodity_share():
    share = indicators.commodity_share(load("commodities"), "crude-oil")
    oil = made(explorers.Shock).data["oil"]
    assert set(oil) == {str(year) for year in share.dropna().index}
    for year, (part, total) in oil.items():
        assert near(part / total, share[int(year)])


def test_alignment_equals_python(tmp_path):
    dice = random.Random(3)
    spec = made(explorers.Alignment).spec
    tops = {c["key"]: c["max"] for c in spec["controls"]}
    cases = [{key: dice.uniform(0, tops[key]) for key in LABELS} for _ in range(400)]
    for case in cases[::10]:
        case["loss"] = 0.0
    got = node(tmp_path, "alignment", """
        const order = ["multivector", "hedge", "balance", "bandwagon"];
        return input.map((v) => { const u = explorer.compute.payoffs(v, order);
          const borders = [];
          const { border, area, region } = explorer.compute;
          order.forEach((s, i) => order.slice(i + 1).forEach((t) =>
            borders.push(border(v, s, t))));
          const areas = order.map((s) => area(region(v, order, s)));
          return { u, best: order[explorer.compute.best(u)], borders, areas }; });
    """, cases)  # fmt: skip
    for case, found in zip(cases, got, strict=True):
        model = game(case)
        payoffs = theory.alignment_payoffs(model, case["threat"], case["rivalry"])
        assert all(map(near, found["u"], payoffs.iloc[0]))
        choice = theory.alignment_choice(model, case["threat"], case["rivalry"])
        assert found["best"] == choice["choice"].iloc[0]
        borders = theory.alignment_borders(model)
        for line, (_, row) in zip(found["borders"], borders.iterrows(), strict=True):
            assert near(line["constant"], row["constant"])
            assert near(line["byThreat"], row["by_threat"])
            assert near(line["byRivalry"], row["by_rivalry"])
        assert near(sum(found["areas"]), 1), "the regions of best reply must fill the square"


def test_weighing_equals_python(tmp_path):
    dice = random.Random(5)
    theories = ["a", "b", "c", "d"]
    cases = []
    for number in range(400):
        weights = [dice.random() + 1e-3 for _ in theories]
        rows = [[dice.choice([dice.random(), 0.0, 1.0]) if number % 3 == 0 else dice.random()
                 for _ in theories] for _ in range(dice.randint(0, 7))]  # fmt: skip
        cases.append({"prior": [w / sum(weights) for w in weights], "rows": rows})
    got = node(tmp_path, "weighing", """
        return input.map((c) => explorer.compute.bayes(c.prior, c.rows));
    """, cases)  # fmt: skip
    impossible = 0
    for case, found in zip(cases, got, strict=True):
        table = pd.DataFrame(case["rows"], columns=theories)
        try:
            wanted = theory.bayes_update(dict(zip(theories, case["prior"], strict=True)), table)
        except ValueError:
            assert found[-1] is None
            impossible += 1
            continue
        assert len(found) == len(wanted)
        for row, expected in zip(found, wanted.to_numpy(), strict=True):
            assert all(map(near, row, expected))
    assert impossible


def test_money_of_one_axis_is_of_one_currency_and_never_a_lender_s(tmp_path):
    data = made(explorers.Investment).data
    known = {figure["id"]: figure for figure in data["figures"]}
    assert known["eu-investment-2005-eur"]["currency"] == "EUR"
    assert any("eu-investment-2005-eur" in rivals["ids"] for rivals in data["rivals"])
    for figure in data["figures"]:
        assert (figure["group"] == "finance") == figure["id"].startswith("aiddata-")
    everyone = [figure["origin"] for figure in data["figures"]]
    for kind, _ in data["kinds"]:
        state = made(explorers.Investment).state() | {
            "kinds": [kind], "origins": list(dict.fromkeys(everyone)),
        }  # fmt: skip
        shown = node(tmp_path, "investment", "return explorer.show(input);", state)
        drawn = [dict(zip(shown["columns"], row, strict=True)) for row in shown.get("rows", [])]
        assert drawn and all(known[row["fact"]["id"]]["currency"] == "USD" for row in drawn)


def test_a_visit_is_called_differently_only_where_stated_ranks_differ(tmp_path):
    state = made(explorers.Year).state()
    got = node(tmp_path, "year", """
        return input.data.events.map((_, i) => explorer.show({ ...input, event: i + 1 }).summary);
    """, state)  # fmt: skip
    ranks = load("event_ranks")
    ranks = ranks[ranks["rank"] != "not_stated"].groupby("event_id")["rank"].nunique()
    events = load("events").set_index("fact_id")
    for event, summary in zip(state["data"]["events"], got, strict=True):
        row = events.loc[event["said"]["id"]]
        differ = ranks.get(row["event_id"], 0) > 1
        assert ("Called differently" in summary) == differ, row["event_id"]
        assert ("km from Astana" in summary) == (row["direction"] == "abroad"), row["event_id"]
        assert "filed under: " in summary
    assert sum("Called differently" in summary for summary in got) > 0


@pytest.mark.parametrize("root", [None, "../../"])
def test_a_view_gives_the_words_of_its_source_and_the_way_there(tmp_path, root):
    """In both tongues; a kernel's page has no book around it, so there the way is left out."""
    state = made(explorers.Year).state()
    found = [event["said"] for event in state["data"]["events"]]
    number = next(n for n, said in enumerate(found, 1) if said["language"] == "ru")
    state |= {"event": number}
    page = node(tmp_path, "year", """
        return explorer.html(input, { uid: "a", home: "page", root: input.root });
    """, state | ({} if root is None else {"root": root}))  # fmt: skip
    said = found[number - 1]
    there = html.unescape(re.search(r'<p class="mv-said-there">(.*?)</p>', page)[1])
    assert f'<q lang="ru">{said["quote"]}</q>' in there
    assert f"<q>{said['english']}</q>" in there
    address = f'href="{root}chapters/reference/cross-checks.html#s-{said["id"]}"'
    assert (address in there) is (root is not None)
    table = page.partition("<tbody>")[2]
    assert said["id"] in table and (address in table) is (root is not None)


def test_what_is_known_since_a_deal_stands_in_the_table_and_in_the_file(tmp_path):
    state = made(explorers.Investment).state() | {"view": "ladder", "years": True}
    shown = node(tmp_path, "investment", "return explorer.show(input);", state)
    rows = {row[0]: dict(zip(shown["columns"], row, strict=True)) for row in shown["rows"]}
    for deal in load("deals").itertuples():
        row = rows[deal.title]
        assert row["what is known since"] == ("" if pd.isna(deal.note) else deal.note)
        assert row["fact"]["id"] == deal.fact_id
        assert (row["fact since"] or {}).get("id") == (
            None if pd.isna(deal.what_next_fact_id) else deal.what_next_fact_id
        )


def test_a_notebook_that_prints_explorers_again_and_again_keeps_no_listeners(tmp_path):
    """A kernel sends the module with each cell that runs; only a page's mount may listen."""
    script = """
      const listeners = []; const quiet = { observe() {}, unobserve() {}, disconnect() {} };
      globalThis.window = { addEventListener: (name) => listeners.push(name) };
      globalThis.document = { readyState: "complete", querySelectorAll: () => [],
        documentElement: { dataset: {} } };
      globalThis.location = { hash: "" };
      globalThis.IntersectionObserver = class { constructor() { Object.assign(this, quiet); } };
      const { MV } = new Function(`${input.base}; return { MV };`)();
      const before = listeners.length;
      MV.mount("trade", {}); MV.mount("year", {});
      return [before, listeners];
    """
    before, after = node(tmp_path, "trade", script, {"base": base.plain()})
    assert before == 0 and sorted(after) == ["focusin", "keydown", "popstate"]


@pytest.mark.parametrize("width", [654, 340])
def test_no_name_of_a_region_covers_another(tmp_path, width):
    state = made(explorers.Alignment).state()
    controls = {c["key"]: c for c in state["spec"]["controls"]}
    ends = [{key: c[end]} for key, c in controls.items() for end in ("min", "max")]
    shown = node(tmp_path, "alignment", """
        return input.ends.map((end) => explorer.show({ ...input.state, ...end }, input.width).svg);
    """, {"state": state, "ends": [{}, *ends], "width": width})  # fmt: skip
    name = re.compile(
        r'<text x="([\d.]+)" y="([\d.]+)" class="mv-t mv-strong mv-halo"[^>]*>([^<]+)<'
    )
    seen = 0
    for end, svg in zip([{}, *ends], shown, strict=True):
        boxes = [(float(x), float(y), len(words) * 13 * 0.56) for x, y, words in name.findall(svg)]
        seen += len(boxes)
        for i, (x, y, wide) in enumerate(boxes):
            for a, b, other in boxes[:i]:
                assert abs(x - a) >= (wide + other) / 2 or abs(y - b) >= 16, end
    assert seen > len(ends)


def test_no_two_vectors_look_alike():
    """A vector is told by its colour and its mark together, in the picture and in its legend."""
    page = widgets.section(made(explorers.Year).state())
    legend = re.findall(
        r'<g class="(mv-s\d)">(<(circle|rect|path)[^>]*/>)</g><text[^>]*>([^<]+)<', page
    )
    looks = {}
    for colour, drawn, kind, name in legend:
        corners = drawn.count("L") if kind == "path" else kind
        looks.setdefault(name, set()).add((colour, corners))
    assert len(looks) > 6 and all(len(look) == 1 for look in looks.values())
    assert len({look for found in looks.values() for look in found}) == len(looks)


def test_equal_replies_are_called_equal_and_a_slope_names_its_side(tmp_path):
    def shown(**values):
        state = made(explorers.Alignment).state() | values
        return node(tmp_path, "alignment", "return explorer.show(input).summary;", state)

    tie = shown(threat=0.0, rivalry=0.0, insurance=0.0)
    assert "multi-vectorism and hedging are worth the same" in tie and "better" not in tie
    assert "full threat would add 0.60 to hedging's side" in tie  # loss 1.5, hedging averts 0.4


def test_views_say_plainly_what_they_cannot_draw(tmp_path):
    def shown(cls, **values):
        state = made(cls).state() | values
        script = "const s = explorer.show(input); return [s.state, s.summary];"
        return node(tmp_path, cls.name, script, state)

    assert "No partner" in shown(explorers.Trade, partners=[])[1]
    codes = [p["code"] for p in made(explorers.Trade).data["partners"]]
    assert "left to divide" in shown(explorers.Concentration, drop=codes)[1]
    assert "twelve months" in shown(explorers.Shock, target="oil", year="2022")[1]
    assert "not found" in shown(explorers.Shock, target="route", year="2021")[1]
    assert "one axis" in shown(explorers.Investment, kinds=["stock", "cumulative"])[1]
    zero = {key: 0.0 for key in made(explorers.Weighing).likelihood}
    assert "impossible under every theory" in shown(explorers.Weighing, likelihood=zero)[1]
    assert "No event" in shown(explorers.Year, event=1, vectors=["usa"])[1]
    assert "rail are missing" in shown(explorers.Shock, target="route", year="2023")[1]
    assert "in euros is not drawn" in shown(explorers.Investment, kinds=["cumulative"])[1]
    empty = shown(explorers.Weighing, step=0, other="https://x.org/#weighing.step=0")[1]
    assert "no likelihoods are compared" in empty
    state, summary = shown(explorers.Trade, partners=["BGD"], unit="share")
    assert state == "ok" and "Not in the table in some years" in summary


def test_the_ladder_says_amounts_only_where_one_was_stated_and_which_dots_are_packages(tmp_path):
    deals = load("deals")
    units = load("facts").set_index("fact_id")["unit"]
    state = made(explorers.Investment).state() | {"view": "ladder", "years": True}
    shown = node(tmp_path, "investment", "return explorer.show(input);", state)
    place = shown["columns"].index("as said")
    said = {row[0]: row[place] for row in shown["rows"]}
    stated = 0
    for deal in deals.itertuples():
        unit = units[deal.fact_id]
        stated += unit not in ("date", "text")
        assert (said[deal.title] == "no amount stated") == (unit in ("date", "text")), deal.deal_id
    assert 0 < stated < len(deals)
    # No direction is told from another by colour alone: the scripts draw four shapes in turn.
    looks = {int(look) for look in re.findall(r'class="mv-s(\d+)"', shown["svg"])}
    assert len({look % 4 for look in looks}) == len(looks) == deals["direction"].nunique()
    whole = deals[deals["sector"] == "several"]
    assert len(whole) and all(title in shown["summary"] for title in whole["title"])
    plain = node(tmp_path, "investment", "return explorer.show(input);", state | {"years": False})
    for deal in whole.itertuples():
        assert (deal.title in plain["summary"]) == deal.date.startswith("2025"), deal.deal_id


def test_a_link_to_rival_figures_names_a_statement_and_not_a_place_in_the_list():
    data = made(explorers.Investment).data
    keys = [rivals["key"] for rivals in data["rivals"]]
    assert len(set(keys)) == len(keys)
    assert all(rivals["key"] in rivals["ids"] for rivals in data["rivals"])


def test_a_broken_table_of_facts_is_not_taken_for_none(monkeypatch):
    def broken(name):
        raise DataError("facts.csv, row 2, column value: type")

    monkeypatch.setattr(trade_explorer, "load", broken)
    with pytest.raises(DataError, match="facts.csv, row 2"):
        trade_explorer.mirror_figures()
    monkeypatch.setattr(trade_explorer, "package", lambda: {"resources": [{"name": "trade"}]})
    assert trade_explorer.mirror_figures() == []


def test_a_year_with_a_blank_has_no_share_of_crude_oil():
    commodities = load("commodities")
    found = shock_explorer.tables(
        load("trade"), load("partners"), commodities, load("macro"), load("oil_routes")
    )["oil"]
    wide = commodities.pivot(index="year", columns="group", values="exports_musd")
    full = wide[["crude-oil", "total"]].notna().all(axis=1)
    assert sorted(found) == [str(year) for year in wide.index[full]]
    assert "2022" not in found
    # Were the groups of 2022 published in full, its share could be taken.
    whole = commodities.assign(exports_musd=commodities["exports_musd"].fillna(1.0))
    assert (
        "2022"
        in shock_explorer.tables(
            load("trade"), load("partners"), whole, load("macro"), load("oil_routes")
        )["oil"]
    )


@pytest.mark.parametrize("value", [np.array([1, 2]), np.array([]), pd.Series([1, 2]), None, [1]])
def test_only_text_or_a_number_is_carried_into_prose(value):
    with pytest.raises(TypeError, match="glue 'x': text or a number"):
        glue("x", value)


def test_a_lost_message_holds_nothing_up_for_ever():
    """Message 2 never comes: after a few that wait for it the view is heard again."""
    explorer = explorers.Shock()
    last = base._MOST_WAITING + 3
    for number in [1, *range(3, last + 1)]:
        change = {"cut": 10 + number}
        explorer._hear(explorer, {"change": change, "view": "a", "number": number}, [])
    assert explorer.cut == 10 + last
    explorer._hear(explorer, {"change": {"cut": 99}, "view": "a", "number": last + 1}, [])
    assert explorer.cut == 99
