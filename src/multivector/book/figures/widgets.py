"""From an explorer in a cell to an explorer on the page, with no kernel and no widget runtime.

myst-nb would ship each widget's whole state, its JavaScript included, under random ids, and load
a widget manager from a content network. :class:`ExplorerRenderer` puts in its place the first
view as HTML (drawn by the explorer's own JavaScript, in node), the data as JSON beside it, and
one small shared script. Ids come from the explorer's name and its order in the page, so two
builds of one source are the same to the byte.
"""

from __future__ import annotations

import html
import json
import re
import subprocess
import tempfile
from pathlib import Path
from typing import Any, ClassVar

from docutils import nodes
from myst_nb.core.render import MimeData, MimeRenderPlugin
from myst_nb.sphinx_ import NbMetadataCollector
from sphinx.errors import ExtensionError

from multivector.book.build.assets import node_command
from multivector.explorers import base

STATE_MIME = "application/vnd.jupyter.widget-state+json"
FOLDER = "explorers"
HOST = "mv-host"
_PRINTED = re.compile(r'<section class="mv-explorer"[^>]* data-explorer="([a-z-]+)"')

#: Reads {"state", "options"} on standard input, prints the explorer's HTML.
_DRAW = """
import { readFileSync } from "node:fs";
const { default: explorer } = await import(process.argv[2]);
const { state, options } = JSON.parse(readFileSync(0, "utf8"));
process.stdout.write(explorer.html(state, options));
"""


class ExplorerRenderer(MimeRenderPlugin):
    """Turn a widget output into a section of the page; registered as a myst-nb mime renderer."""

    mime_priority_overrides: ClassVar = [("*", base.MIME, 1)]

    @staticmethod
    def handle_mime(renderer: Any, data: MimeData, inline: bool) -> list[nodes.Element] | None:
        """Return the section for an explorer; refuse any other widget: it would be dead here."""
        if data.mime_type != base.MIME:
            return None
        env = renderer.renderer.sphinx_env
        where = f"{env.docname}, cell {data.cell_index}"
        content = data.content if isinstance(data.content, dict) else json.loads(data.string)
        saved = renderer.renderer.nb_client.nb_metadata.get("widgets", {}).get(STATE_MIME, {})
        model = saved.get("state", {}).get(content["model_id"], {}).get("state", {})
        spec = model.get("spec")
        if not isinstance(spec, dict) or "controls" not in spec:
            raise ExtensionError(
                f"{where}: a widget that is not an explorer: it would be dead on a static page"
            )
        state = {"data": model["data"], "spec": spec}
        state |= {control["key"]: model[control["key"]] for control in spec["controls"]}
        taken = getattr(renderer, "mv_explorers", {})
        renderer.mv_explorers = taken
        taken[spec["name"]] = taken.get(spec["name"], 0) + 1
        first = env.docname == env.config.root_doc
        root = "../" * env.docname.count("/")
        printed = section(state, taken[spec["name"]], root=root, chart_first=first)
        return [nodes.raw("", printed, format="html")]


def section(
    state: dict[str, Any], nth: int = 1, *, root: str = "", chart_first: bool = False
) -> str:
    """Return an explorer's HTML for the page; ``nth`` counts explorers of its name in the page.

    ``root`` leads from the page to the top of the book, for links to statements.
    The landing page shows the picture before its controls. They come in that order, so that a page
    still arriving does not show controls that the picture then pushes down.
    """
    spec = state["spec"]
    name = spec["name"]
    key = name if nth == 1 else f"{name}{nth}"
    options = {
        "uid": key, "locked": True, "home": "page", "root": root, "chartFirst": chart_first,
    }  # fmt: skip
    body = draw(state, options)
    data = json.dumps(state, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    data = data.replace("</", "<\\/")  # data cannot end the script element it stands in
    return (
        f'<section class="mv-explorer" id="explorer-{key}" data-explorer="{name}" data-key="{key}"'
        f' data-root="{root}" aria-label="{html.escape(spec["title"])}">{body}'
        f'<noscript><p class="mv-notice">{html.escape(spec["words"]["noscript"])}</p></noscript>'
        f'<script type="application/json" class="mv-state">{data}</script>'
        "</section>"
    )


def draw(state: dict[str, Any], options: dict[str, Any]) -> str:
    """Return what the explorer's own JavaScript draws for ``state``, run in node.

    Raises ``ExtensionError`` with node's own words where the explorer does not run.
    """
    command, environment = node_command("node")
    with tempfile.TemporaryDirectory() as folder:
        module = Path(folder, "explorer.mjs")
        module.write_text(base.module(state["spec"]["name"]), encoding="utf-8")
        script = Path(folder, "draw.mjs")
        script.write_text(_DRAW, encoding="utf-8")
        done = subprocess.run(
            [*command, str(script), module.as_uri()],
            input=json.dumps({"state": state, "options": options}),
            capture_output=True, text=True, encoding="utf-8", env=environment, timeout=60,
        )  # fmt: skip
    if done.returncode:
        raise ExtensionError(f"explorer {state['spec']['name']!r} does not draw: {done.stderr}")
    return done.stdout


def names() -> list[str]:
    """Return the name of every explorer: each has a JavaScript file beside the base."""
    return sorted(p.stem for p in base.HERE.glob("*.js") if p.stem != "base")


def _drop_runtime(app: Any, doctree: nodes.document) -> None:
    """Leave out the widget state under random ids, and the manager it would be read by."""
    files = NbMetadataCollector.get_js_files(app.env, app.env.docname)
    for key in [key for key in files if key.startswith("ipywidgets_")]:
        del files[key]


def _host(app: Any, doctree: nodes.document) -> None:
    """Mark what an explorer stands in: page.css lays all but its chart out at once on a phone.

    A class, because ``:has()`` would make a browser look at the whole page again and again.
    """
    for printed in doctree.findall(nodes.raw):
        node = printed.parent if _PRINTED.match(printed.astext()) else None
        while node is not None:
            holds = isinstance(node, nodes.section) or "cell" in node.get("classes", ())
            if holds and HOST not in node["classes"]:
                node["classes"].append(HOST)
            node = node.parent


def _page_scripts(app: Any, page: str, template: str, context: dict, doctree: Any) -> None:
    used = list(dict.fromkeys(_PRINTED.findall(context.get("body", ""))))
    if not used:
        return
    app.add_css_file(f"{FOLDER}/explorers.css")
    for name in ("base", *used):
        app.add_js_file(f"{FOLDER}/{name}.js", loading_method="defer")


def _write(app: Any) -> None:
    if app.builder.format != "html":
        return
    folder = Path(app.outdir, "_static", FOLDER)
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in scripts().items():
        (folder / name).write_text(text, encoding="utf-8")


def scripts() -> dict[str, str]:
    """Return {file name: text} of what pages with explorers load."""
    return {
        "explorers.css": base.style(),
        "base.js": base.plain(),
        **{f"{name}.js": base.classic(name) for name in names()},
    }


def setup(app: Any) -> dict[str, Any]:
    """Ship each explorer's script to the pages that print it, and to no other."""
    app.connect("doctree-read", _drop_runtime)
    app.connect("doctree-read", _host)
    app.connect("html-page-context", _page_scripts)
    # Before the first page is written: Sphinx adds a checksum of each script it finds in place.
    app.connect("builder-inited", _write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
