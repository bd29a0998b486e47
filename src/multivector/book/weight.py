"""Light pages: what the theme sends and this book does not need stays out.

A page of text may weigh 120 KB as it travels, all in all.
"""

from __future__ import annotations

import re
from typing import Any

#: The theme repeats the page's contents for its own print button: a second h1 in every page.
_PRINT_COPY = re.compile(
    r'<div id="jb-print-docs-body" class="onlyprint">.*?</nav>\s*</div>\s*</div>\s*</div>', re.S
)
#: 531 KB of icons as script (the web font shows the same ones) and the kernel starter.
_SCRIPTS = re.compile(
    r'<script[^>]*(?:fontawesome\.js|sphinx-thebe\.js)[^>]*></script>'
    r'|<script>const THEBE_JS_URL.*?</script>|<script>kernelName.*?</script>'
    r'|<script type="text/x-thebe-config">.*?</script>',
    re.S,
)


def lighten(page: str) -> str:
    """Return the HTML of a page without what it does not need; a light page stays as it is."""
    return _SCRIPTS.sub("", _PRINT_COPY.sub("", page))


def _wrap(app: Any) -> None:
    if app.builder.format != "html":
        return
    render = app.builder.templates.render
    app.builder.templates.render = lambda name, context: lighten(render(name, context))


def setup(app: Any) -> dict[str, Any]:
    """Lighten each page as it is written."""
    app.connect("builder-inited", _wrap)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
