// Wakes a chart at the first interaction. A classic script: pages also open as files.
(function () {
  "use strict";
  const bundle = new URL("vendor/plotly-basic.min.js", document.currentScript.src).href;
  const theme = { "#1a2b3c": "--mv-ink", "#5b6b7c": "--mv-muted", "#c8d0d9": "--mv-grid", "#fefefe": "--mv-paper" };
  let loading = null;

  /** Load the shared Plotly bundle once; resolves to Plotly. Explorers use it too. */
  window.mvPlotly = function () {
    loading = loading || new Promise(function (resolve, reject) {
      const script = document.createElement("script");
      script.src = bundle;
      script.onload = function () { resolve(window.Plotly); };
      script.onerror = function () { loading = null; reject(new Error("The chart library did not load.")); };
      document.head.append(script);
    });
    return loading;
  };

  /** Replace the sentinel colours of a figure by the page's current ones. */
  window.mvThemed = function (text) {
    // A colour of the reader's system has a name that only the browser knows: let it say which.
    const probe = document.body.appendChild(document.createElement("span"));
    probe.hidden = true;
    const now = {};
    Object.keys(theme).forEach(function (colour) {
      probe.style.color = "var(" + theme[colour] + ")";
      now[colour] = getComputedStyle(probe).color;
    });
    probe.remove();
    return text.replace(/#1a2b3c|#5b6b7c|#c8d0d9|#fefefe/g, function (colour) { return now[colour]; });
  };

  const options = { displayModeBar: false, responsive: false, doubleClick: false, scrollZoom: false };

  /** The poster that the style sheet shows at this width. */
  function posterOf(chart) {
    return Array.from(chart.querySelectorAll(".book-poster")).find(function (poster) {
      return getComputedStyle(poster).display !== "none";
    });
  }

  /** Lay the live chart exactly over the poster, which shrinks but never grows. */
  function fit(chart) {
    const live = chart.querySelector(".book-live");
    const width = Number(posterOf(chart).dataset.width);
    const scale = Math.min(1, chart.clientWidth / width);
    live.style.width = width + "px";
    live.style.transformOrigin = "0 0";
    live.style.transform = "translateY(" + (chart.clientHeight * (1 - scale)) / 2 + "px) scale(" + scale + ")";
  }

  function figureOf(chart) {
    const figure = JSON.parse(window.mvThemed(chart.querySelector(".book-spec").textContent));
    const poster = posterOf(chart);
    const frame = JSON.parse(poster.dataset.frame);
    Object.keys(frame).forEach(function (key) {
      figure.layout[key] = Object.assign({}, figure.layout[key], frame[key]);
    });
    figure.layout.width = Number(poster.dataset.width);
    // A finger must be able to scroll the page over a chart.
    figure.layout.dragmode = false;
    figure.layout.uirevision = "kept"; // a line hidden by its legend stays hidden when drawn anew
    return figure;
  }

  async function wake(chart) {
    if (chart.dataset.state) return;
    chart.dataset.state = "waking";
    try {
      const Plotly = await window.mvPlotly();
      const live = document.createElement("div");
      live.className = "book-live";
      const figure = figureOf(chart);
      chart.append(live);
      fit(chart);
      await Plotly.newPlot(live, figure.data, figure.layout, options);
      chart.classList.add("book-awake");
      chart.dataset.state = "awake";
    } catch (error) {
      // The poster and the table stay: the reader loses nothing.
      chart.querySelectorAll(".book-live").forEach(function (node) { node.remove(); });
      chart.dataset.state = "";
    }
  }

  /** Step through the points with the arrow keys, as the mouse would hover them. */
  function step(chart, by) {
    const live = chart.querySelector(".book-live");
    const points = live.data.flatMap(function (trace, curve) {
      const length = Math.max((trace.x || []).length, (trace.y || []).length);
      return Array.from({ length: length }, function (_, point) { return { curveNumber: curve, pointNumber: point }; });
    });
    const from = Number(chart.dataset.point || (by > 0 ? -1 : points.length));
    const next = (from + by + points.length) % points.length;
    chart.dataset.point = next;
    window.Plotly.Fx.hover(live, [points[next]]);
    setTimeout(function () { say(chart); }, 100); // Plotly draws no two labels within 50 ms
  }

  /** Tell who does not see it what the label at the point reads. */
  function say(chart) {
    if (!chart.nextElementSibling || !chart.nextElementSibling.matches(".book-point")) {
      const place = document.createElement("p");
      place.className = "book-point mv-hidden";
      place.setAttribute("role", "status");
      chart.after(place);
    }
    chart.nextElementSibling.textContent = Array.from(chart.querySelectorAll(".hoverlayer .hovertext text"))
      .flatMap(function (text) { return text.children.length ? Array.from(text.children) : [text]; })
      .map(function (line) { return line.textContent; }).filter(Boolean).join(", ");
  }

  function start() {
    document.querySelectorAll(".book-chart").forEach(function (chart) {
      ["pointerenter", "pointerdown", "focus", "touchstart"].forEach(function (kind) {
        chart.addEventListener(kind, function () { wake(chart); }, { passive: true });
      });
      chart.addEventListener("keydown", function (event) {
        const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key]; // the page itself goes up and down
        if (by && chart.dataset.state === "awake") { event.preventDefault(); step(chart, by); }
        if (event.key === "Escape" && window.Plotly) window.Plotly.Fx.unhover(chart.querySelector(".book-live"));
      });
    });
    function redraw() {
      document.querySelectorAll(".book-awake").forEach(function (chart) {
        const figure = figureOf(chart);
        fit(chart);
        window.Plotly.react(chart.querySelector(".book-live"), figure.data, figure.layout, options);
      });
    }
    let width = innerWidth; // a phone that hides its address bar changes the height alone
    window.addEventListener("resize", function () {
      if (innerWidth !== width) redraw();
      width = innerWidth;
    });
    new MutationObserver(redraw).observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
  }

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
