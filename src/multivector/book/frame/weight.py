"""Light pages that last: one purged style sheet, no script before first paint, no other host.

The theme's page weighs 837 KB as it travels. A page of text may weigh 120 KB here, all in all, and
one with figures 200 KB before a reader touches anything. Four things make it so:

- ``templates/layout.html`` replaces the theme's layout: nothing to read, to navigate or to unfold
  needs a script, and ``static/page.js`` adds the conveniences (colours, search dialog, copying);
- every style sheet is joined into one, with only those rules that some page can use;
- the icon font is cut down to the icons in use and travels inside the style sheet;
- a content-security policy keeps every page from asking another host, from a server or a file.

The purge is remembered under ``.multivector/styles`` by a hash of what went into it.
"""

from __future__ import annotations

import base64
import hashlib
import html
import io
import json
import logging
import posixpath
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.errors import ExtensionError

from multivector import archive
from multivector.book.build import assets

HERE = Path(__file__).resolve().parents[1]
TEMPLATES = HERE / "templates"
PURGE = Path(__file__).with_name("purge.mjs")
CACHE = assets.ROOT / ".multivector" / "styles"
SHEET = "book.min.css"

#: Colours and unfolded code before first paint, so that nothing flashes or moves; the rest waits.
THEME_SCRIPT = (
    '(function(d){var m="auto";try{var s=localStorage;m=s.getItem("mode")||m;'
    'if(s.getItem("mv-code"))d.dataset.code="shown"}catch(e){}'
    'd.dataset.mode=m;d.dataset.theme=m=="light"||m=="dark"?m:'
    'matchMedia("(prefers-color-scheme: dark)").matches?"dark":"light"})(document.documentElement)'
)

#: Scripts of the theme and of extensions whose work is done by layout.html and page.js, or by
#: nobody: Binder starts kernels, not the page.
REPLACED = (
    "documentation_options.js", "doctools.js", "sphinx_highlight.js", "clipboard.min.js",
    "copybutton.js", "scripts/sphinx-book-theme.js", "togglebutton.js", "design-tabs.js",
    "sphinx-thebe.js", "searchtools.js", "language_data.js", "find-index.js",
)  # fmt: skip
#: Below _static: what no page of ours asks for, so that a copy of the book stays small
UNUSED = (
    "scripts", "styles", "vendor/fontawesome", "locales", "images", "webpack-macros.html",
    "sbt-webpack-macros.html", "clipboard.min.js", "copybutton.js", "copybutton_funcs.js",
    "togglebutton.js", "design-tabs.js", "sphinx-thebe.js", "file.png", "plus.png", "minus.png",
    "_sphinx_javascript_frameworks_compat.js", "js/hoverxref.js", "searchtools.js",
)  # fmt: skip
#: Names that reach a page only through scripts of others or through the browser
KEEP = ("highlighted", "modebar", "js-plotly-plot")

_KERNEL = re.compile(
    r"<script>\s*kernelName.*?</script>|<script type=\"text/x-thebe-config\">.*?</script>", re.S
)
_FOLD = re.compile(
    r'<div class="([^"]*\b(?:dropdown[^"]*\badmonition|admonition[^"]*\bdropdown|toggle)\b[^"]*)"'
    r"([^>]*)>\s*"
)
_DIV = re.compile(r"<script\b.*?</script>|<div\b|</div>", re.S)
_TITLE = re.compile(r'<p class="admonition-title">(.*?)</p>', re.S)
_ASSET = re.compile(
    r'((?:href|src)="(?:\./|(?:\.\./)*))((?:_static/[^"?#]+|searchindex)\.(?:js|css))'
    r'(?:\?v=[0-9a-f]*)?"'
)
_PANDAS_STYLE = re.compile(r"<style scoped>[^<]*\.dataframe [^<]*</style>\s*")
_FACE = re.compile(r"@font-face\s*\{[^}]*\}")
_IMPORT = re.compile(r"""@import\s*(?:url\()?\s*["']?(?!https?:)([^"')]+)["']?\s*\)?\s*;""")
_URL = re.compile(r"""url\(\s*(["']?)(?!data:|https?:|#|/)([^"')]+)\1\s*\)""")

#: A picture of the theme's that UNUSED leaves out: a rule must not ask for it
_PICTURE = re.compile(r"""background-image\s*:\s*url\(\s*["']?(?!data:)[^)]*\.png["']?\s*\)\s*;?""")


# --- one page -----------------------------------------------------------------------------------


def policy() -> str:
    """Return the content-security policy of every page.

    ``'self'`` covers a server and does not cover a file, ``file:`` the other way round. ``blob:``
    carries the explorers' modules. Nothing names another host.
    """
    digest = base64.b64encode(hashlib.sha256(THEME_SCRIPT.encode()).digest()).decode()
    own = "'self' file:"
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src {own} blob: 'sha256-{digest}'",
            f"style-src {own} 'unsafe-inline'",  # charts set styles on their own elements
            f"img-src {own} data: blob:",
            f"font-src {own} data:",
            f"connect-src {own}",
            "worker-src blob:",
            f"form-action {own}",
            "base-uri 'none'",
        )
    )


def fold(body: str) -> str:
    """Return a page's HTML with folded boxes as ``<details>``, which open without a script."""
    found = _FOLD.search(body)
    while found:
        depth, end = 1, None
        for mark in _DIV.finditer(body, found.end()):
            depth += {"<div": 1, "</div>": -1}.get(mark[0], 0)
            if depth == 0:
                end = mark
                break
        if end is None:
            raise ExtensionError(f"a folded box does not end: {found[0]!r}")
        inner = body[found.end() : end.start()]
        title = _TITLE.match(inner)
        words = title[1] if title else "Show"
        inner = inner[title.end() :] if title else inner
        classes = " ".join(c for c in found[1].split() if c != "toggle")
        box = (
            f'<details class="{classes if title else classes + " admonition"}"{found[2]}>'
            f'<summary class="admonition-title">{words}</summary>{inner}</details>'
        )
        body = body[: found.start()] + box + body[end.end() :]
        found = _FOLD.search(body, found.start() + len("<details"))
    return body


def mend(body: str) -> str:
    """Return a page's HTML with what a screen reader would stumble over put right.

    A folded cell carries a label other than what it shows; pandas heads an empty corner; docutils
    gives each reference a role that ARIA has withdrawn. A style sheet that pandas sets before each
    of its tables would make a browser look at all of the page again; page.css has its rules.
    """
    body = _PANDAS_STYLE.sub("", body)
    body = body.replace('<summary aria-label="Toggle hidden content">', "<summary>")
    body = re.sub(r'<th(?: class="([^"]*)")?></th>', _corner, body)
    return body.replace('role="doc-biblioentry"', 'role="listitem"')


def _corner(match: re.Match) -> str:
    return f'<td class="{match[1]}"></td>' if match[1] else "<td></td>"


def description(doctree: nodes.document | None, otherwise: str) -> str:
    """Return what a page is about, for a search engine's result: at most 160 characters.

    A chapter says it in its objectives, any other page in its first words.
    """
    said: list[str] = []
    for box in doctree.findall(nodes.container) if doctree else ():
        if "mv-objectives" in box["classes"]:
            said.append(" ".join(item.astext() for item in box.findall(nodes.list_item)))
    for paragraph in doctree.findall(nodes.paragraph) if doctree else ():
        if isinstance(paragraph.parent, nodes.section):
            said.append(paragraph.astext())
    for words in said:
        text = " ".join(words.split())
        if len(text) > 40 and not text.endswith(":"):
            return text if len(text) <= 160 else text[:159].rsplit(" ", 1)[0] + "…"
    return otherwise


def scripts(files: list[Any], page: str) -> list[str]:
    """Return the addresses of a page's own scripts; raises ``ExtensionError`` for a foreign one."""
    names = []
    for file in sorted(files, key=lambda js: getattr(js, "priority", 500)):
        name = str(getattr(file, "filename", file) or "")
        if "://" in name:
            raise ExtensionError(f"{page}: a script from another host: {name}")
        name = name.removeprefix("_static/")
        if name and name not in REPLACED and f"_static/{name}" not in names:
            names.append(f"_static/{name}")
    return names


def _frame(app: Any, page: str, template: str, context: dict, doctree: Any) -> None:
    if app.builder.name not in ("html", "dirhtml"):
        return
    known = _sheets(app)
    for file in sorted(context.get("css_files", []), key=lambda css: getattr(css, "priority", 500)):
        name = str(getattr(file, "filename", file)).removeprefix("_static/").split("?")[0]
        if name not in known:
            known.append(name)
    if "body" in context:
        context["body"] = mend(fold(_KERNEL.sub("", context["body"])))
    context["mv_policy"] = policy()
    context["mv_theme_script"] = THEME_SCRIPT
    context["mv_scripts"] = scripts(context.get("script_files", []), page)
    context["mv_description"] = description(doctree, str(context.get("docstitle", "")))


def _sheets(app: Any) -> list[str]:
    if not hasattr(app, "mv_sheets"):
        app.mv_sheets = ["styles/theme.css", "styles/pydata-sphinx-theme.css"]
    return app.mv_sheets


# --- the style sheet ----------------------------------------------------------------------------


def words_of(page: str) -> set[str]:
    """Return every name in a page's tags that a selector could match."""
    tags = re.findall(r"<[a-zA-Z][^>]*>", re.sub(r"(<script\b[^>]*>).*?</script>", r"\1", page,
                                                 flags=re.S))  # fmt: skip
    return set(re.findall(r"[\w-]+", " ".join(tags)))


def words_of_script(text: str) -> set[str]:
    """Return every word of a script: a class may be written anywhere in it."""
    return set(re.findall(r"[A-Za-z_][\w-]*", text))


def join(static: Path, names: list[str]) -> str:
    """Return the style sheets as one text: imports in place, addresses counted from ``static``.

    Raises ``ExtensionError`` for a style sheet that is not there.
    """
    whole = []
    for name in names:
        file = static / name
        if not file.is_file():
            raise ExtensionError(f"a page names the style sheet {name}, which is not there")
        folder = posixpath.dirname(name)

        def counted(address: str, folder: str = folder) -> str:
            return posixpath.normpath(posixpath.join(folder, address))

        def moved(match: re.Match, counted: Any = counted) -> str:
            return f'url("{counted(match[2])}")'

        def imported(match: re.Match, counted: Any = counted) -> str:
            return join(static, [counted(match[1])])

        text = file.read_text(encoding="utf-8").replace('@charset "UTF-8";', "").lstrip("\ufeff")
        whole.append(_URL.sub(moved, _IMPORT.sub(imported, text)))
    return "\n".join(whole)


def purge(css: str, words: set[str]) -> str:
    """Return the rules that ``words`` can match, tightened; raises ``ExtensionError``."""
    command, environment = assets.node_command("node")
    request = {"css": css, "words": sorted(words), "keep": list(KEEP)}
    done = subprocess.run(
        [*command, str(PURGE), str(assets.ROOT)],
        input=json.dumps(request), capture_output=True, text=True, encoding="utf-8",
        env=environment, timeout=120,
    )  # fmt: skip
    if done.returncode:
        raise ExtensionError(f"the style sheet could not be purged: {done.stderr[-800:]}")
    return done.stdout


def icons(css: str, static: Path, words: set[str]) -> str:
    """Return the style sheet with each icon font cut to the icons it names, and embedded."""
    used = {chr(int(code, 16)) for code in re.findall(r"\\([ef][0-9a-f]{3})(?![0-9a-f])", css)}
    used |= set(re.findall("[\ue000-\uf8ff]", css))
    wanted = {"solid": True, "regular": bool(words & {"far", "fa-regular"}),
              "brands": bool(words & {"fab", "fa-brands"})}  # fmt: skip

    def embedded(face: re.Match) -> str:
        file = re.search(r'url\("?([^")]+\.woff2)"?\)', face[0])
        if not file:
            return face[0]
        kind = re.search(r"fa-(solid|regular|brands)", file[1])
        if not kind or not wanted[kind[1]]:
            return ""
        data = base64.b64encode(subset(static / file[1], "".join(sorted(used)))).decode()
        source = f'src:url(data:font/woff2;base64,{data}) format("woff2")'
        return re.sub(r"src:.*?(?=[;}](?![a-z/]*;base64))", lambda _: source, face[0], count=1)

    return _FACE.sub(embedded, css)


def subset(font: Path, text: str) -> bytes:
    """Return a font with nothing but the glyphs of ``text``, as WOFF2."""
    from fontTools import subset as tool

    logging.getLogger("fontTools").setLevel(logging.WARNING)

    options = tool.Options(flavor="woff2", hinting=False, layout_features=[], notdef_outline=False)
    options.name_IDs = []
    options.recalc_timestamp = False
    loaded = tool.load_font(str(font), options)
    worker = tool.Subsetter(options)
    worker.populate(text=text)
    worker.subset(loaded)
    out = io.BytesIO()
    tool.save_font(loaded, out, options)
    return out.getvalue()


def _theme_styles(app: Any, static: Path) -> tuple[str, Path]:
    """Return what theme and extensions ship, and the folder of the fonts it names.

    Kept beside the doctrees: a build that finds nothing to do copies no static files.
    """
    kept = Path(app.doctreedir, "theme-styles")
    ours = {file.name for file in assets.STATIC.glob("*.css")} | {"explorers/explorers.css"}
    names = [name for name in _sheets(app) if name not in ours]
    if (static / "styles/pydata-sphinx-theme.css").is_file() and len(names) > 2:
        shutil.rmtree(kept, ignore_errors=True)
        kept.mkdir(parents=True)
        (kept / "theme.css").write_text(join(static, names), encoding="utf-8")
        fonts = Path("vendor/fontawesome/webfonts")
        shutil.copytree(static / fonts, kept / fonts)
    if not (kept / "theme.css").is_file():
        raise ExtensionError("the theme's styles are gone; build all pages: make clean book")
    return (kept / "theme.css").read_text(encoding="utf-8"), kept


def _our_styles(static: Path) -> str:
    """Return our style sheets: the house style first, paper and high contrast last."""
    first, last = assets.STATIC / "book.css", assets.STATIC / "media.css"
    explorers = static / "explorers" / "explorers.css"
    files = [first, *sorted(set(assets.STATIC.glob("*.css")) - {first, last})]
    files += [explorers, last] if explorers.is_file() else [last]
    return "\n".join(file.read_text(encoding="utf-8") for file in files)


def stylesheet(theme: str, fonts: Path, ours: str, words: set[str], cache: Path = CACHE) -> str:
    """Return the book's one style sheet, from the cache where nothing that shapes it changed."""
    basis = [theme, ours, sorted(words), KEEP, PURGE.read_text(encoding="utf-8"),
             Path(__file__).read_text(encoding="utf-8"),
             (assets.ROOT / "package.json").read_text(encoding="utf-8")]  # fmt: skip
    key = hashlib.sha256(json.dumps(basis).encode()).hexdigest()
    file = cache / f"{key}.css"
    if not file.is_file():
        made = icons(purge(_PICTURE.sub("", theme) + "\n" + ours, words), fonts, words)
        archive.write_whole(file, made.encode())
    return file.read_text(encoding="utf-8")


# --- the end of a build -------------------------------------------------------------------------


def stamp(page: str, folder: Path) -> str:
    """Return a page with a hash of each script and style sheet in its address.

    A reader's browser then never pairs a new page with an old script. Stamping twice changes
    nothing.
    """

    def stamped(match: re.Match) -> str:
        file = folder / html.unescape(match[2])
        version = hashlib.sha256(file.read_bytes()).hexdigest()[:8] if file.is_file() else ""
        return f'{match[1]}{match[2]}{"?v=" + version if version else ""}"'

    return _ASSET.sub(stamped, page)


def _finish(app: Any, error: Exception | None) -> None:
    if error or app.builder.name not in ("html", "dirhtml"):
        return
    out = Path(app.outdir)
    static = out / "_static"
    for file in assets.STATIC.iterdir():
        if file.suffix == ".js":  # a build that finds nothing to do copies no static files
            shutil.copyfile(file, static / file.name)
    pages = {file: file.read_text(encoding="utf-8") for file in _pages(out)}
    words: set[str] = set().union(*(words_of(page) for page in pages.values()))
    for file in sorted(static.glob("*.js")) + sorted(static.glob("explorers/*.js")):
        if file.name not in REPLACED and file.name not in UNUSED:
            words |= words_of_script(file.read_text(encoding="utf-8"))
    theme, fonts = _theme_styles(app, static)
    (static / SHEET).write_text(
        stylesheet(theme, fonts, _our_styles(static), words), encoding="utf-8"
    )
    for name in UNUSED:
        shutil.rmtree(static / name, ignore_errors=True)
        if (static / name).is_file():
            (static / name).unlink()
    for file in sorted(static.rglob("*.css")):
        if file != static / SHEET:
            file.unlink()
    for file, page in pages.items():
        if (new := stamp(page, out)) != page:
            file.write_text(new, encoding="utf-8")


def _pages(out: Path) -> list[Path]:
    return sorted(
        file for file in out.rglob("*.html")
        if file.relative_to(out).parts[0] not in ("_static", "_downloads", "_sources")
    )  # fmt: skip


def _templates(app: Any, config: Any) -> None:
    # A new list: Sphinx hands every build of a process the same default.
    config.templates_path = [str(TEMPLATES), *config.templates_path]
    config.html_show_search_summary = True


def setup(app: Any) -> dict[str, Any]:
    """Frame each page as it is written; join, purge and stamp when the build ends."""
    app.connect("config-inited", _templates)
    app.add_js_file("page.js", loading_method="defer", priority=100)
    # After every other part: they add scripts and change the body.
    app.connect("html-page-context", _frame, priority=950)
    app.connect("build-finished", _finish, priority=950)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
