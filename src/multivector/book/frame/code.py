"""Code in one element per colour, not one per token.

Pygments wraps every name, bracket and blank of a chapter's code, a third of all elements of a page,
though most look like plain text in the book's two styles. A token that looks as another does in
both goes by that one's class, and Pygments joins equal neighbours: a phone has less to read in.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import Any, TextIO

from pygments.formatters import HtmlFormatter
from pygments.style import StyleMeta
from pygments.styles import get_style_by_name
from pygments.token import STANDARD_TYPES, Token, _TokenType
from sphinx.highlighting import PygmentsBridge

#: The theme's options that name the two styles
OPTIONS = ("pygments_light_style", "pygments_dark_style")


def plainer(kind: _TokenType, styles: Sequence[StyleMeta]) -> _TokenType:
    """Return the first of Pygments' token types that looks as ``kind`` does in every style.

    Pygments lists plain text first, which needs no element at all (its class is empty).
    """
    look = [style.style_for_token(kind) for style in styles]
    return next(
        (other for other in STANDARD_TYPES
         if look == [style.style_for_token(other) for style in styles]), kind,
    )  # fmt: skip


def joined(
    tokens: Iterable[tuple[_TokenType, str]], styles: Sequence[StyleMeta]
) -> Iterator[tuple[_TokenType, str]]:
    """Yield ``tokens`` with the plainest type of the same look; a blank goes with what precedes."""
    known, last = {}, Token
    for kind, text in tokens:
        if kind not in known:
            known[kind] = plainer(kind, styles)
        if not text.isspace():
            last = known[kind]
        elif "\n" in text:  # what indents the next line is nobody's
            last = Token
        yield last, text


class Formatter(HtmlFormatter):
    """Pygments' HTML for the book's styles, in as few elements as colours need."""

    def __init__(self, *, styles: Sequence[StyleMeta], **options: Any) -> None:
        super().__init__(**options)
        self.styles = styles

    def format_unencoded(self, tokensource: Iterable, outfile: TextIO) -> None:
        """Write ``tokensource``, a lexer's (type, text) pairs, as HTML to ``outfile``."""
        super().format_unencoded(joined(tokensource, self.styles), outfile)


def _formatter(app: Any, config: Any) -> None:
    options = config.html_theme_options
    names = [options[name] for name in OPTIONS if name in options]
    styles = [get_style_by_name(name) for name in names]
    # Without named styles there is nothing to compare: Pygments' own.
    formatter = partial(Formatter, styles=styles) if styles else HtmlFormatter
    PygmentsBridge.html_formatter = staticmethod(formatter)


def setup(app: Any) -> dict[str, Any]:
    """Let Sphinx write code with the formatter above."""
    app.connect("config-inited", _formatter)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
