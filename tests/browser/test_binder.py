"""The Binder image, as near as one machine comes: from an empty folder to a chapter in JupyterLab.

The repository's files are copied to a new home, ``.binder`` is installed into an empty
environment there, ``postBuild`` runs, and a real Jupyter server starts in that home. From then on
nothing reaches another host: neither the kernel, nor the server, nor the browser.
"""

from __future__ import annotations

import csv
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page
from sampling import sampled

from multivector.book.notebooks import binder, notebooks
from multivector.grading.assignment import read_all

pytestmark = [pytest.mark.browser, pytest.mark.slow]
ROOT = Path(__file__).resolve().parents[2]
ASSIGNMENTS = {assignment.slug: assignment for assignment in read_all(ROOT)}
NOTEBOOKS = [page.file for page in notebooks.read().with_code()]

#: Loaded by every Python of the new environment: another host is an error.
PLUG = """
import socket
_connect = socket.socket.connect
def connect(self, address):
    if self.family != socket.AF_UNIX and address[0] not in ("127.0.0.1", "::1", "localhost"):
        raise OSError(f"the plug is pulled: {address}")
    return _connect(self, address)
socket.socket.connect = connect
"""

#: Runs all cells of the open notebook; returns [cell source, error] pairs.
RUN_ALL = """async () => {
    const app = window.jupyterapp;
    const panel = app.shell.currentWidget;
    await panel.context.ready;
    await panel.sessionContext.ready;
    await app.commands.execute("notebook:run-all-cells");
    const bad = [];
    for (const cell of panel.content.model.cells) {
        if (cell.type !== "code") continue;
        if (cell.executionCount === null) bad.push([cell.sharedModel.source, "did not run"]);
        for (let i = 0; i < cell.outputs.length; i++) {
            const output = cell.outputs.get(i).toJSON();
            if (output.output_type === "error") bad.push([cell.sharedModel.source, output.evalue]);
            if (output.name === "stderr") bad.push([cell.sharedModel.source, output.text]);
        }
    }
    return bad;
}"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as Binder makes it: the repository's files, and nothing of this machine's."""
    folder = tmp_path_factory.mktemp("binder") / "jovyan"
    command = ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others"]
    command.append("--exclude-standard")
    listed = subprocess.run(command, capture_output=True, text=True, check=True)
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    return folder


@pytest.fixture(scope="module")
def environment(home: Path) -> dict[str, str]:
    """The environment variables of an installed image, its plug pulled."""
    python = binder.install(home, home.parent / "srv")
    path = f"{python.parent}{os.pathsep}/usr/bin:/bin"
    plain = {"HOME": str(home), "PATH": path, "LANG": "C.UTF-8"}
    subprocess.run([str(home / ".binder/postBuild")], cwd=home, env=plain, check=True)
    site = next((home.parent / "srv/lib").glob("python3*/site-packages"))
    (site / "sitecustomize.py").write_text(PLUG)
    return plain


@pytest.fixture(scope="module")
def server(home: Path, environment: dict[str, str]) -> Iterator[str]:
    """A Jupyter server in the home, as Binder starts it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        "jupyter-lab", "--no-browser", "--allow-root", "--ip=127.0.0.1", f"--port={port}",
        "--IdentityProvider.token=", "--LabApp.expose_app_in_browser=True",
    ]  # fmt: skip
    log = (home.parent / "server.log").open("w")
    found = shutil.which(command[0], path=environment["PATH"])
    process = subprocess.Popen([found, *command[1:]], cwd=home, env=environment, stdout=log,
                               stderr=subprocess.STDOUT)  # fmt: skip
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(120):
            try:
                urllib.request.urlopen(f"{address}/api", timeout=2).close()
                break
            except OSError:
                time.sleep(0.5)
        else:
            pytest.fail((home.parent / "server.log").read_text())
        yield address
    finally:
        process.terminate()
        process.wait(timeout=30)
        log.close()


@pytest.fixture
def lab(chromium: Browser, server: str) -> Iterator[Page]:
    """A browser tab that reaches the server and nothing else."""
    context = chromium.new_context(viewport={"width": 1280, "height": 1000})
    outside: list[str] = []

    def gate(route) -> None:
        url = route.request.url
        if url.startswith((server, "data:", "blob:")):
            route.continue_()
        else:
            outside.append(url)
            route.abort()

    context.route("**/*", gate)
    yield context.new_page()
    context.close()
    assert outside == []


def opened(lab: Page, server: str, file: str) -> None:
    """Open a notebook by the address that a launch link uses."""
    lab.goto(f"{server}/lab/tree/notebooks/{file}?reset")
    lab.wait_for_function(
        "window.jupyterapp?.shell?.currentWidget?.sessionContext?.session?.kernel", timeout=60_000
    )


def test_the_plug_is_pulled(environment: dict[str, str]) -> None:
    script = "import socket; socket.create_connection(('192.0.2.1', 80), timeout=3)"
    python = shutil.which("python", path=environment["PATH"])
    done = subprocess.run([python, "-c", script], env=environment, capture_output=True, text=True)
    assert "the plug is pulled" in done.stderr


def test_every_chapter_has_its_notebook_and_the_image_its_pins(
    home: Path, environment: dict[str, str]
) -> None:
    assert NOTEBOOKS
    folder = home / "notebooks"
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*.ipynb")}
    assert {file for file in there if not file.startswith("exercises/")} == set(NOTEBOOKS)
    # Binder has no use for Colab's copies, and a folder without an address makes none.
    mine = {file for file in there - set(NOTEBOOKS) if not file.endswith("-colab.ipynb")}
    assert mine == {f"exercises/{slug}.ipynb" for slug in ASSIGNMENTS}
    brought = binder.pins(binder.freeze(home.parent / "srv/bin/python"))
    assert brought == binder.pins((ROOT / ".binder/constraints.txt").read_text())
    assert not {"sphinx", "jupyter-book", "frictionless", "otter-grader"} & set(brought)


@pytest.mark.parametrize("file", sampled(NOTEBOOKS, 2))
def test_a_chapter_runs_in_jupyterlab(lab: Page, server: str, file: str) -> None:
    opened(lab, server, file)
    assert lab.evaluate(RUN_ALL) == []


def test_charts_and_self_checks_are_alive(lab: Page, server: str) -> None:
    opened(lab, server, "theory/measuring-vectors.ipynb")
    assert lab.evaluate(RUN_ALL) == []

    def show(selector: str):
        found = lab.locator(selector).first
        for _ in range(60):
            if found.count():
                break
            lab.locator(".jp-WindowedPanel-outer").first.hover()
            lab.mouse.wheel(0, 500)
            lab.wait_for_timeout(150)
        found.scroll_into_view_if_needed()
        return found

    lab.evaluate("window.jupyterapp.shell.currentWidget.content.activeCellIndex = 0")
    assert show(".js-plotly-plot .bars path").count() == 1
    form = show("#sc-hhi-equal")
    form.get_by_label("Your answer").fill("4")
    form.get_by_role("button", name="Check").click()
    assert "the effective number of partners" in form.locator(".mv-check-result").inner_text()


@pytest.mark.parametrize("slug", sampled(ASSIGNMENTS, 1))
def test_an_untouched_assignment_runs_and_complains(lab: Page, server: str, slug: str) -> None:
    opened(lab, server, f"exercises/{slug}.ipynb")
    assert lab.evaluate(RUN_ALL) == []
    said = lab.evaluate(
        """() => [...window.jupyterapp.shell.currentWidget.content.model.cells].map((cell) =>
            cell.type === "code" ? JSON.stringify(cell.outputs.toJSON()) : "").join()"""
    )
    asked = list(ASSIGNMENTS[slug].public_tests())
    assert asked
    assert [question for question in asked if f"{question}: not yet" not in said] == []


#: Makes the code cell that contains a text the active one; returns whether there is one.
GO_TO = """async (text) => {
    const notebook = window.jupyterapp.shell.currentWidget.content;
    const index = notebook.widgets.findIndex(
        (cell) => cell.model.type === "code" && cell.model.sharedModel.source.includes(text));
    if (index < 0) return false;
    notebook.activeCellIndex = index;
    notebook.deselectAll();
    await notebook.scrollToItem(index, "center");
    return true;
}"""


def test_a_student_answers_checks_exports_and_is_graded(
    lab: Page, server: str, tmp_path: Path
) -> None:
    """Open, answer wrongly, read the message, answer rightly, save, download; then the grader."""
    opened(lab, server, "exercises/05-measuring-vectors.ipynb")
    assert lab.evaluate(RUN_ALL) == []
    active = lab.locator(".jp-Notebook-cell.jp-mod-active")

    def answer(old: str, new: str) -> None:
        assert lab.evaluate(GO_TO, old)
        active.locator(".cm-content").click()
        lab.keyboard.press("Control+A")
        lab.keyboard.insert_text(new)
        lab.keyboard.press("Control+Enter")

    def check(question: str) -> str:
        assert lab.evaluate(GO_TO, f'grader.check("{question}")')
        active.locator(".jp-InputArea").click()
        lab.keyboard.press("Control+Enter")
        lab.wait_for_function(
            "window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.status === 'idle'"
        )
        lab.wait_for_timeout(300)
        return active.locator(".jp-OutputArea").inner_text()

    row = "russia = trade.query(\"partner == 'RUS' and year == 2024\").iloc[0]\n"
    answer("turnover_russia = ", row + "turnover_russia = russia.exports_musd")
    assert "Turnover is exports plus imports" in check("q1")
    both = "russia.exports_musd + russia.imports_musd"
    answer("turnover_russia = ", f"{row}turnover_russia = {both}")
    assert "the form is correct" in check("q1")
    lab.keyboard.press("Control+S")
    lab.wait_for_function("!window.jupyterapp.shell.currentWidget.context.model.dirty")
    with lab.expect_download() as download:
        lab.evaluate("void window.jupyterapp.commands.execute('docmanager:download')")
    folder = tmp_path / "submissions"
    folder.mkdir()
    download.value.save_as(folder / "Әсел.ipynb")

    output = tmp_path / "grades.csv"
    command = [sys.executable, "-m", "multivector.cli", "grade", "05-measuring-vectors"]
    subprocess.run([*command, str(folder), "--output", str(output)], cwd=ROOT, check=True)
    (graded,) = csv.DictReader(output.open(encoding="utf-8-sig"))
    assert (graded["student"], graded["status"]) == ("Әсел", "graded")
    assert (graded["q1"], graded["total"]) == ("2", "2")
