// The small conveniences of every page. Reading and drawers work without this file.
(function () {
  "use strict";
  const root = document.documentElement;
  const home = new URL(".", document.currentScript.src).href;
  const all = function (selector) { return Array.from(document.querySelectorAll(selector)); };
  const store = function (key, value) { try { localStorage.setItem(key, value); } catch (error) { /* private mode */ } };
  const later = window.requestIdleCallback || function (call) { setTimeout(call, 200); };
  const stored = function (key) { try { return localStorage.getItem(key); } catch (error) { return null; } };

  // --- colours: as the system says, light, dark ----------------------------------------------
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const names = { auto: "as your system", light: "light", dark: "dark" };

  function colours(mode) {
    root.dataset.mode = mode;
    root.dataset.theme = mode === "auto" ? (dark.matches ? "dark" : "light") : mode;
    all(".mv-theme").forEach(function (button) {
      button.setAttribute("aria-label", "Colours: " + names[mode] + ". Change");
    });
  }

  function nextColours() {
    const order = dark.matches ? ["auto", "light", "dark"] : ["auto", "dark", "light"];
    const mode = order[(order.indexOf(root.dataset.mode) + 1) % order.length];
    colours(mode);
    store("mode", mode);
    store("theme", root.dataset.theme);
  }

  // --- the list of chapters -------------------------------------------------------------------
  function chapters() {
    const list = document.getElementById("pst-primary-sidebar");
    if (!list) return;
    const here = list.querySelector(".current.active > a, a.current");
    // With the first frame, whose layout it needs anyway.
    if (here) requestAnimationFrame(function () {
      if (here.offsetTop > innerHeight * 0.85) list.scrollTop = here.offsetTop - innerHeight / 2;
    });
    all(".mv-hide-list").forEach(function (button) {
      button.addEventListener("click", function () {
        button.setAttribute("aria-pressed", String(root.classList.toggle("mv-list-hidden")));
      });
    });
  }

  // --- the contents of the page ---------------------------------------------------------------
  function contents() {
    const list = document.getElementById("pst-secondary-sidebar");
    if (!list) return;
    const links = Array.from(list.querySelectorAll("a[href^='#']"));
    const sections = new Map();
    links.forEach(function (link) {
      const section = document.getElementById(decodeURIComponent(link.hash.slice(1)));
      if (section) sections.set(section.querySelector("h1, h2, h3, h4, h5, h6") || section, link);
    });
    const mark = function (link) {
      links.forEach(function (other) {
        other.classList.toggle("active", other === link);
        if (other === link) other.setAttribute("aria-current", "true");
        else other.removeAttribute("aria-current");
      });
    };
    // The section whose heading was the last to pass a line near the top; but where the page ends
    // before its heading comes so far, the section that was asked for. The zone has no upper edge,
    // so that no jump leaps over it.
    const passed = new Set();
    const update = function () {
      const asked = links.find(function (link) { return link.hash === location.hash; });
      const atEnd = scrollY > 0 && scrollY + innerHeight >= root.scrollHeight - 2;
      const heads = Array.from(sections.keys()).filter(function (head) { return passed.has(head); });
      mark(atEnd && asked ? asked : sections.get(heads.pop()));
    };
    const seen = new IntersectionObserver(function (entries) {
      entries.forEach(function (entry) { passed[entry.isIntersecting ? "add" : "delete"](entry.target); });
      update();
    }, { rootMargin: "1000000px 0px -85% 0px" });
    sections.forEach(function (link, head) { seen.observe(head); });
    const foot = document.querySelector("footer");
    if (foot) new IntersectionObserver(update).observe(foot);
    list.addEventListener("click", function (event) {
      const link = event.target.closest("a");
      if (!link) return;
      if (list.matches(":popover-open")) list.hidePopover();
      mark(link);
    });
  }

  // --- search: a dialog over the page, the answer on the search page ----------------------------
  function search() {
    const link = document.querySelector("a.mv-search");
    if (!link) return;
    let dialog = null;
    const open = function () {
      if (!dialog) {
        dialog = document.createElement("dialog");
        dialog.id = "mv-search-dialog";
        dialog.setAttribute("aria-label", "Search the book");
        const form = document.createElement("form");
        form.className = "mv-search-form";
        form.setAttribute("role", "search");
        form.action = link.href;
        const label = document.createElement("label");
        label.htmlFor = "mv-search-field";
        label.textContent = "Words to look for";
        const field = document.createElement("input");
        Object.assign(field, { id: "mv-search-field", type: "search", name: "q", autocomplete: "off", spellcheck: false });
        const button = document.createElement("button");
        button.className = "btn";
        button.textContent = "Search";
        form.append(label, field, button);
        dialog.append(form);
        dialog.addEventListener("click", function (event) { if (event.target === dialog) dialog.close(); });
        document.body.append(dialog);
      }
      dialog.showModal();
      dialog.querySelector("input").select();
    };
    all("a.mv-search").forEach(function (one) {
      one.setAttribute("aria-haspopup", "dialog");
      one.addEventListener("click", function (event) {
        if (event.ctrlKey || event.metaKey || event.shiftKey || document.getElementById("mv-query")) return;
        event.preventDefault();
        const drawer = one.closest("[popover]");
        if (drawer && drawer.matches(":popover-open")) drawer.hidePopover();
        open();
      });
    });
    addEventListener("keydown", function (event) {
      if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey) return;
      event.preventDefault();
      const field = document.getElementById("mv-query");
      if (field) field.focus();
      else if (!dialog || !dialog.open) open();
      else dialog.close();
    });
  }

  function searchPage() {
    const field = document.getElementById("mv-query");
    if (field) field.focus();
  }

  /** Mark the words a search came from; Sphinx's own script, loaded only then. */
  function found() {
    if (document.getElementById("mv-query")) return;
    if (!stored("sphinx_highlight_terms") && !new URLSearchParams(location.search).has("highlight")) return;
    // Not where a script reads, or a reader copies.
    all(":is(script, style, code, pre), :is(code, pre) *").forEach(function (one) { one.classList.add("nohighlight"); });
    ["documentation_options", "doctools", "sphinx_highlight"].forEach(function (name) {
      const script = document.createElement("script");
      script.async = false;
      script.src = home + name + ".js";
      document.head.append(script);
    });
  }

  // --- code, tables ------------------------------------------------------------------------
  function copyButtons() {
    if (!navigator.clipboard) return;
    all("div.highlight > pre").forEach(function (code) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "mv-copy";
      button.textContent = "Copy";
      button.setAttribute("aria-label", "Copy this code");
      button.addEventListener("click", function () {
        navigator.clipboard.writeText(code.innerText.replace(/\n$/, "")).then(function () {
          button.textContent = "Copied";
          setTimeout(function () { button.textContent = "Copy"; }, 1500);
        });
      });
      code.parentElement.append(button);
    });
  }

  /** What scrolls must be reachable by keyboard. What is folded has no size, until it opens. */
  function reach() {
    const sizes = new ResizeObserver(function (entries) {
      const boxes = entries.map(function (entry) { return entry.target; });
      const scrolls = boxes.map(function (box) {
        return box.scrollWidth > box.clientWidth + 1 || box.scrollHeight > box.clientHeight + 1;
      });
      boxes.forEach(function (box, n) {
        if (scrolls[n]) box.tabIndex = 0;
        else box.removeAttribute("tabindex");
      });
    });
    all("pre, .cell_output > .output, .pst-scrollable-table-container").forEach(function (box) { sizes.observe(box); });
  }

  /** A link into something folded opens it. */
  function unfold() {
    let name = location.hash.slice(1);
    try { name = decodeURIComponent(name); } catch (error) { /* a link that was cut names nothing */ }
    const target = name && document.getElementById(name);
    for (let box = target && target.closest("details"); box; box = box.parentElement.closest("details")) box.open = true;
    if (target && target.closest("details")) target.scrollIntoView();
  }

  // --- statements: the value opens its card, and a copied quotation takes its source along --------
  /** The card of a statement, and the button that opens it without a script. */
  function cardOf(value) { return document.getElementById(value.querySelector(".mv-mark").getAttribute("popovertarget")); }

  function statements() {
    document.addEventListener("click", function (event) {
      const value = event.target.closest(".mv-fact");
      if (!value || event.target.closest(".mv-mark") || !getSelection().isCollapsed) return;
      cardOf(value).showPopover({ source: value.querySelector(".mv-mark") });
    });
    // Two presses select the word: the card must not stand in the way.
    document.addEventListener("dblclick", function (event) {
      const value = event.target.closest(".mv-fact");
      if (value && cardOf(value).matches(":popover-open")) cardOf(value).hidePopover();
    });
  }

  function copies() {
    document.addEventListener("copy", function (event) {
      const chosen = getSelection();
      if (event.defaultPrevented || chosen.isCollapsed || !chosen.rangeCount) return;
      const lines = new Map();
      all(".mv-said").forEach(function (quote) {
        if (!chosen.containsNode(quote, true)) return;
        const about = Array.from(cardOf(quote).querySelectorAll(".mv-by"), function (one) { return one.textContent; });
        lines.set(quote.dataset.fact, about.join(". ") + ". " + new URL("../chapters/reference/statements.html#s-" + quote.dataset.fact, home));
      });
      if (!lines.size) return;
      const box = document.createElement("div");
      for (let n = 0; n < chosen.rangeCount; n++) box.append(chosen.getRangeAt(n).cloneContents());
      box.querySelectorAll("button, script").forEach(function (one) { one.remove(); });
      const text = chosen.toString();
      lines.forEach(function (line) { box.append(Object.assign(document.createElement("p"), { textContent: line })); });
      event.clipboardData.setData("text/plain", text + "\n\n" + Array.from(lines.values()).join("\n"));
      event.clipboardData.setData("text/html", box.innerHTML);
      event.preventDefault();
    });
  }

  /** Every other script, once the page is there: one after the other, as they build on each other. */
  function late() {
    const waiting = document.getElementById("mv-late");
    if (!waiting) return;
    let last = null;
    Array.from(waiting.content.children).forEach(function (one) {
      last = document.createElement("script");
      last.async = false;
      last.src = one.getAttribute("src");
      document.head.append(last);
    });
    last.addEventListener("load", function () { root.dataset.scripts = "all"; });
  }

  /** A page that Back brings out of the browser's memory: nothing open over it, today's colours. */
  function kept() {
    addEventListener("pagehide", function () {
      all("[popover]:popover-open").forEach(function (one) { one.hidePopover(); });
      all("dialog[open]").forEach(function (one) { one.close(); });
    });
    addEventListener("pageshow", function (event) {
      if (event.persisted) colours(stored("mode") || "auto");
    });
  }

  function start() {
    colours(root.dataset.mode || "auto");
    dark.addEventListener("change", function () { if (root.dataset.mode === "auto") colours("auto"); });
    all(".mv-theme").forEach(function (button) { button.addEventListener("click", nextColours); });
    search();
    searchPage();
    chapters();
    contents();
    unfold();
    addEventListener("hashchange", unfold);
    kept();
    statements();
    copies();
    found();
    later(function () { copyButtons(); reach(); });
    // An explorer that comes late must know of the key it would have woken by.
    ["keydown", "focusin"].forEach(function (name) {
      addEventListener(name, function () { root.dataset.keys = "used"; }, { capture: true, once: true });
    });
    if (document.readyState === "complete") late();
    else addEventListener("load", late);
  }

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
