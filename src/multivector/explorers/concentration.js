// How concentrated the trade is. The formulas are those of multivector.indicators.concentration.
const concentration = (() => {
  const COLOUR = { eu: 0, china: 1, russia: 2, usa: 3, turkic: 4, gulf: 5, neighbours: 6, other: 7 };
  const VECTOR = { eu: "European Union", china: "China", russia: "Russia", usa: "United States", turkic: "Turkic states",
    gulf: "Gulf", neighbours: "Central Asia", other: "Other" };

  /** H, 1/H, entropy and evenness of flows; null where nothing is left. */
  function family(flows) {
    const total = MV.sum(flows);
    if (!(total > 0)) return null;
    const shares = flows.map((x) => x / total);
    const partners = flows.filter((x) => x > 0).length;
    const herfindahl = MV.sum(shares.map((s) => s * s));
    const entropy = -MV.sum(shares.map((s) => (s > 0 ? s * Math.log(s) : 0)));
    return { partners, total, herfindahl, number: 1 / herfindahl, entropy,
      evenness: partners > 1 ? entropy / Math.log(partners) : null };
  }

  /** Flows by partner in year t after leaving out and merging: [{name, value, vector}]. */
  function flows(data, t, { flow, group, drop }) {
    const out = new Map();
    for (const p of data.partners) {
      if (drop.includes(p.code) || (p.eu27 && drop.includes("EU27"))) continue;
      const x = p.x[t] ?? 0; const m = p.m[t] ?? 0;
      const value = flow === "exports" ? x : flow === "imports" ? m : x + m;
      const name = group === "vectors" ? VECTOR[p.vector] : group === "eu" && p.eu27 ? "EU (27)" : p.name;
      const one = out.get(name) ?? { name, value: 0, vector: p.vector };
      one.value += value;
      out.set(name, one);
    }
    return [...out.values()];
  }

  function view({ data, v, W }) {
    const series = (how) => data.years.map((_, t) => family(flows(data, t, how).map((f) => f.value)));
    const now = series(v); const plain = series({ flow: v.flow, group: "countries", drop: [] });
    const t = data.years.indexOf(v.year);
    if (now.some((f) => f === null)) {
      const message = "Nothing is left to divide: fewer partners must be left out.";
      return { message, summary: message };
    }
    const key = v.measure === "index" ? "herfindahl" : "number";
    const digits = v.measure === "index" ? 3 : 1;
    const changed = v.group !== "countries" || v.drop.length > 0;
    const unit = v.measure === "index" ? "index, 0 to 1" : "effective number of partners";
    const top = MV.lines({
      W, H: 230, xs: data.years, unit, digits,
      series: [
        ...(changed ? [{ name: "All countries", colour: 7, points: plain.map((f) => f[key]), thin: true }] : []),
        { name: changed ? "Your choice" : "All countries", colour: 0, points: now.map((f) => f[key]) },
      ],
    });
    const ranking = flows(data, t, v).filter((f) => f.value > 0).sort((a, b) => b.value - a.value);
    const shown = ranking.slice(0, 8);
    const bottom = MV.bars({
      W, unit: `% of ${v.flow} in ${v.year}`, digits: 1,
      rows: shown.map((f) => {
        const share = f.value / now[t].total;
        return { name: f.name, value: share * 100, colour: COLOUR[f.vector],
          note: `${MV.fmt(share * 100)} %, ${MV.fmt((share * share * 100) / now[t].herfindahl, 0)} % of the index` };
      }),
    });
    const first = data.years[0]; const last = data.years[data.years.length - 1];
    const names = v.drop.map((c) => (c === "EU27" ? "the EU" : data.partners.find((p) => p.code === c)?.name ?? c));
    const how = v.group === "eu" ? "the EU as one partner" : v.group === "vectors" ? "each vector as one partner" : "each country as a partner";
    const summary = [
      `Kazakhstan's ${v.flow}, ${how}${names.length ? `, without ${MV.listing(names.slice(0, 6))}${names.length > 6 ? " and others" : ""}` : ""}.`,
      `Effective number of partners: ${MV.fmt(now[0].number)} in ${first}, ${MV.fmt(now[now.length - 1].number)} in ${last}; index ${MV.fmt(now[0].herfindahl, 3)} and ${MV.fmt(now[now.length - 1].herfindahl, 3)}.`,
      changed ? `With every country counted it is ${MV.fmt(plain[plain.length - 1].number)} in ${last}.` : "",
      `Largest in ${v.year}: ${shown[0].name}, ${MV.fmt((shown[0].value / now[t].total) * 100)} %.`,
    ].filter(Boolean).join(" ");
    return {
      summary, svg: MV.stack(W, [top, bottom]),
      columns: ["year", "partners", "index", "effective number", "entropy", "evenness"],
      rows: data.years.map((y, i) => [y, now[i].partners, now[i].herfindahl, now[i].number, now[i].entropy, now[i].evenness]),
    };
  }
  return MV.explorer({ view, compute: { family, flows } });
})();
export default concentration;
