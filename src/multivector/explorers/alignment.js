// Regions of best reply. The payoffs are multivector.theory.AlignmentGame with ties = 1.
const alignment = (() => {
  const COLOUR = { multivector: 0, hedge: 4, balance: 2, bandwagon: 1 };

  /** a (value in quiet times), s (protection) and c (exposure) of each strategy. */
  function terms(v) {
    return {
      multivector: { a: 1, s: 0, c: v.exposure },
      hedge: { a: 1 - v.insurance, s: v.hedge_protection, c: v.hedge_exposure },
      balance: { a: (1 - v.strong_share) * 1 - v.arms, s: v.balance_protection * (1 - v.abandonment), c: 0 },
      bandwagon: { a: v.strong_share * 1 + v.profit, s: v.bandwagon_protection, c: 0 },
    };
  }
  const payoff = (one, loss, p, r) => one.a - p * loss * (1 - one.s) - r * one.c;
  function payoffs(v, order, p = v.threat, r = v.rivalry) {
    const all = terms(v);
    return order.map((k) => payoff(all[k], v.loss, p, r));
  }
  /** The first of the best, as in Python. */
  const best = (values) => values.indexOf(Math.max(...values));
  /** constant + byThreat p + byRivalry r = 0 on the border of s and t; s better where above. */
  function border(v, s, t) {
    const all = terms(v);
    return { constant: all[s].a - all[t].a, byThreat: v.loss * (all[s].s - all[t].s), byRivalry: all[t].c - all[s].c };
  }

  /** The part of the unit square where s is best: the square cut by its borders with all others. */
  function region(v, order, s) {
    let shape = [[0, 0], [1, 0], [1, 1], [0, 1]];
    for (const t of order) {
      if (t === s) continue;
      const b = border(v, s, t);
      const side = ([p, r]) => b.constant + b.byThreat * p + b.byRivalry * r;
      const next = [];
      shape.forEach((from, i) => {
        const to = shape[(i + 1) % shape.length];
        const f = side(from); const g = side(to);
        if (f >= 0) next.push(from);
        if ((f > 0 && g < 0) || (f < 0 && g > 0)) {
          const w = f / (f - g);
          next.push([from[0] + w * (to[0] - from[0]), from[1] + w * (to[1] - from[1])]);
        }
      });
      shape = next;
      // Alike everywhere: the point goes to the first in the order.
      if (b.constant === 0 && b.byThreat === 0 && b.byRivalry === 0 && order.indexOf(t) < order.indexOf(s)) return [];
    }
    return shape;
  }
  const area = (shape) => Math.abs(MV.sum(shape.map(([x, y], i) => {
    const [a, b] = shape[(i + 1) % shape.length];
    return x * b - a * y;
  }))) / 2;
  const middle = (shape) => [MV.sum(shape.map((q) => q[0])) / shape.length, MV.sum(shape.map((q) => q[1])) / shape.length];

  const low = (names, k) => names[k].toLowerCase();
  const SAME = 1e-9;
  function why(v, names, first, second, tie) {
    const b = border(v, first, second);
    const adds = (x) => `${MV.fmt(Math.abs(x), 2)} to ${low(names, x > 0 ? first : second)}'s side`;
    const parts = [`in quiet times ${low(names, first)} is worth ${Math.abs(b.constant) < SAME ? "the same" : `${MV.fmt(Math.abs(b.constant), 2)} ${b.constant > 0 ? "more" : "less"}`}`];
    if (Math.abs(b.byThreat) > SAME) parts.push(`full threat would add ${adds(b.byThreat)}`);
    if (Math.abs(b.byRivalry) > SAME) parts.push(`full rivalry would add ${adds(b.byRivalry)}`);
    const edge = b.byThreat ? -(b.constant + b.byRivalry * v.rivalry) / b.byThreat : NaN;
    const where = edge >= 0 && edge <= 1 ? ` At your rivalry the border with ${low(names, second)} lies at a threat of ${MV.fmt(edge, 2)}.`
      : ` At your rivalry no threat between 0 and 1 turns it into ${low(names, second)}.`;
    return `Against ${low(names, second)}, ${tie ? "as good at your point" : "the second best"}: ${parts.join("; ")}.${where}`;
  }

  function view({ data, v, W }) {
    const order = data.strategies; const names = data.names;
    const values = payoffs(v, order);
    const chosen = best(values);
    const ranked = order.map((k, i) => [k, values[i]]).sort((x, y) => y[1] - x[1]);
    const side = Math.min(W - 72, 380); const left = 58; const top = 12; const H = top + side + 44;
    const X = MV.scale(0, 1, left, left + side); const Y = MV.scale(0, 1, top + side, top);
    const shapes = order.map((k) => [k, region(v, order, k)]).filter(([, q]) => q.length > 2 && area(q) > 1e-6);
    let body = ""; let words = "";
    const point = [X(v.threat), Y(v.rivalry)];
    const taken = [[point[0], point[1] + 4, 6]]; // what no name may cover: middle, line, half a width
    for (const [k, q] of shapes) {
      const [p, r] = middle(q); const half = MV.textWidth(names[k], 13.6) / 2 + 4;
      const x = MV.clamp(X(p), left + half, left + side - half);
      const free = (at) => at > top + 12 && at < top + side && taken.every(([a, b, h]) => Math.abs(x - a) >= half + h || Math.abs(at - b) >= 18);
      const y = [0, 18, -18, 36, -36].map((by) => Y(r) + 4 + by).find(free) ?? Y(r) + 4;
      body += `<g class="mv-s${COLOUR[k]}"><path class="mv-area" d="M${q.map(([p, r]) => `${MV.px(X(p))} ${MV.px(Y(r))}`).join("L")}Z" ${MV.tip(`${names[k]}: ${MV.fmt(area(q) * 100, 0)} % of the square`)}/></g>`;
      if (area(q) > 0.02) {
        words += MV.text(x, y, names[k], "mv-strong mv-halo", "middle");
        taken.push([x, y, half]);
      }
    }
    body += words;
    for (const tick of [0, 0.25, 0.5, 0.75, 1]) {
      body += MV.text(X(tick), top + side + 18, MV.fmt(tick, 2), "mv-muted", "middle") + MV.text(left - 6, Y(tick) + 4, MV.fmt(tick, 2), "mv-muted", "end");
    }
    body += MV.text(left + side / 2, H - 6, "threat", "mv-muted", "middle")
      + `<g transform="translate(11 ${top + side / 2}) rotate(-90)">${MV.text(0, 0, "rivalry", "mv-muted", "middle")}</g>`
      + `<g class="mv-point" ${MV.tip(`You: threat ${MV.fmt(v.threat, 2)}, rivalry ${MV.fmt(v.rivalry, 2)}`)}><circle cx="${MV.px(point[0])}" cy="${MV.px(point[1])}" r="7"/></g>`;
    const picture = MV.svg(W, H, body);
    const floor = Math.min(0, ...values);
    const list = MV.bars({ W, unit: floor < 0 ? `payoff at your point, above ${MV.fmt(floor, 2)}` : "payoff at your point", digits: 2,
      rows: ranked.map(([k, u]) => ({ name: names[k], value: u - floor, colour: COLOUR[k], note: MV.fmt(u, 2) })) });
    const margin = ranked[0][1] - ranked[1][1];
    const second = ranked.find(([k]) => k !== order[chosen])[0];
    const tied = ranked.filter(([, u]) => ranked[0][1] - u < SAME).map(([k]) => low(names, k));
    const verdict = tied.length > 1 ? `${MV.listing(tied)} are worth the same, and nothing is worth more`
      : `the best reply is ${low(names, order[chosen])}, ${MV.fmt(margin, 2)} better than ${low(names, second)}`;
    const summary = [
      `Threat ${MV.fmt(v.threat, 2)}, rivalry ${MV.fmt(v.rivalry, 2)}: ${verdict}.`,
      `Best in part of the square: ${shapes.map(([k, q]) => `${low(names, k)} ${MV.fmt(area(q) * 100, 0)} %`).join(", ")}.`,
      why(v, names, order[chosen], second, tied.length > 1),
    ].join(" ");
    return { summary, svg: MV.stack(W, [picture, list]),
      columns: ["strategy", "payoff", "value in quiet times", "protection", "exposure", "best in % of the square"],
      rows: order.map((k, i) => { const one = terms(v)[k]; const q = region(v, order, k);
        return [names[k], values[i], one.a, one.s, one.c, q.length > 2 ? area(q) * 100 : 0]; }) };
  }
  return MV.explorer({ view, compute: { terms, payoffs, best, border, region, area } });
})();
export default alignment;
