"""The book as one PDF: tagged, with bookmarks, contents with page numbers, and facts as notes.

Chromium prints all chapters from one page, so that links between chapters stay links and the tags
are one tree. It writes a clock and chance into the file; pikepdf takes both out again.
"""

from __future__ import annotations

import copy
import hashlib
import html
import io
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import pikepdf
from lxml import etree
from lxml.html import HtmlElement

from multivector.book.build import assets
from multivector.book.keep import still
from multivector.book.keep.about import About

HERE = Path(__file__).resolve().parent
#: Style sheets of npm packages: the fonts of the page, so that a machine's own cannot change it
FONT_SHEETS = (
    *(f"@fontsource/noto-{kind}/{weight}.css" for kind in ("serif", "sans")
      for weight in ("400", "400-italic", "700", "700-italic")
      if kind == "serif" or "italic" not in weight),
    "@fontsource/noto-sans-arabic/400.css",
    "@fontsource-variable/noto-sans-jp/index.css",
)  # fmt: skip
#: What the sheets above lack: signs, formulas, code
FONT_FILES = {
    "DejaVu Sans": "DejaVuSans.ttf",
    "DejaVu Sans Mono": "DejaVuSansMono.ttf",
    "DejaVu Math TeX Gyre": "DejaVuMathTeXGyre.ttf",
}


class PdfError(RuntimeError):
    """The PDF cannot be made; the message says what is missing."""


def page(chapters: list[still.Chapter], about: About, numbers: dict[str, int] | None = None) -> str:
    """Return the page that is printed: title, contents, every chapter.

    ``numbers``: the paper page on which each chapter (by slug) begins, once that is known.
    """
    parts: list[str] = []
    listed: list[str] = []
    last = ""
    for chapter in chapters:
        if chapter.part and chapter.part != last:
            parts.append(f'<h1 class="part">{html.escape(chapter.part)}</h1>')
            listed.append(f'<li class="part">{html.escape(chapter.part)}</li>')
        last = chapter.part
        where = (numbers or {}).get(chapter.slug, "")
        listed.append(
            f'<li><a href="#{chapter.slug}">{html.escape(chapter.title)}</a> '
            f'<span class="leader"></span> <span class="at">{where or "000"}</span></li>'
        )
        parts.append(_chapter(chapter))
    return (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">'
        f"<title>{html.escape(about.title)}</title>{_styles()}</head><body>"
        f'<header class="title"><h1>{html.escape(about.title)}</h1>'
        f"{''.join(f'<p>{html.escape(line)}</p>' for line in about.lines())}</header>"
        f'<nav class="contents" aria-label="Contents"><h1>Contents</h1><ul>{"".join(listed)}</ul>'
        f"</nav>{''.join(parts)}</body></html>"
    )


def _styles() -> str:
    root = assets.ROOT / "node_modules"
    for name in (*FONT_SHEETS, *(f"dejavu-fonts-ttf/ttf/{f}" for f in FONT_FILES.values())):
        if not (root / name).is_file():
            raise PdfError(
                f"{name} is not installed; run: python -m multivector.book.build.assets --dev"
            )
    links = [f'<link rel="stylesheet" href="{(root / name).as_uri()}">' for name in FONT_SHEETS]
    faces = [
        f'@font-face{{font-family:"{family}";src:url("'
        f'{(root / "dejavu-fonts-ttf/ttf" / file).as_uri()}")}}'
        for family, file in FONT_FILES.items()
    ]
    sheets = [(HERE / name).read_text(encoding="utf-8") for name in ("still.css", "paper.css")]
    return f"{''.join(links)}<style>{''.join(faces)}{still.code_style()}{''.join(sheets)}</style>"


def _chapter(chapter: still.Chapter) -> str:
    """Return a chapter for the one page: ids of its own, headings below its part's."""
    tree = copy.deepcopy(chapter.tree)
    for node in tree.iter():
        if node.get("id"):
            node.set("id", f"{chapter.slug}--{node.get('id')}")
        if node.tag == "a" and (href := node.get("href", "")).startswith("chapters/"):
            docname, _, fragment = href.partition("#")
            slug = still.Chapter(docname, "", tree).slug
            node.set("href", f"#{slug}--{fragment}" if fragment else f"#{slug}")
        if chapter.part and re.fullmatch("h[1-5]", str(node.tag)):
            node.tag = f"h{int(node.tag[1]) + 1}"
    for node in tree.iter("figure", "figcaption"):
        # The picture in it is what has an alternative text: a figure around a figure has none.
        node.set("class", f"{node.get('class', '')} {node.tag}".strip())
        node.tag = "div"
    for image in list(tree.iter("img")):
        image.getparent().replace(image, _inline(chapter, image))
    body = "".join(etree.tostring(n, encoding="unicode", method="html") for n in tree)
    return f'<article id="{chapter.slug}">{body}</article>'


def _inline(chapter: still.Chapter, image: HtmlElement) -> HtmlElement:
    """Return a picture as part of the page, where the page's fonts reach it."""
    name = image.get("src")
    key = name.removesuffix(".svg")
    drawing = etree.fromstring(chapter.pictures[name].encode())
    for node in drawing.iter():
        if node.get("id"):
            node.set("id", f"{key}--{node.get('id')}")
        for attribute, value in node.attrib.items():
            node.set(attribute, re.sub(r"url\(#", f"url(#{key}--", value))
            if attribute.endswith("href") and value.startswith("#"):
                node.set(attribute, f"#{key}--{value[1:]}")
    box = image.makeelement("div", {"class": "still-picture", "role": "img"})
    box.set("aria-label", image.get("alt"))
    box.append(drawing)
    box.tail = image.tail
    return box


@contextmanager
def chromium(path: str | None) -> Iterator[Any]:
    """Start the Chromium at ``path``, or Playwright's own; raises ``PdfError`` where it cannot."""
    from playwright.sync_api import Error, sync_playwright

    with sync_playwright() as tool:
        try:
            browser = tool.chromium.launch(executable_path=path, args=["--no-sandbox"])
        except Error as error:
            raise PdfError(f"no Chromium to print with: {error}") from error
        yield browser
        browser.close()


def write(chapters: list[still.Chapter], about: About, target: Path, browser: Any) -> None:
    """Print the chapters to ``target`` with ``browser``, a Chromium of Playwright's.

    Raises ``PdfError`` where fonts or a chapter's place in the print are missing.
    """
    first = _print(page(chapters, about), browser, tagged=False)
    numbers = starts(first, [chapter.slug for chapter in chapters])
    made = _print(page(chapters, about, numbers), browser)
    if starts(made, list(numbers)) != numbers:
        raise PdfError("page numbers moved while the contents were filled in")
    _normalise(made, about, _headings(chapters, about), target)


def _headings(chapters: list[still.Chapter], about: About) -> list[str]:
    """Return the words of every heading of the print."""
    found = [about.title, "Contents"]
    for chapter in chapters:
        found += [chapter.part, *(still.text(h) for h in chapter.tree.iter("h1", "h2", "h3", "h4"))]
    return found


def _print(text: str, browser: Any, *, tagged: bool = True) -> IO[bytes]:
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "book.html")
        source.write_text(text, encoding="utf-8")
        tab = browser.new_page()
        tab.set_default_timeout(600_000)  # hundreds of pages on a busy machine
        tab.goto(source.as_uri())
        tab.evaluate("document.fonts.ready.then(() => true)")
        made = tab.pdf(
            tagged=tagged, outline=tagged, prefer_css_page_size=True, print_background=True
        )
        tab.close()
    return io.BytesIO(made)


def starts(file: IO[bytes], slugs: list[str]) -> dict[str, int]:
    """Return {slug: number of the paper page on which its chapter begins}, counted from one."""
    file.seek(0)
    with pikepdf.open(file) as pdf:
        order = {page.objgen: number for number, page in enumerate(pdf.pages, 1)}
        found = {name: order[place[0].objgen] for name, place in _destinations(pdf)}
    missing = [slug for slug in slugs if slug not in found]
    if missing:
        raise PdfError(f"not in the print: {', '.join(missing)}")
    return {slug: found[slug] for slug in slugs}


def _destinations(pdf: pikepdf.Pdf) -> list[tuple[str, pikepdf.Array]]:
    """Return every named place of a PDF, as Chromium writes them: in /Dests of the catalogue."""
    return [(name.removeprefix("/"), place) for name, place in pdf.Root.get("/Dests", {}).items()]


def _normalise(file: IO[bytes], about: About, headings: list[str], target: Path) -> None:
    """Write the PDF without clock and chance, with title, author and the commit's date."""
    target.parent.mkdir(parents=True, exist_ok=True)
    file.seek(0)
    with pikepdf.open(file) as pdf:
        for name in list(pdf.docinfo.keys()):
            del pdf.docinfo[name]
        pdf.docinfo["/Title"], pdf.docinfo["/Author"] = about.title, about.author
        if about.date:
            pdf.docinfo["/CreationDate"] = f"D:{about.date.replace('-', '')}000000Z"
        pdf.Root.Lang = pikepdf.String("en-GB")
        pdf.Root.ViewerPreferences = pikepdf.Dictionary(DisplayDocTitle=True)
        _bookmarks(pdf, headings)
        _share(pdf)
        _count(pdf)
        pdf.save(
            target,
            deterministic_id=True,
            object_stream_mode=pikepdf.ObjectStreamMode.generate,
            recompress_flate=True,
        )


def _bookmarks(pdf: pikepdf.Pdf, headings: list[str]) -> None:
    """Give bookmarks the words of their headings: Chromium loses the space where a line ends."""
    words = {"".join(heading.split()): heading for heading in headings}

    def mend(items: list[pikepdf.OutlineItem]) -> None:
        for item in items:
            key = "".join(item.title.split())
            if key not in words:
                raise PdfError(f"a bookmark that is no heading: {item.title!r}")
            item.title = words[key]
            mend(item.children)

    with pdf.open_outline() as outline:
        mend(outline.root)


def _share(pdf: pikepdf.Pdf) -> None:
    """Keep one copy of equal pictures: Chromium writes a hatched bar's filling once for each bar.

    Masks first, since two pictures are equal only when they share their mask.
    """
    for masks in (True, False):
        first: dict[bytes, pikepdf.Object] = {}
        for thing in pdf.objects:
            if not isinstance(thing, pikepdf.Dictionary | pikepdf.Stream):
                continue
            found = [(thing, "/SMask")] if masks and "/SMask" in thing else []
            resources = thing.get("/Resources")
            if not masks and isinstance(resources, pikepdf.Dictionary):
                drawn = resources.get("/XObject", {})
                found = [(drawn, name) for name in list(drawn.keys())]
            for owner, name in found:
                image = owner[name]
                if isinstance(image, pikepdf.Stream) and image.get("/Subtype") == "/Image":
                    key = image.read_raw_bytes() + image.stream_dict.unparse()
                    owner[name] = first.setdefault(hashlib.sha256(key).digest(), image)


def _count(pdf: pikepdf.Pdf) -> None:
    """Number the cells that tables refer to from one on; Chromium counts since it was started."""
    places: list[tuple[Any, Any]] = []

    def walk(thing: Any) -> None:
        keys = thing.keys() if isinstance(thing, pikepdf.Dictionary) else range(len(thing))
        for key in keys:
            value = thing[key]
            if isinstance(value, pikepdf.String):
                if re.fullmatch(r"node\d+", str(value)):
                    places.append((thing, key))
            elif isinstance(value, pikepdf.Dictionary | pikepdf.Array) and not value.is_indirect:
                walk(value)

    for thing in pdf.objects:
        if isinstance(thing, pikepdf.Array) or (
            isinstance(thing, pikepdf.Dictionary)
            and not {"/ID", "/A", "/Limits", "/Names", "/Headers", "/IDTree"}.isdisjoint(thing)
        ):
            walk(thing)
    names = sorted({str(thing[key]) for thing, key in places})
    new = {name: f"node{number:08}" for number, name in enumerate(names, 1)}
    for thing, key in places:
        thing[key] = pikepdf.String(new[str(thing[key])])
