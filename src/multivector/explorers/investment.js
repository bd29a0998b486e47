// Investment figures under their kinds. Nothing is computed but the place of a dot.
const investment = (() => {
  const COLOUR = { eu: 0, china: 1, russia: 2, usa: 3, turkic: 4, gulf: 5, neighbours: 6, other: 7, all: 7 };
  const MEANS = {
    stock: "an amount at one date, by the first investor or with the way of counting not stated",
    owner: "an amount at one date, by the owner at the end of the chain and not by the first investor",
    position: "an amount at one date that adds loans and other claims to direct investment",
    cumulative: "a sum over many years, not the same in every row, some gross (nothing taken off for what left again), others with the basis not stated",
    gross: "an inflow of a year or a part of it, with nothing taken off for what left",
    net: "an inflow of a year or a part of it, after what left is taken off",
    flow: "an inflow of a period, gross or net not stated",
    announced: "a promise, a memorandum or a purchase, not known to be paid",
    portfolio: "the planned value of projects", spending: "money spent by Kazakhstan's own budget",
    finance: "grants and loans of a state by how far their projects had come, and no inflow", target: "a wish for the future",
  };
  const NOUN = { gross: "gross flow", net: "net flow", flow: "flow of unstated basis", announced: "announced sum", owner: "stock by ultimate owner", position: "position in all instruments",
    spending: "sum of public spending", finance: "sum of official finance" };
  const THE = ["EU", "NLD", "USA", "ARE", "GBR"];
  const DIRECTION = { purchase_by_kz: ["purchase by Kazakhstan", 1], investment_into_kz: ["investment into Kazakhstan", 0],
    other: ["other", 2], unknown: ["direction unknown", 7] };
  const nameOf = (data, k) => data.kinds.find(([code]) => code === k)[1].toLowerCase();

  const nounOf = (data, k) => NOUN[k] ?? nameOf(data, k);
  const means = (data, kinds) => kinds.map((k) => `${/^[aeiou]/.test(nounOf(data, k)) ? "an" : "a"} ${nounOf(data, k)} is ${MEANS[k]}`).join("; ");
  const from = (f) => (f.origin === "ALL" ? "all origins" : `${THE.includes(f.origin) ? "the " : ""}${f.who}`);
  /** How it was counted, where the kind does not say it, and the months of a flow that are not twelve. */
  const counted = (f) => [f.basis, f.months && f.months !== 12 ? `${f.months} months` : ""].filter(Boolean).join(", ");

  /** Break words into lines of at most n characters. */
  function wrap(words, n) {
    const lines = [""];
    for (const word of words.split(" ")) {
      if (lines[lines.length - 1] && `${lines[lines.length - 1]} ${word}`.length > n) lines.push("");
      lines[lines.length - 1] = `${lines[lines.length - 1]} ${word}`.trim();
    }
    return lines;
  }

  const undrawn = (n) => `${n} ${n === 1 ? "statement" : "statements"} in euros ${n === 1 ? "is" : "are"} not drawn.`;

  function figures({ data, v, W }) {
    if (!v.kinds.length) return { message: "No kind is chosen. Choose one above." };
    if (v.kinds.length > 1) {
      return { message: `These kinds do not go on one axis: ${means(data, v.kinds)}. The longer bar would only show which way of counting was chosen. Choose one kind.` };
    }
    const kind = v.kinds[0];
    const all = data.figures.filter((f) => f.group === kind && v.origins.includes(f.origin));
    const rows = all.filter((f) => f.currency === "USD").sort((a, b) => b.value - a.value);
    const euros = all.length - rows.length;
    if (!rows.length) {
      return { message: `No ${nounOf(data, kind)} in dollars was found for this choice.${euros ? ` ${undrawn(euros)}` : ""} A gap is not a zero. Choose another kind or origin.` };
    }
    const part = (f) => (f.months && f.months < 12 ? `, ${f.months} months` : "");
    const svg = MV.bars({ W, dots: true, unit: `billion dollars: ${nameOf(data, kind)}`, rows: rows.map((f) => ({
      name: `${f.who}, ${f.when}${part(f)}`, value: f.value, colour: COLOUR[f.vector] ?? 7,
      note: W >= 640 && f.basis ? `${f.words}, ${f.basis}` : f.words,
      tip: `${f.who}: ${f.words}, ${f.when}${counted(f) ? ` (${counted(f)})` : ""}. ${f.by}` })) });
    const conduit = rows.some((f) => f.origin === "NLD");
    const bases = [...new Set(rows.map((f) => f.basis).filter(Boolean))];
    const summary = [`${rows.length} ${rows.length === 1 ? "statement" : "statements"} of one kind, ${nameOf(data, kind)}: ${MEANS[kind]}.`,
      bases.length ? `Counted: ${bases.map((b) => `${b} (${rows.filter((f) => f.basis === b).length})`).join(", ")}.` : "",
      `Largest: ${rows[0].who}, ${rows[0].words} (${rows[0].when}), says ${rows[0].by}.`,
      euros ? undrawn(euros) : "",
      conduit ? "The Netherlands is largely a conduit for others' money." : "",
      rows.some((f) => part(f)) ? "A figure for part of a year is no match for a full one." : "",
      kind === "cumulative" ? "The years added up differ, so neither lengths nor differences can be compared." : "",
    ].filter(Boolean).join(" ");
    return { summary, svg, columns: ["from", "value, bn USD", "as said", "counted", "when", "who says so", "fact"],
      rows: rows.map((f) => [f.who, f.value, f.words, counted(f), f.when, f.by, f]) };
  }

  function rivals({ data, v, W }) {
    const set = data.rivals.find((s) => s.key === v.rivals);
    const found = set.ids.map((id) => data.figures.find((f) => f.id === id));
    const about = (f) => [nameOf(data, f.group), counted(f), f.when].filter(Boolean).join(", ");
    const columns = W >= 520 ? Math.min(found.length, 3) : 1;
    const width = (W - (columns - 1) * 14) / columns; const n = Math.floor((width - 14) / 7.2); const bold = Math.floor((width - 14) / 8.3);
    let body = ""; let y = 0; let tallest = 0;
    found.forEach((f, i) => {
      const x = (i % columns) * (width + 14);
      if (i % columns === 0 && i > 0) { y += tallest + 16; tallest = 0; }
      const lines = [...wrap(about(f), bold).map((l) => [l, "mv-strong"]),
        ...wrap(`says ${f.by}`, n).map((l) => [l, ""]), ...(f.quote ? wrap(`“${f.quote}”`, n).map((l) => [l, "mv-muted"]) : [])];
      const height = 52 + lines.length * 17;
      tallest = Math.max(tallest, height);
      body += `<g class="mv-s${COLOUR[f.vector] ?? 7}"><rect x="${MV.px(x)}" y="${y}" width="4" height="${height}"/></g>`
        + MV.text(x + 14, y + 28, f.words, "mv-big") + lines.map(([l, c], k) => MV.text(x + 14, y + 52 + k * 17, l, c)).join("");
    });
    const kinds = [...new Set(found.map((f) => f.group))];
    const summary = [`${found.length} figures from ${from(found[0])} that stand against each other: ${MV.listing(found.map((f) => `${f.words} (${about(f)})`))}.`,
      kinds.length > 1 ? `They differ in kind: ${means(data, kinds)}. So they stand side by side and not on one axis.`
        : `They are of one kind: ${new Set(found.map((f) => f.currency)).size > 1 ? "the currency, " : ""}rounding, a revision, the basis or the years may explain it.`,
    ].join(" ");
    return { summary, svg: MV.svg(W, Math.round(y + tallest + 8), body), columns: ["from", "as said", "kind", "counted", "when", "who says so", "fact"],
      rows: found.map((f) => [f.who, f.words, nameOf(data, f.group), counted(f), f.when, f.by, f]) };
  }

  function ladder({ data, v, W }) {
    const deals = data.deals.filter((d) => v.years || d.date.startsWith("2025"));
    const wide = W >= 560; const left = wide ? 260 : 8; const rowH = wide ? 40 : 66; const top = 34;
    const X = MV.scale(0, data.rungs.length - 1, left + 20, W - 34);
    let body = data.rungs.map((r, i) => `<line class="mv-grid" x1="${MV.px(X(i))}" x2="${MV.px(X(i))}" y1="${top - 8}" y2="${top + deals.length * rowH}"/>`
      + MV.text(X(i), (X(1) - X(0) > 95) || i % 2 === 0 ? 12 : 26, r, "mv-muted", "middle")).join("");
    deals.forEach((d, i) => {
      const y = top + i * rowH + (wide ? 16 : 45); const a = data.rungs.indexOf(d.from); const b = data.rungs.indexOf(d.to);
      const [label, colour] = DIRECTION[d.direction];
      const lines = wrap(d.title, wide ? 36 : Math.floor(W / 7)).slice(0, 2);
      lines.forEach((l, k) => { body += MV.text(0, y + (wide ? 0 : -31) + k * 16 - (wide && lines.length > 1 ? 4 : -4), l); });
      body += `<g class="mv-s${colour}" ${MV.tip(`${d.title} (${d.date}): ${d.words}; ${label}; ${d.from === d.to ? d.to : `${d.from}, then ${d.to}`}. ${d.by}`)}>`
        + (a === b ? "" : `<path class="mv-line" d="M${MV.px(X(a))} ${y}L${MV.px(X(b))} ${y}"/>` + `<g class="mv-hollow">${MV.shape(colour, X(a), y, 5)}</g>`)
        + `${MV.shape(colour, X(b), y, 6)}${MV.hit(X(b), y, 14)}</g>`;
    });
    const [key, keyHeight] = MV.legend([...new Set(deals.map((d) => d.direction))].map((d) => ({ name: DIRECTION[d][0], colour: DIRECTION[d][1] })), W);
    const high = top + deals.length * rowH + 8;
    const many = (n, one) => `${n} ${n === 1 ? one : `${one}s`}`;
    const way = (d) => deals.filter((x) => x.direction === d).length;
    const count = (rung) => deals.filter((d) => d.to === rung).length;
    const packages = deals.filter((d) => d.package);
    const summary = [`${deals.length} deals ${v.years ? "" : "of 2025 "}on the ladder from talks to delivery, each on the highest rung documented.`,
      `${MV.listing(data.rungs.filter(count).map((r) => `${count(r)} at ${r}`))}.`,
      `Of them: ${many(way("purchase_by_kz"), "purchase")} by Kazakhstan and ${many(way("investment_into_kz"), "investment")} into it; for ${way("unknown")} the direction is not known.`,
      "The dots count deals and say nothing of their size.",
      packages.length ? `Packages stand as one dot, for the book has no list of their parts (${MV.listing(packages.map((d) => d.title))}); so dots cannot be counted capital against capital.` : "",
    ].filter(Boolean).join(" ");
    return { summary, svg: MV.stack(W, [MV.svg(W, Math.max(1, keyHeight), key), MV.svg(W, high, body)], 6),
      columns: ["deal", "parties", "date", "as said", "at signing", "highest rung documented", "direction", "what is known since", "fact", "fact since"],
      rows: deals.map((d) => [d.title, d.parties, d.date, d.words, d.from, d.to, DIRECTION[d.direction][0], d.since, d.fact, d.next]) };
  }

  function view(context) {
    const out = { figures, rivals, ladder }[context.v.view](context);
    return out.message ? { ...out, summary: out.message } : out;
  }
  return MV.explorer({ view, compute: { wrap } });
})();
export default investment;
