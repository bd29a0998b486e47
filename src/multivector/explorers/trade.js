// Kazakhstan's goods trade by partner. Data: musd per year and partner, exports (x) and imports (m).
const trade = (() => {
  const VECTOR_COLOUR = { eu: 0, china: 1, russia: 2, usa: 3, turkic: 4, gulf: 5, neighbours: 6, other: 7 };
  const FLOWS = { turnover: "turnover", exports: "exports", imports: "imports", balance: "balance" };

  /** One partner's value in one year. x, m: exports and imports; totals of the same year. A blank
      beside a known flow counts as nothing in turnover, as in multivector.indicators; no balance
      is taken with it. */
  function value(x, m, X, M, flow, unit) {
    const out = Number.isFinite(x); const back = Number.isFinite(m);
    if (!{ exports: out, imports: back, turnover: out || back, balance: out && back }[flow]) return null;
    if (flow === "balance") {
      if (unit === "dollars") return x - m;
      return x + m > 0 ? (x - m) / (x + m) : null;
    }
    const part = flow === "exports" ? x : flow === "imports" ? m : (out ? x : 0) + (back ? m : 0);
    if (unit === "dollars") return part;
    const whole = flow === "exports" ? X : flow === "imports" ? M : X + M;
    return whole > 0 ? part / whole : null;
  }

  /** Totals of every year over all partners of the table. */
  function totals(data) {
    return data.years.map((_, t) => data.partners.reduce(([X, M], p) =>
      [X + (p.x[t] ?? 0), M + (p.m[t] ?? 0)], [0, 0]));
  }

  /** A set of partners as one: missing where every one of them is missing. */
  function merged(data, codes) {
    const chosen = data.partners.filter((p) => codes.includes(p.code));
    const add = (k, t) => {
      const seen = chosen.map((p) => p[k][t]).filter((v) => v !== null);
      return seen.length ? seen.reduce((a, b) => a + b, 0) : null;
    };
    return { x: data.years.map((_, t) => add("x", t)), m: data.years.map((_, t) => add("m", t)) };
  }

  /** The series of a choice: [{code, name, colour, points}], in the order of choice. */
  function series(data, { partners, flow, unit, eu }) {
    const whole = totals(data);
    const points = (p) => data.years.map((_, t) => value(p.x[t], p.m[t], whole[t][0], whole[t][1], flow, unit));
    const members = data.partners.filter((p) => p.eu27);
    const find = (code) => data.partners.find((p) => p.code === code);
    const wantsEu = partners.includes("EU27") || (eu === "one" && partners.some((c) => find(c)?.eu27));
    const out = [];
    for (const code of partners) {
      const p = find(code);
      if (p && !(p.eu27 && eu === "one")) out.push({ code, name: p.name, vector: p.vector, points: points(p) });
    }
    if (wantsEu && eu === "one") {
      out.unshift({ code: "EU27", name: "EU (27)", vector: "eu",
        points: points(merged(data, members.map((p) => p.code))) });
    }
    if (wantsEu && eu === "members") {
      const rest = members.filter((p) => !partners.includes(p.code))
        .map((p) => ({ code: p.code, name: p.name, vector: "eu", points: points(p), member: true }));
      out.push(...rest);
    }
    return out;
  }

  function view({ data, v, W, H }) {
    const all = series(data, v);
    if (!all.length) {
      const message = "No partner is chosen. Choose at least one above.";
      return { message, summary: message };
    }
    const share = v.unit === "share";
    const factor = share ? 100 : 1 / 1000;
    const unit = share ? (v.flow === "balance" ? "% of the turnover with that partner" : `% of all ${FLOWS[v.flow]}`)
      : "billion dollars";
    const last = data.years.length - 1;
    const ranked = [...all].sort((a, b) => (b.points[last] ?? -Infinity) - (a.points[last] ?? -Infinity));
    const loud = new Set(ranked.slice(0, 9).map((s) => s.code));
    const taken = new Map();
    const drawn = all.map((s) => {
      const base = VECTOR_COLOUR[s.vector] ?? 7;
      const nth = taken.get(base) ?? 0;
      if (!s.member) taken.set(base, nth + 1);
      // Partners of one vector share its colour; the shape of the mark tells them apart.
      const quiet = all.length > 12 ? !loud.has(s.code) : false;
      return { name: s.name, colour: base, mark: base + nth, thin: Boolean(s.member), quiet,
        points: s.points.map((x) => (x === null ? null : x * factor)) };
    });
    const marks = [];
    if (v.mirror && v.flow === "turnover" && !share) {
      for (const m of data.mirror) {
        if (v.partners.includes(m.code) && data.years.includes(m.year)) {
          marks.push({ x: m.year, y: m.musd / 1000, colour: VECTOR_COLOUR[m.vector] ?? 7,
            name: m.name, label: `${m.label} ${MV.fmt(m.musd / 1000)}` });
        }
      }
    }
    const say = (x) => (x === null ? "not in the table" : `${MV.fmt(x * factor)}${share ? " %" : ""}`);
    const year = data.years[last];
    const first = ranked.slice(0, 5).map((s) => `${s.name} ${say(s.points[last])}`);
    const gaps = all.filter((s) => s.points.some((x) => x === null)).map((s) => s.name);
    const hidden = v.eu === "one" ? v.partners.filter((c) => data.partners.find((p) => p.code === c)?.eu27).length : 0;
    const summary = [
      `Goods ${FLOWS[v.flow]}, ${data.years[0]} to ${year}, ${unit}.`,
      `In ${year}: ${MV.listing(first)}${all.length > 5 ? `, and ${all.length - 5} more` : ""}.`,
      all.length === 1 && all[0].points[0] !== null && all[0].points[last] !== null
        ? `In ${data.years[0]} it was ${say(all[0].points[0])}.` : "",
      hidden ? "The members of the EU you chose are counted inside the EU." : "",
      gaps.length ? `Not in the table in some years: ${MV.listing(gaps.slice(0, 4))}.` : "",
      marks.length ? `${marks.map((m) => `${m.name}: ${MV.fmt(m.y)} billion dollars in ${m.x}`).join("; ")}; Kazakhstan's statistics for the same year: ${
        marks.map((m) => MV.fmt(all.find((s) => s.code === data.mirror.find((k) => k.year === m.x && k.name === m.name).code)
          .points[data.years.indexOf(m.x)] / 1000)).join("; ")}.` : "",
    ].filter(Boolean).join(" ");
    return {
      summary,
      svg: MV.lines({ W, H, xs: data.years, series: drawn, unit, digits: 1, marks }),
      columns: ["year", "partner", `${v.flow} (${unit})`],
      rows: data.years.flatMap((y, t) => all.map((s) => [y, s.name,
        s.points[t] === null ? null : s.points[t] * factor])),
    };
  }
  return MV.explorer({ view, compute: { value, totals, merged, series } });
})();
export default trade;
