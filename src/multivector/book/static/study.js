// Study aids: what a reader has read, ticked and answered, kept in the reader's own browser only;
// meanings and references at the word; folded code shown at once. A classic script: pages also
// open as files. Where a browser refuses to keep anything, all of it works until the page closes.
(function () {
  "use strict";
  const root = document.documentElement;
  const page = root.dataset.page || "";
  const home = new URL(root.dataset.content_root || "./", location.href).href;
  const STUDY = "mv-study";
  const CHECKS = "mv-selfcheck"; // written by selfcheck.js
  const CODE = "mv-code";
  const unkept = {};
  const all = function (selector) { return Array.from(document.querySelectorAll(selector)); };

  // --- what is kept ---------------------------------------------------------------------------
  function stored(key) {
    if (key in unkept) return unkept[key];
    try { return localStorage.getItem(key); } catch (error) { return null; }
  }

  /** Keep a text, or forget it (null); tells whether the browser will still know it tomorrow. */
  function keep(key, text) {
    try {
      if (text === null) localStorage.removeItem(key);
      else localStorage.setItem(key, text);
      delete unkept[key];
      return true;
    } catch (error) {
      unkept[key] = text;
      return false;
    }
  }

  function plain(value) { return value && typeof value === "object" && !Array.isArray(value) ? value : {}; }

  function parsed(key) {
    try { return plain(JSON.parse(stored(key))); } catch (error) { return {}; }
  }

  /** {read: {page: bool}, ticks: {page: [number]}, place: {page, hash, title, section} or null}. */
  function study() {
    const kept = parsed(STUDY);
    const place = plain(kept.place);
    return { read: plain(kept.read), ticks: plain(kept.ticks), place: typeof place.page === "string" ? place : null };
  }

  function ticked(state, name) { return Array.isArray(state.ticks[name]) ? state.ticks[name] : []; }

  /** Read anew, change, write: another tab may have written meanwhile. */
  function change(how) {
    const state = study();
    how(state);
    return keep(STUDY, JSON.stringify(state));
  }

  // --- one chapter ----------------------------------------------------------------------------
  const readBox = document.querySelector(".mv-read input");
  const goals = all(".mv-tick input");

  function chapter() {
    goals.forEach(function (box) {
      box.addEventListener("change", function () {
        const number = Number(box.dataset.objective);
        change(function (state) {
          const others = ticked(state, page).filter(function (one) { return one !== number; });
          state.ticks[page] = box.checked ? others.concat(number).sort() : others;
        });
      });
    });
    if (!readBox) return;
    const mark = function (read) {
      change(function (state) { state.read[page] = read; });
      show();
    };
    readBox.addEventListener("change", function () { mark(readBox.checked); });
    new IntersectionObserver(function (entries) {
      // Whoever took the mark away meant it: reaching the end again does not set it.
      if (entries[0].isIntersecting && !(page in study().read)) mark(true);
    }).observe(readBox.parentElement);
    let waiting = 0;
    addEventListener("scroll", function () { clearTimeout(waiting); waiting = setTimeout(here, 400); }, { passive: true });
    addEventListener("pagehide", here);
    requestAnimationFrame(here); // with the first frame, whose layout it needs
  }

  /** Remember the section that is being read. */
  function here() {
    const words = function (heading) { return heading.textContent.replace(/#$/, "").trim(); };
    const heads = all("article section[id] > :is(h2, h3)");
    // What is far from a phone's screen is not laid out (page.css), and must not be for this.
    const near = heads.filter(function (head) { return head.checkVisibility({ contentVisibilityAuto: true }); });
    const last = near.filter(function (head) { return head.getBoundingClientRect().top < innerHeight * 0.4; }).pop();
    const title = document.querySelector("article h1");
    change(function (state) {
      state.place = { page: page, title: title ? words(title) : page, section: last ? words(last) : "", hash: last ? "#" + last.parentElement.id : "" };
    });
  }

  /** Mark what has been read in the list of chapters: a sign, and a word for who does not see it. */
  function list(state) {
    all("nav.bd-links a").forEach(function (link) {
      const name = link.getAttribute("href") === "#" ? page : link.href.slice(home.length).replace(/\.html.*$/, "");
      const old = link.querySelector(".mv-done");
      if (state.read[name] !== true) { if (old) old.remove(); return; }
      if (old) return;
      const sign = document.createElement("span");
      sign.className = "mv-done";
      const word = document.createElement("span");
      word.className = "mv-hidden";
      word.textContent = " (read)";
      const tick = document.createElement("span");
      tick.setAttribute("aria-hidden", "true");
      tick.textContent = "\u2713";
      sign.append(word, tick);
      link.append(sign);
    });
  }

  /** The landing page leads back to where the reader was. */
  function onward(state) {
    const link = document.querySelector(".mv-continue a");
    if (!link || !state.place || !/^[\w/.-]+$/.test(state.place.page)) return;
    const place = state.place;
    const hash = /^#[\w.-]+$/.test(place.hash) ? place.hash : "";
    link.href = home + place.page + ".html" + hash;
    link.textContent = "Continue: " + place.title + (place.section ? " \u2013 " + place.section : "");
  }

  // --- the reader's own table -----------------------------------------------------------------
  const progress = document.querySelector(".mv-progress");

  function table(state) {
    if (!progress) return;
    const checks = parsed(CHECKS);
    const sum = { read: 0, ticked: 0, right: 0, wrong: 0, pages: 0, goals: 0, checks: 0 };
    const fill = function (row, one) {
      Object.keys(one).forEach(function (name) { row.querySelector("[data-cell=" + name + "]").textContent = one[name]; });
    };
    progress.querySelectorAll("tbody tr").forEach(function (row) {
      const name = row.dataset.page;
      const names = row.dataset.checks.split(" ").filter(Boolean);
      const most = Number(row.dataset.objectives);
      const count = function (verdict) { return names.filter(function (check) { return checks[check] === verdict; }).length; };
      const done = { read: state.read[name] === true, ticked: ticked(state, name).filter(function (n) { return n >= 1 && n <= most; }).length, right: count("right"), wrong: count("wrong") };
      fill(row, { read: done.read ? "\u2713 yes" : "no", ticked: done.ticked + " of " + most, right: done.right + " of " + names.length, wrong: done.wrong });
      Object.keys(done).forEach(function (key) { sum[key] += Number(done[key]); });
      sum.pages += 1;
      sum.goals += most;
      sum.checks += names.length;
    });
    fill(progress.querySelector("tfoot tr"), { read: sum.read + " of " + sum.pages, ticked: sum.ticked + " of " + sum.goals, right: sum.right + " of " + sum.checks, wrong: sum.wrong });
  }

  function controls() {
    if (!progress) return;
    const say = function (words) { progress.querySelector("[role=status]").textContent = words; };
    const button = function (name) { return progress.querySelector("[data-act=" + name + "]"); };
    const keys = [STUDY, CHECKS, CODE];
    let erased = null;
    button("export").addEventListener("click", function () {
      const state = study();
      const text = JSON.stringify({ book: document.title.split(" \u00b7 ").pop(), read: state.read, objectives: state.ticks, selfChecks: parsed(CHECKS), place: state.place }, null, 2);
      const link = document.createElement("a");
      link.href = URL.createObjectURL(new Blob([text + "\n"], { type: "application/json" }));
      link.download = "multi-vector-progress.json";
      link.click();
      setTimeout(function () { URL.revokeObjectURL(link.href); }, 1000);
      say("Exported as " + link.download + ".");
    });
    button("erase").addEventListener("click", function () {
      const now = keys.map(stored);
      if (now.some(function (text) { return text !== null; })) erased = now; // not what Undo holds already
      keys.forEach(function (key) { keep(key, null); });
      button("undo").disabled = !erased;
      say(erased ? "Erased. Undo brings it back until you leave this page." : "There is nothing to erase.");
      show();
    });
    button("undo").addEventListener("click", function () {
      keys.forEach(function (key, place) { keep(key, erased[place]); });
      button("erase").focus(); // the button that goes dead must not keep the focus
      button("undo").disabled = true;
      say("It is back.");
      show();
    });
    if (!keep("mv-probe", "1")) say("This browser keeps nothing here: what you do is forgotten when the page closes.");
    keep("mv-probe", null);
  }

  // --- folded code ----------------------------------------------------------------------------
  function code() {
    const button = document.querySelector("button.mv-code");
    if (!button) return;
    const boxes = all("details.hide").filter(function (box) { return box.querySelector(".cell_input"); });
    const set = function (open) {
      boxes.forEach(function (box) { box.open = open; });
      button.setAttribute("aria-pressed", String(open));
    };
    if (stored(CODE)) set(true);
    root.removeAttribute("data-code"); // the style sheet held the place open until now
    button.addEventListener("click", function () {
      const open = button.getAttribute("aria-pressed") !== "true";
      set(open);
      keep(CODE, open ? "shown" : null);
    });
  }

  // --- meanings and references at the word -------------------------------------------------------
  /** Replace the browser's own hover text, which no keyboard reaches, by one that stays. */
  function tips() {
    const named = "a.mv-term, .bibtex-citation a";
    let tip = null;
    let owner = null;
    let waiting = 0;

    function textOf(link) {
      if (link.title) {
        link.setAttribute("data-tip", link.title);
        link.removeAttribute("title");
      }
      return link.getAttribute("data-tip") || "";
    }

    /** Cyrillic words in their language: a screen reader must change its voice. */
    function worded(text) {
      return text.split(/((?:[\u0400-\u04ff][\u0400-\u04ff\s\-\u2013,:\u00ab\u00bb]*)+)/).map(function (part) {
        if (!/[\u0400-\u04ff]/.test(part)) return part;
        const span = document.createElement("span");
        span.lang = /[\u04d9\u0493\u049b\u04a3\u04e9\u04b1\u04af\u04bb\u0456]/i.test(part) ? "kk" : "ru";
        span.textContent = part;
        return span;
      });
    }

    function place() {
      if (!owner) return;
      const at = owner.getClientRects()[0];
      const box = tip.getBoundingClientRect();
      const width = root.clientWidth;
      tip.style.left = Math.max(8, Math.min(at.left, width - box.width - 8)) + "px";
      const last = owner.getClientRects()[owner.getClientRects().length - 1];
      const below = last.bottom + 2;
      tip.style.top = (below + box.height < innerHeight || at.top < box.height + 8 ? below : at.top - box.height - 2) + "px";
    }

    function hide() {
      clearTimeout(waiting);
      if (!owner) return;
      owner.removeAttribute("aria-describedby");
      owner = null;
      tip.hidePopover();
    }

    function later(call, after) { clearTimeout(waiting); waiting = setTimeout(call, after); }

    function open(link) {
      clearTimeout(waiting);
      const text = textOf(link);
      if (owner === link || !text) return;
      hide();
      if (!tip) {
        tip = document.createElement("div");
        tip.id = "mv-tip";
        tip.setAttribute("role", "tooltip");
        tip.setAttribute("popover", "manual");
        tip.addEventListener("pointerenter", function () { clearTimeout(waiting); });
        tip.addEventListener("pointerleave", function () { later(hide, 250); });
        document.querySelector("main").append(tip); // a landmark: nothing on a page stands outside
      }
      tip.replaceChildren.apply(tip, worded(text));
      owner = link;
      tip.showPopover();
      place();
      link.setAttribute("aria-describedby", tip.id);
    }

    const linkOf = function (event) { return event.target.closest && event.target.closest(named); };
    document.addEventListener("pointerover", function (event) {
      const link = event.pointerType !== "touch" && linkOf(event);
      if (!link) return;
      textOf(link); // before the browser shows its own
      if (link === owner) clearTimeout(waiting);
      else later(function () { open(link); }, 150);
    });
    document.addEventListener("pointerout", function (event) {
      if (linkOf(event)) later(hide, 250); // time to move onto the tip
    });
    document.addEventListener("focusin", function (event) {
      const link = linkOf(event);
      if (link && link.matches(":focus-visible")) open(link);
    });
    document.addEventListener("focusout", function (event) { if (linkOf(event) === owner) hide(); });
    document.addEventListener("keydown", function (event) { if (event.key === "Escape") hide(); });
    addEventListener("scroll", place, { passive: true, capture: true });
    addEventListener("resize", place);
  }

  // --------------------------------------------------------------------------------------------
  function show() {
    const state = study();
    goals.forEach(function (box) { box.checked = ticked(state, page).includes(Number(box.dataset.objective)); });
    if (readBox) readBox.checked = state.read[page] === true;
    list(state);
    onward(state);
    table(state);
  }

  function start() {
    show();
    chapter();
    controls();
    code();
    tips();
    addEventListener("storage", show); // another tab
    addEventListener("pageshow", show); // Back, from a page that erased it
  }

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
