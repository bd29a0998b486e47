"""How long a class takes: ours at three sizes, bare execution, otter's loop and nbgrader on 24.

``python -m benchmarks.grading``. otter-grader and nbgrader are installed into ``_build/bench-venv``
on first use; where that is not possible their rows say so. Nothing here judges: it prints.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
import venv
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from multivector.grading import build
from multivector.grading.assignment import Assignment, read, with_solution

ROOT = Path(__file__).resolve().parents[1]
SLUG = "05-measuring-vectors"
SIZES = (50, 200, 500)
FEW = 24
JOBS = 2
TOOLS = ("otter-grader[grading]==7.0.0", "nbgrader==0.9.6")

_EXECUTE = """
import sys, nbformat
from nbclient import NotebookClient
NotebookClient(nbformat.read(sys.argv[1], 4), timeout=60, allow_errors=True).execute()
"""

_PLAIN = """
import sys, json
names = {"display": lambda *a: None}
for cell in json.load(open(sys.argv[1]))["cells"]:
    if cell["cell_type"] == "code":
        exec("".join(cell["source"]), names)
"""


def code_cells(assignment: Assignment) -> list[str]:
    """Return the cells of a full solution."""
    return [
        with_solution(c.source) if c.role == "solution" else c.source
        for c in assignment.cells
        if c.role in ("code", "solution")
    ]


def write_class(assignment: Assignment, folder: Path, count: int) -> list[Path]:
    """Write ``count`` notebooks, each a little different, and return their paths."""
    folder.mkdir(parents=True)
    content = json.loads(build.solution_notebook(assignment))
    paths = []
    for number in range(count):
        content["cells"][-1]["source"] = [f"Student {number}"]
        paths.append(folder / f"student{number:03}.ipynb")
        paths[-1].write_text(json.dumps(content), encoding="utf-8")
    return paths


def ours(folder: Path, output: Path) -> tuple[float, float]:
    """Grade a folder; return seconds and the grader's own peak memory in MB."""
    command = [sys.executable, "-m", "multivector.cli", "grade", SLUG, str(folder)]
    start = time.perf_counter()
    run = subprocess.Popen(
        [*command, "--output", str(output), "--jobs", str(JOBS)], cwd=ROOT, stderr=subprocess.PIPE
    )
    peak = [0.0]

    def watch() -> None:
        while run.poll() is None:
            try:
                status = Path(f"/proc/{run.pid}/status").read_text()
                line = next(x for x in status.splitlines() if x.startswith("VmHWM"))
                peak[0] = int(line.split()[1]) / 1000
            except (OSError, StopIteration):
                pass
            time.sleep(0.05)

    watcher = threading.Thread(target=watch)
    watcher.start()
    _, said = run.communicate()
    watcher.join()
    if run.returncode:
        raise RuntimeError(said.decode())
    return time.perf_counter() - start, peak[0]


def _quietly(command: list[str]) -> None:
    subprocess.run(command, check=True, capture_output=True)


def bare(paths: list[Path], command: list[str]) -> float:
    """Run ``command`` on every notebook, as many at once as the grader; return seconds."""
    start = time.perf_counter()
    with ThreadPoolExecutor(JOBS) as pool:
        list(pool.map(lambda p: _quietly([*command, str(p)]), paths))
    return time.perf_counter() - start


def tools() -> Path | None:
    """Return a Python with otter and nbgrader, or ``None`` where they cannot be installed."""
    home = ROOT / "_build" / "bench-venv"
    python = home / "bin" / "python"
    if not (home / ".done").exists():
        venv.create(home, with_pip=True, clear=True)
        install = [str(python), "-m", "pip", "install", "-q", *TOOLS, "-e", str(ROOT)]
        if subprocess.run(install, stderr=subprocess.DEVNULL).returncode:
            return None
        (home / ".done").touch()
    return python


def otter(python: Path, assignment: Assignment, paths: list[Path], work: Path) -> float:
    """Grade with ``otter run``, one notebook after the other; return seconds."""
    archive = work / "autograder.zip"
    build.gradescope_zip(assignment, archive)
    start = time.perf_counter()
    for path in paths:
        subprocess.run(
            [str(python), "-m", "otter", "run", "-a", str(archive), "-o", str(work), str(path)],
            check=True,
            capture_output=True,
            cwd=work,
        )
    return time.perf_counter() - start


def nbgrader(python: Path, assignment: Assignment, paths: list[Path], work: Path) -> float:
    """Grade with ``nbgrader autograde``; return seconds.

    Its tests are asserts in the notebook: one cell per question, on the same names.
    """
    course = work / "course"
    cells = [
        {"cell_type": "code", "id": f"a{i}", "metadata": {}, "source": s, "outputs": [],
         "execution_count": None}
        for i, s in enumerate(code_cells(assignment))
    ]  # fmt: skip
    for question in assignment.automatic:
        source = "\n".join(f"assert {name} is not ..." for name in question.answers)
        meta = {
            "grade": True, "solution": False, "locked": True, "task": False,
            "grade_id": question.name, "points": question.points, "schema_version": 3,
        }  # fmt: skip
        cells.append(
            {"cell_type": "code", "id": question.name, "metadata": {"nbgrader": meta},
             "source": source, "outputs": [], "execution_count": None}
        )  # fmt: skip
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    text = json.dumps(
        {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
    )
    places = [course / "source" / "ps" / "ps.ipynb"]
    places += [course / "submitted" / p.stem / "ps" / "ps.ipynb" for p in paths]
    for place in places:
        place.parent.mkdir(parents=True)
        place.write_text(text, encoding="utf-8")
    command = [str(python), "-m", "nbgrader"]
    path = f"{python.parent}{os.pathsep}{os.environ['PATH']}"  # it starts alembic by name
    quiet = {
        "cwd": course,
        "check": True,
        "capture_output": True,
        "env": {**os.environ, "PATH": path},
    }
    subprocess.run([*command, "generate_assignment", "ps"], **quiet)
    start = time.perf_counter()
    subprocess.run([*command, "autograde", "ps"], **quiet)
    return time.perf_counter() - start


def main(sizes: tuple[int, ...] = SIZES) -> None:
    """Print one line per measurement."""
    assignment = read(SLUG)
    print(f"{SLUG}, full solutions, {JOBS} at once on {os.cpu_count()} cores\n")
    print(f"{'what':<44}{'n':>5}{'total s':>10}{'each s':>9}{'peak MB':>9}")

    def row(what: str, count: int, seconds: float | None, memory: float | None = None) -> None:
        if seconds is None:
            print(f"{what:<44}{count:>5}   not measured: could not be installed here")
            return
        shown = f"{memory:>9.0f}" if memory is not None else ""
        print(f"{what:<44}{count:>5}{seconds:>10.1f}{seconds / count:>9.2f}{shown}", flush=True)

    with tempfile.TemporaryDirectory(prefix="multivector-bench-") as folder:
        work = Path(folder)
        for size in sizes:
            write_class(assignment, work / str(size), size)
            seconds, memory = ours(work / str(size), work / f"{size}.csv")
            row("multivector grade", size, seconds, memory)
        few = write_class(assignment, work / "few", FEW)
        mine, memory = ours(work / "few", work / "few.csv")
        row("multivector grade", FEW, mine, memory)
        plain = bare(few, [sys.executable, "-c", _EXECUTE])
        row("bare execution (nbclient, a kernel each)", FEW, plain)
        naked = bare(few, [sys.executable, "-c", _PLAIN])
        row("bare execution (plain Python, no kernel)", FEW, naked)
        python = tools()
        row("otter run, in a loop", FEW, python and otter(python, assignment, few, work))
        row("nbgrader autograde", FEW, python and nbgrader(python, assignment, few, work))
        print(
            f"\nours over bare execution, same {FEW} notebooks: {mine / plain:.2f} with a kernel,"
        )
        print(f"{mine / naked:.2f} in plain Python (ours includes start-up, reports and tests)")


if __name__ == "__main__":
    main()
