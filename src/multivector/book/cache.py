"""The cache knows data and package.

myst-nb keys its execution cache on code cells alone: edit a CSV and a page keeps its old numbers.
Here the cache folder's name is a hash of every table and module, and a changed hash makes every
page that runs code out of date.

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

#: What a cell's output can depend on besides the cell itself
_SUFFIXES = {".py", ".js", ".mjs", ".css", ".csv", ".json"}


def fingerprint(*folders: Path) -> str:
    """Return a short hash of names and bytes of all tables and modules under ``folders``."""
    digest = hashlib.sha256()
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.suffix in _SUFFIXES and "__pycache__" not in path.parts:
                digest.update(path.relative_to(folder).as_posix().encode())
                digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]


def current() -> str:
    """Return the fingerprint of the installed package and its tables."""
    return fingerprint(Path(multivector.__file__).parent, data_dir())


def _configure(app: Any, config: Any) -> None:
    config.nb_execution_cache_path = str(Path(app.doctreedir).parent / ".jupyter_cache" / current())


def _outdated(app: Any, env: Any, added: set, changed: set, removed: set) -> list[str]:
    now = current()
    if getattr(env, "mv_fingerprint", now) == now:
        env.mv_fingerprint = now
        return []
    env.mv_fingerprint = now
    return sorted(env.found_docs)


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
    return {"parallel_read_safe": True, "parallel_write_safe": True}
