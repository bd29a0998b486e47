"""Code keeps every colour in both themes, in fewer elements."""

from __future__ import annotations

from pathlib import Path

import pytest
from lxml import html
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.styles import get_style_by_name
from pygments.token import STANDARD_TYPES, Name, Punctuation, Token

from multivector.book.frame import code

STYLES = [get_style_by_name(f"a11y-high-contrast-{theme}") for theme in ("light", "dark")]
BOOK = Path(__file__).resolve().parents[1] / "_build" / "html"
CLASSES = {name: kind for kind, name in STANDARD_TYPES.items()}
TEXT = '''import pandas as pd  # tables
x = f"a {b:.1f}" + 'c'[0]
def share(of, total=3.0):
    """Return a share,

    of a total."""
    return None if not total else of @ total
'''


def colours(page: str, style) -> list[tuple[str, str]]:
    """Return each character that shows, with the colour it stands in."""
    shown = []
    tree = html.fromstring(page)
    for node in tree.iter("pre", "span"):
        for text, owner in ((node.text, node), (node.tail, node.getparent())):
            kind = CLASSES.get(owner.get("class") or "", Token)
            look = style.style_for_token(kind)["color"] or style.style_for_token(Token)["color"]
            if node.tag == "span" or owner is node:
                shown.append((text or "", look))
    return [(mark, look) for text, look in shown for mark in text if not mark.isspace()]


@pytest.mark.parametrize("style", STYLES)
def test_every_character_keeps_its_colour(style):
    lexer = get_lexer_by_name("ipython3")
    before = highlight(TEXT, lexer, HtmlFormatter())
    after = highlight(TEXT, lexer, code.Formatter(styles=STYLES))
    assert colours(after, style) == colours(before, style)
    assert html.fromstring(after).text_content() == html.fromstring(before).text_content()
    assert after.count("<span") < before.count("<span") / 2
    assert html.fromstring(after).text_content().strip() == TEXT.strip()


def test_two_looks_are_told_apart_by_either_style():
    one = {"color": "111111"}

    class Same:
        style_for_token = staticmethod(lambda kind: one)

    class Other:
        style_for_token = staticmethod(lambda kind: {"color": str(kind is Punctuation)})

    assert code.plainer(Punctuation, [Same]) is Token
    assert code.plainer(Punctuation, [Same, Other]) is Punctuation
    assert code.plainer(Name, [Same, Other]) is Token


@pytest.mark.slow
def test_the_book_s_own_code_has_no_element_that_looks_like_plain_text():
    page = BOOK / "chapters" / "theory" / "measuring-vectors.html"
    tree = html.fromstring(page.read_text(encoding="utf-8"))
    kinds = {span.get("class") for span in tree.iterfind(".//pre/span[@class]")}
    assert len(kinds) > 3
    plain = [kind for kind in kinds if not STANDARD_TYPES[code.plainer(CLASSES[kind], STYLES)]]
    assert plain == []
