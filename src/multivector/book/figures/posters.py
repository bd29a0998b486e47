"""A figure as a static picture: the first paint, the print, the page without JavaScript.

``poster.mjs`` runs plotly.js in node, without a browser; this module keeps one such process for a
whole build and remembers what it drew. A cached poster needs no node at all.
"""

from __future__ import annotations

import atexit
import hashlib
import json
import os
import queue
import re
import subprocess
import tempfile
import threading
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from plotly.offline import get_plotlyjs_version

from multivector import archive
from multivector.book.build.assets import find_node
from multivector.charts import THEME

SCRIPTS = tuple(Path(__file__).with_name(name) for name in ("poster.mjs", "tidy_svg.mjs"))
PLOTLY = "plotly.js-basic-dist-min"
#: npm packages whose version can change a poster
PACKAGES = (PLOTLY, "jsdom", "opentype.js", "dejavu-fonts-ttf")
TIMEOUT = 60.0
_PREFIX = re.compile(r"[A-Za-z][\w-]*")


class PosterError(RuntimeError):
    """A poster cannot be drawn; the message says what is missing or wrong."""


@dataclass(frozen=True)
class Poster:
    """A drawn figure.

    ``svg``: one ``<svg>`` element with a ``viewBox`` in CSS pixels and no size of its own.
    ``frame``: a patch for the figure's ``layout``, one level deep (margins, ranges, tick angles).
    The live chart takes it over so that the reader's own font cannot move the axes.
    """

    svg: str
    frame: dict[str, Any]


def find_root(start: Path | None = None) -> Path:
    """Return the folder of ``package.json``: above this file, or above ``start`` (default: cwd).

    Raises ``PosterError`` when there is none.
    """
    for base in (Path(__file__).resolve(), (start or Path.cwd()).resolve() / "here"):
        for folder in base.parents:
            manifest = folder / "package.json"
            if manifest.is_file() and PLOTLY in _pins(folder):
                return folder
    raise PosterError("no package.json that names plotly.js: run from a checkout of the book")


def _pins(root: Path) -> dict[str, str]:
    return json.loads((root / "package.json").read_text(encoding="utf-8")).get("dependencies", {})


class Drawer:
    """Draws posters through one node process, started at the first figure not in the cache."""

    def __init__(self, root: Path | None = None, cache: Path | None = None) -> None:
        """Use ``root``/node_modules and remember in ``cache`` (default: ``root``/.multivector)."""
        self.root = root or find_root()
        self.cache = cache or self.root / ".multivector" / "posters"
        pins = _pins(self.root)
        if pins.get(PLOTLY) != (version := get_plotlyjs_version()):
            raise PosterError(
                f"package.json has {PLOTLY} {pins.get(PLOTLY)}, the Python package draws with "
                f"{version}: the poster would differ from the chart"
            )
        self._basis = json.dumps(
            [
                {name: pins.get(name) for name in PACKAGES},
                THEME,
                [hashlib.sha256(script.read_bytes()).hexdigest() for script in SCRIPTS],
            ]
        )
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        self._owner = 0
        self._count = 0

    def poster(self, figure_json: str, width: int, height: int, prefix: str) -> Poster:
        """Return the poster of a figure, from the cache or drawn now.

        ``figure_json``: ``{"data": [...], "layout": {...}}``; ``width``, ``height``: CSS pixels;
        ``prefix``: what every id inside begins with, unique in the page. Same input, same bytes.
        Raises ``ValueError`` for input that is not a figure or not a size, ``PosterError`` when
        it cannot be drawn.
        """
        if not _PREFIX.fullmatch(prefix):
            raise ValueError(f"a prefix begins with a letter and has no spaces: {prefix!r}")
        if not (int(width) == width > 0 and int(height) == height > 0):
            raise ValueError(f"a poster is whole pixels wide and high: {width} x {height}")
        figure = json.loads(figure_json)
        if not isinstance(figure, dict) or not isinstance(figure.get("data"), list):
            raise ValueError("a figure is an object with a list of traces under 'data'")
        # Posters of equal figures are equal, however their JSON was written.
        request = {
            "figure": {"data": figure["data"], "layout": figure.get("layout", {})},
            "width": int(width),
            "height": int(height),
            "prefix": prefix,
            "theme": THEME,
        }
        text = json.dumps(request, sort_keys=True, ensure_ascii=False, allow_nan=False)
        file = self.cache / f"{hashlib.sha256((self._basis + text).encode()).hexdigest()}.json"
        if file.is_file():
            return Poster(**json.loads(file.read_text(encoding="utf-8")))
        drawn = self._ask(request)
        archive.write_whole(file, json.dumps(asdict(drawn), ensure_ascii=False).encode())
        return drawn

    def close(self) -> None:
        """End the node process; the next figure would start another."""
        process, self._process = self._process, None
        if process is None or self._owner != os.getpid():
            return
        if process.stdin:
            process.stdin.close()
        try:
            process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _ask(self, request: dict[str, Any]) -> Poster:
        with self._lock:
            # A build that forks must not share one pipe between two processes.
            if self._process is None or self._owner != os.getpid():
                self._start()
            assert self._process is not None and self._process.stdin is not None
            self._count += 1
            try:
                self._process.stdin.write(
                    json.dumps({"id": self._count, **request}, sort_keys=True) + "\n"
                )
                self._process.stdin.flush()
                line = self._answers.get(timeout=TIMEOUT)
            except (BrokenPipeError, queue.Empty):
                line = None
            if line is None:
                self._process.kill()
                self._process.wait()
                self._process = None
                self._stderr.seek(0)
                said = self._stderr.read().decode("utf-8", "replace").strip()[-800:]
                raise PosterError(f"node stopped answering: {said or 'no message'}")
        answer = json.loads(line)
        if "error" in answer:
            raise PosterError(answer["error"])
        return Poster(answer["svg"], answer["frame"])

    def _start(self) -> None:
        missing = [name for name in PACKAGES if not (self.root / "node_modules" / name).is_dir()]
        if missing:
            raise PosterError(
                f"not installed under {self.root.name}/node_modules: {', '.join(missing)}; "
                "run `npm ci` there"
            )
        self._stderr = tempfile.TemporaryFile()  # lives as long as the process
        self._process = subprocess.Popen(
            [find_node(), SCRIPTS[0], self.root],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._stderr,
            text=True,
            encoding="utf-8",
        )
        self._owner = os.getpid()
        self._answers: queue.Queue[str | None] = queue.Queue()
        threading.Thread(
            target=_pump, args=(self._process.stdout, self._answers), daemon=True
        ).start()


def _pump(stream: Any, answers: queue.Queue[str | None]) -> None:
    for line in stream:
        answers.put(line)
    answers.put(None)


_default: Drawer | None = None


def poster(figure_json: str, width: int, height: int, prefix: str) -> Poster:
    """Return the poster of a figure; see :meth:`Drawer.poster`."""
    global _default
    if _default is None:
        _default = Drawer()
        atexit.register(_default.close)
    return _default.poster(figure_json, width, height, prefix)
