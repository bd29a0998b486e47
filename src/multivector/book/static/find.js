// The search page: chapters by Sphinx's index, statements and glossary terms by our own, each in
// its group. A classic script over classic-script indices, loaded on first use: it works as a file.
(function () {
  "use strict";
  const field = document.getElementById("mv-query");
  const out = document.getElementById("search-results");
  const status = document.getElementById("mv-found");
  const home = new URL(document.documentElement.dataset.content_root || "./", location.href).href;
  const FIRST = 10; // of each group; the rest opens by a button
  let pages = null; // Sphinx's index
  let ours = null; // {statements, terms, pages}
  let loading = null;

  // The two indices call these when they arrive.
  window.Search = { setIndex: function (index) { pages = index; } };
  window.mvFound = function (index) { ours = index; };

  function load() {
    loading = loading || Promise.all(Array.from(document.getElementById("mv-indices").content.querySelectorAll("script"), function (one) {
      return new Promise(function (resolve, reject) {
        const script = document.createElement("script");
        script.src = one.src;
        script.onload = resolve;
        script.onerror = function () { reject(new Error(one.getAttribute("src"))); };
        document.head.append(script);
      });
    })).catch(function (error) { loading = null; throw error; });
    return loading;
  }

  // --- words --------------------------------------------------------------------------------
  const words = function (text) { return fold(text).split(/[^\p{L}\p{N}_]+/u).filter(Boolean); };
  const fold = function (text) { return text.normalize("NFC").toLowerCase().replace(/\u0451/g, "\u0435").replace(/multivector/g, "multi-vector"); };
  // Sphinx's stemmer takes "ties" to "ti" and leaves "tie".
  const stem = function (word) { return typeof Stemmer === "function" ? new Stemmer().stemWord(word).replace(/ie$/, "i") : word; };

  /** The words of a query that tell something: "of" does not. */
  function telling(query) {
    const common = Array.from(typeof stopwords === "undefined" ? [] : stopwords);
    return words(query).filter(function (word) { return !common.includes(word); });
  }

  /**
   * The beginnings by which a word may be found, best first. Russian and Kazakh words change their
   * endings: of a long one the last letters may differ. "Ga" of "gas" begins too much else.
   */
  function beginnings(word) {
    const all = [word];
    if (stem(word).length > 3) all.push(stem(word));
    if (/[\u0400-\u04ff]/.test(word) && word.length >= 6) all.push(word.slice(0, Math.max(5, word.length - 3)));
    return all;
  }

  /** How well a word of the text answers a word of the query: whole 3, beginning 2, stem 1, no 0. */
  function fit(wanted, word) {
    if (word === wanted[0]) return 3;
    const place = wanted.findIndex(function (start) { return word.startsWith(start); });
    if (place >= 0) return place ? 1 : 2;
    // Sphinx's index holds stems, ours words; the first letter spares most words the stemmer.
    return word[0] === wanted[0][0] && [word, stem(word)].includes(stem(wanted[0])) ? 1 : 0;
  }

  /** How well the best of some words does. */
  const best = function (wanted, list) { return list.reduce(function (most, word) { return Math.max(most, fit(wanted, word)); }, 0); };

  // --- three groups ---------------------------------------------------------------------------
  /** Pages that hold every word: [{page, title, sections, score}]. */
  function chaptersOf(wanted) {
    let kept = null;
    const sections = {};
    const list = function (files) { return Array.isArray(files) ? files : [files]; };
    wanted.forEach(function (one) {
      const score = new Map();
      const add = function (index, weight) {
        Object.keys(index).forEach(function (word) {
          const value = best(one, words(word));
          if (value) list(index[word]).forEach(function (file) { score.set(file, Math.max(score.get(file) || 0, value * weight)); });
        });
      };
      add(pages.terms, 1);
      add(pages.titleterms, 3);
      const before = kept;
      kept = new Map();
      score.forEach(function (value, file) { if (!before || before.has(file)) kept.set(file, value + (before ? before.get(file) : 0)); });
    });
    Object.keys(pages.alltitles).forEach(function (title) {
      const has = words(title);
      if (!wanted.every(function (one) { return best(one, has); })) return;
      pages.alltitles[title].forEach(function (place) {
        if (!kept.has(place[0]) || !place[1] || title === pages.titles[place[0]]) return;
        (sections[place[0]] = sections[place[0]] || []).push({ title: title.replace(/^ \((.*)\)$/, "$1"), id: place[1] });
      });
    });
    return Array.from(kept, function (pair) {
      const file = pair[0];
      return { page: pages.docnames[file], title: pages.titles[file], sections: (sections[file] || []).slice(0, 3), score: pair[1] + 4 * (sections[file] || []).length };
    }).sort(function (a, b) { return b.score - a.score || a.title.localeCompare(b.title, "en"); });
  }

  /** Entries that hold every word in one of their fields, best first, then in their own order. */
  function entriesOf(wanted, entries, fields) {
    return entries.map(function (entry, order) {
      let score = 0;
      const has = fields.map(function (name) { return words(entry[name] || ""); });
      const every = wanted.every(function (one) {
        let most = 0;
        has.forEach(function (list, place) {
          const value = best(one, list);
          if (value) most = Math.max(most, value + (fields.length - place) / 10);
        });
        score += most;
        return most > 0;
      });
      // A short name that is the query comes before a long one that holds it.
      score += wanted.length / Math.max(1, has[0].length);
      return { entry: entry, order: order, score: every ? score : 0 };
    }).filter(function (one) { return one.score; })
      .sort(function (a, b) { return b.score - a.score || a.order - b.order; })
      .map(function (one) { return one.entry; });
  }

  // --- what it shows --------------------------------------------------------------------------
  function make(tag, text, attributes) {
    const node = document.createElement(tag);
    if (text) node.textContent = text;
    Object.entries(attributes || {}).forEach(function (pair) { node.setAttribute(pair[0], pair[1]); });
    return node;
  }

  const address = function (page, id) { return home + page + ".html" + (id ? "#" + id : ""); };

  function chapterItem(one) {
    const item = make("li");
    item.append(make("a", one.title, { href: address(one.page) }));
    if (ours.pages[one.page]) item.append(make("p", ours.pages[one.page], { class: "mv-found-more" }));
    if (one.sections.length) {
      const line = make("p", "In it: ", { class: "mv-found-more" });
      one.sections.forEach(function (section, place) {
        line.append(place ? ", " : "", make("a", section.title, { href: address(one.page, section.id) }));
      });
      item.append(line);
    }
    return item;
  }

  function statementItem(one) {
    const item = make("li");
    item.append(make("a", one.says, { href: address(one.page, "s-" + one.id) }));
    item.append(make("p", [one.about, one.voice, one.kind, one.when].filter(Boolean).join(" \u00b7 "), { class: "mv-found-more" }));
    if (one.quote && one.lang !== "en") item.append(make("q", one.quote, { lang: one.lang }));
    return item;
  }

  function termItem(one) {
    const item = make("li");
    const line = make("p");
    line.append(make("a", one.term, { href: address(ours.glossary, one.id) }));
    ["ru", "kk"].forEach(function (tongue) { if (one[tongue]) line.append(" \u00b7 ", make("span", one[tongue], { lang: tongue })); });
    item.append(line, make("p", one.meaning, { class: "mv-found-more" }));
    return item;
  }

  function group(title, found, draw) {
    if (!found.length) return;
    const section = make("section");
    section.append(make("h2", title + " (" + found.length + ")"));
    const list = make("ul", "", { class: "mv-found-list" });
    found.slice(0, FIRST).forEach(function (one) { list.append(draw(one)); });
    section.append(list);
    if (found.length > FIRST) {
      const more = make("button", "Show " + (found.length - FIRST) + " more", { type: "button", class: "btn" });
      more.addEventListener("click", function () {
        const next = found.slice(FIRST).map(draw);
        list.append.apply(list, next);
        more.remove();
        next[0].querySelector("a").focus();
      });
      section.append(more);
    }
    out.append(section);
  }

  const counted = function (count, one, many) { return count + " " + (count === 1 ? one : many); };

  function show(query) {
    out.replaceChildren();
    out.setAttribute("data-query", query);
    // Back leads to these results again. Under file: a browser may refuse.
    try { history.replaceState(null, "", "?q=" + encodeURIComponent(query)); } catch (error) { /* as a file */ }
    const told = telling(query);
    const wanted = (told.length ? told : words(query)).map(beginnings);
    if (!wanted.length) {
      status.textContent = query.trim() ? "There is no word in that." : "";
      return;
    }
    const chapters = chaptersOf(wanted);
    const said = entriesOf(wanted, ours.statements, ["says", "about", "voice", "quote", "english", "id", "kind", "when"]);
    const meant = entriesOf(wanted, ours.terms, ["term", "ru", "kk", "meaning"]);
    status.textContent = chapters.length + said.length + meant.length
      ? "Found: " + counted(chapters.length, "chapter or page", "chapters and pages") + ", " + counted(said.length, "statement", "statements") + ", " + counted(meant.length, "glossary term", "glossary terms") + "."
      : "Nothing found for \u201c" + query.trim() + "\u201d. Every word must occur; fewer words, or only their beginning, find more.";
    group("Glossary", meant, termItem);
    group("Chapters and pages", chapters, chapterItem);
    group("Statements", said, statementItem);
  }

  // The page that a result opens marks these words; see page.js.
  out.addEventListener("click", function (event) {
    const link = event.target.closest("a");
    if (!link) return;
    const marked = telling(out.getAttribute("data-query")).filter(function (word) { return word.length > 2; }).join(" ");
    // A file may get a process of its own, which does not learn what this one stored last.
    if (location.protocol === "file:") link.search = "highlight=" + encodeURIComponent(marked);
    else try { localStorage.setItem("sphinx_highlight_terms", marked); } catch (error) { /* private mode */ }
  });

  let last = null;
  function search() {
    const query = field.value;
    if (query === last) return;
    last = query;
    if (!loading) status.textContent = "Loading the index \u2026";
    load().then(function () { if (query === last) show(query); }, function (error) {
      last = null;
      status.textContent = "The index did not load (" + error.message + "). Try once more, or use the lists of chapters, statements and terms.";
    });
  }

  function start() {
    field.value = new URLSearchParams(location.search).get("q") || "";
    if (field.value.trim()) search();
    let waiting = 0;
    field.addEventListener("focus", function () { load().catch(function () { /* said on search */ }); }, { once: true });
    field.addEventListener("input", function () { clearTimeout(waiting); waiting = setTimeout(search, 250); });
    field.form.addEventListener("submit", function (event) {
      event.preventDefault();
      clearTimeout(waiting);
      search();
    });
  }

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
