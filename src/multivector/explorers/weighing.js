// Belief in rival theories. The rule is multivector.theory.bayes_update.
const weighing = (() => {
  const COLOUR = { multivector: 0, hedge: 4, balance: 2, bandwagon: 1 };

  /** prior: probabilities; rows: likelihoods by piece. Returns beliefs, prior first; ends with null
      at the piece that nothing survives. */
  function bayes(prior, rows) {
    const out = [prior];
    for (const row of rows) {
      const joint = out[out.length - 1].map((p, i) => p * row[i]);
      const total = MV.sum(joint);
      if (!(total > 0)) { out.push(null); break; }
      out.push(joint.map((x) => x / total));
    }
    return out;
  }
  /** Beliefs for a set of values; null where the priors sum to nothing. */
  function beliefs(data, { prior, likelihood, step }) {
    const weights = data.theories.map(([k]) => prior[`prior.${k}`]);
    const total = MV.sum(weights);
    if (!(total > 0)) return null;
    return bayes(weights.map((w) => w / total), data.evidence.slice(0, step).map((e) =>
      data.theories.map(([k]) => likelihood[`${e}.${k}`])));
  }
  /** What a classmate's link says; null if it names no view of this explorer. */
  function theirs(link, spec) {
    const at = link.indexOf("#");
    if (at < 0) return null;
    const { mine, broken, params } = MV.Address.read(link.slice(at), spec.name);
    if (!mine || broken) return null;
    const out = {};
    for (const c of spec.controls) {
      const fallback = spec.defaults[c.key];
      out[c.key] = Object.hasOwn(params, c.key) ? MV.clean(c, MV.Address.fromText(c, params[c.key], fallback), fallback)[0] : fallback;
    }
    return out;
  }

  function view({ data, v, W, spec }) {
    const names = data.theories.map(([, name]) => name);
    const all = beliefs(data, v);
    if (all === null) {
      const message = "Every theory starts with nothing. Give at least one of them a chance.";
      return { message, summary: message };
    }
    if (all.includes(null)) {
      const message = `Piece ${all.length - 1} is impossible under every theory still held: a theory is missing, or a likelihood of 0 was too bold.`;
      return { message, summary: message };
    }
    const steps = all.map((_, i) => (i === 0 ? "prior" : i));
    const now = all[all.length - 1];
    const link = v.other.trim();
    const them = link ? theirs(link, spec) : null;
    const their = them ? beliefs(data, { ...them, step: v.step }) : null;
    const compared = their && !their.includes(null) ? their[their.length - 1] : null;
    const top = all.length > 1 ? MV.lines({
      W, H: 260, xs: all.map((_, i) => i), unit: "% belief, after each piece", digits: 0, hi: 100, lo: 0,
      series: names.map((name, i) => ({ name, mark: i, colour: COLOUR[data.theories[i][0]], points: all.map((b) => b[i] * 100) })),
    }) : null;
    const order = now.map((_, i) => i).sort((a, b) => now[b] - now[a]);
    const bottom = MV.bars({
      W, hi: 100, unit: compared ? "% belief in the end; the line is your classmate's" : "% belief in the end", digits: 1,
      rows: order.map((i) => ({ name: names[i], value: now[i] * 100, colour: COLOUR[data.theories[i][0]],
        ghost: compared ? compared[i] * 100 : undefined,
        note: `${MV.fmt(now[i] * 100)} %${compared ? ` (classmate ${MV.fmt(compared[i] * 100)} %)` : ""}` })),
    });
    const silent = data.evidence.slice(0, v.step).every((e) =>
      new Set(data.theories.map(([k]) => v.likelihood[`${e}.${k}`])).size === 1);
    // The piece that speaks loudest between the two theories that lead.
    const [a, b] = order;
    let loud = null;
    for (let i = 1; i < all.length; i += 1) {
      const e = data.evidence[i - 1];
      const ratio = v.likelihood[`${e}.${data.theories[a][0]}`] / v.likelihood[`${e}.${data.theories[b][0]}`];
      const size = Math.abs(Math.log(ratio));
      if (!loud || size > loud.size) loud = { size, i, ratio };
    }
    let apart = "";
    if (link && !compared) apart = "The classmate's link names no view of this explorer that can be compared.";
    if (compared) {
      const differ = data.evidence.slice(0, v.step).map((e, i) => [i + 1, MV.sum(data.theories.map(([k]) =>
        Math.abs(v.likelihood[`${e}.${k}`] - them.likelihood[`${e}.${k}`])))]).sort((x, y) => y[1] - x[1])[0];
      apart = !differ ? "No piece is counted, so no likelihoods are compared."
        : differ[1] > 0 ? `You and your classmate differ most on piece ${differ[0]}.` : "You and your classmate gave the same likelihoods.";
    }
    const summary = [
      v.step === 0 ? "No evidence counted yet." : silent ? "Each piece is as probable under one theory as under another: nothing is learned yet. Move a likelihood." : "",
      `After ${v.step} ${v.step === 1 ? "piece" : "pieces"}: ${MV.listing(order.map((i) => `${names[i].toLowerCase()} ${MV.fmt(now[i] * 100)} %`))}.`,
      !silent && loud && loud.size > 0 ? `Between the first two piece ${loud.i} speaks loudest${Number.isFinite(loud.ratio) && loud.ratio > 0 ? `: ${MV.fmt(Math.max(loud.ratio, 1 / loud.ratio))} to 1 for ${names[loud.ratio > 1 ? a : b].toLowerCase()}` : ""}.` : "",
      apart,
    ].filter(Boolean).join(" ");
    return { summary, svg: top ? MV.stack(W, [top, bottom]) : bottom,
      columns: ["after", ...names.map((n) => `${n}, %`)],
      rows: all.map((row, i) => [steps[i], ...row.map((x) => x * 100)]) };
  }
  return MV.explorer({ view, compute: { bayes, beliefs, theirs } });
})();
export default weighing;
