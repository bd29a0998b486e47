// Sensitivity and vulnerability. The arithmetic is multivector.theory.shock_partner and shock_route.
const shock = (() => {
  const ROUTES = { cpc: "the Caspian pipeline", "atyrau-samara": "the Atyrau-Samara pipeline", china: "the pipeline to China",
    aktau: "the port of Aktau", "aktau-baku": "Aktau to Baku", "aktau-makhachkala": "Aktau to Makhachkala", rail: "rail" };

  /** x cut, f replaced, d discount: fractions. others: is there anyone else to trade with? */
  function partnerShock(part, total, x, f, d, others = true) {
    const lost = x * part;
    const recovered = others ? f * (1 - d) * lost : 0;
    return { total, lost, recovered, sensitivity: lost / total, vulnerability: (lost - recovered) / total };
  }
  /** tonnes: {route: mt}; hit: routes; room: million tonnes on all routes that stay open; total: all
      oil, the sum of the routes where none is published. */
  function routeShock(tonnes, hit, x, room, total = MV.sum(Object.values(tonnes))) {
    const lost = x * MV.sum(hit.map((r) => tonnes[r]));
    const open = Object.keys(tonnes).some((r) => !hit.includes(r));
    const recovered = Math.min(lost, open ? room : 0);
    return { total, lost, recovered, sensitivity: lost / total, vulnerability: (lost - recovered) / total };
  }
  const flowOf = (p, t, flow) => (flow === "imports" ? 0 : p.x[t] ?? 0) + (flow === "exports" ? 0 : p.m[t] ?? 0);

  /** Which flow is hit, out of what; or {message}. */
  function base(data, v) {
    if (v.target === "oil") {
      const pair = data.oil[v.year];
      if (!pair) return { message: `For ${v.year} there is no crude oil export for all twelve months in the table. Choose another year.` };
      return { part: pair[0], total: pair[1], what: "crude oil exports", whole: "all exports", unit: "billion dollars", factor: 1 / 1000 };
    }
    if (v.target === "route") {
      const table = data.routes[v.year];
      if (!table) {
        const gap = data.missing[v.year];
        return { message: `For ${v.year} ${gap ? `no share can be taken: ${MV.listing(gap.map((r) => ROUTES[r]))} ${gap.length > 1 ? "are" : "is"} missing` : "the tonnes by route were not found"}. Choose ${MV.listing(Object.keys(data.routes))}.` };
      }
      const tonnes = Object.fromEntries(Object.entries(table).map(([k, [mt]]) => [k, mt]));
      const hit = v.route === "russia" ? Object.keys(table).filter((k) => table[k][1] === 1)
        : v.route in table ? [v.route] : [];
      if (!hit.length) return { message: `For ${v.year} no figure for ${ROUTES[v.route]} was found. Choose another route or year.` };
      const total = data.oil_total[v.year]; const maybe = data.maybe[v.year];
      return { tonnes, hit, total, what: v.route === "russia" ? "oil on every route that certainly crosses Russia" : `oil by ${ROUTES[v.route]}`,
        least: v.route === "russia" && maybe ? `At least: oil by ${MV.listing(maybe.map((r) => ROUTES[r]))} may cross it too.` : "",
        whole: total ? "all oil exported" : "the oil of the routes found", unit: "million tonnes", factor: 1 };
    }
    const t = data.years.indexOf(Number(v.year));
    if (t < 0) return { message: `For ${v.year} the table has no trade by partner. Choose ${data.years[0]} to ${data.years[data.years.length - 1]}.` };
    const ours = data.partners.filter((p) => (v.partner === "EU27" ? p.eu27 : p.code === v.partner));
    const part = MV.sum(ours.map((p) => flowOf(p, t, v.flow)));
    const total = MV.sum(data.partners.map((p) => flowOf(p, t, v.flow)));
    const name = v.partner === "EU27" ? "the EU" : ours[0].name;
    if (!(part > 0)) return { message: `In ${v.year} the table has no ${v.flow} with ${name}.` };
    return { part, total, what: `${v.flow} ${v.flow === "exports" ? "to" : v.flow === "imports" ? "from" : "with"} ${name}`,
      whole: `all ${v.flow}`, unit: "billion dollars", factor: 1 / 1000 };
  }

  function view({ data, v, W }) {
    const b = base(data, v);
    if (b.message) return { message: b.message, summary: b.message };
    const x = v.cut / 100; const left = (12 - v.months) / 12;
    const full = b.tonnes ? routeShock(b.tonnes, b.hit, x, v.room, b.total)
      : partnerShock(b.part, b.total, x, v.replace / 100, v.discount / 100);
    const year = { lost: full.lost, recovered: full.recovered * left };
    const gdp = b.tonnes ? null : data.gdp[v.year] ?? null;
    const percent = (part) => (part / full.total) * 100;
    const rows = [
      [`at once`, full.lost], [`after ${v.months} months`, full.lost - full.recovered],
      [`first year in all`, year.lost - year.recovered]];
    const months = Array.from({ length: 13 }, (_, m) => m);
    const rate = months.map((m) => percent(m >= v.months ? full.lost - full.recovered : full.lost));
    const top = MV.lines({ W, H: 210, xs: months, unit: `lost, % of ${b.whole}, by month`, digits: 1,
      series: [{ name: "loss", colour: 5, points: rate, quiet: true }] });
    const bars = [];
    rows.forEach(([when, value], i) => {
      const note = `${MV.fmt(percent(value))} %${gdp ? `, ${MV.fmt((value / gdp) * 100)} % of GDP` : ""}`;
      bars.push({ name: ["Sensitivity (at once)", `Vulnerability (${when})`, "First year in all"][i], value: percent(value), colour: [5, 0, 7][i], note });
    });
    const bottom = MV.bars({ W, rows: bars, unit: `% of ${b.whole}`, hi: Math.max(1, percent(full.lost)) });
    const amount = (value) => `${MV.fmt(value * b.factor)} ${b.unit}`;
    const gone = b.tonnes ? [data.missing[v.year] ? `Not found for ${v.year}: ${MV.listing(data.missing[v.year].map((r) => ROUTES[r]))}.` : "",
      b.total ? "The total is the published one." : "No published total was found: the total is the sum of the routes found."] : [];
    const summary = [
      `Cut ${v.cut} % of ${b.what} (${v.year}).`, b.least,
      `At once ${amount(full.lost)} a year are missing: ${MV.fmt(percent(full.lost))} % of ${b.whole}${gdp ? `, ${MV.fmt((full.lost / gdp) * 100)} % of GDP` : ""}: the sensitivity.`,
      b.tonnes ? `With room for ${MV.fmt(v.room, 0)} million tonnes elsewhere from month ${v.months}, ${MV.fmt(percent(full.lost - full.recovered))} % stay lost: the vulnerability.`
        : `With ${v.replace} % replaced from month ${v.months}, at a cost of ${v.discount} %, ${MV.fmt(percent(full.lost - full.recovered))} % stay lost: the vulnerability.`,
      v.target === "partner" && gdp ? "Over GDP is gross trade over value added: a ratio, not a loss of income." : "",
      v.target === "partner" && !gdp ? "No gross domestic product is known for that year." : "", ...gone,
    ].filter(Boolean).join(" ");
    return { summary, svg: MV.stack(W, [top, bottom]),
      columns: ["what", b.unit, `% of ${b.whole}`, "% of GDP"],
      rows: [["whole flow", full.total * b.factor, 100, gdp ? (full.total / gdp) * 100 : null],
        ...rows.map(([when, value]) => [`lost, ${when}`, value * b.factor, percent(value), gdp ? (value / gdp) * 100 : null])] };
  }
  return MV.explorer({ view, compute: { partnerShock, routeShock, base } });
})();
export default shock;
