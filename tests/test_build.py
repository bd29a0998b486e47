"""A small book built the way the big one is: what must stop it, and what must run again."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[1]
CONF = """
project = "small"
extensions = [
    "myst_nb",
    *(f"multivector.book.{part}"
      for part in ("build.assets", "build.cache", "figures.figures", "frame.mathml",
                   "statements.facts", "statements.searches", "statements.numbers")),
]
html_theme = "sphinx_book_theme"
html_math_renderer = "mathml"
nb_execution_mode = "cache"
nb_execution_raise_on_error = True
nb_execution_show_tb = True
numfig = True
myst_enable_extensions = ["dollarmath"]
"""
HEAD = """---
jupytext:
  text_representation: {extension: .md, format_name: myst}
kernelspec: {name: python3, display_name: Python 3}
---
# A page

"""
GOOD = """```{code-cell} python
import pandas as pd
from multivector import charts, glue, load
total = load("trade")["exports_musd"].sum()
glue("total", float(total))
fig = charts.bars(
    pd.DataFrame({"who": ["all"], "value": [total]}), value="value", label="who",
    x_title="million US dollars", name="fig-total", caption="All exports",
    alt="One bar: the sum of all exports of the table, all years and partners together.",
    takeaway="One bar says little.", sources=["bns-trade"],
    table=pd.DataFrame({"total": [total]}),
)
fig
```

The sum is {glue:text}`total:.3f`, as {numref}`fig-total` shows.
"""


@pytest.fixture
def house(tmp_path):
    """A copy of package and tables, so that a test may change them, and an empty book."""
    shutil.copytree(ROOT / "src", tmp_path / "src", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "data", tmp_path / "data")
    for name in ("package.json", "package-lock.json"):
        shutil.copy(ROOT / name, tmp_path)
    (tmp_path / "node_modules").symlink_to(ROOT / "node_modules")
    (tmp_path / "book").mkdir()
    (tmp_path / "book" / "conf.py").write_text(CONF)
    return tmp_path


def build(house: Path, page: str) -> subprocess.CompletedProcess:
    (house / "book" / "index.md").write_text(HEAD + page)
    command = [
        sys.executable,
        "-m",
        "sphinx",
        "-W",
        "--keep-going",
        "-n",
        "-b",
        "html",
        str(house / "book"),
        str(house / "out" / "html"),
    ]
    environment = {**os.environ, "PYTHONPATH": str(house / "src")}
    return subprocess.run(command, capture_output=True, text=True, env=environment)


def shown(house: Path) -> str:
    page = (house / "out" / "html" / "index.html").read_text(encoding="utf-8")
    return page[page.index("<article") : page.index("</article>")]


def test_a_changed_table_and_a_changed_module_run_the_page_again(house):
    first = build(house, GOOD)
    assert first.returncode == 0, first.stderr
    assert "Executing notebook" in first.stdout + first.stderr
    assert "without encryption" not in first.stdout + first.stderr
    before = shown(house)
    assert 'id="fig-total"' in before and 'class="book-takeaway"' in before
    table = (house / "out/html/_downloads/figures/index/fig-total.csv").read_text()
    assert table.startswith("total\n")

    again = build(house, GOOD)
    assert again.returncode == 0
    assert "Executing notebook" not in again.stdout + again.stderr
    assert shown(house) == before

    prose = build(house, GOOD + "\nAnother sentence.\n")
    assert prose.returncode == 0
    assert "Executing notebook" not in prose.stdout + prose.stderr
    ran = json.loads((house / "out/jupyter_execute/index.ipynb").read_text("utf-8"))
    assert any(cell.get("outputs") for cell in ran["cells"]), "the run notebook lost its outputs"

    trade = house / "data" / "trade.csv"
    lines = trade.read_text().split("\n")
    cells = lines[1].split(",")
    cells[3] = str(float(cells[3]) + 1000)
    trade.write_text("\n".join([lines[0], ",".join(cells), *lines[2:]]))
    changed = build(house, GOOD)
    assert changed.returncode == 0, changed.stderr
    assert shown(house) != before

    after_table = shown(house)
    module = house / "src" / "multivector" / "charts.py"
    module.write_text(module.read_text().replace('"size": 13}', '"size": 15}'))
    assert build(house, GOOD).returncode == 0
    assert shown(house) != after_table


@pytest.mark.parametrize(
    ("page", "message"),
    [
        ('```{code-cell} python\nraise RuntimeError("the cell says no")\n```\n', "cell says no"),
        (
            "```{code-cell} python\nimport plotly.graph_objects as go\n"
            "go.Figure(go.Bar(x=[1], y=[2]))\n```\n",
            "charts.finish",
        ),
        (GOOD.replace('caption="All exports"', 'caption=""'), "caption is missing"),
        (re.sub('alt=".*"', 'alt=" "', GOOD), "alt is missing"),
        (GOOD.replace('takeaway="One bar says little."', 'takeaway=""'), "takeaway is missing"),
        (GOOD.replace('{"total": [total]}', ""), "table is missing"),
        (GOOD.replace('["bns-trade"]', "[]"), "sources is missing"),
        (GOOD.replace("bns-trade", "nobody"), "nobody"),
        ("Trade was 48.8 billion.\n", "bare number"),
        ("Trade was {fact}`no-such-fact`.\n", "no-such-fact"),
        ("It was {search}`no-such-search`.\n", "no-such-search"),
        ("See {numref}`fig-nowhere`.\n", "fig-nowhere"),
        (r"Then $\nosuch{x}$ follows." + "\n", "formula"),
    ],
    ids=["raise", "plain figure", "caption", "alt", "takeaway", "table", "sources", "source",
         "number", "fact", "search", "ref", "math"],
)
def test_what_is_broken_stops_the_build_and_is_named(house, page, message):
    done = build(house, page)
    assert done.returncode != 0
    assert message in done.stdout + done.stderr
