"""Mathematics as MathML, rendered at build: no script, no font, read by screen readers."""

from __future__ import annotations

from typing import Any

from docutils import nodes
from docutils.utils.math import MathError
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.errors import ExtensionError


def mathml(tex: str, *, block: bool) -> str:
    """Return MathML for one LaTeX formula; raises ``ExtensionError`` where it cannot be read."""
    try:
        return tex2mathml(tex.strip(), as_block=block)
    except MathError as error:
        raise ExtensionError(f"formula {tex!r}: {error}") from error


def _inline(self: Any, node: Any) -> None:
    self.body.append(mathml(node.astext(), block=False))
    raise nodes.SkipNode


def _block(self: Any, node: Any) -> None:
    number = f' id="{node["ids"][0]}"' if node["ids"] else ""
    self.body.append(
        f'<div class="book-math"{number} tabindex="0">{mathml(node.astext(), block=True)}</div>'
    )
    raise nodes.SkipNode


def setup(app: Any) -> dict[str, Any]:
    """Register ``mathml`` as a mathematics renderer for HTML builders."""
    app.add_html_math_renderer("mathml", (_inline, None), (_block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
