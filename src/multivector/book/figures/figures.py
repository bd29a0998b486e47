"""From a Plotly figure in a cell to a figure on the page.

myst-nb asks :class:`BookFigureRenderer` for every ``application/vnd.plotly.v1+json`` output.
The page gets: a poster drawn at build (first paint, print, no JavaScript), the chart as JSON that
wakes at the first interaction, a numbered caption, the takeaway, the table behind the chart with
a CSV file, and the sources.
"""

from __future__ import annotations

import csv
import html
import io
import json
import re
from pathlib import Path
from typing import Any, ClassVar

from docutils import nodes
from myst_nb.core.render import MimeData, MimeRenderPlugin
from sphinx.errors import ExtensionError

from multivector import facts
from multivector.book.build.languages import spoken
from multivector.book.figures import pictures, posters
from multivector.book.statements.facts import source_title
from multivector.data import DataError

MIME = "application/vnd.plotly.v1+json"
#: CSS pixels of the two posters; the style sheet shows one of them by the width of the page
WIDTHS = {"wide": 672, "narrow": 320}
#: more sources than this are folded away
SOURCES_SHOWN = 3
_REQUIRED = ("name", "caption", "alt", "takeaway", "sources", "table", "height")


class BookFigureRenderer(MimeRenderPlugin):
    """Turn a Plotly output into the book's figure; registered as a myst-nb mime renderer."""

    mime_priority_overrides: ClassVar = [("*", MIME, 1)]

    @staticmethod
    def handle_mime(renderer: Any, data: MimeData, inline: bool) -> list[nodes.Element] | None:
        """Return the figure node for a Plotly output, ``None`` for any other output."""
        if data.mime_type != MIME or inline:
            return None
        env = renderer.renderer.sphinx_env
        document = renderer.renderer.document
        where = f"{env.docname}, cell {data.cell_index}"
        spec = data.content if isinstance(data.content, dict) else json.loads(data.string)
        meta = figure_meta(spec, where)
        name = nodes.fully_normalize_name(meta["name"])
        if name in document.nameids:
            raise ExtensionError(f"{where}: two figures are called {name!r}")
        files = downloads(env).setdefault(env.docname, {})
        node = figure_node(spec, meta, env.docname, files)
        node["names"].append(name)
        document.note_explicit_target(node, node)
        node.line, node.source = data.line, document["source"]
        return [node]


def figure_meta(spec: dict, where: str) -> dict:
    """Return what the author gave to ``charts.finish``; raises ``ExtensionError`` naming a gap."""
    meta = (spec.get("layout", {}).get("meta") or {}).get("book")
    if not isinstance(meta, dict):
        raise ExtensionError(f"{where}: a figure left without charts.finish: no alt text, no table")
    for key in _REQUIRED:
        if not meta.get(key):
            raise ExtensionError(f"{where}: figure {meta.get('name')!r} has no {key}")
    return meta


def figure_node(spec: dict, meta: dict, docname: str, files: dict[str, str]) -> nodes.figure:
    """Return the docutils figure: raw chart, caption, raw notes, in that order.

    ``files`` takes what travels beside the page, name -> text: the table and the picture.
    """
    chart = json.dumps(
        {"data": spec["data"], "layout": _without_meta(spec["layout"])},
        separators=(",", ":"), ensure_ascii=False, sort_keys=True,
    )  # fmt: skip
    drawn = {
        size: posters.poster(chart, width, meta["height"], f"{meta['name']}-{size}")
        for size, width in WIDTHS.items()
    }
    name = nodes.fully_normalize_name(meta["name"])
    files[f"{name}.csv"] = table_csv(meta["table"])
    files[f"{name}.svg"] = pictures.picture(drawn["wide"].svg)
    folder = f"{'../' * docname.count('/')}_downloads/figures/{docname}/{name}"
    caption = nodes.caption("", "", nodes.Text(meta["caption"]))
    return nodes.figure(
        "",
        nodes.raw("", _chart_html(chart, drawn, meta, folder), format="html"),
        caption,
        nodes.legend("", nodes.raw("", _notes_html(meta, folder), format="html")),
        classes=["book-figure"],
    )


def _without_meta(layout: dict) -> dict:
    return {key: value for key, value in layout.items() if key != "meta"}


def _chart_html(chart: str, drawn: dict[str, posters.Poster], meta: dict, folder: str) -> str:
    safe = chart.replace("</", "<\\/")
    alt = html.escape(meta["alt"])
    shown = "".join(_poster_html(poster, size) for size, poster in drawn.items())
    return (
        f'<div class="book-chart" role="img" tabindex="0" aria-label="{alt}"'
        f' style="height:{int(meta["height"])}px">{shown}'
        f'<script type="application/json" class="book-spec">{safe}</script>'
        f"</div>{_picture_html(folder, alt, int(meta['height']))}"
    )


def _picture_html(folder: str, alt: str, height: int) -> str:
    """Return the figure as an image file, for who takes pictures and no drawings.

    Reader views know the class ``fallback-image`` as a picture to keep though nobody sees it; the
    style sheet hides it, and a browser does not load what is hidden and may wait.
    """
    return (
        f'<img class="book-picture fallback-image" aria-hidden="true" loading="lazy" '
        f'src="{folder}.svg" alt="{alt}" width="{WIDTHS["wide"]}" height="{height}">'
    )


def _poster_html(poster: posters.Poster, size: str) -> str:
    # The live chart takes the poster's width and frame over, so that nothing moves.
    frame = html.escape(json.dumps(poster.frame, separators=(",", ":"), sort_keys=True))
    return (
        f'<div class="book-poster book-poster-{size}" aria-hidden="true" '
        f'data-width="{WIDTHS[size]}" data-frame="{frame}">{poster.svg}</div>'
    )


def _notes_html(meta: dict, folder: str) -> str:
    file = f"{folder.rsplit('/', 1)[-1]}.csv"
    return (
        f'<p class="book-takeaway">{html.escape(meta["takeaway"])}</p>'
        f'<details class="book-data"><summary>Data behind this figure</summary>'
        f'<div class="book-scroll" tabindex="0" role="region" '
        f'aria-label="Data: {html.escape(meta["caption"])}">{table_html(meta["table"])}</div>'
        f'<p><a download href="{folder}.csv">'
        f"Download {file}</a></p></details>" + sources_html(meta["sources"])
    )


def sources_html(ids: list[str]) -> str:
    """Return the sources as one line, or folded as a list where they would fill a phone's screen.

    Linked where an address is known; refuses an id that is not in ``sources.csv``.
    """
    labels = _source_labels(ids)
    if len(labels) <= SOURCES_SHOWN:
        return f'<p class="book-source">Source: {"; ".join(labels)}.</p>'
    items = "".join(f"<li>{label}</li>" for label in labels)
    return (
        f'<details class="book-source"><summary>Sources: {len(labels)}</summary>'
        f"<ul>{items}</ul></details>"
    )


def _source_labels(ids: list[str]) -> list[str]:
    labels = []
    for source_id in ids:
        try:
            row = facts.source(source_id)
        except DataError as error:
            raise ExtensionError(f"a figure names a source: {error}") from None
        publisher = row["publisher"] or ""
        named = publisher in (row["title"] or "")
        labels.append(("" if named else f"{spoken(publisher)}, ") + source_title(row))
    return labels


def table_html(table: dict) -> str:
    """Return the drawn values as an HTML table; a missing value reads "no data"."""
    head = "".join(f'<th scope="col">{html.escape(column)}</th>' for column in table["columns"])
    body = "".join(
        "<tr>" + "".join(cell(_shown(value)) for value in row) + "</tr>" for row in table["rows"]
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def cell(text: str) -> str:
    """Return a table cell; a date is not broken at its hyphens."""
    whole = ' class="mv-date"' if re.fullmatch(r"\d{4}-\d\d(-\d\d)?", text) else ""
    return f"<td{whole}>{spoken(text)}</td>"


def _shown(value: Any) -> str:
    if value is None:
        return "no data"
    if isinstance(value, bool) or not isinstance(value, float):
        return str(value)
    # Enough digits to check the chart by eye; the CSV holds the full value.
    return f"{value:,.3f}".rstrip("0").rstrip(".") if abs(value) < 1000 else f"{value:,.1f}"


def table_csv(table: dict) -> str:
    """Return the drawn values as CSV, in full precision, blank where there is no data."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(table["columns"])
    writer.writerows(["" if value is None else value for value in row] for row in table["rows"])
    return out.getvalue()


# --- what travels with the environment, so that an unchanged page keeps its own files -----------


def downloads(env: Any) -> dict[str, dict[str, str]]:
    """Return {page: {file name: text}} of the build environment, made on first use."""
    if not hasattr(env, "mv_downloads"):
        env.mv_downloads = {}
    return env.mv_downloads


def _purge(app: Any, env: Any, docname: str) -> None:
    downloads(env).pop(docname, None)


def _write(app: Any, error: Exception | None) -> None:
    if error or app.builder.format != "html":
        return
    for docname, files in downloads(app.env).items():
        folder = Path(app.outdir, "_downloads", "figures", docname)
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (folder / name).write_text(text, encoding="utf-8")


def setup(app: Any) -> dict[str, Any]:
    """Keep tables and pictures with their page and write them when the build ends."""
    app.connect("env-purge-doc", _purge)
    app.connect("build-finished", _write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
