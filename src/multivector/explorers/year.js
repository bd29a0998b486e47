// The events of 2025 in sequence. Places, ways and distances come from Python.
const year = (() => {
  const COLOUR = { eu: 0, china: 1, russia: 2, usa: 3, turkic: 4, gulf: 5, neighbours: 6, multilateral: 7, other: 7 };
  const MARK = { ...COLOUR, multilateral: 1 }; // no two vectors share both colour and mark
  const FORMAT = { visit_and_summit: "visit and summit" };

  /** The events in view and the one that is looked at: the last chosen one up to `event`. */
  function chosen(data, v) {
    const upTo = data.events.map((e, i) => ({ ...e, n: i + 1 })).filter((e) => e.n <= v.event && v.vectors.includes(e.vector));
    return { now: upTo[upTo.length - 1], shown: v.trail ? upTo : upTo.slice(-1) };
  }

  function view({ data, v, W }) {
    if (!v.vectors.length) return { message: "No vector is chosen. Choose at least one.", summary: "No vector is chosen. Choose at least one." };
    const { now, shown } = chosen(data, v);
    if (!now) {
      const message = "No event of these vectors was found up to this point of the year. Move on, or choose another vector.";
      return { message, summary: message };
    }
    const names = Object.fromEntries(data.vectors);
    const { width, height, home } = data.map; const k = W / width; const high = Math.round(height * k);
    const one = 1 / k;
    let marks = "";
    for (const e of shown) {
      const current = e.n === now.n;
      if (e.route) marks += `<g class="mv-s${COLOUR[e.vector]}"><path class="mv-line${current ? "" : " mv-past"}" style="stroke-width:${MV.px((current ? 2.6 : 1.1) * one)}" d="${e.route}"/></g>`;
    }
    for (const e of shown) {
      const current = e.n === now.n;
      marks += `<g class="mv-s${COLOUR[e.vector]}" ${MV.tip(`${e.n}. ${e.when}, ${e.place}: ${e.what}`)}>${MV.shape(MARK[e.vector], e.x, e.y, (current ? 6.5 : 3.5) * one)}${MV.hit(e.x, e.y, 12 * one)}</g>`;
    }
    const world = `<svg y="0" width="${W}" height="${high}" viewBox="0 0 ${width} ${height}"><path class="mv-land" d="${data.map.land}"/>`
      + `<path class="mv-home" d="${data.map.kazakhstan}"/>${marks}<circle class="mv-point" cx="${home[0]}" cy="${home[1]}" r="${MV.px(4 * one)}" style="stroke-width:${MV.px(1.5 * one)}"/></svg>`;
    const at = [now.x * k, now.y * k];
    const label = MV.text(MV.clamp(at[0] + 10, 4, W - 10 - MV.textWidth(now.place)), MV.clamp(at[1] - 9, 14, high - 6), now.place, "mv-strong mv-halo");
    // The timeline: one dot an event, events of one day stacked.
    const top = high + 16; const X = MV.scale(1, 366, 10, W - 10); const stacked = new Map();
    let line = `<line class="mv-zero mv-grid" x1="4" x2="${W - 4}" y1="${top + 62}" y2="${top + 62}"/>`;
    data.months.forEach((m, i) => {
      if (W >= 520 || i % 2 === 0) line += MV.text(X(1 + i * 30.4) + 2, top + 80, m, "mv-muted");
      line += `<line class="mv-grid" x1="${MV.px(X(1 + i * 30.4))}" x2="${MV.px(X(1 + i * 30.4))}" y1="${top + 58}" y2="${top + 66}"/>`;
    });
    data.events.forEach((e, i) => {
      if (!v.vectors.includes(e.vector)) return;
      const slot = Math.round(X(e.day) / 13); const level = stacked.get(slot) ?? 0;
      stacked.set(slot, level + 1);
      const past = i + 1 <= v.event; const current = i + 1 === now.n;
      line += `<g class="mv-s${COLOUR[e.vector]}${past ? "" : " mv-coming"}${e.exact ? "" : " mv-hollow"}" ${MV.tip(`${i + 1}. ${e.when}, ${e.place}: ${e.what}`)}>`
        + `${MV.shape(MARK[e.vector], slot * 13, top + 52 - level * 13, current ? 6.5 : 4)}</g>`;
    });
    const [key, keyHeight] = MV.legend(data.vectors.filter(([c]) => v.vectors.includes(c) && data.events.some((e) => e.vector === c))
      .map(([c, name]) => ({ name, colour: COLOUR[c], mark: MARK[c] })), W);
    const body = `${world}${label}${line}<g transform="translate(0 ${top + 92})">${key}</g>`;
    const stated = now.ranks.filter((r) => r.rank !== "not_stated");
    const differ = new Set(stated.map((r) => r.rank)).size > 1;
    const called = [...new Set(stated.map((r) => `${r.by}: “${r.word}”`))];
    const of = data.events.filter((e) => v.vectors.includes(e.vector)).length;
    const nth = data.events.filter((e, i) => v.vectors.includes(e.vector) && i < now.n).length;
    const before = shown.length > 1 ? shown[shown.length - 2] : null;
    const summary = [`${now.when} 2025, ${now.place}: ${now.what.replace(/\.$/, "")} (filed under: ${names[now.vector]}; kind: ${FORMAT[now.format] ?? now.format}).`,
      now.km ? `${MV.fmt(now.km, 0)} km from Astana.` : "",
      `Number ${nth} of the ${of} ${of === 1 ? "event" : "events"} found${before && now.exact && before.exact && now.day > before.day ? `, ${now.day - before.day} ${now.day - before.day === 1 ? "day" : "days"} after the start in ${before.place}` : ""}.`,
      differ ? `Called differently: ${called.join("; ")}.` : "", `Source: ${now.by}.`].filter(Boolean).join(" ");
    return { summary, svg: MV.svg(W, top + 92 + keyHeight, body), said: now.said,
      columns: ["number", "date", "place", "filed under", "format", "what", "km from Astana", "who says so", "fact"],
      rows: shown.map((e) => [e.n, e.when, e.place, names[e.vector], FORMAT[e.format] ?? e.format, e.what, e.km, e.by, e.said]) };
  }
  return MV.explorer({ view, compute: { chosen } });
})();
export default year;
