"""Name the execution cache after a hash of tables, package and libraries.

myst-nb keys its execution cache on code cells alone: edit a CSV and a page keeps its old numbers.
Here the cache folder's name is a hash of every table, of every module that a cell can import and of
the versions of Python, pandas, plotly and their like; a change of one runs the chapters again. A
change of what turns their outputs into pages (``book``) runs nothing again, but makes every page
out of date.

A page read again from the cache must also leave a complete run notebook behind: the notebooks for
Binder and download take their figures from it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import zmq
from jupyter_client.manager import KernelManager
from myst_nb.core import execute
from myst_nb.core.execute.cache import NotebookClientCache

from multivector import fingerprint

#: Rooms of the package that no cell imports, nor anything that a cell imports
_NOT_IN_CELLS = ("book", "grading")
#: Rooms that shape no page
_NOT_IN_PAGES = ("book/keep",)


def _configure(app: Any, config: Any) -> None:
    config.nb_execution_cache_path = str(
        Path(app.doctreedir).parent / ".jupyter_cache" / fingerprint.current(_NOT_IN_CELLS)
    )


def _outdated(app: Any, env: Any, added: set, changed: set, removed: set) -> list[str]:
    app.mv_removed = bool(removed)
    now = fingerprint.current(_NOT_IN_PAGES)
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
    # A kernel that talks in the clear says so, once for each page. Ours can encrypt: let them.
    if zmq.has("curve"):
        KernelManager.transport_encryption.default_value = "auto"
    app.connect("config-inited", _configure, priority=900)
    app.connect("env-get-outdated", _outdated)
    app.connect("env-before-read-docs", _note_reading)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
