"""A short hash of what a stored result depends on: code, tables and versions of libraries.

Both the execution cache of the book and the journal of a graded class keep results; neither may
believe one that other code, other tables or another pandas made.
"""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path

import multivector
from multivector.data import data_dir

#: What a cell's output, or a value that a test expects, can depend on besides our own code
LIBRARIES = ("anywidget", "ipywidgets", "numpy", "pandas", "plotly")
_SUFFIXES = {".py", ".js", ".mjs", ".css", ".csv", ".json", ".svg", ".html"}


def of_folders(folders: Iterable[Path], without: tuple[str, ...] = ()) -> str:
    """Return a hash of names and bytes of all tables and modules under ``folders``.

    ``without`` names rooms (folders of a folder) that do not count.
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


def versions(libraries: Iterable[str] = LIBRARIES) -> dict[str, str]:
    """Return the version of Python and of each library, blank for one that is not installed."""
    found = {"python": platform.python_version()}
    for name in libraries:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = ""
    return found


def current(without: tuple[str, ...] = ()) -> str:
    """Return the hash of the package, its tables and the versions of what both run on."""
    own = of_folders((Path(multivector.__file__).parent, data_dir()), without)
    text = own + repr(sorted(versions().items()))
    return hashlib.sha256(text.encode()).hexdigest()[:16]
