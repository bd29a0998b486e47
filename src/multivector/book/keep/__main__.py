"""Make every file to keep from the built book; called by ``make dist``."""

from __future__ import annotations

import argparse
import hashlib
import shutil
import sys
from pathlib import Path

from multivector import archive
from multivector.book.build import assets
from multivector.book.frame import address
from multivector.book.keep import epub, pdf, still
from multivector.book.keep.about import About, about
from multivector.book.notebooks import downloads

#: What Sphinx leaves for itself
_NOT_FOR_READERS = (".buildinfo", "objects.inv")
READ_ME = "Open index.html in a browser. Nothing is installed and no network is needed.\n"


def offline(book: Path, licence: Path, target: Path) -> None:
    """Write the built book as a zip that works from the folder it is unpacked in."""
    top = "multi-vector/"
    files = archive.folder(book, top)
    files = {n: data for n, data in files.items() if Path(n).name not in _NOT_FOR_READERS}
    extra = {f"{top}READ-ME.txt": READ_ME.encode(), f"{top}LICENCE.txt": licence.read_bytes()}
    archive.pack(target, files | extra)


def site(book: Path, out: Path, made: list[Path]) -> None:
    """Write the book as it is published: with the files to keep, and links to them."""
    shutil.rmtree(out, ignore_errors=True)
    shutil.copytree(book, out, ignore=shutil.ignore_patterns(".buildinfo"))
    for file in made:
        shutil.copyfile(file, out / downloads.FOLDER / file.name)
    downloads.fill(out)


def sums(files: list[Path], target: Path) -> None:
    """Write the checksums in the format that ``sha256sum --check`` reads."""
    lines = [f"{hashlib.sha256(f.read_bytes()).hexdigest()}  {f.name}\n" for f in sorted(files)]
    target.write_text("".join(lines), encoding="utf-8")


def make(root: Path, book: Path, out: Path, browser: str | None, says: About) -> list[Path]:
    """Make everything under ``out``; return the files, checksums last."""
    made = {name: out / name for name in downloads.FILES}
    out.mkdir(parents=True, exist_ok=True)
    chapters = still.read(book, root)
    for name in (downloads.NOTEBOOKS, downloads.DATA):
        shutil.copyfile(book / downloads.FOLDER / name, made[name])
    offline(book, root / "LICENSE", made[downloads.BOOK])
    epub.write(chapters, says, made[downloads.EPUB])
    with pdf.chromium(browser) as started:
        pdf.write(chapters, says, made[downloads.PDF], started)
    files = list(made.values())
    sums(files, out / "SHA256SUMS")
    site(book, out / "site", files)
    return [*files, out / "SHA256SUMS"]


def main(argv: list[str] | None = None) -> int:
    """Make the files and say how large they are; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m multivector.book.keep", description=__doc__)
    parser.add_argument("--book", type=Path, default=assets.ROOT / "_build" / "html")
    parser.add_argument("--out", type=Path, default=assets.ROOT / "dist")
    parser.add_argument("--browser", help="path of a Chromium; Playwright's own if not given")
    given = parser.parse_args(argv)
    try:
        says = about(assets.ROOT, address.find())
        files = make(assets.ROOT, given.book, given.out, given.browser, says)
    except (ValueError, pdf.PdfError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    for file in files:
        print(f"{downloads.size(file.stat().st_size):>9}  {file}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
