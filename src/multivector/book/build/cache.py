"""The cache knows data and package.

myst-nb keys its execution cache on code cells alone: edit a CSV and a page keeps its old numbers.
Here the cache folder's name is a hash of every table and of every module that a cell can import; a
change of one runs the chapters again. A change of what turns their outputs into pages (``book``)
runs nothing again, but makes every page out of date.

A page read again from the cache must also leave a complete run notebook behind: the notebooks for
Binder and download take their figures from it.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from myst_nb.core import execute
from myst_nb.core.execute.cache import NotebookClientCache

import multivector
from multivector.data import data_dir

#: Rooms of the package that no cell imports, nor anything that a cell imports
_NOT_IN_CELLS = ("book", "grading")
#: Rooms that shape no page
_NOT_IN_PAGES = ("book/keep",)
#: What a cell's output or a page can depend on besides its own source
_SUFFIXES = {".py", ".js", ".mjs", ".css", ".csv", ".json", ".svg", ".html"}


def fingerprint(*folders: Path, without: tuple[str, ...] = ()) -> str:
    """Return a short hash of names and bytes of all tables and modules under ``folders``.

    ``without`` names rooms of a folder that do not count.
    """
    digest = hashlib.sha256()
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            name = path.relative_to(folder).as_posix()
            if name.startswith(tuple(f"{room}/" for room in without)):
                continue
            if path.suffix in _SUFFIXES and "__pycache__" not in path.parts:
                digest.update(name.encode())
                digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]


def current(without: tuple[str, ...] = _NOT_IN_CELLS) -> str:
    """Return the fingerprint of the tables and of what a cell can import of the package."""
    return fingerprint(Path(multivector.__file__).parent, data_dir(), without=without)


def _configure(app: Any, config: Any) -> None:
    config.nb_execution_cache_path = str(Path(app.doctreedir).parent / ".jupyter_cache" / current())


def _outdated(app: Any, env: Any, added: set, changed: set, removed: set) -> list[str]:
    app.mv_removed = bool(removed)
    now = current(_NOT_IN_PAGES)
    if getattr(env, "mv_fingerprint", now) == now:
        env.mv_fingerprint = now
        return []
    env.mv_fingerprint = now
    return sorted(env.found_docs)


def _note_reading(app: Any, env: Any, docnames: list[str]) -> None:
    app.mv_reading = bool(docnames)


def reading(app: Any) -> bool:
    """Tell whether this build read a page or lost one: else what all pages make is as it was.

    A build in which no part asks for a page to be written again ends there, in Sphinx itself.
    """
    return getattr(app, "mv_reading", True) or getattr(app, "mv_removed", True)


class _Client(NotebookClientCache):
    """Puts cached outputs into the notebook that was given.

    myst-nb (1.4.0) merges them into a copy, and writes the one given as the page's run notebook:
    after an edit of prose alone it would have no outputs.
    """

    def start_client(self) -> None:
        given = self.notebook
        super().start_client()
        given["cells"] = self.notebook["cells"]


def setup(app: Any) -> dict[str, Any]:
    """Point the execution cache at a folder named after the fingerprint."""
    execute.NotebookClientCache = _Client
    app.connect("config-inited", _configure, priority=900)
    app.connect("env-get-outdated", _outdated)
    app.connect("env-before-read-docs", _note_reading)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
