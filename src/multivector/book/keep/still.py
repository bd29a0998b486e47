"""A built page as paper or an e-reader can show it: nothing to press, nothing left out in silence.

PDF and ePub read the pages of ``_build/html``, so they say what the book says. What a page does by
itself is turned into what it means: a fact becomes its value and a numbered note, a figure its
poster, an explorer its first view, a self-check a question with its answer at the chapter's end.
Code that the page folds away is left out, as the page itself does; the notebooks have it all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from posixpath import dirname, join, normpath
from urllib.parse import unquote

import yaml
from lxml import etree, html

from multivector.book.figures import pictures

#: A table behind a figure with more rows is named, not printed
LONGEST = 30
_ARTICLE = re.compile(r"<article\b[^>]*>(.*)</article>", re.S)
_SCRIPT = re.compile(r"<script\b.*?</script>", re.S)

#: What only a live page can use
DROPPED = (
    "//a[@headerlink]", "//ul[@mv-launch]", "//form[@mv-form]", "//*[@mv-actions]",
    "//*[@mv-readout]", "//*[@mv-notice]", "//*[@mv-narrow]", "//*[@book-poster-narrow]",
    "//*[@mv-check-actions]", "//*[@mv-check-result]", "//*[@mv-check-mark]", "//*[@mv-filters]",
    "//*[@mv-hidden]", "//*[@mv-hide]", "//section[div[@mv-downloads]]", "//details[@hide]",
    "//details[@mv-more]", "//*[@toctree-wrapper]", "//*[@mv-js]",
    "//*[@mv-goal-done]", "//img[@book-picture]", "//label[@mv-tick]/input", "//style",
    "//noscript",
)  # fmt: skip
#: Pages that are nothing without a browser that remembers
LIVE = {"chapters/reference/progress"}
#: Attributes without a meaning where nothing can be pressed
_ATTRIBUTES = {
    "tabindex", "popover", "popovertarget", "aria-live", "aria-label", "aria-hidden", "border",
    "for", "autocomplete", "method", "style", "download", "name", "role", "open",
}  # fmt: skip


class StillError(ValueError):
    """A built page is not what this module knows; the message names the page."""


@dataclass
class Chapter:
    """One page: ``tree`` is a ``<div>`` of clean HTML, ``pictures`` the SVG files it shows.

    A link within the book reads ``docname#id`` in ``href``; every other link is absolute.
    """

    docname: str
    part: str
    tree: html.HtmlElement
    pictures: dict[str, str] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """Return the words of the page's heading."""
        return text(self.tree.find(".//h1"))

    @property
    def slug(self) -> str:
        """Return a name for the page that is safe in a file name and an id."""
        return self.docname.removeprefix("chapters/").replace("/", "-")


def contents(root: Path) -> list[tuple[str, str]]:
    """Return (caption of its part, page) in reading order; the first page belongs to no part."""
    toc = yaml.safe_load((root / "_toc.yml").read_text(encoding="utf-8"))
    pages = [("", toc["root"])]
    for part in toc["parts"]:
        pages += [(part["caption"], chapter["file"]) for chapter in part["chapters"]]
    return [(part, page) for part, page in pages if page not in LIVE]


def read(book: Path, root: Path) -> list[Chapter]:
    """Return every page of the built ``book`` as a still chapter, in reading order.

    Raises ``StillError`` where a page is missing or holds what has no still form.
    """
    pages = contents(root)
    known = {docname for _, docname in pages}
    chapters = []
    for part, docname in pages:
        path = book / f"{docname}.html"
        if not path.is_file():
            raise StillError(f"{docname} is not built; run: make book")
        chapters.append(still(path.read_text(encoding="utf-8"), docname, part, known))
    _resolve(chapters)
    return chapters


def _resolve(chapters: list[Chapter]) -> None:
    """Let a link whose place is not in a still page lead to the page."""
    places = {chapter.docname: set(chapter.tree.xpath(".//@id")) for chapter in chapters}
    for chapter in chapters:
        for link in chapter.tree.iter("a"):
            page, _, fragment = link.get("href", "").partition("#")
            if page in places and fragment and fragment not in places[page]:
                link.set("href", page)


def still(page: str, docname: str, part: str = "", known: set[str] | None = None) -> Chapter:
    """Return one built page as a still chapter; ``known`` are the pages a link may lead to."""
    found = _ARTICLE.search(page)
    if not found:
        raise StillError(f"{docname}: no article in the page")
    body, drawn = _without_pictures(_SCRIPT.sub("", found[1]))
    tree = html.fragment_fromstring(body, create_parent="div")
    for path in DROPPED:
        for node in _all(tree, path):
            node.drop_tree()
    for label in _all(tree, "//label[@mv-tick]"):
        label.drop_tag()
    chapter = Chapter(docname, part, tree)
    _pictures(chapter, drawn)
    _tables(tree)
    _checks(tree, docname)
    _facts(tree)
    _unfold(tree)
    _links(tree, docname, known if known is not None else {docname})
    _clean(tree)
    for node in tree.iter():
        if node.tag in ("button", "form", "input", "select", "details", "object", "iframe"):
            where = f"{node.tag}.{node.get('class')} in {node.getparent().get('class')}"
            raise StillError(f"{docname}: {where} has no still form")
    return chapter


def text(node: html.HtmlElement | None) -> str:
    """Return the words of an element on one line."""
    return "" if node is None else " ".join(node.text_content().split())


def _all(tree: html.HtmlElement, path: str) -> list[html.HtmlElement]:
    """Return what an XPath finds; ``[@word]`` means "has the class ``word``"."""
    words = r"[contains(concat(' ', normalize-space(@class), ' '), ' \1 ')]"
    return tree.xpath("." + re.sub(r"\[@([\w-]+)\]", words, path))


def _new(tag: str, words: str = "", **attributes: str) -> html.HtmlElement:
    node = html.Element(tag, {key.rstrip("_"): value for key, value in attributes.items()})
    node.text = words or None
    return node


def _without_pictures(body: str) -> tuple[str, list[str]]:
    """Return a page with a numbered ``<img>`` for each drawing, and the drawings."""
    kept, drawn, last = [], [], 0
    for start, end in pictures.drawings(body):
        kept += [body[last:start], f'<img src="{len(drawn)}">']
        drawn.append(body[start:end])
        last = end
    return "".join([*kept, body[last:]]), drawn


# --- pictures -----------------------------------------------------------------------------------


def _pictures(chapter: Chapter, drawn: list[str]) -> None:
    """Give each figure and explorer one picture with its words for who cannot see it."""
    for chart in _all(chapter.tree, "//*[@book-chart]") + _all(chapter.tree, "//*[@mv-chart]"):
        image = chart.find(".//img")
        if image is None:  # an explorer whose first view is words
            continue
        owner = next(a for a in chart.iterancestors() if a.get("id"))
        name = f"{chapter.slug}-{owner.get('id')}.svg"
        drawing = drawn[int(image.get("src"))]
        try:
            chapter.pictures[name] = pictures.picture(drawing)
        except pictures.PictureError as error:
            raise StillError(f"{chapter.docname}: {error}") from error
        width, height = (str(round(side)) for side in pictures.size(drawing))
        new = _new("img", src=name, alt=chart.get("aria-label"), width=width, height=height)
        chart.getparent().replace(chart, new)
    for image in chapter.tree.iter("img"):
        if image.get("src") not in chapter.pictures:
            raise StillError(f"{chapter.docname}: a picture outside a figure")
    for form in _all(chapter.tree, "//section[@mv-explorer]"):
        note = "In the browser this explorer answers your choices; here it shows its first view."
        form.insert(1, _new("p", note, class_="still-note"))


def _tables(tree: html.HtmlElement) -> None:
    """Open the tables behind figures; one that would fill pages is named instead."""
    for box in _all(tree, "//details[@book-data]") + _all(tree, "//details[@mv-table]"):
        rows = len(box.findall(".//tbody/tr"))
        file = next((a.get("href").rsplit("/", 1)[-1] for a in box.xpath(".//a[@download]")), None)
        for link in box.xpath(".//p[a[@download]]"):
            link.drop_tree()
        if rows > LONGEST:
            where = f", as {file} in the book's folder" if file else ""
            words = f"The table behind it has {rows} rows; the book's pages carry it{where}."
            box.getparent().replace(box, _kept(box, _new("p", words, class_="still-note")))
    for link in tree.xpath(".//p[a[@download]]"):
        link.drop_tree()


def _kept(old: html.HtmlElement, new: html.HtmlElement) -> html.HtmlElement:
    new.tail = old.tail
    return new


# --- what one presses ---------------------------------------------------------------------------


def _checks(tree: html.HtmlElement, docname: str) -> None:
    """Number the self-checks and gather their answers at the end of the chapter."""
    answers = _new("section", class_="still-answers")
    answers.append(_new("h2", "Answers to the self-checks"))
    for number, form in enumerate(_all(tree, "//form[@mv-check]"), 1):
        answer = _all(form, "//details[@mv-check-answer]")
        if not answer:
            raise StillError(f"{docname}: a self-check without an answer")
        name = form.get("id")
        box = _new("div", class_="still-answer", id=f"{name}-answer")
        head = _new("p")
        link = _new("a", f"Self-check {number}", href=f"#{name}")
        head.append(link)
        box.append(head)
        box.extend(node for node in answer[0] if node.tag != "summary")
        answers.append(box)
        answer[0].drop_tree()
        for strong in _all(form, "//p[@mv-check-head]/strong"):
            strong.text = f"Self-check {number}"
        for choice in form.xpath(".//fieldset/label"):
            mark = choice.find("input")
            choice.tag = "p"
            choice.set("class", "still-choice")
            sign = "☐" if mark.get("type") == "checkbox" else "○"
            choice.replace(mark, _kept(mark, _new("span", sign, class_="still-sign")))
        for field_ in form.xpath(".//input"):
            field_.getparent().replace(field_, _kept(field_, _new("span", "…………")))
        for label in form.xpath(".//label"):
            label.drop_tag()
        for node, tag in ((form, "div"), *((n, "div") for n in form.xpath(".//fieldset")),
                          *((n, "p") for n in form.xpath(".//legend"))):  # fmt: skip
            node.tag = tag
        for listed in _all(form, "//ol[@mv-check-order]"):
            listed.tag = "ul"  # the order is what is asked for
    if len(answers) > 1:
        _end(tree).append(answers)


def _end(tree: html.HtmlElement) -> html.HtmlElement:
    """Return the section of the page, whose end is the end of the chapter."""
    return tree.find("section") if tree.find("section") is not None else tree


def _facts(tree: html.HtmlElement) -> None:
    """Turn each fact into its words and a note number, the cards into numbered notes."""
    seen: set[str] = set()
    for value in _all(tree, "//span[@mv-fact]"):
        button, number = value.find("button"), value.get("data-note")
        if button is None or not number:
            raise StillError(f"a fact without its note: {text(value)}")
        target = button.get("popovertarget")
        button.drop_tree()
        value.set("class", "still-fact")
        link = _new("a", f"[{number}]", href=f"#{target}", class_="still-noteref")
        if target not in seen:
            link.set("id", f"at-{target}")
        seen.add(target)
        mark = _new("sup", class_="still-mark")
        mark.append(link)
        value.append(mark)
    for cards in _all(tree, "//ol[@mv-cards]"):
        notes = _new("section", class_="still-notes")
        notes.append(_new("h2", "Notes: who said it"))
        cards.getparent().replace(cards, _kept(cards, notes))
        notes.append(cards)
        cards.tail = None
        for card in cards:
            for place, part in enumerate(card):
                ended = re.search(r"[.!?…]”?$", text(part))
                part.tail = ": " if place == 0 else " " if ended else ". "
            card.append(_new("a", "Back", href=f"#at-{card.get('id')}", class_="still-back"))
        _end(tree).append(notes)


def _unfold(tree: html.HtmlElement) -> None:
    """Open what is still folded; its heading stays."""
    for box in tree.xpath(".//details"):
        box.tag = "div"
        summary = box.find("summary")
        if summary is not None:
            summary.tag = "p"
            summary.set("class", f"{summary.get('class', '')} still-summary".strip())


def _links(tree: html.HtmlElement, docname: str, known: set[str]) -> None:
    """Make links within the book say page and id; a link to a file of the book keeps its words."""
    ids = set(tree.xpath(".//@id"))
    for link in list(tree.iter("a")):
        href = link.get("href", "")
        if re.match(r"(?:https?|mailto|doi):", href):
            continue
        path, _, fragment = unquote(href).partition("#")
        page = normpath(join(dirname(docname), path)).removesuffix(".html") if path else docname
        own = page == docname and (not fragment or fragment in ids)
        if page in known and (own or page != docname):
            link.set("href", f"{page}#{fragment}" if fragment else page)
        else:
            link.drop_tag()


def _clean(tree: html.HtmlElement) -> None:
    """Drop attributes that mean nothing here, and say the language in XML's way as well."""
    for node in tree.iter():
        if not isinstance(node.tag, str):
            continue
        for name in list(node.attrib):
            if name in _ATTRIBUTES or (name.startswith("data-") and name != "data-name"):
                del node.attrib[name]
        if language := node.get("lang"):
            node.set("{http://www.w3.org/XML/1998/namespace}lang", language)
        if node.tag in ("label", "output"):
            node.tag = "span"
        if node.tag in ("legend", "fieldset", "summary"):
            node.tag = "div"
    for comment in tree.xpath(".//comment()"):
        comment.drop_tree()


def characters(chapters: list[Chapter]) -> Iterator[str]:
    """Yield every character that the chapters show, in words or pictures."""
    seen: set[str] = set()
    for chapter in chapters:
        seen |= set(chapter.tree.text_content())
        for svg in chapter.pictures.values():
            seen |= set("".join(etree.fromstring(svg.encode()).itertext()))
    yield from sorted(seen)


def code_style() -> str:
    """Return the colours of code, in the style that the book's light theme uses."""
    from pygments.formatters import HtmlFormatter

    return HtmlFormatter(style="a11y-high-contrast-light").get_style_defs(".highlight")
