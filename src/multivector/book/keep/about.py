"""What a file to keep says of itself: title, author, version, licence; no clock."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import yaml

import multivector
from multivector.book.build import status


@dataclass(frozen=True)
class About:
    """``commit`` and ``date`` are blank outside a git checkout, ``address`` where none is known."""

    title: str
    author: str
    version: str
    commit: str = ""
    date: str = ""
    address: str = ""

    def lines(self) -> list[str]:
        """Return what a title page says below the title."""
        built = f", commit {self.commit} of {self.date}" if self.commit else ""
        return [
            self.author,
            f"Version {self.version}{built}",
            *([f"Alive at {self.address}"] if self.address else []),
            "Text and figures: CC BY 4.0. Code: MIT. Data: as stated for each table. Quotations "
            "remain their authors'.",
            "Figures and explorers answer in the browser; here each shows its first view. Code "
            "that the pages fold away is in the notebooks.",
        ]


def about(root: Path, address: str = "") -> About:
    """Return what the book in ``root`` says of itself."""
    settings = yaml.safe_load((root / "_config.yml").read_text(encoding="utf-8"))
    commit, date = status.commit(root)
    return About(
        settings["title"], settings["author"], multivector.__version__, commit, date, address
    )
