"""From input to redrawn chart: each explorer on a static page, beside the same control in a kernel.

For every explorer 200 inputs on the static page, and for the trade explorer's flow the same four
choices built the usual way: ``interact`` and a Plotly ``FigureWidget`` under a local kernel in
JupyterLab. One clock for both: it starts with the input event in the page and stops when the
frame after the first change of the chart has been laid out. Also: what each page weighs.

    python -m benchmarks.explorers
"""

from __future__ import annotations

import gzip
import statistics
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "browser"))
from explorer_support import (  # noqa: E402
    ALL,
    build_book,
    cell_output,
    chromium,
    jupyterlab,
    opened,
    served,
)

from multivector import explorers  # noqa: E402
from multivector.book.figures import widgets  # noqa: E402
from multivector.explorers import base  # noqa: E402

INPUTS = 200

#: One measured input: wait for the first change below `chart`, then for the frame that shows it.
TIME = """
() => { window.mvTime = (chart, act) => new Promise((resolve, reject) => {
  const late = setTimeout(() => { watch.disconnect(); reject(new Error('no change in 10 s')); }, 10000);
  let start;
  const watch = new MutationObserver(() => {
    watch.disconnect(); clearTimeout(late);
    chart.getBoundingClientRect();
    const drawn = performance.now() - start;
    requestAnimationFrame(() => setTimeout(() => resolve([drawn, performance.now() - start])));
  });
  watch.observe(chart, { subtree: true, childList: true, attributes: true, characterData: true });
  start = performance.now();
  act();
}); }
"""  # noqa: E501

#: Walk through an explorer's controls, each time to a value it does not hold.
STATIC = """
async ([name, count]) => {
  const el = document.querySelector(`section.mv-explorer[data-explorer="${name}"]`);
  const chart = el.querySelector('.mv-chart'); const out = [];
  let s = 12345;
  const random = () => (s = (s * 1103515245 + 12345) % 2147483648) / 2147483648;
  while (out.length < count) {
    const all = [...el.querySelectorAll('[data-control] input, [data-control] select')]
      .filter((x) => !/search|text/.test(x.type) && !x.closest('[hidden]'));
    const input = all[Math.floor(random() * all.length)];
    if (input.type === 'radio' && input.checked) continue;
    out.push(await mvTime(chart, () => {
      if (/radio|checkbox/.test(input.type)) input.checked = !input.checked;
      else if (input.tagName === 'SELECT') input.selectedIndex =
        (input.selectedIndex + 1) % input.options.length;
      else { const at = Number(input.value);
        input.value = at + Number(input.step) > Number(input.max) ? input.min : at + Number(input.step); }
      input.dispatchEvent(new Event('input', { bubbles: true }));
    }));
  }
  return out;
}
"""  # noqa: E501

USUAL = """
import plotly.graph_objects as go
from ipywidgets import RadioButtons, interact
from multivector import indicators, load

trade, partners = load("trade"), load("partners")
eu = set(indicators.bloc(partners, "eu27")["EU27"])
code = trade["partner"].where(~trade["partner"].isin(eu), "EU27")
flows = trade.assign(partner=code).groupby(["partner", "year"])[["exports_musd", "imports_musd"]].sum()
names = ["EU27", "CHN", "RUS", "USA"]
figure = go.FigureWidget([go.Scatter(name=n) for n in names])

def draw(flow):
    with figure.batch_update():
        for trace, name in zip(figure.data, names):
            rows = flows.loc[name]
            x, m = rows["exports_musd"], rows["imports_musd"]
            y = {"turnover": x + m, "exports": x, "imports": m, "balance": x - m}[flow] / 1000
            trace.x, trace.y = list(y.index), list(y)

interact(draw, flow=RadioButtons(options=["turnover", "exports", "imports", "balance"]))
figure
"""  # noqa: E501

KERNEL = """
async (count) => {
  const chart = document.querySelector('.js-plotly-plot'); const out = [];
  const inputs = [...document.querySelectorAll('.widget-radio input[type=radio]')];
  for (let i = 0; i < count; i += 1) {
    const input = inputs[(i + 1) % inputs.length];
    out.push(await mvTime(chart.querySelector('.scatterlayer'), () => input.click()));
    await new Promise((r) => setTimeout(r, 150)); // let the rest of the redraw settle
  }
  return out;
}
"""


def row(name: str, times: list[list[float]]) -> list[float]:
    """Print median and 95th percentile (ms) of changed and of shown; return the shown ones."""
    parts = []
    for values in zip(*times, strict=True):
        ordered = sorted(values)
        parts += [statistics.median(ordered), ordered[int(0.95 * (len(ordered) - 1))]]
    print(f"{name:34}" + "".join(f"{part:10.1f}" for part in parts))
    return parts


def main() -> None:
    """Print the table; every number is a measurement of this run."""
    print(f"{INPUTS} inputs each, milliseconds; 'changed': the chart's new elements are laid out;")
    print("'shown': the frame after it. A frame lasts about 17 ms.\n")
    print(f"{'':34}{'changed':>10}{'p95':>10}{'shown':>10}{'p95':>10}")
    measured = {}
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        book = build_book(Path(folder, "book"))
        with served(book) as address, opened(browser, f"{address}/index.html") as page:
            page.evaluate(TIME)
            for name in ALL.values():
                measured[name] = row(f"static page: {name}", page.evaluate(STATIC, [name, INPUTS]))
            flow = page.evaluate(
                STATIC.replace("'[data-control] input, [data-control] select'",
                               "'[data-control=flow] input'"),
                ["trade", INPUTS],
            )  # fmt: skip
            ours = row("static page: trade, flow only", flow)
        lab_folder = Path(folder, "lab")
        lab_folder.mkdir()
        with (
            jupyterlab(lab_folder) as lab,
            cell_output(browser, lab, USUAL, ".js-plotly-plot .scatterlayer .trace") as page,
        ):
            page.wait_for_selector(".widget-radio input")
            page.wait_for_timeout(2000)
            page.evaluate(TIME)
            usual = row("kernel: interact and FigureWidget", page.evaluate(KERNEL, INPUTS))
    print(
        f"\nThe same control: {usual[1] / ours[1]:.0f} times faster without a kernel by the 95th "
        f"percentile of 'changed', {usual[3] / ours[3]:.1f} times by that of 'shown'."
    )
    worst = max(measured, key=lambda name: measured[name][3])
    print(f"Slowest p95 shown: {worst}, {measured[worst][3]:.1f} ms.")
    print("\ngzip bytes     in the page    script, base included")
    for cls, name in ALL.items():
        page_bytes = len(gzip.compress(widgets.section(getattr(explorers, cls)().state()).encode()))
        print(f"{name:14}{page_bytes:12}{len(gzip.compress(base.module(name).encode())):16}")


if __name__ == "__main__":
    main()
