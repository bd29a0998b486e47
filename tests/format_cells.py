"""Format the code cells of the chapters: ``python tests/format_cells.py``; the tests look, too."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path

CHAPTERS = Path(__file__).resolve().parents[1] / "chapters"
#: What a page shows without scrolling sideways
WIDTH = 88
_CELL = re.compile(
    r"^(```\{code-cell\}[^\n]*\n(?::[^\n]*\n)*\n?)(.*?)^(```)[ \t]*$", re.MULTILINE | re.DOTALL
)


def formatted(texts: list[str]) -> list[str]:
    """Return MyST pages with every code cell as ruff formats it; one run for all of them.

    Raises ``CalledProcessError`` for a cell that is no Python.
    """
    with tempfile.TemporaryDirectory() as folder:
        places = [
            [Path(folder, f"{page}-{cell}.py") for cell, _ in enumerate(_CELL.finditer(text))]
            for page, text in enumerate(texts)
        ]
        for text, paths in zip(texts, places, strict=True):
            for match, path in zip(_CELL.finditer(text), paths, strict=True):
                path.write_text(match[2], encoding="utf-8")
        command = [sys.executable, "-m", "ruff", "format", "--isolated", "--quiet"]
        subprocess.run([*command, f"--line-length={WIDTH}", folder], check=True)
        return [_put(text, paths) for text, paths in zip(texts, places, strict=True)]


def _put(text: str, paths: list[Path]) -> str:
    cells = iter(paths)
    return _CELL.sub(lambda m: m[1] + next(cells).read_text(encoding="utf-8") + m[3], text)


def main() -> None:
    """Rewrite the chapters whose cells are not formatted, and name them."""
    pages = sorted(CHAPTERS.rglob("*.md"))
    before = [page.read_text(encoding="utf-8") for page in pages]
    for page, old, new in zip(pages, before, formatted(before), strict=True):
        if new != old:
            page.write_text(new, encoding="utf-8", newline="\n")
            print(page.relative_to(CHAPTERS.parent))


if __name__ == "__main__":
    main()
