// The small conveniences of every page. Reading, drawers and menus work without this file.
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
    const target = new Map(links.map(function (link) {
      return [document.getElementById(decodeURIComponent(link.hash.slice(1))), link];
    }));
    const mark = function (link) {
      links.forEach(function (other) {
        other.classList.toggle("active", other === link);
        if (other === link) other.setAttribute("aria-current", "true");
        else other.removeAttribute("aria-current");
      });
    };
    const seen = new IntersectionObserver(function (entries) {
      const top = entries.filter(function (entry) { return entry.isIntersecting; })[0];
      if (top) mark(target.get(top.target.parentElement));
    }, { rootMargin: "-10% 0px -60% 0px" });
    target.forEach(function (link, section) {
      const heading = section && section.querySelector("h1, h2, h3, h4, h5, h6");
      if (heading && heading.parentElement === section) seen.observe(heading);
    });
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
    ["documentation_options", "doctools", "sphinx_highlight"].forEach(function (name) {
      const script = document.createElement("script");
      script.async = false;
      script.src = home + name + ".js";
      document.head.append(script);
    });
  }

  // --- code, tables, menus ------------------------------------------------------------------------
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

  function menus() {
    const close = function (but) {
      all("details.mv-menu[open]").forEach(function (menu) { if (menu !== but) menu.open = false; });
    };
    if (!document.querySelector("details.mv-menu")) return;
    addEventListener("click", function (event) { close(event.target.closest("details.mv-menu")); });
    addEventListener("keydown", function (event) {
      const menu = event.key === "Escape" && event.target.closest("details.mv-menu[open]");
      if (menu) { menu.open = false; menu.querySelector("summary").focus(); }
    });
  }

  /** A link into something folded opens it. */
  function unfold() {
    const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    for (let box = target && target.closest("details"); box; box = box.parentElement.closest("details")) box.open = true;
    if (target && target.closest("details")) target.scrollIntoView();
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

  function start() {
    colours(root.dataset.mode || "auto");
    dark.addEventListener("change", function () { if (root.dataset.mode === "auto") colours("auto"); });
    all(".mv-theme").forEach(function (button) { button.addEventListener("click", nextColours); });
    search();
    searchPage();
    chapters();
    contents();
    menus();
    unfold();
    addEventListener("hashchange", unfold);
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
