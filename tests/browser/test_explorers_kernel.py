"""Explorers in JupyterLab under a real kernel, and in a saved notebook."""

from __future__ import annotations

import json
from itertools import islice

import nbformat
import pytest
from explorer_support import (
    ALL,
    actions,
    cell_output,
    chromium,
    jupyterlab,
    reveal,
    state_of,
    whole,
)
from nbclient import NotebookClient
from sampling import sampled

from multivector import explorers
from multivector.book.figures import widgets

pytestmark = [pytest.mark.browser, pytest.mark.slow]
EXPLORER = "section.mv-explorer svg"

FIRST = """
from multivector import explorers
log = []
explorer = explorers.Trade()
explorer.observe(
    lambda change: log.append((change["name"], change["new"])),
    names=["flow", "unit", "eu", "partners"],
)
explorer
"""


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    with jupyterlab(tmp_path_factory.mktemp("lab")) as found:
        yield found


@pytest.fixture
def notebook(lab):
    """A page with a fresh notebook whose first cell printed a Trade explorer."""
    with chromium() as browser, cell_output(browser, lab, FIRST, EXPLORER) as page:
        yield page


def python(page, code: str) -> object:
    """Run ``code`` in the notebook's kernel, past the cells, and return its last value as JSON."""
    return page.evaluate(
        """async (code) => {
          const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
          const future = kernel.requestExecute({ code, store_history: false });
          let out = null; let error = null;
          future.onIOPub = (m) => {
            if (m.header.msg_type === 'stream') out = (out ?? '') + m.content.text;
            if (m.header.msg_type === 'error') error = m.content.traceback.join('\\n');
          };
          await future.done;
          if (error) throw new Error(error);
          return out === null ? null : JSON.parse(out);
        }""",
        f"import json\n{code}",
    )


def test_clicks_reach_python_and_python_moves_the_view(notebook):
    page = notebook
    el = page.locator("section.mv-explorer")
    el.get_by_label("Exports").check()
    el.get_by_label("Share").check()
    el.get_by_label("Italy").check()
    page.wait_for_timeout(500)
    assert python(page, "print(json.dumps(explorer.values))") == {
        "partners": ["EU27", "CHN", "RUS", "USA", "ITA"],
        "flow": "exports", "unit": "share", "eu": "one",
    } | ({"mirror": False} if el.locator("[data-control=mirror]").count() else {})  # fmt: skip
    python(page, "explorer.flow = 'imports'; explorer.partners = ['RUS']")
    page.wait_for_function("document.querySelector('.mv-summary').textContent.includes('imports')")
    assert "Russia" in el.locator(".mv-summary").inner_text()
    assert (
        el.get_by_label("Imports", exact=True).is_checked()
        and not el.get_by_label("China", exact=True).is_checked()
    )
    refused = python(
        page,
        "try:\n    explorer.flow = 'nonsense'\n"
        "except Exception as e:\n    print(json.dumps(type(e).__name__))",
    )
    assert refused == "TraitError"
    assert el.locator("[data-act=link]").count() == 0, "a notebook's address is not ours to write"


def test_keys_typed_in_an_explorer_never_reach_the_notebook(notebook):
    """JupyterLab would go to the next cell, add one, or delete the one in use."""
    page = notebook
    cells = """(() => { const nb = window.jupyterapp.shell.currentWidget.content;
      return [nb.activeCellIndex, nb.widgets.length]; })()"""
    before = page.evaluate(cells)
    el = page.locator("section.mv-explorer")
    for control in ("input[type=radio]", "[data-act=csv]", ".mv-table > summary", ".mv-tablebox"):
        if control == ".mv-tablebox":
            el.locator(".mv-table > summary").click()
        el.locator(control).first.focus()
        for key in ("ArrowDown", "b", "a", "x"):
            page.keyboard.press(key)
        page.wait_for_timeout(300)
        assert page.evaluate(cells) == before, control


@pytest.mark.parametrize("cls", sampled([cls for cls in ALL if cls != "Trade"], 2))
def test_every_control_reaches_python(lab, cls):
    """A slider, a step, a list, a grid, a text: what the view holds, the kernel holds."""
    code = f"from multivector import explorers\nexplorer = explorers.{cls}()\nexplorer"
    with chromium() as browser, cell_output(browser, lab, code, EXPLORER) as page:
        name = ALL[cls]
        for control in getattr(explorers, cls)().spec["controls"]:
            key = control["key"]
            box = reveal(page, name, control)
            before = python(page, "print(json.dumps(explorer.values))")[key]
            first = state_of(page, name)["controls"]
            heard = []
            for act in islice(actions(page, box, control), 3):
                act()
                whole(state_of(page, name))
                page.wait_for_timeout(300)
                heard.append(python(page, "print(json.dumps(explorer.values))")[key])
            assert any(value != before for value in heard), key
            python(page, f"explorer.set_trait({key!r}, json.loads({json.dumps(before)!r}))")
            page.wait_for_timeout(300)
            assert state_of(page, name)["controls"] == first, f"{key}: Python did not move the view"


def test_no_quick_change_is_lost(notebook):
    """Two hundred changes right after the first paint: Python hears each one, in order."""
    page = notebook
    sent = page.evaluate(
        """() => {
          const el = document.querySelector('section.mv-explorer'); const sent = [];
          const pick = (control, value) => {
            const input = el.querySelector(`[data-control=${control}] input[value=${value}]`);
            if (input.checked) return;
            input.checked = true; input.dispatchEvent(new Event('input', { bubbles: true }));
            sent.push([control, value]);
          };
          const flows = ['exports', 'imports', 'balance', 'turnover'];
          for (let i = 0; i < 200; i += 1) {
            if (i % 3 === 0) pick('unit', i % 2 ? 'share' : 'dollars');
            else pick('flow', flows[i % 4]);
          }
          pick('eu', 'members');
          return sent;
        }"""
    )
    page.wait_for_timeout(3000)
    heard = python(page, "print(json.dumps(log))")
    assert heard[-1] == ["eu", "members"]
    assert heard == sent, f"{len(heard)} of {len(sent)} reached Python"
    shown = page.locator("section.mv-explorer .mv-summary").inner_text()
    values = python(page, "print(json.dumps(explorer.values))")
    assert values["flow"] in shown and values["eu"] == "members"


def test_a_saved_notebook_keeps_the_last_state(tmp_path):
    cells = [FIRST, "explorer.flow = 'balance'\nexplorer.partners = ['CHN', 'RUS']"]
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c) for c in cells])
    NotebookClient(
        book, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}
    ).execute()
    saved = json.loads(nbformat.writes(book))
    output = saved["cells"][0]["outputs"][-1]["data"]
    model = saved["metadata"]["widgets"][widgets.STATE_MIME]["state"][
        output["application/vnd.jupyter.widget-view+json"]["model_id"]
    ]["state"]
    state = {"data": model["data"], "spec": model["spec"]}
    state |= {c["key"]: model[c["key"]] for c in model["spec"]["controls"]}
    drawn = widgets.section(state)
    assert "Goods balance" in drawn and "China" in drawn
    assert "".join(output["text/plain"]).startswith("Kazakhstan's goods trade by partner")
