"""Links under a chapter's title: its notebook, the same notebook on Binder and Colab, its source.

The theme's own buttons would open the chapter's ``.md``, which Binder shows as text. These open
the generated notebook. Where the repository has no address, only the download is offered.
"""

from __future__ import annotations

import html
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from multivector.book.build import repository
from multivector.book.notebooks.notebooks import DOWNLOADS

#: Publishing sets it to the branch that it fills with the generated notebooks; see the workflow
BRANCH = "MULTIVECTOR_NOTEBOOK_BRANCH"
#: Where Binder's image puts the notebooks, below its home
BINDER_FOLDER = "notebooks"


def links(
    docname: str,
    notebook: str | None,
    home: repository.Repository | None,
    environment: Mapping[str, str] = os.environ,
) -> list[tuple[str, str]]:
    """Return (words, address) of a page's links; ``notebook`` is ``None`` for a page of text."""
    found: list[tuple[str, str | None]] = []
    if notebook:
        up = "../" * docname.count("/")
        found.append(("Download this chapter as a notebook", f"{up}{DOWNLOADS}/{notebook}"))
        if home:
            found.append(("Run it on Binder", home.binder(f"{BINDER_FOLDER}/{notebook}")))
            found.append(("Run it on Colab", home.colab(notebook, environment.get(BRANCH))))
    if home:
        found.append(("Suggest an edit", home.edit(f"{docname}.md")))
        found.append(("The repository", home.url))
    return [(words, address) for words, address in found if address]


def listed(found: list[tuple[str, str]], label: str = "This page elsewhere") -> str:
    """Return the links as an HTML list; nothing where there are none."""
    items = "".join(
        f'<li><a href="{html.escape(address)}"{_download(address)}>{words}</a></li>'
        for words, address in found
    )
    return f'<ul class="mv-launch" aria-label="{label}">{items}</ul>' if items else ""


def _download(address: str) -> str:
    return "" if address.startswith("https:") else " download"


def _add(app: Any, page: str, template: str, context: dict, doctree: Any) -> None:
    if doctree is None or app.builder.name != "html" or "body" not in context:
        return
    if page == app.config.root_doc:  # the landing page leads on; it is no chapter to take along
        if app.mv_home:
            app.add_css_file("launch.css")
            found = [("The repository", app.mv_home.url)]
            context["body"] += listed(found, "This book elsewhere")
        return
    ran = getattr(app.env, "nb_metadata", {}).get(page, {}).get("exec_data")
    notebook = f"{page.removeprefix('chapters/')}.ipynb" if ran else None
    text = listed(links(page, notebook, app.mv_home))
    if text:
        app.add_css_file("launch.css")
        context["body"] = re.sub("</h1>", lambda found: found[0] + text, context["body"], count=1)


def _find(app: Any) -> None:
    app.mv_home = repository.find(Path(app.srcdir))


def setup(app: Any) -> dict[str, Any]:
    """Add the links to every page of the book."""
    app.connect("builder-inited", _find)
    app.connect("html-page-context", _add)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
