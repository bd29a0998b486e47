"""What Binder installs, derived from the book's own pins so that the two cannot drift apart.

``python -m multivector.book.notebooks.binder`` writes ``.binder/`` from ``requirements.txt`` (its
``run`` section) and ``constraints.txt``; ``--lock`` first installs the result into an empty
environment and records the version of everything that came with it. Nothing in ``.binder/`` is
edited by hand.

What the image weighs (November 2026): 311 MB of files without compiled bytecode, 488 MB with.
pandas and numpy 157 MB (tables), plotly 64 (figures), jedi and debugpy 54 (completion and the
kernel), babel and jupyterlab 59 and 29 of its own files (the room). No Sphinx, no node, no grader.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[4]
#: The only thing Binder needs that the book's build does not: the room in which notebooks open
LAB = "jupyterlab==4.6.6"
PYTHON = "python-3.11"
_PIN = re.compile(r"^([A-Za-z0-9._-]+)==(\S+)")
HEAD = "# Written by python -m multivector.book.notebooks.binder; edit requirements.txt instead."

POST_BUILD = f"""\
#!/bin/bash
{HEAD}
# The chapters run once here, for the values that their prose quotes.
set -euo pipefail
python -m multivector.book.notebooks.notebooks notebooks
python -m multivector.cli student-notebooks notebooks
# A news prompt on every start would ask another host.
jupyter labextension disable @jupyterlab/apputils-extension:announcements
"""


def pins(text: str) -> dict[str, str]:
    """Return {package: version} of a requirements file, names normalised."""
    found = (_PIN.match(line.strip()) for line in text.splitlines())
    return {re.sub(r"[-_.]+", "-", m[1]).lower(): m[2] for m in found if m}


def run_section(text: str) -> list[str]:
    """Return the pins a chapter imports, without comments; raises ``ValueError`` for none."""
    lines = text.splitlines()
    start = next((i for i, line in enumerate(lines) if line.startswith("# run:")), None)
    if start is None:
        raise ValueError("requirements.txt has no '# run:' section")
    section = []
    for line in lines[start + 1 :]:
        if not line.strip():
            break
        section.append(line.partition("#")[0].strip())
    return [line for line in section if line]


def files(requirements: str, constraints: str, lock: str) -> dict[str, str]:
    """Return {name in .binder: text}.

    ``lock`` lists what an installation brought; a version that ``constraints`` or
    ``requirements`` names goes before it.
    """
    known = pins(constraints) | pins(requirements)
    versions = {name: known.get(name, version) for name, version in pins(lock).items()}
    locked = [f"{name}=={versions[name]}" for name in sorted(versions)]
    needed = [*run_section(requirements), LAB]
    return {
        "requirements.txt": "\n".join([HEAD, "-c constraints.txt", *needed, "-e .", ""]),
        "constraints.txt": "\n".join([HEAD, *locked, ""]),
        "postBuild": POST_BUILD,
        "runtime.txt": f"{PYTHON}\n",
    }


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def derived(root: Path = ROOT, lock: str | None = None) -> dict[str, str]:
    """Return what ``.binder/`` must hold now; ``lock`` replaces the recorded versions."""
    recorded = _read(root / ".binder/constraints.txt") if lock is None else lock
    return files(_read(root / "requirements.txt"), _read(root / "constraints.txt"), recorded)


def write(root: Path = ROOT, lock: str | None = None) -> None:
    """Write ``.binder/``."""
    folder = root / ".binder"
    folder.mkdir(exist_ok=True)
    for name, text in derived(root, lock).items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")
    (folder / "postBuild").chmod(0o755)


def install(root: Path, environment: Path) -> Path:
    """Install ``.binder/requirements.txt`` into a new environment; return its Python.

    Raises ``subprocess.CalledProcessError`` where pip fails. Editable, as on Binder, so that the
    tables are the repository's own.
    """
    venv.create(environment, with_pip=True, clear=True)
    python = environment / "bin" / "python"
    command = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
               "-r", ".binder/requirements.txt"]  # fmt: skip
    subprocess.run(command, cwd=root, check=True)
    return python


def freeze(python: Path) -> str:
    """Return what an environment holds, as pins; the book's own package left out."""
    command = [str(python), "-m", "pip", "freeze", "--exclude-editable"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return "\n".join(line for line in done.stdout.splitlines() if _PIN.match(line)) + "\n"


def main(argv: list[str] | None = None) -> int:
    """Write ``.binder/``; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lock", action="store_true", help="install anew and record versions")
    if not parser.parse_args(argv).lock:
        write()
        return 0
    # First with what the book pins, then with what an empty environment brought.
    write(lock=_read(ROOT / "constraints.txt"))
    with tempfile.TemporaryDirectory() as folder:
        write(lock=freeze(install(ROOT, Path(folder, "env"))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
