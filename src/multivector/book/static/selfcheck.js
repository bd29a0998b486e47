// Self-checks: compares an answer with the folded one and says why it is right or not.
// A classic script: pages also open as files. Results stay in the reader's own browser.
(function () {
  "use strict";
  const KEY = "mv-selfcheck";

  let unkept = null; // what a browser refused to keep: known until the page closes

  /** What the reader has answered: {name: "right" | "wrong"}; {} where nothing sensible is kept. */
  function remembered() {
    if (unkept) return unkept;
    try {
      const kept = JSON.parse(localStorage.getItem(KEY));
      return Object.prototype.toString.call(kept) === "[object Object]" ? kept : {};
    } catch (error) { return {}; }
  }

  function remember(name, right) {
    const all = remembered();
    // A right answer stays right: trying the others afterwards is how one learns.
    all[name] = right || all[name] === "right" ? "right" : "wrong";
    try { localStorage.setItem(KEY, JSON.stringify(all)); unkept = null; } catch (error) { unkept = all; }
  }

  /** Read a number as people write it: 0.27, 0,27, 1,200, 27 %, −3, 1/4, ¼. NaN where it is none. */
  function numberOf(text) {
    const typed = /^[\u00bc-\u00be\u2150-\u215e]$/.test(text) ? text.normalize("NFKC") : text;
    const parts = /^(\d+)\s*[/\u2044]\s*0*([1-9]\d*)$/.exec(typed);
    if (parts) return parts[1] / parts[2];
    let plain = text.replace(/[\s\u00a0\u202f$€₸]/g, "").replace(/\u2212/g, "-").replace(/%$/, "");
    if (/^[-+]?[1-9]\d{0,2}(,\d{3})+(\.\d+)?$/.test(plain)) plain = plain.replace(/,/g, "");
    else plain = plain.replace(",", ".");
    return /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(plain) ? Number(plain) : NaN;
  }

  function within(value, item) {
    const wanted = Number(item.dataset.value);
    // A hair of slack: 0.3 must be within 0.1 of 0.2.
    return Math.abs(value - wanted) <= Number(item.dataset.tolerance) + 1e-9 * Math.max(1, Math.abs(wanted));
  }

  /** Return {right, parts}: parts are [word, node to copy] pairs; right is null for no answer. */
  function judge(form) {
    const items = Array.from(form.querySelectorAll("[data-answer]"));
    const why = function (item) { return item.querySelector(".mv-check-why"); };
    const otherwise = form.querySelector(".mv-check-otherwise > span");
    const kind = form.dataset.kind;
    if (kind === "numeric") {
      const text = form.querySelector("input").value.trim().replace(/per ?cent$/i, "%");
      const value = numberOf(text);
      if (Number.isNaN(value)) return { right: null, say: text ? "That is not a number." : "Type a number first." };
      // With a per cent sign 27 % is also the share 0.27.
      const values = text.endsWith("%") ? [value, value / 100] : [value];
      const hit = function (item) { return values.some(function (v) { return within(v, item); }); };
      const right = items.find(function (item) { return item.dataset.right === "1" && hit(item); });
      const wrong = items.find(function (item) { return item.dataset.right === "0" && hit(item); });
      return { right: Boolean(right), parts: [["", right ? why(right) : wrong ? why(wrong) : otherwise]] };
    }
    if (kind === "order") {
      const given = Array.from(form.querySelectorAll("[data-item]"), function (li) { return li.dataset.item; });
      const wrong = given.findIndex(function (item, place) { return Number(item) !== place; });
      if (wrong < 0) return { right: true, say: "Every place is right.", parts: items.filter(why).map(function (item) { return ["", why(item)]; }) };
      const start = wrong ? "The first " + (wrong > 1 ? wrong + " are" : "is") + " right; look at place " + (wrong + 1) + "." : "Look at the first place.";
      return { right: false, say: start, parts: [["", otherwise]] };
    }
    const chosen = Array.from(form.querySelectorAll("input:checked"), function (input) { return input.value; });
    if (!chosen.length) return { right: null, say: "Choose an answer first." };
    const judged = items.map(function (item) {
      const picked = chosen.includes(item.dataset.answer);
      return { item: item, picked: picked, fits: picked === (item.dataset.right === "1") };
    });
    const right = judged.every(function (one) { return one.fits; });
    // Of answers left out only those are named that should not have been, and not which they are.
    const missed = judged.some(function (one) { return !one.picked && !one.fits; });
    return {
      right: right,
      say: kind === "multiple" && missed ? "Something is still missing." : "",
      parts: judged.filter(function (one) { return one.picked; }).map(function (one) {
        return [kind === "multiple" ? (one.fits ? "\u2713 " : "\u2717 ") + one.item.querySelector("span").textContent : "", why(one.item)];
      }),
    };
  }

  function show(form, verdict) {
    const box = form.querySelector(".mv-check-result");
    box.replaceChildren();
    box.setAttribute("data-verdict", verdict.right === null ? "none" : verdict.right ? "right" : "wrong");
    const head = document.createElement("p");
    const word = verdict.right === null ? "" : verdict.right ? "\u2713 Right. " : "\u2717 Not yet. ";
    if (word) {
      const strong = document.createElement("strong");
      strong.textContent = word;
      head.append(strong);
    }
    head.append(verdict.say || "");
    box.append(head);
    (verdict.parts || []).forEach(function (part) {
      if (!part[1]) return;
      const line = verdict.say || part[0] || verdict.parts.length > 1 ? document.createElement("p") : head;
      if (part[0]) line.append(part[0] + (/[.?!]$/.test(part[0]) ? " " : ": "));
      Array.from(part[1].cloneNode(true).childNodes).forEach(function (node) { line.append(node); });
      box.append(line);
    });
  }

  /** Give an ordering its buttons; focus stays on the item that moved, and its place is said. */
  function movable(form) {
    const list = form.querySelector(".mv-check-order");
    const first = Array.from(list.children);
    function names() {
      const rows = Array.from(list.children);
      rows.forEach(function (row, place) {
        const text = row.querySelector("span:not(.mv-check-move)").textContent;
        row.querySelectorAll("button").forEach(function (button) {
          const up = button.dataset.move === "-1";
          button.setAttribute("aria-label", "Move " + (up ? "up" : "down") + ", now place " + (place + 1) + " of " + rows.length + ": " + text);
          // Not disabled: a button that vanishes under the finger loses the focus.
          button.setAttribute("aria-disabled", String(place === (up ? 0 : rows.length - 1)));
        });
      });
    }
    first.forEach(function (row) {
      const pair = document.createElement("span");
      pair.className = "mv-check-move";
      [["-1", "\u2191"], ["1", "\u2193"]].forEach(function (one) {
        const button = document.createElement("button");
        button.type = "button";
        button.dataset.move = one[0];
        button.textContent = one[1];
        button.addEventListener("click", function () {
          const other = one[0] === "1" ? row.nextElementSibling : row.previousElementSibling;
          if (!other) return;
          if (one[0] === "1") other.after(row); else other.before(row);
          button.focus();
          names();
          clear(form);
          const box = form.querySelector(".mv-check-result");
          box.textContent = "Now place " + (Array.from(list.children).indexOf(row) + 1) + " of " + first.length + ".";
        });
        pair.append(button);
      });
      row.prepend(pair);
    });
    form.addEventListener("reset", function () { list.replaceChildren.apply(list, first); names(); });
    names();
  }

  function clear(form) {
    const box = form.querySelector(".mv-check-result");
    box.replaceChildren();
    box.removeAttribute("data-verdict");
  }

  /** Mark the self-checks that have been answered, and the objectives all of whose checks have. */
  function mark() {
    const all = remembered();
    document.querySelectorAll(".mv-check").forEach(function (form) {
      form.querySelector(".mv-check-mark").textContent = all[form.id] === "right" ? "\u2713 answered" : "";
    });
    document.querySelectorAll(".mv-objectives li[id]").forEach(function (goal) {
      const number = goal.id.replace("obj-", "");
      const forms = Array.from(document.querySelectorAll(".mv-check")).filter(function (form) {
        return form.dataset.objectives.split(" ").includes(number);
      });
      const done = forms.length > 0 && forms.every(function (form) { return all[form.id] === "right"; });
      goal.querySelector(".mv-goal-done").toggleAttribute("data-done", done);
    });
  }

  /** Bring every self-check under `root` to life; `tell(name, right)` hears each result. */
  window.mvSelfCheck = function (root, tell) {
    root.querySelectorAll(".mv-check").forEach(function (form) {
      // Names in full, not dataset: the purge keeps the styles whose names it finds in scripts.
      if (form.hasAttribute("data-alive")) return;
      form.setAttribute("data-alive", "");
      if (form.dataset.kind === "order") movable(form);
      form.addEventListener("submit", function (event) {
        event.preventDefault();
        const verdict = judge(form);
        show(form, verdict);
        if (verdict.right !== null) tell(form.id, verdict.right);
      });
      form.addEventListener("reset", function () { clear(form); });
      form.querySelector("fieldset").addEventListener("input", function () { clear(form); });
    });
  };

  function start() {
    window.mvSelfCheck(document, function (name, right) {
      remember(name, right);
      mark();
      document.dispatchEvent(new CustomEvent("mv-selfcheck", { detail: { name: name, right: right } }));
    });
    mark();
    addEventListener("storage", mark); // another tab
    addEventListener("pageshow", mark); // Back, from a page that erased it
  }

  // In a notebook the widget calls mvSelfCheck itself, with its own listener.
  if (!document.currentScript) return;
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
