// Search, filter and sort the table of statements; without it the table stays a plain table.
(function () {
  "use strict";
  function start(box) {
    const body = box.querySelector("tbody");
    const rows = Array.from(body.rows);
    const count = box.querySelector(".mv-count");
    const heads = Array.from(box.querySelectorAll("th"));
    const form = box.querySelector("form");
    const search = form.querySelector("input");
    const filters = Array.from(form.querySelectorAll("select")).map(function (select) {
      return { select: select, column: Number(select.dataset.column) };
    });
    form.addEventListener("submit", function (event) { event.preventDefault(); });
    form.addEventListener("input", show);

    function show() {
      const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
      let shown = 0;
      rows.forEach(function (row) {
        const text = (row.id + " " + row.textContent).toLowerCase();
        const keep = words.every(function (word) { return text.includes(word); }) &&
          filters.every(function (f) { return !f.select.value || row.cells[f.column].textContent === f.select.value; });
        row.hidden = !keep;
        if (keep) shown += 1;
      });
      count.textContent = shown === rows.length ? rows.length + " statements" : shown + " of " + rows.length + " statements";
    }

    /** A link to a row that the filter hides takes the filter away. */
    function reveal() {
      const row = asked();
      if (!row) return;
      if (row.hidden) { form.reset(); show(); }
      // After the browser's own scrolling, which reckons with rows on a phone that are not laid out.
      setTimeout(function () { bring(row); });
    }
    function asked() { return rows.find(function (one) { return "#" + one.id === location.hash; }); }
    function bring(row) {
      const top = row.getBoundingClientRect().top;
      if (top < 0 || top > innerHeight - 50) row.scrollIntoView();
    }
    addEventListener("popstate", reveal); // hashchange would miss a row asked for twice

    // What a cell says may not sort by its letters: "over $15 bn", "6 November 2025".
    function order(cell) { return cell.dataset.sort || cell.textContent; }

    heads.forEach(function (head, column) {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = head.textContent;
      head.replaceChildren(button);
      button.addEventListener("click", function () {
        const down = head.getAttribute("aria-sort") === "ascending";
        heads.forEach(function (other) { other.removeAttribute("aria-sort"); });
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
        const sorted = rows.slice().sort(function (a, b) {
          return order(a.cells[column]).localeCompare(order(b.cells[column]), "en", { numeric: true });
        });
        body.append.apply(body, down ? sorted.reverse() : sorted);
      });
    });
    show(); // a browser that comes back fills the form as it was
    if (asked()) bring(asked());
  }

  document.querySelectorAll(".mv-statements").forEach(start);
})();
