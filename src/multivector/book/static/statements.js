// Search, filter and sort the table of statements; without it the table stays a plain table.
(function () {
  "use strict";
  function start(box) {
    const body = box.querySelector("tbody");
    const rows = Array.from(body.rows);
    const count = box.querySelector(".mv-count");
    const heads = Array.from(box.querySelectorAll("th"));
    count.setAttribute("aria-live", "polite");
    const form = document.createElement("form");
    form.className = "mv-filters";
    const search = labelled(form, "Search", document.createElement("input"));
    search.type = "search";
    const filters = [["Who says it", 2], ["Kind", 3], ["Vector", 4]].map(function (pair) {
      const select = labelled(form, pair[0], document.createElement("select"));
      select.append(new Option("all", ""));
      const values = new Set(rows.map(function (row) { return row.cells[pair[1]].textContent; }));
      Array.from(values).filter(Boolean).sort().forEach(function (value) { select.append(new Option(value, value)); });
      return { select: select, column: pair[1] };
    });
    form.addEventListener("submit", function (event) { event.preventDefault(); });
    form.addEventListener("input", show);
    count.before(form);

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
          return a.cells[column].textContent.localeCompare(b.cells[column].textContent, "en", { numeric: true });
        });
        body.append.apply(body, down ? sorted.reverse() : sorted);
      });
    });
  }

  function labelled(form, text, field) {
    const label = document.createElement("label");
    label.append(text + " ", field);
    form.append(label);
    return field;
  }

  document.querySelectorAll(".mv-statements").forEach(start);
})();
