"""What the browser tests of explorers share: a small book, a browser, a way to drive controls."""

from __future__ import annotations

import http.server
import os
import re
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import nbformat
from playwright.sync_api import Browser, Error, Page, sync_playwright

from multivector import explorers

sys.path.insert(0, str(Path(__file__).parents[1]))
import install_browser  # noqa: E402

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
#: every explorer the package offers: class name -> name in the page
ALL = {cls: getattr(explorers, cls).name for cls in explorers.__all__ if cls != "Explorer"}

#: the element of an explorer, by its name
LIVE = "section.mv-explorer[data-explorer='{}']"

CONF = """
project = "explorers"
extensions = ["myst_nb", "multivector.book.build.assets", "multivector.book.figures.widgets"]
html_theme = "sphinx_book_theme"
html_context = {"default_mode": "light"}
html_favicon = None
nb_execution_mode = "force"
nb_execution_raise_on_error = True
nb_execution_show_tb = True
"""
PAGE = """---
jupytext:
  text_representation: {extension: .md, format_name: myst}
kernelspec: {name: python3, display_name: Python 3}
---
# Explorers

"""
ALIVE = """(() => {
  const all = [...document.querySelectorAll('section.mv-explorer')];
  return all.length && all.every(one => one.dataset.live === 'yes');
})()"""


def build_book(folder: Path) -> Path:
    """Build a book of one page that holds every explorer, the way the book builds it."""
    source = folder / "source"
    source.mkdir(parents=True)
    (source / "conf.py").write_text(CONF)
    cells = ["```{code-cell} python\nfrom multivector import explorers\n```"]
    cells += [f"```{{code-cell}} python\nexplorers.{cls}()\n```" for cls in ALL]
    (source / "index.md").write_text(PAGE + "\n\n".join(cells) + "\n")
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "sphinx",
            "-q",
            "-W",
            "-b",
            "html",
            str(source),
            str(folder / "out"),
        ],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return folder / "out"


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        pass


@contextmanager
def served(folder: Path, handler: type[Quiet] = Quiet) -> Iterator[str]:
    """Serve a folder on loopback; gives its address."""
    server = http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), partial(handler, directory=str(folder))
    )
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start the system's Chromium."""
    with sync_playwright() as tool:
        browser = tool.chromium.launch(executable_path=install_browser.find(), args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


def until(page: Page, expression: str, arg: object = None, seconds: float = 30) -> None:
    """Ask the page until ``expression`` holds.

    ``page.wait_for_function`` evaluates a string from a timer of the page's own, which the book's
    content-security policy forbids; asking from outside is allowed however long it takes.
    """
    end = time.monotonic() + seconds
    while not _holds(page, expression, arg):
        assert time.monotonic() < end, f"not within {seconds} s: {expression}"
        page.wait_for_timeout(50)


def _holds(page: Page, expression: str, arg: object) -> bool:
    """Ask once; a page that leaves for another address while asked does not know yet."""
    try:
        return bool(page.evaluate(expression, arg))
    except Error as error:
        if "Execution context was destroyed" not in error.message:
            raise
        return False


def ready(page: Page) -> None:
    """Wait until the scripts that a page fetches late have run; without scripts there are none."""
    until(
        page,
        """(() => { const {theme, scripts} = document.documentElement.dataset;
             return !theme || !document.getElementById('mv-late') || scripts === 'all'; })()""",
    )


def idle(page: Page) -> None:
    """Wait until the page has done what it put off until it is idle (callbacks run in order)."""
    ready(page)
    page.evaluate("new Promise((done) => requestIdleCallback(() => done()))")
    # Boxes are measured with the frame after that.
    page.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done, 50)))")


def lay_out(page: Page) -> None:
    """Lay out at once what page.css leaves on a phone until it comes near.

    For tests that look at a whole page from above: what is far off has no true size, and what is
    too wide for its box would be cut there instead of showing.
    """
    page.evaluate(
        """() => { const sheet = new CSSStyleSheet();
             sheet.replaceSync('.bd-article * { content-visibility: visible !important; }');
             document.adoptedStyleSheets = [sheet]; }"""
    )


@contextmanager
def opened(browser: Browser, address: str, **options: object) -> Iterator[Page]:
    """Open a page with every host but its own blocked; fails on any error it logs."""
    context = browser.new_context(**options)
    trouble: list[str] = []
    home = address.split("/")[2]

    def gate(route):
        host = route.request.url.split("/")[2] if "://" in route.request.url else ""
        if route.request.url.startswith(("file:", "data:", "blob:")) or host == home:
            route.continue_()
        else:
            trouble.append(f"asked another host: {route.request.url}")
            route.abort()

    context.route("**/*", gate)
    page = context.new_page()
    page.on("pageerror", lambda error: trouble.append(f"page error: {error}"))
    page.on(
        "console",
        lambda m: trouble.append(f"console: {m.text}")
        if m.type == "error" and "favicon" not in f"{m.text}{m.location}" else None,
    )  # fmt: skip
    page.goto(address)
    ready(page)
    page.keyboard.press("Shift")  # explorers sleep until the reader comes near, or presses a key
    until(page, ALIVE)
    yield page
    context.close()
    assert not trouble, trouble


def state_of(page, name):
    return page.evaluate(
        """(name) => {
          const el = document.querySelector(`section.mv-explorer[data-explorer="${name}"]`);
          return { state: el.querySelector('.mv-chart').dataset.state,
            label: el.querySelector('.mv-chart').getAttribute('aria-label'),
            summary: el.querySelector('.mv-summary').textContent,
            chart: el.querySelector('.mv-chart').innerHTML,
            notice: el.querySelector('.mv-notice').textContent,
            controls: [...el.querySelectorAll('[data-control] input, [data-control] select')]
              .filter((x) => x.type !== 'search').map((x) =>
                /checkbox|radio/.test(x.type) ? x.checked : x.value) };
        }""",
        name,
    )


def whole(shown):
    """A view is whole: something is drawn or said, and the picture is named by its summary."""
    assert shown["state"] in ("ok", "empty"), shown["summary"]
    assert shown["summary"].strip() and shown["label"] == shown["summary"]
    assert "<svg" in shown["chart"] or "mv-message" in shown["chart"]
    assert not re.search(r"NaN|undefined|Infinity|\bnull\b", shown["summary"] + shown["chart"])


def reveal(page, name, control):
    """Bring a control into view the way a reader would; returns its box."""
    el = page.locator(LIVE.format(name))
    for key, values in control.get("when", {}).items():
        el.locator(f"[data-control={key}] label:has(input[value='{values[0]}'])").click()
    for fold in el.locator(".mv-fold > summary, .mv-row > summary").all():
        if not fold.evaluate("x => x.parentElement.open"):
            fold.click()
    box = el.locator(f"[data-control='{control['key']}']")
    assert box.is_visible(), control["key"]
    return box


def actions(page, box, control, touch=False):
    """Everything a mouse or a finger can do to a control, to call one after the other."""
    for kind in ("radio", "checkbox"):
        for label in box.locator(f"label:visible:has(input[type={kind}])").all()[:6]:
            yield label.tap if touch else label.click
    for select in box.locator("select").all():
        for option in control["options"][:6]:
            yield lambda select=select, option=option: select.select_option(option[0])
    for button in box.locator("[data-step]").all():
        yield button.tap if touch else button.click
    for field in box.locator("input[type=text]").all():
        yield lambda field=field: field.fill("https://example.org/#weighing.step=nonsense")
    for slider in box.locator("input[type=range]").all():
        for part in (0.1, 0.9) if control["type"] == "slider" else (0.2,):

            def click(slider=slider, part=part):
                slider.scroll_into_view_if_needed()
                at = slider.bounding_box()
                press = page.touchscreen.tap if touch else page.mouse.click
                press(at["x"] + at["width"] * part, at["y"] + at["height"] / 2)

            yield click


@contextmanager
def jupyterlab(folder: Path) -> Iterator[tuple[Path, str, str]]:
    """Start a JupyterLab on loopback with settings of its own; gives (folder, address, token)."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = dict(os.environ)
    for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR"):
        environment[name] = str(folder / name.lower())
    environment["JUPYTERLAB_SETTINGS_DIR"] = str(folder / "settings")
    environment["JUPYTERLAB_WORKSPACES_DIR"] = str(folder / "workspaces")
    work = folder / "work"
    work.mkdir()
    token = "explorers"
    server = subprocess.Popen(
        [sys.executable, "-m", "jupyterlab", "--no-browser", f"--port={port}", "--allow-root",
         f"--IdentityProvider.token={token}", f"--ServerApp.root_dir={work}",
         "--LabApp.expose_app_in_browser=True", "--LabApp.news_url=",
         "--ServerApp.ip=127.0.0.1"],
        env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(240):
            try:
                urllib.request.urlopen(f"{address}/api?token={token}", timeout=1)
                break
            except OSError:
                time.sleep(0.5)
        else:
            raise RuntimeError("JupyterLab did not start")
        yield work, address, token
    finally:
        server.terminate()
        server.wait(30)


@contextmanager
def cell_output(
    browser: Browser, lab: tuple[Path, str, str], code: str, wanted: str
) -> Iterator[Page]:
    """Run ``code`` in a new notebook and wait for ``wanted``; fails if another host was asked."""
    folder, address, token = lab
    name = f"n{time.monotonic_ns()}.ipynb"
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    book = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(code), nbformat.v4.new_code_cell("")],
        metadata={"kernelspec": kernel},
    )
    nbformat.write(book, folder / name)
    page = browser.new_page(viewport={"width": 1200, "height": 1400})
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{address}/lab/tree/{name}?token={token}&reset")
    for ready in (
        "window.jupyterapp?.shell?.currentWidget?.content?.widgets?.length >= 2",
        "window.jupyterapp.shell.currentWidget.sessionContext.session"
        "?.kernel?.connectionStatus === 'connected'",
    ):
        page.wait_for_function(ready, timeout=120_000)
    page.evaluate(
        """() => { const nb = window.jupyterapp.shell.currentWidget.content;
          nb.activeCellIndex = 0;
          return window.jupyterapp.commands.execute('notebook:run-cell'); }"""
    )
    page.wait_for_selector(wanted, timeout=120_000)
    yield page
    page.close()
    others = [url for url in asked if not url.startswith((address, "data:", "blob:", "ws:"))]
    assert not others, others


#: Random control events inside the page, seeded; returns the first trouble or null.
RANDOM_WALK = """
([name, count, seed]) => {
  let s = seed >>> 0;
  const random = () => { // mulberry32
    s = (s + 0x6D2B79F5) >>> 0;
    let t = Math.imul(s ^ (s >>> 15), 1 | s);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  const el = document.querySelector(`section.mv-explorer[data-explorer="${name}"]`);
  const seen = new Set();
  for (let i = 0; i < count; i += 1) {
    const inputs = [...el.querySelectorAll('[data-control] input, [data-control] select')]
      .filter((x) => x.type !== 'search' && !x.closest('[hidden]'));
    const input = inputs[Math.floor(random() * inputs.length)];
    if (random() < 0.02) { el.querySelector('[data-act="reset"]').click(); continue; }
    if (input.type === 'checkbox') input.checked = !input.checked;
    else if (input.type === 'radio') input.checked = true;
    else if (input.tagName === 'SELECT')
      input.selectedIndex = Math.floor(random() * input.options.length);
    else {
      const r = random();
      const lo = Number(input.min); const hi = Number(input.max);
      input.value = r < 0.15 ? lo : r > 0.85 ? hi : lo + random() * (hi - lo);
    }
    input.dispatchEvent(new Event('input', { bubbles: true }));
    const chart = el.querySelector('.mv-chart');
    const words = el.querySelector('.mv-summary').textContent;
    const drawn = chart.querySelector('svg') ? chart.querySelector('svg').childElementCount > 1
      : (chart.querySelector('.mv-message')?.textContent ?? '') !== '';
    if (!drawn)
      return `blank after event ${i} on ${input.closest('[data-control]').dataset.control}`;
    if (chart.dataset.state === 'error') return `error after event ${i}: ${words}`;
    if (!words.trim() || /NaN|undefined|Infinity|null/.test(words + chart.innerHTML))
      return `nonsense after event ${i}: ${words}`;
    seen.add(words);
  }
  return seen.size < 3 ? `frozen: ${seen.size} different summaries` : null;
}
"""
