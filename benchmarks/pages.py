"""What a page weighs as it travels, and what Lighthouse makes of it on a phone.

Every page stands beside the same content in the frame Jupyter Book gives by default (the theme's
own layout, scripts and styles; the house's figures, facts and explorers in both, because the
default drops Plotly figures). The default page also asks a content network for MathJax; without a
network that is not counted, so the comparison flatters the default.

Bytes are gzip, as a web server sends them, before a reader touches anything. Lighthouse: mobile,
simulated throttling, median of three runs. All pages in both frames take more than an hour on two
cores. MULTIVECTOR_PAGES=a,b picks pages by a part of their name, MULTIVECTOR_LIGHTHOUSE=0 prints
the bytes alone, MULTIVECTOR_DEFAULT=0 leaves the default frame out, and MULTIVECTOR_RECORD=1 writes
our table into RESULTS.md, with the date and what else one must know to believe it.

    python -m benchmarks.pages
"""

from __future__ import annotations

import gzip
import http.server
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

import yaml

import benchmarks
from multivector.book import PARTS
from multivector.book.build.assets import node_command

ROOT = Path(__file__).resolve().parents[1]
BOOK = ROOT / "_build" / "html"
RUNS = 3
KINDS = {".html": "html", ".css": "css", ".js": "script", ".woff2": "font", ".ttf": "font",
         ".svg": "image", ".png": "image"}  # fmt: skip
SCORES = ("performance", "accessibility", "best-practices", "seo")
#: heading -> (Lighthouse's audit, how its number is shown)
TIMES = {
    "LCP s": ("largest-contentful-paint", lambda ms: f"{ms / 1000:.2f}"),
    "TBT ms": ("total-blocking-time", lambda ms: f"{ms:.0f}"),
    "CLS": ("cumulative-layout-shift", lambda shift: f"{shift:.3f}"),
}
INTRODUCTION = """# What a phone gets

Written by `python -m benchmarks.pages`, not by hand, on the book as of commit {commit}.
Lighthouse {lighthouse}, mobile with its simulated throttling; performance and times are the median
of {runs} runs, on {cores} cores with a benchmark index of {speed:.0f}.
KB are gzip, before a reader touches anything.
Search and the page for lost addresses ask search engines to leave them out: hence their SEO of 60.
Peers measured the same way on such a machine, when the book was begun: a Plotly lecture of a policy
course (afeld/python-public-policy) performance 49 with 2.86 MB, QuantEcon's introductory lectures
43 to 45 with 0.96 to 1.12 MB, the theme's default page 49 with 837 KB.
"""
sys.path.insert(0, str(ROOT / "tests"))


class Packed(http.server.SimpleHTTPRequestHandler):
    """Serve files as a web host does: gzip where the browser takes it."""

    def do_GET(self) -> None:
        file = Path(self.translate_path(self.path.split("?")[0]))
        if not file.is_file() or file.suffix in (".woff2", ".png"):
            return super().do_GET()
        body = gzip.compress(file.read_bytes(), mtime=0)
        self.send_response(200)
        kind = self.guess_type(str(file))
        self.send_header("Content-Type", f"{kind}; charset=utf-8" if "text" in kind else kind)
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "max-age=600")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words: object) -> None:
        """Say nothing."""


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve a folder on a free port of this machine; yield its address."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Packed, directory=folder))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()


def default_book(out: Path) -> Path:
    """Build the same pages in Jupyter Book's default frame; return the folder of its pages."""
    source = out / "source"
    source.mkdir()
    shutil.copytree(ROOT / "chapters", source / "chapters")
    shutil.copy(ROOT / "_toc.yml", source)
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    frame = {"frame.weight", "frame.mathml", "notebooks.notebooks", "notebooks.launch",
             "statements.numbers"}
    config["sphinx"]["extra_extensions"] = ["sphinx_proof", "sphinx_exercise"] + [
        f"multivector.book.{part}" for part in PARTS if part not in frame
    ]
    config["sphinx"]["config"] = {"suppress_warnings": ["myst.xref_missing"]}
    config["launch_buttons"] = {}
    (source / "_config.yml").write_text(yaml.safe_dump(config), encoding="utf-8")
    command = [str(Path(sys.executable).with_name("jupyter-book")), "build", str(source), "-q",
               "--path-output", str(out)]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True)
    pages = out / "_build" / "html"
    if not (pages / "chapters" / "index.html").is_file():
        raise RuntimeError(f"the default book did not build: {done.stderr[-1500:]}")
    return pages


def weigh(browser: object, address: str) -> Counter[str]:
    """Return gzip bytes of a page by kind, as a phone's browser asks for them, nothing touched."""
    sizes: Counter[str] = Counter()
    context = browser.new_context(viewport={"width": 360, "height": 740})
    home = re.match(r"https?://[^/]+", address)[0]
    context.route("**/*", lambda r: r.continue_() if r.request.url.startswith(home) else r.abort())
    tab = context.new_page()

    def note(response: object) -> None:
        length = int(response.headers.get("content-length", 0))
        suffix = Path(response.url.split("?")[0]).suffix
        sizes[KINDS.get(suffix, "other")] += length

    tab.on("response", note)
    tab.goto(address, wait_until="load")
    tab.wait_for_timeout(700)
    context.close()
    return sizes


def lighthouse(address: str, chromium: str) -> dict[str, float]:
    """Return Lighthouse's four scores (of 100) and the numbers in ``TIMES``.

    What depends on time is a median of ``RUNS``; the other three scores do not, and are asked once.
    """
    command, environment = node_command("node")
    environment["CHROME_PATH"] = chromium
    runs = []
    for run in range(RUNS):
        asked = SCORES[:1] if run else SCORES
        done = subprocess.run(
            [*command, ROOT / "node_modules/lighthouse/cli/index.js", address, "--quiet",
             "--output=json", "--disable-full-page-screenshot",
             f"--only-categories={','.join(asked)}",
             "--chrome-flags=--headless=new --no-sandbox --disable-gpu"],
            capture_output=True, text=True, env=environment, timeout=240,
        )  # fmt: skip
        if done.returncode:
            raise RuntimeError(f"Lighthouse failed on {address}: {done.stderr[-500:]}")
        runs.append(json.loads(done.stdout))

    def score(name: str) -> float:
        given = (run["categories"][name]["score"] for run in runs if name in run["categories"])
        return statistics.median(100 * (one or 0) for one in given)

    found = {name: score(name) for name in SCORES}
    for heading, (audit, _) in TIMES.items():
        found[heading] = statistics.median(run["audits"][audit]["numericValue"] for run in runs)
    found["speed"] = statistics.median(run["environment"]["benchmarkIndex"] for run in runs)
    return found


def cells(found: dict[str, float]) -> list[str]:
    """Return what ``lighthouse`` found as the cells of a row: ``SCORES``, then ``TIMES``."""
    times = [shown(found[name]) for name, (_, shown) in TIMES.items()]
    return [f"{found[score]:.0f}" for score in SCORES] + times


def record(table: dict[str, tuple[float, dict[str, float]]]) -> None:
    """Write our measurements, page -> (KB, Lighthouse's numbers), into ``RESULTS.md``."""
    version = json.loads((ROOT / "node_modules/lighthouse/package.json").read_text("utf-8"))
    heads = ("page", "KB", *SCORES, *TIMES)
    lines = [
        "| " + " | ".join(heads) + " |",
        "|---|" + "---:|" * (len(heads) - 1),
        *(
            f"| {' | '.join([page, f'{size:.0f}', *cells(one)])} |"
            for page, (size, one) in table.items()
        ),
    ]
    words = INTRODUCTION.format(
        commit=benchmarks.commit(), lighthouse=version["version"], runs=RUNS, cores=os.cpu_count(),
        speed=statistics.median(one["speed"] for _, one in table.values()),
    )  # fmt: skip
    text = f"{words}\n" + "\n".join(lines) + "\n"
    Path(__file__).with_name("RESULTS.md").write_text(text, encoding="utf-8")


def main() -> None:
    """Print the tables."""
    import install_browser
    from playwright.sync_api import sync_playwright

    wanted = [part for part in os.environ.get("MULTIVECTOR_PAGES", "").split(",") if part]
    recorded = os.environ.get("MULTIVECTOR_RECORD") == "1"
    if recorded and wanted:
        sys.exit("RESULTS.md holds every page: leave out MULTIVECTOR_PAGES or MULTIVECTOR_RECORD")
    every = [*sorted((BOOK / "chapters").rglob("*.html")), BOOK / "search.html", BOOK / "404.html"]
    pages = [
        page.relative_to(BOOK).as_posix()
        for page in every
        if not wanted or any(part in str(page) for part in wanted)
    ]
    both = os.environ.get("MULTIVECTOR_DEFAULT") != "0"
    chromium = install_browser.find()
    with ExitStack() as stack:
        folders = [BOOK]
        if both:
            folders.append(default_book(Path(stack.enter_context(tempfile.TemporaryDirectory()))))
        homes = [stack.enter_context(served(folder)) for folder in folders]
        playwright = stack.enter_context(sync_playwright())
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        print("Gzip KB before any interaction (phone)\n")
        kinds = ("html", "css", "script", "font", "image")
        print(f"{'page':44}" + "".join(f"{kind:>8}" for kind in (*kinds, "all"))
              + ("  default" if both else ""))  # fmt: skip
        sizes = {}
        for page in pages:
            here, *there = (weigh(browser, f"{home}/{page}") for home in homes)
            sizes[page] = here.total() / 1024
            print(f"{page.removeprefix('chapters/'):44}"
                  + "".join(f"{here[kind] / 1024:>8.0f}" for kind in kinds)
                  + f"{sizes[page]:>8.0f}"
                  + "".join(f"{other.total() / 1024:>9.0f}" for other in there))  # fmt: skip
        browser.close()
        if os.environ.get("MULTIVECTOR_LIGHTHOUSE") == "0":
            return
        print(f"\nLighthouse mobile, median of {RUNS}: ours{' / default' if both else ''}\n")
        print(f"{'page':44}" + "".join(f"{name:>16}" for name in (*SCORES, *TIMES)))
        table = {}
        for page in pages:
            measured = [lighthouse(f"{home}/{page}", chromium) for home in homes]
            table[page.removeprefix("chapters/")] = (sizes[page], measured[0])
            row = (" / ".join(pair) for pair in zip(*map(cells, measured), strict=True))
            print(f"{page.removeprefix('chapters/'):44}"
                  + "".join(f"{cell:>16}" for cell in row), flush=True)  # fmt: skip
        if recorded:
            record(table)


if __name__ == "__main__":
    main()
