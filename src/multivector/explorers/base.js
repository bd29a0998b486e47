// Shared by every explorer. One source for three homes: the static page (loaded as a classic
// script, because a page opened from a file may not import modules), JupyterLab and Binder
// (joined to an explorer's own file into one ESM), and node (posters and tests).
// Everything drawn is a string built by pure functions, so the poster in the page is the very
// picture the reader can then move, and nothing is drawn twice.
const MV = (() => {
  "use strict";
  const ENTITY = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
  const esc = (text) => String(text).replace(/[&<>"']/g, (c) => ENTITY[c]);
  const formats = new Map();
  /** A number for a reader: grouped, a real minus sign, "n/a" when there is none. */
  const fmt = (x, digits = 1) => {
    if (x === null || x === undefined || !Number.isFinite(x)) return "n/a";
    if (!formats.has(digits)) {
      formats.set(digits, new Intl.NumberFormat("en-GB",
        { minimumFractionDigits: digits, maximumFractionDigits: digits }));
    }
    const text = formats.get(digits).format(Math.abs(x));
    return (x < 0 && /[1-9]/.test(text) ? "\u2212" : "") + text;
  };
  const px = (x) => Math.round(x * 10) / 10;
  const clamp = (x, lo, hi) => Math.min(hi, Math.max(lo, x));
  const sum = (xs) => xs.reduce((a, b) => a + b, 0);
  const listing = (items) => (items.length < 2 ? items.join("")
    : `${items.slice(0, -1).join(", ")} and ${items[items.length - 1]}`);
  const same = (a, b) => a === b || JSON.stringify(a) === JSON.stringify(b);
  const textWidth = (text, size = 13) => String(text).length * size * 0.56;

  /** Round axis values from lo to hi, about n of them. */
  function ticks(lo, hi, n = 5) {
    if (!(hi > lo)) hi = lo + 1;
    const raw = (hi - lo) / n;
    const power = 10 ** Math.floor(Math.log10(raw));
    const step = [1, 2, 2.5, 5, 10].map((m) => m * power).find((s) => s >= raw * 0.999);
    const out = [];
    for (let i = Math.floor(lo / step + 1e-9); i * step < hi + step * 0.999; i += 1) {
      out.push(Math.round(i * step * 1e9) / 1e9);
    }
    return out;
  }
  const scale = (d0, d1, r0, r1) => (v) => r0 + ((v - d0) / ((d1 - d0) || 1)) * (r1 - r0);
  const digitsOf = (values) => Math.max(0, ...values.map((v) =>
    (String(v).split(".")[1] || "").length));

  // ---------------------------------------------------------------- drawing: strings of SVG
  const SHAPES = [
    (x, y, r) => `<circle cx="${x}" cy="${y}" r="${r}"/>`,
    (x, y, r) => `<rect x="${x - r}" y="${y - r}" width="${2 * r}" height="${2 * r}"/>`,
    (x, y, r) => `<path d="M${x} ${y - r * 1.3}L${x + r * 1.2} ${y + r}H${x - r * 1.2}Z"/>`,
    (x, y, r) => `<path d="M${x} ${y - r * 1.4}L${x + r * 1.4} ${y}L${x} ${y + r * 1.4}`
      + `L${x - r * 1.4} ${y}Z"/>`,
  ];
  const shape = (i, x, y, r = 3.5) => SHAPES[i % SHAPES.length](px(x), px(y), r);
  /** A text element. `anchor` is start, middle or end. */
  const text = (x, y, words, cls = "", anchor = "start") =>
    `<text x="${px(x)}" y="${px(y)}" class="mv-t ${cls}" text-anchor="${anchor}">${esc(words)}</text>`;
  const svg = (W, H, body) => `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${W} ${H}" `
    + `width="${W}" height="${H}" class="mv-svg" aria-hidden="true" focusable="false">${body}</svg>`;
  let still = false; // a poster needs neither values to point at nor room for a finger
  /** Attributes of a mark that tells its value when pointed at or tapped. */
  const tip = (words) => (still ? "" : `data-tip="${esc(words)}"`);
  const hit = (x, y, r = 11) => (still ? ""
    : `<circle class="mv-hit" cx="${px(x)}" cy="${px(y)}" r="${r}"/>`);

  /** Move labels apart so that none overlaps; keeps their order. */
  function spread(items, gap, lo, hi) {
    const out = items.map((it) => ({ ...it, at: clamp(it.y, lo, hi) })).sort((a, b) => a.at - b.at);
    for (let i = 1; i < out.length; i += 1) out[i].at = Math.max(out[i].at, out[i - 1].at + gap);
    for (let i = out.length - 1, limit = hi; i >= 0; i -= 1, limit -= gap) {
      out[i].at = Math.min(out[i].at, limit);
      limit = Math.min(limit, out[i].at);
    }
    return out;
  }

  /** A legend in rows above a narrow chart; returns [svg, height]. */
  function legend(entries, W) {
    let x = 0; let y = 14; let body = "";
    for (const e of entries) {
      const w = 22 + textWidth(e.name) + 12;
      if (x + w > W && x > 0) { x = 0; y += 20; }
      body += `<g class="mv-s${e.colour}">${shape(e.mark ?? e.colour, x + 8, y - 4, 4)}</g>`
        + text(x + 20, y, e.name);
      x += w;
    }
    return [body, entries.length ? y + 10 : 0];
  }

  /**
   * Lines over years. series: {name, colour (0-9), mark, points: number|null per x, thin, quiet}.
   * quiet series carry no label. marks: single points {x, y, name, label}.
   */
  function lines({ W, H, xs, series, unit, digits = 1, zero = true, marks = [], hi, lo }) {
    const labelled = series.filter((s) => !s.quiet);
    const wide = W >= 520 && labelled.length <= 14;
    const right = wide ? Math.min(190, 20 + Math.max(0, ...labelled.map((s) => textWidth(s.name)))) : 12;
    const [key, keyHeight] = wide ? ["", 0] : legend(labelled, W);
    const values = series.flatMap((s) => s.points).concat(marks.map((m) => m.y))
      .filter((v) => Number.isFinite(v));
    const ys = ticks(lo ?? Math.min(zero ? 0 : Infinity, ...values), hi ?? Math.max(zero ? 0 : -Infinity, ...values), 5);
    const d = Math.min(3, digitsOf(ys));
    const left = 12 + Math.max(...ys.map((v) => textWidth(fmt(v, d))));
    const top = keyHeight + 26; const bottom = 28;
    const X = scale(xs[0], xs[xs.length - 1], left + 8, W - right - 8);
    const Y = scale(ys[0], ys[ys.length - 1], H - bottom, top);
    let body = key + text(0, keyHeight + 13, unit, "mv-muted");
    for (const v of ys) {
      body += `<line class="mv-grid${v === 0 ? " mv-zero" : ""}" x1="${px(left)}" x2="${px(W - right)}" y1="${px(Y(v))}" y2="${px(Y(v))}"/>`
        + text(left - 6, Y(v) + 4, fmt(v, d), "mv-muted", "end");
    }
    const every = Math.max(1, Math.ceil((xs.length * 44) / (W - left - right)));
    xs.forEach((x, i) => {
      if (i % every === 0 || i === xs.length - 1) body += text(X(x), H - 8, x, "mv-muted", "middle");
    });
    for (const s of series) {
      let path = ""; let pen = false; let dots = "";
      s.points.forEach((v, i) => {
        if (!Number.isFinite(v)) { pen = false; return; }
        path += `${pen ? "L" : "M"}${px(X(xs[i]))} ${px(Y(v))}`;
        pen = true;
        dots += `<g ${tip(`${s.name}, ${xs[i]}: ${fmt(v, digits)} ${unit}`)}>`
          + `${shape(s.mark ?? s.colour, X(xs[i]), Y(v), s.thin ? 2 : 3.5)}`
          + `${hit(X(xs[i]), Y(v))}</g>`;
      });
      body += `<g class="mv-s${s.colour}${s.thin ? " mv-thin" : ""}"><path class="mv-line" d="${path}"/>${dots}</g>`;
    }
    if (wide) {
      const ends = labelled.map((s) => ({ s, y: Y([...s.points].reverse().find((v) => Number.isFinite(v)) ?? NaN) }))
        .filter((e) => Number.isFinite(e.y));
      for (const e of spread(ends, 16, top + 4, H - bottom)) {
        body += `<g class="mv-s${e.s.colour}">${shape(e.s.mark ?? e.s.colour, W - right + 6, e.at, 4)}</g>`
          + text(W - right + 16, e.at + 4, e.s.name);
      }
    }
    for (const m of marks) {
      body += `<g class="mv-s${m.colour} mv-hollow" ${tip(`${m.name}: ${fmt(m.y, digits)} ${unit}`)}>`
        + `${shape(3, X(m.x), Y(m.y), 5.5)}${hit(X(m.x), Y(m.y), 12)}</g>`
        + text(X(m.x) - 10, Y(m.y) - 8, m.label, "", X(m.x) > W / 3 ? "end" : "start");
    }
    return svg(W, H, body);
  }

  /** Horizontal bars. rows: {name, value, colour, note, ghost (a second, hollow value)}. */
  function bars({ W, rows, unit, digits = 1, hi, rowHeight = 24, top = 26, dots = false }) {
    const wide = W >= 460;
    const H = top + rows.length * (wide ? rowHeight : rowHeight + 16) + 8;
    const left = wide ? Math.min(230, 12 + Math.max(0, ...rows.map((r) => textWidth(r.name)))) : 4;
    const max = hi ?? Math.max(1e-12, ...rows.flatMap((r) => [r.value, r.ghost ?? 0]));
    const reach = Math.max(0, ...rows.map((r) => textWidth(r.note ?? fmt(r.value, digits)))) + 14;
    const X = scale(0, max, left, W - reach);
    let body = text(wide ? left : 0, 14, unit, "mv-muted");
    rows.forEach((r, i) => {
      const y = top + i * (wide ? rowHeight : rowHeight + 16) + (wide ? 0 : 16);
      body += wide ? text(left - 8, y + 14, r.name, "", "end") : text(0, y - 3, r.name);
      body += `<g class="mv-s${r.colour}" ${tip(r.tip ?? `${r.name}: ${r.note ?? fmt(r.value, digits)}`)}>`
        + (dots ? `<line class="mv-stem" x1="${px(left)}" x2="${px(X(r.value))}" y1="${px(y + 10)}" y2="${px(y + 10)}"/>${shape(r.colour, X(r.value), y + 10, 5)}`
          : `<rect class="mv-bar" x="${px(left)}" y="${px(y + 2)}" width="${px(Math.max(1, X(Math.max(0, r.value)) - left))}" height="${rowHeight - 8}"/>`)
        + (Number.isFinite(r.ghost) ? `<line class="mv-ghost" x1="${px(X(r.ghost))}" x2="${px(X(r.ghost))}" y1="${px(y - 1)}" y2="${px(y + rowHeight - 3)}"/>` : "")
        + `</g>${text(X(Math.max(0, r.value)) + (dots ? 11 : 6), y + 14, r.note ?? fmt(r.value, digits))}`;
    });
    return svg(W, H, body);
  }

  /** Several pictures under each other as one; parts are strings from svg(). */
  function stack(W, parts, gap = 14) {
    let y = 0; let body = "";
    for (const part of parts) {
      body += part.replace(/ xmlns="[^"]*"/, "").replace('class="mv-svg"', `y="${y}"`);
      y += Number(/height="(\d+(?:\.\d+)?)"/.exec(part)[1]) + gap;
    }
    return svg(W, Math.round(y - gap), body);
  }

  // ---------------------------------------------------------------- controls as HTML strings
  const hidden = (c, v) => (c.when && !Object.entries(c.when).every(([k, ok]) => ok.includes(v[k]))
    ? " hidden" : "");
  function optionHtml(c, v, uid, [value, label], type) {
    const on = type === "radio" ? v[c.key] === value : v[c.key].includes(value);
    return `<label class="mv-opt"><input type="${type}" name="${esc(uid)}-${esc(c.key)}" `
      + `value="${esc(value)}"${on ? " checked" : ""}> <span>${esc(label)}</span></label>`;
  }
  const CONTROLS = {
    choice: (c, v, uid) => `<fieldset class="mv-control" data-control="${esc(c.key)}"${hidden(c, v)}>`
      + `<legend>${esc(c.label)}</legend><div class="mv-opts">`
      + `${c.options.map((o) => optionHtml(c, v, uid, o, "radio")).join("")}</div></fieldset>`,
    many: (c, v, uid, words, asleep) => {
      const lead = c.options.slice(0, c.lead ?? c.options.length);
      const rest = c.options.slice(lead.length);
      // A browser looks into every choice of a page, folded or not: those of a template it lets sleep.
      const [open, close] = asleep ? ["<template>", "</template>"] : ["", ""];
      return `<fieldset class="mv-control mv-many" data-control="${esc(c.key)}"${hidden(c, v)}>`
        + `<legend>${esc(c.label)}</legend>`
        + `<div class="mv-opts">${lead.map((o) => optionHtml(c, v, uid, o, "checkbox")).join("")}</div>`
        + (rest.length ? `<details class="mv-more"><summary>${esc(c.more)}</summary>${open}`
          + `<label class="mv-find">${esc(words.find)} <input type="search" autocomplete="off"></label>`
          + `<div class="mv-opts mv-scroll" tabindex="0" role="group" aria-label="${esc(c.more)}">${rest.map((o) => optionHtml(c, v, uid, o, "checkbox")).join("")}</div>`
          + `${close}</details>` : "") + "</fieldset>";
    },
    flag: (c, v) => `<div class="mv-control" data-control="${esc(c.key)}"${hidden(c, v)}><label class="mv-opt">`
      + `<input type="checkbox"${v[c.key] ? " checked" : ""}> <span>${esc(c.label)}</span></label></div>`,
    select: (c, v) => `<div class="mv-control" data-control="${esc(c.key)}"${hidden(c, v)}><label>`
      + `<span class="mv-label">${esc(c.label)}</span> <select>${c.options.map(([value, label]) =>
        `<option value="${esc(value)}"${v[c.key] === value ? " selected" : ""}>${esc(label)}</option>`).join("")}`
      + "</select></label></div>",
    slider: (c, v, uid, words) => `<div class="mv-control mv-slide${c.steps ? " mv-stepped" : ""}" data-control="${esc(c.key)}"${hidden(c, v)}><label>`
      + `<span class="mv-label">${esc(c.label)}</span> <input type="range" min="${c.min}" max="${c.max}" step="${c.step}" `
      + `value="${v[c.key]}" aria-valuetext="${esc(sliderText(c, v[c.key]))}"></label> <output>${esc(sliderText(c, v[c.key]))}</output>${c.steps
        ? `<span class="mv-steps"><button type="button" class="mv-button" data-step="-1">${esc(words.previous)}</button> `
          + `<button type="button" class="mv-button" data-step="1">${esc(words.next)}</button></span>` : ""}</div>`,
    text: (c, v) => `<div class="mv-control mv-texted" data-control="${esc(c.key)}"${hidden(c, v)}><label>`
      + `<span class="mv-label">${esc(c.label)}</span> <input type="text" maxlength="${c.max}" autocomplete="off" `
      + `spellcheck="false" value="${esc(v[c.key])}"></label></div>`,
    grid: (c, v) => `<fieldset class="mv-control mv-gridded" data-control="${esc(c.key)}"${hidden(c, v)}>`
      + `<legend>${esc(c.label)}</legend>${c.rows.map((r, i) => `<details class="mv-row"${i === 0 ? " open" : ""}><summary>${esc(r.label)}</summary>`
        + (r.text ? `<p class="mv-small">${esc(r.text)}</p>` : "")
        + c.columns.map(([col, label]) => `<label class="mv-cell"><span>${esc(label)}</span> <input type="range" `
          + `min="${c.min}" max="${c.max}" step="${c.step}" data-cell="${esc(`${r.key}.${col}`)}" value="${v[c.key][`${r.key}.${col}`]}" `
          + `aria-valuetext="${esc(sliderText(c, v[c.key][`${r.key}.${col}`]))}"> <output>${esc(sliderText(c, v[c.key][`${r.key}.${col}`]))}</output></label>`).join("")
        + "</details>").join("")}</fieldset>`,
  };
  /** All controls; those that share a `fold` stand together in one folded group. */
  function controlsHtml(spec, v, uid, asleep) {
    let out = ""; let fold = null;
    for (const c of spec.controls) {
      if ((c.fold ?? null) !== fold) {
        if (fold !== null) out += "</div></details>";
        fold = c.fold ?? null;
        if (fold !== null) out += `<details class="mv-fold"><summary>${esc(fold)}</summary><div class="mv-folded">`;
      }
      out += CONTROLS[c.type](c, v, uid, spec.words, asleep);
    }
    return out + (fold === null ? "" : "</div></details>");
  }
  function sliderText(c, value) {
    if (c.names) return String(c.names[value - c.min] ?? value);
    return `${fmt(value, c.digits ?? digitsOf([c.step]))}${c.unit ? ` ${c.unit}` : ""}`;
  }

  /** What a control may hold; anything else is refused. Returns [value, understood]. */
  function clean(c, value, fallback) {
    const known = (x) => c.options.some(([o]) => o === x);
    if (c.type === "choice" || c.type === "select") return known(value) ? [value, true] : [fallback, false];
    if (c.type === "many") {
      if (!Array.isArray(value)) return [fallback, false];
      const kept = [...new Set(value)].filter(known);
      if (!kept.length && value.length) return [fallback, false]; // nothing of it is known
      return [kept, kept.length === value.length];
    }
    if (c.type === "flag") return typeof value === "boolean" ? [value, true] : [fallback, false];
    if (c.type === "slider") {
      return Number.isFinite(value) && value >= c.min && value <= c.max ? [value, true] : [fallback, false];
    }
    if (c.type === "text") return typeof value === "string" && value.length <= c.max ? [value, true] : [fallback, false];
    const out = { ...fallback }; let fine = value !== null && typeof value === "object";
    for (const [k, x] of Object.entries(fine ? value : {})) {
      if (k in out && Number.isFinite(x) && x >= c.min && x <= c.max) out[k] = x; else fine = false;
    }
    return [out, fine];
  }

  // ---------------------------------------------------------------- a view kept in the address
  const gridDiff = (now, then) => Object.keys(now).filter((k) => now[k] !== then[k]);
  const Address = {
    toText(c, value, fallback) {
      if (c.type === "many") return value.join(",");
      if (c.type === "flag") return value ? "1" : "0";
      if (c.type === "grid") return gridDiff(value, fallback).map((k) => `${k}:${value[k]}`).join(",");
      return String(value);
    },
    fromText(c, words, fallback) {
      if (c.type === "many") return words === "" ? [] : words.split(",");
      if (c.type === "flag") return words === "1" ? true : words === "0" ? false : null;
      if (c.type === "slider") return words.trim() === "" ? null : Number(words);
      if (c.type === "grid") {
        return { ...fallback, ...Object.fromEntries(words.split(",").filter(Boolean).map((w) => {
          const [k, x] = w.split(":");
          return [k, x === undefined || x === "" ? NaN : Number(x)];
        })) };
      }
      return words;
    },
    /** The part of a fragment that belongs to `key`, or null if it names no view at all. */
    read(hash, key) {
      const out = {}; let mine = false; let broken = false;
      for (const piece of hash.replace(/^#/, "").split("&")) {
        const at = piece.indexOf("=");
        if (at < 0 || !piece.startsWith(`${key}.`)) continue;
        mine = true;
        try { out[piece.slice(key.length + 1, at)] = decodeURIComponent(piece.slice(at + 1)); } catch { broken = true; }
      }
      return { mine, broken, params: out };
    },
  };
  const page = { members: [], timer: null, view: "" };
  function fragment() {
    const parts = page.members.flatMap((m) => m.params());
    return parts.length ? `#${parts.join("&")}` : "";
  }
  function writeAddress() {
    clearTimeout(page.timer);
    // One entry in the history for a gesture, not one for each pixel of it; browsers also refuse
    // more than about a hundred entries in half a minute.
    page.timer = setTimeout(() => {
      const wanted = fragment();
      if (wanted === location.hash || (!wanted && !location.hash.includes("="))) return;
      try {
        // Each entry keeps its view: the address of a section names none, yet Back leads to one.
        history.replaceState({ ...history.state, mv: page.view }, "");
        history.pushState({ mv: wanted }, "", wanted || location.pathname + location.search);
        page.view = wanted;
      } catch { /* a browser that refuses keeps the view, only the address stays behind */ }
    }, 250);
  }
  function readAddress(kept) {
    clearTimeout(page.timer);
    const view = kept ?? location.hash;
    if (view && !view.includes("=")) return; // an ordinary anchor of the page
    page.view = view;
    for (const m of page.members) m.apply(view);
  }

  // ---------------------------------------------------------------- one explorer
  const H = 340;
  const POSTER = [654, 340]; // the widths of a page's column on a desk and on a phone
  function valuesOf(spec, model) {
    const v = {}; let fine = true;
    for (const c of spec.controls) {
      const [value, ok] = clean(c, model.get(c.key), spec.defaults[c.key]);
      v[c.key] = value; fine = fine && ok;
    }
    return [v, fine];
  }
  function viewOf(def, spec, data, v, W) {
    try {
      const out = def.view({ data, v, W, H, spec });
      return { columns: [], rows: [], ...out, state: out.message ? "empty" : "ok" };
    } catch (error) {
      return { message: spec.words.failed, summary: spec.words.failed, columns: [], rows: [], state: "error", error };
    }
  }
  const chartHtml = (out) => (out.message ? `<p class="mv-message">${esc(out.message)}</p>` : out.svg);
  /** A link to a statement {id, page} where the pages of the book are at hand, else its words. */
  const statement = ({ id, page }, root, words = id) => (root === undefined ? esc(words)
    : `<a href="${esc(`${root}${page}.html#s-${id}`)}">${esc(words)}</a>`);
  const cell = (x, root) => (typeof x === "number" ? esc(String(Math.round(x * 1e6) / 1e6))
    : x?.id ? statement(x, root) : esc(x ?? ""));
  /** The words of the source that a view rests on, with a translation and the way to the statement. */
  function saidHtml({ said }, words, root) {
    if (!said) return "";
    const foreign = said.language && said.language !== "en";
    return (said.quote ? `${esc(words.said)}: <q${foreign ? ` lang="${esc(said.language)}"` : ""}>${esc(said.quote)}</q> ` : "")
      + (foreign && said.english ? `${esc(words.english)}: <q>${esc(said.english)}</q> ` : "")
      + (root === undefined ? "" : statement(said, root, words.statement));
  }
  const tableHtml = (out, root) => (out.rows.length ? `<table><thead><tr>${out.columns.map((c) => `<th scope="col">${esc(c)}</th>`).join("")}</tr></thead>`
    + `<tbody>${out.rows.map((r) => `<tr>${r.map((x) => `<td>${cell(x, root)}</td>`).join("")}</tr>`).join("")}</tbody></table>`
    : "");

  /** The whole explorer as HTML: what the page ships, and what a kernel's output starts from. */
  function html(def, spec, data, v, { uid, locked, home, root, chartFirst }) {
    still = true;
    const out = viewOf(def, spec, data, v, POSTER[0]);
    const narrow = viewOf(def, spec, data, v, POSTER[1]);
    still = false;
    const chart = out.message ? chartHtml(out)
      : `<div class="mv-wide">${out.svg}</div><div class="mv-narrow">${narrow.svg}</div>`;
    const lock = locked ? " disabled" : "";
    const button = (act, words) => `<button type="button" class="mv-button" data-act="${act}">${esc(words)}</button>`;
    const parts = [
      `<form class="mv-form" autocomplete="off"><fieldset class="mv-lock"${lock}><legend class="mv-hide">${esc(spec.words.controls)}</legend>`
      + `${controlsHtml(spec, v, uid, locked)}</fieldset></form>`,
      `<div class="mv-chart" role="img" aria-label="${esc(out.summary)}" data-state="${out.state}">${chart}</div>`,
    ];
    return `<p class="mv-title">${esc(spec.title)}</p>${(chartFirst ? parts.reverse() : parts).join("")}`
      + `<p class="mv-readout" aria-hidden="true">&#160;</p>`
      + `<p class="mv-notice" role="status"></p>`
      + `<p class="mv-summary">${esc(out.summary)}</p><p class="mv-spoken mv-hide" aria-live="polite"></p>`
      + `<p class="mv-said-there">${saidHtml(out, spec.words, root)}</p>`
      + `<p class="mv-cannot"><strong>${esc(spec.words.cannot)}</strong> ${esc(spec.cannot)}</p>`
      + `<div class="mv-actions"><fieldset class="mv-lock"${lock}><legend class="mv-hide">${esc(spec.words.actions)}</legend>`
      + button("reset", spec.words.reset) + (home === "page" ? button("link", spec.words.link) : "")
      + button("csv", spec.words.csv) + button("svg", spec.words.svg) + "</fieldset></div>"
      + `<details class="mv-table"><summary>${esc(spec.words.table)}</summary><div class="mv-tablebox" tabindex="0" role="region" aria-label="${esc(spec.words.table)}">${tableHtml(out, root)}</div></details>`
      + `<p class="mv-source">${esc(spec.source)}</p>`;
  }

  function csv(out) {
    const quote = (x) => {
      const words = x === null || x === undefined ? "" : String(x.id ?? x);
      return /[",\n]/.test(words) ? `"${words.replace(/"/g, '""')}"` : words;
    };
    return [out.columns, ...out.rows].map((r) => r.map(quote).join(",")).join("\n") + "\n";
  }
  function save(name, type, content) {
    const url = URL.createObjectURL(new Blob([content], { type }));
    const a = Object.assign(document.createElement("a"), { href: url, download: name });
    document.body.append(a);
    a.click();
    a.remove();
    setTimeout(() => URL.revokeObjectURL(url), 10000);
  }
  /** A picture that stands alone: the colours it has on the page travel with it. */
  function standalone(el, summary) {
    const drawn = el.querySelector(".mv-chart svg");
    if (!drawn) return null;
    const copy = drawn.cloneNode(true);
    const from = drawn.querySelectorAll("*"); const to = copy.querySelectorAll("*");
    from.forEach((node, i) => {
      const style = getComputedStyle(node);
      for (const p of ["fill", "stroke", "stroke-width", "stroke-dasharray", "stroke-linejoin", "paint-order", "opacity", "font-size", "font-weight"]) {
        to[i].style.setProperty(p, style.getPropertyValue(p));
      }
      if (node.tagName === "text") to[i].style.setProperty("font-family", "sans-serif");
    });
    copy.style.background = getComputedStyle(el).getPropertyValue("--mv-paper-now") || "#fff";
    const desc = document.createElementNS("http://www.w3.org/2000/svg", "desc");
    desc.textContent = summary;
    copy.prepend(desc);
    copy.removeAttribute("aria-hidden");
    return new XMLSerializer().serializeToString(copy);
  }

  /** Put the values into the form without rebuilding it: focus stays where it is. */
  function fill(el, spec, v) {
    for (const c of spec.controls) {
      const box = el.querySelector(`[data-control="${c.key}"]`);
      box.hidden = Boolean(hidden(c, v));
      if (c.type === "choice" || c.type === "many") {
        for (const input of box.querySelectorAll("input[name]")) {
          input.checked = c.type === "choice" ? input.value === v[c.key] : v[c.key].includes(input.value);
        }
      } else if (c.type === "text") {
        const field = box.querySelector("input");
        if (field.value !== v[c.key]) field.value = v[c.key];
      } else if (c.type === "flag") box.querySelector("input").checked = v[c.key];
      else if (c.type === "select") box.querySelector("select").value = v[c.key];
      else {
        for (const input of box.querySelectorAll("input[type=range]")) {
          const value = c.type === "grid" ? v[c.key][input.dataset.cell] : v[c.key];
          if (Number(input.value) !== value) input.value = value;
          const words = sliderText(c, value);
          input.setAttribute("aria-valuetext", words);
          (c.type === "grid" ? input.parentElement : box).querySelector("output").textContent = words;
        }
      }
    }
  }
  /** The value a control now holds, from the form. */
  function read(box, c, v) {
    if (c.type === "choice") return box.querySelector("input:checked")?.value ?? v[c.key];
    if (c.type === "many") {
      const on = [...box.querySelectorAll("input[name]:checked")].map((i) => i.value);
      // The order of choice is kept, so that colours stay with their partners.
      return [...v[c.key].filter((x) => on.includes(x)), ...on.filter((x) => !v[c.key].includes(x))];
    }
    if (c.type === "flag") return box.querySelector("input").checked;
    if (c.type === "select") return box.querySelector("select").value;
    if (c.type === "text") return box.querySelector("input").value.slice(0, c.max);
    if (c.type === "slider") return Number(box.querySelector("input").value);
    return Object.fromEntries([...box.querySelectorAll("input[data-cell]")].map((i) => [i.dataset.cell, Number(i.value)]));
  }

  function attach(def, { model, el, home, key, root }) {
    const spec = model.get("spec"); const data = model.get("data");
    const $ = (selector) => el.querySelector(selector);
    const chart = $(".mv-chart"); const notice = $(".mv-notice");
    let [v, fine] = valuesOf(spec, model);
    let out; let mine = false; let queued = false; let width = 0;
    let sent = 0; let saving = null; let speaking = null;
    const end = new AbortController();  // what listens for this view stops with it
    const viewId = `${Date.now().toString(36)}-${Math.random().toString(36).slice(2)}`;
    const tableBox = $(".mv-tablebox"); const details = $(".mv-table"); const there = $(".mv-said-there");

    function draw() {
      width = Math.max(280, Math.round(chart.clientWidth || 720));
      out = viewOf(def, spec, data, v, width);
      chart.innerHTML = chartHtml(out);
      chart.dataset.state = out.state;
      chart.setAttribute("aria-label", out.summary);
      $(".mv-readout").textContent = "\u00a0";
      const summary = $(".mv-summary");
      if (summary.textContent !== out.summary) { summary.textContent = out.summary; speak(); }
      there.innerHTML = saidHtml(out, spec.words, root);
      if (details.open) tableBox.innerHTML = tableHtml(out, root);
      for (const b of el.querySelectorAll('[data-act="csv"],[data-act="svg"]')) b.disabled = Boolean(out.message);
    }
    /** Say the new summary once the reader pauses, not at every pixel of a slider. */
    function speak() {
      clearTimeout(speaking);
      speaking = setTimeout(() => {
        $(".mv-spoken").textContent = out.summary;
        // It stands above already: who reads on must not meet it twice.
        speaking = setTimeout(() => { $(".mv-spoken").textContent = ""; }, 5000);
      }, 500);
    }
    function refresh(words = "") {
      [v, fine] = valuesOf(spec, model);
      fill(el, spec, v);
      draw();
      notice.textContent = words || (fine ? "" : spec.words.partly);
    }
    function put(changes) {
      mine = true;
      const moved = Object.entries(changes).filter(([k, value]) => !same(model.get(k), value));
      for (const [k, value] of moved) model.set(k, value);
      // The widget protocol merges quick changes into the last one; a message of its own does not.
      // They are numbered, because JupyterLab hands them to two threads of the kernel at first.
      if (moved.length) {
        sent += 1;
        model.send({ change: Object.fromEntries(moved), view: viewId, number: sent });
      }
      // The state itself, for other views of this explorer, once the reader pauses.
      clearTimeout(saving);
      saving = setTimeout(() => model.save_changes(), 200);
      mine = false;
      refresh();
      if (home === "page") writeAddress();
    }
    const onModel = () => {
      if (mine || queued) return;
      queued = true;
      queueMicrotask(() => { queued = false; refresh(); });
    };
    for (const c of spec.controls) model.on(`change:${c.key}`, onModel);

    const onInput = (event) => {
      const target = event.target;
      if (target.type === "search") {
        const wanted = target.value.trim().toLowerCase();
        for (const label of target.closest("details").querySelectorAll(".mv-opt")) {
          label.hidden = wanted !== "" && !label.textContent.toLowerCase().includes(wanted);
        }
        return;
      }
      const box = target.closest("[data-control]");
      if (!box) return;
      const c = spec.controls.find((x) => x.key === box.dataset.control);
      put({ [c.key]: read(box, c, v) });
    };
    const say = (words) => { notice.textContent = words; };
    const link = () => location.href.replace(/#.*$/, "") + fragment();
    const onClick = (event) => {
      const step = event.target.closest("[data-step]");
      if (step) {
        const c = spec.controls.find((x) => x.key === step.closest("[data-control]").dataset.control);
        put({ [c.key]: clamp(v[c.key] + Number(step.dataset.step) * c.step, c.min, c.max) });
        return;
      }
      const act = event.target.closest("[data-act]")?.dataset.act;
      if (!act) return;
      const file = `multi-vector-${spec.name}`;
      if (act === "reset") { put(structuredClone(spec.defaults)); say(spec.words.wasReset); }
      if (act === "csv") { save(`${file}.csv`, "text/csv;charset=utf-8", csv(out)); say(spec.words.saved); }
      if (act === "svg") {
        const picture = standalone(el, out.summary);
        if (picture) { save(`${file}.svg`, "image/svg+xml", picture); say(spec.words.saved); }
      }
      if (act === "link") {
        const show = () => {
          notice.textContent = `${spec.words.linkHere} `;
          const field = Object.assign(document.createElement("input"), { readOnly: true, value: link(), className: "mv-linkfield" });
          field.setAttribute("aria-label", spec.words.linkHere);
          notice.append(field);
          field.select();
        };
        if (navigator.clipboard) navigator.clipboard.writeText(link()).then(() => say(spec.words.copied), show);
        else show();
      }
    };
    const onPoint = (event) => {
      const words = event.target.closest("[data-tip]")?.dataset.tip;
      if (words) $(".mv-readout").textContent = words;
    };
    const onSubmit = (event) => event.preventDefault();
    const onToggle = () => { if (details.open) tableBox.innerHTML = tableHtml(out, root); };
    const listen = (node, name, act) => node.addEventListener(name, act, { signal: end.signal });
    listen(el, "input", onInput);
    listen(el, "click", onClick);
    listen(el, "submit", onSubmit);
    listen(chart, "pointerover", onPoint);
    listen(chart, "pointerdown", onPoint);
    listen(details, "toggle", onToggle);
    const watcher = new ResizeObserver(() => {
      if (Math.abs(Math.round(chart.clientWidth) - width) > 1 && chart.clientWidth) draw();
    });
    watcher.observe(chart);
    for (const t of el.querySelectorAll(".mv-form template")) t.replaceWith(t.content);
    for (const f of el.querySelectorAll(".mv-lock")) f.disabled = false;

    if (home === "page") {
      page.members.push({
        params: () => spec.controls.filter((c) => !same(v[c.key], spec.defaults[c.key])).map((c) =>
          `${key}.${c.key}=${encodeURIComponent(Address.toText(c, v[c.key], spec.defaults[c.key])).replace(/%2C/g, ",").replace(/%3A/g, ":")}`),
        apply(hash) {
          const { mine: here, broken, params } = Address.read(hash, key);
          let understood = !broken && Object.keys(params).every((k) => spec.controls.some((c) => c.key === k));
          const next = {};
          for (const c of spec.controls) {
            const fallback = spec.defaults[c.key];
            let ok = true;
            next[c.key] = fallback;
            if (Object.hasOwn(params, c.key)) {
              [next[c.key], ok] = clean(c, Address.fromText(c, params[c.key], fallback), fallback);
            }
            understood = understood && ok;
          }
          mine = true;
          for (const [k, value] of Object.entries(next)) model.set(k, value);
          mine = false;
          refresh(here && !understood ? spec.words.partly : "");
          return here;
        },
      });
      const me = page.members[page.members.length - 1];
      if (Address.read(location.hash, key).mine) {
        me.apply(location.hash);
        requestAnimationFrame(() => el.scrollIntoView({ block: "start" }));
      } else refresh();
    } else refresh();
    return () => {
      end.abort();
      watcher.disconnect();
      clearTimeout(speaking);
      clearTimeout(saving);
      // What the reader chose last is kept though the view goes.
      if (sent) model.save_changes();
      for (const c of spec.controls) model.off(`change:${c.key}`, onModel);
    };
  }

  /** The page's stand-in for a kernel's model: the same few methods, nothing behind them. */
  function pageModel(state) {
    const listeners = {};
    return {
      get: (k) => state[k],
      set(k, value) {
        state[k] = value;
        for (const f of listeners[`change:${k}`] ?? []) f();
      },
      on: (name, f) => (listeners[name] ??= new Set()).add(f),
      off: (name, f) => listeners[name]?.delete(f),
      save_changes() {},
      send() {},
    };
  }

  let count = 0;
  function explorer(def) {
    return {
      ...def,
      initialize() {},
      render({ model, el }) {
        const spec = model.get("spec"); const [v] = valuesOf(spec, model);
        count += 1;
        const box = document.createElement("section");
        box.className = "mv-explorer";
        box.dataset.explorer = spec.name;
        box.setAttribute("aria-label", spec.title);
        box.innerHTML = html(def, spec, model.get("data"), v, { uid: `mv${count}`, home: "kernel" });
        // JupyterLab must not act on keys typed here; it asks the element that has the focus first.
        for (const one of box.querySelectorAll("button, input, select, summary, [tabindex]")) one.dataset.lmSuppressShortcuts = "true";
        el.replaceChildren(box);
        return attach(def, { model, el: box, home: "kernel" });
      },
      /** For the build and the tests: the page's HTML from a plain state. */
      html(state, options) {
        const [v] = valuesOf(state.spec, { get: (k) => state[k] });
        return html(def, state.spec, state.data, v, options);
      },
      /** For tests: what the explorer shows in a state, without any page. */
      show(state, W = 720) {
        const [v] = valuesOf(state.spec, { get: (k) => state[k] });
        return viewOf(def, state.spec, state.data, v, W);
      },
    };
  }

  /**
   * In a page, an explorer sleeps as its poster until the reader comes within a screen of it: a
   * phone should not work for what may never be seen. A key may move the focus anywhere, and an
   * address may name any explorer: both wake all, before the browser looks where to go.
   */
  const asleep = new Map(); let near = null;
  function wake(el) {
    const rise = asleep.get(el);
    if (!rise) return;
    asleep.delete(el);
    near.unobserve(el);
    rise();
  }
  const wakeAll = () => [...asleep.keys()].forEach(wake);
  /** For a page alone: a kernel's notebook gets this module anew with every cell that runs. */
  function watch() {
    near = new IntersectionObserver((entries) => {
      for (const entry of entries) if (entry.isIntersecting) wake(entry.target);
    }, { rootMargin: "100% 0px" });
    for (const moved of ["keydown", "focusin"]) window.addEventListener(moved, wakeAll, true);
    page.view = location.hash.includes("=") ? location.hash : "";
    window.addEventListener("popstate", (event) => {
      wakeAll();
      if (page.members.length) readAddress(event.state?.mv);
    });
  }

  /** Bring to life every place in this page where the explorer `name` was printed. */
  function mount(name, made) {
    if (!near) watch();
    const start = () => {
      for (const el of document.querySelectorAll(`section.mv-explorer[data-explorer="${name}"]`)) {
        const holder = el.querySelector("script.mv-state");
        if (el.dataset.live || asleep.has(el) || !holder) continue;
        asleep.set(el, () => {
          el.dataset.live = "yes";
          const model = pageModel(JSON.parse(holder.textContent));
          attach(made, { model, el, home: "page", key: el.dataset.key, root: el.dataset.root });
        });
        const keyed = document.documentElement.dataset.keys; // page.js: before this script was there
        if (keyed || Address.read(location.hash, el.dataset.key).mine) wake(el);
        else near.observe(el);
      }
    };
    if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
    else start();
  }
  return { esc, fmt, px, clamp, sum, listing, ticks, scale, shape, text, svg, tip, hit, spread, legend, lines, bars, stack,
    textWidth, explorer, mount, Address, clean };
})();
